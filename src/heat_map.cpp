// SPDX-License-Identifier: LGPL-2.1-or-later
#include "heat_map.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "heat_copy.h"
#include "kernels/kernels.h"
#include "resampling.h"

namespace motionheat {

using kernels::kCountBits;
using kernels::kMaxCount;

HeatMap::HeatMap(Size size)
    : grid_(size),
      // Not initialised: a tile is cleared when it gets its first event.
      low_(make_aligned<uint16_t>(size_t(grid_.count()) * TileGrid::kPixels)),
      high_(size_t(grid_.count())),
      max_(size_t(grid_.count())),
      row_max_(size_t(grid_.rows())),
      changes_(size_t(grid_.count())) {}

uint32_t HeatMap::add(int tile, const uint8_t* mask, ptrdiff_t mask_stride, TileGrid::Chunks& moved,
                      const uint8_t* weights) {
  const bool may_wrap = high_[tile] || max_[tile] + increment() > UINT16_MAX;
  if (may_wrap) reserve_high(tile);  // before anything changes: it may fail
  before_change(tile);
  uint16_t* counts = low(tile);
  if (is_cold(tile)) std::memset(counts, 0, TileGrid::kPixels * sizeof *counts);
  ++changes_[tile];
  if (weights) return add_weighted(tile, mask, mask_stride, moved, weights);

  const kernels::Kernels& k = kernels::active();
  const kernels::Rows<const uint8_t> bits{mask, mask_stride};
  const int rows = grid_.rect(tile).height;
  const kernels::Accumulated result =
      k.accumulate(bits, rows, TileGrid::kChunks, counts, increment(), moved.data());
  const uint64_t max =
      may_wrap ? k.carry(bits, rows, TileGrid::kChunks, counts, high_[tile].get(), increment())
               : result.max;
  set_max(tile, std::max(max_[tile], max));
  return result.moved;
}

// Few tiles lie at the soft edge of a mask.
uint32_t HeatMap::add_weighted(int tile, const uint8_t* mask, ptrdiff_t mask_stride,
                               TileGrid::Chunks& moved, const uint8_t* weights) {
  const Rect rect = grid_.rect(tile);
  uint16_t* const lower = low(tile);
  uint32_t* const upper = high_[tile].get();
  uint64_t max = max_[tile];
  uint32_t pixels = 0;
  for (int y = 0; y < rect.height; ++y) {
    for (int x = 0; x < rect.width; ++x) {
      if (!(mask[mask_stride * y + x / 8] >> x % 8 & 1)) continue;
      const int i = TileGrid::offset(x, y);
      const uint64_t before = uint64_t{upper ? upper[i] : 0} << 16 | lower[i];
      const uint64_t part = uint64_t(std::lround(unit_ * weights[i] / 255));
      const uint64_t count = std::min(before + part, kMaxCount);
      lower[i] = uint16_t(count);
      if (upper) upper[i] = uint32_t(count >> 16);
      max = std::max(max, count);
      moved[x / TileGrid::kChunkWidth] = true;
      ++pixels;
    }
  }
  set_max(tile, max);
  return pixels;
}

bool HeatMap::refine() {
  if (log_unit_ >= kLowestLogUnit) return false;
  shift(kLowestLogUnit);
  set_log_unit(log_unit_ + kLowestLogUnit);
  return max() > 0;
}

void HeatMap::reserve_high(int tile) {
  if (!high_[tile]) high_[tile] = std::make_unique<uint32_t[]>(TileGrid::kPixels);
}

void HeatMap::set_max(int tile, uint64_t max) {
  const int row = tile / grid_.columns();
  const bool falls = max < std::exchange(max_[tile], max);
  const auto first = max_.begin() + grid_.index(0, row);
  row_max_[row] =
      falls ? *std::max_element(first, first + grid_.columns()) : std::max(row_max_[row], max);
}

bool HeatMap::age(double half_lives) {
  if (half_lives <= 0) return false;
  const double log_unit = log_unit_ + half_lives;
  const bool shifts = !(log_unit >= kLowestLogUnit && log_unit < kLogUnitLimit);
  const double bits = shifts ? kLowestLogUnit - std::floor(log_unit) : 0;
  shift(int(std::max(bits, -64.0)));
  set_log_unit(log_unit + bits);
  return shifts;
}

// Multiplies all counts by 2^bits, rounding half up.
void HeatMap::shift(int bits) {
  if (bits == 0) return;
  // Before any count changes: it may fail.
  for (int tile = 0; tile < grid_.count() && bits > 0; ++tile)
    if (max_[tile] << bits > UINT16_MAX) reserve_high(tile);
  std::array<uint64_t, TileGrid::kPixels> counts;
  for (int tile = 0; tile < grid_.count(); ++tile) {
    if (is_cold(tile)) continue;
    const Rect rect = grid_.rect(tile);
    visit(tile, [&](int x, int y, uint64_t count) {
      if (bits > 0)
        count = std::min(count, (uint64_t{1} << (kCountBits - bits)) - 1) << bits;
      else if (-bits > kCountBits)
        count = 0;
      else
        count = (count + (uint64_t{1} << (-bits - 1))) >> -bits;
      counts[size_t(y - rect.y) * TileGrid::kWidth + (x - rect.x)] = count;
    });
    assign(tile, counts.data());
  }
}

void HeatMap::set_log_unit(double log_unit) {
  log_unit_ = log_unit;
  unit_ = std::exp2(log_unit);
}

uint64_t HeatMap::max() const {
  uint64_t max = 0;
  for (const uint64_t of_row : row_max_) max = std::max(max, of_row);
  return max;
}

uint64_t HeatMap::at(int x, int y) const {
  const int tile = grid_.containing(x, y);
  if (is_cold(tile)) return 0;
  const int i = TileGrid::offset(x % TileGrid::kWidth, y % TileGrid::kHeight);
  const uint64_t top = high_[tile] ? high_[tile][i] : 0;
  return top << 16 | low(tile)[i];
}

uint32_t HeatMap::covered(int tile) const {
  if (is_cold(tile)) return 0;
  // Those outside of the picture have none.
  uint16_t pixels = 0;  // no wider than the counts: the loops are vectors then
  const uint16_t* words = low(tile);
  if (const uint32_t* top = high(tile))
    for (size_t i = 0; i < TileGrid::kPixels; ++i) pixels += (words[i] | top[i]) != 0;
  else
    for (size_t i = 0; i < TileGrid::kPixels; ++i) pixels += words[i] != 0;
  return pixels;
}

std::array<uint64_t, TileGrid::kWidth> HeatMap::column_maxima(int tile, int begin, int end) const {
  std::array<uint64_t, TileGrid::kWidth> maxima{};
  const uint32_t* top = high(tile);
  for (int chunk = 0; chunk < TileGrid::kChunks; ++chunk) {
    const int column = chunk * TileGrid::kChunkWidth;
    std::array<uint16_t, TileGrid::kChunkWidth> lower{};
    for (int y = begin; y < end; ++y) {
      const int i = TileGrid::offset(column, y);
      const uint16_t* words = low(tile) + i;
      if (top)
        for (int x = 0; x < TileGrid::kChunkWidth; ++x)
          maxima[column + x] = std::max(maxima[column + x], uint64_t{top[i + x]} << 16 | words[x]);
      else  // values, not references to them: the loop is vectors then
        for (int x = 0; x < TileGrid::kChunkWidth; ++x)
          lower[x] = lower[x] < words[x] ? words[x] : lower[x];
    }
    if (!top) std::copy(lower.begin(), lower.end(), maxima.begin() + column);
  }
  return maxima;
}

void HeatMap::clear() {
  for (int tile = 0; tile < grid_.count(); ++tile) before_change(tile);
  for (auto& high : high_) high.reset();
  std::fill(max_.begin(), max_.end(), 0);
  std::fill(row_max_.begin(), row_max_.end(), 0);
  set_log_unit(0);
}

HeatMap HeatMap::clone() const {
  HeatMap copy(grid_.size());
  copy.set_log_unit(log_unit_);
  for (int tile = 0; tile < grid_.count(); ++tile) copy.copy_tile(*this, tile);
  return copy;
}

// The tile is cold.
void HeatMap::copy_tile(const HeatMap& from, int tile) {
  if (from.is_cold(tile)) return;
  if (from.high(tile)) {
    high_[tile] = std::make_unique<uint32_t[]>(TileGrid::kPixels);
    std::copy_n(from.high(tile), TileGrid::kPixels, high_[tile].get());
  }
  std::copy_n(from.low(tile), TileGrid::kPixels, low(tile));
  set_max(tile, from.max_[tile]);
}

void HeatMap::before_change(int tile) {
  for (const auto& copy : copies_) copy->take(*this, tile);
}

std::vector<uint64_t> HeatMap::counts() const {
  const Size size = grid_.size();
  std::vector<uint64_t> counts(size_t(size.area()));
  for (int tile = 0; tile < grid_.count(); ++tile) {
    if (is_cold(tile)) continue;
    visit(tile, [&](int x, int y, uint64_t count) { counts[size_t(y) * size.width + x] = count; });
  }
  return counts;
}

HeatMap HeatMap::of(Size size, const std::vector<uint64_t>& counts, double unit) {
  HeatMap heat(size);
  heat.set_log_unit(std::log2(unit));
  std::vector<uint64_t> words(TileGrid::kPixels);
  for (int tile = 0; tile < heat.grid_.count(); ++tile) {
    const Rect rect = heat.grid_.rect(tile);
    for (int y = 0; y < rect.height; ++y) {
      const uint64_t* row = counts.data() + ptrdiff_t{rect.y + y} * size.width + rect.x;
      std::transform(row, row + rect.width, words.begin() + ptrdiff_t{y} * TileGrid::kWidth,
                     [](uint64_t count) { return std::min(count, kMaxCount); });
    }
    heat.assign(tile, words.data());
  }
  return heat;
}

void HeatMap::assign(int tile, const uint64_t* counts) {
  before_change(tile);
  const Rect rect = grid_.rect(tile);
  uint64_t max = 0;
  for (int y = 0; y < rect.height; ++y)
    for (int x = 0; x < rect.width; ++x)
      max = std::max(max, counts[size_t(y) * TileGrid::kWidth + x]);

  auto& high = high_[tile];
  if (max > UINT16_MAX)
    reserve_high(tile);
  else
    high.reset();
  set_max(tile, max);
  if (max == 0) return;

  uint16_t* words = low(tile);
  std::memset(words, 0, TileGrid::kPixels * sizeof *words);
  for (int y = 0; y < rect.height; ++y) {
    for (int x = 0; x < rect.width; ++x) {
      const uint64_t count = counts[size_t(y) * TileGrid::kWidth + x];
      const int i = TileGrid::offset(x, y);
      words[i] = uint16_t(count);
      if (high) high[i] = uint32_t(count >> 16);
    }
  }
}

HeatMap HeatMap::resampled(Size size) const {
  HeatMap result(size);
  result.set_log_unit(log_unit_);
  if (max() == 0) return result;
  const ResampledAxis xs(grid_.size().width, size.width);
  const ResampledAxis ys(grid_.size().height, size.height);
  std::vector<uint64_t> counts(TileGrid::kPixels);
  for (int tile = 0; tile < result.grid_.count(); ++tile) {
    const Rect rect = result.grid_.rect(tile);
    for (int y = rect.y; y < rect.bottom(); ++y) {
      for (int x = rect.x; x < rect.right(); ++x) {
        uint64_t sum = 0;
        for (int v = ys.begin(y); v < ys.end(y); ++v)
          for (int u = xs.begin(x); u < xs.end(x); ++u) sum += at(u, v);
        counts[size_t(y - rect.y) * TileGrid::kWidth + (x - rect.x)] =
            mean_count(sum, uint64_t(xs.count(x)) * uint64_t(ys.count(y)));
      }
    }
    result.assign(tile, counts.data());
  }
  return result;
}

size_t HeatMap::memory() const {
  size_t bytes = size_t(grid_.count()) * (TileGrid::kPixels * sizeof(uint16_t) + sizeof(high_[0]) +
                                          sizeof(max_[0]) + sizeof(changes_[0])) +
                 row_max_.size() * sizeof(row_max_[0]);
  for (const auto& high : high_) bytes += high ? TileGrid::kPixels * sizeof(uint32_t) : 0;
  return bytes;
}

}  // namespace motionheat
