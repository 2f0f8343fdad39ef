// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Means of blocks.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// A vector of the samples that pixels of `kStep` bytes have at `offset`.
template <int kStep>
HWY_INLINE hn::Vec<U8> LoadSamples(const uint8_t* pixels, int offset) {
  const U8 d;
  if constexpr (kStep == 1) {
    return hn::LoadU(d, pixels);
  } else if constexpr (kStep == 3) {
    hn::Vec<U8> first, second, third;
    hn::LoadInterleaved3(d, pixels, first, second, third);
    return offset == 0 ? first : offset == 1 ? second : third;
  } else {
    const std::conditional_t<kStep == 2, U16, hn::Repartition<uint32_t, U8> > d_pixel;
    // Those asked for in the lowest byte of each pixel.
    const auto load = [&](int i) {
      const auto packed = hn::BitCast(d_pixel, hn::LoadU(d, pixels + i * hn::Lanes(d)));
      return hn::BitCast(d, hn::ShiftRightSame(packed, 8 * offset));
    };
    const auto first = hn::ConcatEven(d, load(1), load(0));
    if constexpr (kStep == 2)
      return first;
    else
      return hn::ConcatEven(d, hn::ConcatEven(d, load(3), load(2)), first);
  }
}

// The sums of each column of samples.
template <int kStep>
HWY_INLINE void SumColumns(Rows<const uint8_t> pixels, int offset, Extent extent, uint16_t* sums) {
  const U8 d;
  const hn::Half<U8> d_half;
  const U16 d16;
  const int lanes = int(hn::Lanes(d));
  const int whole = WholeOf(extent.width, lanes);
  for (int x = 0; x < whole; x += lanes) {
    auto lower = hn::Zero(d16), upper = lower;
    for (int y = 0; y < extent.height; ++y) {
      const auto samples = LoadSamples<kStep>(pixels[y] + ptrdiff_t{x} * kStep, offset);
      lower = hn::Add(lower, hn::PromoteTo(d16, hn::LowerHalf(d_half, samples)));
      upper = hn::Add(upper, hn::PromoteTo(d16, hn::UpperHalf(d_half, samples)));
    }
    hn::StoreU(lower, d16, sums + x);
    hn::StoreU(upper, d16, sums + x + lanes / 2);
  }
  for (int x = whole; x < extent.width; ++x) {
    sums[x] = 0;
    for (int y = 0; y < extent.height; ++y)
      sums[x] = uint16_t(sums[x] + pixels[y][ptrdiff_t{x} * kStep + offset]);
  }
}

// The sums of each `scale` values in turn, which take the place of the first ones. There is room
// for whole vectors of values.
HWY_INLINE void SumGroups(uint16_t* values, int sums, int scale) {
  const U16 d;
  const int lanes = int(hn::Lanes(d));
  for (; scale % 2 == 0; scale /= 2) {
    for (int i = 0; i < sums * scale / 2; i += lanes) {
      hn::Vec<U16> first, second;
      hn::LoadInterleaved2(d, values + 2 * i, first, second);
      hn::StoreU(hn::Add(first, second), d, values + i);
    }
  }
  for (; scale % 3 == 0; scale /= 3) {
    for (int i = 0; i < sums * scale / 3; i += lanes) {
      hn::Vec<U16> first, second, third;
      hn::LoadInterleaved3(d, values + 3 * i, first, second, third);
      hn::StoreU(hn::Add(hn::Add(first, second), third), d, values + i);
    }
  }
  for (int i = 0; scale > 1 && i < sums; ++i) {
    unsigned sum = 0;
    for (int j = 0; j < scale; ++j) sum += values[i * scale + j];
    values[i] = uint16_t(sum);
  }
}

// sum / n with halves rounded up. The float32 product is less than half of 1 / n off the exact
// quotient of 2 sum + n + 1 and 2 n, which is no less than that from whole numbers.
HWY_INLINE void Divide(const uint16_t* sums, int cells, int n, uint8_t* means) {
  const F32 d;
  const hn::Rebind<uint16_t, F32> d16;
  const hn::RebindToSigned<hn::RebindToUnsigned<F32> > d32;
  const hn::Rebind<uint8_t, F32> d8;
  const auto half = hn::Set(d, float(n) / 2 + (n % 2 ? 0.25f : 0.5f));
  const auto inverse = hn::Set(d, 1.0f / float(n));
  const int lanes = int(hn::Lanes(d));
  HWY_ALIGN uint8_t last[hn::MaxLanes(U8())];
  for (int i = 0; i < cells; i += lanes) {
    const auto sum = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d16, sums + i)));
    const auto mean = hn::DemoteTo(d8, hn::ConvertTo(d32, hn::Mul(hn::Add(sum, half), inverse)));
    if (i + lanes <= cells) {
      hn::StoreU(mean, d8, means + i);
    } else {
      hn::StoreU(mean, d8, last);
      std::copy_n(last, cells - i, means + i);
    }
  }
}

template <int kStep>
void ShrinkOf(Rows<const uint8_t> pixels, int offset, Extent extent, int scale, uint8_t* means) {
  // Sums of so many cells at a time stay in the first level of caches. Vectors may read on beyond
  // those of the last cell, three of them where they go by three.
  constexpr int kCells = 64;
  HWY_ALIGN uint16_t sums[kCells * kMaxScale + 3 * hn::MaxLanes(U16())] = {};
  for (int x = 0; x < extent.width; x += kCells * scale, means += kCells) {
    const int width = HWY_MIN(kCells * scale, extent.width - x);
    const int cells = width / scale, rest = width % scale;
    SumColumns<kStep>(pixels.from(ptrdiff_t{x} * kStep), offset, {width, extent.height}, sums);
    unsigned last = 0;
    for (int i = width - rest; i < width; ++i) last += sums[i];
    SumGroups(sums, cells, scale);
    Divide(sums, cells, scale * extent.height, means);
    const unsigned n = unsigned(rest * extent.height);
    if (rest > 0) means[cells] = uint8_t((2 * last + n) / (2 * n));
  }
}

void ShrinkU8(Rows<const uint8_t> pixels, SamplePlace place, Extent extent, int scale,
              uint8_t* means) {
  constexpr decltype(&ShrinkOf<1>) kOf[] = {ShrinkOf<1>, ShrinkOf<2>, ShrinkOf<3>, ShrinkOf<4>};
  kOf[place.step - 1](pixels, place.offset, extent, scale, means);
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
