// SPDX-License-Identifier: LGPL-2.1-or-later
// Analysis at a smaller size, other detectors and backgrounds, in whole frames.
#include <gtest/gtest.h>

#include "engine.h"
#include "reference.h"
#include "videos.h"

namespace motionheat::test {
namespace {

constexpr int kFrames = 40;

// Each pixel has the index of the cell it lies in.
cv::Mat enlarged(const cv::Mat& index, Size size, int scale) {
  cv::Mat large(size.height, size.width, CV_8UC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      large.at<uint8_t>(y, x) = index.at<uint8_t>(y / scale, x / scale);
  return large;
}

class AnalysisScale : public ::testing::TestWithParam<int> {};

TEST_P(AnalysisScale, EqualsTheReferenceOfTheShrunkVideo) {
  for (const Size size : {Size{1, 1}, Size{600, 100}, Size{333, 77}}) {
    const int scale = GetParam();
    Engine engine;
    engine.set({.analysis_scale = scale});
    engine.configure({kBgr, {}, size});
    Reference reference;
    for (int i = 0; i < kFrames; ++i) {
      const cv::Mat frame = blocks(size, i);
      reference.add(block_means(frame, scale));
      cv::Mat color, expected;
      cv::applyColorMap(enlarged(reference.index(), size, scale), color, cv::COLORMAP_JET);
      cv::addWeighted(frame, 0.6, color, 0.4, 0, expected);
      ASSERT_TRUE(same_picture(processed(engine, frame), expected)) << "frame " << i;
    }
    EXPECT_TRUE(engine.report().size == analysis_size(size, scale));
    EXPECT_TRUE(same_picture(index_of(engine), reference.index()));
  }
}

INSTANTIATE_TEST_SUITE_P(Scales, AnalysisScale, ::testing::Values(2, 3, 5, 8, 15, 16),
                         [](const auto& scale) { return std::to_string(scale.param); });

TEST(AnalysisScale, ChangesWhileTheVideoRuns) {
  const Size size{333, 77};
  Engine engine;
  engine.configure({kBgr, {}, size});
  for (int i = 0; i < kFrames; ++i) {
    const int scale = 1 + i / 4 % 5;
    engine.set({.analysis_scale = scale});
    processed(engine, blocks(size, i));
    EXPECT_TRUE(engine.report().size == analysis_size(size, scale));
  }
  EXPECT_GT(engine.report().max, 0);
  EXPECT_EQ(engine.report().frames, uint64_t(kFrames));
}

class DetectorOf : public ::testing::TestWithParam<Detector> {};

// A disc that moves by less than a difference would see is found; what stands still is not.
TEST_P(DetectorOf, FindsWhatMovesAndNothingElse) {
  const Size size{160, 90};
  cv::Mat scene(size.height, size.width, CV_8UC3);
  cv::RNG(1).fill(scene, cv::RNG::UNIFORM, 60, 120);
  for (const int scale : {1, 2}) {
    Engine engine;
    engine.set({.detector = GetParam(), .analysis_scale = scale});
    engine.configure({kBgr, {}, size});
    for (int i = 0; i < 60; ++i) processed(engine, scene);
    EXPECT_EQ(engine.report().max, 0);
    for (int i = 0; i < 40; ++i) {
      cv::Mat frame = scene.clone();
      cv::circle(frame, {30 + 2 * i, 45}, 12, cv::Scalar(250, 250, 250), cv::FILLED);
      processed(engine, frame);
    }
    const Report report = engine.report();
    EXPECT_GE(report.max, 8);
    EXPECT_NEAR(report.hot_y, 0.5, 0.1);
    EXPECT_GT(report.coverage, 0.1);
    EXPECT_LT(report.coverage, 0.3);
  }
}

INSTANTIATE_TEST_SUITE_P(Detectors, DetectorOf, ::testing::Values(Detector::kMog2, Detector::kKnn),
                         [](const auto& detector) {
                           return detector.param == Detector::kMog2 ? "mog2" : "knn";
                         });

TEST(Background, IsWhatTheHeatIsDrawnOn) {
  const Size size{40, 20};
  const auto grey = [&](int value) {
    return cv::Mat(size.height, size.width, CV_8UC3, cv::Scalar::all(value));
  };
  const auto blended = [&](int value, Engine& engine) {
    cv::Mat color, out;
    cv::applyColorMap(index_of(engine), color, cv::COLORMAP_JET);
    cv::addWeighted(grey(value), 0.6, color, 0.4, 0, out);
    return out;
  };
  Engine first, average;
  first.set({.background = Background::kFirst});
  average.set({.background = Background::kAverage});
  for (Engine* engine : {&first, &average}) engine->configure({kBgr, {}, size});
  int sum = 0;
  // So many frames are averaged whole; later parts of the picture take turns.
  for (int i = 0; i < 15; ++i) {
    const int value = i % 2 ? 200 : 100;
    sum += value;
    const cv::Mat shown = processed(first, grey(value));
    EXPECT_TRUE(same_picture(shown, blended(100, first))) << i;
    const cv::Mat mean = processed(average, grey(value));
    EXPECT_TRUE(same_picture(mean, blended(cvRound(double(sum) / (i + 1)), average))) << i;
  }
}

}  // namespace
}  // namespace motionheat::test
