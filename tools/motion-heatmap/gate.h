// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "piece.h"

namespace tool {

/// Stands before the element and lets a piece's frames through: those of the run-up, of which the
/// heat is forgotten when the first frame that counts comes, and those that count. With the first
/// frame behind them, with which the stream ends here, it knows the frames on both sides of each
/// cut.
///
/// Frames come on the streaming thread; `finish` may be called by any.
class Gate {
 public:
  /// `element` is the motionheatmap, which outlives this.
  Gate(GstElement* element, const PieceRequest& request, PieceResult& result,
       PieceProgress& progress, const std::atomic<bool>& stop);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Called before a frame that counts with its stream time.
  void on_frame(std::function<void(GstBuffer*, uint64_t)> call) { on_frame_ = std::move(call); }

  /// The frame that the element works on is the last one.
  void end_with_next_frame() { is_last_ = true; }
  /// Ends the stream as if it had ended by itself; false if there was no frame yet. What was
  /// stopped ends behind its last frame, and the rest can be counted later.
  bool finish();

  /// The frame that the element works on: in whatever it posts from the streaming thread.
  GstBuffer* current() const { return current_.get(); }
  GstCaps* caps() const { return caps_.get(); }
  /// Whether frames that count have come.
  bool is_counting() const { return is_counting_; }
  /// Whether the stream ended by itself.
  bool has_come_to_its_end() const { return has_come_to_its_end_; }
  /// Whether a piece that was cut had no frame before it to be compared with.
  bool lacks_run_up() const { return lacks_run_up_; }

 private:
  static GstPadProbeReturn probe(GstPad* pad, GstPadProbeInfo* info, gpointer gate);
  GstPadProbeReturn frame(GstPadProbeInfo* info);
  void event(GstEvent* event);
  uint64_t stream_time(GstBuffer* buffer) const;
  void take_size();
  void begin(uint64_t time, GstBuffer* buffer);
  void pass_end(uint64_t time, GstBuffer* buffer);
  GstPadProbeReturn end(GstPadProbeInfo* info);
  SeamFrame seam(uint64_t time, GstBuffer* buffer) const;

  GstElement* element_;
  PadPtr pad_;
  gulong probe_ = 0;
  const Span span_;
  const bool seeks_;
  PieceResult& result_;
  PieceProgress& progress_;
  const std::atomic<bool>& stop_;
  std::function<void(GstBuffer*, uint64_t)> on_frame_;

  GstSegment segment_;
  CapsPtr caps_;
  bool has_new_caps_ = false;
  BufferPtr current_;
  uint64_t current_time_ = 0;
  std::atomic<bool> is_counting_ = false;
  std::atomic<bool> has_ended_ = false;
  std::atomic<bool> has_come_to_its_end_ = false;
  bool is_last_ = false;
  bool lacks_run_up_ = false;
};

}  // namespace tool
