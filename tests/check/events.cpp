// SPDX-License-Identifier: LGPL-2.1-or-later
// When motion begins and ends, and the metas of where it is, in whole streams.
#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "scenes.h"

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

// Events

namespace {

struct Event {
  bool begins;
  std::string zone;
  guint64 id, timestamp, stream_time, running_time, duration, event_duration;
  double motion, peak, x, y, width, height;

  explicit Event(GstMessage* message) {
    const GstStructure* s = gst_message_get_structure(message);
    fail_unless_equals_int(gst_structure_n_fields(s), 14);
    const std::string event = gst_structure_get_string(s, "event");
    begins = event == "motion-begin";
    fail_unless(begins || event == "motion-end");
    zone = gst_structure_get_string(s, "zone");
    id = uint64_field(s, "id");
    timestamp = uint64_field(s, "timestamp");
    stream_time = uint64_field(s, "stream-time");
    running_time = uint64_field(s, "running-time");
    duration = uint64_field(s, "duration");
    event_duration = uint64_field(s, "event-duration");
    motion = double_field(s, "motion");
    peak = double_field(s, "motion-peak");
    x = double_field(s, "x");
    y = double_field(s, "y");
    width = double_field(s, "width");
    height = double_field(s, "height");
  }
};

/// Those that were posted since the last time.
std::vector<Event> read_events(Stream& stream) {
  while (stream.pop(GST_MESSAGE_ELEMENT)) continue;
  std::vector<Event> events;
  for (const MessagePtr& message : stream.events) events.emplace_back(message.get());
  stream.events.clear();
  return events;
}

/// The one that was posted; fails if there was none, or another.
Event read_event(Stream& stream) {
  const std::vector<Event> events = read_events(stream);
  fail_unless_equals_int(int(events.size()), 1);
  return events[0];
}

void expect_no_event(Stream& stream) {
  fail_unless(read_events(stream).empty());
}

void expect_box(const Event& event, const cv::Rect& box, const cv::Size& frame) {
  fail_unless_equals_float(event.x, double(box.x) / frame.width);
  fail_unless_equals_float(event.y, double(box.y) / frame.height);
  fail_unless_equals_float(event.width, double(box.width) / frame.width);
  fail_unless_equals_float(event.height, double(box.height) / frame.height);
}

/// Frames 0 to 2, with the last of which motion has begun.
Event begin_motion(Stream& stream, Scene& scene) {
  scene.show();
  scene.show({kMover});
  expect_no_event(stream);
  scene.show({kMover});
  const Event begin = read_event(stream);
  fail_unless(begin.begins);
  return begin;
}

/// What ends motion that has begun, without stillness.
void check_end(const std::function<void(Stream&, Scene&)>& act, guint64 timestamp) {
  Stream stream(kCaps);
  Scene scene(stream);
  const Event begin = begin_motion(stream, scene);
  act(stream, scene);
  const Event end = read_event(stream);
  fail_if(end.begins);
  fail_unless_equals_uint64(end.id, begin.id);
  fail_unless_equals_uint64(end.timestamp, timestamp);
  fail_unless_equals_uint64(end.event_duration, kFrame);
  fail_unless_equals_float(end.motion, 0.0);
  expect_box(end, kMover, {64, 32});
  gst_element_set_state(stream.element(), GST_STATE_READY);
  expect_no_event(stream);
}

void begin_segment(Stream& stream) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  stream.send(gst_event_new_segment(&segment));
}

}  // namespace

