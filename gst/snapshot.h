/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <gst/video/video.h>

#include "continuity.h"
#include "file_writer.h"
#include "heat.h"
#include "outbox.h"
#include "series.h"

/* A file to be written: its name, who asked for it ("property snapshot-location"), whether it must be
 * told of, and when its frame came, in microseconds since 1970. */
struct SnapshotRequest
{
  std::string location;
  std::string origin;
  Outbox::Kind kind = Outbox::Kind::kOwed;
  std::shared_ptr < Series > series;    /* that names the file instead; used by the writer alone */
  gint64 time = 0;
};

/* Whether the file is to hold the events instead of a picture (.tiff). */
bool motion_heatmap_location_is_data (const std::string & location);

/* Why nothing can be written to `location`, as far as can be told beforehand; empty if nothing
 * speaks against it. */
std::string motion_heatmap_check_location (const std::string & location);

/* Encodes and writes pictures on a thread of its own. Of each it tells the bus: an element message
 * `motionheatmap-snapshot` with the field `location` (string) and the four times of the frame, or
 * a warning. */
class SnapshotWriter
{
public:
  /* Puts the content of a file with this extension into `bytes`; returns why it failed, or
   * nothing. May throw std::exception. */
  using Encode = std::function < std::string (const std::string & extension, std::string & bytes) >;

  /* `outbox` outlives the writer. */
  explicit SnapshotWriter (Outbox & outbox) : outbox_ (outbox) {}

  /* Warns if nothing can be written to the location of a series. Returns at once. */
  void check (const std::string & location);

  /* Takes the picture, a buffer that nobody writes to any more. Returns at once. */
  void write_picture (GstBuffer * picture, const GstVideoInfo & info,
      const SnapshotRequest & request, const FrameTimes & times);

  /* Writes the events of a map as float32. */
  void write_events (const HeatRequest & heat, const SnapshotRequest & request,
      const FrameTimes & times);

  /* Files that wait for their turn. */
  guint waiting () const { return waiting_; }

  /* See FileWriter. */
  std::string drain (FileWriter::Deadline deadline) { return writer_.drain (deadline); }
  void interrupt (bool interrupted) { writer_.interrupt (interrupted); }

private:
  void post (const SnapshotRequest & request, const FrameTimes & times,
      Encode encode);

  Outbox & outbox_;
  std::atomic < guint > waiting_ = 0;
  FileWriter writer_;
};
