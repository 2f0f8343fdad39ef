/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <cstring>

#include <gst/video/video.h>

static GstStructure *
structure_of (const motionheat::Report & report, const FrameTimes & times,
    bool final)
{
  return gst_structure_new ("motionheatmap",
      "timestamp", G_TYPE_UINT64, times.timestamp,
      "stream-time", G_TYPE_UINT64, times.stream_time,
      "running-time", G_TYPE_UINT64, times.running_time,
      "duration", G_TYPE_UINT64, times.duration,
      "frames", G_TYPE_UINT64, (guint64) report.frames,
      "skipped", G_TYPE_UINT64, (guint64) report.skipped,
      "repeated", G_TYPE_UINT64, (guint64) report.repeated,
      "width", G_TYPE_INT, report.size.width,
      "height", G_TYPE_INT, report.size.height,
      "max", G_TYPE_DOUBLE, report.max,
      "full-scale", G_TYPE_DOUBLE, report.full_scale,
      "motion", G_TYPE_DOUBLE, report.motion,
      "motion-peak", G_TYPE_DOUBLE, report.motion_peak,
      "coverage", G_TYPE_DOUBLE, report.coverage,
      "hot-x", G_TYPE_DOUBLE, report.hot_x,
      "hot-y", G_TYPE_DOUBLE, report.hot_y,
      "final", G_TYPE_BOOLEAN, (gboolean) final, nullptr);
}

/* NULL if the map is empty. */
static GstSample *
sample_of (const motionheat::GreyMap & map, const FrameTimes & times)
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

GstStructure *
Reporter::figures ()
{
  std::lock_guard < std::mutex > lock (heat_.lock);

  return structure_of (heat_.engine.report (), heat_.times, false);
}

GstSample *
Reporter::map ()
{
  std::unique_lock < std::mutex > lock (heat_.lock);
  const motionheat::GreyMap map = heat_.engine.map (0);
  const FrameTimes times = heat_.times;
  lock.unlock ();

  return sample_of (map, times);
}

void
Reporter::post (guint map_width, bool final)
{
  const Outbox::Kind kind = final ? Outbox::Kind::kOwed : Outbox::Kind::kPeriodic;

  if (!outbox_.takes (kind))
    return;

  std::unique_lock < std::mutex > lock (heat_.lock);
  const motionheat::Report report = heat_.engine.report ();
  const motionheat::GreyMap map = heat_.engine.map ((int) map_width);
  const FrameTimes times = heat_.times;
  heat_.period_over = true;
  lock.unlock ();

  GstStructure *structure = structure_of (report, times, final);
  GstSample *sample = sample_of (map, times);
  gst_structure_set (structure, "heatmap", GST_TYPE_SAMPLE, sample, nullptr);
  gst_sample_unref (sample);
  outbox_.post (structure, kind);
}
