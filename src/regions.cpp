// SPDX-License-Identifier: LGPL-2.1-or-later
#include "regions.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <utility>

#include "cell_axis.h"
#include "words.h"

namespace motionheat {
namespace {

template <size_t kSize>
uint32_t count_bits(const std::array<uint64_t, kSize>& words) {
  uint32_t count = 0;
  for (const uint64_t word : words) count += uint32_t(std::popcount(word));
  return count;
}

template <typename T>
size_t bytes(const std::vector<T>& vector) {
  return vector.capacity() * sizeof(T);
}

// The box around a zone, in cells.
Rect box_of(const Zone& zone, Size cells) {
  double left = 1, top = 1, right = 0, bottom = 0;
  for (const Polygon& polygon : zone.polygons) {
    for (const Point& point : polygon) {
      left = std::min(left, point.x);
      top = std::min(top, point.y);
      right = std::max(right, point.x);
      bottom = std::max(bottom, point.y);
    }
  }
  const auto cell = [](double at, int n) { return int(std::clamp(at, 0.0, 1.0) * n); };
  Rect box{cell(left, cells.width), cell(top, cells.height), 0, 0};
  box.width = std::min(cell(right, cells.width) + 1, cells.width) - box.x;
  box.height = std::min(cell(bottom, cells.height) + 1, cells.height) - box.y;
  return intersect(box, cells);
}

uint64_t next_number() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

}  // namespace

// Draws polygons, one onto the other, as bits of cells.
class Regions::Raster {
 public:
  Raster(const TileGrid& cells, Size picture, int scale)
      : cells_(cells),
        x_(cells.size().width, picture.width, scale),
        y_(cells.size().height, picture.height, scale),
        row_words_(size_t(cells.columns()) * kRowWords) {}

  const TileGrid& cells() const { return cells_; }
  const CellAxis& x() const { return x_; }
  const CellAxis& y() const { return y_; }

  void draw(const Polygon& polygon) {
    if (drawn_.empty()) {
      drawn_.resize(row_words_ * size_t(cells_.size().height));
      crossings_.resize(drawn_.size());
    }
    Box box;
    Point from = polygon.empty() ? Point() : polygon.back();
    for (const Point& to : polygon) mark_crossings(std::exchange(from, to), to, box);
    fill(box);
    drawn_box_.include(box);
  }

  /// What was drawn of a tile.
  Bits bits(int tile) const {
    Bits bits{};
    if (drawn_.empty()) return bits;
    const Rect rect = cells_.rect(tile);
    const uint64_t* words = drawn_.data() + size_t(rect.y) * row_words_ + rect.x / 64;
    for (int y = 0; y < rect.height; ++y, words += row_words_)
      std::copy_n(words, kRowWords, bits.data() + y * kRowWords);
    return bits;
  }

  /// Calls `visit(tile)` for every tile that has anything of what was drawn, and some others.
  template <typename Visit>
  void visit(Visit visit) const {
    const Box& box = drawn_box_;
    if (box.is_empty()) return;
    for (int row = box.top / TileGrid::kHeight; row * TileGrid::kHeight < box.bottom; ++row) {
      for (size_t column = box.left / kRowWords; column * kRowWords < box.right; ++column)
        visit(cells_.index(int(column), row));
    }
  }

  /// Back to nothing drawn.
  void clear() {
    for (int y = drawn_box_.top; y < drawn_box_.bottom; ++y)
      std::fill(drawn_.data() + y * row_words_ + drawn_box_.left,
                drawn_.data() + y * row_words_ + drawn_box_.right, 0);
    drawn_box_ = {};
  }

 private:
  // Rows of cells, and words of them.
  struct Box {
    int top = std::numeric_limits<int>::max();
    int bottom = 0;
    size_t left = std::numeric_limits<size_t>::max();
    size_t right = 0;

    bool is_empty() const { return top >= bottom; }
    void include(const Box& other) {
      top = std::min(top, other.top);
      bottom = std::max(bottom, other.bottom);
      left = std::min(left, other.left);
      right = std::max(right, other.right);
    }
  };

  // Flips a bit in each row of centres that an edge crosses: that of the first cell right of it.
  // The edge is taken from its upper end down whichever way it is walked, so that the polygon on
  // its other side gets the very same crossings.
  void mark_crossings(Point a, Point b, Box& box) {
    if (b.y < a.y) std::swap(a, b);
    const int begin = y_.first_from(a.y);
    const int end = y_.first_from(b.y);
    if (begin >= end) return;
    int least = x_.cells();
    int most = 0;
    for (int y = begin; y < end; ++y) {
      const int x = x_.first_from(a.x + (y_.center(y) - a.y) * (b.x - a.x) / (b.y - a.y));
      least = std::min(least, x);
      most = std::max(most, x);
      // Beyond the last cell there may be bits of a cut tile.
      const size_t word = size_t(x) / 64;
      if (word < row_words_) crossings_[size_t(y) * row_words_ + word] ^= uint64_t{1} << x % 64;
    }
    box.include({begin, end, size_t(least) / 64, std::min(size_t(most) / 64 + 1, row_words_)});
  }

