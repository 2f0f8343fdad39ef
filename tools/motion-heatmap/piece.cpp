// SPDX-License-Identifier: LGPL-2.1-or-later
#include "piece.h"

#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "cut_off.h"
#include "event_picture.h"
#include "frame_message.h"
#include "gate.h"
#include "temp_directory.h"
#include "video_writer.h"

namespace tool {
namespace {

// How long a source may take until it delivers its first frame, a camera on a network for instance.
constexpr GstClockTime kLongestWait = 30 * GST_SECOND;
constexpr GstClockTime kTick = 100 * GST_MSECOND;

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};

bool is_video_decoder(GstElement* element) {
  GstElementFactory* const factory = gst_element_get_factory(element);
  return factory &&
         gst_element_factory_list_is_type(
             factory, GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO);
}

GstPadProbeReturn drop_delta_units(GstPad*, GstPadProbeInfo* info, gpointer) {
  const bool is_delta =
      GST_BUFFER_FLAG_IS_SET(GST_PAD_PROBE_INFO_BUFFER(info), GST_BUFFER_FLAG_DELTA_UNIT);
  return is_delta ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

GstPadProbeReturn block(GstPad*, GstPadProbeInfo*, gpointer is_blocked) {
  *static_cast<std::atomic<bool>*>(is_blocked) = true;
  return GST_PAD_PROBE_OK;
}

// A value of a tag of the stream, or of the file that it is in.
template <typename Find>
void visit_tags(GstPad* pad, Find find) {
  for (guint i = 0;; ++i) {
    const EventPtr event(gst_pad_get_sticky_event(pad, GST_EVENT_TAG, i));
    if (!event) return;
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event.get(), &tags);
    find(tags);
  }
}

// The pipeline of a piece, from the source to the element's results.
class Pipeline {
 public:
  Pipeline(const PieceRequest& request, PieceProgress& progress, const std::atomic<bool>& stop)
      : request_(request),
        progress_(progress),
        stop_(stop),
        pipeline_(GST_ELEMENT_CAST(gst_object_ref_sink(gst_pipeline_new(nullptr)))),
        bus_(gst_element_get_bus(pipeline_.get())),
        thumbnails_(0) {}
  ~Pipeline() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    gst_bus_set_sync_handler(bus_.get(), nullptr, nullptr, nullptr);
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  PieceResult run();

 private:
  void make_source();
  ElementPtr make_bytes_source();
  void make_raw_source(GstElement* from);
  void make_analysis();
  void link_analysis();
  bool wait_for_video();
  void start();
  void seek();
  void play();
  bool handle(GstMessage* message);
  void handle_error(GstMessage* message);
  void on_frame_report(const GstStructure* report);
  void on_event(const GstStructure* event);
  void take_span_map(const std::string& path);
  void add_to_span_maps(const cv::Mat& events);
  void check_length();
  void finish();
  std::string why_no_video() const;

  void take_video(GstPad* pad);
  static void on_pad_added(GstElement*, GstPad* pad, gpointer self);
  static void on_element_added(GstBin*, GstBin*, GstElement* element, gpointer self);
  static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer self);

  void request_span_map(uint64_t time, GstClockTime duration);
  void wait_for_span_maps() const;

  const PieceRequest& request_;
  PieceProgress& progress_;
  const std::atomic<bool>& stop_;
  TempDirectory files_;
  std::unique_ptr<FILE, CloseFile> pipe_;  // that has a name
  ElementPtr pipeline_;
  BusPtr bus_;
  GstElement* heatmap_ = nullptr;  // the pipeline has it
  PadPtr video_;                   // of the decoder
  std::atomic<bool> has_video_ = false;
  std::atomic<bool> is_blocked_ = false;
  gulong block_ = 0;
  std::optional<Gate> gate_;
  PieceResult result_;
  FrameMessages messages_;
  ThumbnailTaker thumbnails_;
  std::string missing_;  // the decoder that is
  std::string error_;    // the first one that ended the stream

  // Of maps of spans, each of which has the counts when it ends.
  std::optional<uint64_t> next_span_;  // begins then
  uint64_t asked_spans_ = 0;
  std::atomic<uint64_t> taken_spans_ = 0;
  std::map<uint64_t, uint64_t> asked_;  // number of a file -> the stretch that it ends
  cv::Mat counts_before_;
};

