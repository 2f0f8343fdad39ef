/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "file_writer.h"
#include "heat_request.h"
#include "state_file.h"

/* Keeps the heat of a stream in a file across restarts. Any thread may call it; saving happens on a
 * thread of its own. Of each file it tells the bus: an element message `motionheatmap-state` with the
 * field `location` (string) for one that was saved, or a warning. */
class StateKeeper
{
public:
  /* `element` posts the messages and outlives the keeper. */
  explicit StateKeeper (GstElement * element) : element_ (element) {}

  /* Takes the file at `location` for this stream and returns what an earlier run left there, if
   * anything. One of ours that is not whole is set aside. What is not ours, cannot be read or set
   * aside, or is another element's is never written to. Where there is none yet, `empty` takes the
   * name. */
  std::optional < motionheat::State > load (const std::string & location,
      const motionheat::State & empty);

  /* From when what was loaded is in the map, to the end of the stream, it may be saved. Closing gives
   * the file back, once what is to be saved is. */
  void open ();
  void close ();

  /* Why nothing can be saved now; empty if something can. */
  std::string refusal ();

  /* Whether an earlier one still waits to be saved. */
  bool is_behind ();

  /* Has `heat` saved where it was loaded from, with what `about` says of it besides counts and times
   * of the wall clock. Returns at once. It takes the place of one that still waits, so that on a slow
   * disk no more than one does. */
  void save (const HeatRequest & heat, motionheat::State about);

  /* See FileWriter. */
  std::string drain (FileWriter::Deadline deadline) { return writer_.drain (deadline); }
  void interrupt (bool interrupted) { writer_.interrupt (interrupted); }

private:
  struct Save
  {
    std::shared_ptr < motionheat::StateFile > file;
    HeatRequest heat;
    motionheat::State about;
  };

  std::string write_waiting ();
  void write_and_tell (const std::string & location);

  GstElement *element_;

  std::mutex lock_;             /* for what follows */
  std::string location_;
  std::shared_ptr < motionheat::StateFile > file_;      /* used by the writer, once it is open */
  std::optional < Save > waiting_;
  std::string outcome_;         /* of loading: why nothing may be saved */
  std::string refusal_ = "there is no stream yet";
  gint64 first_time_ = 0;

  FileWriter writer_;           /* goes first: its job uses what is above */
};
