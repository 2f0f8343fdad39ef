// SPDX-License-Identifier: LGPL-2.1-or-later
#include "frame_message.h"

#include <algorithm>

#include "gst_ptr.h"

namespace tool {
namespace {

guint64 uint64_field(const GstStructure* structure, const char* name) {
  guint64 value = 0;
  gst_structure_get_uint64(structure, name, &value);
  return value;
}

GridBox box_of(const GstStructure* structure) {
  return GridBox::of({double_field(structure, "box-x"), double_field(structure, "box-y"),
                      double_field(structure, "box-width"), double_field(structure, "box-height")});
}

const GstStructure* zones_of(const GstStructure* message) {
  const GValue* const zones = gst_structure_get_value(message, "zones");
  return zones ? gst_value_get_structure(zones) : nullptr;
}

const GstStructure* structure_at(const GstStructure* zones, guint i) {
  return gst_value_get_structure(
      gst_structure_get_value(zones, gst_structure_nth_field_name(zones, i)));
}

}  // namespace

void FrameMessages::add(const GstStructure* message, Timeline& timeline) {
  const GstStructure* const zones = zones_of(message);
  const guint n_zones = zones ? guint(gst_structure_n_fields(zones)) : 0;
  if (timeline.size() == 0) timeline = Timeline(n_zones);
  if (timeline.zones() != n_zones) return;

  const guint64 counted = uint64_field(message, "frames");
  const guint64 passed = uint64_field(message, "skipped") + uint64_field(message, "repeated");
  // Heat is forgotten where a piece begins to count.
  const bool is_analyzed = counted < counted_ ? counted > 0 : counted > counted_;
  const bool is_passed = passed < passed_ ? passed > 0 : passed > passed_;
  counted_ = counted;
  passed_ = passed;
  if (!is_analyzed && !is_passed) return;  // between two that are analysed

  shares_.assign(1, double_field(message, "motion"));
  boxes_.assign(1, box_of(message));
  for (guint i = 0; i < n_zones; ++i) {
    shares_.push_back(double_field(structure_at(zones, i), "motion"));
    boxes_.push_back(box_of(structure_at(zones, i)));
  }
  const guint64 duration = uint64_field(message, "duration");
  timeline.add({.time = uint64_field(message, "stream-time"),
                .duration = GST_CLOCK_TIME_IS_VALID(duration) ? duration : 0,
                .kind = is_analyzed ? Timeline::Kind::kAnalyzed : Timeline::Kind::kPassed},
               shares_, boxes_);
}

double FrameMessages::highest_share() const {
  if (shares_.size() > 1) return *std::max_element(shares_.begin() + 1, shares_.end());
  return shares_.empty() ? 0 : shares_[0];
}

}  // namespace tool
