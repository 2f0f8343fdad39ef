// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace motionheat {

/// The cells along an axis of the picture, each `scale` pixels wide; the last one is cut.
class CellAxis {
 public:
  CellAxis(int cells, int pixels, int scale)
      : pixels_(pixels), scale_(scale), centers_(size_t(cells)) {
    for (int i = 0; i < cells; ++i) centers_[i] = double(begin(i) + end(i)) / (2 * double(pixels));
  }

  int cells() const { return int(centers_.size()); }
  int pixels() const { return pixels_; }
  int64_t begin(int cell) const { return int64_t{cell} * scale_; }
  int64_t end(int cell) const { return std::min<int64_t>(begin(cell) + scale_, pixels_); }
  double center(int cell) const { return centers_[cell]; }

  /// The first cell whose centre is at `place` or beyond; the number of cells if there is none.
  int first_from(double place) const {
    const double guess = place * pixels_ / scale_;
    int cell = guess >= cells() ? cells() : guess > 0 ? int(guess) : 0;
    while (cell > 0 && centers_[cell - 1] >= place) --cell;
    while (cell < cells() && centers_[cell] < place) ++cell;
    return cell;
  }

 private:
  int pixels_;
  int scale_;
  std::vector<double> centers_;
};

}  // namespace motionheat
