// SPDX-License-Identifier: LGPL-2.1-or-later
#include "still_reference.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "kernels/kernels.h"
#include "shrink_gray.h"

namespace motionheat {
namespace {

// Of the shrunk picture, about; with less than so many rows or columns there is not enough to see.
constexpr int kPixels = 640 * 360;
constexpr int kSmallest = 48;
constexpr float kLeastGradient = 0.8f * 0.8f;  // of a tile, in its weakest direction
constexpr double kLearning = 4;                // seconds in which the reference follows
constexpr float kMostUnlike = 50 * 50;         // that a tile is remembered for

int16_t rounded(int value, int shift) {
  return int16_t((value + (1 << shift >> 1)) >> shift);
}

// `N` by `n` values between pixels, in 1/8 grey, of a place in 1/16 of a pixel.
template <int N>
void sample(const cv::Mat& picture, int x16, int y16, int n, int16_t* values) {
  const int fx = x16 & 15, fy = y16 & 15;
  std::array<std::array<uint16_t, N>, 2> rows;
  for (int y = 0; y <= n; ++y) {
    // The row below may be beyond the last one where it counts nothing.
    const uint8_t* p =
        picture.ptr<uint8_t>(std::min((y16 >> 4) + y, picture.rows - 1)) + (x16 >> 4);
    uint16_t* const row = rows[y & 1].data();
    for (int x = 0; x < N; ++x) row[x] = uint16_t(p[x] * (16 - fx) + p[x + 1] * fx);
    if (y == 0) continue;
    const uint16_t* const above = rows[~y & 1].data();
    for (int x = 0; x < N; ++x)
      values[(y - 1) * N + x] = int16_t(uint16_t(above[x] * (16 - fy) + row[x] * fy + 16) >> 5);
  }
}

}  // namespace

void StillReference::configure(cv::Size size) {
  scale_ = std::clamp(int(std::lround(std::sqrt(double(size.width) * size.height / kPixels))), 1,
                      kernels::kMaxScale);
  cv::Size small((size.width + scale_ - 1) / scale_, (size.height + scale_ - 1) / scale_);
  if (std::min(small.width, small.height) < kSmallest) small = {};
  cell_ = std::clamp(small.width / 20 / 4 * 4, 12, 32);
  cells_ = {small.width / cell_, small.height / cell_};
  mean_.create(small, CV_16S);
  for (int l = 0; l < kLevels; ++l) {
    picture_[l].create(small.height >> l, small.width >> l, CV_8U);
    reference_[l].create(small.height >> l, small.width >> l, CV_16S);
  }
  tiles_.assign(size_t(cells_.area()), {});
}

size_t StillReference::memory() const {
  size_t bytes = mean_.total() * sizeof(int16_t) + tiles_.size() * sizeof(Tile) +
                 products_.size() * sizeof(Products);
  for (int l = 0; l < kLevels; ++l) bytes += picture_[l].total() + reference_[l].total() * 2;
  return bytes;
}

void StillReference::see(const cv::Mat& picture) {
  for (int y = 0; y < picture_[0].rows; ++y) shrink_gray_row(picture, scale_, y, picture_[0]);
  measure_noise();
  cv::GaussianBlur(picture_[0], picture_[0], {3, 3}, 0, 0, cv::BORDER_REPLICATE);
  for (int l = 1; l < kLevels; ++l) {
    for (int y = 0; y < picture_[l].rows; ++y) shrink_gray_row(picture_[l - 1], 2, y, picture_[l]);
  }
}

// What noise adds to the square of a value, from second differences along some rows: where they are
// least there is nothing else.
void StillReference::measure_noise() {
  constexpr int kSegment = 32;
  constexpr int kStepY = 8;
  roughness_.clear();
  const cv::Mat& picture = picture_[0];
  for (int y = kStepY / 2; y + 1 < picture.rows; y += kStepY) {
    const uint8_t* const above = picture.ptr<uint8_t>(y - 1);
    const uint8_t* const p = picture.ptr<uint8_t>(y);
    const uint8_t* const below = picture.ptr<uint8_t>(y + 1);
    for (int x = 1; x + kSegment < picture.cols; x += kSegment) {
      int sum = 0;
      for (int i = x; i < x + kSegment; ++i)
        sum += std::abs(above[i - 1] - 2 * above[i] + above[i + 1] -
                        2 * (p[i - 1] - 2 * p[i] + p[i + 1]) + below[i - 1] - 2 * below[i] +
                        below[i + 1]);
      roughness_.push_back(float(sum));
    }
  }
  if (roughness_.empty()) return;
  const auto low = roughness_.begin() + ptrdiff_t(roughness_.size() / 4);
  std::nth_element(roughness_.begin(), low, roughness_.end());
  // Of white noise the sums' mean is 6 sqrt(2 / pi) times its deviation; a low one is a bit less.
  const float deviation = *low / (kSegment * 4.787f * 0.92f);
  constexpr float kBlurred = 0.375f * 0.375f;  // what the blur leaves of its square
  noise_ = kBlurred * deviation * deviation;
}

void StillReference::restart() {
  rounds_ = 0;
  band_ = 0;
  for (int band = 0; band < cells_.height; ++band) learn_band(band, {}, 1);
  for (Tile& tile : tiles_) tile = {};
  for (int band = 0; band < cells_.height; ++band) choose_tiles(band);
}

void StillReference::learn(const Displacement& pose, double seconds) {
  const double least = std::clamp(seconds * cells_.height / kLearning, 0.05, 0.5);
  learn_band(band_, pose, std::max(least, 1.0 / (rounds_ + 2)));
  choose_tiles(band_);
  if (++band_ < cells_.height) return;
  band_ = 0;
  rounds_ = std::min(rounds_ + 1, 1000);
}

void StillReference::remember(const std::vector<Fit>& fits) {
  for (size_t i = 0; i < tiles_.size(); ++i)
    if (fits[i].inside)
      tiles_[i].usual += (std::min(fits[i].residual, kMostUnlike) - tiles_[i].usual) / 16;
}

// Rows of the reference take up their share of the current picture, moved; all of it for a start.
void StillReference::learn_band(int band, const Displacement& pose, double weight) {
  const int begin = band * cell_;
  const int end = band + 1 == cells_.height ? mean_.rows : begin + cell_;
  if (weight < 1)
    follow(begin, end, pose, int(std::lround(weight * 4096)));
  else
    picture_[0].rowRange(begin, end).convertTo(mean_.rowRange(begin, end), CV_16S, 128);
  for (int y = begin; y < end; ++y) {
    const int16_t* const from = mean_.ptr<int16_t>(y);
    int16_t* const to = reference_[0].ptr<int16_t>(y);
    for (int x = 0; x < mean_.cols; ++x) to[x] = rounded(from[x], 4);
  }
  for (size_t l = 1; l < kLevels; ++l) {
    const int bottom = std::min(end >> l, reference_[l].rows);
    for (int y = begin >> l; y < bottom; ++y) {
      const int16_t* const a = reference_[l - 1].ptr<int16_t>(2 * y);
      const int16_t* const b = reference_[l - 1].ptr<int16_t>(2 * y + 1);
      int16_t* const to = reference_[l].ptr<int16_t>(y);
      for (int x = 0; x < reference_[l].cols; ++x)
        to[x] = rounded(a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1], 2);
    }
  }
}

