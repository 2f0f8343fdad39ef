// SPDX-License-Identifier: LGPL-2.1-or-later
// Y'CbCr and grey paths on real footage: they agree with the BGR path and with each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "pipeline.h"

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

double pearson(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat x, y;
  a.convertTo(x, CV_64F);
  b.convertTo(y, CV_64F);
  x -= cv::mean(x);
  y -= cv::mean(y);
  return x.dot(y) / std::sqrt(x.dot(x) * y.dot(y));
}

// From full-range BGR to ITU-R BT.601 in limited range, what GStreamer takes the clip for.
const cv::Matx33d kFromBgr =
    cv::Matx33d::diag({219 / 255.0, 224 / 255.0 / 1.772, 224 / 255.0 / 1.402}) *
    cv::Matx33d(0.114, 0.587, 0.299, 0.886, -0.587, -0.299, -0.114, -0.587, 0.701);
const cv::Vec3d kOffset(16, 128, 128);

cv::Mat transformed(const cv::Mat& picture, const cv::Matx33d& matrix, const cv::Vec3d& offset) {
  cv::Matx34d affine;
  cv::hconcat(matrix, offset, affine);
  cv::Mat real, result;
  picture.convertTo(real, CV_64F);
  cv::transform(real, result, affine);
  return result;
}

// The I420 picture in BGR, each chroma sample repeated, not rounded.
cv::Mat bgr_of(const Planes& i420) {
  Planes full(3);
  for (int i = 0; i < 3; ++i) cv::resize(i420[i], full[i], i420[0].size(), 0, 0, cv::INTER_NEAREST);
  cv::Mat ycc;
  cv::merge(full, ycc);
  const cv::Matx33d to_bgr = kFromBgr.inv();
  return transformed(ycc, to_bgr, -(to_bgr * kOffset));
}

// How far the planes of the I420 picture are from the BGR one, in their own units and not rounded,
// over those samples all of whose pixels are in `compared`.
struct Distance {
  double max = 0;
  double bias = 0;
};

std::vector<Distance> distance(const Planes& i420, const cv::Mat& bgr, const cv::Mat& compared) {
  Planes expected;
  cv::split(transformed(bgr, kFromBgr, kOffset), expected);
  std::vector<Distance> result;
  for (int i = 0; i < 3; ++i) {
    cv::Mat actual, mean, mask;
    i420[i].convertTo(actual, CV_64F);
    cv::resize(expected[i], mean, actual.size(), 0, 0, cv::INTER_AREA);
    cv::resize(compared, mask, actual.size(), 0, 0, cv::INTER_AREA);
    mask = mask == 255;
    const cv::Mat error = actual - mean;
    result.push_back({cv::norm(error, cv::NORM_INF, mask), cv::mean(error, mask)[0]});
  }
  return result;
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

// The conversion to BGR is an exact one, as GStreamer's own is off by up to 4 from there and back.
// Compared are pixels that have the same index in both maps and whose colour BGR can hold.
TEST_F(FormatsTest, PicturesOfI420AgreeWithThoseOfBgr) {
  Pipeline pipeline(clip(kSome) +
                    " ! tee name=both ! motionheatmap name=i420 ! fakesink async=false" +
                    kBgrBranch);
  // Each term is a rounding, at most half a unit: in I420 of the blend, and of the table with the
  // weight of the colour (for chroma also of the mean of the table's values); in BGR of the picture
  // with its weight, and of the blend, both converted.
  constexpr double kLuma = 0.5 + 0.4 * 0.5 + (0.6 * 0.5 + 0.5) * 219 / 255;
  constexpr double kChroma = 0.5 + 0.4 * (0.5 + 0.5) + (0.6 * 0.5 + 0.5) * 224 / 255;
  // On average only the table's rounding stays: 0.4 * 0.5 where most of the picture has one index.
  constexpr double kBias = 0.25;
  Planes in, drawn;
  cv::Mat exact;
  int frame = 0, hot = 0;
  pipeline.tap("i420", "sink", [&](const Planes& planes) { in = copy(planes); });
  pipeline.tap("i420", "src", [&](const Planes& planes) { drawn = copy(planes); });
  pipeline.edit("bgr", "sink", [&](const Planes& planes) {
    const cv::Mat bgr = bgr_of(in);
    cv::inRange(bgr, cv::Scalar::all(-0.5), cv::Scalar::all(255.5), exact);
    bgr.convertTo(planes[0], CV_8U);
  });
  pipeline.tap("bgr", "src", [&](const Planes& planes) {
    if (++frame % 20 != 0) return;
    const cv::Mat index = heatmap(pipeline, "bgr");
    const cv::Mat compared = (index == heatmap(pipeline, "i420")) & exact;
    EXPECT_GT(cv::countNonZero(compared), index.total() / 2);
    hot += cv::countNonZero(compared & index);
    const std::vector<Distance> distances = distance(drawn, planes[0], compared);
    for (int i = 0; i < 3; ++i) {
      EXPECT_LE(distances[i].max, i == 0 ? kLuma : kChroma) << "frame " << frame;
      EXPECT_LE(std::abs(distances[i].bias), kBias) << "frame " << frame;
    }
  });
  pipeline.run();
  EXPECT_EQ(frame, kSome);
  EXPECT_GT(hot, 2000);
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
