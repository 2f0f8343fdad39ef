// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cutter.h"

#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <utility>

#include "duration.h"

namespace tool {
namespace {

constexpr char kOpened[] = "opened";                // the first frame came
constexpr char kSearched[] = "searched";            // all was seen that can tell of the key frame
constexpr char kLate[] = "late";                    // reading began after the key frame
constexpr int kReorderingFrames = 18;               // whatever reorders does so within as many
constexpr uint64_t kInterleaving = 3 * GST_SECOND;  // how far streams are apart in a file
constexpr uint64_t kStep = 2 * GST_SECOND;          // to seek back, at first
constexpr uint64_t kPatience = 60 * GST_SECOND;     // without any data

std::string take(char* text) {
  std::string copy = text ? text : "";
  g_free(text);
  return copy;
}

struct UnrefCaps {
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
};
using Caps = std::unique_ptr<GstCaps, UnrefCaps>;

std::string name_of(const Caps& caps) {
  if (gst_caps_is_any(caps.get()) || gst_caps_is_empty(caps.get())) return "";
  return gst_structure_get_name(gst_caps_get_structure(caps.get(), 0));
}

bool is_video(const Caps& caps) {
  const std::string name = name_of(caps);
  return name.starts_with("video/") || name.starts_with("image/");
}

std::string describe(const Caps& caps) {
  std::string text;
  if (gst_caps_is_fixed(caps.get())) text = take(gst_pb_utils_get_codec_description(caps.get()));
  if (text.empty()) text = name_of(caps);
  return text.empty() ? "a stream of an unknown kind" : text;
}

// Times outside the segment count, too. Before stream time 0 it is 0.
uint64_t stream_time(const GstSegment& segment, uint64_t time) {
  guint64 result = 0;
  return gst_segment_to_stream_time_full(&segment, GST_FORMAT_TIME, time, &result) > 0 ? result : 0;
}

// AVI tells when frames are decoded, which is when they are shown unless they are reordered.
GstClockTime time_of(const GstBuffer* buffer) {
  return GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : GST_BUFFER_DTS(buffer);
}

// How long a frame is shown; parsers of some versions leave that to the frame rate. Where nothing
// tells, it is shown for a moment.
uint64_t duration_of(const GstBuffer* buffer, GstPad* pad) {
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) return GST_BUFFER_DURATION(buffer);
  const Caps caps(gst_pad_get_current_caps(pad));
  int frames = 0, seconds = 0;
  if (!caps ||
      !gst_structure_get_fraction(gst_caps_get_structure(caps.get(), 0), "framerate", &frames,
                                  &seconds) ||
      frames <= 0)
    return 1;
  return gst_util_uint64_scale(GST_SECOND, guint64(seconds), guint64(frames));
}

// Matroska leaves out what has no such time.
GstBuffer* with_time(GstBuffer* buffer) {
  if (GST_BUFFER_PTS_IS_VALID(buffer)) return buffer;
  buffer = gst_buffer_make_writable(buffer);
  GST_BUFFER_PTS(buffer) = time_of(buffer);
  return buffer;
}

}  // namespace

void Reordering::add(uint64_t time) {
  last_ = std::max(last_, time);
  lag_ = std::max(lag_, last_ - time);
}

void KeyFrameSearch::add(uint64_t time, bool is_key) {
  const bool is_landing = frames_++ == 0;
  last_ = std::max(last_, time);
  if (!is_key) return;
  if (!first_) first_ = time;
  if (is_landing)
    landing_ = time;
  else if (time <= time_)
    before_ = time;
}

bool KeyFrameSearch::is_done() const {
  return last_ > time_ && frames_ >= kReorderingFrames;
}

Cutter::Cutter(const std::string& uri, const Span& span, int fd)
    : span_(span),
      pipeline_(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new("cutter")))),
      search_(span.begin) {
  GError* error = nullptr;
  GstElement* source = gst_element_make_from_uri(GST_URI_SRC, uri.c_str(), nullptr, &error);
  if (!source) {
    const std::string reason = error->message;
    g_error_free(error);
    throw CutError(CutError::kInput, reason);
  }
  gst_bin_add(GST_BIN(pipeline_.get()), source);
  GstElement* parser = add_element("parsebin");
  queue_ = add_element("multiqueue");
  muxer_ = add_element("matroskamux");
  sink_ = add_element("fdsink");
  // Frames alone limit it, and not while another queue is empty: streams never wait for each other.
  g_object_set(queue_, "max-size-bytes", 0u, "max-size-time", guint64(0), nullptr);
  g_object_set(muxer_, "offset-to-zero", TRUE, nullptr);
  g_object_set(sink_, "fd", fd, nullptr);
  gst_element_link(source, parser);
  gst_element_link(muxer_, sink_);
  const auto on_pad =
      +[](GstElement*, GstPad* pad, gpointer self) { static_cast<Cutter*>(self)->add_stream(pad); };
  g_signal_connect(parser, "pad-added", G_CALLBACK(on_pad), this);
}

