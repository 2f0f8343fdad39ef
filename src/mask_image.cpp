// SPDX-License-Identifier: LGPL-2.1-or-later
#include "mask_image.h"

#include <algorithm>

namespace motionheat {

MaskScaler::Taps::Taps(const CellAxis& axis, int mask_pixels)
    : is_identity_(mask_pixels == axis.cells()) {
  // In units of which the picture has pixels * mask_pixels: all edges lie on whole ones.
  const int64_t pixels = axis.pixels();
  for (int cell = 0; cell < axis.cells(); ++cell) {
    int64_t begin = axis.begin(cell) * mask_pixels;
    int64_t end = axis.end(cell) * mask_pixels;
    if (is_identity_) {
      add(cell, 1);
    } else if (mask_pixels < axis.cells()) {
      add((begin + end) / (2 * pixels), 1);  // the one at the centre
    } else {
      for (; begin < end; begin = (begin / pixels + 1) * pixels)
        add(begin / pixels, std::min((begin / pixels + 1) * pixels, end) - begin);
    }
    ends_.push_back(taps_.size());
  }
}

uint64_t MaskScaler::Taps::sum(int cell) const {
  uint64_t sum = 0;
  for (const Tap& tap : of(cell)) sum += tap.weight;
  return sum;
}

MaskScaler::MaskScaler(const MaskImage& mask, const CellAxis& x, const CellAxis& y)
    : mask_(mask), x_(x, mask.size.width), y_(y, mask.size.height), sums_(size_t(x.cells())) {
  for (int cell = 0; cell < x.cells(); ++cell) weights_.push_back(x_.sum(cell));
}

// The sums are exact: they are below 255 * scale^2 * the image's area.
void MaskScaler::draw_row(int cell_y, uint8_t* out) {
  if (x_.is_identity() && y_.is_identity()) {
    std::copy_n(row(cell_y), sums_.size(), out);
    return;
  }
  std::fill(sums_.begin(), sums_.end(), 0);
  for (const Taps::Tap& tap_y : y_.of(cell_y)) {
    const uint8_t* const pixels = row(tap_y.pixel);
    for (size_t i = 0; i < sums_.size(); ++i) {
      uint64_t sum = 0;
      for (const Taps::Tap& tap : x_.of(int(i))) sum += tap.weight * pixels[tap.pixel];
      sums_[i] += sum * tap_y.weight;
    }
  }
  const uint64_t weight_y = y_.sum(cell_y);
  for (size_t i = 0; i < sums_.size(); ++i) {
    const uint64_t weight = weights_[i] * weight_y;
    out[i] = uint8_t(weight == 1 ? sums_[i] : (sums_[i] + weight / 2) / weight);
  }
}

}  // namespace motionheat
