// SPDX-License-Identifier: LGPL-2.1-or-later
#include "duration.h"

#include <glib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

namespace tool {
namespace {

constexpr uint64_t kMillisecond = kSecond / 1'000;
constexpr uint64_t kMinute = 60 * kSecond;
constexpr uint64_t kHour = 60 * kMinute;
constexpr uint64_t kDay = 24 * kHour;
constexpr int64_t kMicrosecondsPerSecond = 1'000'000;

struct Unit {
  const char* name;
  uint64_t length;
};
constexpr Unit kUnits[] = {
    {"d", kDay},          {"day", kDay},        {"days", kDay},
    {"h", kHour},         {"hour", kHour},      {"hours", kHour},
    {"m", kMinute},       {"min", kMinute},     {"minute", kMinute},
    {"minutes", kMinute}, {"s", kSecond},       {"sec", kSecond},
    {"second", kSecond},  {"seconds", kSecond}, {"ms", kMillisecond},
    {"us", 1'000},        {"µs", 1'000},        {"ns", 1},
};

// Reads from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool is_done() const { return rest_.empty(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_spaces() {
    while (take(' ')) {
    }
  }

  std::string_view digits() {
    return take_while([](char c) { return g_ascii_isdigit(c); });
  }

  std::string_view word() {
    return take_while([](char c) { return c != ' ' && c != '.' && !g_ascii_isdigit(c); });
  }

 private:
  template <typename Predicate>
  std::string_view take_while(Predicate fits) {
    size_t length = 0;
    while (length < rest_.size() && fits(rest_[length])) ++length;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::string_view rest_;
};

// "12", "1.5" or ".5" as it was written.
struct Number {
  std::string_view whole;
  std::string_view fraction;

