// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace tool {

/// By how much containers round times, in nanoseconds: Matroska has milliseconds.
inline constexpr uint64_t kTimeRounding = 1'000'000;

/// A stretch of stream time in nanoseconds; what begins in it belongs to it.
struct Span {
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;

  bool operator==(const Span&) const = default;
  bool is_cut() const { return begin > 0; }
};

}  // namespace tool