void Pipeline::make_source() {
  const Source& source = request_.source;
  if (source.kind == Source::kFile || source.kind == Source::kUri) {
    ElementPtr decoder = make_element("uridecodebin");
    const CapsPtr raw(gst_caps_from_string("video/x-raw(ANY)"));
    g_object_set(decoder.get(), "uri", source.uri.c_str(), "caps", raw.get(), "expose-all-streams",
                 FALSE, nullptr);
    g_signal_connect(decoder.get(), "pad-added", G_CALLBACK(on_pad_added), this);
    gst_bin_add(GST_BIN(pipeline_.get()), decoder.get());
    return;
  }
  const ElementPtr from = make_bytes_source();
  if (!request_.raw.empty()) return make_raw_source(from.get());
  const ElementPtr decoder = make_element("decodebin");
  g_signal_connect(decoder.get(), "pad-added", G_CALLBACK(on_pad_added), this);
  gst_bin_add_many(GST_BIN(pipeline_.get()), from.get(), decoder.get(), nullptr);
  gst_element_link(from.get(), decoder.get());
}

// Standard input, a named pipe or a camera.
ElementPtr Pipeline::make_bytes_source() {
  if (const TextPtr path{g_filename_from_uri(request_.source.uri.c_str(), nullptr, nullptr)}) {
    // A pipe is opened once: for filesrc, which opens anew what it cannot seek, nobody writes then.
    pipe_.reset(std::fopen(path.get(), "rb"));
    if (!pipe_) throw Failure(g_strerror(errno));
    ElementPtr from = make_element("fdsrc");
    g_object_set(from.get(), "fd", fileno(pipe_.get()), nullptr);
    return from;
  }
  GError* error = nullptr;
  GstElement* const from =
      gst_element_make_from_uri(GST_URI_SRC, request_.source.uri.c_str(), nullptr, &error);
  const ErrorPtr held(error);
  if (!from) throw Failure(error->message);
  return ElementPtr(GST_ELEMENT_CAST(gst_object_ref_sink(from)));
}

// Frames without a container: what they are must be said.
void Pipeline::make_raw_source(GstElement* from) {
  const ElementPtr parser = make_element("rawvideoparse");
  const CapsPtr caps(gst_caps_from_string(request_.raw.c_str()));
  GstVideoInfo info;
  gst_video_info_from_caps(&info, caps.get());
  g_object_set(parser.get(), "format", GST_VIDEO_INFO_FORMAT(&info), "width", info.width, "height",
               info.height, "framerate", info.fps_n, info.fps_d, nullptr);
  gst_bin_add_many(GST_BIN(pipeline_.get()), from, parser.get(), nullptr);
  gst_element_link(from, parser.get());
  const PadPtr pad(gst_element_get_static_pad(parser.get(), "src"));
  take_video(pad.get());
}

// What is counted is told by the messages of each frame and by the state in the end; the picture
// that is left then is the background alone.
void Pipeline::make_analysis() {
  ElementPtr heatmap = make_motionheatmap(request_.settings);
  heatmap_ = heatmap.get();
  gst_util_set_object_arg(G_OBJECT(heatmap_), "output", "none");
  gst_util_set_object_arg(G_OBJECT(heatmap_), "blend", "uniform");
  double area = 0;
  g_object_get(heatmap_, "motion-area", &area, nullptr);
  thumbnails_ = ThumbnailTaker(area);
  g_object_set(heatmap_, "opacity", 0.0, "legend", FALSE, "smoothing", 0, "interval", guint64{0},
               "message-width", 1, "state-interval", guint64{0}, "state-location",
               files_.file("state").c_str(), "snapshot-location",
               files_.file("background.png").c_str(), nullptr);
  if (request_.earlier) motionheat::save_state(files_.file("state"), *request_.earlier);
  const ElementPtr sink = make_element("fakesink");
  g_object_set(sink.get(), "async", FALSE, "sync", FALSE, "enable-last-sample", FALSE, nullptr);
  gst_bin_add_many(GST_BIN(pipeline_.get()), heatmap_, sink.get(), nullptr);
  gst_element_link(heatmap_, sink.get());
  gate_.emplace(heatmap_, request_, result_, progress_, stop_);
  gate_->on_frame([this](GstBuffer* buffer, uint64_t time) {
    if (request_.span_map_step > 0) request_span_map(time, GST_BUFFER_DURATION(buffer));
    if (request_.video) request_.video->push(buffer, gate_->caps(), time);
  });
}

