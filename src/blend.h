// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace motionheat {

/// Step 6: the arithmetic of `cv::addWeighted(picture, 1 - opacity, colour, opacity, 0)`.
///
/// OpenCV blends 8-bit samples in float32. For many opacities 16-bit integers give the same; which
/// those are is not guessed but tried on all 65,536 pairs. Where they fail the float forms that
/// OpenCV's builds use are tried, with and without fused multiplication and addition, and where
/// those fail too OpenCV's own results serve as a table. So whatever is chosen equals OpenCV on
/// this machine.
class Blend {
 public:
  /// `opacity` is 0..1, the weight of the colour.
  explicit Blend(double opacity);

  /// The map alone: opacity 1, without the search.
  static Blend color_only();

  /// Valid as long as this object.
  kernels::BlendParams params() const;

 private:
  Blend() = default;

  kernels::BlendParams params_;
  std::vector<uint8_t> table_;  // only for Method::kTable
};

}  // namespace motionheat
