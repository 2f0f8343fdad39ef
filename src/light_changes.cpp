// SPDX-License-Identifier: LGPL-2.1-or-later
#include "light_changes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <opencv2/core.hpp>

#include "frame_seconds.h"

namespace motionheat {
namespace {

/// At most so many rows and columns of a picture are seen.
constexpr int kSampledRows = 32;
constexpr int kSampledColumns = 256;

constexpr int kBrightest = 255;
/// An exposure of three times as much, or a third.
constexpr double kSteepest = 1;
constexpr int kLevels = 16;  // of brightness, of pixels that are alike

/// How much brighter the pixels became that are about as bright.
struct Alike {
  std::array<uint16_t, 2 * kBrightest + 1> changed{};
  int pixels = 0;
  double brightness = 0;  // a sum at first, then their mean
  double median = 0;

  /// Between whole numbers: as if the pixels of one were spread over half a level around it.
  void find_median() {
    int below = 0;
    size_t i = 0;
    while (2 * (below + changed[i]) < pixels) below += changed[i++];
    median = double(i) - kBrightest - 0.5 + (0.5 * pixels - below) / std::max(1, int{changed[i]});
  }
};

/// The same over brightness: of before or of now.
class Changes {
 public:
  void add(int brightness, int change) {
    Alike& alike = classes_[size_t(brightness / kLevels)];
    ++alike.changed[size_t(change + kBrightest)];
    ++alike.pixels;
    alike.brightness += brightness;
  }

  /// The line that is nearest to the medians, each weighing as much as it has pixels: of such lines
  /// one goes through two of them.
  void fit() {
    for (Alike& alike : classes_) {
      if (alike.pixels == 0) continue;
      alike.brightness /= alike.pixels;
      alike.find_median();
    }
    double least = HUGE_VAL;
    try_line({}, least);
    for (const Alike& a : classes_)
      for (const Alike& b : classes_) {
        if (a.pixels == 0 || b.pixels == 0) continue;
        const double apart = b.brightness - a.brightness;
        if (apart < 0) continue;
        const double slope = apart > 0 ? (b.median - a.median) / apart : 0;
        try_line({a.median - slope * a.brightness, slope}, least);
      }
  }

  LightStep::Line line() const { return line_; }

  /// What the light did to pixels that are about as bright. Where the line is told by others only,
  /// and these did not change, it did nothing.
  double at(int brightness) const {
    const double told = line_.at(brightness);
    return std::clamp(classes_[size_t(brightness / kLevels)].median, std::min(told, 0.0),
                      std::max(told, 0.0));
  }

 private:
  void try_line(const LightStep::Line& line, double& least) {
    double distance = 0;
    for (const Alike& alike : classes_)
      distance += alike.pixels * std::abs(alike.median - line.at(alike.brightness));
    if (distance >= least) return;
    least = distance;
    line_ = line;
  }

  std::array<Alike, (kBrightest + 1) / kLevels> classes_;
  LightStep::Line line_;
};

}  // namespace

RowStep LightStep::rows(cv::Size size) {
  const int step = std::max(1, (size.height + kSampledRows - 1) / kSampledRows);
  return {step / 2, step};
}

LightStep::LightStep(const cv::Mat& before, const cv::Mat& now, const cv::Mat& counts,
                     int threshold) {
  std::array<uint8_t, size_t{kSampledRows} * kSampledColumns> a, b;
  size_t pixels = 0, same = 0;
  const int step = (now.cols + kSampledColumns - 1) / kSampledColumns;
  for (int y = 0; y < now.rows; ++y) {
    const uint8_t* const was = before.ptr(y);
    const uint8_t* const is = now.ptr(y);
    const uint8_t* const counted = counts.empty() ? nullptr : counts.ptr(y);
    for (int x = y % step; x < now.cols; x += step) {
      if (counted && !counted[x]) continue;
      a[pixels] = was[x];
      b[pixels] = is[x];
      same += was[x] == is[x];
      ++pixels;
    }
  }
  if (2 * same >= pixels) return;
  Changes of_before, of_now;
  for (size_t i = 0; i < pixels; ++i) {
    of_before.add(a[i], b[i] - a[i]);
    of_now.add(b[i], b[i] - a[i]);
  }
  of_before.fit();
  of_now.fit();
  line_.offset = (of_before.line().offset + of_now.line().offset) / 2;
  line_.slope =
      std::clamp((of_before.line().slope + of_now.line().slope) / 2, -kSteepest, kSteepest);
  size_t changed = 0, moved = 0;
  for (size_t i = 0; i < pixels; ++i) {
    const double x = of_before.at(a[i]), y = of_now.at(b[i]);
    if (x * y <= 0) continue;
    const double light = std::abs(x) < std::abs(y) ? x : y;
    const int change = b[i] - a[i];
    changed += std::abs(light) >= 1;
    moved += std::abs(change) > threshold && std::abs(change - light) <= threshold &&
             2 * std::abs(light) > threshold;
  }
  if (2 * changed <= pixels) return;
  shows_ = true;
  moved_ = double(moved) / double(pixels);
}

cv::Mat LightStep::relight(const cv::Mat& before, cv::Mat& made) const {
  if (!shows_) return before;
  std::array<uint8_t, kBrightest + 1> now_of;
  // now - before = offset + slope * (before + now) / 2
  for (int i = 0; i <= kBrightest; ++i)
    now_of[size_t(i)] = cv::saturate_cast<uint8_t>((i * (1 + line_.slope / 2) + line_.offset) /
                                                   (1 - line_.slope / 2));
  cv::LUT(before, cv::Mat(1, int(now_of.size()), CV_8UC1, now_of.data()), made);
  return made;
}

bool LightChanges::takes(double share, double moved_by_light, double limit, double seconds) {
  constexpr double kMost = 1, kSettles = 0.5;  // seconds
  constexpr double kPart = 0.2;                // of the limit
  constexpr double kShows = 0.001;             // of the picture
  seconds = frame_seconds(seconds, kMost);
  settles_ = std::max(0.0, settles_ - seconds);
  if (share <= (settles_ > 0 ? limit * kPart : limit) && moved_by_light < kShows) {
    taken_ = std::max(0.0, taken_ - seconds);
    return false;
  }
  if (taken_ >= kMost) return false;
  taken_ += seconds;
  settles_ = kSettles;
  return true;
}

}  // namespace motionheat
