// SPDX-License-Identifier: LGPL-2.1-or-later
#include "normalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace motionheat::test {
namespace {

constexpr int kTilePixels = TileGrid::kPixels;

TileGrid::Chunks every_chunk() {
  TileGrid::Chunks chunks;
  chunks.fill(true);
  return chunks;
}

// The indices of a tile, in rows of TileGrid::kWidth.
std::vector<uint8_t> index_all(const Scale& scale, const HeatMap& heat) {
  TileGrid::Chunks chunks = every_chunk();
  Scale::ValidUpTo limits;
  std::vector<uint8_t> index(kTilePixels), rows;
  scale.index_tile(heat, 0, index.data(), chunks, limits);
  for (int y = 0; y < TileGrid::kHeight; ++y)
    for (int x = 0; x < TileGrid::kWidth; ++x) rows.push_back(index[TileGrid::offset(x, y)]);
  return rows;
}

// The chain of the reference, in its own unit of 255 an event: exact while that fits in float32.
uint8_t reference_index(uint64_t count, uint64_t max) {
  const float heat = float(count * 255), hottest = float(max * 255);
  return uint8_t(heat / hottest * 255.0f);
}

// All counts 0..max, a tile of them at a time.
void expect_reference(uint32_t max) {
  const Scale scale(max);
  HeatMap heat(Size{TileGrid::kWidth, TileGrid::kHeight});
  std::vector<uint64_t> counts(kTilePixels);
  for (uint32_t first = 0; first <= max; first += kTilePixels) {
    for (int i = 0; i < kTilePixels; ++i) counts[i] = std::min<uint64_t>(first + i, max);
    heat.assign(0, counts.data());
    const std::vector<uint8_t> index = index_all(scale, heat);
    for (int i = 0; i < kTilePixels; ++i) {
      ASSERT_EQ(index[i], reference_index(counts[i], max)) << counts[i] << " of " << max;
      ASSERT_EQ(scale.index(counts[i]), index[i]) << counts[i] << " of " << max;
    }
  }
}

TEST(Scale, EqualsTheFloat32ChainForEverySmallMap) {
  for (uint32_t max = 1; max <= 600; ++max) expect_reference(max);
}

// 65,793 events are the last that the reference's float32 sum holds exactly.
TEST(Scale, EqualsTheFloat32ChainForLargeMaps) {
  for (const uint32_t max : {1023u, 4095u, 9999u, 16384u, 40001u, 65535u, 65536u, 65793u})
    expect_reference(max);
  std::mt19937 random(1);
  for (int i = 0; i < 30; ++i) expect_reference(1 + random() % 65793);
}

// Where float32 cannot hold the counts, only the quotient is rounded to it.
TEST(Scale, StaysExactBeyondFloat32) {
  std::mt19937_64 random(2);
  HeatMap heat(Size{TileGrid::kWidth, TileGrid::kHeight});
  std::vector<uint64_t> counts(kTilePixels);
  for (const uint64_t max : {uint64_t{70001}, (uint64_t{1} << 24) + 1, uint64_t{3000000019},
                             (uint64_t{1} << 32) + 1, (uint64_t{1} << 47) - 1}) {
    for (uint64_t& count : counts) count = random() % max >> random() % 20;
    counts[7] = max;
    heat.assign(0, counts.data());
    const std::vector<uint8_t> index = index_all(Scale(max), heat);
    for (int i = 0; i < kTilePixels; ++i) {
      const float quotient = float(static_cast<long double>(counts[i]) / max);
      ASSERT_EQ(index[i], uint8_t(quotient * 255.0f)) << counts[i] << " of " << max;
    }
    EXPECT_EQ(index[7], 255);
  }
}

// A tile whose counts are small in a map whose hottest pixel is beyond float32.
TEST(Scale, SmallCountsOfAVeryHotMap) {
  HeatMap heat(Size{TileGrid::kWidth, TileGrid::kHeight});
  std::vector<uint64_t> counts(kTilePixels);
  for (int i = 0; i < kTilePixels; ++i) counts[i] = uint64_t(i) * 16;
  heat.assign(0, counts.data());
  for (const uint64_t max : {uint64_t{65536}, uint64_t{1} << 20, (uint64_t{1} << 24) - 1,
                             uint64_t{1} << 24, (uint64_t{1} << 24) + 1, uint64_t{1} << 40}) {
    const std::vector<uint8_t> index = index_all(Scale(max), heat);
    for (int i = 0; i < kTilePixels; ++i) {
      const float quotient = float(static_cast<long double>(counts[i]) / max);
      ASSERT_EQ(index[i], uint8_t(quotient * 255.0f)) << counts[i] << " of " << max;
    }
  }
}

TEST(Scale, CountsAboveFullHaveTheHottestIndex) {
  HeatMap heat(Size{4, 1});
  std::vector<uint64_t> counts(kTilePixels);
  std::copy_n(std::begin({uint64_t{5}, uint64_t{6}, uint64_t{11}, uint64_t{65535}}), 4,
              counts.begin());
  heat.assign(0, counts.data());
  const std::vector<uint8_t> index = index_all(Scale(5), heat);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Scale(5).index(counts[i]), 255);
    EXPECT_EQ(index[i], 255) << counts[i];
  }
}

TEST(Scale, OfAMapWithoutHeatIsZero) {
  EXPECT_EQ(Scale().index(0), 0);
  EXPECT_EQ(Scale(0).index(3), 0);
}

