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
  bool reverse = false;         /* stream time runs backwards */

  /* `frame_duration` is used where the buffer has none; it may be GST_CLOCK_TIME_NONE. */
  static FrameTimes of (const GstBuffer * buffer, const GstSegment * segment,
      GstClockTime frame_duration);
};

/* The stream time since the first frame, jumps left out. Frames may come in either direction and
 * without timestamps: then their durations count. */
class StreamClock
{
public:
  /* Takes note of a frame. */
  void advance (const FrameTimes & times);

  /* After a jump in time, which does not count. */
  void jump () { time_ = GST_CLOCK_TIME_NONE; }

  /* From the beginning of the frame before to that of the last one; of the first its duration, as
   * if there had been one before. */
  GstClockTime step () const { return step_; }

  /* Whether the last frame is the first to begin after a multiple of `interval`; always if that
   * is 0 or no time is known. The first frame of all is not. */
  bool passed (GstClockTime interval) const
  {
    return interval == 0 || step_ == 0 || begin_ / interval > begin_before_ / interval;
  }

  /* Whether with the end of the last frame a multiple of `interval` was reached; always if it is
   * 0. */
  bool reached (GstClockTime interval) const
  {
    return interval == 0 || end_ / interval > end_before_ / interval;
  }

private:
  GstClockTime time_ = GST_CLOCK_TIME_NONE;     /* stream time of the last frame */
  GstClockTime duration_ = GST_CLOCK_TIME_NONE; /* none before the first frame */
  GstClockTime step_ = 0;
  GstClockTime begin_before_ = 0;
  GstClockTime begin_ = 0;
  GstClockTime end_before_ = 0;
  GstClockTime end_ = 0;
};

/* The fields of the `motionheatmap` message except the map. */
GstStructure *motion_heatmap_report_structure (const motionheat::Report & report,
    const FrameTimes & times, bool final);

/* A map as a GRAY8 sample, or NULL if it is empty. */
GstSample *motion_heatmap_map_sample (const motionheat::GreyMap & map, const FrameTimes & times);
