// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>

#include "aligned.h"
#include "displacement.h"
#include "moved_bits.h"

namespace motionheat {

/// A picture as the camera would have seen it from another place.
class MovedPicture {
 public:
  /// Each pixel of the result has the value that `picture` has at its displaced place, and where
  /// that is beyond the picture's edge that of `current`, so that nothing differs there. Both are
  /// CV_8UC1 of the same size. Throws cv::Exception or std::bad_alloc.
  const cv::Mat& move(const cv::Mat& picture, const cv::Mat& current,
                      const Displacement& displacement);
  /// Clears what cannot be told from the camera's movement in rows of `moved`, that by which
  /// `current` and the moved picture differ: a line as thin as a pixel loses about a quarter of its
  /// height between two pixels, so no smaller part of an edge that is in both pictures is motion.
  void clear_doubtful(const cv::Mat& current, int begin, int end, MovedBits& moved) const;
  /// Bytes held.
  size_t memory() const { return moved_.total() + strip_bytes_; }

 private:
  void move_across(const cv::Mat& picture, const Displacement& d, int left, int width);
  void move_down(const Displacement& d, int left, int width);
  void fill_beyond(const uint8_t* row, const Displacement& d, int y);

  cv::Mat moved_;
  AlignedArray<uint8_t> strip_;  // columns of the picture that were moved to the left or right
  size_t strip_bytes_ = 0;
};

}  // namespace motionheat
