// SPDX-License-Identifier: LGPL-2.1-or-later
#include "analysis_scale.h"

#include <cstring>
#include <opencv2/imgproc.hpp>

namespace motionheat {
namespace {

std::vector<int> cells(int pixels, int cells) {
  std::vector<int> cell(pixels);
  for (int i = 0; i < pixels; ++i) cell[i] = int(int64_t{i} * cells / pixels);
  return cell;
}

PixelFormat shrunk_format(const PixelFormat& format) {
  if (format.model == ColorModel::kRgb) {
    PixelFormat rgb = format;
    rgb.n_planes = format.is_planar_rgb() ? 3 : 1;  // without alpha
    return rgb;
  }
  Component luma = format.components[0];
  luma.plane = luma.offset = 0;
  luma.step = format.sample_bytes();
  return {ColorModel::kGray, 1, 1, {luma}};
}

}  // namespace

Size analysis_size(Size size, int scale) {
  return {(size.width + scale - 1) / scale, (size.height + scale - 1) / scale};
}

Shrinker::Shrinker(const PixelFormat& format, int scale)
    : format_(format), shrunk_format_(shrunk_format(format)), scale_(scale) {}

ConstFrameView Shrinker::shrink(const ConstFrameView& frame) {
  const Size size = analysis_size(frame.size, scale_);
  ConstFrameView view(size);
  for (int p = 0; p < shrunk_format_.n_planes; ++p) {
    gather(frame, p);
    cv::resize(plane_, shrunk_[p], cv::Size(size.width, size.height), 0, 0, cv::INTER_AREA);
    view.data[p] = shrunk_[p].data;
    view.stride[p] = ptrdiff_t(shrunk_[p].step);
  }
  return view;
}

// Puts what is looked at of a plane in a piece of memory that OpenCV understands, whatever the
// stride.
void Shrinker::gather(const ConstFrameView& frame, int plane) {
  const bool rgb = format_.model == ColorModel::kRgb;
  const Component& from = format_.components[0];
  const int pixel_bytes = shrunk_format_.components[0].step;
  const int depth = format_.sample_bytes() == 2 ? CV_16U : CV_8U;
  plane_.create(frame.size.height, frame.size.width,
                CV_MAKETYPE(depth, pixel_bytes / format_.sample_bytes()));
  for (int y = 0; y < frame.size.height; ++y) {
    const uint8_t* src = rgb ? frame.row(plane, y) : frame.row(from.plane, y) + from.offset;
    uint8_t* dst = plane_.ptr(y);
    if (from.step == pixel_bytes)
      std::memcpy(dst, src, size_t(frame.size.width) * pixel_bytes);
    else
      for (int x = 0; x < frame.size.width; ++x, src += from.step) dst[x] = *src;
  }
}

Enlarger::Enlarger(Size analysis, Size picture)
    : grid_(picture),
      size_(analysis),
      cell_x_(cells(picture.width, analysis.width)),
      cell_y_(cells(picture.height, analysis.height)),
      indices_(size_t(analysis.area())),
      before_(indices_.size()) {}

// The cells that a tile shows.
Rect Enlarger::covered(int tile) const {
  const Rect rect = grid_.rect(tile);
  const int x = cell_x_[rect.x], y = cell_y_[rect.y];
  return {x, y, cell_x_[rect.right() - 1] + 1 - x, cell_y_[rect.bottom() - 1] + 1 - y};
}

bool Enlarger::is_cold(int tile) const {
  const Rect cells = covered(tile);
  for (int y = cells.y; y < cells.bottom(); ++y) {
    const auto row = indices_.begin() + ptrdiff_t{y} * size_.width + cells.x;
    if (std::any_of(row, row + cells.width, [](uint8_t index) { return index != 0; })) return false;
  }
  return true;
}

bool Enlarger::refresh(int tile, bool all, uint8_t* index, TileGrid::Chunks& changed) const {
  const Rect rect = grid_.rect(tile);
  const Rect cells = covered(tile);
  bool stale = all;
  for (int y = cells.y; y < cells.bottom(); ++y) {
    const size_t row = size_t(y) * size_.width + cells.x;
    stale |= std::memcmp(&before_[row], &indices_[row], cells.width) != 0;
  }
  if (!stale) return false;

  bool any = false;
  for (int y = 0; y < rect.height; ++y) {
    const uint8_t* row = &indices_[size_t(cell_y_[rect.y + y]) * size_.width];
    for (int x = 0; x < rect.width; ++x) {
      uint8_t& shown = index[TileGrid::offset(x, y)];
      const uint8_t value = row[cell_x_[rect.x + x]];
      if (value == shown) continue;
      shown = value;
      changed[x / TileGrid::kChunkWidth] = any = true;
    }
  }
  return any;
}

}  // namespace motionheat
