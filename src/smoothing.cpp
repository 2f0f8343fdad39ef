// SPDX-License-Identifier: LGPL-2.1-or-later
#include "smoothing.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "kernels/kernels.h"

namespace motionheat {
namespace {

// Parts of the picture take turns, more of them where blocks are single cells; but not before so
// many updates: a younger map changes too much.
constexpr int kTurns = 4, kCellTurns = 8;
constexpr uint64_t kYoungUpdates = 32;
// A percentile takes a pass over all blocks: it is taken anew every so many updates.
constexpr uint64_t kPercentileUpdates = 16;
// Indices are compared so many at a time, as a word.
constexpr int kCompared = sizeof(uint64_t);

bool are_equal(const uint8_t* a, const uint8_t* b, int n) {
  uint64_t words[2] = {};
  // A length that the compiler knows calls no function.
  if (n == kCompared) {
    std::memcpy(&words[0], a, kCompared);
    std::memcpy(&words[1], b, kCompared);
  } else {
    std::memcpy(&words[0], a, size_t(n));
    std::memcpy(&words[1], b, size_t(n));
  }
  return words[0] == words[1];
}

// The largest power of two that `sigma` is not less than: of people who walked an index is mostly
// within two of the exact one then. Blocks lie within tiles.
int block_for(double sigma) {
  int block = 1;
  while (2 * block <= TileGrid::kHeight && sigma >= 2 * block) block *= 2;
  return block;
}

// The sums of the blocks of a row of them in a chunk, from the low words of its cells.
template <int kBlock>
void sum_blocks(const uint16_t* low, int rows, uint32_t* sums) {
  constexpr int kWidth = TileGrid::kChunkWidth;
  if (kBlock == 1) {
    std::copy_n(low, kWidth, sums);
    return;
  }
  std::array<uint32_t, kWidth> columns{};
  for (int y = 0; y < rows; ++y, low += kWidth)
    for (int x = 0; x < kWidth; ++x) columns[x] += low[x];
  for (int i = 0; i < kWidth / kBlock; ++i) {
    sums[i] = 0;
    for (int x = 0; x < kBlock; ++x) sums[i] += columns[i * kBlock + x];
  }
}

// The highest of a row of floats that are not negative: their bits grow with them, and the loop is
// one of vectors then.
float highest(const float* row, int n) {
  int32_t max = 0;
  for (int x = 0; x < n; ++x) {
    const int32_t bits = std::bit_cast<int32_t>(row[x]);
    max = max < bits ? bits : max;
  }
  return std::bit_cast<float>(max);
}

// What remains for the Gaussian, in blocks: their means and the way between them smooth already,
// with variances of (block^2 - 1) / 12 and block^2 / 6.
double sigma_of_blocks(double sigma, int block) {
  if (block == 1) return sigma;
  const double variance = sigma * sigma - (block * block - 1) / 12.0 - block * block / 6.0;
  return std::sqrt(variance) / block;
}

}  // namespace

Smoothing::Smoothing(const TileGrid& cells, const TileGrid& picture, int scale, int radius)
    : cells_(cells), picture_(picture) {
  const double sigma = radius / 2.0 / scale;  // in cells
  block_cells_ = block_for(sigma);
  block_pixels_ = block_cells_ * scale;
  sigma_ = sigma_of_blocks(sigma, block_cells_);
  reach_ = int(std::ceil(4 * sigma_)) + 1;  // as far as OpenCV's kernel goes
  const auto blocks = [&](int n) { return (n + block_cells_ - 1) / block_cells_; };
  const cv::Size size(blocks(cells.size().width), blocks(cells.size().height));
  blocks_ = cv::Mat::zeros(size, CV_32FC1);
  smooth_ = cv::Mat::zeros(size, CV_32FC1);
  indices_ = cv::Mat::zeros(size, CV_8UC1);
  unsmoothed_.resize(size_t(size.height));
  unindexed_.resize(size_t(size.height));
  row_max_.resize(size_t(size.height));
  index_row_.resize(size_t(size.width));
  columns_ = places(picture.size().width, block_pixels_, size.width);
  rows_ = places(picture.size().height, block_pixels_, size.height);
  changed_.resize(size_t(picture.count()));
}

std::vector<Smoothing::Between> Smoothing::places(int pixels, int block, int blocks) {
  std::vector<Between> places(static_cast<size_t>(pixels));
  for (int i = 0; i < pixels; ++i) {
    // The centre of a pixel among the centres of blocks.
    const double at = (i + 0.5) / block - 0.5;
    const int first = int(std::floor(at));
    places[i] = {std::clamp(first, 0, blocks - 1), std::clamp(first + 1, 0, blocks - 1),
                 int(std::lround((at - first) * 256))};
  }
  return places;
}

void Smoothing::forget() {
  seen_.forget();
  blocks_ = 0;
  smooth_ = 0;
  indices_ = 0;
  std::fill(unsmoothed_.begin(), unsmoothed_.end(), Span{});
  std::fill(unindexed_.begin(), unindexed_.end(), Span{});
  std::fill(row_max_.begin(), row_max_.end(), 0.0f);
  std::fill(changed_.begin(), changed_.end(), TileGrid::Chunks{});
  scale_ = Scale();
  updates_ = 0;
  percentile_due_ = 0;
}

void Smoothing::update(const HeatMap& heat, bool all) {
  const bool whole = all || updates_ < kYoungUpdates;
  const int turns = block_cells_ == 1 ? kCellTurns : kTurns;
  const int turn = int(updates_++ % uint64_t(turns));
  const auto begin = [&](int part) { return cells_.rows() * part / turns; };
  const int first = whole ? 0 : begin(turn), end = whole ? cells_.rows() : begin(turn + 1);
  for (int tile = cells_.index(0, first); tile < cells_.index(0, end); ++tile) {
    if (!heat.is_cold(tile) && seen_.takes(heat, tile)) take_tile(heat, tile);
  }
  smooth();
}

// The means of the blocks of a tile.
void Smoothing::take_tile(const HeatMap& heat, int tile) {
  const Rect rect = cells_.rect(tile);
  const int b = block_cells_;
  for (int y = 0; y < rect.height; y += b) {
    const int rows = std::min(b, rect.height - y);
    float* const row = blocks_.ptr<float>((rect.y + y) / b) + rect.x / b;
    for (int x = 0; x < rect.width; x += TileGrid::kChunkWidth)
      take_blocks(heat, tile, TileGrid::offset(x, y), {rect.width - x, rows}, row + x / b);
  }
  const int left = std::max(rect.x / b - reach_, 0);
  const int right = std::min((rect.right() + b - 1) / b + reach_, blocks_.cols);
  const int top = std::max(rect.y / b - reach_, 0);
  const int bottom = std::min((rect.bottom() + b - 1) / b + reach_, blocks_.rows);
  for (int y = top; y < bottom; ++y) unsmoothed_[y].join(left, right);
}

// Those of a row of blocks in a chunk that begins with cell `offset` of the tile, `inside` of which
// lie in the picture.
void Smoothing::take_blocks(const HeatMap& heat, int tile, int offset, Size inside,
                            float* means) const {
  const int b = block_cells_;
  const int width = std::min(inside.width, TileGrid::kChunkWidth);
  std::array<uint32_t, TileGrid::kChunkWidth> sums;
  const auto sum = b == 1   ? sum_blocks<1>
                   : b == 2 ? sum_blocks<2>
                   : b == 4 ? sum_blocks<4>
                            : sum_blocks<8>;
  sum(heat.low(tile) + offset, inside.height, sums.data());
  const float inverse = 1.0f / float(b * inside.height);
  for (int i = 0; i < TileGrid::kChunkWidth / b && i * b < width; ++i)
    means[i] = float(sums[i]) * inverse;
  // The last block may be cut.
  if (width % b != 0) means[width / b] = float(sums[width / b]) / float(width % b * inside.height);
  const uint32_t* const high = heat.high(tile);
  for (int i = 0; high && i * b < width; ++i) {
    const int columns = std::min(b, width - i * b);
    uint64_t words = 0;
    for (int y = 0; y < inside.height; ++y)
      for (int x = 0; x < columns; ++x)
        words += high[offset + y * TileGrid::kChunkWidth + i * b + x];
    means[i] += float(words) * 65536.0f / float(columns * inside.height);
  }
}

// Smooths what lies near changes, rows that follow each other in one go.
void Smoothing::smooth() {
  for (int y = 0; y < blocks_.rows; ++y) {
    if (unsmoothed_[y].is_empty()) continue;
    Span span;
    int end = y;
    for (; end < blocks_.rows && !unsmoothed_[end].is_empty(); ++end) {
      span.join(unsmoothed_[end].begin, unsmoothed_[end].end);
      unsmoothed_[end] = {};
    }
    // OpenCV looks beyond the part, where there is a picture. Beyond the picture cells are repeated
    // as it does by default; blocks whole, so that their cells are.
    const int border = block_cells_ == 1 ? cv::BORDER_REFLECT_101 : cv::BORDER_REFLECT;
    const cv::Rect part(span.begin, y, span.end - span.begin, end - y);
    cv::GaussianBlur(blocks_(part), smooth_(part), cv::Size(), sigma_, sigma_, border);
    for (; y < end; ++y) {
      const float* const row = smooth_.ptr<float>(y);
      row_max_[y] = highest(row, smooth_.cols);
      unindexed_[y].join(span.begin, span.end);
    }
    --y;
  }
}

Scale Smoothing::scale(const HeatMap& heat, const ScaleSettings& settings) {
  double full = settings.full_scale * heat.unit();
  if (settings.normalization == Normalization::kMax) {
    full = *std::max_element(row_max_.begin(), row_max_.end());
  } else if (settings.normalization == Normalization::kPercentile) {
    if (updates_ >= percentile_due_ || percentile_ == 0) {
      percentile_ = percentile(settings.percentile, heat.unit() / 20) / heat.unit();
      percentile_due_ = updates_ + (updates_ < kPercentileUpdates ? 1 : kPercentileUpdates);
    }
    full = percentile_ * heat.unit();
  }
  return Scale(in_steps(full), settings.curve);
}

// The least heat that so many percent of what is above `least` do not exceed; 0 if there is none.
double Smoothing::percentile(double percent, double least) const {
  // The exponent of a float32 and its eight highest bits below that.
  constexpr int kShift = 15;
  std::array<uint32_t, (1 << 16)> counts{};
  uint64_t n = 0;
  for (int y = 0; y < smooth_.rows; ++y) {
    const float* const row = smooth_.ptr<float>(y);
    for (int x = 0; x < smooth_.cols; ++x) {
      if (row[x] <= least) continue;
      ++counts[std::bit_cast<uint32_t>(row[x]) >> kShift];
      ++n;
    }
  }
  const uint64_t rank = std::max<uint64_t>(uint64_t(std::ceil(double(n) * percent / 100)), 1);
  uint64_t below = 0;
  for (uint32_t bin = 0; bin < counts.size() && n > 0; ++bin) {
    below += counts[bin];
    if (below >= rank) return std::bit_cast<float>(bin << kShift);
  }
  return 0;
}

void Smoothing::index(const Scale& scale) {
  const bool is_other = !(scale == std::exchange(scale_, scale));
  for (int y = 0; y < smooth_.rows; ++y) {
    if (is_other) unindexed_[y].join(0, smooth_.cols);
    const Span span = std::exchange(unindexed_[y], Span{});
    if (span.is_empty()) continue;
    const int n = span.end - span.begin;
    uint8_t* const now = index_row_.data();
    if (scale.full() > 0)
      kernels::active().index_f32(smooth_.ptr<float>(y) + span.begin, n, float(scale.full()),
                                  scale.curve(), now);
    else
      std::fill_n(now, n, 0);
    uint8_t* const before = indices_.ptr(y) + span.begin;
    for (int x = 0; x < n; x += kCompared) {
      const int compared = std::min(kCompared, n - x);
      if (are_equal(now + x, before + x, compared)) continue;
      std::copy_n(now + x, compared, before + x);
      mark_changed(y, span.begin + x, span.begin + x + compared);
    }
  }
}

// Marks the chunks of the picture whose pixels lie next to these blocks of a row.
void Smoothing::mark_changed(int row, int begin, int end) {
  const Size size = picture_.size();
  const int top = std::max((row - 1) * block_pixels_, 0) / TileGrid::kHeight;
  const int bottom = (std::min((row + 2) * block_pixels_, size.height) - 1) / TileGrid::kHeight;
  const int left = std::max((begin - 1) * block_pixels_, 0) / TileGrid::kChunkWidth;
  const int right = (std::min((end + 1) * block_pixels_, size.width) - 1) / TileGrid::kChunkWidth;
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x)
      changed_[picture_.index(x / TileGrid::kChunks, y)][x % TileGrid::kChunks] = true;
}

