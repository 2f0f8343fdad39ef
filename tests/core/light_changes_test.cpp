// SPDX-License-Identifier: LGPL-2.1-or-later
#include "light_changes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "gray_frames.h"

namespace motionheat::test {
namespace {

constexpr int kThreshold = 25;

// A ground of all greys from 40 to 160.
cv::Mat yard() {
  cv::Mat picture(360, 640, CV_8UC1);
  cv::RNG(7).fill(picture, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(picture, picture, {}, 2.5);
  cv::normalize(picture, picture, 40, 160, cv::NORM_MINMAX);
  return picture;
}

cv::Mat noisy(const cv::Mat& picture, double sigma, int seed) {
  cv::Mat noise(picture.size(), CV_32FC1), sum;
  cv::RNG(uint64_t(seed)).fill(noise, cv::RNG::NORMAL, 0, sigma);
  cv::add(picture, noise, sum, cv::noArray(), CV_8U);
  return sum;
}

cv::Mat lit(const cv::Mat& picture, double gain, double offset) {
  cv::Mat result;
  picture.convertTo(result, CV_8U, gain, offset);
  return result;
}

LightStep step(const cv::Mat& before, const cv::Mat& now, const cv::Mat& counts = {}) {
  const RowStep rows = LightStep::rows(now.size());
  return {every(before, rows), every(now, rows), counts.empty() ? counts : every(counts, rows),
          kThreshold};
}

double moved(const cv::Mat& before, const cv::Mat& now, const cv::Mat& counts = {}) {
  return step(before, now, counts).moved();
}

double largest_difference(const cv::Mat& a, const cv::Mat& b) {
  return cv::norm(a, b, cv::NORM_INF);
}

TEST(LightStep, SeesFewRowsOfAnySize) {
  for (const int height : {1, 31, 33, 360, 1080, 5000}) {
    const RowStep rows = LightStep::rows({640, height});
    EXPECT_LT(rows.first, height);
    EXPECT_LE(rows.count(height), 32);
    EXPECT_GE(rows.count(height), std::min(height, 16));
  }
}

// The share is that of the pixels that the exposure made differ.
TEST(LightStep, KnowsWhatAnExposureMoves) {
  const cv::Mat before = yard();
  for (const double gain : {0.6, 0.7, 0.8, 1.2, 1.3}) {
    const cv::Mat now = lit(before, gain, 0);
    cv::Mat difference;
    cv::absdiff(before, now, difference);
    const double share = cv::countNonZero(difference > kThreshold) / double(before.total());
    EXPECT_NEAR(moved(before, now), share, 0.05) << gain;
    EXPECT_GT(share, 0.01);
  }
}

TEST(LightStep, KnowsALampAndAnInfraredFilter) {
  EXPECT_GT(moved(yard(), lit(yard(), 1, 40)), 0.95);
  EXPECT_GT(moved(yard(), lit(yard(), 0.7, 62)), 0.5);
}

TEST(LightStep, KnowsItInNoise) {
  const cv::Mat before = noisy(yard(), 12, 1);
  EXPECT_GT(moved(before, noisy(lit(yard(), 1.3, 0), 12, 2)), 0.1);
  EXPECT_EQ(moved(before, noisy(yard(), 12, 3)), 0);
  const cv::Mat plain(360, 640, CV_8UC1, cv::Scalar(100));
  EXPECT_EQ(moved(noisy(plain, 20, 4), noisy(plain, 20, 5)), 0);
}

TEST(LightStep, IsNoneWhereBodiesMove) {
  const cv::Mat plain(360, 640, CV_8UC1, cv::Scalar(104));
  for (const cv::Mat& ground : {yard(), plain})
    for (const int grey : {20, 60, 200, 250})
      for (int left = -400; left < 640; left += 40) {
        const auto with_body = [&](int x) {
          cv::Mat picture = ground.clone();
          cv::rectangle(picture, {x, 40, 400, 280}, cv::Scalar(grey), cv::FILLED);
          return picture;
        };
        EXPECT_EQ(moved(with_body(left), with_body(left + 60)), 0) << grey << ", " << left;
      }
}

TEST(LightStep, IsNotToldByWhatIsMasked) {
  const cv::Mat before = yard();
  cv::Mat now = before.clone(), counts(before.size(), CV_8UC1, cv::Scalar(1));
  cv::Mat screen = now.colRange(0, 500);
  screen += 60;
  EXPECT_GT(moved(before, now), 0.7);
  counts.colRange(0, 500).setTo(0);
  EXPECT_EQ(moved(before, now, counts), 0);
  counts.setTo(0);
  EXPECT_EQ(moved(before, now, counts), 0);
}

TEST(LightStep, RelightsThePictureBefore) {
  const cv::Mat before = yard();
  cv::Mat made;
  for (const auto& [gain, offset] : {std::pair{1.2, 0.0}, {0.9, 5.0}, {1.0, -9.0}}) {
    const cv::Mat now = lit(before, gain, offset);
    EXPECT_LE(largest_difference(step(before, now).relight(before, made), now), 2) << gain;
  }
  const LightStep none = step(noisy(before, 6, 1), noisy(before, 6, 2));
  EXPECT_EQ(none.relight(before, made).data, before.data);
  EXPECT_EQ(LightStep().relight(before, made).data, before.data);
}

TEST(LightChanges, TakesNoMoreThanASecondInOneGo) {
  LightChanges changes;
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += changes.takes(0.9, 0, 0.5, 0.04);
  EXPECT_EQ(taken, 25);
}

TEST(LightChanges, TakesALampThatFlickersForHours) {
  LightChanges changes;
  for (int i = 0; i < 100000; ++i) {
    const bool switched = i % 10 == 0;
    ASSERT_EQ(changes.takes(switched ? 0.9 : 0.01, 0, 0.5, 0.04), switched) << i;
  }
}

TEST(LightChanges, EndWhereNoTimeIsKnown) {
  LightChanges changes;
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += changes.takes(0.9, 0, 0.5, 0);
  EXPECT_LE(taken, 26);
}

// After two hours without a picture as after a second.
TEST(LightChanges, TakesTheNextOneSoonAfterAHole) {
  LightChanges changes;
  EXPECT_TRUE(changes.takes(0.9, 0, 0.5, 7200));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(changes.takes(0, 0, 0.5, 0.04));
  EXPECT_TRUE(changes.takes(0.9, 0, 0.5, 0.04));
}

TEST(LightChanges, TakesOneFrameOfASlowCamera) {
  LightChanges changes;
  EXPECT_TRUE(changes.takes(0.9, 0, 0.5, 5));
  EXPECT_FALSE(changes.takes(0.9, 0, 0.5, 5));
  EXPECT_FALSE(changes.takes(0.1, 0, 0.5, 5));
  EXPECT_TRUE(changes.takes(0.9, 0, 0.5, 5));
}

// What the light alone moves is one, however little of the picture that is.
TEST(LightChanges, TakesWhatTheLightDid) {
  LightChanges changes;
  EXPECT_FALSE(changes.takes(0.02, 0.0001, 0.5, 0.04));
  EXPECT_TRUE(changes.takes(0.02, 0.01, 0.5, 0.04));
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += changes.takes(0.02, 0.01, 0.5, 0.04);
  EXPECT_EQ(taken, 24);
}

}  // namespace
}  // namespace motionheat::test
