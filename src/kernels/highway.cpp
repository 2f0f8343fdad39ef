// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernels in vectors, compiled once for each instruction set that Highway knows. Rows are
// finished by the scalar twins, so that nothing beyond their ends is touched.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// Where Highway itself falls back to scalar code our own twins serve.
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

const Kernels* Set() {
  return &scalar;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using U8 = hn::ScalableTag<uint8_t>;
using U16 = hn::ScalableTag<uint16_t>;
using F32 = hn::ScalableTag<float>;

template <class V>
HWY_INLINE V Distance(V a, V b) {
  return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a));
}

template <class D, class V>
HWY_INLINE bool AnySet(D d, V v) {
  return !hn::AllTrue(d, hn::Eq(v, hn::Zero(d)));
}

// Whole vectors of `lanes` elements fit this far into a row.
HWY_INLINE int Whole(Extent extent, size_t lanes) {
  return extent.width - extent.width % int(lanes);
}

// Calls `work(y, begin, end)` for the part of each segment of each row that whole vectors fill.
template <class Work>
HWY_INLINE void ForSegments(Extent extent, int segment, int whole, Work work) {
  for (int y = 0; y < extent.height; ++y)
    for (int begin = 0; begin < whole; begin += segment)
      work(y, begin, std::min(begin + segment, whole));
}

// How far ahead memory is asked for: what it delivers while it answers. Asking for what is not
// there is harmless.
constexpr int kPrefetchBytes = 1024;

// Further on in a row of `width` elements or, if it is short, in the area beside it.
template <typename T>
HWY_INLINE void PrefetchAhead(const T* at, int width) {
  hwy::Prefetch(at + HWY_MIN(width, kPrefetchBytes / int(sizeof(T))));
}

// What the scalar twin needs for the rest of rows: `moved` of the segment in which it begins. A
// segment is a whole number of vectors.
HWY_INLINE uint8_t* From(uint8_t* moved, int whole, int segment) {
  return moved + whole / segment;
}

void DifferenceU8(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> mask,
                  Extent extent, uint8_t threshold, uint8_t* moved, int segment) {
  const U8 d;
  const int whole = Whole(extent, hn::Lanes(d));
  const auto limit = hn::Set(d, threshold);
  ForSegments(extent, segment, whole, [&](int y, int begin, int end) {
    const uint8_t* c = current[y];
    uint8_t* p = previous[y];
    uint8_t* m = mask[y];
    auto any = hn::Zero(d);
    for (int x = begin; x < end; x += int(hn::Lanes(d))) {
      PrefetchAhead(c + x, extent.width);
      PrefetchAhead(p + x, extent.width);
      const auto now = hn::LoadU(d, c + x);
      const auto above = hn::SaturatedSub(Distance(now, hn::LoadU(d, p + x)), limit);
      any = hn::Or(any, above);
      hn::StoreU(hn::VecFromMask(d, hn::Ne(above, hn::Zero(d))), d, m + x);
      hn::StoreU(now, d, p + x);
    }
    moved[begin / segment] |= AnySet(d, any);
  });
  if (whole < extent.width)
    scalar.difference_u8(current.from(whole), previous.from(whole), mask.from(whole),
                         {extent.width - whole, extent.height}, threshold,
                         From(moved, whole, segment), segment);
}

