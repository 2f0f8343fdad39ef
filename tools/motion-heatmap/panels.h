// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>

#include "element.h"
#include "picture.h"
#include "state_file.h"

namespace tool {

/// Six pictures on one sheet, each with a title above it, in three rows: a frame and the raw heat
/// in grey, the heat in the colours of JET and as an overlay, the same in those of HOT. The
/// settings say how heat is shown but for its colours. CV_8UC3, red first.
///
/// `sample_frame` is such a picture, too; where it is empty its place is taken by the background,
/// and the other way round. Throws Failure.
cv::Mat draw_panels(const motionheat::State& state, const Background& background,
                    const cv::Mat& sample_frame, const ElementSettings& settings);

}  // namespace tool
