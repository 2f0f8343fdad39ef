// SPDX-License-Identifier: LGPL-2.1-or-later
#include "byte_picture.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

namespace motionheat {

// Whether a frame is seen where it is.
bool BytePicture::is_view(const ConstFrameView& frame,
                          const std::optional<GrayLevels>& levels) const {
  return !has_colors() && !levels && format_.sample_bytes() == 1 &&
         format_.components[0].step == 1 && frame.stride[0] > 0;
}

cv::Mat BytePicture::of(const ConstFrameView& frame, const std::optional<GrayLevels>& levels,
                        cv::Mat& room) const {
  const cv::Size size(frame.size.width, frame.size.height);
  const auto plane = [&](int i) {
    const int p = format_.components[i].plane;
    // OpenCV has no views of constant bytes; it only reads them.
    return cv::Mat(size, CV_8UC1, const_cast<uint8_t*>(frame.data[p]), size_t(frame.stride[p]));
  };
  if (is_view(frame, levels)) return plane(0);
  room.create(size, has_colors() ? CV_8UC3 : CV_8UC1);
  if (has_colors() && format_.is_planar_rgb() && format_.sample_bytes() == 1 && is_upright(frame)) {
    const std::array<cv::Mat, 3> planes{plane(0), plane(1), plane(2)};
    cv::merge(planes.data(), planes.size(), room);
  } else if (has_colors() && is_packed(frame)) {
    const auto& c = format_.components;
    const int from_to[] = {c[0].offset, 0, c[1].offset, 1, c[2].offset, 2};
    const cv::Mat pixels = packed(frame);
    cv::mixChannels(&pixels, 1, &room, 1, from_to, 3);
  } else {
    levels ? take(frame, *levels, room) : take(frame, room);
  }
  return room;
}

cv::Mat BytePicture::gray_of(const ConstFrameView& frame, const std::optional<GrayLevels>& levels,
                             cv::Mat& room) {
  if (!has_colors()) return of(frame, levels, room);
  const auto& c = format_.components;
  // OpenCV knows the orders that begin with a colour.
  if (!is_packed(frame) || c[1].offset != 1) {
    cv::cvtColor(of(frame, levels, colors_), room, cv::COLOR_RGB2GRAY);
  } else {
    const bool is_rgb = c[0].offset < c[2].offset;
    const int code = c[0].step == 3 ? is_rgb ? cv::COLOR_RGB2GRAY : cv::COLOR_BGR2GRAY
                     : is_rgb       ? cv::COLOR_RGBA2GRAY
                                    : cv::COLOR_BGRA2GRAY;
    cv::cvtColor(packed(frame), room, code);
  }
  return room;
}

// OpenCV takes no rows that go upwards.
bool BytePicture::is_upright(const ConstFrameView& frame) const {
  return std::all_of(frame.stride.begin(), frame.stride.begin() + format_.n_planes,
                     [](ptrdiff_t stride) { return stride > 0; });
}

// Whether a frame is of packed RGB of bytes.
bool BytePicture::is_packed(const ConstFrameView& frame) const {
  return has_colors() && !format_.is_planar_rgb() && format_.sample_bytes() == 1 &&
         is_upright(frame);
}

// That as it is: pixels of 3 or 4 bytes.
cv::Mat BytePicture::packed(const ConstFrameView& frame) const {
  return cv::Mat(frame.size.height, frame.size.width, CV_8UC(format_.components[0].step),
                 const_cast<uint8_t*>(frame.data[0]), size_t(frame.stride[0]));
}

void BytePicture::take(const ConstFrameView& frame, cv::Mat& picture) const {
  const int channels = picture.channels();
  const int shift = format_.components[0].lsb + format_.components[0].depth - 8;
  for (int i = 0; i < channels; ++i) {
    const Component& c = format_.components[i];
    for (int y = 0; y < picture.rows; ++y) {
      const uint8_t* from = frame.row(c.plane, y) + c.offset;
      uint8_t* to = picture.ptr(y) + i;
      for (int x = 0; x < picture.cols; ++x, from += c.step, to += channels)
        *to = format_.sample_bytes() == 1 ? *from : uint8_t((from[0] | from[1] << 8) >> shift);
    }
  }
}

void BytePicture::take(const ConstFrameView& frame, const GrayLevels& levels,
                       cv::Mat& picture) const {
  const Component& c = format_.components[0];
  const int top = (1 << c.depth) - 1;
  for (int y = 0; y < picture.rows; ++y) {
    const uint8_t* from = frame.row(c.plane, y) + c.offset;
    uint8_t* to = picture.ptr(y);
    for (int x = 0; x < picture.cols; ++x, from += c.step) {
      const int value = (from[0] | from[1] << 8) >> c.lsb & top;
      to[x] = uint8_t(std::clamp((value - levels.low) * 255 / levels.span(), 0, 255));
    }
  }
}

}  // namespace motionheat
