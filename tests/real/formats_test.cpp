// SPDX-License-Identifier: LGPL-2.1-or-later
// The other formats on real footage: they agree with the BGR path and with each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "pipeline.h"
#include "reference_scene.h"

namespace motionheat::real {
namespace {

constexpr int kSome = std::min(120, CLIP_FRAMES);

// Branches of a tee without queues run one after the other in one thread, frame by frame.
const std::string kBgrBranch =
    " both. ! videoconvert ! video/x-raw,format=BGR ! motionheatmap name=bgr"
    " ! fakesink async=false";

Planes copy(const Planes& planes) {
  Planes copies;
  for (const cv::Mat& plane : planes) copies.push_back(plane.clone());
  return copies;
}

using FormatsTest = ClipTest;

TEST_F(FormatsTest, MapOfI420AgreesWithThatOfBgr) {
  Pipeline pipeline(clip(CLIP_FRAMES) +
                    " ! tee name=both ! motionheatmap name=i420 ! fakesink async=false" +
                    kBgrBranch);
  pipeline.run();
  EXPECT_GE(pearson(heatmap(pipeline, "i420"), heatmap(pipeline, "bgr")), 0.98);
}

TEST_F(FormatsTest, MapOfGrayAgreesWithThatOfBgr) {
  Pipeline pipeline(clip(kSome) +
                    " ! tee name=both ! videoconvert ! video/x-raw,format=GRAY8"
                    " ! motionheatmap name=gray ! fakesink async=false" +
                    kBgrBranch);
  pipeline.run();
  EXPECT_GE(pearson(heatmap(pipeline, "gray"), heatmap(pipeline, "bgr")), 0.98);
}

// The same samples in another order: nothing may differ.
TEST_F(FormatsTest, Nv12EqualsI420) {
  Pipeline pipeline(clip(kSome) +
                    " ! tee name=both ! motionheatmap name=i420 ! fakesink async=false"
                    " both. ! videoconvert ! video/x-raw,format=NV12 ! motionheatmap name=nv12"
                    " ! fakesink async=false");
  Planes i420;
  int frames = 0;
  pipeline.tap("i420", "src", [&](const Planes& planes) { i420 = copy(planes); });
  pipeline.tap("nv12", "src", [&](const Planes& nv12) {
    ++frames;
    cv::Mat chroma;
    cv::merge(Planes{i420[1], i420[2]}, chroma);
    EXPECT_EQ(cv::norm(nv12[0], i420[0], cv::NORM_INF), 0);
    EXPECT_EQ(cv::norm(nv12[1], chroma, cv::NORM_INF), 0);
  });
  pipeline.run();
  EXPECT_EQ(frames, kSome);
}

bool same_fields(const GstStructure* a, const GstStructure* b) {
  for (int i = 0; i < gst_structure_n_fields(a); ++i) {
    const char* name = gst_structure_nth_field_name(a, i);
    if (name == std::string("heatmap")) continue;
    if (gst_value_compare(gst_structure_get_value(a, name), gst_structure_get_value(b, name)) !=
        GST_VALUE_EQUAL)
      return false;
  }
  return gst_structure_n_fields(a) == gst_structure_n_fields(b);
}

cv::Mat map_of(const GstStructure* message) {
  return picture(
      static_cast<GstSample*>(g_value_get_boxed(gst_structure_get_value(message, "heatmap"))));
}

TEST_F(FormatsTest, AnalysisAloneTellsTheSameAndLeavesThePicture) {
  Pipeline pipeline(clip(kSome) +
                    " ! tee name=both ! motionheatmap name=overlay ! fakesink async=false"
                    " both. ! motionheatmap name=none output=none ! fakesink async=false");
  Planes in;
  pipeline.tap("both", "sink", [&](const Planes& planes) { in = copy(planes); });
  pipeline.tap("none", "src", [&](const Planes& planes) {
    for (size_t i = 0; i < planes.size(); ++i)
      EXPECT_EQ(cv::norm(planes[i], in[i], cv::NORM_INF), 0);
  });
  pipeline.run();

  const auto overlay = pipeline.messages("overlay"), none = pipeline.messages("none");
  ASSERT_EQ(overlay.size(), size_t(kSome / 10 + 1));
  ASSERT_EQ(none.size(), overlay.size());
  for (size_t i = 0; i < none.size(); ++i) {
    EXPECT_TRUE(same_fields(overlay[i], none[i])) << "message " << i;
    EXPECT_EQ(cv::norm(map_of(overlay[i]), map_of(none[i]), cv::NORM_INF), 0) << "message " << i;
  }
  EXPECT_GT(cv::countNonZero(map_of(none.back())), 0);
}

// A fingerprint of each frame on a pad (FNV-1a).
std::vector<uint64_t> fingerprints(const std::string& description, const char* name,
                                   const char* pad) {
  std::vector<uint64_t> prints;
  Pipeline pipeline(description);
  pipeline.tap(name, pad, [&](const Planes& planes) {
    uint64_t print = 0xcbf29ce484222325;
    for (const cv::Mat& plane : planes)
      for (const uint8_t byte : cv::Mat_<uint8_t>(plane)) print = (print ^ byte) * 0x100000001b3;
    prints.push_back(print);
  });
  pipeline.run();
  return prints;
}

// A decoder still predicts from frames that it has handed out.
TEST_F(FormatsTest, DecodersFramesAreNotDrawnOn) {
  const std::string direct = clip(kSome) + " ! motionheatmap name=heat ! fakesink";
  const std::string copied = clip(kSome) +
                             " ! videoconvert ! video/x-raw,format=NV12"
                             " ! videoconvert ! video/x-raw,format=I420"
                             " ! motionheatmap name=heat ! fakesink";
  const auto decoded = fingerprints(clip(kSome) + " ! fakesink name=end", "end", "sink");
  EXPECT_EQ(decoded.size(), size_t(kSome));
  EXPECT_EQ(fingerprints(direct, "heat", "sink"), decoded);
  EXPECT_EQ(fingerprints(direct, "heat", "src"), fingerprints(copied, "heat", "src"));
}

}  // namespace
}  // namespace motionheat::real
