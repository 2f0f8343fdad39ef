// SPDX-License-Identifier: LGPL-2.1-or-later
#include "frame_view.h"

#include "kernels/kernels.h"

namespace motionheat {

PlaneLayout plane_layout(const PixelFormat& format, int plane) {
  PlaneLayout layout{.step = 0};
  for (int i = 0; i < format.n_components; ++i) {
    const Component& c = format.components[i];
    if (c.plane != plane) continue;
    // The coarsest component spans the group: in YUY2 it is a chroma sample every four bytes.
    layout.step = std::max(layout.step, c.step);
    layout.width = std::max(layout.width, 1 << c.x_shift);
    layout.y_shift = std::max(layout.y_shift, c.y_shift);
  }
  if (layout.step == 0) {  // alpha
    layout.step = format.sample_bytes();
    layout.mask.fill(0);
    layout.cut_mask.fill(0);
    return layout;
  }
  if (format.packing == Packing::kThirds) {
    // As many samples as end with a word: three groups of samples, of which each three have four
    // bytes, and not six.
    layout.step *= 2;
    layout.width *= 3;
  }
  if (format.packing != Packing::kPlain || 4 % layout.step != 0) return layout;

  layout.mask.fill(0);
  layout.cut_mask.fill(0);
  for (int i = 0; i < format.n_components; ++i) {
    const Component& c = format.components[i];
    if (c.plane != plane) continue;
    for (int byte = c.offset; byte < 4; byte += c.step) {
      for (int b = byte; b < byte + format.sample_bytes(); ++b) {
        layout.mask[b] = 0xff;
        // A group that a row ends in has one pixel: one sample of each component.
        if (byte % layout.step == c.offset) layout.cut_mask[b] = 0xff;
      }
    }
  }
  return layout;
}

void copy_picture(const PixelFormat& format, const ConstFrameView& from, const FrameView& to) {
  const int width = std::min(from.size.width, to.size.width);
  const int height = std::min(from.size.height, to.size.height);
  for (int p = 0; p < format.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format, p);
    for (int y = 0; y < layout.row_end(height); ++y)
      std::copy_n(from.row(p, y), layout.byte_end(width), to.row(p, y));
  }
}

}  // namespace motionheat
