// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common.h"
#include "files.h"
#include "model.h"

namespace {

const char* const kCaps = "video/x-raw,format=BGR,width=40,height=24,framerate=25/1";

/// A `motionheatmap` message, every field of it.
struct Report {
  guint64 timestamp, stream_time, running_time, duration, frames, skipped, repeated;
  int width, height;
  double max, full_scale, motion, motion_peak, coverage, hot_x, hot_y, noise;
  double box_x, box_y, box_width, box_height;
  bool final;
  SamplePtr heatmap;

  explicit Report(GstMessage* message) {
    const GstStructure* s = gst_message_get_structure(message);
    fail_unless(gst_structure_has_name(s, "motionheatmap"));
    fail_unless_equals_int(gst_structure_n_fields(s), 23);
    timestamp = uint64_field(s, "timestamp");
    stream_time = uint64_field(s, "stream-time");
    running_time = uint64_field(s, "running-time");
    duration = uint64_field(s, "duration");
    frames = uint64_field(s, "frames");
    skipped = uint64_field(s, "skipped");
    repeated = uint64_field(s, "repeated");
    width = int_field(s, "width");
    height = int_field(s, "height");
    max = double_field(s, "max");
    full_scale = double_field(s, "full-scale");
    motion = double_field(s, "motion");
    motion_peak = double_field(s, "motion-peak");
    coverage = double_field(s, "coverage");
    hot_x = double_field(s, "hot-x");
    hot_y = double_field(s, "hot-y");
    noise = double_field(s, "noise");
    box_x = double_field(s, "box-x");
    box_y = double_field(s, "box-y");
    box_width = double_field(s, "box-width");
    box_height = double_field(s, "box-height");
    final = bool_field(s, "final");
    GstSample* sample = nullptr;
    fail_unless(gst_structure_get(s, "heatmap", GST_TYPE_SAMPLE, &sample, nullptr));
    heatmap.reset(sample);
  }
};

/// The next report; fails if there is none.
Report next_report(Stream& stream) {
  const MessagePtr message = stream.pop(GST_MESSAGE_ELEMENT);
  fail_unless(message != nullptr, "no message");
  return Report(message.get());
}

bool has_report(Stream& stream) {
  return stream.pop(GST_MESSAGE_ELEMENT) != nullptr;
}

/// Pushes pictures until a message comes and returns how many it took, 0 if `most` were too few.
int pictures_until_report(Stream& stream, int most = 200) {
  const Picture picture = filled(stream.info(), 0);
  for (int i = 1; i <= most; ++i) {
    stream.show(picture);
    if (has_report(stream)) return i;
  }
  return 0;
}

}  // namespace

GST_START_TEST(every_field) {
  Stream stream(kCaps);
  stream.set("message-width", "0");
  const GstSegment segment = stream.begin_segment_of_distinct_times();
  stream.next_pts = segment.start;

  Model model;
  Picture picture = noise(stream.info(), 1);
  double motion = 0, peak = 0;
  for (unsigned i = 0; i < 25; ++i) {
    fail_if(has_report(stream));
    picture = moved(picture, i);
    model.add(picture);
    motion += model.motion();
    peak = std::max(peak, model.motion());
    stream.show(picture);
  }

  const Report report = next_report(stream);
  fail_if(has_report(stream));
  const GstClockTime last = 24 * kFrame;
  fail_unless_equals_uint64(report.timestamp, 100 * GST_SECOND + last);
  fail_unless_equals_uint64(report.stream_time, 7 * GST_SECOND + last);
  fail_unless_equals_uint64(report.running_time, 3 * GST_SECOND + last);
  fail_unless_equals_uint64(report.duration, kFrame);
  fail_unless_equals_uint64(report.frames, 25);
  fail_unless_equals_uint64(report.skipped, 0);
  fail_unless_equals_int(report.width, 40);
  fail_unless_equals_int(report.height, 24);
  fail_unless_equals_float(report.max, model.max());
  fail_unless_equals_float(report.full_scale, model.max());
  fail_unless_equals_float(report.motion, motion / 25);
  fail_unless_equals_float(report.motion_peak, peak);
  fail_unless_equals_float(report.coverage, model.coverage());
  fail_if(report.final);

  const cv::Mat index = model.index({40, 24});
  fail_unless(equal(sample_map(report.heatmap.get()), index));
  const SamplePtr now = stream.heatmap();
  fail_unless(equal(sample_map(now.get()), index));
  for (GstSample* sample : {report.heatmap.get(), now.get()}) {
    fail_unless_equals_uint64(GST_BUFFER_PTS(gst_sample_get_buffer(sample)), report.timestamp);
    fail_unless_equals_uint64(GST_BUFFER_DURATION(gst_sample_get_buffer(sample)), kFrame);
  }
  cv::Point hottest;  // of equals the first one in reading order
  cv::minMaxLoc(index, nullptr, nullptr, nullptr, &hottest);
  fail_unless_equals_float(report.hot_x, (hottest.x + 0.5) / 40);
  fail_unless_equals_float(report.hot_y, (hottest.y + 0.5) / 24);
}
GST_END_TEST;

