// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tool::test {

/// Videos in which each frame carries its number, 25 a second: whichever way one went, its number
/// tells where it came from.
inline constexpr int kFramesPerSecond = 25;

/// How a video is made: elements in GStreamer's words. No audio if `audio` is empty.
struct VideoKind {
  std::string name;
  std::string video;  ///< encoder and parser
  std::string audio;
  std::string muxer;
  std::string suffix;
};

/// Writes frames 0 to `frames` - 1. Returns what went wrong: an element that is not installed.
std::string make_video(const VideoKind& kind, int frames, const std::string& path);

struct ShownFrame {
  int number;
  uint64_t time;       ///< stream time, nanoseconds
  uint64_t timestamp;  ///< of the buffer
};

struct Shown {
  std::string problem;
  std::vector<ShownFrame> frames;  ///< in the order in which they are shown
  double audio_seconds = 0;        ///< of sound that could be decoded
};

/// Plays a file to its end.
Shown play(const std::string& path);

}  // namespace tool::test
