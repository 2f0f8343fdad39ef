// SPDX-License-Identifier: LGPL-2.1-or-later
#include "test_video.h"

#include <gst/app/app.h>
#include <gst/gst.h>

#include <cstring>
#include <memory>

namespace tool::test {
namespace {

// The number is written in bits, each a square that survives any encoder.
constexpr int kSquare = 16;
constexpr int kBits = 10;
constexpr int kWidth = kBits * kSquare;
constexpr int kHeight = 4 * kSquare;

struct UnrefObject {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
using Element = std::unique_ptr<GstElement, UnrefObject>;

std::string format(const char* text, ...) G_GNUC_PRINTF(1, 2);
std::string format(const char* text, ...) {
  va_list arguments;
  va_start(arguments, text);
  char* printed = g_strdup_vprintf(text, arguments);
  va_end(arguments);
  std::string copy = printed;
  g_free(printed);
  return copy;
}

GstBuffer* draw(int number) {
  constexpr size_t kSize = size_t(kWidth) * kHeight;
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, kSize, nullptr);
  GstMapInfo map;
  gst_buffer_map(buffer, &map, GST_MAP_WRITE);
  for (int y = 0; y < kHeight; ++y)
    for (int bit = 0; bit < kBits; ++bit)
      std::memset(map.data + y * kWidth + bit * kSquare, number >> bit & 1 ? 220 : 30, kSquare);
  gst_buffer_unmap(buffer, &map);
  GST_BUFFER_PTS(buffer) = guint64(number) * GST_SECOND / kFramesPerSecond;
  GST_BUFFER_DURATION(buffer) = GST_SECOND / kFramesPerSecond;
  return buffer;
}

int read_number(GstSample* sample) {
  GstMapInfo map;
  gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ);
  const auto stride = map.size / kHeight;
  int number = 0;
  for (int bit = 0; bit < kBits; ++bit)
    number |= (map.data[stride * kHeight / 2 + size_t(bit * kSquare + kSquare / 2)] > 128) << bit;
  gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
  return number;
}

// Empty if it came to its end.
std::string problem_of(GstElement* pipeline) {
  const std::unique_ptr<GstBus, UnrefObject> bus(gst_element_get_bus(pipeline));
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus.get(), 20 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  if (!message) return "it does not end";
  std::string problem;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    problem = error->message;
    g_error_free(error);
  }
  gst_message_unref(message);
  return problem;
}

Element launch(const std::string& text, std::string& problem) {
  GError* error = nullptr;
  GstElement* element =
      gst_parse_launch_full(text.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (error) problem = error->message;
  g_clear_error(&error);
  if (element) gst_object_ref_sink(element);
  return Element(element);
}

Element element(const Element& bin, const char* name) {
  return Element(gst_bin_get_by_name(GST_BIN(bin.get()), name));
}

// Whatever kinds of stream there are: pads of decodebin are linked as they come.
void link_decoded(GstElement*, GstPad* pad, gpointer pipeline) {
  GstCaps* caps = gst_pad_query_caps(pad, nullptr);
  const std::string type = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  gst_caps_unref(caps);
  const char* const description =
      type.starts_with("video/")
          ? "videoconvert ! video/x-raw,format=GRAY8 ! appsink name=video sync=false "
            "wait-on-eos=false"
      : type.starts_with("audio/")
          ? "audioconvert ! appsink name=audio sync=false wait-on-eos=false"
          : "fakesink async=false";
  GstElement* branch = gst_parse_bin_from_description(description, TRUE, nullptr);
  gst_bin_add(GST_BIN(pipeline), branch);
  gst_element_sync_state_with_parent(branch);
  GstPad* sink = gst_element_get_static_pad(branch, "sink");
  gst_pad_link(pad, sink);
  gst_object_unref(sink);
}

uint64_t stream_time(GstSample* sample) {
  return gst_segment_to_stream_time(gst_sample_get_segment(sample), GST_FORMAT_TIME,
                                    GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
}

template <typename Function>
void for_each_sample(const Element& sink, const Function& function) {
  while (GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 0)) {
    function(sample);
    gst_sample_unref(sample);
  }
}

}  // namespace

std::string make_video(const VideoKind& kind, int frames, const std::string& path) {
  const std::string source = format(
      "appsrc name=source format=time max-bytes=0 caps=video/x-raw,format=GRAY8,width=%d,height=%d,"
      "framerate=%d/1 ! videoconvert ! %s ! queue max-size-time=0 max-size-bytes=0 "
      "max-size-buffers=0 ! mux. ",
      kWidth, kHeight, kFramesPerSecond, kind.video.c_str());
  const std::string sound =
      kind.audio.empty()
          ? ""
          : format(
                "audiotestsrc samplesperbuffer=1920 num-buffers=%d ! audio/x-raw,rate=48000,"
                "channels=1 ! audioconvert ! %s ! queue max-size-time=0 max-size-bytes=0 "
                "max-size-buffers=0 ! mux. ",
                frames, kind.audio.c_str());
  std::string problem;
  const Element pipeline = launch(
      source + sound + kind.muxer + " name=mux ! filesink location=\"" + path + "\"", problem);
  if (!problem.empty()) return problem;

  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Element sink = element(pipeline, "source");
  for (int i = 0; i < frames; ++i) gst_app_src_push_buffer(GST_APP_SRC(sink.get()), draw(i));
  gst_app_src_end_of_stream(GST_APP_SRC(sink.get()));
  problem = problem_of(pipeline.get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return problem;
}

Shown play(const std::string& path) {
  Shown shown;
  const Element pipeline = launch("filesrc name=file ! decodebin name=decoder", shown.problem);
  if (!pipeline) return shown;
  g_object_set(element(pipeline, "file").get(), "location", path.c_str(), nullptr);
  g_signal_connect(element(pipeline, "decoder").get(), "pad-added", G_CALLBACK(link_decoded),
                   pipeline.get());
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  shown.problem = problem_of(pipeline.get());
  if (const Element video = element(pipeline, "video"))
    for_each_sample(video, [&shown](GstSample* sample) {
      shown.frames.push_back({read_number(sample), stream_time(sample),
                              GST_BUFFER_PTS(gst_sample_get_buffer(sample))});
    });
  if (const Element audio = element(pipeline, "audio"))
    for_each_sample(audio, [&shown](GstSample* sample) {
      shown.audio_seconds +=
          double(GST_BUFFER_DURATION(gst_sample_get_buffer(sample))) / GST_SECOND;
    });
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return shown;
}

}  // namespace tool::test
