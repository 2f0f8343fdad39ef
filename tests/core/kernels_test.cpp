// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests of the steps do not reach: samples of 16 bits, and every set of kernels that this
// machine runs against the scalar twins.
#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <random>

#include "blend.h"
#include "frames.h"

namespace motionheat::test {
namespace {

using kernels::BlendParams;
using kernels::Curve;
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
  kernels::BlendJob row =
      blend_job({in.data(), 0}, {paint.data(), 0}, {dst.data(), 0}, int(2 * src.size()), 1, params);
  row.bits = bits;
  k.blend_u16(row);
}

// Within one step of the exact value, and bits that hold no value pass through.
TEST_P(KernelSet, BlendsSixteenBits) {
  std::mt19937 random(1);
  for (const SampleBits bits : {SampleBits{10, 0}, SampleBits{10, 6}, SampleBits{16, 0}}) {
    const uint16_t value = uint16_t(((1 << bits.depth) - 1) << bits.lsb);
    for (const double opacity : {0.0, 1e-6, 1 / 131072.0, 1.5 / 65536, 0.1, 0.4, 0.5, 0.77,
                                 20000.5 / 65536, 1 - 1e-6, 1.0}) {
      const Blend blend(opacity, false);
      for (const size_t n : {size_t{1}, size_t{31}, size_t{32}, size_t{131}}) {
        std::vector<uint16_t> src(n), color(n), out(n);
        for (size_t i = 0; i < n; ++i) {
          src[i] = uint16_t(random());
          color[i] = uint16_t(random() & value);
        }
        src[0] = color[n / 2] = 0xffff & value;
        color[0] = n == 32 ? 0 : 0xffff & value;
        const GuardedBytes dst(2 * n), twin(2 * n);
        blend_row(*GetParam(), src, color, dst, blend.params(), bits);
        blend_row(kernels::scalar, src, color, twin, blend.params(), bits);
        ASSERT_EQ(std::memcmp(dst.data(), twin.data(), 2 * n), 0);
        std::memcpy(out.data(), dst.data(), 2 * n);
        for (size_t i = 0; i < n; ++i) {
          ASSERT_EQ(out[i] & ~value, src[i] & ~value);
          const double p = (src[i] & value) >> bits.lsb, c = color[i] >> bits.lsb;
          const double exact = p * (1 - opacity) + c * opacity;
          const double bound = opacity == 0 || opacity == 1 ? 0 : bits.depth == 16 ? 1.0 : 0.6;
          ASSERT_LE(std::abs(((out[i] & value) >> bits.lsb) - exact), bound) << p << " " << c;
        }
      }
    }
  }
}

TEST_P(KernelSet, InterleavesRows) {
  std::mt19937 random(8);
  const kernels::Extent extent{48, 3};
  for (int n = 1; n <= 4; ++n) {
    const size_t bytes = size_t(extent.width * extent.height);
    const GuardedBytes sources[] = {GuardedBytes(bytes), GuardedBytes(bytes), GuardedBytes(bytes),
                                    GuardedBytes(bytes)};
    std::array<const uint8_t*, 4> data{};
    for (int i = 0; i < n; ++i) {
      std::generate_n(sources[i].data(), bytes, std::ref(random));
      data[i] = sources[i].data();
    }
    const ptrdiff_t row_bytes = ptrdiff_t{n} * extent.width, stride = row_bytes + 5;
    const GuardedBytes dst(size_t(stride * (extent.height - 1) + row_bytes));
    GetParam()->interleave_u8(data.data(), n, {dst.data(), stride}, extent);
    for (int y = 0; y < extent.height; ++y)
      for (int x = 0; x < extent.width; ++x)
        for (int i = 0; i < n; ++i)
          ASSERT_EQ(dst.data()[y * stride + x * n + i], data[i][y * extent.width + x]);
  }
}

TEST_P(KernelSet, AveragesRoundingHalvesUp) {
  std::mt19937 random(9);
  constexpr int kWidth = kernels::kChunkWidth, kHeight = kernels::kChunkHeight;
  for (int round = 0; round < 50; ++round) {
    const int chunks = 1 + round % 3;
    const size_t n = size_t(chunks) * kernels::kChunkPixels;
    const GuardedBytes values(n);
    std::generate_n(values.data(), n, [&] { return uint8_t(round ? random() : 255); });
    for (const int rows : {1, 2}) {
      const GuardedBytes means(n / 2 / rows);
      GetParam()->average_u8(values.data(), chunks, rows == 2, means.data());
      for (int y = 0; y < chunks * kHeight / rows; ++y) {
        for (int x = 0; x < kWidth / 2; ++x) {
          int sum = 0;
          for (int v = y * rows; v < (y + 1) * rows; ++v)
            for (int u = 2 * x; u < 2 * x + 2; ++u) sum += values.data()[v * kWidth + u];
          ASSERT_EQ(means.data()[y * kWidth / 2 + x], int(std::floor(sum / (2.0 * rows) + 0.5)));
        }
      }
    }
  }
}

TEST_P(KernelSet, FollowsTheMeanAsItsScalarTwin) {
  std::mt19937 random(3);
  for (const int bytes : {1, 2}) {
    const auto mean_of = [&](const Kernels& k) {
      return bytes == 1 ? k.running_mean_u8 : k.running_mean_u16;
    };
    for (const int n : {0, 1, 15, 16, 33, 200}) {
      const GuardedBytes samples(size_t(n) * bytes), shown(size_t(n) * bytes),
          twin(size_t(n) * bytes);
      const GuardedBytes memory(n * sizeof(float)), twin_memory(n * sizeof(float));
      const auto means = reinterpret_cast<float*>(memory.data());
      const auto twin_means = reinterpret_cast<float*>(twin_memory.data());
      for (int i = 0; i < 40; ++i) {
        const float weight = i < 20 ? 1.0f / float(i + 1) : 0.01f;
        std::generate_n(samples.data(), n * bytes, random);
        mean_of (*GetParam())(samples.data(), means, shown.data(), n, weight);
        mean_of(kernels::scalar)(samples.data(), twin_means, twin.data(), n, weight);
        ASSERT_EQ(std::memcmp(shown.data(), twin.data(), size_t(n) * bytes), 0);
        ASSERT_EQ(std::memcmp(means, twin_means, n * sizeof(float)), 0);
        EXPECT_TRUE(i > 0 || std::memcmp(shown.data(), samples.data(), size_t(n) * bytes) == 0);
      }
    }
  }
}

TEST_P(KernelSet, FiltersAsItsScalarTwin) {
  std::mt19937 random(1);
  for (const int n : {1, 7, 8, 31, 32, 33, 64, 200}) {
    for (int run = 0; run < 20; ++run) {
      // The highest sums that there may be, and the lowest.
      kernels::TapWeights weights{-8, -8, 56, 40, 8, -8};
      std::shuffle(weights.begin(), weights.end(), random);
      const int height = 1 + run % 4, stride = n + kernels::kTaps - 1;
      const GuardedBytes samples(size_t(stride * height)), sums(size_t(n * height)),
          twin(size_t(n * height));
      for (int i = 0; i < stride * height; ++i)
        samples.data()[i] = run % 3 == 0 ? 255 : uint8_t(random() % 2 ? 255 : random());
      kernels::TapRows taps;
      for (size_t tap = 0; tap < taps.size(); ++tap) taps[tap] = samples.data() + tap;
      GetParam()->filter_u8(taps, stride, weights, {sums.data(), n}, {n, height});
      kernels::scalar.filter_u8(taps, stride, weights, {twin.data(), n}, {n, height});
      ASSERT_EQ(std::memcmp(sums.data(), twin.data(), size_t(n * height)), 0) << n;
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
  constexpr int kChunks = 4, kPixels = kChunks * kernels::kChunkPixels;
  std::vector<uint16_t> low(kPixels);
  for (const uint32_t max : maxima) {
    const uint32_t counts = std::min<uint32_t>(max, 65535) + 1;
    for (uint32_t first = 0; first < counts; first += kPixels) {
      for (uint32_t i = 0; i < kPixels; ++i) low[i] = uint16_t(std::min(first + i, counts - 1));
      std::vector<uint8_t> index(kPixels), twin(kPixels), flags(kChunks, 1), twin_flags = flags;
      std::vector<float> limits(kChunks), twin_limits(kChunks);
      GetParam()->index_u16(low.data(), index.data(), kChunks, float(max), Curve::kLinear,
                            flags.data(), limits.data());
      kernels::scalar.index_u16(low.data(), twin.data(), kChunks, float(max), Curve::kLinear,
                                twin_flags.data(), twin_limits.data());
      ASSERT_EQ(index, twin) << max << " from " << first;
      ASSERT_EQ(flags, twin_flags);
      ASSERT_EQ(limits, twin_limits);
    }
  }
}

// In integers, too, indices are those of float32 quotients: where each one begins, one less and one
// more, and above the scale.
TEST_P(KernelSet, IndexesBySmallIntegersAsByQuotients) {
  constexpr int kChunks = 4, kPixels = kChunks * kernels::kChunkPixels;
  std::mt19937 random(11);
  const std::vector<uint8_t> all(kChunks, 1);
  for (int full = 1; full <= kernels::kMaxSmallFull; full += full < 1500 ? 1 : 7) {
    std::vector<uint16_t> low(kPixels);
    for (int i = 0; i < kPixels; ++i) {
      const int begin = (i / 4 * full + 254) / 255;
      const std::array counts{begin - 1, begin, begin + 1, int(random() % 65536)};
      low[i] = uint16_t(std::max(0, counts[i % 4]));
    }
    std::shuffle(low.begin(), low.end(), random);
    std::vector<uint8_t> expected(kPixels), index(kPixels), twin(kPixels);
    std::vector<uint8_t> flags = all, twin_flags = all, expected_flags = all;
    std::vector<float> limits(kChunks), twin_limits(kChunks), ignored(kChunks);
    kernels::scalar.index_u16(low.data(), expected.data(), kChunks, float(full), Curve::kLinear,
                              expected_flags.data(), ignored.data());
    kernels::scalar.index_small(low.data(), twin.data(), kChunks, uint16_t(full), twin_flags.data(),
                                twin_limits.data());
    ASSERT_TRUE(GetParam()->index_small(low.data(), index.data(), kChunks, uint16_t(full),
                                        flags.data(), limits.data()));
    ASSERT_EQ(index, expected) << full;
    ASSERT_EQ(twin, expected) << full;
    ASSERT_EQ(flags, expected_flags);
    ASSERT_EQ(limits, twin_limits) << full;
    // Nothing changes any more, and what is not flagged is left alone.
    index[0] ^= 1;
    flags = {0, 1, 1, 0};
    ASSERT_FALSE(GetParam()->index_small(low.data(), index.data(), kChunks, uint16_t(full),
                                         flags.data(), limits.data()));
    index[0] ^= 1;
    ASSERT_EQ(index, expected);
  }
}

// Of a cool map: chunks without heat, and with little.
TEST_P(KernelSet, ValidityBySmallIntegersIsThatOfItsScalarTwin) {
  constexpr int kChunks = 5, kPixels = kChunks * kernels::kChunkPixels;
  std::mt19937 random(12);
  for (int round = 0; round < 500; ++round) {
    const auto full = uint16_t(1 + (random() % kernels::kMaxSmallFull >> random() % 15));
    std::vector<uint16_t> low(kPixels);
    for (int chunk = 1; chunk < kChunks; ++chunk)
      for (int i = 0; i < 20; ++i)
        low[chunk * kernels::kChunkPixels + int(random() % kernels::kChunkPixels)] =
            uint16_t(random() % (full + 2u) >> 2 * (chunk - 1));
    std::vector<uint8_t> index(kPixels), flags(kChunks, 1), twin = index, twin_flags = flags;
    std::vector<float> limits(kChunks), twin_limits(kChunks);
    ASSERT_EQ(GetParam()->index_small(low.data(), index.data(), kChunks, full, flags.data(),
                                      limits.data()),
              kernels::scalar.index_small(low.data(), twin.data(), kChunks, full, twin_flags.data(),
                                          twin_limits.data()));
    ASSERT_EQ(index, twin);
    ASSERT_EQ(flags, twin_flags);
    ASSERT_EQ(limits, twin_limits) << full;
  }
}

// Counts of two words, divisors that are no integers, curves, chunks that are left alone.
TEST_P(KernelSet, IndexesAsItsScalarTwin) {
  constexpr int kChunks = 7, kPixels = kChunks * kernels::kChunkPixels;
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    const double full = std::exp2((random() % 4000) / 100.0 - 2);
    const auto curve = kernels::Curve(round % 3);
    std::vector<uint16_t> low(kPixels);
    std::vector<uint32_t> high(kPixels);
    for (uint16_t& word : low) word = random() % 3 ? uint16_t(random()) : 0;
    for (uint32_t& word : high) word = random() >> (1 + random() % 31);
    std::fill_n(low.begin() + kernels::kChunkPixels, kernels::kChunkPixels, 0);
    std::fill_n(high.begin() + kernels::kChunkPixels, kernels::kChunkPixels, 0);
    for (const int bits : {16, 47, 24}) {
      if (bits == 24)
        for (uint32_t& word : high) word &= 0xff;
      std::vector<uint8_t> index(kPixels), twin, flags(kChunks), twin_flags;
      std::vector<float> limits(kChunks), twin_limits(kChunks);
      std::generate(index.begin(), index.end(), [&] { return random() % 2; });
      for (uint8_t& flag : flags) flag = random() % 4 != 0;
      twin = index;
      twin_flags = flags;
      const auto run = [&](const Kernels& k, std::vector<uint8_t>& out, std::vector<uint8_t>& f,
                           std::vector<float>& l) {
        if (bits == 24)
          return k.index_u24(low.data(), high.data(), out.data(), kChunks, float(full), curve,
                             f.data(), l.data());
        if (bits == 47)
          return k.index_u48(low.data(), high.data(), out.data(), kChunks, full, curve, f.data(),
                             l.data());
        return k.index_u16(low.data(), out.data(), kChunks, float(full), curve, f.data(), l.data());
      };
      ASSERT_EQ(run(*GetParam(), index, flags, limits),
                run(kernels::scalar, twin, twin_flags, twin_limits));
      ASSERT_EQ(index, twin) << "full " << full;
      ASSERT_EQ(flags, twin_flags);
      ASSERT_EQ(limits, twin_limits) << "full " << full;
    }
  }
}

// A motion mask of kChunks chunks, in most of whose bytes nothing moved.
struct MotionMask {
  static constexpr int kChunks = 4, kStride = kChunks * kernels::kChunkWidth / 8 + 3;

  MotionMask(int n, std::mt19937& random) : rows(n), bytes(size_t(kStride) * n - 3) {
    std::generate_n(bytes.data(), size_t(kStride) * n - 3,
                    [&] { return random() % 4 ? 0 : uint8_t(random() & random()); });
  }
  kernels::Rows<const uint8_t> view() const { return {bytes.data(), kStride}; }

  int rows;
  GuardedBytes bytes;
};

TEST_P(KernelSet, AccumulatesAsItsScalarTwin) {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    const MotionMask mask(1 + round % kernels::kChunkHeight, random);
    std::vector<uint16_t> low(size_t{MotionMask::kChunks} * kernels::kChunkPixels), twin;
    for (uint16_t& word : low) word = uint16_t(round % 3 ? random() % 9 : random());
    twin = low;
    std::vector<uint8_t> flags(MotionMask::kChunks);
    flags[round % MotionMask::kChunks] = true;
    std::vector<uint8_t> twin_flags = flags;
    const uint16_t increment = round % 2 ? 1 : uint16_t(random());
    const kernels::Accumulated result = GetParam()->accumulate(
        mask.view(), mask.rows, MotionMask::kChunks, low.data(), increment, flags.data());
    const kernels::Accumulated expected = kernels::scalar.accumulate(
        mask.view(), mask.rows, MotionMask::kChunks, twin.data(), increment, twin_flags.data());
    ASSERT_EQ(low, twin);
    ASSERT_EQ(flags, twin_flags);
    ASSERT_EQ(result.moved, expected.moved);
    ASSERT_EQ(result.max, expected.max);
  }
}

TEST_P(KernelSet, CarriesAsItsScalarTwin) {
  std::mt19937 random(14);
  for (int round = 0; round < 300; ++round) {
    const MotionMask mask(1 + round % kernels::kChunkHeight, random);
    std::vector<uint16_t> low(size_t{MotionMask::kChunks} * kernels::kChunkPixels), twin;
    for (uint16_t& word : low) word = uint16_t(random());
    twin = low;
    std::vector<uint32_t> high(low.size()), twin_high;
    for (uint32_t& word : high) word = (random() >> 1) >> (round % 2 ? 16 + random() % 15 : 0);
    if (round % 4 == 0) high[random() % high.size()] = uint32_t(kernels::kMaxCount >> 16);
    twin_high = high;
    const uint16_t increment = uint16_t(random());
    ASSERT_EQ(GetParam()->carry(mask.view(), mask.rows, MotionMask::kChunks, low.data(),
                                high.data(), increment),
              kernels::scalar.carry(mask.view(), mask.rows, MotionMask::kChunks, twin.data(),
                                    twin_high.data(), increment));
    ASSERT_EQ(low, twin);
    ASSERT_EQ(high, twin_high);
  }
}

TEST_P(KernelSet, LooksUpEveryIndex) {
  std::mt19937 random(5);
  for (const int n_tables : {1, 3}) {
    const GuardedBytes tables(size_t(256 * n_tables)), index(kernels::kChunkPixels);
    const GuardedBytes values(size_t(kernels::kChunkPixels) * n_tables);
    std::generate_n(tables.data(), 256 * n_tables, std::ref(random));
    for (const int hottest : {1, 15, 16, 17, 100, 256}) {
      for (int i = 0; i < kernels::kChunkPixels; ++i) index.data()[i] = uint8_t(i % hottest);
      GetParam()->look_up(index.data(), tables.data(), n_tables, values.data());
      for (int table = 0; table < n_tables; ++table)
        for (int i = 0; i < kernels::kChunkPixels; ++i)
          ASSERT_EQ(values.data()[table * kernels::kChunkPixels + i],
                    tables.data()[table * 256 + index.data()[i]]);
    }
  }
}

/// Rows of random bytes between guards.
struct Picture {
  int width;
  int rows;
  ptrdiff_t stride;
  GuardedBytes bytes;

