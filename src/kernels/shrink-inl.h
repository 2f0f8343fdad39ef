// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Means of blocks.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// The sums of each column of bytes or, with `kPairs`, of each two columns, of which there is an
// even number then.
template <bool kPairs>
HWY_INLINE void SumColumns(Rows<const uint8_t> bytes, Extent extent, uint16_t* sums) {
  const U8 d;
  const hn::Half<U8> d_half;
  const U16 d16;
  const int lanes = int(hn::Lanes(d));
  const int whole = WholeOf(extent.width, lanes);
  for (int x = 0; x < whole; x += lanes) {
    auto first = hn::Zero(d16), second = first;
    for (int y = 0; y < extent.height; ++y) {
      const auto row = hn::LoadU(d, bytes[y] + x);
      if constexpr (kPairs) {
        const auto pairs = hn::BitCast(d16, row);
        first = hn::Add(first, hn::And(pairs, hn::Set(d16, 255)));
        second = hn::Add(second, hn::ShiftRight<8>(pairs));
      } else {
        first = hn::Add(first, hn::PromoteTo(d16, hn::LowerHalf(d_half, row)));
        second = hn::Add(second, hn::PromoteTo(d16, hn::UpperHalf(d_half, row)));
      }
    }
    if constexpr (kPairs) {
      hn::StoreU(hn::Add(first, second), d16, sums + x / 2);
    } else {
      hn::StoreU(first, d16, sums + x);
      hn::StoreU(second, d16, sums + x + lanes / 2);
    }
  }
  constexpr int kColumns = kPairs ? 2 : 1;
  for (int x = whole; x < extent.width; x += kColumns) {
    unsigned sum = 0;
    for (int y = 0; y < extent.height; ++y) sum += bytes[y][x] + (kPairs ? bytes[y][x + 1] : 0);
    sums[x / kColumns] = uint16_t(sum);
  }
}

// Value `offset` of each `step` (2, 3 or 4), `n` in all. There is room for whole vectors.
HWY_INLINE void PickValues(const uint16_t* values, int step, int offset, int n, uint16_t* picked) {
  const U16 d;
  for (int i = 0; i < n; i += int(hn::Lanes(d)), values += step * hn::Lanes(d)) {
    hn::Vec<U16> v0, v1, v2 = hn::Zero(d), v3 = v2;
    if (step == 2)
      hn::LoadInterleaved2(d, values, v0, v1);
    else if (step == 3)
      hn::LoadInterleaved3(d, values, v0, v1, v2);
    else
      hn::LoadInterleaved4(d, values, v0, v1, v2, v3);
    hn::StoreU(offset == 0 ? v0 : offset == 1 ? v1 : offset == 2 ? v2 : v3, d, picked + i);
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

// Means of `n` samples each from their sums, halves rounded up. Where n is no power of two by the
// inverse of n in float32 times sum + n / 2 and a little more: a quarter where n is odd, or else a
// half. No multiple of n is nearer to that than a quarter, and float32 is off by far less.
HWY_INLINE void Divide(const uint16_t* sums, int cells, int n, uint8_t* means) {
  const U16 d;
  const hn::Half<U16> d_half;
  const hn::Rebind<float, decltype(d_half)> d_float;
  const hn::Rebind<int32_t, decltype(d_half)> d32;
  const hn::Rebind<uint8_t, U16> d8;
  const hn::Rebind<uint8_t, decltype(d_half)> d8_half;
  const int lanes = int(hn::Lanes(d));
  const bool is_power = (n & (n - 1)) == 0;
  const int bits = is_power ? int(hwy::Num0BitsBelowLS1Bit_Nonzero32(uint32_t(n))) : 0;
  const auto half_up = hn::Set(d, uint16_t(n / 2));
  const auto half = hn::Set(d_float, float(n) / 2 + (n % 2 ? 0.25f : 0.5f));
  const auto inverse = hn::Set(d_float, 1.0f / float(n));
  const auto quotients = [&](const uint16_t* from) {
    const auto sum = hn::ConvertTo(d_float, hn::PromoteTo(d32, hn::LoadU(d_half, from)));
    return hn::DemoteTo(d8_half, hn::ConvertTo(d32, hn::Mul(hn::Add(sum, half), inverse)));
  };
  HWY_ALIGN uint8_t last[hn::MaxLanes(U8())];
  for (int i = 0; i < cells; i += lanes) {
    uint8_t* const to = i + lanes <= cells ? means + i : last;
    if (is_power) {
      const auto mean = hn::ShiftRightSame(hn::Add(hn::LoadU(d, sums + i), half_up), bits);
      hn::StoreU(hn::DemoteTo(d8, hn::BitCast(hn::RebindToSigned<U16>(), mean)), d8, to);
    } else {
      hn::StoreU(quotients(sums + i), d8_half, to);
      hn::StoreU(quotients(sums + i + lanes / 2), d8_half, to + lanes / 2);
    }
    if (to == last) std::copy_n(last, cells - i, means + i);
  }
}

// From the sums of the columns of a sample, or of each `columns` of them.
HWY_INLINE void MeansOf(uint16_t* sums, int columns, Extent extent, int scale, uint8_t* means) {
  const int cells = extent.width / scale, rest = extent.width % scale;
  unsigned last = 0;
  for (int i = (extent.width - rest) / columns; i < extent.width / columns; ++i) last += sums[i];
  SumGroups(sums, cells, scale / columns);
  Divide(sums, cells, scale * extent.height, means);
  const unsigned n = unsigned(rest * extent.height);
  if (rest > 0) means[cells] = uint8_t((2 * last + n) / (2 * n));
}

static_assert(255 * kMaxScale * kMaxScale <= 65535);

void ShrinkU8(Rows<const uint8_t> pixels, const SamplePlaces& places, Extent extent, int scale,
              uint8_t* const* means) {
  // Sums of so many columns at a time stay in the first level of caches. Vectors may read on beyond
  // those of the last one, four of them where they go by four.
  constexpr int kColumns = 1024, kBeyond = 4 * int(hn::MaxLanes(U16()));
  HWY_ALIGN uint16_t sums[4 * kColumns + kBeyond];
  HWY_ALIGN uint16_t picked[kColumns + kBeyond];
  const int step = places.step;
  const int cells = kColumns / scale;
  for (int x = 0, cell = 0; x < extent.width; x += cells * scale, cell += cells) {
    const Extent part{HWY_MIN(cells * scale, extent.width - x), extent.height};
    const Rows<const uint8_t> bytes = pixels.from(ptrdiff_t{x} * step);
    if (step == 1 && scale % 2 == 0 && part.width % 2 == 0) {
      SumColumns<true>(bytes, part, sums);
      MeansOf(sums, 2, part, scale, means[0] + cell);
      continue;
    }
    SumColumns<false>(bytes, {part.width * step, part.height}, sums);
    for (int i = 0; i < places.n; ++i) {
      if (step > 1) PickValues(sums, step, places.offsets[i], part.width, picked);
      MeansOf(step > 1 ? picked : sums, 1, part, scale, means[i] + cell);
    }
  }
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