// Indices of a tile that has just got its first heat are 0.
void expect_flagged_chunks_alone(uint64_t scale_up) {
  HeatMap heat(Size{TileGrid::kWidth, TileGrid::kHeight});
  std::vector<uint64_t> counts(kTilePixels);
  for (int i = 0; i < kTilePixels; ++i) counts[i] = uint64_t(i % 5) * scale_up;
  heat.assign(0, counts.data());
  const Scale scale(double(4 * scale_up));
  std::vector<uint8_t> index(kTilePixels);
  TileGrid::Chunks flags = every_chunk();
  Scale::ValidUpTo limits{};
  EXPECT_TRUE(scale.index_tile(heat, 0, index.data(), flags, limits));
  EXPECT_EQ(flags, every_chunk());

  const std::vector<uint8_t> first = index;
  EXPECT_FALSE(scale.index_tile(heat, 0, index.data(), flags, limits));
  EXPECT_EQ(flags, TileGrid::Chunks{});
  EXPECT_EQ(index, first);

  for (const int x : {0, 33, TileGrid::kWidth - 1}) {
    uint64_t& count = counts[2 * TileGrid::kWidth + x];
    count = count == 4 * scale_up ? 3 * scale_up : 4 * scale_up;
    heat.assign(0, counts.data());
    const std::vector<uint8_t> before = index;
    const int chunk = x / TileGrid::kChunkWidth;
    flags = every_chunk();
    flags[chunk] = false;
    limits.fill(-1);
    EXPECT_FALSE(scale.index_tile(heat, 0, index.data(), flags, limits))
        << "a chunk without a flag";
    EXPECT_EQ(index, before);
    for (int i = 0; i < TileGrid::kChunks; ++i) EXPECT_EQ(limits[i] == -1, i == chunk);
    flags = every_chunk();
    EXPECT_TRUE(scale.index_tile(heat, 0, index.data(), flags, limits));
    TileGrid::Chunks expected{};
    expected[chunk] = true;
    EXPECT_EQ(flags, expected) << x;
    EXPECT_EQ(index[TileGrid::offset(x, 2)], reference_index(count / scale_up, 4));
  }
}

TEST(Scale, IndexesFlaggedChunksAndTellsWhatChanged) {
  expect_flagged_chunks_alone(1);
}

TEST(Scale, IndexesFlaggedChunksOfLargeCounts) {
  expect_flagged_chunks_alone(uint64_t{1} << 30);
}

// As long as a chunk's limit is not exceeded its indices are those of the scale it was made with,
// and most limits leave room to grow.
TEST(Scale, IndicesStayUpToTheirLimits) {
  std::mt19937_64 random(3);
  HeatMap heat(Size{TileGrid::kWidth, TileGrid::kHeight});
  std::vector<uint64_t> counts(kTilePixels);
  int with_room = 0, chunks = 0;
  for (int round = 0; round < 400; ++round) {
    const int bits = round % 4 == 0 ? 40 : 15, lost = int(random() % bits);
    for (int i = 0; i < kTilePixels; ++i)
      counts[i] = random() % 8 ? 0 : random() >> (64 - bits + lost);
    heat.assign(0, counts.data());
    if (heat.is_cold(0)) continue;
    const Curve curve = std::array{Curve::kLinear, Curve::kSqrt, Curve::kLog}[round % 3];
    const double full = double(heat.max()) * (1 + random() % 1000 / 100.0);
    std::vector<uint8_t> index(kTilePixels);
    TileGrid::Chunks flags = every_chunk();
    Scale::ValidUpTo limits;
    const Scale scale(full, curve);
    scale.index_tile(heat, 0, index.data(), flags, limits);
    for (int chunk = 0; chunk < TileGrid::kChunks; ++chunk) {
      ++chunks;
      ASSERT_GE(limits[chunk], float(scale.full()) * (1 - 0x1p-19f));
      with_room += limits[chunk] > float(scale.full()) * 1.0005;
      double grown = std::min(double(limits[chunk]), scale.full() * 300);
      if (Scale(grown, curve).full() > limits[chunk]) grown = std::nextafter(float(grown), 0.0f);
      if (!Scale(grown, curve).only_grew_since(scale)) continue;
      std::vector<uint8_t> later = index;
      TileGrid::Chunks changed{};
      changed[chunk] = true;
      Scale::ValidUpTo ignored;
      EXPECT_FALSE(Scale(grown, curve).index_tile(heat, 0, later.data(), changed, ignored))
          << full << " grown to " << grown << " in round " << round;
    }
  }
  EXPECT_GT(with_room, chunks / 4);
}

TEST(Scale, CurvesAreExact) {
  const auto log = [](double q) { return std::log1p(255 * q) / std::log(256.0) * 255; };
  float last = 0;
  for (int i = 0; i <= 1 << 20; ++i) {
    const float q = float(i) / (1 << 20);
    ASSERT_NEAR(kernels::on_curve(q, Curve::kLog), log(q), 1e-4) << q;
    ASSERT_NEAR(kernels::on_curve(q, Curve::kSqrt), std::sqrt(double(q)) * 255, 2e-5) << q;
    ASSERT_GE(kernels::on_curve(q, Curve::kLog), last) << q;
    last = kernels::on_curve(q, Curve::kLog);
  }
  for (const Curve curve : {Curve::kLinear, Curve::kSqrt, Curve::kLog}) {
    EXPECT_EQ(kernels::on_curve(0, curve), 0);
    EXPECT_EQ(kernels::on_curve(1, curve), 255);
  }
}

TEST(Scale, KnowsWhetherItOnlyGrew) {
  EXPECT_TRUE(Scale(7).only_grew_since(Scale(6)));
  EXPECT_TRUE(Scale(7).only_grew_since(Scale(7)));
  EXPECT_FALSE(Scale(6).only_grew_since(Scale(7)));
  EXPECT_FALSE(Scale(6).only_grew_since(Scale()));
  EXPECT_FALSE(Scale(7, Curve::kLog).only_grew_since(Scale(6)));
}

}  // namespace
}  // namespace motionheat::test
