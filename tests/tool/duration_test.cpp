// SPDX-License-Identifier: LGPL-2.1-or-later
#include "duration.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tool::test {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kSecond = 1'000 * kMillisecond;
constexpr uint64_t kMinute = 60 * kSecond;
constexpr uint64_t kHour = 60 * kMinute;
constexpr uint64_t kDay = 24 * kHour;

// The time zone of a test.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    setenv("TZ", name, 1);
  }
  ~Zone() {
    if (before_)
      setenv("TZ", before_->c_str(), 1);
    else
      unsetenv("TZ");
  }

 private:
  std::optional<std::string> before_;
};

constexpr char kBerlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";

TEST(Duration, OfOneUnit) {
  EXPECT_EQ(parse_duration("90s"), 90 * kSecond);
  EXPECT_EQ(parse_duration("1.5s"), 1500 * kMillisecond);
  EXPECT_EQ(parse_duration("10min"), 10 * kMinute);
  EXPECT_EQ(parse_duration("5m"), 5 * kMinute);
  EXPECT_EQ(parse_duration("24h"), kDay);
  EXPECT_EQ(parse_duration("250ms"), 250 * kMillisecond);
  EXPECT_EQ(parse_duration("2d"), 2 * kDay);
  EXPECT_EQ(parse_duration("1.5 hours"), 90 * kMinute);
  EXPECT_EQ(parse_duration(" 2 days "), 2 * kDay);
  EXPECT_EQ(parse_duration("7us"), 7000u);
  EXPECT_EQ(parse_duration("7µs"), 7000u);
  EXPECT_EQ(parse_duration("7ns"), 7u);
  EXPECT_EQ(parse_duration("0s"), 0u);
}

TEST(Duration, OfSeveralUnits) {
  EXPECT_EQ(parse_duration("1h30min"), 90 * kMinute);
  EXPECT_EQ(parse_duration("1 h 30 min"), 90 * kMinute);
  EXPECT_EQ(parse_duration("1d2h3min4s5ms"),
            kDay + 2 * kHour + 3 * kMinute + 4 * kSecond + 5 * kMillisecond);
}

TEST(Duration, OfPlainSeconds) {
  EXPECT_EQ(parse_duration("90"), 90 * kSecond);
  EXPECT_EQ(parse_duration("0.25"), kSecond / 4);
  EXPECT_EQ(parse_duration(".25"), kSecond / 4);
  EXPECT_EQ(parse_duration("0"), 0u);
}