GST_START_TEST(motion_begins_and_ends_to_the_frame) {
  Stream stream(kCaps);
  stream.set("motion-frames", "3");
  stream.set("motion-gap", std::to_string(5 * kFrame));
  stream.set("motion-area", "0.0625");
  const GstSegment segment = stream.begin_segment_of_distinct_times();
  stream.next_pts = segment.start;
  Scene scene(stream);
  // Frames 1 and 2 are too few, and 5 has a row too little.
  for (const auto& movers : std::vector<std::vector<cv::Rect>>{
           {}, {kMover}, {kMover}, {}, {kMover}, {{16, 8, 16, 7}}, {kMover}, {{16, 8, 16, 16}}}) {
    scene.show(movers);
    expect_no_event(stream);
  }
  scene.show({kMover});  // frame 8, the third in a row
  const Event begin = read_event(stream);
  fail_unless(begin.begins);
  fail_unless_equals_string(begin.zone.c_str(), "frame");
  fail_unless_equals_uint64(begin.timestamp, 100 * GST_SECOND + 8 * kFrame);
  fail_unless_equals_uint64(begin.stream_time, 7 * GST_SECOND + 8 * kFrame);
  fail_unless_equals_uint64(begin.running_time, 3 * GST_SECOND + 8 * kFrame);
  fail_unless_equals_uint64(begin.duration, kFrame);
  fail_unless_equals_uint64(begin.event_duration, 2 * kFrame);
  fail_unless_equals_float(begin.motion, 0.0625);
  fail_unless_equals_float(begin.peak, 0.125);
  expect_box(begin, {16, 8, 16, 16}, {64, 32});

  scene.show();
  scene.show({{48, 0, 16, 16}});  // 10
  scene.show();
  scene.show({kMover});  // 12
  for (int i = 13; i < 17; ++i) {
    scene.show(i == 14 ? std::vector{cv::Rect(0, 0, 8, 8)} : std::vector<cv::Rect>{});
    expect_no_event(stream);
  }
  scene.show();  // 17
  const Event end = read_event(stream);
  fail_if(end.begins);
  fail_unless_equals_string(end.zone.c_str(), "frame");
  fail_unless_equals_uint64(end.id, begin.id);
  fail_unless_equals_uint64(end.timestamp, 100 * GST_SECOND + 17 * kFrame);
  fail_unless_equals_uint64(end.event_duration, 6 * kFrame);
  fail_unless_equals_float(end.motion, 0.0);
  fail_unless_equals_float(end.peak, 0.125);
  expect_box(end, {16, 0, 48, 24}, {64, 32});

  // The next one is another.
  for (int i = 0; i < 3; ++i) scene.show({kMover});
  const Event next = read_event(stream);
  fail_unless(next.begins);
  fail_unless(next.id != begin.id);
  fail_unless_equals_float(next.peak, 0.0625);
}
GST_END_TEST;

GST_START_TEST(each_zone_has_its_own_events) {
  Stream stream(kCaps);
  stream.set("zones", two_halves());
  stream.set("motion-gap", std::to_string(3 * kFrame));
  Scene scene(stream);
  const cv::Rect left(8, 8, 16, 16), right(40, 16, 8, 16);
  scene.show();
  scene.show({right});
  scene.show({left, right});
  const Event right_begin = read_event(stream);
  fail_unless(right_begin.begins);
  fail_unless_equals_string(right_begin.zone.c_str(), "right");
  fail_unless_equals_float(right_begin.motion, 0.125);
  expect_box(right_begin, right, {64, 32});
  scene.show({left});
  const Event left_begin = read_event(stream);
  fail_unless(left_begin.begins);
  fail_unless_equals_string(left_begin.zone.c_str(), "left");
  fail_unless_equals_float(left_begin.motion, 0.25);
  expect_box(left_begin, left, {64, 32});
  fail_unless(left_begin.id != right_begin.id);

  scene.show({left});
  expect_no_event(stream);
  scene.show({left});  // frame 5, three after the last one on the right
  const Event right_end = read_event(stream);
  fail_if(right_end.begins);
  fail_unless_equals_string(right_end.zone.c_str(), "right");
  fail_unless_equals_uint64(right_end.id, right_begin.id);
  expect_box(right_end, right, {64, 32});
  scene.show_still(2);
  expect_no_event(stream);
  scene.show();
  fail_unless_equals_uint64(read_event(stream).id, left_begin.id);
}
GST_END_TEST;

