// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// What the others are built of.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// 64 bytes at most: BlendJob::kPeriod is three of the longest.
using U8 = hn::CappedTag<uint8_t, 64>;
// For what whole vectors leave of a row.
constexpr int kShort = 16;
using U8Short = hn::CappedTag<uint8_t, kShort>;
using U16 = hn::Repartition<uint16_t, U8>;
using F32 = hn::Repartition<float, U8>;

template <class D, class V>
HWY_INLINE bool AnySet(D d, V v) {
  return !hn::AllTrue(d, hn::Eq(v, hn::Zero(d)));
}

// The highest of 16-bit lanes.
template <class D>
HWY_INLINE uint16_t Highest(D d, hn::Vec<D> v) {
  const hn::Repartition<uint32_t, D> d32;
  const auto pairs = hn::BitCast(d32, v);
  const auto higher = hn::Max(hn::And(pairs, hn::Set(d32, 0xffff)), hn::ShiftRight<16>(pairs));
  return uint16_t(hn::GetLane(hn::MaxOfLanes(d32, higher)));
}

constexpr int kCacheLine = 64;

// Has memory brought into the second level of caches: the first one is full of what is at hand.
HWY_INLINE void AskFor(const uint8_t* line) {
  __builtin_prefetch(line, 0, 2);
}

// Whole vectors of `lanes` of `n` elements.
HWY_INLINE int WholeOf(int n, int lanes) {
  return n - n % lanes;
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
