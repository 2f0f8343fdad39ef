// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernels in vectors, compiled once for each instruction set that Highway knows. Rows are
// finished by the scalar twins, so that nothing beyond their ends is touched.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

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

// No longer than the smallest segment of an overlay.
using U8 = hn::CappedTag<uint8_t, 64>;
using U16 = hn::Repartition<uint16_t, U8>;
using F32 = hn::Repartition<float, U8>;

template <class V>
HWY_INLINE V Distance(V a, V b) {
  return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a));
}

template <class D, class V>
HWY_INLINE bool AnySet(D d, V v) {
  return !hn::AllTrue(d, hn::Eq(v, hn::Zero(d)));
}

// Blending

// Whole vectors of `lanes` of `n` elements.
HWY_INLINE int WholeOf(int n, int lanes) {
  return n - n % lanes;
}

// Has the scalar twin do what whole vectors of `lanes` bytes leave of the rows.
HWY_INLINE void FinishRows(const Overlay& overlay, int lanes, void (*blend)(const Overlay&)) {
  const int end = overlay.begin + WholeOf(overlay.end - overlay.begin, lanes);
  if (end == overlay.end) return;
  Overlay rest = overlay;
  rest.begin = end;
  blend(rest);
}

// Blends whole vectors of `n` bytes of a row, with the colours `color_at(x, i)` of that which
// begins at x and is number i of those that are worked on at once. All of these are read before any
// is written: reading on would wait for writes that, by the lower bits of their addresses, look
// alike.
template <int kAtOnce, class ColorAt, class Join>
HWY_INLINE void BlendRow(const uint8_t* picture, uint8_t* out, int n, ColorAt color_at, Join join) {
  static_assert(kAtOnce == 3 || kAtOnce == 4);
  const U8 d;
  const int lanes = int(hn::Lanes(d));
  const auto load = [&](int x) { return hn::LoadU(d, picture + x); };
  int x = 0;
  for (; x + kAtOnce * lanes <= n; x += kAtOnce * lanes) {
    const int x1 = x + lanes, x2 = x1 + lanes, x3 = kAtOnce == 4 ? x2 + lanes : x2;
    const auto p0 = load(x), p1 = load(x1), p2 = load(x2), p3 = load(x3);
    const auto c0 = color_at(x, 0), c1 = color_at(x1, 1), c2 = color_at(x2, 2),
               c3 = color_at(x3, kAtOnce - 1);
    hn::StoreU(join(p0, c0), d, out + x);
    hn::StoreU(join(p1, c1), d, out + x1);
    hn::StoreU(join(p2, c2), d, out + x2);
    if (kAtOnce == 4) hn::StoreU(join(p3, c3), d, out + x3);
  }
  if (x < n) hn::StoreU(join(load(x), color_at(x, 0)), d, out + x);
  if ((x += lanes) < n) hn::StoreU(join(load(x), color_at(x, 1)), d, out + x);
  if (kAtOnce == 4 && (x += lanes) < n) hn::StoreU(join(load(x), color_at(x, 2)), d, out + x);
}

// Memory is asked for rows of the picture while those that are so many above them are compared.
constexpr int kRowsAhead = 2;
constexpr int kCacheLine = 64;

// Into the second level of caches: the first one is full of what is at hand.
HWY_INLINE void AskFor(const uint8_t* line) {
  __builtin_prefetch(line, 0, 2);
}

// Which segments of rows are painted.
enum class Painted { kNone, kSome, kAll };

// Compares and blends row after row: reading and writing take turns so often that memory is never
// idle. The loops are all there is to this function, so that what they need is in registers:
// reading it from the stack would wait for what is still to be written. After `kPeriod` vectors the
// cold colours repeat themselves.
template <Painted kPainted, int kPeriod, class Compare, class Join>
HWY_NOINLINE MovedRows DrawRows(const uint8_t* picture, ptrdiff_t picture_stride, uint8_t* out,
                                ptrdiff_t out_stride, const uint8_t* color, ptrdiff_t color_stride,
                                Extent bytes, int segment_rows, Compare compare, Join join,
                                const uint8_t* cold, const uint8_t* painted, int segment) {
  constexpr int kAtOnce = kPeriod == 3 ? 3 : 4;
  const U8 d;
  const auto cold0 = hn::LoadU(d, cold);
  const auto cold1 = kPeriod == 3 ? hn::LoadU(d, cold + hn::Lanes(d)) : cold0;
  const auto cold2 = kPeriod == 3 ? hn::LoadU(d, cold + 2 * hn::Lanes(d)) : cold0;
  const auto cold_at = [&](int, int i) { return i == 0 ? cold0 : i == 1 ? cold1 : cold2; };
  MovedRows moved = 0;
  for (MovedRows bit = 1; bytes.height > 0; bit <<= 1, bytes.height -= segment_rows) {
    auto any = hn::Zero(d);
    for (int rows = HWY_MIN(segment_rows, bytes.height); rows > 0; --rows) {
      // What is drawn in place was written just before, and is near.
      any = compare.Row(picture, picture == out ? picture : picture + kRowsAhead * picture_stride,
                        any);
      // Runs of segments that are painted alike.
      const uint8_t* flag = painted;
      for (int x = 0, end = bytes.width; x < bytes.width; x = end) {
        bool is_painted = kPainted == Painted::kAll;
        if (kPainted == Painted::kSome) {
          is_painted = *flag++;
          for (end = x + segment; end < bytes.width && *flag == is_painted; ++flag) end += segment;
          end = HWY_MIN(end, bytes.width);
        }
        if (is_painted)
          BlendRow<kAtOnce>(
              picture + x, out + x, end - x,
              [&](int i, int) { return hn::LoadU(d, color + x + i); }, join);
        else
          BlendRow<kAtOnce>(picture + x, out + x, end - x, cold_at, join);
      }
      picture += picture_stride;
      out += out_stride;
      color += color_stride;
    }
    if (AnySet(d, any)) moved |= bit;
  }
  return moved;
}

