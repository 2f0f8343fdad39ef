// SPDX-License-Identifier: LGPL-2.1-or-later
// Packed RGB through whole pipelines equals the reference bit for bit, on every frame.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "../read_picture.h"
#include "../reference.h"
#include "pipeline.h"
#include "reference_scene.h"

namespace motionheat::real {
namespace {

// A packed format, and which bytes of a pixel are blue, green and red.
struct Format {
  const char* name;
  int channels;
  std::array<int, 3> bgr;
};

constexpr Format kBgr{"BGR", 3, {0, 1, 2}};
constexpr Format kRgb{"RGB", 3, {2, 1, 0}};
constexpr Format kBgrx{"BGRx", 4, {0, 1, 2}};
constexpr Format kRgba{"RGBA", 4, {2, 1, 0}};
constexpr Format kArgb{"ARGB", 4, {3, 2, 1}};

cv::Mat colors_of(const cv::Mat& pixels, const Format& format) {
  cv::Mat bgr(pixels.size(), CV_8UC3);
  for (int i = 0; i < 3; ++i) cv::mixChannels({pixels}, {bgr}, {format.bgr[i], i});
  return bgr;
}

// `pixels` with other colours; what is not colour stays.
cv::Mat with_colors(const cv::Mat& pixels, const cv::Mat& bgr, const Format& format) {
  cv::Mat result = pixels.clone();
  for (int i = 0; i < 3; ++i) cv::mixChannels({bgr}, {result}, {i, format.bgr[i]});
  return result;
}

// Runs the reference beside element "heat"; returns how many frames went through.
int compare(Pipeline& pipeline, const Format& format, Reference& reference) {
  int frames = 0;
  cv::Mat in;
  pipeline.tap("heat", "sink", [&](const Planes& planes) {
    in = planes[0].clone();
    reference.add(colors_of(in, format));
  });
  pipeline.tap("heat", "src", [&](const Planes& planes) {
    ++frames;
    if (testing::Test::HasFailure()) return;
    const cv::Mat expected = with_colors(in, reference.overlay(), format);
    EXPECT_EQ(cv::norm(planes[0], expected, cv::NORM_INF), 0) << "frame " << frames;
  });
  pipeline.run();
  EXPECT_EQ(cv::norm(heatmap(pipeline, "heat"), reference.index(), cv::NORM_INF), 0);
  return frames;
}

struct Case {
  const char* name;
  Format format;
  const char* colormap;
  int id;
  int frames;
};

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

constexpr int kSome = std::min(60, CLIP_FRAMES);

class Clip : public ClipTest, public testing::WithParamInterface<Case> {};

TEST_P(Clip, EqualsReference) {
  const Case& c = GetParam();
  Pipeline pipeline(clip(c.frames) + " ! videoconvert ! video/x-raw,format=" + c.format.name +
                    " ! motionheatmap name=heat colormap=" + c.colormap + " ! fakesink");
  Reference reference;
  reference.colormap = c.id;
  EXPECT_EQ(compare(pipeline, c.format, reference), c.frames);
  EXPECT_GT(reference.max(), 0);
}

INSTANTIATE_TEST_SUITE_P(Packed, Clip,
                         testing::Values(Case{"Bgr", kBgr, "jet", cv::COLORMAP_JET, CLIP_FRAMES},
                                         Case{"Rgb", kRgb, "inferno", cv::COLORMAP_INFERNO, kSome},
                                         Case{"Bgrx", kBgrx, "jet", cv::COLORMAP_JET, kSome},
                                         Case{"Rgba", kRgba, "hot", cv::COLORMAP_HOT, kSome},
                                         Case{"Argb", kArgb, "turbo", cv::COLORMAP_TURBO, kSome}),
                         name_of);

class SharedClip : public Clip {};

// The buffers of a tee have two owners: the element must draw on others.
TEST_P(SharedClip, EqualsReferenceAndStaysAsItWas) {
  const Case& c = GetParam();
  Pipeline pipeline(clip(c.frames) + " ! videoconvert ! video/x-raw,format=" + c.format.name +
                    " ! tee name=both ! motionheatmap name=heat ! fakesink async=false"
                    " both. ! fakesink name=untouched async=false");
  cv::Mat before;
  pipeline.tap("both", "sink", [&](const Planes& planes) { before = planes[0].clone(); });
  pipeline.tap("untouched", "sink", [&](const Planes& planes) {
    EXPECT_EQ(cv::norm(planes[0], before, cv::NORM_INF), 0);
  });
  Reference reference;
  EXPECT_EQ(compare(pipeline, c.format, reference), c.frames);
}

INSTANTIATE_TEST_SUITE_P(Packed, SharedClip,
                         testing::Values(Case{"Bgr", kBgr, "jet", cv::COLORMAP_JET, kSome},
                                         Case{"Bgrx", kBgrx, "jet", cv::COLORMAP_JET, kSome}),
                         name_of);

TEST_F(ClipTest, PictureAtTheEndIsTheLastOverlay) {
  const std::string path = testing::TempDir() + "motionheatmap-last.png";
  Pipeline pipeline(clip(kSome) + " ! videoconvert ! video/x-raw,format=BGR" +
                    " ! motionheatmap name=heat snapshot-location=" + path + " ! fakesink");
  cv::Mat last;
  pipeline.tap("heat", "src", [&](const Planes& planes) { last = planes[0].clone(); });
  pipeline.run();
  const cv::Mat written = read_picture(path);
  std::remove(path.c_str());
  ASSERT_EQ(written.size(), last.size());
  ASSERT_EQ(written.type(), last.type());
  EXPECT_EQ(cv::norm(written, last, cv::NORM_INF), 0);
}

GstBuffer* buffer_of(const cv::Mat& bgr, int index) {
  GstBuffer* buffer = gst_buffer_new_memdup(bgr.data, bgr.total() * bgr.elemSize());
  GST_BUFFER_DURATION(buffer) = GST_SECOND / 25;
  GST_BUFFER_PTS(buffer) = index * GST_BUFFER_DURATION(buffer);
  return buffer;
}

TEST(Scene, EqualsReferenceAndPublishedFacts) {
  Pipeline pipeline(
      "appsrc name=source format=time caps=video/x-raw,format=BGR,width=500,height=300,"
      "framerate=25/1 ! motionheatmap name=heat ! fakesink");
  const auto source = pipeline.element("source");
  GstFlowReturn flow;
  for (int i = 0; i < reference_scene::kFrames; ++i) {
    GstBuffer* buffer = buffer_of(reference_scene::frame(i), i);
    g_signal_emit_by_name(source.get(), "push-buffer", buffer, &flow);
    gst_buffer_unref(buffer);
  }
  g_signal_emit_by_name(source.get(), "end-of-stream", &flow);

  Reference reference;
  EXPECT_EQ(compare(pipeline, kBgr, reference), 120);
  EXPECT_EQ(reference.max(), 2550);
  EXPECT_EQ(cv::countNonZero(heatmap(pipeline, "heat")), 58857);

  // 25 frames a second: after the 25th, 50th, 75th and 100th, and at the end.
  const auto messages = pipeline.messages("heat");
  ASSERT_EQ(messages.size(), 5u);
  guint64 frames, skipped;
  double max, full_scale, coverage;
  ASSERT_TRUE(gst_structure_get(messages.back(), "frames", G_TYPE_UINT64, &frames, "skipped",
                                G_TYPE_UINT64, &skipped, "max", G_TYPE_DOUBLE, &max, "full-scale",
                                G_TYPE_DOUBLE, &full_scale, "coverage", G_TYPE_DOUBLE, &coverage,
                                nullptr));
  EXPECT_EQ(frames, 120u);
  EXPECT_EQ(skipped, 0u);
  EXPECT_EQ(max, 10);
  EXPECT_EQ(full_scale, 10);
  EXPECT_EQ(coverage, 58857.0 / 150000);
}

}  // namespace
}  // namespace motionheat::real
