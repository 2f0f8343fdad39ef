// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "frame_view.h"

namespace motionheat {

/// The picture cut into tiles, the unit in which still and cold areas are skipped. Tiles are
/// numbered row by row. Their edges lie on even pixels, so that a tile owns its chroma samples.
class TileGrid {
 public:
  static constexpr int kWidth = 256;
  static constexpr int kHeight = 16;

  TileGrid() = default;
  explicit TileGrid(Size size)
      : size_(size),
        columns_((size.width + kWidth - 1) / kWidth),
        rows_((size.height + kHeight - 1) / kHeight) {}

  Size size() const { return size_; }
  int columns() const { return columns_; }
  int rows() const { return rows_; }
  int count() const { return columns_ * rows_; }
  int index(int column, int row) const { return row * columns_ + column; }
  int containing(int x, int y) const { return index(x / kWidth, y / kHeight); }

  /// The pixels of a tile; those at the right and bottom edge are cut to the picture.
  Rect rect(int tile) const {
    const int x = tile % columns_ * kWidth;
    const int y = tile / columns_ * kHeight;
    return {x, y, std::min(kWidth, size_.width - x), std::min(kHeight, size_.height - y)};
  }

 private:
  Size size_;
  int columns_ = 0;
  int rows_ = 0;
};

}  // namespace motionheat
