// SPDX-License-Identifier: LGPL-2.1-or-later
#include "clips.h"

#include <glib.h>
#include <gst/gst.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "scratch.h"
#include "test_video.h"

namespace tool::test {

static void PrintTo(const VideoKind& kind, std::ostream* os) {
  *os << kind.name;
}

namespace {

constexpr int kFrames = 500;
constexpr int kGroup = 50;  // frames from one key frame to the next
constexpr uint64_t kFrame = GST_SECOND / kFramesPerSecond;

const std::string kH264 =
    "x264enc bframes=2 b-adapt=false key-int-max=50 speed-preset=ultrafast"
    " option-string=scenecut=0 ! video/x-h264,profile=main ! h264parse";
const std::string kAac = "avenc_aac ! aacparse";
const std::string kMp3 = "lamemp3enc ! mpegaudioparse";

const VideoKind kKinds[] = {
    {"h264-mp4", "video/x-raw,format=I420 ! " + kH264, kAac, "qtmux", "mp4"},
    {"h264-mkv", "video/x-raw,format=I420 ! " + kH264, kAac, "matroskamux", "mkv"},
    {"h264-ts", "video/x-raw,format=I420 ! " + kH264, kAac, "mpegtsmux", "ts"},
    {"mpeg4-avi", "avenc_mpeg4 gop-size=50", kMp3, "avimux", "avi"},
    {"msmpeg4-avi", "avenc_msmpeg4 gop-size=50", "", "avimux", "avi"},
    {"mjpeg-avi", "jpegenc", "audioconvert", "avimux", "avi"},
    {"mjpeg-mkv", "jpegenc", "opusenc", "matroskamux", "mkv"},
    {"vp8-webm", "vp8enc keyframe-max-dist=50 deadline=1", "opusenc", "webmmux", "webm"},
};

std::string uri_of(const std::string& path) {
  char* uri = gst_filename_to_uri(path.c_str(), nullptr);
  const std::string copy = uri;
  g_free(uri);
  return copy;
}

// A video that several tests cut from, made once.
struct Video {
  std::string path;
  std::string problem;
  Shown shown;
};

Video video(const VideoKind& kind) {
  static Scratch folder;
  static std::map<std::string, Video> videos;
  const auto [entry, is_new] = videos.try_emplace(kind.name);
  Video& made = entry->second;
  if (!is_new) return made;
  made.path = folder / (kind.name + "." + kind.suffix);
  made.problem = make_video(kind, kFrames, made.path);
  if (made.problem.empty()) made.shown = play(made.path);
  return made;
}

void expect_time(uint64_t time, uint64_t expected) {
  constexpr double kRounding = 1.1e6;  // Matroska's milliseconds
  EXPECT_NEAR(double(time), double(expected), kRounding);
}

// The clip holds the span, plays to its end, and its frames lie as they do in the video.
void expect_span(const Video& source, const Clip& clip, const ClipResult& result) {
  ASSERT_EQ(result.problem, "");
  const Shown shown = play(clip.output);
  ASSERT_EQ(shown.problem, "");
  ASSERT_FALSE(shown.frames.empty());
  const auto source_time = [&source](const ShownFrame& frame) {
    return source.shown.frames.at(size_t(frame.number)).time;
  };
  const ShownFrame& first = shown.frames.front();
  for (size_t i = 0; i < shown.frames.size(); ++i) {
    ASSERT_EQ(shown.frames[i].number, first.number + int(i));
    expect_time(shown.frames[i].timestamp - first.timestamp,
                source_time(shown.frames[i]) - source_time(first));
  }
  EXPECT_LE(source_time(first), clip.begin);
  EXPECT_GE(source_time(first) + (kGroup + 1) * kFrame, clip.begin);
  const uint64_t last = source_time(shown.frames.back());
  EXPECT_GE(last + kFrame + 1, clip.end);
  EXPECT_LE(last, clip.end + 3 * kFrame);
  expect_time(result.begin, source_time(first));
  expect_time(result.end, last + kFrame);
}

class ClipOf : public testing::TestWithParam<VideoKind> {
 protected:
  void SetUp() override {
    if (!video(GetParam()).problem.empty())
      GTEST_SKIP() << "cannot be made here: " << video(GetParam()).problem;
    ASSERT_EQ(source().shown.problem, "");
    ASSERT_EQ(source().shown.frames.size(), size_t(kFrames));
  }

  Video source() const { return video(GetParam()); }

  // From the time of a frame on, for a number of frames.
  Clip clip(int begin, int frames) const {
    const uint64_t time = source().shown.frames.at(size_t(begin)).time;
    return {uri_of(source().path), time, time + uint64_t(frames) * kFrame, folder_ / "clip.mkv",
            true};
  }

