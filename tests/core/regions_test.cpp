// SPDX-License-Identifier: LGPL-2.1-or-later
#include "regions.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <random>

#include "analysis_scale.h"
#include "motion_mask.h"

namespace motionheat {
namespace test {
namespace {

using Random = std::mt19937;

int between(Random& random, int least, int most) {
  return std::uniform_int_distribution<int>(least, most)(random);
}

const Polygon kWhole = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};

// --- Texts

std::string printed(double value) {
  char digits[40];
  return std::string(digits, std::to_chars(digits, std::end(digits), value).ptr);
}

std::string printed(const Polygon& polygon) {
  std::string text;
  for (const Point& point : polygon)
    text.append(text.empty() ? "" : " ")
        .append(printed(point.x))
        .append(",")
        .append(printed(point.y));
  return text;
}

std::string printed(const std::vector<Zone>& zones) {
  std::string text;
  for (const Zone& zone : zones)
    for (const Polygon& polygon : zone.polygons)
      text += (text.empty() ? "" : "; ") + zone.name + ": " + printed(polygon);
  return text;
}

template <typename Parse>
std::string error_of(Parse parse, std::string_view text) {
  try {
    parse(text);
  } catch (const RegionsError& error) {
    const std::string what = error.what();
    EXPECT_EQ(what.find("at character " + std::to_string(error.position()) + ": "), 0u) << what;
    return what;
  }
  return "none";
}

TEST(ParsePolygons, TakesPointsAndPolygons) {
  const Polygon triangle = {{0, 0}, {1, 0}, {0.5, 0.25}};
  const Polygon other = {{0.125, 1}, {1, 1}, {1, 0.5}, {0, 0.75}};
  const std::vector<Polygon> one = {triangle};
  const std::vector<Polygon> both = {triangle, other};
  EXPECT_EQ(parse_polygons("0,0 1,0 0.5,0.25"), one);
  EXPECT_EQ(parse_polygons("0,0 1,0 .5,2.5e-1;"), one);
  EXPECT_EQ(parse_polygons(" 0 , 0\n\t1 ,0\r\n0.5, 0.25 ; \n"), one);
  EXPECT_EQ(parse_polygons("-0,0 1.,0e0 0.5,0.25"), one);
  EXPECT_EQ(parse_polygons("0,0 1,0 0.5,0.25;0.125,1 1,1 1,0.5 0,0.75"), both);
  EXPECT_EQ(parse_polygons("0,0 1,0 0.5,0.25 ;\n0.125,1 1,1 1,0.5 0,0.75;\n"), both);
  EXPECT_EQ(parse_polygons(""), std::vector<Polygon>());
  EXPECT_EQ(parse_polygons(" \n "), std::vector<Polygon>());
}

TEST(ParsePolygons, TellsWhatIsWrongAndWhere) {
  const auto error = [](std::string_view text) { return error_of(parse_polygons, text); };
  EXPECT_EQ(error("0,0 1,0 0.5"), "at character 9: \"0.5\" is followed by no y");
  EXPECT_EQ(error("0,0 1,0 0.5,"), "at character 9: \"0.5\" is followed by no y");
  EXPECT_EQ(error("0,0 1,0 0.5 ; 1,1"), "at character 9: \"0.5\" is followed by no y");
  EXPECT_EQ(error("0,0 1,0 0.5 , ;"), "at character 9: \"0.5\" is followed by no y");
  EXPECT_EQ(error("0,0 0.5 1,0 1,1"), "at character 5: \"0.5\" is followed by no y");
  EXPECT_EQ(error("0.5:"), "at character 1: \"0.5\" is followed by no y");
  EXPECT_EQ(error("0,0 1,0,1,1"), "at character 8: a point is followed by \",\"");
  EXPECT_EQ(error("0,0 1,0:1,1"), "at character 8: a point is followed by \":\"");
  EXPECT_EQ(error("0,0 1,0 ,1"), "at character 9: \",\" is where a number should be");
  EXPECT_EQ(error(",0 1,0"), "at character 1: \",\" is where a number should be");
  EXPECT_EQ(error("0,, 1,0"), "at character 3: \",\" is where a number should be");
  EXPECT_EQ(error("0,0 1,0 1,:"), "at character 11: \":\" is where a number should be");
  EXPECT_EQ(error("door: 0,0 1,0 1,1"), "at character 1: \"door\" is not a number");
  EXPECT_EQ(error("0,0 1,0 0.5x,1"), "at character 12: \"0.5x\" is not a number");
  EXPECT_EQ(error("0,0 0x1,0"), "at character 6: \"0x1\" is not a number");
  EXPECT_EQ(error("0,0 +1,0"), "at character 5: \"+1\" is not a number");
  EXPECT_EQ(error("0,0 - 1,0"), "at character 5: \"-\" is not a number");
  EXPECT_EQ(error("0,0 0.1.2,0"), "at character 8: \"0.1.2\" is not a number");
  EXPECT_EQ(error("0,0 1e,0"), "at character 6: \"1e\" is not a number");
  EXPECT_EQ(error("\xc3\xa4,0"), "at character 1: \"??\" is not a number");
  EXPECT_EQ(error("0.5\xc3\xa4\xff,0"), "at character 4: \"0.5???\" is not a number");
  EXPECT_EQ(error("0,0 1.5,0"), "at character 5: \"1.5\" is not a number from 0 to 1");
  EXPECT_EQ(error("0,0 1,-0.01"), "at character 7: \"-0.01\" is not a number from 0 to 1");
  EXPECT_EQ(error("0,nan"), "at character 3: \"nan\" is not a number from 0 to 1");
  EXPECT_EQ(error("0,inf"), "at character 3: \"inf\" is not a number from 0 to 1");
  EXPECT_EQ(error("0,1e999"), "at character 3: \"1e999\" is not a number from 0 to 1");
  EXPECT_EQ(error("0,1e-999"), "at character 3: \"1e-999\" is not a number from 0 to 1");
  EXPECT_EQ(error("0,0 1,1"), "at character 1: a polygon has 3 points or more, not 2");
  EXPECT_EQ(error("0,0 1,1 1,0;\n 1,1;"), "at character 15: a polygon has 3 points or more, not 1");
  EXPECT_EQ(error(";"), "at character 1: a polygon has 3 points or more, not 0");
  EXPECT_EQ(error("0,0 1,1 1,0; ;"), "at character 14: a polygon has 3 points or more, not 0");
  EXPECT_EQ(error("0," + std::string(30, '9')),
            "at character 3: \"" + std::string(24, '9') + "...\" is not a number from 0 to 1");
}

TEST(ParseZones, TakesNamesAndPolygons) {
  const Polygon a = {{0, 0}, {1, 0}, {1, 1}};
  const Polygon b = {{0, 0}, {0, 1}, {1, 1}};
  using Zones = std::vector<Zone>;
  EXPECT_EQ(parse_zones("door: 0,0 1,0 1,1"), (Zones{{"door", {a}}}));
  EXPECT_EQ(parse_zones("door:0,0 1,0 1,1;till 2 : 0,0 0,1 1,1;"),
            (Zones{{"door", {a}}, {"till 2", {b}}}));
  EXPECT_EQ(parse_zones("\n d, 1 \n:\n0,0\n1,0\n1,1\n;\n \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 :"
                        "0,0 0,1 1,1"),
            (Zones{{"d, 1", {a}}, {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", {b}}}));
  EXPECT_EQ(parse_zones("b:0,0 1,0 1,1; a:0,0 1,0 1,1; b :0,0 0,1 1,1"),
            (Zones{{"b", {a, b}}, {"a", {a}}}));
  EXPECT_EQ(parse_zones(" "), Zones());
}

TEST(ParseZones, TellsWhatIsWrongAndWhere) {
  const auto error = [](std::string_view text) { return error_of(parse_zones, text); };
  EXPECT_EQ(error(" 0,0 1,0 1,1"), "at character 2: a zone has no name with a \":\"");
  EXPECT_EQ(error("a:0,0 1,0 1,1; b; c:"), "at character 16: a zone has no name with a \":\"");
  EXPECT_EQ(error("a:0,0 1,0 1,1;;"), "at character 15: a zone has no name with a \":\"");
  EXPECT_EQ(error(" : 0,0 1,0 1,1"), "at character 2: a zone has no name before the \":\"");
  EXPECT_EQ(error("door:"), "at character 6: a polygon has 3 points or more, not 0");
  EXPECT_EQ(error("door: ; a:"), "at character 7: a polygon has 3 points or more, not 0");
  EXPECT_EQ(error("\xc3\xa4: 0"), "at character 4: \"0\" is followed by no y");
  EXPECT_EQ(error("a: b: 0,0"), "at character 4: \"b\" is not a number");
  for (const char* bad :
       {"\xff", "\x80", "\xc0\x80", "\xc3", "\xe2\x82", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3(", "\xf0\x9f\x98"}) {
    EXPECT_EQ(error("\xc3\xa4" + std::string(bad) + ": 0,0 1,0 1,1"),
              "at character 2: a name is not UTF-8");
  }
}

TEST(ParseZones, ReadsWhatIsPrinted) {
  Random random(1);
  const auto number = [&] {
    return random() % 4 ? std::ldexp(double(random()), -32 - int(random() % 60))
                        : double(random() % 2);
  };
  for (int i = 0; i < 300; ++i) {
    std::vector<Zone> zones(random() % 6);
    for (Zone& zone : zones) {
      zone.name = "zone " + std::to_string(&zone - zones.data());
      zone.polygons.resize(size_t(between(random, 1, 4)));
      for (Polygon& polygon : zone.polygons) {
        polygon.resize(size_t(between(random, 3, 9)));
        for (Point& point : polygon) point = {number(), number()};
      }
    }
    EXPECT_EQ(parse_zones(printed(zones)), zones);
    for (const Zone& zone : zones) {
      std::string text;
      for (const Polygon& polygon : zone.polygons) text += printed(polygon) + ";\n";
      EXPECT_EQ(parse_polygons(text), zone.polygons);
    }
  }
}

TEST(ParseZones, HasNoLimits) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "zone " + std::to_string(i) + ":0,0 1,0 1,1;";
  text += "large:";
  for (int i = 0; i < 20000; ++i) text += " 0.5,0.5";
  const std::vector<Zone> zones = parse_zones(text);
  ASSERT_EQ(zones.size(), 20001u);
  EXPECT_EQ(zones.back().polygons.front().size(), 20000u);
}

// Either it is read or it is told what is wrong, at a place within the text or at its end.
void expect_parsed_or_refused(const std::string& text) {
  const auto try_to = [&](auto parse) {
    try {
      for (const auto& each : parse(text)) (void)each;
    } catch (const RegionsError& error) {
      EXPECT_GE(error.position(), 1u);
      EXPECT_LE(error.position(), text.size() + 1);
    }
  };
  // Without a terminating zero: reading on would be seen.
  const std::vector<char> exact(text.begin(), text.end());
  const std::string_view view(exact.data(), exact.size());
  try_to([&](const std::string&) { return parse_polygons(view); });
  try_to([&](const std::string&) { return parse_zones(view); });
}

TEST(ParseZones, RefusesOrReadsAnything) {
  for (unsigned seed = 0; seed < 20000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::string text;
    if (random() % 2) {
      const std::string_view alphabet = "0011.,,  ;:\nen-+ax\xc3\xa4";
      const bool any = random() % 4 == 0;
      for (unsigned n = random() % 40; n > 0; --n)
        text += any ? char(random()) : alphabet[random() % alphabet.size()];
    } else {
      text = "door: 0.1,0.2 0.3,1 0,1e-1;\n t\xc3\xbcr: 0,0 1,0 1,1;door:0,0 .5,0.5 1 , 1";
      for (unsigned n = random() % 4; n > 0; --n) {
        const size_t at = random() % text.size();
        switch (random() % 4) {
          case 0:
            text[at] = char(random());
            break;
          case 1:
            text.erase(at, 1 + random() % 3);
            break;
          case 2:
            text.insert(at, 1, ",;: .e-\n"[random() % 8]);
            break;
          default:
            text.insert(at, text.substr(random() % text.size(), random() % 20));
        }
        if (text.empty()) break;
      }
    }
    expect_parsed_or_refused(text);
  }
}

// --- Cells

// A picture, its cells and how they are found in regions one by one.
struct Picture {
  Size size;
  int scale = 1;

  Size cells() const { return analysis_size(size, scale); }
  TileGrid grid() const { return TileGrid(cells()); }
  Regions regions(const RegionSettings& settings) const { return {settings, grid(), size, scale}; }
};

Picture random_picture(Random& random) {
  const int scale = random() % 2 ? 1 : between(random, 1, 16);
  const int most = random() % 4 ? 40 : 300;
  return {{between(random, 1, most) * (random() % 2 ? scale : 1),
           between(random, 1, most / 3) * (random() % 2 ? scale : 1)},
          scale};
}

std::vector<uint32_t> counted(const Regions& regions, const TileGrid& grid, int x, int y) {
  MotionMask mask;
  mask.set(x % TileGrid::kWidth, y % TileGrid::kHeight);
  std::array<uint8_t, TileGrid::kMaskBytes * TileGrid::kHeight> bytes{};
  const int column = x % TileGrid::kWidth;
  bytes[size_t(y % TileGrid::kHeight * TileGrid::kMaskBytes + column / 8)] =
      uint8_t(1 << column % 8);
  std::vector<uint32_t> moved(regions.zones());
  regions.count(grid.containing(x, y), bytes.data(), TileGrid::kMaskBytes, moved.data());
  return moved;
}

// A polygon whose points lie on a lattice, so that whether a centre is inside is told by whole
// numbers.
struct Lattice {
  static constexpr int kSteps = 64;
  struct Place {
    int x, y;
  };
  std::vector<Place> places;

  Polygon polygon() const {
    Polygon polygon;
    for (const Place& place : places)
      polygon.push_back({double(place.x) / kSteps, double(place.y) / kSteps});
    return polygon;
  }
};

struct Side {
  bool inside = false;
  bool on_slope = false;  // of which numbers that are rounded may tell either
};

// The centre of a cell as a number of halves of pixels.
int64_t center(int cell, int scale, int pixels) {
  return int64_t{cell} * scale + std::min((cell + 1) * scale, pixels);
}

Side side(const Lattice& polygon, const Picture& picture, int x, int y) {
  // All in units of which a half pixel has kSteps and a step has as many as the picture has halves.
  const int64_t width = 2 * picture.size.width, height = 2 * picture.size.height;
  const int64_t center_x = center(x, picture.scale, picture.size.width) * Lattice::kSteps;
  const int64_t center_y = center(y, picture.scale, picture.size.height) * Lattice::kSteps;
  Side side;
  for (size_t i = 0; i < polygon.places.size(); ++i) {
    Lattice::Place a = polygon.places[i];
    Lattice::Place b = polygon.places[(i + 1) % polygon.places.size()];
    if (a.y > b.y) std::swap(a, b);
    if (a.y * height > center_y || b.y * height <= center_y) continue;
    const int64_t left = (center_y - a.y * height) * ((b.x - a.x) * width);
    const int64_t right = (center_x - a.x * width) * ((b.y - a.y) * height);
    side.inside ^= left <= right;
    side.on_slope |= left == right && a.x != b.x;
  }
  return side;
}

Lattice random_lattice(Random& random) {
  // Few steps make points coincide and lie in line.
  const int step = 1 << random() % 7;
  Lattice polygon;
  for (int n = between(random, 3, 9); n > 0; --n)
    polygon.places.push_back({between(random, 0, Lattice::kSteps / step) * step,
                              between(random, 0, Lattice::kSteps / step) * step});
  return polygon;
}

TEST(Regions, HaveTheCellsWhoseCentresLieInside) {
  for (unsigned seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Picture picture = random_picture(random);
    // In pictures of such sizes nothing is rounded.
    const bool exact = random() % 3 == 0;
    if (exact) picture = {{1 << random() % 9, 1 << random() % 6}, 1 << random() % 5};
    std::vector<std::vector<Lattice>> lattices(size_t(between(random, 1, 3)));
    RegionSettings zone_settings, mask_settings;
    for (auto& zone : lattices) {
      zone_settings.zones.push_back({"zone", {}});
      for (int n = between(random, 1, 2); n > 0; --n) {
        zone.push_back(random_lattice(random));
        zone_settings.zones.back().polygons.push_back(zone.back().polygon());
        mask_settings.masked.push_back(zone.back().polygon());
      }
    }
    const Regions zones = picture.regions(zone_settings);
    const Regions mask = picture.regions(mask_settings);
    const TileGrid grid = picture.grid();
    std::vector<uint64_t> areas(lattices.size());
    uint64_t open = 0;
    for (int y = 0; y < grid.size().height; ++y) {
      for (int x = 0; x < grid.size().width; ++x) {
        const std::vector<uint32_t> found = counted(zones, grid, x, y);
        bool in_any = false, any_unsure = false;
        for (size_t i = 0; i < lattices.size(); ++i) {
          bool in_zone = false, unsure = false;
          for (const Lattice& lattice : lattices[i]) {
            const Side where = side(lattice, picture, x, y);
            in_zone |= where.inside;
            unsure |= where.on_slope && !exact;
          }
          ASSERT_TRUE(unsure || found[i] == in_zone) << x << ',' << y;
          in_any |= in_zone;
          any_unsure |= unsure;
          areas[i] += found[i];
        }
        ASSERT_TRUE(any_unsure || mask.is_masked(x, y) == in_any) << x << ',' << y;
        open += !mask.is_masked(x, y);
      }
    }
    for (size_t i = 0; i < areas.size(); ++i) EXPECT_EQ(zones.area(i), areas[i]);
    EXPECT_EQ(mask.area(), open);
    EXPECT_EQ(mask.is_open(), open == uint64_t(grid.size().area()));
    EXPECT_EQ(zones.area(), uint64_t(grid.size().area()));
    EXPECT_TRUE(zones.is_open());
  }
}

TEST(Regions, ArePartOfAStarByTheEvenOddRule) {
  const Polygon star = {{0.5, 0}, {0.8, 1}, {0, 0.4}, {1, 0.4}, {0.2, 1}};
  const Regions regions = Picture{{100, 100}}.regions({nullptr, {}, {{"star", {star}}}});
  const TileGrid grid({100, 100});
  EXPECT_EQ(counted(regions, grid, 50, 55)[0], 0u);  // the middle
  EXPECT_EQ(counted(regions, grid, 50, 20)[0], 1u);
  EXPECT_EQ(counted(regions, grid, 20, 45)[0], 1u);
  EXPECT_EQ(counted(regions, grid, 20, 20)[0], 0u);
}

TEST(Regions, OfNoAreaHaveNoCells) {
  const Picture picture{{64, 64}};
  RegionSettings settings;
  settings.zones = {{"none", {}},
                    {"nothing", {{}}},
                    {"point", {{{0.5, 0.5}}}},
                    {"points", {Polygon(5, {0.5078125, 0.5078125})}},
                    {"line", {{{0, 0}, {1, 1}}}},
                    {"level", {{{0, 0.5078125}, {1, 0.5078125}, {0.5, 0.5078125}}}},
                    {"upright", {{{0.5078125, 0}, {0.5078125, 1}, {0.5078125, 0.5}}}},
                    {"there and back", {{{0, 0}, {0.9, 0.3}, {0.2, 0.7}, {0.9, 0.3}}}},
                    {"between centres", {{{0.5, 0}, {0.505, 0}, {0.505, 1}, {0.5, 1}}}}};
  const Regions regions = picture.regions(settings);
  ASSERT_EQ(regions.zones(), settings.zones.size());
  for (size_t i = 0; i < regions.zones(); ++i) {
    EXPECT_EQ(regions.name(i), settings.zones[i].name);
    EXPECT_EQ(regions.area(i), 0u) << regions.name(i);
  }
}

TEST(Regions, TakePointsBeyondThePicture) {
  const double inf = std::numeric_limits<double>::infinity();
  const Polygon large = {{-1, -2}, {3, -2}, {3, 2}, {-1, 2}};
  const Polygon no_number = {{NAN, 0}, {1, inf}, {-inf, 1}, {0.2, NAN}};
  const Picture picture{{130, 9}};
  EXPECT_EQ(picture.regions({nullptr, {}, {{"large", {large}}}}).area(0), 130u * 9);
  EXPECT_LE(picture.regions({nullptr, {}, {{"any", {no_number}}}}).area(0), 130u * 9);
}

TEST(Regions, OfTheWholeFrameHaveEveryCell) {
  for (int scale = 1; scale <= 16; ++scale) {
    for (const Size size :
         {Size{1, 1}, {1, 50}, {17, 3}, {127, 8}, {128, 8}, {129, 9}, {641, 131}}) {
      const Picture picture{size, scale};
      const uint64_t cells = uint64_t(picture.cells().area());
      EXPECT_EQ(picture.regions({nullptr, {}, {{"whole", {kWhole}}}}).area(0), cells);
      EXPECT_EQ(picture.regions({nullptr, {kWhole}, {}}).area(), 0u);
      const Regions masked = picture.regions({nullptr, {kWhole}, {{"whole", {kWhole}}}});
      EXPECT_EQ(masked.area(0), 0u);
      EXPECT_FALSE(masked.is_open());
      EXPECT_TRUE(masked.is_masked(0, 0));
      EXPECT_FALSE(masked.has_weights());
    }
  }
}

// Zones that share edges and cover the frame: a net of triangles whose inner knots are anywhere
// near their place, or squares of it.
std::vector<Zone> random_tiling(Random& random) {
  const int columns = between(random, 1, 7), rows = between(random, 1, 7);
  const bool on_centres = random() % 3 == 0;  // of a picture of 30 by 30, which are rounded
  std::uniform_real_distribution<double> shift(-0.3, 0.3);
  std::vector<std::vector<Point>> knots(rows + 1, std::vector<Point>(columns + 1));
  const auto place = [&](int i, int n) {
    if (i == 0 || i == n) return double(i) / n;
    const double at = (i + shift(random)) / n;
    return on_centres ? (std::floor(at * 30) + 0.5) / 30 : at;
  };
  for (int y = 0; y <= rows; ++y)
    for (int x = 0; x <= columns; ++x) knots[y][x] = {place(x, columns), place(y, rows)};
  std::vector<Zone> zones;
  const auto add = [&](Polygon polygon) {
    std::rotate(polygon.begin(), polygon.begin() + random() % polygon.size(), polygon.end());
    if (random() % 2) std::reverse(polygon.begin(), polygon.end());
    if (zones.empty() || random() % 4) zones.push_back({std::to_string(zones.size()), {}});
    zones.back().polygons.push_back(polygon);
  };
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const Point a = knots[y][x], b = knots[y][x + 1];
      const Point c = knots[y + 1][x + 1], d = knots[y + 1][x];
      switch (random() % 3) {
        case 0:
          add({a, b, c, d});
          break;
        case 1:
          add({a, b, c}), add({a, c, d});
          break;
        default:
          add({a, b, d}), add({b, c, d});
      }
    }
  }
  return zones;
}

TEST(Regions, ThatAdjoinHaveEachCellOnce) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Picture picture = random() % 2 ? Picture{{30, 30}} : random_picture(random);
    const Regions regions = picture.regions({nullptr, {}, random_tiling(random)});
    const TileGrid grid = picture.grid();
    for (int y = 0; y < grid.size().height; ++y) {
      for (int x = 0; x < grid.size().width; ++x) {
        const std::vector<uint32_t> found = counted(regions, grid, x, y);
        ASSERT_EQ(std::accumulate(found.begin(), found.end(), 0u), 1u) << x << ',' << y;
      }
    }
  }
}

TEST(Regions, OnWhoseEdgeACentreLiesHaveItToTheRightAndBelow) {
  // The centre of the second of four cells is at 3/8.
  const Polygon right = {{0.375, 0}, {1, 0}, {1, 1}, {0.375, 1}};
  const Polygon left = {{0.375, 0}, {0, 0}, {0, 1}, {0.375, 1}};
  const Polygon below = {{0, 0.375}, {1, 0.375}, {1, 1}, {0, 1}};
  const Polygon above = {{0, 0.375}, {1, 0.375}, {1, 0}, {0, 0}};
  const Regions regions = Picture{{4, 4}}.regions(
      {nullptr,
       {},
       {{"right", {right}}, {"left", {left}}, {"below", {below}}, {"above", {above}}}});
  EXPECT_EQ(counted(regions, TileGrid({4, 4}), 1, 0), (std::vector<uint32_t>{1, 0, 0, 1}));
  EXPECT_EQ(counted(regions, TileGrid({4, 4}), 0, 1), (std::vector<uint32_t>{0, 1, 1, 0}));
}

// --- Mask images

MaskImage random_mask(Random& random, Size size) {
  MaskImage mask{size, std::vector<uint8_t>(size_t(size.area()))};
  // Areas of one value, as masks have them, or any.
  const int area = 1 << random() % 7;
  const bool grey = random() % 2;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      uint8_t& pixel = mask.pixels[size_t(y) * size.width + x];
      if (x % area == 0 && y % area == 0)
        pixel = grey && random() % 3 == 0 ? uint8_t(random()) : random() % 2 ? 255 : 0;
      else
        pixel = mask.pixels[size_t(y / area * area) * size.width + x / area * area];
    }
  }
  return mask;
}

int weight_of(const Regions& regions, const TileGrid& grid, int x, int y) {
  const uint8_t* weights = regions.weights(grid.containing(x, y));
  if (weights) return weights[TileGrid::offset(x % TileGrid::kWidth, y % TileGrid::kHeight)];
  return regions.is_masked(x, y) ? 0 : 255;
}

// How much of each pixel of a mask a cell has along an axis.
std::vector<double> shares(int cell, int cells, int pixels, int scale, int mask_pixels) {
  std::vector<double> shares(mask_pixels);
  const double begin = double(cell) * scale / pixels * mask_pixels;
  const double end = std::min(double(cell + 1) * scale / pixels, 1.0) * mask_pixels;
  if (mask_pixels == cells) {
    shares[cell] = 1;
  } else if (mask_pixels < cells) {
    shares[size_t((begin + end) / 2 + 1e-9)] = 1;
  } else {
    for (int i = 0; i < mask_pixels; ++i)
      shares[i] =
          std::max(0.0, std::min(end, i + 1.0) - std::max(begin, double(i))) / (end - begin);
  }
  return shares;
}

TEST(Regions, WeighCellsByAMaskOfAnySize) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Picture picture = random_picture(random);
    const TileGrid grid = picture.grid();
    const auto length = [&](int cells, int pixels) {
      switch (random() % 5) {
        case 0:
          return cells;
        case 1:
          return pixels;
        case 2:
          return between(random, 1, cells);
        case 3:
          return between(random, cells, 3 * cells);
        default:
          return between(random, 1, 200);
      }
    };
    const Size size{length(grid.size().width, picture.size.width),
                    length(grid.size().height, picture.size.height)};
    RegionSettings settings{std::make_shared<MaskImage>(random_mask(random, size)), {}, {}};
    if (random() % 3 == 0) settings.masked.push_back(random_lattice(random).polygon());
    const Regions regions = picture.regions(settings);
    const Regions polygons = picture.regions({nullptr, settings.masked, {}});
    std::vector<std::vector<double>> columns;
    for (int x = 0; x < grid.size().width; ++x)
      columns.push_back(
          shares(x, grid.size().width, picture.size.width, picture.scale, size.width));
    uint64_t area = 0;
    bool grey = false;
    std::vector<uint8_t> tile_is_grey(size_t(grid.count()));
    for (int y = 0; y < grid.size().height; ++y) {
      const auto rows =
          shares(y, grid.size().height, picture.size.height, picture.scale, size.height);
      for (int x = 0; x < grid.size().width; ++x) {
        double expected = 0;
        for (int j = 0; j < size.height; ++j) {
          if (rows[j] == 0) continue;
          for (int i = 0; i < size.width; ++i)
            expected += rows[j] * columns[x][i] * settings.mask->pixels[size_t(j) * size.width + i];
        }
        if (polygons.is_masked(x, y)) expected = 0;
        const int weight = weight_of(regions, grid, x, y);
        ASSERT_NEAR(weight, expected, 0.5001) << x << ',' << y;
        ASSERT_EQ(regions.is_masked(x, y), weight == 0);
        area += weight > 0;
        if (weight > 0 && weight < 255) tile_is_grey[grid.containing(x, y)] = true;
        grey |= weight > 0 && weight < 255;
      }
    }
    EXPECT_EQ(regions.area(), area);
    EXPECT_EQ(regions.has_weights(), grey);
    EXPECT_EQ(regions.is_open(), area == uint64_t(grid.size().area()));
    for (int tile = 0; tile < grid.count(); ++tile)
      EXPECT_EQ(regions.weights(tile) != nullptr, bool(tile_is_grey[tile]));
  }
}

