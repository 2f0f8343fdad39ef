// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "aligned.h"
#include "frame_view.h"

namespace motionheat {

/// A picture of a format whose packing is not plain, in planes that all steps understand: one for
/// each component, of bytes or of words of 16 bits. Bits that a word has beside its value go with
/// it. Colours of less than 8 bits become such of 8.
class UnpackedPicture {
 public:
  /// For pictures of `format` up to `size`. Throws std::bad_alloc.
  UnpackedPicture(const PixelFormat& format, Size size);

  /// The layout of the planes.
  const PixelFormat& format() const { return planar_; }

  /// The planes, as far as a picture of this size goes.
  FrameView view(Size size) const;

  /// Takes rows from `top` to before `bottom` of a picture into the planes.
  void unpack(const ConstFrameView& from, int top, int bottom) const;
  /// The way back: writes the rows as they are in `from`, but for the components, which are those
  /// of the planes. `to` may be the picture that `from` is of.
  void pack(const ConstFrameView& from, const FrameView& to, int top, int bottom) const;

  /// Bytes it holds.
  size_t memory() const { return bytes_; }

 private:
  PixelFormat packed_;
  PixelFormat planar_;
  Size size_;
  std::array<size_t, 3> begin_{};   // of each plane
  std::array<size_t, 3> stride_{};  // bytes
  size_t bytes_ = 0;
  AlignedArray<uint8_t> planes_;
};

}  // namespace motionheat
