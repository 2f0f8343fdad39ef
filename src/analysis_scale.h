// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <utility>
#include <vector>

#include "tile_grid.h"

namespace motionheat {

/// The size at which a picture is analysed: 1/scale in each direction, rounded up.
Size analysis_size(Size size, int scale);

/// Shrinks what a detector looks at, by the mean of what falls together: luma, or RGB.
class Shrinker {
 public:
  Shrinker(const PixelFormat& format, int scale);

  /// The layout of what `shrink` returns: RGB as it came, or a plane of luma.
  const PixelFormat& format() const { return shrunk_format_; }

  /// Valid until the next call.
  ConstFrameView shrink(const ConstFrameView& frame);

  /// Bytes it holds.
  size_t memory() const {
    size_t bytes = plane_.total() * plane_.elemSize();
    for (const cv::Mat& plane : shrunk_) bytes += plane.total() * plane.elemSize();
    return bytes;
  }

 private:
  void gather(const ConstFrameView& frame, int plane);

  PixelFormat format_;
  PixelFormat shrunk_format_;
  int scale_;
  cv::Mat plane_;
  std::array<cv::Mat, 3> shrunk_;
};

/// The index map of a smaller analysis, enlarged tile by tile: the nearest cell's index.
class Enlarger {
 public:
  Enlarger(Size analysis, Size picture);

  /// Begins an update: returns where the indices of the analysis are to be put, row by row.
  std::vector<uint8_t>& update() {
    std::swap(before_, indices_);
    return indices_;
  }

  /// Whether the index is 0 in all of a tile of the picture.
  bool is_cold(int tile) const;

  /// Brings the indices of a tile up to date, and sets the flags of the chunks in which one became
  /// another; true if any did. To be called after each update for every tile that is not cold;
  /// `all` if the tile's indices are not those of the update before.
  bool refresh(int tile, bool all, uint8_t* index, TileGrid::Chunks& changed) const;

  /// Bytes it holds.
  size_t memory() const { return indices_.size() + before_.size(); }

 private:
  Rect covered(int tile) const;

  TileGrid grid_;
  Size size_;                // of the analysis
  std::vector<int> cell_x_;  // of each column of the picture
  std::vector<int> cell_y_;  // of each row
  std::vector<uint8_t> indices_;
  std::vector<uint8_t> before_;  // those of the update before
};

}  // namespace motionheat
