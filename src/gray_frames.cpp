// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gray_frames.h"

#include <opencv2/imgproc.hpp>

namespace motionheat {

void GrayFrames::begin(const ConstFrameView& frame, const std::optional<GrayLevels>& levels,
                       int blur) {
  // Grey of other levels is not to be compared.
  knows_previous_ = has_frame_ && levels_ == levels;
  cv::swap(current_, previous_);
  previous_is_made_ = current_is_made_;
  current_is_made_ = false;
  has_frame_ = true;
  frame_ = frame;
  levels_ = levels;
  blur_ = blur;
}

cv::Mat GrayFrames::current() {
  if (current_is_made_) return current_;
  cv::Mat gray = picture_.gray_of(frame_, levels_, blur_ > 0 ? sharp_ : current_);
  if (blur_ > 0) {
    cv::blur(gray, current_, cv::Size(2 * blur_ + 1, 2 * blur_ + 1));
    gray = current_;
  }
  current_is_made_ = gray.data == current_.data;  // and not seen in the frame
  return gray;
}

cv::Mat GrayFrames::current(RowStep rows) {
  if (current_is_made_ || blur_ > 0) return every(current(), rows);
  return picture_.gray_of(every(frame_, rows), levels_, rows_);
}

cv::Mat GrayFrames::previous(const Difference& difference) {
  // A frame may be smaller than the one before.
  if (previous_is_made_) return previous_(cv::Rect(0, 0, frame_.size.width, frame_.size.height));
  const cv::Mat gray = previous_picture_.gray_of(remembered(difference), levels_, previous_);
  previous_is_made_ = gray.data == previous_.data;
  return gray;
}

cv::Mat GrayFrames::previous(const Difference& difference, RowStep rows) {
  if (previous_is_made_) return every(previous(difference), rows);
  return previous_picture_.gray_of(every(remembered(difference), rows), levels_, previous_rows_);
}

// As much of the previous frame as this one has.
ConstFrameView GrayFrames::remembered(const Difference& difference) const {
  ConstFrameView previous = difference.previous();
  previous.size = frame_.size;
  return previous;
}

size_t GrayFrames::memory() const {
  return picture_.memory() + previous_picture_.memory() + current_.total() + previous_.total() +
         sharp_.total() + rows_.total() + previous_rows_.total();
}

}  // namespace motionheat
