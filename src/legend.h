// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>

#include "color_map.h"
#include "frame_view.h"

namespace motionheat {

/// A bar of the colours with what its ends stand for, in the lower left corner of the picture: as
/// high as a 30th of it, but never so small that it cannot be read.
class Legend {
 public:
  void configure(const PixelFormat& format, Size picture);
  /// The colours of the bar, and those of the greys of text.
  void set_colors(const ColorTable& colors, const ColorTable& greys);

  /// Draws it on a frame, as far as that reaches. `full` is what the last colour stands for in
  /// events; what is written has three digits. Throws cv::Exception when these become others.
  void draw(const FrameView& out, double full);

 private:
  // Of the picture of the legend: up to that a colour of the bar, from there on a grey.
  static constexpr int kGreys = 256;

  void lay_out(const std::string& text);

  PixelFormat format_;
  Size picture_;
  ColorTable colors_{};
  ColorTable greys_{};
  std::string text_;   // that was laid out
  cv::Mat entries_;    // CV_16UC1
  int x_ = 0, y_ = 0;  // where it stands, on whole samples of chroma
};

}  // namespace motionheat
