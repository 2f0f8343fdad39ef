// SPDX-License-Identifier: LGPL-2.1-or-later
#include "render.h"

#include <cstring>

#include "kernels/kernels.h"

namespace motionheat {

void Renderer::configure(const PixelFormat& format, Size size) {
  format_ = format;
  size_ = size;
  planes_ = {};
  for (int i = 0; i < format.n_components; ++i)
    planes_[format.components[i].plane].has_color = true;
  for (int p = 0; p < format.n_planes; ++p) {
    Plane& plane = planes_[p];
    if (!plane.has_color) continue;
    plane.layout = plane_layout(format, p);
    plane.row_bytes = size_t(plane.layout.byte_end(size.width));
    plane.stride = aligned_stride(plane.row_bytes);
    plane.size = plane.stride * plane.layout.row_end(size.height);
    plane.color = make_aligned<uint8_t>(plane.size);
    plane.cold_row = make_aligned<uint8_t>(plane.stride);
    std::fill_n(plane.cold_row.get(), plane.stride, 0);
  }
}

void Renderer::set_colors(const ColorTable& colors) {
  colors_ = colors;
  for (int i = 0; i < format_.n_components; ++i) {
    const Component& c = format_.components[i];
    const uint16_t sample = uint16_t(colors[i][0] << c.lsb);
    const Plane& plane = planes_[c.plane];
    for (size_t byte = c.offset; byte < plane.row_bytes; byte += c.step)
      std::memcpy(plane.cold_row.get() + byte, &sample, format_.sample_bytes());  // little endian
  }
}

void Renderer::paint_cold(const TileGrid& grid, int tile) {
  const Rect area = grid.rect(tile);
  for (Plane& plane : planes_) {
    if (!plane.has_color) continue;
    const ptrdiff_t begin = plane.layout.byte(area.x);
    const ptrdiff_t end = plane.layout.byte_end(area.right());
    for (int y = plane.layout.row(area.y); y < plane.layout.row_end(area.bottom()); ++y)
      std::copy(plane.cold_row.get() + begin, plane.cold_row.get() + end,
                plane.color.get() + plane.stride * y + begin);
  }
}

void Renderer::paint(const TileGrid& grid, int tile, const uint8_t* index,
                     const TileGrid::Chunks& chunks) {
  const Rect rect = grid.rect(tile);
  // Two rows at a time: they share their chroma samples where there are fewer of those.
  for (int y = 0; y < rect.height; y += 2) {
    const int rows = std::min(2, rect.height - y);
    for (int chunk = 0; chunk * TileGrid::kChunk < rect.width; ++chunk) {
      if (!chunks[y][chunk] && !(rows > 1 && chunks[y + 1][chunk])) continue;
      const int x = chunk * TileGrid::kChunk;
      const Rect area{rect.x + x, rect.y + y, std::min(TileGrid::kChunk, rect.width - x), rows};
      const uint8_t* indices = index + size_t(y) * TileGrid::kWidth + x;
      if (format_.sample_bytes() == 2)
        paint_area<uint16_t>(area, indices);
      else
        paint_area<uint8_t>(area, indices);
    }
  }
}

template <typename Sample>
void Renderer::paint_area(const Rect& area, const uint8_t* index) {
  for (int i = 0; i < format_.n_components; ++i) {
    const Component& c = format_.components[i];
    if (c.x_shift && c.y_shift)
      paint_chunk<Sample, 1, 1>(i, area, index);
    else if (c.x_shift)
      paint_chunk<Sample, 1, 0>(i, area, index);
    else
      paint_chunk<Sample, 0, 0>(i, area, index);
  }
}

template <typename Sample, int kXShift, int kYShift>
void Renderer::paint_chunk(int component, const Rect& area, const uint8_t* index) {
  const Component c = format_.components[component];
  const uint16_t* const colors = colors_[component].data();
  Plane& plane = planes_[c.plane];
  constexpr int kPixels = 1 << (kXShift + kYShift);
  const auto put = [lsb = c.lsb](uint8_t* dst, int value) {
    const Sample sample = Sample(value << lsb);
    std::memcpy(dst, &sample, sizeof sample);
  };
  for (int y = 0; y < area.height; y += 1 << kYShift, index += TileGrid::kWidth << kYShift) {
    uint8_t* dst = plane.color.get() + plane.stride * ((area.y + y) >> kYShift) +
                   ptrdiff_t{area.x >> kXShift} * c.step + c.offset;
    // At an odd edge the last row or column stands in for the one that is not there.
    const uint8_t* below = index + (kYShift && y + 1 < area.height ? TileGrid::kWidth : 0);
    const int width = area.width;
    int x = 0;
    for (; x + kXShift < width; x += 1 << kXShift, dst += c.step) {
      int sum = colors[index[x]];
      if (kXShift) sum += colors[index[x + 1]];
      if (kYShift) sum += colors[below[x]];
      if (kXShift && kYShift) sum += colors[below[x + 1]];
      put(dst, (sum + kPixels / 2) / kPixels);
    }
    if (x < width) put(dst, (colors[index[x]] + colors[below[x]] + 1) / 2);
  }
}

void Renderer::draw(const ConstFrameView& in, const FrameView& out, const Rect& area,
                    bool painted) const {
  for (int p = 0; p < format_.n_planes; ++p) {
    const Plane& plane = planes_[p];
    if (!plane.has_color) continue;
    const PlaneLayout& layout = plane.layout;
    const ptrdiff_t begin = layout.byte(area.x);
    const int top = layout.row(area.y);
    const kernels::Extent bytes{int(layout.byte_end(area.right()) - begin),
                                layout.row_end(area.bottom()) - top};
    kernels::Rows<const uint8_t> color{plane.cold_row.get() + begin, 0};
    if (painted) color = {plane.color.get() + plane.stride * top + begin, ptrdiff_t(plane.stride)};
    const bool cut = layout.x_shift && area.right() % 2 && layout.cut_mask != layout.mask;
    blend(plane, {in.row(p, top) + begin, in.stride[p]}, color,
          {out.row(p, top) + begin, out.stride[p]}, bytes, cut);
  }
}

// `cut` tells whether the rows end within a group of pixels of which a part is padding.
void Renderer::blend(const Plane& plane, kernels::Rows<const uint8_t> in,
                     kernels::Rows<const uint8_t> color, kernels::Rows<uint8_t> out,
                     kernels::Extent bytes, bool cut) const {
  const kernels::Kernels& k = kernels::active();
  const kernels::BlendParams params = blend_.params();
  if (format_.sample_bytes() == 2) {
    const Component& c = format_.components[0];
    k.blend_u16(in, color, out, {bytes.width / 2, bytes.height}, params, {c.depth, c.lsb});
    return;
  }
  if (cut) {
    const int last = bytes.width - plane.layout.step;
    k.blend_u8(in.from(last), color.from(last), out.from(last), {plane.layout.step, bytes.height},
               params, plane.layout.cut_mask.data());
    bytes.width = last;
  }
  k.blend_u8(in, color, out, bytes, params, plane.layout.mask.data());
}

size_t Renderer::memory() const {
  size_t bytes = 0;
  for (const Plane& plane : planes_) bytes += plane.size + plane.stride;
  return bytes;
}

}  // namespace motionheat
