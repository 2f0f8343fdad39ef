// SPDX-License-Identifier: LGPL-2.1-or-later
#include "activity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>

namespace motionheat {

static void PrintTo(const Rect& r, std::ostream* os) {
  *os << r.width << "x" << r.height << "+" << r.x << "+" << r.y;
}

static void PrintTo(const MotionEvent& e, std::ostream* os) {
  *os << (e.begins ? "begin" : "end") << " zone " << e.zone << " id " << e.id << " motion "
      << e.motion << " peak " << e.peak << " box ";
  PrintTo(e.box, os);
  *os << " seconds " << e.seconds;
}

namespace test {
namespace {

using Events = std::vector<MotionEvent>;

constexpr double kFrame = 0.25;  // seconds; sums of it are exact
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Rect joined(const Rect& a, const Rect& b) {
  if (a.width == 0 || b.width == 0) return a.width == 0 ? b : a;
  const int x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.right(), b.right()) - x, std::max(a.bottom(), b.bottom()) - y};
}

Events frame(Activity& activity, double share, const ActivitySettings& settings, Rect box = {}) {
  return activity.frame({&share, 1}, {&box, 1}, kFrame, settings);
}

// What one zone tells, a letter a frame. In the script M moves, m moves less than enough, a dot is
// still, a dash is not analysed. In the answer B and E are a begin and an end.
std::string play(Activity& activity, const std::string& script, const ActivitySettings& settings) {
  std::string told;
  for (const char c : script) {
    const Events events = c == '-' ? activity.pass(kFrame, settings)
                                   : frame(activity,
                                           c == 'M'   ? 0.5
                                           : c == 'm' ? 0.004
                                                      : 0,
                                           settings);
    EXPECT_LE(events.size(), 1u);
    told += events.empty() ? '.' : events[0].begins ? 'B' : 'E';
  }
  return told;
}

std::string play(const std::string& script, const ActivitySettings& settings) {
  Activity activity;
  activity.configure(1);
  return play(activity, script, settings);
}

// Activity

TEST(Activity, BeginsAfterSoManyFramesInARow) {
  EXPECT_EQ(play("..MMM", {.frames = 0}), "..B..");
  EXPECT_EQ(play("..MMM", {.frames = -3}), "..B..");
  EXPECT_EQ(play("..MMM", {.frames = 1}), "..B..");
  EXPECT_EQ(play("..MMM", {.frames = 2}), "...B.");
  EXPECT_EQ(play("..MMM.MMMM", {.frames = 4}), ".........B");
  EXPECT_EQ(play("MMMM.MMMMMM", {.frames = 5}), ".........B.");
  EXPECT_EQ(play("M.M.M.M.MmMm", {.frames = 2}), "............");
}

TEST(Activity, EndsAfterTheGap) {
  EXPECT_EQ(play("MM.........", {.gap = 1}), ".B...E.....");
  EXPECT_EQ(play("MM.........", {.gap = 1.1}), ".B....E....");
  EXPECT_EQ(play("MM...M...M....MM", {.gap = 1}), ".B...........E.B");
  EXPECT_EQ(play("MM.M.M..MM", {.gap = 0}), ".BE......B");
  EXPECT_EQ(play("MMMM", {.gap = 0}), ".B..");
  EXPECT_EQ(play("M.M.M.M.", {.frames = 1, .gap = 0}), "BEBEBEBE");
  EXPECT_EQ(play("MM.", {.gap = kNaN}), ".BE");
  EXPECT_EQ(play("MM..........", {.gap = kInfinity}), ".B..........");
}

// The time of a frame is no sum of powers of two: 290 times 0.04 adds up to less than 11.6.
TEST(Activity, EndsToTheFrameAfterManyFrames) {
  for (const int frames : {50, 125, 225, 290, 1500, 90000}) {
    for (const bool analysed : {true, false}) {
      Activity activity;
      activity.configure(1);
      const ActivitySettings settings{.frames = 1, .gap = frames * 0.04};
      ASSERT_EQ(frame(activity, 0.5, settings).size(), 1u);
      const double still = 0;
      int told = 0;
      for (int i = 1; told == 0 && i <= frames + 1; ++i) {
        const Events events = analysed ? activity.frame({&still, 1}, {}, 0.04, settings)
                                       : activity.pass(0.04, settings);
        if (!events.empty()) told = i;
      }
      EXPECT_EQ(told, frames);
    }
  }
}

TEST(Activity, IsNotProlongedByLessThanEnough) {
  EXPECT_EQ(play("MMmmmm", {.gap = 1}), ".B...E");
  EXPECT_EQ(play("mmmmmm", {.area = 0.004}), ".B....");
}

TEST(Activity, NeedsAnythingToMove) {
  EXPECT_EQ(play("....MM..", {.area = 0, .gap = 0}), ".....BE.");
  EXPECT_EQ(play("....MM..", {.area = -1, .gap = 0}), ".....BE.");
  EXPECT_EQ(play("....MM..", {.area = kNaN}), "........");
}

TEST(Activity, EndsWhileNothingIsAnalysed) {
  EXPECT_EQ(play("MM------", {.gap = 1}), ".B...E..");
  EXPECT_EQ(play("MM.-.-.-", {.gap = 1}), ".B...E..");
  EXPECT_EQ(play("M-M-----", {.gap = 1}), "..B...E.") << "what is not analysed breaks no row";
  EXPECT_EQ(play("MM----.-", {.gap = 0}), ".B....E.") << "nobody saw stillness before";
}

TEST(Activity, MovingFramesRefreshHoweverRareTheyAre) {
  Activity activity;
  activity.configure(1);
  const double share = 0.1;
  for (int i = 0; i < 10; ++i) {
    const Events events = activity.frame({&share, 1}, {}, 60, {});
    EXPECT_EQ(events.size(), size_t(i == 1));
  }
  EXPECT_EQ(activity.finish().at(0).seconds, 9 * 60);
}

TEST(Activity, TellsPeakBoxAndSecondsFromTheFirstFrameOn) {
  Activity activity;
  activity.configure(1);
  const ActivitySettings settings{.gap = 1};
  EXPECT_TRUE(frame(activity, 0.9, settings, {0, 0, 4, 4}).empty());  // alone, so not of the event
  EXPECT_TRUE(frame(activity, 0, settings).empty());
  EXPECT_TRUE(frame(activity, 0.3, settings, {10, 20, 5, 5}).empty());
  EXPECT_FALSE(activity.is_active(0));
  EXPECT_EQ(frame(activity, 0.2, settings, {12, 18, 5, 5}),
            (Events{{true, 0, 1, 0.2, 0.3, {10, 18, 7, 7}, kFrame}}));
  EXPECT_TRUE(activity.is_active(0));
  EXPECT_TRUE(frame(activity, 0, settings).empty());
  EXPECT_TRUE(frame(activity, 0.6, settings, {30, 18, 2, 2}).empty());
  EXPECT_TRUE(frame(activity, 0.1, settings, {}).empty());  // box not known
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(frame(activity, 0.001, settings, {99, 99, 1, 1}).empty());
  EXPECT_EQ(frame(activity, 0.002, settings, {99, 99, 1, 1}),
            (Events{{false, 0, 1, 0.002, 0.6, {10, 18, 22, 7}, 4 * kFrame}}));
  EXPECT_FALSE(activity.is_active(0));
  EXPECT_TRUE(activity.finish().empty());
}

TEST(Activity, TellsEndsFirstAndThenByZone) {
  Activity activity;
  EXPECT_TRUE(activity.configure(4).empty());
  const ActivitySettings settings{.frames = 1, .gap = 0};
  const auto step = [&](std::vector<double> shares) {
    std::string told;
    for (const MotionEvent& e : activity.frame(shares, {}, kFrame, settings))
      told.append(e.begins ? "+" : "-")
          .append(std::to_string(e.zone))
          .append("#")
          .append(std::to_string(e.id))
          .append(" ");
    return told;
  };
  EXPECT_EQ(step({0, 1, 0, 1}), "+1#1 +3#2 ");
  EXPECT_EQ(step({1, 1, 1, 0}), "-3#2 +0#3 +2#4 ");
  EXPECT_EQ(step({0, 0, 1, 1}), "-0#3 -1#1 +3#5 ");
  EXPECT_TRUE(activity.is_active(3));
  EXPECT_FALSE(activity.is_active(0));
  EXPECT_FALSE(activity.is_active(4));
}

TEST(Activity, FinishEndsAllAndForgetsRows) {
  Activity activity;
  activity.configure(3);
  const std::vector<double> shares{0.5, 0, 0.25};
  const std::vector<Rect> boxes{{1, 1, 2, 2}, {}, {4, 4, 1, 1}};
  for (int i = 0; i < 2; ++i) activity.frame(shares, boxes, kFrame, {});
  EXPECT_EQ(activity.finish(), (Events{{false, 0, 1, 0, 0.5, {1, 1, 2, 2}, kFrame},
                                       {false, 2, 2, 0, 0.25, {4, 4, 1, 1}, kFrame}}));
  EXPECT_TRUE(activity.finish().empty());
  EXPECT_TRUE(activity.frame(shares, boxes, kFrame, {}).empty());
  EXPECT_TRUE(activity.finish().empty());
  EXPECT_TRUE(activity.frame(shares, boxes, kFrame, {}).empty()) << "a row goes over the break";
  EXPECT_EQ(activity.frame(shares, boxes, kFrame, {}).size(), 2u);
  // Other zones end what goes on, and ids go on.
  EXPECT_EQ(activity.configure(3).size(), 2u);
  EXPECT_FALSE(activity.is_active(0));
  activity.frame(shares, boxes, kFrame, {});
  EXPECT_EQ(activity.frame(shares, boxes, kFrame, {}).at(0).id, 5u);
}

TEST(Activity, TakesOtherSettingsInMidEvent) {
  Activity activity;
  activity.configure(1);
  EXPECT_EQ(play(activity, "MM..", {.gap = 5}), ".B..");
  EXPECT_EQ(play(activity, ".", {.gap = 0.5}), "E");
  EXPECT_EQ(play(activity, "MMM", {.frames = 5}), "...");
  EXPECT_EQ(play(activity, "M", {.frames = 3}), "B");
  EXPECT_EQ(play(activity, "MMMMM", {.area = 0.6, .gap = 1}), "...E.");
  EXPECT_EQ(play(activity, "M", {.frames = 1}), "B");
  EXPECT_EQ(play(activity, "M", {.frames = 9}), ".") << "it has begun already";
}

TEST(Activity, SurvivesAnyFigures) {
  Activity activity;
  activity.configure(2);
  const double odd[] = {kNaN, -kInfinity, kInfinity, -1, 0, 1, 1e300, -1e300, 1e-320};
  std::mt19937 random(1);
  const auto any = [&] { return odd[random() % std::size(odd)]; };
  size_t begins = 0, ends = 0;
  const auto check = [&](const Events& events) {
    for (const MotionEvent& e : events) {
      ++(e.begins ? begins : ends);
      EXPECT_TRUE(e.seconds >= 0 && e.seconds <= 1e9) << e.seconds;
      EXPECT_TRUE(e.peak >= 0 && e.peak <= 1) << e.peak;
      EXPECT_TRUE(e.motion >= 0 && e.motion <= 1) << e.motion;
    }
  };
  for (int i = 0; i < 20000; ++i) {
    const ActivitySettings settings{any(), int(random() % 4), any()};
    const std::vector<double> shares{any(), any(), any()};
    // Too few and too many figures, too.
    const std::span<const double> some(shares.data(), random() % 4);
    check(random() % 3 ? activity.frame(some, {}, any(), settings)
                       : activity.pass(any(), settings));
  }
  check(activity.finish());
  EXPECT_GT(begins, 100u);
  EXPECT_EQ(begins, ends);
  Activity none;
  EXPECT_TRUE(none.frame({}, {}, 1, {}).empty());
  EXPECT_TRUE(none.pass(1, {}).empty());
  EXPECT_TRUE(none.finish().empty());
}

// The same told from all that ever came, looked through anew each time.
class NaiveZone {
 public:
  struct Step {
    bool is_analysed;
    double share, seconds;
    Rect box;
    bool moves;
  };

