// SPDX-License-Identifier: LGPL-2.1-or-later
#include "heat_map.h"

#include <cstring>

#include "kernels/kernels.h"

namespace motionheat {
namespace {

// An event's worth in a count.
constexpr uint16_t kEvent = 1;

constexpr ptrdiff_t kWordStride = TileGrid::kWidth * sizeof(uint16_t);

// For each position along an axis of `to` pixels the first of the positions along one of `from`
// pixels that fall together there; one more entry ends the last range. Enlarging repeats a
// position: its range is then empty but for its first element.
std::vector<int> source_starts(int from, int to) {
  std::vector<int> starts(size_t(to) + 1);
  for (int i = 0; i <= to; ++i) {
    if (to >= from) {  // the nearest centre: floor((i + 1/2) * from / to)
      starts[i] = int((int64_t{2} * i + 1) * from / (int64_t{2} * to));
    } else {  // the first j whose nearest centre is i: (j + 1/2) * to / from >= i
      starts[i] = int((int64_t{2} * i * from - to + int64_t{2} * to - 1) / (int64_t{2} * to));
    }
  }
  return starts;
}

}  // namespace

HeatMap::HeatMap(Size size)
    : grid_(size),
      // Not initialised: a tile is cleared when it gets its first event.
      low_(make_aligned<uint16_t>(size_t(grid_.count()) * TileGrid::kPixels)),
      tiles_(size_t(grid_.count())) {}

uint32_t HeatMap::add(int tile, const uint8_t* mask, ptrdiff_t mask_stride,
                      TileGrid::Chunks& moved) {
  const kernels::Kernels& k = kernels::active();
  const Rect rect = grid_.rect(tile);
  Tile& t = tiles_[tile];
  uint16_t* counts = low(tile);
  if (t.max == 0) std::memset(counts, 0, TileGrid::kPixels * sizeof *counts);

  const kernels::Accumulated result =
      k.accumulate({mask, mask_stride}, {counts, kWordStride}, {rect.width, rect.height}, kEvent,
                   {moved[0].data(), sizeof moved[0]});
  if (result.carried || t.high)
    carry(tile, mask, mask_stride);
  else
    t.max = std::max<uint64_t>(t.max, result.max);
  return result.moved;
}

// The slow part of `add`, for tiles whose counts have high words: a low word that wrapped is one of
// a pixel that moved and now less than an event.
void HeatMap::carry(int tile, const uint8_t* mask, ptrdiff_t mask_stride) {
  Tile& t = tiles_[tile];
  if (!t.high) t.high = std::make_unique<uint32_t[]>(TileGrid::kPixels);
  const Rect rect = grid_.rect(tile);
  const uint16_t* counts = low(tile);
  uint64_t max = t.max;
  for (int y = 0; y < rect.height; ++y) {
    for (int x = 0; x < rect.width; ++x) {
      const size_t i = size_t(y) * TileGrid::kWidth + x;
      t.high[i] += (mask[y * mask_stride + x] & 1) & (counts[i] < kEvent);
      max = std::max(max, uint64_t{t.high[i]} << 16 | counts[i]);
    }
  }
  t.max = max;
}

uint64_t HeatMap::max() const {
  uint64_t max = 0;
  for (const Tile& t : tiles_) max = std::max(max, t.max);
  return max;
}

uint64_t HeatMap::at(int x, int y) const {
  const int tile = grid_.containing(x, y);
  if (is_cold(tile)) return 0;
  const size_t i = size_t(y % TileGrid::kHeight) * TileGrid::kWidth + x % TileGrid::kWidth;
  const uint64_t top = tiles_[tile].high ? tiles_[tile].high[i] : 0;
  return top << 16 | low(tile)[i];
}

void HeatMap::clear() {
  for (Tile& t : tiles_) t = Tile{};
}

void HeatMap::assign(int tile, const uint64_t* counts) {
  const Rect rect = grid_.rect(tile);
  uint64_t max = 0;
  for (int y = 0; y < rect.height; ++y)
    for (int x = 0; x < rect.width; ++x)
      max = std::max(max, counts[size_t(y) * TileGrid::kWidth + x]);

  Tile& t = tiles_[tile];
  t.max = max;
  if (max <= UINT16_MAX)
    t.high.reset();
  else if (!t.high)
    t.high = std::make_unique<uint32_t[]>(TileGrid::kPixels);
  if (max == 0) return;

  uint16_t* words = low(tile);
  for (int y = 0; y < rect.height; ++y) {
    for (int x = 0; x < rect.width; ++x) {
      const size_t i = size_t(y) * TileGrid::kWidth + x;
      words[i] = uint16_t(counts[i]);
      if (t.high) t.high[i] = uint32_t(counts[i] >> 16);
    }
  }
}

HeatMap HeatMap::resampled(Size size) const {
  HeatMap result(size);
  if (max() == 0) return result;
  const std::vector<int> xs = source_starts(grid_.size().width, size.width);
  const std::vector<int> ys = source_starts(grid_.size().height, size.height);
  std::vector<uint64_t> counts(TileGrid::kPixels);
  for (int tile = 0; tile < result.grid_.count(); ++tile) {
    const Rect rect = result.grid_.rect(tile);
    for (int y = rect.y; y < rect.bottom(); ++y) {
      for (int x = rect.x; x < rect.right(); ++x) {
        const int x_end = std::max(xs[x] + 1, xs[x + 1]);
        const int y_end = std::max(ys[y] + 1, ys[y + 1]);
        uint64_t sum = 0;
        for (int v = ys[y]; v < y_end; ++v)
          for (int u = xs[x]; u < x_end; ++u) sum += at(u, v);
        const uint64_t n = uint64_t(x_end - xs[x]) * uint64_t(y_end - ys[y]);
        counts[size_t(y - rect.y) * TileGrid::kWidth + (x - rect.x)] = (sum + n / 2) / n;
      }
    }
    result.assign(tile, counts.data());
  }
  return result;
}

size_t HeatMap::memory() const {
  size_t bytes = size_t(grid_.count()) * (TileGrid::kPixels * sizeof(uint16_t) + sizeof(Tile));
  for (const Tile& t : tiles_) bytes += t.high ? TileGrid::kPixels * sizeof(uint32_t) : 0;
  return bytes;
}

}  // namespace motionheat
