/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_MOTION_HEATMAP (gst_motion_heatmap_get_type ())
G_DECLARE_FINAL_TYPE (GstMotionHeatmap, gst_motion_heatmap, GST, MOTION_HEATMAP,
    GstVideoFilter)

struct GstMotionHeatmapPrivate;

struct _GstMotionHeatmap
{
  GstVideoFilter parent;

  GstMotionHeatmapPrivate *priv;
};

GST_ELEMENT_REGISTER_DECLARE (motionheatmap);

G_END_DECLS