GST_START_TEST(stats_are_those_of_the_message) {
  Stream stream(kCaps);
  stream.set("interval", "0");
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    picture = moved(picture, i);
    stream.show(picture);
    const MessagePtr message = stream.pop(GST_MESSAGE_ELEMENT);
    GstStructure* posted = gst_structure_copy(gst_message_get_structure(message.get()));
    gst_structure_remove_field(posted, "heatmap");
    const StructurePtr stats = stream.stats();
    gst_structure_set_name(posted, gst_structure_get_name(stats.get()));
    fail_unless(gst_structure_is_equal(posted, stats.get()));
    gst_structure_free(posted);
  }
}
GST_END_TEST;

GST_START_TEST(hot_spot_of_a_single_pixel) {
  Stream stream(kCaps);
  stream.set("interval", "0");
  Picture picture = filled(stream.info(), 10);
  stream.show(picture);
  const Report still = next_report(stream);
  fail_unless_equals_float(still.max, 0.0);
  fail_unless_equals_float(still.full_scale, 0.0);
  fail_unless_equals_float(still.hot_x, 0.0);
  fail_unless_equals_float(still.hot_y, 0.0);
  fail_unless_equals_int(cv::countNonZero(sample_map(still.heatmap.get())), 0);

  picture.planes[0].at<cv::Vec3b>(17, 31) = {200, 200, 200};
  stream.show(picture);
  const Report moved = next_report(stream);
  fail_unless_equals_float(moved.max, 1.0);
  fail_unless_equals_float(moved.motion, 1 / 960.0);
  fail_unless_equals_float(moved.coverage, 1 / 960.0);
  fail_unless_equals_float(moved.hot_x, 31.5 / 40);
  fail_unless_equals_float(moved.hot_y, 17.5 / 24);

  stream.show(picture);
  const Report after = next_report(stream);
  fail_unless_equals_float(after.motion, 0.0);
  fail_unless_equals_float(after.coverage, 1 / 960.0);
}
GST_END_TEST;

GST_START_TEST(come_before_the_frame_and_before_eos) {
  Stream stream(kCaps);
  stream.set("interval", std::to_string(2 * kFrame));
  const Order order(stream);
  for (int i = 0; i < 3; ++i) stream.show(filled(stream.info(), 0));
  stream.send(gst_event_new_eos());
  order.expect({"buffer", "message", "buffer", "buffer", "final", "eos"});
}
GST_END_TEST;

GST_START_TEST(final_one) {
  Stream stream(kCaps);
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 30; ++i) {
    picture = moved(picture, i);
    model.add(picture);
    stream.show(picture);
  }
  fail_if(next_report(stream).final);
  stream.send(gst_event_new_eos());
  const Report report = next_report(stream);
  fail_unless(report.final);
  fail_unless_equals_uint64(report.timestamp, 29 * kFrame);
  fail_unless_equals_uint64(report.frames, 30);
  fail_unless_equals_float(report.coverage, model.coverage());
  fail_if(has_report(stream));
}
GST_END_TEST;

// What changes between the last frame and the end holds for the end.
GST_START_TEST(settings_that_change_before_the_end) {
  const Directory directory;
  for (const bool wanted : {false, true}) {
    Stream stream(kCaps);
    stream.set("post-messages", wanted ? "false" : "true");
    stream.show(noise(stream.info(), 1));
    stream.set("post-messages", wanted ? "true" : "false");
    stream.set("message-width", "7");
    stream.set("snapshot-location", directory / (wanted ? "wanted.tiff" : "other.tiff"));
    stream.send(gst_event_new_eos());
    MessagePtr report;
    while (MessagePtr message = stream.pop(GST_MESSAGE_ELEMENT))
      if (gst_message_has_name(message.get(), "motionheatmap")) report = std::move(message);
    fail_unless_equals_int(report != nullptr, wanted);
    if (wanted) fail_unless_equals_int(sample_map(Report(report.get()).heatmap.get()).cols, 7);
  }
  fail_unless_equals_int(directory.size(), 2);
}
GST_END_TEST;

