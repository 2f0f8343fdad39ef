// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Values between pixels.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// From `x` on all that fill whole vectors of 16-bit lanes; where they end.
template <class D>
HWY_INLINE int Filter(D d, const TapRows& rows, const TapWeights& weights, int x, int n,
                      uint8_t* sums) {
  const hn::Rebind<uint8_t, D> narrow;
  const int lanes = int(hn::Lanes(d));
  for (; x + lanes <= n; x += lanes) {
    auto sum = hn::Set(d, 1 << (kTapBits - 1));
    for (int tap = 0; tap < kTaps; ++tap) {
      const auto value = hn::PromoteTo(d, hn::LoadU(narrow, rows[tap] + x));
      sum = hn::Add(sum, hn::Mul(value, hn::Set(d, weights[tap])));
    }
    hn::StoreU(hn::DemoteTo(narrow, hn::ShiftRight<kTapBits>(sum)), narrow, sums + x);
  }
  return x;
}

void FilterU8(const TapRows& rows, const TapWeights& weights, int n, uint8_t* sums) {
  int x = Filter(hn::Repartition<int16_t, U8>(), rows, weights, 0, n, sums);
  x = Filter(hn::CappedTag<int16_t, kShort / 2>(), rows, weights, x, n, sums);
  if (x == n) return;
  TapRows rest = rows;
  for (const uint8_t*& row : rest) row += x;
  scalar.filter_u8(rest, weights, n - x, sums + x);
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
