// SPDX-License-Identifier: LGPL-2.1-or-later
// What becomes heat and how long it stays, what the colours stand for, and what they are drawn on.
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <random>
#include <set>

#include "common.h"
#include "model.h"

namespace {

const char* const kCaps = "video/x-raw,format=BGR,width=40,height=24,framerate=25/1";
const char* const kGreyCaps = "video/x-raw,format=GRAY8,width=40,height=24,framerate=25/1";

/// Pictures in which each pixel is black or white and turns over in some of the frames, the more
/// often the farther right it lies. Counts what turned, as it must be counted.
class Turning {
 public:
  explicit Turning(const GstVideoInfo& info)
      : picture(info), events(cv::Mat::zeros(info.height, info.width, CV_64F)) {}

  Picture picture;
  cv::Mat events;

  /// The next picture; `counted`: its motion from the one before counts.
  const Picture& next(bool counted = true) {
    cv::Mat& plane = picture.planes[0];
    for (int y = 0; y < plane.rows; ++y) {
      for (int x = 0; x < plane.cols; ++x) {
        if (int(random_() % 41) > x) continue;
        for (size_t i = 0; i < plane.elemSize(); ++i) plane.ptr(y, x)[i] ^= 0xff;
        events.at<double>(y, x) += counted;
      }
    }
    return picture;
  }

 private:
  std::mt19937 random_{1};
};

double highest(const cv::Mat& events) {
  double max = 0;
  cv::minMaxLoc(events, nullptr, &max);
  return max;
}

/// The events that `percent` % of the pixels with heat do not exceed.
double percentile(const cv::Mat& events, double percent) {
  std::vector<double> hot;
  std::copy_if(events.begin<double>(), events.end<double>(), std::back_inserter(hot),
               [](double e) { return e > 0; });
  if (hot.empty()) return 0;
  std::sort(hot.begin(), hot.end());
  const double rank = std::ceil(double(hot.size()) * percent / 100);
  return hot[size_t(std::max(rank, 1.0)) - 1];
}

uchar index_of(double events, double full, const std::string& curve) {
  if (full == 0) return 0;
  const float q = float(events) / float(full);
  if (curve == "linear") return uchar(std::min(255.0f, q * 255.0f));
  if (curve == "sqrt") return uchar(std::min(255.0f, std::sqrt(q) * 255.0f));
  const double bent = std::log(1 + 255 * double(q)) / std::log(256.0);
  return uchar(std::min(255.0, bent * 255 + 1e-9));
}

cv::Mat index(const cv::Mat& events, double full, const std::string& curve = "linear") {
  cv::Mat result(events.size(), CV_8UC1);
  std::transform(events.begin<double>(), events.end<double>(), result.begin<uchar>(),
                 [&](double e) { return index_of(e, full, curve); });
  return result;
}

cv::Mat colored(const cv::Mat& index) {
  cv::Mat colors;
  cv::applyColorMap(index, colors, cv::COLORMAP_JET);
  return colors;
}

void expect_within(int step, const cv::Mat& map, const cv::Mat& expected) {
  fail_unless(map.size() == expected.size());
  const double difference = cv::norm(map, expected, cv::NORM_INF);
  fail_unless(difference <= step, "%g index steps away", difference);
}

double figure(const Stream& stream, const char* field) {
  return double_field(stream.stats().get(), field);
}

}  // namespace

// Half-life

