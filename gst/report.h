/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "engine.h"

/* The four times that GStreamer's analysers post of a frame. */
struct FrameTimes
{
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;

  /* `frame_duration` is used where the buffer has none; it may be GST_CLOCK_TIME_NONE. */
  static FrameTimes of (const GstBuffer * buffer, const GstSegment * segment,
      GstClockTime frame_duration);
};

/* The stream time that has passed since the first frame, jumps left out. Frames may come in either
 * direction and without timestamps: then their duration counts. */
class StreamClock
{
public:
  /* Takes note of a frame. */
  void advance (const FrameTimes & times);

  /* After a jump in time, which does not count. */
  void jump () { end_ = GST_CLOCK_TIME_NONE; }

  /* The time that passed with the last frame. */
  GstClockTime step () const { return elapsed_ - before_; }

  /* Whether with the last frame a multiple of `interval` was reached; always if it is 0. */
  bool reached (GstClockTime interval) const
  {
    return interval == 0 || elapsed_ / interval > before_ / interval;
  }

private:
  GstClockTime end_ = GST_CLOCK_TIME_NONE;
  GstClockTime before_ = 0;
  GstClockTime elapsed_ = 0;
};

/* The fields of the `motionheatmap` message except the map. */
GstStructure *motion_heatmap_report_structure (const motionheat::Report & report,
    const FrameTimes & times, bool final);

/* A map as a GRAY8 sample, or NULL if it is empty. */
GstSample *motion_heatmap_map_sample (const motionheat::GreyMap & map, const FrameTimes & times);
