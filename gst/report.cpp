/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <cstring>

#include <gst/video/video.h>

FrameTimes
FrameTimes::of (const GstBuffer * buffer, const GstSegment * segment, GstClockTime frame_duration)
{
  FrameTimes times;

  times.timestamp = GST_BUFFER_PTS (buffer);
  times.duration = GST_BUFFER_DURATION_IS_VALID (buffer) ?
      GST_BUFFER_DURATION (buffer) : frame_duration;
  if (segment->format == GST_FORMAT_TIME) {
    times.reverse = segment->rate < 0;
    times.stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, times.timestamp);
    times.running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, times.timestamp);
  }

  return times;
}

void
StreamClock::advance (const FrameTimes & times)
{
  const GstClockTime duration = GST_CLOCK_TIME_IS_VALID (times.duration) ? times.duration : 0;
  const bool first = !GST_CLOCK_TIME_IS_VALID (duration_);
  const bool known = GST_CLOCK_TIME_IS_VALID (times.stream_time);

  step_ = first ? duration : duration_;
  if (known && GST_CLOCK_TIME_IS_VALID (time_)) {
    const GstClockTimeDiff forward = times.reverse ?
        GST_CLOCK_DIFF (times.stream_time, time_) : GST_CLOCK_DIFF (time_, times.stream_time);

    /* of a time that goes back only the duration counts */
    if (forward >= 0)
      step_ = (GstClockTime) forward;
  }
  begin_before_ = begin_;
  if (!first)
    begin_ += step_;

  if (known)
    time_ = times.stream_time;
  else if (GST_CLOCK_TIME_IS_VALID (time_))
    time_ = times.reverse ? time_ - MIN (time_, step_) : time_ + step_;

  duration_ = duration;
  end_before_ = end_;
  end_ = MAX (end_, begin_ + duration_);
}

GstStructure *
motion_heatmap_report_structure (const motionheat::Report & report, const FrameTimes & times,
    bool final)
{
  return gst_structure_new ("motionheatmap",
      "timestamp", G_TYPE_UINT64, times.timestamp,
      "stream-time", G_TYPE_UINT64, times.stream_time,
      "running-time", G_TYPE_UINT64, times.running_time,
      "duration", G_TYPE_UINT64, times.duration,
      "frames", G_TYPE_UINT64, (guint64) report.frames,
      "skipped", G_TYPE_UINT64, (guint64) report.skipped,
      "width", G_TYPE_INT, report.size.width,
      "height", G_TYPE_INT, report.size.height,
      "max", G_TYPE_DOUBLE, report.max,
      "full-scale", G_TYPE_DOUBLE, report.full_scale,
      "motion", G_TYPE_DOUBLE, report.motion,
      "coverage", G_TYPE_DOUBLE, report.coverage,
      "hot-x", G_TYPE_DOUBLE, report.hot_x,
      "hot-y", G_TYPE_DOUBLE, report.hot_y,
      "final", G_TYPE_BOOLEAN, (gboolean) final, nullptr);
}

GstSample *
motion_heatmap_map_sample (const motionheat::GreyMap & map, const FrameTimes & times)
{
  GstVideoInfo info;
  GstMapInfo mapping;

  if (map.pixels.empty ())
    return nullptr;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_GRAY8, (guint) map.size.width,
      (guint) map.size.height);
  GstBuffer *buffer = gst_buffer_new_allocate (nullptr, GST_VIDEO_INFO_SIZE (&info), nullptr);
  GST_BUFFER_PTS (buffer) = times.timestamp;
  GST_BUFFER_DURATION (buffer) = times.duration;

  gst_buffer_map (buffer, &mapping, GST_MAP_WRITE);
  memset (mapping.data, 0, mapping.size);
  for (int y = 0; y < map.size.height; y++) {
    memcpy (mapping.data + y * GST_VIDEO_INFO_PLANE_STRIDE (&info, 0),
        map.pixels.data () + (gsize) y * map.size.width, (gsize) map.size.width);
  }
  gst_buffer_unmap (buffer, &mapping);

  GstCaps *caps = gst_video_info_to_caps (&info);
  GstSample *sample = gst_sample_new (buffer, caps, nullptr, nullptr);
  gst_caps_unref (caps);
  gst_buffer_unref (buffer);
  return sample;
}
