// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams that never end, in which everything happens again and again.
#include <malloc.h>

#include <cmath>

#include "common.h"

namespace {

const char* const kCaps = "video/x-raw,format=GRAY8,width=32,height=16,framerate=25/1";

/// Bytes in use. The sanitizers' own allocator tells nothing here, but they look for leaks.
size_t memory() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// Runs a cycle a few times to warm up and then often; memory must not grow by more than what
/// caches and queues of messages come and go with, which is much less than a frame a cycle.
template <typename Cycle>
void expect_no_growth(int n, Cycle cycle) {
  constexpr size_t kSlack = 32 * 1024;
  for (int i = 0; i < n / 4; ++i) cycle();
  const size_t before = memory();
  for (int i = n / 4; i < n; ++i) cycle();
  const size_t after = memory();
  fail_unless(after <= before + kSlack, "%zu bytes more", after - before);
}

/// Drops what queues up in the bus and the harness; no more than `warnings` of it may be complaints.
void drop_queues(Stream& stream, int warnings = 0) {
  while (const MessagePtr message = stream.pop(GST_MESSAGE_ANY))
    if (GST_MESSAGE_TYPE(message.get()) & (GST_MESSAGE_WARNING | GST_MESSAGE_ERROR))
      fail_unless(--warnings >= 0);
  while (GstEvent* event = gst_harness_try_pull_event(stream.harness())) gst_event_unref(event);
  while (GstEvent* event = gst_harness_try_pull_upstream_event(stream.harness()))
    gst_event_unref(event);
}

/// Black and white pictures in turn, cheaply.
class Blinking {
 public:
  explicit Blinking(const GstVideoInfo& info)
      : black_(to_buffer(filled(info, 0))), white_(to_buffer(filled(info, 255))) {}

  GstBuffer* next() { return gst_buffer_copy((n_++ % 2 ? white_ : black_).get()); }
  GstBuffer* next(GstClockTime pts, GstClockTime duration) {
    GstBuffer* buffer = next();
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DURATION(buffer) = duration;
    return buffer;
  }

 private:
  BufferPtr black_, white_;
  int n_ = 0;
};

double figure(const Stream& stream, const char* field) {
  return double_field(stream.stats().get(), field);
}

}  // namespace

// Another size, format and frame rate each time, with motion between.
GST_START_TEST(a_thousand_caps) {
  const char* const formats[] = {"I420", "BGR",       "NV12", "GRAY8",
                                 "RGBA", "P010_10LE", "YUY2", "xRGB"};
  const char* const rates[] = {"25/1", "0/1", "30000/1001", "1000/1", "1/1"};
  const std::pair<int, int> sizes[] = {{32, 16}, {33, 17}, {8, 8}, {100, 3}, {1, 1}, {130, 70}};
  Stream stream(kCaps);
  stream.set("interval", "0");
  stream.set("background", "average");
  guint64 frames = 0;
  int n = 0;
  // A cycle of 240 combinations, but for 40 caps each is enough to compare.
  expect_no_growth(25, [&] {
    for (int i = 0; i < 40; ++i, ++n) {
      const auto [width, height] = sizes[i % 6];
      stream.change_caps("video/x-raw,format=" + std::string(formats[i % 8]) +
                         ",framerate=" + rates[i % 5] + ",width=" + std::to_string(width) +
                         ",height=" + std::to_string(height));
      for (const int value : {0, 255, 0}) {
        const Picture shown = stream.show(filled(stream.info(), value));
        fail_unless_equals_uint64(stream.frames(), ++frames);
        fail_unless_equals_int(shown.info.width, width);
      }
      fail_unless_equals_float(figure(stream, "motion"), 1.0);
      drop_queues(stream);
    }
  });
  fail_unless_equals_int(n, 1000);
  // Every pixel moved twice in each, whatever the size.
  fail_unless_equals_float(figure(stream, "max"), 2000.0);
  fail_unless_equals_float(figure(stream, "coverage"), 1.0);
}
GST_END_TEST;

// Nothing moves across a flush.
GST_START_TEST(ten_thousand_flushes) {
  Stream stream(kCaps);
  Blinking blinking(stream.info());
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  stream.push(blinking.next(0, kFrame));
  stream.push(blinking.next(kFrame, kFrame));
  expect_no_growth(10000, [&] {
    stream.flush();
    stream.send(gst_event_new_segment(&segment));
    stream.push(blinking.next(0, kFrame));
    drop_queues(stream, 1);  // once it is told that no two frames can be compared
  });
  fail_unless_equals_uint64(stream.frames(), 10002);
  fail_unless_equals_float(figure(stream, "max"), 1.0);
}
GST_END_TEST;