Cutter::~Cutter() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

GstElement* Cutter::add_element(const char* factory) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  if (!element) {
    const Message message(gst_missing_element_message_new(pipeline_.get(), factory));
    throw CutError(
        CutError::kOutput,
        "not installed is the " + take(gst_missing_plugin_message_get_description(message.get())));
  }
  gst_bin_add(GST_BIN(pipeline_.get()), element);
  return element;
}

// All streams of a file come before the first data of any.
void Cutter::add_stream(GstPad* pad) {
  const std::lock_guard guard(lock_);
  const Caps caps(gst_pad_query_caps(pad, nullptr));
  Stream& stream = streams_.emplace_back();
  stream.cutter = this;
  stream.pad.reset(GST_PAD(gst_object_ref(pad)));
  gst_segment_init(&stream.segment, GST_FORMAT_TIME);
  if (link_to_muxer(pad)) {
    if (!video_ && is_video(caps)) video_ = &stream;
  } else {
    stream.phase = Phase::kEnded;
    warnings_.push_back("left out, as Matroska cannot hold it: " + describe(caps));
  }
  constexpr auto kBuffers = GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST;
  gst_pad_add_probe(pad, GstPadProbeType(GST_PAD_PROBE_TYPE_BLOCK | kBuffers), hold, &stream,
                    nullptr);
  gst_pad_add_probe(
      pad, GstPadProbeType(GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH),
      on_data, &stream, nullptr);
}

bool Cutter::link_to_muxer(GstPad* pad) {
  const std::unique_ptr<GstPad, UnrefObject> muxer_pad(
      gst_element_get_compatible_pad(muxer_, pad, nullptr));
  if (!muxer_pad) return false;
  const std::unique_ptr<GstPad, UnrefObject> sink(
      gst_element_request_pad_simple(queue_, "sink_%u"));
  const std::unique_ptr<GstIterator, void (*)(GstIterator*)> iterator(
      gst_pad_iterate_internal_links(sink.get()), gst_iterator_free);
  GValue source = G_VALUE_INIT;
  if (gst_iterator_next(iterator.get(), &source) != GST_ITERATOR_OK) return false;
  const bool is_linked =
      gst_pad_link(GST_PAD(g_value_get_object(&source)), muxer_pad.get()) == GST_PAD_LINK_OK &&
      gst_pad_link(pad, sink.get()) == GST_PAD_LINK_OK;
  g_value_unset(&source);
  return is_linked;
}

// Of a blocking probe, OK blocks: until a seek, or for good when all is copied.
GstPadProbeReturn Cutter::hold(GstPad*, GstPadProbeInfo*, gpointer data) {
  const Stream& stream = *static_cast<Stream*>(data);
  const Cutter& self = *stream.cutter;
  const std::lock_guard guard(self.lock_);
  const bool is_last =
      &stream == self.video_ && stream.phase == Phase::kEnded && !self.is_copying();
  return stream.phase == Phase::kHold || is_last ? GST_PAD_PROBE_OK : GST_PAD_PROBE_PASS;
}

GstPadProbeReturn Cutter::on_data(GstPad*, GstPadProbeInfo* info, gpointer data) {
  Stream& stream = *static_cast<Stream*>(data);
  Cutter& self = *stream.cutter;
  const std::lock_guard guard(self.lock_);
  if (info->type & (GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH))
    return self.on_event(stream, GST_PAD_PROBE_INFO_EVENT(info));
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    if (!self.passes(stream, buffer)) return GST_PAD_PROBE_DROP;
    info->data = with_time(buffer);
    return GST_PAD_PROBE_OK;
  }
  GstBufferList* list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
  const auto filter = +[](GstBuffer** buffer, guint, gpointer target) -> gboolean {
    Stream& list_stream = *static_cast<Stream*>(target);
    if (list_stream.cutter->passes(list_stream, *buffer))
      *buffer = with_time(*buffer);
    else
      gst_clear_buffer(buffer);
    return TRUE;
  };
  gst_buffer_list_foreach(list, filter, &stream);
  info->data = list;
  return gst_buffer_list_length(list) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

