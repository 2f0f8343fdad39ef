// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#if __has_include(<mm_malloc.h>)  // the compiler's own, declares one in its way: not after ours
#include <mm_malloc.h>
#endif

// Counts what a test program and its libraries allocate, and may have one request fail, by standing
// in for the C library's functions, which C++'s and GLib's rest on. To be included by one file of a
// program.

#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

/// The sanitizers' allocators stand in the same place.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !HAS_FEATURE(address_sanitizer)
#define COUNTS_ALLOCATIONS 1
#else
#define COUNTS_ALLOCATIONS 0
#endif

/// How often memory was asked for, by any thread.
inline std::atomic<size_t> allocations;

/// How many requests there are to the one that fails; 0: none does.
inline std::atomic<size_t> allocations_to_failure;

/// Has the n-th request from now on fail, or none; true if the one of the last call did.
inline bool fail_allocation(size_t n) {
  static size_t last = 0;
  const bool failed = allocations_to_failure.exchange(n) == 0 && last > 0;
  last = n;
  return failed;
}

/// Whether a request gets what it asks for.
inline bool count_allocation() {
  ++allocations;
  size_t left = allocations_to_failure;
  while (left > 0 && !allocations_to_failure.compare_exchange_weak(left, left - 1)) continue;
  return left != 1;
}

#if COUNTS_ALLOCATIONS
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t n, size_t size);
void* __libc_realloc(void* data, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) noexcept {
  if (!count_allocation()) return nullptr;
  return __libc_malloc(size);
}
void* calloc(size_t n, size_t size) noexcept {
  if (!count_allocation()) return nullptr;
  return __libc_calloc(n, size);
}
void* realloc(void* data, size_t size) noexcept {
  if (!count_allocation()) return nullptr;
  return __libc_realloc(data, size);
}
void* memalign(size_t alignment, size_t size) noexcept {
  if (!count_allocation()) return nullptr;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return memalign(alignment, size);
}
int posix_memalign(void** data, size_t alignment, size_t size) noexcept {
  *data = memalign(alignment, size);
  return *data ? 0 : ENOMEM;
}
}
#endif
