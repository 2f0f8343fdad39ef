// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/video/background_segm.hpp>
#include <string>

#include "frame_view.h"
#include "gray_levels.h"
#include "kernels/kernels.h"

namespace motionheat {

/// What tells motion.
enum class Detector {
  kDifference,  // the difference of consecutive frames
  kMog2,        // OpenCV's background subtraction by Gaussian mixtures
  kKnn,         // OpenCV's background subtraction by nearest neighbours
};

/// Why a detector cannot be used here, because the module with its models cannot be loaded; empty
/// if it can.
std::string why_unavailable(Detector detector);

/// Steps 1 and 2 by a model of the background, which also finds what moves slowly or stops. It sees
/// luma in 8 bits, or the three colours of RGB. Shadows are told apart and do not count.
class BackgroundSubtractor {
 public:
  /// `detector` is kMog2 or kKnn. Throws cv::Exception for want of memory, and std::runtime_error
  /// if it is unavailable.
  BackgroundSubtractor(Detector detector, const PixelFormat& format);

  /// Learns `frame` and marks what is not background. A frame of another size than the last starts
  /// a new model. With `levels` grey of more than 8 bits is seen in steps of theirs.
  void apply(const ConstFrameView& frame, const std::optional<GrayLevels>& levels);

  /// False for the first frames of a model, in which everything is foreground.
  bool is_settled() const;

  /// What moved in `area` of the last frame, in the terms of Difference::compare.
  kernels::MovedRows copy_mask(const Rect& area, uint8_t* mask, ptrdiff_t mask_stride) const;

  /// Bytes it holds for a frame of this size, by what the models keep of a pixel.
  size_t memory() const;

 private:
  cv::Mat picture_of(const ConstFrameView& frame, const std::optional<GrayLevels>& levels);
  void take(const ConstFrameView& frame);
  void take(const ConstFrameView& frame, const GrayLevels& levels);

  PixelFormat format_;
  cv::Ptr<cv::BackgroundSubtractor> model_;
  size_t model_pixel_bytes_;
  cv::Mat picture_;
  cv::Mat mask_;
  int frames_ = 0;  // learnt, as far as it matters
};

}  // namespace motionheat
