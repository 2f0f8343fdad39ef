// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "aligned.h"
#include "bands.h"
#include "tile_grid.h"

namespace motionheat {

/// The size at which a picture is analysed: a cell for each `scale` by `scale` pixels; those at the
/// right and bottom edge may have fewer.
Size analysis_size(Size size, int scale);

/// Shrinks what is analysed to cells: the mean of their pixels, halves rounded up, of luma or of
/// each colour of RGB.
class Shrinker {
 public:
  /// `cells` is the grid of the analysis. Throws std::bad_alloc.
  Shrinker(const PixelFormat& format, const TileGrid& cells, int scale);

  /// The layout of what `shrink` returns: a plane of luma or of each colour.
  const PixelFormat& format() const { return shrunk_format_; }

  /// The cells of a frame, which may be smaller than that of the grid. Valid until the next call.
  ConstFrameView shrink(const ConstFrameView& frame, Bands& bands);

  /// Bytes it holds.
  size_t memory() const { return plane_bytes_ * shrunk_format_.n_planes; }

 private:
  void shrink_row(const ConstFrameView& frame, int plane, int row);

  PixelFormat format_;
  PixelFormat shrunk_format_;
  TileGrid cells_;
  int scale_;
  ptrdiff_t stride_;
  size_t plane_bytes_;
  AlignedArray<uint8_t> planes_;
};

/// The indices of a smaller analysis on the whole picture: a tile of it is `scale` by `scale` tiles
/// of the picture, and a cell as many pixels.
class Enlarger {
 public:
  /// Throws std::bad_alloc.
  Enlarger(const TileGrid& cells, const TileGrid& picture, int scale);

  /// Every index is 0 again.
  void forget() { std::fill_n(shown_.get(), shown_bytes(), 0); }

  /// A tile of the analysis has these indices now, of which only those in chunks whose flag is set
  /// may have become others. Calls `paint(tile, index, chunks)` for each tile of the picture in
  /// which any did: in the chunks whose flag is set. Different tiles may be updated by several
  /// threads at once.
  template <typename Paint>
  void update(int tile, const uint8_t* index, const TileGrid::Chunks& chunks, Paint paint);

  /// Bytes it holds.
  size_t memory() const { return shown_bytes() + offsets_.size() * sizeof(offsets_[0]); }

 private:
  // The tile of the picture `right` and `down` from the first one of a tile of the analysis.
  struct Part {
    int right;
    int down;
  };

  size_t shown_bytes() const { return size_t(cells_.count()) * TileGrid::kPixels; }
  TileGrid::Chunks covered(const TileGrid::Chunks& chunks, int right) const;
  static bool differs(const uint8_t* index, const uint8_t* shown, const Rect& cells);
  bool enlarge(const Part& part, const uint8_t* index, const uint8_t* shown, uint8_t* enlarged,
               TileGrid::Chunks& changed) const;

  TileGrid cells_;
  TileGrid picture_;
  int scale_;
  std::vector<uint16_t> offsets_;  // for each column of its parts, of a cell in row 0 of a tile
  AlignedArray<uint8_t> shown_;    // indices as they were at the last update of their tile
};

template <typename Paint>
void Enlarger::update(int tile, const uint8_t* index, const TileGrid::Chunks& chunks, Paint paint) {
  const int column = tile % cells_.columns() * scale_, row = tile / cells_.columns() * scale_;
  uint8_t* const shown = shown_.get() + size_t(tile) * TileGrid::kPixels;
  for (Part part{0, 0}; part.right < scale_ && column + part.right < picture_.columns();
       ++part.right) {
    const TileGrid::Chunks may_change = covered(chunks, part.right);
    if (may_change == TileGrid::Chunks{}) continue;
    for (part.down = 0; part.down < scale_ && row + part.down < picture_.rows(); ++part.down) {
      alignas(kAlignment) std::array<uint8_t, TileGrid::kPixels> enlarged;
      TileGrid::Chunks changed = may_change;
      if (enlarge(part, index, shown, enlarged.data(), changed))
        paint(picture_.index(column + part.right, row + part.down), enlarged.data(), changed);
    }
  }
  std::copy_n(index, TileGrid::kPixels, shown);
}

}  // namespace motionheat
