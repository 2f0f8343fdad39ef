// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Running means.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// All that fill whole vectors; how many that were.
template <typename Sample>
HWY_INLINE int RunningMean(const uint8_t* samples, float* means, uint8_t* shown, int n,
                           float weight) {
  const F32 d;
  const hn::Rebind<int32_t, F32> d32;
  const hn::Rebind<Sample, F32> narrow;
  const auto w = hn::Set(d, weight);
  const int whole = WholeOf(n, int(hn::Lanes(d)));
  for (int x = 0; x < whole; x += int(hn::Lanes(d))) {
    const auto in = hn::LoadU(narrow, reinterpret_cast<const Sample*>(samples) + x);
    const auto now = hn::ConvertTo(d, hn::PromoteTo(d32, in));
    const auto before = hn::LoadU(d, means + x);
    // Not fused: the scalar twin rounds the product, too.
    const auto mean = hn::Add(before, hn::Mul(hn::Sub(now, before), w));
    hn::StoreU(mean, d, means + x);
    hn::StoreU(hn::DemoteTo(narrow, hn::NearestInt(mean)), narrow,
               reinterpret_cast<Sample*>(shown) + x);
  }
  return whole;
}

void RunningMeanU8(const uint8_t* samples, float* means, uint8_t* shown, int n, float weight) {
  const int x = RunningMean<uint8_t>(samples, means, shown, n, weight);
  scalar.running_mean_u8(samples + x, means + x, shown + x, n - x, weight);
}

void RunningMeanU16(const uint8_t* samples, float* means, uint8_t* shown, int n, float weight) {
  const int x = RunningMean<uint16_t>(samples, means, shown, n, weight);
  scalar.running_mean_u16(samples + 2 * x, means + x, shown + 2 * x, n - x, weight);
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