  Picture(int w, int r, int padding = 0)
      : width(w), rows(r), stride(w + padding), bytes(size_t(stride * (r - 1) + w)) {}
  Picture(int w, int r, int padding, std::mt19937& random) : Picture(w, r, padding) {
    std::generate_n(bytes.data(), size(), std::ref(random));
  }
  Picture(const Picture& from) : Picture(from.width, from.rows, int(from.stride) - from.width) {
    std::memcpy(bytes.data(), from.bytes.data(), size());
  }

  size_t size() const { return size_t(stride * (rows - 1) + width); }
  kernels::Rows<uint8_t> view() const { return {bytes.data(), stride}; }
  bool operator==(const Picture& other) const {
    return std::memcmp(bytes.data(), other.bytes.data(), size()) == 0;
  }
};

BlendParams params_of(Method method, const std::vector<uint8_t>& table) {
  return {method, 39322, 26214, 129, 0.6f, 0.4f, table.data()};
}

// Rows of any length, with a colour for each pixel or one for all, in place or not.
TEST_P(KernelSet, BlendsAsItsScalarTwin) {
  std::mt19937 random(6);
  std::vector<uint8_t> table(65536);
  std::generate(table.begin(), table.end(), std::ref(random));
  constexpr Method kMethods[] = {Method::kPicture,  Method::kColor, Method::kFixed,
                                 Method::kSeparate, Method::kFused, Method::kTable};
  for (int round = 0; round < 3000; ++round) {
    const bool wide = round % 5 == 0;
    const bool one_color = round % 2;
    const int step = wide ? 2 : 1 + int(random() % 4);
    const int bytes = (1 + int(random() % 700)) * (wide ? 2 : 1);
    // Rows that all begin alike in a line of the cache, or each elsewhere.
    const int padding = random() % 2 ? -bytes & 63 : int(random() % 5);
    const Picture picture(bytes, 1 + int(random() % 20), padding, random);
    const Picture color(bytes, picture.rows, int(random() % 5), random);
    const Picture all(2 * kernels::BlendJob::kPeriod, 1, 0, random);
    for (int x = step; x < all.width; ++x) all.view()[0][x] = all.view()[0][x - step];
    std::array<uint8_t, 4> mask{0xff, 0xff, 0xff, 0xff};
    if (random() % 2 && !wide && step != 3) mask[random() % 4] = 0;
    const auto blend = [&](const Kernels& k, const Picture& from, const Picture& to) {
      kernels::BlendJob job = blend_job(from.view(), color.view(), to.view(), bytes, picture.rows,
                                        params_of(kMethods[round % 6], table));
      job.one_color = one_color;
      if (one_color) job.color = {all.bytes.data(), 0};
      job.mask = mask;
      if (wide) job.bits = {10, 6};
      (wide ? k.blend_u16 : k.blend_u8)(job);
    };
    const Picture out(bytes, picture.rows, 3), twin(out), in_place(picture);
    std::memset(out.bytes.data(), 0, out.size());
    std::memset(twin.bytes.data(), 0, twin.size());
    blend(*GetParam(), picture, out);
    blend(kernels::scalar, picture, twin);
    ASSERT_TRUE(out == twin) << "round " << round;
    const Picture twin_in_place(picture);
    blend(*GetParam(), in_place, in_place);
    blend(kernels::scalar, twin_in_place, twin_in_place);
    ASSERT_TRUE(in_place == twin_in_place) << "round " << round;
  }
}

// Each way to compare: the motion mask and what is remembered are those of the scalar twin.
TEST_P(KernelSet, ComparesAsItsScalarTwin) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    // Luma, luma of 16 bits, RGB, RGBx, luma of YUY2 or UYVY, and of AYUV or VUYA.
    enum { kLuma, kWords, kRgb, kRgbx, kPacked422, kPacked444 };
    const int kind = round % 6;
    const int step = std::array{1, 2, 3, 4, 2, 4}[kind];
    const kernels::LumaPlace place{step, int(random() % unsigned(step))};
    const bool remembers_luma = kind >= kPacked422;
    const kernels::Extent extent{1 + int(random() % 400), 1 + int(random() % 64)};
    const int padding = int(random() % 3) * step;  // keeps words aligned
    const Picture picture(extent.width * step, extent.height, padding, random);
    const Picture previous =
        remembers_luma ? Picture(extent.width, extent.height, padding) : Picture(picture);
    if (remembers_luma) {
      for (int y = 0; y < extent.height; ++y)
        for (int x = 0; x < extent.width; ++x)
          previous.view()[y][x] = picture.view()[y][x * step + place.offset];
    }
    const int nth = std::array{1, 3, 1000, 1000000}[random() % 4];
    for (int y = 0; y < extent.height; ++y)
      for (int x = 0; x < previous.width; ++x)
        if (random() % nth == 0) previous.view()[y][x] = uint8_t(random());
    const int threshold = int(random() % 80);

