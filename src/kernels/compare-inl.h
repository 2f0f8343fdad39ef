// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Comparing.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

template <class V>
HWY_INLINE V Distance(V a, V b) {
  return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a));
}

// Memory is asked for rows while those that are so many above them are compared.
constexpr int kRowsAhead = 2;

// Where the rows of a comparison are, other than those of the current frame. They are gone through
// one after the other, as far as whole vectors go.
struct Compared {
  uint8_t* previous;
  ptrdiff_t previous_stride;
  uint8_t* moved;
  ptrdiff_t moved_stride;
  int width;  // in pixels

  void NextRow() {
    previous += previous_stride;
    moved += moved_stride;
  }
};

// Compares the columns of `width` pixels: `compare(d, first, width)` those that fill whole vectors,
// then those that fill short ones, and `scalar_compare(first, width)` the few that are left.
template <class Compare, class ScalarCompare>
HWY_INLINE MovedRows CompareColumns(int width, int lanes, Compare compare,
                                    ScalarCompare scalar_compare) {
  const int whole = WholeOf(width, lanes);
  const int end = WholeOf(width, HWY_MIN(kShort, lanes));
  MovedRows moved = 0;
  if (whole > 0) moved |= compare(U8(), 0, whole);
  if (end > whole) moved |= compare(U8Short(), whole, end - whole);
  if (width > end) moved |= scalar_compare(end, width - end);
  return moved;
}

// Compares row after row. `compare.Row` is given a row of the current frame, another one that is
// read later, and a vector to which it adds bits wherever a pixel moved.
template <class D8, class Compare>
HWY_NOINLINE MovedRows CompareRows(D8 d, Rows<const uint8_t> current, int height, Compare compare) {
  MovedRows moved = 0;
  for (int top = 0; top < height; top += kChunkHeight) {
    auto any = hn::Zero(d);
    for (int y = top; y < HWY_MIN(top + kChunkHeight, height); ++y) {
      any = compare.Row(current[y], current[y + kRowsAhead], any);
      compare.NextRow();
    }
    moved |= MovedRows{AnySet(d, any)} << top / kChunkHeight;
  }
  return moved;
}

