/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "activity.h"
#include "continuity.h"
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
  PROP_DETECTOR,
  PROP_HISTORY,
  PROP_VARIANCE,
  PROP_DETECT_SHADOWS,
  PROP_ANALYSIS_SCALE,
  PROP_ANALYSIS_INTERVAL,
  PROP_BLUR,
  PROP_DESPECKLE,
  PROP_NOISE_ADAPTIVE,
  PROP_STABILIZE,
  PROP_SWAY_FILTER,
  PROP_LIGHT_CHANGE_LIMIT,
  PROP_CORRUPTED,
  PROP_MAX_GAP,
  PROP_MASK_LOCATION,
  PROP_MASK_POLYGONS,
  PROP_ZONES,
  PROP_HALF_LIFE,
  PROP_NORMALIZATION,
  PROP_PERCENTILE,
  PROP_FULL_SCALE,
  PROP_CURVE,
  PROP_COLORMAP,
  PROP_OPACITY,
  PROP_BLEND,
  PROP_DISPLAY_THRESHOLD,
  PROP_SMOOTHING,
  PROP_OUTPUT,
  PROP_BACKGROUND,
  PROP_GRAY_RANGE,
  PROP_LEGEND,
  PROP_POST_MESSAGES,
  PROP_INTERVAL,
  PROP_MESSAGE_WIDTH,
  PROP_MOTION_AREA,
  PROP_MOTION_FRAMES,
  PROP_MOTION_GAP,
  PROP_ROI_META,
  PROP_SNAPSHOT_LOCATION,
  PROP_SNAPSHOT_INTERVAL,
  PROP_SNAPSHOT_RESET,
  PROP_STATE_LOCATION,
  PROP_STATE_INTERVAL,
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
  Continuity::Rules continuity;
  GstClockTime half_life = 0;
  bool post_messages = true;
  GstClockTime interval = GST_SECOND;
  guint message_width = 64;
  std::string mask_location;
  std::string mask_polygons;
  std::string zones;
  motionheat::ActivitySettings activity;
  GstClockTime motion_gap = 5 * GST_SECOND;
  bool roi_meta = false;
  std::string snapshot_location;
  GstClockTime snapshot_interval = 0;
  bool snapshot_reset = false;
  std::string state_location;
  GstClockTime state_interval = 60 * GST_SECOND;

  /* Why values of properties were refused, if any were: those before are in force. Told with the next
   * frame, since there is no bus before the element is in a pipeline. */
  std::vector < std::string > refusals;

  /* `mask` is the picture that a value of `mask-location` names, `reason` why there is none. */
  void set_mask (const std::string & location, std::shared_ptr < const motionheat::MaskImage > mask,
      const std::string & reason);
  bool set (guint prop_id, const GValue * value);
  bool get (guint prop_id, GValue * value) const;

  /* What events are counted under, for the record: names and values of properties. */
  std::map < std::string, std::string > counting () const;

private:
  template < typename Change > void change_regions (Change change);
  void refuse (const char *property, const std::string & value, const std::string & reason);
};

/* Installs every property, the read-only ones included. */
void motion_heatmap_install_properties (GObjectClass * klass);