// mean += (value - mean) * share / 4096, block by block, each moved as its middle is.
void StillReference::follow(int begin, int end, const Displacement& pose, int share) {
  constexpr int kWidth = 16, kHeight = 4, kFarthest = 24 << 7;
  std::array<int16_t, kWidth * kHeight> values;
  for (int y = begin; y < end; y += kHeight) {
    const int n = std::min(kHeight, end - y);
    for (int x = 0; x + 1 < mean_.cols; x += kWidth) {
      const int left = std::min(x, mean_.cols - kWidth - 1);
      const PixelPoint d = pose.at(left + kWidth / 2, y + kHeight / 2);
      const int x16 = int(std::lround((left + d.x) * 16)), y16 = int(std::lround((y + d.y) * 16));
      if (x16 < 0 || y16 < 0 || (x16 >> 4) + kWidth >= mean_.cols ||
          ((y16 + 15) >> 4) + n > mean_.rows)
        continue;
      sample<kWidth>(picture_[0], x16, y16, n, values.data());
      for (int i = 0; i < n; ++i) {
        int16_t* const mean = mean_.ptr<int16_t>(y + i) + left;
        for (int j = 0; j < kWidth; ++j) {
          // What passes is to leave little behind, however much it differs.
          const int way =
              std::clamp((values[i * kWidth + j] << 4) - mean[j], -kFarthest, kFarthest);
          mean[j] = int16_t(mean[j] + (way * share >> 12));
        }
      }
    }
  }
}