void DifferenceU16(Rows<const uint8_t> current, Rows<uint16_t> previous, Rows<uint8_t> mask,
                   Extent extent, uint16_t threshold, uint16_t bits, uint8_t* moved, int segment) {
  const U16 d;
  const hn::Rebind<int16_t, U16> d_signed;
  const hn::Rebind<int8_t, U16> d_byte;
  const int whole = Whole(extent, hn::Lanes(d));
  const auto limit = hn::Set(d, threshold);
  const auto counted = hn::Set(d, bits);
  ForSegments(extent, segment, whole, [&](int y, int begin, int end) {
    const uint8_t* c = current[y];
    uint16_t* p = previous[y];
    int8_t* m = reinterpret_cast<int8_t*>(mask[y]);
    auto any = hn::Zero(d);
    for (int x = begin; x < end; x += int(hn::Lanes(d))) {
      PrefetchAhead(c + 2 * ptrdiff_t{x}, 2 * extent.width);
      PrefetchAhead(p + x, extent.width);
      // Rows need not be aligned to samples, which LoadU of bytes allows.
      const auto bytes = hn::LoadU(U8(), c + 2 * ptrdiff_t{x});
      const auto now = hn::And(hn::BitCast(d, bytes), counted);
      const auto above = hn::SaturatedSub(Distance(now, hn::LoadU(d, p + x)), limit);
      any = hn::Or(any, above);
      const auto word = hn::VecFromMask(d, hn::Ne(above, hn::Zero(d)));
      hn::StoreU(hn::DemoteTo(d_byte, hn::BitCast(d_signed, word)), d_byte, m + x);
      hn::StoreU(now, d, p + x);
    }
    moved[begin / segment] |= AnySet(d, any);
  });
  if (whole < extent.width)
    scalar.difference_u16(current.from(2 * ptrdiff_t{whole}), previous.from(whole),
                          mask.from(whole), {extent.width - whole, extent.height}, threshold, bits,
                          From(moved, whole, segment), segment);
}

// Where OpenCV's grey of a difference exceeds the threshold, in 16-bit arithmetic. With each weight
// cut in two, w = 256 h + l, the sums of h and of l fit 16 bits, and
//   (256 H + L + 2^14) >> 15 > t  <=>  H + (L >> 8) >= 128 (t + 1) - 64.
template <class V>
HWY_INLINE V GreyAbove(V r, V g, V b, V limit) {
  const U16 d;
  const auto high =
      hn::Add(hn::Add(hn::Mul(r, hn::Set(d, 9798 >> 8)), hn::Mul(g, hn::Set(d, 19235 >> 8))),
              hn::Mul(b, hn::Set(d, 3735 >> 8)));
  const auto low =
      hn::Add(hn::Add(hn::Mul(r, hn::Set(d, 9798 & 255)), hn::Mul(g, hn::Set(d, 19235 & 255))),
              hn::Mul(b, hn::Set(d, 3735 & 255)));
  const auto sum = hn::Add(high, hn::ShiftRight<8>(low));
  return hn::VecFromMask(d, hn::Eq(hn::Max(sum, limit), sum));
}

