// SPDX-License-Identifier: LGPL-2.1-or-later
#include "motion_record.h"

namespace motionheat {
namespace {

double share(uint64_t moved, uint64_t area) {
  return area > 0 ? double(moved) / double(area) : 0;
}

}  // namespace

void MotionRecord::reserve(size_t zones) {
  zones_.reserve(zones);
  shares_.reserve(std::max<size_t>(zones, 1));
  bounds_.reserve(std::max<size_t>(zones, 1));
}

void MotionRecord::set_zones(size_t zones) {
  zones_.assign(zones, {});
  shares_.assign(std::max<size_t>(zones, 1), 0);
  bounds_.assign(std::max<size_t>(zones, 1), Rect{});
}

void MotionRecord::note(const Analysis& analysis, const Regions& regions,
                        const MovingRegions* boxes) {
  const double of_picture = share(analysis.moved(), regions.area());
  const Rect bounds = boxes ? boxes->bounds() : Rect{};
  picture_.add(of_picture, bounds);
  if (zones_.empty()) {
    shares_[0] = of_picture;
    bounds_[0] = bounds;
  }
  for (size_t zone = 0; zone < zones_.size(); ++zone) {
    shares_[zone] = share(analysis.moved(zone), regions.area(zone));
    bounds_[zone] = boxes ? boxes->bounds_in(regions.bounds(zone)) : Rect{};
    zones_[zone].add(shares_[zone], bounds_[zone]);
  }
}

void MotionRecord::note_stillness() {
  std::fill(shares_.begin(), shares_.end(), 0.0);
  std::fill(bounds_.begin(), bounds_.end(), Rect{});
}

void MotionRecord::begin_period() {
  picture_ = {};
  std::fill(zones_.begin(), zones_.end(), Period{});
}

void MotionRecord::tell(Report& report, Size picture, int scale) const {
  // The last cells are cut by the edge of the picture.
  const auto relative = [&](const Rect& cells) -> RelativeBox {
    const Rect box = intersect(
        {cells.x * scale, cells.y * scale, cells.width * scale, cells.height * scale}, picture);
    const double width = std::max(picture.width, 1), height = std::max(picture.height, 1);
    return {box.x / width, box.y / height, box.width / width, box.height / height};
  };
  report.motion = picture_.mean();
  report.motion_peak = picture_.peak;
  report.box = relative(picture_.box);
  for (size_t zone = 0; zone < zones_.size(); ++zone) {
    report.zones[zone].motion = zones_[zone].mean();
    report.zones[zone].motion_peak = zones_[zone].peak;
    report.zones[zone].box = relative(zones_[zone].box);
  }
}

}  // namespace motionheat
