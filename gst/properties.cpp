/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include "enums.h"

static std::string
string_of (const GValue * value)
{
  const gchar *string = g_value_get_string (value);

  return string ? string : "";
}

static void
set_string (GValue * value, const std::string & string)
{
  g_value_set_string (value, string.empty ()? nullptr : string.c_str ());
}

/* As it is written in every locale. */
static std::string
number_text (double number)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_ascii_dtostr (text, sizeof text, number);
}

static std::string
gray_range_text (const motionheat::Settings & engine)
{
  if (engine.auto_gray_levels)
    return "auto";
  if (!engine.gray_levels)
    return "";
  return std::to_string (engine.gray_levels->low) + "," + std::to_string (engine.gray_levels->high);
}

/* Takes a value of `gray-range`, or tells why not. */
static std::string
take_gray_range (const std::string & text, motionheat::Settings & engine)
{
  constexpr guint64 highest = 65535;
  const size_t comma = text.find (',');
  guint64 low, high;

  if (text.empty () || text == "none" || text == "auto") {
    engine.auto_gray_levels = text == "auto";
    engine.gray_levels.reset ();
    return "";
  }
  if (comma == std::string::npos)
    return "it takes two levels as in \"7800,8400\", \"auto\" or \"none\"";
  if (!g_ascii_string_to_unsigned (text.substr (0, comma).c_str (), 10, 0, highest, &low, nullptr)
      || !g_ascii_string_to_unsigned (text.substr (comma + 1).c_str (), 10, 0, highest, &high,
          nullptr))
    return "both levels are whole numbers from 0 to " + std::to_string (highest);
  if (low >= high)
    return "the first level must be below the second";
  engine.auto_gray_levels = false;
  engine.gray_levels = motionheat::GrayLevels { (int) low, (int) high };
  return "";
}

/* Frames that use the regions as they were keep them. */
template < typename Change > void
MotionHeatmapSettings::change_regions (Change change)
{
  auto regions = engine.regions ? std::make_shared < motionheat::RegionSettings > (*engine.regions)
      : std::make_shared < motionheat::RegionSettings > ();

  change (*regions);
  if (*regions == motionheat::RegionSettings ())
    engine.regions = nullptr;
  else if (!engine.regions || !(*regions == *engine.regions))
    engine.regions = regions;
}

void
MotionHeatmapSettings::refuse (const char *property, const std::string & value,
    const std::string & reason)
{
  constexpr size_t most = 16;   /* of one frame */

  if (refusals.size () < most)
    refusals.push_back ("\"" + value + "\" cannot become the property " + property + ": " + reason);
}

void
MotionHeatmapSettings::set_mask (const std::string & location,
    std::shared_ptr < const motionheat::MaskImage > mask, const std::string & reason)
{
  if (!reason.empty ()) {
    refuse ("mask-location", location, reason);
    return;
  }
  mask_location = location;
  change_regions ([&](motionheat::RegionSettings & regions) { regions.mask = std::move (mask); });
}

