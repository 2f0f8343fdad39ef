// SPDX-License-Identifier: LGPL-2.1-or-later
// What happens to a stream besides frames. A break drops the previous frame, never the heat.
#include <functional>

#include "common.h"
#include "model.h"

namespace {

const char* const kCaps = "video/x-raw,format=BGR,width=34,height=21,framerate=25/1";

/// A stream beside what it must show.
class Pair {
 public:
  explicit Pair(const char* caps = kCaps) : stream(caps), picture_(noise(stream.info(), 1)) {
    stream.set("interval", "0");  // `motion` is that of the last frame then
  }

  Stream stream;
  Model model;

  Picture next() { return picture_ = moved(picture_, ++seed_); }
  /// In pictures of another format or size the next ones follow.
  void restart() { picture_ = noise(stream.info(), ++seed_); }

  /// Pushes the next picture with these buffer flags; what comes out must be as the model says.
  BufferPtr expect(guint flags = 0) {
    const Picture picture = next();
    GstBuffer* buffer = stream.timed_buffer(picture);
    GST_BUFFER_FLAG_SET(buffer, flags);
    if (!(flags & (GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_CORRUPTED))) model.add(picture);
    BufferPtr out = stream.push(buffer);
    fail_unless(to_picture(out.get(), stream.info()) == model.overlay(picture));
    return out;
  }
  void expect_some(int n = 3) {
    for (int i = 0; i < n; ++i) expect();
  }

 private:
  Picture picture_;
  unsigned seed_ = 1;
};

GstSegment time_segment() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  return segment;
}

/// Plays, breaks the stream, plays on: the frame after the break is compared with none.
void check_break(const std::function<void(Pair&)>& break_stream) {
  Pair pair;
  pair.expect_some();
  const double max = pair.model.max();
  fail_unless(max > 0);
  break_stream(pair);
  pair.model.forget_previous();
  pair.expect();
  fail_unless_equals_float(double_field(pair.stream.stats().get(), "max"), max);
  fail_unless_equals_float(double_field(pair.stream.stats().get(), "motion"), 0.0);
  pair.expect_some();
  fail_unless_equals_uint64(pair.stream.frames(), 7);
}

}  // namespace

GST_START_TEST(flush) {
  check_break([](Pair& pair) {
    pair.stream.flush();
    const GstSegment segment = time_segment();
    pair.stream.send(gst_event_new_segment(&segment));
  });
}
GST_END_TEST;

GST_START_TEST(flushing_seek) {
  check_break([](Pair& pair) {
    GstSegment segment = time_segment();
    segment.start = segment.time = 90 * GST_SECOND;
    pair.stream.flush();
    pair.stream.send(gst_event_new_segment(&segment));
    pair.stream.next_pts = segment.start;
  });
}
GST_END_TEST;

GST_START_TEST(new_segment) {
  check_break([](Pair& pair) {
    GstSegment segment = time_segment();
    segment.start = segment.time = 50 * GST_SECOND;
    segment.base = 3 * kFrame;
    pair.stream.send(gst_event_new_segment(&segment));
    pair.stream.next_pts = segment.start;
  });
}
GST_END_TEST;

// As a looping source sends them: only the base differs, and time starts again.
GST_START_TEST(segment_of_another_pass) {
  check_break([](Pair& pair) {
    GstSegment segment = time_segment();
    segment.base = 3 * kFrame;
    pair.stream.send(gst_event_new_segment(&segment));
    pair.stream.next_pts = 0;
  });
}
GST_END_TEST;

GST_START_TEST(another_stream) {
  check_break([](Pair& pair) {
    pair.stream.send(gst_event_new_stream_start("another"));
    const GstSegment segment = time_segment();
    pair.stream.send(gst_event_new_segment(&segment));
  });
}
GST_END_TEST;

GST_START_TEST(another_direction_of_play) {
  check_break([](Pair& pair) {
    GstSegment segment = time_segment();
    segment.rate = -1.0;
    segment.stop = GST_SECOND;
    pair.stream.send(gst_event_new_segment(&segment));
  });
}
GST_END_TEST;

