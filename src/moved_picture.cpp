// SPDX-License-Identifier: LGPL-2.1-or-later
#include "moved_picture.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/kernels.h"

namespace motionheat {
namespace {

using kernels::kTaps;

constexpr int kBefore = kTaps / 2 - 1;  // taps before the pixel at or before the place
constexpr int kSteps = 32;              // places between two pixels that are told apart
constexpr int kStrip = 256;             // columns that are worked on at a time
constexpr int kLeastRun = 8;            // pixels that are taken to be displaced alike, and so are
constexpr int kMostRun = kStrip;        // as many as stay within a step

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

// How many pixels of a row differ by less than a step.
int run_of(double slope) {
  const double run = 1 / (kSteps * std::max(std::abs(slope), 1e-9));
  return run >= kMostRun ? kMostRun : std::max(kLeastRun, int(run));
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
      kernels::TapRows rows;
      for (int tap = 0; tap < kTaps; ++tap) rows[size_t(tap)] = from + tap;
      k.filter_u8(rows, weights_of(place), n, to + x);
    }
  }
}

void MovedPicture::move_down(const Displacement& d, int left, int width) {
  const kernels::Kernels& k = kernels::active();
  const int step = run_of(d.y_by_x);
  for (int y = 0; y < moved_.rows; ++y) {
    uint8_t* const to = moved_.ptr<uint8_t>(y) + left;
    for (int x = 0, n; x < width; x += n) {
      n = std::min(step, width - x);
      const int place = place_of(d.at(left + x + (n - 1) / 2.0, y).y);
      const int first = y + pixel_of(place) - kBefore;
      kernels::TapRows rows;
      for (int tap = 0; tap < kTaps; ++tap)
        rows[size_t(tap)] =
            strip_.get() + ptrdiff_t{std::clamp(first + tap, 0, moved_.rows - 1)} * kStrip + x;
      k.filter_u8(rows, weights_of(place), n, to + x);
    }
  }
}

const cv::Mat& MovedPicture::move(const cv::Mat& picture, const Displacement& displacement) {
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
  // An edge of the result is within if both its ends are.
  const double right = picture.cols - 1, bottom = picture.rows - 1;
  const PixelPoint corners[] = {displacement.at(0, 0), displacement.at(right, 0),
                           displacement.at(0, bottom), displacement.at(right, bottom)};
  const auto beyond = [](double a, double b) {
    return int(std::ceil(std::clamp(std::max(a, b), 0.0, 1e6)));
  };
  const int x = beyond(-corners[0].x, -corners[2].x), y = beyond(-corners[0].y, -corners[1].y);
  valid_ = {x, y, picture.cols - x - beyond(corners[1].x, corners[3].x),
            picture.rows - y - beyond(corners[2].y, corners[3].y)};
  valid_ &= cv::Rect({}, picture.size());
  return moved_;
}

}  // namespace motionheat
