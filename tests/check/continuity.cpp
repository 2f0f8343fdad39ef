// SPDX-License-Identifier: LGPL-2.1-or-later
// What is compared with what, as the table in docs/element.md has it, and how stream time goes on.
#include "../../gst/continuity.h"

#include <functional>
#include <random>

#include "common.h"

namespace {

using Treatment = Continuity::Treatment;

/// Frames of a stream of 25 a second, one after the other, unless told otherwise.
class Frames {
 public:
  Continuity continuity;
  Continuity::Rules rules;
  FrameTimes times{.timestamp = 0, .stream_time = 0, .running_time = 0, .duration = kFrame};

  Continuity::Verdict at(GstClockTime time, guint flags = 0) {
    times.timestamp = times.stream_time = times.running_time = time;
    return continuity.frame(times, GstBufferFlags(flags), rules);
  }
  /// `n` frames, each `distance` after the one before.
  Continuity::Verdict play(int n, guint flags = 0, GstClockTime distance = kFrame) {
    Continuity::Verdict verdict;
    for (int i = 0; i < n; ++i) {
      verdict = at(next_, flags);
      next_ += times.reverse ? -distance : distance;
    }
    return verdict;
  }
  void jump(GstClockTimeDiff by) { next_ += by; }
  void jump_to(GstClockTime time) { next_ = time; }
  GstClockTime elapsed() const { return continuity.clock().elapsed(); }

 private:
  GstClockTime next_ = 0;
};

GstSegment time_segment() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  return segment;
}

void change_segment(Frames& frames, const std::function<void(GstSegment&)>& change) {
  const GstSegment before = time_segment();
  GstSegment after = before;
  change(after);
  frames.continuity.segment(&before, &after);
}

struct Case {
  const char* what;
  std::function<void(Frames&)> between;
  guint flags;
  Treatment treatment;
  bool forgets;
};