namespace {

constexpr double kHalfLife = 3;  // seconds
constexpr double kFullScale = 25;
constexpr GstClockTime kStep = 200 * GST_MSECOND;
constexpr GstClockTime kLast = 12 * GST_SECOND;

/// What there is to be seen at a time: every `kStep` some of the columns turn over, the right ones
/// more often. Frames between show nothing new.
Picture scene(const GstVideoInfo& info, GstClockTime time) {
  Picture picture(info);
  for (GstClockTime step = 1; step <= time / kStep; ++step)
    for (int x = 0; x < info.width; ++x)
      if (x % 8 == 0 || step % (41 - x) == 0)
        cv::bitwise_not(picture.planes[0].col(x), picture.planes[0].col(x));
  return picture;
}

/// The heat of `scene` at `kLast`, by float64.
cv::Mat faded_events(const GstVideoInfo& info) {
  cv::Mat events = cv::Mat::zeros(info.height, info.width, CV_64F);
  for (GstClockTime step = 1; step <= kLast / kStep; ++step) {
    const double age = double(kLast - step * kStep) / GST_SECOND;
    for (int x = 0; x < info.width; ++x)
      if (x % 8 == 0 || step % (41 - x) == 0) events.col(x) += std::exp2(-age / kHalfLife);
  }
  return events;
}

void set_fading(Stream& stream) {
  stream.set("half-life", std::to_string(guint64(kHalfLife * GST_SECOND)));
  stream.set("normalization", "fixed");
  stream.set("full-scale", std::to_string(kFullScale));
}

void push_at(Stream& stream, GstClockTime time, GstClockTime pts, GstClockTime duration) {
  GstBuffer* buffer = to_buffer(scene(stream.info(), time));
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DURATION(buffer) = duration;
  stream.push(buffer);
}

void expect_faded(const Stream& stream) {
  const cv::Mat events = faded_events(stream.info());
  expect_within(1, stream.map(), index(events, kFullScale));
  fail_unless(std::abs(figure(stream, "max") / highest(events) - 1) < 1.0 / 512);
  fail_unless_equals_float(figure(stream, "full-scale") > 0, true);
}

std::string grey_caps(const char* framerate) {
  return std::string("video/x-raw,format=GRAY8,width=40,height=24,framerate=") + framerate;
}

}  // namespace

GST_START_TEST(fades_alike_at_any_frame_rate) {
  for (const auto& [rate, duration] :
       {std::pair{"5/1", kStep}, {"25/1", kFrame}, {"50/1", kFrame / 2}, {"1000/1", GST_MSECOND}}) {
    Stream stream(grey_caps(rate));
    set_fading(stream);
    for (GstClockTime time = 0; time <= kLast; time += duration)
      push_at(stream, time, time, duration);
    expect_faded(stream);
  }
}
GST_END_TEST;

// Each frame lasts until the next one.
GST_START_TEST(fades_alike_at_a_variable_frame_rate) {
  std::mt19937 random(1);
  std::set<GstClockTime> times;
  for (GstClockTime time = 0; time <= kLast + kStep; time += kStep) times.insert(time);
  while (times.size() < 200) times.insert(random() % (kLast / GST_MSECOND) * GST_MSECOND);
  Stream stream(grey_caps("0/1"));
  set_fading(stream);
  for (auto time = times.begin(); *time <= kLast; ++time)
    push_at(stream, *time, *time, *std::next(time) - *time);
  expect_faded(stream);
}
GST_END_TEST;

GST_START_TEST(fades_alike_with_skipped_frames) {
  std::mt19937 random(1);
  Stream stream(grey_caps("25/1"));
  set_fading(stream);
  for (GstClockTime time = 0; time <= kLast; time += kFrame)
    if (time % kStep == 0 || random() % 3 == 0) push_at(stream, time, time, kFrame);
  expect_faded(stream);
}
GST_END_TEST;

