// SPDX-License-Identifier: LGPL-2.1-or-later
#include "moved_bits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "words.h"

namespace motionheat {
namespace {

// The first `n` of eight bytes, the others 0. For all eight it is one instruction.
inline uint64_t load(const uint8_t* bytes, size_t n) {
  uint64_t eight = 0;
  std::memcpy(&eight, bytes, n);
  return eight;
}

// The highest bits of eight bytes. The product brings that of byte i, moved to bit 8 i, to bit
// 56 + i.
uint8_t pack(uint64_t bytes) {
  return uint8_t((bytes >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56);
}

// Eight bytes of 0 or 255. The product has the bits eight times, of which byte i keeps bit i; what
// is not 0 there becomes 255 by way of its highest bit.
uint64_t unpack(uint8_t bits) {
  const uint64_t single = uint64_t{bits} * 0x0101010101010101 & 0x8040201008040201;
  return ((single + 0x7f7f7f7f7f7f7f7f) >> 7 & 0x0101010101010101) * 0xff;
}

}  // namespace

uint64_t MovedBits::count() const {
  static_assert(TileGrid::kMaskBytes % sizeof(uint64_t) == 0);
  uint64_t n = 0, word;
  for (size_t i = 0; i < bytes_.size(); i += sizeof word) {
    std::memcpy(&word, bytes_.data() + i, sizeof word);
    if (word) n += uint64_t(std::popcount(word));  // few are, and not every machine counts bits
  }
  return n;
}

void MovedBits::set(const cv::Mat& bytes, Bands& bands) {
  const int width = std::min(bytes.cols, grid_.size().width);
  const int height = std::min(bytes.rows, grid_.size().height);
  if (width < grid_.size().width || height < grid_.size().height) clear();
  bands.for_each(grid_, [&](int band, uint8_t*) {
    const int begin = band * TileGrid::kBandHeight;
    for (int y = begin; y < std::min(begin + TileGrid::kBandHeight, height); ++y) {
      const uint8_t* const from = bytes.ptr(y);
      uint8_t* const to = row(y);
      const int whole = width / 8 * 8;
      for (int x = 0; x < whole; x += 8) to[x / 8] = pack(load(from + x, 8));
      if (whole < width) to[whole / 8] = pack(load(from + whole, size_t(width - whole)));
    }
  });
}

void MovedBits::copy_to(cv::Mat& bytes, Bands& bands) const {
  const int width = grid_.size().width, height = grid_.size().height;
  bytes.create(height, width, CV_8UC1);
  bands.for_each(grid_, [&](int band, uint8_t*) {
    const int begin = band * TileGrid::kBandHeight;
    for (int y = begin; y < std::min(begin + TileGrid::kBandHeight, height); ++y) {
      const uint8_t* const from = row(y);
      uint8_t* const to = bytes.ptr(y);
      for (int x = 0; x < width; x += 8) {
        const uint64_t eight = unpack(from[x / 8]);
        std::memcpy(to + x, &eight, size_t(std::min(8, width - x)));
      }
    }
  });
}

void MovedBits::move(const Displacement& displacement, const Size& size) {
  before_.resize(bytes_.size());
  std::swap(bytes_, before_);
  clear();
  constexpr int kWord = 64, kRows = 8;  // a block's pixels are displaced alike
  const auto whole = [](double v) { return int(std::lround(std::clamp(v, -1e6, 1e6))); };
  for (int top = 0; top < size.height; top += kRows) {
    for (int x = 0; x < size.width; x += kWord) {
      const PixelPoint by = displacement.at(x + (kWord - 1) / 2.0, top + (kRows - 1) / 2.0);
      const int from_x = x + whole(by.x), down = whole(by.y);
      const int first = from_x >> 6, skipped = from_x & 63;
      const uint64_t within = ~uint64_t{0} >> std::max(0, kWord - (size.width - x));
      for (int y = top; y < std::min(top + kRows, size.height); ++y) {
        if (y + down < 0 || y + down >= size.height) continue;
        const uint8_t* const from = before_.data() + stride_ * (y + down);
        const auto word = [&](int i) {
          return i < 0 || i * 8 >= stride_ ? 0 : load_word(from + ptrdiff_t{i} * 8);
        };
        uint64_t bits = word(first) >> skipped;
        if (skipped) bits |= word(first + 1) << (kWord - skipped);
        store_word(bits & within, row(y) + x / 8);
      }
    }
  }
}

kernels::MovedRows MovedBits::moved_rows(const Rect& area) const {
  const size_t words = size_t(area.width + 63) / 64;
  kernels::MovedRows moved = 0;
  for (int y = 0; y < area.height; ++y) {
    const uint8_t* const bits = row(area.y + y) + area.x / 8;
    uint64_t any = 0, word;
    for (size_t i = 0; i < words; ++i) {
      std::memcpy(&word, bits + i * sizeof word, sizeof word);
      any |= word;
    }
    moved |= kernels::MovedRows{any != 0} << y / TileGrid::kHeight;
  }
  return moved;
}

}  // namespace motionheat
