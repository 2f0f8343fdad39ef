// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "aligned.h"
#include "tile_grid.h"

namespace motionheat {

class HeatCopy;
class HeatCopySpare;

/// Step 3: how many events (frames in which it moved) each pixel has seen.
///
/// A count is a low word of 16 bits for every pixel and a high word of 32 bits that a tile gets
/// before the first of its low words may wrap: few tiles ever do, so most of the map costs two
/// bytes a pixel. Both are kept tile by tile. A tile in which nothing ever moved is *cold*: its
/// words are neither read nor written, which also makes clearing the map free.
///
/// An event is worth `unit()` counts. A sum has the unit 1 and is exact up to 2^47 events. A map
/// that ages does not shrink: the unit grows instead, so that what was counted before is worth
/// less.
class HeatMap {
 public:
  /// The units of a map that ages are from 2^kLowestLogUnit to below 2^kLogUnitLimit: large enough
  /// to be kept as whole counts, and less than a low word.
  static constexpr int kLowestLogUnit = 11;
  static constexpr int kLogUnitLimit = 16;
  /// Whether an event can be worth that much: those, and 1 as long as it never aged.
  static constexpr bool is_unit(double unit) {
    return unit == 1 || (unit >= 1 << kLowestLogUnit && unit < 1 << kLogUnitLimit);
  }

  HeatMap() = default;
  /// A cold map. Throws std::bad_alloc, also for sizes that cannot be addressed.
  explicit HeatMap(Size size);
  HeatMap(HeatMap&&) = default;
  HeatMap& operator=(HeatMap&& other);

  const TileGrid& grid() const { return grid_; }

  /// Adds an event to each pixel of `tile` whose bit in `mask` is set (see Difference::compare);
  /// rows of the mask are `mask_stride` apart. Sets the flags of the chunks in which any moved and
  /// leaves the others; returns how many pixels moved. A count that is at its highest, 2^47 - 1,
  /// stays there. With `weights` of the tile's pixels, in the order of TileGrid::offset, an event
  /// is worth so many parts of 255; the map is fine then. Threads may add to distinct rows of tiles
  /// at once. Throws std::bad_alloc, and then nothing was added.
  uint32_t add(int tile, const uint8_t* mask, ptrdiff_t mask_stride, TileGrid::Chunks& moved,
               const uint8_t* weights = nullptr);

  /// Makes the map fine: an event is worth 2^kLowestLogUnit counts or more, so that parts of it can
  /// be counted. True if counts changed. Throws std::bad_alloc, and then is as it was.
  bool refine();

  /// Removes the heat of pixels (x, y) of which `is_removed(x, y)`.
  template <typename Predicate>
  void remove(Predicate is_removed);

  /// Heat gets older by so many half-lives: each event counted so far is worth 2^-half_lives of
  /// what it was. The counts of all tiles may change; true if they did. A unit is kept to within
  /// 2^-12 and a count to within 2^-11 of an event. Throws std::bad_alloc, and then it has not
  /// aged.
  bool age(double half_lives);

  /// Counts that an event is worth now, and the whole counts that one adds.
  double unit() const { return unit_; }
  uint16_t increment() const { return uint16_t(std::min(unit() + 0.5, 65535.0)); }

  bool is_cold(int tile) const { return max_[tile] == 0; }
  /// The count of the hottest pixel of a tile.
  uint64_t tile_max(int tile) const { return max_[tile]; }
  /// The count of the hottest pixel of a row of tiles, and of the map.
  uint64_t row_max(int row) const { return row_max_[row]; }
  uint64_t max() const;
  /// The count of pixel (x, y).
  uint64_t at(int x, int y) const;

  /// How often events were added to a tile, modulo 2^32.
  uint32_t changes(int tile) const { return changes_[tile]; }
  /// How many pixels of a tile have heat.
  uint32_t covered(int tile) const;
  /// The highest count of each column among rows `begin` to before `end` of a tile that is not
  /// cold.
  std::array<uint64_t, TileGrid::kWidth> column_maxima(int tile, int begin, int end) const;

  /// Calls `visit(x, y, count)` for every pixel of a tile that is not cold.
  template <typename Visit>
  void visit(int tile, Visit visit) const;

  /// The words of a tile that is not cold. Those outside of the picture are 0.
  const uint16_t* low(int tile) const { return low_.get() + size_t(tile) * TileGrid::kPixels; }
  /// Null as long as no count of the tile can have exceeded 65,535.
  const uint32_t* high(int tile) const { return high_[tile].get(); }