// Their durations tell the time: none has a timestamp, or one in three.
GST_START_TEST(fades_alike_without_timestamps) {
  for (const int every : {1000, 3}) {
    Stream stream(grey_caps("25/1"));
    set_fading(stream);
    int n = 0;
    for (GstClockTime time = 0; time <= kLast; time += kFrame)
      push_at(stream, time, ++n % every == 0 ? time : GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
    expect_faded(stream);
  }
}
GST_END_TEST;

// Times without durations or a frame rate.
GST_START_TEST(fades_alike_without_durations) {
  Stream stream(grey_caps("0/1"));
  set_fading(stream);
  for (GstClockTime time = 0; time <= kLast; time += kFrame)
    push_at(stream, time, time, GST_CLOCK_TIME_NONE);
  expect_faded(stream);
}
GST_END_TEST;

// Time passes where a GAP event stands for frames, and where frames do not count.
GST_START_TEST(fades_in_gaps) {
  for (const bool event : {true, false}) {
    Stream stream(grey_caps("25/1"));
    set_fading(stream);
    const GstClockTime end = kLast - 6 * GST_SECOND;
    for (GstClockTime time = 0; time <= end; time += kFrame) push_at(stream, time, time, kFrame);
    const double before = figure(stream, "max");
    if (event) {
      stream.send(gst_event_new_gap(end + kFrame, kLast - end - kFrame));
    } else {
      for (GstClockTime time = end + kFrame; time < kLast; time += kFrame) {
        GstBuffer* buffer = to_buffer(scene(stream.info(), end));
        GST_BUFFER_PTS(buffer) = time;
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
        stream.push(buffer);
      }
    }
    push_at(stream, end, kLast, kFrame);
    fail_unless(std::abs(figure(stream, "max") / before * 4 - 1) < 1.0 / 512, "%g of %g events",
                figure(stream, "max"), before);
  }
}
GST_END_TEST;

// A seek is no time that passed.
GST_START_TEST(does_not_fade_by_a_seek) {
  Stream stream(grey_caps("25/1"));
  set_fading(stream);
  for (GstClockTime time = 0; time <= GST_SECOND; time += kFrame)
    push_at(stream, time, time, kFrame);
  const double before = figure(stream, "max");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = GST_SECOND * 3600;
  stream.flush();
  stream.send(gst_event_new_segment(&segment));
  push_at(stream, 0, segment.start, kFrame);
  fail_unless(std::abs(figure(stream, "max") / before / std::exp2(-0.04 / kHalfLife) - 1) <
              1.0 / 512);
}
GST_END_TEST;

// After motion the scene stands still. What is shown fades with a fixed scale; with the hottest
// pixel as the scale all pixels fade alike, and nothing is to be seen of it.
GST_START_TEST(fading_shows) {
  for (const bool fixed : {true, false}) {
    Stream stream(kCaps);
    stream.set("half-life", "1000000000");
    stream.set("normalization", fixed ? "fixed" : "max");
    stream.set("full-scale", "20");
    stream.set("output", "heatmap");
    Turning turning(stream.info());
    for (int i = 0; i < 40; ++i) stream.show(turning.next());
    cv::Mat picture = stream.show(turning.picture).planes[0];
    cv::Mat before = stream.map();
    for (int halving = 0; halving < 5; ++halving) {
      for (int i = 0; i < 25; ++i) picture = stream.show(turning.picture).planes[0];
      const cv::Mat map = stream.map();
      fail_unless(equal(picture, colored(map)));
      if (fixed) {
        // Half the heat, but 255 stands for all that is hotter.
        for (int i = 0; i < int(map.total()); ++i)
          fail_unless(before.data[i] == 255 || std::abs(map.data[i] - before.data[i] / 2.0) <= 1.5);
        fail_unless(highest(before) < 255 || halving == 0);
      } else {
        expect_within(1, map, before);
        fail_unless_equals_float(highest(map), 255.0);
      }
      before = map;
    }
    fail_unless(figure(stream, "max") < 2);
  }
}
GST_END_TEST;

// Heat that faded to nothing is gone, and the map counts on.
GST_START_TEST(fades_away) {
  Stream stream(kGreyCaps);
  stream.set("half-life", "1000000");
  Turning turning(stream.info());
  for (int i = 0; i < 5; ++i) stream.show(turning.next());
  fail_unless(figure(stream, "max") > 0.9);
  for (int i = 0; i < 5; ++i) stream.show(turning.picture);
  fail_unless_equals_float(figure(stream, "max"), 0.0);
  fail_unless_equals_float(figure(stream, "coverage"), 0.0);
  turning.events.setTo(0);
  stream.show(turning.next());
  fail_unless(std::abs(figure(stream, "max") - 1) < 1.0 / 512);
  fail_unless(equal(stream.map(), index(turning.events, 1)));
}
GST_END_TEST;

// Scales

GST_START_TEST(scales_and_curves) {
  for (const std::string normalization : {"max", "percentile", "fixed"}) {
    for (const std::string curve : {"linear", "sqrt", "log"}) {
      Stream stream(kCaps);
      stream.set("normalization", normalization);
      stream.set("curve", curve);
      stream.set("full-scale", "12.5");
      stream.set("percentile", "80");
      stream.set("output", "heatmap");
      Turning turning(stream.info());
      double full = 0;
      for (int frame = 1; frame <= 50; ++frame) {
        const cv::Mat shown = stream.show(turning.next(frame > 1)).planes[0];
        if (normalization == "max")
          full = highest(turning.events);
        else if (normalization == "fixed")
          full = 12.5;
        else if (frame <= 16 || frame % 16 == 0)
          full = percentile(turning.events, 80);
        fail_unless_equals_float(figure(stream, "full-scale"), full);
        fail_unless_equals_float(figure(stream, "max"), highest(turning.events));
        const cv::Mat expected = index(turning.events, full, curve);
        fail_unless(equal(stream.map(), expected), "%s %s, frame %d", normalization.c_str(),
                    curve.c_str(), frame);
        fail_unless(equal(shown, colored(expected)));
      }
    }
  }
}
GST_END_TEST;

GST_START_TEST(any_percentile) {
  for (const double percent : {0.0, 0.01, 50.0, 99.5, 100.0}) {
    Stream stream(kGreyCaps);
    stream.set("normalization", "percentile");
    stream.set("percentile", std::to_string(percent));
    Turning turning(stream.info());
    for (int frame = 1; frame <= 16; ++frame) stream.show(turning.next(frame > 1));
    const double full = percentile(turning.events, percent);
    fail_unless_equals_float(figure(stream, "full-scale"), full);
    fail_unless(equal(stream.map(), index(turning.events, full)));
  }
}
GST_END_TEST;

// The frame after a change shows it, whether it is analysed, does not count, or is between two that
// are analysed.
GST_START_TEST(changes_show_at_once) {
  const std::pair<const char*, const char*> changes[] = {{"normalization", "fixed"},
                                                         {"full-scale", "9.5"},
                                                         {"curve", "log"},
                                                         {"normalization", "max"},
                                                         {"normalization", "percentile"},
                                                         {"percentile", "30"},
                                                         {"curve", "sqrt"},
                                                         {"percentile", "95"},
                                                         {"curve", "linear"}};
  for (const std::string kind : {"analysed", "gap", "between"}) {
    Stream stream(kCaps);
    stream.set("output", "heatmap");
    Turning turning(stream.info());
    for (int i = 0; i < 20; ++i) stream.show(turning.next(i > 0));
    if (kind == "between") stream.set("analysis-interval", "3600000000000");
    std::string normalization = "max", curve = "linear";
    double full_scale = 300, percent = 99.5;
    for (const auto& [property, value] : changes) {
      stream.set(property, value);
      if (property == std::string("normalization")) normalization = value;
      if (property == std::string("curve")) curve = value;
      if (property == std::string("full-scale")) full_scale = std::stod(value);
      if (property == std::string("percentile")) percent = std::stod(value);
      GstBuffer* buffer =
          stream.timed_buffer(kind == "analysed" ? turning.next() : turning.picture);
      if (kind == "gap") GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
      const cv::Mat shown = to_picture(stream.push(buffer).get(), stream.info()).planes[0];
      const double full = normalization == "max"     ? highest(turning.events)
                          : normalization == "fixed" ? full_scale
                                                     : percentile(turning.events, percent);
      const cv::Mat expected = index(turning.events, full, curve);
      fail_unless(equal(shown, colored(expected)), "%s=%s, %s", property, value, kind.c_str());
      fail_unless(equal(stream.map(), expected));
    }
  }
}
GST_END_TEST;

// Another threshold and another half-life count from the next frame on.
GST_START_TEST(half_life_changes) {
  Stream stream(kGreyCaps);
  const Picture black = filled(stream.info(), 0), white = filled(stream.info(), 255);
  const double unit = std::exp2(-0.04);
  double expected = 0;
  for (int i = 0; i < 90; ++i) {
    if (i == 30) stream.set("half-life", "1000000000");
    if (i == 60) stream.set("half-life", "0");
    stream.show(i % 2 ? black : white);
    expected = expected * (i >= 30 && i < 60 ? unit : 1) + (i > 0);
    fail_unless(
        std::abs(figure(stream, "max") / std::max(expected, 1e-9) - 1) < 1.0 / 512 || i == 0,
        "%g instead of %g events at %d", figure(stream, "max"), expected, i);
  }
}
GST_END_TEST;

// Analysis interval

// One frame in each of these times is analysed, the first, and compared with the one analysed
// before it.
GST_START_TEST(analyses_one_frame_in_a_time) {
  for (const auto& [interval, seconds] :
       {std::pair{GST_SECOND, 5}, {100 * GST_MSECOND, 2}, {kFrame, 1}, {GstClockTime(1), 1}}) {
    Stream stream(kCaps);
    stream.set("analysis-interval", std::to_string(interval));
    Turning turning(stream.info());
    Model model;
    GstClockTime analysed_end = 0;
    guint64 n = 0;
    stream.set("post-messages", "false");  // the figure is of all frames then
    double motion = 0;
    for (int i = 0; i < 25 * seconds; ++i) {
      const Picture picture = turning.next();
      const GstClockTime time = stream.next_pts;
      if (time >= analysed_end) {
        model.add(picture);
        motion += model.motion();
        analysed_end = (time / interval + 1) * interval;
        ++n;
      }
      fail_unless(stream.show(picture) == model.overlay(picture), "frame %d", i);
      fail_unless_equals_uint64(stream.frames(), n);
      fail_unless_equals_float(figure(stream, "motion"), motion / double(n));
    }
    fail_unless_equals_uint64(stream.skipped(), 0);
    fail_unless_equals_float(figure(stream, "max"), model.max());
    fail_unless_equals_uint64(n, std::min<guint64>(GST_SECOND / interval, 25) * seconds);
  }
}
GST_END_TEST;

// Each event fades from the moment it was seen, also while nothing is analysed.
GST_START_TEST(fades_between_analysed_frames) {
  Stream stream(kGreyCaps);
  stream.set("analysis-interval", "1000000000");
  stream.set("half-life", "1000000000");
  const Picture black = filled(stream.info(), 0), white = filled(stream.info(), 255);
  for (int i = 0; i <= 25; ++i) stream.show(i < 25 ? black : white);
  fail_unless_equals_uint64(stream.frames(), 2);
  fail_unless(std::abs(figure(stream, "max") - 1) < 1.0 / 512);
  for (int i = 1; i < 25; ++i) {
    stream.show(white);
    fail_unless(std::abs(figure(stream, "max") / std::exp2(-i / 25.0) - 1) < 1.0 / 512);
  }
}
GST_END_TEST;

// Detectors

namespace {

const char* const kDetectorFormats[] = {"I420", "NV12", "BGR", "BGRx", "GRAY8", "I420_10LE"};
const char* const kDetectors[] = {"mog2", "knn"};
constexpr int kRadius = 8;

/// A textured scene with a disc at (x, y) if `x` is not negative.
Picture disc_scene(const GstVideoInfo& info, int x, int y) {
  cv::Mat luma(info.height, info.width, CV_8UC1);
  std::mt19937 random(3);
  for (int i = 0; i < int(luma.total()); ++i) luma.data[i] = uchar(50 + random() % 80);
  if (x >= 0) cv::circle(luma, {x, y}, kRadius, 230, cv::FILLED);
  const int shift = GST_VIDEO_INFO_COMP_DEPTH(&info, 0) - 8;
  cv::Mat values, grey(luma.size(), CV_16UC1, cv::Scalar(128 << shift));
  luma.convertTo(values, CV_16U, 1 << shift);
  Picture picture = filled(info, 0x5a);
  const int n = std::min<int>(3, GST_VIDEO_INFO_N_COMPONENTS(&info));
  for (int c = 0; c < n; ++c) {
    const cv::Size size(GST_VIDEO_INFO_COMP_WIDTH(&info, c), GST_VIDEO_INFO_COMP_HEIGHT(&info, c));
    const bool chroma = GST_VIDEO_INFO_IS_YUV(&info) && c > 0;
    set_component(picture, c, (chroma ? grey : values)(cv::Rect({}, size)));
  }
  return picture;
}

std::string detector_caps(int format) {
  return std::string("video/x-raw,width=98,height=50,framerate=25/1,format=") +
         kDetectorFormats[format];
}

}  // namespace

GST_START_TEST(detectors_find_a_disc) {
  for (const char* detector : kDetectors) {
    Stream stream(detector_caps(__i__));
    stream.set("detector", detector);
    const int learning = 100;
    for (int i = 0; i < learning; ++i) {
      stream.show(disc_scene(stream.info(), -1, -1));
      fail_unless_equals_float(figure(stream, "motion"), 0.0);
    }
    fail_unless_equals_float(figure(stream, "max"), 0.0);
    // It comes, moves and stops, and is found where it is, no more and no less.
    cv::Mat path = cv::Mat::zeros(stream.info().height, stream.info().width, CV_8UC1);
    for (int i = 0; i < 35; ++i) {
      const cv::Point place(20 + 2 * std::min(i, 30), 25);
      cv::Mat disc = cv::Mat::zeros(path.size(), CV_8UC1);
      cv::circle(disc, place, kRadius, 255, cv::FILLED);
      path |= disc;
      stream.show(disc_scene(stream.info(), place.x, place.y));
      fail_unless_equals_float(figure(stream, "motion"),
                               cv::countNonZero(disc) / double(disc.total()));
    }
    const cv::Mat found = stream.map() > 0;
    fail_unless(equal(found, path));
    fail_unless_equals_uint64(stream.frames(), learning + 35);
  }
}
GST_END_TEST;

// What is there from the first frame on is background, and learning counts nothing even if
// everything changes.
GST_START_TEST(detectors_learn_first) {
  for (const char* detector : kDetectors) {
    Stream stream(detector_caps(__i__));
    stream.set("detector", detector);
    for (unsigned i = 0; i < 5; ++i) {
      stream.show(noise(stream.info(), i));
      fail_unless_equals_float(figure(stream, "max"), 0.0);
      fail_unless_equals_float(figure(stream, "motion"), 0.0);
    }
    stream.show(noise(stream.info(), 5));
    fail_unless(figure(stream, "max") > 0);
  }
}
GST_END_TEST;

// A detector chosen in mid-stream learns anew, the heat stays; so with a new size.
GST_START_TEST(detectors_change) {
  Stream stream(kGreyCaps);
  stream.set("interval", "0");  // the figure is of the last frame then
  Turning turning(stream.info());
  for (int i = 0; i < 10; ++i) stream.show(turning.next(i > 0));
  const cv::Mat map = stream.map();
  stream.set("detector", "mog2");
  for (int i = 0; i < 5; ++i) {
    stream.show(turning.next());
    fail_unless(equal(stream.map(), map));
  }
  stream.change_caps("video/x-raw,format=GRAY8,width=80,height=48,framerate=25/1");
  Turning larger(stream.info());
  for (int i = 0; i < 5; ++i) {
    stream.show(larger.next());
    fail_unless_equals_float(figure(stream, "motion"), 0.0);
  }
  stream.show(larger.next());
  fail_unless(figure(stream, "motion") > 0);
  stream.set("detector", "difference");
  const cv::Mat before = stream.map();
  stream.show(larger.next());
  fail_unless(equal(stream.map(), before));
}
GST_END_TEST;

// Background

namespace {

const char* const kBackgroundFormats[] = {"BGR", "I420", "GRAY8", "P010_10LE"};

std::string background_caps(int format) {
  return std::string("video/x-raw,width=41,height=23,framerate=25/1,format=") +
         kBackgroundFormats[format];
}

/// Pushes a picture as a buffer that the element may write to, or as one it may not.
Picture show(Stream& stream, const Picture& picture, bool shared) {
  const BufferPtr buffer(stream.timed_buffer(picture));
  if (!shared)
    return to_picture(stream.push(gst_buffer_copy_deep(buffer.get())).get(), stream.info());
  const Picture shown = to_picture(stream.push(gst_buffer_ref(buffer.get())).get(), stream.info());
  fail_unless(to_picture(buffer.get(), stream.info()) == picture);
  return shown;
}

}  // namespace

GST_START_TEST(heat_on_the_first_picture) {
  Stream stream(background_caps(__i__));
  stream.set("background", "first");
  Model model;
  const Picture first = noise(stream.info(), 1);
  Picture picture = first;
  for (unsigned i = 0; i < 8; ++i) {
    fail_unless(show(stream, picture, i % 2) == model.add_and_overlay(picture) || i > 0);
    if (i > 0) fail_unless(equal(stream.map(), model.index({})));
    picture = moved(picture, i);
    model.add(picture);
    fail_unless(show(stream, picture, i % 2) == model.overlay(first));
    model.forget_previous();
    GstBuffer* buffer = stream.timed_buffer(picture);
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
    fail_unless(to_picture(stream.push(buffer).get(), stream.info()) == model.overlay(first));
  }
}
GST_END_TEST;

// Shown with opacity 0, so that it is the average itself. So many frames are averaged whole; later
// parts of the picture take turns.
GST_START_TEST(heat_on_the_average) {
  Stream stream(background_caps(__i__));
  stream.set("background", "average");
  stream.set("opacity", "0");
  const bool wide = stream.info().finfo->bits > 8;
  Picture picture = noise(stream.info(), 1);
  std::vector<cv::Mat> sums(picture.planes.size());
  for (unsigned n = 1; n <= 15; ++n) {
    const Picture shown = show(stream, picture, n % 2);
    for (size_t p = 0; p < sums.size(); ++p) {
      const int channels = picture.planes[p].channels() / (wide ? 2 : 1);
      const int type = CV_MAKETYPE(wide ? CV_16U : CV_8U, channels);
      const auto samples = [&](const cv::Mat& plane) {
        cv::Mat values;
        cv::Mat(plane.rows, plane.cols, type, plane.data).convertTo(values, CV_64F);
        return values;
      };
      if (sums[p].empty()) sums[p] = samples(picture.planes[p]) * 0;
      sums[p] += samples(picture.planes[p]);
      const double difference = cv::norm(samples(shown.planes[p]), sums[p] / n, cv::NORM_INF);
      // 10 bits stand in the upper ones of 16
      fail_unless(difference <= (wide ? 64.5 : 0.51), "plane %d, frame %u: %g", int(p), n,
                  difference);
    }
    picture = moved(picture, n);
  }
}
GST_END_TEST;

// Who passes does not show: a picture in a minute is not to be told from the others.
GST_START_TEST(nobody_shows_in_the_average) {
  Stream stream(kCaps);
  stream.set("background", "average");
  stream.set("opacity", "0");
  const Picture empty = filled(stream.info(), 100), full = filled(stream.info(), 125);
  for (int i = 0; i < 1500; ++i) stream.show(empty);
  fail_unless(stream.show(full) == empty);
}
GST_END_TEST;

GST_START_TEST(background_changes) {
  Stream stream(kCaps);
  stream.set("opacity", "0");
  const Picture a = filled(stream.info(), 10), b = filled(stream.info(), 20);
  fail_unless(stream.show(a) == a);
  stream.set("background", "first");
  fail_unless(stream.show(b) == b);
  fail_unless(stream.show(a) == b);
  stream.set("background", "average");
  fail_unless(stream.show(a) == a);
  fail_unless(stream.show(b) == filled(stream.info(), 15));
  stream.set("output", "none");
  fail_unless(stream.show(b) == b);
  stream.set("output", "overlay");
  stream.set("background", "live");
  fail_unless(stream.show(a) == a);
  stream.set("background", "first");
  fail_unless(stream.show(a) == a);
  // a break leaves it, a new size starts anew
  stream.flush();
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  stream.send(gst_event_new_segment(&segment));
  fail_unless(stream.show(b) == a);
  stream.change_caps("video/x-raw,format=BGR,width=20,height=12,framerate=25/1");
  fail_unless(stream.show(filled(stream.info(), 30)) == filled(stream.info(), 30));
  fail_unless(stream.show(filled(stream.info(), 40)) == filled(stream.info(), 30));
}
GST_END_TEST;

// A frame that shows less than the caps say, and then a whole one again: all of it is background.
GST_START_TEST(background_of_smaller_frames) {
  for (const bool shared : {false, true}) {
    for (const char* kind : {"first", "average"}) {
      Stream stream(kCaps);
      stream.set("opacity", "0");
      stream.set("background", kind);
      const Picture first = filled(stream.info(), 100);
      stream.show(first);
      GstBuffer* smaller = stream.timed_buffer(first);
      GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(smaller);
      crop->width = 20;
      crop->height = 12;
      stream.push(smaller);
      for (int i = 0; i < 1500; ++i) stream.show(first);
      Picture passer_by = first;
      passer_by.planes[0](cv::Rect(30, 16, 10, 8)).setTo(cv::Scalar::all(110));
      fail_unless(show(stream, passer_by, shared) == first, "%s", kind);
    }
  }
}
GST_END_TEST;

static Suite* remember_suite() {
  const auto [suite, tc] = new_suite("remember");
  tcase_add_test(tc, fades_alike_at_any_frame_rate);
  tcase_add_test(tc, fades_alike_at_a_variable_frame_rate);
  tcase_add_test(tc, fades_alike_with_skipped_frames);
  tcase_add_test(tc, fades_alike_without_timestamps);
  tcase_add_test(tc, fades_alike_without_durations);
  tcase_add_test(tc, fades_in_gaps);
  tcase_add_test(tc, does_not_fade_by_a_seek);
  tcase_add_test(tc, fading_shows);
  tcase_add_test(tc, fades_away);
  tcase_add_test(tc, scales_and_curves);
  tcase_add_test(tc, any_percentile);
  tcase_add_test(tc, changes_show_at_once);
  tcase_add_test(tc, half_life_changes);
  tcase_add_test(tc, analyses_one_frame_in_a_time);
  tcase_add_test(tc, fades_between_analysed_frames);
  tcase_add_loop_test(tc, detectors_find_a_disc, 0, int(std::size(kDetectorFormats)));
  tcase_add_loop_test(tc, detectors_learn_first, 0, int(std::size(kDetectorFormats)));
  tcase_add_test(tc, detectors_change);
  tcase_add_loop_test(tc, heat_on_the_first_picture, 0, int(std::size(kBackgroundFormats)));
  tcase_add_loop_test(tc, heat_on_the_average, 0, int(std::size(kBackgroundFormats)));
  tcase_add_test(tc, nobody_shows_in_the_average);
  tcase_add_test(tc, background_changes);
  tcase_add_test(tc, background_of_smaller_frames);
  return suite;
}

GST_CHECK_MAIN(remember)
