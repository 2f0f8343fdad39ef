// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

#include "aligned.h"
#include "displacement.h"

namespace motionheat {

/// A picture as the camera would have seen it from another place.
class MovedPicture {
 public:
  /// Each pixel of the result has the value that `picture`, CV_8UC1, has at its displaced place, or
  /// at the nearest one within. Throws cv::Exception or std::bad_alloc.
  const cv::Mat& move(const cv::Mat& picture, const Displacement& displacement);
  /// The part of the result whose displaced places all are within the picture.
  const cv::Rect& valid() const { return valid_; }
  /// Bytes held.
  size_t memory() const { return moved_.total() + strip_bytes_; }

 private:
  void move_across(const cv::Mat& picture, const Displacement& d, int left, int width);
  void move_down(const Displacement& d, int left, int width);

  cv::Mat moved_;
  cv::Rect valid_;
  AlignedArray<uint8_t> strip_;  // columns of the picture that were moved to the left or right
  size_t strip_bytes_ = 0;
};

}  // namespace motionheat
