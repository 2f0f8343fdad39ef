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

TEST(MovedBits, TellWhichRowsOfTilesMoved) {
  const TileGrid grid({300, 100});
  Bands bands(grid);
  MovedBits bits(grid);
  cv::Mat mask = cv::Mat::zeros(100, 300, CV_8UC1);
  const Rect area{128, 64, 172, 36};
  const auto moved_rows = [&] {
    bits.set(mask, bands);
    return bits.moved_rows(area);
  };
  mask.at<uint8_t>(64, 127) = mask.at<uint8_t>(63, 128) = 255;  // beside it
  EXPECT_EQ(moved_rows(), 0u);
  mask.at<uint8_t>(79, 128) = 255;
  EXPECT_EQ(moved_rows(), 0b10u);
  mask.at<uint8_t>(99, 299) = 255;
  EXPECT_EQ(moved_rows(), 0b10010u);
  mask.setTo(255);
  EXPECT_EQ(moved_rows(), 0b11111u);
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

TEST(MovedBits, AreWhereTheyWere) {
  std::mt19937 random(5);
  Bands bands;
  for (const Size size : kSizes) {
    for (const Displacement& d :
         {Displacement{.x = 3, .y = -2}, Displacement{.x = -64, .y = 0}, Displacement{.x = 1e9},
          Displacement{.x = 1.3, .x_by_y = -0.01, .y = 70.6, .y_by_x = 0.01}}) {
      const cv::Mat mask = random_mask(size, random, 0.5);
      MovedBits bits{TileGrid(size)};
      bits.set(mask, bands);
      const Size part{size.width, std::max(1, size.height - 3)};
      bits.move(d, part);
      cv::Mat moved, expected = cv::Mat::zeros(mask.size(), CV_8UC1);
      bits.copy_to(moved, bands);
      for (int y = 0; y < part.height; ++y) {
        for (int x = 0; x < part.width; ++x) {
          // A block's pixels go together.
          const PixelPoint by = d.at(x / 64 * 64 + 31.5, y / 8 * 8 + 3.5);
          const double from_x = x + std::round(by.x), from_y = y + std::round(by.y);
          if (from_x >= 0 && from_x < part.width && from_y >= 0 && from_y < part.height)
            expected.at<uint8_t>(y, x) = mask.at<uint8_t>(int(from_y), int(from_x));
        }
      }
      EXPECT_TRUE(same_picture(moved, expected)) << size.width << " x " << size.height;
    }
  }
}

// A scene that is larger than the picture, and the part of it that a camera sees which shakes.
constexpr int kYardMargin = 20;

cv::Mat shaken_yard(const Size& size) {
  cv::Mat yard(size.height + 2 * kYardMargin, size.width + 2 * kYardMargin, CV_8UC1);
  cv::RNG(8).fill(yard, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(yard, yard, {}, 2.5);
  cv::normalize(yard, yard, 60, 180, cv::NORM_MINMAX);
  return yard;
}

cv::Rect shaken_view(const Size& size, int i) {
  return {kYardMargin + int(std::lround(4 * std::sin(2.3 * i))),
          kYardMargin + int(std::lround(4 * std::cos(3.1 * i))), size.width, size.height};
}

// However a camera shakes: the heat of a lamp is where the lamp usually is, and what is masked
// there or where the camera sees it does not count.
TEST(MotionFinder, HeatStaysInItsPlaceWhileTheCameraShakes) {
  const Size size{320, 200};
  const cv::Rect lamp(200, 80, 9, 9), sign(20, 150, 40, 12);
  const cv::Mat yard = shaken_yard(size);
  auto regions = std::make_shared<RegionSettings>();
  // The sign, and as far around it as the camera moves at once.
  regions->masked = parse_polygons("0.034,0.705 0.216,0.705 0.216,0.855 0.034,0.855");
  Engine engine;
  engine.set({.stabilize = true, .regions = regions});
  engine.configure({kGray8, {}, size});
  for (int i = 0; i < 120; ++i) {
    cv::Mat scene = yard.clone();
    scene(lamp + cv::Point(kYardMargin, kYardMargin)).setTo(i % 2 ? 250 : 10);
    cv::Mat frame = scene(shaken_view(size, i)).clone();
    frame(sign).setTo(i % 3 ? 250 : 10);
    engine.advance(0.04);
    engine.process(view_of(frame), nullptr);
    if (i == 20) engine.reset();
  }
  cv::Mat events = events_of(engine);
  EXPECT_GT(cv::sum(events(lamp))[0], 0.9 * 9 * 9 * 99);
  EXPECT_LT(cv::sum(events)[0] - cv::sum(events(lamp))[0], 0.25 * 9 * 9 * 99);
  events(cv::Rect(lamp.x - 2, lamp.y - 2, 13, 13)).setTo(0);
  EXPECT_EQ(cv::countNonZero(events), 0);
}

// What a camera writes into its pictures does not shake with it; who passes behind it counts.
TEST(MotionFinder, CaptionsDoNotCount) {
  const Size size{320, 200};
  const cv::Mat yard = shaken_yard(size);
  const cv::Rect text(100, 150, 120, 12);
  Engine engine;
  engine.set({.stabilize = true});
  engine.configure({kGray8, {}, size});
  const auto show = [&](int i, int body) {
    cv::Mat scene = yard.clone();
    if (body > 0) scene(cv::Rect(body + kYardMargin, 120 + kYardMargin, 30, 70)).setTo(10);
    cv::Mat frame = scene(shaken_view(size, i)).clone();
    for (int x = text.x; x < text.br().x; x += 8) {
      frame(cv::Rect(x, text.y, 5, text.height)).setTo(0);
      frame(cv::Rect(x + 1, text.y + 1, 3, text.height - 2)).setTo(255);
    }
    engine.advance(0.04);
    engine.process(view_of(frame), nullptr);
  };
  for (int i = 0; i < 20; ++i) show(i, 0);
  EXPECT_GT(cv::sum(events_of(engine))[0], 1000) << "it is none before it is known";
  engine.reset();
  for (int i = 20; i < 120; ++i) show(i, 0);
  EXPECT_LT(cv::sum(events_of(engine))[0], 200);
  engine.reset();
  for (int i = 120; i < 160; ++i) show(i, 40 + 5 * (i - 120));
  const cv::Mat moved = events_of(engine) > 0;
  EXPECT_GT(cv::countNonZero(moved(text)), 0.8 * text.area());
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

// Whatever is asked for at once, in any layout and size, also of frames that are smaller than the
// stream: nothing beyond them is read, and threads change nothing.
TEST(MotionFinder, LivesWithEverything) {
  std::mt19937 random(20261126);
  const auto below = [&](int n) { return int(random() % unsigned(n)); };
  std::vector<PixelFormat> formats = {kGray8, kI420, kNv12,     kYuy2,
                                      kUyvy,  kAyuv, gray10(0), gray10(6)};
  for (const Format& format : rgb_formats()) formats.push_back(format.layout);
  formats.push_back({ColorModel::kGray, 1, 1, {Component{.step = 2, .depth = 16}}});
  for (int life = 0; life < 150; ++life) {
    const PixelFormat& format = formats[size_t(below(int(formats.size())))];
    const Size size{1 + below(life % 4 ? 200 : 20), 1 + below(life % 4 ? 150 : 20)};
    Engine one, several;
    const int top = (1 << format.components[0].depth) - 1;
    for (Engine* engine : {&one, &several})
      engine->configure({format, {.scale = {top, top, top}}, size});
    cv::Mat scene = random_bgr(size, unsigned(life));
    cv::blur(scene, scene, {5, 5});
    Settings settings;
    for (int i = 0; i < 24; ++i) {
      if (below(4) == 0) {
        settings = {.blur = below(3) ? 0 : below(32),
                    .despeckle = below(3) ? 0 : below(16),
                    .noise_adaptive = below(2) == 0,
                    .stabilize = below(2) == 0,
                    .sway_filter = below(2) == 0,
                    .light_change_limit = below(2) ? 1 : below(100) / 100.0,
                    .analysis_scale = 1 + below(3)};
        if (below(8) == 0) settings.detector = Detector::kMog2;
        if (format.components[0].depth == 16 && below(2)) settings.auto_gray_levels = true;
        one.set(settings);
        settings.n_threads = 4;
        several.set(settings);
      }
      const Size part = below(5) ? size : Size{1 + below(size.width), 1 + below(size.height)};
      Frame frame(format, part, Rows{.padding = below(9), .bottom_up = below(6) == 0});
      cv::Mat picture = scene(cv::Rect(0, 0, part.width, part.height)).clone();
      cv::Mat noise(picture.size(), CV_8UC3);
      cv::randu(noise, 0, 2 + below(30));
      picture += noise;
      const int side = std::min({12, part.width, part.height});
      picture(cv::Rect(i * 3 % (part.width - side + 1), 0, side, side)).setTo(below(256));
      cv::Mat gray;
      cv::cvtColor(picture, gray, cv::COLOR_BGR2GRAY);
      for (int y = 0; y < part.height; ++y)
        for (int x = 0; x < part.width; ++x)
          for (int c = 0; c < (format.model == ColorModel::kRgb ? 3 : 1); ++c) {
            uint8_t* const sample = &frame.at(c, x, y);
            const bool is_rgb = format.model == ColorModel::kRgb;
            sample[format.sample_bytes() - 1] =
                is_rgb ? picture.at<cv::Vec3b>(y, x)[2 - c] : gray.at<uint8_t>(y, x);
          }
      const double seconds = below(4) ? 0.04 : below(2) ? 0 : 1e9;
      if (below(9) == 0) {
        one.forget_previous();
        several.forget_previous();
      }
      one.advance(seconds);
      several.advance(seconds);
      ASSERT_EQ(one.process(frame.view(), nullptr), several.process(frame.view(), nullptr));
      ASSERT_TRUE(same_picture(events_of(one), events_of(several))) << life << " " << i;
      ASSERT_GE(one.report().noise, 0);
      ASSERT_LT(one.report().noise, 256);
    }
    EXPECT_GT(one.memory(), 0u);
  }
}

// Levels that follow the stream are no motion: here something bright appears and stays.
TEST(MotionFinder, GrayLevelsThatChangeAreNoMotion) {
  const PixelFormat format{ColorModel::kGray, 1, 1, {Component{.step = 2, .depth = 16}}};
  for (const Settings& settings :
       {Settings{.auto_gray_levels = true, .blur = 1},
        Settings{.auto_gray_levels = true, .noise_adaptive = true, .stabilize = true}}) {
    Engine engine;
    engine.set(settings);
    engine.configure({format, {.scale = {65535, 65535, 65535}}, {320, 240}});
    uint64_t after = 0;
    for (int i = 0; i < 100; ++i) {
      cv::Mat picture(240, 320, CV_16UC1);
      for (int y = 0; y < 240; ++y)
        for (int x = 0; x < 320; ++x) picture.at<uint16_t>(y, x) = uint16_t(7000 + (x * y) % 766);
      if (i >= 20) picture(cv::Rect(50, 50, 60, 60)).setTo(9000);
      ConstFrameView view({320, 240});
      view.data[0] = picture.data;
      view.stride[0] = ptrdiff_t(picture.step);
      engine.advance(0.04);
      engine.process(view, nullptr);
      if (i > 20) after += engine.motion().shares()[0] > 0.002;
    }
    EXPECT_EQ(after, 0u);
  }
}

// Light

// Grey is made of colours only as far as it is asked for, and seen where it is in a plane of luma.
TEST(MotionFinder, SeesTheSameInGrayAndInColorsThatAreGray) {
  const Size size{800, 500};
  const cv::Size cv_size(size.width, size.height);
  for (const Settings& settings :
       {Settings{.noise_adaptive = true}, Settings{.blur = 1, .noise_adaptive = true},
        Settings{.noise_adaptive = true, .stabilize = true},
        Settings{.noise_adaptive = true, .sway_filter = true}}) {
    std::vector<PixelFormat> formats{kGray8, kBgr, rgb_formats().back().layout};
    std::vector<Engine> engines(formats.size());
    for (size_t i = 0; i < formats.size(); ++i) {
      engines[i].set(settings);
      engines[i].configure({formats[i], {}, size});
    }
    cv::RNG random(5);
    double most = 0;
    for (int n = 0; n < 24; ++n) {
      // Noise begins and ends.
      cv::Mat gray(cv_size, CV_8UC1, cv::Scalar(100)), noise(cv_size, CV_16SC1), noisy, bgr;
      cv::rectangle(gray, cv::Rect(20 + 9 * n, 200, 60, 90), 190, cv::FILLED);
      random.fill(noise, cv::RNG::NORMAL, 0, n > 7 && n < 16 ? 12 : 1);
      cv::add(gray, noise, noisy, cv::noArray(), CV_8U);
      cv::cvtColor(noisy, bgr, cv::COLOR_GRAY2BGR);
      for (size_t i = 0; i < formats.size(); ++i) {
        Frame frame(formats[i], size);
        if (formats[i].model == ColorModel::kRgb)
          frame.set_bgr(bgr);
        else
          frame.set_bytes(std::vector<uint8_t>(noisy.datastart, noisy.dataend));
        engines[i].begin_period();
        engines[i].process(frame.view(), nullptr);
        const double motion = engines[i].report().motion;
        EXPECT_EQ(motion, engines[0].report().motion) << i << ", " << n;
        if (n > 0) {
          EXPECT_GT(motion, 0.003) << i << ", " << n;
        }
        EXPECT_EQ(engines[i].report().noise, engines[0].report().noise);
      }
      most = std::max(most, engines[0].report().noise);
    }
    for (const Engine& engine : engines)
      EXPECT_TRUE(same_picture(events_of(engine), events_of(engines[0])));
    EXPECT_GT(most, settings.blur > 0 ? 1 : 5);
  }
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

// What a lamp does all over the picture, or what swayed in a view from which the camera has turned
// away, is nothing that sways where somebody moves later.
TEST(MotionFinder, SwayIsNotLearntFromOtherThings) {
  const Size size{320, 180};
  cv::Mat yard(size.height * 2, size.width * 3, CV_8UC1);
  cv::RNG(7).fill(yard, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(yard, yard, {}, 2.5);
  cv::normalize(yard, yard, 60, 180, cv::NORM_MINMAX);
  enum Before { kNothing, kLamp, kTurn };
  const auto events_after = [&](Before before) {
    Engine engine;
    engine.set({.stabilize = true, .sway_filter = true, .light_change_limit = 0.5});
    engine.configure({kGray8, {}, size});
    const auto show = [&](int left, int lamp, int rocks) {
      cv::Mat picture = yard(cv::Rect(left, 20, size.width, size.height)) + lamp;
      if (rocks >= 0) {
        const int x = 150 + int(std::lround(4 * std::sin(rocks * 0.8)));
        picture(cv::Rect(x, 60, 24, 50)).setTo(250);
        for (int y = 64; y < 110; y += 8) picture(cv::Rect(x + 3, y, 15, 4)).setTo(10);
      }
      engine.advance(0.04);
      engine.process(view_of(picture), nullptr);
    };
    for (int i = 0; i < 300; ++i)
      show(0, before == kLamp && i / 10 % 2 ? 60 : 0, before == kTurn ? i : -1);
    if (before == kTurn)
      for (int left = 0; left <= 500; left += 50) show(left, 0, -1);
    for (int i = 0; i < 40; ++i) show(before == kTurn ? 500 : 0, 0, -1);
    engine.reset();
    for (int i = 0; i < 15; ++i) show(before == kTurn ? 500 : 0, 0, i);
    return cv::sum(events_of(engine))[0];
  };
  const double usual = events_after(kNothing);
  EXPECT_GT(usual, 2000);
  EXPECT_GT(events_after(kLamp), 0.9 * usual);
  EXPECT_GT(events_after(kTurn), 0.7 * usual);
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