  Scratch folder_;
};

TEST_P(ClipOf, HoldsItsSpan) {
  for (const int begin : {0, 1, 49, 50, 51, 187, 250, 299, 300, 444})
    for (const int frames : {1, 2, 5, 40}) {
      SCOPED_TRACE(testing::Message() << "frames " << begin << " + " << frames);
      const Clip span = clip(begin, frames);
      expect_span(source(), span, cut_clip(span));
      if (HasFatalFailure()) return;
    }
}

TEST_P(ClipOf, HoldsTheEnd) {
  const Clip span = clip(470, 100);
  ASSERT_EQ(cut_clip(span).problem, "");
  EXPECT_EQ(play(span.output).frames.back().number, kFrames - 1);
}

TEST_P(ClipOf, HasTheSound) {
  const Clip span = clip(220, 100);
  const ClipResult result = cut_clip(span);
  ASSERT_EQ(result.problem, "");
  EXPECT_EQ(result.warnings, std::vector<std::string>());
  const double seconds = double(result.end - result.begin) / GST_SECOND;
  const double sound = play(span.output).audio_seconds;
  if (GetParam().audio.empty())
    EXPECT_EQ(sound, 0);
  else
    EXPECT_NEAR(sound, seconds, 0.15);
}

TEST_P(ClipOf, CanBeCutAgain) {
  const Clip span = clip(120, 200);
  const ClipResult whole = cut_clip(span);
  ASSERT_EQ(whole.problem, "");
  const int first = play(span.output).frames.front().number;
  const uint64_t begin = 100 * kFrame;
  const Clip part{uri_of(span.output), begin, begin + 10 * kFrame, folder_ / "part.mkv"};
  ASSERT_EQ(cut_clip(part).problem, "");
  const Shown shown = play(part.output);
  EXPECT_LE(shown.frames.front().number, first + 100);
  EXPECT_GE(shown.frames.back().number, first + 108);  // sound may begin a frame earlier
}

TEST_P(ClipOf, IsSmall) {
  const auto size = std::filesystem::file_size(source().path);
  const Clip span = clip(250, 25);
  ASSERT_EQ(cut_clip(span).problem, "");
  EXPECT_LT(std::filesystem::file_size(span.output), size / 5);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ClipOf, testing::ValuesIn(kKinds),
                         [](const testing::TestParamInfo<VideoKind>& of) {
                           std::string name = of.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// MJPEG: GStreamer's good plugins have all that it takes.
class Clips : public testing::Test {
 protected:
  void SetUp() override {
    if (!source_.problem.empty()) GTEST_SKIP() << "cannot be made here: " << source_.problem;
  }

  Clip clip() const {
    return {uri_of(source_.path), 2 * GST_SECOND, 3 * GST_SECOND, folder_ / "clip.mkv"};
  }

  // Fails without a trace; the reason names a file.
  void expect_problem(const Clip& clip, const std::string& file) {
    const auto before = folder_.names();
    const ClipResult result = cut_clip(clip);
    EXPECT_EQ(result.problem.substr(0, file.size() + 2), file + ": ");
    EXPECT_GT(result.problem.size(), file.size() + 2);
    EXPECT_EQ(folder_.names(), before);
  }

  void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  std::string read(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const Video source_ = video({"mjpeg-mkv", "jpegenc", "opusenc", "matroskamux", "mkv"});
  Scratch folder_;
};

TEST_F(Clips, ReplaceAFileOnlyWhenTold) {
  Clip span = clip();
  write(span.output, "mine");
  expect_problem(span, span.output);
  EXPECT_EQ(read(span.output), "mine");
  span.force = true;
  EXPECT_EQ(cut_clip(span).problem, "");
  EXPECT_EQ(play(span.output).frames.front().number, 50);
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"clip.mkv"});
}

TEST_F(Clips, GoToPathsOfAllKinds) {
  for (const char* name : {"a b#c%20?.mkv", "Überfall \xe2\x86\x92.mkv", "\xff\xfe.mkv"}) {
    Clip span = clip();
    span.output = folder_ / name;
    EXPECT_EQ(cut_clip(span).problem, "") << name;
    EXPECT_TRUE(std::filesystem::exists(span.output)) << name;
  }
}

TEST_F(Clips, NeedAVideo) {
  Clip span = clip();
  span.input_uri = uri_of(folder_ / "no.mkv");
  expect_problem(span, folder_ / "no.mkv");
  write(folder_ / "text.mkv", "This is no video.\n");
  span.input_uri = uri_of(folder_ / "text.mkv");
  expect_problem(span, folder_ / "text.mkv");
  write(folder_ / "empty.mkv", "");
  span.input_uri = uri_of(folder_ / "empty.mkv");
  expect_problem(span, folder_ / "empty.mkv");
  span.input_uri = "nonsense://camera";
  expect_problem(span, "nonsense://camera");
}

TEST_F(Clips, NeedMoreThanSound) {
  const std::string path = folder_ / "sound.wav";
  GstElement* pipeline = gst_parse_launch(
      ("audiotestsrc num-buffers=100 ! wavenc ! filesink location=\"" + path + "\"").c_str(),
      nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_message_unref(gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS));
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  Clip span = clip();
  span.input_uri = uri_of(path);
  expect_problem(span, path);
}

TEST_F(Clips, NeedASpanOfTheFile) {
  Clip span = clip();
  span.end = span.begin;
  expect_problem(span, span.output);
  span.begin = 1000 * GST_SECOND;
  span.end = 1001 * GST_SECOND;
  expect_problem(span, source_.path);
}

TEST_F(Clips, NeedAPlace) {
  Clip span = clip();
  span.output = folder_ / "no/clip.mkv";
  expect_problem(span, span.output);
  span.output = folder_.path();
  expect_problem(span, span.output);
  span.force = true;
  expect_problem(span, span.output);
}

TEST_F(Clips, LeaveNothingBehindOnAFullDisk) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &tight);
  const Clip span = clip();
  expect_problem(span, span.output);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(cut_clip(span).problem, "");
}

TEST_F(Clips, OfACutOffFileHoldWhatIsThere) {
  const std::string bytes = read(source_.path);
  write(folder_ / "cut off.mkv", bytes.substr(0, bytes.size() / 2));
  Clip span = clip();
  span.input_uri = uri_of(folder_ / "cut off.mkv");
  EXPECT_EQ(cut_clip(span).problem, "");
  EXPECT_EQ(play(span.output).frames.front().number, 50);
  span.output = folder_ / "late.mkv";
  span.begin = 18 * GST_SECOND;
  span.end = 19 * GST_SECOND;
  expect_problem(span, folder_ / "cut off.mkv");
}

TEST_F(Clips, TellWhatMatroskaCannotHold) {
  const Video alac = video({"alac-mp4", "jpegenc", "avenc_alac", "qtmux", "mp4"});
  if (!alac.problem.empty()) GTEST_SKIP() << "cannot be made here: " << alac.problem;
  Clip span = clip();
  span.input_uri = uri_of(alac.path);
  const ClipResult result = cut_clip(span);
  EXPECT_EQ(result.problem, "");
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_NE(result.warnings.front().find("ALAC"), std::string::npos) << result.warnings.front();
  EXPECT_EQ(play(span.output).frames.front().number, 50);
}

TEST_F(Clips, DoNotWaitForStreamsWithNothingToSay) {
  write(folder_ / "one.srt", "1\n00:00:00,100 --> 00:00:00,200\nhello\n\n");
  const Video subtitled =
      video({"subtitled", "jpegenc",
             "fakesink filesrc location=\"" + (folder_ / "one.srt") + "\" ! subparse",
             "matroskamux", "mkv"});
  ASSERT_EQ(subtitled.problem, "");
  Clip span = clip();
  span.input_uri = uri_of(subtitled.path);
  EXPECT_EQ(cut_clip(span).problem, "");
  EXPECT_EQ(play(span.output).frames.size(), 25u);
}

uint64_t bytes_read() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t bytes = 0;
  io >> name >> bytes;
  return bytes;
}

TEST_F(Clips, AreFoundWithoutReadingTheFile) {
  if (bytes_read() == 0) GTEST_SKIP() << "no /proc/self/io";
  for (const uint64_t second : {1, 9, 17}) {
    Clip span = clip();
    span.begin = second * GST_SECOND;
    span.end = span.begin + GST_SECOND / 2;
    span.force = true;
    const uint64_t before = bytes_read();
    EXPECT_EQ(cut_clip(span).problem, "");
    EXPECT_LT(bytes_read() - before, std::filesystem::file_size(source_.path) / 2);
  }
}

TEST_F(Clips, CanBeCutSideBySide) {
  std::vector<std::thread> threads;
  std::vector<ClipResult> results(4);
  for (size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([this, i, &results] {
      Clip span = clip();
      span.output = folder_ / std::to_string(i);
      results[i] = cut_clip(span);
    });
  for (std::thread& thread : threads) thread.join();
  for (const ClipResult& result : results) EXPECT_EQ(result.problem, "");
}

}  // namespace
}  // namespace tool::test
