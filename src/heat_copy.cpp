// SPDX-License-Identifier: LGPL-2.1-or-later
#include "heat_copy.h"

#include <algorithm>
#include <utility>

namespace motionheat {

HeatMap HeatCopySpare::take(Size size) {
  const std::lock_guard<std::mutex> held(lock_);
  if (map_.grid().size() != size) return HeatMap(size);
  return std::exchange(map_, HeatMap());
}

void HeatCopySpare::give(HeatMap map) {
  map.clear();
  const std::lock_guard<std::mutex> held(lock_);
  map_ = std::move(map);
}

HeatCopy::HeatCopy(const HeatMap& map, std::shared_ptr<HeatCopySpare> spare)
    : spare_(std::move(spare)),
      heat_(spare_->take(map.grid().size())),
      copied_(size_t(map.grid().count())) {
  heat_.set_log_unit(map.log_unit_);
}

HeatCopy::~HeatCopy() {
  spare_->give(std::move(heat_));
}

void HeatCopy::take(const HeatMap& from, int tile) {
  if (copied_[tile]) return;
  heat_.copy_tile(from, tile);
  copied_[tile] = true;
}

std::shared_ptr<HeatCopy> HeatMap::begin_copy() {
  forget_copies();
  if (!spare_) spare_ = std::make_shared<HeatCopySpare>();
  auto copy = std::make_shared<HeatCopy>(*this, spare_);
  copies_.push_back(copy);
  return copy;
}

bool HeatMap::continue_copy(HeatCopy& copy, int tiles) {
  const HeatMap& source = copy.source_ ? *copy.source_ : *this;
  for (int i = 0; i < tiles && !copy.is_complete(); ++i) copy.take(source, copy.next_++);
  if (copy.is_complete()) copy.source_.reset();
  forget_copies();
  return !copy.is_complete();
}

// Those that are complete, and those that nobody wants any more.
void HeatMap::forget_copies() {
  std::erase_if(copies_, [](const auto& copy) { return copy->is_complete() || copy.use_count() == 1; });
}

void HeatMap::give_up() {
  forget_copies();
  if (copies_.empty()) return;
  const auto copies = std::exchange(copies_, {});
  const auto source = std::make_shared<const HeatMap>(std::move(*this));
  for (const auto& copy : copies) copy->source_ = source;
}

HeatMap& HeatMap::operator=(HeatMap&& other) {
  give_up();
  grid_ = other.grid_;
  set_log_unit(other.log_unit_);
  low_ = std::move(other.low_);
  high_ = std::move(other.high_);
  max_ = std::move(other.max_);
  row_max_ = std::move(other.row_max_);
  changes_ = std::move(other.changes_);
  copies_ = std::move(other.copies_);
  return *this;
}

}  // namespace motionheat
