// SPDX-License-Identifier: LGPL-2.1-or-later
// Heat that outlives the stream.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "common.h"
#include "files.h"
#include "model.h"
#include "runs.h"

namespace fs = std::filesystem;

// Coming back

GST_START_TEST(goes_on_after_eos) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  for (guint64 i = 1; i <= 4; ++i) {
    Run run(location, kCaps);
    scene.play(run);
    fail_unless_equals_uint64(run.frames(), 4 * i);
    expect_silence(run);
    run.end();
    expect_saved(run, location);
    fail_unless_equals_int(directory.size(), 1);
  }
}
GST_END_TEST;

// The map is there before the first frame.
GST_START_TEST(is_loaded_with_the_caps) {
  const Directory directory;
  Scene scene;
  make_state(directory / "heat.state", scene);
  Run run(directory / "heat.state");
  fail_unless(run.heatmap() == nullptr);
  run.begin(kCaps);
  scene.expect_map(run);
  fail_unless_equals_uint64(run.frames(), 4);
}
GST_END_TEST;

GST_START_TEST(goes_on_after_stop) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  for (guint64 i = 1; i <= 3; ++i) {
    Run run(location, kCaps);
    scene.play(run);
    fail_unless_equals_uint64(run.frames(), 4 * i);
  }
  Run run(location);
  for (guint64 i = 4; i <= 6; ++i) {
    run.begin(kCaps);
    scene.play(run);
    fail_unless_equals_uint64(run.frames(), 4 * i);
    gst_element_set_state(run.element(), GST_STATE_READY);
    expect_saved(run, location);
    fail_unless(run.heatmap() == nullptr);
    gst_element_set_state(run.element(), GST_STATE_PLAYING);
  }
}
GST_END_TEST;

// What a file says beside its counts is of all runs together, and of the stream.
GST_START_TEST(tells_what_it_is_of) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  const gint64 begin = g_get_real_time();
  gint64 oldest = 0, last = 0;
  for (guint64 i = 1; i <= 3; ++i) {
    Run run(location, kCaps);
    scene.play(run, 3);
    GstBuffer* corrupted = run.timed_buffer(noise(run.info(), 1));
    GST_BUFFER_FLAG_SET(corrupted, GST_BUFFER_FLAG_CORRUPTED);
    run.push(corrupted);
    run.end();

    const gint64 before = last;
    const VariantPtr state = fields(location);
    const auto number = [&](const char* name) {
      guint64 value = 0;
      fail_unless(g_variant_lookup(state.get(), name, "t", &value), "no %s", name);
      return value;
    };
    guint32 width = 0, height = 0;
    fail_unless(g_variant_lookup(state.get(), "width", "u", &width));
    fail_unless(g_variant_lookup(state.get(), "height", "u", &height));
    fail_unless(width == 34 && height == 21);
    fail_unless_equals_uint64(number("frames"), 3 * i);
    fail_unless_equals_uint64(number("skipped"), i);
    fail_unless_equals_uint64(number("half-life"), 0);
    gint64 since = 0;
    fail_unless(g_variant_lookup(state.get(), "first-time", "x", &since));
    fail_unless(g_variant_lookup(state.get(), "last-time", "x", &last));
    if (i == 1) oldest = since;
    fail_unless(since == oldest && since >= begin);
    fail_unless(last >= since && last > before && last <= g_get_real_time());
  }
}
GST_END_TEST;

// With EOS everything is saved; stopping saves only what came after.
GST_START_TEST(is_saved_once_at_the_end) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  Run run(location, kCaps);
  scene.play(run);
  run.end();
  expect_saved(run, location);
  gst_element_set_state(run.element(), GST_STATE_READY);
  expect_silence(run);
}
GST_END_TEST;

