// SPDX-License-Identifier: LGPL-2.1-or-later
#include "difference.h"

#include <cmath>

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

void Difference::configure(const PixelFormat& format, int luma_range, Size size) {
  has_previous_ = false;
  format_ = format;
  luma_range_ = luma_range;
  size_ = size;
  // RGB is remembered as it is packed or in its planes, anything else as a plain plane of luma.
  pixel_bytes_ =
      format.model == ColorModel::kRgb ? format.components[0].step : format.sample_bytes();
  previous_stride_ = aligned_stride(size_t(size.width) * pixel_bytes_);
  previous_size_ = previous_stride_ * size.height * (format.is_planar_rgb() ? 3 : 1);
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

cv::Mat Difference::previous_luma() const {
  if (format_.model == ColorModel::kRgb || pixel_bytes_ != 1) return {};
  return cv::Mat(size_.height, size_.width, CV_8UC1, previous_.get(), previous_stride_);
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
  if (format_.is_planar_rgb()) return compare_planes(frame, area, mask, mask_stride);
  const kernels::Kernels& k = kernels::active();
  const Component& c = format_.components[0];
  const kernels::Extent extent{area.width, area.height};
  const kernels::Rows<uint8_t> moved{mask, mask_stride};
  const kernels::Rows<uint8_t> previous = previous_rows(0, area);
  const kernels::Rows<const uint8_t> current{
      frame.row(c.plane, area.y) + ptrdiff_t{area.x} * c.step, frame.stride[c.plane]};

  if (format_.model == ColorModel::kRgb) {
    const kernels::RgbOrder order{c.step, c.offset, format_.components[1].offset,
                                  format_.components[2].offset};
    return k.compare_rgb(current, previous, moved, extent, order, uint8_t(native_threshold_));
  }
  if (format_.sample_bytes() == 2) {
    const kernels::Rows<uint16_t> words{reinterpret_cast<uint16_t*>(previous.data),
                                        previous.stride};
    return k.compare_u16(current.from(c.offset), words, moved, extent, uint16_t(native_threshold_),
                         value_bits(c));
  }
  return k.compare_u8(current, {c.step, c.offset}, previous, moved, extent,
                      uint8_t(native_threshold_));
}

// Of RGB in three planes.
kernels::MovedRows Difference::compare_planes(const ConstFrameView& frame, const Rect& area,
                                              uint8_t* mask, ptrdiff_t mask_stride) {
  const kernels::Kernels& k = kernels::active();
  kernels::RgbPlanes planes;
  for (int i = 0; i < 3; ++i) {
    const Component& c = format_.components[i];
    planes.current[i] = {frame.row(c.plane, area.y) + ptrdiff_t{area.x} * c.step,
                         frame.stride[c.plane]};
    planes.previous[i] = previous_rows(c.plane, area);
  }
  const kernels::Extent extent{area.width, area.height};
  const auto compare = format_.sample_bytes() == 2 ? k.compare_planes_u16 : k.compare_planes_u8;
  return compare(planes, {mask, mask_stride}, extent, uint16_t(native_threshold_),
                 value_bits(format_.components[0]));
}

// The rows that `area` has in what is remembered of a plane.
kernels::Rows<uint8_t> Difference::previous_rows(int plane, const Rect& area) const {
  return {previous_.get() + (size_t(plane) * size_.height + area.y) * previous_stride_ +
              size_t(area.x) * pixel_bytes_,
          ptrdiff_t(previous_stride_)};
}

}  // namespace motionheat