// Compares and blends what whole vectors reach. Rows of segments that are painted alike are gone
// through in one go.
template <int kPeriod, class Compare, class Join>
HWY_INLINE MovedRows Draw(const Overlay& o, Compare compare, Join join) {
  const int width = WholeOf(o.end - o.begin, int(hn::Lanes(U8())));
  const int first = o.begin / o.segment_width;
  const int segments = (o.end - 1) / o.segment_width + 1 - first;
  const auto kind_of = [&](int row) {
    const uint8_t* painted = o.painted[row] + first;
    if (std::memcmp(painted, painted + 1, segments - 1) != 0) return Painted::kSome;
    return *painted ? Painted::kAll : Painted::kNone;
  };
  MovedRows moved = 0;
  for (int row = 0, next; row * o.segment_rows < o.rows; row = next) {
    const Painted kind = kind_of(row);
    next = row + 1;
    while (kind != Painted::kSome && next * o.segment_rows < o.rows && kind_of(next) == kind)
      ++next;
    const int top = row * o.segment_rows;
    const Extent bytes{width, HWY_MIN(next * o.segment_rows, o.rows) - top};
    const auto draw = kind == Painted::kNone  ? DrawRows<Painted::kNone, kPeriod, Compare, Join>
                      : kind == Painted::kAll ? DrawRows<Painted::kAll, kPeriod, Compare, Join>
                                              : DrawRows<Painted::kSome, kPeriod, Compare, Join>;
    moved |= draw(o.picture[top] + o.begin, o.picture.stride, o.out[top] + o.begin, o.out.stride,
                  o.color[top] + o.begin, o.color.stride, bytes, o.segment_rows, compare, join,
                  o.cold, o.painted[row] + first, o.segment_width)
             << row;
    compare.Skip(bytes.height);
  }
  return moved;
}

struct JoinPicture {
  template <class V>
  HWY_INLINE V operator()(V picture, V) const {
    return picture;
  }
};

struct JoinColor {
  template <class V>
  HWY_INLINE V operator()(V, V color) const {
    return color;
  }
};

// Of a colour that is the same for all pixels the terms do not depend on the pixel.
struct JoinFixed {
  uint16_t picture;
  uint16_t color;
  uint16_t bias;

  explicit JoinFixed(const BlendParams& params)
      : picture(params.picture), color(params.color), bias(params.bias) {}

  template <class V>
  HWY_INLINE V operator()(V p8, V c8) const {
    const U16 d;
    const auto odd = hn::Set(d, uint16_t{0xff00});
    const auto p = hn::BitCast(d, p8);
    const auto c = hn::BitCast(d, c8);
    // A byte in the upper half of 16 bits, times a weight, its upper half: byte * weight / 256.
    const auto even_color =
        hn::Add(hn::MulHigh(hn::ShiftLeft<8>(c), hn::Set(d, color)), hn::Set(d, bias));
    const auto odd_color =
        hn::Add(hn::MulHigh(hn::And(c, odd), hn::Set(d, color)), hn::Set(d, bias));
    const auto even = hn::Add(hn::MulHigh(hn::ShiftLeft<8>(p), hn::Set(d, picture)), even_color);
    const auto odds = hn::Add(hn::MulHigh(hn::And(p, odd), hn::Set(d, picture)), odd_color);
    return hn::BitCast(U8(), hn::IfVecThenElse(odd, odds, hn::ShiftRight<8>(even)));
  }
};

// `join` where a byte of the mask is 0xff, else the picture.
template <class Join>
struct JoinMasked {
  uint32_t mask;
  Join join;

  JoinMasked(const Overlay& overlay, Join j) : join(j) {
    std::memcpy(&mask, overlay.mask.data(), sizeof mask);
  }

  template <class V>
  HWY_INLINE V operator()(V picture, V color) const {
    const hn::Repartition<uint32_t, U8> d32;
    const auto blended = hn::BitCast(U8(), hn::Set(d32, mask));
    return hn::IfVecThenElse(blended, join(picture, color), picture);
  }
};

bool IsMasked(const Overlay& overlay) {
  return (overlay.mask[0] & overlay.mask[1] & overlay.mask[2] & overlay.mask[3]) != 0xff;
}

// For rows that are blended only: all it does is to ask ahead.
struct CompareNothing {
  int width;  // in bytes

  explicit CompareNothing(const Overlay& overlay) : width(overlay.end - overlay.begin) {}

  HWY_INLINE hn::Vec<U8> Row(const uint8_t* picture, const uint8_t* ahead, hn::Vec<U8> any) {
    if (ahead == picture) return any;
    for (int x = 0; x < width; x += kCacheLine) AskFor(ahead + x);
    return any;
  }
  void Skip(int) {}
};

template <class Join>
HWY_INLINE void Blend(const Overlay& overlay, Join join) {
  const CompareNothing nothing(overlay);
  if (IsMasked(overlay))
    Draw<1>(overlay, nothing, JoinMasked<Join>(overlay, join));
  else if (overlay.cold_step == 3)
    Draw<3>(overlay, nothing, join);
  else
    Draw<1>(overlay, nothing, join);
  FinishRows(overlay, int(hn::Lanes(U8())), scalar.blend_u8);
}

// The colour of byte x of row y. A vector from there on ends within the segment if x is a multiple
// of its length.
HWY_INLINE const uint8_t* ColorAt(const Overlay& o, int y, int x) {
  return o.painted[y / o.segment_rows][x / o.segment_width] ? o.color[y] + x
                                                            : o.cold + x % o.segment_width;
}

