// SPDX-License-Identifier: LGPL-2.1-or-later
#include "picture.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "picture_file.h"
#include "temp_directory.h"

namespace tool {
namespace {

constexpr double kTimeConstant = 60;  // seconds of what the element averages

CapsPtr rgb_caps(const cv::Size& size) {
  return CapsPtr(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "RGB", "width",
                                     G_TYPE_INT, size.width, "height", G_TYPE_INT, size.height,
                                     "framerate", GST_TYPE_FRACTION, 25, 1, nullptr));
}

BufferPtr to_buffer(const cv::Mat& picture) {
  GstVideoInfo info;
  GstVideoFrame frame;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, guint(picture.cols), guint(picture.rows));
  BufferPtr buffer(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  if (!buffer || !gst_video_frame_map(&frame, &info, buffer.get(), GST_MAP_WRITE))
    throw Failure("not enough memory for a picture");
  picture.copyTo(cv::Mat(picture.rows, picture.cols, CV_8UC3, GST_VIDEO_FRAME_PLANE_DATA(&frame, 0),
                         size_t(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0))));
  gst_video_frame_unmap(&frame);
  GST_BUFFER_PTS(buffer.get()) = 0;
  return buffer;
}

cv::Mat to_picture(GstSample* sample) {
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
      !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ))
    throw Failure("a picture cannot be read");
  const cv::Mat picture =
      cv::Mat(info.height, info.width, CV_8UC3, GST_VIDEO_FRAME_PLANE_DATA(&frame, 0),
              size_t(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)))
          .clone();
  gst_video_frame_unmap(&frame);
  return picture;
}

// A pipeline that begins with an appsrc and makes one picture in RGB.
class Conversion {
 public:
  Conversion() : pipeline_(GST_ELEMENT_CAST(gst_object_ref_sink(gst_pipeline_new(nullptr)))) {}
  ~Conversion() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;

  GstElement* add(ElementPtr element) {
    gst_bin_add(GST_BIN(pipeline_.get()), element.get());
    if (last_) gst_element_link(last_, element.get());
    if (!first_) first_ = element.get();
    return last_ = element.get();
  }