// The indices of the pixels of a chunk, from those of the blocks around them.
void Smoothing::enlarge(int tile, int chunk, uint8_t* index) const {
  const Rect rect = picture_.rect(tile);
  const int left = rect.x + chunk * TileGrid::kChunkWidth;
  const int width = std::min(TileGrid::kChunkWidth, rect.right() - left);
  if (width <= 0) return;
  if (block_pixels_ == 1) {
    for (int y = 0; y < rect.height; ++y, index += TileGrid::kChunkWidth)
      std::copy_n(indices_.ptr(rect.y + y) + left, width, index);
    return;
  }
  const Between* const columns = &columns_[left];
  const int first = columns[0].first, n = columns[width - 1].second + 1 - first;
  std::array<int, TileGrid::kChunkWidth + 2> between;  // rows of blocks, of 256
  for (int y = 0; y < rect.height; ++y, index += TileGrid::kChunkWidth) {
    const Between& place = rows_[rect.y + y];
    const uint8_t* const above = indices_.ptr(place.first) + first;
    const uint8_t* const below = indices_.ptr(place.second) + first;
    for (int i = 0; i < n; ++i) between[i] = above[i] * (256 - place.part) + below[i] * place.part;
    for (int x = 0; x < width; ++x) {
      const Between& column = columns[x];
      const int sum = between[column.first - first] * (256 - column.part) +
                      between[column.second - first] * column.part;
      index[x] = uint8_t((sum + (1 << 15)) >> 16);
    }
  }
}

size_t Smoothing::memory() const {
  return blocks_.total() * (2 * sizeof(float) + 1) +
         (unsmoothed_.size() + unindexed_.size()) * sizeof(Span) + row_max_.size() * sizeof(float) +
         (columns_.size() + rows_.size()) * sizeof(Between) + changed_.size() * sizeof(changed_[0]);
}

}  // namespace motionheat
