// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "gst_ptr.h"
#include "state_file.h"

namespace tool::test {

/// The clip that the tests run on, people on a street; empty where it is not installed.
std::string street_clip();

/// A frame as it comes out of a decoder.
struct RawFrame {
  SamplePtr sample;
  uint64_t time = 0;  ///< ns of stream time
};

/// All frames of a file in caps such as "video/x-raw,format=I420", `most` at most. Throws Failure.
std::vector<RawFrame> decode(const std::string& path, const std::string& caps,
                             size_t most = SIZE_MAX);

/// A frame of one colour, of which a part may have another.
RawFrame plain_frame(const std::string& format, cv::Size size, uint64_t time, uint8_t level,
                     cv::Rect spot = {}, uint8_t spot_level = 0);

/// CV_8UC3, red first.
cv::Mat to_rgb(GstSample* sample);

/// What the element makes of frames, with its properties in the words of a launch line.
struct Analyzed {
  motionheat::State state;
  cv::Mat last_picture;  ///< that it shows, red first
};
Analyzed analyze(const std::vector<RawFrame>& frames, const std::string& properties);

}  // namespace tool::test
