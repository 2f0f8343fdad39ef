// SPDX-License-Identifier: LGPL-2.1-or-later
#include "normalize.h"

#include "kernels/kernels.h"

namespace motionheat {

uint8_t Scale::index(uint64_t count) const {
  if (full_ == 0) return 0;
  // Rounding the float64 quotient of two numbers below 2^24 to float32 gives the float32 quotient
  // (Figueroa 1995: 53 >= 2 * 24 + 2), and beyond it keeps the exact counts.
  const float quotient = float(double(count) / double(full_));
  return uint8_t(std::min(255.0f, quotient * 255.0f));
}

bool Scale::index_tile(const HeatMap& heat, int tile, uint8_t* index,
                       TileGrid::Chunks& flags) const {
  const Rect rect = heat.grid().rect(tile);
  const uint16_t* low = heat.low(tile);
  const uint32_t* high = heat.high(tile);
  // Low words are exact in float32, and so must be the divisor.
  if (!high && full_ < (1 << 24)) {
    return kernels::active().index_linear({low, TileGrid::kWidth * sizeof *low},
                                          {index, TileGrid::kWidth}, {rect.width, rect.height},
                                          float(full_), {flags[0].data(), sizeof flags[0]});
  }
  bool any = false;
  for (int y = 0; y < rect.height; ++y) {
    for (int begin = 0; begin < rect.width; begin += TileGrid::kChunk) {
      uint8_t& flag = flags[y][begin / TileGrid::kChunk];
      if (!flag) continue;
      flag = false;
      for (int x = begin; x < std::min(begin + TileGrid::kChunk, rect.width); ++x) {
        const size_t i = size_t(y) * TileGrid::kWidth + x;
        const uint8_t value = this->index(uint64_t{high ? high[i] : 0} << 16 | low[i]);
        flag |= value != index[i];
        index[i] = value;
      }
      any |= flag;
    }
  }
  return any;
}

}  // namespace motionheat
