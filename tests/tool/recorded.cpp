// SPDX-License-Identifier: LGPL-2.1-or-later
#include "recorded.h"

#include <gst/app/app.h>
#include <gst/video/video.h>

#include <cstdlib>
#include <filesystem>

#include "temp_directory.h"

namespace tool::test {
namespace {

constexpr const char* kUsual = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";

ElementPtr launch(const std::string& line) {
  GError* error = nullptr;
  GstElement* const pipeline =
      gst_parse_launch_full(line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  const ErrorPtr held(error);
  if (error) throw Failure(error->message);
  return ElementPtr(GST_ELEMENT_CAST(gst_object_ref_sink(pipeline)));
}

ElementPtr child(const ElementPtr& pipeline, const char* name) {
  return ElementPtr(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
}

void throw_error(const ElementPtr& pipeline) {
  const BusPtr bus(gst_element_get_bus(pipeline.get()));
  const MessagePtr message(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
  if (!message) return;
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  const ErrorPtr held(error);
  throw Failure(error->message);
}

}  // namespace

std::string street_clip() {
  const char* const told = std::getenv("MOTIONHEATMAP_CLIP");
  const std::string path = told ? told : kUsual;
  return std::filesystem::exists(path) ? path : "";
}

std::vector<RawFrame> decode(const std::string& path, const std::string& caps, size_t most) {
  const ElementPtr pipeline = launch("filesrc name=source ! decodebin ! videoconvert ! " + caps +
                                     " ! appsink name=sink sync=false max-buffers=4");
  const ElementPtr source = child(pipeline, "source"), sink = child(pipeline, "sink");
  g_object_set(source.get(), "location", path.c_str(), nullptr);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  std::vector<RawFrame> frames;
  while (frames.size() < most) {
    GstSample* const sample =
        gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 20 * GST_SECOND);
    if (!sample) break;
    const uint64_t time =
        gst_segment_to_stream_time(gst_sample_get_segment(sample), GST_FORMAT_TIME,
                                   GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
    frames.push_back({SamplePtr(sample), time});
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  throw_error(pipeline);
  return frames;
}

RawFrame plain_frame(const std::string& format, cv::Size size, uint64_t time, uint8_t level,
                     cv::Rect spot, uint8_t spot_level) {
  GstVideoInfo info;
  GstVideoFrame frame;
  gst_video_info_set_format(&info, gst_video_format_from_string(format.c_str()), guint(size.width),
                            guint(size.height));
  info.fps_n = 25;
  info.fps_d = 1;
  const BufferPtr buffer(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  gst_buffer_memset(buffer.get(), 0, 128, info.size);
  gst_video_frame_map(&frame, &info, buffer.get(), GST_MAP_WRITE);
  const int channels = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, 0);
  cv::Mat plane(size, CV_8UC(channels), GST_VIDEO_FRAME_PLANE_DATA(&frame, 0),
                size_t(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)));
  plane.setTo(cv::Scalar::all(level));
  if (!spot.empty()) plane(spot).setTo(cv::Scalar::all(spot_level));
  gst_video_frame_unmap(&frame);
  const CapsPtr caps(gst_video_info_to_caps(&info));
  return {SamplePtr(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr)), time};
}

cv::Mat to_rgb(GstSample* sample) {
  const CapsPtr caps(gst_caps_from_string("video/x-raw,format=RGB"));
  const SamplePtr rgb(gst_video_convert_sample(sample, caps.get(), 10 * GST_SECOND, nullptr));
  if (!rgb) throw Failure("a frame cannot be converted");
  GstVideoInfo info;
  GstVideoFrame frame;
  gst_video_info_from_caps(&info, gst_sample_get_caps(rgb.get()));
  gst_video_frame_map(&frame, &info, gst_sample_get_buffer(rgb.get()), GST_MAP_READ);
  const cv::Mat picture =
      cv::Mat(info.height, info.width, CV_8UC3, GST_VIDEO_FRAME_PLANE_DATA(&frame, 0),
              size_t(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)))
          .clone();
  gst_video_frame_unmap(&frame);
  return picture;
}

Analyzed analyze(const std::vector<RawFrame>& frames, const std::string& properties) {
  const TempDirectory files;
  const ElementPtr pipeline =
      launch("appsrc name=source format=time ! motionheatmap post-messages=false state-location=" +
             files.file("state") + " " + properties + " ! appsink name=sink sync=false");
  const ElementPtr source = child(pipeline, "source"), sink = child(pipeline, "sink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  GstSample* last = nullptr;
  for (const RawFrame& frame : frames) {
    GstBuffer* const buffer = gst_buffer_copy(gst_sample_get_buffer(frame.sample.get()));
    GST_BUFFER_PTS(buffer) = frame.time;
    const SamplePtr sample(
        gst_sample_new(buffer, gst_sample_get_caps(frame.sample.get()), nullptr, nullptr));
    gst_buffer_unref(buffer);
    gst_app_src_push_sample(GST_APP_SRC(source.get()), sample.get());
    g_clear_pointer(&last, gst_sample_unref);
    last = gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 20 * GST_SECOND);
  }
  const SamplePtr held(last);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  throw_error(pipeline);
  if (!last) throw Failure("the element gives no frame");
  return {motionheat::load_state(files.file("state")), to_rgb(last)};
}

}  // namespace tool::test