  // What is right of an odd number of crossings is inside. The crossings are clear afterwards.
  void fill(const Box& box) {
    for (int y = box.top; y < box.bottom; ++y) {
      uint64_t inside = 0;  // all ones or none
      for (size_t i = y * row_words_ + box.left; i < y * row_words_ + box.right; ++i) {
        uint64_t word = std::exchange(crossings_[i], 0);
        for (int shift = 1; shift < 64; shift *= 2) word ^= word << shift;
        word ^= inside;
        drawn_[i] |= word;
        inside = word >> 63 ? ~uint64_t{0} : 0;
      }
    }
  }

  TileGrid cells_;
  CellAxis x_, y_;
  size_t row_words_;
  std::vector<uint64_t> crossings_;  // of the polygon being drawn
  std::vector<uint64_t> drawn_;
  Box drawn_box_;
};

Regions::Regions(const RegionSettings& settings, const TileGrid& cells, Size picture, int scale)
    : cells_(cells), number_(next_number()), area_(uint64_t(cells.size().area())) {
  Raster raster(cells, picture, scale);
  set_masked(settings, raster);
  set_zones(settings.zones, raster);
  bits_.shrink_to_fit();
  weights_.shrink_to_fit();
}

void Regions::set_masked(const RegionSettings& settings, Raster& raster) {
  masked_.assign(size_t(cells_.count()), kNone);
  for (const Polygon& polygon : settings.masked) raster.draw(polygon);
  if (settings.mask && settings.mask->size.area() > 0)
    set_mask(*settings.mask, raster);
  else
    raster.visit([&](int tile) { mask(tile, raster.bits(tile)); });
  raster.clear();
  if (std::count(masked_.begin(), masked_.end(), kNone) == cells_.count()) masked_ = {};
}

void Regions::set_mask(const MaskImage& image, const Raster& raster) {
  const size_t width = size_t(cells_.size().width);
  std::vector<uint8_t> rows(width * TileGrid::kHeight);
  MaskScaler scaler(image, raster.x(), raster.y());
  for (int tile = 0; tile < cells_.count(); ++tile) {
    const Rect rect = cells_.rect(tile);
    if (rect.x == 0) {
      for (int y = 0; y < rect.height; ++y) scaler.draw_row(rect.y + y, &rows[width * y]);
    }
    Bits masked = raster.bits(tile);
    bool is_grey = false;
    for (int y = 0; y < rect.height; ++y) {
      const uint8_t* const row = &rows[width * y + rect.x];
      uint64_t* const words = &masked[size_t(y) * kRowWords];
      for (int x = 0; x < rect.width; ++x) {
        words[x / 64] |= uint64_t{row[x] == 0} << x % 64;
        is_grey |= row[x] < 255 && !(words[x / 64] >> x % 64 & 1);
      }
    }
    mask(tile, masked);
    if (!is_grey) continue;
    if (weights_of_.empty()) weights_of_.assign(size_t(cells_.count()), kNone);
    weights_of_[tile] = int32_t(weights_.size());
    Weights& weights = weights_.emplace_back();
    for (int y = 0; y < rect.height; ++y) {
      for (int x = 0; x < rect.width; ++x) {
        const bool is_masked = masked[size_t(y) * kRowWords + x / 64] >> x % 64 & 1;
        weights[TileGrid::offset(x, y)] = is_masked ? 0 : rows[width * y + rect.x + x];
      }
    }
  }
}

void Regions::set_zones(const std::vector<Zone>& zones, Raster& raster) {
  std::vector<std::pair<int, Part>> parts;  // with their tiles, zone by zone
  for (const Zone& zone : zones) {
    for (const Polygon& polygon : zone.polygons) raster.draw(polygon);
    uint64_t area = 0;
    raster.visit([&](int tile) {
      Bits bits = raster.bits(tile);
      const Bits masked = masked_bits(tile);
      for (size_t i = 0; i < bits.size(); ++i) bits[i] &= ~masked[i];
      area += count_bits(bits);
      const Part part{uint32_t(names_.size()), cover(bits)};
      if (part.cover != kNone) parts.emplace_back(tile, part);
    });
    raster.clear();
    names_.push_back(zone.name);
    areas_.push_back(area);
    bounds_.push_back(box_of(zone, cells_.size()));
  }
  if (parts.empty()) return;
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [tile, part] : parts) {
    first_part_.resize(size_t(tile) + 1, parts_.size());
    parts_.push_back(part);
  }
  first_part_.resize(size_t(cells_.count()) + 1, parts_.size());
}

void Regions::mask(int tile, const Bits& masked) {
  masked_[tile] = cover(masked);
  area_ -= count_bits(masked);
}

Regions::Cover Regions::cover(const Bits& bits) {
  const uint32_t area = count_bits(bits);
  if (area == 0) return kNone;
  if (area == TileGrid::kPixels) return kAll;
  bits_.push_back(bits);
  return Cover(bits_.size() - 1);
}