// In float32, `sum(picture, color)` rounded half to even.
template <class Sum>
HWY_INLINE void BlendFloat(const Overlay& o, Sum sum) {
  const F32 d;
  const hn::Rebind<int32_t, F32> d32;
  const hn::Rebind<uint8_t, F32> d8;
  const int lanes = int(hn::Lanes(d));
  HWY_ALIGN uint8_t mask_bytes[hn::MaxLanes(U8())];
  for (int i = 0; i < lanes; ++i) mask_bytes[i] = o.mask[i % 4];
  const auto mask = hn::Load(d8, mask_bytes);
  const int end = o.begin + WholeOf(o.end - o.begin, lanes);
  for (int y = 0; y < o.rows; ++y) {
    for (int x = o.begin; x < end; x += lanes) {
      const auto picture = hn::LoadU(d8, o.picture[y] + x);
      const auto p = hn::ConvertTo(d, hn::PromoteTo(d32, picture));
      const auto c = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, ColorAt(o, y, x))));
      const auto joined = hn::DemoteTo(d8, hn::NearestInt(sum(p, c)));
      hn::StoreU(hn::Or(hn::And(mask, joined), hn::AndNot(mask, picture)), d8, o.out[y] + x);
    }
  }
  FinishRows(o, lanes, scalar.blend_u8);
}

void BlendU8(const Overlay& overlay) {
  using Method = BlendParams::Method;
  const BlendParams& params = overlay.params;
  const F32 d;
  switch (params.method) {
    case Method::kPicture:
      return Blend(overlay, JoinPicture());
    case Method::kColor:
      return Blend(overlay, JoinColor());
    case Method::kFixed:
      return Blend(overlay, JoinFixed(params));
    case Method::kSeparate: {
      const auto picture = hn::Set(d, params.picture_f), color = hn::Set(d, params.color_f);
      return BlendFloat(
          overlay, [&](auto p, auto c) { return hn::Add(hn::Mul(p, picture), hn::Mul(c, color)); });
    }
#if HWY_NATIVE_FMA
    case Method::kFused: {
      const auto picture = hn::Set(d, params.picture_f), color = hn::Set(d, params.color_f);
      return BlendFloat(overlay,
                        [&](auto p, auto c) { return hn::MulAdd(p, picture, hn::Mul(c, color)); });
    }
#endif
    default:
      scalar.blend_u8(overlay);
  }
}

// Values of samples of two bytes, moved to the top of 16 bits. Bits that hold no value pass
// through.
struct JoinU16 {
  uint16_t picture;
  uint16_t color;
  uint16_t bias;
  uint16_t value;
  int top;

  explicit JoinU16(const Overlay& o)
      : picture(o.params.picture),
        color(o.params.color),
        bias(uint16_t((1 << (16 - o.bits.depth)) / 2 + 1)),
        value(uint16_t(((1 << o.bits.depth) - 1) << o.bits.lsb)),
        top(16 - o.bits.depth - o.bits.lsb) {}

  template <class V>
  HWY_INLINE V operator()(V p8, V c8) const {
    const U16 d;
    const auto values = hn::Set(d, value);
    const auto sample = hn::BitCast(d, p8);
    const auto p = hn::ShiftLeftSame(hn::And(sample, values), top);
    const auto c = hn::ShiftLeftSame(hn::BitCast(d, c8), top);
    const auto weighted = hn::Add(hn::MulHigh(p, hn::Set(d, picture)),
                                  hn::Add(hn::MulHigh(c, hn::Set(d, color)), hn::Set(d, bias)));
    return hn::BitCast(U8(), hn::Or(hn::And(hn::ShiftRightSame(weighted, top), values),
                                    hn::AndNot(values, sample)));
  }
};

bool IsWeighted(const Overlay& overlay) {
  using Method = BlendParams::Method;
  return overlay.params.method != Method::kPicture && overlay.params.method != Method::kColor;
}

void BlendU16(const Overlay& overlay) {
  if (!IsWeighted(overlay)) {
    scalar.blend_u16(overlay);
    return;
  }
  Draw<1>(overlay, CompareNothing(overlay), JoinU16(overlay));
  FinishRows(overlay, int(hn::Lanes(U8())), scalar.blend_u16);
}

// Comparing

// Compares rows that are not drawn.
template <class Compare>
HWY_NOINLINE MovedRows CompareRows(Rows<const uint8_t> current, int height, Compare compare) {
  const U8 d;
  MovedRows moved = 0;
  for (int top = 0; top < height; top += kChunkHeight) {
    auto any = hn::Zero(d);
    for (int y = top; y < HWY_MIN(top + kChunkHeight, height); ++y)
      any = compare.Row(current[y], current[y + kRowsAhead], any);
    moved |= MovedRows{AnySet(d, any)} << top / kChunkHeight;
  }
  return moved;
}

// Once the ends of rows were compared: compares the rest and blends an overlay in the same pass.
template <int kPeriod, class Compare, class Join>
HWY_INLINE MovedRows CompareAndDraw(Compare compare, const Overlay& overlay, Join join,
                                    void (*finish)(const Overlay&)) {
  const MovedRows moved = Draw<kPeriod>(overlay, compare, join);
  FinishRows(overlay, int(hn::Lanes(U8())), finish);
  return moved;
}

// The same one after the other, with an overlay or without.
template <class Compare>
HWY_INLINE MovedRows CompareThenDraw(Rows<const uint8_t> current, int height, Compare compare,
                                     const Overlay* overlay, void (*blend)(const Overlay&)) {
  const MovedRows moved = CompareRows(current, height, compare);
  if (overlay) blend(*overlay);
  return moved;
}

bool IsFixed(const Overlay& overlay) {
  return overlay.params.method == BlendParams::Method::kFixed;
}

// Where the rows of a comparison are, other than those of the current frame. They are gone through
// one after the other, as far as whole vectors go.
struct Compared {
  uint8_t* previous;
  ptrdiff_t previous_stride;
  uint8_t* moved;
  ptrdiff_t moved_stride;
  int width;  // in pixels

  void Skip(int rows) {
    previous += previous_stride * rows;
    moved += moved_stride * rows;
  }
};

struct CompareU8 : Compared {
  uint8_t threshold;

