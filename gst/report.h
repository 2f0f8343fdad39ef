/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>

#include <gst/gst.h>

#include "heat.h"
#include "outbox.h"

struct SampleUnref
{
  void operator () (GstSample * sample) const { gst_sample_unref (sample); }
};
using SamplePtr = std::unique_ptr < GstSample, SampleUnref >;

/* Memory for maps. Some of what readers gave back is kept for the next: what is new to the process
 * costs more than to draw a map in it. */
class MapBuffers
{
public:
  MapBuffers () = default;
  MapBuffers (const MapBuffers &) = delete;
  ~MapBuffers ();

  GstBuffer *take (gsize size);

  /* Frees what is kept; maps that are read stay. */
  void clear ();

private:
  static constexpr guint max_kept = 4;

  GstBufferPool *pool_ = nullptr;
  gsize size_ = 0;
};

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

  /* On stop. */
  void close ();

private:
  SamplePtr sample (guint map_width);

  Heat & heat_;
  Outbox & outbox_;
  MapBuffers buffers_;          /* with the heat's lock */
};
