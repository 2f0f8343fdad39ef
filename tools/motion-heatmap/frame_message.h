// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "timeline.h"

namespace tool {

/// Reads what the element posts after each frame, and adds it to a timeline.
class FrameMessages {
 public:
  /// Takes the names and the order of zones from the first message.
  void add(const GstStructure* message, Timeline& timeline);

  /// The share that moved in the last frame, of the zone with the highest, or of the picture.
  double highest_share() const;

 private:
  std::vector<std::string> zones_;
  std::vector<double> shares_;
  std::vector<GridBox> boxes_;
  guint64 counted_ = 0, passed_ = 0;  // frames, as the last message told
};

}  // namespace tool