GST_START_TEST(none_if_not_wanted) {
  Stream stream(kCaps);
  stream.set("post-messages", "false");
  fail_unless_equals_int(pictures_until_report(stream, 60), 0);
  stream.send(gst_event_new_eos());
  fail_if(has_report(stream));
}
GST_END_TEST;

GST_START_TEST(wanted_again) {
  Stream stream(kCaps);
  stream.set("post-messages", "false");
  fail_unless_equals_int(pictures_until_report(stream, 30), 0);
  stream.set("post-messages", "true");
  fail_unless_equals_int(pictures_until_report(stream), 20);
}
GST_END_TEST;

GST_START_TEST(every_second) {
  Stream stream(kCaps);
  stream.next_pts = 10 * GST_SECOND + 300 * GST_MSECOND;
  for (int i = 0; i < 4; ++i) fail_unless_equals_int(pictures_until_report(stream), 25);
}
GST_END_TEST;

// 30000/1001 frames a second do not fit into a second. What is over counts for the next one.
GST_START_TEST(uneven_framerate) {
  Stream stream("video/x-raw,format=GRAY8,width=4,height=4,framerate=30000/1001");
  const Picture picture = filled(stream.info(), 0);
  std::vector<int> reported;
  for (int i = 0; i < 100; ++i) {
    GstBuffer* buffer = to_buffer(picture);
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(i, 1001 * GST_SECOND, 30000);
    GST_BUFFER_DURATION(buffer) =
        gst_util_uint64_scale(i + 1, 1001 * GST_SECOND, 30000) - GST_BUFFER_PTS(buffer);
    stream.push(buffer);
    if (has_report(stream)) reported.push_back(i);
  }
  // 30 frames end at 1.001 s, 60 at 2.002 s, 90 at 3.003 s
  fail_unless((reported == std::vector<int>{29, 59, 89}));
}
GST_END_TEST;

GST_START_TEST(every_frame) {
  Stream stream(kCaps);
  stream.set("interval", "0");
  for (guint64 i = 0; i < 5; ++i) {
    stream.show(filled(stream.info(), 0));
    fail_unless_equals_uint64(next_report(stream).timestamp, i * kFrame);
    fail_if(has_report(stream));
  }
}
GST_END_TEST;

GST_START_TEST(interval_changes) {
  Stream stream(kCaps);
  fail_unless_equals_int(pictures_until_report(stream), 25);
  stream.set("interval", std::to_string(5 * kFrame));
  fail_unless_equals_int(pictures_until_report(stream), 5);
  fail_unless_equals_int(pictures_until_report(stream), 5);
  stream.set("interval", std::to_string(GST_SECOND));
  // The grid of whole seconds starts with the stream: 35 frames have passed.
  fail_unless_equals_int(pictures_until_report(stream), 15);
  fail_unless_equals_int(pictures_until_report(stream), 25);
}
GST_END_TEST;

GST_START_TEST(a_hole_in_time_gives_one_message) {
  Stream stream(kCaps);
  fail_unless_equals_int(pictures_until_report(stream), 25);
  stream.next_pts = 6 * GST_SECOND + 500 * GST_MSECOND;
  fail_unless_equals_int(pictures_until_report(stream), 1);
  fail_if(has_report(stream));
  // That frame ended at 6.54 s, so it takes 12 more until 7 s have passed.
  fail_unless_equals_int(pictures_until_report(stream), 12);
  fail_unless_equals_int(pictures_until_report(stream), 25);
}
GST_END_TEST;

