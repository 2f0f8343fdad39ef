// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "frame_view.h"

namespace motionheat {

/// Why compressed counts are not what they were.
class DamagedCounts : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A stream of zlib with the lowest byte of all counts, then the next one, and so on for `n_bytes`:
/// bytes that are alike lie together. Throws std::bad_alloc.
std::vector<uint8_t> compress_counts(const std::vector<uint64_t>& counts, int n_bytes);

/// The counts of a map of this size, row by row, in the size `to`, which is no larger either way:
/// those that fall together there as their mean. Takes no more memory than that. Throws
/// DamagedCounts and std::bad_alloc.
std::vector<uint64_t> decompress_counts(std::span<const uint8_t> compressed, Size size, Size to,
                                        int n_bytes);

}  // namespace motionheat
