// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <climits>

#include "reference.h"
#include "videos.h"

// What happens to the heat and the previous frame in the life of a stream, and what is told of
// them.
namespace motionheat::test {
namespace {

constexpr ColorSpace kLimited{.offset = {16, 128, 128}, .scale = {219, 224, 224}};

Engine engine_for(Size size) {
  Engine engine;
  engine.configure({kBgr, {}, size});
  return engine;
}

void run(Engine& engine, Reference& reference, Size size, int first, int end) {
  for (int i = first; i < end; ++i) {
    reference.add(blocks(size, i));
    ASSERT_TRUE(same_picture(processed(engine, blocks(size, i)), reference.overlay()))
        << "frame " << i;
  }
}

TEST(EngineStream, ABreakDropsThePreviousFrameAndKeepsTheHeat) {
  const Size size{280, 40};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 10);
  engine.forget_previous();
  reference.forget_previous();
  engine.begin_period();
  run(engine, reference, size, 50, 51);
  EXPECT_EQ(engine.report().motion, 0);
  run(engine, reference, size, 51, 60);
  EXPECT_EQ(engine.report().frames, 20u);
  EXPECT_EQ(engine.report().skipped, 0u);
}

TEST(EngineStream, ASkippedFrameIsDrawnOnAndNotCounted) {
  const Size size{280, 40};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 10);
  const Report before = engine.report();

  const cv::Mat frame = blocks(size, 77);
  engine.skip();
  const cv::Mat picture = drawn(engine, frame);
  cv::Mat expected;
  cv::addWeighted(frame, 0.6, reference.color(), 0.4, 0, expected);
  EXPECT_TRUE(same_picture(picture, expected));
  const Report after = engine.report();
  EXPECT_EQ(after.skipped, 1u);
  EXPECT_EQ(after.frames, before.frames);
  EXPECT_EQ(after.motion, before.motion);
  EXPECT_EQ(after.max, before.max);
  EXPECT_EQ(after.coverage, before.coverage);

  run(engine, reference, size, 10, 15);
}

// A frame of which nothing is to be seen is none: it is not drawn on, and the one before stays.
TEST(EngineStream, AnEmptyFrameIsNone) {
  const Size size{280, 40};
  for (const Settings& settings :
       {Settings{}, Settings{.detector = Detector::kMog2}, Settings{.analysis_scale = 3},
        Settings{.background = Background::kAverage}}) {
    for (const Size empty : {Size{0, 0}, Size{0, 40}, Size{280, 0}}) {
      Engine engine = engine_for(size), other = engine_for(size);
      engine.set(settings);
      other.set(settings);
      for (int i = 0; i < 12; ++i) {
        FrameView view(empty);  // of no memory at all
        engine.process(view, i % 2 ? &view : nullptr);
        engine.draw(view, view);
        const cv::Mat frame = blocks(size, i);
        ASSERT_TRUE(same_picture(processed(engine, frame), processed(other, frame)));
      }
      EXPECT_TRUE(same_picture(events_of(engine), events_of(other)));
      EXPECT_EQ(engine.report().motion, other.report().motion);
      EXPECT_EQ(engine.report().frames, 12u);
    }
  }
}

// What a detector saw before another one was asked for is no more.
TEST(EngineStream, ADetectorThatComesBackBeginsAnew) {
  const Size size{70, 50};
  const Detector detectors[] = {Detector::kDifference, Detector::kMog2, Detector::kKnn};
  cv::Mat black = cv::Mat::zeros(size.height, size.width, CV_8UC3), white = ~black;
  for (const Detector detector : detectors) {
    for (const Detector other : detectors) {
      if (other == detector) continue;
      Engine engine = engine_for(size);
      engine.set({.detector = detector});
      for (int i = 0; i < 10; ++i) processed(engine, black);
      engine.set({.detector = other});
      processed(engine, black);
      engine.set({.detector = detector});
      processed(engine, white);
      EXPECT_EQ(engine.report().max, 0) << int(detector) << " " << int(other);
    }
  }
}

TEST(EngineStream, DrawLeavesThePreviousFrame) {
  const Size size{280, 40};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 5);
  drawn(engine, blocks(size, 99));
  run(engine, reference, size, 5, 10);
}

