// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

#include "frame_view.h"

namespace motionheat {

/// What the heat is drawn on.
enum class Background {
  kLive,     // each frame
  kFirst,    // the first frame of the stream, or the first that shows more than it
  kAverage,  // the mean of the frames so far, later a running one: who passes does not show
};

/// A picture in the stream's own format that stands in for its frames.
class BackgroundPicture {
 public:
  /// `kind` is kFirst or kAverage. Throws cv::Exception for want of memory.
  BackgroundPicture(Background kind, const PixelFormat& format, Size size);

  /// Takes the next frame in, alpha and padding bytes included.
  void add(const ConstFrameView& frame);

  bool has_picture() const { return frames_ > 0; }
  /// Of the size of the largest frame taken in.
  ConstFrameView view() const;

  /// Bytes it holds.
  size_t memory() const;

 private:
  struct Plane {
    cv::Mat bytes;    // CV_8UC1, rows of the plane
    cv::Mat average;  // CV_32FC1, a sample each
  };

  Background kind_;
  PixelFormat format_;
  Size size_;   // that there is room for
  Size shown_;  // that the frames taken in had
  std::vector<Plane> planes_;
  int frames_ = 0;  // taken in, up to those of a running mean
};

}  // namespace motionheat