    struct Result {
      Picture previous, mask;
      kernels::MovedRows moved;
    };
    const auto run = [&](const Kernels& k) {
      Result r{previous, Picture((extent.width + 7) / 8, extent.height), 0};
      std::memset(r.mask.bytes.data(), 0xff, r.mask.size());
      const kernels::Rows<uint8_t> before = r.previous.view();
      if (kind == kLuma || remembers_luma)
        r.moved =
            k.compare_u8(picture.view(), place, before, r.mask.view(), extent, uint8_t(threshold));
      else if (kind == kWords)
        r.moved =
            k.compare_u16(picture.view(), {reinterpret_cast<uint16_t*>(before.data), before.stride},
                          r.mask.view(), extent, uint16_t(threshold), 0x3ff);
      else
        r.moved = k.compare_rgb(picture.view(), before, r.mask.view(), extent, {step, 2, 1, 0},
                                uint8_t(threshold));
      return r;
    };
    const Result actual = run(*GetParam()), expected = run(kernels::scalar);
    ASSERT_EQ(actual.moved, expected.moved) << "round " << round;
    ASSERT_TRUE(actual.mask == expected.mask) << "round " << round;
    ASSERT_TRUE(actual.previous == expected.previous) << "round " << round;
    for (int y = 0; y < extent.height; ++y)
      for (int x = 0; x < previous.width; ++x)
        ASSERT_EQ(expected.previous.view()[y][x],
                  picture.view()[y][remembers_luma ? x * step + place.offset : x]);
  }
}

