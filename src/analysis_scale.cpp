// SPDX-License-Identifier: LGPL-2.1-or-later
#include "analysis_scale.h"

#include <cstring>
#include <utility>

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
    for (int p = 0; p < shrunk_format_.n_planes; ++p) {
      const bool is_done = p > 0 && format_.sample_bytes() == 1 &&
                           format_.components[p].plane == format_.components[p - 1].plane;
      for (int y = begin; y < end && !is_done; ++y) shrink_row(frame, p, y);
    }
  });
  return shrunk;
}

// A row of cells of the planes from `plane` on that stand side by side in the frame.
void Shrinker::shrink_row(const ConstFrameView& frame, int plane, int row) {
  const Component& c = format_.components[plane];
  const int y = row * scale_;
  const kernels::Rows<const uint8_t> pixels{frame.row(c.plane, y), frame.stride[c.plane]};
  const kernels::Extent extent{frame.size.width, std::min(scale_, frame.size.height - y)};
  const auto means = [&](int p) { return planes_.get() + plane_bytes_ * p + stride_ * row; };
  const kernels::Kernels& k = kernels::active();
  if (format_.sample_bytes() == 2) {
    k.shrink_u16(pixels.from(c.offset), extent, scale_, means(plane));
    return;
  }
  kernels::SamplePlaces places{.step = c.step, .n = 0, .offsets = {}};
  std::array<uint8_t*, 3> to{};
  for (int p = plane; p < shrunk_format_.n_planes && format_.components[p].plane == c.plane; ++p) {
    to[places.n] = means(p);
    places.offsets[places.n++] = format_.components[p].offset;
  }
  k.shrink_u8(pixels, places, extent, scale_, to.data());
}

Enlarger::Enlarger(const TileGrid& cells, const TileGrid& picture, int scale)
    : cells_(cells),
      picture_(picture),
      scale_(scale),
      offsets_(size_t(scale) * TileGrid::kWidth),
      shown_(make_aligned<uint8_t>(shown_bytes())) {
  for (size_t x = 0; x < offsets_.size(); ++x)
    offsets_[x] = uint16_t(TileGrid::offset(int(x) / scale, 0));
  forget();
}

// Whether an index among cells of a tile of the analysis became another.
bool Enlarger::differs(const uint8_t* index, const uint8_t* shown, const Rect& cells) {
  for (int y = cells.y; y < cells.bottom(); ++y) {
    for (int x = cells.x, end; x < cells.right(); x = end) {
      // Those of a chunk lie together.
      end = std::min(x / TileGrid::kChunkWidth * TileGrid::kChunkWidth + TileGrid::kChunkWidth,
                     cells.right());
      const int offset = TileGrid::offset(x, y);
      if (std::memcmp(index + offset, shown + offset, size_t(end - x)) != 0) return true;
    }
  }
  return false;
}

// Flags of the chunks of parts so far to the right: set where cells lie in chunks of the analysis
// that have theirs set. There are no more cells than one of these has, so they lie in two at most.
TileGrid::Chunks Enlarger::covered(const TileGrid::Chunks& chunks, int right) const {
  TileGrid::Chunks flags;
  for (int chunk = 0; chunk < TileGrid::kChunks; ++chunk) {
    const int x = right * TileGrid::kWidth + chunk * TileGrid::kChunkWidth;
    const int first = x / scale_, last = (x + TileGrid::kChunkWidth - 1) / scale_;
    flags[chunk] = chunks[first / TileGrid::kChunkWidth] | chunks[last / TileGrid::kChunkWidth];
  }
  return flags;
}

// Enlarges the chunks of a part in which an index became another, of those whose flag is set;
// clears that of the others. True if there are any.
bool Enlarger::enlarge(const Part& part, const uint8_t* index, const uint8_t* shown,
                       uint8_t* enlarged, TileGrid::Chunks& changed) const {
  bool any = false;
  const int y = part.down * TileGrid::kHeight;
  const int top = y / scale_, bottom = (y + TileGrid::kHeight - 1) / scale_;
  for (int chunk = 0; chunk < TileGrid::kChunks; ++chunk) {
    if (!changed[chunk]) continue;
    const int x = part.right * TileGrid::kWidth + chunk * TileGrid::kChunkWidth;
    const int left = x / scale_, right = (x + TileGrid::kChunkWidth - 1) / scale_;
    changed[chunk] = differs(index, shown, {left, top, right - left + 1, bottom - top + 1});
    if (!changed[chunk]) continue;
    any = true;
    const uint16_t* const offset_of = &offsets_[x];
    uint8_t* to = enlarged + chunk * kernels::kChunkPixels;
    for (int i = 0, above = -1; i < TileGrid::kHeight; ++i, to += TileGrid::kChunkWidth) {
      const int cell_y = (y + i) / scale_;
      if (std::exchange(above, cell_y) == cell_y) {
        std::copy_n(to - TileGrid::kChunkWidth, TileGrid::kChunkWidth, to);
        continue;
      }
      const uint8_t* row = index + TileGrid::offset(0, cell_y);
      for (int j = 0; j < TileGrid::kChunkWidth; ++j) to[j] = row[offset_of[j]];
    }
  }
  return any;
}

}  // namespace motionheat
