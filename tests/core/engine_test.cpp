// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine.h"

#include <gtest/gtest.h>

#include "reference.h"
#include "reference_scene.h"
#include "videos.h"

namespace motionheat::test {
namespace {

constexpr ColorSpace kLimited601{.offset = {16, 128, 128}, .scale = {219, 224, 224}};
constexpr ColorSpace kFull709{.kr = 0.2126, .kb = 0.0722, .scale = {255, 255, 255}};

void expect_same_heat(Engine& engine, const Reference& reference) {
  cv::Mat events;
  reference.heat().convertTo(events, CV_64F, 1 / 255.0);
  EXPECT_TRUE(same_picture(events_of(engine), events));
  EXPECT_TRUE(same_picture(index_of(engine), reference.index()));
}

// Draws the frames of a video from `begin` to before `end` as the reference does, every bit.
void expect_same_overlays(Engine& engine, Reference& reference, Size size,
                          cv::Mat (*video)(Size size, int i), int begin, int end) {
  for (int i = begin; i < end; ++i) {
    const cv::Mat frame = video(size, i);
    reference.add(frame);
    ASSERT_TRUE(same_picture(processed(engine, frame), reference.overlay())) << "frame " << i;
  }
}

class EngineOnRgb : public ::testing::TestWithParam<Format> {};

// Odd sizes, several tiles, rows of any layout, in place and not: every frame, every bit.
TEST_P(EngineOnRgb, EqualsTheReference) {
  const PixelFormat& format = GetParam().layout;
  std::mt19937 random(1);
  for (const Size size : {Size{1, 1}, Size{33, 7}, Size{517, 61}}) {
    Engine engine;
    engine.configure({format, {}, size});
    Reference reference;
    for (int i = 0; i < 16; ++i) {
      Frame in(format, size, {.padding = i % 4, .bottom_up = i % 3 == 0});
      Frame out(format, size, {.padding = i % 5});
      in.randomize(random);
      in.set_bgr(blocks(size, i));
      const std::vector<uint8_t> alpha = in.alpha();
      const Frame& drawn = i % 2 ? in : out;
      engine.process(in.view(), &drawn.view());
      reference.add(blocks(size, i));
      ASSERT_TRUE(same_picture(drawn.bgr(), reference.overlay())) << "frame " << i;
      EXPECT_EQ(drawn.alpha(), alpha);
      EXPECT_TRUE(in.padding_is_intact() && out.padding_is_intact());
    }
    expect_same_heat(engine, reference);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, EngineOnRgb, ::testing::ValuesIn(rgb_formats()), name_of);

struct Video {
  const char* name;
  cv::Mat (*frame)(Size size, int i);

  friend void PrintTo(const Video& param, std::ostream* os) { *os << param.name; }
};

class EngineOnVideo : public ::testing::TestWithParam<Video> {};

TEST_P(EngineOnVideo, EqualsTheReference) {
  const Size size{600, 100};
  Engine engine;
  engine.configure({kBgr, {}, size});
  Reference reference;
  for (int i = 0; i < 60; ++i) {
    const cv::Mat frame = GetParam().frame(size, i);
    reference.add(frame);
    engine.begin_period();
    ASSERT_TRUE(same_picture(processed(engine, frame), reference.overlay())) << "frame " << i;
    EXPECT_EQ(engine.report().motion, cv::countNonZero(reference.moved()) / double(size.area()));
  }
  expect_same_heat(engine, reference);
}

INSTANTIATE_TEST_SUITE_P(Videos, EngineOnVideo,
                         ::testing::Values(Video{"noise", noise}, Video{"blocks", blocks}),
                         name_of);

TEST(Engine, ReferenceSceneHasItsPublishedFacts) {
  Engine engine;
  engine.configure({kBgr, {}, {reference_scene::kWidth, reference_scene::kHeight}});
  Reference reference;
  for (int i = 0; i < reference_scene::kFrames; ++i) {
    const cv::Mat frame = reference_scene::frame(i);
    reference.add(frame);
    ASSERT_TRUE(same_picture(processed(engine, frame), reference.overlay())) << "frame " << i;
  }
  expect_same_heat(engine, reference);
  EXPECT_EQ(reference.max(), 2550);
  EXPECT_EQ(engine.report().max, 10);
  EXPECT_EQ(cv::countNonZero(index_of(engine)), 58857);
  EXPECT_EQ(engine.report().coverage, 58857 / 150000.0);
}

TEST(Engine, AnalysisAloneCountsTheSame) {
  const Size size{530, 70};
  Engine engine;
  engine.configure({kBgr, {}, size});
  Reference reference;
  for (int i = 0; i < 30; ++i) {
    cv::Mat frame = blocks(size, i);
    reference.add(frame);
    if (i % 7 == 6) {
      ASSERT_TRUE(same_picture(processed(engine, frame), reference.overlay())) << "frame " << i;
    } else {
      engine.process(view_of(frame), nullptr);
      EXPECT_TRUE(same_picture(frame, blocks(size, i)));
    }
  }
  expect_same_heat(engine, reference);
}

// A map that hardly changes, over which one pixel flashes: the scale grows on every frame.
cv::Mat flashing(Size size, int i) {
  cv::Mat frame = blocks(size, i < 30 ? i : 29 + i / 90);
  frame.at<cv::Vec3b>(21, 140) = i % 2 ? cv::Vec3b(255, 255, 255) : cv::Vec3b();
  return frame;
}

// Each index falls when it must and not before.
TEST(Engine, IndicesFollowEveryRiseOfTheScale) {
  const Size size{300, 140};
  Engine engine;
  engine.configure({kBgr, {}, size});
  Reference reference;
  expect_same_overlays(engine, reference, size, flashing, 0, 400);
  EXPECT_EQ(engine.report().max, 399);
  expect_same_heat(engine, reference);
}

// From a scale whose counts are looked up to one that is too large for that, and back.
TEST(Engine, ScalesOfDifferentKindsTakeTurns) {
  const Size size{300, 140};
  Engine engine;
  engine.configure({kBgr, {}, size});
  Reference reference;
  expect_same_overlays(engine, reference, size, blocks, 0, 20);
  engine.set({.normalization = Normalization::kFixed, .full_scale = 1e6});
  Engine cold;
  cold.configure({kBgr, {}, size});
  EXPECT_TRUE(same_picture(processed(engine, blocks(size, 20)), processed(cold, blocks(size, 20))));
  engine.set({});
  reference.add(blocks(size, 20));
  expect_same_overlays(engine, reference, size, blocks, 21, 22);
}

struct Scaling {
  const char* name;
  Settings settings;

  friend void PrintTo(const Scaling& param, std::ostream* os) { *os << param.name; }
};

class EngineWith : public ::testing::TestWithParam<Scaling> {};

// What is kept from frame to frame is what would be made anew: a picture is that of an engine which
// got its heat an instant ago.
TEST_P(EngineWith, KeepsWhatItWouldMakeAnew) {
  const Size size{300, 140};
  Engine engine;
  engine.set(GetParam().settings);
  engine.configure({kBgr, {}, size});
  for (int i = 0; i < 250; ++i) {
    engine.advance(0.04);
    const cv::Mat frame = flashing(size, i), shown = processed(engine, frame);
    if (i % 5 != 0) continue;
    Engine fresh;
    fresh.set(GetParam().settings);
    fresh.configure({kBgr, {}, size});
    fresh.restore(engine.heat(), engine.frames(), 0);
    ASSERT_TRUE(same_picture(shown, drawn(fresh, frame))) << "frame " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Scalings, EngineWith,
    ::testing::Values(
        Scaling{"max", {}}, Scaling{"sqrt", {.curve = Curve::kSqrt}},
        Scaling{"log", {.curve = Curve::kLog}}, Scaling{"fading", {.half_life = 3}},
        Scaling{"fading_log", {.curve = Curve::kLog, .half_life = 3}},
        Scaling{"fixed", {.normalization = Normalization::kFixed, .full_scale = 12.5}},
        Scaling{"fixed_fading",
                {.normalization = Normalization::kFixed, .full_scale = 9, .half_life = 2}},
        Scaling{"fixed_fading_fast",
                {.normalization = Normalization::kFixed, .full_scale = 9, .half_life = 0.1}}),
    name_of);

TEST(Engine, SettingsChangeOnTheNextFrame) {
  const Size size{300, 40};
  Engine engine;
  Reference reference;
  engine.configure({kBgr, {}, size});
  std::mt19937 random(2);
  for (int i = 0; i < 60; ++i) {
    Settings settings;
    reference.threshold = settings.threshold = int(random() % 120);
    // Each for two frames: the second finds everything prepared.
    reference.colormap = settings.colormap = i / 2 % int(colormaps().size());
    reference.opacity = settings.opacity = i % 9 == 8 ? 1.0 : int(random() % 101) / 100.0;
    settings.output = i % 5 == 4 ? Output::kHeatmap : Output::kOverlay;
    engine.set(settings);
    const cv::Mat frame = blocks(size, i);
    reference.add(frame);
    ASSERT_TRUE(same_picture(processed(engine, frame), settings.output == Output::kHeatmap
                                                           ? reference.color()
                                                           : reference.overlay()))
        << "frame " << i;
  }
  expect_same_heat(engine, reference);
}

TEST(Engine, SettingsFromBeforeTheStreamHold) {
  const Size size{40, 30};
  Engine engine;
  Reference reference;
  engine.set({.threshold = 3, .colormap = cv::COLORMAP_MAGMA, .opacity = 0.75});
  reference.threshold = 3;
  reference.colormap = cv::COLORMAP_MAGMA;
  reference.opacity = 0.75;
  engine.configure({kBgr, {}, size});
  for (int i = 0; i < 5; ++i) {
    reference.add(blocks(size, i));
    ASSERT_TRUE(same_picture(processed(engine, blocks(size, i)), reference.overlay()));
  }
}

// High enough for several slices; two tiles and a bit wide.
TEST(Engine, ThreadsDoNotChangeTheResult) {
  const Size size{300, 850};
  Engine one;
  one.configure({kBgr, {}, size});
  for (const int threads : {2, 3, 4, 0}) {
    Engine many;
    many.set({.n_threads = threads});
    many.configure({kBgr, {}, size});
    one.reset();
    one.forget_previous();
    for (int i = 0; i < 8; ++i) {
      const cv::Mat frame = i == 5 ? noise(size, i) : blocks(size, i);
      ASSERT_TRUE(same_picture(processed(many, frame), processed(one, frame))) << threads;
    }
    EXPECT_EQ(many.report().motion, one.report().motion);
    EXPECT_TRUE(same_picture(index_of(many), index_of(one)));
  }
}

TEST(Engine, ThreadsDoNotChangeAnyPlane) {
  const Size size{300, 850};
  std::mt19937 random(4);
  for (const PixelFormat& format : {kI420, kNv12, kYuy2, gray10(6)}) {
    Engine one, many;
    many.set({.n_threads = 3});
    for (Engine* engine : {&one, &many}) engine->configure({format, kLimited601, size});
    Frame in(format, size), by_one(format, size), by_many(format, size);
    in.randomize(random);
    for (int i = 0; i < 8; ++i) {
      // A part of the picture moves.
      std::vector<uint8_t> bytes = in.bytes();
      for (size_t k = bytes.size() / 9 * i; k < bytes.size() / 9 * (i + 2); ++k)
        bytes[k] = uint8_t(random());
      in.set_bytes(bytes);
      one.process(in.view(), &by_one.view());
      many.process(in.view(), &by_many.view());
      ASSERT_EQ(by_one.bytes(), by_many.bytes()) << "frame " << i;
    }
  }
}

struct Yuv {
  const char* name;
  PixelFormat format;
  ColorSpace color;

  friend void PrintTo(const Yuv& param, std::ostream* os) { *os << param.name; }
};

class EngineOnLuma : public ::testing::TestWithParam<Yuv> {};

// Luma is compared in grey units, each component is blended at its own resolution, in place and
// not.
TEST_P(EngineOnLuma, DrawsWhatMovedInLuma) {
  const auto& [name, format, color] = GetParam();
  const ColorTable colors = make_color_table(cv::COLORMAP_JET, format, color);
  std::mt19937 random(3);
  for (const Size size : {Size{1, 1}, Size{63, 35}, Size{517, 41}, Size{520, 150}}) {
    Engine engine;
    engine.configure({format, color, size});
    cv::Mat previous, heat = cv::Mat::zeros(size.height, size.width, CV_32SC1);
    for (int i = 0; i < 12; ++i) {
      Frame in(format, size, {.padding = i % 3}), out(format, size, {.padding = i % 4});
      in.randomize(random);  // chroma moves everywhere
      cv::Mat luma;
      cv::cvtColor(blocks(size, i), luma, cv::COLOR_BGR2GRAY);
      for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) in.at(0, x, y) = luma.at<uint8_t>(y, x);

      for (int y = 0; i > 0 && y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
          const int d = std::abs(luma.at<uint8_t>(y, x) - previous.at<uint8_t>(y, x));
          heat.at<int>(y, x) += std::floor(d * 255.0 / color.scale[0] + 0.5) > 25;
        }
      }
      double max = 0;
      cv::minMaxLoc(heat, nullptr, &max);
      cv::Mat index = cv::Mat::zeros(heat.size(), CV_8UC1);
      for (int y = 0; max > 0 && y < size.height; ++y)
        for (int x = 0; x < size.width; ++x)
          index.at<uint8_t>(y, x) = uint8_t(float(heat.at<int>(y, x)) / float(max) * 255.0f);
      previous = luma;

      if (i % 4 == 3) {
        out.set_bytes(in.bytes());
        engine.process(out.view(), &out.view());
      } else {
        engine.process(in.view(), &out.view());
      }
      for (int c = 0; c < format.n_components; ++c)
        ASSERT_TRUE(same_picture(out.plane(c), blended_plane(in, c, index, colors[c], 0.4)))
            << "component " << c << " of frame " << i << " in " << size.width;
      EXPECT_EQ(out.alpha(), in.alpha());
      EXPECT_TRUE(in.padding_is_intact() && out.padding_is_intact());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, EngineOnLuma,
    ::testing::Values(Yuv{"I420_limited", kI420, kLimited601}, Yuv{"I420_full", kI420, kFull709},
                      Yuv{"NV12_limited", kNv12, kLimited601}, Yuv{"NV12_full", kNv12, kFull709},
                      Yuv{"GRAY8", kGray8, ColorSpace{}}, Yuv{"YUY2", kYuy2, kLimited601},
                      Yuv{"UYVY", kUyvy, kLimited601}, Yuv{"AYUV", kAyuv, kLimited601}),
    name_of);

// The same footage as I420 and as BGR: Pearson's r over the normalised map, and the pictures.
TEST(Engine, LumaAndColorAgree) {
  const Size size{600, 200};
  Engine color, luma;
  color.configure({kBgr, {}, size});
  luma.configure({kI420, kLimited601, size});
  Frame frame(kI420, size);
  for (int i = 0; i < 40; ++i) {
    cv::Mat picture = blocks(size, i), yuv;
    cv::cvtColor(picture, yuv, cv::COLOR_BGR2YUV_I420);
    frame.set_bytes({yuv.data, yuv.data + yuv.total()});
    luma.process(frame.view(), &frame.view());
    cv::cvtColor(processed(color, picture), yuv, cv::COLOR_BGR2YUV_I420);
    const cv::Mat expected = yuv.rowRange(0, size.height);
    EXPECT_LE(cv::norm(frame.plane(0), expected, cv::NORM_INF), 2) << "frame " << i;
  }
  cv::Mat a, b;
  index_of(color).convertTo(a, CV_64F);
  index_of(luma).convertTo(b, CV_64F);
  a -= cv::mean(a);
  b -= cv::mean(b);
  EXPECT_GE(a.dot(b) / (cv::norm(a) * cv::norm(b)), 0.98);
}

}  // namespace
}  // namespace motionheat::test