TEST(EngineStream, ResetForgetsTheHeatAndKeepsThePreviousFrame) {
  const Size size{530, 70};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 20);
  engine.skip();
  engine.forget_previous();
  reference.forget_previous();
  run(engine, reference, size, 20, 30);
  engine.reset();
  reference.reset();
  const Report empty = engine.report();
  EXPECT_EQ(empty.frames, 0u);
  EXPECT_EQ(empty.skipped, 0u);
  EXPECT_EQ(empty.max, 0);
  EXPECT_EQ(empty.full_scale, 0);
  EXPECT_EQ(empty.motion, 0);
  EXPECT_EQ(empty.coverage, 0);
  EXPECT_EQ(cv::countNonZero(index_of(engine)), 0);
  run(engine, reference, size, 30, 40);
  EXPECT_EQ(engine.report().frames, 10u);
  EXPECT_GT(engine.report().max, 0);
}

TEST(EngineStream, ClearForgetsTheStreamAndKeepsTheSettings) {
  const Size size{60, 40};
  Engine engine = engine_for(size);
  engine.set({.colormap = cv::COLORMAP_HOT});
  Reference reference;
  reference.colormap = cv::COLORMAP_HOT;
  run(engine, reference, size, 0, 10);
  engine.clear();
  EXPECT_FALSE(engine.is_configured());
  EXPECT_EQ(engine.report().frames, 0u);
  EXPECT_EQ(engine.map_size(0), Size());
  engine.configure({kBgr, {}, size});
  EXPECT_TRUE(engine.is_configured());
  reference = Reference();
  reference.colormap = cv::COLORMAP_HOT;
  run(engine, reference, size, 10, 20);
}

TEST(EngineStream, ANewFormatKeepsTheHeat) {
  const Size size{301, 41};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 10);

  engine.configure({kI420, kLimited, size});
  const ColorTable colors = make_color_table(cv::COLORMAP_JET, kI420, kLimited);
  std::mt19937 random(1);
  Frame in(kI420, size), out(kI420, size);
  in.randomize(random);
  engine.process(in.view(), &out.view());  // a first frame: no motion
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(
        same_picture(out.plane(i), blended_plane(in, i, reference.index(), colors[i], 0.4)));

  engine.configure({kBgr, {}, size});
  reference.forget_previous();
  run(engine, reference, size, 10, 20);
  EXPECT_EQ(engine.report().frames, 21u);
}

TEST(EngineStream, ANewSizeKeepsTheHeatResampled) {
  const Size size{300, 40}, larger{601, 90};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 20);
  const Report before = engine.report();
  const cv::Mat events = events_of(engine);

  engine.configure({kBgr, {}, larger});
  EXPECT_EQ(engine.report().size, larger);
  EXPECT_EQ(engine.report().max, before.max);
  EXPECT_EQ(engine.report().frames, before.frames);
  EXPECT_NEAR(engine.report().coverage, before.coverage, 0.01);

  // The first frame in the new size is compared with nothing and shows the resampled heat.
  const cv::Mat frame = blocks(larger, 0);
  engine.begin_period();
  const cv::Mat picture = processed(engine, frame);
  cv::Mat color, expected;
  cv::applyColorMap(index_of(engine), color, cv::COLORMAP_JET);
  cv::addWeighted(frame, 0.6, color, 0.4, 0, expected);
  EXPECT_TRUE(same_picture(picture, expected));
  EXPECT_EQ(engine.report().motion, 0);

  engine.configure({kBgr, {}, size});
  EXPECT_TRUE(same_picture(events_of(engine), events));
  reference.forget_previous();
  run(engine, reference, size, 20, 30);
}

TEST(EngineStream, ASizeThatIsTooLargeLeavesTheEngineAsItWas) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer ends the program where memory runs out";
#endif
  const Size size{300, 40};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 5);
  EXPECT_THROW(engine.configure({kBgr, {}, {INT_MAX, INT_MAX}}), std::bad_alloc);
  EXPECT_EQ(engine.report().size, size);
  run(engine, reference, size, 5, 10);
}

