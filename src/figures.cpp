// SPDX-License-Identifier: LGPL-2.1-or-later
#include "figures.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace motionheat {
namespace {

// The index of every pixel of a tile that is not cold.
void draw_tile(const uint8_t* index, const Rect& rect, kernels::Rows<uint8_t> map) {
  for (int y = 0; y < rect.height; ++y) {
    uint8_t* const row = map[rect.y + y] + rect.x;
    for (int x = 0; x < rect.width; x += TileGrid::kChunkWidth) {
      // Whole chunks have a length that the compiler knows.
      if (rect.width - x >= TileGrid::kChunkWidth)
        std::copy_n(index + TileGrid::offset(x, y), TileGrid::kChunkWidth, row + x);
      else
        std::copy_n(index + TileGrid::offset(x, y), rect.width - x, row + x);
    }
  }
}

void draw_indices(const HeatMap& heat, const Scale& scale, const IndexMap& indices,
                  kernels::Rows<uint8_t> map) {
  const TileGrid& grid = heat.grid();
  for (int tile = 0; tile < grid.count(); ++tile) {
    const Rect rect = grid.rect(tile);
    std::array<uint8_t, TileGrid::kPixels> index;
    const uint8_t* known = heat.is_cold(tile) ? nullptr : indices.current(tile, scale);
    if (!known) {
      index.fill(0);  // what it stays where there is no heat, or no scale
      known = index.data();
      TileGrid::Chunks every;
      every.fill(true);
      Scale::ValidUpTo ignored;
      if (!heat.is_cold(tile)) scale.index_tile(heat, tile, index.data(), every, ignored);
    }
    draw_tile(known, rect, map);
  }
}

}  // namespace

void Figures::forget() {
  seen_by_report_.forget();
  seen_by_cells_.forget();
  covered_.clear();
  cells_size_ = {};
}

Report Figures::report(const HeatMap& heat, uint64_t area) {
  const TileGrid& grid = heat.grid();
  Report report{.size = grid.size()};
  const uint64_t max = heat.max();
  if (max == 0) return report;

  if (covered_.empty()) {
    covered_.assign(size_t(grid.count()), 0);
    covered_sum_ = 0;
  }
  int64_t hottest = grid.size().area();  // in reading order
  for (int tile = 0; tile < grid.count(); ++tile) {
    if (heat.is_cold(tile)) continue;
    if (seen_by_report_.takes(heat, tile)) {
      const uint32_t covered = heat.covered(tile);
      covered_sum_ += covered - std::exchange(covered_[tile], uint16_t(covered));
    }
    if (heat.tile_max(tile) != max) continue;
    heat.visit(tile, [&](int x, int y, uint64_t count) {
      if (count == max) hottest = std::min(hottest, int64_t{y} * grid.size().width + x);
    });
  }
  report.max = double(max) / heat.unit();
  report.coverage = area > 0 ? double(covered_sum_) / double(area) : 0;
  report.hot_x = (double(hottest % grid.size().width) + 0.5) / grid.size().width;
  report.hot_y = (double(hottest / grid.size().width) + 0.5) / grid.size().height;
  return report;
}

Size Figures::map_size(Size heat, int width) {
  if (width <= 0 || width >= heat.width) return heat;
  const double height = double(heat.height) * width / heat.width;
  return {width, std::clamp(int(std::lround(height)), 1, heat.height)};
}

void Figures::draw_map(const HeatMap& heat, const Scale& scale, const IndexMap& indices, int width,
                       kernels::Rows<uint8_t> map) {
  const Size size = map_size(heat.grid().size(), width);
  if (size == heat.grid().size()) {
    draw_indices(heat, scale, indices, map);
    return;
  }
  update_cells(heat, size);
  // The index grows with the count: that of the highest count is the highest index.
  const uint64_t* counts = cells_.data();
  for (int y = 0; y < size.height; ++y, counts += size.width)
    std::transform(counts, counts + size.width, map[y],
                   [&](uint64_t count) { return count > 0 ? scale.index(count) : 0; });
}

// Counts only grow: those of other tiles are in the cells already.
void Figures::update_cells(const HeatMap& heat, Size map) {
  const TileGrid& grid = heat.grid();
  const Size from = grid.size();
  if (cells_size_ != map) {
    cells_.assign(size_t(map.area()), 0);
    cells_size_ = map;
    seen_by_cells_.forget();
  }
  // A cell begins at the first pixel of it: x * cells / pixels rounds down to it.
  std::vector<int> begins(map.width + 1);
  for (int cell = 0; cell <= map.width; ++cell)
    begins[cell] = int((int64_t{cell} * from.width + map.width - 1) / map.width);
  for (int tile = 0; tile < grid.count(); ++tile) {
    if (heat.is_cold(tile) || !seen_by_cells_.takes(heat, tile)) continue;
    const Rect rect = grid.rect(tile);
    const int first = int(int64_t{rect.x} * map.width / from.width);
    for (int y = rect.y, end; y < rect.bottom(); y = end) {
      const int64_t cell_y = int64_t{y} * map.height / from.height;
      end = y + 1;
      while (end < rect.bottom() && int64_t{end} * map.height / from.height == cell_y) ++end;
      const auto maxima = heat.column_maxima(tile, y - rect.y, end - rect.y);
      uint64_t* row = cells_.data() + cell_y * map.width;
      for (int cell = first; cell < map.width && begins[cell] < rect.right(); ++cell) {
        const int begin = std::max(begins[cell], rect.x) - rect.x;
        const int last = std::min(begins[cell + 1], rect.right()) - rect.x;
        row[cell] =
            std::max(row[cell], *std::max_element(&maxima[begin], &maxima[begin] + last - begin));
      }
    }
  }
}

}  // namespace motionheat
