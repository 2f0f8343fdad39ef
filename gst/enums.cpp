/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enums.h"

#include <vector>

#include "properties.h"

GType
motion_heatmap_output_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_MOTION_HEATMAP_OUTPUT_OVERLAY, "The picture with the heat on it", "overlay"},
    {GST_MOTION_HEATMAP_OUTPUT_HEATMAP, "The coloured heat alone", "heatmap"},
    {GST_MOTION_HEATMAP_OUTPUT_NONE, "The untouched picture, only analysed", "none"},
    {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static ("GstMotionHeatmapOutput", values);

  return type;
}

GType
motion_heatmap_corrupted_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_MOTION_HEATMAP_CORRUPTED_AUTO, "Skip them, unless no others come for 3 s", "auto"},
    {GST_MOTION_HEATMAP_CORRUPTED_SKIP, "Skip them", "skip"},
    {GST_MOTION_HEATMAP_CORRUPTED_COUNT, "Count them like others", "count"},
    {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static ("GstMotionHeatmapCorrupted", values);

  return type;
}

GType
motion_heatmap_detector_get_type (void)
{
  static const GEnumValue values[] = {
    {(int) motionheat::Detector::kDifference, "Difference of consecutive frames", "difference"},
    {(int) motionheat::Detector::kMog2, "Background subtraction by Gaussian mixtures", "mog2"},
    {(int) motionheat::Detector::kKnn, "Background subtraction by nearest neighbours", "knn"},
    {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static ("GstMotionHeatmapDetector", values);

  return type;
}

GType
motion_heatmap_normalization_get_type (void)
{
  static const GEnumValue values[] = {
    {(int) motionheat::Normalization::kMax, "The hottest pixel", "max"},
    {(int) motionheat::Normalization::kPercentile, "A percentile of the pixels with heat",
        "percentile"},
    {(int) motionheat::Normalization::kFixed, "A number of events", "fixed"},
    {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static ("GstMotionHeatmapNormalization", values);

  return type;
}

GType
motion_heatmap_curve_get_type (void)
{
  static const GEnumValue values[] = {
    {(int) motionheat::Curve::kLinear, "In proportion to heat", "linear"},
    {(int) motionheat::Curve::kSqrt, "Square root of heat", "sqrt"},
    {(int) motionheat::Curve::kLog, "Logarithm of heat", "log"},
    {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static ("GstMotionHeatmapCurve", values);

  return type;
}

GType
motion_heatmap_background_get_type (void)
{
  static const GEnumValue values[] = {
    {(int) motionheat::Background::kLive, "Each frame", "live"},
    {(int) motionheat::Background::kFirst, "The first frame of the stream", "first"},
    {(int) motionheat::Background::kAverage, "The mean of the frames", "average"},
    {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static ("GstMotionHeatmapBackground", values);

  return type;
}

GType
motion_heatmap_colormap_get_type (void)
{
  static const std::vector < GEnumValue > values =[] {
    std::vector < GEnumValue > v;
    for (const motionheat::Colormap & map : motionheat::colormaps ())
      v.push_back ({map.id, map.name, map.name});
    v.push_back ({0, nullptr, nullptr});
    return v;
  }();
  static const GType type =
      g_enum_register_static ("GstMotionHeatmapColormap", values.data ());

  return type;
}

GType
motion_heatmap_blend_get_type (void)
{
  static const GEnumValue values[] = {
    {(int) motionheat::BlendMode::kUniform, "The same opacity everywhere", "uniform"},
    {(int) motionheat::BlendMode::kHeat, "Opacity in proportion to heat: cold areas stay as they are",
        "heat"},
    {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static ("GstMotionHeatmapBlend", values);

  return type;
}

void
motion_heatmap_mark_enums (void)
{
  for (const GType type :{GST_TYPE_MOTION_HEATMAP_BACKGROUND, GST_TYPE_MOTION_HEATMAP_BLEND,
          GST_TYPE_MOTION_HEATMAP_COLORMAP, GST_TYPE_MOTION_HEATMAP_CORRUPTED,
          GST_TYPE_MOTION_HEATMAP_CURVE, GST_TYPE_MOTION_HEATMAP_DETECTOR,
          GST_TYPE_MOTION_HEATMAP_NORMALIZATION, GST_TYPE_MOTION_HEATMAP_OUTPUT})
    gst_type_mark_as_plugin_api (type, (GstPluginAPIFlags) 0);
}
