// SPDX-License-Identifier: LGPL-2.1-or-later
#include "captions.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "words.h"

namespace motionheat {
namespace {

constexpr int kTelling = 4;      // pixels that differ in a cell from which on they tell anything
constexpr float kLeft = 0.1f;    // of them, that a caption leaves at the most
constexpr float kMostly = 0.7f;  // of the times, as after five in a row

}  // namespace

void Captions::configure(const cv::Size& size) {
  if (size == size_) return;
  columns_ = (size.width + kWord - 1) / kWord * (kWord / kCell);
  shares_.assign(size_t(columns_) * size_t((size.height + kCell - 1) / kCell), 0);
  size_ = size;
}

void Captions::clear(const Pictures& pictures, const Displacement& displacement, const Band& band,
                     MovedBits& moved) {
  const auto& [current, unmoved, threshold] = pictures;
  const auto stands = [&](int x, int y) {
    return std::abs(current.at<uint8_t>(y, x) - unmoved.at<uint8_t>(y, x)) <= threshold;
  };
  for (int top = band.begin; top < band.end; top += kCell) {
    const int rows = std::min(kCell, band.end - top);
    for (int left = 0; left < current.cols; left += kWord) {
      uint64_t any = 0;
      for (int r = 0; r < rows; ++r) any |= load_word(moved.row(top + r) + left / 8);
      if (any == 0) continue;
      const PixelPoint by = displacement.at(left + kWord / 2, top + kCell / 2);
      const int dx = int(std::lround(by.x)), dy = int(std::lround(by.y));
      Cells differs{}, kept{};
      for (int r = 0; r < rows; ++r) {
        const int y = top + r, from_y = std::clamp(y + dy, 0, current.rows - 1);
        uint64_t rest = differs[size_t(r)] = load_word(moved.row(y) + left / 8);
        for (; rest != 0; rest &= rest - 1) {
          const int x = left + std::countr_zero(rest);
          if (!stands(x, y) && !stands(std::clamp(x + dx, 0, current.cols - 1), from_y))
            kept[size_t(r)] |= rest & -rest;
        }
      }
      const uint64_t captions = remember(differs, kept, top / kCell * columns_ + left / kCell);
      for (int r = 0; captions != 0 && r < rows; ++r)
        store_word(differs[size_t(r)] & (kept[size_t(r)] | ~captions),
                   moved.row(top + r) + left / 8);
    }
  }
}

// Takes up what differs in four cells, and what of it is kept if it is a caption; where it is one.
uint64_t Captions::remember(const Cells& differs, const Cells& kept, int first) {
  uint64_t captions = 0;
  for (int part = 0; part < kWord; part += kCell) {
    const uint64_t cell = uint64_t{0xffff} << part;
    int n = 0, left = 0;
    for (size_t r = 0; r < kCell; ++r) {
      n += std::popcount(differs[r] & cell);
      left += std::popcount(kept[r] & cell);
    }
    float& share = shares_[size_t(first + part / kCell)];
    if (n >= kTelling) share += (float(left <= n * kLeft) - share) / 4;
    if (share > kMostly) captions |= cell;
  }
  return captions;
}

}  // namespace motionheat
