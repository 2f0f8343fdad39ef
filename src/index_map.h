// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "aligned.h"
#include "heat_map.h"
#include "normalize.h"

namespace motionheat {

/// The index of every pixel, tile by tile, made anew only where it may have become another.
///
/// A chunk's indices stay as long as its counts do and the scale grows no further than what they
/// are valid up to. For each tile, and for each row of tiles, the lowest of these is kept, so that
/// one comparison tells that nothing is to be done.
///
/// Different rows of tiles may be worked on by several threads at once.
class IndexMap {
 public:
  IndexMap() = default;
  /// Every index is 0. Throws std::bad_alloc.
  explicit IndexMap(const TileGrid& grid);

  /// Counts of a tile change: returns the flags of its chunks, of which those that change are to
  /// be set.
  TileGrid::Chunks& touch(int tile);

  /// The scale has become another one than the old one grown: no index of a tile that is not cold
  /// is valid.
  void outdate(const HeatMap& heat);

  /// Counts have become others in any way: every index is 0 again, and none is valid.
  void forget(const HeatMap& heat);

  /// Brings a row of tiles up to date with the heat and the scale. Calls `changed(tile, index,
  /// chunks)` for each tile in which an index became another: in the chunks whose flag is set.
  template <typename Changed>
  void update_row(int row, const HeatMap& heat, const Scale& scale, Changed changed);

  /// The indices of a tile, if there are any up to date with the scale; else null.
  const uint8_t* current(int tile, const Scale& scale) const {
    const Tile& t = tiles_[tile];
    const bool is_current = t.has_indices && scale.full() > 0 && t.valid_up_to >= scale.full();
    return is_current ? indices_.get() + size_t(tile) * TileGrid::kPixels : nullptr;
  }

  /// Bytes it holds.
  size_t memory() const {
    return tiles_.size() * (TileGrid::kPixels + sizeof(Tile)) +
           row_valid_up_to_.size() * sizeof(float);
  }

 private:
  struct Tile {
    bool has_indices = false;   // those in `indices_` are of this tile; else all are 0
    TileGrid::Chunks stale{};   // chunks whose counts have changed
    Scale::ValidUpTo chunks{};  // up to which `full` the indices of each chunk are valid,
    float valid_up_to = kCold;  // and the lowest of them
  };

  // No scale exceeds that: the tile is cold, and its counts may not be read.
  static constexpr float kCold = std::numeric_limits<float>::infinity();
  // Every scale exceeds that.
  static constexpr float kOutdated = 0;

  bool update(int tile, const HeatMap& heat, const Scale& scale);
  uint8_t* index(int tile) { return indices_.get() + size_t(tile) * TileGrid::kPixels; }
  void update_row_validity(int row);

  TileGrid grid_;
  AlignedArray<uint8_t> indices_;
  std::vector<Tile> tiles_;
  std::vector<float> row_valid_up_to_;  // the lowest of the tiles of each row
};

template <typename Changed>
void IndexMap::update_row(int row, const HeatMap& heat, const Scale& scale, Changed changed) {
  if (row_valid_up_to_[row] >= scale.full()) return;
  const int begin = grid_.index(0, row);
  for (int tile = begin; tile < begin + grid_.columns(); ++tile) {
    if (tiles_[tile].valid_up_to >= scale.full()) continue;
    if (update(tile, heat, scale)) changed(tile, index(tile), tiles_[tile].stale);
    tiles_[tile].stale = {};
  }
  update_row_validity(row);
}

}  // namespace motionheat
