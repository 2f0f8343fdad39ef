// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heat_map.h"
#include "index_map.h"
#include "kernels/kernels.h"
#include "normalize.h"
#include "regions.h"

namespace motionheat {

/// A box in fractions of the frame.
struct RelativeBox {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A zone in figures.
struct ZoneReport {
  std::string name;
  double motion = 0;  // as in Report, of the pixels of the zone
  double motion_peak = 0;
  RelativeBox box;
  ZoneFigures heat;
};

/// The state of the map in figures. Nothing is told of pixels that are masked.
struct Report {
  uint64_t frames = 0;     // frames analysed, the first one included
  uint64_t skipped = 0;    // frames not counted
  uint64_t repeated = 0;   // frames with nothing new in them
  Size size;               // of the analysis
  double max = 0;          // events of the hottest pixel
  double full_scale = 0;   // events that index 255 stands for
  double motion = 0;       // 0..1, share of the pixels that moved: the mean of the frames analysed
                           //   in this period, 0 if there are none
  double motion_peak = 0;  // 0..1, the highest share of them
  RelativeBox box;         // around what moved in them; empty where boxes were not wanted
  double coverage = 0;     // 0..1, share of the pixels with any heat
  double hot_x = 0;        // 0..1, centre of the hottest pixel (the first in reading order);
  double hot_y = 0;        //   0 while there is no heat
  double noise = 0;        // grey, standard deviation of a frame's noise; 0 if it is not measured
  std::vector<ZoneReport> zones;
};

/// Tells of the heat in figures and in a grey map of it. What it found out of a tile it keeps until
/// events are added to it, so that telling of every frame costs little.
class Figures {
 public:
  /// Counts became others in any way but by HeatMap::add.
  void forget();

  /// What of a report is told by the heat alone: its size, the hottest count, where that is and how
  /// much of `area` pixels has any. Throws std::bad_alloc.
  Report report(const HeatMap& heat, uint64_t area);

  /// The size of a map that is `width` cells wide: as high as the picture's proportions ask for.
  /// Width 0, or more than the heat has, gives its size.
  static Size map_size(Size heat, int width);

  /// Draws the map, of `map_size` for this width, in grey. A cell has the highest index of the
  /// pixels it covers. `indices` are of this heat; those that are up to date are taken from there.
  /// Throws std::bad_alloc.
  void draw_map(const HeatMap& heat, const Scale& scale, const IndexMap& indices, int width,
                kernels::Rows<uint8_t> map);

 private:
  void update_cells(const HeatMap& heat, Size map);

  SeenChanges seen_by_report_;
  std::vector<uint16_t> covered_;  // pixels of each tile that have heat
  uint64_t covered_sum_ = 0;

  SeenChanges seen_by_cells_;
  Size cells_size_;
  std::vector<uint64_t> cells_;  // the highest count of each cell
};

}  // namespace motionheat
