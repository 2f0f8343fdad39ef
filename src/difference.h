// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <vector>

#include "aligned.h"
#include "frame_view.h"
#include "kernels/kernels.h"

namespace motionheat {

/// A threshold in 8-bit full-range grey in the units of luma that has this distance from black to
/// white, and `highest` as its highest value.
int native_threshold(int threshold, int luma_range, int highest);

/// In which format frames of this one are remembered: RGB as it came, of anything else luma.
PixelFormat remembered_format(const PixelFormat& format);

/// Step 1 and 2: compares each frame with the one before and marks the pixels that moved.
///
/// In RGB a pixel moved if the grey of the absolute differences of its colours,
/// `cvtColor(absdiff(cur, prev), BGR2GRAY)`, is above the threshold. In Y'CbCr and grey formats the
/// difference of luma counts. Where samples have other levels than 0 to 255 it is rescaled to the
/// same unit: 8-bit full-range grey.
class Difference {
 public:
  /// Prepares for frames of `size`; forgets the previous frame. `luma_range` is the distance from
  /// black to white in the format's own units (219 for limited-range 8-bit, 255 for RGB of 8 bits).
  /// Throws std::bad_alloc.
  void configure(const PixelFormat& format, int luma_range, Size size);

  /// The grey difference, 0..255, above which a pixel moved.
  void set_threshold(int threshold);

  /// The same distance anew; the previous frame stays.
  void set_luma_range(int luma_range);

  /// True once a frame was remembered: `compare` has something to compare with.
  bool has_previous() const { return has_previous_; }
  /// After a break in the stream: the next frame is a first one.
  void forget() { has_previous_ = false; }

  /// What is remembered of the previous frame, in `remembered_format`. Comparing writes to it.
  ConstFrameView previous() const;

  /// Makes `frame` the previous frame without comparing.
  void remember(const ConstFrameView& frame);

  /// Compares `area` of `frame` with the previous frame, which becomes `frame` there. Sets `mask`
  /// (rows of `area`, `mask_stride` apart), of which a byte has the bits of eight pixels, the first
  /// one lowest: 1 where a pixel moved. Returns in which rows of tiles any did, the lowest bit
  /// being that of the first. The area begins with a tile and is no higher than a band of the grid.
  /// Distinct areas may be compared by several threads at once.
  kernels::MovedRows compare(const ConstFrameView& frame, const Rect& area, uint8_t* mask,
                             ptrdiff_t mask_stride);

  /// The same, but the previous frame stays. For a few rows, which need not begin with a tile, and
  /// not by several threads.
  void try_rows(const ConstFrameView& frame, const Rect& area, uint8_t* mask,
                ptrdiff_t mask_stride);

  /// Bytes it holds.
  size_t memory() const { return previous_size_ + tried_.size(); }

 private:
  // Rows of each plane that is remembered; of what has one plane the first counts.
  using Previous = std::array<kernels::Rows<uint8_t>, 3>;

  kernels::MovedRows compare_with(const Previous& previous, const ConstFrameView& frame,
                                  const Rect& area, kernels::Rows<uint8_t> moved) const;
  int planes() const { return format_.is_planar_rgb() ? 3 : 1; }
  Previous previous_rows(const Rect& area) const;

  PixelFormat format_;
  int luma_range_ = 255;
  Size size_;
  int threshold_ = 0;
  int native_threshold_ = 0;  // in the format's own units
  int pixel_bytes_ = 1;       // of a remembered pixel
  size_t previous_stride_ = 0;
  size_t previous_size_ = 0;
  AlignedArray<uint8_t> previous_;  // not initialised: remember() fills it
  bool has_previous_ = false;
  std::vector<uint8_t> tried_;  // rows of it that try_rows may overwrite
};

}  // namespace motionheat
