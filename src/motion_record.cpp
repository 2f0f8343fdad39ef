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
  picture_.add(of_picture);
  if (zones_.empty()) {
    shares_[0] = of_picture;
    if (boxes) bounds_[0] = boxes->bounds();
  }
  for (size_t zone = 0; zone < zones_.size(); ++zone) {
    shares_[zone] = share(analysis.moved(zone), regions.area(zone));
    zones_[zone].add(shares_[zone]);
    if (boxes) bounds_[zone] = boxes->bounds_in(regions.bounds(zone));
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

void MotionRecord::tell(Report& report) const {
  report.motion = picture_.mean();
  report.motion_peak = picture_.peak;
  for (size_t zone = 0; zone < zones_.size(); ++zone) {
    report.zones[zone].motion = zones_[zone].mean();
    report.zones[zone].motion_peak = zones_[zone].peak;
  }
}

}  // namespace motionheat
