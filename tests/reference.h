// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

/// The reference algorithm, one OpenCV call after the other, with nothing of the library in it:
/// what the library and the element must equal bit for bit.
class Reference {
 public:
  int threshold = 25;
  int colormap = cv::COLORMAP_JET;
  double opacity = 0.4;

  /// Takes the next frame, 8-bit BGR. One of another size than the last starts a new map.
  void add(const cv::Mat& bgr) {
    if (heat_.size() != bgr.size()) reset(bgr.size());
    moved_ = cv::Mat::zeros(bgr.size(), CV_8UC1);
    if (!previous_.empty()) {
      cv::Mat difference, gray, event;
      cv::absdiff(bgr, previous_, difference);
      cv::cvtColor(difference, gray, cv::COLOR_BGR2GRAY);
      cv::threshold(gray, moved_, threshold, 255, cv::THRESH_BINARY);
      moved_.convertTo(event, CV_32F);
      heat_ += event;
    }
    current_ = bgr.clone();
    previous_ = current_;
  }

  /// After a break in the stream: the next frame is compared with nothing.
  void forget_previous() { previous_.release(); }

  /// Starts a new map; the previous frame stays.
  void reset() { heat_ = 0; }

  /// CV_8UC1: 255 where the last frame moved.
  const cv::Mat& moved() const { return moved_; }

  /// CV_32FC1: the sum of `moved` over all frames, 255 an event.
  const cv::Mat& heat() const { return heat_; }

  double max() const {
    double max = 0;
    cv::minMaxLoc(heat_, nullptr, &max);
    return max;
  }

  /// CV_8UC1: the heat from 0 to 255, a float32 quotient and a float32 product, truncated.
  cv::Mat index() const {
    cv::Mat index = cv::Mat::zeros(heat_.size(), CV_8UC1);
    const float hottest = float(max());
    if (hottest == 0) return index;
    for (int y = 0; y < index.rows; ++y)
      for (int x = 0; x < index.cols; ++x)
        index.at<uint8_t>(y, x) = uint8_t(heat_.at<float>(y, x) / hottest * 255.0f);
    return index;
  }

  /// CV_8UC3: the coloured map.
  cv::Mat color() const {
    cv::Mat color;
    cv::applyColorMap(index(), color, colormap);
    return color;
  }

  /// CV_8UC3: the last frame with the coloured map blended onto it.
  cv::Mat overlay() const {
    cv::Mat overlay;
    cv::addWeighted(current_, 1 - opacity, color(), opacity, 0, overlay);
    return overlay;
  }

 private:
  void reset(cv::Size size) {
    heat_ = cv::Mat::zeros(size, CV_32FC1);
    previous_.release();
  }

  cv::Mat current_;
  cv::Mat previous_;
  cv::Mat moved_;
  cv::Mat heat_;
};
