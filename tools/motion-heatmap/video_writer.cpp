// SPDX-License-Identifier: LGPL-2.1-or-later
#include "video_writer.h"

#include <gst/video/video.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "new_file.h"

namespace tool {
namespace {

// Frames that wait for the encoder. Few: a decoder or a camera may have no more to give.
constexpr int kMaxWaiting = 4;
constexpr int kSmallest = 16;  // pixels that every encoder takes in each direction
// What Matroska can tell apart.
constexpr uint64_t kTimeStep = GST_MSECOND;

// In the order in which they are taken, set to a quality at which heat on a picture shows no
// blocks.
struct Encoder {
  const char* name;
  const char* settings;
};
constexpr Encoder kKnown[] = {
    {"x264enc", "pass=qual quantizer=20 speed-preset=veryfast bframes=0"},
    {"openh264enc", "rate-control=off complexity=low"},
    {"vp9enc", "deadline=1 cpu-used=6 end-usage=cq cq-level=24 target-bitrate=100000000"},
    {"vp8enc", "deadline=1 cpu-used=4 end-usage=cq cq-level=12 target-bitrate=100000000"}};

// The names of encoders that can be used, those that GStreamer prefers first. None has rank NONE:
// so a user can exclude one.
std::vector<std::string> ranked_encoders() {
  const CapsPtr raw(gst_caps_from_string("video/x-raw,format=I420"));
  const CapsPtr coded(gst_caps_from_string("video/x-h264; video/x-vp9; video/x-vp8"));
  GList* const all = gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_VIDEO_ENCODER,
                                                           GST_RANK_MARGINAL);
  GList* const from_raw = gst_element_factory_list_filter(all, raw.get(), GST_PAD_SINK, FALSE);
  GList* const fit =
      g_list_sort(gst_element_factory_list_filter(from_raw, coded.get(), GST_PAD_SRC, FALSE),
                  gst_plugin_feature_rank_compare_func);
  std::vector<std::string> names;
  for (const GList* item = fit; item; item = item->next)
    names.push_back(GST_OBJECT_NAME(item->data));
  for (GList* const list : {all, from_raw, fit}) gst_plugin_feature_list_free(list);
  return names;
}

// In the words of a launch line.
std::string choose_encoder() {
  const std::vector<std::string> ranked = ranked_encoders();
  for (const Encoder& known : kKnown)
    if (std::ranges::find(ranked, known.name) != ranked.end())
      return std::string(known.name) + " " + known.settings;
  if (ranked.empty())
    throw Failure(
        "GStreamer has no encoder for H.264, VP9 or VP8: is a plugin with x264enc, openh264enc or "
        "vp8enc installed?");
  return ranked.front();
}

// Some encoders write H.264 as Matroska does not have it.
std::string parser_behind(const std::string& encoder) {
  const std::string name = encoder.substr(0, encoder.find(' '));
  GstElementFactory* const factory = gst_element_factory_find(name.c_str());
  const CapsPtr h264(gst_caps_new_empty_simple("video/x-h264"));
  const bool is_h264 = gst_element_factory_can_src_any_caps(factory, h264.get());
  gst_object_unref(factory);
  const bool has_parser =
      gst_registry_check_feature_version(gst_registry_get(), "h264parse", 1, 0, 0);
  return is_h264 && has_parser ? " ! h264parse" : "";
}

ElementPtr make_writing_bin(int fd) {
  const std::string encoder = choose_encoder();
  const std::string line = "videoconvert ! videoscale ! capsfilter name=shape ! " + encoder +
                           parser_behind(encoder) +
                           " ! matroskamux ! fdsink async=false fd=" + std::to_string(fd);
  GError* error = nullptr;
  GstElement* const bin = gst_parse_bin_from_description_full(
      line.c_str(), TRUE, nullptr, GstParseFlags(GST_PARSE_FLAG_FATAL_ERRORS), &error);
  const ErrorPtr held(error);
  if (error) throw Failure(std::string("no video can be written: ") + error->message);
  return ElementPtr(GST_ELEMENT_CAST(gst_object_ref_sink(bin)));
}

ElementPtr make_heatmap(const ElementSettings& settings) {
  ElementPtr heatmap = make_motionheatmap(settings);
  if (effective_values(settings).at("output") == "none")
    gst_util_set_object_arg(G_OBJECT(heatmap.get()), "output", "overlay");
  gst_util_set_object_arg(G_OBJECT(heatmap.get()), "background", "live");
  g_object_set(heatmap.get(), "post-messages", FALSE, nullptr);
  return heatmap;
}

// Of the frames of the video, whatever comes: as the first one, but in even numbers. Its pixels
// make up for that, so that it fills the picture.
CapsPtr shape_of(const GstVideoInfo& first) {
  const auto even = [](int size) { return std::max(size / 2 * 2, kSmallest); };
  const int width = even(first.width), height = even(first.height);
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, guint(width), guint(height));
  gst_util_fraction_multiply(first.width * height, first.height * width, first.par_n, first.par_d,
                             &info.par_n, &info.par_d);
  info.fps_n = first.fps_n;
  info.fps_d = first.fps_d;
  return CapsPtr(gst_video_info_to_caps(&info));
}

[[noreturn]] void fail(const std::string& path, GstMessage* message) {
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  const ErrorPtr held(error);
  throw Failure(path + ": " + error->message);
}

// After an error nobody takes frames any more: `push` must not wait for that.
GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer source) {
  GstFlowReturn flow;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    g_signal_emit_by_name(source, "end-of-stream", &flow);
  return GST_BUS_PASS;
}

