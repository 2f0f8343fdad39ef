// SPDX-License-Identifier: LGPL-2.1-or-later
#include "figures.h"

#include <algorithm>
#include <cmath>

namespace motionheat {
namespace {

// The index of every pixel, row by row.
std::vector<uint8_t> indices_of(const HeatMap& heat, const Scale& scale) {
  const TileGrid& grid = heat.grid();
  std::vector<uint8_t> indices(size_t(grid.size().area()));
  std::array<uint8_t, TileGrid::kPixels> index{};
  for (int tile = 0; tile < grid.count(); ++tile) {
    if (heat.is_cold(tile)) continue;
    TileGrid::Chunks every;
    every.fill(true);
    Scale::ValidUpTo ignored;
    index.fill(0);  // what it stays where there is no scale
    scale.index_tile(heat, tile, index.data(), every, ignored);
    const Rect rect = grid.rect(tile);
    for (int y = 0; y < rect.height; ++y) {
      uint8_t* row = &indices[size_t(rect.y + y) * grid.size().width + rect.x];
      for (int x = 0; x < rect.width; x += TileGrid::kChunkWidth)
        std::copy_n(&index[TileGrid::offset(x, y)], std::min(TileGrid::kChunkWidth, rect.width - x),
                    row + x);
    }
  }
  return indices;
}

Size map_size(Size from, int width) {
  if (width <= 0 || width >= from.width) return from;
  const double height = double(from.height) * width / from.width;
  return {width, std::clamp(int(std::lround(height)), 1, from.height)};
}

}  // namespace

Report report_of(const HeatMap& heat) {
  const TileGrid& grid = heat.grid();
  Report report{.size = grid.size()};
  const uint64_t max = heat.max();
  if (max == 0) return report;

  uint64_t covered = 0;
  int64_t hottest = grid.size().area();  // in reading order
  for (int tile = 0; tile < grid.count(); ++tile) {
    covered += heat.covered(tile);
    if (heat.tile_max(tile) != max) continue;
    heat.visit(tile, [&](int x, int y, uint64_t count) {
      if (count == max) hottest = std::min(hottest, int64_t{y} * grid.size().width + x);
    });
  }
  report.max = double(max) / heat.unit();
  report.coverage = double(covered) / double(grid.size().area());
  report.hot_x = (double(hottest % grid.size().width) + 0.5) / grid.size().width;
  report.hot_y = (double(hottest / grid.size().width) + 0.5) / grid.size().height;
  return report;
}

GreyMap grey_map(const HeatMap& heat, const Scale& scale, int width) {
  const TileGrid& grid = heat.grid();
  const Size from = grid.size();
  GreyMap map{.size = map_size(from, width)};
  if (from.area() == 0) return map;
  if (map.size == from) {
    map.pixels = indices_of(heat, scale);
    return map;
  }
  // A cell begins at the first pixel of it: x * cells / pixels rounds down to it.
  std::vector<int> begins(map.size.width + 1);
  for (int cell = 0; cell <= map.size.width; ++cell)
    begins[cell] = int((int64_t{cell} * from.width + map.size.width - 1) / map.size.width);
  std::vector<uint64_t> counts(size_t(map.size.area()));
  for (int tile = 0; tile < grid.count(); ++tile) {
    if (heat.is_cold(tile)) continue;
    const Rect rect = grid.rect(tile);
    const int first = int(int64_t{rect.x} * map.size.width / from.width);
    for (int y = rect.y, end; y < rect.bottom(); y = end) {
      const int64_t cell_y = int64_t{y} * map.size.height / from.height;
      end = y + 1;
      while (end < rect.bottom() && int64_t{end} * map.size.height / from.height == cell_y) ++end;
      const auto maxima = heat.column_maxima(tile, y - rect.y, end - rect.y);
      uint64_t* row = counts.data() + cell_y * map.size.width;
      for (int cell = first; cell < map.size.width && begins[cell] < rect.right(); ++cell) {
        const int begin = std::max(begins[cell], rect.x) - rect.x;
        const int last = std::min(begins[cell + 1], rect.right()) - rect.x;
        row[cell] =
            std::max(row[cell], *std::max_element(&maxima[begin], &maxima[begin] + last - begin));
      }
    }
  }
  // The index grows with the count: that of the highest count is the highest index.
  map.pixels.resize(counts.size());
  std::transform(counts.begin(), counts.end(), map.pixels.begin(),
                 [&](uint64_t count) { return count > 0 ? scale.index(count) : 0; });
  return map;
}

}  // namespace motionheat
