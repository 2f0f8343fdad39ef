// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "aligned.h"
#include "blend.h"
#include "color_map.h"
#include "tile_grid.h"

namespace motionheat {

/// Steps 5 and 6: the coloured heat, and its blend with the picture.
///
/// The colours of the map are kept in planes laid out as the stream's own, so that blending a row
/// is the same loop over bytes for every format, but tile by tile: memory is fastest in one piece.
/// They are painted only where the index changed.
class Renderer {
 public:
  /// Prepares for frames of this layout and size; nothing is painted yet. Throws std::bad_alloc.
  void configure(const PixelFormat& format, Size size);

  /// The colours to paint with from now on. What is painted keeps the old ones.
  void set_colors(const ColorTable& colors);
  void set_blend(const Blend& blend) { blend_ = blend; }

  /// Paints `tile` in the colour of index 0.
  void paint_cold(int tile);

  /// Paints those chunks of `tile` whose flag is set; indices come in rows of TileGrid::kWidth. A
  /// chroma sample has the mean of the colours of the pixels it covers.
  void paint(int tile, const uint8_t* index, const TileGrid::Chunks& chunks);

  /// Blends `tile`, which was painted, with `in` into `out`, as far as both reach. `out` may be the
  /// picture that `in` is of.
  void draw(const ConstFrameView& in, const FrameView& out, int tile) const;

  /// Blends `area`, of whole tiles, with the colour of index 0.
  void draw_cold(const ConstFrameView& in, const FrameView& out, const Rect& area) const;

  /// Bytes it holds.
  size_t memory() const;

 private:
  // Bits of a component in a packed colour. They hold the sum of four samples of 16 bits: chroma is
  // averaged over whole colours.
  static constexpr int kField = 20;

  struct Plane {
    bool has_color = false;
    PlaneLayout layout;
    ptrdiff_t tile_stride = 0;  // from row to row of a tile
    size_t tile_bytes = 0;
    AlignedArray<uint8_t> color;  // not initialised: drawn only where painted
    size_t row_bytes = 0;
    AlignedArray<uint8_t> cold_row;  // the colour of index 0

    uint8_t* tile(int i) const { return color.get() + tile_bytes * i; }
  };

  template <typename Sample>
  void paint_run(int tile, const Rect& run, const uint8_t* index);
  template <typename Sample, int kXShift, int kYShift>
  void paint_run(int tile, const Rect& run, const uint8_t* index);

  void blend(int plane, const ConstFrameView& in, const FrameView& out, const Rect& area,
             kernels::Rows<const uint8_t> color) const;

  PixelFormat format_;
  TileGrid grid_;
  std::array<Plane, kMaxPlanes> planes_;
  std::array<uint64_t, 256> colors_{};  // of each index, its components in fields
  Blend blend_{0.0};
};

}  // namespace motionheat
