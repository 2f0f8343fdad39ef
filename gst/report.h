/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "heat.h"
#include "outbox.h"

/* Tells of the heat in figures and as a grey map. Takes the heat's lock. */
class Reporter
{
public:
  /* Both outlive the reporter. */
  Reporter (Heat & heat, Outbox & outbox) : heat_ (heat), outbox_ (outbox) {}

  /* The fields of the `motionheatmap` message except the map. */
  GstStructure *figures ();

  /* The map as a GRAY8 sample, at the size of the analysis; NULL if there is none. */
  GstSample *map ();

  /* Posts a `motionheatmap` message with a map `map_width` cells wide, and ends the period of its
   * figures. One that nobody would read is left out, but not the final one. Called by the streaming
   * thread. */
  void post (guint map_width, bool final);

private:
  Heat & heat_;
  Outbox & outbox_;
};
