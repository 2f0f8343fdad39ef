// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Means of blocks.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// Calls `work(x)` for vectors of columns from `x` on, a multiple of `step`, that cover the columns
// of a row before the one returned: all but a few. Reads across two lines of the cache take twice
// as long. So the second vector begins where a line does, and some columns of it are done twice, as
// are some of the last one. (Columns of more than a byte begin there if the row does.)
template <class Work>
HWY_INLINE int CoverColumns(const uint8_t* row, int width, int step, Work work) {
  const int lanes = int(hn::Lanes(U8()));
  if (width < lanes) return 0;
  const int to_line = int(-reinterpret_cast<uintptr_t>(row) % size_t(lanes)) / step * step;
  const int last = (width - lanes) / step * step;
  work(0);
  for (int x = to_line > 0 ? to_line : lanes; x < last; x += lanes) work(x);
  work(last);
  return last + lanes;
}

// The sums of the columns of bytes, of the even ones and of the odd ones; or, with `kPairs`, of
// each two together, of which there is an even number then, in place of the even ones.
template <bool kPairs>
HWY_INLINE void SumColumns(Rows<const uint8_t> bytes, Extent extent, uint16_t* even,
                           uint16_t* odd) {
  const U8 d;
  const U16 d16;
  int x = CoverColumns(bytes.data, extent.width, 2, [&](int at) {
    auto evens = hn::Zero(d16), odds = evens;
    for (int y = 0; y < extent.height; ++y) {
      AskFor(bytes[y + extent.height] + at);
      const auto pairs = hn::BitCast(d16, hn::LoadU(d, bytes[y] + at));
      evens = hn::Add(evens, hn::And(pairs, hn::Set(d16, 255)));
      odds = hn::Add(odds, hn::ShiftRight<8>(pairs));
    }
    hn::StoreU(kPairs ? hn::Add(evens, odds) : evens, d16, even + at / 2);
    if (!kPairs) hn::StoreU(odds, d16, odd + at / 2);
  });
  for (; x < extent.width; ++x) {
    unsigned sum = 0;
    for (int y = 0; y < extent.height; ++y) sum += bytes[y][x];
    if (x % 2 == 0)
      even[x / 2] = uint16_t(sum);
    else if (kPairs)
      even[x / 2] = uint16_t(even[x / 2] + sum);
    else
      odd[x / 2] = uint16_t(sum);
  }
}

// The sums of a sample, of each pixel or, with `kPairs`, of each two: from those of its even pixels
// and of its odd ones, `n` of each.
template <bool kPairs, class V>
HWY_INLINE void JoinPixels(U16 d, V even, V odd, uint16_t* sums, int i) {
  if constexpr (kPairs)
    hn::StoreU(hn::Add(even, odd), d, sums + i);
  else
    hn::StoreInterleaved2(even, odd, d, sums + 2 * i);
}