// A stream without frames leaves the file alone, also one of another size.
GST_START_TEST(no_frames_leave_the_file) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  const std::string content = make_state(location, scene);
  for (const bool eos : {false, true}) {
    Run run(location, "video/x-raw,format=BGR,width=5,height=5,framerate=25/1");
    if (eos) run.end();
    gst_element_set_state(run.element(), GST_STATE_READY);
    expect_silence(run);
  }
  fail_unless(read_file(location) == content);
}
GST_END_TEST;

GST_START_TEST(fading_heat_goes_on) {
  const Directory directory;
  const auto fade = [](Stream& stream) {
    stream.set("half-life", "1000000000");
    stream.set("normalization", "fixed");
    stream.set("full-scale", "9");
  };
  Run whole("", kCaps);
  fade(whole);
  Picture picture = noise(whole.info(), 1);
  unsigned seed = 1;
  for (int i = 0; i < 3; ++i) {
    Run run(directory / "heat.state", kCaps);
    fade(run);
    for (int frame = 0; frame < 12; ++frame) {
      picture = moved(picture, ++seed);
      if (frame == 0) {  // the first of a run is compared with none
        whole.flush();
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        whole.send(gst_event_new_segment(&segment));
      }
      const Picture shown = whole.show(picture);
      fail_unless(run.show(picture) == shown);
      fail_unless(equal(run.map(), whole.map()));
    }
    fail_unless_equals_float(double_field(run.stats().get(), "max"),
                             double_field(whole.stats().get(), "max"));
  }
}
GST_END_TEST;

GST_START_TEST(skipped_frames_are_kept) {
  const Directory directory;
  for (guint64 i = 1; i <= 3; ++i) {
    Run run(directory / "heat.state", kCaps);
    GstBuffer* buffer = run.timed_buffer(noise(run.info(), 1));
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);
    run.push(buffer);
    run.show(noise(run.info(), 2));
    fail_unless_equals_uint64(run.frames(), i);
    fail_unless_equals_uint64(run.skipped(), i);
  }
}
GST_END_TEST;

// In a larger size, and back.
GST_START_TEST(other_size) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  make_state(location, scene);
  {
    Run run(location, kLargerCaps);
    cv::Mat larger;
    cv::resize(scene.model.index({}), larger, {}, 3, 3, cv::INTER_NEAREST);
    fail_unless(equal(run.map(), larger));
    run.show(noise(run.info(), 1));
  }
  Run run(location, kCaps);
  scene.expect_map(run);
  scene.play(run);
}
GST_END_TEST;

GST_START_TEST(other_format) {
  const Directory directory;
  Scene scene;
  guint64 frames = 0;
  for (const char* format : {"BGR", "I420", "RGBA", "NV12", "GRAY8"}) {
    Run run(directory / "heat.state",
            std::string("video/x-raw,width=34,height=21,framerate=25/1,format=") + format);
    scene.play(run);
    fail_unless_equals_uint64(run.frames(), frames += 4);
  }
}
GST_END_TEST;

// Frames that were counted under other settings count on.
GST_START_TEST(other_settings) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  make_state(location, scene);
  Run run(location, kCaps);
  run.set("threshold", "90");
  scene.model.threshold = 90;
  scene.play(run);
}
GST_END_TEST;

GST_START_TEST(reset_is_kept) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  for (const bool after_eos : {false, true}) {
    Scene scene;
    {
      Run run(location, kCaps);
      scene.play(run);
      if (after_eos) run.end();
      g_signal_emit_by_name(run.element(), "reset");
    }
    Run run(location, kCaps);
    fail_unless_equals_int(cv::countNonZero(run.map()), 0);
    fail_unless_equals_uint64(run.frames(), 0);
  }
}
GST_END_TEST;

// When it is saved

GST_START_TEST(every_interval) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  Run run(location, kCaps);
  run.set("state-interval", "200000000");
  for (int i = 0; i < 5; ++i) {
    for (int frame = 0; frame < 4; ++frame) {
      run.show(noise(run.info(), unsigned(4 * i + frame)));
      expect_silence(run);
    }
    run.show(noise(run.info(), unsigned(i)));
    expect_saved(run, location);
    fs::copy_file(location, directory / std::to_string(i));
    Run copy(directory / std::to_string(i), kCaps);
    fail_unless_equals_uint64(copy.frames(), guint64(5 * (i + 1)));
    fail_unless(equal(copy.map(), run.map()));
  }
}
GST_END_TEST;

