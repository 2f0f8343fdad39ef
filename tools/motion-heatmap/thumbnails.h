// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "gst_ptr.h"

namespace tool {

/// A small picture of a moment.
struct Thumbnail {
  uint64_t time = 0;  // ns of stream time
  std::vector<uint8_t> jpeg;
};

/// Takes a picture of each time that something moves: of the frame in which most of the picture
/// does.
class ThumbnailTaker {
 public:
  static constexpr int kWidth = 240;

  explicit ThumbnailTaker(double area) : area_(area) {}

  /// A frame at `time`, of which `share` moved.
  void frame(GstBuffer* buffer, GstCaps* caps, uint64_t time, double share);
  std::vector<Thumbnail> finish();

 private:
  void take();

  double area_;
  SamplePtr best_;  // of the motion that goes on
  double best_share_ = 0;
  uint64_t best_time_ = 0, begin_ = 0, last_ = 0;
  std::vector<Thumbnail> taken_;
};

}  // namespace tool
