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
    case PROP_ANALYSIS_SCALE:
      engine.analysis_scale = (int) g_value_get_uint (value);
      return true;
    case PROP_ANALYSIS_INTERVAL:
      continuity.analysis_interval = g_value_get_uint64 (value);
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
    case PROP_ANALYSIS_SCALE:
      g_value_set_uint (value, (guint) engine.analysis_scale);
      return true;
    case PROP_ANALYSIS_INTERVAL:
      g_value_set_uint64 (value, continuity.analysis_interval);
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
  if (!mask_location.empty ())
    values["mask-location"] = mask_location;
  if (!mask_polygons.empty ())
    values["mask-polygons"] = mask_polygons;
  return values;
}

void
motion_heatmap_install_properties (GObjectClass * klass)
{
  const MotionHeatmapSettings defaults;
  const auto live = (GParamFlags) (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_PLAYING);
  const auto controlled = (GParamFlags) (live | GST_PARAM_CONTROLLABLE);
  const auto read_only = (GParamFlags) (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GstMotionHeatmap:threshold:
   *
   * Difference between two frames, in 8-bit full-range grey, above which a pixel moved.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_THRESHOLD,
      g_param_spec_uint ("threshold", "Threshold",
          "Difference between two frames, in 8-bit full-range grey, above which a pixel moved",
          0, 255, (guint) defaults.engine.threshold, controlled));

  /**
   * GstMotionHeatmap:detector:
   *
   * What tells motion; the threshold is that of `difference`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_DETECTOR,
      g_param_spec_enum ("detector", "Detector",
          "What tells motion; the threshold is that of 'difference'",
          GST_TYPE_MOTION_HEATMAP_DETECTOR, (int) defaults.engine.detector, live));

  /**
   * GstMotionHeatmap:analysis-scale:
   *
   * Analyse at 1/N of the size in each direction, the mean of what falls together.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ANALYSIS_SCALE,
      g_param_spec_uint ("analysis-scale", "Analysis scale",
          "Analyse at 1/N of the size in each direction, the mean of what falls together",
          1, 16, (guint) defaults.engine.analysis_scale, controlled));

  /**
   * GstMotionHeatmap:analysis-interval:
   *
   * Analyse at most one frame in this stream time, in nanoseconds (0 = every frame).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ANALYSIS_INTERVAL,
      g_param_spec_uint64 ("analysis-interval", "Analysis interval",
          "Analyse at most one frame in this stream time, in nanoseconds (0 = every frame)",
          0, G_MAXINT64, defaults.continuity.analysis_interval, controlled));

  /**
   * GstMotionHeatmap:corrupted:
   *
   * What is done with frames that are flagged as corrupted.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CORRUPTED,
      g_param_spec_enum ("corrupted", "Corrupted",
          "What is done with frames that are flagged as corrupted",
          GST_TYPE_MOTION_HEATMAP_CORRUPTED, defaults.continuity.corrupted, live));

  /**
   * GstMotionHeatmap:max-gap:
   *
   * Frames are not compared across a hole that the stream marks, if it is longer than this, in
   * nanoseconds, and than three times the usual distance of frames.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MAX_GAP,
      g_param_spec_uint64 ("max-gap", "Maximum gap",
          "Frames are not compared across a hole that the stream marks, if it is longer than this, "
          "in nanoseconds, and than three times the usual distance of frames",
          0, G_MAXINT64, defaults.continuity.max_gap, controlled));

  /**
   * GstMotionHeatmap:mask-location:
   *
   * Picture, in any format that GStreamer decodes, that is laid over the frame: what is black there is
   * not counted, white counts whole, grey in proportion.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MASK_LOCATION,
      g_param_spec_string ("mask-location", "Mask location",
          "Picture that is laid over the frame: what is black there is not counted, white counts "
          "whole, grey in proportion", nullptr, live));

  /**
   * GstMotionHeatmap:mask-polygons:
   *
   * Areas that are not counted: polygons of points in fractions of the frame, as in
   * `0,0 0.3,0 0.3,0.1 0,0.1; 0.5,0.5 1,1 0,1`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MASK_POLYGONS,
      g_param_spec_string ("mask-polygons", "Mask polygons",
          "Areas that are not counted, in fractions of the frame: 'x,y x,y x,y; x,y ...'", nullptr,
          live));

  /**
   * GstMotionHeatmap:zones:
   *
   * Named areas with figures and events of their own, as in
   * `door: 0.1,0.2 0.3,0.2 0.3,0.6 0.1,0.6; till: 0.6,0.5 0.9,0.5 0.9,0.9`. They may overlap.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ZONES,
      g_param_spec_string ("zones", "Zones",
          "Named areas with figures and events of their own: 'name: x,y x,y x,y; name: ...'",
          nullptr, live));

  /**
   * GstMotionHeatmap:half-life:
   *
   * Stream time in which heat halves, in nanoseconds (0 = it never fades).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_HALF_LIFE,
      g_param_spec_uint64 ("half-life", "Half-life",
          "Stream time in which heat halves, in nanoseconds (0 = it never fades)",
          0, G_MAXINT64, defaults.half_life, controlled));

  /**
   * GstMotionHeatmap:normalization:
   *
   * What the hottest colour stands for.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_NORMALIZATION,
      g_param_spec_enum ("normalization", "Normalization",
          "What the hottest colour stands for", GST_TYPE_MOTION_HEATMAP_NORMALIZATION,
          (int) defaults.engine.normalization, live));

  /**
   * GstMotionHeatmap:percentile:
   *
   * Percentile of the counts of all pixels with heat that normalization=percentile takes.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_PERCENTILE,
      g_param_spec_double ("percentile", "Percentile",
          "Percentile of the counts of all pixels with heat that normalization=percentile takes",
          0.0, 100.0, defaults.engine.percentile, controlled));

  /**
   * GstMotionHeatmap:full-scale:
   *
   * Events that the hottest colour stands for with normalization=fixed.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_FULL_SCALE,
      g_param_spec_double ("full-scale", "Full scale",
          "Events that the hottest colour stands for with normalization=fixed",
          0.001, 1e12, defaults.engine.full_scale, controlled));

  /**
   * GstMotionHeatmap:curve:
   *
   * How colour grows with heat: `sqrt` and `log` bring out faint paths.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CURVE,
      g_param_spec_enum ("curve", "Curve",
          "How colour grows with heat: 'sqrt' and 'log' bring out faint paths",
          GST_TYPE_MOTION_HEATMAP_CURVE, (int) defaults.engine.curve, live));

  /**
   * GstMotionHeatmap:colormap:
   *
   * OpenCV colour map that the heat is shown in.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_COLORMAP,
      g_param_spec_enum ("colormap", "Colour map",
          "OpenCV colour map that the heat is shown in",
          GST_TYPE_MOTION_HEATMAP_COLORMAP, defaults.engine.colormap, controlled));

  /**
   * GstMotionHeatmap:opacity:
   *
   * Weight of the colour in the overlay; the picture has the rest.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_OPACITY,
      g_param_spec_double ("opacity", "Opacity",
          "Weight of the colour in the overlay; the picture has the rest",
          0.0, 1.0, defaults.engine.opacity, controlled));

  /**
   * GstMotionHeatmap:blend:
   *
   * Where the colour has #GstMotionHeatmap:opacity: everywhere (`uniform`), or from three quarters of
   * the scale on and below in proportion to heat (`heat`), so that cold areas stay as they were.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_BLEND,
      g_param_spec_enum ("blend", "Blend",
          "Opacity is the same everywhere, or in proportion to heat",
          GST_TYPE_MOTION_HEATMAP_BLEND, (int) defaults.engine.blend, live));

  /**
   * GstMotionHeatmap:display-threshold:
   *
   * Index, on the scale from 0 to 255, below which the picture stays untouched.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_DISPLAY_THRESHOLD,
      g_param_spec_uint ("display-threshold", "Display threshold",
          "Index, on the scale from 0 to 255, below which the picture stays untouched",
          0, 255, (guint) defaults.engine.display_threshold, controlled));

  /**
   * GstMotionHeatmap:smoothing:
   *
   * Radius in pixels, twice sigma, of a Gaussian that smooths the heat as it is shown, and the scale
   * with it; the counts stay as they are.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SMOOTHING,
      g_param_spec_uint ("smoothing", "Smoothing",
          "Radius in pixels of a Gaussian that smooths the heat as it is shown; the counts stay",
          0, 63, (guint) defaults.engine.smoothing, controlled));

  /**
   * GstMotionHeatmap:output:
   *
   * What goes downstream.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_OUTPUT,
      g_param_spec_enum ("output", "Output",
          "What goes downstream", GST_TYPE_MOTION_HEATMAP_OUTPUT, defaults.output, live));

  /**
   * GstMotionHeatmap:background:
   *
   * What the heat is drawn on. The average goes by stream time: it is the mean of all frames at
   * first, and after a minute a running one with a time constant of 60 s.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_BACKGROUND,
      g_param_spec_enum ("background", "Background",
          "What the heat is drawn on", GST_TYPE_MOTION_HEATMAP_BACKGROUND,
          (int) defaults.engine.background, live));

  /**
   * GstMotionHeatmap:gray-range:
   *
   * In grey of more than 8 bits the two levels that 0 and 255 of 8-bit grey stand for, as in
   * `7800,8400`, or `auto` for what the stream uses of them. #GstMotionHeatmap:threshold is in that
   * unit, and the colours are drawn between these levels.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_GRAY_RANGE,
      g_param_spec_string ("gray-range", "Gray range",
          "In grey of more than 8 bits the two levels that 0 and 255 stand for, 'lo,hi', or 'auto' "
          "for what the stream uses of them", nullptr, live));

  /**
   * GstMotionHeatmap:legend:
   *
   * Draw a bar of the colours, with the events that its last one stands for, in the lower left corner.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_LEGEND,
      g_param_spec_boolean ("legend", "Legend",
          "Draw a bar of the colours, with the events that its last one stands for",
          defaults.engine.legend, live));

  /**
   * GstMotionHeatmap:post-messages:
   *
   * Post `motionheatmap` and `motionheatmap-event` element messages.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post 'motionheatmap' and 'motionheatmap-event' element messages",
          defaults.post_messages, live));

  /**
   * GstMotionHeatmap:interval:
   *
   * Stream time between messages in nanoseconds (0 = one for every frame).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_INTERVAL,
      g_param_spec_uint64 ("interval", "Interval",
          "Stream time between messages in nanoseconds (0 = one for every frame)",
          0, G_MAXINT64, defaults.interval, controlled));

  /**
   * GstMotionHeatmap:message-width:
   *
   * Width in cells of the map in messages, its height follows the picture`s proportions (0 = the
   * analysis size).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MESSAGE_WIDTH,
      g_param_spec_uint ("message-width", "Message width",
          "Width in cells of the map in messages, its height follows the picture's proportions "
          "(0 = the analysis size)", 0, G_MAXINT16, defaults.message_width, controlled));

  /**
   * GstMotionHeatmap:motion-area:
   *
   * Share of a zone, or of the frame where there are none, that must move for its motion to begin.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MOTION_AREA,
      g_param_spec_double ("motion-area", "Motion area",
          "Share of a zone (or of the frame) that must move for its motion to begin",
          0.0, 1.0, defaults.activity.area, controlled));

  /**
   * GstMotionHeatmap:motion-frames:
   *
   * Consecutive analysed frames that must agree for motion to begin.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MOTION_FRAMES,
      g_param_spec_uint ("motion-frames", "Motion frames",
          "Consecutive analysed frames that must agree for motion to begin",
          1, G_MAXINT16, (guint) defaults.activity.frames, controlled));

  /**
   * GstMotionHeatmap:motion-gap:
   *
   * Stillness, in nanoseconds of stream time, after which motion has ended.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MOTION_GAP,
      g_param_spec_uint64 ("motion-gap", "Motion gap",
          "Stillness, in nanoseconds of stream time, after which motion has ended",
          0, G_MAXINT64, defaults.motion_gap, controlled));

  /**
   * GstMotionHeatmap:roi-meta:
   *
   * Attach each moving region as #GstVideoRegionOfInterestMeta of type `motion`, sixteen at most and
   * the largest first, for detectors and encoders downstream.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ROI_META,
      g_param_spec_boolean ("roi-meta", "ROI meta",
          "Attach each moving region as GstVideoRegionOfInterestMeta of type 'motion'",
          defaults.roi_meta, live));

  /**
   * GstMotionHeatmap:snapshot-location:
   *
   * File for the rendered picture (.png, .jpg, .jpeg) or the events as float32 (.tiff) at the
   * end of the stream and every snapshot-interval; `%05d` in its name counts, `%F` or `%H` is
   * the local time. For the end the last frame is held until the next one comes.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SNAPSHOT_LOCATION,
      g_param_spec_string ("snapshot-location", "Snapshot location",
          "File for the rendered picture (.png, .jpg, .jpeg) or the events as float32 (.tiff) at "
          "the end of the stream and every snapshot-interval; '%05d' in its name counts, '%F' or "
          "'%H' is the local time", nullptr, live));

  /**
   * GstMotionHeatmap:snapshot-interval:
   *
   * Stream time between snapshots in nanoseconds (0 = only at the end of the stream).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SNAPSHOT_INTERVAL,
      g_param_spec_uint64 ("snapshot-interval", "Snapshot interval",
          "Stream time between snapshots in nanoseconds (0 = only at the end of the stream)",
          0, G_MAXINT64, defaults.snapshot_interval, live));

  /**
   * GstMotionHeatmap:snapshot-reset:
   *
   * Start a new map after each snapshot-interval.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SNAPSHOT_RESET,
      g_param_spec_boolean ("snapshot-reset", "Snapshot reset",
          "Start a new map after each snapshot-interval", defaults.snapshot_reset, live));

  /**
   * GstMotionHeatmap:state-location:
   *
   * File that keeps the heat across restarts: loaded when the stream begins, saved every state-
   * interval, at the end of the stream and on stop.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STATE_LOCATION,
      g_param_spec_string ("state-location", "State location",
          "File that keeps the heat across restarts: loaded when the stream begins, saved every "
          "state-interval, at the end of the stream and on stop", nullptr,
          (GParamFlags) (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)));

  /**
   * GstMotionHeatmap:state-interval:
   *
   * Stream time between two saves of the state in nanoseconds (0 = only at the end of the stream
   * and on stop).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STATE_INTERVAL,
      g_param_spec_uint64 ("state-interval", "State interval",
          "Stream time between two saves of the state in nanoseconds (0 = only at the end of the "
          "stream and on stop)", 0, G_MAXINT64, defaults.state_interval, live));

  /**
   * GstMotionHeatmap:n-threads:
   *
   * Threads that work on a frame (0 = one per core); the result does not depend on it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Threads that work on a frame (0 = one per core); the result does not depend on it",
          0, 64, (guint) defaults.engine.n_threads, live));

  /**
   * GstMotionHeatmap:stats:
   *
   * The fields of the `motionheatmap` message as they are now, except the map.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "The fields of the 'motionheatmap' message as they are now, except the map",
          GST_TYPE_STRUCTURE, read_only));

  /**
   * GstMotionHeatmap:heatmap:
   *
   * The normalised map as it is now: a GRAY8 sample of the analysis size, or NULL before the
   * stream`s size is known.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_HEATMAP,
      g_param_spec_boxed ("heatmap", "Heatmap",
          "The normalised map as it is now: a GRAY8 sample of the analysis size, or NULL before "
          "the stream's size is known", GST_TYPE_SAMPLE, read_only));

  motion_heatmap_mark_enums ();
}