GST_START_TEST(no_interval) {
  const Directory directory;
  Run run(directory / "heat.state", kCaps);
  run.set("state-interval", "0");
  for (unsigned i = 0; i < 200; ++i) run.show(noise(run.info(), i % 3));
  expect_silence(run);
  // There is a file from the beginning, which says who has the name.
  fail_unless_equals_uint64(run_on_copy(directory / "heat.state")->frames(), 0);
  fail_unless_equals_int(directory.size(), 1);
  run.end();
  expect_saved(run, directory / "heat.state");
}
GST_END_TEST;

GST_START_TEST(on_the_signal) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Run run(location);
  fail_if(save(run));
  expect_warning(run, location, "there is no stream yet", "signal save-state");
  run.begin(kCaps);
  Scene scene;
  scene.play(run);
  fail_unless(save(run));
  expect_saved(run, location);
  const auto copy = run_on_copy(location);
  scene.expect_map(*copy);
  fail_unless_equals_uint64(copy->frames(), 4);
  gst_element_set_state(run.element(), GST_STATE_READY);
  expect_saved(run, location);
  fail_if(save(run));
  expect_warning(run, location, "there is no stream yet", "signal save-state");
}
GST_END_TEST;

GST_START_TEST(without_a_location) {
  Run run("", kCaps);
  Scene scene;
  scene.play(run);
  fail_if(save(run));
  expect_warning(run, "", "not set", "signal save-state");
  run.end();
  expect_silence(run);
}
GST_END_TEST;

// While nobody reads nothing is told of the states of an interval, nor of a disk that is full for
// days. What was asked for is answered, and the last one is told of.
GST_START_TEST(unread_messages) {
  for (const bool fails : {false, true}) {
    const Directory directory;
    const std::string location = directory / "heat.state";
    Run run(location, kCaps);
    run.set("state-interval", "0");
    fill_outbox(run);
    if (fails) fs::remove_all(directory.path());
    run.set("state-interval", std::to_string(kFrame));
    const Picture picture = noise(run.info(), 1);
    for (int i = 0; i < 50; ++i) {
      run.show(picture);
      g_usleep(2000);  // for the thread that writes
    }
    run.send(gst_event_new_segment_done(GST_FORMAT_TIME, run.next_pts));
    const char* told = fails ? "warning" : "motionheatmap-state";
    fail_unless(read_outbox(run) == std::vector<std::string>{told});

    run.set("state-interval", "0");
    fill_outbox(run);
    fail_unless(save(run));
    g_usleep(200000);  // before anybody reads
    fail_unless(read_outbox(run) == std::vector<std::string>{told});
  }
}
GST_END_TEST;

// Frames go on while saving takes long; then what is saved next is up to date.
GST_START_TEST(slow_disk) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  Run run(location, kCaps);
  Gate gate(run, "motionheatmap-state");
  run.set("state-interval", "40000000");
  scene.play(run, 1);
  gate.wait_until_reached();
  scene.play(run, 50);
  gate.open();
  // the one that was held up, one that waited for it, and the one at the end
  for (int i = 0; i < 2; ++i) expect_saved(run, location);
  run.end();
  expect_saved(run, location);
  expect_silence(run);
  const auto copy = run_on_copy(location);
  scene.expect_map(*copy);
  fail_unless_equals_uint64(copy->frames(), 51);
}
GST_END_TEST;

