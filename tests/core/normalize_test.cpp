// SPDX-License-Identifier: LGPL-2.1-or-later
#include "normalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace motionheat::test {
namespace {

constexpr int kTilePixels = TileGrid::kWidth * TileGrid::kHeight;

TileGrid::Chunks every_chunk() {
  TileGrid::Chunks chunks;
  for (auto& row : chunks) row.fill(true);
  return chunks;
}

bool index_all(const Scale& scale, const HeatMap& heat, uint8_t* index) {
  TileGrid::Chunks chunks = every_chunk();
  return scale.index_tile(heat, 0, index, chunks);
}

constexpr uint8_t kUntouched = 0x5a;

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
  std::vector<uint8_t> index(kTilePixels);
  for (uint32_t first = 0; first <= max; first += kTilePixels) {
    for (int i = 0; i < kTilePixels; ++i) counts[i] = std::min<uint64_t>(first + i, max);
    heat.assign(0, counts.data());
    index_all(scale, heat, index.data());
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
  std::vector<uint8_t> index(kTilePixels);
  for (const uint64_t max : {uint64_t{70001}, (uint64_t{1} << 24) + 1, uint64_t{3000000019},
                             (uint64_t{1} << 32) + 1, (uint64_t{1} << 47) - 1}) {
    std::fill(index.begin(), index.end(), 0);
    for (uint64_t& count : counts) count = random() % max >> random() % 20;
    counts[7] = max;
    heat.assign(0, counts.data());
    index_all(Scale(max), heat, index.data());
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
    std::vector<uint8_t> index(kTilePixels);
    index_all(Scale(max), heat, index.data());
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
  std::vector<uint8_t> index(kTilePixels);
  index_all(Scale(5), heat, index.data());
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Scale(5).index(counts[i]), 255);
    EXPECT_EQ(index[i], 255) << counts[i];
  }
}

TEST(Scale, OfAMapWithoutHeatIsZero) {
  EXPECT_EQ(Scale().index(0), 0);
  EXPECT_EQ(Scale(0).index(3), 0);
}

// Flags of a tile of `width` by `height` pixels alone: those outside of it are nobody's.
TileGrid::Chunks flags_within(const TileGrid::Chunks& flags, int width, int height) {
  TileGrid::Chunks within{};
  for (int y = 0; y < height; ++y)
    for (int chunk = 0; chunk * TileGrid::kChunk < width; ++chunk)
      within[y][chunk] = flags[y][chunk];
  return within;
}

// Indices of a tile that has just got its first heat are 0; those outside of it are nobody's.
void expect_flagged_chunks_alone(uint64_t scale_up) {
  constexpr int kWidth = 75;
  HeatMap heat(Size{kWidth, 3});
  std::vector<uint64_t> counts(kTilePixels);
  for (int i = 0; i < kTilePixels; ++i) counts[i] = uint64_t(i % 5) * scale_up;
  heat.assign(0, counts.data());
  const Scale scale(4 * scale_up);
  const auto inside = [](int i) {
    return i % TileGrid::kWidth < kWidth && i / TileGrid::kWidth < 3;
  };
  std::vector<uint8_t> index(kTilePixels, kUntouched);
  for (int i = 0; i < kTilePixels; ++i)
    if (inside(i)) index[i] = 0;

  TileGrid::Chunks flags = every_chunk();
  EXPECT_TRUE(scale.index_tile(heat, 0, index.data(), flags));
  for (int i = 0; i < kTilePixels; ++i)
    ASSERT_EQ(index[i], inside(i) ? reference_index(counts[i] / scale_up, 4) : kUntouched);
  EXPECT_EQ(flags_within(flags, kWidth, 3), flags_within(every_chunk(), kWidth, 3));

  EXPECT_FALSE(scale.index_tile(heat, 0, index.data(), flags));
  EXPECT_EQ(flags_within(flags, kWidth, 3), TileGrid::Chunks{});

  for (const int x : {33, 74}) {
    const int i = 2 * TileGrid::kWidth + x;
    counts[i] = counts[i] == 4 * scale_up ? 3 * scale_up : 4 * scale_up;
    heat.assign(0, counts.data());
    const std::vector<uint8_t> before = index;
    flags = every_chunk();
    flags[2][x / TileGrid::kChunk] = false;
    EXPECT_FALSE(scale.index_tile(heat, 0, index.data(), flags)) << "a chunk without a flag";
    EXPECT_EQ(index, before);
    flags = every_chunk();
    EXPECT_TRUE(scale.index_tile(heat, 0, index.data(), flags));
    TileGrid::Chunks expected{};
    expected[2][x / TileGrid::kChunk] = true;
    EXPECT_EQ(flags_within(flags, kWidth, 3), expected) << x;
  }
}

TEST(Scale, IndexesFlaggedChunksAndTellsWhatChanged) {
  expect_flagged_chunks_alone(1);
}

TEST(Scale, IndexesFlaggedChunksOfLargeCounts) {
  expect_flagged_chunks_alone(uint64_t{1} << 30);
}

}  // namespace
}  // namespace motionheat::test
