// SPDX-License-Identifier: LGPL-2.1-or-later
#include "analysis_scale.h"

#include <cstring>

#include "kernels/kernels.h"

namespace motionheat {
namespace {

// A plane for each component that is compared.
PixelFormat shrunk_format(const PixelFormat& format) {
  PixelFormat shrunk = format;
  shrunk.n_components = shrunk.n_planes = format.model == ColorModel::kRgb ? 3 : 1;
  if (format.model == ColorModel::kYuv) shrunk.model = ColorModel::kGray;
  for (int i = 0; i < 3; ++i) {
    Component& c = shrunk.components[i];
    if (i < shrunk.n_planes)
      c = {.plane = i, .step = format.sample_bytes(), .depth = c.depth, .lsb = c.lsb};
    else
      c = {};
  }
  return shrunk;
}

}  // namespace

Size analysis_size(Size size, int scale) {
  return {(size.width + scale - 1) / scale, (size.height + scale - 1) / scale};
}

Shrinker::Shrinker(const PixelFormat& format, const TileGrid& cells, int scale)
    : format_(format),
      shrunk_format_(shrunk_format(format)),
      cells_(cells),
      scale_(scale),
      stride_(ptrdiff_t(aligned_stride(size_t(cells.size().width) * format.sample_bytes()))),
      plane_bytes_(size_t(stride_) * cells.size().height),
      planes_(make_aligned<uint8_t>(plane_bytes_ * shrunk_format_.n_planes)) {}

ConstFrameView Shrinker::shrink(const ConstFrameView& frame, Bands& bands) {
  ConstFrameView shrunk(analysis_size(frame.size, scale_));
  for (int p = 0; p < shrunk_format_.n_planes; ++p) {
    shrunk.data[p] = planes_.get() + plane_bytes_ * p;
    shrunk.stride[p] = stride_;
  }
  bands.for_each(cells_, [&](int band, uint8_t*) {
    const int begin = band * TileGrid::kBandHeight;
    const int end = std::min(begin + TileGrid::kBandHeight, shrunk.size.height);
    for (int p = 0; p < shrunk_format_.n_planes; ++p)
      for (int y = begin; y < end; ++y) shrink_row(frame, p, y);
  });
  return shrunk;
}

// A row of cells.
void Shrinker::shrink_row(const ConstFrameView& frame, int plane, int row) {
  const Component& c = format_.components[plane];
  const int y = row * scale_;
  const kernels::Rows<const uint8_t> pixels{frame.row(c.plane, y), frame.stride[c.plane]};
  const kernels::Extent extent{frame.size.width, std::min(scale_, frame.size.height - y)};
  uint8_t* const means = planes_.get() + plane_bytes_ * plane + stride_ * row;
  const kernels::Kernels& k = kernels::active();
  if (format_.sample_bytes() == 2)
    k.shrink_u16(pixels.from(c.offset), extent, scale_, means);
  else
    k.shrink_u8(pixels, {c.step, c.offset}, extent, scale_, means);
}

Enlarger::Enlarger(const TileGrid& cells, const TileGrid& picture, int scale)
    : cells_(cells),
      picture_(picture),
      scale_(scale),
      shown_(make_aligned<uint8_t>(shown_bytes())) {
  forget();
}

// Enlarges the chunks of a part in which an index became another; true if there are any.
bool Enlarger::enlarge(const Part& part, const uint8_t* index, const uint8_t* shown,
                       uint8_t* enlarged, TileGrid::Chunks& changed) const {
  bool any = false;
  for (int chunk = 0; chunk < TileGrid::kChunks; ++chunk) {
    const int x = part.right * TileGrid::kWidth + chunk * TileGrid::kChunkWidth;
    const int y = part.down * TileGrid::kHeight;
    const int left = x / scale_, right = (x + TileGrid::kChunkWidth - 1) / scale_;
    const int top = y / scale_, bottom = (y + TileGrid::kHeight - 1) / scale_;
    for (int cell_y = top; cell_y <= bottom && !changed[chunk]; ++cell_y)
      for (int cell_x = left; cell_x <= right; ++cell_x)
        changed[chunk] |=
            index[TileGrid::offset(cell_x, cell_y)] != shown[TileGrid::offset(cell_x, cell_y)];
    if (!changed[chunk]) continue;
    any = true;
    uint8_t* to = enlarged + chunk * kernels::kChunkPixels;
    for (int i = 0; i < TileGrid::kHeight; ++i, to += TileGrid::kChunkWidth) {
      const int cell_y = (y + i) / scale_;
      if (i > 0 && cell_y == (y + i - 1) / scale_) {
        std::copy_n(to - TileGrid::kChunkWidth, TileGrid::kChunkWidth, to);
        continue;
      }
      // Pixels up to the end of each cell in turn.
      for (int cell_x = left, from = x; cell_x <= right; ++cell_x) {
        const int end = std::min((cell_x + 1) * scale_, x + TileGrid::kChunkWidth);
        std::fill(to + (from - x), to + (end - x), index[TileGrid::offset(cell_x, cell_y)]);
        from = end;
      }
    }
  }
  return any;
}

}  // namespace motionheat
