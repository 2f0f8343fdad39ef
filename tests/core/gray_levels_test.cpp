// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gray_levels.h"

#include <gtest/gtest.h>

#include "engine.h"
#include "frames.h"

namespace motionheat::test {
namespace {

constexpr Size kSize{160, 120};
const PixelFormat kGray16{ColorModel::kGray, 1, 1, {Component{.step = 2, .depth = 16}}};

// A ramp from `low` to `high` with the noise of a sensor on it.
void fill(const Frame& frame, double low, double high, std::mt19937& random, double noise = 2) {
  const Component& c = frame.format().components[0];
  std::normal_distribution<double> sensor(0, 1);
  for (int y = 0; y < frame.size().height; ++y) {
    for (int x = 0; x < frame.size().width; ++x) {
      const double level =
          low + (high - low) * x / std::max(1, frame.size().width - 1) + noise * sensor(random);
      const int sample = std::clamp(int(std::lround(level)), 0, (1 << c.depth) - 1) << c.lsb;
      const int beside = int(random()) & 0xffff & ~(((1 << c.depth) - 1) << c.lsb);
      uint8_t* bytes = &frame.at(0, x, y);
      bytes[0] = uint8_t(sample | beside);
      bytes[1] = uint8_t((sample | beside) >> 8);
    }
  }
}

TEST(AutoLevels, AreThoseOfTheFirstFrame) {
  std::mt19937 random(1);
  for (const PixelFormat& format : {kGray16, gray10(0), gray10(6)}) {
    Frame frame(format, kSize);
    fill(frame, 300, 900, random);
    AutoLevels levels;
    EXPECT_FALSE(levels.levels());
    EXPECT_TRUE(levels.add(frame.view(), format.components[0]));
    EXPECT_NEAR(levels.levels()->low, 300, 8);
    EXPECT_NEAR(levels.levels()->high, 900, 8);
  }
}

TEST(AutoLevels, AreOfAPictureOfAnySize) {
  for (const Size size : {Size{1, 1}, Size{1, 90}, Size{63, 2}, Size{65, 64}, Size{640, 512}}) {
    std::mt19937 random(2);
    Frame frame(kGray16, size);
    fill(frame, 9000, 9000, random, 0);
    AutoLevels levels;
    levels.add(frame.view(), kGray16.components[0]);
    EXPECT_EQ(levels.levels()->low, 8873);
    EXPECT_EQ(levels.levels()->high, 9128);
  }
}

TEST(AutoLevels, StayWithinTheFormat) {
  std::mt19937 random(3);
  for (const auto& [format, level] : {std::pair{kGray16, 0}, {kGray16, 65535}, {gray10(0), 1023}}) {
    Frame frame(format, kSize);
    fill(frame, level, level, random, 0);
    AutoLevels levels;
    levels.add(frame.view(), format.components[0]);
    EXPECT_EQ(levels.levels()->span(), 255);
    EXPECT_EQ(level == 0 ? levels.levels()->low : levels.levels()->high, level);
  }
}

TEST(AutoLevels, IgnoreDeadPixels) {
  std::mt19937 random(4);
  Frame frame(kGray16, {64, 64});
  fill(frame, 8000, 8400, random);
  for (const int x : {3, 40, 50}) {
    frame.at(0, x, 10) = frame.at(0, x, 50) = 0xff;
    (&frame.at(0, x, 10))[1] = 0xff;
    (&frame.at(0, x, 50))[1] = 0x00;
  }
  AutoLevels levels;
  levels.add(frame.view(), kGray16.components[0]);
  EXPECT_NEAR(levels.levels()->low, 8000, 10);
  EXPECT_NEAR(levels.levels()->high, 8400, 10);
}

TEST(AutoLevels, DoNotFlicker) {
  std::mt19937 random(5);
  Frame frame(kGray16, kSize);
  AutoLevels levels;
  int changes = 0;
  for (int i = 0; i < 800; ++i) {
    // It breathes by a tenth.
    fill(frame, 8000, 8400 + 40 * std::sin(i / 20.0), random, 4);
    changes += levels.add(frame.view(), kGray16.components[0]);
  }
  EXPECT_EQ(changes, 1);
}

TEST(AutoLevels, FollowASceneSlowlyInSmallSteps) {
  std::mt19937 random(6);
  Frame frame(kGray16, kSize);
  AutoLevels levels;
  for (const auto& [low, high] : {std::pair{8000, 8300}, {8000, 30000}, {500, 1100}}) {
    for (int i = 0; i < 1500; ++i) {
      fill(frame, low, high, random);
      const auto before = levels.levels();
      const bool changed = levels.add(frame.view(), kGray16.components[0]);
      EXPECT_EQ(changed, levels.levels() != before);
      if (!before) continue;
      EXPECT_LE(std::abs(levels.levels()->low - before->low), before->span() / 4 + 2);
      EXPECT_LE(std::abs(levels.levels()->high - before->high), before->span() / 4 + 2);
      if (i == 0) {
        EXPECT_EQ(levels.levels(), before);
      }
    }
    const double span = high - low;
    EXPECT_NEAR(levels.levels()->low, low, span / 8 + 8);
    EXPECT_NEAR(levels.levels()->high, high, span / 8 + 8);
  }
}

TEST(AutoLevels, AreAnotherScenesAtOnce) {
  std::mt19937 random(7);
  Frame frame(kGray16, kSize);
  AutoLevels levels;
  fill(frame, 8000, 8300, random);
  levels.add(frame.view(), kGray16.components[0]);
  fill(frame, 20000, 40000, random);
  levels.restart();
  EXPECT_TRUE(levels.add(frame.view(), kGray16.components[0]));
  EXPECT_NEAR(levels.levels()->low, 20000, 200);
  EXPECT_NEAR(levels.levels()->high, 40000, 200);
}

// A background subtractor sees what the levels make of a scene, too.
TEST(EngineWithGrayLevels, EachDetectorSeesAWarmBody) {
  for (const Detector detector : {Detector::kDifference, Detector::kMog2, Detector::kKnn}) {
    for (const int scale : {1, 2}) {
      std::mt19937 random(8);
      Engine engine;
      engine.configure({kGray16, {}, kSize});
      Settings settings{.auto_gray_levels = true, .detector = detector, .analysis_scale = scale};
      engine.set(settings);
      Frame frame(kGray16, kSize);
      for (int i = 0; i < 20; ++i) {
        fill(frame, 8000, 8200, random);
        for (int y = 50; y < 80; ++y)
          for (int x = 5 * i; x < 5 * i + 12; ++x) (&frame.at(0, x, y))[1] += 1;  // 256 levels
        engine.process(frame.view(), nullptr);
      }
      EXPECT_GE(engine.report().max, 2) << int(detector) << " at 1/" << scale;
      EXPECT_LT(engine.report().coverage, 0.25) << int(detector) << " at 1/" << scale;
    }
  }
}

}  // namespace
}  // namespace motionheat::test
