// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <vector>

#include "activity.h"
#include "analysis_scale.h"
#include "bands.h"
#include "difference.h"
#include "heat_map.h"
#include "index_map.h"
#include "motion_finder.h"
#include "settings.h"

namespace motionheat {

/// What takes notice of what moved.
struct Counting {
  HeatMap& heat;
  IndexMap& indices;
  const Regions& regions;
  MovingRegions* boxes;  // if they are wanted
};

/// Steps 1 to 3: finds out what moved in a frame, and counts it.
///
/// A frame is taken in by `begin`. Then each of its tiles is counted once, whichever of the
/// functions that count comes to it first: some before the scale of the frame is known, and the
/// others while they are drawn. What is counted is touched in the index map.
class Analysis {
 public:
  Analysis() = default;
  /// For frames of a plain format. Throws std::bad_alloc, cv::Exception or std::runtime_error.
  Analysis(const StreamFormat& stream, const Settings& settings, int luma_range);

  /// The grid that is analysed.
  const TileGrid& grid() const { return grid_; }

  /// Other settings of the same scale. Throws as above, and then is as it was.
  void set(const Settings& settings);
  /// The distance from black to white in the format's units: see Difference.
  void set_luma_range(int range);

  /// After a break in the stream: the next frame has no previous one.
  void forget_previous();

  /// Takes a frame in, `seconds` after the last one, which must stay as it is until its tiles are
  /// counted. `levels` are what 0 and 255 stand for, where not what the colorimetry says. False if
  /// what moved in it is no motion: then there is nothing to count.
  bool begin(const ConstFrameView& frame, const std::optional<GrayLevels>& levels,
             const Regions& regions, Bands& bands, double seconds);

  /// Counts all tiles.
  void count_all(const Counting& counting, Bands& bands);

  /// Counts tiles until it is certain how high the hottest count of the map will be: those that may
  /// raise it by the event of this frame, and once one did, no more.
  void count_hottest(const Counting& counting, Bands& bands);

  /// Counts the tiles of a band that were not. Different bands may be counted by several threads.
  void count_rest(int band, uint8_t* mask, const Counting& counting);

  /// The pixels that moved, of those counted, in all and in a zone.
  uint64_t moved() const;
  uint64_t moved(size_t zone) const;

  /// The standard deviation of a frame's noise in 8-bit grey; 0 if it is not measured.
  double noise() const { return finder_ ? finder_->noise() : 0; }

  /// Bytes it holds.
  size_t memory() const;

 private:
  template <typename Predicate>
  void count_row(int row, uint8_t* mask, const Counting& counting, Predicate is_wanted);
  void count_tiles(int row, int rows, int column, int end, uint8_t* mask, const Counting& counting);
  void count_tile(int tile, uint8_t* mask, ptrdiff_t stride, const Counting& counting);

  TileGrid grid_;
  std::optional<Shrinker> shrinker_;  // if the analysis is smaller than the picture
  PixelFormat format_;                // of what is analysed
  int luma_range_ = 255;
  Difference difference_;
  std::optional<MotionFinder> finder_;  // if a frame is to be seen as a whole

  // Of the frame taken in.
  ConstFrameView frame_;
  std::vector<uint8_t> counted_;  // of each tile: counted, or not to be
  std::vector<uint32_t> moved_;   // pixels of each band
  size_t zones_ = 0;
  std::vector<uint32_t> moved_in_zones_;  // pixels of each zone, band by band
};

}  // namespace motionheat
