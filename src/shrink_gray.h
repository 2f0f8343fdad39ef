// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <opencv2/core/mat.hpp>

#include "kernels/kernels.h"

namespace motionheat {

/// Row `y` of `small` becomes that of a grey picture shrunk by `scale`: the means of its blocks, as
/// kernels::Kernels::shrink_u8 makes them. Both are CV_8UC1; what of the picture goes beyond
/// `small` is left out.
inline void shrink_gray_row(const cv::Mat& picture, int scale, int y, cv::Mat& small) {
  uint8_t* const means = small.ptr(y);
  const kernels::Extent block_row{std::min(picture.cols, small.cols * scale),
                                  std::min(scale, picture.rows - y * scale)};
  kernels::active().shrink_u8({picture.ptr(y * scale), ptrdiff_t(picture.step)},
                              {.step = 1, .n = 1, .offsets = {}}, block_row, scale, &means);
}

}  // namespace motionheat