GST_START_TEST(hole_that_is_marked) {
  check_break([](Pair& pair) {
    pair.stream.send(gst_event_new_gap(pair.stream.next_pts, 10 * GST_SECOND));
    pair.stream.next_pts += 10 * GST_SECOND;
  });
}
GST_END_TEST;

GST_START_TEST(caps_of_another_format_between) {
  check_break([](Pair& pair) {
    pair.stream.change_caps("video/x-raw,format=RGB,width=34,height=21,framerate=25/1");
    pair.stream.change_caps(kCaps);
  });
}
GST_END_TEST;

// As a leaky queue marks frames: alone it breaks nothing.
GST_START_TEST(discont) {
  Pair pair;
  pair.expect_some();
  for (int i = 0; i < 5; ++i) {
    pair.stream.next_pts += 3 * kFrame;
    pair.expect(GST_BUFFER_FLAG_DISCONT);
  }
  fail_unless_equals_float(double_field(pair.stream.stats().get(), "motion"), pair.model.motion());
  fail_unless_equals_uint64(pair.stream.frames(), 8);
  fail_unless_equals_uint64(pair.stream.skipped(), 0);
}
GST_END_TEST;

GST_START_TEST(gap) {
  Pair pair;
  pair.expect_some();
  const BufferPtr out = pair.expect(GST_BUFFER_FLAG_GAP);
  fail_if(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_GAP));
  fail_unless_equals_uint64(pair.stream.frames(), 3);
  fail_unless_equals_uint64(pair.stream.repeated(), 1);
  fail_unless_equals_uint64(pair.stream.skipped(), 0);
  pair.expect_some();
  fail_unless_equals_uint64(pair.stream.frames(), 6);
}
GST_END_TEST;

// The same for a buffer that is not ours to write to.
GST_START_TEST(gap_in_a_shared_buffer) {
  Pair pair;
  pair.expect_some();
  const Picture picture = pair.next();
  const BufferPtr shared(pair.stream.timed_buffer(picture));
  GST_BUFFER_FLAG_SET(shared.get(), GST_BUFFER_FLAG_GAP);
  const BufferPtr out = pair.stream.push(gst_buffer_ref(shared.get()));
  fail_if(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_GAP));
  fail_unless(GST_BUFFER_FLAG_IS_SET(shared.get(), GST_BUFFER_FLAG_GAP));
  fail_unless(to_picture(out.get(), pair.stream.info()) == pair.model.overlay(picture));
  fail_unless_equals_uint64(pair.stream.repeated(), 1);
}
GST_END_TEST;

// What was not drawn on stays a gap.
GST_START_TEST(gap_that_is_not_drawn_on) {
  Pair pair;
  pair.stream.set("output", "none");
  GstBuffer* buffer = pair.stream.timed_buffer(pair.next());
  GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
  const BufferPtr out = pair.stream.push(buffer);
  fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_GAP));
  fail_unless_equals_uint64(pair.stream.repeated(), 1);
}
GST_END_TEST;

GST_START_TEST(corrupted) {
  Pair pair;
  pair.expect_some();
  const BufferPtr out = pair.expect(GST_BUFFER_FLAG_CORRUPTED);
  fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_CORRUPTED));
  fail_unless_equals_uint64(pair.stream.frames(), 3);
  fail_unless_equals_uint64(pair.stream.skipped(), 1);
  pair.expect_some();
}
GST_END_TEST;

GST_START_TEST(other_framerate) {
  Pair pair;
  pair.expect_some();
  pair.stream.change_caps("video/x-raw,format=BGR,width=34,height=21,framerate=30/1");
  pair.expect_some();
  fail_unless_equals_uint64(pair.stream.frames(), 6);
}
GST_END_TEST;

GST_START_TEST(other_format) {
  const char* const formats[] = {"I420", "RGBA", "NV12", "GRAY8", "xBGR", "BGR"};
  Pair pair;
  pair.expect_some();
  for (const char* format : formats) {
    pair.stream.change_caps(std::string("video/x-raw,width=34,height=21,framerate=25/1,format=") +
                            format);
    pair.model.forget_previous();
    pair.restart();
    pair.expect_some();
  }
  fail_unless_equals_uint64(pair.stream.frames(), 21);
}
GST_END_TEST;