GST_START_TEST(motion_in_a_mask_is_none) {
  Stream stream(kCaps);
  stream.set("mask-polygons", kLeftHalf);
  Scene scene(stream);
  for (int i = 0; i < 5; ++i) scene.show({kMover});
  expect_no_event(stream);
  scene.show({{0, 0, 40, 16}});
  scene.show({{0, 0, 40, 16}});
  const Event begin = read_event(stream);
  fail_unless_equals_float(begin.motion, 0.125);  // of what is not masked
  expect_box(begin, {32, 0, 8, 16}, {64, 32});
}
GST_END_TEST;

GST_START_TEST(events_come_before_their_frame_and_before_the_end) {
  Stream stream(kCaps);
  const Order order(stream);
  Scene scene(stream);
  scene.show();
  scene.show({kMover});
  scene.show({kMover});
  stream.send(gst_event_new_eos());
  order.expect({"buffer", "buffer", "motion-begin", "buffer", "motion-end", "final", "eos"});
}
GST_END_TEST;

GST_START_TEST(motion_ends_with_the_stream) {
  check_end([](Stream& stream, Scene&) { stream.send(gst_event_new_eos()); }, 2 * kFrame);
  check_end([](Stream& stream,
               Scene&) { stream.send(gst_event_new_segment_done(GST_FORMAT_TIME, 3 * kFrame)); },
            2 * kFrame);
}
GST_END_TEST;

GST_START_TEST(motion_ends_on_the_way_to_ready) {
  Stream stream(kCaps);
  Scene scene(stream);
  const Event begin = begin_motion(stream, scene);
  gst_element_set_state(stream.element(), GST_STATE_READY);
  const Event end = read_event(stream);
  fail_if(end.begins);
  fail_unless_equals_uint64(end.id, begin.id);
  // Another run has other events.
  gst_element_set_state(stream.element(), GST_STATE_PLAYING);
  stream.change_caps(kCaps);
  begin_segment(stream);
  expect_no_event(stream);
  fail_unless(begin_motion(stream, scene).id != begin.id);
}
GST_END_TEST;

GST_START_TEST(motion_ends_at_a_flush) {
  check_end(
      [](Stream& stream, Scene& scene) {
        stream.flush();
        begin_segment(stream);
        scene.show({kMover});
      },
      2 * kFrame);
}
GST_END_TEST;

GST_START_TEST(motion_ends_with_another_size) {
  check_end(
      [](Stream& stream, Scene&) {
        stream.change_caps(kLarge);
        Scene(stream).show();
      },
      2 * kFrame);
}
GST_END_TEST;

GST_START_TEST(motion_ends_in_zones_that_change) {
  check_end(
      [](Stream& stream, Scene& scene) {
        stream.set("zones", two_halves());
        scene.show({kMover});
      },
      2 * kFrame);
}
GST_END_TEST;

GST_START_TEST(motion_ends_where_messages_are_turned_off) {
  check_end(
      [](Stream& stream, Scene& scene) {
        stream.set("post-messages", "false");
        for (int i = 0; i < 5; ++i) scene.show({kMover});
      },
      3 * kFrame);
}
GST_END_TEST;

GST_START_TEST(no_events_if_not_wanted) {
  Stream stream(kCaps);
  stream.set("post-messages", "false");
  stream.set("motion-gap", std::to_string(kFrame));
  Scene scene(stream);
  for (int i = 0; i < 5; ++i) scene.show({kMover});
  scene.show_still(5);
  for (int i = 0; i < 5; ++i) scene.show({kMover});
  stream.send(gst_event_new_eos());
  expect_no_event(stream);
}
GST_END_TEST;

GST_START_TEST(a_begin_that_was_left_out_has_no_end) {
  Stream stream(kCaps);
  fill_outbox(stream);
  stream.set("post-messages", "true");
  stream.set("motion-gap", std::to_string(5 * kFrame));
  Scene scene(stream);
  scene.show();
  scene.show_still(2);
  for (int i = 0; i < 3; ++i) scene.show({kMover});
  expect_no_event(stream);  // there is room now
  scene.show({kMover});
  scene.show_still(10);
  expect_no_event(stream);
  // The next one is told.
  scene.show({kMover});
  scene.show({kMover});
  fail_unless(read_event(stream).begins);
}
GST_END_TEST;

