/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string>

#include <gst/gst.h>

#include "engine.h"

/* What the `output` property may be. */
typedef enum
{
  GST_MOTION_HEATMAP_OUTPUT_OVERLAY,
  GST_MOTION_HEATMAP_OUTPUT_HEATMAP,
  GST_MOTION_HEATMAP_OUTPUT_NONE,
} GstMotionHeatmapOutput;

enum
{
  PROP_0,
  PROP_THRESHOLD,
  PROP_COLORMAP,
  PROP_OPACITY,
  PROP_OUTPUT,
  PROP_POST_MESSAGES,
  PROP_INTERVAL,
  PROP_MESSAGE_WIDTH,
  PROP_SNAPSHOT_LOCATION,
  PROP_N_THREADS,
  PROP_STATS,
  PROP_HEATMAP,
};

/* The values of the writable properties. A default stands here (or, for those of the algorithm, in
 * motionheat::Settings) and nowhere else. */
struct MotionHeatmapSettings
{
  motionheat::Settings engine;
  GstMotionHeatmapOutput output = GST_MOTION_HEATMAP_OUTPUT_OVERLAY;
  bool post_messages = true;
  GstClockTime interval = GST_SECOND;
  guint message_width = 64;
  std::string snapshot_location;

  bool set (guint prop_id, const GValue * value);
  bool get (guint prop_id, GValue * value) const;
};

/* Installs every property, the read-only ones included. */
void motion_heatmap_install_properties (GObjectClass * klass);
