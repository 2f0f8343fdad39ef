// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "element.h"
#include "picture.h"
#include "source.h"
#include "span.h"
#include "span_maps.h"
#include "state_file.h"
#include "thumbnails.h"
#include "timeline.h"

namespace tool {

class VideoWriter;

/// What is asked of a piece of a source.
struct PieceRequest {
  Source source;
  std::string raw;  // caps of standard input, if that is frames without a container
  Span span;
  uint64_t run_up = 0;  // ns before `span` from which detectors learn, without being counted
  ElementSettings settings;
  const motionheat::State* earlier = nullptr;  // heat that this goes on with
  bool key_frames_only = false;
  bool seeks = true;           // else all before `span` is decoded
  int decoder_threads = 0;     // 0: as the decoder likes
  uint64_t span_map_step = 0;  // ns; 0: no maps of spans
  bool thumbnails = false;
  bool sample = false;           // whether a frame as it was is wanted
  unsigned max_events = 0;       // motion events after which it ends; 0: none
  VideoWriter* video = nullptr;  // that gets every frame
};

/// A frame at a seam: equal in two pieces if they may be joined there.
struct SeamFrame {
  uint64_t time = 0;
  std::string digest;  // of its pixels

  bool operator==(const SeamFrame&) const = default;
};

/// What a piece of a source gave.
struct PieceResult {
  Span span;                // shorter than asked for if it was stopped
  motionheat::State state;  // its heat; no size if there was no frame
  Background background;
  Timeline timeline;
  SpanMaps span_maps;
  std::vector<Thumbnail> thumbnails;
  cv::Mat sample;       // the last frame: CV_8UC3, red first
  unsigned events = 0;  // that began, where there is a limit
  // The frames on both sides of each end, where the piece was cut.
  std::optional<SeamFrame> before_begin, at_begin, before_end, at_end;
  uint64_t end = 0;          // ns: when its last frame ends
  motionheat::Size picture;  // of the frames, turned upright
  bool changed_size = false;
  std::optional<int64_t> start;       // wall clock of stream time 0, if the file has a tag
  std::vector<std::string> problems;  // why not all was read
  bool was_stopped = false;           // by the user, or by a limit
};

/// How far a piece has come, for others to watch.
struct PieceProgress {
  std::atomic<uint64_t> time = 0;      // ns of stream time
  std::atomic<uint64_t> duration = 0;  // of the source; 0 if not known
  std::atomic<uint64_t> frames = 0;
};

/// Decodes and analyses a piece. Ends early, with what was counted until then, when `stop` is set.
/// Throws Failure if the source cannot be opened or has no video; whoever asked knows its name.
PieceResult analyze_piece(const PieceRequest& request, PieceProgress& progress,
                          const std::atomic<bool>& stop);

}  // namespace tool
