// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>

#include "element.h"

namespace tool {

/// Writes the frames of a run with the heat on them as a video in Matroska: H.264, or VP9 or VP8
/// where GStreamer has no encoder for that. The picture is that of the first frame, in even numbers
/// and of at least 16 x 16; frames of other sizes are fitted into it.
///
/// The file gets its name when it is whole, and takes the place of what had it before. Until then
/// it lies beside it under a name of its own, and goes away with an object that has not finished.
/// One thread at a time may use it.
class VideoWriter {
 public:
  /// Throws Failure, for want of an encoder for instance.
  VideoWriter(const std::string& path, const ElementSettings& settings);
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// What comes now is another file, which begins then on the time axis of the video (ns). Its
  /// first frame is not compared with the one before; the heat goes on.
  void begin_part(uint64_t offset);
  /// The next frame and its stream time in its file. Waits while the encoder is busy. What goes
  /// wrong is told by `finish`.
  void push(GstBuffer* frame, GstCaps* caps, uint64_t time);
  /// Completes the file. Throws Failure if it could not be written.
  void finish();

 private:
  struct Private;
  std::unique_ptr<Private> private_;
};

}  // namespace tool
