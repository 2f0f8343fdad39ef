// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "common.h"

/// What the element must show, worked out with plain OpenCV calls on whole pictures.
class Model {
 public:
  int threshold = 25;
  int colormap = cv::COLORMAP_JET;
  double opacity = 0.4;
  /// Of grey: the levels that 0 and 255 stand for.
  std::optional<std::pair<int, int>> levels;
  bool interlaced = false;

  /// Adds the motion from the previous picture to this one, if there is a previous one.
  void add(const Picture& picture);
  void forget_previous() { previous_.reset(); }
  void reset() { heat_.release(); }
  /// The heat in another size: counts are repeated, `factor` times in each direction.
  void enlarge(int factor);

  double max() const;
  /// Shares of the picture: what moved last, and what has any heat.
  double motion() const { return motion_; }
  double coverage() const;
  /// The normalised map. `size` is what it has while there is no heat.
  cv::Mat index(cv::Size size) const;

  Picture overlay(const Picture& picture) const;
  /// The colours alone.
  Picture heatmap(const Picture& picture) const;

  Picture add_and_overlay(const Picture& picture) {
    add(picture);
    return overlay(picture);
  }

 private:
  /// Of one component, CV_16UC1, in the size of its plane.
  cv::Mat colors(const GstVideoInfo& info, int c) const;
  cv::Mat blended(const GstVideoInfo& info, const cv::Mat& picture, const cv::Mat& color) const;

  cv::Mat heat_;  // float32, 255 for each event
  std::unique_ptr<Picture> previous_;
  double motion_ = 0;
};

/// Step 1: how much each pixel changed, in 8-bit full-range grey. `span` is the distance from black
/// to white, 0 what the format says.
cv::Mat difference(const Picture& a, const Picture& b, double span = 0);

/// The values of one component (R, G, B or Y, U, V), of 8 bits or in 16.
cv::Mat component(const Picture& picture, int c);

/// Sets the values of one component (R, G, B or Y, U, V), and no other bit. Those of less than 8
/// bits are told in 8.
void set_component(Picture& picture, int c, const cv::Mat& values);