GstPadProbeReturn Cutter::on_event(Stream& stream, GstEvent* event) {
  if (stream.phase == Phase::kEnded) {
    if (!video_ && GST_EVENT_TYPE(event) == GST_EVENT_EOS) tell(kOpened);
    return GST_PAD_PROBE_DROP;
  }
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_START:
      return GST_PAD_PROBE_DROP;
    case GST_EVENT_FLUSH_STOP:
      stream.phase = next_phase_;
      stream.order.restart();
      return GST_PAD_PROBE_DROP;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &stream.segment);
      return GST_PAD_PROBE_OK;
    case GST_EVENT_EOS:
      return on_end(stream);
    case GST_EVENT_GAP:
    case GST_EVENT_TOC:  // the chapters of the whole file
      return GST_PAD_PROBE_DROP;
    default:
      return GST_PAD_PROBE_OK;
  }
}

GstPadProbeReturn Cutter::on_end(Stream& stream) {
  const Phase phase = std::exchange(stream.phase, Phase::kHold);
  if (phase == Phase::kCopy) {
    stream.phase = Phase::kEnded;
    return GST_PAD_PROBE_OK;
  }
  if (phase == Phase::kOpen) tell(kOpened);
  if (phase == Phase::kSearch && &stream == video_) tell(kSearched);
  return GST_PAD_PROBE_DROP;
}

bool Cutter::passes(Stream& stream, const GstBuffer* buffer) {
  ++buffers_;
  if (!video_ || (stream.phase == Phase::kOpen && &stream == video_)) {
    stream.phase = Phase::kHold;
    tell(kOpened);
    return false;
  }
  const GstClockTime time = time_of(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(time)) return false;
  Span frame;
  frame.begin = stream_time(stream.segment, time);
  frame.end = frame.begin + duration_of(buffer, stream.pad.get());

  const bool is_key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  stream.order.add(frame.begin);
  if (stream.phase == Phase::kCopy) return copies(stream, frame, is_key);
  if (&stream != video_) return false;
  if (stream.phase == Phase::kSearch) search(frame, is_key);
  // A stream that lies so far behind the video will have nothing to say for long.
  if (stream.phase == Phase::kEnded &&
      frame.begin >= stream.order.safe_end(span_.end) + kInterleaving)
    for (Stream& other : streams_) end_stream(other);
  return false;
}

void Cutter::search(const Span& frame, bool is_key) {
  search_.add(frame.begin, is_key);
  if (!search_.is_done()) return;
  video_->phase = Phase::kHold;
  tell(kSearched);
}

bool Cutter::copies(Stream& stream, const Span& frame, bool is_key) {
  if (!stream.has_begun) {
    if (&stream == video_ && !is_in_time_) {
      is_in_time_ = frame.begin <= key_frame_ + kTimeRounding;
      if (!is_in_time_) {
        stream.phase = Phase::kHold;
        tell(kLate);
      }
    }
    // Of the video the very frame, of sound what is heard with it.
    const uint64_t due = &stream == video_ ? frame.begin + kTimeRounding : frame.end;
    if (!is_in_time_ || !is_key || due < key_frame_) return false;
    stream.has_begun = true;
  }
  if (frame.begin >= stream.order.safe_end(span_.end)) {
    end_stream(stream);
    return false;
  }
  if (&stream == video_) {
    if (!copied_) copied_ = frame;
    copied_->begin = std::min(copied_->begin, frame.begin);
    copied_->end = std::max(copied_->end, frame.end);
  }
  return true;
}

bool Cutter::is_copying() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const Stream& stream) { return stream.phase == Phase::kCopy; });
}

// Past the pad, which would take nothing more after an end and so fail what feeds it.
void Cutter::end_stream(Stream& stream) {
  if (std::exchange(stream.phase, Phase::kEnded) != Phase::kCopy) return;
  const std::unique_ptr<GstPad, UnrefObject> next(gst_pad_get_peer(stream.pad.get()));
  gst_pad_send_event(next.get(), gst_event_new_eos());
}