void DifferenceRgb(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> mask,
                   Extent extent, RgbOrder order, uint8_t threshold, uint8_t* moved, int segment) {
  const U8 d;
  const hn::Half<U8> d_half;
  const U16 d16;
  const hn::Rebind<int16_t, U16> d16_signed;
  const hn::Half<hn::Rebind<int8_t, U8> > d_half_signed;
  const int lanes = int(hn::Lanes(d));
  const int whole = Whole(extent, hn::Lanes(d));
  const auto byte_limit = hn::Set(d, threshold);
  const auto limit = hn::Set(d16, uint16_t(128 * (threshold + 1) - 64));
  ForSegments(extent, segment, whole, [&](int y, int begin, int end) {
    const uint8_t* c = current[y] + ptrdiff_t{begin} * order.step;
    uint8_t* p = previous[y] + ptrdiff_t{begin} * order.step;
    uint8_t* m = mask[y];
    auto any = hn::Zero(d);
    for (int x = begin; x < end; x += lanes, c += lanes * order.step, p += lanes * order.step) {
      // A grey is never above its largest component: most blocks need no weighting.
      auto above = hn::Zero(d);
      for (int i = 0; i < order.step; ++i) {
        PrefetchAhead(c + i * lanes, extent.width * order.step);
        PrefetchAhead(p + i * lanes, extent.width * order.step);
        const auto diff = Distance(hn::LoadU(d, c + i * lanes), hn::LoadU(d, p + i * lanes));
        above = hn::Or(above, hn::SaturatedSub(diff, byte_limit));
      }
      auto above_grey = hn::Zero(d);
      if (AnySet(d, above)) {
        hn::Vec<U8> c0, c1, c2, c3, p0, p1, p2, p3;
        if (order.step == 3) {
          hn::LoadInterleaved3(d, c, c0, c1, c2);
          hn::LoadInterleaved3(d, p, p0, p1, p2);
          c3 = p3 = hn::Zero(d);
        } else {
          hn::LoadInterleaved4(d, c, c0, c1, c2, c3);
          hn::LoadInterleaved4(d, p, p0, p1, p2, p3);
        }
        const auto d0 = Distance(c0, p0), d1 = Distance(c1, p1), d2 = Distance(c2, p2),
                   d3 = Distance(c3, p3);
        const auto pick = [&](int i) { return i == 0 ? d0 : i == 1 ? d1 : i == 2 ? d2 : d3; };
        const auto r = pick(order.r), g = pick(order.g), b = pick(order.b);
        const auto low = GreyAbove(hn::PromoteTo(d16, hn::LowerHalf(d_half, r)),
                                   hn::PromoteTo(d16, hn::LowerHalf(d_half, g)),
                                   hn::PromoteTo(d16, hn::LowerHalf(d_half, b)), limit);
        const auto high = GreyAbove(hn::PromoteTo(d16, hn::UpperHalf(d_half, r)),
                                    hn::PromoteTo(d16, hn::UpperHalf(d_half, g)),
                                    hn::PromoteTo(d16, hn::UpperHalf(d_half, b)), limit);
        const auto low_bytes = hn::DemoteTo(d_half_signed, hn::BitCast(d16_signed, low));
        const auto high_bytes = hn::DemoteTo(d_half_signed, hn::BitCast(d16_signed, high));
        above_grey =
            hn::Combine(d, hn::BitCast(d_half, high_bytes), hn::BitCast(d_half, low_bytes));
        any = hn::Or(any, above_grey);
      }
      hn::StoreU(above_grey, d, m + x);
      for (int i = 0; i < order.step; ++i)
        hn::StoreU(hn::LoadU(d, c + i * lanes), d, p + i * lanes);
    }
    moved[begin / segment] |= AnySet(d, any);
  });
  if (whole < extent.width)
    scalar.difference_rgb(current.from(ptrdiff_t{whole} * order.step),
                          previous.from(ptrdiff_t{whole} * order.step), mask.from(whole),
                          {extent.width - whole, extent.height}, order, threshold,
                          From(moved, whole, segment), segment);
}

void GatherU8(Rows<const uint8_t> src, int step, Rows<uint8_t> dst, Extent extent) {
  const U16 d16;
  const hn::Rebind<int16_t, U16> d16_signed;
  const hn::Half<U8> d_half;
  const hn::ScalableTag<uint32_t> d32;
  const hn::Rebind<int32_t, decltype(d32)> d32_signed;
  const hn::Rebind<uint8_t, decltype(d32)> d_quarter;
  const int lanes = int(step == 2 ? hn::Lanes(d16) : hn::Lanes(d32));
  // The last vector of a row would read beyond its last sample.
  const int whole = std::max(0, Whole({extent.width - 1, extent.height}, lanes));
  for (int y = 0; y < extent.height; ++y) {
    for (int x = 0; x < whole; x += lanes) {
      const auto bytes = hn::LoadU(U8(), src[y] + ptrdiff_t{x} * step);
      if (step == 2) {
        const auto samples = hn::And(hn::BitCast(d16, bytes), hn::Set(d16, 255));
        hn::StoreU(hn::DemoteTo(d_half, hn::BitCast(d16_signed, samples)), d_half, dst[y] + x);
      } else {
        const auto samples = hn::And(hn::BitCast(d32, bytes), hn::Set(d32, 255));
        hn::StoreU(hn::DemoteTo(d_quarter, hn::BitCast(d32_signed, samples)), d_quarter,
                   dst[y] + x);
      }
    }
  }
  scalar.gather_u8(src.from(ptrdiff_t{whole} * step), step, dst.from(whole),
                   {extent.width - whole, extent.height});
}

// Calls `work(y, begin)` for every chunk that lies whole in its row.
template <class Work>
HWY_INLINE void ForChunks(Extent extent, Work work) {
  for (int y = 0; y < extent.height; ++y)
    for (int begin = 0; begin + kChunk <= extent.width; begin += kChunk) work(y, begin);
}

