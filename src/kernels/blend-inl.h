// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Blending.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// All of what is joined.
struct PartAll {
  template <class D, class V>
  HWY_INLINE V operator()(D, V, V joined, const uint8_t*) const {
    return joined;
  }
};

// Bytes of a row that are put in whole vectors: whole groups of four, as the mask has them.
HWY_INLINE int BytesInVectors(int width) {
  return width < int(hn::Lanes(U8())) ? 0 : width / 4 * 4;
}

// The place of the second vector of each row. From there on the picture is read in whole lines of
// the cache, since reading across two takes twice as long: some bytes of that vector are of the
// first one, too. Rows that are short, or of which each begins elsewhere in a line, are read as
// they lie.
HWY_INLINE int SecondVector(Rows<const uint8_t> picture, int width) {
  const int lanes = int(hn::Lanes(U8()));
  const int aligned = int(-reinterpret_cast<uintptr_t>(picture.data) % size_t(lanes));
  const bool pays = width >= 4 * lanes && picture.stride % lanes == 0 && aligned % 4 == 0;
  return pays && aligned > 0 ? aligned : lanes;
}

// Puts `first`, which is at the begin of a row, and `last`, with which `width` bytes end. Vectors
// may overlap, and the picture may be what is written to: these two are made before any other is
// put between them, and come last.
HWY_INLINE void PutEnds(hn::Vec<U8> first, hn::Vec<U8> last, uint8_t* out, int width) {
  const U8 d;
  hn::StoreU(first, d, out);
  hn::StoreU(last, d, out + width - int(hn::Lanes(d)));
}

// Blends rows: whole vectors, then short ones, the last of which has its bytes elsewhere, since
// those beyond are not ours. `part(d, picture, joined, weight)` is what of the joined ones is
// shown.
template <class Join, class Part>
HWY_NOINLINE void BlendRows(const BlendJob& job, Join join, Part part) {
  const U8 d;
  const U8Short d_short;
  const auto blended = [&](auto tag, const uint8_t* picture, const uint8_t* color,
                           const uint8_t* weight) {
    const auto p = hn::LoadU(tag, picture);
    return part(tag, p, join(tag, p, hn::LoadU(tag, color)), weight);
  };
  const int lanes = int(hn::Lanes(d)), width = job.bytes.width;
  const int in_vectors = BytesInVectors(width), second = SecondVector(job.picture, width);
  const int end = in_vectors - lanes;  // where the last vector begins
  HWY_ALIGN uint8_t rest[4][kShort] = {};
  for (int y = 0; y < job.bytes.height; ++y) {
    const uint8_t* picture = job.picture[y];
    const uint8_t* color = job.color[y];
    // Where there are none, what is not read.
    const uint8_t* weight = job.weight.data ? job.weight[y] : color;
    uint8_t* out = job.out[y];
    const auto at = [&](int x) { return blended(d, picture + x, color + x, weight + x); };
    if (in_vectors > 0) {
      const auto first = at(0), last = at(end);
      for (int x = second; x < end; x += lanes) hn::StoreU(at(x), d, out + x);
      PutEnds(first, last, out, in_vectors);
    }
    int x = in_vectors;
    for (; x + kShort <= width; x += kShort)
      hn::StoreU(blended(d_short, picture + x, color + x, weight + x), d_short, out + x);
    if (x == width) continue;
    const size_t left = size_t(width - x);
    std::memcpy(rest[0], picture + x, left);
    std::memcpy(rest[1], color + x, left);
    std::memcpy(rest[2], weight + x, left);
    hn::StoreU(blended(d_short, rest[0], rest[1], rest[2]), d_short, rest[3]);
    std::memcpy(out + x, rest[3], left);
  }
}

// Blends what goes in vectors of each row with one colour, whose bytes repeat themselves after
// three vectors: what is made of it alone is made once.
template <class Join>
HWY_NOINLINE void BlendOneColor(const BlendJob& job, Join join) {
  const U8 d;
  const int lanes = int(hn::Lanes(d));
  const int second = SecondVector(job.picture, job.bytes.width);
  const int width = BytesInVectors(job.bytes.width), end = width - lanes;
  const auto color_at = [&](int x) { return hn::LoadU(d, job.color[0] + x % BlendJob::kPeriod); };
  const auto first_color = color_at(0), last_color = color_at(end);
  const auto color0 = color_at(second), color1 = color_at(second + lanes);
  const auto color2 = color_at(second + 2 * lanes);
  for (int y = 0; y < job.bytes.height; ++y) {
    const uint8_t* picture = job.picture[y];
    uint8_t* out = job.out[y];
    const auto blended = [&](int x, auto color) {
      return join(d, hn::LoadU(d, picture + x), color);
    };
    const auto put = [&](int x, auto color) { hn::StoreU(blended(x, color), d, out + x); };
    const auto first = blended(0, first_color), last = blended(end, last_color);
    int x = second;
    for (; x + 2 * lanes < end; x += 3 * lanes) {
      put(x, color0);
      put(x + lanes, color1);
      put(x + 2 * lanes, color2);
    }
    if (x < end) put(x, color0);
    if (x + lanes < end) put(x + lanes, color1);
    PutEnds(first, last, out, width);
  }
}

