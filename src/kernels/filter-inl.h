// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Values between pixels.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// From `x` on all columns that fill whole vectors of 16-bit lanes; where they end. Columns are
// narrow where a picture turns, so the weights stay in registers from row to row.
template <class D>
HWY_INLINE int Filter(D d, const TapRows& taps, ptrdiff_t stride, const TapWeights& weights, int x,
                      Rows<uint8_t> sums, Extent extent) {
  static_assert(kTaps == 6);
  const hn::Rebind<uint8_t, D> narrow;
  const int lanes = int(hn::Lanes(d));
  const auto w0 = hn::Set(d, weights[0]), w1 = hn::Set(d, weights[1]), w2 = hn::Set(d, weights[2]);
  const auto w3 = hn::Set(d, weights[3]), w4 = hn::Set(d, weights[4]), w5 = hn::Set(d, weights[5]);
  const auto half = hn::Set(d, 1 << (kTapBits - 1));
  for (; x + lanes <= extent.width; x += lanes) {
    for (int y = 0; y < extent.height; ++y) {
      const ptrdiff_t at = stride * y + x;
      const auto product = [&](int tap, auto weight) HWY_ATTR {
        return hn::Mul(hn::PromoteTo(d, hn::LoadU(narrow, taps[tap] + at)), weight);
      };
      auto sum = hn::Add(hn::Add(half, product(0, w0)), product(1, w1));
      sum = hn::Add(hn::Add(sum, product(2, w2)), product(3, w3));
      sum = hn::Add(hn::Add(sum, product(4, w4)), product(5, w5));
      hn::StoreU(hn::DemoteTo(narrow, hn::ShiftRight<kTapBits>(sum)), narrow, sums[y] + x);
    }
  }
  return x;
}

void FilterU8(const TapRows& taps, ptrdiff_t stride, const TapWeights& weights, Rows<uint8_t> sums,
              Extent extent) {
  const TapRows local = taps;  // so that no store can change it
  int x = Filter(hn::Repartition<int16_t, U8>(), local, stride, weights, 0, sums, extent);
  x = Filter(hn::CappedTag<int16_t, kShort / 2>(), local, stride, weights, x, sums, extent);
  if (x == extent.width) return;
  TapRows rest = taps;
  for (const uint8_t*& tap : rest) tap += x;
  scalar.filter_u8(rest, stride, weights, sums.from(x), {extent.width - x, extent.height});
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
