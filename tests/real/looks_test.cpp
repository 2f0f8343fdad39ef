// SPDX-License-Identifier: LGPL-2.1-or-later
// What the element draws looks as it did when somebody last looked at it: the pictures in looks/.
//
// RENEW_LOOKS=1 meson test -C build real-looks
// makes them anew; each is to be looked at before it is committed.
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cstdlib>
#include <opencv2/imgproc.hpp>

#include "../read_picture.h"
#include "pipeline.h"
#include "reference_scene.h"

namespace motionheat::real {
namespace {

// OpenCV's colour maps, and what converts a format to BGR, may round otherwise in another version.
constexpr double kBound = 3;

struct Look {
  std::string name;
  std::string settings;
  std::string format = "BGR";
};

void PrintTo(const Look& look, std::ostream* out) {
  *out << look.settings;
}

std::string name_of(const testing::TestParamInfo<Look>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void write_png(const std::string& path, const cv::Mat& bgr) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = png_uint_32(bgr.cols);
  image.height = png_uint_32(bgr.rows);
  image.format = PNG_FORMAT_BGR;
  ASSERT_TRUE(png_image_write_to_file(&image, path.c_str(), 0, bgr.data, int(bgr.step), nullptr))
      << path << ": " << image.message;
}

// What comes out of the element behind the last of these frames in BGR.
cv::Mat last_of(const std::vector<cv::Mat>& frames, const Look& look) {
  const cv::Size size = frames[0].size();
  Pipeline pipeline("appsrc name=source format=time caps=video/x-raw,format=BGR,width=" +
                    std::to_string(size.width) + ",height=" + std::to_string(size.height) +
                    ",framerate=25/1 ! videoconvert ! video/x-raw,format=" + look.format +
                    " ! motionheatmap " + look.settings +
                    " ! videoconvert ! video/x-raw,format=BGR ! fakesink name=end");
  cv::Mat last;
  pipeline.tap("end", "sink", [&](const Planes& planes) { last = planes[0].clone(); });
  const auto source = pipeline.element("source");
  GstFlowReturn flow;
  for (size_t i = 0; i < frames.size(); ++i) {
    GstBuffer* buffer = gst_buffer_new_memdup(frames[i].data, frames[i].total() * 3);
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 25;
    GST_BUFFER_PTS(buffer) = i * GST_BUFFER_DURATION(buffer);
    g_signal_emit_by_name(source.get(), "push-buffer", buffer, &flow);
    gst_buffer_unref(buffer);
  }
  g_signal_emit_by_name(source.get(), "end-of-stream", &flow);
  pipeline.run();
  return last;
}

void compare(const cv::Mat& picture, const std::string& name) {
  const std::string path = std::string(LOOKS_DIR "/") + name + ".png";
  if (std::getenv("RENEW_LOOKS")) {
    write_png(path, picture);
    return;
  }
  const cv::Mat stored = read_picture(path);
  ASSERT_EQ(picture.size(), stored.size()) << path;
  const double most = cv::norm(picture, stored, cv::NORM_INF);
  if (most > kBound) write_png(testing::TempDir() + name + ".png", picture);
  EXPECT_LE(most, kBound) << path << " shows how it was, " << testing::TempDir() << name
                          << ".png how it is now";
}

// Column x moves in x frames: the heat is a ramp with every index.
std::vector<cv::Mat> ramp() {
  std::vector<cv::Mat> frames;
  for (int i = 0; i <= 256; ++i) {
    cv::Mat frame(64, 256, CV_8UC3, cv::Scalar::all(90));
    if (i % 2) frame.colRange(std::min(i, 255), 256).setTo(cv::Scalar::all(190));
    frames.push_back(frame);
  }
  return frames;
}

// Every third pixel of the drawn scene, which no version of OpenCV shrinks otherwise.
std::vector<cv::Mat> room() {
  std::vector<cv::Mat> frames(60);
  for (size_t i = 0; i < frames.size(); ++i)
    cv::resize(reference_scene::frame(int(i))({0, 0, 480, 288}), frames[i], {160, 96}, 0, 0,
               cv::INTER_NEAREST);
  return frames;
}

std::vector<Look> color_maps() {
  GstElement* element = gst_element_factory_make("motionheatmap", nullptr);
  if (!element) return {};
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "colormap");
  const GEnumClass* maps = G_PARAM_SPEC_ENUM(spec)->enum_class;
  std::vector<Look> looks;
  for (guint i = 0; i < maps->n_values; ++i) {
    const std::string nick = maps->values[i].value_nick;
    looks.push_back({"colormap-" + nick, "output=heatmap colormap=" + nick});
  }
  gst_object_unref(element);
  return looks;
}

class LooksOfRamp : public testing::TestWithParam<Look> {};

TEST_P(LooksOfRamp, AreThoseStored) {
  compare(last_of(ramp(), GetParam()), GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(ColorMaps, LooksOfRamp, testing::ValuesIn(color_maps()), name_of);
INSTANTIATE_TEST_SUITE_P(
    Scales, LooksOfRamp,
    testing::Values(Look{"curve-sqrt", "curve=sqrt"}, Look{"curve-log", "curve=log"},
                    Look{"percentile", "normalization=percentile percentile=75"},
                    Look{"fixed", "normalization=fixed full-scale=100"},
                    Look{"half-life", "normalization=fixed full-scale=100 half-life=2000000000"},
                    Look{"opacity", "opacity=0.8"}, Look{"heat", "blend=heat"},
                    Look{"heat-above", "blend=heat display-threshold=100"},
                    Look{"above", "display-threshold=100"}, Look{"legend", "legend=true"},
                    Look{"legend-i420", "legend=true", "I420"},
                    Look{"legend-nv12", "legend=true", "NV12"},
                    Look{"legend-i420-10le", "legend=true", "I420_10LE"},
                    Look{"legend-gray8", "legend=true", "GRAY8"}),
    name_of);

class LooksOfRoom : public testing::TestWithParam<Look> {};

TEST_P(LooksOfRoom, AreThoseStored) {
  compare(last_of(room(), GetParam()), GetParam().name);
}

const std::string kMap = "blend=heat opacity=0.7 smoothing=3 normalization=percentile";

INSTANTIATE_TEST_SUITE_P(
    Pictures, LooksOfRoom,
    testing::Values(Look{"room-defaults", ""}, Look{"room-heatmap", "output=heatmap"},
                    Look{"room-smoothing", "smoothing=3"}, Look{"room-map", kMap},
                    Look{"room-hot", kMap + " colormap=hot"},
                    Look{"room-first", kMap + " background=first"},
                    Look{"room-average", kMap + " background=average"},
                    Look{"room-cells", "blend=heat analysis-scale=2"},
                    Look{"room-masked", "blend=heat mask-polygons=\"0,0 0.5,0 0.5,1 0,1\""}),
    name_of);

}  // namespace
}  // namespace motionheat::real
