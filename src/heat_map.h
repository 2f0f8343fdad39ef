// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <vector>

#include "aligned.h"
#include "tile_grid.h"

namespace motionheat {

/// Step 3: how many events (frames in which it moved) each pixel has seen, exactly, up to 2^48.
///
/// A count is a low word of 16 bits for every pixel and a high word of 32 bits that a tile gets
/// when the first of its low words wraps: few tiles ever do, so most of the map costs two bytes a
/// pixel. Both are kept tile by tile. A tile in which nothing ever moved is *cold*: its words are
/// neither read nor written, which also makes clearing the map free.
class HeatMap {
 public:
  HeatMap() = default;
  /// A cold map. Throws std::bad_alloc, also for sizes that cannot be addressed.
  explicit HeatMap(Size size);

  const TileGrid& grid() const { return grid_; }

  /// Adds an event to each pixel of `tile` whose byte in `mask` is 0xff, the others being 0; rows
  /// of the mask are `mask_stride` apart. Sets the flags of the chunks in which any moved and
  /// leaves the others; returns how many pixels moved. Threads may add to distinct tiles at once.
  uint32_t add(int tile, const uint8_t* mask, ptrdiff_t mask_stride, TileGrid::Chunks& moved);

  bool is_cold(int tile) const { return tiles_[tile].max == 0; }
  /// The count of the hottest pixel of a tile.
  uint64_t tile_max(int tile) const { return tiles_[tile].max; }
  /// The count of the hottest pixel of the map.
  uint64_t max() const;
  /// The count of pixel (x, y).
  uint64_t at(int x, int y) const;

  /// Calls `visit(x, y, count)` for every pixel of a tile that is not cold.
  template <typename Visit>
  void visit(int tile, Visit visit) const;

  /// The words of a tile that is not cold, in rows of TileGrid::kWidth.
  const uint16_t* low(int tile) const { return low_.get() + size_t(tile) * TileGrid::kPixels; }
  /// Null while no count of the tile exceeds 65,535.
  const uint32_t* high(int tile) const { return tiles_[tile].high.get(); }

  /// Makes every tile cold.
  void clear();

  /// The map in another size. Along each axis a larger map repeats counts and a smaller one has the
  /// rounded mean of what falls together, so that the level (events per pixel) and the places stay,
  /// and enlarging and shrinking back gives the same map.
  HeatMap resampled(Size size) const;

  /// Sets the count of every pixel of a tile; `counts` in rows of TileGrid::kWidth.
  void assign(int tile, const uint64_t* counts);

  /// Bytes it can come to hold; those of cold tiles are not touched.
  size_t memory() const;

 private:
  struct Tile {
    uint64_t max = 0;
    std::unique_ptr<uint32_t[]> high;
  };

  uint16_t* low(int tile) { return low_.get() + size_t(tile) * TileGrid::kPixels; }
  void carry(int tile, const uint8_t* mask, ptrdiff_t mask_stride);

  TileGrid grid_;
  AlignedArray<uint16_t> low_;
  std::vector<Tile> tiles_;
};

template <typename Visit>
void HeatMap::visit(int tile, Visit visit) const {
  const Rect rect = grid_.rect(tile);
  const uint32_t* top = high(tile);
  for (int y = 0; y < rect.height; ++y) {
    const size_t row = size_t(y) * TileGrid::kWidth;
    const uint16_t* words = low(tile) + row;
    for (int x = 0; x < rect.width; ++x)
      visit(rect.x + x, rect.y + y, uint64_t{top ? top[row + x] : 0} << 16 | words[x]);
  }
}

}  // namespace motionheat