bool
MotionHeatmapSettings::set (guint prop_id, const GValue * value)
{
  switch (prop_id) {
    case PROP_THRESHOLD:
      engine.threshold = (int) g_value_get_uint (value);
      return true;
    case PROP_DETECTOR:
      engine.detector = (motionheat::Detector) g_value_get_enum (value);
      return true;
    case PROP_HISTORY:
      engine.model.history = (int) g_value_get_uint (value);
      return true;
    case PROP_VARIANCE:
      engine.model.variance = g_value_get_double (value);
      return true;
    case PROP_DETECT_SHADOWS:
      engine.model.detects_shadows = g_value_get_boolean (value);
      return true;
    case PROP_ANALYSIS_SCALE:
      engine.analysis_scale = (int) g_value_get_uint (value);
      return true;
    case PROP_ANALYSIS_INTERVAL:
      continuity.analysis_interval = g_value_get_uint64 (value);
      return true;
    case PROP_BLUR:
      engine.blur = (int) g_value_get_uint (value);
      return true;
    case PROP_DESPECKLE:
      engine.despeckle = (int) g_value_get_uint (value);
      return true;
    case PROP_NOISE_ADAPTIVE:
      engine.noise_adaptive = g_value_get_boolean (value);
      return true;
    case PROP_STABILIZE:
      engine.stabilize = g_value_get_boolean (value);
      return true;
    case PROP_SWAY_FILTER:
      engine.sway_filter = g_value_get_boolean (value);
      return true;
    case PROP_LIGHT_CHANGE_LIMIT:
      engine.light_change_limit = g_value_get_double (value);
      return true;
    case PROP_CORRUPTED:
      continuity.corrupted = (GstMotionHeatmapCorrupted) g_value_get_enum (value);
      return true;
    case PROP_MAX_GAP:
      continuity.max_gap = g_value_get_uint64 (value);
      return true;
    case PROP_MASK_POLYGONS:
      try {
        change_regions ([&](motionheat::RegionSettings & regions) {
            regions.masked = motionheat::parse_polygons (string_of (value));});
        mask_polygons = string_of (value);
      } catch (const motionheat::RegionsError & e) {
        refuse ("mask-polygons", string_of (value), e.what ());
      }
      return true;
    case PROP_ZONES:
      try {
        change_regions ([&](motionheat::RegionSettings & regions) {
            regions.zones = motionheat::parse_zones (string_of (value));});
        zones = string_of (value);
      } catch (const motionheat::RegionsError & e) {
        refuse ("zones", string_of (value), e.what ());
      }
      return true;
    case PROP_MOTION_AREA:
      activity.area = g_value_get_double (value);
      return true;
    case PROP_MOTION_FRAMES:
      activity.frames = (int) g_value_get_uint (value);
      return true;
    case PROP_MOTION_GAP:
      motion_gap = g_value_get_uint64 (value);
      activity.gap = (double) motion_gap / GST_SECOND;
      return true;
    case PROP_ROI_META:
      roi_meta = g_value_get_boolean (value);
      return true;
    case PROP_HALF_LIFE:
      half_life = g_value_get_uint64 (value);
      engine.half_life = (double) half_life / GST_SECOND;
      return true;
    case PROP_NORMALIZATION:
      engine.normalization = (motionheat::Normalization) g_value_get_enum (value);
      return true;
    case PROP_PERCENTILE:
      engine.percentile = g_value_get_double (value);
      return true;
    case PROP_FULL_SCALE:
      engine.full_scale = g_value_get_double (value);
      return true;
    case PROP_CURVE:
      engine.curve = (motionheat::Curve) g_value_get_enum (value);
      return true;
    case PROP_COLORMAP:
      engine.colormap = g_value_get_enum (value);
      return true;
    case PROP_OPACITY:
      engine.opacity = g_value_get_double (value);
      return true;
    case PROP_BLEND:
      engine.blend = (motionheat::BlendMode) g_value_get_enum (value);
      return true;
    case PROP_DISPLAY_THRESHOLD:
      engine.display_threshold = (int) g_value_get_uint (value);
      return true;
    case PROP_SMOOTHING:
      engine.smoothing = (int) g_value_get_uint (value);
      return true;
    case PROP_OUTPUT:
      output = (GstMotionHeatmapOutput) g_value_get_enum (value);
      engine.output = output == GST_MOTION_HEATMAP_OUTPUT_HEATMAP ?
          motionheat::Output::kHeatmap : motionheat::Output::kOverlay;
      return true;
    case PROP_BACKGROUND:
      engine.background = (motionheat::Background) g_value_get_enum (value);
      return true;
    case PROP_GRAY_RANGE:{
      const std::string reason = take_gray_range (string_of (value), engine);

      if (!reason.empty ())
        refuse ("gray-range", string_of (value), reason);
      return true;
    }
    case PROP_LEGEND:
      engine.legend = g_value_get_boolean (value);
      return true;
    case PROP_POST_MESSAGES:
      post_messages = g_value_get_boolean (value);
      return true;
    case PROP_INTERVAL:
      interval = g_value_get_uint64 (value);
      return true;
    case PROP_MESSAGE_WIDTH:
      message_width = g_value_get_uint (value);
      return true;
    case PROP_SNAPSHOT_LOCATION:
      snapshot_location = string_of (value);
      return true;
    case PROP_SNAPSHOT_INTERVAL:
      snapshot_interval = g_value_get_uint64 (value);
      return true;
    case PROP_SNAPSHOT_RESET:
      snapshot_reset = g_value_get_boolean (value);
      return true;
    case PROP_STATE_LOCATION:
      state_location = string_of (value);
      return true;
    case PROP_STATE_INTERVAL:
      state_interval = g_value_get_uint64 (value);
      return true;
    case PROP_N_THREADS:
      engine.n_threads = (int) g_value_get_uint (value);
      return true;
    default:
      return false;
  }
}

