// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Copies that go past the cache.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

void CopyPastCache(Rows<const uint8_t> from, Rows<uint8_t> to, Extent bytes) {
  const U8 d;
  const int lanes = int(hn::Lanes(d));
  for (int y = 0; y < bytes.height; ++y) {
    const uint8_t* const source = from[y];
    uint8_t* const target = to[y];
    // What is stored past the cache has to be aligned.
    const int unaligned = int(-reinterpret_cast<uintptr_t>(target) % uintptr_t(lanes));
    int x = HWY_MIN(unaligned, bytes.width);
    std::memcpy(target, source, size_t(x));
    for (; x + lanes <= bytes.width; x += lanes)
      hn::Stream(hn::LoadU(d, source + x), d, target + x);
    std::memcpy(target + x, source + x, size_t(bytes.width - x));
  }
  hwy::FlushStream();
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
