// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gst/controller/controller.h>

#include <map>
#include <set>
#include <sstream>

#include "common.h"
#include "model.h"

namespace {

GParamSpec* spec(GstElement* element, const char* name) {
  GParamSpec* pspec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
  fail_unless(pspec != nullptr, "no property %s", name);
  return pspec;
}

std::map<std::string, int> enum_values(GParamSpec* pspec) {
  std::map<std::string, int> values;
  const GEnumClass* klass = G_PARAM_SPEC_ENUM(pspec)->enum_class;
  for (guint i = 0; i < klass->n_values; ++i)
    values[klass->values[i].value_nick] = klass->values[i].value;
  return values;
}

/// In words: type, range and default, and when it may change.
std::string description(GParamSpec* pspec) {
  std::ostringstream text;
  text << g_type_name(G_PARAM_SPEC_VALUE_TYPE(pspec));
  if (G_IS_PARAM_SPEC_UINT(pspec))
    text << ' ' << G_PARAM_SPEC_UINT(pspec)->minimum << " to " << G_PARAM_SPEC_UINT(pspec)->maximum;
  if (G_IS_PARAM_SPEC_UINT64(pspec))
    text << ' ' << G_PARAM_SPEC_UINT64(pspec)->minimum << " to "
         << G_PARAM_SPEC_UINT64(pspec)->maximum;
  if (G_IS_PARAM_SPEC_DOUBLE(pspec))
    text << ' ' << G_PARAM_SPEC_DOUBLE(pspec)->minimum << " to "
         << G_PARAM_SPEC_DOUBLE(pspec)->maximum;
  if (G_IS_PARAM_SPEC_DOUBLE(pspec)) {
    text << ", " << G_PARAM_SPEC_DOUBLE(pspec)->default_value;
  } else if (!G_IS_PARAM_SPEC_BOXED(pspec)) {
    gchar* value = gst_value_serialize(g_param_spec_get_default_value(pspec));
    text << ", " << (value ? value : "none");
    g_free(value);
  }
  if (!(pspec->flags & G_PARAM_READABLE)) text << ", write-only";
  if (!(pspec->flags & G_PARAM_WRITABLE)) text << ", read-only";
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING) text << ", live";
  if (pspec->flags & GST_PARAM_MUTABLE_READY) text << ", ready";
  if (pspec->flags & GST_PARAM_CONTROLLABLE) text << ", controllable";
  return text.str();
}

GstElement* make() {
  GstElement* element = gst_element_factory_make("motionheatmap", nullptr);
  fail_unless(element != nullptr);
  return element;
}

}  // namespace

// One after the other, each has all values that any of them has.
GST_START_TEST(presets) {
  const std::map<std::string, std::map<std::string, std::string>> expected = {
      {"indoor",
       {{"threshold", "20"},
        {"noise-adaptive", "false"},
        {"light-change-limit", "0.5"},
        {"normalization", "percentile"},
        {"background", "live"}}},
      {"night",
       {{"analysis-scale", "1"},
        {"noise-adaptive", "true"},
        {"smoothing", "12"},
        {"curve", "linear"}}},
      {"outdoor",
       {{"analysis-scale", "1"},
        {"sway-filter", "true"},
        {"stabilize", "true"},
        {"smoothing", "8"},
        {"percentile", "99"}}},
      {"privacy", {{"background", "average"}, {"smoothing", "8"}, {"curve", "linear"}}},
      {"retail-day", {{"normalization", "fixed"}, {"curve", "sqrt"}, {"background", "average"}}},
  };
  GstElement* element = make();
  gchar** names = gst_preset_get_preset_names(GST_PRESET(element));
  fail_unless(names != nullptr);
  fail_unless_equals_int(g_strv_length(names), expected.size());
  g_strfreev(names);
  for (int round = 0; round < 2; ++round) {
    for (const auto& [name, values] : expected) {
      fail_unless(gst_preset_load_preset(GST_PRESET(element), name.c_str()), "%s", name.c_str());
      for (const auto& [property, value] : values) {
        GValue found = G_VALUE_INIT;
        g_object_get_property(G_OBJECT(element), property.c_str(), &found);
        gchar* text = gst_value_serialize(&found);
        fail_unless_equals_string(text, value.c_str());
        g_free(text);
        g_value_unset(&found);
      }
      gchar* comment = nullptr;
      fail_unless(gst_preset_get_meta(GST_PRESET(element), name.c_str(), "comment", &comment));
      fail_unless(strlen(comment) > 20);
      g_free(comment);
    }
  }
  gst_object_unref(element);
}
GST_END_TEST;

