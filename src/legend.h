// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>

#include "color_map.h"
#include "frame_view.h"

namespace motionheat {

/// A bar of the colours with what its ends stand for, in the lower left corner of the picture: as
/// high as a 30th of its shorter side, but never so small that it cannot be read.
class Legend {
 public:
  void configure(const PixelFormat& format, Size picture);
  /// The colours of the bar, and those of the greys of text.
  void set_colors(const ColorTable& colors, const ColorTable& greys);

  /// Draws it on a frame, as far as that reaches. `full` is what the last colour stands for in
  /// events; what is written stays while it is within a hundredth of that. While the map grows it
  /// may be off by a tenth for up to 25 frames: nobody can read a number that changes with each.
  /// Throws cv::Exception when it changes.
  void draw(const FrameView& out, double full, bool growing = false);

 private:
  // Of the picture of the legend: up to that a colour of the bar, from there on a grey.
  static constexpr int kGreys = 256;

  void lay_out(const std::string& text);
  void render();

  PixelFormat format_;
  Size picture_;
  ColorTable colors_{};
  ColorTable greys_{};
  double written_ = -1;                    // what `full` was when laid out; -1 if it was not
  int frames_ = 0;                         // drawn since
  cv::Mat entries_;                        // CV_16UC1
  std::array<cv::Mat, kMaxPlanes> bytes_;  // of the format's planes
  int x_ = 0, y_ = 0;                      // where it stands, on whole samples of chroma
};

}  // namespace motionheat
