// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sway_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

namespace motionheat::test {
namespace {

constexpr int kWidth = 320;
constexpr int kHeight = 180;

// Spots of about this size.
cv::Mat texture(cv::Size size, double spot, int seed, int dark, int bright) {
  cv::RNG random(uint64_t(seed) + 1);
  cv::Mat spots(size, CV_32FC1);
  random.fill(spots, cv::RNG::UNIFORM, 0, 1);
  cv::GaussianBlur(spots, spots, {}, spot);
  cv::normalize(spots, spots, dark, bright, cv::NORM_MINMAX);
  cv::Mat bytes;
  spots.convertTo(bytes, CV_8U);
  return bytes;
}

// A scene is drawn for a time in seconds, on a still ground; where something else than swaying is
// drawn `body` becomes 1.
using Part = std::function<void(cv::Mat& picture, cv::Mat& body, double time)>;

// Leaves: each place of them goes to and fro, its neighbours at much the same time.
Part leaves(const cv::Rect& where, double period, float amplitude) {
  constexpr int kMargin = 16;
  const cv::Mat still =
      texture({where.width + 2 * kMargin, where.height + 2 * kMargin}, 1.2, 5, 10, 240);
  cv::Mat phase(where.size(), CV_32FC1);
  cv::RNG random(7);
  random.fill(phase, cv::RNG::UNIFORM, 0, 1);
  cv::GaussianBlur(phase, phase, {}, 8);
  cv::normalize(phase, phase, 0, 4, cv::NORM_MINMAX);
  return [=, map = cv::Mat(where.size(), CV_32FC2), drawn = cv::Mat()](
             cv::Mat& picture, cv::Mat& body, double time) mutable {
    const float turn = float(2 * std::numbers::pi * time / period);
    for (int y = 0; y < map.rows; ++y)
      for (int x = 0; x < map.cols; ++x) {
        const float p = phase.at<float>(y, x);
        const float dx = 0.8f * std::sin(turn + p) + 0.2f * std::sin(2.7f * turn + 2 * p);
        map.at<cv::Vec2f>(y, x) = {float(x + kMargin) + amplitude * dx,
                                   float(y + kMargin) + amplitude / 2 * std::sin(turn / 1.3f + p)};
      }
    cv::remap(still, drawn, map, cv::noArray(), cv::INTER_LINEAR);
    drawn.copyTo(picture(where));
    body(where).setTo(0);
  };
}

// A striped flag along which a wave travels to its loose end.
Part flag(cv::Rect where) {
  return [=](cv::Mat& picture, cv::Mat&, double time) {
    constexpr int kWave = 4;
    for (int y = where.y - kWave; y < where.y + where.height + kWave; ++y)
      for (int x = where.x; x < where.x + where.width; ++x) {
        const double along = double(x - where.x) / where.width;
        const double phase = 9 * along - 7.5 * time;
        const double down = y - where.y - 2.5 * along * std::sin(phase);
        if (down < 0 || down >= where.height) continue;
        const double stripe = std::clamp(6 * std::sin(down / 20 * 2 * std::numbers::pi), -1.0, 1.0);
        picture.at<uint8_t>(y, x) = uint8_t(130 + 70 * stripe + 26 * std::cos(phase));
      }
  };
}

struct Stand {
  double x;
  double y;  // of the feet
  bool walks;
};

// A figure: a trunk, an arm and two legs which swing as it walks; where it stands it waves.
Part figure(int height, std::function<Stand(double)> where, int seed = 3) {
  const cv::Mat clothes = texture({height, height}, 1.2, seed, 20, 230);
  return [=](cv::Mat& picture, cv::Mat& body, double time) {
    const Stand at = where(time);
    const auto part = [&](double x, double y, cv::Rect cut, double degrees) {
      const cv::Rect about(int(x) - height, int(y) - height, 2 * height, 2 * height);
      const cv::Rect seen = about & cv::Rect({0, 0}, picture.size());
      if (seen.empty()) return;
      cv::Mat way = cv::getRotationMatrix2D({float(cut.width) / 2, 0}, degrees, 1);
      way.at<double>(0, 2) += x - cut.width / 2.0 - seen.x;
      way.at<double>(1, 2) += y - seen.y;
      cv::Mat turned, shape;
      cv::warpAffine(clothes(cut), turned, way, seen.size());
      cv::warpAffine(cv::Mat(cut.size(), CV_8UC1, 255), shape, way, seen.size());
      turned.copyTo(picture(seen), shape > 127);
      body(seen).setTo(1, shape > 127);
    };
    const int wide = height / 4;
    const int leg = height / 2;
    const double swing = at.walks ? 25 * std::sin(2 * std::numbers::pi * time) : 0;
    part(at.x - wide / 4.0, at.y - leg, {0, 0, wide / 2, leg}, swing);
    part(at.x + wide / 4.0, at.y - leg, {wide, 0, wide / 2, leg}, -swing);
    part(at.x, at.y - height, {0, height / 3, wide, leg}, 0);
    const double arm = at.walks ? -swing : 60 + 40 * std::sin(2 * std::numbers::pi * time / 0.9);
    part(at.x + wide / 2.0, at.y - height * 0.9, {wide, height / 3, wide / 3, leg}, arm);
  };
}

// To and fro between two places, to be seen all the time.
std::function<Stand(double)> to_and_fro(double from, double to, double y, double speed) {
  return [=](double time) {
    const double gone = std::fmod(speed * time, 2 * (to - from));
    return Stand{gone < to - from ? from + gone : 2 * to - from - gone, y, true};
  };
}

struct Kept {
  double swaying;
  double bodies;
  double late_swaying;  // in the second half
  double late_bodies;
};

// The shares of what moved that the filter leaves.
Kept play(const std::vector<Part>& parts, double rate, double seconds, int scale = 1) {
  const cv::Size size(kWidth * scale, kHeight * scale);
  const cv::Mat ground = texture({kWidth, kHeight}, 4, 1, 90, 150);
  SwayFilter filter(size);
  const ptrdiff_t stride = (size.width / 8 + 16) / 16 * 16;
  std::vector<uint8_t> bits(size_t(stride) * size_t(size.height));
  double all[2][2] = {};
  double left[2][2] = {};
  cv::Mat picture, previous, body, body_before, small;
  for (int i = 0; i < int(rate * seconds); ++i) {
    small = ground.clone();
    body = cv::Mat::zeros(ground.size(), CV_8UC1);
    for (const Part& part : parts) part(small, body, i / rate);
    cv::resize(small, picture, size, 0, 0, cv::INTER_LINEAR);
    if (i > 0) {
      const cv::Mat either = body | body_before;
      const auto moved = [&](int x, int y) {
        return std::abs(picture.at<uint8_t>(y, x) - previous.at<uint8_t>(y, x)) > 25;
      };
      std::fill(bits.begin(), bits.end(), uint8_t{0});
      for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x)
          if (moved(x, y)) bits[size_t(stride * y + x / 8)] |= uint8_t(1 << x % 8);
      filter.apply(picture, {bits.data(), stride}, 1 / rate);
      const bool late = i >= int(rate * seconds / 2);
      for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
          const bool is_left = bits[size_t(stride * y + x / 8)] >> x % 8 & 1;
          if (!moved(x, y)) {
            EXPECT_FALSE(is_left);
            continue;
          }
          const uint8_t kind = either.at<uint8_t>(y / scale, x / scale);
          ++all[late][kind];
          left[late][kind] += is_left;
        }
    }
    std::swap(picture, previous);
    std::swap(body, body_before);
  }
  const auto share = [&](int kind) {
    return (left[0][kind] + left[1][kind]) / (all[0][kind] + all[1][kind]);
  };
  return {share(0), share(1), left[1][0] / all[1][0], left[1][1] / all[1][1]};
}

