// SPDX-License-Identifier: LGPL-2.1-or-later
#include "camera_motion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "kernels/kernels.h"

namespace motionheat {
namespace {

// Columns of the shrunk picture, about; below the smallest there is not enough to see.
constexpr int kWidth = 640;
constexpr int kSmallest = 48;
// Squares of what a value may be off for its place alone, pixels, times the gradient.
constexpr float kNear = 0.15f * 0.15f, kFar = 0.5f * 0.5f;
constexpr float kLeastNoise = 1.5f * 1.5f;    // grey^2
constexpr float kLeastGradient = 2.0f * 2.0f;  // of a tile, in its weakest direction
constexpr int kEnough = 6;                     // tiles that agree
constexpr double kEnoughShare = 0.12;
constexpr double kLearning = 4;      // seconds in which the reference follows
constexpr double kFollowing = 2;     // seconds in which a slow drift is followed
constexpr double kTurned = 0.06;     // of the width: further away it is another view
constexpr double kSettling = 0.3;    // seconds within half of that after a break
constexpr double kLongestBreak = 10;
// The search: whole pixels of the coarsest picture, turns in radians, tiles.
constexpr int kReach = 9, kTurns = 7, kSearched = 64;
constexpr double kStep = 4;  // pixels of the small picture from one frame to the next
constexpr float kTurn = 0.5f * 3.14159265f / 180;
constexpr double kPatience = 2;  // seconds until a view that is lost is given up

int16_t eighths(int value, int shift) { return int16_t((value + (1 << shift >> 1)) >> shift); }

// `N` by `n` values between pixels, in 1/8 grey, of a place in 1/16 of a pixel.
template <int N>
void sample(const cv::Mat& picture, int x16, int y16, int n, int16_t* values) {
  const int fx = x16 & 15, fy = y16 & 15;
  std::array<std::array<uint16_t, N>, 2> rows;
  for (int y = 0; y <= n; ++y) {
    // The row below may be beyond the last one where it counts nothing.
    const uint8_t* p = picture.ptr<uint8_t>(std::min((y16 >> 4) + y, picture.rows - 1)) + (x16 >> 4);
    uint16_t* const row = rows[y & 1].data();
    for (int x = 0; x < N; ++x) row[x] = uint16_t(p[x] * (16 - fx) + p[x + 1] * fx);
    if (y == 0) continue;
    const uint16_t* const above = rows[~y & 1].data();
    for (int x = 0; x < N; ++x)
      values[(y - 1) * N + x] = int16_t(uint16_t(above[x] * (16 - fy) + row[x] * fy + 16) >> 5);
  }
}

}  // namespace

void CameraMotion::forget() {
  frames_ = 0;
  known_ = false;
  trusted_ = lost_ = settling_ = breaking_ = 0;
}

size_t CameraMotion::memory() const {
  size_t bytes = mean_.total() * sizeof(int16_t) + tiles_.size() * (sizeof(Tile) + sizeof(Fit));
  for (int l = 0; l < kLevels; ++l) bytes += picture_[l].total() + reference_[l].total() * 2;
  return bytes;
}

void CameraMotion::configure(cv::Size size) {
  forget();
  size_ = size;
  scale_ = std::clamp((size.width + kWidth / 2) / kWidth, 1, kernels::kMaxScale);
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
  fits_.assign(tiles_.size(), {});
  sorted_.reserve(tiles_.size());
}

void CameraMotion::shrink(const cv::Mat& picture) {
  const kernels::Kernels& k = kernels::active();
  for (int y = 0; y < picture_[0].rows; ++y) {
    uint8_t* means = picture_[0].ptr<uint8_t>(y);
    const kernels::Extent extent{picture.cols, std::min(scale_, picture.rows - y * scale_)};
    k.shrink_u8({picture.ptr<uint8_t>(y * scale_), ptrdiff_t(picture.step)},
                {.step = 1, .n = 1, .offsets = {}}, extent, scale_, &means);
  }
  measure_noise();
  cv::GaussianBlur(picture_[0], picture_[0], {3, 3}, 0, 0, cv::BORDER_REPLICATE);
  for (int l = 1; l < kLevels; ++l) {
    for (int y = 0; y < picture_[l].rows; ++y) {
      uint8_t* means = picture_[l].ptr<uint8_t>(y);
      k.shrink_u8({picture_[l - 1].ptr<uint8_t>(2 * y), ptrdiff_t(picture_[l - 1].step)},
                  {.step = 1, .n = 1, .offsets = {}}, {2 * picture_[l].cols, 2}, 2, &means);
    }
  }
}

// What noise adds to the square of a value, from second differences along some rows: where they are
// least there is nothing else.
void CameraMotion::measure_noise() {
  constexpr int kSegment = 32;
  constexpr int kStepY = 8;
  sorted_.clear();
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
      sorted_.push_back(float(sum));
    }
  }
  if (sorted_.empty()) return;
  const auto low = sorted_.begin() + ptrdiff_t(sorted_.size() / 4);
  std::nth_element(sorted_.begin(), low, sorted_.end());
  // Of white noise the sums' mean is 6 sqrt(2 / pi) times its deviation; a low one is a bit less.
  const float deviation = *low / (kSegment * 4.787f * 0.92f);
  constexpr float kBlurred = 0.375f * 0.375f;  // what the blur leaves of its square
  noise_ = kBlurred * deviation * deviation;
}