TEST(Regions, ShrinkAMaskAsOpenCvDoes) {
  Random random(3);
  for (const Size size : {Size{400, 60}, {600, 90}, {333, 47}, {201, 200}}) {
    MaskImage mask{size, std::vector<uint8_t>(size_t(size.area()))};
    for (uint8_t& pixel : mask.pixels) pixel = uint8_t(random());
    cv::Mat expected;
    cv::resize(cv::Mat(size.height, size.width, CV_8U, mask.pixels.data()), expected, {200, 30}, 0,
               0, cv::INTER_AREA);
    const Picture picture{{200, 30}};
    const Regions regions = picture.regions({std::make_shared<MaskImage>(mask), {}, {}});
    for (int y = 0; y < 30; ++y)
      for (int x = 0; x < 200; ++x)
        ASSERT_NEAR(weight_of(regions, picture.grid(), x, y), expected.at<uint8_t>(y, x), 1);
  }
}

TEST(Regions, OfAWhiteMaskAreOpen) {
  const auto white = std::make_shared<MaskImage>(MaskImage{{3, 2}, std::vector<uint8_t>(6, 255)});
  const Regions regions = Picture{{300, 20}}.regions({white, {}, {}});
  EXPECT_TRUE(regions.is_open());
  EXPECT_FALSE(regions.has_weights());
  EXPECT_EQ(regions.area(), 6000u);
}

