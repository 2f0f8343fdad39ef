// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Blending, of rows that may be compared in the same pass.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

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

// As float32 does it, half to even. Each of four bytes that lie together becomes a lane in its
// turn.
template <bool kFused>
struct JoinFloat {
  float picture;
  float color;

  explicit JoinFloat(const BlendParams& params)
      : picture(params.picture_f), color(params.color_f) {}

  template <class V>
  HWY_INLINE V operator()(V p8, V c8) const {
    const F32 d;
    const hn::Repartition<uint32_t, F32> d_bits;
    const hn::RebindToSigned<decltype(d_bits)> d_signed;
    const auto p = hn::BitCast(d_bits, p8), c = hn::BitCast(d_bits, c8);
    const auto to_float = [&](auto byte) { return hn::ConvertTo(d, hn::BitCast(d_signed, byte)); };
    const auto join = [&](auto p_byte, auto c_byte) {
      const auto color_part = hn::Mul(to_float(c_byte), hn::Set(d, color));
      const auto weight = hn::Set(d, picture);
      const auto sum = kFused ? hn::MulAdd(to_float(p_byte), weight, color_part)
                              : hn::Add(hn::Mul(to_float(p_byte), weight), color_part);
      return hn::BitCast(d_bits, hn::NearestInt(sum));
    };
    const auto byte = hn::Set(d_bits, 255);
    const auto second = [&](auto v) { return hn::And(hn::ShiftRight<8>(v), byte); };
    const auto third = [&](auto v) { return hn::And(hn::ShiftRight<16>(v), byte); };
    const auto low = hn::Or(join(hn::And(p, byte), hn::And(c, byte)),
                            hn::ShiftLeft<8>(join(second(p), second(c))));
    const auto high = hn::Or(hn::ShiftLeft<16>(join(third(p), third(c))),
                             hn::ShiftLeft<24>(join(hn::ShiftRight<24>(p), hn::ShiftRight<24>(c))));
    return hn::BitCast(U8(), hn::Or(low, high));
  }
};

void BlendU8(const Overlay& overlay) {
  using Method = BlendParams::Method;
  const BlendParams& params = overlay.params;
  switch (params.method) {
    case Method::kPicture:
      return Blend(overlay, JoinPicture());
    case Method::kColor:
      return Blend(overlay, JoinColor());
    case Method::kFixed:
      return Blend(overlay, JoinFixed(params));
    case Method::kSeparate:
      return Blend(overlay, JoinFloat<false>(params));
#if HWY_NATIVE_FMA
    case Method::kFused:
      return Blend(overlay, JoinFloat<true>(params));
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

// Values that fill all 16 bits: the products are rounded together.
struct JoinWords {
  uint16_t picture;
  uint16_t color;

  explicit JoinWords(const Overlay& o) : picture(o.params.picture), color(o.params.color) {}

  template <class V>
  HWY_INLINE V operator()(V p8, V c8) const {
    const U16 d;
    const auto p = hn::BitCast(d, p8), c = hn::BitCast(d, c8);
    const auto p_weight = hn::Set(d, picture), c_weight = hn::Set(d, color);
    const auto low_p = hn::Mul(p, p_weight), low_c = hn::Mul(c, c_weight);
    // What the lower halves carry, (low_p + low_c + 2^15) >> 16, of half their sum.
    const auto half = hn::Add(hn::And(low_p, low_c), hn::ShiftRight<1>(hn::Xor(low_p, low_c)));
    const auto carry =
        hn::ShiftRight<14>(hn::Add(hn::ShiftRight<1>(half), hn::Set(d, uint16_t{1 << 13})));
    const auto high = hn::Add(hn::MulHigh(p, p_weight), hn::MulHigh(c, c_weight));
    return hn::BitCast(U8(), hn::Add(high, carry));
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
  if (overlay.bits.depth == 16)
    Draw<1>(overlay, CompareNothing(overlay), JoinWords(overlay));
  else
    Draw<1>(overlay, CompareNothing(overlay), JoinU16(overlay));
  FinishRows(overlay, int(hn::Lanes(U8())), scalar.blend_u16);
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
