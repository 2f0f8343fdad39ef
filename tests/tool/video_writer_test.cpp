// SPDX-License-Identifier: LGPL-2.1-or-later
#include "video_writer.h"

#include <gst/gst.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

#include "picture.h"
#include "recorded.h"
#include "scratch.h"

namespace tool::test {
namespace {

constexpr uint64_t kFrame = GST_SECOND / 25;

void push(VideoWriter& writer, const RawFrame& frame) {
  writer.push(gst_sample_get_buffer(frame.sample.get()), gst_sample_get_caps(frame.sample.get()),
              frame.time);
}

void push(VideoWriter& writer, const std::vector<RawFrame>& frames) {
  for (const RawFrame& frame : frames) push(writer, frame);
}

std::vector<RawFrame> play(const std::string& path) {
  return decode(path, "video/x-raw");
}

cv::Size size_of(const RawFrame& frame) {
  return to_rgb(frame.sample.get()).size();
}

// Matroska has milliseconds.
void expect_time(uint64_t time, uint64_t expected) {
  EXPECT_NEAR(double(time), double(expected), 1.1e6);
}

// Peak signal to noise ratio in dB.
double likeness(const cv::Mat& a, const cv::Mat& b) {
  return cv::PSNR(a, b);
}

double mean_gray(const cv::Mat& picture) {
  const cv::Scalar mean = cv::mean(picture);
  return (mean[0] + mean[1] + mean[2]) / 3;
}

std::string failure_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

// Some frames in which a spot wanders on a ground.
std::vector<RawFrame> wandering(cv::Size size, int frames, uint8_t ground, cv::Point from,
                                const std::string& format = "I420") {
  std::vector<RawFrame> all;
  for (int i = 0; i < frames; ++i) {
    const cv::Rect spot(from + cv::Point(2 * i, 0), cv::Size(16, 16));
    all.push_back(
        plain_frame(format, size, uint64_t(i) * kFrame, ground, spot, uint8_t(255 - ground)));
  }
  return all;
}

class VideoWriterTest : public testing::Test {
 protected:
  Scratch folder_;
  const std::string path_ = folder_ / "heat map ü.mkv";
};

TEST_F(VideoWriterTest, HasEachFrameAtItsTimeAsTheElementShowsIt) {
  if (street_clip().empty()) GTEST_SKIP() << "no clip";
  const auto frames = decode(street_clip(), "video/x-raw,format=I420", 60);
  ASSERT_EQ(frames.size(), 60u);
  VideoWriter writer(path_, {});
  writer.begin_part(0);
  push(writer, frames);
  EXPECT_EQ(folder_.names().size(), 1u);
  EXPECT_NE(folder_.names()[0], "heat map ü.mkv");
  writer.finish();
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"heat map ü.mkv"});
  const auto shown = play(path_);
  ASSERT_EQ(shown.size(), frames.size());
  for (size_t i = 0; i < shown.size(); ++i) expect_time(shown[i].time, frames[i].time);
  EXPECT_EQ(size_of(shown[0]), size_of(frames[0]));
  const cv::Mat expected = analyze(frames, "").last_picture;
  EXPECT_GT(likeness(to_rgb(shown.back().sample.get()), expected), 30);
}

// What the seam would add is that all of the picture moved once, an index of 12.
TEST_F(VideoWriterTest, PartsAddUpWithoutTheirSeam) {
  if (street_clip().empty()) GTEST_SKIP() << "no clip";
  auto frames = decode(street_clip(), "video/x-raw,format=I420", 40);
  auto others = decode(street_clip(), "video/x-raw,format=I420 ! videobalance brightness=-0.5", 40);
  const ElementSettings settings{.values = {{"output", "heatmap"},
                                            {"colormap", "bone"},
                                            {"normalization", "fixed"},
                                            {"full-scale", "20"}}};
  constexpr uint64_t kOffset = 4 * GST_SECOND;  // where the first part ends
  VideoWriter writer(path_, settings);
  writer.begin_part(0);
  push(writer, frames);
  writer.begin_part(kOffset);
  push(writer, others);
  writer.finish();
  const auto shown = play(path_);
  ASSERT_EQ(shown.size(), 80u);
  expect_time(shown[39].time, frames[39].time);
  for (size_t i = 0; i < 40; ++i) expect_time(shown[40 + i].time, kOffset + others[i].time);
  const motionheat::State states[] = {analyze(frames, "").state, analyze(others, "").state};
  const cv::Mat expected =
      render(motionheat::merge(states), {to_rgb(others.back().sample.get())}, settings).picture;
  const cv::Mat last = to_rgb(shown.back().sample.get());
  EXPECT_GT(likeness(last, expected), 30);
  EXPECT_NEAR(mean_gray(last), mean_gray(expected), 0.5);
}