  // Returns nothing if no picture came. Throws Failure with what elements say on the way.
  cv::Mat run(GstBuffer* buffer, GstCaps* caps) {
    g_object_set(first_, "caps", caps, "format", GST_FORMAT_TIME, nullptr);
    GstElement* const sink = add(make_element("appsink"));
    g_object_set(sink, "sync", FALSE, "wait-on-eos", FALSE, nullptr);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    GstFlowReturn flow;
    g_signal_emit_by_name(first_, "push-buffer", buffer, &flow);
    g_signal_emit_by_name(first_, "end-of-stream", &flow);
    const BusPtr bus(gst_element_get_bus(pipeline_.get()));
    const MessagePtr message(gst_bus_timed_pop_filtered(
        bus.get(), GST_CLOCK_TIME_NONE,
        GstMessageType(GST_MESSAGE_WARNING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
    throw_what_it_says(message.get());
    GstSample* sample = nullptr;
    g_signal_emit_by_name(sink, "try-pull-sample", GstClockTime{0}, &sample);
    const SamplePtr held(sample);
    return sample ? to_picture(sample) : cv::Mat();
  }

 private:
  static void throw_what_it_says(GstMessage* message) {
    GError* error = nullptr;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING)
      gst_message_parse_warning(message, &error, nullptr);
    else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
      gst_message_parse_error(message, &error, nullptr);
    const ErrorPtr held(error);
    if (error) throw Failure(error->message);
  }

  ElementPtr pipeline_;
  GstElement* first_ = nullptr;
  GstElement* last_ = nullptr;
};

// The scale at which a picture of this size has an analysis of that; 1 if there is none.
int scale_between(const cv::Size& picture, motionheat::Size cells) {
  for (int scale = 1; scale <= 16; ++scale)
    if ((picture.width + scale - 1) / scale == cells.width &&
        (picture.height + scale - 1) / scale == cells.height)
      return scale;
  return 1;
}

Figures read_figures(GstElement* heatmap) {
  GstStructure* stats = nullptr;
  g_object_get(heatmap, "stats", &stats, nullptr);
  const std::unique_ptr<GstStructure, decltype(&gst_structure_free)> held(stats,
                                                                          gst_structure_free);
  Figures figures{.max = double_field(stats, "max"),
                  .full_scale = double_field(stats, "full-scale"),
                  .coverage = double_field(stats, "coverage"),
                  .hot_x = double_field(stats, "hot-x"),
                  .hot_y = double_field(stats, "hot-y"),
                  .zones = {}};
  const GValue* const value = gst_structure_get_value(stats, "zones");
  const GstStructure* const zones = value ? gst_value_get_structure(value) : nullptr;
  for (gint i = 0; zones && i < gst_structure_n_fields(zones); ++i) {
    const gchar* const name = gst_structure_nth_field_name(zones, guint(i));
    const GstStructure* const zone = gst_value_get_structure(gst_structure_get_value(zones, name));
    figures.zones.push_back({name, double_field(zone, "coverage"), double_field(zone, "mean"),
                             double_field(zone, "max"), double_field(zone, "share")});
  }
  return figures;
}

// Heat in an element that has seen no frame but its background.
class StateRenderer {
 public:
  // `location` is where the element is to write the picture; empty: nowhere.
  StateRenderer(const motionheat::State& state, const Background& background,
                const ElementSettings& settings, const std::string& location = "") {
    constexpr int kGray = 96;
    motionheat::save_state(files_.file("state"), state);
    const cv::Mat frame = background.picture.empty() ? cv::Mat(state.size.height, state.size.width,
                                                               CV_8UC3, cv::Scalar::all(kGray))
                                                     : background.picture;
    ElementPtr heatmap = make_motionheatmap(settings);
    set_up(heatmap.get(), state, frame.size(), effective_values(settings).at("output"));
    if (!location.empty())
      g_object_set(heatmap.get(), "snapshot-location", location.c_str(), nullptr);
    conversion_.add(make_element("appsrc"));
    GstElement* const element = conversion_.add(std::move(heatmap));
    rendering_.picture = conversion_.run(to_buffer(frame).get(), rgb_caps(frame.size()).get());
    rendering_.figures = read_figures(element);
  }

  const Rendering& rendering() const { return rendering_; }

 private:
  void set_up(GstElement* heatmap, const motionheat::State& state, const cv::Size& frame,
              const std::string& output) const {
    if (output == "none") gst_util_set_object_arg(G_OBJECT(heatmap), "output", "overlay");
    gst_util_set_object_arg(G_OBJECT(heatmap), "background", "live");
    gst_util_set_object_arg(G_OBJECT(heatmap), "detector", "difference");
    g_object_set(heatmap, "analysis-scale", guint(scale_between(frame, state.size)), "half-life",
                 guint64{state.half_life}, "state-location", files_.file("state").c_str(),
                 "post-messages", FALSE, nullptr);
  }

  TempDirectory files_;
  Conversion conversion_;
  Rendering rendering_;
};

}  // namespace

Background join(const Background& first, const Background& next) {
  if (first.picture.empty() || next.picture.empty()) return first.picture.empty() ? next : first;
  if (first.picture.size() != next.picture.size()) return next;
  const double all = first.seconds + next.seconds;
  // What the first one still weighs when the next one has passed.
  double weight = all > 0 ? first.seconds / all : 0.5;
  if (all > kTimeConstant)
    weight = std::min(first.seconds, kTimeConstant) / kTimeConstant *
             std::exp(-std::max(0.0, all - std::max(first.seconds, kTimeConstant)) / kTimeConstant);
  Background joined{.seconds = all};
  cv::addWeighted(first.picture, weight, next.picture, 1 - weight, 0, joined.picture);
  return joined;
}

cv::Mat picture_of(GstBuffer* frame, GstCaps* caps) {
  const SamplePtr sample(gst_sample_new(frame, caps, nullptr, nullptr));
  const CapsPtr rgb(gst_caps_from_string("video/x-raw,format=RGB"));
  GError* error = nullptr;
  const SamplePtr converted(
      gst_video_convert_sample(sample.get(), rgb.get(), 60 * GST_SECOND, &error));
  const ErrorPtr held(error);
  if (!converted) throw Failure(std::string("a frame cannot be converted: ") + error->message);
  return to_picture(converted.get());
}

std::string encode_picture(const cv::Mat& picture, const std::string& extension) {
  const BufferPtr buffer = to_buffer(picture);
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, guint(picture.cols), guint(picture.rows));
  std::string bytes;
  const std::string fault = motion_heatmap_encode_picture(buffer.get(), info, extension, bytes);
  if (!fault.empty()) throw Failure(fault);
  return bytes;
}

cv::Mat decode_picture(const std::vector<uint8_t>& bytes) {
  const BufferPtr buffer(gst_buffer_new_memdup(bytes.data(), bytes.size()));
  const CapsPtr caps(gst_caps_new_empty_simple("image/png"));
  Conversion conversion;
  conversion.add(make_element("appsrc"));
  conversion.add(make_element("pngdec"));
  conversion.add(make_element("videoconvert"));
  GstElement* const filter = conversion.add(make_element("capsfilter"));
  const CapsPtr rgb(gst_caps_from_string("video/x-raw,format=RGB"));
  g_object_set(filter, "caps", rgb.get(), nullptr);
  return conversion.run(buffer.get(), caps.get());
}

Rendering render(const motionheat::State& state, const Background& background,
                 const ElementSettings& settings) {
  return StateRenderer(state, background, settings).rendering();
}

void write_events(const motionheat::State& state, const ElementSettings& settings,
                  const std::string& path) {
  StateRenderer(state, {}, settings, path);
}

}  // namespace tool
