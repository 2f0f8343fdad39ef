// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace motionheat {

/// Width and height in pixels.
struct Size {
  int width = 0;
  int height = 0;

  bool operator==(const Size&) const = default;
  int64_t area() const { return int64_t{width} * height; }
};

/// A rectangle in pixels; `x` and `y` are its top left corner.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const Rect&) const = default;
  int right() const { return x + width; }
  int bottom() const { return y + height; }
};

inline constexpr int kMaxPlanes = 4;

/// Where the samples of one colour component lie. The sample for pixel (x, y) starts at byte `(y >>
/// y_shift) * stride + (x >> x_shift) * step + offset` of its plane, and its value is `depth` bits
/// wide, `lsb` bits above the least significant one (little endian above 8 bits).
struct Component {
  int plane = 0;
  int offset = 0;   // bytes
  int step = 1;     // bytes from one sample to the next
  int x_shift = 0;  // log2 of the horizontal subsampling
  int y_shift = 0;  // log2 of the vertical subsampling
  int depth = 8;    // bits, 8..16; less only in Packing::kFields
  int lsb = 0;      // bits

  bool operator==(const Component&) const = default;
};

enum class ColorModel { kGray, kYuv, kRgb };

/// How samples share bytes and words. All but `kPlain` have one plane and are worked on unpacked,
/// see packing.h.
enum class Packing {
  kPlain,      // samples of one byte, or of two where no more than two of them stand side by side
  kWords,      // samples of two bytes, any number of them side by side
  kBigEndian,  // the same with the upper byte first
  kFields,     // pixels of `step` bytes, 2 or 4, of which each component has some bits
  kThirds,     // three samples of 10 bits to a word of 32, the lowest first. In the steps and
               // offsets a sample counts as two bytes
};

/// The layout of a raw video format. `components` are Y; Y, U, V; or R, G, B by `model`. Alpha and
/// padding are not listed: what belongs to no component passes through untouched. A plane without
/// any component is alpha, one sample for each pixel.
struct PixelFormat {
  ColorModel model = ColorModel::kGray;
  int n_planes = 1;
  int n_components = 1;
  std::array<Component, 3> components{};
  Packing packing = Packing::kPlain;

  bool operator==(const PixelFormat&) const = default;

  /// Bytes of one sample of every component: 1 or 2.
  int sample_bytes() const { return components[0].depth > 8 ? 2 : 1; }
  /// Whether the three colours of RGB lie in planes of their own.
  bool is_planar_rgb() const { return model == ColorModel::kRgb && n_planes > 1; }
};

/// What one plane of a format is made of: groups of `step` bytes that each cover `width` by
/// `1 << y_shift` pixels.
struct PlaneLayout {
  int step = 1;
  int width = 1;
  int y_shift = 0;
  /// Byte i of a row holds picture where byte `i % 4` of the mask is 0xff, alpha or padding where
  /// it is 0. All ones unless `step` divides 4.
  std::array<uint8_t, 4> mask{0xff, 0xff, 0xff, 0xff};
  /// The same for the last group of a row that ends within it: in YUY2 with an odd width the last
  /// luma byte is padding.
  std::array<uint8_t, 4> cut_mask{0xff, 0xff, 0xff, 0xff};

  /// The byte of a row at which the group of pixel column `x` begins.
  ptrdiff_t byte(int x) const { return ptrdiff_t{x / width} * step; }
  /// The first byte of a row after pixel columns up to `x`; a started group counts whole.
  ptrdiff_t byte_end(int x) const { return ptrdiff_t{(x + width - 1) / width} * step; }
  int row(int y) const { return y >> y_shift; }
  int row_end(int y) const { return (y + (1 << y_shift) - 1) >> y_shift; }
};

/// The layout of plane `plane` of `format`.
PlaneLayout plane_layout(const PixelFormat& format, int plane);

/// A picture that somebody else owns: `size` pixels, in planes whose rows lie `stride` bytes apart
/// (a stride may be negative). Rows need no alignment and no padding. In an `interlaced` one of
/// 4:2:0 a chroma row belongs to luma rows of its own field: rows 0 and 1 to luma rows 0, 2 and
/// 1, 3.
template <typename Byte>
struct BasicFrameView {
  Size size;
  std::array<Byte*, kMaxPlanes> data{};
  std::array<ptrdiff_t, kMaxPlanes> stride{};
  bool interlaced = false;

  BasicFrameView() = default;
  BasicFrameView(Size s) : size(s) {}
  /// A view that may be written to serves where one to be read is asked for.
  template <typename Other>
  requires std::is_const_v<Byte> &&
      (!std::is_const_v<Other>)BasicFrameView(const BasicFrameView<Other>& other)
      : size(other.size), stride(other.stride), interlaced(other.interlaced) {
    std::copy(other.data.begin(), other.data.end(), data.begin());
  }

  Byte* row(int plane, int y) const { return data[plane] + stride[plane] * y; }
};

using FrameView = BasicFrameView<uint8_t>;
using ConstFrameView = BasicFrameView<const uint8_t>;

/// Copies the planes of `from` that hold picture, alpha and padding bytes of a pixel included, as
/// far as both reach.
void copy_picture(const PixelFormat& format, const ConstFrameView& from, const FrameView& to);

/// Of the rows of a picture the first one given, and each `step`-th from there on.
struct RowStep {
  int first = 0;
  int step = 1;

  int count(int height) const { return std::max(0, (height - first + step - 1) / step); }
};

/// These rows of a frame, as a frame.
inline ConstFrameView every(const ConstFrameView& frame, RowStep rows) {
  ConstFrameView part = frame;
  part.size.height = rows.count(frame.size.height);
  for (size_t i = 0; i < kMaxPlanes; ++i) {
    if (part.data[i]) part.data[i] += frame.stride[i] * rows.first;
    part.stride[i] = frame.stride[i] * rows.step;
  }
  return part;
}

/// The part of `a` that also lies in `size`.
inline Rect intersect(const Rect& a, Size size) {
  Rect r = a;
  r.width = std::max(0, std::min(a.right(), size.width) - a.x);
  r.height = std::max(0, std::min(a.bottom(), size.height) - a.y);
  return r;
}

/// The rectangle around both; an empty one adds nothing.
inline Rect join(const Rect& a, const Rect& b) {
  const auto is_empty = [](const Rect& r) { return r.width <= 0 || r.height <= 0; };
  if (is_empty(a) || is_empty(b)) return is_empty(a) ? b : a;
  const int x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.right(), b.right()) - x, std::max(a.bottom(), b.bottom()) - y};
}

}  // namespace motionheat