TEST_F(VideoWriterTest, PartsOfManySizesAndFormatsAreOneVideo) {
  const ElementSettings settings{
      .values = {{"output", "heatmap"}, {"normalization", "fixed"}, {"full-scale", "10"}}};
  VideoWriter writer(path_, settings);
  const std::vector<RawFrame> parts[] = {wandering({160, 120}, 12, 30, {10, 20}),
                                         wandering({320, 240}, 12, 220, {20, 150}),
                                         wandering({90, 120}, 12, 30, {10, 80}, "GRAY8"),
                                         wandering({160, 120}, 12, 90, {60, 60}, "BGR")};
  for (size_t i = 0; i < std::size(parts); ++i) {
    writer.begin_part(i * GST_SECOND);
    push(writer, parts[i]);
  }
  writer.finish();
  const auto shown = play(path_);
  ASSERT_EQ(shown.size(), 48u);
  for (size_t i = 0; i < shown.size(); ++i) {
    EXPECT_EQ(size_of(shown[i]), cv::Size(160, 120));
    expect_time(shown[i].time, i / 12 * GST_SECOND + parts[i / 12][i % 12].time);
  }
  // The heat of the first part is still there, and none where nothing moved.
  const cv::Mat last = to_rgb(shown.back().sample.get());
  EXPECT_GT(mean_gray(last(cv::Rect(20, 24, 8, 8))), 60) << last(cv::Rect(20, 24, 8, 8));
  EXPECT_LT(mean_gray(last(cv::Rect(130, 5, 20, 10))), 50);
}

TEST_F(VideoWriterTest, TakesOddAndTinyFrames) {
  for (const cv::Size size : {cv::Size(97, 61), cv::Size(1, 1), cv::Size(17, 300)}) {
    VideoWriter writer(path_, {.values = {{"opacity", "0"}}});
    writer.begin_part(0);
    for (int i = 0; i < 5; ++i)
      push(writer, plain_frame("RGB", size, uint64_t(i) * kFrame, uint8_t(50 * i)));
    writer.finish();
    const auto shown = play(path_);
    ASSERT_EQ(shown.size(), 5u);
    const auto even = [](int length) { return std::max(length / 2 * 2, 16); };
    const cv::Mat last = to_rgb(shown[4].sample.get());
    EXPECT_EQ(last.size(), cv::Size(even(size.width), even(size.height)));
    double darkest;
    cv::minMaxLoc(last.reshape(1), &darkest);
    // GStreamer's scaler shows the first frame for ever if a frame has no more than two rows.
    if (size.height > 2) {
      EXPECT_GT(darkest, 150) << "borders at " << size;
    }
  }
}

// Players take small pictures to be BT.601 and large ones to be BT.709 if nothing else is told.
TEST_F(VideoWriterTest, KeepsColours) {
  const cv::Scalar orange(200, 90, 30);
  for (const cv::Size size : {cv::Size(64, 48), cv::Size(1280, 720)}) {
    VideoWriter writer(path_, {.values = {{"opacity", "0"}}});
    writer.begin_part(0);
    const cv::Mat picture(size, CV_8UC3, orange);
    RawFrame frame = plain_frame("RGB", size, 0, 0);
    gst_buffer_fill(gst_sample_get_buffer(frame.sample.get()), 0, picture.data,
                    picture.total() * picture.elemSize());
    push(writer, frame);
    writer.finish();
    const auto shown = play(path_);
    ASSERT_EQ(shown.size(), 1u);
    const cv::Mat last = to_rgb(shown[0].sample.get());
    EXPECT_LT(cv::norm(last, picture, cv::NORM_INF), 6) << size << cv::mean(last);
  }
}

TEST_F(VideoWriterTest, FramesWithoutRateAndDurationKeepTheirTimes) {
  VideoWriter writer(path_, {});
  writer.begin_part(0);
  const uint64_t times[] = {0, 40, 41, 1000, 1000, 900, 61000};  // milliseconds
  const CapsPtr caps(gst_caps_from_string(
      "video/x-raw,format=GRAY8,width=64,height=48,framerate=0/1,interlace-mode=interleaved"));
  for (const uint64_t time : times) {
    const RawFrame frame = plain_frame("GRAY8", {64, 48}, 0, 100);
    writer.push(gst_sample_get_buffer(frame.sample.get()), caps.get(), time * GST_MSECOND);
  }
  writer.finish();
  const auto shown = play(path_);
  ASSERT_EQ(shown.size(), std::size(times));
  for (const size_t i : {0, 1, 2, 3, 6}) expect_time(shown[i].time, times[i] * GST_MSECOND);
}

