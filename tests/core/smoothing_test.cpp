// SPDX-License-Identifier: LGPL-2.1-or-later
// Against OpenCV's Gaussian of the counts.
#include "smoothing.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <random>

#include "engine.h"
#include "videos.h"

namespace motionheat::test {
namespace {

// Trails, some of them a pixel wide, which blocks are worst at.
std::vector<uint64_t> counts_of(Size size, std::mt19937& random) {
  cv::Mat events = cv::Mat::zeros(size.height, size.width, CV_32SC1);
  for (int i = 0; i < 12; ++i) {
    const auto point = [&] {
      return cv::Point(int(random() % size.width), int(random() % size.height));
    };
    cv::Mat trail = cv::Mat::zeros(events.size(), CV_32SC1);
    cv::line(trail, point(), point(), 1 + int(random() % 40), 1 + int(random() % 12));
    events += trail;
  }
  return {events.begin<int>(), events.end<int>()};
}

cv::Mat gaussian_of(Size size, const std::vector<uint64_t>& counts, double sigma) {
  cv::Mat heat(size.height, size.width, CV_32FC1);
  std::copy(counts.begin(), counts.end(), heat.begin<float>());
  cv::GaussianBlur(heat, heat, cv::Size(), sigma);
  return heat;
}

// The index of every pixel, of which only those that changed are given.
void paint(Smoothing& smoothing, cv::Mat& index) {
  const TileGrid grid({index.cols, index.rows});
  for (int row = 0; row < grid.rows(); ++row) {
    smoothing.paint_row(row, [&](int tile, const uint8_t* of_tile, const TileGrid::Chunks& chunks) {
      const Rect rect = grid.rect(tile);
      for (int y = 0; y < rect.height; ++y)
        for (int x = 0; x < rect.width; ++x)
          if (chunks[x / TileGrid::kChunkWidth])
            index.at<uint8_t>(rect.y + y, rect.x + x) = of_tile[TileGrid::offset(x, y)];
    });
  }
}

TEST(Smoothing, IsAGaussian) {
  std::mt19937 random(1);
  for (const Size size : {Size{520, 300}, Size{333, 201}}) {
    for (const int radius : {1, 2, 3, 4, 5, 8, 13, 16, 31, 63}) {
      const std::vector<uint64_t> counts = counts_of(size, random);
      const HeatMap heat = HeatMap::of(size, counts, 1);
      Smoothing smoothing(heat.grid(), heat.grid(), 1, radius);
      smoothing.update(heat, true);
      const Scale scale = smoothing.scale(heat, {});
      smoothing.index(scale);
      cv::Mat index = cv::Mat::zeros(size.height, size.width, CV_8UC1);
      paint(smoothing, index);

      const cv::Mat expected = gaussian_of(size, counts, radius / 2.0);
      double max = 0;
      cv::minMaxLoc(expected, nullptr, &max);
      EXPECT_NEAR(scale.full() / max, 1, 0.08) << radius;
      cv::Mat wanted, difference;
      expected.convertTo(wanted, CV_8U, 255 / scale.full(), -0.5);
      cv::absdiff(wanted, index, difference);
      // At the edges blocks are repeated in another way than pixels.
      const int edge = radius < 4 ? 0 : std::min(radius, size.height / 3);
      difference = difference(cv::Rect(edge, edge, size.width - 2 * edge, size.height - 2 * edge));
      double worst = 0;
      cv::minMaxLoc(difference, nullptr, &worst);
      EXPECT_LE(worst, 14) << radius << " of " << size.width << "x" << size.height;
      EXPECT_LE(cv::mean(difference)[0], 1.2) << radius;
      EXPECT_LE(cv::countNonZero(difference > 5), int(size.area() / 100)) << radius;
    }
  }
}

// Whatever order events came in, and whosever turn it was.
TEST(Smoothing, FollowsEvents) {
  std::mt19937 random(2);
  for (const auto& [radius, scale] :
       {std::pair{3, 1}, {8, 1}, {40, 1}, {8, 2}, {9, 3}, {63, 16}, {1, 5}}) {
    const Size picture{411, 203};
    const TileGrid grid(picture);
    HeatMap heat(Size{(picture.width + scale - 1) / scale, (picture.height + scale - 1) / scale});
    Smoothing followed(heat.grid(), grid, scale, radius);
    cv::Mat index = cv::Mat::zeros(picture.height, picture.width, CV_8UC1);
    for (int frame = 0; frame < 60; ++frame) {
      for (int i = 0; i < 3; ++i) {
        const int tile = int(random() % unsigned(heat.grid().count()));
        const Rect rect = heat.grid().rect(tile);
        std::array<uint8_t, TileGrid::kMaskBytes * TileGrid::kHeight> mask{};
        for (int bit = 0; bit < 40; ++bit) {
          const int x = int(random() % unsigned(rect.width)),
                    y = int(random() % unsigned(rect.height));
          mask[size_t(y * TileGrid::kMaskBytes + x / 8)] |= uint8_t(1 << x % 8);
        }
        TileGrid::Chunks moved{};
        heat.add(tile, mask.data(), TileGrid::kMaskBytes, moved);
      }
      followed.update(heat, frame == 59);
      followed.index(followed.scale(heat, {.curve = Curve::kSqrt}));
      paint(followed, index);
    }
    Smoothing at_once(heat.grid(), grid, scale, radius);
    at_once.update(heat, true);
    at_once.index(at_once.scale(heat, {.curve = Curve::kSqrt}));
    cv::Mat whole = cv::Mat::zeros(picture.height, picture.width, CV_8UC1);
    paint(at_once, whole);
    EXPECT_EQ(cv::countNonZero(whole != index), 0) << radius << " at 1/" << scale;
    EXPECT_GT(cv::countNonZero(whole), 0);
    followed.forget();
    followed.update(heat, true);
    followed.index(followed.scale(heat, {.curve = Curve::kSqrt}));
    index = 0;
    paint(followed, index);
    EXPECT_EQ(cv::countNonZero(whole != index), 0) << radius << " anew";
  }
}

TEST(Smoothing, CountsBeyondSixteenBits) {
  std::mt19937 random(3);
  const Size size{200, 64};
  const std::vector<uint64_t> counts = counts_of(size, random);
  std::vector<uint64_t> large = counts;
  for (uint64_t& count : large) count *= 1 << 20;
  cv::Mat index[2];
  for (int i = 0; i < 2; ++i) {
    const HeatMap heat = HeatMap::of(size, i ? large : counts, 1);
    Smoothing smoothing(heat.grid(), heat.grid(), 1, 6);
    smoothing.update(heat, true);
    smoothing.index(smoothing.scale(heat, {}));
    index[i] = cv::Mat::zeros(size.height, size.width, CV_8UC1);
    paint(smoothing, index[i]);
  }
  EXPECT_EQ(cv::countNonZero(index[0] != index[1]), 0);
}

TEST(Smoothing, TakesThePercentileOfWhatIsSmooth) {
  std::mt19937 random(4);
  const Size size{520, 300};
  const std::vector<uint64_t> counts = counts_of(size, random);
  const HeatMap heat = HeatMap::of(size, counts, 1);
  for (const double percent : {10.0, 50.0, 99.5, 100.0}) {
    Smoothing smoothing(heat.grid(), heat.grid(), 1, 3);
    smoothing.update(heat, true);
    const Scale scale =
        smoothing.scale(heat, {.normalization = Normalization::kPercentile, .percentile = percent});
    const cv::Mat smooth = gaussian_of(size, counts, 1.5);
    std::vector<float> hot;
    std::copy_if(smooth.begin<float>(), smooth.end<float>(), std::back_inserter(hot),
                 [](float value) { return value > 0.05f; });
    std::sort(hot.begin(), hot.end());
    const float expected = hot[size_t(std::ceil(double(hot.size()) * percent / 100)) - 1];
    EXPECT_NEAR(scale.full() / expected, 1, 0.01) << percent;
  }
}

// The whole engine: what is shown is smooth, what is told is not, and none of it stays once it is
// off.
TEST(EngineSmoothing, ChangesWhatIsShownOnly) {
  const Size size{300, 200};
  Engine plain, smooth;
  smooth.set({.smoothing = 8});
  cv::Mat of_plain, of_smooth;
  for (Engine* engine : {&plain, &smooth}) {
    engine->configure({kBgr, {}, size});
    for (int i = 0; i < 40; ++i) {
      cv::Mat frame(size.height, size.width, CV_8UC3, cv::Scalar::all(60));
      cv::rectangle(frame, {20 + 5 * i, 80, 30, 60}, cv::Scalar::all(200), cv::FILLED);
      (engine == &plain ? of_plain : of_smooth) = processed(*engine, frame);
    }
  }
  EXPECT_EQ(cv::countNonZero(index_of(plain) != index_of(smooth)), 0);
  EXPECT_EQ(plain.report().max, smooth.report().max);
  EXPECT_GT(cv::norm(of_plain, of_smooth, cv::NORM_INF), 20);
  smooth.set({});
  cv::Mat frame(size.height, size.width, CV_8UC3, cv::Scalar::all(60));
  EXPECT_EQ(cv::norm(processed(plain, frame), processed(smooth, frame), cv::NORM_INF), 0);
}

}  // namespace
}  // namespace motionheat::test
