// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report.h"

#include <gio/gio.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "duration.h"

namespace tool {
namespace {

constexpr int kWidestHeat = 960, kWidestPicture = 1280;
constexpr const char* kPage = "/motion-heatmap/page.html";

std::string base64(const void* data, size_t size) {
  const TextPtr text(g_base64_encode(static_cast<const guchar*>(data), size));
  return text.get();
}

std::string packed(const void* data, size_t size) {
  GConverter* const compressor =
      G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
  GOutputStream* const memory = g_memory_output_stream_new_resizable();
  GOutputStream* const stream = g_converter_output_stream_new(memory, compressor);
  g_output_stream_write_all(stream, data, size, nullptr, nullptr, nullptr);
  g_output_stream_close(stream, nullptr, nullptr);
  auto* const bytes = G_MEMORY_OUTPUT_STREAM(memory);
  const std::string text =
      base64(g_memory_output_stream_get_data(bytes), g_memory_output_stream_get_data_size(bytes));
  g_object_unref(stream);
  g_object_unref(memory);
  g_object_unref(compressor);
  return text;
}

std::string packed(const std::vector<guint32>& values) {
  std::vector<guint32> in_order;
  for (const guint32 value : values) in_order.push_back(GUINT32_TO_LE(value));
  return packed(in_order.data(), in_order.size() * sizeof(guint32));
}

void add_text(JsonBuilder* builder, const char* name, const std::string& value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_string_value(builder, value.c_str());
}
void add_number(JsonBuilder* builder, const char* name, double value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_double_value(builder, value);
}
void begin_object(JsonBuilder* builder, const char* name) {
  json_builder_set_member_name(builder, name);
  json_builder_begin_object(builder);
}

template <typename Bytes>
std::string jpeg_uri(const Bytes& jpeg) {
  return "data:image/jpeg;base64," + base64(jpeg.data(), jpeg.size());
}

void add_picture(JsonBuilder* builder, const Record& record) {
  const cv::Size size(record.picture.width, record.picture.height);
  cv::Mat picture = record.background.picture;
  if (picture.empty()) picture = cv::Mat(size, CV_8UC3, cv::Scalar::all(96));
  if (picture.cols > kWidestPicture) {
    const int height = int(int64_t{picture.rows} * kWidestPicture / picture.cols);
    cv::resize(picture, picture, {kWidestPicture, std::max(1, height)}, 0, 0, cv::INTER_AREA);
  }
  begin_object(builder, "picture");
  add_number(builder, "width", size.width);
  add_number(builder, "height", size.height);
  add_text(builder, "background", jpeg_uri(encode_picture(picture, ".jpg")));
  json_builder_end_object(builder);
}

// Of large maps each cell has the highest count of the pixels it covers.
void add_heat(JsonBuilder* builder, const motionheat::State& state) {
  const int step = (state.size.width + kWidestHeat - 1) / kWidestHeat;
  const int width = (state.size.width + step - 1) / step;
  const int height = (state.size.height + step - 1) / step;
  std::vector<guint32> cells(size_t(width) * size_t(height));
  for (int y = 0; y < state.size.height; ++y)
    for (int x = 0; x < state.size.width; ++x) {
      const uint64_t count = state.counts[size_t(y) * size_t(state.size.width) + size_t(x)];
      guint32& cell = cells[size_t(y / step) * size_t(width) + size_t(x / step)];
      const double events = std::min(double(count) / state.unit, double(UINT32_MAX));
      cell = std::max(cell, guint32(std::lround(events)));
    }
  begin_object(builder, "heat");
  add_number(builder, "width", width);
  add_number(builder, "height", height);
  add_text(builder, "type", "u32");
  add_text(builder, "data", packed(cells));
  json_builder_end_object(builder);
}

void add_spans(JsonBuilder* builder, const SpanMaps& spans, uint64_t duration) {
  if (spans.is_empty()) {
    json_builder_set_member_name(builder, "spans");
    json_builder_add_null_value(builder);
    return;
  }
  const uint64_t step = span_step(duration);
  const motionheat::Size size = spans.size();
  const size_t count = std::max<size_t>(size_t((duration + step - 1) / step),
                                        size_t(spans.maps().rbegin()->first) + 1);
  std::vector<guint32> cells(count * size_t(size.area()));
  for (const auto& [stretch, map] : spans.maps())
    std::transform(map.begin<double>(), map.end<double>(),
                   cells.begin() + ptrdiff_t(stretch * uint64_t(size.area())), [](double events) {
                     return guint32(std::lround(std::max(0.0, events) * SpanMaps::kUnit));
                   });
  begin_object(builder, "spans");
  add_number(builder, "seconds", double(step) / GST_SECOND);
  add_number(builder, "width", size.width);
  add_number(builder, "height", size.height);
  add_text(builder, "type", "u32");
  add_number(builder, "count", double(count));
  add_text(builder, "data", packed(cells));
  json_builder_end_object(builder);
}

// The element's names in the order of OpenCV's numbers.
void add_colormaps(JsonBuilder* builder) {
  const ElementPtr element = make_motionheatmap({});
  const GEnumClass* const known =
      G_PARAM_SPEC_ENUM(g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), "colormap"))
          ->enum_class;
  cv::Mat ramp(1, 256, CV_8UC1), colors;
  for (int i = 0; i < 256; ++i) ramp.at<uint8_t>(0, i) = uint8_t(i);
  begin_object(builder, "colormaps");
  for (guint i = 0; i < known->n_values; ++i) {
    cv::applyColorMap(ramp, colors, known->values[i].value);
    cv::cvtColor(colors, colors, cv::COLOR_BGR2RGB);
    add_text(builder, known->values[i].value_nick, packed(colors.data, 3 * 256));
  }
  json_builder_end_object(builder);
}