// Of bytes: (p (255 - w) + joined w) / 255, rounded. With s = 128 more than the sum that is
// (s + s / 256) / 256, in 16 bits.
struct PartU8 {
  template <class D, class V>
  HWY_INLINE V operator()(D d8, V picture, V joined, const uint8_t* weights) const {
    const hn::Repartition<uint16_t, D> d;
    const auto weight = hn::LoadU(d8, weights);
    const auto rest = hn::Not(weight);
    const auto part = [&](auto half) {
      const auto sum = hn::Add(hn::Mul(half(picture), half(rest)),
                               hn::Add(hn::Mul(half(joined), half(weight)), hn::Set(d, 128)));
      return hn::ShiftRight<8>(hn::Add(sum, hn::ShiftRight<8>(sum)));
    };
    const auto even = part([&](V v) { return hn::And(hn::BitCast(d, v), hn::Set(d, 255)); });
    const auto odd = part([&](V v) { return hn::ShiftRight<8>(hn::BitCast(d, v)); });
    return hn::BitCast(d8, hn::Or(even, hn::ShiftLeft<8>(odd)));
  }
};

// Of samples of two bytes.
struct PartU16 {
  uint16_t value;

  explicit PartU16(const SampleBits& bits) : value(uint16_t(((1 << bits.depth) - 1) << bits.lsb)) {}

  template <class D, class V>
  HWY_INLINE V operator()(D d8, V p8, V j8, const uint8_t* weights) const {
    const hn::Repartition<uint16_t, D> d;
    const auto values = hn::Set(d, value);
    const auto sample = hn::BitCast(d, p8), w = hn::BitCast(d, hn::LoadU(d8, weights));
    const auto p = hn::And(sample, values), j = hn::And(hn::BitCast(d, j8), values);
    const auto sum =
        hn::Add(hn::Add(hn::MulHigh(p, hn::Not(w)), hn::MulHigh(j, w)), hn::Set(d, uint16_t{1}));
    const auto all = hn::Set(d, uint16_t{0xffff});
    const auto joined = hn::IfThenElse(hn::Eq(w, all), j, sum);
    const auto part = hn::IfThenElse(hn::Eq(w, hn::Zero(d)), p, joined);
    return hn::BitCast(d8, hn::Or(hn::And(part, values), hn::AndNot(values, sample)));
  }
};

template <class Join, class Part>
HWY_INLINE void Blend(const BlendJob& job, Join join, Part part) {
  if (job.weight.data) return BlendRows(job, join, part);
  if (!job.one_color) return BlendRows(job, join, PartAll());
  const int width = BytesInVectors(job.bytes.width);
  if (width > 0) BlendOneColor(job, join);
  if (width == job.bytes.width) return;
  BlendJob rest = job;
  rest.picture = job.picture.from(width);
  rest.color = job.color.from(width % BlendJob::kPeriod);
  rest.out = job.out.from(width);
  rest.bytes.width -= width;
  BlendRows(rest, join, PartAll());
}

struct JoinPicture {
  template <class D, class V>
  HWY_INLINE V operator()(D, V picture, V) const {
    return picture;
  }
};

struct JoinColor {
  template <class D, class V>
  HWY_INLINE V operator()(D, V, V color) const {
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

  template <class D, class V>
  HWY_INLINE V operator()(D d8, V p8, V c8) const {
    const hn::Repartition<uint16_t, D> d;
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
    return hn::BitCast(d8, hn::IfVecThenElse(odd, odds, hn::ShiftRight<8>(even)));
  }
};

// `join` where a byte of the mask is 0xff, else the picture.
template <class Join>
struct JoinMasked {
  uint32_t mask;
  Join join;

  JoinMasked(const BlendJob& job, Join j) : join(j) {
    std::memcpy(&mask, job.mask.data(), sizeof mask);
  }

  template <class D, class V>
  HWY_INLINE V operator()(D d, V picture, V color) const {
    const hn::Repartition<uint32_t, D> d32;
    const auto blended = hn::BitCast(d, hn::Set(d32, mask));
    return hn::IfVecThenElse(blended, join(d, picture, color), picture);
  }
};

template <class Join>
HWY_INLINE void BlendMasked(const BlendJob& job, Join join) {
  if ((job.mask[0] & job.mask[1] & job.mask[2] & job.mask[3]) == 0xff)
    Blend(job, join, PartU8());
  else
    Blend(job, JoinMasked<Join>(job, join), PartU8());
}

// As float32 does it, half to even. Each of four bytes that lie together becomes a lane in its
// turn.
template <bool kFused>
struct JoinFloat {
  float picture;
  float color;