GST_START_TEST(without_timestamps) {
  Stream stream(kCaps);
  const Picture picture = filled(stream.info(), 0);
  for (int i = 0; i < 50; ++i) {
    fail_unless(stream.push(to_buffer(picture)) != nullptr);
    fail_unless_equals_int(has_report(stream), i == 24 || i == 49);
  }
  stream.send(gst_event_new_eos());
  const Report report = next_report(stream);
  fail_unless_equals_uint64(report.frames, 50);
  fail_unless_equals_uint64(report.timestamp, GST_CLOCK_TIME_NONE);
  fail_unless_equals_uint64(report.stream_time, GST_CLOCK_TIME_NONE);
  fail_unless_equals_uint64(report.running_time, GST_CLOCK_TIME_NONE);
  fail_unless_equals_uint64(report.duration, kFrame);
}
GST_END_TEST;

GST_START_TEST(without_any_notion_of_time) {
  Stream stream("video/x-raw,format=BGR,width=40,height=24,framerate=0/1");
  const Picture picture = filled(stream.info(), 0);
  for (int i = 0; i < 60; ++i) {
    stream.push(to_buffer(picture));
    fail_if(has_report(stream));
  }
  stream.set("interval", "0");
  stream.push(to_buffer(picture));
  fail_unless_equals_uint64(next_report(stream).duration, GST_CLOCK_TIME_NONE);
  stream.send(gst_event_new_eos());
  fail_unless(next_report(stream).final);
}
GST_END_TEST;

// No framerate in the caps, no durations: the timestamps alone tell the time.
GST_START_TEST(without_framerate) {
  Stream stream("video/x-raw,format=BGR,width=40,height=24,framerate=0/1");
  const Picture picture = filled(stream.info(), 0);
  for (int i = 0; i < 60; ++i) {
    GstBuffer* buffer = to_buffer(picture);
    GST_BUFFER_PTS(buffer) = i * kFrame;
    stream.push(buffer);
    fail_unless_equals_int(has_report(stream), i == 25 || i == 50);
  }
}
GST_END_TEST;

GST_START_TEST(size_of_the_map) {
  struct {
    int width, height;
    const char* asked;
    int map_width, map_height;
  } const cases[] = {
      {128, 96, "64", 64, 48}, {40, 24, "64", 40, 24}, {40, 24, "0", 40, 24},
      {17, 9, "5", 5, 3},      {21, 9, "7", 7, 3},     {300, 1, "64", 64, 1},
      {40, 24, "1", 1, 1},     {9, 200, "3", 3, 67},   {64, 36, "64", 64, 36},
  };
  for (const auto& c : cases) {
    Stream stream("video/x-raw,format=GRAY8,framerate=25/1,width=" + std::to_string(c.width) +
                  ",height=" + std::to_string(c.height));
    stream.set("interval", "0");
    stream.set("message-width", c.asked);
    stream.show(filled(stream.info(), 0));
    const Report report = next_report(stream);
    fail_unless_equals_int(report.width, c.width);
    fail_unless_equals_int(report.height, c.height);
    const cv::Mat map = sample_map(report.heatmap.get());
    fail_unless_equals_int(map.cols, c.map_width);
    fail_unless_equals_int(map.rows, c.map_height);
  }
}
GST_END_TEST;

// A cell is the maximum of what it covers.
GST_START_TEST(cells_of_the_map) {
  Stream stream("video/x-raw,format=GRAY8,width=129,height=51,framerate=25/1");
  stream.set("interval", "0");
  stream.set("message-width", "43");
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 6; ++i) {
    stream.show(picture);
    model.add(picture);
    const cv::Mat index = model.index({129, 51});
    cv::Mat cells(17, 43, CV_8UC1);
    for (int y = 0; y < cells.rows; ++y) {
      for (int x = 0; x < cells.cols; ++x) {
        double max = 0;
        cv::minMaxLoc(index(cv::Rect(3 * x, 3 * y, 3, 3)), nullptr, &max);
        cells.at<uchar>(y, x) = uchar(max);
      }
    }
    fail_unless(equal(sample_map(next_report(stream).heatmap.get()), cells));
    // One pixel in a corner of its cell, and a larger area.
    picture = moved(picture, i);
    picture.planes[0].at<uchar>(50, 126) ^= 0x80;
  }
}
GST_END_TEST;

