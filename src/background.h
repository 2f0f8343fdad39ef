// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "frame_view.h"
#include "render.h"

namespace motionheat {

/// What the heat is drawn on.
enum class Background {
  kLive,     // each frame
  kFirst,    // the first frame of the stream, or the first that shows more than it
  kAverage,  // the mean of the frames so far, later of the last minute: who passes does not show
};

/// A picture in the stream's own format that stands in for its frames, and what it is with the heat
/// on it: of both only rows of tiles that changed are made anew.
///
/// An average goes by stream time, whatever the frame rate: each frame stands for the time since
/// the one before. Once there were some frames not all rows are averaged with each; they take
/// turns.
class BackgroundPicture {
 public:
  /// `kind` is kFirst or kAverage. Throws cv::Exception for want of memory.
  BackgroundPicture(Background kind, const PixelFormat& format, Size size);

  /// Time passes until the next frame.
  void advance(double seconds) { passed_ += seconds; }

  /// Takes the next frame in, alpha and padding bytes included.
  void add(const ConstFrameView& frame);

  bool has_picture() const { return shown_.area() > 0; }
  /// Draws rows of tiles on `out`, as far as it reaches: the largest frame taken in, with the heat
  /// of the renderer. Different rows may be drawn by several threads.
  void draw(Renderer& renderer, const FrameView& out, int row, int rows);

  /// Bytes it holds.
  size_t memory() const;

 private:
  // The rows of a picture are cut into so many parts, one below the other.
  static constexpr int kParts = 16;

  struct Plane {
    cv::Mat bytes;  // CV_8UC1, rows of the plane
    cv::Mat means;  // CV_32FC1, a sample each
    cv::Mat drawn;  // as `bytes`, with the heat
  };

  void copy(const ConstFrameView& frame);
  void average(const ConstFrameView& frame, int part);
  double take_passed();
  FrameView view(cv::Mat Plane::*bytes);

  Background kind_;
  PixelFormat format_;
  Size size_;   // that there is room for
  Size shown_;  // that the frames taken in had
  std::vector<Plane> planes_;
  std::vector<uint8_t> changed_;  // a flag for each row of tiles: since it was last drawn
  // In seconds:
  double passed_ = 0;                         // since the last frame
  double elapsed_ = 0;                        // for which the frames taken in stand
  std::array<double, kParts> averaged_at_{};  // what `elapsed_` was when a part was averaged
  double due_parts_ = 0;                      // whose turn it is
  int next_part_ = 0;
};

}  // namespace motionheat