bool
MotionHeatmapSettings::get (guint prop_id, GValue * value) const
{
  switch (prop_id) {
    case PROP_THRESHOLD:
      g_value_set_uint (value, (guint) engine.threshold);
      return true;
    case PROP_DETECTOR:
      g_value_set_enum (value, (int) engine.detector);
      return true;
    case PROP_HISTORY:
      g_value_set_uint (value, (guint) engine.model.history);
      return true;
    case PROP_VARIANCE:
      g_value_set_double (value, engine.model.variance);
      return true;
    case PROP_DETECT_SHADOWS:
      g_value_set_boolean (value, engine.model.detects_shadows);
      return true;
    case PROP_ANALYSIS_SCALE:
      g_value_set_uint (value, (guint) engine.analysis_scale);
      return true;
    case PROP_ANALYSIS_INTERVAL:
      g_value_set_uint64 (value, continuity.analysis_interval);
      return true;
    case PROP_BLUR:
      g_value_set_uint (value, (guint) engine.blur);
      return true;
    case PROP_DESPECKLE:
      g_value_set_uint (value, (guint) engine.despeckle);
      return true;
    case PROP_NOISE_ADAPTIVE:
      g_value_set_boolean (value, engine.noise_adaptive);
      return true;
    case PROP_STABILIZE:
      g_value_set_boolean (value, engine.stabilize);
      return true;
    case PROP_SWAY_FILTER:
      g_value_set_boolean (value, engine.sway_filter);
      return true;
    case PROP_LIGHT_CHANGE_LIMIT:
      g_value_set_double (value, engine.light_change_limit);
      return true;
    case PROP_CORRUPTED:
      g_value_set_enum (value, continuity.corrupted);
      return true;
    case PROP_MAX_GAP:
      g_value_set_uint64 (value, continuity.max_gap);
      return true;
    case PROP_MASK_LOCATION:
      set_string (value, mask_location);
      return true;
    case PROP_MASK_POLYGONS:
      set_string (value, mask_polygons);
      return true;
    case PROP_ZONES:
      set_string (value, zones);
      return true;
    case PROP_MOTION_AREA:
      g_value_set_double (value, activity.area);
      return true;
    case PROP_MOTION_FRAMES:
      g_value_set_uint (value, (guint) activity.frames);
      return true;
    case PROP_MOTION_GAP:
      g_value_set_uint64 (value, motion_gap);
      return true;
    case PROP_ROI_META:
      g_value_set_boolean (value, roi_meta);
      return true;
    case PROP_HALF_LIFE:
      g_value_set_uint64 (value, half_life);
      return true;
    case PROP_NORMALIZATION:
      g_value_set_enum (value, (int) engine.normalization);
      return true;
    case PROP_PERCENTILE:
      g_value_set_double (value, engine.percentile);
      return true;
    case PROP_FULL_SCALE:
      g_value_set_double (value, engine.full_scale);
      return true;
    case PROP_CURVE:
      g_value_set_enum (value, (int) engine.curve);
      return true;
    case PROP_COLORMAP:
      g_value_set_enum (value, engine.colormap);
      return true;
    case PROP_OPACITY:
      g_value_set_double (value, engine.opacity);
      return true;
    case PROP_BLEND:
      g_value_set_enum (value, (int) engine.blend);
      return true;
    case PROP_DISPLAY_THRESHOLD:
      g_value_set_uint (value, (guint) engine.display_threshold);
      return true;
    case PROP_SMOOTHING:
      g_value_set_uint (value, (guint) engine.smoothing);
      return true;
    case PROP_OUTPUT:
      g_value_set_enum (value, output);
      return true;
    case PROP_BACKGROUND:
      g_value_set_enum (value, (int) engine.background);
      return true;
    case PROP_GRAY_RANGE:
      set_string (value, gray_range_text (engine));
      return true;
    case PROP_LEGEND:
      g_value_set_boolean (value, engine.legend);
      return true;
    case PROP_POST_MESSAGES:
      g_value_set_boolean (value, post_messages);
      return true;
    case PROP_INTERVAL:
      g_value_set_uint64 (value, interval);
      return true;
    case PROP_MESSAGE_WIDTH:
      g_value_set_uint (value, message_width);
      return true;
    case PROP_SNAPSHOT_LOCATION:
      set_string (value, snapshot_location);
      return true;
    case PROP_SNAPSHOT_INTERVAL:
      g_value_set_uint64 (value, snapshot_interval);
      return true;
    case PROP_SNAPSHOT_RESET:
      g_value_set_boolean (value, snapshot_reset);
      return true;
    case PROP_STATE_LOCATION:
      set_string (value, state_location);
      return true;
    case PROP_STATE_INTERVAL:
      g_value_set_uint64 (value, state_interval);
      return true;
    case PROP_N_THREADS:
      g_value_set_uint (value, (guint) engine.n_threads);
      return true;
    default:
      return false;
  }
}

