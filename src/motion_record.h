// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "activity.h"
#include "analysis.h"
#include "figures.h"
#include "regions.h"

namespace motionheat {

/// How much moved in the last frame, and in the frames since the last report: in the picture and in
/// each zone.
class MotionRecord {
 public:
  /// Has the memory at hand that so many zones take. Throws std::bad_alloc.
  void reserve(size_t zones);
  /// Other zones; `reserve` was called for them. The period goes on for the picture.
  void set_zones(size_t zones);

  /// Takes note of a frame that was counted. `boxes` are of it, if they are wanted.
  void note(const Analysis& analysis, const Regions& regions, const MovingRegions* boxes);
  /// A frame of which nothing is to be seen.
  void note_stillness();

  /// Begins the period that reports tell of.
  void begin_period();
  /// Fills in what a report says of motion, and of zones the motion. The analysis was done at
  /// 1/`scale` of the size of the `picture`.
  void tell(Report& report, Size picture, int scale) const;

  /// The share of each zone or, if there are none, of the picture that moved in the last frame, and
  /// the box of it, in cells of the analysis; empty where boxes were not wanted.
  std::span<const double> shares() const { return shares_; }
  std::span<const Rect> bounds() const { return bounds_; }

 private:
  struct Period {
    uint64_t frames = 0;
    double sum = 0;  // of the shares that moved
    double peak = 0;
    Rect box;  // around what moved, in cells

    void add(double share, const Rect& bounds) {
      ++frames;
      sum += share;
      peak = std::max(peak, share);
      box = join(box, bounds);
    }
    double mean() const { return frames > 0 ? sum / double(frames) : 0; }
  };

  Period picture_;
  std::vector<Period> zones_;
  std::vector<double> shares_{0};
  std::vector<Rect> bounds_{Rect{}};
};

}  // namespace motionheat
