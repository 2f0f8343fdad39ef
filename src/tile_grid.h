// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <new>

#include "frame_view.h"
#include "kernels/kernels.h"

namespace motionheat {

/// The picture cut into tiles, the unit in which still and cold areas are skipped. Tiles are
/// numbered row by row. Their edges lie on even pixels, so that a tile owns its chroma samples.
class TileGrid {
 public:
  static constexpr int kWidth = 256;
  static constexpr int kHeight = 16;
  static constexpr size_t kPixels = size_t{kWidth} * kHeight;

  /// Within a tile changes are tracked by chunks of a row. `Chunks` has a flag for each.
  static constexpr int kChunk = kernels::kChunk;
  static constexpr int kChunksPerRow = kWidth / kChunk;
  using Chunks = std::array<std::array<uint8_t, kChunksPerRow>, kHeight>;

  TileGrid() = default;
  /// Throws std::bad_alloc for a size that is too large to be worked on.
  explicit TileGrid(Size size) : size_(size) {
    if (size.area() > kMaxArea) throw std::bad_alloc();
    columns_ = int((int64_t{size.width} + kWidth - 1) / kWidth);
    rows_ = int((int64_t{size.height} + kHeight - 1) / kHeight);
  }

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
  static constexpr int64_t kMaxArea = int64_t{1} << 32;

  Size size_;
  int columns_ = 0;
  int rows_ = 0;
};

}  // namespace motionheat
