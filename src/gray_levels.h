// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "frame_view.h"

namespace motionheat {

/// What 0 and 255 of 8-bit grey stand for in a format of more levels: `low` < `high`, in its own
/// units.
struct GrayLevels {
  int low = 0;
  int high = 0;

  bool operator==(const GrayLevels&) const = default;
  int span() const { return high - low; }
};

/// Those levels taken from the stream itself: all but the lowest and the highest in a thousand of
/// some 4096 pixels spread over the picture, measured in every 8th frame.
///
/// They are never less than 255 apart, so that the noise of a bare scene is not blown up: a level
/// is one grey at most. They follow the scene slowly, and only once it has left them by an eighth
/// of their span; a step changes each end by a quarter of it at most, so that what a threshold
/// means does not change abruptly.
class AutoLevels {
 public:
  /// Takes note of a grey frame of a plain format whose samples have two bytes. True if the levels
  /// are others now.
  bool add(const ConstFrameView& frame, const Component& gray);

  /// The next frame shows another scene: the levels will be its own at once.
  void restart() { frames_ = 0; }

  /// None before the first frame.
  const std::optional<GrayLevels>& levels() const { return levels_; }

 private:
  std::optional<GrayLevels> levels_;
  double low_ = 0;  // what the levels follow
  double high_ = 0;
  unsigned frames_ = 0;  // since the last measurement
};

}  // namespace motionheat
