// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>

namespace motionheat {

/// How long a frame took, at most `most` seconds: 1/25 s where no time is known, which streams
/// without timestamps say by 0.
inline double frame_seconds(double seconds, double most) {
  return seconds > 0 ? std::min(seconds, most) : 0.04;  // NaN is not > 0
}

}  // namespace motionheat