void Cutter::tell(const char* what) {
  gst_element_post_message(
      pipeline_.get(),
      gst_message_new_application(GST_OBJECT(pipeline_.get()), gst_structure_new_empty(what)));
}

Span Cutter::run() {
  // Where this fails there is a message of why.
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  wait_for(kOpened);
  if (!video_) {
    const std::string left_out = warnings_.empty() ? "" : "; " + warnings_.front();
    throw CutError(CutError::kInput,
                   "there is no video to copy" + (missing_.empty() ? left_out : missing()));
  }

  copy_from(find_key_frame());
  if (!copied_ || copied_->end <= span_.begin)
    throw CutError(CutError::kInput, "it has no frame at " + format_clock(span_.begin));
  return *copied_;
}

// Demuxers without an index guess where a time is in the file, and may begin after the key frame.
// So it is looked for from earlier and earlier on, until it is not the frame where reading began,
// or reading began there again: then it is one to which seeks snap.
Cutter::Start Cutter::find_key_frame() {
  std::optional<uint64_t> last_landing;
  for (uint64_t back = 0;; back = back ? 2 * back : kStep) {
    const uint64_t time = span_.begin - std::min(back, span_.begin);
    seek(time, Phase::kSearch);
    wait_for(kSearched);
    const std::lock_guard guard(lock_);
    if (search_.before()) return {time, *search_.before()};
    const auto landing = search_.landing();
    if (landing && *landing <= span_.begin && landing == last_landing) return {time, *landing};
    last_landing = landing;
    if (time > 0) continue;
    if (search_.first()) return {time, *search_.first()};
    throw CutError(CutError::kInput, "it has no key frame");
  }
}

// The same seek may lead elsewhere than before.
void Cutter::copy_from(const Start& start) {
  {
    const std::lock_guard guard(lock_);
    key_frame_ = start.key_frame;
  }
  uint64_t time = start.seek;
  for (uint64_t back = kStep;; back *= 2) {
    seek(time, Phase::kCopy);
    if (!wait_for(kLate)) return;
    if (time == 0) throw CutError(CutError::kInput, "its key frame cannot be found again");
    time -= std::min(back, time);
  }
}

void Cutter::seek(uint64_t time, Phase phase) {
  {
    const std::lock_guard guard(lock_);
    is_in_time_ = false;
    next_phase_ = phase;
    search_ = KeyFrameSearch(span_.begin);
  }
  const auto flags =
      GstSeekFlags(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE);
  GstEvent* event = gst_event_new_seek(1, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, gint64(time),
                                       GST_SEEK_TYPE_NONE, GST_CLOCK_TIME_NONE);
  if (!gst_pad_send_event(video_->pad.get(), event))
    throw CutError(CutError::kInput, "one cannot seek in it");
}

// For what `tell` told. Returns false if all was written before.
bool Cutter::wait_for(const char* name) {
  const std::unique_ptr<GstBus, UnrefObject> bus(gst_element_get_bus(pipeline_.get()));
  constexpr auto kTypes = GstMessageType(GST_MESSAGE_APPLICATION | GST_MESSAGE_EOS |
                                         GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);
  uint64_t seen = buffers_;
  for (;;) {
    const Message message(gst_bus_timed_pop_filtered(bus.get(), kPatience, kTypes));
    if (!message) {
      if (buffers_ == std::exchange(seen, buffers_))
        throw CutError(CutError::kInput, "no more of it could be read within a minute");
      continue;
    }
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) fail(message.get());
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return false;
    if (gst_is_missing_plugin_message(message.get()))
      note_missing(message.get());
    else if (gst_message_has_name(message.get(), name))
      return true;
  }
}

void Cutter::note_missing(GstMessage* message) {
  const std::string plugin = take(gst_missing_plugin_message_get_description(message));
  missing_ += (missing_.empty() ? "" : ", ") + plugin;
}

std::string Cutter::missing() const {
  return missing_.empty() ? "" : ", for want of: " + missing_;
}

void Cutter::fail(GstMessage* message) const {
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  const std::string reason = error->message;
  g_error_free(error);
  const bool is_output = GST_MESSAGE_SRC(message) == GST_OBJECT(sink_);
  throw CutError(is_output ? CutError::kOutput : CutError::kInput, reason + missing());
}

}  // namespace tool