void add_look(JsonBuilder* builder, const std::map<std::string, std::string>& values) {
  begin_object(builder, "look");
  for (const char* name : {"colormap", "blend", "normalization", "curve"})
    add_text(builder, name, values.at(name));
  for (const char* name : {"opacity", "percentile", "full-scale", "display-threshold", "smoothing"})
    add_number(builder, name, g_ascii_strtod(values.at(name).c_str(), nullptr));
  json_builder_end_object(builder);
}

// How far a moment lies from an event; 0 within it.
uint64_t distance(const Event& event, uint64_t time) {
  if (time < event.begin) return event.begin - time;
  return time > event.end ? time - event.end : 0;
}

// The picture of an event is the first one that was taken while it went on, or one from close by.
void add_thumbnails(JsonBuilder* builder, const Summary& summary) {
  constexpr uint64_t kClose = 10 * GST_SECOND;
  json_builder_set_member_name(builder, "thumbnails");
  json_builder_begin_array(builder);
  for (const Event& event : summary.events) {
    const auto nearest = std::ranges::min_element(
        summary.run->thumbnails, {},
        [&](const Thumbnail& thumbnail) { return distance(event, thumbnail.time); });
    if (nearest == summary.run->thumbnails.end() || distance(event, nearest->time) > kClose)
      json_builder_add_null_value(builder);
    else
      json_builder_add_string_value(builder, jpeg_uri(nearest->jpeg).c_str());
  }
  json_builder_end_array(builder);
}

std::string data_of(const Summary& summary) {
  const Record& record = summary.run->record;
  const uint64_t duration = total_duration(summary.run->parts);
  JsonBuilder* const builder = json_builder_new();
  json_builder_begin_object(builder);
  add_number(builder, "version", 1);
  add_text(builder, "created", format_wall_clock(g_get_real_time(), 'T'));
  add_members(builder, summary, std::max<uint64_t>(span_step(duration) / 5, GST_SECOND / 5));
  add_picture(builder, record);
  add_heat(builder, record.state);
  add_spans(builder, summary.run->span_maps, duration);
  add_colormaps(builder);
  add_look(builder, summary.values);
  add_thumbnails(builder, summary);
  json_builder_end_object(builder);
  const std::string text = to_text(builder, false);
  g_object_unref(builder);
  return text;
}

void replace(std::string& text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

}  // namespace

void write_report(const Summary& summary, const std::string& path) {
  GBytes* const bytes = g_resources_lookup_data(kPage, G_RESOURCE_LOOKUP_FLAGS_NONE, nullptr);
  if (!bytes) throw Failure(path + ": the page is not part of this program");
  gsize size = 0;
  const auto* content = static_cast<const char*>(g_bytes_get_data(bytes, &size));
  std::string page(content, size);
  g_bytes_unref(bytes);
  // In a script only this could end it.
  std::string data = data_of(summary);
  replace(data, "<", "\\u003c");
  const std::string placeholder = "/*data*/";
  page.replace(page.find(placeholder), placeholder.size(), data);
  write_file(path, page);
}

uint64_t span_step(uint64_t duration) {
  constexpr uint64_t kMost = 240;
  for (const uint64_t seconds : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600})
    if (duration / (seconds * GST_SECOND) < kMost) return seconds * GST_SECOND;
  return (duration / GST_SECOND / kMost + 1) * GST_SECOND;
}

}  // namespace tool