// A buffer may hold more or less than the stream's size; what they share is processed.
TEST(EngineStream, ALargerFrameIsProcessedWithinTheStreamsSize) {
  const Size size{301, 41}, larger{330, 60};
  Engine engine = engine_for(size);
  Reference reference;
  for (int i = 0; i < 5; ++i) {
    cv::Mat frame = blocks(larger, i), expected = frame.clone();
    cv::Mat inside = expected(cv::Rect(0, 0, size.width, size.height));
    reference.add(inside);
    reference.overlay().copyTo(inside);
    ASSERT_TRUE(same_picture(processed(engine, frame), expected)) << "frame " << i;
  }
}

TEST(EngineStream, ASmallerFrameIsProcessedAsFarAsItGoes) {
  const Size size{301, 41}, smaller{270, 19};
  const cv::Rect inside(0, 0, smaller.width, smaller.height);
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 5);
  cv::Mat whole = blocks(size, 4);  // nothing moves outside
  for (int i = 0; i < 4; ++i) {
    const cv::Mat small = noise(smaller, i);
    small.copyTo(whole(inside));
    reference.add(whole);
    ASSERT_TRUE(same_picture(processed(engine, small), reference.overlay()(inside)));
  }
  cv::Mat events;
  reference.heat().convertTo(events, CV_64F, 1 / 255.0);
  EXPECT_TRUE(same_picture(events_of(engine), events));
}

// After a break there is nothing to compare with where the frames since then did not reach.
TEST(EngineStream, ASmallerFrameAfterABreakBringsNoOldPictureBack) {
  const Size size{301, 41}, smaller{270, 19};
  Engine engine = engine_for(size);
  cv::Mat black = cv::Mat::zeros(size.height, size.width, CV_8UC3);
  cv::Mat white(size.height, size.width, CV_8UC3, cv::Scalar::all(255));
  processed(engine, black);
  engine.forget_previous();
  processed(engine, white(cv::Rect(0, 0, smaller.width, smaller.height)));
  processed(engine, white);
  EXPECT_EQ(engine.report().motion, 0);
  EXPECT_EQ(engine.report().max, 0);
}

// A background begins anew with a frame that shows more than it, also in one direction only.
TEST(EngineStream, ABackgroundGrowsEitherWay) {
  const Size size{301, 41};
  const cv::Mat whole = noise(size, 1);
  for (const Background background : {Background::kFirst, Background::kAverage}) {
    for (const Size smaller : {Size{270, 41}, Size{301, 19}}) {
      Engine engine = engine_for(size);
      engine.set({.opacity = 0, .background = background});
      const cv::Mat part = noise(smaller, 0);
      EXPECT_TRUE(same_picture(processed(engine, part), part));
      EXPECT_TRUE(same_picture(processed(engine, whole), whole));
    }
  }
}

TEST(EngineReport, BeforeTheFirstFrameAllIsZero) {
  Engine empty, still = engine_for({30, 20});
  for (Engine* const engine : {&empty, &still}) {
    const Report report = engine->report();
    EXPECT_EQ(report.frames, 0u);
    EXPECT_EQ(report.skipped, 0u);
    EXPECT_EQ(report.max, 0);
    EXPECT_EQ(report.full_scale, 0);
    EXPECT_EQ(report.motion, 0);
    EXPECT_EQ(report.coverage, 0);
    EXPECT_EQ(report.hot_x, 0);
    EXPECT_EQ(report.hot_y, 0);
    EXPECT_EQ(report.size, (engine->is_configured() ? Size{30, 20} : Size{}));
  }
}

// Draws a video of single pixels that blink: (x, y, how many times).
Engine engine_with_events(Size size, const std::vector<cv::Vec3i>& events) {
  Engine engine = engine_for(size);
  for (int i = 0; i < 12; ++i) {
    if (i == 11) engine.begin_period();
    cv::Mat frame = cv::Mat::zeros(size.height, size.width, CV_8UC3);
    for (const cv::Vec3i& e : events)
      frame.at<cv::Vec3b>(e[1], e[0]) = cv::Vec3b::all(std::min(i, e[2]) % 2 ? 200 : 0);
    processed(engine, frame);
  }
  return engine;
}