GST_START_TEST(larger_size) {
  Pair pair;
  pair.expect_some(6);
  pair.stream.change_caps("video/x-raw,format=BGR,width=102,height=63,framerate=25/1");
  pair.model.forget_previous();
  pair.model.enlarge(3);
  fail_unless(equal(pair.stream.map(), pair.model.index({})));
  pair.restart();
  pair.expect_some();
  fail_unless_equals_uint64(pair.stream.frames(), 9);
}
GST_END_TEST;

// Through larger sizes, odd factors too, and back: the same map.
GST_START_TEST(larger_size_and_back) {
  Pair pair("video/x-raw,format=I420,width=34,height=21,framerate=25/1");
  pair.expect_some(6);
  for (const char* size : {"width=68,height=42", "width=85,height=50", "width=900,height=21"}) {
    const cv::Mat map = pair.stream.map();
    pair.stream.change_caps(std::string("video/x-raw,format=I420,framerate=25/1,") + size);
    pair.stream.show(noise(pair.stream.info(), 5));
    pair.stream.change_caps("video/x-raw,format=I420,width=34,height=21,framerate=25/1");
    fail_unless(equal(pair.stream.map(), map));
  }
}
GST_END_TEST;

// Halved: a count is the rounded mean of the four that fall together.
GST_START_TEST(smaller_size) {
  Stream stream("video/x-raw,format=GRAY8,width=8,height=2,framerate=25/1");
  // Column x moves in the first x of seven frames, in the upper row only.
  Picture picture = filled(stream.info(), 0);
  stream.show(picture);
  for (int frame = 0; frame < 7; ++frame) {
    for (int x = frame + 1; x < 8; ++x) picture.planes[0].at<uchar>(0, x) ^= 0xff;
    stream.show(picture);
  }
  fail_unless_equals_float(double_field(stream.stats().get(), "max"), 7.0);
  stream.change_caps("video/x-raw,format=GRAY8,width=4,height=1,framerate=25/1");
  stream.show(filled(stream.info(), 0));
  fail_unless_equals_float(double_field(stream.stats().get(), "max"), 3.0);
  // means 1/4, 5/4, 9/4, 13/4 -> counts 0, 1, 2, 3
  const cv::Mat expected = (cv::Mat_<uchar>(1, 4) << 0, 85, 170, 255);
  fail_unless(equal(stream.map(), expected));
}
GST_END_TEST;

GST_START_TEST(missing_timestamps) {
  Pair pair;
  for (int i = 0; i < 5; ++i) {
    const Picture picture = pair.next();
    const BufferPtr out = pair.stream.push(to_buffer(picture));
    fail_unless(to_picture(out.get(), pair.stream.info()) == pair.model.add_and_overlay(picture));
    fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), GST_CLOCK_TIME_NONE);
  }
  fail_unless_equals_uint64(pair.stream.frames(), 5);
}
GST_END_TEST;

GST_START_TEST(timestamps_in_any_order) {
  Pair pair;
  for (int time : {100, 5, 5, 99, 0, 3600, 1}) {
    pair.stream.next_pts = time * GST_SECOND;
    fail_unless_equals_uint64(GST_BUFFER_PTS(pair.expect().get()), time * GST_SECOND);
  }
  fail_unless_equals_uint64(pair.stream.frames(), 7);
}
GST_END_TEST;

namespace {

/// Tells the element that a frame came one second late.
void complain(Stream& stream) {
  fail_unless(gst_harness_push_upstream_event(
      stream.harness(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, kFrame)));
}

}  // namespace

GST_START_TEST(late_frames_are_analysed) {
  Pair pair;
  gboolean qos = TRUE;
  g_object_get(pair.stream.element(), "qos", &qos, nullptr);
  fail_if(qos);
  pair.expect();
  complain(pair.stream);
  pair.expect_some(5);
  fail_unless_equals_uint64(pair.stream.frames(), 6);
}
GST_END_TEST;

