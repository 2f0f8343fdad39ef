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
  static constexpr int kWidth = 128;
  static constexpr int kHeight = kernels::kChunkHeight;
  static constexpr size_t kPixels = size_t{kWidth} * kHeight;

  /// So many rows of tiles are worked on in one go, by one thread, and are small enough to stay in
  /// its cache from one step to the next.
  static constexpr int kBandRows = 8;
  static constexpr int kBandHeight = kBandRows * kHeight;

  /// What a tile has for each pixel lies chunk by chunk: `offset(x, y)` is the place of a pixel.
  /// Within a tile changes are tracked by chunks.
  static constexpr int kChunkWidth = kernels::kChunkWidth;
  static constexpr int kChunks = kWidth / kChunkWidth;
  static constexpr int offset(int x, int y) {
    return x / kChunkWidth * kernels::kChunkPixels + y * kChunkWidth + x % kChunkWidth;
  }
  /// Something for each chunk of a tile.
  template <typename T>
  using PerChunk = std::array<T, kChunks>;
  using Chunks = PerChunk<uint8_t>;

  /// A motion mask has a bit for each pixel, eight a byte and the first one lowest.
  static constexpr int kMaskBytes = kWidth / 8;

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
  int bands() const { return (rows_ + kBandRows - 1) / kBandRows; }
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
