/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <mutex>
#include <optional>
#include <memory>
#include <string>

#include <gst/gst.h>

#include "file_writer.h"
#include "heat_map.h"
#include "state_file.h"

/* Keeps the heat of a stream in a file across restarts. Any thread may call it; saving happens on a
 * thread of its own. Of each file it tells the bus: an element message `motionheatmap-state` with the field `location`
 * (string) for one that was saved, or a warning. */
class StateKeeper
{
public:
  /* `element` posts the messages and outlives the keeper. */
  explicit StateKeeper (GstElement * element) : element_ (element) {}

  /* What an earlier run left at `location`, if anything. A file that is not one of ours, or not
   * whole, is set aside; what can be neither read nor set aside is never written to. A map larger
   * than `limit` is made smaller. */
  std::optional < motionheat::State > load (const std::string & location, motionheat::Size limit);

  /* From when what was loaded is in the map, to the end of the stream, it may be saved. */
  void open ();
  void close ();

  /* Why nothing can be saved now; empty if something can. */
  std::string refusal ();

  /* Whether an earlier one still waits to be saved. */
  bool is_behind () { return writer_.waiting () > 0; }

  /* Has `heat` saved where it was loaded from, with what `about` says of it besides counts and times
   * of the wall clock. Returns at once. */
  void save (std::shared_ptr < const motionheat::HeatMap > heat, motionheat::State about);

  /* Waits until everything is saved. */
  void drain () { writer_.drain (); }

private:
  GstElement *element_;
  FileWriter writer_;

  std::mutex lock_;             /* for what follows */
  std::string location_;
  std::string outcome_;         /* of loading: why nothing may be saved */
  std::string refusal_ = "there is no stream yet";
  gint64 first_time_ = 0;
};