TEST(Duration, AsAClock) {
  EXPECT_EQ(parse_duration("01:30:00"), 90 * kMinute);
  EXPECT_EQ(parse_duration("1:30"), 90 * kSecond);
  EXPECT_EQ(parse_duration("90:00"), 90 * kMinute);
  EXPECT_EQ(parse_duration("100:00:00.5"), 100 * kHour + kSecond / 2);
  EXPECT_EQ(parse_duration("0:01:02.345"), 62'345 * kMillisecond);
}

TEST(Duration, IsExact) {
  EXPECT_EQ(parse_duration("0.1"), 100 * kMillisecond);
  EXPECT_EQ(parse_duration("0.000000001"), 1u);
  EXPECT_EQ(parse_duration("0.0000000019"), 1u);
  EXPECT_EQ(parse_duration("0.3333333333333333333333333333d"), 28'799'999'999'999u);
  EXPECT_EQ(parse_duration("18446744073.709551614"), UINT64_MAX - 1);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"",
                           " ",
                           "s",
                           "x",
                           "90x",
                           "-1s",
                           "+1s",
                           "1.",
                           "1.s",
                           "1,5s",
                           "1..5s",
                           "1e3",
                           "0x10",
                           "1s1s",
                           "1min1h",
                           "1h30",
                           "1h 30",
                           ":",
                           "1:",
                           ":30",
                           "1:60",
                           "1:5",
                           "1:005",
                           "1:02:60",
                           "1:60:00",
                           "1:2:03:04",
                           "1.5:00",
                           "1:30s",
                           "1:30.",
                           "90S",
                           "1M",
                           "inf",
                           "1s\n",
                           "18446744073.709551615",
                           "18446744073.709551616",
                           "99999999999999999999",
                           "213504d",
                           "9999999999999999999d"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  EXPECT_EQ(parse_duration(std::string_view("1\0s", 3)), std::nullopt);
}

TEST(Duration, ForPeople) {
  EXPECT_EQ(format_duration(0), "0 s");
  EXPECT_EQ(format_duration(400'000), "0.4 ms");
  EXPECT_EQ(format_duration(250 * kMillisecond), "250 ms");
  EXPECT_EQ(format_duration(kSecond), "1 s");
  EXPECT_EQ(format_duration(1500 * kMillisecond), "1.5 s");
  EXPECT_EQ(format_duration(59 * kSecond + 940 * kMillisecond), "59.9 s");
  EXPECT_EQ(format_duration(kMinute), "1 min");
  EXPECT_EQ(format_duration(2 * kMinute + 5 * kSecond), "2 min 05 s");
  EXPECT_EQ(format_duration(kHour + 2 * kMinute + 3 * kSecond), "1 h 02 min 03 s");
  EXPECT_EQ(format_duration(kHour + 3 * kSecond), "1 h 00 min 03 s");
  EXPECT_EQ(format_duration(23 * kHour), "23 h");
  EXPECT_EQ(format_duration(kDay), "1 d");
  EXPECT_EQ(format_duration(2 * kDay + 3 * kHour + 4 * kMinute + 5 * kSecond), "2 d 03 h 04 min");
  EXPECT_EQ(format_duration(UINT64_MAX), "213503 d 23 h 35 min");
}

TEST(Duration, IsRoundedUpIntoTheNextUnit) {
  EXPECT_EQ(format_duration(999'960'000), "1 s");
  EXPECT_EQ(format_duration(kMinute - 1), "1 min");
  EXPECT_EQ(format_duration(kHour - 1), "1 h");
  EXPECT_EQ(format_duration(kDay - 1), "1 d");
  EXPECT_EQ(format_duration(2 * kDay - 1), "2 d");
}

TEST(Duration, IsReadAsItIsWritten) {
  for (const uint64_t time : {uint64_t{0}, 250 * kMillisecond, 1500 * kMillisecond, 61 * kSecond,
                              kHour + kSecond, 3 * kDay + kMinute})
    EXPECT_EQ(parse_duration(format_duration(time)), time);
}

TEST(Clock, IsToTheMillisecond) {
  EXPECT_EQ(format_clock(0), "0:00:00.000");
  EXPECT_EQ(format_clock(62'345 * kMillisecond), "0:01:02.345");
  EXPECT_EQ(format_clock(kSecond / 3 * 2), "0:00:00.667");
  EXPECT_EQ(format_clock(kHour - 1), "1:00:00.000");
  EXPECT_EQ(format_clock(100 * kHour), "100:00:00.000");
  EXPECT_EQ(format_clock(UINT64_MAX), "5124095:34:33.710");
}

TEST(WallClock, IsLocal) {
  const Zone zone(kBerlin);
  EXPECT_EQ(parse_wall_clock("2026-11-26 08:00"), 1795676400'000000);
  EXPECT_EQ(parse_wall_clock("2026-11-26 08:00:00"), 1795676400'000000);
  EXPECT_EQ(parse_wall_clock("2026-11-26T08:00:00.5"), 1795676400'500000);
  EXPECT_EQ(parse_wall_clock("2026-11-26T08:00:00.1234567"), 1795676400'123456);
  EXPECT_EQ(parse_wall_clock("2026-06-26 08:00"), 1782453600'000000);
  EXPECT_EQ(parse_wall_clock("2026-11-26"), 1795647600'000000);
}

TEST(WallClock, TakesAZone) {
  const Zone zone(kBerlin);
  const int64_t utc = 1795680000'000000;
  EXPECT_EQ(parse_wall_clock("2026-11-26 08:00Z"), utc);
  EXPECT_EQ(parse_wall_clock("2026-11-26T08:00:00.5Z"), utc + 500'000);
  EXPECT_EQ(parse_wall_clock("2026-11-26 09:00+01:00"), utc);
  EXPECT_EQ(parse_wall_clock("2026-11-26 09:00 +0100"), utc);
  EXPECT_EQ(parse_wall_clock("2026-11-26 02:30-05:30"), utc);
  EXPECT_EQ(parse_wall_clock("2026-11-26 03:00-05"), utc);
}

TEST(WallClock, IsNothingElse) {
  for (const char* text : {"",
                           "now",
                           "08:00",
                           "2026-11-26 8:00",
                           "2026-11-26 24:00",
                           "2026-11-26 08:60",
                           "2026-11-26 08:00:60",
                           "2026-02-29 08:00",
                           "2026-13-01",
                           "2026-11-00",
                           "0000-01-01",
                           "2026-11-26 08:00x",
                           "2026-11-26 08:00:",
                           "2026-11-26 08:00.5",
                           "2026-11-26T",
                           "26-11-26",
                           "2026-11-26 08:00+1",
                           "2026-11-26 08:00 CET",
                           "2026-11-26 08:00+99:00",
                           "2026-11-26\n",
                           "2026-11-26 08:00:00,5",
                           "\xff"})
    EXPECT_EQ(parse_wall_clock(text), std::nullopt) << text;
}

// At the end of summer time the hour from two to three comes twice, at its begin not at all.
TEST(WallClock, WhereTheClockIsChanged) {
  const Zone zone(kBerlin);
  const int64_t first = 1792886400'000000 + 30 * 60'000000LL, second = first + 3600'000000;
  const auto twice = parse_wall_clock("2026-10-25 02:30");
  EXPECT_TRUE(twice == first || twice == second) << *twice;
  EXPECT_EQ(format_wall_clock(first), "2026-10-25 02:30:00");
  EXPECT_EQ(format_wall_clock(second), "2026-10-25 02:30:00");
  EXPECT_EQ(format_wall_clock(*parse_wall_clock("2026-03-29 02:30")), "2026-03-29 03:00:00");
}

TEST(WallClock, ForPeople) {
  const Zone zone(kBerlin);
  EXPECT_EQ(format_wall_clock(1795676400'000000), "2026-11-26 08:00:00");
  EXPECT_EQ(format_wall_clock(1795676400'500000), "2026-11-26 08:00:00.500");
  EXPECT_EQ(format_wall_clock(1795676400'000000, 'T'), "2026-11-26T08:00:00");
  EXPECT_EQ(format_wall_clock(1795676399'999600), "2026-11-26 08:00:00");
  EXPECT_EQ(format_wall_clock(-3600'000000 - 1000), "1969-12-31 23:59:59.999");
  EXPECT_EQ(format_wall_clock(INT64_MAX), "");
  EXPECT_EQ(format_wall_clock(INT64_MIN), "");
}

TEST(WallClock, IsReadAsItIsWritten) {
  for (const char* name : {kBerlin, "UTC0", "<+0545>-5:45", "PST8PDT,M3.2.0,M11.1.0"}) {
    const Zone zone(name);
    for (const int64_t time : {int64_t{0}, 1795676400'500000, 1782453600'001000})
      EXPECT_EQ(parse_wall_clock(format_wall_clock(time)), time) << name;
  }
}

}  // namespace
}  // namespace tool::test
