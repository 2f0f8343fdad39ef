// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Counting, and the index of a count.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// Calls `row(chunk, bits)` for each row of a chunk in which any pixel moved, and `vector(i, mask)`
// for each vector of its pixels, of which the first is pixel i.
template <class D, class Row, class Vector>
HWY_INLINE void EachMoved(D d, Rows<const uint8_t> moved, int rows, int chunks, Row row,
                          Vector vector) {
  const int lanes = int(hn::Lanes(d));
  for (int chunk = 0; chunk < chunks; ++chunk) {
    for (int y = 0; y < rows; ++y) {
      uint32_t bits;
      static_assert(kChunkWidth == 8 * sizeof bits);
      std::memcpy(&bits, moved[y] + chunk * sizeof bits, sizeof bits);
      if (!bits) continue;
      row(chunk, bits);
      for (int x = 0; x < kChunkWidth; x += lanes, bits >>= lanes % kChunkWidth) {
        HWY_ALIGN uint8_t lane_bits[8] = {};  // as many as LoadMaskBits may read
        std::memcpy(lane_bits, &bits, sizeof bits);
        vector(chunk * kChunkPixels + y * kChunkWidth + x, hn::LoadMaskBits(d, lane_bits));
      }
    }
  }
}

Accumulated Accumulate(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low,
                       uint16_t increment, uint8_t* flags) {
  const hn::CappedTag<uint16_t, kChunkWidth> d;
  const auto event = hn::Set(d, increment);
  auto max = hn::Zero(d);
  size_t count = 0;
  EachMoved(
      d, moved, rows, chunks,
      [&](int chunk, uint32_t bits) {
        flags[chunk] = true;
        count += hwy::PopCount(bits);
      },
      [&](int i, auto mask) {
        const auto sum = hn::Add(hn::LoadU(d, low + i), hn::IfThenElseZero(mask, event));
        max = hn::Max(max, sum);
        hn::StoreU(sum, d, low + i);
      });
  return {.moved = uint32_t(count), .max = Highest(d, max)};
}

uint64_t Carry(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low, uint32_t* high,
               uint16_t increment) {
  const hn::CappedTag<uint32_t, kChunkWidth> d;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const auto added = hn::Set(d, increment);
  auto max = hn::Zero(d), max_high = max;
  EachMoved(
      d, moved, rows, chunks, [](int, uint32_t) {},
      [&](int i, auto mask) {
        const auto lower = hn::PromoteTo(d, hn::LoadU(d16, low + i));
        const auto wrapped = hn::And(mask, hn::Lt(lower, added));
        const auto upper = hn::Sub(hn::LoadU(d, high + i), hn::VecFromMask(d, wrapped));
        hn::StoreU(upper, d, high + i);
        max_high = hn::Max(max_high, upper);
        max = hn::Max(max, hn::Or(hn::ShiftLeft<16>(upper), lower));
      });
  if (!AnySet(d, hn::ShiftRight<16>(max_high))) return hn::GetLane(hn::MaxOfLanes(d, max));
  // Few counts ever take more than 32 bits. An increment of 0 carries nothing more.
  return scalar.carry(moved, rows, chunks, low, high, 0);
}

// The rounded quotient of two numbers that the type holds; the inverse is that of the divisor,
// rounded. With a fused residual one correction rounds as division does (Markstein 1990), in a
// quarter of its time.
template <class V>
HWY_INLINE V Quotient(V count, V divisor, V inverse) {
#if HWY_NATIVE_FMA
  const auto estimate = hn::Mul(count, inverse);
  return hn::MulAdd(hn::NegMulAdd(estimate, divisor, count), inverse, estimate);
#else
  (void)inverse;
  return hn::Div(count, divisor);
#endif
}

// Quotients on a curve, as `on_curve` has them.
template <class D>
HWY_INLINE hn::Vec<D> OnCurve(D d, hn::Vec<D> quotient, Curve curve) {
  const auto top = hn::Set(d, 255.0f);
  if (curve == Curve::kLinear) return hn::Mul(quotient, top);
  if (curve == Curve::kSqrt) return hn::Mul(hn::Sqrt(quotient), top);
  const hn::RebindToSigned<D> d32;
  const auto one = hn::Set(d, 1.0f);
  const auto bits = hn::BitCast(d32, hn::Add(one, hn::Mul(top, quotient)));
  const auto mantissa = hn::Or(hn::And(bits, hn::Set(d32, 0x7fffff)), hn::BitCast(d32, one));
  const auto t = hn::Sub(hn::BitCast(d, mantissa), one);
  const auto whole = hn::Sub(hn::ConvertTo(d, hn::ShiftRight<23>(bits)), hn::Set(d, 127.0f));
  auto log2 = hn::Set(d, kLog2.back());
  for (size_t i = kLog2.size() - 1; i-- > 0;)
    log2 = hn::Add(hn::Mul(log2, t), hn::Set(d, kLog2[i]));
  return hn::Mul(hn::Add(hn::Mul(log2, t), whole), hn::Set(d, 255.0f / 8));
}

