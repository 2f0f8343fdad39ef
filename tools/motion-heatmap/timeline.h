// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "activity.h"
#include "frame_view.h"

namespace tool {

/// A box in fractions of the picture.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

/// The same in 65535ths: less to keep, and exact enough for any picture. Empty if it has no extent.
struct GridBox {
  uint16_t left = 0, top = 0, right = 0, bottom = 0;

  static GridBox of(const Box& box);
  bool operator==(const GridBox&) const = default;
};

/// What moved in the frames of a stretch of a stream, one after the other.
class Timeline {
 public:
  enum class Kind : uint8_t {
    kAnalyzed,
    kPassed,  // nothing of it was counted: repeated, damaged, a change of light
  };
  struct Frame {
    uint64_t time = 0;      // ns of stream time
    uint64_t duration = 0;  // ns, 0 if not known
    Kind kind = Kind::kAnalyzed;

    bool operator==(const Frame&) const = default;
  };

  /// Of the picture and so many zones.
  explicit Timeline(size_t zones) : zones_(zones) {}
  Timeline() = default;

  size_t zones() const { return zones_; }
  size_t size() const { return frames_.size(); }
  const Frame& frame(size_t i) const { return frames_[i]; }
  /// The share that moved, 0 to 1, of the picture, and then of each zone.
  std::span<const double> shares(size_t i) const {
    return std::span(shares_).subspan(i * (zones_ + 1), zones_ + 1);
  }
  /// The boxes of what moved, likewise; without extent where nothing did.
  std::span<const GridBox> boxes(size_t i) const {
    return std::span(boxes_).subspan(i * (zones_ + 1), zones_ + 1);
  }

  /// The next frame; `shares` and `boxes` as above.
  void add(const Frame& frame, std::span<const double> shares, std::span<const GridBox> boxes);
  /// The frames of another one follow; it has as many zones.
  void append(const Timeline& next);

  bool operator==(const Timeline&) const = default;

 private:
  size_t zones_ = 0;
  std::vector<Frame> frames_;
  std::vector<double> shares_;
  std::vector<GridBox> boxes_;
};

/// One of the files of a run, or the camera, and what moved in it.
struct Part {
  std::string name;
  uint64_t offset = 0;    // ns on the time axis of the run: where its wall clock says, if that
                          // is known, and not before the end of the part before it
  uint64_t duration = 0;  // ns
  std::optional<int64_t> start;  // by the wall clock: microseconds since 1970
  Timeline timeline;             // in its own stream time
  std::string problem;           // why not all of it could be read; empty if nothing was wrong
};

/// Motion that began and ended.
struct Event {
  uint64_t id = 0;  // from 1 in the order in which they began
  size_t zone = 0;  // of the zones; 0 where there are none
  size_t part = 0;  // in which it began
  size_t last_part = 0;
  uint64_t begin = 0;  // ns on the time axis of the run: the first frame that moved
  uint64_t end = 0;    // and the last one
  double peak = 0;     // highest share that moved
  Box box;             // around all that moved
};

/// The motion of all parts, as the element itself tells it of one stream; what goes on from one
/// part into the next is one event. Sorted by begin.
std::vector<Event> find_events(std::span<const Part> parts,
                               const motionheat::ActivitySettings& settings);

/// Whether an event went on in a part. Of one that could not be read nothing is known.
bool is_in_part(const Event& event, std::span<const Part> parts, size_t part);

/// The mean share that moved in each stretch of `seconds` of the run, of the picture and then of
/// each zone, one after the other; negative where there was no frame.
std::vector<std::vector<double>> motion_series(std::span<const Part> parts, uint64_t step);

/// The length of the run.
uint64_t total_duration(std::span<const Part> parts);

/// The wall clock of a moment in the run, if that of the part is known.
std::optional<int64_t> wall_clock(std::span<const Part> parts, size_t part, uint64_t time);

}  // namespace tool
