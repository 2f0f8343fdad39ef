// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace motionheat {

/// An axis of a map in another length: which of its positions, `from` of them, each of `to`
/// positions stands for. A longer axis repeats positions; along a shorter one those fall together
/// whose centres are nearest to the same position.
class ResampledAxis {
 public:
  ResampledAxis(int from, int to) : starts_(size_t(to) + 1) {
    for (int i = 0; i <= to; ++i) {
      if (to >= from) {  // the nearest centre: floor((i + 1/2) * from / to)
        starts_[i] = int((int64_t{2} * i + 1) * from / (int64_t{2} * to));
      } else {  // the first j whose nearest centre is i: (j + 1/2) * to / from >= i
        starts_[i] = int((int64_t{2} * i * from - to + int64_t{2} * to - 1) / (int64_t{2} * to));
      }
    }
  }

  /// The first position that position `i` stands for, and the one after the last.
  int begin(int i) const { return starts_[i]; }
  int end(int i) const { return std::max(starts_[i] + 1, starts_[i + 1]); }
  int count(int i) const { return end(i) - begin(i); }

 private:
  std::vector<int> starts_;  // those of a position that is repeated are the same
};

/// The rounded mean of `n` counts.
inline uint64_t mean_count(uint64_t sum, uint64_t n) {
  return (sum + n / 2) / n;
}

}  // namespace motionheat