template <int N>
void StillReference::fill_patch(Patch<N>& patch, const cv::Mat& reference, int x, int y) {
  int sum_x = 0, sum_y = 0;
  for (int i = 0; i < N; ++i) {
    const int16_t* const row = reference.ptr<int16_t>(y + i) + x;
    const int16_t* const above = reference.ptr<int16_t>(y + i - 1) + x;
    const int16_t* const below = reference.ptr<int16_t>(y + i + 1) + x;
    for (int j = 0; j < N; ++j) {
      patch.value[i * N + j] = row[j];
      patch.gx[i * N + j] = int16_t((row[j + 1] - row[j - 1]) / 2);
      patch.gy[i * N + j] = int16_t((below[j] - above[j]) / 2);
      sum_x += patch.gx[i * N + j];
      sum_y += patch.gy[i * N + j];
    }
  }
  const int mean_x = int(std::lround(float(sum_x) / (N * N)));
  const int mean_y = int(std::lround(float(sum_y) / (N * N)));
  int xx = 0, xy = 0, yy = 0;
  for (int i = 0; i < N * N; ++i) {
    const int16_t gx = patch.gx[i] = int16_t(patch.gx[i] - mean_x);
    const int16_t gy = patch.gy[i] = int16_t(patch.gy[i] - mean_y);
    xx += gx * gx;
    xy += gx * gy;
    yy += gy * gy;
  }
  patch.xx = float(xx) / 64;
  patch.xy = float(xy) / 64;
  patch.yy = float(yy) / 64;
}

void StillReference::fill_patches(Tile& tile) {
  fill_patch(tile.fine, reference_[0], tile.x, tile.y);
  fill_patch(tile.coarse[0], reference_[1], tile.x / 2, tile.y / 2);
  fill_patch(tile.coarse[1], reference_[2], tile.x / 4 - 2, tile.y / 4 - 2);
  int sum = 0, squares = 0;
  for (const int16_t v : tile.fine.value) {
    sum += v;
    squares += (v * v) >> 4;
  }
  constexpr float n = kPatch * kPatch;
  tile.contrast = (float(squares) * 16 / n - float(sum) / n * (float(sum) / n)) / 64;
}

// The sums of products of the reference's gradients, for each block in rows from `top` on.
void StillReference::sum_gradients(int top, int bottom) {
  const cv::Mat& reference = reference_[0];
  const int columns = reference.cols / kBlock;
  products_.assign(size_t(columns * std::max(0, (bottom - top) / kBlock)), {});
  for (int y = top; y < top + (bottom - top) / kBlock * kBlock; ++y) {
    Products* const row = products_.data() + (y - top) / kBlock * columns;
    const int16_t* const p = reference.ptr<int16_t>(y);
    const int16_t* const above = reference.ptr<int16_t>(y - 1);
    const int16_t* const below = reference.ptr<int16_t>(y + 1);
    for (int x = kBlock; x < (columns - 1) * kBlock; ++x) {
      const int gx = (p[x + 1] - p[x - 1]) / 2, gy = (below[x] - above[x]) / 2;
      row[x / kBlock].xx += gx * gx;
      row[x / kBlock].xy += gx * gy;
      row[x / kBlock].yy += gy * gy;
    }
  }
}

// The mean square of the gradient in the direction in which it is least: of a patch whose top left
// is (x, y), `down` rows below those that were summed.
float StillReference::hold(int x, int down) const {
  float xx = 0, xy = 0, yy = 0;
  for (int i = down / kBlock; i < (down + kPatch) / kBlock; ++i) {
    for (int j = x / kBlock; j < (x + kPatch) / kBlock; ++j) {
      const Products& s = products_[size_t(i * (reference_[0].cols / kBlock) + j)];
      xx += float(s.xx);
      xy += float(s.xy);
      yy += float(s.yy);
    }
  }
  return ((xx + yy) / 2 - std::hypot((xx - yy) / 2, xy)) / (64 * kPatch * kPatch);
}