  HWY_INLINE hn::Vec<U8> Row(const uint8_t* current, const uint8_t* ahead, hn::Vec<U8> any) {
    const U8 d;
    const int lanes = int(hn::Lanes(d));
    const auto limit = hn::Set(d, threshold);
    const auto above = [&](hn::Vec<U8> now, int x) {
      return hn::SaturatedSub(Distance(now, hn::LoadU(d, previous + x)), limit);
    };
    const auto put = [&](hn::Vec<U8> now, hn::Vec<U8> over, int x) {
      hn::StoreU(now, d, previous + x);
      hn::StoreMaskBits(d, hn::Ne(over, hn::Zero(d)), moved + x / 8);
    };
    int x = 0;
    for (; x + 4 * lanes <= width; x += 4 * lanes) {
      const int x1 = x + lanes, x2 = x1 + lanes, x3 = x2 + lanes;
      for (int line = x; line < x + 4 * lanes; line += kCacheLine) AskFor(ahead + line);
      const auto n0 = hn::LoadU(d, current + x), n1 = hn::LoadU(d, current + x1),
                 n2 = hn::LoadU(d, current + x2), n3 = hn::LoadU(d, current + x3);
      const auto a0 = above(n0, x), a1 = above(n1, x1), a2 = above(n2, x2), a3 = above(n3, x3);
      any = hn::Or(any, hn::Or(hn::Or(a0, a1), hn::Or(a2, a3)));
      put(n0, a0, x);
      put(n1, a1, x1);
      put(n2, a2, x2);
      put(n3, a3, x3);
    }
    for (; x < width; x += lanes) {
      const auto now = hn::LoadU(d, current + x);
      const auto over = above(now, x);
      any = hn::Or(any, over);
      put(now, over, x);
    }
    Skip(1);
    return any;
  }
};

MovedRows DifferenceU8(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                       Extent extent, uint8_t threshold, const Overlay* overlay) {
  const int whole = WholeOf(extent.width, int(hn::Lanes(U8())));
  MovedRows any = 0;
  // First, since what is blended may take their place.
  if (whole < extent.width)
    any = scalar.difference_u8(current.from(whole), previous.from(whole), moved.from(whole / 8),
                               {extent.width - whole, extent.height}, threshold, nullptr);
  const CompareU8 compare{{previous.data, previous.stride, moved.data, moved.stride, whole},
                          threshold};
  if (overlay && IsFixed(*overlay) && !IsMasked(*overlay))
    return any | CompareAndDraw<1>(compare, *overlay, JoinFixed(overlay->params), scalar.blend_u8);
  return any | CompareThenDraw(current, extent.height, compare, overlay, BlendU8);
}

struct CompareU16 : Compared {
  uint16_t threshold;
  uint16_t bits;

  HWY_INLINE hn::Vec<U8> Row(const uint8_t* current, const uint8_t* ahead, hn::Vec<U8> any) {
    const U8 d8;
    const U16 d;
    const int lanes = int(hn::Lanes(d));
    const auto limit = hn::Set(d, threshold);
    const auto counted = hn::Set(d, bits);
    for (int x = 0; x < width; x += lanes) {
      AskFor(ahead + 2 * ptrdiff_t{x});
      // Rows need not be aligned to samples, which LoadU of bytes allows.
      const auto now = hn::LoadU(d8, current + 2 * ptrdiff_t{x});
      const auto before = hn::LoadU(d8, previous + 2 * ptrdiff_t{x});
      const auto distance =
          Distance(hn::And(hn::BitCast(d, now), counted), hn::And(hn::BitCast(d, before), counted));
      const auto above = hn::SaturatedSub(distance, limit);
      any = hn::Or(any, hn::BitCast(d8, above));
      hn::StoreMaskBits(d, hn::Ne(above, hn::Zero(d)), moved + x / 8);
      hn::StoreU(now, d8, previous + 2 * ptrdiff_t{x});
    }
    Skip(1);
    return any;
  }
};