  // 0, or 1 for a begin and -1 for an end.
  int add(const Step& step, const ActivitySettings& settings) {
    steps_.push_back(step);
    const size_t now = steps_.size() - 1;
    if (is_active_) {
      size_t last = now;
      while (!steps_[last].moves) --last;
      double still = 0;
      for (size_t i = last + 1; i <= now; ++i) still += steps_[i].seconds;
      if (last == now || still < settings.gap || (!step.is_analysed && settings.gap == 0)) return 0;
      is_active_ = false;
      sum_up(last);
      start_ = now + 1;
      return -1;
    }
    int row = 0;
    for (size_t i = start_; i <= now; ++i) {
      if (!steps_[i].is_analysed) continue;
      row = steps_[i].moves ? row + 1 : 0;
      if (row == 1) first_ = i;
    }
    if (!step.moves || row < std::max(1, settings.frames)) return 0;
    is_active_ = true;
    sum_up(now);
    return 1;
  }

  bool finish() {
    const bool was_active = std::exchange(is_active_, false);
    if (was_active) {
      size_t last = steps_.size() - 1;
      while (!steps_[last].moves) --last;
      sum_up(last);
    }
    start_ = steps_.size();
    return was_active;
  }

  double peak, seconds;
  Rect box;

 private:
  void sum_up(size_t last) {
    peak = seconds = 0;
    box = {};
    for (size_t i = first_; i <= last; ++i) {
      if (i > first_) seconds += steps_[i].seconds;
      if (!steps_[i].moves) continue;
      peak = std::max(peak, steps_[i].share);
      box = joined(box, steps_[i].box);
    }
  }