// Of saves that wait for the disk the last one takes the place of the others.
GST_START_TEST(one_save_waits) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  Run run(location, kCaps);
  Gate gate(run, "motionheatmap-state");
  scene.play(run, 1);
  fail_unless(save(run));
  gate.wait_until_reached();
  for (int i = 0; i < 40; ++i) {
    scene.play(run, 1);
    fail_unless(save(run));
  }
  gate.open();
  for (int i = 0; i < 2; ++i) expect_saved(run, location);
  const auto copy = run_on_copy(location);
  scene.expect_map(*copy);
  fail_unless_equals_uint64(copy->frames(), 41);
  fail_unless(save(run));
  expect_saved(run, location);
  expect_silence(run);
}
GST_END_TEST;

// What is saved is of one moment, although the map counts on meanwhile, and is cleared, resampled
// or gone when the disk lets it be written.
GST_START_TEST(saved_as_it_was) {
  const char* const kLargeCaps = "video/x-raw,format=GRAY8,width=1920,height=1080,framerate=25/1";
  for (const char* then : {"frames", "reset", "size", "stop"}) {
    const Directory directory;
    const std::string location = directory / "heat.state";
    {
      Run run(location, kLargeCaps);
      const Picture black = filled(run.info(), 0), white = filled(run.info(), 255);
      Gate gate(run, "motionheatmap-state");
      fail_unless(save(run));
      gate.wait_until_reached();
      run.show(black);
      for (int i = 0; i < 10; ++i) run.show(i % 2 ? black : white);
      run.set("state-interval", "0");
      fail_unless(save(run));
      if (then == std::string("reset")) g_signal_emit_by_name(run.element(), "reset");
      if (then == std::string("size")) run.change_caps(kCaps);
      if (then != std::string("frames")) gate.open();
      for (int i = 0; i < 30 && then == std::string("frames"); ++i) {
        run.show(i % 2 ? black : white);
        if (i == 3) gate.open();
      }
      if (then != std::string("stop")) {
        for (int i = 0; i < 2; ++i) expect_saved(run, location);
        fs::copy_file(location, directory / "copy");
      }
    }
    const Run copy(then == std::string("stop") ? location : directory / "copy", kLargeCaps);
    fail_unless_equals_uint64(copy.frames(), 11);
    fail_unless_equals_float(double_field(copy.stats().get(), "max"), 10);
    fail_unless_equals_int(cv::countNonZero(copy.map() != 255), 0);
  }
}
GST_END_TEST;

// Who has the file

GST_START_TEST(has_one_owner) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  fs::create_symlink("heat.state", directory / "link");
  for (const bool exists : {false, true}) {
    Scene scene;
    Run owner(location, kCaps);
    if (exists) g_signal_emit_by_name(owner.element(), "reset");
    for (const std::string& name : {location, directory / "link"}) {
      Scene other;
      Run second(name, kCaps);
      const std::string text =
          expect_warning(second, name, "it is in use by another motionheatmap");
      expect_contains(text, "nothing is saved");
      second.set("state-interval", "40000000");
      other.play(second);
      fail_if(save(second));
      expect_warning(second, name, "in use", "signal save-state");
      second.end();
      gst_element_set_state(second.element(), GST_STATE_READY);
      expect_silence(second);
    }
    scene.play(owner);
    owner.end();
    expect_saved(owner, location);
    fail_unless_equals_int(directory.size(), 2);
    gst_element_set_state(owner.element(), GST_STATE_READY);
    // It is free again.
    Run third(location, kCaps);
    expect_silence(third);
    scene.expect_map(third);
  }
}
GST_END_TEST;

GST_START_TEST(keeps_mode_and_link) {
  const Directory directory;
  const std::string location = directory / "link";
  fs::create_directory(directory / "disk");
  fs::create_symlink("disk/heat.state", location);
  Scene scene;
  make_state(location, scene);
  fs::permissions(location, fs::perms(0600));
  make_state(location, scene);
  fail_unless(fs::status(directory / "disk/heat.state").permissions() == fs::perms(0600));
  fail_unless(fs::is_symlink(location));
}
GST_END_TEST;

