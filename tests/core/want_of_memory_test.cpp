// SPDX-License-Identifier: LGPL-2.1-or-later
// Every request for memory fails once, those of OpenCV too: an engine is then as it was, and goes
// on as if nothing had been.
#include <gtest/gtest.h>

#include <opencv2/core/utils/logger.hpp>

#include "allocations.h"
#include "videos.h"

namespace motionheat::test {
namespace {

constexpr Size kSize{300, 70};
constexpr ColorSpace kLimited{.offset = {16, 128, 128}, .scale = {219, 224, 224}};

const cv::Mat kOut(kSize.height, kSize.width, CV_8UC3);

// All that is done about bad cameras.
Settings all_steps() {
  return {.blur = 1,
          .despeckle = 1,
          .noise_adaptive = true,
          .stabilize = true,
          .sway_filter = true,
          .light_change_limit = 0.9};
}

// Calls `work` with its n-th request for memory failing, for every n until none is left to fail;
// `check` after each failure. Says how many failed.
template <typename Work, typename Check>
int fail_each(Work work, Check check) {
  for (int n = 1;; ++n) {
    bool failed = false;
    fail_allocation(n);
    try {
      work();
    } catch (const std::bad_alloc&) {
      failed = true;
    } catch (const cv::Exception&) {
      failed = true;
    }
    const bool reached = fail_allocation(0);
    if (!reached) return n - 1;
    if (failed) check();
  }
}

class WantOfMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (!COUNTS_ALLOCATIONS) GTEST_SKIP() << "the sanitizer's allocator does not fail";
    cv::setNumThreads(1);  // a thread of OpenCV's does not hand on what failed
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  }
  void TearDown() override { cv::setNumThreads(-1); }

  static Engine engine_with_heat(const Settings& settings = {}) {
    Engine engine;
    engine.set(settings);
    engine.configure({kBgr, {}, kSize});
    for (int i = 0; i < 20; ++i) processed(engine, blocks(kSize, i));
    return engine;
  }

  // What an engine shows and tells, and goes on to.
  struct State {
    cv::Mat events, picture;
    Size size;
    uint64_t frames;
    double motion;

    explicit State(Engine& engine)
        : events(events_of(engine)),
          picture(drawn(engine, blocks(kSize, 3))),
          size(engine.report().size),
          frames(engine.frames()),
          motion(engine.report().motion) {}
  };

  static void expect_same(const State& a, const State& b) {
    EXPECT_TRUE(same_picture(a.events, b.events));
    EXPECT_TRUE(same_picture(a.picture, b.picture));
    EXPECT_EQ(a.size, b.size);
    EXPECT_EQ(a.frames, b.frames);
    EXPECT_EQ(a.motion, b.motion);
  }
};

TEST_F(WantOfMemory, LeavesTheSettings) {
  const Settings all[] = {
      {.colormap = cv::COLORMAP_HOT},
      {.analysis_scale = 2, .colormap = cv::COLORMAP_HOT},
      {.detector = Detector::kMog2, .colormap = cv::COLORMAP_HOT},
      {.colormap = cv::COLORMAP_BONE, .background = Background::kAverage},
      {.colormap = cv::COLORMAP_BONE, .smoothing = 6},
      all_steps(),
      {.colormap = cv::COLORMAP_BONE, .normalization = Normalization::kPercentile},
  };
  for (const Settings& settings : all) {
    Engine engine = engine_with_heat();
    const State before(engine);
    EXPECT_GT(fail_each([&] { engine.set(settings); }, [&] { expect_same(State(engine), before); }),
              0);
    Engine other = engine_with_heat();
    other.set(settings);
    for (int i = 20; i < 30; ++i) {
      const cv::Mat frame = blocks(kSize, i);
      ASSERT_TRUE(same_picture(processed(engine, frame), processed(other, frame)));
    }
  }
}

TEST_F(WantOfMemory, LeavesTheStream) {
  for (const StreamFormat& stream :
       {StreamFormat{kI420, kLimited, kSize}, StreamFormat{kBgr, {}, {601, 90}},
        StreamFormat{kYuy2, kLimited, {90, 33}}}) {
    for (const Settings& settings :
         {Settings{}, Settings{.analysis_scale = 3, .background = Background::kFirst}}) {
      Engine engine = engine_with_heat(settings);
      const State before(engine);
      EXPECT_GT(
          fail_each([&] { engine.configure(stream); }, [&] { expect_same(State(engine), before); }),
          0);
      EXPECT_EQ(engine.heat().grid().size(), analysis_size(stream.size, settings.analysis_scale));
    }
  }
}

