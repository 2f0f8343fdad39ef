// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>

namespace tool {

/// The events of each pixel, CV_32FC1, in a .tiff file that the element has written. Throws
/// Failure.
cv::Mat read_events(const std::string& path);

}  // namespace tool
