// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "displacement.h"
#include "moved_bits.h"

namespace motionheat {

/// What a camera writes into its pictures, a name or a clock, which does not shake with it. It is
/// the same as in the previous picture, but not as in that as the camera moved it; and where that
/// has it there is something else now.
///
/// So may something be that truly moves, but that does not stay. A cell of the picture in which
/// this was so of nearly all that differed, several times in a row, has a caption. In it a pixel
/// counts only if neither it nor where it came from stands still in the picture.
class Captions {
 public:
  struct Pictures {  // CV_8UC1 of the same size
    const cv::Mat& current;
    const cv::Mat& unmoved;  // the previous one
    int threshold;           // by more than which they differ
  };
  struct Band {  // of rows, each of a multiple of kCell but the last one
    int begin, end;
  };

  /// For pictures of this size. Throws std::bad_alloc.
  void configure(const cv::Size& size);
  /// Clears captions in a band of `moved`: that by which the current picture and the previous one
  /// differ, which was moved by `displacement`. Bands may be cleared by several threads.
  void clear(const Pictures& pictures, const Displacement& displacement, const Band& band,
             MovedBits& moved);
  /// Bytes held.
  size_t memory() const { return shares_.size() * sizeof(float); }

 private:
  static constexpr int kCell = 16;  // pixels, across and down
  static constexpr int kWord = 64;  // bits of them, four cells across
  using Cells = std::array<uint64_t, kCell>;

  uint64_t remember(const Cells& differs, const Cells& kept, int first);

  cv::Size size_;
  int columns_ = 0;            // of cells
  std::vector<float> shares_;  // of each, of the last times that it was like a caption
};

}  // namespace motionheat