// The file is that of the beginning.
GST_START_TEST(location_while_it_plays) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  Run run(location, kCaps);
  for (const std::string& other : {directory / "other", std::string()}) {
    run.set("state-location", other);
    const std::string text = expect_warning(run, location, "plays");
    expect_contains(text, '"' + other + '"');
    gchar* in_force = nullptr;
    g_object_get(run.element(), "state-location", &in_force, nullptr);
    fail_unless_equals_string(in_force, location.c_str());
    g_free(in_force);
  }
  run.set("state-location", location);  // which changes nothing
  scene.play(run);
  run.end();
  expect_saved(run, location);
  expect_silence(run);
  gst_element_set_state(run.element(), GST_STATE_READY);
  run.set("state-location", directory / "other");
  expect_silence(run);
  fail_unless_equals_int(directory.size(), 1);
}
GST_END_TEST;

// A disk that hangs

namespace {

/// A run that waits for the disk.
struct Hanging : Run {
  explicit Hanging(const std::string& location)
      : Run(location, kCaps), gate(*this, "motionheatmap-state") {
    scene.play(*this);
    fail_unless(save(*this));
    gate.wait_until_reached();
    scene.play(*this);
  }

  Scene scene;
  Gate gate;
};

}  // namespace

// Nothing is lost, only late: the disk gets it when it can, though the element has been stopped.
GST_START_TEST(hung_disk_at_the_end) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Hanging run(location);
  fail_unless(takes_patience([&] { run.end(); }));
  expect_warning(run, location, "more than 3 s");
  fail_unless(takes_patience([&] { gst_element_set_state(run.element(), GST_STATE_READY); }));
  expect_warning(run, location, "more than 3 s");
  // The file is not free before it is written.
  Run next(location, kCaps);
  expect_warning(next, location, "in use");
  run.gate.open();
  for (int i = 0; i < 2; ++i) expect_saved(run, location);
  Run last(location, kCaps);
  run.scene.expect_map(last);
}
GST_END_TEST;

// Who flushes or stops does not wait for the end of the stream.
GST_START_TEST(hung_disk_is_not_waited_for) {
  const Directory directory;
  Hanging run(directory / "heat.state");
  std::thread end([&] {
    fail_if(
        takes_patience([&] { gst_pad_push_event(run.harness()->srcpad, gst_event_new_eos()); }));
  });
  g_usleep(200000);
  gst_pad_push_event(run.harness()->srcpad, gst_event_new_flush_start());
  end.join();
  gst_pad_push_event(run.harness()->srcpad, gst_event_new_flush_stop(TRUE));
  expect_silence(run);
  run.gate.open();
  expect_saved(run, directory / "heat.state");
}
GST_END_TEST;

GST_START_TEST(hung_disk_outlives_the_element) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  auto run = std::make_unique<Run>(location, kCaps);
  Gate gate(*run, "motionheatmap-state");
  scene.play(*run);
  fail_unless(save(*run));
  gate.wait_until_reached();
  scene.play(*run);
  std::atomic<bool> finalized = false;
  g_object_weak_ref(
      G_OBJECT(run->element()),
      [](gpointer flag, GObject*) { *static_cast<std::atomic<bool>*>(flag) = true; }, &finalized);
  fail_unless(takes_patience([&] { run.reset(); }));
  fail_if(finalized);
  gate.open();
  while (!finalized) {  // messages, too, have references
    gate.drop_messages();
    g_usleep(1000);
  }
  Run next(location, kCaps);
  scene.expect_map(next);
}
GST_END_TEST;

// An application may stop when it hears of a file, in whatever thread it does.
GST_START_TEST(stopped_by_a_message) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  const auto stop = [](GstBus*, GstMessage* message, gpointer element) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
        gst_structure_has_name(gst_message_get_structure(message), "motionheatmap-state"))
      gst_element_set_state(GST_ELEMENT(element), GST_STATE_NULL);
    return GST_BUS_PASS;
  };
  Scene scene;
  Run run(location, kCaps);
  scene.play(run);
  gst_bus_set_sync_handler(run.bus(), stop, run.element(), nullptr);
  fail_if(takes_patience([&] {
    fail_unless(save(run));
    while (GST_STATE(run.element()) != GST_STATE_NULL) g_usleep(1000);
  }));
  // the one that it was told of, and the one of the stop
  for (int i = 0; i < 2; ++i) expect_saved(run, location);
  gst_bus_set_sync_handler(run.bus(), nullptr, nullptr, nullptr);
  Run next(location, kCaps);
  scene.expect_map(next);
}
GST_END_TEST;

