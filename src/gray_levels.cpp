// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gray_levels.h"

#include <cmath>
#include <cstring>

namespace motionheat {
namespace {

constexpr int kColumns = 64, kRows = 64;  // of pixels that are looked at
constexpr int kIgnored = 1000;            // one in so many at either end
constexpr unsigned kFrames = 8;           // from one measurement to the next
constexpr double kFollowed = 0.25;        // of the distance to what was measured
constexpr double kHysteresis = 0.125;     // of the span
constexpr int kMinSpan = 255;

GrayLevels measured(const ConstFrameView& frame, const Component& gray) {
  std::array<uint16_t, size_t{kColumns} * kRows> samples{};
  const int columns = std::min(kColumns, frame.size.width);
  const int rows = std::min(kRows, frame.size.height);
  const int top = (1 << gray.depth) - 1;
  auto end = samples.begin();
  for (int i = 0; i < rows; ++i) {
    const uint8_t* row =
        frame.row(gray.plane, int((2 * i + 1) * int64_t{frame.size.height} / (2 * rows)));
    for (int j = 0; j < columns; ++j) {
      const int x = int((2 * j + 1) * int64_t{frame.size.width} / (2 * columns));
      uint16_t sample;
      std::memcpy(&sample, row + ptrdiff_t{x} * gray.step + gray.offset, sizeof sample);
      *end++ = uint16_t(sample >> gray.lsb & top);
    }
  }
  const ptrdiff_t ignored = (end - samples.begin()) / kIgnored;
  const auto low = samples.begin() + ignored, high = end - 1 - ignored;
  std::nth_element(samples.begin(), low, end);
  const int lowest = *low;
  std::nth_element(samples.begin(), high, end);
  return {lowest, *high};
}

// No narrower than allowed, and within the levels from 0 to `top`.
GrayLevels widened(double low, double high, int top) {
  const double lacking = std::max(0.0, kMinSpan - (high - low)) / 2;
  GrayLevels levels{int(std::lround(low - lacking)), 0};
  levels.low = std::clamp(levels.low, 0, top - kMinSpan);
  levels.high = std::clamp(int(std::lround(high + lacking)), levels.low + kMinSpan, top);
  return levels;
}

}  // namespace

bool AutoLevels::add(const ConstFrameView& frame, const Component& gray) {
  const bool first = frames_ == 0;
  if (!first && frames_++ % kFrames != 0) return false;
  frames_ = 1;
  const GrayLevels now = measured(frame, gray);
  const int top = (1 << gray.depth) - 1;
  const std::optional<GrayLevels> before = levels_;
  if (first) {
    low_ = now.low;
    high_ = now.high;
    levels_ = widened(low_, high_, top);
    return levels_ != before;
  }
  const double most = kHysteresis * levels_->span();
  low_ += std::clamp((now.low - low_) * kFollowed, -most, most);
  high_ += std::clamp((now.high - high_) * kFollowed, -most, most);
  const GrayLevels next = widened(low_, high_, top);
  if (std::abs(next.low - levels_->low) > most || std::abs(next.high - levels_->high) > most)
    levels_ = next;
  return levels_ != before;
}

}  // namespace motionheat
