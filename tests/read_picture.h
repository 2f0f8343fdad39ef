// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <string>

/// A PNG or JPEG in BGR, or a TIFF of float32 as the element writes it in CV_32FC1; an empty matrix
/// if the file is nothing of that.
cv::Mat read_picture(const std::string& path);
