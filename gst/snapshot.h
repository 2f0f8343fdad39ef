/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <string>

#include <gst/video/video.h>

#include "file_writer.h"
#include "report.h"

/* A file to be written: the picture, and who asked for it ("property snapshot-location"). */
struct SnapshotRequest
{
  std::string location;
  std::string origin;
};

/* Whether the file is to hold the events instead of a picture (.tiff). */
bool motion_heatmap_location_is_data (const std::string & location);

/* The first file of a series that is not there yet, from `number` on, which becomes the number of
 * the one after it. A series has a number in its name, as in "heat-%05d.png"; any other location is
 * returned as it is. */
std::string motion_heatmap_next_location (const std::string & location, guint & number);

/* Why nothing can be written to `location`, as far as can be told beforehand; empty if nothing
 * speaks against it. */
std::string motion_heatmap_check_location (const std::string & location);

/* Encodes and writes pictures on a thread of its own. Of each it tells the bus: an element message
 * `motionheatmap-snapshot` with the field `location` (string) and the four times of the frame, or
 * a warning. */
class SnapshotWriter
{
public:
  /* `element` posts the messages and outlives the writer. */
  explicit SnapshotWriter (GstElement * element) : element_ (element) {}

  /* Takes the picture, a buffer that nobody writes to any more. Returns at once. */
  void write_picture (GstBuffer * picture, const GstVideoInfo & info,
      const SnapshotRequest & request, const FrameTimes & times);

  /* Writes the events of a map as float32. */
  void write_events (std::shared_ptr < const motionheat::HeatMap > heat, const SnapshotRequest & request,
      const FrameTimes & times);

  /* Files that wait for their turn. */
  guint waiting () { return writer_.waiting (); }

  /* Waits until everything is written. */
  void drain () { writer_.drain (); }

private:
  GstElement *element_;
  FileWriter writer_;
};
