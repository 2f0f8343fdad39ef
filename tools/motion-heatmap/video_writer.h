// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "element.h"

namespace tool {

/// Writes the frames of a run with the heat on them as a video: H.264 in Matroska, in the size of
/// the first frame (even numbers).
class VideoWriter {
 public:
  /// Throws Failure, for want of an encoder for instance.
  VideoWriter(const std::string& path, const ElementSettings& settings);
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// What comes now is another file, which begins then on the time axis of the video (ns). Its
  /// first frame is not compared with the one before.
  void begin_part(uint64_t offset);
  /// The next frame and its stream time in its file. Waits while the encoder is busy.
  void push(GstBuffer* frame, GstCaps* caps, uint64_t time);
  /// Completes the file. Throws Failure if it could not be written.
  void finish();

 private:
  struct Private;
  std::unique_ptr<Private> private_;
};

}  // namespace tool
