/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "file_writer.h"
#include "heat.h"
#include "outbox.h"
#include "properties.h"
#include "state_file.h"

/* Keeps the heat of a stream in a file across restarts. Any thread may call it; saving happens on a
 * thread of its own. Of each file it tells the bus: an element message `motionheatmap-state` with the
 * field `location` (string) for one that was saved, or a warning. */
class StateKeeper
{
public:
  /* Both outlive the keeper. */
  StateKeeper (Outbox & outbox, Heat & heat) : outbox_ (outbox), heat_ (heat) {}

  /* Takes the file at `state-location` for a stream that the engine is ready for, and goes on with
   * what an earlier run left there, if anything. One of ours that is not whole is set aside. What is
   * not ours, cannot be read or set aside, or is another element's is never written to. Where there
   * is none yet, an empty one takes the name. From then on the heat may be saved. */
  void load (const MotionHeatmapSettings & settings);

  /* Gives the file back, once what is to be saved is. */
  void close ();

  /* Whether an earlier one still waits to be saved. */
  bool is_behind ();

  /* Has the heat saved where it was loaded from. Returns at once: why nothing can be saved, or
   * nothing. It takes the place of one that still waits, so that on a slow disk no more than one
   * does; if a message was owed for that one it is now owed for this. */
  std::string save (const MotionHeatmapSettings & settings, Outbox::Kind kind);

  /* See FileWriter. */
  std::string drain (FileWriter::Deadline deadline) { return writer_.drain (deadline); }
  void interrupt (bool interrupted) { writer_.interrupt (interrupted); }

private:
  struct Save
  {
    std::shared_ptr < motionheat::StateFile > file;
    HeatRequest heat;
    motionheat::State about;
    Outbox::Kind kind;
  };

  motionheat::State describe (const MotionHeatmapSettings & settings) const;
  std::optional < motionheat::State > take_file (const std::string & location,
      const motionheat::State & empty, std::string & refusal);
  std::string request (const MotionHeatmapSettings & settings, Outbox::Kind kind);
  std::string write (Save & save);
  void write_waiting (const std::string & location);
  void warn (const std::string & location, const std::string & reason, Outbox::Kind kind);

  Outbox & outbox_;
  Heat & heat_;

  std::mutex lock_;             /* for what follows; taken after that of the heat */
  std::string location_;
  std::shared_ptr < motionheat::StateFile > file_;      /* used by the writer, once it is open */
  std::optional < Save > waiting_;
  std::string refusal_ = "there is no stream yet";      /* why nothing may be saved */
  gint64 first_time_ = 0;

  FileWriter writer_;           /* goes first: its job uses what is above */
};
