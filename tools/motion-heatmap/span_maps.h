// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <opencv2/core/mat.hpp>
#include <string>

#include "frame_view.h"

namespace tool {

/// Maps of the heat of stretches of time, small ones: what a time axis shows.
class SpanMaps {
 public:
  static constexpr int kWidth = 96;
  /// Cells hold mean events of their pixels times this.
  static constexpr double kUnit = 256;

  bool is_empty() const { return maps_.empty(); }
  motionheat::Size size() const;
  /// By the number of the stretch: CV_64FC1, mean events of the pixels of each cell.
  const std::map<uint64_t, cv::Mat>& maps() const { return maps_; }

  /// Adds events of a stretch, CV_32FC1 or CV_64FC1 of any size.
  void add(uint64_t stretch, const cv::Mat& events);
  void add(const SpanMaps& other, uint64_t first_stretch = 0);

 private:
  std::map<uint64_t, cv::Mat> maps_;
};

}  // namespace tool
