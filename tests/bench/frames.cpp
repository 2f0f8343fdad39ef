// SPDX-License-Identifier: LGPL-2.1-or-later
#include "frames.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include <random>
#include <stdexcept>

namespace bench {
namespace {

using motionheat::ColorModel;
using motionheat::Component;
using motionheat::PixelFormat;

PixelFormat layout(Format format) {
  switch (format) {
    case Format::kI420:
      return {ColorModel::kYuv, 3, 3, {{{0, 0, 1}, {1, 0, 1, 1, 1}, {2, 0, 1, 1, 1}}}};
    case Format::kNv12:
      return {ColorModel::kYuv, 2, 3, {{{0, 0, 1}, {1, 0, 2, 1, 1}, {1, 1, 2, 1, 1}}}};
    case Format::kBgr:
      return {ColorModel::kRgb, 1, 3, {{{0, 2, 3}, {0, 1, 3}, {0, 0, 3}}}};
  }
  return {};
}

Clip empty_clip(Format format, motionheat::Size size) {
  Clip clip;
  clip.stream = {layout(format), {}, size};
  return clip;
}

size_t bytes_of(const Clip& clip) {
  size_t bytes = 0;
  for (int p = 0; p < clip.stream.format.n_planes; ++p) {
    const auto plane = plane_layout(clip.stream.format, p);
    bytes +=
        size_t(plane.byte_end(clip.stream.size.width)) * plane.row_end(clip.stream.size.height);
  }
  return bytes;
}

template <typename View, typename Byte>
View make_view(const motionheat::StreamFormat& stream, Byte* data) {
  View view{stream.size};
  for (int p = 0; p < stream.format.n_planes; ++p) {
    const auto plane = plane_layout(stream.format, p);
    view.data[p] = data;
    view.stride[p] = plane.byte_end(stream.size.width);
    data += view.stride[p] * plane.row_end(stream.size.height);
  }
  return view;
}

}  // namespace

motionheat::FrameView Clip::view(std::vector<uint8_t>& pixels) const {
  return make_view<motionheat::FrameView>(stream, pixels.data());
}

motionheat::ConstFrameView Clip::view(const std::vector<uint8_t>& pixels) const {
  return make_view<motionheat::ConstFrameView>(stream, pixels.data());
}

std::string name_of(Format format) {
  switch (format) {
    case Format::kI420:
      return "I420";
    case Format::kNv12:
      return "NV12";
    case Format::kBgr:
      return "BGR";
  }
  return {};
}

Clip real_footage(const std::string& path, Format format, motionheat::Size size, int n) {
  Clip clip = empty_clip(format, size);
  const std::string line = "filesrc location=\"" + path + "\" ! decodebin ! videoconvert ! " +
                           "videoscale add-borders=false ! video/x-raw,format=" + name_of(format) +
                           ",width=" + std::to_string(size.width) +
                           ",height=" + std::to_string(size.height) +
                           ",pixel-aspect-ratio=1/1 ! appsink name=sink sync=false max-buffers=2";
  GstElement* pipeline = gst_parse_launch(line.c_str(), nullptr);
  if (!pipeline) throw std::runtime_error("cannot be built: " + line);
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  while (int(clip.frames.size()) < n) {
    GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
    if (!sample) break;
    std::vector<uint8_t> frame(bytes_of(clip));
    gst_buffer_extract(gst_sample_get_buffer(sample), 0, frame.data(), frame.size());
    clip.frames.push_back(std::move(frame));
    gst_sample_unref(sample);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  if (clip.frames.empty()) throw std::runtime_error("no frames in " + path);
  return clip;
}

Clip still(Format format, motionheat::Size size, int n) {
  Clip clip = empty_clip(format, size);
  std::vector<uint8_t> frame(bytes_of(clip));
  for (size_t i = 0; i < frame.size(); ++i) frame[i] = uint8_t(i * 7 + i / 1000);
  clip.frames.assign(n, frame);
  return clip;
}

Clip noise(Format format, motionheat::Size size, int n) {
  Clip clip = empty_clip(format, size);
  std::mt19937 random(1);
  for (int i = 0; i < n; ++i) {
    std::vector<uint8_t> frame(bytes_of(clip));
    for (uint8_t& byte : frame) byte = uint8_t((i % 2) * 128 + random() % 64);
    clip.frames.push_back(std::move(frame));
  }
  return clip;
}

}  // namespace bench