GST_START_TEST(a_begin_that_was_told_has_its_end) {
  Stream stream(kCaps);
  stream.set("motion-gap", std::to_string(290 * kFrame));
  Scene scene(stream);
  const Event begin = begin_motion(stream, scene);
  stream.set("interval", "0");
  scene.show_still(295);
  const Event end = read_event(stream);
  fail_if(end.begins);
  fail_unless_equals_uint64(end.id, begin.id);
  fail_unless_equals_uint64(end.timestamp, 292 * kFrame);
}
GST_END_TEST;

// The frames between pass time, and decide nothing.
GST_START_TEST(only_analysed_frames_count) {
  Stream stream(kCaps);
  stream.set("analysis-interval", std::to_string(2 * kFrame));
  stream.set("motion-gap", std::to_string(5 * kFrame));
  Scene scene(stream);
  for (int i = 0; i < 4; ++i) {
    scene.show(i == 2 ? std::vector{kMover} : std::vector<cv::Rect>{});
    expect_no_event(stream);
  }
  scene.show({kMover});  // 4
  const Event begin = read_event(stream);
  fail_unless(begin.begins);
  fail_unless_equals_uint64(begin.event_duration, 2 * kFrame);
  scene.show_still(5);
  expect_no_event(stream);
  scene.show();  // 10: frame 9 was not analysed
  const Event end = read_event(stream);
  fail_unless_equals_uint64(end.timestamp, 10 * kFrame);
  fail_unless_equals_uint64(end.event_duration, 2 * kFrame);
}
GST_END_TEST;

GST_START_TEST(repeated_and_skipped_frames_pass_time) {
  for (const guint flag : {guint(GST_BUFFER_FLAG_GAP), guint(GST_BUFFER_FLAG_CORRUPTED)}) {
    Stream stream(kCaps);
    stream.set("motion-gap", std::to_string(5 * kFrame));
    Scene scene(stream);
    const Event begin = begin_motion(stream, scene);
    scene.show_still(4, flag);
    expect_no_event(stream);
    scene.show({}, flag);
    const Event end = read_event(stream);
    fail_unless_equals_uint64(end.id, begin.id);
    fail_unless_equals_uint64(end.timestamp, 7 * kFrame);
    scene.show_still(5, flag);
    expect_no_event(stream);
  }
}
GST_END_TEST;

// A frame of which nothing is to be seen does not move as the one before did.
// Nor does a lamp: the frame is skipped, and what goes on goes on.
GST_START_TEST(a_change_of_light_is_no_motion) {
  Stream stream(kCaps);
  stream.set("light-change-limit", "0.5");
  stream.set("motion-gap", std::to_string(5 * kFrame));
  Scene scene(stream);
  scene.show();
  for (int i = 0; i < 3; ++i) {
    scene.show({kAll});
    scene.show();
    expect_no_event(stream);
  }
  fail_unless_equals_uint64(uint64_field(stream.stats().get(), "skipped"), 3);
  fail_unless_equals_uint64(uint64_field(stream.stats().get(), "frames"), 4);
  fail_unless_equals_float(figure(stream, "coverage"), 0.0);
  fail_unless_equals_float(figure(stream, "motion-peak"), 0.0);
  begin_motion(stream, scene);
  scene.show({kAll});
  scene.show({kMover});
  expect_no_event(stream);
  scene.show_still(5);
  const Event end = read_event(stream);
  fail_if(end.begins);
  fail_unless_equals_float(end.peak, 0.0625);
  fail_unless_equals_float(figure(stream, "coverage"), 0.0625);
}
GST_END_TEST;

GST_START_TEST(what_is_not_seen_does_not_move) {
  Stream stream(kLarge);
  stream.set("motion-gap", std::to_string(3 * kFrame));
  stream.set("output", "none");
  stream.set("roi-meta", "true");
  Scene scene(stream);
  begin_motion(stream, scene);
  for (int i = 0; i < 3; ++i) {
    expect_no_event(stream);
    GstBuffer* buffer = scene.next();
    gst_buffer_add_video_crop_meta(buffer);  // all 0
    stream.push(buffer);
  }
  fail_if(read_event(stream).begins);
}
GST_END_TEST;

