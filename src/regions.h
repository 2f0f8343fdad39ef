// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "heat_map.h"
#include "mask_image.h"
#include "polygons.h"
#include "tile_grid.h"

namespace motionheat {

/// What is told of regions.
struct RegionSettings {
  std::shared_ptr<const MaskImage> mask;  // null = none; the same only if it is the same object
  std::vector<Polygon> masked;            // areas that are not counted
  std::vector<Zone> zones;

  bool operator==(const RegionSettings&) const = default;
};

/// The heat of a zone in figures. Cells that are masked are no part of it.
struct ZoneFigures {
  double coverage = 0;  // 0..1, share of the cells with any heat
  double mean = 0;      // events per cell
  double max = 0;       // events of the hottest cell
  double share = 0;     // 0..1, of all events of the map
};

/// Which cells of the analysis are masked and which lie in what zone.
///
/// A cell belongs to what its centre lies in. A centre on an edge belongs to what is right of the
/// edge, or below it if the edge is level: polygons that share an edge, given by the same two
/// points, share no cell and leave none out.
///
/// Only tiles that a region covers in part hold something for each cell.
class Regions {
 public:
  /// Nothing is masked, and there are no zones.
  Regions() = default;
  /// For the cells of an analysis, each `scale` by `scale` pixels of a picture of this size; those
  /// at the right and bottom edge are cut, and so is what their centre is the centre of. Points
  /// beyond the picture are taken as they are. Throws std::bad_alloc.
  Regions(const RegionSettings& settings, const TileGrid& cells, Size picture, int scale);

  /// Another one for each that was made with settings; 0 of one without.
  uint64_t number() const { return number_; }

  /// Whether nothing is masked.
  bool is_open() const { return masked_.empty(); }
  /// Whether some cells count in part.
  bool has_weights() const { return !weights_.empty(); }
  /// The cells that count, whole or in part.
  uint64_t area() const { return area_; }
  bool is_masked(int x, int y) const;

  /// Clears the bits of masked cells in the motion mask of a tile (see Difference::compare), whose
  /// rows lie `stride` apart. Threads may do so for several tiles at once.
  void apply(int tile, uint8_t* mask, ptrdiff_t stride) const;

  /// How much each cell of a tile counts, 0 to 255, in the order of TileGrid::offset. Null where
  /// every one counts whole or not at all.
  const uint8_t* weights(int tile) const;

  size_t zones() const { return names_.size(); }
  const std::string& name(size_t zone) const { return names_[zone]; }
  /// The box around a zone, masked or not.
  Rect bounds(size_t zone) const { return bounds_[zone]; }
  /// The cells of a zone that are not masked.
  uint64_t area(size_t zone) const { return areas_[zone]; }

  /// Adds to `moved`, which has a number for each zone, how many of its cells in a tile have their
  /// bit set in the motion mask of the tile and are not masked. Threads may do so for several tiles
  /// at once, each with numbers of its own.
  void count(int tile, const uint8_t* mask, ptrdiff_t stride, uint32_t* moved) const;

  /// The figures of every zone; `heat` is of the size of the cells. What was found out of a tile is
  /// kept until events are added to it. Throws std::bad_alloc.
  std::vector<ZoneFigures> figures(const HeatMap& heat);
  /// Counts became others in any way but by HeatMap::add.
  void forget();

  /// Bytes it holds.
  size_t memory() const;

 private:
  class Raster;

  static constexpr int kRowWords = TileGrid::kMaskBytes / int(sizeof(uint64_t));
  // A bit for each cell of a tile, as in a motion mask: those of a row in words, the first lowest.
  using Bits = std::array<uint64_t, kRowWords * TileGrid::kHeight>;
  using Weights = std::array<uint8_t, TileGrid::kPixels>;
  // Which cells of a tile: none, all of a tile that is not cut, or those of `bits_` at this index.
  using Cover = int32_t;
  static constexpr Cover kNone = -2;
  static constexpr Cover kAll = -1;

  // What of a tile lies in a zone.
  struct Part {
    uint32_t zone;
    Cover cover;
  };
  // The heat of some cells.
  struct Heat {
    uint64_t sum = 0;
    uint64_t max = 0;
    uint32_t covered = 0;

    void add(uint64_t count) {
      sum += count;
      max = std::max(max, count);
      covered += count > 0;
    }
  };

  void set_masked(const RegionSettings& settings, Raster& raster);
  void set_mask(const MaskImage& image, const Raster& raster);
  void set_zones(const std::vector<Zone>& zones, Raster& raster);
  void mask(int tile, const Bits& masked);
  Cover cover(const Bits& bits);
  Bits masked_bits(int tile) const;
  std::span<const Part> parts(int tile) const;
  void look_at(const HeatMap& heat, int tile);

  TileGrid cells_;
  uint64_t number_ = 0;
  uint64_t area_ = 0;
  std::vector<Bits> bits_;
  std::vector<Cover> masked_;  // of each tile; empty if all are open
  // Which of `weights_` a tile has, or kNone; empty if no tile has any.
  std::vector<int32_t> weights_of_;
  std::vector<Weights> weights_;

  std::vector<std::string> names_;
  std::vector<uint64_t> areas_;
  std::vector<Rect> bounds_;
  std::vector<Part> parts_;         // tile by tile
  std::vector<size_t> first_part_;  // of each tile, and their number; empty if there are none

  // What was found out of the heat.
  SeenChanges seen_;
  std::vector<uint64_t> sums_;  // of each tile
  std::vector<Heat> heats_;     // of each part
};

}  // namespace motionheat