MovedRows DifferenceU16(Rows<const uint8_t> current, Rows<uint16_t> previous, Rows<uint8_t> moved,
                        Extent extent, uint16_t threshold, uint16_t bits, const Overlay* overlay) {
  const int whole = WholeOf(extent.width, int(hn::Lanes(U16())));
  MovedRows any = 0;
  // First, since what is blended may take their place.
  if (whole < extent.width)
    any = scalar.difference_u16(current.from(2 * ptrdiff_t{whole}), previous.from(whole),
                                moved.from(whole / 8), {extent.width - whole, extent.height},
                                threshold, bits, nullptr);
  const CompareU16 compare{
      {reinterpret_cast<uint8_t*>(previous.data), previous.stride, moved.data, moved.stride, whole},
      threshold,
      bits};
  if (overlay && IsWeighted(*overlay))
    return any | CompareAndDraw<1>(compare, *overlay, JoinU16(*overlay), scalar.blend_u16);
  return any | CompareThenDraw(current, extent.height, compare, overlay, BlendU16);
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

// Compares a row as far as whole vectors of pixels go.
template <int kStep>
struct CompareRgb : Compared {
  RgbOrder order;
  uint8_t threshold;

  // The pixels whose grey is above the threshold, of the distances of bytes in their order.
  HWY_INLINE hn::Vec<U8> Above(hn::Vec<U8> d0, hn::Vec<U8> d1, hn::Vec<U8> d2,
                               hn::Vec<U8> d3) const {
    const U8 d;
    const hn::Half<U8> d_half;
    const U16 d16;
    const hn::Rebind<int16_t, U16> d16_signed;
    const hn::Half<hn::Rebind<int8_t, U8> > d_half_signed;
    const int n = int(hn::Lanes(d));
    HWY_ALIGN uint8_t packed[4 * hn::MaxLanes(d)];
    hn::Store(d0, d, packed);
    hn::Store(d1, d, packed + n);
    hn::Store(d2, d, packed + 2 * n);
    hn::Vec<U8> b0, b1, b2, b3 = hn::Zero(d);
    if (kStep == 3) {
      hn::LoadInterleaved3(d, packed, b0, b1, b2);
    } else {
      hn::Store(d3, d, packed + 3 * n);
      hn::LoadInterleaved4(d, packed, b0, b1, b2, b3);
    }
    const auto pick = [&](int i) { return i == 0 ? b0 : i == 1 ? b1 : i == 2 ? b2 : b3; };
    const auto r = pick(order.r), g = pick(order.g), b = pick(order.b);
    const auto limit = hn::Set(d16, uint16_t(128 * (threshold + 1) - 64));
    const auto low = GreyAbove(hn::PromoteTo(d16, hn::LowerHalf(d_half, r)),
                               hn::PromoteTo(d16, hn::LowerHalf(d_half, g)),
                               hn::PromoteTo(d16, hn::LowerHalf(d_half, b)), limit);
    const auto high = GreyAbove(hn::PromoteTo(d16, hn::UpperHalf(d_half, r)),
                                hn::PromoteTo(d16, hn::UpperHalf(d_half, g)),
                                hn::PromoteTo(d16, hn::UpperHalf(d_half, b)), limit);
    const auto low_bytes = hn::DemoteTo(d_half_signed, hn::BitCast(d16_signed, low));
    const auto high_bytes = hn::DemoteTo(d_half_signed, hn::BitCast(d16_signed, high));
    return hn::Combine(d, hn::BitCast(d_half, high_bytes), hn::BitCast(d_half, low_bytes));
  }

  HWY_INLINE hn::Vec<U8> Row(const uint8_t* current, const uint8_t* ahead, hn::Vec<U8> any) {
    const U8 d;
    const int n = int(hn::Lanes(d));
    const auto byte_limit = hn::Set(d, threshold);
    const uint8_t* c = current;
    uint8_t* p = previous;
    for (int x = 0; x < width; x += n, c += kStep * n, p += kStep * n, ahead += kStep * n) {
      for (int line = 0; line < kStep * n; line += kCacheLine) AskFor(ahead + line);
      const auto c0 = hn::LoadU(d, c), c1 = hn::LoadU(d, c + n), c2 = hn::LoadU(d, c + 2 * n),
                 c3 = kStep == 4 ? hn::LoadU(d, c + 3 * n) : hn::Zero(d);
      const auto d0 = Distance(c0, hn::LoadU(d, p)), d1 = Distance(c1, hn::LoadU(d, p + n)),
                 d2 = Distance(c2, hn::LoadU(d, p + 2 * n)),
                 d3 = kStep == 4 ? Distance(c3, hn::LoadU(d, p + 3 * n)) : hn::Zero(d);
      hn::StoreU(c0, d, p);
      hn::StoreU(c1, d, p + n);
      hn::StoreU(c2, d, p + 2 * n);
      if (kStep == 4) hn::StoreU(c3, d, p + 3 * n);
      // A grey is never above its largest component: most blocks need no weighting.
      const auto largest = hn::Max(hn::Max(d0, d1), hn::Max(d2, d3));
      auto above = hn::Zero(d);
      if (AnySet(d, hn::SaturatedSub(largest, byte_limit))) {
        above = Above(d0, d1, d2, d3);
        any = hn::Or(any, above);
      }
      hn::StoreMaskBits(d, hn::Ne(above, hn::Zero(d)), moved + x / 8);
    }
    Skip(1);
    return any;
  }
};

template <int kStep>
MovedRows DifferencePacked(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                           Extent extent, RgbOrder order, uint8_t threshold,
                           const Overlay* overlay) {
  const int whole = WholeOf(extent.width, int(hn::Lanes(U8())));
  MovedRows any = 0;
  // First, since what is blended may take their place.
  if (whole < extent.width)
    any = scalar.difference_rgb(current.from(ptrdiff_t{whole} * kStep),
                                previous.from(ptrdiff_t{whole} * kStep), moved.from(whole / 8),
                                {extent.width - whole, extent.height}, order, threshold, nullptr);
  const CompareRgb<kStep> compare{
      {previous.data, previous.stride, moved.data, moved.stride, whole}, order, threshold};
  // Four bytes with one that is not blended, three without.
  if (overlay && IsFixed(*overlay) && IsMasked(*overlay) == (kStep == 4)) {
    const JoinFixed join(overlay->params);
    if constexpr (kStep == 4)
      return any | CompareAndDraw<1>(compare, *overlay, JoinMasked<JoinFixed>(*overlay, join),
                                     scalar.blend_u8);
    else
      return any | CompareAndDraw<3>(compare, *overlay, join, scalar.blend_u8);
  }
  return any | CompareThenDraw(current, extent.height, compare, overlay, BlendU8);
}

MovedRows DifferenceRgb(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                        Extent extent, RgbOrder order, uint8_t threshold, const Overlay* overlay) {
  return (order.step == 3 ? DifferencePacked<3> : DifferencePacked<4>)(current, previous, moved,
                                                                       extent, order, threshold,
                                                                       overlay);
}

void GatherU8(Rows<const uint8_t> src, int step, Rows<uint8_t> dst, Extent extent) {
  const U16 d16;
  const hn::Rebind<int16_t, U16> d16_signed;
  const hn::Half<U8> d_half;
  const hn::Repartition<uint32_t, U8> d32;
  const hn::Rebind<int32_t, decltype(d32)> d32_signed;
  const hn::Rebind<uint8_t, decltype(d32)> d_quarter;
  const int lanes = int(step == 2 ? hn::Lanes(d16) : hn::Lanes(d32));
  // The last vector of a row would read beyond its last sample.
  const int whole = WholeOf(extent.width - 1, lanes);
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

template <int kSources>
void InterleaveOf(const uint8_t* const* sources, Rows<uint8_t> dst, Extent extent) {
  const hn::CappedTag<uint8_t, 16> d;
  const int lanes = int(hn::Lanes(d));
  for (int y = 0, i = 0; y < extent.height; ++y) {
    uint8_t* out = dst[y];
    for (int x = 0; x < extent.width; x += lanes, i += lanes, out += kSources * lanes) {
      const auto load = [&](int source) { return hn::LoadU(d, sources[source] + i); };
      if constexpr (kSources == 1)
        hn::StoreU(load(0), d, out);
      else if constexpr (kSources == 2)
        hn::StoreInterleaved2(load(0), load(1), d, out);
      else if constexpr (kSources == 3)
        hn::StoreInterleaved3(load(0), load(1), load(2), d, out);
      else
        hn::StoreInterleaved4(load(0), load(1), load(2), load(3), d, out);
    }
  }
}

void InterleaveU8(const uint8_t* const* sources, int n, Rows<uint8_t> dst, Extent extent) {
  constexpr decltype(&InterleaveOf<1>) kOf[] = {InterleaveOf<1>, InterleaveOf<2>, InterleaveOf<3>,
                                                InterleaveOf<4>};
  kOf[n - 1](sources, dst, extent);
}

void AverageU8(const uint8_t* values, int chunks, bool two_rows, uint8_t* means) {
  const hn::CappedTag<uint8_t, kChunkWidth> d;
  const hn::Repartition<uint16_t, decltype(d)> d16;
  const hn::Rebind<int16_t, decltype(d16)> d16_signed;
  const hn::Rebind<uint8_t, decltype(d16)> d_half;
  const int lanes = int(hn::Lanes(d));
  // Of each two bytes.
  const auto sums = [&](const uint8_t* row) {
    const auto pairs = hn::BitCast(d16, hn::LoadU(d, row));
    return hn::Add(hn::And(pairs, hn::Set(d16, 255)), hn::ShiftRight<8>(pairs));
  };
  const int rows = two_rows ? 2 : 1;
  for (int y = 0; y < chunks * kChunkHeight; y += rows, values += rows * kChunkWidth) {
    for (int x = 0; x < kChunkWidth; x += lanes, means += lanes / 2) {
      const auto sum = sums(values + x);
      const auto mean = two_rows
                            ? hn::ShiftRight<2>(hn::Add(
                                  hn::Add(sum, sums(values + kChunkWidth + x)), hn::Set(d16, 2)))
                            : hn::ShiftRight<1>(hn::Add(sum, hn::Set(d16, 1)));
      hn::StoreU(hn::DemoteTo(d_half, hn::BitCast(d16_signed, mean)), d_half, means);
    }
  }
}

// The highest of 16-bit lanes.
template <class D>
HWY_INLINE uint16_t Highest(D d, hn::Vec<D> v) {
  const hn::Repartition<uint32_t, D> d32;
  const auto pairs = hn::BitCast(d32, v);
  const auto higher = hn::Max(hn::And(pairs, hn::Set(d32, 0xffff)), hn::ShiftRight<16>(pairs));
  return uint16_t(hn::GetLane(hn::MaxOfLanes(d32, higher)));
}

Accumulated Accumulate(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low,
                       uint16_t increment, uint8_t* flags) {
  const hn::CappedTag<uint16_t, kChunkWidth> d;
  const int lanes = int(hn::Lanes(d));
  const auto event = hn::Set(d, increment);
  auto max = hn::Zero(d);
  size_t count = 0;
  for (int chunk = 0; chunk < chunks; ++chunk, low += kChunkPixels) {
    for (int y = 0; y < rows; ++y) {
      uint32_t bits;
      static_assert(kChunkWidth == 8 * sizeof bits);
      std::memcpy(&bits, moved[y] + chunk * sizeof bits, sizeof bits);
      if (!bits) continue;
      flags[chunk] = true;
      count += hwy::PopCount(bits);
      uint16_t* l = low + y * kChunkWidth;
      for (int x = 0; x < kChunkWidth; x += lanes, bits >>= lanes % kChunkWidth) {
        HWY_ALIGN uint8_t lane_bits[8] = {};  // as many as LoadMaskBits may read
        std::memcpy(lane_bits, &bits, sizeof bits);
        const auto events = hn::IfThenElseZero(hn::LoadMaskBits(d, lane_bits), event);
        const auto sum = hn::Add(hn::LoadU(d, l + x), events);
        max = hn::Max(max, sum);
        hn::StoreU(sum, d, l + x);
      }
    }
  }
  return {.moved = uint32_t(count), .max = Highest(d, max)};
}

// The rounded quotient of an integer and a float32, both below 2^24. With a fused residual and a
// rounded inverse one correction rounds as division does (Markstein 1990), in a quarter of its
// time.
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

// The index of each quotient, count / full, in the lower half of 32 bits; what is in the upper half
// is of no meaning. `least` gets no higher than what any but 0 is exceeded by. A curve is looked up
// one by one.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D> > IndexBits(D d, hn::Vec<D> quotient, const Curve* curve,
                                                       hn::Vec<D>& least) {
  const hn::RebindToUnsigned<D> d32;
  const auto top = hn::Set(d, curve ? 65535.0f : 255.0f);
  const auto far_above = hn::Set(d, kFarAbove);
  const auto exact = hn::Mul(quotient, top);
  auto reached_at = hn::Trunc(hn::Min(exact, top));
  // Added to 2^23 an integer stands in the lowest bits.
  auto bits = hn::BitCast(d32, hn::Add(reached_at, hn::Set(d, 0x1p23f)));
  if (curve) {
    HWY_ALIGN uint32_t entry[hn::MaxLanes(d)];
    HWY_ALIGN float first[hn::MaxLanes(d)];
    hn::Store(bits, d32, entry);
    for (size_t i = 0; i < hn::Lanes(d); ++i) {
      entry[i] = curve->index[entry[i] & 0xffff];
      first[i] = curve->first[entry[i]];
    }
    bits = hn::Load(d32, entry);
    reached_at = hn::Load(d, first);
  }
  // 0 is reached at 0, and all others at 1 or more.
  const auto unless_zero = hn::NegMulAdd(reached_at, far_above, far_above);
  least = hn::Min(least, hn::Max(hn::Sub(exact, reached_at), unless_zero));
  return bits;
}

// The indices of two vectors of quotients, one of each in 32 bits.
template <class D>
HWY_INLINE hn::Vec<hn::Repartition<uint16_t, D> > IndexPairs(D d, hn::Vec<D> first,
                                                             hn::Vec<D> second, const Curve* curve,
                                                             hn::Vec<D>& least) {
  const hn::RebindToUnsigned<D> d32;
  const auto lower = hn::And(IndexBits(d, first, curve, least), hn::Set(d32, 0xffff));
  const auto upper = hn::ShiftLeft<16>(IndexBits(d, second, curve, least));
  return hn::BitCast(hn::Repartition<uint16_t, D>(), hn::Or(lower, upper));
}

// Brings the flagged chunks up to date, as `Kernels::index_u16` says. `indices_at(i)` gives the
// indices of pixels from i on in 16 bits each, then `limit_of(highest)` the limit of their chunk.
template <class D16, class IndicesAt, class LimitOf>
HWY_INLINE bool IndexFlagged(D16 d16, uint8_t* index, int chunks, uint8_t* flags, float* limits,
                             IndicesAt indices_at, LimitOf limit_of) {
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
    limits[chunk] = limit_of(Highest(d16, hottest));
    flags[chunk] = AnySet(d8, difference);
    any |= flags[chunk];
  }
  return any;
}