GST_START_TEST(late_frames_are_dropped_if_wanted) {
  Pair pair;
  pair.stream.set("qos", "true");
  pair.expect();
  complain(pair.stream);
  for (int i = 0; i < 5; ++i) {
    GstBuffer* buffer = pair.stream.timed_buffer(pair.next());
    fail_unless_equals_int(gst_harness_push(pair.stream.harness(), buffer), GST_FLOW_OK);
  }
  fail_unless_equals_int(gst_harness_buffers_in_queue(pair.stream.harness()), 0);
  fail_unless_equals_uint64(pair.stream.frames(), 1);
}
GST_END_TEST;

GST_START_TEST(reset) {
  Pair pair;
  pair.expect_some();
  g_signal_emit_by_name(pair.stream.element(), "reset");
  fail_unless_equals_uint64(pair.stream.frames(), 0);
  fail_unless_equals_int(cv::countNonZero(pair.stream.map()), 0);
  pair.model.reset();
  pair.expect_some();
  fail_unless_equals_uint64(pair.stream.frames(), 3);
  fail_unless_equals_float(double_field(pair.stream.stats().get(), "max"), pair.model.max());
}
GST_END_TEST;

GST_START_TEST(output_switches) {
  Pair pair;
  for (const char* output :
       {"overlay", "none", "heatmap", "none", "overlay", "heatmap", "overlay", "none"}) {
    pair.stream.set("output", output);
    for (int i = 0; i < 2; ++i) {
      const Picture picture = pair.next();
      pair.model.add(picture);
      const Picture shown = pair.stream.show(picture);
      if (output == std::string("none"))
        fail_unless(shown == picture);
      else if (output == std::string("heatmap"))
        fail_unless(shown == pair.model.heatmap(picture));
      else
        fail_unless(shown == pair.model.overlay(picture));
      fail_unless(equal(pair.stream.map(), pair.model.index({})) || pair.model.max() == 0);
    }
  }
  fail_unless_equals_uint64(pair.stream.frames(), 16);
}
GST_END_TEST;

// After EOS a flush starts the stream anew; what was counted stays.
GST_START_TEST(goes_on_after_eos) {
  Pair pair;
  pair.expect_some();
  pair.stream.send(gst_event_new_eos());
  pair.stream.flush();
  const GstSegment segment = time_segment();
  pair.stream.send(gst_event_new_segment(&segment));
  pair.model.forget_previous();
  pair.expect_some();
  fail_unless_equals_uint64(pair.stream.frames(), 6);
}
GST_END_TEST;

static Suite* lifecycle_suite() {
  const auto [suite, tc] = new_suite("lifecycle");
  tcase_add_test(tc, flush);
  tcase_add_test(tc, flushing_seek);
  tcase_add_test(tc, new_segment);
  tcase_add_test(tc, segment_of_another_pass);
  tcase_add_test(tc, another_stream);
  tcase_add_test(tc, another_direction_of_play);
  tcase_add_test(tc, hole_that_is_marked);
  tcase_add_test(tc, caps_of_another_format_between);
  tcase_add_test(tc, discont);
  tcase_add_test(tc, gap);
  tcase_add_test(tc, gap_in_a_shared_buffer);
  tcase_add_test(tc, gap_that_is_not_drawn_on);
  tcase_add_test(tc, corrupted);
  tcase_add_test(tc, other_framerate);
  tcase_add_test(tc, other_format);
  tcase_add_test(tc, larger_size);
  tcase_add_test(tc, larger_size_and_back);
  tcase_add_test(tc, smaller_size);
  tcase_add_test(tc, missing_timestamps);
  tcase_add_test(tc, timestamps_in_any_order);
  tcase_add_test(tc, late_frames_are_analysed);
  tcase_add_test(tc, late_frames_are_dropped_if_wanted);
  tcase_add_test(tc, reset);
  tcase_add_test(tc, output_switches);
  tcase_add_test(tc, goes_on_after_eos);
  return suite;
}

GST_CHECK_MAIN(lifecycle)
