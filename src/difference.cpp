// SPDX-License-Identifier: LGPL-2.1-or-later
#include "difference.h"

#include <cmath>
#include <cstring>

#include "kernels/kernels.h"
#include "tile_grid.h"

namespace motionheat {
namespace {

// Those of a sample that hold its value.
uint16_t value_bits(const Component& c) {
  return uint16_t(((1 << c.depth) - 1) << c.lsb);
}

}  // namespace

int native_threshold(int threshold, int luma_range, int highest) {
  // A difference d is d * 255 / range in grey, rounded half up and saturated. The native threshold
  // is the largest d whose grey is not above the threshold.
  const int native = int(std::ceil((threshold + 0.5) * luma_range / 255.0)) - 1;
  return threshold == 255 ? highest : std::min(native, highest);
}

PixelFormat remembered_format(const PixelFormat& format) {
  if (format.model == ColorModel::kRgb) return format;
  PixelFormat luma;
  luma.components[0] = format.components[0];
  luma.components[0].plane = luma.components[0].offset = 0;
  luma.components[0].step = format.sample_bytes();
  return luma;
}

void Difference::configure(const PixelFormat& format, int luma_range, Size size) {
  has_previous_ = false;
  format_ = format;
  luma_range_ = luma_range;
  size_ = size;
  pixel_bytes_ = remembered_format(format).components[0].step;
  previous_stride_ = aligned_stride(size_t(size.width) * pixel_bytes_);
  previous_size_ = previous_stride_ * size.height * planes();
  previous_ = make_aligned<uint8_t>(previous_size_);
  set_threshold(threshold_);
}

void Difference::set_threshold(int threshold) {
  threshold_ = threshold;
  const Component& luma = format_.components[0];
  native_threshold_ = native_threshold(threshold, luma_range_, (1 << luma.depth) - 1) << luma.lsb;
}

void Difference::set_luma_range(int luma_range) {
  luma_range_ = luma_range;
  set_threshold(threshold_);
}

ConstFrameView Difference::previous() const {
  ConstFrameView view(size_);
  for (int i = 0; i < kMaxPlanes; ++i) {
    view.stride[i] = ptrdiff_t(previous_stride_);
    if (i < planes()) view.data[i] = previous_rows({})[size_t(i)].data;
  }
  return view;
}

void Difference::remember(const ConstFrameView& frame) {
  // Comparing is how a tile is remembered; what it says of motion does not count.
  uint8_t mask[TileGrid::kMaskBytes * TileGrid::kHeight];
  const TileGrid grid(size_);
  for (int tile = 0; tile < grid.count(); ++tile)
    compare(frame, intersect(grid.rect(tile), frame.size), mask, TileGrid::kMaskBytes);
  has_previous_ = true;
}

kernels::MovedRows Difference::compare(const ConstFrameView& frame, const Rect& area, uint8_t* mask,
                                       ptrdiff_t mask_stride) {
  return compare_with(previous_rows(area), frame, area, {mask, mask_stride});
}

void Difference::try_rows(const ConstFrameView& frame, const Rect& area, uint8_t* mask,
                          ptrdiff_t mask_stride) {
  const size_t bytes = size_t(area.height) * previous_stride_;
  if (tried_.size() < bytes * size_t(planes())) tried_.resize(bytes * size_t(planes()));
  Previous tried = previous_rows({0, area.y, area.width, area.height});
  for (int i = 0; i < planes(); ++i) {
    uint8_t* const copy = tried_.data() + bytes * size_t(i);
    std::memcpy(copy, tried[size_t(i)].data, bytes);
    tried[size_t(i)].data = copy + ptrdiff_t{area.x} * pixel_bytes_;
  }
  compare_with(tried, frame, area, {mask, mask_stride});
}

kernels::MovedRows Difference::compare_with(const Previous& previous, const ConstFrameView& frame,
                                            const Rect& area, kernels::Rows<uint8_t> moved) const {
  const kernels::Kernels& k = kernels::active();
  const Component& c = format_.components[0];
  const kernels::Extent extent{area.width, area.height};
  const auto current_rows = [&](const Component& component) {
    return kernels::Rows<const uint8_t>{
        frame.row(component.plane, area.y) + ptrdiff_t{area.x} * component.step,
        frame.stride[component.plane]};
  };
  const kernels::Rows<const uint8_t> current = current_rows(c);

  if (format_.is_planar_rgb()) {
    kernels::RgbPlanes planes;
    for (size_t i = 0; i < 3; ++i) {
      const Component& component = format_.components[i];
      planes.current[i] = current_rows(component);
      planes.previous[i] = previous[size_t(component.plane)];
    }
    const auto compare = format_.sample_bytes() == 2 ? k.compare_planes_u16 : k.compare_planes_u8;
    return compare(planes, moved, extent, uint16_t(native_threshold_), value_bits(c));
  }
  if (format_.model == ColorModel::kRgb) {
    const kernels::RgbOrder order{c.step, c.offset, format_.components[1].offset,
                                  format_.components[2].offset};
    return k.compare_rgb(current, previous[0], moved, extent, order, uint8_t(native_threshold_));
  }
  if (format_.sample_bytes() == 2) {
    const kernels::Rows<uint16_t> words{reinterpret_cast<uint16_t*>(previous[0].data),
                                        previous[0].stride};
    return k.compare_u16(current.from(c.offset), words, moved, extent, uint16_t(native_threshold_),
                         value_bits(c));
  }
  return k.compare_u8(current, {c.step, c.offset}, previous[0], moved, extent,
                      uint8_t(native_threshold_));
}

// The rows that `area` has in what is remembered.
Difference::Previous Difference::previous_rows(const Rect& area) const {
  Previous rows;
  for (size_t i = 0; i < size_t(planes()); ++i)
    rows[i] = {previous_.get() + (i * size_t(size_.height) + size_t(area.y)) * previous_stride_ +
                   size_t(area.x) * pixel_bytes_,
               ptrdiff_t(previous_stride_)};
  return rows;
}

}  // namespace motionheat