Accumulated Accumulate(Rows<const uint8_t> mask, Rows<uint16_t> low, Extent extent,
                       uint16_t increment, Rows<uint8_t> moved) {
  const hn::CappedTag<uint8_t, kChunk> d8;
  const hn::CappedTag<uint16_t, kChunk> d;
  const hn::Rebind<int16_t, decltype(d)> d_signed;
  const hn::Rebind<int8_t, decltype(d)> d_byte;
  const int lanes = int(hn::Lanes(d));
  const auto event = hn::Set(d, increment);
  auto max = hn::Zero(d);
  auto wrapped = hn::Zero(d);
  size_t count = 0;
  ForChunks(extent, [&](int y, int begin) {
    const uint8_t* m = mask[y] + begin;
    uint16_t* l = low[y] + begin;
    auto any = hn::Zero(d8);
    for (int x = 0; x < kChunk; x += int(hn::Lanes(d8))) any = hn::Or(any, hn::LoadU(d8, m + x));
    if (!AnySet(d8, any)) return;
    moved[y][begin / kChunk] = true;
    for (int x = 0; x < kChunk; x += lanes) {
      const auto bytes = hn::LoadU(d_byte, reinterpret_cast<const int8_t*>(m) + x);
      const auto wide = hn::BitCast(d, hn::PromoteTo(d_signed, bytes));
      const auto before = hn::LoadU(d, l + x);
      const auto sum = hn::Add(before, hn::And(wide, event));
      count += hn::CountTrue(d, hn::Ne(wide, hn::Zero(d)));
      wrapped = hn::Or(wrapped, hn::SaturatedSub(before, sum));
      max = hn::Max(max, hn::And(wide, sum));
      hn::StoreU(sum, d, l + x);
    }
  });
  HWY_ALIGN uint16_t lane_max[hn::MaxLanes(d)];
  hn::Store(max, d, lane_max);
  Accumulated result{.moved = uint32_t(count), .carried = AnySet(d, wrapped)};
  for (int i = 0; i < lanes; ++i) result.max = HWY_MAX(result.max, lane_max[i]);
  const int whole = Whole(extent, kChunk);
  if (whole < extent.width) {
    const Accumulated rest =
        scalar.accumulate(mask.from(whole), low.from(whole), {extent.width - whole, extent.height},
                          increment, moved.from(whole / kChunk));
    result.moved += rest.moved;
    result.max = HWY_MAX(result.max, rest.max);
    result.carried |= rest.carried;
  }
  return result;
}

// The rounded quotient of two integers below 2^24. With a fused residual and a rounded inverse one
// correction rounds as division does (Markstein 1990), in a quarter of its time.
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

// Index bytes of float32 quotients. A curve is looked up one by one.
template <class D>
HWY_INLINE hn::Vec<hn::Rebind<uint8_t, D> > IndexOf(D d, hn::Vec<D> quotient,
                                                    const uint8_t* curve) {
  const hn::Rebind<int32_t, D> d32;
  const hn::Rebind<uint8_t, D> d8;
  const auto top = hn::Set(d, curve ? 65535.0f : 255.0f);
  const auto entries = hn::ConvertTo(d32, hn::Min(hn::Mul(quotient, top), top));
  if (!curve) return hn::DemoteTo(d8, entries);
  HWY_ALIGN int32_t entry[hn::MaxLanes(d32)];
  HWY_ALIGN uint8_t value[hn::MaxLanes(U8())];
  hn::Store(entries, d32, entry);
  for (size_t i = 0; i < hn::Lanes(d); ++i) value[i] = curve[entry[i]];
  return hn::LoadU(d8, value);
}

// Calls `index_chunk(y, begin, out)` for each chunk that has its flag set and heat; it writes the
// indices and tells whether any became another.
template <class HasHeat, class IndexChunk>
HWY_INLINE bool ForFlagged(Rows<uint8_t> index, Extent extent, Rows<uint8_t> flags,
                           HasHeat has_heat, IndexChunk index_chunk) {
  bool any = false;
  ForChunks(extent, [&](int y, int begin) {
    uint8_t& flag = flags[y][begin / kChunk];
    if (!flag) return;
    uint8_t* out = index[y] + begin;
    PrefetchAhead(out, extent.width);
    flag = has_heat(y, begin) && index_chunk(y, begin, out);
    any |= flag;
  });
  return any;
}

