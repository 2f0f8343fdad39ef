// SPDX-License-Identifier: LGPL-2.1-or-later
#include "analysis.h"

#include <atomic>
#include <cstring>
#include <numeric>
#include <utility>

namespace motionheat {
namespace {

// Whether a bit of a tile's mask is set.
bool any_set(const uint8_t* mask, ptrdiff_t stride, int rows) {
  static_assert(TileGrid::kMaskBytes == 2 * sizeof(uint64_t));
  uint64_t words[2], any = 0;
  for (int y = 0; y < rows; ++y) {
    std::memcpy(words, mask + stride * y, sizeof words);
    any |= words[0] | words[1];
  }
  return any != 0;
}

}  // namespace

Analysis::Analysis(const StreamFormat& stream, const Settings& settings, int luma_range)
    : grid_(analysis_size(stream.size, settings.analysis_scale)),
      format_(stream.format),
      luma_range_(luma_range),
      counted_(size_t(grid_.count())),
      moved_(size_t(grid_.bands())) {
  if (settings.analysis_scale > 1) {
    shrinker_.emplace(stream.format, grid_, settings.analysis_scale);
    format_ = shrinker_->format();
  }
  difference_.configure(format_, luma_range, grid_.size());
  set(settings);
}

void Analysis::set(const Settings& settings) {
  const auto has_model = [&] { return finder_ && finder_->has_model(); };
  const bool had_model = has_model();
  if (!MotionFinder::is_needed(settings)) {
    finder_.reset();
  } else if (finder_) {
    finder_->set(settings);
  } else {
    finder_.emplace(format_, grid_, settings);
    finder_->set_luma_range(luma_range_);
  }
  // Where a model tells motion nobody remembers the previous frame.
  if (has_model() != had_model) difference_.forget();
  difference_.set_threshold(settings.threshold);
}

void Analysis::set_luma_range(int range) {
  luma_range_ = range;
  difference_.set_luma_range(range);
  if (finder_) finder_->set_luma_range(range);
}

void Analysis::forget_previous() {
  difference_.forget();
  if (finder_) finder_->forget();
}

bool Analysis::begin(const ConstFrameView& frame, const std::optional<GrayLevels>& levels,
                     const Regions& regions, Bands& bands, double seconds) {
  zones_ = regions.zones();
  moved_in_zones_.assign(zones_ * size_t(grid_.bands()), 0);
  const Size before =
      std::exchange(frame_, shrinker_ ? shrinker_->shrink(frame, bands) : frame).size;
  // Beyond the last frame there is nothing to compare with.
  if (frame_.size.width > before.width || frame_.size.height > before.height) difference_.forget();
  auto verdict =
      difference_.has_previous() ? MotionFinder::Verdict::kMotion : MotionFinder::Verdict::kNothing;
  if (finder_)
    verdict = finder_->find(frame_, {levels, difference_, regions, bands, seconds});
  else if (verdict == MotionFinder::Verdict::kNothing)
    difference_.remember(frame_);
  std::fill(counted_.begin(), counted_.end(), verdict != MotionFinder::Verdict::kMotion);
  std::fill(moved_.begin(), moved_.end(), 0);
  return verdict != MotionFinder::Verdict::kChange;
}

void Analysis::count_all(const Counting& counting, Bands& bands) {
  bands.for_each(grid_, [&](int band, uint8_t* mask) { count_rest(band, mask, counting); });
}

void Analysis::count_hottest(const Counting& counting, Bands& bands) {
  const HeatMap& heat = counting.heat;
  const uint64_t highest = heat.max();
  const uint64_t event = heat.increment();
  if (highest == 0) return;  // whatever moves first will be the hottest, and the scale knows
  std::atomic<bool> raised = false;
  bands.for_each(grid_, [&](int band, uint8_t* mask) {
    const int first = band * TileGrid::kBandRows;
    for (int row = first; row < std::min(first + TileGrid::kBandRows, grid_.rows()); ++row) {
      if (heat.row_max(row) + event <= highest) continue;
      if (raised) return;
      count_row(row, mask, counting,
                [&](int tile) { return !counted_[tile] && heat.tile_max(tile) + event > highest; });
      if (heat.row_max(row) == highest + event) raised = true;
    }
  });
}

void Analysis::count_rest(int band, uint8_t* mask, const Counting& counting) {
  const int first = band * TileGrid::kBandRows;
  const int rows = std::min(TileGrid::kBandRows, grid_.rows() - first);
  const auto begin = counted_.begin() + grid_.index(0, first);
  const auto end = begin + rows * grid_.columns();
  if (std::find(begin, end, true) == end) {
    count_tiles(first, rows, 0, grid_.columns(), mask, counting);
    return;
  }
  for (int row = first; row < first + rows; ++row)
    count_row(row, mask, counting, [&](int tile) { return !counted_[tile]; });
}

// Counts those tiles of a row of tiles that `is_wanted(tile)`.
template <typename Predicate>
void Analysis::count_row(int row, uint8_t* mask, const Counting& counting, Predicate is_wanted) {
  for (int column = 0; column < grid_.columns();) {
    int end = column;
    while (end < grid_.columns() && is_wanted(grid_.index(end, row))) ++end;
    if (end > column) count_tiles(row, 1, column, end, mask, counting);
    column = end + 1;
  }
}

// Compares the tiles from `column` to before `end` in `rows` rows of tiles from `row` on in one go,
// since long rows are what memory is good at, and counts them. The mask is that of a band.
void Analysis::count_tiles(int row, int rows, int column, int end, uint8_t* band_mask,
                           const Counting& counting) {
  const ptrdiff_t stride = ptrdiff_t{grid_.columns()} * TileGrid::kMaskBytes;
  const Rect first = grid_.rect(grid_.index(column, row));
  const Rect last = grid_.rect(grid_.index(end - 1, row + rows - 1));
  const Rect run{first.x, first.y, last.right() - first.x, last.bottom() - first.y};
  uint8_t* mask = band_mask + ptrdiff_t{column} * TileGrid::kMaskBytes;
  kernels::MovedRows moved;
  if (finder_) {
    MovedBits& found = finder_->moved();
    mask = found.row(run.y) + ptrdiff_t{column} * TileGrid::kMaskBytes;
    moved = found.moved_rows(run);
  } else {
    const Rect area = intersect(run, frame_.size);
    if (!(area == run)) std::fill_n(band_mask, stride * TileGrid::kBandHeight, 0);
    moved = difference_.compare(frame_, area, mask, stride);
  }
  for (int i = 0; i < rows; ++i) {
    const int tile = grid_.index(column, row + i);
    std::fill_n(&counted_[tile], end - column, true);
    if (!(moved >> i & 1)) continue;
    uint8_t* const row_mask = mask + stride * TileGrid::kHeight * i;
    for (int j = 0; j < end - column; ++j)
      count_tile(tile + j, row_mask + j * TileGrid::kMaskBytes, stride, counting);
  }
}

// Counts what moved in a tile, but for what is masked.
void Analysis::count_tile(int tile, uint8_t* mask, ptrdiff_t stride, const Counting& counting) {
  const Rect rect = grid_.rect(tile);
  if (!any_set(mask, stride, rect.height)) return;
  const Regions& regions = counting.regions;
  if (!regions.is_open()) {
    regions.apply(tile, mask, stride);
    if (!any_set(mask, stride, rect.height)) return;
  }
  const int band = tile / grid_.columns() / TileGrid::kBandRows;
  moved_[band] +=
      counting.heat.add(tile, mask, stride, counting.indices.touch(tile), regions.weights(tile));
  if (zones_ > 0) regions.count(tile, mask, stride, &moved_in_zones_[zones_ * size_t(band)]);
  if (counting.boxes) counting.boxes->add(rect, mask, stride);
}

uint64_t Analysis::moved() const {
  return std::accumulate(moved_.begin(), moved_.end(), uint64_t{0});
}

uint64_t Analysis::moved(size_t zone) const {
  uint64_t moved = 0;
  for (size_t i = zone; i < moved_in_zones_.size(); i += zones_) moved += moved_in_zones_[i];
  return moved;
}

size_t Analysis::memory() const {
  return (shrinker_ ? shrinker_->memory() : 0) + difference_.memory() +
         (finder_ ? finder_->memory() : 0) + counted_.size();
}

}  // namespace motionheat