const Case kCases[] = {
    {"the next frame", [](Frames&) {}, 0, Treatment::kAnalyse, false},
    {"DISCONT alone", [](Frames&) {}, GST_BUFFER_FLAG_DISCONT, Treatment::kAnalyse, false},
    {"DISCONT after a hole of 9 s", [](Frames& f) { f.jump(9 * GST_SECOND); },
     GST_BUFFER_FLAG_DISCONT, Treatment::kAnalyse, false},
    {"DISCONT after a hole of 11 s", [](Frames& f) { f.jump(11 * GST_SECOND); },
     GST_BUFFER_FLAG_DISCONT, Treatment::kAnalyse, true},
    {"DISCONT 11 s back",
     [](Frames& f) {
       f.jump_to(20 * GST_SECOND);
       f.play(10);
       f.jump(-11 * gint64{GST_SECOND});
     },
     GST_BUFFER_FLAG_DISCONT, Treatment::kAnalyse, true},
    {"a hole of 11 s without a mark", [](Frames& f) { f.jump(11 * GST_SECOND); }, 0,
     Treatment::kAnalyse, false},
    {"a hole of 11 s where max-gap is 20 s",
     [](Frames& f) {
       f.rules.max_gap = 20 * GST_SECOND;
       f.jump(11 * GST_SECOND);
     },
     GST_BUFFER_FLAG_DISCONT, Treatment::kAnalyse, false},
    {"a hole of 11 s in which a frame comes every 5 s",
     [](Frames& f) {
       f.play(8, 0, 5 * GST_SECOND);
       f.jump(6 * GST_SECOND);
     },
     GST_BUFFER_FLAG_DISCONT, Treatment::kAnalyse, false},
    {"GAP event of 1 s",
     [](Frames& f) {
       f.continuity.gap();
       f.jump(GST_SECOND);
     },
     0, Treatment::kAnalyse, false},
    {"GAP event of 11 s",
     [](Frames& f) {
       f.continuity.gap();
       f.jump(11 * GST_SECOND);
     },
     0, Treatment::kAnalyse, true},
    {"GAP buffer", [](Frames&) {}, GST_BUFFER_FLAG_GAP, Treatment::kRepeat, false},
    {"GAP buffer after a hole of 11 s", [](Frames& f) { f.jump(11 * GST_SECOND); },
     GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_DISCONT, Treatment::kRepeat, true},
    {"CORRUPTED buffer", [](Frames&) {}, GST_BUFFER_FLAG_CORRUPTED, Treatment::kSkip, false},
    {"CORRUPTED buffer, counted",
     [](Frames& f) { f.rules.corrupted = GST_MOTION_HEATMAP_CORRUPTED_COUNT; },
     GST_BUFFER_FLAG_CORRUPTED, Treatment::kAnalyse, false},
    {"flush", [](Frames& f) { f.continuity.flush(); }, 0, Treatment::kAnalyse, true},
    {"another stream", [](Frames& f) { f.continuity.stream_start("another"); }, 0,
     Treatment::kAnalyse, true},
    {"the same stream", [](Frames& f) { f.continuity.stream_start("stream"); }, 0,
     Treatment::kAnalyse, false},
    {"another format or size", [](Frames& f) { f.continuity.restart(); }, 0, Treatment::kAnalyse,
     true},
    {"the same segment", [](Frames& f) { change_segment(f, [](GstSegment&) {}); }, 0,
     Treatment::kAnalyse, false},
    {"another base, time goes on",
     [](Frames& f) { change_segment(f, [](GstSegment& s) { s.base = 7; }); }, 0,
     Treatment::kAnalyse, false},
    {"another base, from the start",
     [](Frames& f) {
       change_segment(f, [](GstSegment& s) { s.base = 10 * kFrame; });
       f.jump_to(0);
     },
     0, Treatment::kAnalyse, true},
    {"another start, 11 s on",
     [](Frames& f) {
       change_segment(f, [](GstSegment& s) { s.start = 11 * GST_SECOND; });
       f.jump(11 * GST_SECOND);
     },
     0, Treatment::kAnalyse, true},
    {"another time, 11 s on",
     [](Frames& f) {
       change_segment(f, [](GstSegment& s) { s.time = 11 * GST_SECOND; });
       f.jump(11 * GST_SECOND);
     },
     0, Treatment::kAnalyse, true},
    {"another offset, 11 s on",
     [](Frames& f) {
       change_segment(f, [](GstSegment& s) { s.offset = 1; });
       f.jump(11 * GST_SECOND);
     },
     0, Treatment::kAnalyse, true},
    {"another applied rate, 11 s on",
     [](Frames& f) {
       change_segment(f, [](GstSegment& s) { s.applied_rate = 2; });
       f.jump(11 * GST_SECOND);
     },
     0, Treatment::kAnalyse, true},
    {"another speed, time goes on",
     [](Frames& f) { change_segment(f, [](GstSegment& s) { s.rate = 2; }); }, 0,
     Treatment::kAnalyse, false},
    {"another direction", [](Frames& f) { change_segment(f, [](GstSegment& s) { s.rate = -1; }); },
     0, Treatment::kAnalyse, true},
    {"a frame without a time after DISCONT", [](Frames& f) { f.jump_to(GST_CLOCK_TIME_NONE); },
     GST_BUFFER_FLAG_DISCONT, Treatment::kAnalyse, false},
    {"a frame without a time after another segment",
     [](Frames& f) {
       change_segment(f, [](GstSegment& s) { s.base = 7; });
       f.jump_to(GST_CLOCK_TIME_NONE);
     },
     0, Treatment::kAnalyse, true},
    {"not due for analysis", [](Frames& f) { f.rules.analysis_interval = GST_SECOND; }, 0,
     Treatment::kShow, false},
};

}  // namespace

GST_START_TEST(table_of_cases) {
  for (const Case& c : kCases) {
    Frames frames;
    frames.continuity.stream_start("stream");
    frames.play(10);
    c.between(frames);
    const Continuity::Verdict verdict = frames.play(1, c.flags);
    fail_unless(verdict.treatment == c.treatment, "%s: treatment %d", c.what,
                int(verdict.treatment));
    fail_unless_equals_int(verdict.forget_previous, c.forgets);
    // What was between holds for one frame.
    fail_if(frames.play(1).forget_previous, "%s: the frame after", c.what);
  }
}
GST_END_TEST;