// Metas

namespace {

/// The regions of a type that a buffer tells.
std::vector<cv::Rect> regions_of(GstBuffer* buffer, const char* type = "motion") {
  std::vector<cv::Rect> regions;
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(
             buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    const auto* region = reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta);
    if (region->roi_type == g_quark_from_string(type))
      regions.emplace_back(int(region->x), int(region->y), int(region->w), int(region->h));
  }
  return regions;
}

/// What comes out while this moves in each of some frames.
BufferPtr show_moving(Scene& scene, const std::vector<cv::Rect>& movers, int frames = 4) {
  scene.show();
  for (int i = 1; i < frames; ++i) scene.show(movers);
  return scene.show(movers);
}

void expect_region(GstBuffer* buffer, const cv::Rect& region) {
  const std::vector<cv::Rect> regions = regions_of(buffer);
  fail_unless_equals_int(int(regions.size()), 1);
  fail_unless(regions[0] == region, "%d,%d %dx%d", regions[0].x, regions[0].y, regions[0].width,
              regions[0].height);
}

const cv::Rect kWalker(32, 40, 32, 48);

}  // namespace

GST_START_TEST(regions_where_it_moves) {
  for (const char* output : {"overlay", "heatmap", "none"}) {
    Stream stream(kLarge);
    stream.set("roi-meta", "true");
    stream.set("output", output);
    stream.set("post-messages", "false");
    Scene scene(stream);
    fail_unless(regions_of(scene.show().get()).empty());
    expect_region(show_moving(scene, {kWalker}).get(), kWalker);
    // They stay for a while, and not for long.
    expect_region(scene.show().get(), kWalker);
    scene.show_still(25);
    fail_unless(regions_of(scene.show().get()).empty());
  }
}
GST_END_TEST;

#ifdef HAVE_ANALYTICS
// The same boxes as the regions, beside what others tell.
GST_START_TEST(detections_where_it_moves) {
  Stream stream(kLarge);
  stream.set("roi-meta", "true");
  Scene scene(stream);
  const GstAnalyticsRelationMeta* none = gst_buffer_get_analytics_relation_meta(scene.show().get());
  fail_unless(none == nullptr);
  show_moving(scene, {kWalker});
  GstBuffer* buffer = scene.next({kWalker});
  GstAnalyticsODMtd detection;
  gst_analytics_relation_meta_add_od_mtd(gst_buffer_add_analytics_relation_meta(buffer),
                                         g_quark_from_string("cat"), 1, 2, 3, 4, 0.5f, &detection);
  const BufferPtr out = stream.push(buffer);
  GstAnalyticsRelationMeta* meta = gst_buffer_get_analytics_relation_meta(out.get());
  fail_unless(meta != nullptr);
  gpointer state = nullptr;
  std::vector<cv::Rect> boxes;
  int cats = 0;
  while (gst_analytics_relation_meta_iterate(meta, &state, gst_analytics_od_mtd_get_mtd_type(),
                                             &detection)) {
    const GQuark type = gst_analytics_od_mtd_get_obj_type(&detection);
    cats += type == g_quark_from_string("cat");
    if (type != g_quark_from_string("motion")) continue;
    cv::Rect& box = boxes.emplace_back();
    gfloat confidence = 0;
    fail_unless(gst_analytics_od_mtd_get_location(&detection, &box.x, &box.y, &box.width,
                                                  &box.height, &confidence));
    fail_unless_equals_float(confidence, 1.0);
  }
  fail_unless_equals_int(cats, 1);
  fail_unless(boxes == regions_of(out.get()));
  fail_unless_equals_int(int(boxes.size()), 1);
}
GST_END_TEST;
#endif

GST_START_TEST(no_regions_if_not_wanted) {
  Stream stream(kLarge);
  Scene scene(stream);
  fail_unless(regions_of(show_moving(scene, {kWalker}).get()).empty());
  stream.set("roi-meta", "true");
  scene.show({kWalker});
  expect_region(scene.show({kWalker}).get(), kWalker);
  stream.set("roi-meta", "false");
  fail_unless(regions_of(scene.show({kWalker}).get()).empty());
}
GST_END_TEST;

