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
  const uint8_t painted = true;
  kernels::active().blend_u8({.picture = {pairs.picture.data, 256},
                              .out = {blended.data, 256},
                              .begin = 0,
                              .end = 256,
                              .rows = 256,
                              .color = {pairs.color.data, 256},
                              .cold = pairs.color.data,
                              .cold_step = 1,
                              .painted = {&painted, 0},
                              .segment_width = 256,
                              .segment_rows = 256,
                              .mask = {0xff, 0xff, 0xff, 0xff},
                              .bits = {8, 0},
                              .params = params});
  return std::equal(blended.begin<uint8_t>(), blended.end<uint8_t>(), expected.begin<uint8_t>());
}

}  // namespace

Blend::Blend(double opacity) {
  // Nearer to 0 or 1 than half a weight, neither shows a trace of the other.
  const long weight = std::lround(std::clamp(opacity, 0.0, 1.0) * 65536);
  if (weight == 0) return;  // Method::kPicture
  if (weight == 65536) {
    *this = color_only();
    return;
  }

  const Pairs pairs;
  cv::Mat expected;
  cv::addWeighted(pairs.picture, 1 - opacity, pairs.color, opacity, 0, expected);

  params_.method = Method::kFixed;
  params_.color = uint16_t(weight);
  params_.picture = uint16_t(65536 - params_.color);
  // Two products are truncated to 1/256 each, so half a unit or a little more rounds them.
  for (uint16_t bias = 128; bias <= 130; ++bias) {
    params_.bias = bias;
    if (equals(params_, pairs, expected)) return;
  }

  params_.picture_f = float(1 - opacity);
  params_.color_f = float(opacity);
  for (const Method method : {Method::kSeparate, Method::kFused}) {
    params_.method = method;
    if (equals(params_, pairs, expected)) return;
  }

  params_.method = Method::kTable;
  table_.assign(expected.begin<uint8_t>(), expected.end<uint8_t>());
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