// Every property: its type, range and default, and when it may change.
GST_START_TEST(types_ranges_defaults_and_flags) {
  const std::map<std::string, std::string> expected = {
      {"analysis-interval", "guint64 0 to 9223372036854775807, 0, live, controllable"},
      {"analysis-scale", "guint 1 to 16, 1, live, controllable"},
      {"background", "GstMotionHeatmapBackground, live, live"},
      {"blur", "guint 0 to 31, 0, live, controllable"},
      {"blend", "GstMotionHeatmapBlend, uniform, live"},
      {"colormap", "GstMotionHeatmapColormap, jet, live, controllable"},
      {"corrupted", "GstMotionHeatmapCorrupted, auto, live"},
      {"curve", "GstMotionHeatmapCurve, linear, live"},
      {"despeckle", "guint 0 to 15, 0, live, controllable"},
      {"detect-shadows", "gboolean, true, live, controllable"},
      {"detector", "GstMotionHeatmapDetector, difference, live"},
      {"display-threshold", "guint 0 to 255, 0, live, controllable"},
      {"full-scale", "gdouble 0.001 to 1e+12, 300, live, controllable"},
      {"gray-range", "gchararray, none, live"},
      {"half-life", "guint64 0 to 9223372036854775807, 0, live, controllable"},
      {"heatmap", "GstSample, read-only"},
      {"history", "guint 1 to 32767, 500, live, controllable"},
      {"interval", "guint64 0 to 9223372036854775807, 1000000000, live, controllable"},
      {"legend", "gboolean, false, live"},
      {"light-change-limit", "gdouble 0 to 1, 1, live, controllable"},
      {"mask-location", "gchararray, none, live"},
      {"mask-polygons", "gchararray, none, live"},
      {"max-gap", "guint64 0 to 9223372036854775807, 10000000000, live, controllable"},
      {"message-width", "guint 0 to 32767, 64, live, controllable"},
      {"motion-area", "gdouble 0 to 1, 0.005, live, controllable"},
      {"motion-frames", "guint 1 to 32767, 2, live, controllable"},
      {"motion-gap", "guint64 0 to 9223372036854775807, 5000000000, live, controllable"},
      {"n-threads", "guint 0 to 64, 1, live"},
      {"noise-adaptive", "gboolean, false, live"},
      {"normalization", "GstMotionHeatmapNormalization, max, live"},
      {"opacity", "gdouble 0 to 1, 0.4, live, controllable"},
      {"output", "GstMotionHeatmapOutput, overlay, live"},
      {"percentile", "gdouble 0 to 100, 99.5, live, controllable"},
      {"post-messages", "gboolean, true, live"},
      {"roi-meta", "gboolean, false, live"},
      {"smoothing", "guint 0 to 63, 0, live, controllable"},
      {"snapshot-interval", "guint64 0 to 9223372036854775807, 0, live"},
      {"snapshot-location", "gchararray, none, live"},
      {"snapshot-reset", "gboolean, false, live"},
      {"stabilize", "gboolean, false, live"},
      {"state-interval", "guint64 0 to 9223372036854775807, 60000000000, live"},
      {"state-location", "gchararray, none, ready"},
      {"stats", "GstStructure, read-only"},
      {"sway-filter", "gboolean, false, live"},
      {"threshold", "guint 0 to 255, 25, live, controllable"},
      {"variance", "gdouble 0 to 65025, 16, live, controllable"},
      {"zones", "gchararray, none, live"},
  };
  GstElement* element = make();
  guint n = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
  std::map<std::string, std::string> found;
  for (guint i = 0; i < n; ++i) {
    if (specs[i]->owner_type != G_OBJECT_TYPE(element)) continue;
    found[specs[i]->name] = description(specs[i]);
    fail_if(g_param_spec_get_blurb(specs[i]) == nullptr, "%s", specs[i]->name);
    fail_unless((specs[i]->flags & G_PARAM_STATIC_STRINGS) == G_PARAM_STATIC_STRINGS);
  }
  for (const auto& [name, text] : expected)
    fail_unless(found[name] == text, "%s: %s", name.c_str(), found[name].c_str());
  fail_unless_equals_uint64(found.size(), expected.size());
  g_free(specs);
  gst_object_unref(element);
}
GST_END_TEST;

