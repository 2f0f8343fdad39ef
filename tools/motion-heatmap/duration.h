// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tool {

inline constexpr uint64_t kSecond = 1'000'000'000;  ///< in nanoseconds, as all lengths of time

/// Nanoseconds of a length of time as people write it: a number with a unit (ns, us, ms, s, min or
/// m, h, d, and their English names: "90s", "1.5 hours"), several of them from the largest to the
/// smallest ("1h30min"), a clock ("01:30:00", "1:30.5": minutes and seconds), or a number of
/// seconds. Numbers may have a fraction; what is below a nanosecond is cut off. Nothing if it is
/// none of these, or longer than 584 years.
std::optional<uint64_t> parse_duration(std::string_view text);

/// For people, no more exact than of use to them: "250 ms", "1.5 s", "2 min 05 s", "1 h 02 min 03
/// s", "2 d 03 h 04 min"; parts that are zero at the end are left out. `parse_duration` reads it.
std::string format_duration(uint64_t nanoseconds);

/// A position in a video, to the nearest millisecond: "0:01:02.345".
std::string format_clock(uint64_t nanoseconds);

/// A moment by the wall clock as microseconds of UTC since 1970: "2026-11-26 08:00",
/// "2026-11-26T08:00:00.5", "2026-11-26" (midnight). Local time, unless a zone follows: "Z",
/// "+01:00". A local time that was there twice is the first or the second as GLib has it; one that
/// was left out is the moment at which it was. Nothing if it is no such text or no
/// such date.
std::optional<int64_t> parse_wall_clock(std::string_view text);

/// Local time to the nearest millisecond, where it has any: "2026-11-26 08:00:00", "2026-11-26
/// 08:00:00.500". `separator` stands between date and time. Empty for years that a calendar does
/// not have.
std::string format_wall_clock(int64_t microseconds, char separator = ' ');

/// Date and time as numbers, in local time or UTC.
struct CalendarTime {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

/// Microseconds of UTC since 1970; nothing if there is no such date or time. `zone` is nullptr for
/// local time, or as g_time_zone_new_identifier takes it.
std::optional<int64_t> wall_clock_of(const CalendarTime& time, const char* zone);

}  // namespace tool
