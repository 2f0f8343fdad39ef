// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <utility>
#include <vector>

#include "aligned.h"
#include "blend.h"
#include "color_map.h"
#include "kernels/kernels.h"
#include "tile_grid.h"

namespace motionheat {

/// How much of the blend with the colour of each index is shown: from 0, which leaves the picture
/// as it is, to 255.
using Weights = std::array<uint8_t, 256>;

/// Steps 5 and 6: the coloured heat, and its blend with the picture.
///
/// The colours of the map are kept in planes laid out as the stream's own, so that blending a row
/// is the same loop over bytes for every format. They are painted only where the index changed.
/// Tiles that were not painted have the colour of index 0.
class Renderer {
 public:
  /// Prepares for frames of this layout and size; nothing is painted yet. Throws std::bad_alloc.
  void configure(const PixelFormat& format, Size size);

  /// The colours to paint with from now on. What is painted keeps the old ones, what is not has the
  /// new one of index 0.
  void set_colors(const ColorTable& colors);
  /// Whether chroma of 4:2:0 is that of fields from now on; true if what is painted has other
  /// colours then.
  bool set_interlaced(bool interlaced);
  void set_blend(Blend blend);
  /// Has the memory at hand that `set_weights` takes. Throws std::bad_alloc.
  void reserve_weights();
  /// What is painted keeps the old ones. Unless all are 255, that of index 0 is 0.
  void set_weights(const Weights& weights);
  const Weights& weights() const { return weights_; }

  /// Makes all tiles as if they had never been painted.
  void erase();

  /// Paints those chunks of `tile` whose flag is set. The index of whatever was never painted is 0.
  /// A chroma sample has the mean of the colours of the pixels it covers.
  void paint(int tile, const uint8_t* index, const TileGrid::Chunks& chunks);

  /// Blends `rows` rows of tiles from row `row` on in all planes, as far as `in` and `out` reach;
  /// copies those of alpha. `out` may be the picture that `in` is of.
  void draw(const ConstFrameView& in, const FrameView& out, int row, int rows) const;

  /// Blends only those tiles of a row that would be drawn otherwise than when this drew them last.
  void draw_changed(const ConstFrameView& in, const FrameView& out, int row);

  /// Bytes it holds.
  size_t memory() const;

 private:
  static constexpr int kNothing = -1;
  static constexpr int kChromaPair = -2;
  static Weights all_shown();

  struct Plane {
    bool has_color = false;
    PlaneLayout layout;
    // What stands side by side again and again: components, nothing, such as alpha, or in YUY2,
    // where luma stands between chroma, two components of chroma by turns.
    int n_sources = 1;
    std::array<int, 4> sources{kNothing, kNothing, kNothing, kNothing};
    std::array<int, 2> chroma{};
    int chunk_width = 0;  // samples of a source in a row of a chunk
    ptrdiff_t stride = 0;
    size_t bytes = 0;
    AlignedArray<uint8_t> color;   // not initialised: drawn only where painted
    AlignedArray<uint8_t> weight;  // of each of these samples, if there are weights
    // A row of a tile in the colour of index 0.
    alignas(kAlignment) std::array<uint8_t, 4 * TileGrid::kWidth> cold{};
    static_assert(sizeof cold >= 2 * kernels::BlendJob::kPeriod);

    uint8_t* row(const AlignedArray<uint8_t>& samples, int y) const {
      return samples.get() + stride * layout.row(y);
    }
  };

  void change_all() { std::fill(changed_.begin(), changed_.end(), true); }
  void paint_cold(int tile);
  template <typename Sample>
  void put_chunk(const Rect& part, std::array<const Sample*, 3> values,
                 AlignedArray<uint8_t> Plane::*planes, int lsb);
  template <typename Sample>
  void put_weights(const Rect& part, const uint8_t* index);
  void draw_tiles(int plane, const ConstFrameView& in, const FrameView& out, int row, int column,
                  int end) const;
  void blend(const Plane& plane, kernels::BlendJob job, int row, int begin, int end) const;
  void copy_plane(int plane, const ConstFrameView& in, const FrameView& out, int row,
                  int rows) const;
  Size drawn_size(const ConstFrameView& in, const FrameView& out) const;

  PixelFormat format_;
  TileGrid grid_;
  std::array<Plane, kMaxPlanes> planes_;
  std::vector<uint8_t> painted_;  // a flag for each tile
  std::vector<uint8_t> changed_;  // and another: since `draw_changed` drew it
  // The colours of all indices: the lower bytes of each component in turn, then the upper ones.
  alignas(kAlignment) std::array<std::array<uint8_t, 256>, 6> colors_{};
  bool interlaced_ = false;
  Blend blend_ = Blend::color_only();
  Weights weights_ = all_shown();
  bool is_weighted_ = false;
};

}  // namespace motionheat
