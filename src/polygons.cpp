// SPDX-License-Identifier: LGPL-2.1-or-later
#include "polygons.h"

#include <glib.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

namespace motionheat {
namespace {

constexpr std::string_view kSpaces = " \t\n\v\f\r";

// As much of a text as fits a message, whatever bytes it has.
std::string quoted(std::string_view text) {
  constexpr size_t kLongest = 24;
  std::string result = "\"";
  for (const char c : text.substr(0, kLongest)) result += c < ' ' || c > '~' ? '?' : c;
  return result + (text.size() > kLongest ? "...\"" : "\"");
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { skip_spaces(); }

  bool is_at_end() const { return at_ == text_.size(); }

  Polygon polygon() {
    skip_spaces();
    const size_t begin = at_;
    Polygon polygon;
    while (!is_at_end() && text_[at_] != ';') {
      polygon.push_back(point());
      skip_spaces();
    }
    if (polygon.size() < 3)
      fail(begin, "a polygon has 3 points or more, not " + std::to_string(polygon.size()));
    if (!is_at_end()) ++at_;
    skip_spaces();
    return polygon;
  }

  std::string_view name() {
    const size_t begin = at_;
    at_ = text_.find_first_of(":;", begin);
    if (at_ == text_.npos || text_[at_] == ';') fail(begin, "a zone has no name with a \":\"");
    const std::string_view name = trimmed(text_.substr(begin, at_ - begin));
    if (name.empty()) fail(at_, "a zone has no name before the \":\"");
    const char* valid_to = nullptr;
    if (!g_utf8_validate(text_.data() + begin, gssize(at_ - begin), &valid_to))
      fail(size_t(valid_to - text_.data()), "a name is not UTF-8");
    ++at_;
    return name;
  }

 private:
  [[noreturn]] void fail(size_t offset, const std::string& why) const {
    const auto begins_character = [](char c) { return (uint8_t(c) & 0xc0) != 0x80; };
    const auto before = std::ranges::count_if(text_.substr(0, offset), begins_character);
    throw RegionsError(size_t(before) + 1, why);
  }

  void skip_spaces() { at_ = std::min(text_.find_first_not_of(kSpaces, at_), text_.size()); }

  Point point() {
    const size_t begin = at_;
    Point point;
    point.x = number();
    const std::string_view x = text_.substr(begin, at_ - begin);
    skip_spaces();
    bool has_y = !is_at_end() && text_[at_] == ',';
    if (has_y) {
      ++at_;
      skip_spaces();
      has_y = !is_at_end() && text_[at_] != ';';
    }
    if (!has_y) fail(begin, quoted(x) + " is followed by no y");
    point.y = number();
    if (!is_at_end() && text_[at_] != ';' && kSpaces.find(text_[at_]) == kSpaces.npos)
      fail(at_, "a point is followed by " + quoted(text_.substr(at_, 1)));
    return point;
  }

  // Up to what cannot be part of a number.
  double number() {
    const size_t end = std::min(text_.find_first_of(" \t\n\v\f\r,;:", at_), text_.size());
    const std::string_view token = text_.substr(at_, end - at_);
    if (token.empty()) fail(at_, quoted(text_.substr(at_, 1)) + " is where a number should be");
    double value = 0;
    const auto [rest, error] = std::from_chars(token.data(), token.data() + token.size(), value);
    if (rest != token.data() + token.size())
      fail(at_ + size_t(rest - token.data()), quoted(token) + " is not a number");
    if (error != std::errc() || !(value >= 0 && value <= 1))
      fail(at_, quoted(token) + " is not a number from 0 to 1");
    at_ = end;
    return value + 0.0;  // not -0
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

RegionsError::RegionsError(size_t position, const std::string& why)
    : std::runtime_error("at character " + std::to_string(position) + ": " + why),
      position_(position) {}

std::vector<Polygon> parse_polygons(std::string_view text) {
  std::vector<Polygon> polygons;
  for (Parser parser(text); !parser.is_at_end();) polygons.push_back(parser.polygon());
  return polygons;
}

std::vector<Zone> parse_zones(std::string_view text) {
  std::vector<Zone> zones;
  std::map<std::string_view, size_t> places;
  for (Parser parser(text); !parser.is_at_end();) {
    const std::string_view name = parser.name();
    const auto [place, is_new] = places.emplace(name, zones.size());
    if (is_new) zones.push_back({.name = std::string(name), .polygons = {}});
    zones[place->second].polygons.push_back(parser.polygon());
  }
  return zones;
}

}  // namespace motionheat
