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

/* Tells after which frames a message is due: those with which the stream time that has passed since
 * the first frame reaches a multiple of the interval. Frames may come in either direction and
 * without timestamps: then their duration counts. */
class ReportClock
{
public:
  /* Takes note of a frame; true if a message is due with it. */
  bool advance (const FrameTimes & times, GstClockTime interval);

  /* After a jump in time, which does not count. */
  void jump () { end_ = GST_CLOCK_TIME_NONE; }

private:
  GstClockTime end_ = GST_CLOCK_TIME_NONE;
  GstClockTime elapsed_ = 0;
};

/* The fields of the `motionheatmap` message except the map. */
GstStructure *motion_heatmap_report_structure (const motionheat::Report & report,
    const FrameTimes & times, bool final);

/* A map as a GRAY8 sample, or NULL if it is empty. */
GstSample *motion_heatmap_map_sample (const motionheat::GreyMap & map, const FrameTimes & times);