// Of every scale, samples at any place, rows of any length and cells that are cut at both edges.
TEST_P(KernelSet, ShrinksAsItsScalarTwin) {
  std::mt19937 random(9);
  for (int round = 0; round < 3000; ++round) {
    const int scale = 1 + round % kernels::kMaxScale;
    kernels::SamplePlaces places{1 + round / 16 % 4, 1, {}};
    if (places.step > 2) places.n = 1 + 2 * int(random() % 2);
    places.offsets = {int(random() % unsigned(places.step)), 1, 2};
    const kernels::Extent extent{1 + int(random() % 2100),
                                 random() % 2 ? scale : 1 + int(random() % unsigned(scale))};
    const Picture picture(extent.width * places.step, extent.height, int(random() % 5), random);
    if (random() % 4 == 0) std::memset(picture.bytes.data(), 0xff, picture.size());
    const size_t cells = size_t(extent.width + scale - 1) / scale;
    const GuardedBytes means[] = {GuardedBytes(cells), GuardedBytes(cells), GuardedBytes(cells)};
    const GuardedBytes twins[] = {GuardedBytes(cells), GuardedBytes(cells), GuardedBytes(cells)};
    const auto shrink = [&](const Kernels& k, const GuardedBytes* to) {
      uint8_t* const data[] = {to[0].data(), to[1].data(), to[2].data()};
      k.shrink_u8(picture.view(), places, extent, scale, data);
    };
    shrink(*GetParam(), means);
    shrink(kernels::scalar, twins);
    for (int i = 0; i < places.n; ++i)
      ASSERT_EQ(std::memcmp(means[i].data(), twins[i].data(), cells), 0)
          << "round " << round << " scale " << scale;
  }
}

