// SPDX-License-Identifier: LGPL-2.1-or-later
#include "heat_copy.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <thread>

namespace motionheat {
namespace test {
namespace {

constexpr Size kSize{1000, 200};

/// Counts at random places, up to three words wide.
void count(HeatMap& map, std::mt19937& random, int times) {
  std::vector<uint64_t> counts(TileGrid::kPixels);
  for (int i = 0; i < times; ++i) {
    for (uint64_t& value : counts) value = random() % 3 ? random() % 100 : uint64_t{random()} << 8;
    map.assign(int(random() % unsigned(map.grid().count())), counts.data());
  }
}

/// Adds an event to every pixel of every second row of tiles.
void add_events(HeatMap& map) {
  const std::vector<uint8_t> mask(TileGrid::kMaskBytes * TileGrid::kHeight, 0xff);
  TileGrid::Chunks moved{};
  for (int row = 0; row < map.grid().rows(); row += 2)
    for (int column = 0; column < map.grid().columns(); ++column)
      map.add(map.grid().index(column, row), mask.data(), TileGrid::kMaskBytes, moved);
}

void complete(HeatMap& map, HeatCopy& copy) {
  while (map.continue_copy(copy, 7)) continue;
}

// Whatever comes between two steps.
TEST(HeatCopy, IsOfTheMomentWhenItBegan) {
  std::mt19937 random(1);
  const std::vector<std::function<void(HeatMap&)>> changes = {
      [&](HeatMap& map) { count(map, random, 20); },
      [&](HeatMap& map) { add_events(map); },
      [&](HeatMap& map) { map.clear(); },
      [&](HeatMap& map) { map.age(20); },
      [&](HeatMap& map) { map = HeatMap(Size{30, 30}); },
      [&](HeatMap& map) { map = map.resampled({500, 300}); },
      [&](HeatMap& map) { map = HeatMap(); },
  };
  for (int i = 0; i < 80; ++i) {
    HeatMap map(kSize);
    count(map, random, int(random() % 40));
    map.age(double(random() % 2));
    std::vector<std::shared_ptr<HeatCopy>> copies;
    std::vector<std::vector<uint64_t>> expected;
    std::vector<double> units;
    for (int step = 0; step < 8; ++step) {
      if (random() % 2) {
        expected.push_back(map.counts());
        units.push_back(map.unit());
        copies.push_back(map.begin_copy());
      }
      if (!copies.empty() && random() % 2)
        map.continue_copy(*copies[random() % copies.size()], int(random() % 90));
      if (map.grid().count() > 0) changes[random() % changes.size()](map);
    }
    for (size_t copy = 0; copy < copies.size(); ++copy) {
      complete(map, *copies[copy]);
      ASSERT_EQ(copies[copy]->heat().counts(), expected[copy]) << i;
      ASSERT_EQ(copies[copy]->heat().unit(), units[copy]);
      ASSERT_EQ(copies[copy]->heat().max(),
                expected[copy].empty() ? 0 : std::ranges::max(expected[copy]));
    }
  }
}

// A copy that nobody wants any more costs nothing; its memory is that of the next one.
TEST(HeatCopy, LeavesItsMemoryToTheNextOne) {
  std::mt19937 random(2);
  HeatMap map(kSize);
  for (int i = 0; i < 10; ++i) {
    count(map, random, 60);
    const auto copy = map.begin_copy();
    if (i % 3) complete(map, *copy);
    if (!copy->is_complete()) continue;
    EXPECT_EQ(copy->heat().counts(), map.counts());
  }
}

// While threads add to distinct rows of tiles.
TEST(HeatCopy, IsMadeByAllWhoCount) {
  HeatMap map(kSize);
  add_events(map);
  const std::vector<uint64_t> expected = map.counts();
  const auto copy = map.begin_copy();
  const std::vector<uint8_t> mask(TileGrid::kMaskBytes * TileGrid::kHeight, 0xff);
  const auto add = [&](int first) {
    TileGrid::Chunks moved{};
    for (int row = first; row < map.grid().rows(); row += 2)
      for (int column = 0; column < map.grid().columns(); ++column)
        map.add(map.grid().index(column, row), mask.data(), TileGrid::kMaskBytes, moved);
  };
  std::thread other(add, 1);
  add(0);
  other.join();
  complete(map, *copy);
  EXPECT_EQ(copy->heat().counts(), expected);
}

}  // namespace
}  // namespace test
}  // namespace motionheat