// "Longer than" max-gap, and than three times the usual distance, in either direction of time.
GST_START_TEST(limits_of_a_hole) {
  constexpr gint64 kMaxGap = 10 * gint64{GST_SECOND}, kUsual = 5 * gint64{GST_SECOND};
  const struct {
    GstClockTime usual;
    gint64 distance;
    bool forgets;
  } cases[] = {
      {kFrame, kMaxGap, false},       {kFrame, kMaxGap + 1, true},
      {kFrame, -kMaxGap, false},      {kFrame, -kMaxGap - 1, true},
      {kUsual, 3 * kUsual, false},    {kUsual, 3 * kUsual + 3, true},
      {kUsual, -(3 * kUsual), false}, {kUsual, -(3 * kUsual) - 3, true},
  };
  for (const auto& c : cases) {
    Frames frames;
    frames.jump_to(100 * GST_SECOND);
    frames.play(10, 0, c.usual);
    frames.jump(c.distance - gint64(c.usual));
    fail_unless_equals_int(frames.play(1, GST_BUFFER_FLAG_DISCONT).forget_previous, c.forgets);
  }
}
GST_END_TEST;

// The distance that counts is the usual one before the hole.
GST_START_TEST(usual_distance_is_a_median) {
  for (const int n : {1, 2, 3, 8}) {
    Frames frames;
    frames.times.duration = GST_CLOCK_TIME_NONE;
    frames.play(n + 1, 0, 4 * GST_SECOND);
    frames.jump(9 * GST_SECOND);  // 13 s in all, and three times 4 s are 12
    fail_unless(frames.play(1, GST_BUFFER_FLAG_DISCONT).forget_previous, "after %d", n);
    Frames others;
    others.times.duration = GST_CLOCK_TIME_NONE;
    others.play(n + 1, 0, 5 * GST_SECOND);
    others.jump(9 * GST_SECOND);
    fail_if(others.play(1, GST_BUFFER_FLAG_DISCONT).forget_previous, "after %d", n);
  }
  // Before there is any distance a frame's duration tells what is usual.
  for (const bool lasts : {true, false}) {
    Frames frames;
    frames.times.duration = lasts ? 20 * GST_SECOND : kFrame;
    frames.play(1);
    frames.jump(20 * GST_SECOND);
    fail_unless_equals_int(frames.play(1, GST_BUFFER_FLAG_DISCONT).forget_previous, !lasts);
  }
}
GST_END_TEST;

// Every 20th frame is stamped hours away, or a little: the clock is as if it were not.
GST_START_TEST(times_that_jump_for_a_frame) {
  for (const gint64 seconds : {7200, -7200, 86400 * 365, 11, -11}) {
    for (const bool reverse : {false, true}) {
      Frames frames;
      frames.times.reverse = reverse;
      const GstClockTime start = 100000 * GST_SECOND;
      for (int i = 0; i < 200; ++i) {
        const gint64 stray = i % 20 == 10 ? seconds * gint64{GST_SECOND} : 0;
        const gint64 time = gint64(start) + (reverse ? -1 : 1) * i * gint64{kFrame} + stray;
        const Continuity::Verdict verdict = frames.at(GstClockTime(std::max<gint64>(time, 0)));
        fail_if(verdict.forget_previous && i > 0);
        fail_unless_equals_uint64(frames.elapsed(), i * kFrame);
      }
    }
  }
}
GST_END_TEST;

// Less than ten seconds ahead count at once, but only once.
GST_START_TEST(small_jumps_do_not_add_up) {
  Frames frames;
  for (int i = 0; i < 1000; ++i) frames.at(i * kFrame + (i % 20 == 10 ? 5 * GST_SECOND : 0));
  fail_unless_equals_uint64(frames.elapsed(), 990 * kFrame + 5 * GST_SECOND);
}
GST_END_TEST;

// A camera that was off for two hours: with a mark they count at once, without one when the next
// frame confirms them.
GST_START_TEST(true_holes_count) {
  for (const bool marked : {true, false}) {
    Frames frames;
    frames.play(10);
    frames.jump(7200 * GST_SECOND);
    frames.play(1, marked ? GST_BUFFER_FLAG_DISCONT : 0);
    fail_unless_equals_uint64(frames.elapsed(), 10 * kFrame + (marked ? 7200 * GST_SECOND : 0));
    frames.play(1);
    fail_unless_equals_uint64(frames.elapsed(), 11 * kFrame + 7200 * GST_SECOND);
    frames.play(5);
    fail_unless_equals_uint64(frames.elapsed(), 16 * kFrame + 7200 * GST_SECOND);
  }
}
GST_END_TEST;