// The index of each quotient, count / full, in the lower half of 32 bits; what is in the upper half
// is of no meaning. `least` gets no higher than what any but 0 is exceeded by.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D> > IndexBits(D d, hn::Vec<D> quotient, Curve curve,
                                                       hn::Vec<D>& least) {
  const auto far_above = hn::Set(d, kFarAbove);
  const auto exact = OnCurve(d, quotient, curve);
  const auto index = hn::Trunc(hn::Min(exact, hn::Set(d, 255.0f)));
  const auto unless_zero = hn::NegMulAdd(index, far_above, far_above);
  least = hn::Min(least, hn::Max(hn::Sub(exact, index), unless_zero));
  // Added to 2^23 an integer stands in the lowest bits.
  return hn::BitCast(hn::RebindToUnsigned<D>(), hn::Add(index, hn::Set(d, 0x1p23f)));
}

// The indices of two vectors of quotients, one of each in 32 bits.
template <class D>
HWY_INLINE hn::Vec<hn::Repartition<uint16_t, D> > IndexPairs(D d, hn::Vec<D> first,
                                                             hn::Vec<D> second, Curve curve,
                                                             hn::Vec<D>& least) {
  const hn::RebindToUnsigned<D> d32;
  const auto lower = hn::And(IndexBits(d, first, curve, least), hn::Set(d32, 0xffff));
  const auto upper = hn::ShiftLeft<16>(IndexBits(d, second, curve, least));
  return hn::BitCast(hn::Repartition<uint16_t, D>(), hn::Or(lower, upper));
}

// Brings the flagged chunks up to date, as `Kernels::index_u16` says. `indices_at(i)` gives the
// indices of pixels from i on in 16 bits each, then `valid_of(highest)` up to what they are valid.
template <class D16, class IndicesAt, class ValidOf>
HWY_INLINE bool IndexFlagged(D16 d16, uint8_t* index, int chunks, uint8_t* flags, float* valid,
                             IndicesAt indices_at, ValidOf valid_of) {
  const hn::Rebind<int16_t, D16> d16_signed;
  const hn::Rebind<uint8_t, D16> d8;
  const int lanes = int(hn::Lanes(d16));
  bool any = false;
  for (int chunk = 0; chunk < chunks; ++chunk) {
    if (!flags[chunk]) continue;
    auto difference = hn::Zero(d8);
    auto hottest = hn::Zero(d16);
    for (int i = chunk * kChunkPixels; i < (chunk + 1) * kChunkPixels; i += lanes) {
      const auto indices = indices_at(i);
      const auto bytes = hn::DemoteTo(d8, hn::BitCast(d16_signed, indices));
      difference = hn::Or(difference, hn::Xor(bytes, hn::LoadU(d8, index + i)));
      hottest = hn::Max(hottest, indices);
      hn::StoreU(bytes, d8, index + i);
    }
    valid[chunk] = valid_of(Highest(d16, hottest));
    flags[chunk] = AnySet(d8, difference);
    any |= flags[chunk];
  }
  return any;
}

// The same by quotients: `pairs_at(i, least)` gives indices as IndexPairs does.
template <class D, class PairsAt>
HWY_INLINE bool IndexQuotients(D d, uint8_t* index, int chunks, double full, Curve curve,
                               uint8_t* flags, float* valid, PairsAt pairs_at) {
  auto least = hn::Set(d, kFarAbove);
  return IndexFlagged(
      hn::Repartition<uint16_t, D>(), index, chunks, flags, valid,
      [&](int i) { return pairs_at(i, least); },
      [&](int highest) {
        const float exceeded_by = hn::GetLane(hn::MinOfLanes(d, least));
        least = hn::Set(d, kFarAbove);
        return valid_up_to(full, curve, exceeded_by, float(highest));
      });
}

// By quotients in float32. `high(d32, i, even, odd)` has what the counts of pixels from i on exceed
// their low words by.
template <class High>
HWY_INLINE bool IndexFloat(const uint16_t* low, uint8_t* index, int chunks, float full, Curve curve,
                           uint8_t* flags, float* valid, High high) {
  const hn::CappedTag<float, kChunkWidth / 2> d;
  const hn::RebindToSigned<decltype(d)> d32_signed;
  const hn::RebindToUnsigned<decltype(d)> d32;
  const auto divisor = hn::Set(d, full);
  const auto inverse = hn::Set(d, 1.0f / full);
  const auto quotient = [&](auto counts) {
    return Quotient(hn::ConvertTo(d, hn::BitCast(d32_signed, counts)), divisor, inverse);
  };
  return IndexQuotients(d, index, chunks, full, curve, flags, valid, [&](int i, auto& least) {
    const auto pairs =
        hn::BitCast(d32, hn::LoadU(hn::Repartition<uint16_t, decltype(d)>(), low + i));
    auto even = hn::And(pairs, hn::Set(d32, 0xffff)), odd = hn::ShiftRight<16>(pairs);
    high(d32, i, even, odd);
    return IndexPairs(d, quotient(even), quotient(odd), curve, least);
  });
}