  std::vector<Step> steps_;
  size_t start_ = 0;  // what came before is over
  size_t first_ = 0;  // of the event
  bool is_active_ = false;
};

TEST(Activity, IsWhatANaiveModelTells) {
  std::mt19937 random(7);
  size_t told = 0;
  for (int round = 0; round < 60; ++round) {
    const size_t n = 1 + random() % 4;
    Activity activity;
    activity.configure(n);
    std::vector<NaiveZone> zones(n);
    std::vector<uint64_t> ids(n);
    uint64_t last_id = 0;
    ActivitySettings settings;
    for (int i = 0; i < 250; ++i) {
      if (i == 0 || random() % 50 == 0)
        settings = {0.25 * double(random() % 3), int(random() % 5), 0.5 * double(random() % 6)};
      const double seconds = 0.125 * double(random() % 5);
      Events expected, begins, events;
      if (random() % 60 == 0) {
        for (size_t z = 0; z < n; ++z) {
          if (zones[z].finish())
            expected.push_back(
                {false, z, ids[z], 0, zones[z].peak, zones[z].box, zones[z].seconds});
        }
        events = activity.finish();
      } else {
        const bool is_analysed = random() % 5 != 0;
        std::vector<double> shares(n);
        std::vector<Rect> boxes(n);
        for (size_t z = 0; z < n; ++z) {
          shares[z] = random() % 3 ? 0.125 * double(random() % 9) : 0;
          if (random() % 4)
            boxes[z] = {int(random() % 50), int(random() % 50), 1 + int(random() % 9),
                        1 + int(random() % 9)};
          const bool moves = is_analysed && shares[z] > 0 && shares[z] >= settings.area;
          const int what =
              zones[z].add({is_analysed, shares[z], seconds, boxes[z], moves}, settings);
          if (what == 0) continue;
          (what > 0 ? begins : expected)
              .push_back({what > 0, z, ids[z], is_analysed ? shares[z] : 0, zones[z].peak,
                          zones[z].box, zones[z].seconds});
        }
        for (MotionEvent& e : begins) {
          e.id = ids[e.zone] = ++last_id;
          expected.push_back(e);
        }
        events = is_analysed ? activity.frame(shares, boxes, seconds, settings)
                             : activity.pass(seconds, settings);
      }
      ASSERT_EQ(events, expected) << "round " << round << " step " << i;
      if (events.empty()) {
        ASSERT_EQ(events.capacity(), 0u);
      }
      told += events.size();
    }
  }
  EXPECT_GT(told, 1000u);
}

// Regions

// A picture of what moved, and its way into MovingRegions.
class Picture {
 public:
  explicit Picture(Size size) : grid_(size), moved(size.height, size.width, uint8_t{0}) {}