// A clock that is set back for good: only durations count where it happens, and all is as before.
GST_START_TEST(clock_set_back) {
  Frames frames;
  frames.jump_to(7200 * GST_SECOND);
  frames.play(10);
  frames.jump_to(0);
  frames.play(10);
  fail_unless_equals_uint64(frames.elapsed(), 19 * kFrame);
}
GST_END_TEST;

GST_START_TEST(seeks_take_no_time) {
  Frames frames;
  frames.play(10);
  for (const GstClockTime to : {3600, 5, 100}) {
    const GstClockTime before = frames.elapsed();
    frames.continuity.flush();
    frames.jump_to(to * GST_SECOND);
    frames.play(1);
    fail_unless_equals_uint64(frames.elapsed(), before + kFrame);
    frames.play(9);
    fail_unless_equals_uint64(frames.elapsed(), before + 10 * kFrame);
  }
}
GST_END_TEST;

// Some frames have no time, in either direction: the time of the others is right.
GST_START_TEST(times_that_are_missing) {
  for (const bool reverse : {false, true}) {
    Frames frames;
    frames.times.reverse = reverse;
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
      const GstClockTime time = 1000 * GST_SECOND + (reverse ? -i * gint64(kFrame) : i * kFrame);
      frames.at(random() % 3 ? GST_CLOCK_TIME_NONE : time);
      fail_unless_equals_uint64(frames.elapsed(), i * kFrame);
    }
  }
}
GST_END_TEST;

// Whatever the times are, the clock does not go back and does not stand still for ever.
GST_START_TEST(absurd_times) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    Frames frames;
    GstClockTime before = 0;
    for (int i = 0; i < 100; ++i) {
      frames.times.duration = random() % 4 ? kFrame : GST_CLOCK_TIME_NONE;
      frames.at(random() % 5 ? random() % G_MAXINT64 : GST_CLOCK_TIME_NONE,
                random() % 5 ? 0 : GST_BUFFER_FLAG_DISCONT);
      fail_unless(frames.elapsed() >= before, "seed %u", seed);
      fail_unless_equals_uint64(
          frames.continuity.clock().step(),
          i == 0 ? frames.continuity.clock().step() : frames.elapsed() - before);
      before = frames.elapsed();
    }
    frames.times.duration = kFrame;
    frames.jump_to(GST_SECOND);
    frames.play(3);
    const GstClockTime settled = frames.elapsed();
    frames.play(250);
    fail_unless(frames.elapsed() >= settled + 239 * kFrame, "seed %u", seed);
  }
}
GST_END_TEST;

GST_START_TEST(equal_times_take_no_time) {
  Frames frames;
  frames.play(10);
  const GstClockTime now = frames.elapsed();
  for (int i = 0; i < 10; ++i) {
    frames.at(9 * kFrame);
    fail_unless_equals_uint64(frames.elapsed(), now);
    fail_unless_equals_uint64(frames.continuity.clock().step(), 0);
  }
}
GST_END_TEST;

// Damaged frames are skipped until for three seconds there are no others.
GST_START_TEST(corrupted_frames_count_in_the_end) {
  Frames frames;
  frames.play(25);
  int warnings = 0;
  for (int i = 0; i < 100; ++i) {
    const Continuity::Verdict verdict = frames.play(1, GST_BUFFER_FLAG_CORRUPTED);
    // The last sound frame began 40 ms before the first of these.
    fail_unless(verdict.treatment == (i < 74 ? Treatment::kSkip : Treatment::kAnalyse), "frame %d",
                i);
    warnings += !verdict.warning.empty();
  }
  fail_unless_equals_int(warnings, 1);
  frames.play(1);
  fail_unless(frames.play(1, GST_BUFFER_FLAG_CORRUPTED).treatment == Treatment::kSkip);

  Frames skipping;
  skipping.rules.corrupted = GST_MOTION_HEATMAP_CORRUPTED_SKIP;
  fail_unless(skipping.play(200, GST_BUFFER_FLAG_CORRUPTED).treatment == Treatment::kSkip);
}
GST_END_TEST;

