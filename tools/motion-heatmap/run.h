// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "piece.h"
#include "record.h"

namespace tool {

/// What is asked of a run over sources, which stand in a row on its time axis.
struct RunRequest {
  std::vector<Source> sources;
  std::string raw;  // caps of standard input, if that is frames without a container
  ElementSettings settings;
  unsigned jobs = 1;
  // Only this of the time axis is counted; of several files the durations must be known then.
  Span span;
  // Or this slice of so many equal ones, from 1; 0: all of it.
  unsigned slice = 0, n_slices = 0;
  bool key_frames_only = false;
  bool seeks = true;
  uint64_t span_map_step = 0;  // ns; 0: no maps of spans
  bool thumbnails = false;
  bool sample = false;           // whether a frame as it was is wanted
  unsigned max_events = 0;       // motion events after which the run ends; 0: none
  std::optional<int64_t> start;  // wall clock of the begin of the run
  VideoWriter* video = nullptr;
  std::string state_path;  // that is saved on the way; empty: nowhere
  bool force = false;      // to replace what is no state
};

struct RunResult {
  Record record;
  std::vector<Part> parts;
  SpanMaps span_maps;                 // by stretches of the time axis
  std::vector<Thumbnail> thumbnails;  // likewise
  cv::Mat sample;                     // the last frame: CV_8UC3, red first
  std::vector<std::string> notes;     // what the user should know
  bool was_stopped = false;
};

/// How far a run has come, for others to watch.
class RunProgress {
 public:
  struct Now {
    std::optional<double> share;  // 0 to 1 of all; none if not known
    double seconds = 0;           // of stream time counted
    uint64_t frames = 0;
    std::string source;  // that is being read
  };
  Now now() const;

  void set_total(std::vector<double> weights);
  std::shared_ptr<PieceProgress> begin(size_t piece, const std::string& source, Span span);
  void end(size_t piece);

 private:
  struct Piece {
    double weight = 0;
    Span span;
    std::shared_ptr<PieceProgress> progress;
    bool is_done = false;
  };
  mutable std::mutex lock_;
  std::vector<Piece> pieces_;
  std::string source_;
};

/// How long that will be, as far as files tell it, in nanoseconds; an hour of a camera.
uint64_t estimated_duration(const RunRequest& request);

/// Counts all sources. `before` is what an earlier run has counted, which this goes on with: pieces
/// that are in it are not counted again. Throws Failure if nothing could be counted.
RunResult run(const RunRequest& request, Record before, RunProgress& progress,
              const std::atomic<bool>& stop);

}  // namespace tool