const cv::Rect kTree{60, 20, 180, 120};

TEST(SwayFilter, ClearsWhatSways) {
  struct {
    double period;
    float amplitude;
    double rate;
  } const cases[] = {
      {0.4, 1, 25}, {0.4, 3, 25}, {0.4, 3, 60}, {1, 3, 25}, {1, 3, 10}, {1, 3, 5}, {2, 5, 25},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::to_string(c.period) + " s, " + std::to_string(c.amplitude) + " px, " +
                 std::to_string(c.rate) + " fps");
    const Kept kept = play({leaves(kTree, c.period, c.amplitude)}, c.rate, 12);
    EXPECT_LE(kept.late_swaying, 0.1);
  }
}

TEST(SwayFilter, ClearsAWaveThatTravels) {
  const Kept kept =
      play({flag({60, 20, 46, 30}), figure(50, to_and_fro(30, 290, 170, 30))}, 25, 10);
  EXPECT_LE(kept.late_swaying, 0.1);
  EXPECT_GE(kept.bodies, 0.95);
}

// What sways from the beginning is known sooner than what begins to later.
TEST(SwayFilter, KnowsSoonWhatSwaysFromTheBeginning) {
  const cv::Rect where(60, 20, 100, 80);
  const Part tree = leaves(where, 1, 3);
  const auto late = [&](cv::Mat& picture, cv::Mat& body, double time) {
    tree(picture, body, std::max(0.0, time - 1.2));
  };
  // Two seconds of it each.
  EXPECT_LT(play({tree}, 25, 2).swaying, 0.7 * play({late}, 25, 3.2).swaying);
}