GST_START_TEST(a_thousand_starts_and_stops) {
  Stream stream("");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  expect_no_growth(1000, [&] {
    gst_element_set_state(stream.element(), GST_STATE_READY);
    gst_element_set_state(stream.element(), GST_STATE_PLAYING);
    stream.change_caps(kCaps);
    stream.send(gst_event_new_segment(&segment));
    for (unsigned i = 0; i < 3; ++i) stream.show(filled(stream.info(), i % 2 ? 255 : 0));
    fail_unless_equals_uint64(stream.frames(), 3);
    fail_unless_equals_float(figure(stream, "max"), 2.0);
    drop_queues(stream);
  });
}
GST_END_TEST;

// Messages

namespace {

/// Checks that after each frame with which `interval` is full, and after no other, a message of
/// that frame comes. Each frame has its end here.
class Messages {
 public:
  Messages(Stream& stream, GstClockTime interval) : stream_(stream), interval_(interval) {
    stream.set("interval", std::to_string(interval));
    stream.set("message-width", "1");
  }

  void expect(GstClockTime pts, GstClockTime end) {
    const MessagePtr message = stream_.pop(GST_MESSAGE_ELEMENT);
    ++frames_;
    const bool full = end / interval_ > end_ / interval_;
    end_ = end;
    fail_unless_equals_int(message != nullptr, full);
    if (!full) return;
    ++n;
    const GstStructure* s = gst_message_get_structure(message.get());
    fail_unless_equals_uint64(uint64_field(s, "frames"), frames_);
    fail_unless_equals_uint64(uint64_field(s, "timestamp"), pts);
    fail_unless(stream_.pop(GST_MESSAGE_ELEMENT) == nullptr);
  }

  guint64 n = 0;

 private:
  Stream& stream_;
  const GstClockTime interval_;
  GstClockTime end_ = 0;
  guint64 frames_ = 0;
};

constexpr GstClockTime kHour = 3600 * GST_SECOND;

std::string caps_of(int fps_n, int fps_d) {
  return "video/x-raw,format=GRAY8,width=32,height=16,framerate=" + std::to_string(fps_n) + '/' +
         std::to_string(fps_d);
}

}  // namespace

// At frame rates that divide a second and others; times are rounded to nanoseconds.
GST_START_TEST(a_day_of_messages) {
  const struct {
    int fps_n, fps_d;
    GstClockTime interval;
    guint64 expected;
  } days[] = {
      {2, 1, GST_SECOND, 86400},
      {1, 7, GST_SECOND, 12343},  // a frame is longer than the interval; the last one ends later
      {30000, 1001, 60 * GST_SECOND, 60},  // an hour of it
  };
  for (const auto& day : days) {
    const GstClockTime length = day.fps_n == 30000 ? kHour : 24 * kHour;
    Stream stream(caps_of(day.fps_n, day.fps_d));
    Blinking blinking(stream.info());
    Messages messages(stream, day.interval);
    const auto time_of = [&](guint64 i) {
      return gst_util_uint64_scale(i, GST_SECOND * day.fps_d, day.fps_n);
    };
    guint64 i = 0;
    for (; time_of(i) < length; ++i) {
      stream.push(blinking.next(time_of(i), time_of(i + 1) - time_of(i)));
      messages.expect(time_of(i), time_of(i + 1));
    }
    fail_unless_equals_uint64(messages.n, day.expected);
    fail_unless_equals_uint64(stream.frames(), i);
    fail_unless_equals_float(figure(stream, "max"), double(i - 1));
  }
}
GST_END_TEST;

// None has a timestamp: durations tell the time, or the frame rate does.
GST_START_TEST(messages_without_timestamps) {
  for (const auto& [fps_n, fps_d] : {std::pair{25, 1}, {1, 1}, {1, 3}, {100, 1}, {1000, 1}}) {
    for (const bool durations : {true, false}) {
      const GstClockTime frame = GST_SECOND * guint64(fps_d) / guint64(fps_n);
      Stream stream(durations ? caps_of(0, 1) : caps_of(fps_n, fps_d));
      Blinking blinking(stream.info());
      Messages messages(stream, GST_SECOND);
      for (guint64 i = 0; i < 3000; ++i) {
        stream.push(blinking.next(GST_CLOCK_TIME_NONE, durations ? frame : GST_CLOCK_TIME_NONE));
        messages.expect(GST_CLOCK_TIME_NONE, (i + 1) * frame);
      }
      fail_unless_equals_uint64(messages.n, std::min<guint64>(3000, 3000 * frame / GST_SECOND));
    }
  }
}
GST_END_TEST;

