// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "heat_map.h"

namespace motionheat {

/// The memory of the last copy, for the next one: memory that is new costs several times the copy.
/// Any thread may call it.
class HeatCopySpare {
 public:
  /// A cold map.
  HeatMap take(Size size);
  void give(HeatMap map);

 private:
  std::mutex lock_;
  HeatMap map_;
};

/// A map as it was at one moment, while it counts on: see HeatMap::begin_copy.
///
/// To copy a large map takes longer than a frame may. So tiles are copied a few at a time, and one
/// that is about to change before it was its turn is copied first.
class HeatCopy {
 public:
  HeatCopy(const HeatMap& map, std::shared_ptr<HeatCopySpare> spare);
  ~HeatCopy();
  HeatCopy(const HeatCopy&) = delete;
  HeatCopy& operator=(const HeatCopy&) = delete;

  bool is_complete() const { return next_ == int(copied_.size()); }
  /// What was copied: all of the map when this is complete.
  const HeatMap& heat() const { return heat_; }

 private:
  friend class HeatMap;

  // Threads may take tiles of distinct rows of tiles at once.
  void take(const HeatMap& from, int tile);

  std::shared_ptr<HeatCopySpare> spare_;
  HeatMap heat_;
  std::vector<uint8_t> copied_;            // of each tile, whether it is
  int next_ = 0;                           // all before are
  std::shared_ptr<const HeatMap> source_;  // the map, once it was given up
};

}  // namespace motionheat