Regions::Bits Regions::masked_bits(int tile) const {
  const Cover cover = masked_.empty() ? kNone : masked_[tile];
  if (cover >= 0) return bits_[cover];
  Bits bits;
  bits.fill(cover == kAll ? ~uint64_t{0} : 0);
  return bits;
}

std::span<const Regions::Part> Regions::parts(int tile) const {
  if (first_part_.empty()) return {};
  return {parts_.data() + first_part_[tile], first_part_[tile + 1] - first_part_[tile]};
}

bool Regions::is_masked(int x, int y) const {
  if (masked_.empty()) return false;
  const Cover cover = masked_[cells_.containing(x, y)];
  if (cover < 0) return cover == kAll;
  const int column = x % TileGrid::kWidth;
  const uint64_t word = bits_[cover][size_t(y % TileGrid::kHeight * kRowWords + column / 64)];
  return word >> column % 64 & 1;
}

void Regions::apply(int tile, uint8_t* mask, ptrdiff_t stride) const {
  if (masked_.empty() || masked_[tile] == kNone) return;
  const int height = cells_.rect(tile).height;
  const Cover cover = masked_[tile];
  for (int y = 0; y < height; ++y, mask += stride) {
    for (int i = 0; i < kRowWords; ++i) {
      const uint64_t open = cover == kAll ? 0 : ~bits_[cover][size_t(y * kRowWords + i)];
      store_word(load_word(mask + 8 * i) & open, mask + 8 * i);
    }
  }
}

const uint8_t* Regions::weights(int tile) const {
  if (weights_of_.empty() || weights_of_[tile] == kNone) return nullptr;
  return weights_[weights_of_[tile]].data();
}

void Regions::count(int tile, const uint8_t* mask, ptrdiff_t stride, uint32_t* moved) const {
  const auto here = parts(tile);
  if (here.empty()) return;
  Bits motion{};
  const int height = cells_.rect(tile).height;
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < kRowWords; ++i)
      motion[size_t(y * kRowWords + i)] = load_word(mask + stride * y + 8 * i);
  }
  for (const Part& part : here) {
    Bits in_zone = motion;
    if (part.cover != kAll) {
      const Bits& zone = bits_[part.cover];
      for (size_t i = 0; i < zone.size(); ++i) in_zone[i] &= zone[i];
    }
    moved[part.zone] += count_bits(in_zone);
  }
}

std::vector<ZoneFigures> Regions::figures(const HeatMap& heat) {
  std::vector<ZoneFigures> figures(zones());
  if (figures.empty() || heat.max() == 0) return figures;
  sums_.resize(size_t(cells_.count()));
  heats_.resize(parts_.size());
  double total = 0;  // in counts, as what is in the figures until the end
  for (int tile = 0; tile < cells_.count(); ++tile) {
    if (heat.is_cold(tile)) continue;
    if (seen_.takes(heat, tile)) look_at(heat, tile);
    total += double(sums_[tile]);
    for (const Part& part : parts(tile)) {
      const Heat& found = heats_[&part - parts_.data()];
      ZoneFigures& zone = figures[part.zone];
      zone.coverage += found.covered;
      zone.mean += double(found.sum);
      zone.max = std::max(zone.max, double(found.max));
    }
  }
  for (size_t i = 0; i < figures.size(); ++i) {
    ZoneFigures& zone = figures[i];
    if (areas_[i] == 0) continue;
    zone.share = zone.mean / total;
    zone.coverage /= double(areas_[i]);
    zone.mean /= heat.unit() * double(areas_[i]);
    zone.max /= heat.unit();
  }
  return figures;
}

void Regions::look_at(const HeatMap& heat, int tile) {
  const Rect rect = cells_.rect(tile);
  std::array<uint64_t, TileGrid::kPixels> counts{};  // in rows of a tile's width
  Heat all;
  heat.visit(tile, [&](int x, int y, uint64_t count) {
    counts[size_t((y - rect.y) * TileGrid::kWidth + x - rect.x)] = count;
    all.add(count);
  });
  sums_[tile] = all.sum;
  for (const Part& part : parts(tile)) {
    Heat& found = heats_[&part - parts_.data()];
    if (part.cover == kAll) {
      found = all;
      continue;
    }
    found = {};
    const Bits& bits = bits_[part.cover];
    for (size_t i = 0; i < bits.size(); ++i) {
      for (uint64_t word = bits[i]; word != 0; word &= word - 1)
        found.add(counts[i * 64 + size_t(std::countr_zero(word))]);
    }
  }
}

void Regions::forget() {
  seen_.forget();
}

size_t Regions::memory() const {
  return bytes(bits_) + bytes(masked_) + bytes(weights_of_) + bytes(weights_) + bytes(names_) +
         bytes(areas_) + bytes(parts_) + bytes(first_part_) + bytes(sums_) + bytes(heats_);
}

}  // namespace motionheat
