// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "heat_map.h"

namespace motionheat::test {

/// What moved in a column of tiles: a bit for each pixel, in rows of a tile's width.
class MotionMask {
 public:
  explicit MotionMask(int tiles = 1) : bytes_(kTileBytes * tiles) {}

  /// Pixel `i` counts from the first one, row by row.
  bool at(size_t i) const { return bytes_[i / 8] >> i % 8 & 1; }
  bool at(int x, int y) const { return at(place(x, y)); }
  void set(size_t i) { bytes_[i / 8] |= uint8_t(1 << i % 8); }
  void set(int x, int y) { set(place(x, y)); }

  /// Adds the mask's tile number `row` to a tile of the map.
  uint32_t add_to(HeatMap& heat, int tile, TileGrid::Chunks& moved, int row = 0) const {
    return heat.add(tile, bytes_.data() + kTileBytes * row, TileGrid::kMaskBytes, moved);
  }
  uint32_t add_to(HeatMap& heat, int tile, int row = 0) const {
    TileGrid::Chunks ignored;
    return add_to(heat, tile, ignored, row);
  }

 private:
  static constexpr size_t kTileBytes = size_t{TileGrid::kMaskBytes} * TileGrid::kHeight;

  static size_t place(int x, int y) { return size_t(y) * TileGrid::kWidth + size_t(x); }

  std::vector<uint8_t> bytes_;
};

}  // namespace motionheat::test
