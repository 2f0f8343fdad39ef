/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string>

#include <gst/video/video.h>

#include "report.h"

/* A file to be written: the picture, and who asked for it ("property snapshot-location"). */
struct SnapshotRequest
{
  std::string location;
  std::string origin;
};

/* Why no picture can be written to `location`, as far as can be told beforehand; empty if nothing
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
   ~SnapshotWriter () { drain (); }
  SnapshotWriter (const SnapshotWriter &) = delete;
  SnapshotWriter & operator= (const SnapshotWriter &) = delete;

  /* Takes the picture, a buffer that nobody writes to any more. Returns at once. */
  void write (GstBuffer * picture, const GstVideoInfo & info, const SnapshotRequest & request,
      const FrameTimes & times);

  /* Waits until everything is written. */
  void drain ();

private:
  GstElement *element_;
  GThreadPool *pool_ = nullptr;
};