// A vector of the luma that pixels of `kStep` bytes have at `offset`.
template <int kStep, class D8>
HWY_INLINE hn::Vec<D8> LoadLuma(D8 d, const uint8_t* pixels, int offset) {
  if constexpr (kStep == 1) {
    return hn::LoadU(d, pixels);
  } else {
    const hn::Repartition<std::conditional_t<kStep == 2, uint16_t, uint32_t>, D8> d_pixel;
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

template <class D8, int kStep>
struct CompareU8 : Compared {
  int offset;
  uint8_t threshold;

  HWY_INLINE hn::Vec<D8> Row(const uint8_t* current, const uint8_t* ahead, hn::Vec<D8> any) {
    const D8 d;
    const int lanes = int(hn::Lanes(d));
    const auto limit = hn::Set(d, threshold);
    // Several at a time are read before any is written, which the next reads might have to wait
    // for.
    constexpr int kAtOnce = 4;
    const auto above = [&](hn::Vec<D8> now, int i) {
      return hn::SaturatedSub(Distance(now, hn::LoadU(d, previous + i)), limit);
    };
    const auto put = [&](hn::Vec<D8> now, hn::Vec<D8> over, int i) {
      any = hn::Or(any, over);
      hn::StoreU(now, d, previous + i);
      hn::StoreMaskBits(d, hn::Ne(over, hn::Zero(d)), moved + i / 8);
    };
    int x = 0;
    for (; x + kAtOnce * lanes <= width; x += kAtOnce * lanes) {
      const int x1 = x + lanes, x2 = x1 + lanes, x3 = x2 + lanes;
      for (int line = x * kStep; line < (x + kAtOnce * lanes) * kStep; line += kCacheLine)
        AskFor(ahead + line);
      const auto luma = [&](int i) {
        return LoadLuma<kStep>(d, current + ptrdiff_t{i} * kStep, offset);
      };
      const auto n0 = luma(x), n1 = luma(x1), n2 = luma(x2), n3 = luma(x3);
      const auto a0 = above(n0, x), a1 = above(n1, x1), a2 = above(n2, x2), a3 = above(n3, x3);
      put(n0, a0, x);
      put(n1, a1, x1);
      put(n2, a2, x2);
      put(n3, a3, x3);
    }
    for (; x < width; x += lanes) {
      const auto now = LoadLuma<kStep>(d, current + ptrdiff_t{x} * kStep, offset);
      put(now, above(now, x), x);
    }
    return any;
  }
};

template <int kStep>
MovedRows CompareLuma(Rows<const uint8_t> current, LumaPlace place, Rows<uint8_t> previous,
                      Rows<uint8_t> moved, Extent extent, uint8_t threshold) {
  return CompareColumns(
      extent.width, int(hn::Lanes(U8())),
      [&](auto d, int x, int width) {
        const CompareU8<decltype(d), kStep> compare{
            {previous.data + x, previous.stride, moved.data + x / 8, moved.stride, width},
            place.offset,
            threshold};
        return CompareRows(d, current.from(ptrdiff_t{x} * kStep), extent.height, compare);
      },
      [&](int x, int width) {
        return scalar.compare_u8(current.from(ptrdiff_t{x} * kStep), place, previous.from(x),
                                 moved.from(x / 8), {width, extent.height}, threshold);
      });
}

MovedRows CompareLumaU8(Rows<const uint8_t> current, LumaPlace place, Rows<uint8_t> previous,
                        Rows<uint8_t> moved, Extent extent, uint8_t threshold) {
  const auto compare = place.step == 1   ? CompareLuma<1>
                       : place.step == 2 ? CompareLuma<2>
                                         : CompareLuma<4>;
  return compare(current, place, previous, moved, extent, threshold);
}

// Vectors of as many bytes, and half as many pixels.
template <class D8>
struct CompareU16 : Compared {
  uint16_t threshold;
  uint16_t bits;

  HWY_INLINE hn::Vec<D8> Row(const uint8_t* current, const uint8_t* ahead, hn::Vec<D8> any) {
    const D8 d8;
    const hn::Repartition<uint16_t, D8> d;
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
    return any;
  }
};

MovedRows CompareLumaU16(Rows<const uint8_t> current, Rows<uint16_t> previous, Rows<uint8_t> moved,
                         Extent extent, uint16_t threshold, uint16_t bits) {
  return CompareColumns(
      extent.width, int(hn::Lanes(U16())),
      [&](auto d, int x, int width) {
        const CompareU16<decltype(d)> compare{
            {reinterpret_cast<uint8_t*>(previous.data + x), previous.stride, moved.data + x / 8,
             moved.stride, width},
            threshold,
            bits};
        return CompareRows(d, current.from(2 * ptrdiff_t{x}), extent.height, compare);
      },
      [&](int x, int width) {
        return scalar.compare_u16(current.from(2 * ptrdiff_t{x}), previous.from(x),
                                  moved.from(x / 8), {width, extent.height}, threshold, bits);
      });
}

// Where OpenCV's grey of a difference exceeds the threshold, in 16-bit arithmetic. With each weight
// cut in two, w = 256 h + l, the sums of h and of l fit 16 bits, and
//   (256 H + L + 2^14) >> 15 > t  <=>  H + (L >> 8) >= 128 (t + 1) - 64.
template <class D16, class V>
HWY_INLINE V GreyAbove(D16 d, V r, V g, V b, V limit) {
  const auto high =
      hn::Add(hn::Add(hn::Mul(r, hn::Set(d, 9798 >> 8)), hn::Mul(g, hn::Set(d, 19235 >> 8))),
              hn::Mul(b, hn::Set(d, 3735 >> 8)));
  const auto low =
      hn::Add(hn::Add(hn::Mul(r, hn::Set(d, 9798 & 255)), hn::Mul(g, hn::Set(d, 19235 & 255))),
              hn::Mul(b, hn::Set(d, 3735 & 255)));
  const auto sum = hn::Add(high, hn::ShiftRight<8>(low));
  return hn::VecFromMask(d, hn::Eq(hn::Max(sum, limit), sum));
}

// The same of bytes.
template <class D8, class V>
HWY_INLINE V AboveBytes(D8 d, V r, V g, V b, uint8_t threshold) {
  const hn::Half<D8> d_half;
  const hn::Repartition<uint16_t, D8> d16;
  const hn::RebindToSigned<decltype(d16)> d16_signed;
  const hn::RebindToSigned<decltype(d_half)> d_half_signed;
  const auto limit = hn::Set(d16, uint16_t(128 * (threshold + 1) - 64));
  const auto low = GreyAbove(d16, hn::PromoteTo(d16, hn::LowerHalf(d_half, r)),
                             hn::PromoteTo(d16, hn::LowerHalf(d_half, g)),
                             hn::PromoteTo(d16, hn::LowerHalf(d_half, b)), limit);
  const auto high = GreyAbove(d16, hn::PromoteTo(d16, hn::UpperHalf(d_half, r)),
                              hn::PromoteTo(d16, hn::UpperHalf(d_half, g)),
                              hn::PromoteTo(d16, hn::UpperHalf(d_half, b)), limit);
  const auto low_bytes = hn::DemoteTo(d_half_signed, hn::BitCast(d16_signed, low));
  const auto high_bytes = hn::DemoteTo(d_half_signed, hn::BitCast(d16_signed, high));
  return hn::Combine(d, hn::BitCast(d_half, high_bytes), hn::BitCast(d_half, low_bytes));
}

// Compares a row as far as whole vectors of pixels go.
template <class D8, int kStep>
struct CompareRgb : Compared {
  using V = hn::Vec<D8>;

  RgbOrder order;
  uint8_t threshold;

  // The pixels whose grey is above the threshold, of the distances of bytes in their order.
  HWY_INLINE V Above(V d0, V d1, V d2, V d3) const {
    const D8 d;
    const int n = int(hn::Lanes(d));
    HWY_ALIGN uint8_t packed[4 * hn::MaxLanes(d)];
    hn::Store(d0, d, packed);
    hn::Store(d1, d, packed + n);
    hn::Store(d2, d, packed + 2 * n);
    V b0, b1, b2, b3 = hn::Zero(d);
    if (kStep == 3) {
      hn::LoadInterleaved3(d, packed, b0, b1, b2);
    } else {
      hn::Store(d3, d, packed + 3 * n);
      hn::LoadInterleaved4(d, packed, b0, b1, b2, b3);
    }
    const auto pick = [&](int i) { return i == 0 ? b0 : i == 1 ? b1 : i == 2 ? b2 : b3; };
    return AboveBytes(d, pick(order.r), pick(order.g), pick(order.b), threshold);
  }

  HWY_INLINE V Row(const uint8_t* current, const uint8_t* ahead, V any) {
    const D8 d;
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
    return any;
  }
};

template <int kStep>
MovedRows ComparePacked(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                        Extent extent, RgbOrder order, uint8_t threshold) {
  return CompareColumns(
      extent.width, int(hn::Lanes(U8())),
      [&](auto d, int x, int width) {
        const ptrdiff_t byte = ptrdiff_t{x} * kStep;
        const CompareRgb<decltype(d), kStep> compare{
            {previous.data + byte, previous.stride, moved.data + x / 8, moved.stride, width},
            order,
            threshold};
        return CompareRows(d, current.from(byte), extent.height, compare);
      },
      [&](int x, int width) {
        const ptrdiff_t byte = ptrdiff_t{x} * kStep;
        return scalar.compare_rgb(current.from(byte), previous.from(byte), moved.from(x / 8),
                                  {width, extent.height}, order, threshold);
      });
}

MovedRows CompareRgbPacked(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                           Extent extent, RgbOrder order, uint8_t threshold) {
  return (order.step == 3 ? ComparePacked<3> : ComparePacked<4>)(current, previous, moved, extent,
                                                                 order, threshold);
}

// By how much the grey of samples is above a limit, or so that it is not 0. Of two bytes it takes
// 32 bits: the weights, 2^15 in all, times the highest sample fit.
template <class D, class V = hn::Vec<D> >
HWY_INLINE V GreyOver(D d, V r, V g, V b, V limit) {
  if constexpr (sizeof(hn::TFromD<D>) == 1) {
    return AboveBytes(d, r, g, b, hn::GetLane(limit));
  } else {
    const hn::Half<D> d_half;
    const hn::Repartition<uint32_t, D> d32;
    const hn::RebindToSigned<decltype(d32)> d32_signed;
    const auto grey = [&](auto half) {
      const auto part = [&](V v, uint32_t weight) {
        return hn::Mul(hn::PromoteTo(d32, half(v)), hn::Set(d32, weight));
      };
      const auto sum = hn::Add(hn::Add(part(r, 9798), part(g, 19235)), part(b, 3735));
      const auto rounded = hn::ShiftRight<15>(hn::Add(sum, hn::Set(d32, 1 << 14)));
      return hn::DemoteTo(d_half, hn::BitCast(d32_signed, rounded));
    };
    const auto low = grey([&](V v) { return hn::LowerHalf(d_half, v); });
    const auto high = grey([&](V v) { return hn::UpperHalf(d_half, v); });
    return hn::SaturatedSub(hn::Combine(d, high, low), limit);
  }
}

// Compares rows of three planes as far as whole vectors of samples go.
template <class D>
HWY_INLINE MovedRows ComparePlanes(D d, const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                                   hn::TFromD<D> threshold, hn::TFromD<D> bits) {
  const hn::Repartition<uint8_t, D> d8;
  const auto limit = hn::Set(d, threshold);
  const auto counted = hn::Set(d, bits);
  MovedRows result = 0;
  for (int y = 0; y < extent.height; ++y) {
    // The distances of a vector of a colour, which is then remembered.
    const auto take = [&](int i, int x) {
      const ptrdiff_t byte = ptrdiff_t(x * sizeof(threshold));
      uint8_t* const previous = planes.previous[i][y] + byte;
      const auto now = hn::LoadU(d8, planes.current[i][y] + byte);
      const auto before = hn::LoadU(d8, previous);
      hn::StoreU(now, d8, previous);
      return Distance(hn::And(hn::BitCast(d, now), counted),
                      hn::And(hn::BitCast(d, before), counted));
    };
    auto any = hn::Zero(d);
    for (int x = 0; x < extent.width; x += int(hn::Lanes(d))) {
      const auto r = take(0, x), g = take(1, x), b = take(2, x);
      auto over = hn::Zero(d);
      // A grey is never above its largest colour.
      if (AnySet(d, hn::SaturatedSub(hn::Max(hn::Max(r, g), b), limit))) {
        over = GreyOver(d, r, g, b, limit);
        any = hn::Or(any, over);
      }
      hn::StoreMaskBits(d, hn::Ne(over, hn::Zero(d)), moved[y] + x / 8);
    }
    result |= MovedRows{AnySet(d, any)} << y / kChunkHeight;
  }
  return result;
}

template <typename Sample>
HWY_INLINE MovedRows CompareAllPlanes(decltype(Kernels::compare_planes_u8) twin,
                                      const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                                      uint16_t threshold, uint16_t bits) {
  const auto from = [&](int x) {
    RgbPlanes rest = planes;
    for (auto& rows : rest.current) rows = rows.from(ptrdiff_t(x * sizeof(Sample)));
    for (auto& rows : rest.previous) rows = rows.from(ptrdiff_t(x * sizeof(Sample)));
    return rest;
  };
  return CompareColumns(
      extent.width, int(hn::Lanes(hn::Repartition<Sample, U8>())),
      [&](auto d, int x, int width) {
        return ComparePlanes(hn::Repartition<Sample, decltype(d)>(), from(x), moved.from(x / 8),
                             {width, extent.height}, Sample(threshold), Sample(bits));
      },
      [&](int x, int width) {
        return twin(from(x), moved.from(x / 8), {width, extent.height}, threshold, bits);
      });
}

MovedRows ComparePlanesU8(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                          uint16_t threshold, uint16_t bits) {
  return CompareAllPlanes<uint8_t>(scalar.compare_planes_u8, planes, moved, extent, threshold,
                                   bits);
}

MovedRows ComparePlanesU16(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                           uint16_t threshold, uint16_t bits) {
  return CompareAllPlanes<uint16_t>(scalar.compare_planes_u16, planes, moved, extent, threshold,
                                    bits);
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
