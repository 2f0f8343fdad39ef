// SPDX-License-Identifier: LGPL-2.1-or-later
#include "timeline.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "duration.h"

namespace tool {
namespace {

constexpr double kGrid = UINT16_MAX;

motionheat::Rect to_rect(const GridBox& box) {
  return {box.left, box.top, box.right - box.left, box.bottom - box.top};
}

Box from_rect(const motionheat::Rect& rect) {
  return {rect.x / kGrid, rect.y / kGrid, rect.width / kGrid, rect.height / kGrid};
}

uint64_t to_nanoseconds(double seconds) {
  return uint64_t(std::llround(seconds * double(kSecond)));
}

// Turns what Activity tells into events on the time axis of the run.
class EventFinder {
 public:
  explicit EventFinder(const motionheat::ActivitySettings& settings) : settings_(settings) {}

  void add(const Part& part) {
    if (!is_open_) activity_.configure(std::max<size_t>(part.timeline.zones(), 1));
    is_open_ = true;
    for (size_t i = 0; i < part.timeline.size(); ++i) add_frame(part, i);
  }

  std::vector<Event> finish() {
    note(activity_.finish());
    std::ranges::stable_sort(events_, {}, &Event::begin);
    for (size_t i = 0; i < events_.size(); ++i) events_[i].id = i + 1;
    return std::move(events_);
  }

 private:
  void add_frame(const Part& part, size_t i) {
    const Timeline::Frame& frame = part.timeline.frame(i);
    const uint64_t now = part.offset + frame.time;
    const double seconds = now > now_ ? double(now - now_) / double(kSecond) : 0;
    now_ = now;
    if (frame.kind != Timeline::Kind::kAnalyzed) return note(activity_.pass(seconds, settings_));
    // Where there are no zones the picture is one.
    const size_t first = part.timeline.zones() > 0 ? 1 : 0;
    rects_.clear();
    for (const GridBox& box : part.timeline.boxes(i).subspan(first)) rects_.push_back(to_rect(box));
    note(activity_.frame(part.timeline.shares(i).subspan(first), rects_, seconds, settings_));
  }

  void note(const std::vector<motionheat::MotionEvent>& told) {
    for (const motionheat::MotionEvent& event : told) {
      if (event.begins) {
        const uint64_t begin = now_ - std::min(now_, to_nanoseconds(event.seconds));
        open_[event.id] = {.zone = event.zone, .begin = begin};
        continue;
      }
      Event ended = open_[event.id];
      open_.erase(event.id);
      ended.end = ended.begin + to_nanoseconds(event.seconds);
      ended.peak = event.peak;
      ended.box = from_rect(event.box);
      events_.push_back(ended);
    }
  }

  motionheat::ActivitySettings settings_;
  motionheat::Activity activity_;
  bool is_open_ = false;
  uint64_t now_ = 0;  // on the time axis of the run
  std::map<uint64_t, Event> open_;
  std::vector<Event> events_;
  std::vector<motionheat::Rect> rects_;
};

// The part that a moment belongs to.
size_t part_at(std::span<const Part> parts, uint64_t time) {
  const auto after = std::ranges::upper_bound(parts, time, {}, &Part::offset);
  return after == parts.begin() ? 0 : size_t(after - parts.begin()) - 1;
}

}  // namespace

GridBox GridBox::of(const Box& box) {
  const auto whole = [](double value) {
    return uint16_t(std::lround(std::clamp(value, 0.0, 1.0) * kGrid));
  };
  return {whole(box.x), whole(box.y), whole(box.x + box.width), whole(box.y + box.height)};
}

void Timeline::add(const Frame& frame, std::span<const double> shares,
                   std::span<const GridBox> boxes) {
  frames_.push_back(frame);
  shares_.insert(shares_.end(), shares.begin(), shares.end());
  boxes_.insert(boxes_.end(), boxes.begin(), boxes.end());
}

void Timeline::append(const Timeline& next) {
  frames_.insert(frames_.end(), next.frames_.begin(), next.frames_.end());
  shares_.insert(shares_.end(), next.shares_.begin(), next.shares_.end());
  boxes_.insert(boxes_.end(), next.boxes_.begin(), next.boxes_.end());
}

std::vector<Event> find_events(std::span<const Part> parts,
                               const motionheat::ActivitySettings& settings) {
  EventFinder finder(settings);
  for (const Part& part : parts) finder.add(part);
  std::vector<Event> events = finder.finish();
  for (Event& event : events) {
    event.part = part_at(parts, event.begin);
    event.last_part = part_at(parts, event.end);
  }
  return events;
}

bool is_in_part(const Event& event, std::span<const Part> parts, size_t part) {
  return event.part <= part && part <= event.last_part && parts[part].timeline.size() > 0;
}

std::vector<std::vector<double>> motion_series(std::span<const Part> parts, uint64_t step) {
  const size_t columns = parts.empty() ? 1 : parts[0].timeline.zones() + 1;
  const size_t rows = size_t((total_duration(parts) + step - 1) / step);
  std::vector<std::vector<double>> series(columns, std::vector<double>(rows, 0));
  std::vector<uint64_t> frames(rows, 0);
  for (const Part& part : parts) {
    for (size_t i = 0; i < part.timeline.size(); ++i) {
      const size_t row = size_t((part.offset + part.timeline.frame(i).time) / step);
      if (row >= rows || part.timeline.frame(i).kind != Timeline::Kind::kAnalyzed) continue;
      ++frames[row];
      const auto shares = part.timeline.shares(i);
      for (size_t column = 0; column < columns; ++column) series[column][row] += shares[column];
    }
  }
  for (std::vector<double>& values : series)
    for (size_t row = 0; row < rows; ++row)
      values[row] = frames[row] > 0 ? values[row] / double(frames[row]) : -1;
  return series;
}

uint64_t total_duration(std::span<const Part> parts) {
  return parts.empty() ? 0 : parts.back().offset + parts.back().duration;
}

std::optional<int64_t> wall_clock(std::span<const Part> parts, size_t part, uint64_t time) {
  if (part >= parts.size() || !parts[part].start) return {};
  return *parts[part].start + (int64_t(time) - int64_t(parts[part].offset)) / 1000;
}

}  // namespace tool