  bool is_there() const { return !whole.empty() || !fraction.empty(); }
};

Number take_number(Scanner& scanner) {
  Number number{scanner.digits(), {}};
  if (!scanner.take('.')) return number;
  number.fraction = scanner.digits();
  return number.fraction.empty() ? Number{} : number;  // "1." is cut off
}

// Adds `number` times `unit`, in whole numbers so that 0.1 is 0.1. Returns false on overflow.
bool add(const Number& number, uint64_t unit, uint64_t& sum) {
  uint64_t whole = 0;
  for (const char digit : number.whole)
    if (__builtin_mul_overflow(whole, 10, &whole) ||
        __builtin_add_overflow(whole, uint64_t(digit - '0'), &whole))
      return false;
  if (__builtin_mul_overflow(whole, unit, &whole)) return false;

  // Further digits are worth less than a nanosecond even of a day.
  constexpr size_t kDigits = 14;
  uint64_t fraction = 0, scale = 1;
  for (const char digit : number.fraction.substr(0, kDigits)) {
    fraction = fraction * 10 + uint64_t(digit - '0');
    scale *= 10;
  }
  const auto part = uint64_t(static_cast<unsigned __int128>(fraction) * unit / scale);
  return !__builtin_add_overflow(sum, whole, &sum) && !__builtin_add_overflow(sum, part, &sum);
}

uint64_t unit_length(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (name == unit.name) return unit.length;
  return 0;
}

// "1h30min", or seconds without a unit.
std::optional<uint64_t> parse_units(Scanner scanner) {
  uint64_t sum = 0;
  uint64_t last = UINT64_MAX;
  while (!scanner.is_done()) {
    const Number number = take_number(scanner);
    if (!number.is_there()) return {};
    scanner.skip_spaces();
    const bool is_plain = scanner.is_done() && last == UINT64_MAX;
    const uint64_t unit = is_plain ? kSecond : unit_length(scanner.word());
    if (unit == 0 || unit >= last || !add(number, unit, sum)) return {};
    last = unit;
    scanner.skip_spaces();
  }
  return sum;
}

// "[hours:]minutes:seconds". Only the first may be 60 or more, only seconds have a fraction.
std::optional<uint64_t> parse_clock(Scanner scanner, size_t colons) {
  constexpr std::array kLengths{kHour, kMinute, kSecond};
  if (colons > 2) return {};
  uint64_t sum = 0;
  for (size_t part = 2 - colons; part < 3; ++part) {
    const bool is_first = part == 2 - colons;
    if (!is_first && !scanner.take(':')) return {};
    const Number number = part == 2 ? take_number(scanner) : Number{scanner.digits(), {}};
    if (number.whole.empty()) return {};
    if (!is_first && (number.whole.size() != 2 || number.whole.front() > '5')) return {};
    if (!add(number, kLengths[part], sum)) return {};
  }
  if (!scanner.is_done()) return {};
  return sum;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

uint64_t round_to(uint64_t nanoseconds, uint64_t unit) {
  return nanoseconds / unit + (nanoseconds % unit >= unit / 2 ? 1 : 0);
}

template <typename... Values>
std::string print(const char* format, Values... values) {
  char text[96];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

// "1.5 s", or "2 s" without a tenth.
std::string format_tenths(uint64_t tenths, const char* unit) {
  const unsigned long long whole = tenths / 10, tenth = tenths % 10;
  return tenth ? print("%llu.%llu %s", whole, tenth, unit) : print("%llu %s", whole, unit);
}

template <typename T, void (*free)(T*)>
struct Free {
  void operator()(T* object) const { free(object); }
};
using DateTime = std::unique_ptr<GDateTime, Free<GDateTime, g_date_time_unref>>;
using TimeZone = std::unique_ptr<GTimeZone, Free<GTimeZone, g_time_zone_unref>>;
using MatchInfo = std::unique_ptr<GMatchInfo, Free<GMatchInfo, g_match_info_unref>>;

std::string group(const MatchInfo& match, const char* name) {
  char* text = g_match_info_fetch_named(match.get(), name);
  std::string copy = text ? text : "";
  g_free(text);
  return copy;
}

int64_t microseconds_of(std::string fraction) {
  fraction.resize(6, '0');
  return std::atoi(fraction.c_str());
}

}  // namespace

std::optional<uint64_t> parse_duration(std::string_view text) {
  text = trim(text);
  if (text.empty()) return {};
  size_t colons = 0;
  for (const char c : text) colons += c == ':';
  const auto sum = colons ? parse_clock(Scanner(text), colons) : parse_units(Scanner(text));
  // GStreamer's word for no time at all.
  if (sum == UINT64_MAX) return {};
  return sum;
}

std::string format_duration(uint64_t nanoseconds) {
  const uint64_t tenths_of_ms = round_to(nanoseconds, kMillisecond / 10);
  if (nanoseconds == 0) return "0 s";
  if (tenths_of_ms < 10'000) {
    const uint64_t ms = round_to(nanoseconds, kMillisecond);
    return ms < 10 ? format_tenths(tenths_of_ms, "ms") : print("%llu ms", (unsigned long long)ms);
  }
  const uint64_t tenths = round_to(nanoseconds, kSecond / 10);
  if (tenths < 600) return format_tenths(tenths, "s");

  const bool in_days = round_to(nanoseconds, kSecond) >= kDay / kSecond;
  const uint64_t seconds =
      in_days ? round_to(nanoseconds, kMinute) * 60 : round_to(nanoseconds, kSecond);
  const struct {
    unsigned long long value;
    const char* unit;
  } parts[] = {{seconds / 86400, "d"},
               {seconds / 3600 % 24, "h"},
               {seconds / 60 % 60, "min"},
               {seconds % 60, "s"}};
  std::string text, zeros;
  for (const auto& [value, unit] : parts) {
    if (text.empty()) {
      if (value) text = print("%llu %s", value, unit);
      continue;
    }
    zeros += print(" %02llu %s", value, unit);
    if (value) text += std::exchange(zeros, {});
  }
  return text;
}

std::string format_clock(uint64_t nanoseconds) {
  const unsigned long long ms = round_to(nanoseconds, kMillisecond);
  return print("%llu:%02llu:%02llu.%03llu", ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60,
               ms % 1'000);
}

std::optional<int64_t> wall_clock_of(const CalendarTime& time, const char* zone) {
  const TimeZone time_zone(zone ? g_time_zone_new_identifier(zone) : g_time_zone_new_local());
  if (!time_zone) return {};
  const DateTime moment(g_date_time_new(time_zone.get(), time.year, time.month, time.day, time.hour,
                                        time.minute, time.second));
  if (!moment) return {};
  return g_date_time_to_unix(moment.get()) * kMicrosecondsPerSecond;
}

std::optional<int64_t> parse_wall_clock(std::string_view text) {
  static GRegex* const form = g_regex_new(
      "^ *(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)"
      "(?:[T ](?<hour>\\d\\d):(?<minute>\\d\\d)(?::(?<second>\\d\\d)(?:\\.(?<fraction>\\d+))?)?"
      " ?(?<zone>Z|[+-]\\d\\d(?::?\\d\\d)?)?)? *$",
      GRegexCompileFlags(G_REGEX_RAW | G_REGEX_OPTIMIZE | G_REGEX_DOLLAR_ENDONLY),
      GRegexMatchFlags(0), nullptr);
  GMatchInfo* info = nullptr;
  const gboolean fits = g_regex_match_full(form, text.data(), gssize(text.size()), 0,
                                           GRegexMatchFlags(0), &info, nullptr);
  const MatchInfo match(info);
  if (!fits) return {};
  const auto number = [&match](const char* name) { return std::atoi(group(match, name).c_str()); };
  const std::string zone = group(match, "zone");
  const auto moment = wall_clock_of({number("year"), number("month"), number("day"), number("hour"),
                                     number("minute"), number("second")},
                                    zone.empty() ? nullptr : zone.c_str());
  if (!moment) return {};
  return *moment + microseconds_of(group(match, "fraction"));
}

std::string format_wall_clock(int64_t microseconds, char separator) {
  constexpr int64_t kHalfMillisecond = 500;
  if (microseconds > INT64_MAX - kHalfMillisecond) return {};
  microseconds += kHalfMillisecond;
  int64_t seconds = microseconds / kMicrosecondsPerSecond;
  int64_t rest = microseconds % kMicrosecondsPerSecond;
  if (rest < 0) {  // before 1970
    --seconds;
    rest += kMicrosecondsPerSecond;
  }
  const DateTime moment(g_date_time_new_from_unix_local(seconds));
  if (!moment) return {};
  int year, month, day;
  g_date_time_get_ymd(moment.get(), &year, &month, &day);
  std::string text = print("%04d-%02d-%02d%c%02d:%02d:%02d", year, month, day, separator,
                           g_date_time_get_hour(moment.get()), g_date_time_get_minute(moment.get()),
                           g_date_time_get_second(moment.get()));
  if (const int milliseconds = int(rest / 1'000)) text += print(".%03d", milliseconds);
  return text;
}

}  // namespace tool
