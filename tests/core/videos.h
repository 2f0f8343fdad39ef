// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdlib>
#include <opencv2/imgproc.hpp>

#include "engine.h"
#include "frames.h"

/// Short videos in 8-bit BGR that an engine is tested with.
namespace motionheat::test {

/// Frame `i` of a video in which about half of the pixels move between any two frames.
inline cv::Mat noise(Size size, int i) {
  cv::Mat picture = random_bgr(size, 1000 + i);
  picture.convertTo(picture, -1, 0.3, 50);
  return picture;
}

/// Frame `i` of a video of blocks that move over a still background with a little noise. They go
/// at different speeds, so that the hottest place changes and parts of the picture stay cold.
inline cv::Mat blocks(Size size, int i) {
  cv::Mat picture = random_bgr(size, 1 + i);
  picture.convertTo(picture, -1, 0.05, 60);
  const auto swing = [&](int speed, int range) {
    return std::abs(i * speed % (2 * range) - range);
  };
  const int side = std::max(2, std::min(size.width, size.height) / 4);
  cv::rectangle(picture, {swing(1, size.width), size.height / 8, side, side}, {40, 220, 90},
                cv::FILLED);
  cv::rectangle(picture, {swing(7, size.width), size.height / 2, side, side}, {200, 20, 250},
                cv::FILLED);
  cv::rectangle(picture, {size.width / 3, swing(3, size.height), side, side}, {250, 250, 250},
                cv::FILLED);
  return picture;
}

/// Events, CV_64FC1: exact up to 2^53.
inline cv::Mat events_of(const Engine& engine) {
  const Size size = engine.heat().grid().size();
  cv::Mat events(size.height, size.width, CV_64FC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) events.at<double>(y, x) = double(engine.heat().at(x, y));
  return events;
}

/// The normalised map, `width` cells wide.
inline cv::Mat map_of(Engine& engine, int width) {
  const Size size = engine.map_size(width);
  cv::Mat map(size.height, size.width, CV_8UC1);
  engine.draw_map(width, {map.data, size.width});
  return map;
}

inline cv::Mat index_of(Engine& engine) {
  return map_of(engine, 0);
}

/// Runs a frame through an engine for BGR; returns the picture it draws.
inline cv::Mat processed(Engine& engine, const cv::Mat& bgr) {
  cv::Mat out = bgr.clone();
  const FrameView view = view_of(out);
  engine.process(view, &view);
  return out;
}

inline cv::Mat drawn(Engine& engine, const cv::Mat& bgr) {
  cv::Mat out = bgr.clone();
  engine.draw(view_of(out), view_of(out));
  return out;
}

}  // namespace motionheat::test