// What cannot be loaded

namespace {

struct Bad {
  std::string content;
  const char* reason;
};

/// A stream that finds a bad file, sets it aside, and goes on with an empty map.
void expect_set_aside(const std::string& location, const Bad& bad, int n) {
  write_file(location, bad.content);
  const std::string aside = location + ".damaged-" + std::to_string(n);
  Scene scene;
  Run run(location, kCaps);
  const std::string text = expect_warning(run, location, bad.reason);
  expect_contains(text, "renamed to \"" + aside + '"');
  fail_unless(read_file(aside) == bad.content);
  fail_unless_equals_int(cv::countNonZero(run.map()), 0);
  fail_unless_equals_uint64(run_on_copy(location)->frames(), 0);
  scene.play(run);
  fail_unless_equals_uint64(run.frames(), 4);
  run.end();
  expect_saved(run, location);
  gst_element_set_state(run.element(), GST_STATE_READY);
  expect_silence(run);
  Run next(location, kCaps);
  expect_silence(next);
  scene.expect_map(next);
}

}  // namespace

GST_START_TEST(bad_files_are_set_aside) {
  const Directory directory;
  Scene scene;
  const std::string good = make_state(directory / "good", scene);
  std::vector<Bad> all = {
      {"motionheatmap-state ", "first line"},
      {"motionheatmap-state 2\n" + good.substr(good.find('\n') + 1), "version 2"},
      {good + '\0', "checksum"},
      {good + good, "checksum"},
  };
  for (const size_t size : {size_t{20}, size_t{21}, size_t{22}, size_t{60}, size_t{86}, size_t{87},
                            size_t{88}, good.size() / 2, good.size() - 1})
    all.push_back({good.substr(0, size), ""});
  for (size_t i = 20; i < good.size(); i += 7) {
    all.push_back({good, ""});
    all.back().content[i] ^= 1 << i % 8;
  }
  const std::string location = directory / "heat.state";
  for (size_t i = 0; i < all.size(); ++i) expect_set_aside(location, all[i], int(i) + 1);
  for (size_t i = 0; i < all.size(); ++i)
    fail_unless(read_file(location + ".damaged-" + std::to_string(i + 1)) == all[i].content);
}
GST_END_TEST;

namespace {

/// A stream whose location can be neither read nor written goes on without.
void expect_refused(const std::string& location, const char* reason) {
  Scene scene;
  Run run(location, kCaps);
  run.set("state-interval", "40000000");
  const std::string text = expect_warning(run, location, reason);
  expect_contains(text, "nothing is saved");
  scene.play(run);
  fail_if(save(run));
  expect_warning(run, location, reason, "signal save-state");
  run.end();
  gst_element_set_state(run.element(), GST_STATE_READY);
  expect_silence(run);
}

}  // namespace

// What does not say that it is ours is somebody else's: the user took the wrong name.
GST_START_TEST(foreign_files_stay) {
  const Directory directory;
  const std::string location = directory / "precious.mp4";
  for (const std::string& content :
       {std::string(), std::string("no state at all"), std::string("motionheatmap"),
        std::string(1000, '\0'), std::string("Motionheatmap-state 1\n")}) {
    write_file(location, content);
    const auto time = fs::last_write_time(location);
    expect_refused(location, "not a state file");
    fail_unless(read_file(location) == content);
    fail_unless(fs::last_write_time(location) == time);
    fail_unless_equals_int(directory.size(), 1);
  }
}
GST_END_TEST;