TEST(EngineReport, TellsTheStateOfTheMap) {
  const Size size{600, 50};
  Engine engine = engine_with_events(size, {{5, 40, 7}, {500, 3, 11}, {599, 49, 4}});
  const Report report = engine.report();
  EXPECT_EQ(report.frames, 12u);
  EXPECT_EQ(report.size, size);
  EXPECT_EQ(report.max, 11);
  EXPECT_EQ(report.full_scale, 11);
  EXPECT_EQ(report.motion, 1 / 30000.0);  // only the one that still blinks
  EXPECT_EQ(report.coverage, 3 / 30000.0);
  EXPECT_DOUBLE_EQ(report.hot_x, 500.5 / 600);
  EXPECT_DOUBLE_EQ(report.hot_y, 3.5 / 50);
}

// The figures of motion are those of a period; what no frame was analysed in has none.
TEST(EngineReport, MotionIsThatOfThePeriod) {
  const Size size{30, 20};
  Engine engine = engine_for(size);
  const auto flash = [&](int pixels) {
    cv::Mat frame = cv::Mat::zeros(size.height, size.width, CV_8UC3);
    for (int i = 0; i < pixels; ++i) frame.at<cv::Vec3b>(i / 30, i % 30) = {200, 200, 200};
    processed(engine, frame);
  };
  const auto expect_motion = [&](double mean, double peak) {
    EXPECT_DOUBLE_EQ(engine.report().motion, mean / 600);
    EXPECT_DOUBLE_EQ(engine.report().motion_peak, peak / 600);
  };
  for (const int pixels : {0, 60, 50, 50}) flash(pixels);
  expect_motion(70 / 4.0, 60);
  engine.begin_period();
  expect_motion(0, 0);
  engine.repeat();
  engine.skip();
  expect_motion(0, 0);
  for (const int pixels : {56, 53}) flash(pixels);
  expect_motion(9 / 2.0, 6);
  engine.reset();
  expect_motion(0, 0);
}

// What was counted before the scale was known stays so when drawing takes more threads.
TEST(EngineReport, MotionDoesNotDependOnThreads) {
  const Size size{64, 1100};
  cv::Mat black = cv::Mat::zeros(size.height, size.width, CV_8UC3), white = ~black;
  for (const int scale : {1, 2}) {
    Engine engine = engine_for(size);
    engine.set({.analysis_scale = scale});
    engine.process(view_of(black), nullptr);
    processed(engine, white);
    engine.set({.analysis_scale = scale, .n_threads = 4});
    engine.begin_period();
    processed(engine, black);
    EXPECT_EQ(engine.report().motion, 1) << scale;
  }
}

TEST(EngineReport, CountsWhatRepeats) {
  Engine engine = engine_for({30, 20});
  engine.repeat();
  engine.repeat();
  engine.skip();
  EXPECT_EQ(engine.report().repeated, 2u);
  EXPECT_EQ(engine.report().skipped, 1u);
  EXPECT_EQ(engine.report().frames, 0u);
  engine.restore(HeatMap({30, 20}), 5, 6);
  EXPECT_EQ(engine.report().repeated, 0u);
  engine.repeat();
  engine.reset();
  EXPECT_EQ(engine.report().repeated, 0u);
}

// Reading order goes by rows of the picture, not by tiles.
TEST(EngineReport, TheHottestSpotIsTheFirstInReadingOrder) {
  const Size size{600, 50};
  Engine engine = engine_with_events(size, {{5, 7, 6}, {300, 4, 6}, {280, 6, 6}, {310, 4, 6}});
  EXPECT_DOUBLE_EQ(engine.report().hot_x, 300.5 / 600);
  EXPECT_DOUBLE_EQ(engine.report().hot_y, 4.5 / 50);
}

TEST(EngineMap, CellsAreTheMaximumOfWhatTheyCover) {
  const Size size{517, 61};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 30);
  const cv::Mat index = reference.index();
  for (const int width : {1, 2, 64, 100, 333, 516}) {
    const cv::Mat map = map_of(engine, width);
    ASSERT_EQ(map.cols, width);
    ASSERT_EQ(map.rows, std::max(1, int(std::lround(61.0 * width / 517))));
    cv::Mat expected = cv::Mat::zeros(map.rows, width, CV_8UC1);
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        uint8_t& cell = expected.at<uint8_t>(y * map.rows / size.height, x * width / size.width);
        cell = std::max(cell, index.at<uint8_t>(y, x));
      }
    }
    EXPECT_EQ(cv::countNonZero(map != expected), 0) << width;
  }
}

