/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include <vector>

#define GST_TYPE_MOTION_HEATMAP_OUTPUT (motion_heatmap_output_get_type ())
#define GST_TYPE_MOTION_HEATMAP_COLORMAP (motion_heatmap_colormap_get_type ())

static GType
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

static GType
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

bool
MotionHeatmapSettings::set (guint prop_id, const GValue * value)
{
  switch (prop_id) {
    case PROP_THRESHOLD:
      engine.threshold = (int) g_value_get_uint (value);
      return true;
    case PROP_COLORMAP:
      engine.colormap = g_value_get_enum (value);
      return true;
    case PROP_OPACITY:
      engine.opacity = g_value_get_double (value);
      return true;
    case PROP_OUTPUT:
      output = (GstMotionHeatmapOutput) g_value_get_enum (value);
      engine.output = output == GST_MOTION_HEATMAP_OUTPUT_HEATMAP ?
          motionheat::Output::kHeatmap : motionheat::Output::kOverlay;
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
    case PROP_SNAPSHOT_LOCATION:{
      const gchar *location = g_value_get_string (value);
      snapshot_location = location ? location : "";
      return true;
    }
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
    case PROP_COLORMAP:
      g_value_set_enum (value, engine.colormap);
      return true;
    case PROP_OPACITY:
      g_value_set_double (value, engine.opacity);
      return true;
    case PROP_OUTPUT:
      g_value_set_enum (value, output);
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
      g_value_set_string (value,
          snapshot_location.empty ()? nullptr : snapshot_location.c_str ());
      return true;
    case PROP_N_THREADS:
      g_value_set_uint (value, (guint) engine.n_threads);
      return true;
    default:
      return false;
  }
}

void
motion_heatmap_install_properties (GObjectClass * klass)
{
  const MotionHeatmapSettings defaults;
  const auto live = (GParamFlags) (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_PLAYING);
  const auto controlled = (GParamFlags) (live | GST_PARAM_CONTROLLABLE);
  const auto read_only = (GParamFlags) (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_property (klass, PROP_THRESHOLD,
      g_param_spec_uint ("threshold", "Threshold",
          "Difference between two frames, in 8-bit full-range grey, above which a pixel moved",
          0, 255, (guint) defaults.engine.threshold, controlled));

  g_object_class_install_property (klass, PROP_COLORMAP,
      g_param_spec_enum ("colormap", "Colour map",
          "OpenCV colour map that the heat is shown in",
          GST_TYPE_MOTION_HEATMAP_COLORMAP, defaults.engine.colormap, controlled));

  g_object_class_install_property (klass, PROP_OPACITY,
      g_param_spec_double ("opacity", "Opacity",
          "Weight of the colour in the overlay; the picture has the rest",
          0.0, 1.0, defaults.engine.opacity, controlled));

  g_object_class_install_property (klass, PROP_OUTPUT,
      g_param_spec_enum ("output", "Output",
          "What goes downstream", GST_TYPE_MOTION_HEATMAP_OUTPUT, defaults.output, live));

  g_object_class_install_property (klass, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post 'motionheatmap' element messages", defaults.post_messages, live));

  g_object_class_install_property (klass, PROP_INTERVAL,
      g_param_spec_uint64 ("interval", "Interval",
          "Stream time between messages in nanoseconds (0 = one for every frame)",
          0, G_MAXINT64, defaults.interval, controlled));

  g_object_class_install_property (klass, PROP_MESSAGE_WIDTH,
      g_param_spec_uint ("message-width", "Message width",
          "Width in cells of the map in messages, its height follows the picture's proportions "
          "(0 = the analysis size)", 0, G_MAXINT16, defaults.message_width, controlled));

  g_object_class_install_property (klass, PROP_SNAPSHOT_LOCATION,
      g_param_spec_string ("snapshot-location", "Snapshot location",
          "File for the rendered picture at the end of the stream (.png, .jpg or .jpeg); keeping "
          "the last picture costs a copy of each frame", nullptr, live));

  g_object_class_install_property (klass, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Threads that work on a frame (0 = one per core); the result does not depend on it",
          0, 64, (guint) defaults.engine.n_threads, live));

  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "The fields of the 'motionheatmap' message as they are now, except the map",
          GST_TYPE_STRUCTURE, read_only));

  g_object_class_install_property (klass, PROP_HEATMAP,
      g_param_spec_boxed ("heatmap", "Heatmap",
          "The normalised map as it is now: a GRAY8 sample of the analysis size, or NULL before "
          "the stream's size is known", GST_TYPE_SAMPLE, read_only));

  gst_type_mark_as_plugin_api (GST_TYPE_MOTION_HEATMAP_COLORMAP, (GstPluginAPIFlags) 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MOTION_HEATMAP_OUTPUT, (GstPluginAPIFlags) 0);
}