// A GstElement starts with what its class says.
GST_START_TEST(instance_has_the_defaults) {
  GstElement* element = make();
  guint n = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
  for (guint i = 0; i < n; ++i) {
    if (specs[i]->owner_type != G_OBJECT_TYPE(element)) continue;
    const std::string name = specs[i]->name;
    if (name == "stats" || name == "heatmap") continue;
    GValue value = G_VALUE_INIT;
    g_object_get_property(G_OBJECT(element), name.c_str(), &value);
    fail_unless(g_param_value_defaults(specs[i], &value), "%s", name.c_str());
    g_value_unset(&value);
  }
  g_free(specs);
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(values_come_back) {
  GstElement* element = make();
  const std::map<std::string, std::string> values = {
      {"threshold", "7"},     {"colormap", "twilight_shifted"},   {"opacity", "0.75"},
      {"output", "none"},     {"post-messages", "false"},         {"interval", "123456789"},
      {"message-width", "0"}, {"snapshot-location", "a b/c.png"}, {"gray-range", "7800,8400"}};
  for (const auto& [name, text] : values) {
    gst_util_set_object_arg(G_OBJECT(element), name.c_str(), text.c_str());
    GValue value = G_VALUE_INIT;
    GValue expected = G_VALUE_INIT;
    g_value_init(&expected, G_PARAM_SPEC_VALUE_TYPE(spec(element, name.c_str())));
    fail_unless(gst_value_deserialize(&expected, text.c_str()));
    g_object_get_property(G_OBJECT(element), name.c_str(), &value);
    fail_unless_equals_int(gst_value_compare(&value, &expected), GST_VALUE_EQUAL);
    g_value_unset(&value);
    g_value_unset(&expected);
  }
  g_object_set(element, "snapshot-location", nullptr, nullptr);
  gchar* location = nullptr;
  g_object_get(element, "snapshot-location", &location, nullptr);
  fail_unless(location == nullptr);
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(colormaps_are_those_of_opencv) {
  const std::map<std::string, int> expected = {
      {"autumn", cv::COLORMAP_AUTUMN},     {"bone", cv::COLORMAP_BONE},
      {"jet", cv::COLORMAP_JET},           {"winter", cv::COLORMAP_WINTER},
      {"rainbow", cv::COLORMAP_RAINBOW},   {"ocean", cv::COLORMAP_OCEAN},
      {"summer", cv::COLORMAP_SUMMER},     {"spring", cv::COLORMAP_SPRING},
      {"cool", cv::COLORMAP_COOL},         {"hsv", cv::COLORMAP_HSV},
      {"pink", cv::COLORMAP_PINK},         {"hot", cv::COLORMAP_HOT},
      {"parula", cv::COLORMAP_PARULA},     {"magma", cv::COLORMAP_MAGMA},
      {"inferno", cv::COLORMAP_INFERNO},   {"plasma", cv::COLORMAP_PLASMA},
      {"viridis", cv::COLORMAP_VIRIDIS},   {"cividis", cv::COLORMAP_CIVIDIS},
      {"twilight", cv::COLORMAP_TWILIGHT}, {"twilight_shifted", cv::COLORMAP_TWILIGHT_SHIFTED},
      {"turbo", cv::COLORMAP_TURBO},       {"deepgreen", cv::COLORMAP_DEEPGREEN}};
  GstElement* element = make();
  fail_unless(enum_values(spec(element, "colormap")) == expected);
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(outputs) {
  GstElement* element = make();
  std::set<std::string> nicks;
  for (const auto& [nick, value] : enum_values(spec(element, "output"))) nicks.insert(nick);
  fail_unless((nicks == std::set<std::string>{"heatmap", "none", "overlay"}));
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(enums_are_plugin_api) {
  GstElement* element = make();
  for (const char* name : {"colormap", "output"})
    fail_unless(gst_type_is_plugin_api(G_PARAM_SPEC_VALUE_TYPE(spec(element, name)), nullptr));
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(action_signals) {
  GstElement* element = make();
  GSignalQuery query;

  g_signal_query(g_signal_lookup("reset", G_OBJECT_TYPE(element)), &query);
  fail_unless(query.signal_id != 0);
  fail_unless(query.signal_flags & G_SIGNAL_ACTION);
  fail_unless(query.return_type == G_TYPE_NONE);
  fail_unless_equals_int(query.n_params, 0);

  g_signal_query(g_signal_lookup("snapshot", G_OBJECT_TYPE(element)), &query);
  fail_unless(query.signal_id != 0);
  fail_unless(query.signal_flags & G_SIGNAL_ACTION);
  fail_unless(query.return_type == G_TYPE_BOOLEAN);
  fail_unless_equals_int(query.n_params, 1);
  fail_unless(query.param_types[0] == G_TYPE_STRING);
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(element_details) {
  GstElement* element = make();
  GstElementFactory* factory = gst_element_get_factory(element);
  fail_unless_equals_string(gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS),
                            "Filter/Effect/Analyzer/Video");
  fail_unless(GST_IS_PRESET(element));
  for (const char* name : {"sink", "src"}) {
    GstPad* pad = gst_element_get_static_pad(element, name);
    GstCaps* caps = gst_pad_get_pad_template_caps(pad);
    for (const char* format : {"RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB",
                               "ABGR", "I420", "NV12", "GRAY8"}) {
      const std::string text =
          std::string("video/x-raw,format=") + format + ",width=1,height=1,framerate=0/1";
      GstCaps* wanted = gst_caps_from_string(text.c_str());
      fail_unless(gst_caps_is_subset(wanted, caps), "%s", format);
      gst_caps_unref(wanted);
    }
    gst_caps_unref(caps);
    gst_object_unref(pad);
  }
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(before_the_first_frame) {
  GstElement* element = make();
  GstStructure* stats = nullptr;
  GstSample* heatmap = nullptr;
  g_object_get(element, "stats", &stats, "heatmap", &heatmap, nullptr);
  fail_unless(heatmap == nullptr);
  for (const char* field : {"frames", "skipped"})
    fail_unless_equals_uint64(uint64_field(stats, field), 0);
  for (const char* field : {"width", "height"}) fail_unless_equals_int(int_field(stats, field), 0);
  for (const char* field : {"max", "full-scale", "motion", "coverage", "hot-x", "hot-y"})
    fail_unless_equals_float(double_field(stats, field), 0.0);
  fail_if(bool_field(stats, "final"));
  gst_structure_free(stats);
  g_signal_emit_by_name(element, "reset");
  gst_object_unref(element);
}
GST_END_TEST;

// Each property takes effect on the next frame, also while the stream runs.
GST_START_TEST(changes_show_on_the_next_frame) {
  Stream stream("video/x-raw,format=BGR,width=33,height=18,framerate=25/1");
  Model model;
  Picture picture = noise(stream.info(), 1);
  unsigned seed = 2;
  const auto next = [&] {
    picture = moved(picture, seed++);
    fail_unless(stream.show(picture) == model.add_and_overlay(picture));
  };
  next();
  next();
  stream.set("threshold", "90");
  model.threshold = 90;
  next();
  stream.set("opacity", "0.83");
  model.opacity = 0.83;
  next();
  stream.set("colormap", "plasma");
  model.colormap = cv::COLORMAP_PLASMA;
  next();
  stream.set("threshold", "0");
  model.threshold = 0;
  next();
}
GST_END_TEST;

// A control source drives by stream time, which here is 10 s ahead of the timestamps.
GST_START_TEST(controlled_by_stream_time) {
  Stream stream("video/x-raw,format=GRAY8,width=8,height=8,framerate=25/1");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.time = 10 * GST_SECOND;
  stream.send(gst_event_new_segment(&segment));

  GstControlSource* source = gst_interpolation_control_source_new();
  g_object_set(source, "mode", GST_INTERPOLATION_MODE_NONE, nullptr);
  auto* values = GST_TIMED_VALUE_CONTROL_SOURCE(source);
  gst_timed_value_control_source_set(values, 0, 0.5);
  gst_timed_value_control_source_set(values, 10 * GST_SECOND, 1.0);
  gst_timed_value_control_source_set(values, 10 * GST_SECOND + kFrame, 0.0);
  fail_unless(gst_object_add_control_binding(
      GST_OBJECT(stream.element()),
      gst_direct_control_binding_new(GST_OBJECT(stream.element()), "opacity", source)));
  gst_object_unref(source);

  Model model;
  const Picture picture = noise(stream.info(), 1);
  for (double opacity : {1.0, 0.0}) {
    model.opacity = opacity;
    fail_unless(stream.show(picture) == model.add_and_overlay(picture));
  }
}
GST_END_TEST;

std::string gray_range(const Stream& stream) {
  gchar* text = nullptr;
  g_object_get(stream.element(), "gray-range", &text, nullptr);
  const std::string result = text ? text : "(none)";
  g_free(text);
  return result;
}

GST_START_TEST(gray_ranges_come_back) {
  Stream stream("");
  fail_unless(gray_range(stream) == "(none)");
  for (const auto& [text, expected] : std::map<std::string, std::string>{
           {"0,65535", "0,65535"}, {"auto", "auto"}, {"007,8", "7,8"}, {"none", "(none)"}}) {
    stream.set("gray-range", text);
    fail_unless(gray_range(stream) == expected, "%s", text.c_str());
  }
  stream.set("gray-range", "auto");
  g_object_set(stream.element(), "gray-range", nullptr, nullptr);
  fail_unless(gray_range(stream) == "(none)");
}
GST_END_TEST;

// A value that means nothing leaves the one before in force, and the warning tells why. It comes
// with the next frame.
GST_START_TEST(bad_gray_ranges_are_refused) {
  const std::map<std::string, std::string> reasons = {
      {"5", "two levels"},         {"a,b", "whole numbers"},    {"1,2,3", "whole numbers"},
      {"9,3", "below the second"}, {"7,7", "below the second"}, {"1,70000", "65535"},
      {"-1,5", "whole numbers"},   {"1.5,9", "whole numbers"},  {",", "whole numbers"},
      {"1,", "whole numbers"},     {"Auto", "two levels"},      {"1,2x", "whole numbers"}};
  Stream stream("video/x-raw,format=GRAY16_LE,width=16,height=8,framerate=25/1");
  stream.set("gray-range", "100,400");
  const Picture picture = noise(stream.info(), 1);
  for (const auto& [text, reason] : reasons) {
    stream.set("gray-range", text);
    fail_unless(gray_range(stream) == "100,400", "%s", text.c_str());
    fail_unless(stream.pop(GST_MESSAGE_WARNING) == nullptr);
    stream.show(picture);
    const MessagePtr message = stream.pop(GST_MESSAGE_WARNING);
    fail_unless(message != nullptr, "%s", text.c_str());
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    for (const std::string& part : {"\"" + text + "\"", std::string("gray-range"), reason})
      fail_unless(std::string(error->message).find(part) != std::string::npos, "%s: %s",
                  text.c_str(), error->message);
    g_clear_error(&error);
    stream.show(picture);
    fail_unless(stream.pop(GST_MESSAGE_WARNING) == nullptr);
  }
}
GST_END_TEST;

static Suite* properties_suite() {
  const auto [suite, tc] = new_suite("properties");
  tcase_add_test(tc, presets);
  tcase_add_test(tc, types_ranges_defaults_and_flags);
  tcase_add_test(tc, instance_has_the_defaults);
  tcase_add_test(tc, values_come_back);
  tcase_add_test(tc, gray_ranges_come_back);
  tcase_add_test(tc, bad_gray_ranges_are_refused);
  tcase_add_test(tc, colormaps_are_those_of_opencv);
  tcase_add_test(tc, outputs);
  tcase_add_test(tc, enums_are_plugin_api);
  tcase_add_test(tc, action_signals);
  tcase_add_test(tc, element_details);
  tcase_add_test(tc, before_the_first_frame);
  tcase_add_test(tc, changes_show_on_the_next_frame);
  tcase_add_test(tc, controlled_by_stream_time);
  return suite;
}

GST_CHECK_MAIN(properties)