TEST(Regions, OfNothingAreOpen) {
  Regions none;
  EXPECT_TRUE(none.is_open());
  EXPECT_EQ(none.area(), 0u);
  EXPECT_EQ(none.zones(), 0u);
  EXPECT_EQ(none.memory(), 0u);
  EXPECT_FALSE(none.is_masked(5, 5));
  EXPECT_EQ(none.weights(0), nullptr);
  EXPECT_TRUE(none.figures(HeatMap({10, 10})).empty());
  std::vector<uint8_t> mask(TileGrid::kMaskBytes * TileGrid::kHeight, 0xff);
  none.apply(0, mask.data(), TileGrid::kMaskBytes);
  none.count(0, mask.data(), TileGrid::kMaskBytes, nullptr);
  EXPECT_EQ(mask[0], 0xff);
  const Regions open = Picture{{10, 10}}.regions({});
  EXPECT_TRUE(open.is_open());
  EXPECT_EQ(open.area(), 100u);
}

// --- Motion and heat

RegionSettings random_settings(Random& random, const Picture& picture) {
  RegionSettings settings;
  if (random() % 3 == 0)
    settings.mask = std::make_shared<MaskImage>(random_mask(
        random, {between(random, 1, picture.size.width), between(random, 1, picture.size.height)}));
  for (unsigned n = random() % 3; n > 0; --n)
    settings.masked.push_back(random_lattice(random).polygon());
  for (unsigned n = random() % 5; n > 0; --n)
    settings.zones.push_back({"zone", {random_lattice(random).polygon(), kWhole}});
  for (Zone& zone : settings.zones) zone.polygons.resize(1 + random() % 2);
  return settings;
}

