// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>

#include "frame_view.h"

namespace motionheat {

/// How the light changed from one frame to the next.
///
/// Light changes all of the picture at once, and each pixel by what its brightness asks for: by a
/// straight line over brightness, of a slope, which an exposure has, and an offset. What moves
/// changes some of the pixels of a brightness and leaves others alone, so that their median tells.
///
/// That is told twice, over the brightness of before and that of now. A body that leaves a place
/// changes all that was as bright as itself, but by as much the other way where it comes to; and
/// noise, too, makes what was bright darker, and what is bright was darker. Light does the same to
/// both.
class LightStep {
 public:
  /// What is added to a pixel of a brightness.
  struct Line {
    double offset = 0, slope = 0;
    double at(double brightness) const { return offset + slope * brightness; }
  };

  /// The rows of a picture of that size from which it is told.
  static RowStep rows(cv::Size size);

  /// None.
  LightStep() = default;
  /// From these rows of two pictures, 8-bit grey of the same size. Where `counts`, which may be
  /// empty, is 0 they are masked.
  LightStep(const cv::Mat& before, const cv::Mat& now, const cv::Mat& counts, int threshold);

  /// The share of the picture that moved because of it: that differs by more than the threshold,
  /// but not if the step is taken out.
  double moved() const { return moved_; }

  /// A picture before as it would be in the light of now: made in `made` if that is another.
  /// Throws cv::Exception.
  cv::Mat relight(const cv::Mat& before, cv::Mat& made) const;

 private:
  Line line_;           // over the mean of brightness before and now
  bool shows_ = false;  // in noise as well
  double moved_ = 0;
};

/// Tells changes of light, and whatever else changes most of a picture at once, from motion: by the
/// share of it that moved, and by what the light did.
///
/// Who fills the picture moves most of it, too, and is not to be missed for more than a second: so
/// no more than that is taken for such changes in one go. What was taken is given back at the pace
/// of the stream by frames in which less moved.
///
/// After a change a camera settles, step by step: for half a second a fifth of the share is enough.
class LightChanges {
 public:
  /// Whether a frame in which this share moved, `seconds` after the last one, is such a change. One
  /// in which the light moved as much as shows is one, whatever the share.
  bool takes(double share, double moved_by_light, double limit, double seconds);

 private:
  double taken_ = 0;    // seconds
  double settles_ = 0;  // seconds for which the camera still does
};

}  // namespace motionheat
