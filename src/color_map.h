// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>

#include "frame_view.h"

namespace motionheat {

/// One of OpenCV's colour maps: its number, cv::ColormapTypes, and its name in lower case.
struct Colormap {
  int id;
  const char* name;
};

/// Every colour map, by number.
std::span<const Colormap> colormaps();

/// How a format's component values stand for colours. Y'CbCr follows ITU-R BT.601 / BT.709 /
/// BT.2020 / SMPTE 240M by the luma weights of red and blue:
///   Y' = kr R + (1 - kr - kb) G + kb B,  Cb = (B - Y') / (2 (1 - kb)),  Cr =
///   (R - Y') / (2 (1 - kr))
/// A component is `offset + scale * value`, Y' in 0..1 and Cb, Cr in -1/2..1/2, in the units of the
/// format's depth. RGB formats use full-range components and need none of it.
struct ColorSpace {
  double kr = 0.299;
  double kb = 0.114;
  std::array<int, 3> offset{0, 128, 128};
  std::array<int, 3> scale{255, 255, 255};

  bool operator==(const ColorSpace&) const = default;
};

/// The colour of each index in a format's components, in the order of PixelFormat::components:
/// `table[component][index]`, rounded to nearest.
using ColorTable = std::array<std::array<uint16_t, 256>, 3>;

/// The table of colour map `id` (a cv::ColormapTypes) for a format.
ColorTable make_color_table(int id, const PixelFormat& format, const ColorSpace& space);
/// The same for the greys from black to white.
ColorTable make_grey_table(const PixelFormat& format, const ColorSpace& space);

}  // namespace motionheat