// From the sums of even and odd bytes those of the samples of pixels of `step` bytes, or of each
// two pixels. So many `bytes`; there is room for whole vectors. Of three bytes a pair of pixels has
// bytes 0, 2 and 4, of which 0 is the first sample of its first pixel, and 1, 3 and 5, of which 3
// is that of the second.
template <bool kPairs>
HWY_INLINE void SumSamples(const uint16_t* even, const uint16_t* odd, int step, int bytes,
                           const SamplePlaces& places, uint16_t* const* sums) {
  const U16 d;
  const int lanes = int(hn::Lanes(d));
  if (step == 3) {
    for (int i = 0; 6 * i < bytes; i += lanes) {
      hn::Vec<U16> byte0, byte1, byte2, byte3, byte4, byte5;
      hn::LoadInterleaved3(d, even + 3 * i, byte0, byte2, byte4);
      hn::LoadInterleaved3(d, odd + 3 * i, byte1, byte3, byte5);
      for (int s = 0; s < places.n; ++s) {
        if (places.offsets[s] == 0) JoinPixels<kPairs>(d, byte0, byte3, sums[s], i);
        if (places.offsets[s] == 1) JoinPixels<kPairs>(d, byte1, byte4, sums[s], i);
        if (places.offsets[s] == 2) JoinPixels<kPairs>(d, byte2, byte5, sums[s], i);
      }
    }
    return;
  }
  // Of two or four bytes a sample has all its bytes among the even or the odd ones.
  for (int s = 0; s < places.n; ++s) {
    const uint16_t* const from = places.offsets[s] % 2 ? odd : even;
    const bool second = places.offsets[s] / 2;
    for (int i = 0; 2 * step * i < bytes; i += lanes) {
      hn::Vec<U16> a, b, other;
      if (step == 1) {
        a = hn::LoadU(d, even + i), b = hn::LoadU(d, odd + i);
      } else if (step == 2) {
        hn::LoadInterleaved2(d, from + 2 * i, a, b);
      } else if (second) {
        hn::LoadInterleaved4(d, from + 4 * i, other, a, other, b);
      } else {
        hn::LoadInterleaved4(d, from + 4 * i, a, other, b, other);
      }
      JoinPixels<kPairs>(d, a, b, sums[s], i);
    }
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

// Means of square blocks of `kScale` (2, 4 or 8) columns, from the sums of each two of these. Sums
// grow wider in their places.
template <int kScale>
HWY_INLINE void StoreMeans(hn::Vec<U16> twos, uint8_t* means) {
  const U16 d16;
  const hn::Repartition<uint32_t, U8> d32;
  const hn::Repartition<uint64_t, U8> d64;
  if constexpr (kScale == 2) {
    const auto mean = hn::ShiftRight<2>(hn::Add(twos, hn::Set(d16, 2)));
    const hn::Rebind<uint8_t, U16> d_means;
    hn::StoreU(hn::DemoteTo(d_means, hn::BitCast(hn::RebindToSigned<U16>(), mean)), d_means, means);
    return;
  }
  const auto pairs16 = hn::BitCast(d32, twos);
  const auto fours = hn::Add(hn::And(pairs16, hn::Set(d32, 0xffff)), hn::ShiftRight<16>(pairs16));
  if constexpr (kScale == 4) {
    const hn::Rebind<uint8_t, decltype(d32)> d_means;
    const auto mean = hn::ShiftRight<4>(hn::Add(fours, hn::Set(d32, 8)));
    // Not truncated: Highway 1.0.3 picks other bytes with AVX3_DL.
    const hn::RebindToSigned<decltype(d32)> d32_signed;
    hn::StoreU(hn::DemoteTo(d_means, hn::BitCast(d32_signed, mean)), d_means, means);
    return;
  }
  const hn::Rebind<uint8_t, decltype(d64)> d_means;
  const auto pairs32 = hn::BitCast(d64, fours);
  const auto eights =
      hn::Add(hn::And(pairs32, hn::Set(d64, 0xffffffff)), hn::ShiftRight<32>(pairs32));
  const auto mean = hn::ShiftRight<6>(hn::Add(eights, hn::Set(d64, 32)));
  hn::StoreU(hn::TruncateTo(d_means, mean), d_means, means);
}

// Means of whole square blocks of pixels of `kStep` (1, 3 or 4) bytes: as many as vectors cover.
// The columns that they have.
template <int kScale, int kStep>
HWY_INLINE int ShrinkBlocks(Rows<const uint8_t> pixels, const SamplePlaces& places, int width,
                            uint8_t* const* means) {
  const U8 d;
  const U16 d16;
  const int lanes = int(hn::Lanes(d));
  return CoverColumns(pixels.data, width, kScale, [&](int x) {
    HWY_ALIGN uint16_t even[kStep * hn::MaxLanes(U16())], odd[kStep * hn::MaxLanes(U16())];
    for (int i = 0; i < kStep; ++i) {
      const Rows<const uint8_t> bytes = pixels.from(x * kStep + i * lanes);
      auto evens = hn::Zero(d16), odds = evens;
      for (int y = 0; y < kScale; ++y) {
        AskFor(bytes[y + kScale]);
        const auto pairs = hn::BitCast(d16, hn::LoadU(d, bytes[y]));
        evens = hn::Add(evens, hn::And(pairs, hn::Set(d16, 255)));
        odds = hn::Add(odds, hn::ShiftRight<8>(pairs));
      }
      hn::Store(evens, d16, even + i * lanes / 2);
      hn::Store(odds, d16, odd + i * lanes / 2);
    }
    if constexpr (kStep == 1) {
      StoreMeans<kScale>(hn::Add(hn::Load(d16, even), hn::Load(d16, odd)), means[0] + x / kScale);
      return;
    }
    // A sample of the first one of two pixels, and of the second one.
    const auto put = [&](int place, auto first, auto second) {
      for (int s = 0; s < places.n; ++s)
        if (places.offsets[s] == place)
          StoreMeans<kScale>(hn::Add(first, second), means[s] + x / kScale);
    };
    hn::Vec<U16> byte0, byte1, byte2, byte3, byte4, byte5, byte6, byte7;
    if constexpr (kStep == 3) {
      hn::LoadInterleaved3(d16, even, byte0, byte2, byte4);
      hn::LoadInterleaved3(d16, odd, byte1, byte3, byte5);
      put(0, byte0, byte3);
      put(1, byte1, byte4);
      put(2, byte2, byte5);
    }
    if constexpr (kStep == 4) {
      hn::LoadInterleaved4(d16, even, byte0, byte2, byte4, byte6);
      hn::LoadInterleaved4(d16, odd, byte1, byte3, byte5, byte7);
      put(0, byte0, byte4);
      put(1, byte1, byte5);
      put(2, byte2, byte6);
      put(3, byte3, byte7);
    }
  });
}

template <int kStep>
HWY_INLINE int ShrinkBlocks(Rows<const uint8_t> pixels, const SamplePlaces& places,
                            const Extent& extent, int scale, uint8_t* const* means) {
  if (extent.height != scale) return 0;
  if (scale == 2) return ShrinkBlocks<2, kStep>(pixels, places, extent.width, means);
  if (scale == 4) return ShrinkBlocks<4, kStep>(pixels, places, extent.width, means);
  if (scale == 8) return ShrinkBlocks<8, kStep>(pixels, places, extent.width, means);
  return 0;
}

void ShrinkU8(Rows<const uint8_t> pixels, const SamplePlaces& places, Extent extent, int scale,
              uint8_t* const* means) {
  // Sums of so many columns at a time stay in the first level of caches. Vectors may reach beyond
  // those of the last one, eight of them where they go by eight.
  constexpr int kColumns = 2048, kBeyond = 8 * int(hn::MaxLanes(U16()));
  HWY_ALIGN uint16_t even[2 * kColumns + kBeyond], odd[2 * kColumns + kBeyond];
  HWY_ALIGN uint16_t sums[3][kColumns + kBeyond];
  uint16_t* const sums_of[] = {sums[0], sums[1], sums[2]};
  const int cells = kColumns / scale;
  int first = 0;
  if (places.step == 1) first = ShrinkBlocks<1>(pixels, places, extent, scale, means);
  if (places.step == 3) first = ShrinkBlocks<3>(pixels, places, extent, scale, means);
  if (places.step == 4) first = ShrinkBlocks<4>(pixels, places, extent, scale, means);
  for (int x = first, cell = x / scale; x < extent.width; x += cells * scale, cell += cells) {
    const Extent part{HWY_MIN(cells * scale, extent.width - x), extent.height};
    const Rows<const uint8_t> bytes = pixels.from(ptrdiff_t{x} * places.step);
    const bool by_pairs = scale % 2 == 0 && part.width % 2 == 0;
    const int n_bytes = part.width * places.step;
    if (by_pairs && places.step == 1) {
      SumColumns<true>(bytes, part, sums[0], nullptr);
    } else {
      SumColumns<false>(bytes, {n_bytes, part.height}, even, odd);
      (by_pairs ? SumSamples<true> : SumSamples<false>)(even, odd, places.step, n_bytes, places,
                                                        sums_of);
    }
    for (int i = 0; i < places.n; ++i)
      MeansOf(sums[i], by_pairs ? 2 : 1, part, scale, means[i] + cell);
  }
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