TEST(SwayFilter, LeavesWhatPasses) {
  for (const double rate : {50., 25., 10., 5.}) {
    SCOPED_TRACE(rate);
    const Kept walk = play(
        {figure(50, to_and_fro(30, 290, 100, 30)), figure(35, to_and_fro(30, 290, 170, 18), 4)},
        rate, 12);
    EXPECT_GE(walk.bodies, 0.95);
    // At 5 frames a second nothing of who runs is found again, and the ground beside his path
    // stays.
    const Kept run = play({figure(60, to_and_fro(30, 290, 120, 130))}, rate, 8);
    EXPECT_GE(run.bodies, rate > 5 ? 0.95 : 0.9);
  }
}

// On the same path all the time, in both directions: nobody has a second to himself.
TEST(SwayFilter, LeavesACrowd) {
  std::vector<Part> people;
  for (int i = 0; i < 12; ++i)
    people.push_back(
        figure(24, to_and_fro(10 + 8 * i, 310 - 8 * i, 50 + 9 * i, 14 + 3 * (i % 5)), 20 + i));
  const Kept kept = play(people, 25, 20);
  EXPECT_GE(kept.bodies, 0.95);
  EXPECT_GE(kept.late_bodies, 0.95);
}

TEST(SwayFilter, LeavesWhoWalksInAndStands) {
  const auto visit = [](double time) {
    if (time < 4) return Stand{20 + 30 * time, 150, true};
    if (time < 14) return Stand{140, 150, false};
    return Stand{140 + 30 * (time - 14), 150, true};
  };
  EXPECT_GE(play({figure(60, visit)}, 25, 18).bodies, 0.95);
}

// A limit: whoever is there from the beginning and never goes anywhere moves as leaves do.
TEST(SwayFilter, TakesWhoOnlyWavesForLeaves) {
  const Kept kept = play({figure(60, [](double) { return Stand{140, 150, false}; })}, 25, 20);
  EXPECT_LT(kept.late_bodies, 0.9);
}

TEST(SwayFilter, SeesABodyInFrontOfLeaves) {
  const Part tree = leaves(kTree, 0.8, 3);
  const auto pass = [](double from) {
    return [=](double time) { return Stand{45 * (time - from), 140, true}; };
  };
  // Two in a row, and then nobody. The edges of a body, and what of it is between leaves, are lost.
  const Kept kept = play({tree, figure(80, pass(3)), figure(60, pass(4.5))}, 25, 26);
  EXPECT_GE(kept.bodies, 0.65);
  EXPECT_LE(kept.late_swaying, 0.1);
}

