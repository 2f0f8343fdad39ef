// SPDX-License-Identifier: LGPL-2.1-or-later
// Heat that fades, against OpenCV and against plain float64, and sums beyond what float32 holds.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <random>

#include "engine.h"
#include "frames.h"
#include "motion_mask.h"

namespace motionheat::test {
namespace {

constexpr Size kSize{40, 20};
constexpr int kPixels = kSize.width * kSize.height;
constexpr int kBlock = 64;  // different masks
const int kTiles = TileGrid(kSize).count();

// A mask in which pixel i moves with a chance of its own.
MotionMask mask_of(std::mt19937& random) {
  MotionMask mask(kTiles);
  for (int i = 0; i < kPixels; ++i) {
    const double chance = std::pow(0.98, i % kSize.width * 5) * (i / kSize.width) / kSize.height;
    if (random() / double(random.max()) < chance) mask.set(i % kSize.width, i / kSize.width);
  }
  return mask;
}

void add(HeatMap& heat, const MotionMask& mask) {
  for (int tile = 0; tile < heat.grid().count(); ++tile) mask.add_to(heat, tile, tile);
}

std::vector<double> heat_of(const HeatMap& heat) {
  std::vector<double> events;
  for (int y = 0; y < kSize.height; ++y)
    for (int x = 0; x < kSize.width; ++x) events.push_back(double(heat.at(x, y)) / heat.unit());
  return events;
}

int index_of(double events, double full) {
  return int(std::min(255.0, events / full * 255));
}

void expect_within_a_step(const HeatMap& heat, const std::vector<double>& expected,
                          const char* when) {
  const std::vector<double> events = heat_of(heat);
  const double hottest = *std::max_element(expected.begin(), expected.end());
  for (const double full : {hottest, hottest / 3, hottest * 5}) {
    const Scale scale(full * heat.unit());
    for (int i = 0; i < kPixels; ++i) {
      const int index = scale.index(heat.at(i % kSize.width, i / kSize.width));
      ASSERT_LE(std::abs(index - index_of(expected[i], full)), 1)
          << when << ": " << events[i] << " events, expected " << expected[i] << " of " << full;
    }
  }
}

// Ten million frames of a camera whose frame rate varies.
TEST(HalfLife, EqualsAFloat64ModelOverTenMillionFrames) {
  std::mt19937 random(1);
  std::vector<MotionMask> masks;
  for (int i = 0; i < kBlock; ++i) masks.push_back(mask_of(random));
  constexpr Size kSmall{8, 4};      // a corner of the masks
  constexpr double kHalfLife = 90;  // seconds
  constexpr int kFrames = 10'000'000;
  HeatMap heat(kSmall);
  std::vector<double> model(kSmall.area());
  for (int frame = 0; frame < kFrames; ++frame) {
    const double seconds = frame % 3 ? 0.04 : 0.2;
    const double factor = std::exp2(-seconds / kHalfLife);
    const MotionMask& mask = masks[(frame / 7) % kBlock];
    heat.age(seconds / kHalfLife);
    mask.add_to(heat, 0);
    for (int i = 0; i < kSmall.area(); ++i)
      model[i] = model[i] * factor + mask.at(i % kSmall.width, i / kSmall.width);
    if (frame % 99'983 != 0 && frame != kFrames - 1) continue;
    const double hottest = *std::max_element(model.begin(), model.end());
    const Scale scale(hottest * heat.unit());
    for (int i = 0; i < kSmall.area(); ++i) {
      const uint64_t count = heat.at(i % kSmall.width, i / kSmall.width);
      ASSERT_NEAR(double(count) / heat.unit(), model[i], model[i] / 2048 + 1 / 1024.0)
          << "frame " << frame;
      if (hottest == 0) continue;
      ASSERT_LE(std::abs(scale.index(count) - index_of(model[i], hottest)), 1) << "frame " << frame;
    }
  }
}

// With equal steps of time the heat, times 1 - 2^-step, is OpenCV's running average.
TEST(HalfLife, EqualsAccumulateWeighted) {
  std::mt19937 random(2);
  for (const double step : {0.001, 0.02, 0.3, 2.0}) {
    const double alpha = 1 - std::exp2(-step);
    HeatMap heat(kSize);
    cv::Mat average = cv::Mat::zeros(kSize.height, kSize.width, CV_64F);
    for (int frame = 0; frame < 3000; ++frame) {
      const MotionMask mask = mask_of(random);
      heat.age(step);
      add(heat, mask);
      cv::Mat moved(kSize.height, kSize.width, CV_8UC1);
      for (int y = 0; y < kSize.height; ++y)
        for (int x = 0; x < kSize.width; ++x) moved.at<uint8_t>(y, x) = mask.at(x, y);
      cv::accumulateWeighted(moved, average, alpha);
      if (frame % 500 != 499) continue;
      std::vector<double> expected;
      for (int i = 0; i < kPixels; ++i)
        expected.push_back(average.at<double>(i / kSize.width, i % kSize.width) / alpha);
      expect_within_a_step(heat, expected, "frame");
    }
  }
}

// The same motion at 5 and at 25 frames a second, with frames left out: the heat of an event
// depends on when it was and on nothing else.
TEST(HalfLife, IsOfTimeAndNotOfFrames) {
  std::mt19937 random(3);
  HeatMap often(kSize), seldom(kSize);
  const MotionMask still(kTiles);
  for (int i = 0; i < 2000; ++i) {
    const MotionMask mask = mask_of(random);
    for (int k = 0; k < 5; ++k) {
      often.age(0.04 / 30);
      add(often, k == 4 ? mask : still);
    }
    seldom.age(0.2 / 30);
    add(seldom, mask);
  }
  expect_within_a_step(often, heat_of(seldom), "5 against 25 frames a second");
}

TEST(HalfLife, HalvesAndVanishes) {
  HeatMap heat(kSize);
  MotionMask all(kTiles);
  for (int y = 0; y < kSize.height; ++y)
    for (int x = 0; x < kSize.width; ++x) all.set(x, y);
  for (int i = 0; i < 100; ++i) add(heat, all);
  EXPECT_EQ(heat.unit(), 1);
  EXPECT_FALSE(heat.age(0));
  EXPECT_FALSE(heat.age(-1));
  EXPECT_EQ(heat.max(), 100u);
  for (int halves = 1; halves <= 12; ++halves) {
    heat.age(1);
    EXPECT_NEAR(double(heat.max()) / heat.unit(), 100 / std::exp2(halves), 1e-3) << halves;
  }
  heat.age(1e9);  // a stream that stood still for ages
  EXPECT_EQ(heat.max(), 0u);
  EXPECT_TRUE(heat.is_cold(0));
  add(heat, all);
  EXPECT_NEAR(double(heat.max()) / heat.unit(), 1, 1e-3);
  heat.clear();
  EXPECT_EQ(heat.unit(), 1);
}

// Sums of events beyond 65,793, where float32 sums of 255 round, and 2^24, where they stop.
TEST(Sum, CountsWhereFloat32Fails) {
  HeatMap heat(Size{2, 1});
  MotionMask both, first;
  both.set(0);
  both.set(1);
  first.set(0);
  float sum = 0, sum_of_255 = 0;
  constexpr uint64_t kFrames = (uint64_t{1} << 24) + 1001;
  for (uint64_t frame = 1; frame <= kFrames; ++frame) {
    (frame % 2 ? both : first).add_to(heat, 0);
    sum += 1;
    sum_of_255 += 255;
    if (frame == 70'001) {
      EXPECT_EQ(heat.at(0, 0), frame);
      EXPECT_EQ(heat.at(1, 0), (frame + 1) / 2);
      EXPECT_NE(double(sum_of_255), 255.0 * double(frame));
    }
  }
  EXPECT_EQ(heat.at(0, 0), kFrames);
  EXPECT_EQ(heat.at(1, 0), (kFrames + 1) / 2);
  EXPECT_EQ(double(sum), double(1 << 24)) << "float32 stands still";

  // And on from where a camera would be after 4.5 years.
  const std::vector<uint64_t> years(TileGrid::kPixels, (uint64_t{1} << 32) - 2);
  heat.assign(0, years.data());
  for (int i = 0; i < 5; ++i) first.add_to(heat, 0);
  EXPECT_EQ(heat.at(0, 0), (uint64_t{1} << 32) + 3);
  EXPECT_EQ(heat.at(1, 0), (uint64_t{1} << 32) - 2);
}

}  // namespace
}  // namespace motionheat::test
