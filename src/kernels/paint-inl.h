// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of highway.cpp, which includes it once for each instruction set.
// Colours: looking them up, averaging them, putting them side by side.
HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

// Tables of 256 bytes are looked up in parts, of as many entries as an instruction reaches.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL

constexpr int kPart = 128;

// The entries of a part that keys ask for; above 127 for keys of other parts.
template <class D>
HWY_INLINE hn::Vec<D> EntriesOf(D d, hn::Vec<D> keys, int part) {
  return hn::Xor(keys, hn::Set(d, uint8_t(part)));
}

// What a part of a table has for them; 0 for keys of other parts.
template <class D>
HWY_INLINE hn::Vec<D> LookUpPart(D d, const uint8_t* table, hn::Vec<D> entries) {
  const auto lower = hn::LoadU(d, table), upper = hn::LoadU(d, table + 64);
  const __mmask64 others = _mm512_movepi8_mask(entries.raw);
  return hn::Vec<D>{_mm512_maskz_permutex2var_epi8(~others, lower.raw, entries.raw, upper.raw)};
}

#else

constexpr int kPart = 16;

template <class D>
HWY_INLINE hn::Vec<D> EntriesOf(D d, hn::Vec<D> keys, int part) {
  // 0x70 to 0x7f, or above 0x7f. What `TableLookupBytesOr0` takes is 0 to 15, or 128 and more; x86
  // does not look at bits 4 to 6.
  const auto entries = hn::SaturatedAdd(hn::Xor(keys, hn::Set(d, uint8_t(part))), hn::Set(d, 0x70));
  return HWY_ARCH_X86 ? entries : hn::And(entries, hn::Set(d, 0x8f));
}

template <class D>
HWY_INLINE hn::Vec<D> LookUpPart(D d, const uint8_t* table, hn::Vec<D> entries) {
  return hn::TableLookupBytesOr0(hn::LoadDup128(d, table), entries);
}

#endif

// Looks indices up part by part, those of two vectors at a time. Most maps are cool, so that it
// ends early.
template <int kTables>
HWY_INLINE void LookUpIn(const uint8_t* index, const uint8_t* tables, uint8_t* values) {
  const hn::CappedTag<uint8_t, kChunkPixels / 2> d;
  const int lanes = int(hn::Lanes(d));
  for (int i = 0; i < kChunkPixels; i += 2 * lanes) {
    const auto keys0 = hn::LoadU(d, index + i), keys1 = hn::LoadU(d, index + i + lanes);
    const auto highest = hn::Max(keys0, keys1);
    auto a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0;
    for (int part = 0; part < 256; part += kPart) {
      const auto entries0 = EntriesOf(d, keys0, part), entries1 = EntriesOf(d, keys1, part);
      const auto add = [&](int table, auto& sum0, auto& sum1) {
        sum0 = hn::Or(sum0, LookUpPart(d, tables + 256 * table + part, entries0));
        sum1 = hn::Or(sum1, LookUpPart(d, tables + 256 * table + part, entries1));
      };
      add(0, a0, a1);
      if (kTables == 3) add(1, b0, b1);
      if (kTables == 3) add(2, c0, c1);
      if (!AnySet(d, hn::SaturatedSub(highest, hn::Set(d, uint8_t(part + kPart - 1))))) break;
    }
    const auto store = [&](int table, auto value0, auto value1) {
      hn::StoreU(value0, d, values + table * kChunkPixels + i);
      hn::StoreU(value1, d, values + table * kChunkPixels + i + lanes);
    };
    store(0, a0, a1);
    if (kTables == 3) store(1, b0, b1);
    if (kTables == 3) store(2, c0, c1);
  }
}

void LookUp(const uint8_t* index, const uint8_t* tables, int n_tables, uint8_t* values) {
  (n_tables == 3 ? LookUpIn<3> : LookUpIn<1>)(index, tables, values);
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

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