// The same by quotients: `pairs_at(i, least)` gives indices as IndexPairs does.
template <class D, class PairsAt>
HWY_INLINE bool IndexQuotients(D d, uint8_t* index, int chunks, double full, const Curve* curve,
                               uint8_t* flags, float* limits, PairsAt pairs_at) {
  auto least = hn::Set(d, kFarAbove);
  return IndexFlagged(
      hn::Repartition<uint16_t, D>(), index, chunks, flags, limits,
      [&](int i) { return pairs_at(i, least); },
      [&](int highest) {
        const float exceeded_by = hn::GetLane(hn::MinOfLanes(d, least));
        least = hn::Set(d, kFarAbove);
        return index_limit(full, exceeded_by, curve ? curve->first[highest] : float(highest));
      });
}

bool IndexU16(const uint16_t* low, uint8_t* index, int chunks, float full, const Curve* curve,
              uint8_t* flags, float* limits) {
  const hn::CappedTag<float, kChunkWidth / 2> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const hn::RebindToUnsigned<decltype(d)> d32_unsigned;
  const auto divisor = hn::Set(d, full);
  const auto inverse = hn::Set(d, 1.0f / full);
  const auto quotient = [&](auto counts) {
    return Quotient(hn::ConvertTo(d, hn::BitCast(d32, counts)), divisor, inverse);
  };
  return IndexQuotients(d, index, chunks, full, curve, flags, limits, [&](int i, auto& least) {
    const auto pairs =
        hn::BitCast(d32_unsigned, hn::LoadU(hn::Repartition<uint16_t, decltype(d)>(), low + i));
    return IndexPairs(d, quotient(hn::And(pairs, hn::Set(d32_unsigned, 0xffff))),
                      quotient(hn::ShiftRight<16>(pairs)), curve, least);
  });
}