GST_START_TEST(not_a_file) {
  const Directory directory;
  fs::create_directory(directory / "folder");
  write_file(directory / "folder/file", "precious");
  expect_refused(directory / "folder", "not a regular file");
  fail_unless(read_file(directory / "folder/file") == "precious");

  fail_unless_equals_int(mkfifo((directory / "pipe").c_str(), 0600), 0);
  expect_refused(directory / "pipe", "not a regular file");
  fail_unless(fs::is_fifo(directory / "pipe"));

  write_file(directory / "file", "precious");
  expect_refused(directory / "file/heat.state", g_strerror(ENOTDIR));
  fail_unless(read_file(directory / "file") == "precious");
  fail_unless_equals_int(directory.size(), 3);
}
GST_END_TEST;

// A refusal is of one location only.
GST_START_TEST(another_location_after_a_refused_one) {
  const Directory directory;
  Run run(directory.path());
  run.begin(kCaps);
  expect_warning(run, directory.path(), "not a regular file");
  run.show(noise(run.info(), 1));
  gst_element_set_state(run.element(), GST_STATE_READY);
  run.set("state-location", directory / "heat.state");
  gst_element_set_state(run.element(), GST_STATE_PLAYING);
  run.begin(kCaps);
  run.show(noise(run.info(), 1));
  run.end();
  expect_saved(run, directory / "heat.state");
  expect_silence(run);
}
GST_END_TEST;

// What cannot be saved

namespace {

/// From here to the end of the test the process has no rights to speak of. Returns false where it
/// may not give them up.
bool give_up_rights() {
  constexpr uid_t kNobody = 65534;
  if (geteuid() != 0 || seteuid(kNobody) == 0) return true;
  g_printerr("skipped: cannot become another user\n");
  return false;
}

}  // namespace

GST_START_TEST(missing_folder) {
  const Directory directory;
  const std::string location = directory / "missing/heat.state";
  Scene scene;
  Run run(location, kCaps);
  run.set("state-interval", "40000000");
  expect_silence(run);
  scene.play(run, 1);
  expect_warning(run, location, g_strerror(ENOENT));
  // It is tried again.
  fs::create_directory(directory / "missing");
  scene.play(run, 1);
  expect_saved(run, location);
}
GST_END_TEST;

GST_START_TEST(read_only_folder) {
  const Directory directory;
  fs::create_directory(directory / "folder");
  const std::string location = directory / "folder/heat.state";
  const std::string damaged = directory / "folder/damaged.state";
  Scene scene;
  const std::string content = make_state(location, scene);
  write_file(damaged, "motionheatmap-state damaged");
  chmod(directory.path().c_str(), 0755);
  chmod((directory / "folder").c_str(), 0555);
  const uid_t user = geteuid();
  if (give_up_rights()) {
    Run run(location, kCaps);
    run.set("state-interval", "40000000");
    scene.play(run, 1);
    expect_warning(run, location, g_strerror(EACCES));
    fail_unless(save(run));
    expect_warning(run, location, g_strerror(EACCES));
    run.end();
    expect_warning(run, location, g_strerror(EACCES));
    fail_unless(read_file(location) == content);

    expect_refused(damaged, "cannot be renamed");
    fail_unless(read_file(damaged) == "motionheatmap-state damaged");
  }
  seteuid(user);
  chmod((directory / "folder").c_str(), 0755);
}
GST_END_TEST;

GST_START_TEST(unreadable_file) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  const std::string content = make_state(location, scene);
  chmod(directory.path().c_str(), 0777);
  chmod(location.c_str(), 0);
  const uid_t user = geteuid();
  if (give_up_rights()) expect_refused(location, g_strerror(EACCES));
  seteuid(user);
  chmod(location.c_str(), 0644);
  fail_unless(read_file(location) == content);
}
GST_END_TEST;

