// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

#include "bands.h"
#include "displacement.h"
#include "kernels/kernels.h"
#include "tile_grid.h"

namespace motionheat {

/// What moved in a picture, in the terms of Difference::compare: a bit for each pixel. Rows are as
/// long as their tiles; all bits beyond the picture are 0.
class MovedBits {
 public:
  MovedBits() = default;
  /// Nothing moved. Throws std::bad_alloc.
  explicit MovedBits(const TileGrid& grid)
      : grid_(grid),
        stride_(ptrdiff_t{grid.columns()} * TileGrid::kMaskBytes),
        bytes_(size_t(stride_) * size_t(grid.size().height)) {}

  const TileGrid& grid() const { return grid_; }
  ptrdiff_t stride() const { return stride_; }
  uint8_t* row(int y) { return bytes_.data() + stride_ * y; }
  const uint8_t* row(int y) const { return bytes_.data() + stride_ * y; }
  kernels::Rows<uint8_t> rows() { return {bytes_.data(), stride_}; }

  /// How many pixels moved.
  uint64_t count() const;

  /// Nothing moved.
  void clear() { std::fill(bytes_.begin(), bytes_.end(), 0); }

  /// What moved is what has its highest bit set in a CV_8UC1 picture, which may be smaller.
  void set(const cv::Mat& bytes, Bands& bands);
  /// The same as a CV_8UC1 picture of 0 and 255.
  void copy_to(cv::Mat& bytes, Bands& bands) const;

  /// What moved is where it was, displaced: a pixel becomes what the nearest one to its displaced
  /// place is, and nothing if that is beyond the first `size` pixels. Throws std::bad_alloc.
  void move(const Displacement& displacement, const Size& size);

  /// In which rows of tiles of `area`, which begins with a tile, anything moved, as
  /// Difference::compare tells it.
  kernels::MovedRows moved_rows(const Rect& area) const;

  /// Bytes it holds.
  size_t memory() const { return bytes_.size() + before_.size(); }

 private:
  TileGrid grid_;
  ptrdiff_t stride_ = 0;
  std::vector<uint8_t> bytes_;
  std::vector<uint8_t> before_;  // they were moved
};

}  // namespace motionheat
