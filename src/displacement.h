// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace motionheat {

/// A point, or a way, in pixels. Pixels have whole coordinates in their centres.
struct PixelPoint {
  double x;
  double y;
};

/// Where the points of one picture are in another: p in p + at(p).
struct Displacement {
  double x = 0, x_by_x = 0, x_by_y = 0;
  double y = 0, y_by_x = 0, y_by_y = 0;

  bool operator==(const Displacement&) const = default;

  PixelPoint at(double px, double py) const {
    return {x + x_by_x * px + x_by_y * py, y + y_by_x * px + y_by_y * py};
  }

  /// This one first, and then the next one.
  Displacement then(const Displacement& next) const {
    const PixelPoint p = next.at(x, y);
    return {.x = x + p.x,
            .x_by_x = x_by_x + next.x_by_x * (1 + x_by_x) + next.x_by_y * y_by_x,
            .x_by_y = x_by_y + next.x_by_x * x_by_y + next.x_by_y * (1 + y_by_y),
            .y = y + p.y,
            .y_by_x = y_by_x + next.y_by_x * (1 + x_by_x) + next.y_by_y * y_by_x,
            .y_by_y = y_by_y + next.y_by_x * x_by_y + next.y_by_y * (1 + y_by_y)};
  }

  /// A share of the way from this one to another one.
  Displacement towards(const Displacement& other, double share) const {
    return {.x = x + share * (other.x - x),
            .x_by_x = x_by_x + share * (other.x_by_x - x_by_x),
            .x_by_y = x_by_y + share * (other.x_by_y - x_by_y),
            .y = y + share * (other.y - y),
            .y_by_x = y_by_x + share * (other.y_by_x - y_by_x),
            .y_by_y = y_by_y + share * (other.y_by_y - y_by_y)};
  }

  Displacement inverse() const {
    const double a = 1 + x_by_x, b = x_by_y, c = y_by_x, d = 1 + y_by_y;
    const double k = 1 / (a * d - b * c);
    return {.x = k * (b * y - d * x),
            .x_by_x = k * d - 1,
            .x_by_y = -k * b,
            .y = k * (c * x - a * y),
            .y_by_x = -k * c,
            .y_by_y = k * a - 1};
  }
};

}  // namespace motionheat