void Pipeline::on_pad_added(GstElement*, GstPad* pad, gpointer data) {
  auto* const self = static_cast<Pipeline*>(data);
  const CapsPtr caps(gst_pad_get_current_caps(pad));
  const bool is_video =
      caps && gst_structure_has_name(gst_caps_get_structure(caps.get(), 0), "video/x-raw");
  if (is_video && !self->has_video_) self->take_video(pad);
}

void Pipeline::take_video(GstPad* pad) {
  video_.reset(GST_PAD_CAST(gst_object_ref(pad)));
  block_ =
      gst_pad_add_probe(pad, GstPadProbeType(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER),
                        block, &is_blocked_, nullptr);
  has_video_ = true;
}

void Pipeline::on_element_added(GstBin*, GstBin*, GstElement* element, gpointer data) {
  auto* const self = static_cast<Pipeline*>(data);
  if (!is_video_decoder(element)) return;
  if (self->request_.decoder_threads > 0 &&
      g_object_class_find_property(G_OBJECT_GET_CLASS(element), "max-threads"))
    g_object_set(element, "max-threads", self->request_.decoder_threads, nullptr);
  if (!self->request_.key_frames_only) return;
  const PadPtr sink(gst_element_get_static_pad(element, "sink"));
  if (sink)
    gst_pad_add_probe(sink.get(), GST_PAD_PROBE_TYPE_BUFFER, drop_delta_units, nullptr, nullptr);
}

// The tags are known now: a picture that lies on its side is turned, any other is not touched.
void Pipeline::link_analysis() {
  bool is_turned = false;
  visit_tags(video_.get(), [&](const GstTagList* tags) {
    gchar* orientation = nullptr;
    if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation))
      is_turned = !g_str_equal(orientation, "rotate-0");
    g_free(orientation);
    GstDateTime* taken = nullptr;
    if (!gst_tag_list_get_date_time(tags, GST_TAG_DATE_TIME, &taken)) return;
    if (gst_date_time_has_second(taken)) {
      GDateTime* const moment = gst_date_time_to_g_date_time(taken);
      result_.start = g_date_time_to_unix(moment) * G_USEC_PER_SEC;
      g_date_time_unref(moment);
    }
    gst_date_time_unref(taken);
  });
  std::vector<ElementPtr> chain;
  chain.push_back(make_element("videoconvert"));
  if (is_turned) {
    chain.push_back(make_element("videoflip"));
    gst_util_set_object_arg(G_OBJECT(chain.back().get()), "video-direction", "auto");
    chain.push_back(make_element("videoconvert"));
  }
  GstElement* next = heatmap_;
  for (auto element = chain.rbegin(); element != chain.rend(); ++element) {
    gst_bin_add(GST_BIN(pipeline_.get()), element->get());
    gst_element_link(element->get(), next);
    gst_element_sync_state_with_parent(element->get());
    next = element->get();
  }
  const PadPtr sink(gst_element_get_static_pad(next, "sink"));
  gst_pad_link(video_.get(), sink.get());
}

// Returns false if the stream was left before there was a frame.
bool Pipeline::wait_for_video() {
  const gint64 deadline = g_get_monotonic_time() + gint64(kLongestWait / 1000);
  while (!is_blocked_) {
    const MessagePtr message(gst_bus_timed_pop(bus_.get(), 10 * GST_MSECOND));
    if (message && !handle(message.get())) return false;
    if (stop_) return false;
    // Standard input may take its time. Of a file without a frame decodebin of GStreamer 1.26 at
    // times tells nothing: it loses an error that comes while it tries a demuxer.
    if (request_.source.kind != Source::kStdin && g_get_monotonic_time() > deadline)
      throw Failure("nothing came for " + std::to_string(kLongestWait / GST_SECOND) + " s");
  }
  return true;
}