  // Rows of a mask are longer than needed and what is beyond the picture is set.
  void add_to(MovingRegions& regions, const std::vector<int>& order) const {
    constexpr int kStride = TileGrid::kMaskBytes + 5;
    for (const int tile : order) {
      const Rect rect = grid_.rect(tile);
      std::vector<uint8_t> mask(size_t{kStride} * TileGrid::kHeight, 0xff);
      bool any = false;
      for (int y = 0; y < rect.height; ++y) {
        for (int x = 0; x < rect.width; ++x) {
          any |= moved(rect.y + y, rect.x + x) != 0;
          if (!moved(rect.y + y, rect.x + x)) mask[y * kStride + x / 8] &= uint8_t(~(1 << x % 8));
        }
      }
      if (any) regions.add(rect, mask.data(), kStride);
    }
  }
  void add_to(MovingRegions& regions) const {
    std::vector<int> order(size_t(grid_.count()));
    std::iota(order.begin(), order.end(), 0);
    add_to(regions, order);
  }

  void fill(const Rect& r) { moved(cv::Rect(r.x, r.y, r.width, r.height)) = 255; }

  int tiles() const { return grid_.count(); }
  Size size() const { return grid_.size(); }

 private:
  TileGrid grid_;

 public:
  cv::Mat_<uint8_t> moved;
};

std::vector<Rect> boxes_of(MovingRegions& regions, const Picture& picture, double seconds) {
  regions.begin();
  picture.add_to(regions);
  return regions.boxes(seconds);
}

constexpr double kApart = 1;  // so far apart frames show their regions as they are

// The same found pixel by pixel.
std::vector<Rect> naive_regions(const Picture& picture) {
  constexpr int kMargin = 32;
  const Size size = picture.size();
  // What counts, with whole blocks and a margin around.
  cv::Mat_<uint8_t> solid(size.height + 2 * kMargin, size.width + 2 * kMargin, uint8_t{0});
  for (int y = 0; y < size.height; y += 8) {
    for (int x = 0; x < size.width; x += 8) {
      const cv::Rect block = cv::Rect(x, y, 8, 8) & cv::Rect(0, 0, size.width, size.height);
      if (cv::countNonZero(picture.moved(block)) >= 8)
        solid(cv::Rect(x + kMargin, y + kMargin, 8, 8)) = 255;
    }
  }
  cv::Mat grown, labels;
  cv::dilate(solid, grown, cv::Mat::ones(17, 17, CV_8U));
  const int n = cv::connectedComponents(grown, labels);
  std::vector<Rect> boxes;
  for (int i = 1; i < n; ++i) {
    const cv::Mat_<uint8_t> own = solid & (labels == i);
    const cv::Rect r = cv::boundingRect(own);
    cv::Mat_<uint8_t> pixels = own(cv::Rect(kMargin, kMargin, size.width, size.height)).clone();
    pixels &= picture.moved;
    if (cv::countNonZero(pixels) < 32) continue;
    const Rect box{r.x - kMargin, r.y - kMargin, r.width, r.height};
    boxes.push_back(intersect(box, size));
  }
  return boxes;
}

bool before(const Rect& a, const Rect& b) {
  return std::tuple(a.y, a.x, a.height, a.width) < std::tuple(b.y, b.x, b.height, b.width);
}

std::vector<Rect> sorted(std::vector<Rect> boxes) {
  std::sort(boxes.begin(), boxes.end(), before);
  return boxes;
}

int64_t area(const Rect& r) {
  return int64_t{r.width} * r.height;
}

void salt(Picture& picture, double share, std::mt19937& random) {
  for (uint8_t& pixel : picture.moved)
    if (double(random()) < share * double(random.max())) pixel = 255;
}

TEST(MovingRegions, AreThoseFoundPixelByPixel) {
  std::mt19937 random(3);
  size_t found = 0;
  for (int round = 0; round < 200; ++round) {
    const Size size{1 + int(random() % 700), 1 + int(random() % 400)};
    Picture picture(size);
    for (unsigned i = 0; i < random() % 7; ++i) {
      const cv::Point at(int(random() % unsigned(size.width)),
                         int(random() % unsigned(size.height)));
      cv::ellipse(picture.moved, at, cv::Size(1 + int(random() % 40), 1 + int(random() % 40)),
                  double(random() % 180), 0, 360, 255, random() % 2 ? -1 : 2);
    }
    salt(picture, 0.03 * double(random() % 3), random);
    MovingRegions regions(size);
    const std::vector<Rect> expected = naive_regions(picture);
    const std::vector<Rect> boxes = boxes_of(regions, picture, kApart);
    if (expected.size() <= MovingRegions::kMaxBoxes) {
      ASSERT_EQ(sorted(boxes), sorted(expected)) << "round " << round;
    } else {
      ASSERT_EQ(boxes.size(), MovingRegions::kMaxBoxes);
    }
    found += boxes.size();
  }
  EXPECT_GT(found, 300u);
}

TEST(MovingRegions, NoiseMakesNone) {
  std::mt19937 random(4);
  for (const Size size : {Size{320, 240}, Size{1920, 1080}}) {
    MovingRegions regions(size);
    for (int i = 0; i < 40; ++i) {
      Picture picture(size);
      salt(picture, 0.01, random);
      EXPECT_TRUE(boxes_of(regions, picture, i % 2 ? kApart : 0.04).empty());
      EXPECT_EQ(regions.bounds(), Rect{});
    }
  }
}

// What differs between two places of a figure.
Picture moved_between(Size size, const Rect& a, const Rect& b) {
  Picture one(size), other(size);
  one.fill(intersect(a, size));
  other.fill(intersect(b, size));
  one.moved ^= other.moved;
  return one;
}

TEST(MovingRegions, AThinFigureIsSeenInNoise) {
  std::mt19937 random(5);
  constexpr Size kSize{320, 240};
  for (const int step : {1, 2, 3}) {
    MovingRegions regions(kSize);
    for (int i = 0; i < 60; ++i) {
      const Rect figure{20 + step * i, 101, 7, 34};
      Picture picture =
          moved_between(kSize, figure, {figure.x + step, figure.y, figure.width, figure.height});
      salt(picture, 0.01, random);
      const std::vector<Rect> boxes = boxes_of(regions, picture, 0.04);
      if (i < 6) continue;
      ASSERT_EQ(boxes.size(), 1u) << "step " << step << " frame " << i;
      EXPECT_LE(std::abs(boxes[0].y - figure.y), 12);
      EXPECT_LE(std::abs(boxes[0].bottom() - figure.bottom()), 12);
      EXPECT_LE(boxes[0].x, figure.x + 8);
      EXPECT_GE(boxes[0].right(), figure.right() - 8);
      EXPECT_LE(boxes[0].width, 60);
    }
  }
}

TEST(MovingRegions, AGlidingSquareHasOneBoxThatGlides) {
  constexpr Size kSize{640, 360};
  constexpr double kSeconds = 0.04;
  for (const auto& [dx, dy] : {std::pair{2, 0}, {-2, 1}, {0, -2}, {3, 2}, {5, 0}}) {
    MovingRegions regions(kSize);
    Rect last;
    for (int i = 0; i < 50; ++i) {
      const Rect square{300 + dx * i, 160 + dy * i, 48, 48};
      Picture picture(kSize);
      picture.fill(square);
      const std::vector<Rect> boxes = boxes_of(regions, picture, kSeconds);
      if (i == 0) {
        EXPECT_TRUE(boxes.empty()) << "not before its second frame";
        continue;
      }
      ASSERT_EQ(boxes.size(), 1u);
      const Rect& box = boxes[0];
      // Whole blocks are up to 7 pixels more. Besides an edge that moves at a speed is that speed
      // times its time constant behind: 0.1 s where the box grows and 0.3 s where it shrinks.
      const auto check = [&](int outwards, int speed) {
        EXPECT_GE(outwards, -2 - std::max(0, speed) / kSeconds * 0.1) << "frame " << i;
        EXPECT_LE(outwards, 9 + std::max(0, -speed) / kSeconds * 0.3) << "frame " << i;
      };
      check(square.x - box.x, -dx);
      check(square.y - box.y, -dy);
      check(box.right() - square.right(), dx);
      check(box.bottom() - square.bottom(), dy);
      if (i > 1) {
        for (const int jump : {box.x - last.x, box.y - last.y, box.right() - last.right(),
                               box.bottom() - last.bottom()})
          EXPECT_LE(std::abs(jump), 8) << "frame " << i;
      }
      last = box;
    }
  }
}

TEST(MovingRegions, WhatLeavesItsPlaceInOneFrameIsFollowed) {
  constexpr Size kSize{640, 360};
  MovingRegions regions(kSize);
  for (int i = 0; i < 30; ++i) {
    Picture picture(kSize);
    picture.fill({16 * i, 100, 16, 16});
    EXPECT_EQ(boxes_of(regions, picture, 0.04).size(), size_t(i > 0)) << i;
  }
}

TEST(MovingRegions, ABoxOutlivesHalfASecondOfStillness) {
  constexpr Size kSize{320, 240};
  Picture picture(kSize), still(kSize);
  picture.fill({100, 100, 40, 40});
  MovingRegions regions(kSize);
  boxes_of(regions, picture, 0);
  const std::vector<Rect> shown = boxes_of(regions, picture, 0.1);
  ASSERT_EQ(shown, (std::vector<Rect>{{96, 96, 48, 48}}));
  // Every third frame tells nothing.
  for (int i = 0; i < 20; ++i) EXPECT_EQ(boxes_of(regions, i % 3 ? still : picture, 0.1), shown);
  boxes_of(regions, picture, 0.1);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(boxes_of(regions, still, 0.12), shown) << i;
  EXPECT_TRUE(boxes_of(regions, still, 0.12).empty());
  // What is seen in one frame only is never shown.
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(boxes_of(regions, i % 2 ? still : picture, 0.1).empty());
}

TEST(MovingRegions, NoBoxOutlivesABreak) {
  constexpr Size kSize{320, 240};
  Picture picture(kSize);
  picture.fill({40, 40, 32, 32});
  MovingRegions regions(kSize);
  boxes_of(regions, picture, 0.04);
  ASSERT_EQ(boxes_of(regions, picture, 0.04).size(), 1u);
  regions.forget();
  EXPECT_TRUE(regions.boxes(0.04).empty());
  EXPECT_EQ(regions.bounds(), Rect{});
}

TEST(MovingRegions, AFigureThatFallsApartForMomentsKeepsItsBox) {
  constexpr Size kSize{320, 240};
  Picture whole(kSize), parts(kSize);
  whole.fill({100, 60, 32, 120});
  parts.fill({100, 60, 32, 40});
  parts.fill({100, 140, 32, 40});
  MovingRegions regions(kSize);
  for (int i = 0; i < 60; ++i) {
    const std::vector<Rect> boxes = boxes_of(regions, i % 6 >= 4 ? parts : whole, 0.04);
    if (i == 0) continue;
    ASSERT_EQ(boxes.size(), 1u) << i;
    EXPECT_GE(boxes[0].height, 100) << i;
  }
  // If it stays so, there are two.
  for (int i = 0; i < 50; ++i) boxes_of(regions, parts, 0.04);
  EXPECT_EQ(sorted(boxes_of(regions, parts, 0.04)).size(), 2u);
}

TEST(MovingRegions, AreBoundedAndTheLargestComeFirst) {
  constexpr Size kSize{1280, 720};
  Picture picture(kSize);
  int i = 0;
  for (int y = 40; y < 640; y += 80) {
    for (int x = 40; x < 1200; x += 80, ++i) picture.fill({x, y, 8 + 8 * (i % 5), 8 + 8 * (i % 5)});
  }
  MovingRegions regions(kSize);
  for (const double seconds : {kApart, 0.04, 0.04}) {
    const std::vector<Rect> boxes = boxes_of(regions, picture, seconds);
    ASSERT_EQ(boxes.size(), MovingRegions::kMaxBoxes);
    for (const Rect& box : boxes) EXPECT_EQ(area(box), 40 * 40);
  }
}

TEST(MovingRegions, KeepTheirOrderWhileTheyDifferLittle) {
  constexpr Size kSize{640, 360};
  MovingRegions regions(kSize);
  for (int i = 0; i < 100; ++i) {
    Picture picture(kSize);
    const int more = int(std::lround(4 * std::sin(0.3 * i)));
    picture.fill({64, 64, 64, 64 + more});
    picture.fill({320, 64, 64, 64 - more});
    picture.fill({64, 240, 96 + more, 96});
    picture.fill({320, 240, 24, 24});
    const std::vector<Rect> boxes = boxes_of(regions, picture, 0.04);
    if (i < 2) continue;
    ASSERT_EQ(boxes.size(), 4u);
    EXPECT_EQ(boxes[0].y, 240);
    EXPECT_EQ(boxes[1].x, 64);
    EXPECT_EQ(boxes[2].x, 320);
    EXPECT_EQ(boxes[3].y, 240);
  }
}

TEST(MovingRegions, StayBoundedWhateverComes) {
  std::mt19937 random(6);
  const double odd[] = {kNaN, -1, -kInfinity, kInfinity, 0, 1e300, 0.04, 0.04, 0.04, 0.04};
  for (const Size size : {Size{1, 1}, Size{7, 3}, Size{8, 8}, Size{129, 9}, Size{333, 1},
                          Size{1, 333}, Size{301, 203}}) {
    MovingRegions regions(size);
    for (int i = 0; i < 300; ++i) {
      Picture picture(size);
      for (unsigned n = 0; n < random() % 40; ++n) {
        const Rect r{int(random() % unsigned(size.width)), int(random() % unsigned(size.height)),
                     1 + int(random() % 40), 1 + int(random() % 40)};
        picture.fill(intersect(r, size));
      }
      const std::vector<Rect> boxes = boxes_of(regions, picture, odd[random() % std::size(odd)]);
      ASSERT_LE(boxes.size(), MovingRegions::kMaxBoxes);
      for (size_t b = 0; b < boxes.size(); ++b) {
        ASSERT_GT(area(boxes[b]), 0);
        ASSERT_EQ(intersect(boxes[b], size), boxes[b]);
        ASSERT_GE(boxes[b].x, 0);
        ASSERT_GE(boxes[b].y, 0);
        if (b > 0) {
          ASSERT_LE(4 * area(boxes[b]), 5 * area(boxes[b - 1]));
        }
      }
    }
  }
}

TEST(MovingRegions, TheWholePictureIsOne) {
  for (const Size size : {Size{8, 8}, Size{9, 31}, Size{129, 65}, Size{643, 361}}) {
    Picture picture(size);
    picture.fill({0, 0, size.width, size.height});
    MovingRegions regions(size);
    const Rect all{0, 0, size.width, size.height};
    EXPECT_EQ(boxes_of(regions, picture, kApart), std::vector<Rect>{all});
    EXPECT_EQ(naive_regions(picture), std::vector<Rect>{all});
  }
  MovingRegions none;
  none.begin();
  EXPECT_TRUE(none.boxes(1).empty());
  EXPECT_EQ(none.bounds(), Rect{});
}

TEST(MovingRegions, RunAcrossTilesAddedInAnyOrder) {
  constexpr Size kSize{300, 100};
  Picture picture(kSize);
  picture.fill({120, 56, 16, 16});  // at the corner of four tiles
  picture.fill({250, 90, 50, 10});
  std::vector<int> order(size_t(picture.tiles()));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(8);
  MovingRegions regions(kSize);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(order.begin(), order.end(), random);
    regions.begin();
    picture.add_to(regions, order);
    EXPECT_EQ(regions.boxes(kApart), (std::vector<Rect>{{248, 88, 52, 12}, {120, 56, 16, 16}}));
    EXPECT_EQ(regions.bounds(), (Rect{120, 56, 180, 44}));
  }
}

