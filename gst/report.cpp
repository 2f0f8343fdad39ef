/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <cstring>

#include <gst/video/video.h>

static void
add_box (GstStructure * structure, const motionheat::RelativeBox & box)
{
  gst_structure_set (structure,
      "box-x", G_TYPE_DOUBLE, box.x,
      "box-y", G_TYPE_DOUBLE, box.y,
      "box-width", G_TYPE_DOUBLE, box.width,
      "box-height", G_TYPE_DOUBLE, box.height, nullptr);
}

/* A field for each zone. */
static GstStructure *
zones_of (const motionheat::Report & report)
{
  GstStructure *zones = gst_structure_new_empty ("zones");

  for (const motionheat::ZoneReport & zone : report.zones) {
    GstStructure *figures = gst_structure_new ("zone",
        "motion", G_TYPE_DOUBLE, zone.motion,
        "motion-peak", G_TYPE_DOUBLE, zone.motion_peak,
        "coverage", G_TYPE_DOUBLE, zone.heat.coverage,
        "mean", G_TYPE_DOUBLE, zone.heat.mean,
        "max", G_TYPE_DOUBLE, zone.heat.max,
        "share", G_TYPE_DOUBLE, zone.heat.share, nullptr);
    add_box (figures, zone.box);
    gst_structure_set (zones, zone.name.c_str (), GST_TYPE_STRUCTURE, figures, nullptr);
    gst_structure_free (figures);
  }
  return zones;
}

static GstStructure *
structure_of (const motionheat::Report & report, const FrameTimes & times,
    bool final)
{
  GstStructure *structure = gst_structure_new_empty ("motionheatmap");

  times.add_to (structure);
  gst_structure_set (structure,
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
      "noise", G_TYPE_DOUBLE, report.noise,
      "final", G_TYPE_BOOLEAN, (gboolean) final, nullptr);
  add_box (structure, report.box);
  if (!report.zones.empty ()) {
    GstStructure *zones = zones_of (report);
    gst_structure_set (structure, "zones", GST_TYPE_STRUCTURE, zones, nullptr);
    gst_structure_free (zones);
  }
  return structure;
}

GstStructure *
Reporter::figures ()
{
  std::lock_guard < std::mutex > lock (heat_.lock);

  return structure_of (heat_.engine.report (), heat_.times, false);
}

MapBuffers::~MapBuffers ()
{
  clear ();
}

void
MapBuffers::clear ()
{
  if (pool_)
    gst_buffer_pool_set_active (pool_, FALSE);
  gst_clear_object (&pool_);
}

GstBuffer *
MapBuffers::take (gsize size)
{
  GstBufferPoolAcquireParams params = { };
  GstBuffer *buffer = nullptr;

  if (!pool_ || size != size_) {
    clear ();
    pool_ = gst_buffer_pool_new ();
    GstStructure *config = gst_buffer_pool_get_config (pool_);
    gst_buffer_pool_config_set_params (config, nullptr, (guint) size, 0, max_kept);
    gst_buffer_pool_set_config (pool_, config);
    gst_buffer_pool_set_active (pool_, TRUE);
    size_ = size;
  }
  params.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  if (gst_buffer_pool_acquire_buffer (pool_, &buffer, &params) != GST_FLOW_OK)
    buffer = gst_buffer_new_allocate (nullptr, size, nullptr);
  return buffer;
}

/* The heat's lock is held. NULL if there is no map. */
SamplePtr
Reporter::sample (guint map_width)
{
  const motionheat::Size size = heat_.engine.map_size ((int) map_width);
  GstVideoInfo info;
  GstVideoFrame frame;

  if (size.area () == 0)
    return nullptr;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_GRAY8, (guint) size.width,
      (guint) size.height);
  const std::unique_ptr < GstBuffer, decltype (&gst_buffer_unref) >
      buffer (buffers_.take (GST_VIDEO_INFO_SIZE (&info)), gst_buffer_unref);
  GST_BUFFER_PTS (buffer.get ()) = heat_.times.timestamp;
  GST_BUFFER_DURATION (buffer.get ()) = heat_.times.duration;

  gst_video_frame_map (&frame, &info, buffer.get (), GST_MAP_WRITE);
  {
    const std::unique_ptr < GstVideoFrame, decltype (&gst_video_frame_unmap) >
        mapped (&frame, gst_video_frame_unmap);
    guint8 *const pixels = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0);
    const int stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
    heat_.engine.draw_map ((int) map_width, {pixels, stride});
    for (int y = 0; y < size.height; y++)
      memset (pixels + (gsize) y * stride + size.width, 0, (gsize) (stride - size.width));
  }

  const std::unique_ptr < GstCaps, decltype (&gst_caps_unref) >
      caps (gst_video_info_to_caps (&info), gst_caps_unref);
  return SamplePtr (gst_sample_new (buffer.get (), caps.get (), nullptr, nullptr));
}

GstSample *
Reporter::map ()
{
  std::lock_guard < std::mutex > lock (heat_.lock);

  return sample (0).release ();
}

void
Reporter::post (guint map_width, bool final)
{
  const Outbox::Kind kind = final ? Outbox::Kind::kOwed : Outbox::Kind::kPeriodic;

  if (!outbox_.takes (kind))
    return;

  std::unique_lock < std::mutex > lock (heat_.lock);
  const motionheat::Report report = heat_.engine.report ();
  const SamplePtr heatmap = sample (map_width);
  const FrameTimes times = heat_.times;
  heat_.period_over = true;
  lock.unlock ();

  GstStructure *structure = structure_of (report, times, final);
  gst_structure_set (structure, "heatmap", GST_TYPE_SAMPLE, heatmap.get (), nullptr);
  outbox_.post (structure, kind);
}

void
Reporter::close ()
{
  std::lock_guard < std::mutex > lock (heat_.lock);

  buffers_.clear ();
}