void Pipeline::seek() {
  constexpr uint64_t kLeastRunUp = GST_SECOND / 2;
  const uint64_t begin = request_.span.begin;
  const uint64_t from = begin - std::min(begin, std::max(request_.run_up, kLeastRunUp));
  const auto flags = GstSeekFlags(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
  if (from > 0 && !gst_element_seek(pipeline_.get(), 1.0, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET,
                                    gint64(from), GST_SEEK_TYPE_NONE, -1))
    throw Failure("it cannot be entered in the middle");
}

void Pipeline::start() {
  gst_bus_set_sync_handler(bus_.get(), on_message, this, nullptr);
  g_signal_connect(pipeline_.get(), "deep-element-added", G_CALLBACK(on_element_added), this);
  make_source();
  make_analysis();
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

GstBusSyncReply Pipeline::on_message(GstBus*, GstMessage* message, gpointer data) {
  auto* const self = static_cast<Pipeline*>(data);
  const GstStructure* const structure = gst_message_get_structure(message);
  if (GST_MESSAGE_SRC(message) != GST_OBJECT_CAST(self->heatmap_) || !structure)
    return GST_BUS_PASS;
  if (gst_structure_has_name(structure, "motionheatmap-event")) {
    self->on_event(structure);
    gst_message_unref(message);
    return GST_BUS_DROP;
  }
  if (!gst_structure_has_name(structure, "motionheatmap")) return GST_BUS_PASS;
  self->on_frame_report(structure);
  gst_message_unref(message);
  return GST_BUS_DROP;
}

// On the streaming thread, while the element works on the frame that the gate knows.
void Pipeline::on_frame_report(const GstStructure* report) {
  gboolean is_final = FALSE;
  gst_structure_get_boolean(report, "final", &is_final);
  if (is_final || !gate_->is_counting()) return;
  messages_.add(report, result_.timeline);
  guint64 time = 0;
  gst_structure_get_uint64(report, "stream-time", &time);
  if (request_.thumbnails)
    thumbnails_.frame(gate_->current(), gate_->caps(), time, messages_.highest_share());
}

// Of the event that reaches the limit the end is waited for.
void Pipeline::on_event(const GstStructure* event) {
  const bool begins = g_str_equal(gst_structure_get_string(event, "event"), "motion-begin");
  if (!gate_->is_counting()) return;
  if (begins) ++result_.events;
  if (!begins && request_.max_events > 0 && result_.events >= request_.max_events)
    gate_->end_with_next_frame();
}

// The element takes no more files than it can write: frames must not outrun them. A disk that hangs
// costs maps of spans, not the run.
void Pipeline::wait_for_span_maps() const {
  constexpr uint64_t kMost = 8;
  constexpr int kMilliseconds = 10000;
  for (int i = 0; i < kMilliseconds && asked_spans_ >= taken_spans_ + kMost; ++i)
    g_usleep(G_USEC_PER_SEC / 1000);
}

// A map is taken with this frame in it, so it is asked for with the last one of its stretch; behind
// a hole only with the next one.
void Pipeline::request_span_map(uint64_t time, GstClockTime duration) {
  const uint64_t step = request_.span_map_step;
  if (!next_span_) next_span_ = (time / step + 1) * step;
  const uint64_t end = GST_CLOCK_TIME_IS_VALID(duration) ? time + duration + kTimeRounding : time;
  if (end < *next_span_) return;
  wait_for_span_maps();
  asked_[asked_spans_] = *next_span_ / step - 1;
  gboolean is_taken = FALSE;
  g_signal_emit_by_name(heatmap_, "snapshot",
                        files_.file("span-" + std::to_string(asked_spans_++) + ".tiff").c_str(),
                        &is_taken);
  next_span_ = (end / step + 1) * step;
}

void Pipeline::take_span_map(const std::string& path) {
  if (!path.ends_with(".tiff")) return;
  const cv::Mat counts = read_events(path);
  std::remove(path.c_str());
  add_to_span_maps(counts);
}

void Pipeline::add_to_span_maps(const cv::Mat& counts) {
  const uint64_t step = request_.span_map_step;
  const auto asked = asked_.find(taken_spans_++);
  const uint64_t stretch = asked != asked_.end() ? asked->second : *next_span_ / step - 1;
  const bool is_first = counts_before_.empty() || counts_before_.size() != counts.size();
  const cv::Mat events = is_first ? counts : cv::Mat(counts - counts_before_);
  counts_before_ = counts;
  if (cv::countNonZero(events) > 0) result_.span_maps.add(stretch, events);
}

void Pipeline::handle_error(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  const ErrorPtr held(error);
  const TextPtr held_debug(debug);
  if (!error_.empty()) return;
  // Whatever has no video at all, sound for instance; missing plugins are told apart from that.
  if (g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN)) return;
  error_ = error->message;
  // Those words are the same for all: what is meant stands in the last line of the other ones.
  if (!debug || !g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED)) return;
  const std::string text = debug;
  error_ += " (" + text.substr(text.rfind('\n') + 1) + ")";
}