bool IndexU16(Rows<const uint16_t> low, Rows<uint8_t> index, Extent extent, float full,
              const uint8_t* curve, Rows<uint8_t> flags) {
  const hn::CappedTag<float, kChunk> d;
  const hn::CappedTag<uint16_t, kChunk> d_test;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const hn::Rebind<int32_t, decltype(d)> d32;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const auto divisor = hn::Set(d, full);
  const auto inverse = hn::Set(d, 1.0f / full);
  // Most of a map has no heat.
  const auto has_heat = [&](int y, int begin) {
    const uint16_t* l = low[y] + begin;
    PrefetchAhead(l, extent.width);
    auto heat = hn::Zero(d_test);
    for (int x = 0; x < kChunk; x += int(hn::Lanes(d_test)))
      heat = hn::Or(heat, hn::LoadU(d_test, l + x));
    return AnySet(d_test, heat);
  };
  bool any = ForFlagged(index, extent, flags, has_heat, [&](int y, int begin, uint8_t* out) {
    const uint16_t* l = low[y] + begin;
    auto difference = hn::Zero(d8);
    for (int x = 0; x < kChunk; x += int(hn::Lanes(d))) {
      const auto count = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d16, l + x)));
      const auto bytes = IndexOf(d, Quotient(count, divisor, inverse), curve);
      difference = hn::Or(difference, hn::Xor(bytes, hn::LoadU(d8, out + x)));
      hn::StoreU(bytes, d8, out + x);
    }
    return AnySet(d8, difference);
  });
  const int whole = Whole(extent, kChunk);
  if (whole < extent.width)
    any |=
        scalar.index_u16(low.from(whole), index.from(whole), {extent.width - whole, extent.height},
                         full, curve, flags.from(whole / kChunk));
  return any;
}

bool IndexU48(Rows<const uint16_t> low, Rows<const uint32_t> high, Rows<uint8_t> index,
              Extent extent, double full, const uint8_t* curve, Rows<uint8_t> flags) {
#if HWY_HAVE_FLOAT64
  const hn::CappedTag<double, kChunk> d;
  const hn::Rebind<float, decltype(d)> d_float;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const hn::Rebind<int32_t, decltype(d)> d32;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const auto divisor = hn::Set(d, full);
  const auto word = hn::Set(d, 65536.0);
  const auto has_heat = [](int, int) { return true; };
  bool any = ForFlagged(index, extent, flags, has_heat, [&](int y, int begin, uint8_t* out) {
    const uint16_t* l = low[y] + begin;
    const int32_t* h = reinterpret_cast<const int32_t*>(high[y]) + begin;
    auto difference = hn::Zero(d8);
    for (int x = 0; x < kChunk; x += int(hn::Lanes(d))) {
      const auto lower = hn::PromoteTo(d, hn::PromoteTo(d32, hn::LoadU(d16, l + x)));
      const auto upper = hn::PromoteTo(d, hn::LoadU(d32, h + x));
      const auto count = hn::Add(hn::Mul(upper, word), lower);
      const auto quotient = hn::DemoteTo(d_float, hn::Div(count, divisor));
      const auto bytes = IndexOf(d_float, quotient, curve);
      difference = hn::Or(difference, hn::Xor(bytes, hn::LoadU(d8, out + x)));
      hn::StoreU(bytes, d8, out + x);
    }
    return AnySet(d8, difference);
  });
  const int whole = Whole(extent, kChunk);
  if (whole < extent.width)
    any |= scalar.index_u48(low.from(whole), high.from(whole), index.from(whole),
                            {extent.width - whole, extent.height}, full, curve,
                            flags.from(whole / kChunk));
  return any;
#else
  return scalar.index_u48(low, high, index, extent, full, curve, flags);
#endif
}

// The mask of alpha and padding in every lane.
template <class D>
HWY_INLINE hn::Vec<D> MaskLanes(D d, const uint8_t mask[4]) {
  HWY_ALIGN uint8_t lanes[hn::MaxLanes(U8())];
  for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = mask[i % 4];
  return hn::Load(d, lanes);
}