std::map < std::string, std::string > MotionHeatmapSettings::counting () const
{
  GEnumClass *detectors = (GEnumClass *) g_type_class_ref (GST_TYPE_MOTION_HEATMAP_DETECTOR);
  const std::string detector = g_enum_get_value (detectors, (int) engine.detector)->value_nick;

  g_type_class_unref (detectors);
  std::map < std::string, std::string > values = {
    {"analysis-interval", std::to_string (continuity.analysis_interval)},
    {"analysis-scale", std::to_string (engine.analysis_scale)},
    {"detector", detector},
    {"threshold", std::to_string (engine.threshold)},
  };
  /* of most streams these say nothing */
  if (const std::string range = gray_range_text (engine); !range.empty ())
    values["gray-range"] = range;
  if (engine.blur > 0)
    values["blur"] = std::to_string (engine.blur);
  if (engine.despeckle > 0)
    values["despeckle"] = std::to_string (engine.despeckle);
  if (engine.noise_adaptive)
    values["noise-adaptive"] = "true";
  if (engine.stabilize)
    values["stabilize"] = "true";
  if (engine.sway_filter)
    values["sway-filter"] = "true";
  if (engine.light_change_limit < 1)
    values["light-change-limit"] = number_text (engine.light_change_limit);
  if (engine.detector != motionheat::Detector::kDifference) {
    values["history"] = std::to_string (engine.model.history);
    values["variance"] = number_text (engine.model.variance);
    values["detect-shadows"] = engine.model.detects_shadows ? "true" : "false";
  }
  if (!mask_location.empty ())
    values["mask-location"] = mask_location;
  if (!mask_polygons.empty ())
    values["mask-polygons"] = mask_polygons;
  return values;
}