TEST_F(WantOfMemory, LeavesTheHeat) {
  std::vector<uint64_t> counts(size_t(kSize.area()));
  for (size_t i = 0; i < counts.size(); i += 7) counts[i] = i * 1000;
  const HeatMap heat = HeatMap::of(kSize, counts, 1);
  for (const Normalization normalization : {Normalization::kMax, Normalization::kPercentile}) {
    Engine engine = engine_with_heat({.normalization = normalization});
    const State before(engine);
    EXPECT_GT(
        fail_each([&] { engine.restore(heat, 7, 8); }, [&] { expect_same(State(engine), before); }),
        0);
    EXPECT_EQ(engine.heat().counts(), counts);
  }
}

// Nor does a first percentile fail once there is heat to take it of.
TEST_F(WantOfMemory, LeavesTheHeatOfAStreamThatBegins) {
  const Settings settings{.normalization = Normalization::kPercentile};
  const HeatMap heat = HeatMap::of(kSize, std::vector<uint64_t>(size_t(kSize.area()), 5), 1);
  for (const bool set_first : {false, true}) {
    Engine engine;
    if (set_first) engine.set(settings);
    engine.configure({kBgr, {}, kSize});
    engine.set(settings);
    EXPECT_GT(fail_each([&] { engine.restore(heat, 7, 8); },
                        [&] {
                          EXPECT_EQ(engine.frames(), 0u);
                          EXPECT_EQ(engine.heat().max(), 0u);
                        }),
              0);
    EXPECT_EQ(engine.report().full_scale, 5);
  }
}

// What the steps measure is made with the first frames that they see.
TEST_F(WantOfMemory, LeavesTheStepsAgainstBadCameras) {
  for (const int smoothing : {0, 6}) {
    Settings settings = all_steps();
    settings.smoothing = smoothing;
    Engine engine;
    engine.set(settings);
    engine.configure({kBgr, {}, kSize});
    int i = 0;
    uint64_t most = 0;  // events of a pixel
    const auto play = [&](cv::Mat frame) {
      cv::Mat out = kOut.clone();
      const FrameView view = view_of(out);
      ++most;
      engine.process(view_of(frame), &view);
    };
    int failed = 0;
    for (; i < 5; ++i)
      failed += fail_each([&] { play(noise(kSize, i)); },
                          [&] { ASSERT_LE(engine.heat().max(), most * engine.heat().unit()); });
    EXPECT_GT(failed, 10);
    engine.forget_previous();
    for (; i < 60; ++i) play(blocks(kSize, i));
    EXPECT_GT(engine.report().motion, 0);
  }
}

// A first half-life makes counts larger than their low words.
TEST_F(WantOfMemory, LeavesTheHeatAsOldAsItWas) {
  Engine engine = engine_with_heat({.half_life = 1});
  std::vector<uint64_t> counts(size_t(kSize.area()), 40);
  engine.restore(HeatMap::of(kSize, counts, 1), 1, 0);
  const State before(engine);
  EXPECT_GT(fail_each([&] { engine.advance(0.5); },
                      [&] {
                        expect_same(State(engine), before);
                        EXPECT_EQ(engine.heat().unit(), 1);
                      }),
            0);
  EXPECT_NEAR(double(engine.heat().max()) / engine.heat().unit(), 40 * std::exp2(-0.5), 1e-2);
}

// Pixels of a frame that failed were counted once or not at all, and none lost what it had: counts
// are about to take a second word.
TEST_F(WantOfMemory, CountsNoPixelTwice) {
  for (const bool draws : {false, true}) {
    for (const Settings& settings :
         {Settings{}, Settings{.normalization = Normalization::kPercentile},
          Settings{.analysis_scale = 2}, Settings{.smoothing = 6}, all_steps()}) {
      Engine engine = engine_with_heat(settings);
      const Size size = engine.heat().grid().size();
      std::vector<uint64_t> before(size_t(size.area()), 65534);
      engine.restore(HeatMap::of(size, before, 1), 1, 0);
      int i = 100;
      const auto play = [&] {
        cv::Mat frame = noise(kSize, ++i), out = kOut.clone();
        const FrameView view = view_of(out);
        engine.process(view_of(frame), draws ? &view : nullptr);
      };
      const auto check = [&] {
        const std::vector<uint64_t> after = engine.heat().counts();
        for (size_t k = 0; k < after.size(); ++k) {
          ASSERT_GE(after[k], before[k]);
          ASSERT_LE(after[k], before[k] + 1);
        }
      };
      for (int round = 0; round < 3; ++round) {
        EXPECT_GE(fail_each(
                      [&] {
                        before = engine.heat().counts();
                        play();
                      },
                      check),
                  round == 0);
      }
      // What is shown is what there is.
      Engine fresh = engine_with_heat(settings);
      fresh.restore(engine.heat(), engine.frames(), 0);
      const cv::Mat frame = noise(kSize, 1);
      EXPECT_TRUE(same_picture(drawn(engine, frame), drawn(fresh, frame)));
    }
  }
}

}  // namespace
}  // namespace motionheat::test