TEST(Regions, ClearAndCountTheBitsOfAMotionMask) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Picture picture = random_picture(random);
    const RegionSettings settings = random_settings(random, picture);
    const Regions regions = picture.regions(settings);
    const TileGrid grid = picture.grid();
    // A row of tiles, as in a band. Beyond the picture and its rows there may be anything.
    const ptrdiff_t stride = ptrdiff_t{grid.columns()} * TileGrid::kMaskBytes;
    std::vector<uint32_t> moved(regions.zones()), expected(regions.zones());
    for (int row = 0; row < grid.rows(); ++row) {
      const int height = grid.rect(grid.index(0, row)).height;
      std::vector<uint8_t> mask(size_t(stride * height));
      for (uint8_t& byte : mask) byte = uint8_t(random());
      const std::vector<uint8_t> before = mask;
      for (int column = 0; column < grid.columns(); ++column)
        regions.count(grid.index(column, row), mask.data() + column * TileGrid::kMaskBytes, stride,
                      moved.data());
      for (int column = 0; column < grid.columns(); ++column)
        regions.apply(grid.index(column, row), mask.data() + column * TileGrid::kMaskBytes, stride);
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < grid.size().width; ++x) {
          const size_t byte = size_t(stride * y + x / 8);
          const bool is_set = before[byte] >> x % 8 & 1;
          const bool is_masked = regions.is_masked(x, row * TileGrid::kHeight + y);
          ASSERT_EQ(mask[byte] >> x % 8 & 1, is_set && !is_masked);
          if (!is_set) continue;
          const auto found = counted(regions, grid, x, row * TileGrid::kHeight + y);
          for (size_t i = 0; i < found.size(); ++i) {
            EXPECT_FALSE(found[i] && is_masked);
            expected[i] += found[i];
          }
        }
      }
    }
    EXPECT_EQ(moved, expected);
  }
}

