// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

/// A small scene whose heatmap is known: a room in which two discs follow Lissajous paths. With a
/// threshold of 25 its hottest pixels count 10 events, and 58857 of its 150000 pixels moved.
namespace reference_scene {

constexpr int kWidth = 500;
constexpr int kHeight = 300;
constexpr int kFrames = 120;

/// A disc of the given radius around (x, y), which is kept inside the picture.
inline void draw_disc(cv::Mat& picture, double x, double y, int radius, int margin,
                      const cv::Scalar& color) {
  const cv::Point center(std::clamp(static_cast<int>(x), margin, kWidth - margin),
                         std::clamp(static_cast<int>(y), margin, kHeight - margin));
  cv::circle(picture, center, radius, color, cv::FILLED);
}

/// Frame `index` (0 .. kFrames - 1) as 8-bit BGR.
inline cv::Mat frame(int index) {
  const cv::Scalar wall(50, 45, 40), floor(70, 65, 55), furniture(80, 70, 60);
  cv::Mat picture(kHeight, kWidth, CV_8UC3, wall);
  cv::rectangle(picture, {0, 200}, {kWidth, kHeight}, floor, cv::FILLED);
  cv::rectangle(picture, {50, 50}, {130, 150}, furniture, cv::FILLED);
  cv::rectangle(picture, {350, 80}, {420, 180}, furniture, cv::FILLED);

  const double t = index * 0.08;
  draw_disc(picture, 250 + 180 * std::sin(t * 1.3), 150 + 100 * std::sin(t * 0.9), 20, 25,
            {0, 100, 255});
  draw_disc(picture, 150 + 80 * std::cos(t * 2.1), 220 + 50 * std::sin(t * 1.7), 10, 10,
            {255, 100, 0});
  return picture;
}

}  // namespace reference_scene
