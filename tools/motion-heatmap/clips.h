// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tool {

/// A span of a file that is to become a file of its own.
struct Clip {
  std::string input_uri;
  uint64_t begin = 0;  ///< of the span, stream time of the input in nanoseconds
  uint64_t end = 0;
  std::string output;  ///< path of a Matroska file
  bool force = false;  ///< replace a file of that name
};

struct ClipResult {
  std::string problem;  ///< names the file and why there is no clip; empty if there is one
  std::vector<std::string> warnings;  ///< what was left out of it
  uint64_t begin = 0;                 ///< of the video that it holds, as in Clip
  uint64_t end = 0;
};

/// Copies the span, from the last key frame of the first video at or before its begin, without
/// encoding anything anew: all streams that Matroska can hold. Frames are copied in the order of
/// their decoding, so where frames are reordered a few after the end may come along.
///
/// Seeks, and reads a few groups of pictures around the begin more than once, but never all of the
/// file before it. Frames of AVI that are reordered keep the times of their decoding. The output
/// gets its name when it is whole: a failure leaves nothing behind, and what had the name before
/// stays. GStreamer must be initialised. Any thread may call it, several at a time with distinct
/// outputs.
ClipResult cut_clip(const Clip& clip);

}  // namespace tool
