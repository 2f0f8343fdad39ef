// SPDX-License-Identifier: LGPL-2.1-or-later
// On scenes that are drawn here: what moves in them is known, and so is their noise.
#include "noise.h"

#include <gtest/gtest.h>

#include <functional>
#include <opencv2/imgproc.hpp>
#include <random>

#include "frames.h"
#include "gray_frames.h"

namespace motionheat::test {
namespace {

constexpr int kThreshold = 25;
const cv::Size kSize(400, 240);

// Noise of a frame, in grey, at a pixel of this brightness.
using Noise = std::function<double(int frame, uint8_t grey)>;

Noise constant(double sigma) {
  return [sigma](int, uint8_t) { return sigma; };
}

// A wall with windows, and two small figures that walk in front of it.
cv::Mat scene(int frame, cv::Size size = kSize) {
  cv::Mat picture(size, CV_8UC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      picture.at<uint8_t>(y, x) = uint8_t(90 + 60 * x / size.width);
  for (int x = 20; x < size.width; x += 70)
    cv::rectangle(picture, {x, 30, 30, 40}, cv::Scalar(40 + x % 180), cv::FILLED);
  cv::rectangle(picture, cv::Rect(20 + 2 * frame, 120, 6, 15), 20, cv::FILLED);
  cv::rectangle(picture, cv::Rect(size.width - 30 - frame, 170, 9, 22), 215, cv::FILLED);
  return picture;
}

void add_noise(cv::Mat& picture, int frame, const Noise& noise, std::mt19937& random) {
  std::normal_distribution<float> normal;
  for (auto it = picture.begin<uint8_t>(); it != picture.end<uint8_t>(); ++it)
    *it = cv::saturate_cast<uint8_t>(float(*it) + float(noise(frame, *it)) * normal(random));
}

// Whole frames through the filter, in rows of bits as the engine has them.
class Stream {
 public:
  // What moved, 0 or 255; all of it in `all`. Empty for the first frame.
  cv::Mat next(const cv::Mat& current, const cv::Mat* counts = nullptr) {
    cv::Mat mask;
    if (previous_.size() == current.size()) {
      const NoiseFilter::Frame frame{current.size(), 1 / 25.0, counts};
      const RowStep rows = NoiseFilter::sampled_rows(current.size());
      filter.measure(frame, {every(current, rows), every(previous_, rows)});
      threshold = filter.threshold(kThreshold);
      const Size size{current.cols, current.rows};
      const ptrdiff_t stride = (size.width + 127) / 128 * 16;
      GuardedBytes bits(size_t(stride * size.height));
      const kernels::Rows<uint8_t> moved{bits.data(), stride};
      cv::Mat remembered = previous_.clone();
      for (int y = 0; y < size.height; ++y)
        kernels::active().compare_u8({current.ptr(y), 0}, {1, 0}, {remembered.ptr(y), 0},
                                     moved.down(y), {size.width, 1}, uint8_t(threshold));
      all = unpacked(bits.data(), stride, size);
      if (filter.suspect(frame, threshold, moved))
        filter.judge(frame, {current, previous_}, continues_);
      filter.clear(frame, moved);
      mask = unpacked(bits.data(), stride, size);
      for (int y = 0; y < size.height; ++y)
        for (int x = size.width; x < stride * 8; ++x)
          EXPECT_EQ(moved[y][x / 8] >> x % 8 & 1, 0) << x << ", " << y;
      continues_ = always_continues;
    }
    previous_ = current.clone();
    return mask;
  }

  NoiseFilter filter;
  bool always_continues = true;
  int threshold = kThreshold;
  cv::Mat all;

 private:
  cv::Mat previous_;
  bool continues_ = false;
};

struct Score {
  double wrong;  // events far from all motion, per million pixels and frame
  double kept;   // share of the pixels with true heat that have heat
  double alike;  // correlation of both heats, smooth
};

Score score_of(const cv::Mat& heat, const cv::Mat& truth, int frames) {
  const cv::Mat hot = truth > 0;
  cv::Mat distance, smooth[2];
  cv::distanceTransform(~hot, distance, cv::DIST_L2, 5);
  const cv::Mat far = distance > 8;
  const double wrong = cv::mean(heat, far)[0] / frames * 1e6;
  const double kept = cv::countNonZero((heat > 0) & hot) / double(cv::countNonZero(hot));
  cv::GaussianBlur(heat, smooth[0], cv::Size(), 5);
  cv::GaussianBlur(truth, smooth[1], cv::Size(), 5);
  for (cv::Mat& map : smooth) map -= cv::mean(map)[0];
  const double alike = smooth[0].dot(smooth[1]) / cv::norm(smooth[0]) / cv::norm(smooth[1]);
  return {wrong, kept, alike};
}

// The scores of the scene with noise, from frame `first` on.
Score score(const Noise& noise, Stream& stream, int frames = 100, int first = 0) {
  std::mt19937 random(1);
  cv::Mat heat = cv::Mat::zeros(kSize, CV_32FC1), truth = heat.clone(), before;
  for (int i = 0; i <= frames; ++i) {
    const cv::Mat clean = scene(i);
    cv::Mat picture = clean.clone();
    add_noise(picture, i, noise, random);
    const cv::Mat mask = stream.next(picture);
    if (i > first) {
      cv::Mat difference;
      cv::absdiff(clean, before, difference);
      cv::add(truth, cv::Scalar(1), truth, difference > kThreshold);
      cv::add(heat, cv::Scalar(1), heat, mask);
    }
    before = clean;
  }
  return score_of(heat, truth, frames - first);
}

TEST(Noise, LowNoiseChangesNothing) {
  for (const double sigma : {0.0, 1.0, 3.0}) {
    Stream stream;
    std::mt19937 random(2);
    for (int i = 0; i < 60; ++i) {
      cv::Mat picture = scene(i);
      add_noise(picture, i, constant(sigma), random);
      const cv::Mat mask = stream.next(picture);
      ASSERT_FALSE(stream.filter.is_active()) << sigma << " in frame " << i;
      if (i > 0) {
        EXPECT_TRUE(same_picture(mask, stream.all)) << sigma;
      }
    }
    EXPECT_EQ(stream.threshold, kThreshold);
    EXPECT_EQ(stream.filter.memory(), 0u);
  }
}

TEST(Noise, WhatMovesIsTold) {
  for (const double sigma : {6.0, 12.0, 20.0}) {
    Stream stream;
    const Score scored = score(constant(sigma), stream);
    EXPECT_TRUE(stream.filter.is_active());
    EXPECT_LE(scored.wrong, sigma < 20 ? 50 : 100) << sigma;
    EXPECT_GE(scored.kept, sigma < 20 ? 0.95 : 0.9) << sigma;
    EXPECT_GE(scored.alike, sigma < 20 ? 0.94 : 0.85) << sigma;
  }
}

// Frames become narrower within the same words of bits: what was at their right edge is gone.
TEST(Noise, OfNarrowerFramesIsNotThatOfWiderOnes) {
  Stream stream;
  std::mt19937 random(5);
  int kept = 0;
  for (int i = 0; i < 40; ++i) {
    cv::Mat picture(200, i < 12 ? 512 : 496, CV_8UC1, cv::Scalar(100));
    if (i < 12) picture(cv::Rect(500, 20 + 10 * i, 12, 30)).setTo(200);
    add_noise(picture, i, constant(14), random);
    const cv::Mat mask = stream.next(picture);
    if (i > 13) kept += cv::countNonZero(mask.colRange(480, 496));
  }
  EXPECT_LE(kept, 20);
}

TEST(Noise, IsMeasured) {
  for (const double sigma : {0.0, 2.0, 6.0, 12.0, 20.0}) {
    Stream stream;
    score(constant(sigma), stream, 40);
    EXPECT_NEAR(stream.filter.sigma(), sigma, 0.05 * sigma + 0.2);
  }
}

TEST(Noise, WhatIsBlackOrWhiteHasNone) {
  Stream stream;
  std::mt19937 random(3);
  for (int i = 0; i < 20; ++i) {
    cv::Mat picture(kSize, CV_8UC1, cv::Scalar(128));
    picture.colRange(0, 180).setTo(0);
    picture.colRange(180, 280).setTo(255);
    add_noise(
        picture, i, [](int, uint8_t grey) { return grey == 128 ? 12.0 : 1.0; }, random);
    stream.next(picture);
  }
  EXPECT_NEAR(stream.filter.sigma(), 12, 1);
}

TEST(Noise, DependsOnBrightness) {
  Stream stream;
  const Score scored = score([](int, uint8_t grey) { return 16.0 - grey / 16.0; }, stream);
  EXPECT_LE(scored.wrong, 50);
  EXPECT_GE(scored.kept, 0.95);
}

TEST(Noise, MayBeginAtOnce) {
  Stream stream;
  const Score scored =
      score([](int frame, uint8_t) { return frame < 50 ? 2.0 : 15.0; }, stream, 80, 49);
  EXPECT_LE(scored.wrong, 50);
  EXPECT_TRUE(stream.filter.is_active());
  // And it may end.
  for (int i = 81; i < 400; ++i) stream.next(scene(i % 100));
  EXPECT_FALSE(stream.filter.is_active());
}

TEST(Noise, OfACodecIsInBlocks) {
  Stream stream;
  std::mt19937 random(4);
  cv::Mat residue = cv::Mat::zeros(kSize, CV_32FC1), heat = residue.clone();
  constexpr int kFrames = 150;
  for (int i = 0; i < kFrames; ++i) {
    // All blocks become others now and then, and a few in between.
    for (int y = 0; y < kSize.height; y += 8) {
      for (int x = 0; x < kSize.width; x += 8) {
        if (i % 25 != 0 && random() % 50 != 0) continue;
        const cv::Mat block = residue(cv::Rect(x, y, 8, 8));
        cv::Mat coarse(4, 4, CV_32FC1);
        std::normal_distribution<float> normal(0, 7);
        std::generate(coarse.begin<float>(), coarse.end<float>(), [&] { return normal(random); });
        cv::resize(coarse, block, block.size());
      }
    }
    cv::Mat picture(kSize, CV_8UC1, cv::Scalar(120));
    cv::add(picture, residue, picture, cv::noArray(), CV_8UC1);
    const cv::Mat mask = stream.next(picture);
    if (i > 50) cv::add(heat, cv::Scalar(1), heat, mask);
  }
  EXPECT_LE(cv::mean(heat)[0] / (kFrames - 51) * 1e6, 50);
}

TEST(Noise, LightIsNone) {
  Stream stream;
  std::mt19937 random(5);
  for (int i = 0; i < 20; ++i) {
    cv::Mat picture = scene(i);
    picture += cv::Scalar(i / 10 * 60);
    add_noise(picture, i, constant(6), random);
    const cv::Mat mask = stream.next(picture);
    // All of the picture differs: that is for others to judge.
    if (i == 10) {
      EXPECT_GT(cv::countNonZero(mask), 0.9 * kSize.area());
    }
  }
  EXPECT_NEAR(stream.filter.sigma(), 6, 0.4);
}

TEST(Noise, ACameraThatIsMovedIsNone) {
  Stream stream;
  cv::Mat wide(kSize.height, kSize.width * 2, CV_8UC1);
  cv::RNG(9).fill(wide, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(wide, wide, cv::Size(), 3);
  cv::normalize(wide, wide, 0, 255, cv::NORM_MINMAX);
  for (int i = 0; i < 20; ++i) {
    const cv::Mat picture = wide.colRange(i / 10 * 20, i / 10 * 20 + kSize.width);
    const cv::Mat mask = stream.next(picture);
    EXPECT_FALSE(stream.filter.is_active());
    if (i == 10) {
      EXPECT_GT(cv::countNonZero(mask), 0.3 * kSize.area());
    }
  }
}

TEST(Noise, WhatIsMaskedIsNotMeasured) {
  Stream stream;
  std::mt19937 random(6);
  cv::Mat counts(kSize, CV_8UC1, cv::Scalar(255));
  counts.colRange(150, kSize.width).setTo(0);
  for (int i = 0; i < 30; ++i) {
    cv::Mat picture = scene(0);
    cv::Mat masked = picture.colRange(150, kSize.width);
    add_noise(masked, i, constant(20), random);
    stream.next(picture, &counts);
    EXPECT_FALSE(stream.filter.is_active()) << i;
  }
  EXPECT_EQ(stream.filter.sigma(), 0);
}

TEST(Noise, ResultDoesNotDependOnWhatIsKept) {
  Stream kept, anew;
  anew.always_continues = false;
  std::mt19937 random(7);
  for (int i = 0; i < 20; ++i) {
    cv::Mat picture = scene(i);
    add_noise(picture, i, constant(12), random);
    const cv::Mat mask = kept.next(picture);
    const cv::Mat same = anew.next(picture);
    if (i > 0) {
      EXPECT_TRUE(same_picture(mask, same));
    }
  }
}

TEST(Noise, BreaksAndTimesThatAreNone) {
  NoiseFilter filter;
  cv::Mat picture(kSize, CV_8UC1, cv::Scalar(100));
  for (const double seconds : {0.0, -1.0, 1e300, std::nan(""), 0.04}) {
    std::vector<uint8_t> bits(size_t(64 * kSize.height));
    const NoiseFilter::Frame frame{kSize, seconds};
    const cv::Mat rows = every(picture, NoiseFilter::sampled_rows(kSize));
    filter.measure(frame, {rows, rows});
    EXPECT_FALSE(filter.suspect(frame, kThreshold, {bits.data(), 64}));
    filter.clear(frame, {bits.data(), 64});
    filter.forget();
    EXPECT_EQ(filter.sigma(), 0);
  }
}

TEST(Noise, EverySize) {
  std::mt19937 random(8);
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(2, 1), cv::Size(1, 7), cv::Size(3, 2),
                              cv::Size(63, 65), cv::Size(64, 9), cv::Size(65, 64),
                              cv::Size(127, 33), cv::Size(129, 31), cv::Size(257, 130)}) {
    Stream stream;
    GuardedBytes bytes(size_t(size.area()));
    for (int i = 0; i < 6; ++i) {
      cv::Mat picture(size, CV_8UC1, bytes.data());
      picture.setTo(120);
      add_noise(picture, i, constant(15), random);
      cv::Mat body = picture(cv::Rect(size.width / 2, 0, (size.width + 3) / 4, size.height));
      body.setTo(i % 2 ? 230 : 10);
      const cv::Mat mask = stream.next(picture);
      if (i == 0) continue;
      EXPECT_EQ(cv::countNonZero(mask & ~stream.all), 0);
      EXPECT_EQ(cv::countNonZero(mask(cv::Rect(size.width / 2, 0, body.cols, size.height))),
                size.height * body.cols)
          << size;
    }
  }
}

}  // namespace
}  // namespace motionheat::test
