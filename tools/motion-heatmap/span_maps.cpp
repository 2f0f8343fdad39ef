// SPDX-License-Identifier: LGPL-2.1-or-later
#include "span_maps.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace tool {

motionheat::Size SpanMaps::size() const {
  if (maps_.empty()) return {};
  const cv::Mat& map = maps_.begin()->second;
  return {map.cols, map.rows};
}

void SpanMaps::add(uint64_t stretch, const cv::Mat& events) {
  motionheat::Size to = size();
  if (to.area() == 0) {
    const int width = std::min(kWidth, events.cols);
    to = {width, std::max(1, int(int64_t{events.rows} * width / events.cols))};
  }
  cv::Mat wide, small;
  events.convertTo(wide, CV_64F);
  cv::resize(wide, small, {to.width, to.height}, 0, 0, cv::INTER_AREA);
  cv::Mat& map = maps_[stretch];
  if (map.empty())
    map = small;
  else
    map += small;
}

void SpanMaps::add(const SpanMaps& other, uint64_t first_stretch) {
  for (const auto& [stretch, map] : other.maps_) add(first_stretch + stretch, map);
}

}  // namespace tool