  explicit JoinFloat(const BlendParams& params)
      : picture(params.picture_f), color(params.color_f) {}

  template <class D, class V>
  HWY_INLINE V operator()(D d8, V p8, V c8) const {
    const hn::Repartition<float, D> d;
    const hn::Repartition<uint32_t, D> d_bits;
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
    return hn::BitCast(d8, hn::Or(low, high));
  }
};

void BlendU8(const BlendJob& job) {
  using Method = BlendParams::Method;
  const BlendParams& params = job.params;
  switch (params.method) {
    case Method::kPicture:
      return BlendMasked(job, JoinPicture());
    case Method::kColor:
      return BlendMasked(job, JoinColor());
    case Method::kFixed:
      return BlendMasked(job, JoinFixed(params));
    case Method::kSeparate:
      return BlendMasked(job, JoinFloat<false>(params));
#if HWY_NATIVE_FMA
    case Method::kFused:
      return BlendMasked(job, JoinFloat<true>(params));
#endif
    default:
      scalar.blend_u8(job);
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

  explicit JoinU16(const BlendJob& job)
      : picture(job.params.picture),
        color(job.params.color),
        bias(uint16_t((1 << (16 - job.bits.depth)) / 2 + 1)),
        value(uint16_t(((1 << job.bits.depth) - 1) << job.bits.lsb)),
        top(16 - job.bits.depth - job.bits.lsb) {}

  template <class D, class V>
  HWY_INLINE V operator()(D d8, V p8, V c8) const {
    const hn::Repartition<uint16_t, D> d;
    const auto values = hn::Set(d, value);
    const auto sample = hn::BitCast(d, p8);
    const auto p = hn::ShiftLeftSame(hn::And(sample, values), top);
    const auto c = hn::ShiftLeftSame(hn::BitCast(d, c8), top);
    const auto weighted = hn::Add(hn::MulHigh(p, hn::Set(d, picture)),
                                  hn::Add(hn::MulHigh(c, hn::Set(d, color)), hn::Set(d, bias)));
    return hn::BitCast(
        d8, hn::Or(hn::And(hn::ShiftRightSame(weighted, top), values), hn::AndNot(values, sample)));
  }
};

// Values that fill all 16 bits: the products are rounded together.
struct JoinWords {
  uint16_t picture;
  uint16_t color;

  explicit JoinWords(const BlendParams& params) : picture(params.picture), color(params.color) {}

  template <class D, class V>
  HWY_INLINE V operator()(D d8, V p8, V c8) const {
    const hn::Repartition<uint16_t, D> d;
    const auto p = hn::BitCast(d, p8), c = hn::BitCast(d, c8);
    const auto p_weight = hn::Set(d, picture), c_weight = hn::Set(d, color);
    const auto low_p = hn::Mul(p, p_weight), low_c = hn::Mul(c, c_weight);
    // What the lower halves carry, (low_p + low_c + 2^15) >> 16, of half their sum.
    const auto half = hn::Add(hn::And(low_p, low_c), hn::ShiftRight<1>(hn::Xor(low_p, low_c)));
    const auto carry =
        hn::ShiftRight<14>(hn::Add(hn::ShiftRight<1>(half), hn::Set(d, uint16_t{1 << 13})));
    const auto high = hn::Add(hn::MulHigh(p, p_weight), hn::MulHigh(c, c_weight));
    return hn::BitCast(d8, hn::Add(high, carry));
  }
};

// The colour. Bits that hold no value pass through.
struct JoinColorU16 {
  uint16_t value;

  explicit JoinColorU16(const SampleBits& bits)
      : value(uint16_t(((1 << bits.depth) - 1) << bits.lsb)) {}

  template <class D, class V>
  HWY_INLINE V operator()(D d8, V p8, V c8) const {
    const hn::Repartition<uint16_t, D> d;
    const auto values = hn::Set(d, value);
    return hn::BitCast(
        d8, hn::Or(hn::And(hn::BitCast(d, c8), values), hn::AndNot(values, hn::BitCast(d, p8))));
  }
};

void BlendU16(const BlendJob& job) {
  using Method = BlendParams::Method;
  const PartU16 part(job.bits);
  if (job.params.method == Method::kPicture)
    Blend(job, JoinPicture(), part);
  else if (job.params.method == Method::kColor)
    Blend(job, JoinColorU16(job.bits), part);
  else if (job.bits.depth == 16)
    Blend(job, JoinWords(job.params), part);
  else
    Blend(job, JoinU16(job), part);
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