// Rows of the reference take up those of the current picture, moved.
void CameraMotion::learn_band(int band, double weight) {
  constexpr int kBlock = 16;
  const int begin = band * cell_;
  const int end = band + 1 == cells_.height ? mean_.rows : begin + cell_;
  const int share = int(std::lround(weight * 4096));
  std::array<int16_t, kBlock * 4> values;
  for (int y = begin; y < end; y += 4) {
    const int n = std::min(4, end - y);
    for (int x = 0; x < mean_.cols; x += kBlock) {
      const int left = std::clamp(x, 0, std::max(0, mean_.cols - kBlock - (weight == 1)));
      const PixelPoint d = pose_.at(left + kBlock / 2, y + 2);
      const int x16 = int(std::lround((left + d.x) * 16)), y16 = int(std::lround((y + d.y) * 16));
      if (x16 < 0 || y16 < 0 || (x16 >> 4) + kBlock >= mean_.cols || ((y16 + 15) >> 4) + n > mean_.rows)
        if (weight < 1) continue;
      if (weight == 1) {
        for (int i = 0; i < n; ++i)
          for (int j = x; j < std::min(x + kBlock, mean_.cols); ++j)
            mean_.at<int16_t>(y + i, j) = int16_t(picture_[0].at<uint8_t>(y + i, j) << 7);
        continue;
      }
      sample<kBlock>(picture_[0], x16, y16, n, values.data());
      for (int i = 0; i < n; ++i) {
        int16_t* const mean = mean_.ptr<int16_t>(y + i) + left;
        for (int j = 0; j < kBlock; ++j)
          mean[j] = int16_t(mean[j] + (((values[i * kBlock + j] << 4) - mean[j]) * share >> 12));
      }
    }
  }
  for (int y = begin; y < end; ++y) {
    const int16_t* const from = mean_.ptr<int16_t>(y);
    int16_t* const to = reference_[0].ptr<int16_t>(y);
    for (int x = 0; x < mean_.cols; ++x) to[x] = eighths(from[x], 4);
  }
  for (int l = 1; l < kLevels; ++l) {
    const int bottom = std::min(end >> l, reference_[l].rows);
    for (int y = begin >> l; y < bottom; ++y) {
      const int16_t* const a = reference_[l - 1].ptr<int16_t>(2 * y);
      const int16_t* const b = reference_[l - 1].ptr<int16_t>(2 * y + 1);
      int16_t* const to = reference_[l].ptr<int16_t>(y);
      for (int x = 0; x < reference_[l].cols; ++x)
        to[x] = eighths(a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1], 2);
    }
  }
}