// In each cell of a row the place with the most to hold on to. The one there is stays unless
// another is much better.
void StillReference::choose_tiles(int band) {
  constexpr int kMargin = 12;  // the coarsest patch and its gradients are within
  const int top = std::max(kMargin, band * cell_ - kPatch / 2) / kBlock * kBlock;
  const int bottom = std::min(band * cell_ + cell_ + kPatch / 2, reference_[0].rows - kMargin);
  sum_gradients(top, bottom);
  // Noise has gradients too: 0.42 of its square, after the blur.
  const float least = kLeastGradient + 0.84f * noise_ * noise_left();
  for (int i = 0; i < cells_.width; ++i) {
    Tile& tile = tiles_[size_t(band * cells_.width + i)];
    float best = tile.active ? 1.5f * hold(tile.x, tile.y - top) : 0;
    tile.active = best > least;
    best = std::max(best, least);
    const int left = std::max(kMargin, i * cell_ - kPatch / 2 + kBlock) / kBlock * kBlock;
    const int right =
        std::min(i * cell_ + cell_ - kPatch / 2, reference_[0].cols - kMargin - kPatch);
    for (int y = top; y + kPatch <= bottom; y += kBlock) {
      for (int x = left; x <= right; x += kBlock) {
        const float s = hold(x, y - top);
        if (s <= best) continue;
        best = s;
        if (tile.x != x || tile.y != y) tile.usual = 0;
        tile.active = true;
        tile.x = x;
        tile.y = y;
      }
    }
    if (tile.active) fill_patches(tile);
  }
}

template <int N>
void StillReference::fit_tile(const Patch<N>& patch, const cv::Mat& picture, int level,
                              const Tile& tile, const Displacement& d, Fit& fit) {
  const PixelPoint moved = d.at(tile.x + kPatch / 2 - 0.5, tile.y + kPatch / 2 - 0.5);
  const double x = (tile.x + moved.x + kPatch / 2) / (1 << level) - N / 2;
  const double y = (tile.y + moved.y + kPatch / 2) / (1 << level) - N / 2;
  const int x16 = int(std::floor(x * 16 + 0.5)), y16 = int(std::floor(y * 16 + 0.5));
  fit.inside =
      x16 >= 0 && y16 >= 0 && (x16 >> 4) + N < picture.cols && (y16 >> 4) + N < picture.rows;
  if (!fit.inside) return;
  std::array<int16_t, N * N> values;
  sample<N>(picture, x16, y16, N, values.data());
  int sum = 0, squares = 0, bx = 0, by = 0;
  for (int i = 0; i < N * N; ++i) {
    const int16_t e = int16_t(values[i] - patch.value[i]);
    sum += e;
    squares += e * e;
    bx += e * patch.gx[i];
    by += e * patch.gy[i];
  }
  // To the place that was meant, less than 1/32 of a pixel away.
  const float rx = float(x - x16 / 16.0), ry = float(y - y16 / 16.0);
  fit.xx = patch.xx;
  fit.xy = patch.xy;
  fit.yy = patch.yy;
  fit.bx = float(bx) / 64 + patch.xx * rx + patch.xy * ry;
  fit.by = float(by) / 64 + patch.xy * rx + patch.yy * ry;
  const float mean = float(sum) / (N * N);
  fit.residual = (float(squares) / (N * N) - mean * mean) / 64;
}

// Each tile at a displacement.
void StillReference::fit(const Displacement& d, int level, std::vector<Fit>& fits) const {
  fits.resize(tiles_.size());
  for (size_t i = 0; i < tiles_.size(); ++i) {
    const Tile& tile = tiles_[i];
    fits[i].inside = false;
    if (!tile.active) continue;
    if (level == 0)
      fit_tile(tile.fine, picture_[0], 0, tile, d, fits[i]);
    else
      fit_tile(tile.coarse[size_t(level - 1)], picture_[size_t(level)], level, tile, d, fits[i]);
  }
}

// What moves is seldom at all edges of the picture at once.
float StillReference::importance(const Tile& tile) const {
  const float x = std::abs(float(2 * tile.x + kPatch) / float(mean_.cols) - 1);
  const float y = std::abs(float(2 * tile.y + kPatch) / float(mean_.rows) - 1);
  return 0.3f + std::max(x * x, y * y);
}

}  // namespace motionheat