HeatMap random_heat(Random& random, Size size) {
  std::vector<uint64_t> counts(size_t(size.area()));
  const int kind = between(random, 0, 3);  // up to three words, or cold
  for (uint64_t& count : counts) {
    if (kind < 3 && random() % 3 == 0) count = uint64_t{random()} >> 24 << (kind * 9);
  }
  // Whole tiles are cold.
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      if ((x / TileGrid::kWidth + y / TileGrid::kHeight) % 3 == 0)
        counts[size_t(y) * size.width + x] = 0;
  return HeatMap::of(size, counts, random() % 2 ? 1 : 3000);
}

void expect_figures(Regions& regions, const HeatMap& heat,
                    const std::vector<std::vector<uint32_t>>& zones_of) {
  const std::vector<uint64_t> counts = heat.counts();
  const std::vector<ZoneFigures> figures = regions.figures(heat);
  ASSERT_EQ(figures.size(), regions.zones());
  double total = 0;
  for (const uint64_t count : counts) total += double(count);
  for (size_t zone = 0; zone < figures.size(); ++zone) {
    double sum = 0;
    uint64_t covered = 0, max = 0, area = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      if (!zones_of[i][zone]) continue;
      sum += double(counts[i]);
      covered += counts[i] > 0;
      max = std::max(max, counts[i]);
      ++area;
    }
    ASSERT_EQ(regions.area(zone), area);
    const double mean = area ? sum / heat.unit() / double(area) : 0;
    EXPECT_DOUBLE_EQ(figures[zone].coverage, area ? double(covered) / double(area) : 0);
    EXPECT_NEAR(figures[zone].mean, mean, mean * 1e-12);
    EXPECT_DOUBLE_EQ(figures[zone].max, double(max) / heat.unit());
    EXPECT_NEAR(figures[zone].share, total > 0 ? sum / total : 0, 1e-12);
  }
}

