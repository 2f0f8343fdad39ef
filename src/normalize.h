// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "heat_map.h"

namespace motionheat {

/// Step 4: counts -> index 0..255. The hottest pixel has 255, a pixel without heat 0; in between
/// `trunc(float32(count / max) * 255)`, a float32 quotient and a float32 product.
class Scale {
 public:
  Scale() = default;
  /// `full` is the count that the index 255 stands for; 0 gives index 0 everywhere.
  explicit Scale(uint64_t full) : full_(full) {}

  bool operator==(const Scale&) const = default;
  uint64_t full() const { return full_; }

  /// The index of one count.
  uint8_t index(uint64_t count) const;

  /// Brings the indices of a tile that is not cold up to date in the chunks whose flag is set; rows
  /// are TileGrid::kWidth apart. Indices of pixels without heat must be 0. Clears the flags of
  /// chunks in which no index became another; true if any is left.
  bool index_tile(const HeatMap& heat, int tile, uint8_t* index, TileGrid::Chunks& flags) const;

 private:
  uint64_t full_ = 0;
};

}  // namespace motionheat
