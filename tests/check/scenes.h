// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <png.h>

#include <string>
#include <vector>

#include "common.h"
#include "files.h"
#include "model.h"

inline const char* const kCaps = "video/x-raw,format=GRAY8,width=64,height=32,framerate=25/1";
inline const char* const kLarge = "video/x-raw,format=GRAY8,width=128,height=96,framerate=25/1";
inline const char* const kLeftHalf = "0,0 0.5,0 0.5,1 0,1";
inline const char* const kRightHalf = "0.5,0 1,0 1,1 0.5,1";
inline const cv::Rect kLeft(0, 0, 32, 32), kRight(32, 0, 32, 32), kAll(0, 0, 64, 32);
inline const cv::Rect kMover(16, 8, 16, 8);  // a sixteenth of the picture

/// A grey picture of which exactly what is asked for moves.
class Scene {
 public:
  explicit Scene(Stream& stream) : stream_(stream), picture_(filled(stream.info(), 50)) {}

  GstBuffer* next(const std::vector<cv::Rect>& movers = {}, guint flags = 0) {
    for (const cv::Rect& mover : movers) {
      cv::Mat part = picture_.planes[0](mover);
      cv::bitwise_not(part, part);
    }
    GstBuffer* buffer = stream_.timed_buffer(picture_);
    GST_BUFFER_FLAG_SET(buffer, flags);
    return buffer;
  }
  BufferPtr show(const std::vector<cv::Rect>& movers = {}, guint flags = 0) {
    return stream_.push(next(movers, flags));
  }
  void show_still(int frames, guint flags = 0) {
    for (int i = 0; i < frames; ++i) show({}, flags);
  }

 private:
  Stream& stream_;
  Picture picture_;
};

inline std::string text_of(const Stream& stream, const char* property) {
  gchar* value = nullptr;
  g_object_get(stream.element(), property, &value, nullptr);
  const std::string text = value ? value : "";
  g_free(value);
  return text;
}

inline void expect_text(const Stream& stream, const char* property, const std::string& value) {
  const std::string text = text_of(stream, property);
  fail_unless(text == value, "%s is \"%s\"", property, text.c_str());
}

inline double figure(const Stream& stream, const char* field) {
  return double_field(stream.stats().get(), field);
}

/// An index is 255 / 16 for each event, cut.
inline void fix_scale(Stream& stream) {
  stream.set("normalization", "fixed");
  stream.set("full-scale", "16");
}

/// The indices of a part of the picture are all that of so many events.
inline void expect_events(const Stream& stream, const cv::Rect& part, int events) {
  double least = 0, most = 0;
  cv::minMaxLoc(stream.map()(part), &least, &most);
  fail_unless_equals_int(int(least), events * 255 / 16);
  fail_unless_equals_int(int(most), events * 255 / 16);
}

inline std::vector<std::string> read_warnings(Stream& stream) {
  std::vector<std::string> warnings;
  while (const MessagePtr message = stream.pop(GST_MESSAGE_WARNING))
    warnings.push_back(warning_text(message.get()));
  return warnings;
}

/// What the next frame warns of, which is one thing.
inline std::string warning_of_next(Stream& stream, Scene& scene) {
  scene.show();
  const std::vector<std::string> warnings = read_warnings(stream);
  fail_unless_equals_int(int(warnings.size()), 1);
  return warnings[0];
}

inline void write_png(const std::string& path, const cv::Mat& grey) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = png_uint_32(grey.cols);
  image.height = png_uint_32(grey.rows);
  image.format = PNG_FORMAT_GRAY;
  fail_unless(png_image_write_to_file(&image, path.c_str(), 0, grey.data, int(grey.step), nullptr));
}

/// Black on its left half, white on its right one.
inline cv::Mat halves(int width, int height) {
  cv::Mat mask(height, width, CV_8UC1, cv::Scalar(0));
  mask.colRange(width / 2, width).setTo(255);
  return mask;
}

/// A figure of a zone; fails if there is no such zone.
inline double zone_figure(const GstStructure* report, const char* zone, const char* field) {
  GstStructure *zones = nullptr, *figures = nullptr;
  fail_unless(gst_structure_get(report, "zones", GST_TYPE_STRUCTURE, &zones, nullptr));
  fail_unless(gst_structure_get(zones, zone, GST_TYPE_STRUCTURE, &figures, nullptr), "no zone %s",
              zone);
  fail_unless_equals_int(gst_structure_n_fields(figures), 10);
  const double value = double_field(figures, field);
  gst_structure_free(figures);
  gst_structure_free(zones);
  return value;
}

inline double zone_figure(const Stream& stream, const char* zone, const char* field) {
  return zone_figure(stream.stats().get(), zone, field);
}

/// The names of the zones, in order.
inline std::vector<std::string> zone_names(const Stream& stream) {
  GstStructure* zones = nullptr;
  std::vector<std::string> names;
  if (!gst_structure_get(stream.stats().get(), "zones", GST_TYPE_STRUCTURE, &zones, nullptr))
    return names;
  for (int i = 0; i < gst_structure_n_fields(zones); ++i)
    names.push_back(gst_structure_nth_field_name(zones, guint(i)));
  gst_structure_free(zones);
  return names;
}

inline std::string two_halves(const std::string& left = "left",
                              const std::string& right = "right") {
  return left + ": " + kLeftHalf + "; " + right + ": " + kRightHalf;
}
