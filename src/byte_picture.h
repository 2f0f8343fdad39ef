// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>

#include "frame_view.h"
#include "gray_levels.h"

namespace motionheat {

/// Frames of any plain format as OpenCV's functions take them: luma in 8 bits, or the three colours
/// of RGB. Values of more than 8 bits lose the lowest ones; with levels grey is in steps of theirs.
class BytePicture {
 public:
  BytePicture() = default;
  explicit BytePicture(const PixelFormat& format) : format_(format) {}

  /// Luma, CV_8UC1, or red, green and blue, CV_8UC3. Planes of luma in bytes are seen where they
  /// are and must not be written to; all else is made in `room`. Throws cv::Exception.
  cv::Mat of(const ConstFrameView& frame, const std::optional<GrayLevels>& levels,
             cv::Mat& room) const;
  /// The same with RGB as grey: CV_8UC1.
  cv::Mat gray_of(const ConstFrameView& frame, const std::optional<GrayLevels>& levels,
                  cv::Mat& room);

  bool has_colors() const { return format_.model == ColorModel::kRgb; }

  /// Bytes it holds.
  size_t memory() const { return colors_.total() * colors_.elemSize(); }

 private:
  bool is_view(const ConstFrameView& frame, const std::optional<GrayLevels>& levels) const;
  bool is_upright(const ConstFrameView& frame) const;
  bool is_packed(const ConstFrameView& frame) const;
  cv::Mat packed(const ConstFrameView& frame) const;
  void take(const ConstFrameView& frame, cv::Mat& picture) const;
  void take(const ConstFrameView& frame, const GrayLevels& levels, cv::Mat& picture) const;

  PixelFormat format_;
  cv::Mat colors_;  // which become grey
};

}  // namespace motionheat