template <int N>
void CameraMotion::fill_patch(Patch<N>& patch, const cv::Mat& reference, int x, int y) {
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

void CameraMotion::fill_patches(Tile& tile) {
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

// In each cell of a row the place with the most to hold on to: where even the weaker direction has
// the largest gradient. The one there is stays unless another is much better.
void CameraMotion::choose_tiles(int band) {
  constexpr int kBlock = 4, kBlocks = kPatch / kBlock;
  const cv::Mat& reference = reference_[0];
  struct Sums {
    int xx, xy, yy;
  };
  const int margin = 12;  // the coarsest patch and its gradients are within
  const int top = std::max(margin, band * cell_ - kPatch / 2) / kBlock * kBlock;
  const int bottom = std::min(band * cell_ + cell_ + kPatch / 2, reference.rows - margin);
  const int columns = reference.cols / kBlock;
  std::vector<Sums> sums(size_t(columns) * size_t(std::max(0, (bottom - top) / kBlock)));
  for (int y = top; y + kBlock <= bottom; y += kBlock) {
    Sums* const row = sums.data() + (y - top) / kBlock * columns;
    for (int i = 0; i < kBlock; ++i) {
      const int16_t* const p = reference.ptr<int16_t>(y + i);
      const int16_t* const above = reference.ptr<int16_t>(y + i - 1);
      const int16_t* const below = reference.ptr<int16_t>(y + i + 1);
      for (int x = kBlock; x < (columns - 1) * kBlock; ++x) {
        const int gx = (p[x + 1] - p[x - 1]) / 2, gy = (below[x] - above[x]) / 2;
        row[x / kBlock].xx += gx * gx;
        row[x / kBlock].xy += gx * gy;
        row[x / kBlock].yy += gy * gy;
      }
    }
  }
  const auto strength = [&](int x, int y) {
    float xx = 0, xy = 0, yy = 0;
    for (int i = 0; i < kBlocks; ++i) {
      for (int j = 0; j < kBlocks; ++j) {
        const Sums& s = sums[size_t(((y - top) / kBlock + i) * columns + x / kBlock + j)];
        xx += float(s.xx);
        xy += float(s.xy);
        yy += float(s.yy);
      }
    }
    return ((xx + yy) / 2 - std::hypot((xx - yy) / 2, xy)) / (64 * kPatch * kPatch);
  };
  // Noise has gradients too: 0.42 of its square, after the blur.
  const float least = kLeastGradient + 0.84f * noise_ * noise_left();
  for (int i = 0; i < cells_.width; ++i) {
    Tile& tile = tiles_[size_t(band * cells_.width + i)];
    float best = tile.active ? 1.5f * strength(tile.x, tile.y) : least;
    const bool stays = tile.active && best > least;
    best = std::max(best, least);
    tile.active = stays;
    const int left = std::max(margin, i * cell_ - kPatch / 2 + kBlock) / kBlock * kBlock;
    const int right = std::min(i * cell_ + cell_ - kPatch / 2, reference.cols - margin - kPatch);
    for (int y = top; y + kPatch <= bottom; y += kBlock) {
      for (int x = left; x <= right; x += kBlock) {
        const float s = strength(x, y);
        if (s <= best) continue;
        best = s;
        if (!tile.active || tile.x != x || tile.y != y) tile.usual = 0;
        tile.active = true;
        tile.x = x;
        tile.y = y;
      }
    }
    if (tile.active) fill_patches(tile);
  }
}

// The current picture becomes the reference.
void CameraMotion::restart() {
  pose_ = {};
  home_ = {};
  home_turn_ = 0;
  rounds_ = 0;
  band_ = 0;
  known_ = true;
  lost_ = 0;
  frames_ = 1;
  for (int band = 0; band < cells_.height; ++band) learn_band(band, 1);
  for (Tile& tile : tiles_) tile = {};
  for (int band = 0; band < cells_.height; ++band) choose_tiles(band);
}

template <int N>
void CameraMotion::fit_tile(const Patch<N>& patch, const cv::Mat& picture, int level,
                            const Tile& tile, const Displacement& d, Fit& fit) const {
  const PixelPoint moved = d.at(tile.x + kPatch / 2 - 0.5, tile.y + kPatch / 2 - 0.5);
  const double x = (tile.x + moved.x + kPatch / 2) / (1 << level) - N / 2;
  const double y = (tile.y + moved.y + kPatch / 2) / (1 << level) - N / 2;
  const int x16 = int(std::floor(x * 16 + 0.5)), y16 = int(std::floor(y * 16 + 0.5));
  fit.inside = x16 >= 0 && y16 >= 0 && (x16 >> 4) + N < picture.cols && (y16 >> 4) + N < picture.rows;
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

// Steps of Gauss and Newton.
CameraMotion::Verdict CameraMotion::refine(Displacement& d, int level, int rounds) {
  const double half_x = mean_.cols / 2.0, half_y = mean_.rows / 2.0;
  Verdict verdict;
  for (int round = 0; round < rounds; ++round) {
    sorted_.clear();
    for (size_t i = 0; i < tiles_.size(); ++i) {
      Tile& tile = tiles_[i];
      fits_[i].inside = false;
      if (!tile.active) continue;
      if (level == 0)
        fit_tile(tile.fine, picture_[0], 0, tile, d, fits_[i]);
      else
        fit_tile(tile.coarse[size_t(level - 1)], picture_[size_t(level)], level, tile, d, fits_[i]);
      if (fits_[i].inside) sorted_.push_back(fits_[i].residual);
    }
    verdict = {.agree = 0, .tried = int(sorted_.size())};
    if (sorted_.size() < kEnough) return verdict;
    const auto third = sorted_.begin() + ptrdiff_t(sorted_.size() * 3 / 10);
    std::nth_element(sorted_.begin(), third, sorted_.end());
    const float noise = std::max(kLeastNoise, *third);
    const float usual_noise = noise_ * (1 + noise_left());
    const float tolerance = level == 0 && round > 0 ? kNear : kFar;
    const float pixels = level == 0 ? kPatch * kPatch : kPatch * kPatch / 4;
    cv::Matx66d a = cv::Matx66d::zeros();
    cv::Vec6d b = cv::Vec6d::all(0);
    for (size_t i = 0; i < tiles_.size(); ++i) {
      const Fit& fit = fits_[i];
      if (!fit.inside) continue;
      const Tile& tile = tiles_[i];
      const float gradient = (fit.xx + fit.yy) / pixels;
      const float expected = noise + tolerance * gradient;
      const float unlike = std::max(0.0f, fit.residual - usual_noise) /
                           std::max(1.0f, tile.contrast - noise_ * noise_left());
      if (fit.residual < 4 * expected && unlike < 0.5f) ++verdict.agree;
      float weight = 1 / (1 + fit.residual / (2 * expected + tile.usual / 4));
      weight *= weight * std::clamp(1 - unlike, 0.01f, 1.0f);
      weight /= noise + tile.usual + 0.0025f * (fit.xx + fit.yy);
      // The unknowns at this tile.
      const double j[3] = {1, (tile.x + kPatch / 2 - half_x) / half_x,
                           (tile.y + kPatch / 2 - half_y) / half_x};
      for (int r = 0; r < 3; ++r) {
        b[r] -= weight * fit.bx * j[r];
        b[r + 3] -= weight * fit.by * j[r];
        for (int c = 0; c < 3; ++c) {
          a(r, c) += weight * fit.xx * j[r] * j[c];
          a(r, c + 3) += weight * fit.xy * j[r] * j[c];
          a(r + 3, c + 3) += weight * fit.yy * j[r] * j[c];
        }
      }
    }
    const double to_level = 1.0 / (1 << level);
    // What is believed before: no turn. In pixels at the edge.
    const double now[6] = {0, d.x_by_x * half_x, d.x_by_y * half_x,
                           0, d.y_by_x * half_x, d.y_by_y * half_x};
    for (int r = 0; r < 6; ++r) {
      if (r % 3 == 0) {
        a(r, r) += 1e-6;
        continue;
      }
      a(r, r) += 1.0;
      b[r] -= 1.0 * now[r] * to_level;
    }
    for (int r = 0; r < 6; ++r)
      for (int c = 0; c < r; ++c) a(r, c) = a(c, r);
    const cv::Matx66d inverse = a.inv(cv::DECOMP_CHOLESKY);
    cv::Vec6d step = inverse * b;
    verdict.deviation = std::sqrt(std::max(inverse(0, 0), inverse(3, 3))) / to_level;
    for (int r = 0; r < 6; ++r) step[r] = std::clamp(step[r], -2.0, 2.0) / to_level;
    // From the middle to the corner, where coordinates begin.
    const double cx = half_x - 0.5, cy = half_y - 0.5;
    d.x_by_x += step[1] / half_x;
    d.x_by_y += step[2] / half_x;
    d.y_by_x += step[4] / half_x;
    d.y_by_y += step[5] / half_x;
    d.x += step[0] - (step[1] * cx + step[2] * cy) / half_x;
    d.y += step[3] - (step[4] * cx + step[5] * cy) / half_x;
  }
  return verdict;
}

CameraMotion::Verdict CameraMotion::settle(Displacement& d) {
  refine(d, 2, 2);
  refine(d, 1, 2);
  return refine(d, 0, 3);
}

// What is left of a picture without its local mean.
void CameraMotion::detail_of(const cv::Mat& picture, cv::Mat& detail) {
  cv::blur(picture, blurred_, {9, 9}, {-1, -1}, cv::BORDER_REPLICATE);
  detail.create(picture.size(), CV_8U);
  for (int y = 0; y < picture.rows; ++y) {
    const uint8_t* const value = picture.ptr<uint8_t>(y);
    const uint8_t* const mean = blurred_.ptr<uint8_t>(y);
    uint8_t* const to = detail.ptr<uint8_t>(y);
    for (int x = 0; x < picture.cols; ++x)
      to[x] = uint8_t(std::clamp(value[x] - mean[x] + 128, 0, 255));
  }
}

// The best of all whole shifts in the coarsest picture, and of some turns: each tile adds its
// difference there, up to where it does not resemble the reference at all.
Displacement CameraMotion::search() {
  constexpr int kSide = kPatch / 2, kPixels = kSide * kSide;
  constexpr int kSpan = 2 * kReach + 1;
  constexpr int kMostContrast = 20 * kPixels;
  reference_[2].convertTo(wanted_, CV_8U, 1.0 / 8);
  detail_of(wanted_, wanted_);
  detail_of(picture_[2], found_);
  int n = 0;
  for (const Tile& tile : tiles_) n += tile.active;
  const int every = std::max(1, n / kSearched);
  const int home_x = int(std::lround(home_.x / 4)), home_y = int(std::lround(home_.y / 4));
  places_.clear();
  costs_.clear();
  n = 0;
  for (const Tile& tile : tiles_) {
    if (!tile.active || n++ % every != 0) continue;
    const int tx = tile.x / 4 - 2, ty = tile.y / 4 - 2;
    std::array<uint8_t, kPixels> patch;
    for (int i = 0; i < kSide; ++i)
      std::copy_n(wanted_.ptr<uint8_t>(ty + i) + tx, kSide, patch.data() + i * kSide);
    int contrast = 0;
    for (const uint8_t v : patch) contrast += std::abs(v - 128);
    const int unlike = std::min(contrast, kMostContrast);
    const float weight = 1 / (1 + tile.usual / 50);
    places_.emplace_back(float(tile.x + kPatch / 2 - mean_.cols / 2) / 4,
                         float(tile.y + kPatch / 2 - mean_.rows / 2) / 4);
    for (int y = ty + home_y - kReach; y <= ty + home_y + kReach; ++y) {
      for (int x = tx + home_x - kReach; x <= tx + home_x + kReach; ++x) {
        int cost = unlike;
        if (x >= 0 && y >= 0 && x + kSide <= found_.cols && y + kSide <= found_.rows) {
          std::array<uint8_t, kPixels> there;
          for (int i = 0; i < kSide; ++i)
            std::copy_n(found_.ptr<uint8_t>(y + i) + x, kSide, there.data() + i * kSide);
          int total = 0;
          for (int i = 0; i < kPixels; ++i) total += std::abs(there[i] - patch[i]);
          cost = std::min(cost, total);
        }
        costs_.push_back(float(cost) * weight);
      }
    }
  }
  Displacement best;
  float least = std::numeric_limits<float>::max();
  std::array<float, kSpan * kSpan> sums;
  for (int turn = -kTurns; turn <= kTurns; ++turn) {
    const float angle = home_turn_ + float(turn) * kTurn;
    sums.fill(0);
    for (size_t i = 0; i < places_.size(); ++i) {
      const float* const costs = costs_.data() + i * kSpan * kSpan;
      const int u = int(std::lround(-angle * places_[i].y));
      const int v = int(std::lround(angle * places_[i].x));
      for (int y = 0; y < kSpan; ++y) {
        const int row = std::clamp(y + v, 0, kSpan - 1) * kSpan;
        const int begin = std::clamp(-u, 0, kSpan), end = std::clamp(kSpan - u, 0, kSpan);
        for (int x = 0; x < begin; ++x) sums[y * kSpan + x] += costs[row];
        for (int x = begin; x < end; ++x) sums[y * kSpan + x] += costs[row + x + u];
        for (int x = end; x < kSpan; ++x) sums[y * kSpan + x] += costs[row + kSpan - 1];
      }
    }
    const auto at = std::min_element(sums.begin(), sums.end());
    if (*at >= least) continue;
    least = *at;
    const int index = int(at - sums.begin());
    best = {0, 0, -angle, 0, angle, 0};
    best.x = 4 * (home_x + index % kSpan - kReach) + angle * mean_.rows / 2;
    best.y = 4 * (home_y + index / kSpan - kReach) - angle * mean_.cols / 2;
  }
  return best;
}

CameraMotion::Verdict CameraMotion::locate(Displacement& d) {
  d = pose_;
  Verdict verdict = settle(d);
  // What is far from the last place may be a wrong one that resembles the right one in part.
  double most = 0;
  for (const double x : {0.0, 1.0}) {
    const PixelPoint now = d.at(x * mean_.cols, mean_.rows / 2.0);
    const PixelPoint before = pose_.at(x * mean_.cols, mean_.rows / 2.0);
    most = std::max(most, std::hypot(now.x - before.x, now.y - before.y));
  }
  if (verdict.share() >= std::max(0.4, 0.8 * trusted_) && most < kStep) return verdict;
  Displacement other = search();
  const Verdict found = settle(other);
  if (found.share() <= verdict.share()) return verdict;
  d = other;
  return found;
}

// Where a point of the current picture was in the previous one, in full pixels.
CameraMovement CameraMotion::movement(const Displacement& pose, const Verdict& verdict) const {
  Displacement d = pose.inverse().then(pose_);
  double most = 0;
  for (const double x : {0.2, 0.8}) {
    for (const double y : {0.2, 0.8}) {
      const PixelPoint moved = d.at(x * mean_.cols, y * mean_.rows);
      most = std::max(most, std::hypot(moved.x, moved.y));
    }
  }
  if (most * scale_ < 0.1 || most < 3 * verdict.deviation) return {CameraMovement::Kind::kStill, {}};
  const double middle = (scale_ - 1) / 2.0;  // full = small * scale + middle
  const PixelPoint corner = d.at(-middle / scale_, -middle / scale_);
  d.x = corner.x * scale_;
  d.y = corner.y * scale_;
  return {CameraMovement::Kind::kMoved, d};
}

CameraMovement CameraMotion::measure(const cv::Mat& current, double seconds) {
  using Kind = CameraMovement::Kind;
  seconds = seconds > 0 ? std::min(seconds, 1.0) : 0;
  if (current.size() != size_) configure(current.size());
  if (mean_.empty()) return {};
  shrink(current);
  if (frames_ == 0) {
    restart();
    return {};
  }
  frames_ = std::min(frames_ + 1, 1000);
  Displacement pose;
  const Verdict verdict = locate(pose);
  last_ = verdict;
  if (verdict.agree < kEnough || verdict.share() < kEnoughShare || verdict.deviation > 0.1)
    return lost(seconds, verdict);

  const bool was_known = known_;
  const CameraMovement moved = movement(pose, verdict);
  pose_ = pose;
  known_ = true;
  lost_ = 0;
  trusted_ += (verdict.share() - trusted_) * (frames_ < 5 ? 1 : 0.05);
  const PixelPoint middle = pose.at(mean_.cols / 2.0, mean_.rows / 2.0);
  const PixelPoint away{middle.x - home_.x, middle.y - home_.y};
  home_turn_ += float(((pose.y_by_x - pose.x_by_y) / 2 - home_turn_) *
                      std::min(1.0, seconds / kFollowing));
  home_.x += away.x * std::min(1.0, seconds / kFollowing);
  home_.y += away.y * std::min(1.0, seconds / kFollowing);
  const double limit = kTurned * mean_.cols * (settling_ > 0 ? 0.5 : 1);
  if (std::hypot(away.x, away.y) > limit) {
    restart();
    settling_ = kSettling;
  }
  if (settling_ > 0) {
    settling_ -= seconds;
    breaking_ += seconds;
    if (breaking_ > kLongestBreak) settling_ = 0;
    return {Kind::kBreak, {}};
  }
  breaking_ = 0;
  if (std::hypot(middle.x, middle.y) > kTurned * mean_.cols) {
    restart();
  } else {
    for (size_t i = 0; i < tiles_.size(); ++i)
      if (fits_[i].inside)
        tiles_[i].usual += (std::min(fits_[i].residual, 2500.0f) - tiles_[i].usual) / 16;
    learn_next(seconds);
  }
  return was_known ? moved : CameraMovement{};
}

void CameraMotion::learn_next(double seconds) {
  const double least = std::clamp(seconds * cells_.height / kLearning, 0.05, 0.5);
  learn_band(band_, std::max(least, 1.0 / (rounds_ + 2)));
  choose_tiles(band_);
  if (++band_ == cells_.height) {
    band_ = 0;
    rounds_ = std::min(rounds_ + 1, 1000);
  }
}

// Nothing resembles the reference. If all was well before, it is another view.
CameraMovement CameraMotion::lost(double seconds, const Verdict& verdict) {
  using Kind = CameraMovement::Kind;
  const bool suddenly = known_ && frames_ > 4 && trusted_ > 0.5 && verdict.share() < 0.08;
  known_ = false;
  lost_ += seconds;
  if (settling_ > 0) {
    settling_ = kSettling;
    breaking_ += seconds;
    restart();
    if (breaking_ > kLongestBreak) settling_ = breaking_ = 0;
    return {Kind::kBreak, {}};
  }
  if (suddenly) {
    settling_ = kSettling;
    breaking_ = 0;
    restart();
    return {Kind::kBreak, {}};
  }
  if (lost_ > kPatience)
    restart();
  else if (rounds_ < 2)
    learn_next(seconds);
  return {};
}

}  // namespace motionheat
