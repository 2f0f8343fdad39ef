// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace motionheat {

/// A place in the picture as fractions of its width and height: 0,0 is the top left corner, 1,1 the
/// bottom right one.
struct Point {
  double x = 0;
  double y = 0;

  bool operator==(const Point&) const = default;
};

/// The corners in order; the last one is joined to the first. Inside is what a line from afar
/// reaches after an odd number of edges, so a polygon may cross itself.
using Polygon = std::vector<Point>;

/// A named area: what lies in any of its polygons.
struct Zone {
  std::string name;
  std::vector<Polygon> polygons;

  bool operator==(const Zone&) const = default;
};

/// Why a text does not describe regions: `at character 9: "0.5" is followed by no y`.
class RegionsError : public std::runtime_error {
 public:
  RegionsError(size_t position, const std::string& why);

  /// The offending character, counted from 1. A character of UTF-8 counts once; the end of the text
  /// is one more than its last character.
  size_t position() const { return position_; }

 private:
  size_t position_;
};

/// Reads `x,y x,y x,y; x,y ...`: polygons of at least three points, each number from 0 to 1. Spaces
/// and newlines are free except within numbers, and needed only from one point to the next. A `;`
/// may end the text; a text of spaces has no polygons. Throws RegionsError and std::bad_alloc.
std::vector<Polygon> parse_polygons(std::string_view text);

/// Reads `name: x,y x,y x,y; name: ...` likewise. A name is UTF-8 without `:` and `;`; the spaces
/// around it are not part of it. A name given again adds a polygon to its zone.
std::vector<Zone> parse_zones(std::string_view text);

}  // namespace motionheat