// Parts are streams of their own for the element alone: the video is one.
GstPadProbeReturn drop_later_streams(GstPad*, GstPadProbeInfo* info, gpointer data) {
  bool& has_begun = *static_cast<bool*>(data);
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_STREAM_START)
    return GST_PAD_PROBE_OK;
  return std::exchange(has_begun, true) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

}  // namespace

struct VideoWriter::Private {
  Private(const std::string& name, const ElementSettings& settings);
  ~Private();

  void set_caps(GstCaps* caps);
  void stop();

  const std::string path;
  motionheat::NewFile file;
  ElementPtr pipeline;
  BusPtr bus;
  GstElement* source = nullptr;  // the pipeline has it
  bool has_begun = false;        // for the streaming thread
  uint64_t offset = 0;           // ns on the time axis: where the part begins
  uint64_t next = 0;             // likewise: the earliest time that a frame may have
  unsigned parts = 0;
  CapsPtr given;         // as the frames came with
  CapsPtr caps;          // as they go on
  GstVideoInfo info{};   // of the frames that come
  GstVideoInfo first{};  // of the first one
};

VideoWriter::Private::Private(const std::string& name, const ElementSettings& settings)
    : path(name),
      file(name),
      pipeline(GST_ELEMENT_CAST(gst_object_ref_sink(gst_pipeline_new(nullptr)))),
      bus(gst_element_get_bus(pipeline.get())) {
  const ElementPtr appsrc = make_element("appsrc"), heatmap = make_heatmap(settings);
  const ElementPtr rest = make_writing_bin(file.fd());
  source = appsrc.get();
  g_object_set(source, "format", GST_FORMAT_TIME, "block", TRUE, "max-bytes", guint64{0},
               "max-buffers", guint64{kMaxWaiting}, nullptr);
  gst_bin_add_many(GST_BIN(pipeline.get()), source, heatmap.get(), rest.get(), nullptr);
  gst_element_link_many(source, heatmap.get(), rest.get(), nullptr);
  const PadPtr pad(gst_element_get_static_pad(heatmap.get(), "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, drop_later_streams, &has_begun,
                    nullptr);
  gst_bus_set_sync_handler(bus.get(), on_message, source, nullptr);
  if (gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) return;
  stop();
  throw Failure(path + ": the encoder " + choose_encoder() + " cannot be started");
}

VideoWriter::Private::~Private() {
  stop();
}

void VideoWriter::Private::stop() {
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
}

// An encoder's stream goes on as it began: all parts have the frame rate of the first, which is
// only what players expect, and fields are shown as frames.
void VideoWriter::Private::set_caps(GstCaps* now) {
  if (given && gst_caps_is_equal(now, given.get())) return;
  given.reset(gst_caps_ref(now));
  gst_video_info_from_caps(&info, now);
  if (!caps) {
    first = info;
    const CapsPtr shape = shape_of(first);
    const ElementPtr filter(gst_bin_get_by_name(GST_BIN(pipeline.get()), "shape"));
    g_object_set(filter.get(), "caps", shape.get(), nullptr);
  }
  caps.reset(gst_caps_copy(now));
  gst_caps_set_simple(caps.get(), "framerate", GST_TYPE_FRACTION, first.fps_n, first.fps_d,
                      "interlace-mode", G_TYPE_STRING, "progressive", nullptr);
}

VideoWriter::VideoWriter(const std::string& path, const ElementSettings& settings) {
  try {
    private_ = std::make_unique<Private>(path, settings);
  } catch (const motionheat::FileError& error) {
    throw Failure(path + ": " + error.what());
  }
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::begin_part(uint64_t offset) {
  private_->offset = offset;
  // Comes to the element in its turn among the frames. It keeps its heat and its clock.
  const std::string stream = "part-" + std::to_string(++private_->parts);
  if (private_->given)
    gst_element_send_event(private_->source, gst_event_new_stream_start(stream.c_str()));
}

void VideoWriter::push(GstBuffer* frame, GstCaps* caps, uint64_t time) {
  private_->set_caps(caps);
  const GstVideoInfo& info = private_->info;
  const BufferPtr buffer(gst_buffer_copy(frame));
  GST_BUFFER_PTS(buffer.get()) = std::max(private_->offset + time, private_->next);
  GST_BUFFER_DTS(buffer.get()) = GST_CLOCK_TIME_NONE;
  if (!GST_BUFFER_DURATION_IS_VALID(buffer.get()) && info.fps_n > 0)
    GST_BUFFER_DURATION(buffer.get()) =
        gst_util_uint64_scale_int(GST_SECOND, info.fps_d, info.fps_n);
  private_->next = GST_BUFFER_PTS(buffer.get()) + kTimeStep;
  const SamplePtr sample(gst_sample_new(buffer.get(), private_->caps.get(), nullptr, nullptr));
  GstFlowReturn flow;
  g_signal_emit_by_name(private_->source, "push-sample", sample.get(), &flow);
}

void VideoWriter::finish() {
  GstFlowReturn flow;
  g_signal_emit_by_name(private_->source, "end-of-stream", &flow);
  const MessagePtr message(
      gst_bus_timed_pop_filtered(private_->bus.get(), GST_CLOCK_TIME_NONE,
                                 GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  private_->stop();
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) fail(private_->path, message.get());
  if (!private_->given) throw Failure(private_->path + ": there is no frame to write");
  try {
    private_->file.replace();
  } catch (const motionheat::FileError& error) {
    throw Failure(private_->path + ": " + error.what());
  }
}

}  // namespace tool
