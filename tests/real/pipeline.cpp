// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pipeline.h"

#include <gst/video/video.h>

#include <cstdlib>
#include <filesystem>

namespace motionheat::real {
namespace {

using See = std::function<void(const Planes&)>;

Planes planes_of(GstVideoFrame* frame) {
  Planes planes(GST_VIDEO_FRAME_N_PLANES(frame));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(frame); ++c) {
    const int plane = GST_VIDEO_FRAME_COMP_PLANE(frame, c);
    planes[plane] = cv::Mat(
        GST_VIDEO_FRAME_COMP_HEIGHT(frame, c), GST_VIDEO_FRAME_COMP_WIDTH(frame, c),
        CV_8UC(GST_VIDEO_FRAME_COMP_PSTRIDE(frame, c)), GST_VIDEO_FRAME_PLANE_DATA(frame, plane),
        size_t(GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane)));
  }
  return planes;
}

void with_planes(GstCaps* caps, GstBuffer* buffer, GstMapFlags flags, const See& see) {
  GstVideoInfo info;
  GstVideoFrame frame;
  ASSERT_TRUE(gst_video_info_from_caps(&info, caps));
  ASSERT_TRUE(gst_video_frame_map(&frame, &info, buffer, flags));
  see(planes_of(&frame));
  gst_video_frame_unmap(&frame);
}

struct Probe {
  GstMapFlags flags;
  See see;
};

GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  const Probe& probe = *static_cast<Probe*>(data);
  const Owned<GstCaps> caps(gst_pad_get_current_caps(pad));
  with_planes(caps.get(), GST_PAD_PROBE_INFO_BUFFER(info), probe.flags, probe.see);
  return GST_PAD_PROBE_OK;
}

const char* clip_path() {
  const char* path = std::getenv("MOTIONHEATMAP_CLIP");
  return path ? path : "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
}

}  // namespace

Pipeline::Pipeline(const std::string& description) {
  GError* error = nullptr;
  pipeline_.reset(gst_parse_launch(description.c_str(), &error));
  if (!error) return;
  ADD_FAILURE() << description << ": " << error->message;
  g_error_free(error);
}

Pipeline::~Pipeline() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Owned<GstElement> Pipeline::element(const char* name) const {
  return Owned<GstElement>(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
}

void Pipeline::tap(const char* name, const char* pad, See see) {
  add_probe(name, pad, GST_MAP_READ, std::move(see));
}

void Pipeline::edit(const char* name, const char* pad, See edit) {
  add_probe(name, pad, GST_MAP_READWRITE, std::move(edit));
}

void Pipeline::add_probe(const char* name, const char* pad, GstMapFlags flags, See see) {
  const Owned<GstPad> tapped(gst_element_get_static_pad(element(name).get(), pad));
  gst_pad_add_probe(tapped.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer,
                    new Probe{flags, std::move(see)},
                    [](gpointer data) { delete static_cast<Probe*>(data); });
}

void Pipeline::run() {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  const Owned<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  constexpr auto kTypes = GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);
  while (true) {
    Owned<GstMessage> message(gst_bus_timed_pop_filtered(bus.get(), GST_CLOCK_TIME_NONE, kTypes));
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return;
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      GError* error = nullptr;
      gst_message_parse_error(message.get(), &error, nullptr);
      ADD_FAILURE() << error->message;
      g_error_free(error);
      return;
    }
    messages_.push_back(std::move(message));
  }
}

std::vector<const GstStructure*> Pipeline::messages(const char* name) const {
  std::vector<const GstStructure*> found;
  for (const auto& message : messages_) {
    const std::unique_ptr<char, decltype(&g_free)> source(
        gst_object_get_name(GST_MESSAGE_SRC(message.get())), g_free);
    if (gst_message_has_name(message.get(), "motionheatmap") && source.get() == std::string(name))
      found.push_back(gst_message_get_structure(message.get()));
  }
  return found;
}

cv::Mat picture(GstSample* sample) {
  cv::Mat copy;
  with_planes(gst_sample_get_caps(sample), gst_sample_get_buffer(sample), GST_MAP_READ,
              [&](const Planes& planes) { copy = planes[0].clone(); });
  return copy;
}

cv::Mat heatmap(const Pipeline& pipeline, const char* name) {
  GstSample* sample = nullptr;
  g_object_get(pipeline.element(name).get(), "heatmap", &sample, nullptr);
  return picture(Owned<GstSample>(sample).get());
}

double pearson(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat x, y;
  a.convertTo(x, CV_64F);
  b.convertTo(y, CV_64F);
  x -= cv::mean(x);
  y -= cv::mean(y);
  return x.dot(y) / std::sqrt(x.dot(x) * y.dot(y));
}

std::string clip(int frames) {
  // identity counts the buffer that it turns into the end of the stream.
  return "filesrc location=" + std::string(clip_path()) +
         " ! avidemux ! avdec_msmpeg4 ! identity eos-after=" + std::to_string(frames + 1);
}

void ClipTest::SetUp() {
  if (!std::filesystem::exists(clip_path()))
    GTEST_SKIP() << "no " << clip_path() << ": Debian's package opencv-doc has it";
}

}  // namespace motionheat::real