  /// Makes every tile cold, and the unit 1.
  void clear();

  /// The map in another size. Along each axis a larger map repeats counts and a smaller one has the
  /// rounded mean of what falls together, so that the level (events per pixel) and the places stay,
  /// and enlarging and shrinking back gives the same map.
  HeatMap resampled(Size size) const;

  /// A map of its own, cold tiles for free.
  HeatMap clone() const;

  /// The map as it is now, to be copied bit by bit, as long as somebody holds it. The map may
  /// change meanwhile, and be cleared or replaced.
  std::shared_ptr<HeatCopy> begin_copy();
  /// Copies some more tiles. False once the copy is complete.
  bool continue_copy(HeatCopy& copy, int tiles);

  /// The counts of all pixels, row by row.
  std::vector<uint64_t> counts() const;
  /// The map of such counts, of which an event has `unit` (see is_unit). Those above 2^47 - 1 are
  /// cut to it.
  static HeatMap of(Size size, const std::vector<uint64_t>& counts, double unit);

  /// Sets the count of every pixel of a tile; `counts` in rows of TileGrid::kWidth.
  void assign(int tile, const uint64_t* counts);

  /// Bytes it holds; those of cold tiles are not touched.
  size_t memory() const;

 private:
  friend class HeatCopy;

  void copy_tile(const HeatMap& from, int tile);
  void before_change(int tile);
  void forget_copies();
  void give_up();
  void set_log_unit(double log_unit);
  void set_max(int tile, uint64_t max);
  uint16_t* low(int tile) { return low_.get() + size_t(tile) * TileGrid::kPixels; }
  void reserve_high(int tile);
  uint32_t add_weighted(int tile, const uint8_t* mask, ptrdiff_t mask_stride,
                        TileGrid::Chunks& moved, const uint8_t* weights);
  void shift(int bits);

  TileGrid grid_;
  double log_unit_ = 0;
  double unit_ = 1;  // 2^log_unit_
  AlignedArray<uint16_t> low_;
  std::vector<std::unique_ptr<uint32_t[]>> high_;  // of each tile
  std::vector<uint64_t> max_;                      // of each tile
  std::vector<uint64_t> row_max_;                  // of each row of tiles
  std::vector<uint32_t> changes_;                  // of each tile
  std::vector<std::shared_ptr<HeatCopy>> copies_;  // in the making
  std::shared_ptr<HeatCopySpare> spare_;           // for them
};

/// Which events of each tile somebody has taken in who keeps what was found out of it.
class SeenChanges {
 public:
  /// Counts became others in any way but by HeatMap::add: nothing is known any more.
  void forget() { changes_.clear(); }

  /// Whether events were added to the tile since it was last asked for, or it never was. Throws
  /// std::bad_alloc.
  bool takes(const HeatMap& heat, int tile) {
    if (changes_.size() != size_t(heat.grid().count()))
      changes_.assign(size_t(heat.grid().count()), kNever);
    return std::exchange(changes_[tile], heat.changes(tile)) != heat.changes(tile);
  }

 private:
  static constexpr uint32_t kNever = ~uint32_t{0};

  std::vector<uint32_t> changes_;
};

template <typename Visit>
void HeatMap::visit(int tile, Visit visit) const {
  const Rect rect = grid_.rect(tile);
  const uint32_t* top = high(tile);
  const uint16_t* words = low(tile);
  for (int y = 0; y < rect.height; ++y) {
    for (int x = 0; x < rect.width; ++x) {
      const int i = TileGrid::offset(x, y);
      visit(rect.x + x, rect.y + y, uint64_t{top ? top[i] : 0} << 16 | words[i]);
    }
  }
}

template <typename Predicate>
void HeatMap::remove(Predicate is_removed) {
  std::array<uint64_t, TileGrid::kPixels> counts;
  for (int tile = 0; tile < grid_.count(); ++tile) {
    if (is_cold(tile)) continue;
    const Rect rect = grid_.rect(tile);
    bool any = false;
    visit(tile, [&](int x, int y, uint64_t count) {
      const bool removed = count > 0 && is_removed(x, y);
      any |= removed;
      counts[size_t(y - rect.y) * TileGrid::kWidth + (x - rect.x)] = removed ? 0 : count;
    });
    if (any) assign(tile, counts.data());
  }
}

}  // namespace motionheat