// The quotient of 255 count and full from a product with full's inverse, which is at most one less
// than it, and corrected by the remainder.
bool IndexWhole(const uint16_t* low, uint8_t* index, int chunks, uint16_t full, uint8_t* flags,
                float* limits) {
  const hn::CappedTag<uint16_t, kChunkWidth> d;
  // Counts below 256 are moved up, so that the inverse has a full 16 bits either way.
  const int up = full < 256 ? 8 : 0;
  const auto inverse = hn::Set(d, uint16_t((255 << (16 - up)) / full));
  const auto divisor = hn::Set(d, full);
  const auto zero = hn::Zero(d);
  auto lacking = zero;  // the most that a count that has an index lacks to the next one
  return IndexFlagged(
      d, index, chunks, flags, limits,
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
        return index_limit(full, float(remainder) / full, float(highest));
      });
}

bool IndexU48(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks, double full,
              const Curve* curve, uint8_t* flags, float* limits) {
#if HWY_HAVE_FLOAT64
  const hn::CappedTag<double, kChunkWidth / 2> d64;
  const hn::Rebind<int32_t, decltype(d64)> d32;
  const hn::Rebind<uint16_t, decltype(d64)> d16;
  const hn::Rebind<float, decltype(d64)> d_part;
  const hn::CappedTag<float, kChunkWidth / 2> d;
  const int parts = int(hn::Lanes(d64)), lanes = int(hn::Lanes(d));
  const auto divisor = hn::Set(d64, full);
  const auto word = hn::Set(d64, 65536.0);
  return IndexQuotients(d, index, chunks, full, curve, flags, limits, [&](int i, auto& least) {
    HWY_ALIGN float quotients[2 * hn::MaxLanes(d)];
    for (int part = 0; part < 2 * lanes; part += parts) {
      const auto lower = hn::PromoteTo(d64, hn::PromoteTo(d32, hn::LoadU(d16, low + i + part)));
      const auto upper =
          hn::PromoteTo(d64, hn::LoadU(d32, reinterpret_cast<const int32_t*>(high) + i + part));
      const auto count = hn::Add(hn::Mul(upper, word), lower);
      hn::Store(hn::DemoteTo(d_part, hn::Div(count, divisor)), d_part, quotients + part);
    }
    hn::Vec<decltype(d)> even, odd;
    hn::LoadInterleaved2(d, quotients, even, odd);
    return IndexPairs(d, even, odd, curve, least);
  });
#else
  return scalar.index_u48(low, high, index, chunks, full, curve, flags, limits);
#endif
}

// What `TableLookupBytesOr0` takes: 0 to 15, or 128 and more. x86 does not look at bits 4 to 6.
template <class D>
HWY_INLINE hn::Vec<D> WithoutMiddleBits(D d, hn::Vec<D> v) {
  return HWY_ARCH_X86 ? v : hn::And(v, hn::Set(d, 0x8f));
}