// The frame that others hold, too, stays as it is, and so does its memory.
GST_START_TEST(regions_of_a_frame_that_is_shared) {
  Stream stream(kLarge);
  stream.set("roi-meta", "true");
  stream.set("output", "none");
  Scene scene(stream);
  show_moving(scene, {kWalker});
  const BufferPtr held(gst_buffer_ref(scene.next({kWalker})));
  const std::vector<uint8_t> before = bytes(held.get());
  const BufferPtr out = stream.push(held.get());
  expect_region(out.get(), kWalker);
  fail_unless(out != held);
  fail_unless(regions_of(held.get()).empty());
  fail_unless_equals_int(gst_buffer_n_memory(out.get()), 1);
  fail_unless(gst_buffer_peek_memory(out.get(), 0) == gst_buffer_peek_memory(held.get(), 0));
  fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), GST_BUFFER_PTS(held.get()));
  fail_unless(bytes(held.get()) == before);

  // One that is the element's own goes on itself.
  GstBuffer* own = scene.next({kWalker});
  const BufferPtr same = stream.push(own);
  fail_unless(same.get() == own);
  expect_region(own, kWalker);

  // In an overlay it is another picture.
  stream.set("output", "overlay");
  const BufferPtr drawn_on(gst_buffer_ref(scene.next({kWalker})));
  const BufferPtr overlay = stream.push(drawn_on.get());
  expect_region(overlay.get(), kWalker);
  fail_unless(regions_of(drawn_on.get()).empty());
}
GST_END_TEST;

GST_START_TEST(sixteen_regions_at_most) {
  Stream stream("video/x-raw,format=GRAY8,width=320,height=240,framerate=25/1");
  stream.set("roi-meta", "true");
  Scene scene(stream);
  std::vector<cv::Rect> movers;
  for (int y = 0; y < 240; y += 48) {
    for (int x = 0; x < 320; x += 48) movers.emplace_back(x, y, 16, 16);
  }
  movers[20] = {movers[20].x, movers[20].y, 16, 24};
  const std::vector<cv::Rect> regions = regions_of(show_moving(scene, movers).get());
  fail_unless_equals_int(int(regions.size()), 16);
  fail_unless(regions[0] == movers[20]);  // the largest
  for (const cv::Rect& region : regions)
    fail_unless(std::find(movers.begin(), movers.end(), region) != movers.end());
}
GST_END_TEST;

GST_START_TEST(regions_at_the_edge_lie_within_the_frame) {
  Stream stream("video/x-raw,format=GRAY8,width=100,height=75,framerate=25/1");
  stream.set("roi-meta", "true");
  for (const char* scale : {"1", "3"}) {
    stream.set("analysis-scale", scale);
    Scene scene(stream);
    const std::vector<cv::Rect> regions = regions_of(show_moving(scene, {{60, 45, 40, 30}}).get());
    fail_unless_equals_int(int(regions.size()), 1);
    fail_unless((regions[0] & cv::Rect(60, 45, 40, 30)) == cv::Rect(60, 45, 40, 30));
    fail_unless((regions[0] & cv::Rect(0, 0, 100, 75)) == regions[0]);
    scene.show_still(25);
  }
}
GST_END_TEST;

GST_START_TEST(regions_are_in_pixels_of_the_frame) {
  for (const char* output : {"overlay", "none"}) {
    Stream stream("video/x-raw,format=GRAY8,width=256,height=192,framerate=25/1");
    stream.set("analysis-scale", "4");
    stream.set("output", output);
    stream.set("roi-meta", "true");
    Scene scene(stream);
    expect_region(show_moving(scene, {{64, 32, 96, 64}}).get(), {64, 32, 96, 64});
  }
}
GST_END_TEST;