bool IndexU16(const uint16_t* low, uint8_t* index, int chunks, float full, Curve curve,
              uint8_t* flags, float* valid) {
  return IndexFloat(low, index, chunks, full, curve, flags, valid, [](auto, int, auto&, auto&) {});
}

bool IndexU24(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks, float full,
              Curve curve, uint8_t* flags, float* valid) {
  return IndexFloat(low, index, chunks, full, curve, flags, valid,
                    [high](auto d32, int i, auto& even, auto& odd) {
                      hn::Vec<decltype(d32)> upper_even, upper_odd;
                      hn::LoadInterleaved2(d32, high + i, upper_even, upper_odd);
                      even = hn::Or(even, hn::ShiftLeft<16>(upper_even));
                      odd = hn::Or(odd, hn::ShiftLeft<16>(upper_odd));
                    });
}

// The quotient of 255 count and full from a product with full's inverse, which is at most one less
// than it, and corrected by the remainder.
bool IndexSmall(const uint16_t* low, uint8_t* index, int chunks, uint16_t full, uint8_t* flags,
                float* valid) {
  const hn::CappedTag<uint16_t, kChunkWidth> d;
  // Counts below 256 are moved up, so that the inverse has a full 16 bits either way.
  const int up = full < 256 ? 8 : 0;
  const auto inverse = hn::Set(d, uint16_t((255 << (16 - up)) / full));
  const auto divisor = hn::Set(d, full);
  const auto zero = hn::Zero(d);
  auto lacking = zero;  // the most that a count that has an index lacks to the next one
  return IndexFlagged(
      d, index, chunks, flags, valid,
      [&](int i) {
        const auto count = hn::Min(hn::LoadU(d, low + i), divisor);
        const auto estimate = hn::MulHigh(hn::ShiftLeftSame(count, up), inverse);
        // Modulo 2^16, which what is left is below.
        const auto left = hn::Sub(hn::Mul(count, hn::Set(d, 255)), hn::Mul(estimate, divisor));
        const auto is_less = hn::VecFromMask(d, hn::Eq(hn::Max(left, divisor), left));
        const auto indices = hn::Sub(estimate, is_less);
        const auto remainder = hn::Sub(left, hn::And(is_less, divisor));
        lacking = hn::Max(lacking,
                          hn::IfThenZeroElse(hn::Eq(indices, zero), hn::Sub(divisor, remainder)));
        return indices;
      },
      [&](int highest) {
        const int remainder = full - Highest(d, lacking);
        lacking = zero;
        return valid_up_to(full, Curve::kLinear, float(remainder) / full, float(highest));
      });
}

bool IndexU48(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks, double full,
              Curve curve, uint8_t* flags, float* valid) {
#if HWY_HAVE_FLOAT64
  const hn::CappedTag<double, kChunkWidth / 2> d64;
  const hn::Rebind<int32_t, decltype(d64)> d32;
  const hn::Rebind<uint16_t, decltype(d64)> d16;
  const hn::Rebind<float, decltype(d64)> d_part;
  const hn::CappedTag<float, kChunkWidth / 2> d;
  const int parts = int(hn::Lanes(d64)), lanes = int(hn::Lanes(d));
  const auto divisor = hn::Set(d64, full);
  const auto inverse = hn::Set(d64, 1.0 / full);
  const auto word = hn::Set(d64, 65536.0);
  return IndexQuotients(d, index, chunks, full, curve, flags, valid, [&](int i, auto& least) {
    HWY_ALIGN float quotients[2 * hn::MaxLanes(d)];
    for (int part = 0; part < 2 * lanes; part += parts) {
      const auto lower = hn::PromoteTo(d64, hn::PromoteTo(d32, hn::LoadU(d16, low + i + part)));
      const auto upper =
          hn::PromoteTo(d64, hn::LoadU(d32, reinterpret_cast<const int32_t*>(high) + i + part));
      const auto count = hn::Add(hn::Mul(upper, word), lower);
      hn::Store(hn::DemoteTo(d_part, Quotient(count, divisor, inverse)), d_part, quotients + part);
    }
    hn::Vec<decltype(d)> even, odd;
    hn::LoadInterleaved2(d, quotients, even, odd);
    return IndexPairs(d, even, odd, curve, least);
  });
#else
  return scalar.index_u48(low, high, index, chunks, full, curve, flags, valid);
#endif
}

void IndexF32(const float* heat, int n, float full, Curve curve, uint8_t* index) {
  const F32 d;
  const hn::RebindToSigned<F32> d32;
  const hn::Rebind<uint8_t, F32> d8;
  const int whole = WholeOf(n, int(hn::Lanes(d)));
  const auto divisor = hn::Set(d, full), top = hn::Set(d, 255.0f);
  for (int i = 0; i < whole; i += int(hn::Lanes(d))) {
    const auto quotient = hn::Div(hn::LoadU(d, heat + i), divisor);
    const auto exact = hn::Min(OnCurve(d, quotient, curve), top);
    hn::StoreU(hn::DemoteTo(d8, hn::ConvertTo(d32, exact)), d8, index + i);
  }
  scalar.index_f32(heat + whole, n - whole, full, curve, index + whole);
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