// The first frame of a second is a repeat: the next one that is not is analysed instead.
GST_START_TEST(due_frames_that_repeat) {
  Frames frames;
  frames.rules.analysis_interval = GST_SECOND;
  frames.play(25);
  for (int i = 0; i < 3; ++i)
    fail_unless(frames.play(1, GST_BUFFER_FLAG_GAP).treatment == Treatment::kRepeat);
  fail_unless(frames.play(1).treatment == Treatment::kAnalyse);
  fail_unless(frames.play(21).treatment == Treatment::kShow);
  fail_unless(frames.play(1).treatment == Treatment::kAnalyse);
}
GST_END_TEST;

// Then every frame is due.
GST_START_TEST(interval_without_any_time) {
  Frames frames;
  frames.rules.analysis_interval = GST_SECOND;
  frames.times.duration = GST_CLOCK_TIME_NONE;
  for (int i = 0; i < 10; ++i)
    fail_unless(frames.at(GST_CLOCK_TIME_NONE).treatment == Treatment::kAnalyse);
}
GST_END_TEST;

// After ten seconds without a comparison one warning says why.
GST_START_TEST(nothing_to_compare) {
  struct {
    const char* reason;
    guint flags;
    std::function<void(Frames&)> between;
  } const cases[] = {
      {"251 repeat", GST_BUFFER_FLAG_GAP, [](Frames&) {}},
      {"251 are flagged as corrupted", GST_BUFFER_FLAG_CORRUPTED,
       [](Frames& f) { f.rules.corrupted = GST_MOTION_HEATMAP_CORRUPTED_SKIP; }},
      {"251 come first", 0, [](Frames& f) { f.continuity.restart(); }},
  };
  for (const auto& c : cases) {
    Frames frames;
    std::vector<std::string> warnings;
    for (int i = 0; i < 1000; ++i) {
      c.between(frames);
      const std::string warning = frames.play(1, c.flags).warning;
      fail_unless(warning.empty() || i == 250, "%s: frame %d", c.reason, i);
      if (!warning.empty()) warnings.push_back(warning);
    }
    fail_unless_equals_int(int(warnings.size()), 1);
    fail_unless(warnings[0].find(c.reason) != std::string::npos, "%s", warnings[0].c_str());
  }
  // A slow stream, one that is analysed now and then, and one that is compared need none.
  Frames slow;
  for (int i = 0; i < 100; ++i) fail_unless(slow.play(1, 0, 30 * GST_SECOND).warning.empty());
  Frames seldom;
  seldom.rules.analysis_interval = 60 * GST_SECOND;
  for (int i = 0; i < 5000; ++i)
    fail_unless(seldom.play(1, i % 25 ? 0 : GST_BUFFER_FLAG_GAP).warning.empty());
}
GST_END_TEST;

static Suite* continuity_suite() {
  Suite* suite = suite_create("continuity");
  TCase* tc = tcase_create("general");
  suite_add_tcase(suite, tc);
  tcase_add_test(tc, table_of_cases);
  tcase_add_test(tc, limits_of_a_hole);
  tcase_add_test(tc, usual_distance_is_a_median);
  tcase_add_test(tc, times_that_jump_for_a_frame);
  tcase_add_test(tc, small_jumps_do_not_add_up);
  tcase_add_test(tc, true_holes_count);
  tcase_add_test(tc, clock_set_back);
  tcase_add_test(tc, seeks_take_no_time);
  tcase_add_test(tc, times_that_are_missing);
  tcase_add_test(tc, absurd_times);
  tcase_add_test(tc, equal_times_take_no_time);
  tcase_add_test(tc, corrupted_frames_count_in_the_end);
  tcase_add_test(tc, due_frames_that_repeat);
  tcase_add_test(tc, interval_without_any_time);
  tcase_add_test(tc, nothing_to_compare);
  return suite;
}

GST_CHECK_MAIN(continuity)