// Looks the keys of two vectors of pixels up in tables, sixteen entries of each at a time: those
// whose turn it is are looked up, others give 0. Most maps are cool, so that it ends early.
// `keys_at(d, i)` gives the keys of the pixels from i on; `put(d, i, ...)` gets two vectors of each
// table's values.
template <int kTables, class KeysAt, class Put>
HWY_INLINE void LookUpIn(const uint8_t* table_a, const uint8_t* table_b, const uint8_t* table_c,
                         KeysAt keys_at, Put put) {
  const hn::CappedTag<uint8_t, kChunkPixels / 2> d;
  const int lanes = int(hn::Lanes(d));
  const auto within = hn::Set(d, 0x70);
  for (int i = 0; i < kChunkPixels; i += 2 * lanes) {
    const auto keys0 = keys_at(d, i), keys1 = keys_at(d, i + lanes);
    auto a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0;
    const auto add = [&](const uint8_t* table, auto entry0, auto entry1, auto& sum0, auto& sum1) {
      const auto entries = hn::LoadDup128(d, table);
      sum0 = hn::Or(sum0, hn::TableLookupBytesOr0(entries, entry0));
      sum1 = hn::Or(sum1, hn::TableLookupBytesOr0(entries, entry1));
    };
    const auto highest = hn::Max(keys0, keys1);
    for (int part = 0; part < 256; part += 16) {
      // 0x70 to 0x7f for the entries of this part, above 0x7f for others.
      const auto first = hn::Set(d, uint8_t(part));
      const auto entry0 = WithoutMiddleBits(d, hn::SaturatedAdd(hn::Xor(keys0, first), within));
      const auto entry1 = WithoutMiddleBits(d, hn::SaturatedAdd(hn::Xor(keys1, first), within));
      add(table_a + part, entry0, entry1, a0, a1);
      if (kTables > 1) add(table_b + part, entry0, entry1, b0, b1);
      if (kTables > 2) add(table_c + part, entry0, entry1, c0, c1);
      if (!AnySet(d, hn::SaturatedSub(highest, hn::Set(d, uint8_t(part + 15))))) break;
    }
    put(d, i, a0, a1, b0, b1, c0, c1);
  }
}

// The same with the values of up to three tables of 256 bytes, each of the whole chunk in turn.
template <class KeysAt>
HWY_INLINE void LookUpAll(const uint8_t* tables, int n_tables, uint8_t* values, KeysAt keys_at) {
  const auto put = [&](auto d, int i, auto a0, auto a1, auto b0, auto b1, auto c0, auto c1) {
    const auto store = [&](int table, auto value0, auto value1) {
      hn::StoreU(value0, d, values + table * kChunkPixels + i);
      hn::StoreU(value1, d, values + table * kChunkPixels + i + hn::Lanes(d));
    };
    store(0, a0, a1);
    if (n_tables == 1) return;
    store(1, b0, b1);
    store(2, c0, c1);
  };
  if (n_tables == 3)
    LookUpIn<3>(tables, tables + 256, tables + 512, keys_at, put);
  else
    LookUpIn<1>(tables, nullptr, nullptr, keys_at, put);
}

// Counts below 256 from `low` on, in bytes.
template <class D>
HWY_INLINE hn::Vec<D> LowCounts(D d, const uint16_t* low) {
  const hn::Half<D> d_half;
  const hn::Rebind<uint16_t, decltype(d_half)> d16;
  const hn::RebindToSigned<decltype(d16)> d16_signed;
  const auto bytes = [&](const uint16_t* counts) {
    return hn::DemoteTo(d_half, hn::BitCast(d16_signed, hn::LoadU(d16, counts)));
  };
  return hn::Combine(d, bytes(low + hn::Lanes(d_half)), bytes(low));
}

void LookUp(const uint8_t* index, const uint8_t* tables, int n_tables, uint8_t* values) {
  LookUpAll(tables, n_tables, values, [&](auto d, int i) { return hn::LoadU(d, index + i); });
}

void LookUpCounts(const uint16_t* low, const uint8_t* tables, int n_tables, uint8_t* values) {
  LookUpAll(tables, n_tables, values, [&](auto d, int i) { return LowCounts(d, low + i); });
}

bool IndexTable(const uint16_t* low, uint8_t* index, int chunks, uint16_t full,
                const CountTable& table, uint8_t* flags, float* limits) {
  const hn::CappedTag<uint8_t, kChunkPixels / 2> d;
  const hn::Repartition<uint16_t, decltype(d)> d16;
  bool any = false;
  for (int chunk = 0; chunk < chunks; ++chunk, low += kChunkPixels, index += kChunkPixels) {
    if (!flags[chunk]) continue;
    auto difference = hn::Zero(d);
    auto least_room = hn::Set(d, 255);
    const auto update = [&](uint8_t* old, auto indices) {
      difference = hn::Or(difference, hn::Xor(indices, hn::LoadU(d, old)));
      hn::StoreU(indices, d, old);
    };
    LookUpIn<2>(
        table.index.data(), table.room.data(), nullptr,
        [&](auto, int i) { return LowCounts(d, low + i); },
        [&](auto, int i, auto index0, auto index1, auto room0, auto room1, auto, auto) {
          update(index + i, index0);
          update(index + i + hn::Lanes(d), index1);
          least_room = hn::Min(least_room, hn::Min(room0, room1));
        });
    const auto pairs = hn::BitCast(d16, hn::Not(least_room));
    const int room =
        255 - Highest(d16, hn::Max(hn::And(pairs, hn::Set(d16, 255)), hn::ShiftRight<8>(pairs)));
    limits[chunk] = table_limit(full, uint8_t(room));
    flags[chunk] = AnySet(d, difference);
    any |= flags[chunk];
  }
  return any;
}

const Kernels* Set() {
  static const Kernels set = {
      .name = hwy::TargetName(HWY_TARGET),
      .difference_u8 = DifferenceU8,
      .difference_u16 = DifferenceU16,
      .difference_rgb = DifferenceRgb,
      .gather_u8 = GatherU8,
      .interleave_u8 = InterleaveU8,
      .average_u8 = AverageU8,
      .accumulate = Accumulate,
      .index_u16 = IndexU16,
      .index_whole = IndexWhole,
      .index_table = IndexTable,
      .index_u48 = IndexU48,
      .look_up = LookUp,
      .look_up_counts = LookUpCounts,
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