GST_START_TEST(skipped_frames_count_apart) {
  Stream stream(kCaps);
  stream.set("interval", "0");
  const Picture picture = filled(stream.info(), 0);
  const GstBufferFlags flags[] = {GstBufferFlags(0), GST_BUFFER_FLAG_GAP, GST_BUFFER_FLAG_CORRUPTED,
                                  GstBufferFlags(0)};
  for (GstBufferFlags flag : flags) {
    GstBuffer* buffer = stream.timed_buffer(picture);
    GST_BUFFER_FLAG_SET(buffer, flag);
    stream.push(buffer);
  }
  MessagePtr message, last;
  while ((message = stream.pop(GST_MESSAGE_ELEMENT))) last = std::move(message);
  const Report report(last.get());
  fail_unless_equals_uint64(report.frames, 2);
  fail_unless_equals_uint64(report.skipped, 1);
  fail_unless_equals_uint64(report.repeated, 1);
  fail_unless_equals_uint64(report.timestamp, 3 * kFrame);
}
GST_END_TEST;

// The figures are of the frames since the last message. Those that were not analysed do not count,
// and a message after which none was says that nothing moved.
GST_START_TEST(motion_since_the_last_message) {
  Stream stream("video/x-raw,format=GRAY8,width=10,height=10,framerate=25/1");
  stream.set("interval", std::to_string(4 * kFrame));
  Picture picture = filled(stream.info(), 0);
  const auto push = [&](int pixels, guint flags) {
    for (int x = 0; x < pixels; ++x) picture.planes[0].at<uchar>(0, x) ^= 0xff;
    GstBuffer* buffer = stream.timed_buffer(picture);
    GST_BUFFER_FLAG_SET(buffer, flags);
    stream.push(buffer);
  };
  for (int pixels : {0, 2, 0, 6}) push(pixels, 0);
  const Report report = next_report(stream);
  fail_unless_equals_float(report.motion, 0.02);
  fail_unless_equals_float(report.motion_peak, 0.06);
  push(1, 0);
  push(0, GST_BUFFER_FLAG_GAP);
  push(3, 0);
  push(0, GST_BUFFER_FLAG_CORRUPTED);
  const Report later = next_report(stream);
  fail_unless_equals_float(later.motion, 0.02);
  fail_unless_equals_float(later.motion_peak, 0.03);
  for (int i = 0; i < 4; ++i) push(0, GST_BUFFER_FLAG_GAP);
  const Report none = next_report(stream);
  fail_unless_equals_float(none.motion, 0.0);
  fail_unless_equals_float(none.motion_peak, 0.0);
  fail_unless_equals_uint64(none.repeated, 5);
  push(5, 0);
  stream.send(gst_event_new_eos());
  const Report end = next_report(stream);
  fail_unless(end.final);
  fail_unless_equals_float(end.motion, 0.05);
}
GST_END_TEST;

// A program that does not read its bus does not lose its memory to messages.
GST_START_TEST(unread_messages_do_not_pile_up) {
  Stream stream(kCaps);
  stream.set("interval", "0");
  const Picture picture = filled(stream.info(), 0);
  for (int i = 0; i < 300; ++i) stream.show(picture);
  fail_unless_equals_uint64(stream.frames(), 300);
  int unread = 0;
  while (has_report(stream)) ++unread;
  fail_unless_equals_int(unread, 256);
  // They go on as soon as somebody reads.
  stream.show(picture);
  fail_unless_equals_uint64(next_report(stream).frames, 301);
  for (int i = 0; i < 300; ++i) stream.show(picture);
  next_report(stream);
  stream.show(picture);
  fail_unless_equals_int(GST_MESSAGE_TYPE(stream.pop(GST_MESSAGE_ANY).get()), GST_MESSAGE_ELEMENT);
  // The last one comes in any case.
  for (int i = 0; i < 300; ++i) stream.show(picture);
  stream.send(gst_event_new_eos());
  MessagePtr message, last;
  while ((message = stream.pop(GST_MESSAGE_ELEMENT))) last = std::move(message);
  fail_unless(Report(last.get()).final);
}
GST_END_TEST;

GST_START_TEST(of_a_segment_that_is_done) {
  Stream stream(kCaps);
  for (int i = 0; i < 3; ++i) stream.show(noise(stream.info(), i));
  stream.send(gst_event_new_segment_done(GST_FORMAT_TIME, 3 * kFrame));
  const Report report = next_report(stream);
  fail_unless(report.final);
  fail_unless_equals_uint64(report.frames, 3);
}
GST_END_TEST;