// Nine cells of sixteen pixels are more than 129 pixels.
GST_START_TEST(regions_of_a_coarse_analysis) {
  const cv::Size size(129, 400);
  Stream stream("video/x-raw,format=GRAY8,width=129,height=400,framerate=25/1");
  stream.set("analysis-scale", "16");
  stream.set("roi-meta", "true");
  Scene scene(stream);
  const cv::Rect mover(0, 128, 128, 128);
  expect_region(show_moving(scene, {mover}).get(), mover);
  expect_box(read_event(stream), mover, size);
}
GST_END_TEST;

GST_START_TEST(regions_are_counted_from_the_corner_of_the_buffer) {
  for (const char* output : {"overlay", "none"}) {
    Stream stream(kLarge);
    stream.set("roi-meta", "true");
    stream.set("output", output);
    Picture picture = filled(stream.info(), 50);
    BufferPtr out;
    for (int i = 0; i < 5; ++i) {
      cv::Mat part = picture.planes[0](kWalker);
      if (i > 0) cv::bitwise_not(part, part);
      GstBuffer* buffer = to_larger_buffer(picture, 160, 120, 20, 10, 0);
      GST_BUFFER_PTS(buffer) = guint64(i) * kFrame;
      GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
      crop->x = 20;
      crop->y = 10;
      crop->width = 128;
      crop->height = 96;
      out = stream.push(buffer);
    }
    expect_region(out.get(), kWalker + cv::Point(20, 10));
  }
}
GST_END_TEST;

GST_START_TEST(regions_of_others_pass) {
  for (const char* output : {"overlay", "none"}) {
    Stream stream(kLarge);
    stream.set("roi-meta", "true");
    stream.set("output", output);
    Scene scene(stream);
    show_moving(scene, {kWalker});
    for (const bool shared : {false, true}) {
      const BufferPtr in(scene.next({kWalker}));
      gst_buffer_add_video_region_of_interest_meta(in.get(), "face", 3, 4, 5, 6);
      GstBuffer* pushed = shared ? gst_buffer_ref(in.get()) : gst_buffer_copy_deep(in.get());
      const BufferPtr out = stream.push(pushed);
      expect_region(out.get(), kWalker);
      fail_unless((regions_of(out.get(), "face") == std::vector{cv::Rect(3, 4, 5, 6)}));
    }
  }
}
GST_END_TEST;

// After a break boxes of what was there before would be of another scene.
GST_START_TEST(no_regions_after_a_break) {
  Stream stream(kLarge);
  stream.set("roi-meta", "true");
  Scene scene(stream);
  expect_region(show_moving(scene, {kWalker}).get(), kWalker);
  stream.flush();
  begin_segment(stream);
  fail_unless(regions_of(scene.show({kWalker}).get()).empty());
}
GST_END_TEST;

// All at once

