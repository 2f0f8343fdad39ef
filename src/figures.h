// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "heat_map.h"
#include "normalize.h"

namespace motionheat {

/// The state of the map in figures.
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
  double coverage = 0;     // 0..1, share of the pixels with any heat
  double hot_x = 0;        // 0..1, centre of the hottest pixel (the first in reading order);
  double hot_y = 0;        //   0 while there is no heat
};

/// A grey picture of the normalised map: `size.width` bytes a row, no padding.
struct GreyMap {
  Size size;
  std::vector<uint8_t> pixels;
};

/// What of a report is told by the heat alone: its size, the hottest count, where that is and how
/// much has any.
Report report_of(const HeatMap& heat);

/// The map, `width` cells wide and as high as the picture's proportions ask for. A cell has the
/// highest index of the pixels it covers. Width 0, or more than the heat has, gives its size.
GreyMap grey_map(const HeatMap& heat, const Scale& scale, int width);

}  // namespace motionheat
