// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/mman.h>

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
  std::align_val_t alignment{kAlignment};
  void operator()(void* data) const { ::operator delete(data, alignment); }
};

template <typename T>
using AlignedArray = std::unique_ptr<T[], AlignedDelete>;

/// `n` elements of a plain type, not initialised. Throws std::bad_alloc.
///
/// Planes that about fill huge pages get them where the system has some: a frame walks through
/// several planes at once, and the walks through page tables cost as much as the memory itself.
template <typename T>
AlignedArray<T> make_aligned(size_t n) {
  constexpr size_t kHugePage = size_t{1} << 21;
  if (n > (std::numeric_limits<size_t>::max() - kHugePage) / sizeof(T)) throw std::bad_alloc();
  size_t bytes = n * sizeof(T);
  if (bytes < kHugePage / 4 * 3)
    return AlignedArray<T>(static_cast<T*>(::operator new (bytes, std::align_val_t{kAlignment})),
                           AlignedDelete{});
  bytes = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* data = ::operator new (bytes, std::align_val_t{kHugePage});
#ifdef MADV_HUGEPAGE
  madvise(data, bytes, MADV_HUGEPAGE);  // advice: whether it is taken does not matter
#endif
  return AlignedArray<T>(static_cast<T*>(data), AlignedDelete{std::align_val_t{kHugePage}});
}

}  // namespace motionheat
