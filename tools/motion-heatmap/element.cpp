// SPDX-License-Identifier: LGPL-2.1-or-later
#include "element.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "duration.h"
#include "state_file.h"
#include "temp_directory.h"

namespace tool {
namespace {

constexpr const char* kElement = "motionheatmap";

// The tool's own business: what it asks the element for, and where that is kept.
const std::set<std::string> kOwn = {"name",
                                    "parent",
                                    "qos",
                                    "post-messages",
                                    "interval",
                                    "message-width",
                                    "roi-meta",
                                    "snapshot-location",
                                    "snapshot-interval",
                                    "snapshot-reset",
                                    "state-location",
                                    "state-interval",
                                    "n-threads"};
// How heat is shown: all that `render` can still change.
const std::set<std::string> kPicture = {
    "normalization", "percentile",        "full-scale", "curve",      "colormap", "opacity",
    "blend",         "display-threshold", "smoothing",  "background", "output",   "legend"};

bool is_option(const GParamSpec* spec) {
  return (spec->flags & G_PARAM_WRITABLE) && (spec->flags & G_PARAM_READABLE) &&
         !kOwn.contains(spec->name);
}

// Times are the properties of that type: the element's only whole numbers of 64 bits.
bool is_time(const GParamSpec* spec) {
  return G_IS_PARAM_SPEC_UINT64(spec);
}

std::string number(double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%.10g", value);
}

std::string argument_of(GParamSpec* spec) {
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) return "";
  if (is_time(spec)) return "TIME";
  if (G_IS_PARAM_SPEC_STRING(spec))
    return g_str_has_suffix(spec->name, "location") ? "FILE" : "TEXT";
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* const values = G_PARAM_SPEC_ENUM(spec)->enum_class;
    if (values->n_values > 6) return "NAME";
    std::string text;
    for (guint i = 0; i < values->n_values; ++i)
      text.append(i > 0 ? "|" : "").append(values->values[i].value_nick);
    return text;
  }
  if (G_IS_PARAM_SPEC_DOUBLE(spec))
    return number(G_PARAM_SPEC_DOUBLE(spec)->minimum) + "-" +
           number(G_PARAM_SPEC_DOUBLE(spec)->maximum);
  if (G_IS_PARAM_SPEC_UINT(spec))
    return std::to_string(G_PARAM_SPEC_UINT(spec)->minimum) + "-" +
           std::to_string(G_PARAM_SPEC_UINT(spec)->maximum);
  return "VALUE";
}

// As an option takes it.
std::string text_of(GParamSpec* spec, const GValue* value) {
  if (G_VALUE_HOLDS_STRING(value))
    return g_value_get_string(value) ? g_value_get_string(value) : "";
  if (G_VALUE_HOLDS_DOUBLE(value)) return number(g_value_get_double(value));
  if (is_time(spec)) {
    const guint64 time = g_value_get_uint64(value);
    return time == 0 ? "0" : number(double(time) / 1e9) + "s";
  }
  if (G_VALUE_HOLDS_ENUM(value)) {
    const GEnumValue* const known =
        g_enum_get_value(G_PARAM_SPEC_ENUM(spec)->enum_class, g_value_get_enum(value));
    return known ? known->value_nick : "";
  }
  const TextPtr text(gst_value_serialize(value));
  return text ? text.get() : "";
}

[[noreturn]] void refuse(const std::string& name, const std::string& text, const std::string& why) {
  throw Failure("--" + name + "=" + text + ": " + why);
}

// What may stand there, in words.
std::string wanted(GParamSpec* spec) {
  if (is_time(spec)) return "a time is needed, such as 90s, 10min or 24h";
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) return "true or false is needed";
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* const values = G_PARAM_SPEC_ENUM(spec)->enum_class;
    std::string text = "one of these is needed: ";
    for (guint i = 0; i < values->n_values; ++i)
      text.append(i > 0 ? ", " : "").append(values->values[i].value_nick);
    return text;
  }
  return "a number of " + argument_of(spec) + " is needed";
}

bool read_value(GParamSpec* spec, const std::string& text, GValue* value) {
  g_value_init(value, spec->value_type);
  if (G_VALUE_HOLDS_STRING(value)) {
    g_value_set_string(value, text.c_str());
    return true;
  }
  if (is_time(spec)) {
    const auto time = parse_duration(text);
    g_value_set_uint64(value, time.value_or(0));
    return time && *time <= G_PARAM_SPEC_UINT64(spec)->maximum;
  }
  if (!gst_value_deserialize_with_pspec(value, text.c_str(), spec)) return false;
  return !g_param_value_validate(spec, value);  // true if it had to be changed
}

