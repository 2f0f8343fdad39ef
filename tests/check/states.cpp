// SPDX-License-Identifier: LGPL-2.1-or-later
// States, references, and an application that does not leave the element alone.
#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "common.h"
#include "model.h"

namespace {

const char* const kCaps = "video/x-raw,format=BGR,width=34,height=21,framerate=25/1";

void set_state(GstElement* element, GstState state) {
  fail_unless_equals_int(gst_element_set_state(element, state), GST_STATE_CHANGE_SUCCESS);
}

/// From READY up again; the pads have forgotten all events.
void play_again(Stream& stream) {
  set_state(stream.element(), GST_STATE_PLAYING);
  stream.send(gst_event_new_stream_start("again"));
  gst_harness_set_src_caps_str(stream.harness(), kCaps);
}

void check_stream(Stream& stream, Model model) {
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    fail_unless(stream.show(picture) == model.add_and_overlay(picture));
    picture = moved(picture, i);
  }
}

}  // namespace

GST_START_TEST(up_and_down_without_data) {
  GstElement* element = gst_element_factory_make("motionheatmap", nullptr);
  const std::array states = {GST_STATE_READY,  GST_STATE_PAUSED, GST_STATE_PLAYING,
                             GST_STATE_PAUSED, GST_STATE_READY,  GST_STATE_NULL};
  for (int i = 0; i < 20; ++i)
    for (GstState state : states) set_state(element, state);
  for (int i = 0; i < 20; ++i)
    for (GstState state : {GST_STATE_PLAYING, GST_STATE_NULL}) set_state(element, state);
  ASSERT_OBJECT_REFCOUNT(element, "motionheatmap", 1);
  gst_object_unref(element);
}
GST_END_TEST;

GST_START_TEST(up_and_down_with_data) {
  Stream stream(kCaps);
  for (GstState state : {GST_STATE_READY, GST_STATE_NULL, GST_STATE_READY, GST_STATE_NULL}) {
    check_stream(stream, Model());
    fail_unless_equals_uint64(stream.frames(), 4);
    set_state(stream.element(), state);
    fail_unless(gst_structure_is_equal(stream.stats().get(), Stream("").stats().get()));
    fail_unless(stream.heatmap() == nullptr);
    play_again(stream);
  }
}
GST_END_TEST;

GST_START_TEST(settings_outlive_states) {
  Stream stream(kCaps);
  stream.set("threshold", "60");
  stream.set("opacity", "0.7");
  stream.set("colormap", "hot");
  set_state(stream.element(), GST_STATE_NULL);
  play_again(stream);
  Model model;
  model.threshold = 60;
  model.opacity = 0.7;
  model.colormap = cv::COLORMAP_HOT;
  check_stream(stream, std::move(model));
}
GST_END_TEST;

GST_START_TEST(pausing_keeps_the_heat) {
  Stream stream(kCaps);
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 6; ++i) {
    fail_unless(stream.show(picture) == model.add_and_overlay(picture));
    picture = moved(picture, i);
    set_state(stream.element(), i % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
  }
}
GST_END_TEST;

// Messages start anew with the stream.
GST_START_TEST(messages_start_anew) {
  Stream stream(kCaps);
  for (int run = 0; run < 3; ++run) {
    stream.next_pts = 0;
    const Picture picture = filled(stream.info(), 0);
    for (int i = 0; i < 30; ++i) {
      stream.show(picture);
      fail_unless_equals_int(stream.pop(GST_MESSAGE_ELEMENT) != nullptr, i == 24);
    }
    set_state(stream.element(), GST_STATE_READY);
    play_again(stream);
  }
}
GST_END_TEST;

