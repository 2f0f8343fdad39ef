// SPDX-License-Identifier: LGPL-2.1-or-later
#include "picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

namespace tool::test {
namespace {

Background gray(double level, double seconds) {
  return {cv::Mat(4, 6, CV_8UC3, cv::Scalar::all(level)), seconds};
}

int level_of(const Background& background) {
  return background.picture.at<cv::Vec3b>(0, 0)[0];
}

TEST(Join, WeighsByTime) {
  EXPECT_EQ(level_of(join(gray(0, 2), gray(90, 1))), 30);
  const Background joined = join(join(gray(0, 10), gray(90, 10)), gray(90, 10));
  EXPECT_EQ(level_of(joined), 60);
  EXPECT_EQ(joined.seconds, 30);
}

TEST(Join, ForgetsWhatIsLongerAgoThanAMinute) {
  EXPECT_EQ(level_of(join(gray(200, 60), gray(0, 60))), std::lround(200 * std::exp(-1)));
  EXPECT_EQ(level_of(join(gray(200, 3600), gray(0, 60))), std::lround(200 * std::exp(-1)));
  EXPECT_EQ(level_of(join(gray(200, 60), gray(0, 3600))), 0);
}

TEST(Join, TakesTheOneThatIsThere) {
  EXPECT_EQ(level_of(join(gray(7, 1), {})), 7);
  EXPECT_EQ(level_of(join({}, gray(7, 1))), 7);
}

TEST(Pictures, AreReadAsTheyWereWritten) {
  cv::Mat picture(37, 51, CV_8UC3);
  cv::RNG(1).fill(picture, cv::RNG::UNIFORM, 0, 256);
  const std::string png = encode_picture(picture, ".png");
  EXPECT_EQ(cv::norm(picture, decode_picture({png.begin(), png.end()}), cv::NORM_INF), 0);
  EXPECT_EQ(encode_picture(picture, ".jpg").substr(0, 2), "\xff\xd8");
}

}  // namespace
}  // namespace tool::test
