// SPDX-License-Identifier: LGPL-2.1-or-later
#include "difference.h"

#include <cmath>
#include <cstring>

#include "kernels/kernels.h"
#include "tile_grid.h"

namespace motionheat {

void Difference::configure(const PixelFormat& format, int luma_range, Size size) {
  has_previous_ = false;
  format_ = format;
  luma_range_ = luma_range;
  size_ = size;
  // RGB is remembered as it is packed, anything else as a plain plane of luma.
  pixel_bytes_ =
      format.model == ColorModel::kRgb ? format.components[0].step : format.sample_bytes();
  previous_stride_ = size_t(size.width) * pixel_bytes_;
  previous_size_ = previous_stride_ * size.height;
  previous_ = std::make_unique_for_overwrite<uint8_t[]>(previous_size_);
  set_threshold(threshold_);
}

void Difference::set_threshold(int threshold) {
  threshold_ = threshold;
  const Component& luma = format_.components[0];
  const int highest = (1 << luma.depth) - 1;
  // A difference d is d * 255 / range in grey, rounded half up and saturated. The native
  // threshold is the largest d whose grey is not above the threshold.
  const int native = int(std::ceil((threshold + 0.5) * luma_range_ / 255.0)) - 1;
  native_threshold_ = (threshold == 255 ? highest : std::min(native, highest)) << luma.lsb;
}

void Difference::remember(const ConstFrameView& frame) {
  // Comparing is how a row is remembered; what it says of motion does not count.
  uint8_t mask[TileGrid::kWidth];
  for (int y = 0; y < std::min(size_.height, frame.size.height); ++y) {
    const int width = std::min(size_.width, frame.size.width);
    for (int x = 0; x < width; x += TileGrid::kWidth)
      compare(frame, {x, y, std::min(TileGrid::kWidth, width - x), 1}, mask, 0);
  }
  has_previous_ = true;
}

bool Difference::compare(const ConstFrameView& frame, const Rect& area, uint8_t* mask,
                         ptrdiff_t mask_stride) {
  const Component& c = format_.components[0];
  bool any = false;
  for (int y = 0; y < area.height; ++y, mask += mask_stride) {
    const uint8_t* row = frame.row(c.plane, area.y + y) + ptrdiff_t{area.x} * c.step;
    any |= compare_row(row, area.x, area.y + y, area.width, mask);
  }
  return any;
}

bool Difference::compare_row(const uint8_t* current, int x, int y, int width, uint8_t* mask) {
  const kernels::Kernels& k = kernels::active();
  const Component& c = format_.components[0];
  uint8_t* previous = previous_row(y) + size_t(x) * pixel_bytes_;
  if (format_.model == ColorModel::kRgb) {
    const kernels::RgbOrder order{c.step, c.offset, format_.components[1].offset,
                                  format_.components[2].offset};
    return k.difference_rgb(current, previous, mask, width, order, uint8_t(native_threshold_));
  }
  current += c.offset;
  if (format_.sample_bytes() == 2) {
    const uint16_t bits = uint16_t(((1 << c.depth) - 1) << c.lsb);
    return k.difference_u16(current, reinterpret_cast<uint16_t*>(previous), mask, width,
                            uint16_t(native_threshold_), bits);
  }
  uint8_t luma[TileGrid::kWidth];
  if (c.step > 1) {
    k.gather_u8(current, c.step, luma, width);
    current = luma;
  }
  return k.difference_u8(current, previous, mask, width, uint8_t(native_threshold_));
}

}  // namespace motionheat
