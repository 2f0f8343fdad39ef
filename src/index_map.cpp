// SPDX-License-Identifier: LGPL-2.1-or-later
#include "index_map.h"

namespace motionheat {

IndexMap::IndexMap(const TileGrid& grid)
    : grid_(grid),
      indices_(make_aligned<uint8_t>(size_t(grid.count()) * TileGrid::kPixels)),
      tiles_(size_t(grid.count())),
      row_valid_up_to_(size_t(grid.rows()), kCold) {}

TileGrid::Chunks& IndexMap::touch(int tile) {
  tiles_[tile].valid_up_to = row_valid_up_to_[tile / grid_.columns()] = kOutdated;
  return tiles_[tile].stale;
}

void IndexMap::outdate(const HeatMap& heat) {
  for (int tile = 0; tile < grid_.count(); ++tile) {
    tiles_[tile].chunks = {};
    tiles_[tile].valid_up_to = heat.is_cold(tile) ? kCold : kOutdated;
  }
  for (int row = 0; row < grid_.rows(); ++row) update_row_validity(row);
}

void IndexMap::forget(const HeatMap& heat) {
  for (Tile& tile : tiles_) tile.has_indices = false;
  outdate(heat);
}

// True if any index became another: in the chunks that are still stale.
bool IndexMap::update(int tile, const HeatMap& heat, const Scale& scale) {
  Tile& t = tiles_[tile];
  if (!t.has_indices) {
    std::fill_n(index(tile), TileGrid::kPixels, 0);
    t.chunks = {};
    t.has_indices = true;
  }
  for (int i = 0; i < TileGrid::kChunks; ++i) t.stale[i] |= t.chunks[i] < scale.full();
  const bool changed = scale.index_tile(heat, tile, index(tile), t.stale, t.chunks);
  t.valid_up_to = *std::min_element(t.chunks.begin(), t.chunks.end());
  return changed;
}

void IndexMap::update_row_validity(int row) {
  const auto tile = tiles_.begin() + grid_.index(0, row);
  const auto lowest =
      std::min_element(tile, tile + grid_.columns(),
                       [](const Tile& a, const Tile& b) { return a.valid_up_to < b.valid_up_to; });
  row_valid_up_to_[row] = lowest->valid_up_to;
}

}  // namespace motionheat