TEST(MovingRegions, BoundsAreThoseOfBlocksInAnArea) {
  std::mt19937 random(9);
  for (int round = 0; round < 200; ++round) {
    const Size size{1 + int(random() % 300), 1 + int(random() % 200)};
    Picture picture(size);
    for (unsigned i = 0; i < random() % 4; ++i) {
      const Rect r{int(random() % unsigned(size.width)), int(random() % unsigned(size.height)),
                   1 + int(random() % 30), 1 + int(random() % 30)};
      picture.fill(intersect(r, size));
    }
    salt(picture, 0.05 * double(random() % 3), random);
    MovingRegions regions(size);
    regions.begin();
    picture.add_to(regions);
    const cv::Rect all(0, 0, size.width, size.height);
    const auto pixels = [&](int x, int y) {
      const cv::Rect block = cv::Rect(x, y, 8, 8) & all;
      return block.empty() ? 0 : cv::countNonZero(picture.moved(block));
    };
    const cv::Rect where(int(random() % 300) - 20, int(random() % 200) - 20, int(random() % 300),
                         int(random() % 200));
    cv::Mat_<uint8_t> inside(size.height, size.width, uint8_t{0});
    for (int y = 0; y < size.height; y += 8) {
      for (int x = 0; x < size.width; x += 8) {
        int counting = 0;
        for (const int dy : {-8, 0, 8})
          for (const int dx : {-8, 0, 8}) counting += pixels(x + dx, y + dy) >= 8;
        const bool counts = pixels(x, y) >= 32 || (pixels(x, y) >= 8 && counting > 1);
        const cv::Rect block = cv::Rect(x, y, 8, 8) & where & all;
        if (counts && !block.empty()) inside(block) = 255;
      }
    }
    const cv::Rect expected = cv::boundingRect(inside);
    ASSERT_EQ(regions.bounds_in({where.x, where.y, where.width, where.height}),
              (Rect{expected.x, expected.y, expected.width, expected.height}))
        << round;
  }
}

TEST(MovingRegions, ANewFrameIsEmpty) {
  constexpr Size kSize{200, 200};
  Picture picture(kSize);
  picture.fill({40, 40, 40, 40});
  MovingRegions regions(kSize);
  EXPECT_EQ(boxes_of(regions, picture, kApart).size(), 1u);
  EXPECT_EQ(regions.bounds(), (Rect{40, 40, 40, 40}));
  regions.begin();
  EXPECT_EQ(regions.bounds(), Rect{});
  EXPECT_TRUE(regions.boxes(kApart).empty());
}

}  // namespace
}  // namespace test
}  // namespace motionheat
