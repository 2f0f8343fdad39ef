// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>

#include "byte_picture.h"
#include "difference.h"
#include "frame_view.h"
#include "gray_levels.h"

namespace motionheat {

/// These rows of a picture, as a picture.
inline cv::Mat every(const cv::Mat& picture, RowStep rows) {
  const int n = rows.count(picture.rows);
  if (n == 0) return {};
  return cv::Mat(n, picture.cols, picture.type(), const_cast<uint8_t*>(picture.ptr(rows.first)),
                 picture.step * size_t(rows.step));
}

/// A frame and the one before in grey of 8 bits, CV_8UC1, made only as far as they are asked for:
/// to make all of it is what costs most where frames are RGB. Where a frame is smoothed, so is its
/// grey.
///
/// The previous frame's is that which was made of it, or what Difference remembers of it, as long
/// as nothing of this frame was compared. Pictures are valid until the next frame begins.
class GrayFrames {
 public:
  explicit GrayFrames(const PixelFormat& format)
      : picture_(format), previous_picture_(remembered_format(format)) {}

  /// A frame follows the last one, in steps of `levels` if there are any, smoothed by a mean of
  /// this radius.
  void begin(const ConstFrameView& frame, const std::optional<GrayLevels>& levels, int blur);
  /// The next frame follows none.
  void forget() { has_frame_ = false; }

  /// Whether the previous frame was seen, in the same levels.
  bool knows_previous() const { return knows_previous_; }

  /// The frame, or some rows of it. Throws cv::Exception, as all that follow do.
  cv::Mat current();
  cv::Mat current(RowStep rows);
  /// The same of the previous frame, which is known.
  cv::Mat previous(const Difference& difference);
  cv::Mat previous(const Difference& difference, RowStep rows);

  /// Bytes it holds.
  size_t memory() const;

 private:
  ConstFrameView remembered(const Difference& difference) const;

  BytePicture picture_, previous_picture_;
  ConstFrameView frame_;
  std::optional<GrayLevels> levels_;
  int blur_ = 0;
  bool has_frame_ = false, knows_previous_ = false;
  bool current_is_made_ = false, previous_is_made_ = false;
  cv::Mat current_, previous_;  // if they are made
  cv::Mat sharp_;               // before it is smoothed
  cv::Mat rows_, previous_rows_;
};

}  // namespace motionheat
