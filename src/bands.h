// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <atomic>
#include <opencv2/core/utility.hpp>
#include <vector>

#include "aligned.h"
#include "tile_grid.h"

namespace motionheat {

/// Work on a picture band by band, in several threads where it is large enough.
class Bands {
 public:
  Bands() = default;
  /// Whose threads have room for the motion mask of a band of this grid.
  explicit Bands(const TileGrid& grid)
      : mask_stride_(ptrdiff_t{grid.columns()} * TileGrid::kMaskBytes) {}

  /// 0 = one per core.
  void set_threads(int threads) { threads_ = threads; }

  /// Calls `work(band, mask)` for every band of `grid`; the mask is the thread's own memory. Who is
  /// done takes the next band: motion makes some dearer than others. Throws std::bad_alloc, before
  /// any work, where more threads are wanted than before.
  template <typename Work>
  void for_each(const TileGrid& grid, const Work& work);

  /// Bytes it holds.
  size_t memory() const { return masks_.size() * mask_bytes(); }

 private:
  // Fewer bands are not worth waking a thread for.
  static constexpr int kMinBands = (200 + TileGrid::kBandHeight - 1) / TileGrid::kBandHeight;

  void reserve(int threads);
  size_t mask_bytes() const { return size_t(mask_stride_) * TileGrid::kBandHeight; }

  int threads_ = 1;
  ptrdiff_t mask_stride_ = 0;
  std::vector<AlignedArray<uint8_t>> masks_;  // of each thread
};

template <typename Work>
void Bands::for_each(const TileGrid& grid, const Work& work) {
  const int wanted = threads_ > 0 ? threads_ : cv::getNumberOfCPUs();
  const int n = std::clamp(grid.bands() / kMinBands, 1, wanted);
  reserve(n);
  std::atomic<int> next = 0;
  const auto take_bands = [&](int thread) {
    for (int band = next++; band < grid.bands(); band = next++) work(band, masks_[thread].get());
  };
  if (n == 1) {
    take_bands(0);
    return;
  }
  const auto run = [&](const cv::Range& threads) {
    for (int thread = threads.start; thread < threads.end; ++thread) take_bands(thread);
  };
  cv::parallel_for_(cv::Range(0, n), run, n);
}

inline void Bands::reserve(int threads) {
  if (int(masks_.size()) >= threads) return;
  std::vector<AlignedArray<uint8_t>> masks(threads);
  for (auto& mask : masks) {
    mask = make_aligned<uint8_t>(mask_bytes());
    std::fill_n(mask.get(), mask_bytes(), 0);
  }
  masks_ = std::move(masks);
}

}  // namespace motionheat
