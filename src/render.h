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
/// The colours of the map are kept as planes laid out as the stream's own, so that blending a row
/// is the same loop over bytes for every format. They are painted only where the index changed.
class Renderer {
 public:
  /// Prepares for frames of this layout and size; nothing is painted yet. Throws std::bad_alloc.
  void configure(const PixelFormat& format, Size size);

  /// The colours to paint with from now on. What is painted keeps the old ones.
  void set_colors(const ColorTable& colors);
  void set_blend(const Blend& blend) { blend_ = blend; }

  /// Paints `tile` of `grid` in the colour of index 0.
  void paint_cold(const TileGrid& grid, int tile);

  /// Paints those chunks of `tile` whose flag is set; indices come in rows of TileGrid::kWidth. A
  /// chroma sample has the mean of the colours of the pixels it covers.
  void paint(const TileGrid& grid, int tile, const uint8_t* index, const TileGrid::Chunks& chunks);

  /// Blends `area` of `in` into `out`, which may be the same picture. `painted` tells whether the
  /// area was painted; if not it has the colour of index 0.
  void draw(const ConstFrameView& in, const FrameView& out, const Rect& area, bool painted) const;

  /// Bytes it holds.
  size_t memory() const;

 private:
  struct Plane {
    bool has_color = false;
    PlaneLayout layout;
    size_t stride = 0;
    size_t size = 0;
    AlignedArray<uint8_t> color;  // not initialised: drawn only where painted
    size_t row_bytes = 0;
    AlignedArray<uint8_t> cold_row;  // the colour of index 0
  };

  template <typename Sample, int kXShift, int kYShift>
  void paint_chunk(int component, const Rect& area, const uint8_t* index);

  template <typename Sample>
  void paint_area(const Rect& area, const uint8_t* index);

  void blend(const Plane& plane, kernels::Rows<const uint8_t> in,
             kernels::Rows<const uint8_t> color, kernels::Rows<uint8_t> out, kernels::Extent bytes,
             bool cut) const;

  PixelFormat format_;
  Size size_;
  std::array<Plane, kMaxPlanes> planes_;
  ColorTable colors_{};
  Blend blend_{0.0};
};

}  // namespace motionheat
