// SPDX-License-Identifier: LGPL-2.1-or-later
#include "motion_finder.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <random>

#include "engine.h"
#include "frames.h"
#include "videos.h"

namespace motionheat::test {
namespace {

constexpr Size kSizes[] = {{1, 1}, {3, 5}, {127, 9}, {128, 64}, {131, 77}, {400, 130}};

cv::Mat random_mask(Size size, std::mt19937& random, double share) {
  std::bernoulli_distribution moved(share);
  cv::Mat mask(size.height, size.width, CV_8UC1);
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x) mask.at<uint8_t>(y, x) = moved(random) ? 255 : 0;
  return mask;
}

bool bit(const MovedBits& bits, int x, int y) {
  return bits.row(y)[x / 8] >> x % 8 & 1;
}

// What moved in the last frame of a pair, CV_8UC1.
cv::Mat moved_between(const PixelFormat& format, const Settings& settings, const FrameView& first,
                      const FrameView& second) {
  Engine engine;
  engine.set(settings);
  engine.configure({format, {}, first.size});
  engine.process(first, nullptr);
  engine.process(second, nullptr);
  return events_of(engine) > 0;
}

TEST(MovedBits, AreThoseOfBytes) {
  std::mt19937 random(20261126);
  for (const Size size : kSizes) {
    const TileGrid grid(size);
    Bands bands(grid);
    MovedBits bits(grid);
    const cv::Mat mask = random_mask(size, random, 0.3);
    bits.set(mask, bands);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        ASSERT_EQ(bit(bits, x, y), mask.at<uint8_t>(y, x) > 0) << x << "," << y;
    EXPECT_EQ(bits.count(), uint64_t(cv::countNonZero(mask)));
    cv::Mat back;
    bits.copy_to(back, bands);
    EXPECT_TRUE(same_picture(back, mask));
    // A smaller picture leaves nothing beyond it.
    const cv::Rect part(0, 0, (size.width + 1) / 2, (size.height + 2) / 3);
    bits.set(mask(part), bands);
    EXPECT_EQ(bits.count(), uint64_t(cv::countNonZero(mask(part))));
  }
}

TEST(MovedBits, AreClearedOutsideOfAnArea) {
  std::mt19937 random(1);
  for (const Size size : kSizes) {
    const TileGrid grid(size);
    Bands bands(grid);
    const cv::Mat mask = random_mask(size, random, 0.7);
    for (int i = 0; i < 20; ++i) {
      const int x = int(random() % unsigned(size.width)), y = int(random() % unsigned(size.height));
      const Rect area{x, y, int(random() % unsigned(size.width - x + 1)),
                      int(random() % unsigned(size.height - y + 1))};
      MovedBits bits(grid);
      bits.set(mask, bands);
      bits.clear_outside(area);
      cv::Mat expected = cv::Mat::zeros(mask.size(), CV_8UC1), found;
      const cv::Rect part(area.x, area.y, area.width, area.height);
      if (!part.empty()) mask(part).copyTo(expected(part));
      bits.copy_to(found, bands);
      EXPECT_TRUE(same_picture(found, expected));
    }
  }
}

TEST(MovedBits, AreCopiedTileByTile) {
  std::mt19937 random(2);
  const TileGrid grid({300, 100});
  Bands bands(grid);
  MovedBits bits(grid);
  cv::Mat mask = random_mask(grid.size(), random, 0.5);
  mask.rowRange(64, 72).setTo(0);
  bits.set(mask, bands);
  const Rect area{128, 64, 172, 36};
  std::vector<uint8_t> copy(size_t(area.height) * 32, 0xee);
  EXPECT_EQ(bits.copy(area, copy.data(), 32), 0b11110u);
  for (int y = 0; y < area.height; ++y)
    for (int x = 0; x < area.width; ++x)
      ASSERT_EQ(copy[size_t(y) * 32 + size_t(x) / 8] >> x % 8 & 1,
                mask.at<uint8_t>(area.y + y, area.x + x) > 0);
}

// Blurred grey is that of OpenCV, in every layout.
TEST(MotionFinder, ComparesWhatIsSmoothed) {
  std::mt19937 random(3);
  for (const Format& format : rgb_formats()) {
    for (const int radius : {1, 3, 31}) {
      const Size size{150, 90};
      Frame first(format.layout, size), second(format.layout, size);
      first.randomize(random);
      second.randomize(random);
      cv::Mat gray[2], difference;
      for (int i = 0; i < 2; ++i) {
        cv::cvtColor((i ? second : first).bgr(), gray[i], cv::COLOR_BGR2GRAY);
        cv::blur(gray[i], gray[i], {2 * radius + 1, 2 * radius + 1});
      }
      cv::absdiff(gray[0], gray[1], difference);
      const cv::Mat moved = moved_between(format.layout, {.threshold = 5, .blur = radius},
                                          first.view(), second.view());
      EXPECT_TRUE(same_picture(moved, difference > 5)) << format.name << " " << radius;
    }
  }
}

// A threshold means the same grey in luma of 219 steps, of 10 bits, and packed with chroma.
TEST(MotionFinder, SmoothsLumaInItsOwnUnits) {
  for (const PixelFormat& format : {kGray8, kI420, kNv12, kYuy2, kUyvy, gray10(0), gray10(6)}) {
    const Component& c = format.components[0];
    const ColorSpace limited{.scale = {219 << (c.depth - 8), 255, 255}};
    for (const int step : {21, 22, 23}) {  // 25 grey are 21.47 steps
      Frame first(format, {64, 48}), second(format, {64, 48});
      for (Frame* frame : {&first, &second}) {
        const int value = (100 + (frame == &second) * step) << (c.depth - 8) << c.lsb;
        for (int y = 0; y < 48; ++y)
          for (int x = 0; x < 64; ++x) {
            (&frame->at(0, x, y))[0] = uint8_t(value);
            if (c.depth > 8) (&frame->at(0, x, y))[1] = uint8_t(value >> 8);
          }
      }
      Engine plain, smoothing;
      smoothing.set({.blur = 2});
      for (Engine* engine : {&plain, &smoothing}) {
        engine->configure({format, limited, first.size()});
        engine->process(first.view(), nullptr);
        engine->process(second.view(), nullptr);
      }
      EXPECT_TRUE(same_picture(events_of(plain), events_of(smoothing))) << step;
    }
  }
}

TEST(MotionFinder, OpensWhatMoved) {
  std::mt19937 random(4);
  for (const Size size : kSizes) {
    for (const int radius : {1, 2, 15}) {
      const cv::Mat mask = random_mask(size, random, 0.9);
      cv::Mat first(mask.size(), CV_8UC1, cv::Scalar(10)), second = first.clone(), opened;
      second.setTo(200, mask);
      cv::morphologyEx(mask, opened, cv::MORPH_OPEN,
                       cv::Mat::ones(2 * radius + 1, 2 * radius + 1, CV_8UC1));
      EXPECT_TRUE(same_picture(
          moved_between(kGray8, {.despeckle = radius}, view_of(first), view_of(second)), opened));
    }
  }
}

// Whatever is switched on and off in mid-stream, a frame is compared with the one before.
TEST(MotionFinder, ComesAndGoesWithoutABreak) {
  const Size size{200, 100};
  Engine plain, changing;
  for (Engine* engine : {&plain, &changing}) engine->configure({kBgr, {}, size});
  for (int i = 0; i < 40; ++i) {
    // Neither has any part in the result.
    changing.set({.light_change_limit = i / 5 % 2 ? 0.999 : 1.0});
    cv::Mat frame = blocks(size, i);
    for (Engine* engine : {&plain, &changing}) engine->process(view_of(frame), nullptr);
    ASSERT_TRUE(same_picture(events_of(plain), events_of(changing))) << i;
  }
}

TEST(MotionFinder, ResultDoesNotDependOnThreads) {
  const Size size{640, 900};
  for (const Settings& settings :
       {Settings{.blur = 3}, Settings{.despeckle = 2}, Settings{.light_change_limit = 0.9},
        Settings{.detector = Detector::kMog2, .blur = 1, .despeckle = 1}}) {
    Engine one, several;
    Settings threaded = settings;
    threaded.n_threads = 4;
    one.set(settings);
    several.set(threaded);
    for (Engine* engine : {&one, &several}) engine->configure({kBgr, {}, size});
    for (int i = 0; i < 12; ++i) {
      const cv::Mat frame = blocks(size, i);
      ASSERT_TRUE(same_picture(processed(one, frame), processed(several, frame)));
    }
    EXPECT_GT(cv::countNonZero(events_of(one)), 0);
  }
}

// Light

TEST(LightChanges, TakesNoMoreThanASecondInOneGo) {
  LightChanges changes;
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += changes.takes(0.9, 0.5, 0.04);
  EXPECT_EQ(taken, 25);
}

TEST(LightChanges, TakesALampThatFlickersForHours) {
  LightChanges changes;
  for (int i = 0; i < 100000; ++i) {
    const bool switched = i % 10 == 0;
    ASSERT_EQ(changes.takes(switched ? 0.9 : 0.01, 0.5, 0.04), switched) << i;
  }
}

TEST(LightChanges, TakesOneFrameOfASlowCamera) {
  LightChanges changes;
  EXPECT_TRUE(changes.takes(0.9, 0.5, 5));
  EXPECT_FALSE(changes.takes(0.9, 0.5, 5));
  EXPECT_FALSE(changes.takes(0.1, 0.5, 5));
  EXPECT_TRUE(changes.takes(0.9, 0.5, 5));
}

// The switch of a lamp is no motion; what moves before and after it is.
TEST(MotionFinder, ChangeOfLightIsNoMotion) {
  const Size size{160, 120};
  for (const PixelFormat& format : {kGray8, kBgr}) {
    Engine engine;
    engine.set({.light_change_limit = 0.5});
    engine.configure({format, {}, size});
    const auto show = [&](int lamp, int x) {
      cv::Mat picture(size.height, size.width, CV_8UC3, cv::Scalar::all(40 + lamp));
      cv::rectangle(picture, {x, 20, 10, 10}, cv::Scalar::all(150 + lamp), cv::FILLED);
      if (format == kGray8) cv::cvtColor(picture, picture, cv::COLOR_BGR2GRAY);
      engine.advance(0.04);
      return engine.process(view_of(picture), nullptr);
    };
    EXPECT_TRUE(show(0, 0));
    EXPECT_TRUE(show(0, 20));
    EXPECT_FALSE(show(60, 40));
    EXPECT_TRUE(show(60, 60));
    EXPECT_FALSE(show(0, 80));
    EXPECT_TRUE(show(0, 100));
    EXPECT_EQ(engine.skipped(), 2u);
    EXPECT_EQ(engine.frames(), 4u);
    const cv::Mat events = events_of(engine);
    EXPECT_EQ(cv::countNonZero(events), 600);
    for (const int x : {5, 25, 45, 65, 85, 105}) EXPECT_EQ(events.at<double>(25, x), 1) << x;
    EXPECT_EQ(events.at<double>(80, 80), 0);
  }
}

// The share is one of what is not masked.
TEST(MotionFinder, JudgesLightByWhatIsNotMasked) {
  const Size size{160, 120};
  auto regions = std::make_shared<RegionSettings>();
  regions->masked = parse_polygons("0,0 0.75,0 0.75,1 0,1");
  for (const bool masked : {false, true}) {
    Engine engine;
    engine.set({.light_change_limit = 0.5, .regions = masked ? regions : nullptr});
    engine.configure({kGray8, {}, size});
    cv::Mat picture(size.height, size.width, CV_8UC1, cv::Scalar(50));
    engine.process(view_of(picture), nullptr);
    picture.colRange(120, 160).setTo(150);  // a quarter of it, and all that counts
    EXPECT_EQ(engine.process(view_of(picture), nullptr), !masked);
    picture.colRange(0, 120).setTo(150);
    EXPECT_EQ(engine.process(view_of(picture), nullptr), masked);
  }
}

}  // namespace
}  // namespace motionheat::test