// Times without durations, and a rate that is unknown or as of video in slow motion.
GST_START_TEST(messages_at_any_frame_rate) {
  Stream unknown(caps_of(0, 1));
  Blinking blinking(unknown.info());
  Messages messages(unknown, GST_SECOND);
  for (guint64 i = 0; i < 1000; ++i) {
    unknown.push(blinking.next(i * kFrame, GST_CLOCK_TIME_NONE));
    messages.expect(i * kFrame, i * kFrame);
  }
  fail_unless_equals_uint64(messages.n, 39);

  for (const auto& [fps_n, fps_d] :
       {std::pair{1000, 1}, {240, 1}, {60000, 1001}, {24000, 1001}, {15, 2}, {1, 1}, {1, 60}}) {
    Stream stream(caps_of(fps_n, fps_d));
    Messages every(stream, GST_SECOND);
    const GstClockTime frame = gst_util_uint64_scale(GST_SECOND, guint64(fps_d), guint64(fps_n));
    for (guint64 i = 0; i < 2000; ++i) {
      const GstClockTime time =
          gst_util_uint64_scale(i, GST_SECOND * guint64(fps_d), guint64(fps_n));
      stream.push(blinking.next(time, GST_CLOCK_TIME_NONE));
      every.expect(time, time + frame);
    }
  }
}
GST_END_TEST;

// The clock of the source wraps around, in the middle of an interval or at its end.
GST_START_TEST(timestamps_wrap_around) {
  for (const guint64 before : {guint64{37}, guint64{50}}) {
    Stream stream(kCaps);
    stream.set("half-life", "1000000000");
    Blinking blinking(stream.info());
    Messages messages(stream, GST_SECOND);
    const GstClockTime start = GstClockTime(0) - before * kFrame - 2;
    double expected = 0;
    for (guint64 i = 0; i < 200; ++i) {
      const GstClockTime pts = start + i * kFrame;
      const BufferPtr out = stream.push(blinking.next(pts, kFrame));
      fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), pts);
      messages.expect(pts, (i + 1) * kFrame);
      expected = expected * std::exp2(-0.04) + (i > 0);
      if (i > 0) fail_unless(std::abs(figure(stream, "max") / expected - 1) < 1.0 / 512);
    }
    fail_unless_equals_uint64(messages.n, 8);
  }
}
GST_END_TEST;

// Nothing of these tells the time: the messages of all frames come, and the final one.
GST_START_TEST(a_stream_without_any_time) {
  Stream stream(caps_of(0, 1));
  Blinking blinking(stream.info());
  for (int i = 0; i < 100; ++i)
    stream.push(blinking.next(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE));
  fail_unless(stream.pop(GST_MESSAGE_ELEMENT) == nullptr);
  stream.set("interval", "0");
  for (int i = 0; i < 100; ++i) {
    stream.push(blinking.next(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE));
    fail_unless(stream.pop(GST_MESSAGE_ELEMENT) != nullptr);
  }
  fail_unless_equals_uint64(stream.frames(), 200);
  fail_unless_equals_float(figure(stream, "max"), 199.0);
  stream.send(gst_event_new_eos());
  const MessagePtr last = stream.pop(GST_MESSAGE_ELEMENT);
  fail_unless(bool_field(gst_message_get_structure(last.get()), "final"));
}
GST_END_TEST;

static Suite* endurance_suite() {
  const auto [suite, tc] = new_suite("endurance");
  tcase_add_test(tc, a_thousand_caps);
  tcase_add_test(tc, ten_thousand_flushes);
  tcase_add_test(tc, a_thousand_starts_and_stops);
  tcase_add_test(tc, a_day_of_messages);
  tcase_add_test(tc, messages_without_timestamps);
  tcase_add_test(tc, messages_at_any_frame_rate);
  tcase_add_test(tc, timestamps_wrap_around);
  tcase_add_test(tc, a_stream_without_any_time);
  return suite;
}

GST_CHECK_MAIN(endurance)