TEST_F(VideoWriterTest, OverwritesOnlyWithAWholeFile) {
  std::ofstream(path_) << "earlier";
  {
    VideoWriter writer(path_, {});
    writer.begin_part(0);
    push(writer, wandering({160, 120}, 12, 30, {10, 20}));
  }
  EXPECT_EQ(folder_.names().size(), 1u);
  EXPECT_EQ(std::filesystem::file_size(path_), 7u);
  VideoWriter writer(path_, {.values = {{"output", "none"}}});
  writer.begin_part(0);
  push(writer, wandering({160, 120}, 12, 30, {10, 20}));
  writer.finish();
  EXPECT_EQ(folder_.names().size(), 1u);
  EXPECT_EQ(play(path_).size(), 12u);
}

TEST_F(VideoWriterTest, SaysWhyThereIsNoVideo) {
  const std::string nowhere = folder_ / "missing/heat.mkv";
  EXPECT_EQ(failure_of([&] { VideoWriter(nowhere, {}); }), nowhere + ": No such file or directory");
  EXPECT_NE(failure_of([&] {
              VideoWriter(path_, {.values = {{"opacity", "2"}}});
            }).find("opacity"),
            std::string::npos);
  EXPECT_EQ(failure_of([&] { VideoWriter(path_, {}).finish(); }),
            path_ + ": there is no frame to write");
  EXPECT_TRUE(folder_.names().empty());
}

// As a full disk, but for the words.
TEST_F(VideoWriterTest, DoesNotHangWhereTheFileCannotGrow) {
  VideoWriter writer(path_, {});
  writer.begin_part(0);
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{20000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &little);
  cv::Mat noise(240, 320, CV_8UC1);
  for (int i = 0; i < 100; ++i) {
    RawFrame frame = plain_frame("GRAY8", noise.size(), uint64_t(i) * kFrame, 100);
    cv::randu(noise, 0, 255);
    gst_buffer_fill(gst_sample_get_buffer(frame.sample.get()), 0, noise.data, noise.total());
    push(writer, frame);
  }
  const std::string failure = failure_of([&] { writer.finish(); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(failure.find(path_ + ": "), 0u) << failure;
  EXPECT_GT(failure.size(), path_.size() + 10) << failure;
}

// Takes the ranks of encoders, and gives them back in the end.
class Ranks {
 public:
  ~Ranks() {
    for (const auto& [feature, rank] : before_) {
      gst_plugin_feature_set_rank(feature, rank);
      gst_object_unref(feature);
    }
  }
  void take(GstPluginFeature* feature) {
    before_.emplace_back(GST_PLUGIN_FEATURE(gst_object_ref(feature)),
                         gst_plugin_feature_get_rank(feature));
    gst_plugin_feature_set_rank(feature, GST_RANK_NONE);
  }
  void take_all() {
    GList* const all = gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_VIDEO_ENCODER,
                                                             GST_RANK_MARGINAL);
    for (const GList* item = all; item; item = item->next) take(GST_PLUGIN_FEATURE(item->data));
    gst_plugin_feature_list_free(all);
  }

 private:
  std::vector<std::pair<GstPluginFeature*, guint>> before_;
};

TEST_F(VideoWriterTest, TakesTheEncoderThatThereIs) {
  if (street_clip().empty()) GTEST_SKIP() << "no clip";
  const auto frames = decode(street_clip(), "video/x-raw,format=I420", 20);
  const cv::Mat expected = analyze(frames, "").last_picture;
  Ranks ranks;
  for (const char* encoder : {"x264enc", "openh264enc", "vp9enc", "vp8enc"}) {
    GstPluginFeature* const feature = gst_registry_lookup_feature(gst_registry_get(), encoder);
    if (!feature) continue;
    VideoWriter writer(path_, {});
    writer.begin_part(0);
    push(writer, frames);
    writer.finish();
    const auto shown = play(path_);
    ASSERT_EQ(shown.size(), 20u) << encoder;
    EXPECT_GT(likeness(to_rgb(shown.back().sample.get()), expected), 30) << encoder;
    ranks.take(feature);
    gst_object_unref(feature);
  }
  ranks.take_all();
  EXPECT_NE(failure_of([&] { VideoWriter(path_, {}); }).find("no encoder"), std::string::npos);
}

}  // namespace
}  // namespace tool::test
