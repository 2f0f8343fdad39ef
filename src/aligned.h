// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>

namespace motionheat {

/// Bytes of a cache line, and of the longest vectors: what rows that kernels run over begin at.
inline constexpr size_t kAlignment = 64;

/// `bytes` rounded up to whole lines: the stride of rows that all begin at one.
constexpr size_t aligned_stride(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

struct AlignedDelete {
  void operator()(void* data) const { ::operator delete (data, std::align_val_t{kAlignment}); }
};

template <typename T>
using AlignedArray = std::unique_ptr<T[], AlignedDelete>;

/// `n` elements of a plain type, not initialised. Throws std::bad_alloc.
template <typename T>
AlignedArray<T> make_aligned(size_t n) {
  if (n > std::numeric_limits<size_t>::max() / sizeof(T)) throw std::bad_alloc();
  return AlignedArray<T>(
      static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{kAlignment})));
}

}  // namespace motionheat