TEST(EngineMap, IsNeverLargerThanTheAnalysis) {
  const Size size{51, 37};
  Engine engine = engine_for(size);
  Reference reference;
  run(engine, reference, size, 0, 10);
  const cv::Mat index = reference.index();
  for (const int width : {0, 51, 52, INT_MAX}) {
    EXPECT_EQ(engine.map_size(width), size);
    EXPECT_EQ(cv::countNonZero(map_of(engine, width) != index), 0);
  }
}

TEST(EngineMap, OfATallPictureHasARow) {
  Engine engine = engine_for({300, 1});
  EXPECT_EQ(engine.map_size(10), (Size{10, 1}));
  engine.configure({kBgr, {}, {3, 700}});
  EXPECT_EQ(engine.map_size(1), (Size{1, 233}));
}

// Counts beyond 16 bits, which take two words.
TEST(EngineMap, OfAHotMapThatFades) {
  const Size size{300, 40};
  std::mt19937_64 random(1);
  std::vector<uint64_t> counts(size_t(size.area()));
  for (uint64_t& count : counts) count = random() % 4 ? random() >> (30 + random() % 34) : 0;
  Engine engine = engine_for(size);
  engine.set({.half_life = 1});
  engine.restore(HeatMap::of(size, counts, 1), 1, 0);
  const auto expect_maxima = [&] {
    const HeatMap& heat = engine.heat();
    for (int row = 0; row < heat.grid().rows(); ++row) {
      uint64_t max = 0;
      for (int y = row * TileGrid::kHeight; y < (row + 1) * TileGrid::kHeight; ++y)
        for (int x = 0; x < size.width; ++x) max = std::max(max, heat.at(x, y));
      EXPECT_EQ(heat.row_max(row), max);
    }
    const cv::Mat index = index_of(engine);
    const cv::Mat map = map_of(engine, 100);
    for (int y = 0; y < map.rows; ++y) {
      for (int x = 0; x < map.cols; ++x) {
        uint8_t cell = 0;
        for (int v = 0; v < size.height; ++v)
          for (int u = 0; u < size.width; ++u)
            if (v * map.rows / size.height == y && u * map.cols / size.width == x)
              cell = std::max(cell, index.at<uint8_t>(v, u));
        ASSERT_EQ(map.at<uint8_t>(y, x), cell) << x << ", " << y;
      }
    }
  };
  expect_maxima();
  uint64_t covered = 0;
  for (int tile = 0; tile < engine.heat().grid().count(); ++tile)
    covered += engine.heat().covered(tile);
  EXPECT_EQ(covered, size_t(std::count_if(counts.begin(), counts.end(),
                                          [](uint64_t count) { return count > 0; })));
  // What is hot stays so, tile by tile, or vanishes.
  for (const double seconds : {20.0, 14.0}) {
    engine.advance(seconds);
    expect_maxima();
  }
}

TEST(EngineMemory, IsWithinNineBytesAPixel) {
  const Size size{1920, 1080};
  for (const PixelFormat& format : {kI420, kNv12, kGray8}) {
    Engine engine;
    engine.configure({format, kLimited, size});
    EXPECT_LE(engine.memory(), size_t(9 * size.area()));
    EXPECT_GE(engine.memory(), size_t(5 * size.area()));  // luma, counts, index, colours
  }
}

// A picture of which less than a half has heat stays within it when counts take two words, and
// gives those back when the heat has faded.
TEST(EngineMemory, OfHotTilesIsGivenBack) {
  const Size size{1280, 720};
  std::vector<uint64_t> counts(size_t(size.area()));
  std::fill(counts.begin(), counts.begin() + ptrdiff_t(counts.size() * 2 / 5), 70000);
  Engine engine;
  engine.set({.half_life = 1});
  engine.configure({kI420, kLimited, size});
  const size_t before = engine.memory();
  engine.restore(HeatMap::of(size, counts, 1), 1, 0);
  EXPECT_GT(engine.memory(), before + size_t(size.area()));
  EXPECT_LE(engine.memory(), size_t(9 * size.area()));
  engine.advance(20);
  EXPECT_EQ(engine.memory(), before);
}

}  // namespace
}  // namespace motionheat::test
