// SPDX-License-Identifier: LGPL-2.1-or-later
#include "blend.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace motionheat {
namespace {

using Method = kernels::BlendParams::Method;

// All pairs: the picture sample is the row, the colour sample the column.
struct Pairs {
  cv::Mat picture = cv::Mat(256, 256, CV_8UC1);
  cv::Mat color = cv::Mat(256, 256, CV_8UC1);

  Pairs() {
    for (int p = 0; p < 256; ++p) {
      for (int c = 0; c < 256; ++c) {
        picture.at<uint8_t>(p, c) = uint8_t(p);
        color.at<uint8_t>(p, c) = uint8_t(c);
      }
    }
  }
};

bool equals(const kernels::BlendParams& params, const Pairs& pairs, const cv::Mat& expected) {
  cv::Mat blended(256, 256, CV_8UC1);
  kernels::active().blend_u8({.picture = {pairs.picture.data, 256},
                              .out = {blended.data, 256},
                              .color = {pairs.color.data, 256},
                              .one_color = false,
                              .bytes = {256, 256},
                              .mask = {0xff, 0xff, 0xff, 0xff},
                              .bits = {8, 0},
                              .params = params});
  return std::equal(blended.begin<uint8_t>(), blended.end<uint8_t>(), expected.begin<uint8_t>());
}

cv::Mat by_opencv(double opacity, const Pairs& pairs) {
  cv::Mat blended;
  cv::addWeighted(pairs.picture, 1 - opacity, pairs.color, opacity, 0, blended);
  return blended;
}

// What fixed point is off by at most, in 1/256: two truncations of up to 1 each and 255 times the
// half of 1/65536 that the weights are rounded by, of which the bias takes the middle.
constexpr double kFixedError = 1.5;

// Whether no sum of a picture and a colour sample, p + opacity * (c - p), is so near to a half that
// fixed point, or float32, might round it to the other side.
bool is_far_from_halves(double opacity) {
  constexpr double kFloatError = 0x1p-14;
  for (int difference = -255; difference <= 255; ++difference) {
    const double sum = opacity * difference;
    if (std::abs(sum - std::floor(sum) - 0.5) <= kFixedError / 256 + kFloatError) return false;
  }
  return true;
}

kernels::BlendParams fixed_weights(long picture) {
  // In the middle of what is cut off, 0 to 2, and half a unit.
  return {.method = Method::kFixed,
          .picture = uint16_t(picture),
          .color = uint16_t(65536 - picture),
          .bias = 128 + 1};
}

kernels::BlendParams float_weights(Method method, double opacity) {
  return {.method = method, .picture_f = float(1 - opacity), .color_f = float(opacity)};
}

// How OpenCV's build adds two products in float32: tried on opacities with many halves. A build
// that does so in neither way is asked for a table.
Method float_method() {
  const auto try_all = [] {
    const Pairs pairs;
    for (const Method method : {Method::kSeparate, Method::kFused}) {
      bool equal = true;
      for (const double opacity : {0.1, 0.3, 0.37, 0.45, 0.5, 0.7})
        equal = equal && equals(float_weights(method, opacity), pairs, by_opencv(opacity, pairs));
      if (equal) return method;
    }
    return Method::kTable;
  };
  static const Method method = try_all();
  return method;
}

}  // namespace

Blend::Blend(double opacity, bool exact) {
  // Nearer to 0 or 1 than half a weight, neither shows a trace of the other.
  const long picture = std::lround((1 - std::clamp(opacity, 0.0, 1.0)) * 65536);
  if (picture == 65536) return;  // Method::kPicture
  if (picture == 0) {
    *this = color_only();
  } else if (!exact || is_far_from_halves(opacity)) {
    params_ = fixed_weights(picture);
  } else {
    params_ = float_weights(float_method(), opacity);
    if (params_.method != Method::kTable) return;
    const cv::Mat table = by_opencv(opacity, Pairs());
    table_.assign(table.begin<uint8_t>(), table.end<uint8_t>());
  }
}

Blend Blend::color_only() {
  Blend blend;
  blend.params_.method = Method::kColor;
  return blend;
}

kernels::BlendParams Blend::params() const {
  kernels::BlendParams params = params_;
  params.table = table_.data();
  return params;
}

}  // namespace motionheat
