// SPDX-License-Identifier: LGPL-2.1-or-later
#include "heat_map.h"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "motion_mask.h"
#include "normalize.h"

namespace motionheat::test {
namespace {

constexpr size_t kTilePixels = TileGrid::kPixels;

using Counts = std::vector<uint64_t>;  // of a whole map, row by row

Counts counts_of(const HeatMap& heat) {
  const Size size = heat.grid().size();
  Counts counts;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) counts.push_back(heat.at(x, y));
  return counts;
}

// Calls `visit(x, y, i)` for each pixel of a tile, `i` its place in a tile's rows.
void for_each_pixel(const Rect& rect, const std::function<void(int, int, size_t)>& visit) {
  for (int y = 0; y < rect.height; ++y)
    for (int x = 0; x < rect.width; ++x)
      visit(rect.x + x, rect.y + y, size_t(y) * TileGrid::kWidth + x);
}

HeatMap map_of(Size size, const Counts& counts) {
  HeatMap heat(size);
  for (int tile = 0; tile < heat.grid().count(); ++tile) {
    Counts words(kTilePixels);
    for_each_pixel(heat.grid().rect(tile),
                   [&](int x, int y, size_t i) { words[i] = counts[size_t(y) * size.width + x]; });
    heat.assign(tile, words.data());
  }
  return heat;
}

Counts random_counts(Size size, std::mt19937_64& random) {
  Counts counts(size.area());
  // Some of one word, some of two, some none.
  for (uint64_t& count : counts) count = random() >> (24 + random() % 40);
  return counts;
}

// A mask in which a share of the pixels moved.
MotionMask random_mask(const Rect& rect, int one_in, std::mt19937_64& random) {
  MotionMask mask;
  for_each_pixel(rect, [&](int, int, size_t i) {
    if (random() % one_in == 0) mask.set(i);
  });
  return mask;
}

// All of a tile moved.
MotionMask full_mask(const Rect& rect) {
  MotionMask mask;
  for_each_pixel(rect, [&](int, int, size_t i) { mask.set(i); });
  return mask;
}

TEST(HeatMap, CountsEveryEvent) {
  std::mt19937_64 random(1);
  for (const Size size : {Size{1, 1}, Size{256, 16}, Size{257, 17}, Size{300, 37}}) {
    HeatMap heat(size);
    Counts expected(size.area());
    EXPECT_EQ(counts_of(heat), expected);
    EXPECT_EQ(heat.max(), 0u);
    for (int frame = 0; frame < 20; ++frame) {
      for (int tile = 0; tile < heat.grid().count(); ++tile) {
        const Rect rect = heat.grid().rect(tile);
        const MotionMask mask = random_mask(rect, frame % 2 ? 3 : 50, random);
        uint32_t moved = 0;
        uint64_t max = 0;
        TileGrid::Chunks chunks{}, expected_chunks{};
        for_each_pixel(rect, [&](int x, int y, size_t i) {
          uint64_t& count = expected[size_t(y) * size.width + x];
          count += mask.at(i);
          moved += mask.at(i);
          max = std::max(max, count);
          if (mask.at(i)) expected_chunks[(x - rect.x) / TileGrid::kChunkWidth] = true;
        });
        EXPECT_EQ(mask.add_to(heat, tile, chunks), moved);
        EXPECT_EQ(heat.tile_max(tile), max);
        EXPECT_EQ(chunks, expected_chunks);
        EXPECT_EQ(heat.is_cold(tile), max == 0);
      }
    }
    EXPECT_EQ(counts_of(heat), expected);
    EXPECT_EQ(heat.max(), *std::max_element(expected.begin(), expected.end()));
  }
}

TEST(HeatMap, CountsOnPastSixteenBits) {
  const Size size{9, 2};
  HeatMap heat(size);
  const Rect rect = heat.grid().rect(0);
  const MotionMask all = full_mask(rect);
  MotionMask odd;
  for_each_pixel(rect, [&](int, int, size_t i) {
    if (i % 2) odd.set(i);
  });
  for (int frame = 0; frame < 65535; ++frame) all.add_to(heat, 0);
  EXPECT_EQ(heat.high(0), nullptr);
  EXPECT_EQ(heat.max(), 65535u);
  for (int frame = 0; frame < 5000; ++frame) odd.add_to(heat, 0);
  EXPECT_NE(heat.high(0), nullptr);
  EXPECT_EQ(heat.max(), 70535u);
  for_each_pixel(rect, [&](int x, int y, size_t i) {
    EXPECT_EQ(heat.at(x, y), odd.at(i) ? 70535u : 65535u) << x << ", " << y;
  });
  all.add_to(heat, 0);  // carries in the other half too
  for_each_pixel(rect, [&](int x, int y, size_t i) {
    EXPECT_EQ(heat.at(x, y), odd.at(i) ? 70536u : 65536u) << x << ", " << y;
  });
}

TEST(HeatMap, CarriesAtEveryWordBoundary) {
  std::mt19937_64 random(2);
  const Size size{300, 20};
  for (const uint64_t boundary : {uint64_t{1} << 16, uint64_t{1} << 24, uint64_t{1} << 32,
                                  (uint64_t{1} << 46) + (uint64_t{1} << 16)}) {
    Counts expected(size.area());
    for (uint64_t& count : expected) count = random() % 2 ? boundary - 1 - random() % 4 : 0;
    HeatMap heat = map_of(size, expected);
    EXPECT_EQ(counts_of(heat), expected);
    for (int frame = 0; frame < 8; ++frame) {
      for (int tile = 0; tile < heat.grid().count(); ++tile) {
        const MotionMask mask = random_mask(heat.grid().rect(tile), 2, random);
        mask.add_to(heat, tile);
        for_each_pixel(heat.grid().rect(tile), [&](int x, int y, size_t i) {
          expected[size_t(y) * size.width + x] += mask.at(i);
        });
      }
    }
    EXPECT_EQ(counts_of(heat), expected);
    EXPECT_EQ(heat.max(), *std::max_element(expected.begin(), expected.end()));
  }
}

// A count stays at its highest value instead of passing it, whatever an event adds.
TEST(HeatMap, StaysAtTheHighestCount) {
  constexpr uint64_t kHighest = (uint64_t{1} << 47) - 1;
  const Size size{300, 20};
  std::mt19937_64 random(3);
  for (const double unit : {1.0, 2048.0, 60000.5}) {
    Counts expected(size.area());
    for (uint64_t& count : expected) count = kHighest - uint64_t(random() % 6 * unit);
    HeatMap heat = HeatMap::of(size, expected, unit);
    for (int frame = 0; frame < 12; ++frame) {
      for (int tile = 0; tile < heat.grid().count(); ++tile) {
        const MotionMask mask = random_mask(heat.grid().rect(tile), 2, random);
        mask.add_to(heat, tile);
        for_each_pixel(heat.grid().rect(tile), [&](int x, int y, size_t i) {
          uint64_t& count = expected[size_t(y) * size.width + x];
          count = std::min(kHighest, count + (mask.at(i) ? heat.increment() : 0));
        });
      }
      ASSERT_EQ(counts_of(heat), expected) << frame;
      ASSERT_EQ(heat.max(), *std::max_element(expected.begin(), expected.end()));
    }
    const Scale scale(double(heat.max()));
    for (int tile = 0; tile < heat.grid().count(); ++tile) {
      std::array<uint8_t, TileGrid::kPixels> index{};
      TileGrid::Chunks flags;
      flags.fill(true);
      Scale::ValidUpTo limits;
      scale.index_tile(heat, tile, index.data(), flags, limits);
      for_each_pixel(heat.grid().rect(tile), [&](int x, int y, size_t) {
        const int i = TileGrid::offset(x % TileGrid::kWidth, y % TileGrid::kHeight);
        ASSERT_EQ(index[i], scale.index(heat.at(x, y)));
        ASSERT_GE(index[i], 254);
      });
    }
  }
}

TEST(HeatMap, OtherTilesKeepOneWord) {
  HeatMap heat(Size{2 * TileGrid::kWidth, TileGrid::kHeight});
  const Counts full(kTilePixels, 65535);
  heat.assign(0, full.data());
  heat.assign(1, full.data());
  full_mask(heat.grid().rect(1)).add_to(heat, 1);
  EXPECT_EQ(heat.high(0), nullptr);
  EXPECT_NE(heat.high(1), nullptr);
  EXPECT_EQ(heat.at(TileGrid::kWidth - 1, TileGrid::kHeight - 1), 65535u);
  EXPECT_EQ(heat.at(TileGrid::kWidth, 0), 65536u);
}

TEST(HeatMap, ClearMakesEveryTileColdAndCountingStartsAnew) {
  std::mt19937_64 random(3);
  const Size size{300, 20};
  HeatMap heat = map_of(size, random_counts(size, random));
  heat.clear();
  EXPECT_EQ(heat.max(), 0u);
  for (int tile = 0; tile < heat.grid().count(); ++tile) EXPECT_TRUE(heat.is_cold(tile));
  EXPECT_EQ(counts_of(heat), Counts(size.area()));
  for (int tile = 0; tile < heat.grid().count(); ++tile)
    full_mask(heat.grid().rect(tile)).add_to(heat, tile);
  EXPECT_EQ(counts_of(heat), Counts(size.area(), 1));
}

TEST(HeatMap, AssignReplacesWhatWasThere) {
  HeatMap heat(Size{4, 4});
  for (const uint64_t count : {uint64_t{1} << 40, uint64_t{7}, uint64_t{0}, uint64_t{65536}}) {
    heat.assign(0, Counts(kTilePixels, count).data());
    EXPECT_EQ(counts_of(heat), Counts(16, count));
    EXPECT_EQ(heat.max(), count);
    EXPECT_EQ(heat.is_cold(0), count == 0);
  }
}

TEST(HeatMap, RefusesSizesThatCannotBeAddressed) {
  EXPECT_THROW(HeatMap(Size{INT_MAX, INT_MAX}), std::bad_alloc);
}

TEST(HeatMap, ResampledFromNothingIsCold) {
  const HeatMap heat = HeatMap().resampled({31, 17});
  EXPECT_EQ(heat.grid().size(), (Size{31, 17}));
  EXPECT_EQ(heat.max(), 0u);
}

// A larger map, and every smaller one after it, has the same map again on the way back.
TEST(HeatMap, ResampledUpAndBackIsTheSame) {
  std::mt19937_64 random(4);
  for (int n = 1; n <= 33; n += n < 8 ? 1 : 5) {
    const Size size{n, n / 2 + 1};
    const Counts counts = random_counts(size, random);
    const HeatMap heat = map_of(size, counts);
    EXPECT_EQ(counts_of(heat.resampled(size)), counts);
    for (int larger = n; larger <= 3 * n + 2; ++larger) {
      const HeatMap up = heat.resampled({larger, larger + 1});
      ASSERT_EQ(counts_of(up.resampled(size)), counts) << n << " to " << larger;
    }
  }
}

TEST(HeatMap, ResampledUpRepeatsCountsAcrossTiles) {
  std::mt19937_64 random(5);
  const Size size{301, 23};
  const HeatMap heat = map_of(size, random_counts(size, random));
  const HeatMap up = heat.resampled({602, 69});
  for (int y = 0; y < 69; ++y)
    for (int x = 0; x < 602; ++x) ASSERT_EQ(up.at(x, y), heat.at(x / 2, y / 3)) << x << ", " << y;
  EXPECT_EQ(up.max(), heat.max());
}

TEST(HeatMap, ResampledDownIsTheRoundedMean) {
  std::mt19937_64 random(6);
  const Size size{602, 68};
  const HeatMap heat = map_of(size, random_counts(size, random));
  const HeatMap down = heat.resampled({301, 17});
  for (int y = 0; y < 17; ++y) {
    for (int x = 0; x < 301; ++x) {
      uint64_t sum = 0;
      for (int v = 0; v < 4; ++v)
        for (int u = 0; u < 2; ++u) sum += heat.at(2 * x + u, 4 * y + v);
      ASSERT_EQ(down.at(x, y), (sum + 4) / 8) << x << ", " << y;
    }
  }
}

TEST(HeatMap, ResampledKeepsTheLevel) {
  const HeatMap heat = map_of({100, 50}, Counts(5000, 70000));
  for (const Size size : {Size{37, 61}, Size{1, 1}, Size{99, 49}, Size{300, 20}})
    EXPECT_EQ(counts_of(heat.resampled(size)), Counts(size.area(), 70000));
}

TEST(HeatMap, ResampledKeepsPlacesAndColdTiles) {
  const Size size{640, 480};
  Counts counts(size.area());
  const int x = 500, y = 120;
  for (int v = y - 8; v < y + 8; ++v)
    for (int u = x - 8; u < x + 8; ++u) counts[size_t(v) * size.width + u] = 100;
  const HeatMap heat = map_of(size, counts);
  for (const Size other : {Size{1920, 1080}, Size{320, 240}, Size{333, 777}}) {
    const HeatMap result = heat.resampled(other);
    double sum = 0, sum_x = 0, sum_y = 0;
    for (int v = 0; v < other.height; ++v) {
      for (int u = 0; u < other.width; ++u) {
        const double count = double(result.at(u, v));
        sum += count;
        sum_x += count * (u + 0.5) / other.width;
        sum_y += count * (v + 0.5) / other.height;
      }
    }
    // Within a pixel of the coarser map.
    EXPECT_NEAR(sum_x / sum, double(x) / size.width, 1.0 / std::min(size.width, other.width));
    EXPECT_NEAR(sum_y / sum, double(y) / size.height, 1.0 / std::min(size.height, other.height));
    EXPECT_EQ(result.max(), 100u);
    EXPECT_TRUE(result.is_cold(0));
  }
}

}  // namespace
}  // namespace motionheat::test