namespace {

/// From here on reading fails, but for a few bytes at a time: a disk that goes bad behind the first
/// block of a file. Returns false where that cannot be had.
bool break_disk() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 2 * sizeof(__u64) +
                                             (G_BYTE_ORDER == G_BIG_ENDIAN ? sizeof(__u32) : 0)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 512, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = G_N_ELEMENTS(code), .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
    return true;
  g_printerr("skipped: no filter of system calls\n");
  return false;
}

}  // namespace

// Nobody knows what is in the file: it stays where it is.
GST_START_TEST(broken_disk) {
  const Directory directory;
  const std::string location = directory / "heat.state";
  Scene scene;
  make_state(location, scene);
  if (break_disk()) expect_refused(location, g_strerror(EIO));
  fail_unless(fs::exists(location));
  fail_unless_equals_int(directory.size(), 1);
}
GST_END_TEST;

// Saving fails for want of room; the old state stays and no other file does. Then there is room.
GST_START_TEST(full_disk) {
  const Directory directory;
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    g_printerr("full_disk: skipped, mounting is not permitted\n");
    return;
  }
  const std::string location = directory / "heat.state";
  Scene scene;
  const std::string content = make_state(location, scene);
  Run run(location, kCaps);
  run.set("state-interval", "40000000");
  {
    std::ofstream filler(directory / "filler", std::ios::binary);
    while (filler << std::string(512, 'x') << std::flush) continue;
  }
  for (int i = 0; i < 3; ++i) {
    scene.play(run, 1);
    expect_warning(run, location, g_strerror(ENOSPC));
  }
  fail_unless(read_file(location) == content);
  fail_unless_equals_int(directory.size(), 2);
  fs::remove(directory / "filler");
  scene.play(run, 1);
  expect_saved(run, location);
  scene.expect_map(*run_on_copy(location));
  umount2(directory.path().c_str(), MNT_DETACH);
}
GST_END_TEST;

static Suite* state_suite() {
  const auto [suite, tc] = new_suite("state");
  tcase_add_test(tc, goes_on_after_eos);
  tcase_add_test(tc, is_loaded_with_the_caps);
  tcase_add_test(tc, goes_on_after_stop);
  tcase_add_test(tc, tells_what_it_is_of);
  tcase_add_test(tc, is_saved_once_at_the_end);
  tcase_add_test(tc, no_frames_leave_the_file);
  tcase_add_test(tc, fading_heat_goes_on);
  tcase_add_test(tc, skipped_frames_are_kept);
  tcase_add_test(tc, other_size);
  tcase_add_test(tc, other_format);
  tcase_add_test(tc, other_settings);
  tcase_add_test(tc, reset_is_kept);
  tcase_add_test(tc, every_interval);
  tcase_add_test(tc, no_interval);
  tcase_add_test(tc, on_the_signal);
  tcase_add_test(tc, without_a_location);
  tcase_add_test(tc, unread_messages);
  tcase_add_test(tc, slow_disk);
  tcase_add_test(tc, one_save_waits);
  tcase_add_test(tc, saved_as_it_was);
  tcase_add_test(tc, has_one_owner);
  tcase_add_test(tc, keeps_mode_and_link);
  tcase_add_test(tc, location_while_it_plays);
  tcase_add_test(tc, hung_disk_at_the_end);
  tcase_add_test(tc, hung_disk_is_not_waited_for);
  tcase_add_test(tc, hung_disk_outlives_the_element);
  tcase_add_test(tc, stopped_by_a_message);
  tcase_add_test(tc, foreign_files_stay);
  tcase_add_test(tc, bad_files_are_set_aside);
  tcase_add_test(tc, not_a_file);
  tcase_add_test(tc, another_location_after_a_refused_one);
  tcase_add_test(tc, missing_folder);
  tcase_add_test(tc, read_only_folder);
  tcase_add_test(tc, unreadable_file);
  if (g_strcmp0(g_getenv("CK_FORK"), "no") != 0) tcase_add_test(tc, broken_disk);
  tcase_add_test(tc, full_disk);
  return suite;
}

GST_CHECK_MAIN(state)
