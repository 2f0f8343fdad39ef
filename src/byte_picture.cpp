// SPDX-License-Identifier: LGPL-2.1-or-later
#include "byte_picture.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

namespace motionheat {

bool BytePicture::is_view(const ConstFrameView& frame,
                          const std::optional<GrayLevels>& levels) const {
  // OpenCV takes no rows that go upwards.
  return !has_colors() && !levels && format_.sample_bytes() == 1 &&
         format_.components[0].step == 1 && frame.stride[0] > 0;
}

cv::Mat BytePicture::of(const ConstFrameView& frame, const std::optional<GrayLevels>& levels) {
  const cv::Size size(frame.size.width, frame.size.height);
  const auto plane = [&](int i) {
    const int p = format_.components[i].plane;
    // OpenCV has no views of constant bytes; it only reads them.
    return cv::Mat(size, CV_8UC1, const_cast<uint8_t*>(frame.data[p]), size_t(frame.stride[p]));
  };
  if (is_view(frame, levels)) return plane(0);
  picture_.create(size, has_colors() ? CV_8UC3 : CV_8UC1);
  const bool are_planes = format_.sample_bytes() == 1 && format_.components[0].step == 1 &&
                          std::all_of(frame.stride.begin(), frame.stride.begin() + 3,
                                      [](ptrdiff_t stride) { return stride > 0; });
  if (has_colors() && are_planes) {
    const std::array<cv::Mat, 3> planes{plane(0), plane(1), plane(2)};
    cv::merge(planes.data(), planes.size(), picture_);
  } else {
    levels ? take(frame, *levels) : take(frame);
  }
  return picture_;
}

cv::Mat BytePicture::gray_of(const ConstFrameView& frame, const std::optional<GrayLevels>& levels) {
  if (!has_colors()) return of(frame, levels);
  cv::cvtColor(of(frame, levels), gray_, cv::COLOR_RGB2GRAY);
  return gray_;
}

void BytePicture::take(const ConstFrameView& frame) {
  const int channels = picture_.channels();
  const int shift = format_.components[0].lsb + format_.components[0].depth - 8;
  for (int i = 0; i < channels; ++i) {
    const Component& c = format_.components[i];
    for (int y = 0; y < picture_.rows; ++y) {
      const uint8_t* from = frame.row(c.plane, y) + c.offset;
      uint8_t* to = picture_.ptr(y) + i;
      for (int x = 0; x < picture_.cols; ++x, from += c.step, to += channels)
        *to = format_.sample_bytes() == 1 ? *from : uint8_t((from[0] | from[1] << 8) >> shift);
    }
  }
}

void BytePicture::take(const ConstFrameView& frame, const GrayLevels& levels) {
  const Component& c = format_.components[0];
  const int top = (1 << c.depth) - 1;
  for (int y = 0; y < picture_.rows; ++y) {
    const uint8_t* from = frame.row(c.plane, y) + c.offset;
    uint8_t* to = picture_.ptr(y);
    for (int x = 0; x < picture_.cols; ++x, from += c.step) {
      const int value = (from[0] | from[1] << 8) >> c.lsb & top;
      to[x] = uint8_t(std::clamp((value - levels.low) * 255 / levels.span(), 0, 255));
    }
  }
}

}  // namespace motionheat