TEST(SwayFilter, KeepsApartWhatIsBesideLeaves) {
  const Kept kept =
      play({leaves({10, 10, 300, 70}, 1, 2.5f), figure(50, to_and_fro(30, 290, 170, 30))}, 25, 16);
  EXPECT_GE(kept.bodies, 0.95);
  EXPECT_LE(kept.late_swaying, 0.1);
}

TEST(SwayFilter, WorksInAPictureThatIsLarger) {
  EXPECT_LE(play({leaves(kTree, 1, 2.5f)}, 25, 8, 3).late_swaying, 0.1);
  EXPECT_GE(play({figure(50, to_and_fro(30, 290, 120, 30))}, 25, 6, 3).bodies, 0.95);
}

// Noise of black and white in every frame, everything moved: no pixel beyond is touched, none
// appears, and times may be nonsense.
TEST(SwayFilter, TakesAnySize) {
  cv::RNG random(3);
  const cv::Size sizes[] = {{1, 1},   {7, 5},     {8, 8},     {16, 9},    {321, 5},
                            {5, 641}, {333, 187}, {641, 359}, {2561, 33}, {7681, 17}};
  for (const cv::Size& size : sizes) {
    SCOPED_TRACE(std::to_string(size.width) + "x" + std::to_string(size.height));
    SwayFilter filter(size);
    EXPECT_GT(filter.memory(), 0u);
    const ptrdiff_t stride = (size.width + 127) / 128 * 16;
    constexpr uint8_t kGuard = 0xa5;
    for (const double seconds :
         {0.04, 0., -1., 1e300, std::numeric_limits<double>::infinity(),
          std::numeric_limits<double>::quiet_NaN(), 0.5, 0.04, 0.04, 0.04, 1., 1.}) {
      cv::Mat wide(size.height, size.width + 3, CV_8UC1);
      random.fill(wide, cv::RNG::UNIFORM, 0, 256);
      std::vector<uint8_t> bits(size_t(stride * size.height), 0);
      for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x)
          bits[size_t(stride * y + x / 8)] |= uint8_t(random.uniform(0, 2) << x % 8);
      std::vector<uint8_t> left = bits;
      left.insert(left.end(), 64, kGuard);
      filter.apply(wide(cv::Rect({1, 0}, size)), {left.data(), stride}, seconds);
      for (size_t i = 0; i < bits.size(); ++i) ASSERT_EQ(left[i] & ~bits[i], 0);
      for (size_t i = bits.size(); i < left.size(); ++i) ASSERT_EQ(left[i], kGuard);
    }
  }
}

TEST(SwayFilter, Forgets) {
  const Part tree = leaves({0, 0, kWidth, kHeight}, 1, 2.5f);
  SwayFilter filter({kWidth, kHeight});
  constexpr ptrdiff_t kStride = 48;
  cv::Mat picture(kHeight, kWidth, CV_8UC1), body = picture.clone();
  int frame = 0;
  const auto is_cleared = [&] {
    tree(picture, body, ++frame / 25.0);
    std::vector<uint8_t> bits(size_t(kStride) * kHeight, 0);
    for (int y = 0; y < kHeight; ++y) std::fill_n(bits.begin() + kStride * y, kWidth / 8, 0xff);
    filter.apply(picture, {bits.data(), kStride}, 0.04);
    size_t left = 0;
    for (const uint8_t byte : bits) left += byte != 0;
    return left < size_t(kWidth / 8 * kHeight) / 5;
  };
  EXPECT_FALSE(is_cleared());
  for (int i = 0; i < 100; ++i) is_cleared();
  EXPECT_TRUE(is_cleared());
  filter.forget_picture();
  EXPECT_TRUE(is_cleared());
  filter.forget();
  EXPECT_FALSE(is_cleared());
}

}  // namespace
}  // namespace motionheat::test