GST_START_TEST(references) {
  Stream stream(kCaps);
  GstElement* element = GST_ELEMENT(gst_object_ref(stream.element()));
  GstSample* sample = nullptr;
  GstBuffer* kept = nullptr;
  {
    Stream other(kCaps);
    other.set("interval", "0");
    other.show(noise(other.info(), 1));
    sample = other.heatmap().release();
    kept = other.push(other.timed_buffer(noise(other.info(), 2))).release();
    // Of the harness, the bus messages hold more.
    gst_bus_set_flushing(other.bus(), TRUE);
    ASSERT_OBJECT_REFCOUNT(other.element(), "motionheatmap", 1);
  }
  // A sample and a buffer outlive the element.
  ASSERT_MINI_OBJECT_REFCOUNT(sample, "sample", 1);
  ASSERT_BUFFER_REFCOUNT(gst_sample_get_buffer(sample), "map", 1);
  ASSERT_BUFFER_REFCOUNT(kept, "buffer", 1);
  gst_sample_unref(sample);
  gst_buffer_unref(kept);
  ASSERT_OBJECT_REFCOUNT(element, "motionheatmap", 2);
  gst_object_unref(element);
}
GST_END_TEST;

// Properties, signals and reads from two threads while frames go through. When they are done the
// stream must be as if nothing had been.
GST_START_TEST(stress) {
  Stream stream(kCaps);
  stream.set("interval", "0");
  std::atomic<bool> stop = false;
  std::atomic<int> rounds = 0;
  const char* const outputs[] = {"overlay", "heatmap", "none"};
  const auto disturb = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (!stop || rounds < 50) {
      stream.set("threshold", std::to_string(random() % 256));
      stream.set("opacity", std::to_string(random() % 101 / 100.0));
      stream.set("colormap", std::to_string(random() % 22));
      stream.set("output", outputs[random() % 3]);
      stream.set("message-width", std::to_string(random() % 40));
      stream.set("interval", std::to_string(random() % 3 * kFrame));
      const SamplePtr heatmap = stream.heatmap();
      fail_unless(!heatmap || sample_map(heatmap.get()).cols == 34);
      fail_unless(int_field(stream.stats().get(), "width") == 34);
      if (random() % 8 == 0) g_signal_emit_by_name(stream.element(), "reset");
      ++rounds;
    }
  };
  std::thread one(disturb, 1), two(disturb, 2);
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 300; ++i) {
    picture = moved(picture, i);
    stream.show(picture);
  }
  stop = true;
  one.join();
  two.join();

  stream.set("threshold", "25");
  stream.set("opacity", "0.4");
  stream.set("colormap", "jet");
  stream.set("output", "overlay");
  stream.flush();
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  stream.send(gst_event_new_segment(&segment));
  g_signal_emit_by_name(stream.element(), "reset");
  check_stream(stream, Model());
}
GST_END_TEST;

// A pipeline of its own threads that is torn down in the middle.
GST_START_TEST(stopped_in_the_middle) {
  for (int i = 0; i < 10; ++i) {
    Stream stream("");
    GstHarnessThread* thread = nullptr;
    stream.set("interval", "0");
    gst_harness_set_drop_buffers(stream.harness(), TRUE);
    GstCaps* caps = gst_caps_from_string(kCaps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    const GstVideoInfo info = video_info(kCaps);
    const BufferPtr buffer(to_buffer(noise(info, 1)));
    thread = gst_harness_stress_push_buffer_start(stream.harness(), caps, &segment, buffer.get());
    while (stream.frames() < 5) std::this_thread::yield();
    set_state(stream.element(), GST_STATE_NULL);
    gst_harness_stress_thread_stop(thread);
    gst_caps_unref(caps);
    fail_unless_equals_uint64(stream.frames(), 0);
  }
}
GST_END_TEST;

static Suite* states_suite() {
  const auto [suite, tc] = new_suite("states");
  tcase_add_test(tc, up_and_down_without_data);
  tcase_add_test(tc, up_and_down_with_data);
  tcase_add_test(tc, settings_outlive_states);
  tcase_add_test(tc, pausing_keeps_the_heat);
  tcase_add_test(tc, messages_start_anew);
  tcase_add_test(tc, references);
  tcase_add_test(tc, stress);
  tcase_add_test(tc, stopped_in_the_middle);
  return suite;
}

GST_CHECK_MAIN(states)