GST_START_TEST(settings_change_under_frames) {
  const Directory directory;
  write_png(directory / "mask.png", halves(20, 10));
  write_file(directory / "text.png", "no picture");
  const std::vector<std::pair<const char*, std::vector<std::string>>> values = {
      {"mask-polygons", {"", kLeftHalf, kRightHalf, "0,0 1,0 1,1", "0,0 1", "x"}},
      {"zones", {"", two_halves(), std::string("one: ") + kLeftHalf, "a: 0,0", ":"}},
      {"roi-meta", {"true", "false"}},
      {"motion-area", {"0", "0.01", "1"}},
      {"motion-frames", {"1", "2", "7"}},
      {"motion-gap", {"0", "40000000", "5000000000"}},
      {"post-messages", {"true", "false"}},
      {"analysis-scale", {"1", "2", "3"}},
      {"output", {"overlay", "none"}},
      {"mask-location",
       {"", directory / "mask.png", directory / "text.png", directory / "missing.png"}},
  };
  Stream stream(kLarge);
  stream.set("interval", "0");
  Scene scene(stream);
  scene.show();
  {
    // A mask file takes milliseconds and is rare, so that the rest has its turn.
    std::atomic<bool> stop = false;
    const std::jthread setter([&] {
      std::mt19937 random(1);
      for (int i = 0; !stop; ++i) {
        const size_t last = i % 64 == 0 ? values.size() - 1 : random() % (values.size() - 1);
        const auto& [property, texts] = values[last];
        stream.set(property, texts[random() % texts.size()]);
        text_of(stream, "zones");
        std::this_thread::yield();
      }
    });
    const gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;
    std::mt19937 random(2);
    while (g_get_monotonic_time() < end) {
      scene.show({{int(random() % 96), int(random() % 64), 32, 32}});
      while (stream.pop(GST_MESSAGE_ANY)) continue;
      for (const cv::Rect& region : regions_of(scene.show().get()))
        fail_unless((region & cv::Rect(0, 0, 128, 96)) == region);
    }
    stop = true;
  }

  // Each begin has its end.
  for (const auto& [property, texts] : values) stream.set(property, texts[0]);
  stream.set("post-messages", "false");
  scene.show();
  while (stream.pop(GST_MESSAGE_ANY)) continue;
  std::vector<std::pair<std::string, guint64>> active;
  for (const Event& event : read_events(stream)) {
    const std::pair key(event.zone, event.id);
    const auto found = std::find(active.begin(), active.end(), key);
    fail_unless(event.begins == (found == active.end()));
    event.begins ? active.push_back(key) : void(active.erase(found));
  }
  fail_unless(active.empty());

  // The last values are in force.
  stream.set("post-messages", "true");
  stream.set("mask-polygons", kLeftHalf);
  stream.set("zones", two_halves());
  g_signal_emit_by_name(stream.element(), "reset");
  for (int i = 0; i < 8; ++i) scene.show({{0, 0, 128, 96}});
  fail_unless_equals_int(cv::countNonZero(stream.map()(cv::Rect(0, 0, 64, 96))), 0);
  fail_unless_equals_int(cv::countNonZero(stream.map()(cv::Rect(64, 0, 64, 96))), 64 * 96);
  fail_unless_equals_float(zone_figure(stream, "right", "share"), 1.0);
  fail_unless_equals_float(zone_figure(stream, "left", "share"), 0.0);
}
GST_END_TEST;

static Suite* events_suite() {
  const auto [suite, tc] = new_suite("events");
  tcase_add_test(tc, motion_begins_and_ends_to_the_frame);
  tcase_add_test(tc, each_zone_has_its_own_events);
  tcase_add_test(tc, motion_in_a_mask_is_none);
  tcase_add_test(tc, events_come_before_their_frame_and_before_the_end);
  tcase_add_test(tc, motion_ends_with_the_stream);
  tcase_add_test(tc, motion_ends_on_the_way_to_ready);
  tcase_add_test(tc, motion_ends_at_a_flush);
  tcase_add_test(tc, motion_ends_with_another_size);
  tcase_add_test(tc, motion_ends_in_zones_that_change);
  tcase_add_test(tc, motion_ends_where_messages_are_turned_off);
  tcase_add_test(tc, no_events_if_not_wanted);
  tcase_add_test(tc, a_begin_that_was_left_out_has_no_end);
  tcase_add_test(tc, a_begin_that_was_told_has_its_end);
  tcase_add_test(tc, only_analysed_frames_count);
  tcase_add_test(tc, repeated_and_skipped_frames_pass_time);
  tcase_add_test(tc, a_change_of_light_is_no_motion);
  tcase_add_test(tc, what_is_not_seen_does_not_move);
  tcase_add_test(tc, regions_where_it_moves);
#ifdef HAVE_ANALYTICS
  tcase_add_test(tc, detections_where_it_moves);
#endif
  tcase_add_test(tc, no_regions_if_not_wanted);
  tcase_add_test(tc, regions_of_a_frame_that_is_shared);
  tcase_add_test(tc, sixteen_regions_at_most);
  tcase_add_test(tc, regions_at_the_edge_lie_within_the_frame);
  tcase_add_test(tc, regions_are_in_pixels_of_the_frame);
  tcase_add_test(tc, regions_of_a_coarse_analysis);
  tcase_add_test(tc, regions_are_counted_from_the_corner_of_the_buffer);
  tcase_add_test(tc, regions_of_others_pass);
  tcase_add_test(tc, no_regions_after_a_break);
  tcase_add_test(tc, settings_change_under_frames);
  return suite;
}

GST_CHECK_MAIN(events)