TEST(Regions, TellOfTheHeatOfZones) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Picture picture = random_picture(random);
    const TileGrid grid = picture.grid();
    Regions regions = picture.regions(random_settings(random, picture));
    std::vector<std::vector<uint32_t>> zones_of;
    for (int y = 0; y < grid.size().height; ++y)
      for (int x = 0; x < grid.size().width; ++x) zones_of.push_back(counted(regions, grid, x, y));
    HeatMap heat = random_heat(random, grid.size());
    for (int step = 0; step < 6; ++step) {
      expect_figures(regions, heat, zones_of);
      expect_figures(regions, heat, zones_of);
      for (int n = between(random, 0, 4); n > 0; --n) {
        const int tile = between(random, 0, grid.count() - 1);
        const Rect rect = grid.rect(tile);
        MotionMask moved;
        for (int i = 0; i < 50; ++i)
          moved.set(between(random, 0, rect.width - 1), between(random, 0, rect.height - 1));
        moved.add_to(heat, tile);
      }
      if (random() % 3 == 0) {
        if (random() % 2)
          heat.clear();
        else if (random() % 2)
          heat.age(0.5);
        else
          heat = random_heat(random, grid.size());
        regions.forget();
      }
    }
  }
}

TEST(Regions, ThatCoverTheFrameShareAllEvents) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Picture picture = random_picture(random);
    Regions regions = picture.regions({nullptr, {}, random_tiling(random)});
    const HeatMap heat = random_heat(random, picture.cells());
    double sum = 0;
    for (const ZoneFigures& zone : regions.figures(heat)) sum += zone.share;
    EXPECT_NEAR(sum, heat.max() > 0 ? 1 : 0, 1e-12);
  }
}

TEST(RegionSettings, AreTheSameIfTheirMaskIsTheSameObject) {
  const auto mask = std::make_shared<MaskImage>();
  EXPECT_EQ((RegionSettings{mask, {kWhole}, {}}), (RegionSettings{mask, {kWhole}, {}}));
  EXPECT_FALSE((RegionSettings{mask, {}, {}}) ==
               (RegionSettings{std::make_shared<MaskImage>(), {}, {}}));
  EXPECT_FALSE((RegionSettings{mask, {kWhole}, {}}) == (RegionSettings{mask, {}, {}}));
}

}  // namespace
}  // namespace test
}  // namespace motionheat
