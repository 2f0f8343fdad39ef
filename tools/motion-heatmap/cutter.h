// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "span.h"

namespace tool {

/// Why a span could not be copied. what() is the reason alone.
class CutError : public std::runtime_error {
 public:
  enum Side { kInput, kOutput };

  CutError(Side error_side, const std::string& reason)
      : std::runtime_error(reason), side(error_side) {}

  Side side;
};

/// How far frames lie behind others that came before them, in the order of decoding.
class Reordering {
 public:
  void add(uint64_t time);
  void restart() { last_ = 0; }

  /// After a frame of this time no other comes that lies before `end`.
  uint64_t safe_end(uint64_t end) const { return end + lag_; }

 private:
  uint64_t last_ = 0;
  uint64_t lag_ = 0;
};

/// The last key frame at or before a time, of frames in the order of decoding, from somewhere in a
/// stream on.
class KeyFrameSearch {
 public:
  explicit KeyFrameSearch(uint64_t time) : time_(time) {}

  void add(uint64_t time, bool is_key);
  /// No later frame can be the one, and enough were seen to know whether they are reordered.
  bool is_done() const;

  /// Not the frame it began with: of that, one cannot be sure. After a seek in MPEG-TS any frame
  /// may be called a key frame (GStreamer 1.22).
  std::optional<uint64_t> before() const { return before_; }
  /// The frame it began with, if that is called a key frame.
  std::optional<uint64_t> landing() const { return landing_; }
  /// Of all that are called key frames.
  std::optional<uint64_t> first() const { return first_; }

 private:
  uint64_t time_;
  uint64_t last_ = 0;
  int frames_ = 0;
  std::optional<uint64_t> landing_, before_, first_;
};

/// Copies a span of a file into a Matroska file, from the last key frame at or before its begin.
///
/// The pipeline reads twice: around the begin, until the key frame is known, and then from there.
/// What of it is written is decided where the reading half meets the writing half, at the pads of
/// parsebin: the writing half sees no flush and nothing of what is only searched.
///
///     source ! parsebin | multiqueue ! matroskamux ! fdsink
///
/// Demuxers are not trusted to find the key frame, nor to stop at the end: what they do about
/// either differs (GStreamer 1.22: tsdemux never stops, others at the next key frame).
class Cutter {
 public:
  /// Writes to a descriptor, which the caller closes. Throws CutError.
  Cutter(const std::string& uri, const Span& span, int fd);
  ~Cutter();
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  /// To be called once. Returns what of the video was copied. Throws CutError.
  Span run();

  /// What was left out.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  /// What happens to the next data of a stream.
  enum class Phase {
    kOpen,    ///< the first tells that the file could be opened
    kHold,    ///< it waits until a seek throws it away
    kSearch,  ///< looked at, and dropped
    kCopy,
    kEnded,  ///< dropped
  };

  struct UnrefObject {
    void operator()(gpointer object) const { gst_object_unref(object); }
  };
  struct UnrefMessage {
    void operator()(GstMessage* message) const { gst_message_unref(message); }
  };
  using Message = std::unique_ptr<GstMessage, UnrefMessage>;

  struct Stream {
    Cutter* cutter = nullptr;
    std::unique_ptr<GstPad, UnrefObject> pad;
    GstSegment segment;
    Phase phase = Phase::kOpen;
    bool has_begun = false;  // to be copied
    Reordering order;
  };

  GstElement* add_element(const char* factory);
  void add_stream(GstPad* pad);
  bool link_to_muxer(GstPad* pad);

  // On the threads that read, which hold the lock.
  static GstPadProbeReturn hold(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn on_data(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  GstPadProbeReturn on_event(Stream& stream, GstEvent* event);
  GstPadProbeReturn on_end(Stream& stream);
  bool passes(Stream& stream, const GstBuffer* buffer);
  void search(const Span& frame, bool is_key);
  bool copies(Stream& stream, const Span& frame, bool is_key);
  bool is_copying() const;
  void end_stream(Stream& stream);
  void tell(const char* what);

  void seek(uint64_t time, Phase phase);
  struct Start {
    uint64_t seek;       // where reading begins
    uint64_t key_frame;  // what of it is copied first
  };
  Start find_key_frame();
  void copy_from(const Start& start);
  bool wait_for(const char* name);
  void note_missing(GstMessage* message);
  std::string missing() const;
  [[noreturn]] void fail(GstMessage* message) const;

  const Span span_;
  std::unique_ptr<GstElement, UnrefObject> pipeline_;
  GstElement* queue_ = nullptr;
  GstElement* muxer_ = nullptr;
  GstElement* sink_ = nullptr;
  std::vector<std::string> warnings_;
  std::string missing_;  // plugins, in words

  mutable std::mutex lock_;  // guards what follows; streams are only added
  std::list<Stream> streams_;
  Stream* video_ = nullptr;  // the first one
  Phase next_phase_ = Phase::kOpen;
  KeyFrameSearch search_;
  uint64_t key_frame_ = 0;
  bool is_in_time_ = false;  // whether reading began before it
  std::optional<Span> copied_;
  std::atomic<uint64_t> buffers_ = 0;
};

}  // namespace tool
