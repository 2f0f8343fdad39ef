// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace motionheat {

/// Step 6: `cv::addWeighted(picture, 1 - opacity, colour, opacity, 0)`.
///
/// OpenCV blends samples of 8 bits in float32. Fixed point with weights in 1/65536 is within 0.506
/// of the exact sum, so that it rounds as OpenCV does unless a sum may come that near to a half.
/// Where that may happen, and the result must be OpenCV's bit for bit, float32 is used in the form
/// that OpenCV's build has.
class Blend {
 public:
  /// `opacity` is 0..1, the weight of the colour. `exact` is whether the result must be OpenCV's.
  Blend(double opacity, bool exact);

  /// The map alone: opacity 1.
  static Blend color_only();

  /// Valid as long as this object.
  kernels::BlendParams params() const;

 private:
  Blend() = default;

  kernels::BlendParams params_;
  std::vector<uint8_t> table_;  // only for Method::kTable
};

}  // namespace motionheat
