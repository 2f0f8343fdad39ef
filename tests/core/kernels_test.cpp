// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests of the steps do not reach: samples of 16 bits, and every set of kernels that this
// machine runs against the scalar twins.
#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "blend.h"
#include "frames.h"

namespace motionheat::test {
namespace {

using kernels::BlendParams;
using kernels::Kernels;
using kernels::SampleBits;
using Method = BlendParams::Method;

class KernelSet : public ::testing::TestWithParam<const Kernels*> {};

void blend_row(const Kernels& k, const std::vector<uint16_t>& src,
               const std::vector<uint16_t>& color, const GuardedBytes& dst,
               const BlendParams& params, SampleBits bits) {
  // Rows need not be aligned: one byte off, between guards.
  const GuardedBytes in(2 * src.size()), paint(2 * src.size());
  std::memcpy(in.data(), src.data(), 2 * src.size());
  std::memcpy(paint.data(), color.data(), 2 * src.size());
  k.blend_u16({in.data(), 0}, {paint.data(), 0}, {dst.data(), 0}, {int(src.size()), 1}, params,
              bits);
}

// Within one step of the exact value, and bits that hold no value pass through.
TEST_P(KernelSet, BlendsSixteenBits) {
  std::mt19937 random(1);
  for (const SampleBits bits : {SampleBits{10, 0}, SampleBits{10, 6}, SampleBits{16, 0}}) {
    const uint16_t value = uint16_t(((1 << bits.depth) - 1) << bits.lsb);
    for (const double opacity : {0.0, 1e-6, 1 / 131072.0, 0.1, 0.4, 0.5, 0.77, 1 - 1e-6, 1.0}) {
      const Blend blend(opacity);
      for (const size_t n : {size_t{1}, size_t{31}, size_t{32}, size_t{131}}) {
        std::vector<uint16_t> src(n), color(n), out(n);
        for (size_t i = 0; i < n; ++i) {
          src[i] = uint16_t(random());
          color[i] = uint16_t(random() & value);
        }
        src[0] = color[0] = 0xffff & value;
        const GuardedBytes dst(2 * n), twin(2 * n);
        blend_row(*GetParam(), src, color, dst, blend.params(), bits);
        blend_row(kernels::scalar, src, color, twin, blend.params(), bits);
        ASSERT_EQ(std::memcmp(dst.data(), twin.data(), 2 * n), 0);
        std::memcpy(out.data(), dst.data(), 2 * n);
        for (size_t i = 0; i < n; ++i) {
          ASSERT_EQ(out[i] & ~value, src[i] & ~value);
          const double p = (src[i] & value) >> bits.lsb, c = color[i] >> bits.lsb;
          const double exact = p * (1 - opacity) + c * opacity;
          const double bound = opacity == 0 || opacity == 1 ? 0 : bits.depth == 16 ? 2.5 : 0.6;
          ASSERT_LE(std::abs(((out[i] & value) >> bits.lsb) - exact), bound) << p << " " << c;
        }
      }
    }
  }
}

TEST_P(KernelSet, GathersWithoutReadingBeyondTheLastSample) {
  std::mt19937 random(2);
  for (const int step : {2, 4}) {
    for (int n = 1; n < 150; ++n) {
      const size_t bytes = size_t(n - 1) * step + 1;
      const GuardedBytes src(bytes), dst(n);
      std::generate_n(src.data(), bytes, std::ref(random));
      GetParam()->gather_u8({src.data(), 0}, step, {dst.data(), 0}, {n, 1});
      for (int i = 0; i < n; ++i) ASSERT_EQ(dst.data()[i], src.data()[i * step]);
    }
  }
}

// Quotients are rounded as division rounds them, for every count of maps up to a few hundred and
// around every power of two.
TEST_P(KernelSet, DividesExactly) {
  std::vector<uint32_t> maxima;
  for (uint32_t max = 1; max < 500; ++max) maxima.push_back(max);
  for (uint32_t power = 512; power <= 1 << 23; power *= 2)
    for (const int d : {-1, 0, 1, 12345}) maxima.push_back(power + d);
  maxima.push_back((1 << 24) - 1);
  constexpr int kWidth = 1024;
  std::vector<uint16_t> low(kWidth);
  for (const uint32_t max : maxima) {
    const uint32_t counts = std::min<uint32_t>(max, 65535) + 1;
    for (uint32_t first = 0; first < counts; first += kWidth) {
      for (uint32_t i = 0; i < kWidth; ++i) low[i] = uint16_t(std::min(first + i, counts - 1));
      std::vector<uint8_t> index(kWidth), twin(kWidth);
      std::vector<uint8_t> flags(kWidth / kernels::kChunk, 1), twin_flags = flags;
      GetParam()->index_u16({low.data(), 0}, {index.data(), 0}, {kWidth, 1}, float(max), nullptr,
                            {flags.data(), 0});
      kernels::scalar.index_u16({low.data(), 0}, {twin.data(), 0}, {kWidth, 1}, float(max), nullptr,
                                {twin_flags.data(), 0});
      ASSERT_EQ(index, twin) << max << " from " << first;
      ASSERT_EQ(flags, twin_flags);
    }
  }
}

// Counts of two words, divisors that are no integers, curves, rows that end within a chunk.
TEST_P(KernelSet, IndexesAsItsScalarTwin) {
  constexpr int kWidth = 203, kChunks = kWidth / kernels::kChunk + 1;
  std::mt19937 random(3);
  std::vector<uint8_t> curve(65536);
  for (size_t i = 0; i < curve.size(); ++i) curve[i] = uint8_t(std::sqrt(i / 65535.0) * 255);
  for (int round = 0; round < 200; ++round) {
    const double full = std::exp2((random() % 4000) / 100.0 - 2);
    const uint8_t* const table = round % 2 ? curve.data() : nullptr;
    std::vector<uint16_t> low(kWidth);
    std::vector<uint32_t> high(kWidth);
    for (uint16_t& word : low) word = random() % 3 ? uint16_t(random()) : 0;
    for (uint32_t& word : high) word = random() >> (1 + random() % 31);
    for (const bool wide : {false, true}) {
      std::vector<uint8_t> index(kWidth), twin(kWidth), flags(kChunks), twin_flags;
      for (uint8_t& flag : flags) flag = random() % 4 != 0;
      twin_flags = flags;
      const auto run = [&](const Kernels& k, std::vector<uint8_t>& out, std::vector<uint8_t>& f) {
        if (wide)
          return k.index_u48({low.data(), 0}, {high.data(), 0}, {out.data(), 0}, {kWidth, 1}, full,
                             table, {f.data(), 0});
        return k.index_u16({low.data(), 0}, {out.data(), 0}, {kWidth, 1}, float(full), table,
                           {f.data(), 0});
      };
      ASSERT_EQ(run(*GetParam(), index, flags), run(kernels::scalar, twin, twin_flags));
      ASSERT_EQ(index, twin) << "full " << full;
      ASSERT_EQ(flags, twin_flags);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelSet,
                         ::testing::ValuesIn(kernels::available().begin(),
                                             kernels::available().end()),
                         [](const auto& set) { return std::string(set.param->name); });

}  // namespace
}  // namespace motionheat::test
