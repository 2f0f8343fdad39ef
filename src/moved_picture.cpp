// SPDX-License-Identifier: LGPL-2.1-or-later
#include "moved_picture.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "kernels/kernels.h"
#include "words.h"

namespace motionheat {
namespace {

using kernels::kTaps;

constexpr int kBefore = kTaps / 2 - 1;    // taps before the pixel at or before the place
constexpr int kSteps = 32;                // places between two pixels that are told apart
constexpr int kStrip = 256;               // columns that are worked on at a time
constexpr int kLeastRun = 8;              // pixels that are taken to be displaced alike, and so are
constexpr double kHardly = 1.0 / kSteps;  // beyond the edge, for which the edge itself does
constexpr int kMostRun = kStrip;          // as many as stay within a step
constexpr int kBlockRows = 64;            // of a block, which the nearest cache holds

// Lanczos' kernel for each place: a sine of half its length is sharp enough that an edge, moved by
// half a pixel, stays within the threshold, which neither two nor four taps achieve.
std::array<kernels::TapWeights, kSteps> tap_weights() {
  constexpr double kPi = 3.14159265358979;
  std::array<kernels::TapWeights, kSteps> all{};
  for (int step = 0; step < kSteps; ++step) {
    std::array<double, kTaps> exact;
    double sum = 0;
    for (int tap = 0; tap < kTaps; ++tap) {
      const double x = (tap - kBefore - double(step) / kSteps) * kPi;
      exact[tap] = std::abs(x) < 1e-9 ? 1 : 3 * std::sin(x) * std::sin(x / 3) / (x * x);
      sum += exact[tap];
    }
    int rest = 1 << kernels::kTapBits;
    for (int tap = 0; tap < kTaps; ++tap) {
      all[step][tap] = int16_t(std::lround(exact[tap] / sum * (1 << kernels::kTapBits)));
      rest -= all[step][tap];
    }
    // So that a plain area stays as it is.
    all[step][kBefore + (step > kSteps / 2)] += int16_t(rest);
  }
  return all;
}

const kernels::TapWeights& weights_of(int place) {
  static const std::array<kernels::TapWeights, kSteps> all = tap_weights();
  return all[size_t(place & (kSteps - 1))];
}

int pixel_of(int place) {
  return place >> 5;
}
static_assert(kSteps == 1 << 5);

// How many pixels of a row are within a step of the one in the middle.
int run_of(double slope) {
  const double run = 2 / (kSteps * std::max(std::abs(slope), 1e-9));
  return run >= kMostRun ? kMostRun : std::max(kLeastRun, int(run) / kLeastRun * kLeastRun);
}

// Of 64 pixels of a row, from `x` on: how much those around each differ, itself among them.
using Heights = std::array<uint8_t, 64>;
void edge_heights(const cv::Mat& picture, int x, int y, Heights& heights) {
  constexpr size_t kWide = std::tuple_size_v<Heights> + 16;  // one at each side, and whole vectors
  const int first = std::max(x - 1, 0), last = std::min(x + 64, picture.cols - 1);
  std::array<uint8_t, kWide> row, high, low;
  high.fill(0);
  low.fill(255);
  for (const int i : {std::max(y - 1, 0), y, std::min(y + 1, picture.rows - 1)}) {
    row.fill(picture.at<uint8_t>(i, last));
    row[0] = picture.at<uint8_t>(i, first);
    std::copy(picture.ptr(i) + first, picture.ptr(i) + last + 1, row.begin() + (first - x + 1));
    for (size_t k = 0; k < kWide; ++k) high[k] = std::max(high[k], row[k]);
    for (size_t k = 0; k < kWide; ++k) low[k] = std::min(low[k], row[k]);
  }
  for (size_t k = 0; k < heights.size(); ++k) {
    const uint8_t most = std::max(std::max(high[k], high[k + 1]), high[k + 2]);
    const uint8_t least = std::min(std::min(low[k], low[k + 1]), low[k + 2]);
    heights[k] = uint8_t(most - least);
  }
}

int place_of(double displacement) {
  return int(std::lround(std::clamp(displacement, -1e6, 1e6) * kSteps));
}

}  // namespace

// The columns from `left` on, of all rows: each row's pixels from where they are to the left or
// right. A row is moved as far as the row that it will be: y = below - v(x, y).
void MovedPicture::move_across(const cv::Mat& picture, const Displacement& d, int left, int width) {
  const kernels::Kernels& k = kernels::active();
  const double by_row = d.x_by_y / (1 + d.y_by_y);
  const double by_x = d.x_by_x - by_row * d.y_by_x;
  const int step = run_of(by_x);
  std::array<uint8_t, kMostRun + kTaps> padded;
  for (int y = 0; y < picture.rows; ++y) {
    const uint8_t* const row = picture.ptr<uint8_t>(y);
    uint8_t* const to = strip_.get() + ptrdiff_t{y} * kStrip;
    for (int x = 0, n; x < width; x += n) {
      n = std::min(step, width - x);
      const double middle = left + x + (n - 1) / 2.0;
      const int place = place_of(d.x + by_x * middle + by_row * (y - d.y));
      const int first = left + x + pixel_of(place) - kBefore;
      const uint8_t* from = row + first;
      if (first < 0 || first + n + kTaps - 1 > picture.cols) {
        for (int i = 0; i < n + kTaps - 1; ++i)
          padded[size_t(i)] = row[std::clamp(first + i, 0, picture.cols - 1)];
        from = padded.data();
      }
      kernels::TapRows taps;
      for (int tap = 0; tap < kTaps; ++tap) taps[size_t(tap)] = from + tap;
      k.filter_u8(taps, 0, weights_of(place), {to + x, 0}, {n, 1});
    }
  }
}

// In blocks of pixels that are displaced alike, which are narrow where the camera turned.
void MovedPicture::move_down(const Displacement& d, int left, int width) {
  const kernels::Kernels& k = kernels::active();
  const int across = run_of(d.y_by_x), down = std::min(run_of(d.y_by_y), kBlockRows);
  const int last = moved_.rows - 1;
  for (int top = 0, rows; top <= last; top += rows) {
    rows = std::min(down, last + 1 - top);
    for (int x = 0, n; x < width; x += n) {
      n = std::min(across, width - x);
      const int place = place_of(d.at(left + x + (n - 1) / 2.0, top + (rows - 1) / 2.0).y);
      const int first = top + pixel_of(place) - kBefore;
      // Where rows beyond the edge are needed it stands for them, so each row has others.
      const bool is_inside = first >= 0 && first + rows + kTaps - 2 <= last;
      const int at_once = is_inside ? rows : 1;
      for (int row = 0; row < rows; row += at_once) {
        kernels::TapRows taps;
        for (int tap = 0; tap < kTaps; ++tap)
          taps[size_t(tap)] =
              strip_.get() + ptrdiff_t{std::clamp(first + row + tap, 0, last)} * kStrip + x;
        const kernels::Rows<uint8_t> to{moved_.ptr(top + row) + left + x, ptrdiff_t(moved_.step)};
        k.filter_u8(taps, kStrip, weights_of(place), to, {n, at_once});
      }
    }
  }
}

// Pixels of a row whose displaced places are not within the picture become those of `row`.
void MovedPicture::fill_beyond(const uint8_t* row, const Displacement& d, int y) {
  const double last_x = moved_.cols - 1, last_y = moved_.rows - 1;
  double left = 0, right = last_x;
  // a + b x is to be within 0 and `last`.
  const auto keep = [&](double a, double b, double last) {
    if (std::abs(b) < 1e-12) {
      if (a < -kHardly || a > last + kHardly) right = -1;
      return;
    }
    const double from = (-kHardly - a) / b, to = (last + kHardly - a) / b;
    left = std::max(left, std::min(from, to));
    right = std::min(right, std::max(from, to));
  };
  keep(d.x + d.x_by_y * y, 1 + d.x_by_x, last_x);
  keep(y + d.y + d.y_by_y * y, d.y_by_x, last_y);
  uint8_t* const to = moved_.ptr<uint8_t>(y);
  const int begin = right < left ? moved_.cols : int(std::ceil(left));
  const int end = right < left ? moved_.cols : int(std::floor(right)) + 1;
  std::copy_n(row, begin, to);
  std::copy(row + end, row + moved_.cols, to + end);
}

const cv::Mat& MovedPicture::move(const cv::Mat& picture, const cv::Mat& current,
                                  const Displacement& displacement) {
  const size_t bytes = size_t(picture.rows) * kStrip;
  if (bytes > strip_bytes_) {
    strip_ = make_aligned<uint8_t>(bytes);
    strip_bytes_ = bytes;
  }
  moved_.create(picture.size(), CV_8UC1);
  for (int left = 0; left < picture.cols; left += kStrip) {
    const int width = std::min(kStrip, picture.cols - left);
    move_across(picture, displacement, left, width);
    move_down(displacement, left, width);
  }
  for (int y = 0; y < moved_.rows; ++y) {
    fill_beyond(current.ptr<uint8_t>(y), displacement, y);
  }
  return moved_;
}

void MovedPicture::clear_doubtful(const cv::Mat& current, int begin, int end,
                                  MovedBits& moved) const {
  constexpr int kPart = 4;
  Heights ours, theirs;
  for (int y = begin; y < end; ++y) {
    for (int x = 0; x < current.cols; x += int(ours.size())) {
      uint8_t* const at = moved.row(y) + x / 8;
      const uint64_t bits = load_word(at);
      if (bits == 0) continue;
      const uint8_t* const a = current.ptr(y) + x;
      const uint8_t* const b = moved_.ptr(y) + x;
      const auto within = [&](uint64_t some, const Heights& heights) {
        uint64_t result = 0;
        for (; some != 0; some &= some - 1) {
          const auto i = size_t(std::countr_zero(some));
          if (kPart * std::abs(a[i] - b[i]) <= heights[i]) result |= some & -some;
        }
        return result;
      };
      edge_heights(current, x, y, ours);
      uint64_t doubtful = within(bits, ours);
      if (doubtful == 0) continue;
      edge_heights(moved_, x, y, theirs);
      doubtful = within(doubtful, theirs);
      store_word(bits & ~doubtful, at);
    }
  }
}

}  // namespace motionheat