// How long frames last does not change how many messages come in a time.
GST_START_TEST(durations_that_overlap) {
  Stream stream(kCaps);
  const Picture picture = filled(stream.info(), 0);
  int reports = 0;
  for (int i = 0; i < 100; ++i) {
    GstBuffer* buffer = stream.timed_buffer(picture);
    GST_BUFFER_DURATION(buffer) = i % 2 ? 3 * GST_SECOND : kFrame;
    stream.push(buffer);
    reports += has_report(stream);
  }
  // 99 frames later one ends 3 s after it began: seven seconds have ended in all.
  fail_unless(reports <= 5, "%d messages", reports);
}
GST_END_TEST;

GST_START_TEST(reverse_play) {
  Stream stream(kCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = -1.0;
  segment.stop = 4 * GST_SECOND;
  stream.send(gst_event_new_segment(&segment));
  const Picture picture = filled(stream.info(), 0);
  std::vector<int> reported;
  for (int i = 0; i < 60; ++i) {
    stream.next_pts = segment.stop - (i + 1) * kFrame;
    stream.show(picture);
    const MessagePtr message = stream.pop(GST_MESSAGE_ELEMENT);
    if (!message) continue;
    reported.push_back(i);
    fail_unless_equals_uint64(Report(message.get()).stream_time, segment.stop - (i + 1) * kFrame);
  }
  fail_unless((reported == std::vector<int>{24, 49}));
}
GST_END_TEST;

namespace {

/// The frames with which messages come where frames lie as `distances` say by turns, some without a
/// time, in a segment of this rate.
std::vector<int> reported_at(double rate, const std::vector<GstClockTime>& distances,
                             bool some_times) {
  Stream stream(kCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.stop = 100 * GST_SECOND;
  stream.send(gst_event_new_segment(&segment));
  GstClockTime time = rate < 0 ? 90 * GST_SECOND : 0;
  std::vector<int> reported;
  for (int i = 0; i < 100; ++i) {
    GstBuffer* buffer = stream.timed_buffer(filled(stream.info(), 0));
    GST_BUFFER_PTS(buffer) = some_times && i % 3 ? GST_CLOCK_TIME_NONE : time;
    stream.push(buffer);
    if (has_report(stream)) reported.push_back(i);
    const GstClockTime distance = distances[size_t(i) % distances.size()];
    time += rate < 0 ? -distance : distance;
  }
  return reported;
}

}  // namespace

// Time goes by as it does forwards, also where durations tell something else or times are missing.
GST_START_TEST(reverse_play_takes_as_long) {
  for (const std::vector<GstClockTime>& distances :
       {std::vector{kFrame}, {3 * kFrame}, {kFrame / 2}, {2 * kFrame, 10 * kFrame, kFrame}}) {
    for (const bool some_times : {false, true}) {
      const std::vector<int> forwards = reported_at(1, distances, some_times);
      fail_unless(!forwards.empty());
      fail_unless(reported_at(-1, distances, some_times) == forwards);
    }
  }
}
GST_END_TEST;

static Suite* messages_suite() {
  const auto [suite, tc] = new_suite("messages");
  tcase_add_test(tc, every_field);
  tcase_add_test(tc, stats_are_those_of_the_message);
  tcase_add_test(tc, hot_spot_of_a_single_pixel);
  tcase_add_test(tc, come_before_the_frame_and_before_eos);
  tcase_add_test(tc, final_one);
  tcase_add_test(tc, settings_that_change_before_the_end);
  tcase_add_test(tc, none_if_not_wanted);
  tcase_add_test(tc, wanted_again);
  tcase_add_test(tc, every_second);
  tcase_add_test(tc, uneven_framerate);
  tcase_add_test(tc, every_frame);
  tcase_add_test(tc, interval_changes);
  tcase_add_test(tc, a_hole_in_time_gives_one_message);
  tcase_add_test(tc, without_timestamps);
  tcase_add_test(tc, without_any_notion_of_time);
  tcase_add_test(tc, without_framerate);
  tcase_add_test(tc, size_of_the_map);
  tcase_add_test(tc, cells_of_the_map);
  tcase_add_test(tc, skipped_frames_count_apart);
  tcase_add_test(tc, motion_since_the_last_message);
  tcase_add_test(tc, unread_messages_do_not_pile_up);
  tcase_add_test(tc, of_a_segment_that_is_done);
  tcase_add_test(tc, durations_that_overlap);
  tcase_add_test(tc, reverse_play);
  tcase_add_test(tc, reverse_play_takes_as_long);
  return suite;
}

GST_CHECK_MAIN(messages)