// The same for RGB in planes, of 8 bits and of words whose upper bits may not count.
TEST_P(KernelSet, ComparesPlanesAsItsScalarTwin) {
  std::mt19937 random(8);
  for (int round = 0; round < 600; ++round) {
    const int bytes = 1 + round % 2;
    const uint16_t bits =
        bytes == 1 ? 0xff : std::array<uint16_t, 3>{0x3ff, 0xfff, 0xffff}[round % 3];
    const kernels::Extent extent{1 + int(random() % 300), 1 + int(random() % 64)};
    const int padding = int(random() % 5);
    std::vector<Picture> current, previous;
    for (int i = 0; i < 3; ++i) {
      current.emplace_back(extent.width * bytes, extent.height, padding, random);
      previous.emplace_back(current.back());
      const int nth = std::array{1, 3, 1000, 1000000}[random() % 4];
      for (int y = 0; y < extent.height; ++y)
        for (int x = 0; x < extent.width * bytes; ++x)
          if (random() % nth == 0) previous[i].view()[y][x] = uint8_t(random());
    }
    const uint16_t threshold = uint16_t(random() % (bits / 3u));
    const auto run = [&](const Kernels& k, std::vector<Picture>& remembered, const Picture& mask) {
      kernels::RgbPlanes planes;
      for (int i = 0; i < 3; ++i) {
        planes.current[i] = current[i].view();
        planes.previous[i] = remembered[i].view();
      }
      std::memset(mask.bytes.data(), 0xff, mask.size());
      return (bytes == 1 ? k.compare_planes_u8 : k.compare_planes_u16)(planes, mask.view(), extent,
                                                                       threshold, bits);
    };
    std::vector<Picture> twins(previous);
    const Picture mask((extent.width + 7) / 8, extent.height), twin_mask(mask);
    ASSERT_EQ(run(*GetParam(), previous, mask), run(kernels::scalar, twins, twin_mask))
        << "round " << round;
    ASSERT_TRUE(mask == twin_mask) << "round " << round;
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(previous[i] == twins[i]) << "round " << round;
      for (int y = 0; y < extent.height; ++y)
        ASSERT_EQ(
            std::memcmp(previous[i].view()[y], current[i].view()[y], size_t(extent.width) * bytes),
            0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelSet,
                         ::testing::ValuesIn(kernels::available().begin(),
                                             kernels::available().end()),
                         [](const auto& set) { return std::string(set.param->name); });

}  // namespace
}  // namespace motionheat::test
