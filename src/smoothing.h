// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

#include "heat_map.h"
#include "normalize.h"
#include "tile_grid.h"

namespace motionheat {

/// The heat as it is shown where it is smoothed by a Gaussian; the counts stay as they are.
///
/// Smooth heat needs no pixel of its own: it is kept in blocks of so many cells of the analysis
/// that its sigma is a block at least, and the index of a pixel is what lies between those of the
/// blocks around it. Only what lies near new events is smoothed again, and while the map is no
/// longer young parts of the picture, four or eight of them one below the other, take turns.
class Smoothing {
 public:
  /// For an analysis of `cells`, each `scale` pixels wide and high in the picture of `picture`.
  /// `radius` is 1 or more, in pixels: twice the Gaussian's sigma. Throws std::bad_alloc or
  /// cv::Exception.
  Smoothing(const TileGrid& cells, const TileGrid& picture, int scale, int radius);

  /// Counts became others in any way but by HeatMap::add, or what was painted is lost.
  void forget();

  /// Takes in the events of a frame; `all` also those of the parts whose turn it is not. Throws
  /// cv::Exception.
  void update(const HeatMap& heat, bool all);

  /// What index 255 stands for, in counts of smooth heat. Percentiles are of the pixels with more
  /// than a twentieth of an event, to within 2^-8 of themselves. Scales go in steps of 2^(1/128).
  Scale scale(const HeatMap& heat, const ScaleSettings& settings);

  /// The scale that indices were last brought up to date with.
  const Scale& scale() const { return scale_; }

  /// Brings the indices up to date with the scale.
  void index(const Scale& scale);

  /// Calls `paint(tile, index, chunks)` for each tile of a row of tiles of the picture in which an
  /// index became another: in the chunks whose flag is set. Different rows may be asked for by
  /// several threads.
  template <typename Paint>
  void paint_row(int row, Paint paint);

  /// Bytes it holds.
  size_t memory() const;

 private:
  // Columns from `begin` to before `end` of a row of blocks.
  struct Span {
    int begin = 0;
    int end = 0;

    bool is_empty() const { return begin >= end; }
    void join(int first, int last) {
      begin = is_empty() ? first : std::min(begin, first);
      end = std::max(end, last);
    }
  };
  // Between which blocks a pixel lies, and the second one's part of 256.
  struct Between {
    int first;
    int second;
    int part;
  };

  static std::vector<Between> places(int pixels, int block, int blocks);
  void take_tile(const HeatMap& heat, int tile);
  void take_blocks(const HeatMap& heat, int tile, int offset, Size inside, float* means) const;
  void smooth();
  void mark_changed(int row, int begin, int end);
  double percentile(double percent, double least) const;
  void enlarge(int tile, int chunk, uint8_t* index) const;

  TileGrid cells_;
  TileGrid picture_;
  int block_cells_;   // a block is so many cells wide and high,
  int block_pixels_;  // and so many pixels
  double sigma_;      // of the Gaussian, in blocks
  int reach_;         // blocks that it takes in on each side

  SeenChanges seen_;
  uint64_t updates_ = 0;
  cv::Mat blocks_;                  // float32, mean counts of each block
  cv::Mat smooth_;                  // float32, the same smoothed
  cv::Mat indices_;                 // of each block
  std::vector<Span> unsmoothed_;    // of each row of blocks: near what changed
  std::vector<Span> unindexed_;     // and smoothed since it was indexed
  std::vector<float> row_max_;      // of smooth_
  Scale scale_;                     // of the indices
  double percentile_ = 0;           // what it was when last taken, in events
  uint64_t percentile_due_ = 0;     // the number of updates at which it is taken anew
  std::vector<uint8_t> index_row_;  // scratch

  std::vector<Between> columns_;  // of each pixel column, and row
  std::vector<Between> rows_;
  std::vector<TileGrid::Chunks> changed_;  // of each tile of the picture, since it was painted
};

template <typename Paint>
void Smoothing::paint_row(int row, Paint paint) {
  for (int column = 0; column < picture_.columns(); ++column) {
    const int tile = picture_.index(column, row);
    TileGrid::Chunks& chunks = changed_[tile];
    if (std::find(chunks.begin(), chunks.end(), true) == chunks.end()) continue;
    alignas(kAlignment) std::array<uint8_t, TileGrid::kPixels> index;
    for (int chunk = 0; chunk < TileGrid::kChunks; ++chunk)
      if (chunks[chunk]) enlarge(tile, chunk, index.data() + chunk * kernels::kChunkPixels);
    paint(tile, index.data(), chunks);
    chunks = {};
  }
}

}  // namespace motionheat
