// SPDX-License-Identifier: LGPL-2.1-or-later
#include "render.h"

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
    plane.stride = size_t(plane.layout.byte_end(size.width));
    plane.size = plane.stride * plane.layout.row_end(size.height);
    plane.color = std::make_unique_for_overwrite<uint8_t[]>(plane.size);
    plane.cold_row.resize(plane.stride);
  }
}

void Renderer::set_colors(const ColorTable& colors) {
  colors_ = colors;
  for (int i = 0; i < format_.n_components; ++i) {
    const Component& c = format_.components[i];
    std::vector<uint8_t>& row = planes_[c.plane].cold_row;
    for (size_t byte = c.offset; byte < row.size(); byte += c.step)
      row[byte] = uint8_t(colors[i][0]);
  }
}

void Renderer::paint(const Rect& area, const uint8_t* index, ptrdiff_t index_stride) {
  for (int i = 0; i < format_.n_components; ++i)
    paint_component(format_.components[i], colors_[i], area, index, index_stride);
}

void Renderer::paint_component(const Component& c, const std::array<uint16_t, 256>& colors,
                               const Rect& area, const uint8_t* index, ptrdiff_t index_stride) {
  Plane& plane = planes_[c.plane];
  const int block_width = 1 << c.x_shift;
  const int block_height = 1 << c.y_shift;
  for (int y = 0; y < area.height; y += block_height) {
    const int rows = std::min(block_height, area.height - y);
    uint8_t* dst = plane.color.get() + plane.stride * ((area.y + y) >> c.y_shift) +
                   ptrdiff_t{area.x >> c.x_shift} * c.step + c.offset;
    for (int x = 0; x < area.width; x += block_width, dst += c.step) {
      const int columns = std::min(block_width, area.width - x);
      int sum = 0;
      for (int v = 0; v < rows; ++v)
        for (int u = 0; u < columns; ++u) sum += colors[index[(y + v) * index_stride + x + u]];
      const int n = rows * columns;
      *dst = uint8_t((sum + n / 2) / n);
    }
  }
}

void Renderer::draw(const ConstFrameView& in, const FrameView& out, const Rect& area,
                    bool painted) const {
  const kernels::Kernels& k = kernels::active();
  const kernels::BlendParams params = blend_.params();
  for (int p = 0; p < format_.n_planes; ++p) {
    const Plane& plane = planes_[p];
    if (!plane.has_color) continue;
    const ptrdiff_t begin = plane.layout.byte(area.x);
    const size_t n = size_t(plane.layout.byte_end(area.right()) - begin);
    for (int y = plane.layout.row(area.y); y < plane.layout.row_end(area.bottom()); ++y) {
      const uint8_t* color = painted ? plane.color.get() + plane.stride * y : plane.cold_row.data();
      k.blend_u8(in.row(p, y) + begin, color + begin, out.row(p, y) + begin, n, params,
                 plane.layout.mask.data());
    }
  }
}

size_t Renderer::memory() const {
  size_t bytes = 0;
  for (const Plane& plane : planes_) bytes += plane.size + plane.cold_row.size();
  return bytes;
}

}  // namespace motionheat