// Returns false when the stream has ended.
bool Pipeline::handle(GstMessage* message) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS:
      return false;
    case GST_MESSAGE_ERROR:
      handle_error(message);
      // What was counted until now is kept.
      return gate_->is_counting() && gate_->finish();
    case GST_MESSAGE_WARNING: {
      GError* error = nullptr;
      gst_message_parse_warning(message, &error, nullptr);
      const ErrorPtr held(error);
      if (result_.problems.size() < 3) result_.problems.push_back(error->message);
      return true;
    }
    case GST_MESSAGE_ELEMENT:
      if (gst_is_missing_plugin_message(message)) {
        const TextPtr what(gst_missing_plugin_message_get_description(message));
        missing_ = what.get();
      } else if (gst_message_has_name(message, "motionheatmap-snapshot")) {
        take_span_map(gst_structure_get_string(gst_message_get_structure(message), "location"));
      }
      return true;
    default:
      return true;
  }
}

void Pipeline::play() {
  bool was_stopped = false;
  while (true) {
    const MessagePtr message(gst_bus_timed_pop(bus_.get(), kTick));
    if (message && !handle(message.get())) return;
    gint64 duration = 0;
    if (progress_.duration == 0 &&
        gst_element_query_duration(pipeline_.get(), GST_FORMAT_TIME, &duration) && duration > 0)
      progress_.duration = uint64_t(duration);
    // A camera that delivers nothing more does not see that it is to stop.
    if (stop_ && !std::exchange(was_stopped, true)) {
      const bool goes_on = gate_->finish();
      result_.was_stopped = true;
      if (!goes_on) return;
    }
  }
}

std::string Pipeline::why_no_video() const {
  if (!missing_.empty())
    return "the " + missing_ +
           " is missing (in Debian: gstreamer1.0-libav, gstreamer1.0-plugins-good, -bad or -ugly)";
  if (!error_.empty()) return error_;
  return "there is no video in it that can be decoded";
}

// A file that was cut off ends without an error. Where no frame came it may as well have been
// entered behind its end.
void Pipeline::check_length() {
  const Source& source = request_.source;
  if (source.kind != Source::kFile || request_.key_frames_only || !error_.empty() ||
      !gate_->has_come_to_its_end() || result_.end == 0)
    return;
  gint64 duration = 0;
  gst_element_query_duration(pipeline_.get(), GST_FORMAT_TIME, &duration);
  const TextPtr path(g_filename_from_uri(source.uri.c_str(), nullptr, nullptr));
  if (!path) return;
  const std::string why =
      why_cut_off(path.get(), result_.end, uint64_t(std::max<gint64>(duration, 0)));
  if (!why.empty()) result_.problems.push_back(why);
}

void Pipeline::finish() {
  if (!error_.empty()) result_.problems.push_back(error_);
  check_length();
  if (!gate_->is_counting()) return;
  result_.state = motionheat::load_state(files_.file("state"));
  result_.thumbnails = thumbnails_.finish();
  if (request_.sample) result_.sample = picture_of(gate_->current(), gate_->caps());
  if (request_.span_map_step > 0 && next_span_) {
    cv::Mat counts(result_.state.size.height, result_.state.size.width, CV_32FC1);
    for (size_t i = 0; i < result_.state.counts.size(); ++i)
      counts.ptr<float>()[i] = float(double(result_.state.counts[i]) / result_.state.unit);
    add_to_span_maps(counts);
  }
  gchar* data = nullptr;
  gsize size = 0;
  if (!g_file_get_contents(files_.file("background.png").c_str(), &data, &size, nullptr)) return;
  const TextPtr held(data);
  result_.background.picture = decode_picture({data, data + size});
  result_.background.seconds =
      double(result_.end - std::min(result_.end, request_.span.begin)) / GST_SECOND;
}

PieceResult Pipeline::run() {
  result_.span = request_.span;
  start();
  if (!wait_for_video()) {
    if (stop_ && error_.empty()) {
      result_.was_stopped = true;
      return std::move(result_);
    }
    throw Failure(why_no_video());
  }
  link_analysis();
  if (request_.span.is_cut() && request_.seeks) seek();
  gst_pad_remove_probe(video_.get(), block_);
  play();
  finish();
  if (gate_->lacks_run_up()) throw Failure("there is no frame before the cut");
  return std::move(result_);
}

}  // namespace

PieceResult analyze_piece(const PieceRequest& request, PieceProgress& progress,
                          const std::atomic<bool>& stop) {
  return Pipeline(request, progress, stop).run();
}

}  // namespace tool
