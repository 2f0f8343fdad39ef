// SPDX-License-Identifier: LGPL-2.1-or-later
#include "blend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <random>

#include "frames.h"

namespace motionheat::test {
namespace {

using Method = kernels::BlendParams::Method;

// All pairs: the picture sample is the row, the colour sample the column.
cv::Mat picture_of_pairs() {
  cv::Mat picture(256, 256, CV_8UC1);
  for (int p = 0; p < 256; ++p) picture.row(p) = p;
  return picture;
}

const cv::Mat kPicture = picture_of_pairs();
const cv::Mat kColor = kPicture.t();

cv::Mat blended(const kernels::BlendParams& params) {
  cv::Mat result(256, 256, CV_8UC1);
  kernels::active().blend_u8(
      blend_job({kPicture.data, 256}, {kColor.data, 256}, {result.data, 256}, 256, 256, params));
  return result;
}

cv::Mat expected(double opacity) {
  cv::Mat result;
  cv::addWeighted(kPicture, 1 - opacity, kColor, opacity, 0, result);
  return result;
}

TEST(Blend, EqualsOpenCvAtEveryThousandth) {
  for (int i = 0; i <= 1000; ++i) {
    const double opacity = i / 1000.0;
    const Blend blend(opacity, true);
    ASSERT_TRUE(same_picture(blended(blend.params()), expected(opacity))) << opacity;
  }
}

TEST(Blend, EqualsOpenCvAtAnyOpacity) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> anywhere(0, 1);
  std::vector<double> opacities{1e-9, 0.4f + 0.0, 1 / 3.0, 1 / 65536.0, 1 - 1e-9};
  // Sums of 127 and 128 differences that come as near to a half as fixed point can and cannot tell.
  for (const double distance : {0.0, 1e-5, 0.005, 0.0059, 0.006, 0.007}) {
    opacities.push_back((63.5 + distance) / 127);
    opacities.push_back((31.5 - distance) / 128);
  }
  for (int i = 0; i < 200; ++i) opacities.push_back(anywhere(random));
  for (const double opacity : opacities) {
    const Blend blend(opacity, true);
    ASSERT_TRUE(same_picture(blended(blend.params()), expected(opacity))) << opacity;
  }
}

TEST(Blend, FixedPointIsNearTheExactSum) {
  for (int i = 1; i < 1000; ++i) {
    const double opacity = i / 1000.0;
    const Blend blend(opacity, false);
    ASSERT_EQ(blend.params().method, Method::kFixed);
    const cv::Mat result = blended(blend.params());
    double furthest = 0;
    for (int p = 0; p < 256; ++p)
      for (int c = 0; c < 256; ++c)
        furthest = std::max(furthest,
                            std::abs(result.at<uint8_t>(p, c) - (1 - opacity) * p - opacity * c));
    ASSERT_LE(furthest, 0.506) << opacity;
  }
}

// The default must not fall back to a slower way.
TEST(Blend, DefaultIsDoneInIntegers) {
  EXPECT_EQ(Blend(0.4, true).params().method, Method::kFixed);
}

TEST(Blend, EndsNeedNoArithmetic) {
  EXPECT_EQ(Blend(0, true).params().method, Method::kPicture);
  EXPECT_EQ(Blend(1, true).params().method, Method::kColor);
  EXPECT_EQ(Blend::color_only().params().method, Method::kColor);
}

class BlendKernel : public ::testing::TestWithParam<Method> {};

// Every way to blend passes over the bytes that the mask leaves out, in place or not, and writes
// `n` bytes.
TEST_P(BlendKernel, WritesWhatTheMaskNames) {
  std::mt19937 random(2);
  std::vector<uint8_t> table(65536);
  std::generate(table.begin(), table.end(), std::ref(random));
  const kernels::BlendParams params{GetParam(), 39322, 26214, 129, 0.6f, 0.4f, table.data()};
  const cv::Mat all = blended(params);
  if (GetParam() == Method::kTable) {
    EXPECT_TRUE(std::equal(table.begin(), table.end(), all.begin<uint8_t>()));
  }

  constexpr size_t kSize = 150;
  for (size_t n = 1; n < kSize; ++n) {
    const GuardedBytes src(n), color(n), dst(n);
    for (const uint8_t alpha : {0, 1, 2, 3, 4}) {  // 4: none
      std::array<uint8_t, 4> mask{0xff, 0xff, 0xff, 0xff};
      if (alpha < 4) mask[alpha] = 0;
      std::generate_n(src.data(), n, std::ref(random));
      std::generate_n(color.data(), n, std::ref(random));
      std::vector<uint8_t> want(n);
      for (size_t i = 0; i < n; ++i)
        want[i] = mask[i % 4] ? all.at<uint8_t>(src.data()[i], color.data()[i]) : src.data()[i];
      kernels::BlendJob row =
          blend_job({src.data(), 0}, {color.data(), 0}, {dst.data(), 0}, int(n), 1, params);
      row.mask = mask;
      kernels::active().blend_u8(row);
      EXPECT_TRUE(std::equal(want.begin(), want.end(), dst.data())) << n << " " << int(alpha);
      row.out = {src.data(), 0};
      kernels::active().blend_u8(row);
      EXPECT_TRUE(std::equal(want.begin(), want.end(), src.data())) << n << " " << int(alpha);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, BlendKernel,
                         ::testing::Values(Method::kPicture, Method::kColor, Method::kFixed,
                                           Method::kSeparate, Method::kFused, Method::kTable));

}  // namespace
}  // namespace motionheat::test
