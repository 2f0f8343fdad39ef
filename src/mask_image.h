// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>
#include <vector>

#include "cell_axis.h"
#include "tile_grid.h"

namespace motionheat {

/// A grey picture of any size that is laid over the frame: 0 is not counted, 255 counts whole, what
/// is between in proportion.
struct MaskImage {
  Size size;
  std::vector<uint8_t> pixels;  // row by row, without padding
};

/// Scales a mask image to cells, row by row: each has the mean of what it covers, or where the
/// image has fewer pixels than there are cells, the pixel at its centre.
class MaskScaler {
 public:
  /// `mask` must outlive it. Throws std::bad_alloc.
  MaskScaler(const MaskImage& mask, const CellAxis& x, const CellAxis& y);

  /// Writes a row of cells.
  void draw_row(int cell_y, uint8_t* out);

 private:
  // What pixels of the image a cell has along an axis, and how much of each.
  class Taps {
   public:
    struct Tap {
      int64_t pixel;
      uint64_t weight;
    };

    Taps(const CellAxis& axis, int mask_pixels);

    // Whether cell i is pixel i.
    bool is_identity() const { return is_identity_; }
    std::span<const Tap> of(int cell) const {
      const size_t begin = cell ? ends_[cell - 1] : 0;
      return {taps_.data() + begin, ends_[cell] - begin};
    }
    uint64_t sum(int cell) const;

   private:
    void add(int64_t pixel, int64_t weight) { taps_.push_back({pixel, uint64_t(weight)}); }

    bool is_identity_;
    std::vector<Tap> taps_;
    std::vector<size_t> ends_;
  };

  const uint8_t* row(int64_t y) const { return mask_.pixels.data() + y * mask_.size.width; }

  const MaskImage& mask_;
  Taps x_, y_;
  std::vector<uint64_t> sums_;
  std::vector<uint64_t> weights_;  // of each column of cells
};

}  // namespace motionheat