// The picture was just compared, so it is the area below that memory can be asked for meanwhile.
// The colours of a tile lie in one piece.
HWY_INLINE void PrefetchForBlend(Rows<const uint8_t> src, Rows<const uint8_t> color,
                                 Rows<uint8_t> dst, Extent bytes, int y, ptrdiff_t byte) {
  hwy::Prefetch(src[y + bytes.height] + byte);
  hwy::Prefetch(color[y] + byte + kPrefetchBytes);
  PrefetchAhead(dst[y] + byte, bytes.width);
}

template <bool kMasked, class Join>
HWY_INLINE void BlendRows(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst,
                          Extent extent, const uint8_t mask[4], Join join) {
  const U8 d;
  const auto picture_bytes = MaskLanes(d, mask);
  const int whole = Whole(extent, hn::Lanes(d));
  for (int y = 0; y < extent.height; ++y) {
    const uint8_t* s = src[y];
    const uint8_t* c = color[y];
    uint8_t* out = dst[y];
    for (int x = 0; x < whole; x += int(hn::Lanes(d))) {
      PrefetchForBlend(src, color, dst, extent, y, x);
      const auto picture = hn::LoadU(d, s + x);
      auto joined = join(picture, hn::LoadU(d, c + x));
      if (kMasked) joined = hn::IfVecThenElse(picture_bytes, joined, picture);
      hn::StoreU(joined, d, out + x);
    }
  }
}

template <class Join>
HWY_INLINE void BlendWith(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst,
                          Extent extent, const uint8_t mask[4], Join join) {
  if (mask[0] & mask[1] & mask[2] & mask[3])
    BlendRows<false>(src, color, dst, extent, mask, join);
  else
    BlendRows<true>(src, color, dst, extent, mask, join);
}

template <class Sum>
HWY_INLINE void BlendFloat(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst,
                           Extent extent, const uint8_t mask[4], Sum sum) {
  const F32 d;
  const hn::Rebind<int32_t, F32> d32;
  const hn::Rebind<uint8_t, F32> d8;
  const auto picture_bytes = MaskLanes(d8, mask);
  const int lanes = int(hn::Lanes(d));
  const int whole = Whole(extent, hn::Lanes(U8()));
  for (int y = 0; y < extent.height; ++y) {
    for (int x = 0; x < whole; x += lanes) {
      const auto picture = hn::LoadU(d8, src[y] + x);
      const auto p = hn::ConvertTo(d, hn::PromoteTo(d32, picture));
      const auto c = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, color[y] + x)));
      const auto joined = hn::DemoteTo(d8, hn::NearestInt(sum(p, c)));
      hn::StoreU(hn::Or(hn::And(picture_bytes, joined), hn::AndNot(picture_bytes, picture)), d8,
                 dst[y] + x);
    }
  }
}

void BlendU8(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst, Extent extent,
             const BlendParams& params, const uint8_t mask[4]) {
  using Method = BlendParams::Method;
  const U16 d16;
  const F32 df;
  const auto weight_p = hn::Set(df, params.picture_f);
  const auto weight_c = hn::Set(df, params.color_f);
  switch (params.method) {
    case Method::kColor:
      BlendWith(src, color, dst, extent, mask, [](auto, auto c) { return c; });
      break;
    case Method::kFixed: {
      const auto weight_picture = hn::Set(d16, params.picture);
      const auto weight_color = hn::Set(d16, params.color);
      const auto bias = hn::Set(d16, params.bias);
      const auto odd = hn::Set(d16, uint16_t{0xff00});
      BlendWith(src, color, dst, extent, mask, [&](auto p8, auto c8) {
        const auto p = hn::BitCast(d16, p8);
        const auto c = hn::BitCast(d16, c8);
        // A byte in the upper half of 16 bits, times a weight, its upper half: byte * weight / 256.
        const auto even_sum = hn::Add(hn::Add(hn::MulHigh(hn::ShiftLeft<8>(p), weight_picture),
                                              hn::MulHigh(hn::ShiftLeft<8>(c), weight_color)),
                                      bias);
        const auto odd_sum = hn::Add(hn::Add(hn::MulHigh(hn::And(p, odd), weight_picture),
                                             hn::MulHigh(hn::And(c, odd), weight_color)),
                                     bias);
        return hn::BitCast(U8(), hn::IfVecThenElse(odd, odd_sum, hn::ShiftRight<8>(even_sum)));
      });
      break;
    }
    case Method::kSeparate:
      BlendFloat(src, color, dst, extent, mask, [&](auto p, auto c) {
        return hn::Add(hn::Mul(p, weight_p), hn::Mul(c, weight_c));
      });
      break;
#if HWY_NATIVE_FMA
    case Method::kFused:
      BlendFloat(src, color, dst, extent, mask,
                 [&](auto p, auto c) { return hn::MulAdd(p, weight_p, hn::Mul(c, weight_c)); });
      break;
#endif
    default:
      scalar.blend_u8(src, color, dst, extent, params, mask);
      return;
  }
  const int whole = Whole(extent, hn::Lanes(U8()));
  if (whole < extent.width)
    scalar.blend_u8(src.from(whole), color.from(whole), dst.from(whole),
                    {extent.width - whole, extent.height}, params, mask);
}

