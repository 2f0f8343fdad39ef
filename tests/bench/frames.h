// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "engine.h"

namespace bench {

/// Frames of one layout, each in one piece of memory without padding.
struct Clip {
  motionheat::StreamFormat stream;
  std::vector<std::vector<uint8_t>> frames;

  size_t frame_bytes() const { return frames.front().size(); }
  /// A view of `pixels`, which holds a frame of this clip.
  motionheat::FrameView view(std::vector<uint8_t>& pixels) const;
  motionheat::ConstFrameView view(const std::vector<uint8_t>& pixels) const;
};

enum class Format { kI420, kNv12, kBgr };

/// As GStreamer calls it.
std::string name_of(Format format);

/// The first `n` frames of the video file `path`, stretched to `size`.
Clip real_footage(const std::string& path, Format format, motionheat::Size size, int n);

/// `n` times the same picture.
Clip still(Format format, motionheat::Size size, int n);

/// `n` frames in which every pixel differs from the last frame by more than any usual threshold.
Clip noise(Format format, motionheat::Size size, int n);

}  // namespace bench
