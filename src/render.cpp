// SPDX-License-Identifier: LGPL-2.1-or-later
#include "render.h"

#include <cstring>

#include "kernels/kernels.h"

namespace motionheat {

void Renderer::configure(const PixelFormat& format, Size size) {
  format_ = format;
  grid_ = TileGrid(size);
  planes_ = {};
  for (int i = 0; i < format.n_components; ++i)
    planes_[format.components[i].plane].has_color = true;
  for (int p = 0; p < format.n_planes; ++p) {
    Plane& plane = planes_[p];
    if (!plane.has_color) continue;
    plane.layout = plane_layout(format, p);
    plane.tile_stride = plane.layout.byte(TileGrid::kWidth);
    plane.tile_bytes = size_t(plane.tile_stride) * plane.layout.row(TileGrid::kHeight);
    plane.color = make_aligned<uint8_t>(plane.tile_bytes * grid_.count());
    plane.row_bytes = size_t(plane.layout.byte_end(size.width));
    plane.cold_row = make_aligned<uint8_t>(plane.row_bytes);
    std::fill_n(plane.cold_row.get(), plane.row_bytes, 0);
  }
}

void Renderer::set_colors(const ColorTable& colors) {
  for (size_t index = 0; index < colors_.size(); ++index)
    colors_[index] = uint64_t{colors[0][index]} | uint64_t{colors[1][index]} << kField |
                     uint64_t{colors[2][index]} << 2 * kField;
  for (int i = 0; i < format_.n_components; ++i) {
    const Component& c = format_.components[i];
    const uint16_t sample = uint16_t(colors[i][0] << c.lsb);
    const Plane& plane = planes_[c.plane];
    for (size_t byte = c.offset; byte < plane.row_bytes; byte += c.step)
      std::memcpy(plane.cold_row.get() + byte, &sample, format_.sample_bytes());  // little endian
  }
}

void Renderer::paint_cold(int tile) {
  const int width = grid_.rect(tile).width;
  for (const Plane& plane : planes_) {
    if (!plane.has_color) continue;
    for (int y = 0; y < plane.layout.row(TileGrid::kHeight); ++y)
      std::copy_n(plane.cold_row.get(), plane.layout.byte_end(width),
                  plane.tile(tile) + plane.tile_stride * y);
  }
}

void Renderer::paint(int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
  const Rect rect = grid_.rect(tile);
  // Two rows at a time: they share their chroma samples where there are fewer of those.
  for (int y = 0; y < rect.height; y += 2) {
    const int rows = std::min(2, rect.height - y);
    const auto changed = [&](int chunk) {
      return chunks[y][chunk] || (rows > 1 && chunks[y + 1][chunk]);
    };
    for (int chunk = 0; chunk * TileGrid::kChunk < rect.width; ++chunk) {
      if (!changed(chunk)) continue;
      const int x = chunk * TileGrid::kChunk;
      while (chunk + 1 < TileGrid::kChunksPerRow && changed(chunk + 1)) ++chunk;
      const int end = std::min((chunk + 1) * TileGrid::kChunk, rect.width);
      const Rect run{x, y, end - x, rows};
      const uint8_t* indices = index + size_t(y) * TileGrid::kWidth + x;
      if (format_.sample_bytes() == 2)
        paint_run<uint16_t>(tile, run, indices);
      else
        paint_run<uint8_t>(tile, run, indices);
    }
  }
}

template <typename Sample>
void Renderer::paint_run(int tile, const Rect& run, const uint8_t* index) {
  // The shifts of the last component are those of chroma, or 0 where there is none.
  const Component& c = format_.components[format_.n_components - 1];
  if (c.x_shift && c.y_shift)
    paint_run<Sample, 1, 1>(tile, run, index);
  else if (c.x_shift)
    paint_run<Sample, 1, 0>(tile, run, index);
  else
    paint_run<Sample, 0, 0>(tile, run, index);
}

// Paints a run of one or two rows of a tile: groups of `1 << kXShift` by `1 << kYShift` pixels that
// share their chroma samples. At an odd edge a pixel stands in for the one that is not there.
template <typename Sample, int kXShift, int kYShift>
void Renderer::paint_run(int tile, const Rect& run, const uint8_t* index) {
  constexpr uint64_t kHalf = (1 << (kXShift + kYShift)) / 2;
  constexpr uint64_t kRounding = kHalf << kField | kHalf << 2 * kField;
  constexpr uint64_t kMask = (uint64_t{1} << kField) - 1;
  const uint64_t* const colors = colors_.data();
  const bool has_chroma = format_.n_components > 1;
  const auto sample_at = [&](const Component& c, int y) {
    const Plane& plane = planes_[c.plane];
    return plane.tile(tile) + plane.tile_stride * (y >> c.y_shift) +
           ptrdiff_t{run.x >> c.x_shift} * c.step + c.offset;
  };
  const auto put = [lsb = format_.components[0].lsb](uint8_t* dst, uint64_t value) {
    const Sample sample = Sample(sizeof(Sample) > 1 ? value << lsb : value);
    std::memcpy(dst, &sample, sizeof sample);  // little endian
  };
  const Component& c0 = format_.components[0];
  const Component& c1 = format_.components[has_chroma ? 1 : 0];
  const Component& c2 = format_.components[has_chroma ? 2 : 0];
  const ptrdiff_t step0 = c0.step, step1 = c1.step, step2 = c2.step;

  for (int y = 0; y < run.height; y += 1 << kYShift) {
    const bool has_below = kYShift && y + 1 < run.height;
    const uint8_t* top = index + ptrdiff_t{y} * TileGrid::kWidth;
    const uint8_t* bottom = top + (has_below ? TileGrid::kWidth : 0);
    uint8_t* dst0 = sample_at(c0, run.y + y);
    uint8_t* below = dst0 + (has_below ? planes_[c0.plane].tile_stride : 0);
    uint8_t* dst1 = sample_at(c1, run.y + y);
    uint8_t* dst2 = sample_at(c2, run.y + y);
    const auto paint_group = [&](int right) {
      uint64_t sum = colors[top[0]];
      put(dst0, sum & kMask);
      if constexpr (kXShift) {
        const uint64_t color = colors[top[right]];
        put(dst0 + right * step0, color & kMask);
        sum += color;
      }
      if constexpr (kYShift) {
        const uint64_t left = colors[bottom[0]];
        const uint64_t other = colors[bottom[right]];
        put(below, left & kMask);
        put(below + right * step0, other & kMask);
        sum += left + other;
      }
      if (!has_chroma) return;
      sum += kRounding;
      put(dst1, (sum >> kField & kMask) >> (kXShift + kYShift));
      put(dst2, sum >> 2 * kField >> (kXShift + kYShift));
    };
    constexpr int kPixels = 1 << kXShift;
    int x = 0;
    for (; x + kXShift < run.width; x += kPixels) {
      paint_group(kXShift);
      top += kPixels;
      bottom += kPixels;
      dst0 += step0 * kPixels;
      below += step0 * kPixels;
      dst1 += step1;
      dst2 += step2;
    }
    if (x < run.width) paint_group(0);
  }
}

void Renderer::draw(const ConstFrameView& in, const FrameView& out, int tile) const {
  for (int p = 0; p < format_.n_planes; ++p) {
    const Plane& plane = planes_[p];
    if (plane.has_color) blend(p, in, out, grid_.rect(tile), {plane.tile(tile), plane.tile_stride});
  }
}

void Renderer::draw_cold(const ConstFrameView& in, const FrameView& out, const Rect& area) const {
  for (int p = 0; p < format_.n_planes; ++p) {
    const Plane& plane = planes_[p];
    if (plane.has_color)
      blend(p, in, out, area, {plane.cold_row.get() + plane.layout.byte(area.x), 0});
  }
}

void Renderer::blend(int plane, const ConstFrameView& in, const FrameView& out, const Rect& area,
                     kernels::Rows<const uint8_t> color) const {
  const Rect seen = intersect(intersect(area, in.size), out.size);
  if (seen.width == 0 || seen.height == 0) return;
  const kernels::Kernels& k = kernels::active();
  const kernels::BlendParams params = blend_.params();
  const PlaneLayout& layout = planes_[plane].layout;
  const ptrdiff_t begin = layout.byte(seen.x);
  const int top = layout.row(seen.y);
  const kernels::Rows<const uint8_t> from{in.row(plane, top) + begin, in.stride[plane]};
  const kernels::Rows<uint8_t> to{out.row(plane, top) + begin, out.stride[plane]};
  kernels::Extent bytes{int(layout.byte_end(seen.right()) - begin),
                        layout.row_end(seen.bottom()) - top};
  if (format_.sample_bytes() == 2) {
    const Component& c = format_.components[0];
    k.blend_u16(from, color, to, {bytes.width / 2, bytes.height}, params, {c.depth, c.lsb});
    return;
  }
  // A row may end within a group of pixels of which the rest is padding.
  if (layout.x_shift && seen.right() % 2 && layout.cut_mask != layout.mask) {
    bytes.width -= layout.step;
    k.blend_u8(from.from(bytes.width), color.from(bytes.width), to.from(bytes.width),
               {layout.step, bytes.height}, params, layout.cut_mask.data());
  }
  k.blend_u8(from, color, to, bytes, params, layout.mask.data());
}

size_t Renderer::memory() const {
  size_t bytes = 0;
  for (const Plane& plane : planes_) bytes += plane.tile_bytes * grid_.count() + plane.row_bytes;
  return bytes;
}

}  // namespace motionheat