void BlendU16(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst, Extent extent,
              const BlendParams& params, SampleBits bits) {
  using Method = BlendParams::Method;
  if (params.method == Method::kPicture || params.method == Method::kColor) {
    scalar.blend_u16(src, color, dst, extent, params, bits);
    return;
  }
  const U8 d8;
  const U16 d;
  const int top = 16 - bits.depth - bits.lsb;
  const int whole = Whole(extent, hn::Lanes(d));
  const auto value = hn::Set(d, uint16_t(((1 << bits.depth) - 1) << bits.lsb));
  const auto bias = hn::Set(d, uint16_t((1 << (16 - bits.depth)) / 2 + 1));
  const auto weight_picture = hn::Set(d, params.picture);
  const auto weight_color = hn::Set(d, params.color);
  for (int y = 0; y < extent.height; ++y) {
    for (int x = 0; x < whole; x += int(hn::Lanes(d))) {
      const ptrdiff_t byte = 2 * ptrdiff_t{x};
      PrefetchForBlend(src, color, dst, {2 * extent.width, extent.height}, y, byte);
      const auto sample = hn::BitCast(d, hn::LoadU(d8, src[y] + byte));
      const auto p = hn::ShiftLeftSame(hn::And(sample, value), top);
      const auto c = hn::ShiftLeftSame(hn::BitCast(d, hn::LoadU(d8, color[y] + byte)), top);
      const auto sum =
          hn::Add(hn::Add(hn::MulHigh(p, weight_picture), hn::MulHigh(c, weight_color)), bias);
      const auto joined =
          hn::Or(hn::And(hn::ShiftRightSame(sum, top), value), hn::AndNot(value, sample));
      hn::StoreU(hn::BitCast(d8, joined), d8, dst[y] + byte);
    }
  }
  const ptrdiff_t done = 2 * ptrdiff_t{whole};
  if (whole < extent.width)
    scalar.blend_u16(src.from(done), color.from(done), dst.from(done),
                     {extent.width - whole, extent.height}, params, bits);
}

const Kernels* Set() {
  static const Kernels set = {
      .name = hwy::TargetName(HWY_TARGET),
      .difference_u8 = DifferenceU8,
      .difference_u16 = DifferenceU16,
      .difference_rgb = DifferenceRgb,
      .gather_u8 = GatherU8,
      .accumulate = Accumulate,
      .index_u16 = IndexU16,
      .index_u48 = IndexU48,
      .blend_u8 = BlendU8,
      .blend_u16 = BlendU16,
  };
  return &set;
}

#endif

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motionheat::kernels {

HWY_EXPORT(Set);

std::vector<const Kernels*> vector_sets() {
  std::vector<const Kernels*> sets;
  // Highway orders its targets from the best, the lowest bit, on.
  for (int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
    const int64_t target = rest & -rest;
    hwy::ChosenTarget chosen;
    chosen.Update(target);
    const Kernels* set = HWY_DISPATCH_TABLE(Set)[chosen.GetIndex()]();
    if (set != &scalar) sets.push_back(set);
  }
  return sets;
}

}  // namespace motionheat::kernels
#endif  // HWY_ONCE