void set(GstElement* element, const std::string& name, const std::string& text) {
  GParamSpec* const spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name.c_str());
  if (!spec || !is_option(spec)) throw Failure("--" + name + ": there is no such option");
  GValue value = G_VALUE_INIT;
  const bool is_good = read_value(spec, text, &value);
  if (is_good) g_object_set_property(G_OBJECT(element), name.c_str(), &value);
  g_value_unset(&value);
  if (!is_good) refuse(name, text, wanted(spec));
}

ElementPtr make_plain() {
  try {
    return make_element(kElement);
  } catch (const Failure&) {
    throw Failure(
        "GStreamer does not find the element motionheatmap: is its plugin installed, or "
        "GST_PLUGIN_PATH set?");
  }
}

std::vector<GParamSpec*> option_specs(GstElement* element) {
  guint n = 0;
  GParamSpec** const all = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
  std::vector<GParamSpec*> specs;
  std::copy_if(all, all + n, std::back_inserter(specs), is_option);
  g_free(all);
  return specs;
}

}  // namespace

std::vector<ElementOption> element_options() {
  const ElementPtr element = make_plain();
  std::vector<ElementOption> options;
  for (GParamSpec* const spec : option_specs(element.get()))
    options.push_back({.name = spec->name,
                       .help = g_param_spec_get_blurb(spec),
                       .argument = argument_of(spec),
                       .standard = text_of(spec, g_param_spec_get_default_value(spec)),
                       .is_picture = kPicture.contains(spec->name)});
  return options;
}

ElementPtr make_motionheatmap(const ElementSettings& settings) {
  ElementPtr element = make_plain();
  if (!settings.preset.empty() &&
      !gst_preset_load_preset(GST_PRESET(element.get()), settings.preset.c_str())) {
    gchar** const names = gst_preset_get_preset_names(GST_PRESET(element.get()));
    const TextPtr known(g_strjoinv(", ", names));
    g_strfreev(names);
    throw Failure("--preset=" + settings.preset +
                  ": there is no such preset; there are: " + known.get());
  }
  for (const auto& [name, text] : settings.values) set(element.get(), name, text);
  return element;
}

std::map<std::string, std::string> effective_values(const ElementSettings& settings) {
  const ElementPtr element = make_motionheatmap(settings);
  std::map<std::string, std::string> values;
  for (GParamSpec* const spec : option_specs(element.get())) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_object_get_property(G_OBJECT(element.get()), spec->name, &value);
    values[spec->name] = text_of(spec, &value);
    g_value_unset(&value);
  }
  return values;
}

std::map<std::string, std::string> check_settings(const ElementSettings& settings) {
  const TempDirectory files;
  const ElementPtr pipeline(GST_ELEMENT_CAST(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  const ElementPtr source = make_element("videotestsrc"), sink = make_element("fakesink");
  const ElementPtr heatmap = make_motionheatmap(settings);
  g_object_set(source.get(), "num-buffers", 1, nullptr);
  g_object_set(heatmap.get(), "state-location", files.file("state").c_str(), nullptr);
  gst_bin_add_many(GST_BIN(pipeline.get()), source.get(), heatmap.get(), sink.get(), nullptr);
  gst_element_link_many(source.get(), heatmap.get(), sink.get(), nullptr);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const BusPtr bus(gst_element_get_bus(pipeline.get()));
  const MessagePtr message(gst_bus_timed_pop_filtered(
      bus.get(), 10 * GST_SECOND,
      GstMessageType(GST_MESSAGE_WARNING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  if (!message) throw Failure("the element motionheatmap does not come to an end");
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS)
    return motionheat::load_state(files.file("state")).settings;
  GError* error = nullptr;
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_WARNING)
    gst_message_parse_warning(message.get(), &error, nullptr);
  else
    gst_message_parse_error(message.get(), &error, nullptr);
  const ErrorPtr held(error);
  throw Failure(error->message);
}

bool learns(const std::map<std::string, std::string>& values) {
  const auto is = [&](const char* name, const char* text) {
    const auto found = values.find(name);
    return found != values.end() && found->second == text;
  };
  return !is("detector", "difference") || is("noise-adaptive", "true") || is("stabilize", "true") ||
         is("sway-filter", "true") || !is("light-change-limit", "1") || is("gray-range", "auto");
}

}  // namespace tool
