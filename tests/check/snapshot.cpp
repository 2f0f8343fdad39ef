// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "../read_picture.h"
#include "files.h"
#include "model.h"

namespace fs = std::filesystem;

namespace {

const char* const kCaps = "video/x-raw,format=BGR,width=34,height=21,framerate=25/1";

bool snapshot(Stream& stream, const std::string& location) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(stream.element(), "snapshot", location.c_str(), &accepted);
  return accepted;
}

using GstQueryPtr = std::unique_ptr<GstQuery, decltype([](GstQuery* q) { gst_query_unref(q); })>;

/// Waits for the message that tells of a file that is written.
void expect_written(Stream& stream, const std::string& location) {
  for (;;) {
    const MessagePtr message =
        stream.wait(GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING));
    const GstStructure* s = gst_message_get_structure(message.get());
    fail_unless_equals_int(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_ELEMENT);
    if (!gst_structure_has_name(s, "motionheatmap-snapshot")) continue;
    fail_unless_equals_string(gst_structure_get_string(s, "location"), location.c_str());
    return;
  }
}

/// Plays some pictures in which something moves and gives the last one that comes out.
Picture play(Stream& stream, unsigned n = 4) {
  Picture picture = noise(stream.info(), 1);
  Picture shown = picture;
  for (unsigned i = 0; i < n; ++i) {
    picture = moved(picture, i);
    shown = stream.show(picture);
  }
  return shown;
}

}  // namespace

GST_START_TEST(at_the_end_of_the_stream) {
  const Directory directory;
  const std::string location = directory / "heat.png";
  Stream stream(kCaps);
  stream.set("snapshot-location", location);
  const Picture shown = play(stream);
  fail_unless_equals_int(directory.size(), 0);
  stream.send(gst_event_new_eos());
  // The file is there before EOS goes on.
  fail_unless(equal(read_picture(location), shown.planes[0]));
  expect_written(stream, location);
  fail_unless_equals_int(directory.size(), 1);
}
GST_END_TEST;

GST_START_TEST(on_the_signal) {
  const Directory directory;
  const std::string location = directory / "now.png";
  Stream stream(kCaps);
  play(stream);
  fail_unless(snapshot(stream, location));
  fail_unless_equals_int(directory.size(), 0);
  const Picture shown = stream.show(noise(stream.info(), 77));
  stream.show(noise(stream.info(), 78));
  expect_written(stream, location);
  fail_unless(equal(read_picture(location), shown.planes[0]));
  // It was asked for once.
  stream.send(gst_event_new_eos());
  fail_unless_equals_int(directory.size(), 1);
}
GST_END_TEST;

// The frame itself waits for the end of the stream, and nobody can write to it meanwhile. Who wants
// memory back gets it, and the picture is what the frame was.
GST_START_TEST(holds_the_frame) {
  for (const char* output : {"overlay", "none"}) {
    const Directory directory;
    Stream stream(kCaps);
    stream.set("snapshot-location", directory / "end.png");
    stream.set("output", output);
    play(stream);
    BufferPtr before = stream.push(stream.timed_buffer(noise(stream.info(), 76)));
    fail_if(gst_buffer_is_writable(before.get()));
    BufferPtr buffer = stream.push(stream.timed_buffer(noise(stream.info(), 77)));
    fail_unless(gst_buffer_is_writable(before.get()));
    fail_if(gst_buffer_is_writable(buffer.get()));
    const Picture shown = to_picture(buffer.get(), stream.info());
    const GstQueryPtr drain(gst_query_new_drain());
    gst_pad_peer_query(stream.harness()->srcpad, drain.get());
    fail_unless(gst_buffer_is_writable(buffer.get()));
    gst_buffer_memset(buffer.get(), 0, 7, gst_buffer_get_size(buffer.get()));
    stream.send(gst_event_new_eos());
    fail_unless_equals_int(directory.size(), 1);
    const cv::Mat end = read_picture(directory / "end.png");
    if (output == std::string("overlay"))
      fail_unless(equal(end, shown.planes[0]));
    else
      fail_if(equal(end, shown.planes[0]));  // the heat is on it there
  }
}
GST_END_TEST;

// No frame comes any more, and none was kept.
GST_START_TEST(on_the_signal_before_eos) {
  const Directory directory;
  const std::string location = directory / "last.png";
  Stream stream(kCaps);
  play(stream);
  fail_unless(snapshot(stream, location));
  stream.send(gst_event_new_eos());
  const std::string text = warning_text(stream.wait(GST_MESSAGE_WARNING).get());
  expect_contains(text, location);
  expect_contains(text, "signal snapshot");
  expect_contains(text, "the stream ended");
  fail_unless_equals_int(directory.size(), 0);
}
GST_END_TEST;

// All who ask get the frame, and the picture at the end is there all the same.
GST_START_TEST(to_several_files) {
  const Directory directory;
  for (const char* output : {"overlay", "none"}) {
    Stream stream(kCaps);
    stream.set("snapshot-location", directory / "end.png");
    stream.set("output", output);
    play(stream);
    fail_unless(snapshot(stream, directory / "one.png"));
    fail_unless(snapshot(stream, directory / "two.png"));
    stream.show(noise(stream.info(), 77));
    expect_written(stream, directory / "one.png");
    expect_written(stream, directory / "two.png");
    stream.send(gst_event_new_eos());
    expect_written(stream, directory / "end.png");
    const cv::Mat end = read_picture(directory / "end.png");
    fail_unless(!end.empty());
    fail_unless(equal(read_picture(directory / "one.png"), end));
    fail_unless(equal(read_picture(directory / "two.png"), end));
  }
}
GST_END_TEST;

GST_START_TEST(of_interlaced_video) {
  const Directory directory;
  Stream stream(kCaps + std::string(",interlace-mode=interleaved"));
  stream.set("snapshot-location", directory / "heat.png");
  const Picture shown = play(stream);
  stream.send(gst_event_new_eos());
  fail_unless(equal(read_picture(directory / "heat.png"), shown.planes[0]));
}
GST_END_TEST;

GST_START_TEST(of_the_heatmap) {
  const Directory directory;
  Stream stream(kCaps);
  stream.set("output", "heatmap");
  stream.set("snapshot-location", directory / "heat.png");
  const Picture shown = play(stream);
  stream.send(gst_event_new_eos());
  fail_unless(equal(read_picture(directory / "heat.png"), shown.planes[0]));
}
GST_END_TEST;

// With output=none nothing is drawn on the stream, but on the picture.
GST_START_TEST(of_an_untouched_stream) {
  const Directory directory;
  Stream stream(kCaps);
  stream.set("output", "none");
  stream.set("snapshot-location", directory / "heat.png");
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    picture = moved(picture, i);
    model.add(picture);
    fail_unless(stream.show(picture) == picture);
  }
  stream.send(gst_event_new_eos());
  fail_unless(equal(read_picture(directory / "heat.png"), model.overlay(picture).planes[0]));
}
GST_END_TEST;

// What was shown stays as it was when it is written.
GST_START_TEST(does_not_change_what_is_shown) {
  const Directory directory;
  Stream with(kCaps), without(kCaps);
  with.set("snapshot-location", directory / "heat.png");
  fail_unless(play(with, 6) == play(without, 6));
}
GST_END_TEST;

GST_START_TEST(of_other_formats) {
  for (const char* format : {"RGB", "RGBx", "xBGR", "ARGB", "GRAY8"}) {
    const Directory directory;
    Stream stream(std::string("video/x-raw,width=35,height=21,framerate=25/1,format=") + format);
    stream.set("snapshot-location", directory / "heat.png");
    const Picture shown = play(stream);
    stream.send(gst_event_new_eos());
    cv::Mat bgr[3];
    for (int i = 0; i < 3; ++i) {
      const int c = GST_VIDEO_INFO_N_COMPONENTS(&shown.info) == 1 ? 0 : 2 - i;
      cv::extractChannel(shown.planes[0], bgr[i], GST_VIDEO_INFO_COMP_POFFSET(&shown.info, c));
    }
    cv::Mat expected;
    cv::merge(bgr, 3, expected);
    fail_unless(equal(read_picture(directory / "heat.png"), expected), "%s", format);
  }
}
GST_END_TEST;

// One colour, so that no choice of chroma filter matters.
GST_START_TEST(of_ycbcr) {
  for (const char* format : {"I420", "NV12"}) {
    for (const char* colorimetry : {"bt601", "bt709", "1:4:0:0"}) {
      const Directory directory;
      Stream stream(std::string("video/x-raw,width=35,height=21,framerate=25/1,format=") + format +
                    ",colorimetry=(string)" + colorimetry);
      stream.set("snapshot-location", directory / "heat.png");
      stream.set("opacity", "1");
      stream.show(filled(stream.info(), 128));
      stream.send(gst_event_new_eos());
      const cv::Mat picture = read_picture(directory / "heat.png");
      // the colour of index 0 in jet, but for the rounding of conversions
      const cv::Mat expected(21, 35, CV_8UC3, cv::Scalar(128, 0, 0));
      fail_unless(picture.size() == expected.size());
      fail_unless(cv::norm(picture, expected, cv::NORM_INF) <= 3, "%s %s", format, colorimetry);
    }
  }
}
GST_END_TEST;

GST_START_TEST(of_a_picture_in_a_larger_frame) {
  const Directory directory;
  Stream stream(kCaps);
  stream.set("snapshot-location", directory / "heat.png");
  Picture picture = noise(stream.info(), 1);
  Picture shown = picture;
  for (unsigned i = 0; i < 3; ++i) {
    picture = moved(picture, i);
    GstBuffer* buffer = to_larger_buffer(picture, 60, 40, 8, 6, 3);
    GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
    crop->x = 8;
    crop->y = 6;
    crop->width = 34;
    crop->height = 21;
    shown = to_picture(stream.push(buffer).get(), stream.info());
  }
  stream.send(gst_event_new_eos());
  fail_unless(equal(read_picture(directory / "heat.png"), shown.planes[0]));
}
GST_END_TEST;

GST_START_TEST(as_jpeg) {
  for (const char* name : {"heat.jpg", "heat.jpeg", "HEAT.JPG"}) {
    const Directory directory;
    Stream stream(kCaps);
    stream.set("snapshot-location", directory / name);
    stream.set("opacity", "1");
    play(stream, 1);
    stream.send(gst_event_new_eos());
    const cv::Mat picture = read_picture(directory / name);
    fail_unless(picture.size() == cv::Size(34, 21), "%s", name);
    const cv::Mat expected(21, 34, CV_8UC3, cv::Scalar(128, 0, 0));
    fail_unless(cv::norm(picture, expected, cv::NORM_INF) <= 4);
    std::ifstream file(directory / name, std::ios::binary);
    fail_unless(file.get() == 0xff && file.get() == 0xd8);
  }
}
GST_END_TEST;

GST_START_TEST(replaces_the_file) {
  const Directory directory;
  const std::string location = directory / "heat.png";
  std::ofstream(location) << "something else";
  Stream stream(kCaps);
  stream.set("snapshot-location", location);
  const Picture shown = play(stream);
  stream.send(gst_event_new_eos());
  fail_unless(equal(read_picture(location), shown.planes[0]));
  fail_unless_equals_int(directory.size(), 1);
}
GST_END_TEST;

GST_START_TEST(the_signal_refuses) {
  const Directory directory;
  Stream stream("");
  fail_if(snapshot(stream, directory / "early.png"));
  stream.change_caps(kCaps);
  const GstSegment segment = [] {
    GstSegment s;
    gst_segment_init(&s, GST_FORMAT_TIME);
    return s;
  }();
  stream.send(gst_event_new_segment(&segment));
  play(stream);
  for (const char* name : {"heat.bmp", "heat", ".png/x", ""})
    fail_if(snapshot(stream, directory / name), "%s", name);
  gboolean accepted = TRUE;
  g_signal_emit_by_name(stream.element(), "snapshot", nullptr, &accepted);
  fail_if(accepted);
  play(stream);
  fail_unless_equals_int(directory.size(), 0);
}
GST_END_TEST;

namespace {

/// A location at which nothing can be written must give a warning that names it, the property and
/// the reason; the video goes on and ends as always.
void check_bad_location(const Directory& directory, const std::string& location,
                        const std::string& reason) {
  const int files = directory.size();
  Stream stream(kCaps);
  stream.set("snapshot-location", location);
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    fail_unless(stream.show(picture) == model.add_and_overlay(picture));
    picture = moved(picture, i);
  }
  stream.send(gst_event_new_eos());

  int warnings = 0;
  bool final = false;
  while (MessagePtr message = stream.pop(GST_MESSAGE_ANY)) {
    const GstStructure* s = gst_message_get_structure(message.get());
    fail_if(GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_WARNING) {
      ++warnings;
      const std::string text = warning_text(message.get());
      for (const std::string& part : {std::string("snapshot-location"), location, reason})
        expect_contains(text, part);
    } else if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ELEMENT) {
      fail_if(gst_structure_has_name(s, "motionheatmap-snapshot"));
      final |= bool_field(s, "final");
    }
  }
  fail_unless(warnings > 0);
  fail_unless(final);
  fail_unless_equals_int(directory.size(), files);
}

}  // namespace

GST_START_TEST(in_no_directory) {
  const Directory directory;
  check_bad_location(directory, directory / "none/heat.png", "directory");
}
GST_END_TEST;

GST_START_TEST(on_a_directory) {
  const Directory directory;
  fs::create_directory(directory / "heat.png");
  check_bad_location(directory, directory / "heat.png", "directory");
}
GST_END_TEST;

GST_START_TEST(of_unknown_extension) {
  const Directory directory;
  check_bad_location(directory, directory / "heat.xyz", "xyz");
  check_bad_location(directory, directory / "heat", "extension");
}
GST_END_TEST;

GST_START_TEST(the_signal_tells_why_not) {
  const Directory directory;
  Stream stream(kCaps);
  play(stream);
  fail_if(snapshot(stream, directory / "heat.xyz"));
  const std::string text = warning_text(stream.wait(GST_MESSAGE_WARNING).get());
  expect_contains(text, "snapshot");
  expect_contains(text, directory / "heat.xyz");
  expect_contains(text, "extension");
}
GST_END_TEST;

// The directory goes away after the signal was accepted.
GST_START_TEST(writing_fails) {
  const Directory directory;
  const std::string location = directory / "there/heat.png";
  fs::create_directory(directory / "there");
  Stream stream(kCaps);
  play(stream);
  fail_unless(snapshot(stream, location));
  fs::remove(directory / "there");
  play(stream);
  const std::string text = warning_text(stream.wait(GST_MESSAGE_WARNING).get());
  expect_contains(text, "snapshot");
  expect_contains(text, location);
  fail_unless(stream.pop(GST_MESSAGE_ERROR) == nullptr);
}
GST_END_TEST;

// A request is written although the element stops right after the frame.
GST_START_TEST(written_before_it_stops) {
  const Directory directory;
  const std::string location = directory / "heat.png";
  Picture shown(video_info(kCaps));
  {
    Stream stream(kCaps);
    play(stream);
    fail_unless(snapshot(stream, location));
    shown = stream.show(noise(stream.info(), 5));
  }
  fail_unless(equal(read_picture(location), shown.planes[0]));
}
GST_END_TEST;

// Once accepted

namespace {

/// Exactly one message tells of a request that no frame came for.
void expect_answer(Stream& stream, const std::string& location, const std::string& reason) {
  const std::string text = warning_text(stream.wait(GST_MESSAGE_WARNING).get());
  for (const std::string& part : {location, std::string("signal snapshot"), reason})
    expect_contains(text, part);
  fail_unless(stream.pop(GST_MESSAGE_WARNING) == nullptr);
}

void set_state(Stream& stream, GstState state) {
  gst_element_set_state(stream.element(), state);
}

}  // namespace

GST_START_TEST(answered_without_a_frame) {
  const Directory directory;
  const std::string location = directory / "now.png";
  for (const char* name : {"now.png", "now.tiff"}) {
    Stream stream(kCaps);
    fail_unless(snapshot(stream, directory / name));
    stream.send(gst_event_new_eos());
    expect_answer(stream, directory / name, "the stream ended");
    // And with the stop, if it comes after the end.
    fail_unless(snapshot(stream, directory / name));
    set_state(stream, GST_STATE_READY);
    expect_answer(stream, directory / name, "the stream stopped");
    fail_if(snapshot(stream, directory / name));
    expect_answer(stream, directory / name, "there is no stream yet");
  }
  fail_unless_equals_int(directory.size(), 0);
}
GST_END_TEST;

GST_START_TEST(answered_on_stop) {
  const Directory directory;
  const std::string location = directory / "now.png";
  for (const bool pauses : {false, true}) {
    for (const GstState state : {GST_STATE_READY, GST_STATE_NULL}) {
      Stream stream(kCaps);
      play(stream);
      if (pauses) set_state(stream, GST_STATE_PAUSED);
      fail_unless(snapshot(stream, location));
      set_state(stream, state);
      expect_answer(stream, location, "the stream stopped");
      // It is not for the next stream.
      set_state(stream, GST_STATE_PLAYING);
      stream.change_caps(kCaps);
      GstSegment segment;
      gst_segment_init(&segment, GST_FORMAT_TIME);
      stream.send(gst_event_new_segment(&segment));
      play(stream);
      fail_unless_equals_int(directory.size(), 0);
    }
  }
}
GST_END_TEST;

GST_START_TEST(answered_after_new_caps) {
  const Directory directory;
  const std::string location = directory / "now.png";
  Stream stream(kCaps);
  play(stream);
  fail_unless(snapshot(stream, location));
  stream.change_caps("video/x-raw,format=RGB,width=50,height=30,framerate=25/1");
  stream.show(noise(stream.info(), 9));
  expect_written(stream, location);
  fail_unless(read_picture(location).size() == cv::Size(50, 30));
  stream.send(gst_event_new_eos());
  fail_unless(stream.pop(GST_MESSAGE_WARNING) == nullptr);
}
GST_END_TEST;

// Caps of which no frame comes do not take the last picture away.
GST_START_TEST(of_the_frame_before_new_caps) {
  for (const char* output : {"overlay", "none"}) {
    const Directory directory;
    Stream stream(kCaps);
    stream.set("snapshot-location", directory / "heat.png");
    stream.set("output", output);
    Model model;
    Picture picture = noise(stream.info(), 1);
    for (unsigned i = 0; i < 4; ++i) {
      picture = moved(picture, i);
      model.add(picture);
      stream.show(picture);
    }
    stream.change_caps("video/x-raw,format=I420,width=50,height=30,framerate=25/1");
    stream.send(gst_event_new_eos());
    expect_written(stream, directory / "heat.png");
    fail_unless(
        equal(read_picture(directory / "heat.png"), model.overlay(picture).planes[0]));
  }
}
GST_END_TEST;

// An application that asks for more than a disk can take is told so.
GST_START_TEST(no_more_than_can_wait) {
  const Directory directory;
  Stream stream(kCaps);
  Gate gate(stream, "motionheatmap-snapshot");
  play(stream);
  int accepted = 0;
  for (; snapshot(stream, directory / (std::to_string(accepted) + ".png")); ++accepted) {
    fail_unless(accepted < 100);
    stream.show(noise(stream.info(), unsigned(accepted)));
  }
  expect_answer(stream, directory / (std::to_string(accepted) + ".png"), "too many");
  fail_unless(accepted >= 32);
  gate.open();
  stream.send(gst_event_new_eos());
  fail_unless_equals_int(directory.size(), accepted);
}
GST_END_TEST;

// Files that are there

GST_START_TEST(keeps_mode_and_link) {
  const Directory directory;
  fs::create_directory(directory / "disk");
  write_file(directory / "disk/heat.png", "something else");
  fs::permissions(directory / "disk/heat.png", fs::perms(0600));
  fs::create_symlink("disk/heat.png", directory / "heat.png");
  Stream stream(kCaps);
  stream.set("snapshot-location", directory / "heat.png");
  const Picture shown = play(stream);
  stream.send(gst_event_new_eos());
  expect_written(stream, directory / "heat.png");
  fail_unless(fs::is_symlink(directory / "heat.png"));
  fail_unless(equal(read_picture(directory / "disk/heat.png"), shown.planes[0]));
  fail_unless(fs::status(directory / "disk/heat.png").permissions() == fs::perms(0600));
  fail_unless_equals_int(directory.size(), 2);
}
GST_END_TEST;

GST_START_TEST(on_what_is_no_file) {
  const Directory directory;
  fail_unless_equals_int(mkfifo((directory / "pipe.png").c_str(), 0600), 0);
  check_bad_location(directory, directory / "pipe.png", "not a regular file");
  fail_unless(fs::is_fifo(directory / "pipe.png"));
  fs::create_symlink("pipe.png", directory / "link.png");
  check_bad_location(directory, directory / "link.png", "not a regular file");
  fail_unless(fs::is_symlink(directory / "link.png"));
}
GST_END_TEST;

// A disk that hangs

GST_START_TEST(hung_disk) {
  const Directory directory;
  const std::string location = directory / "now.png";
  auto stream = std::make_unique<Stream>(kCaps);
  Gate gate(*stream, "motionheatmap-snapshot");
  play(*stream);
  fail_unless(snapshot(*stream, location));
  play(*stream, 1);
  gate.wait_until_reached();
  fail_unless(takes_patience([&] { stream->send(gst_event_new_eos()); }));
  const std::string text = warning_text(stream->wait(GST_MESSAGE_WARNING).get());
  for (const std::string& part : {location, std::string("signal snapshot"), std::string("3 s")})
    expect_contains(text, part);
  fail_unless(takes_patience([&] { stream.reset(); }));
  gate.open();
  gate.drop_messages();
}
GST_END_TEST;

// A thread of the application stops while the end of the stream waits.
GST_START_TEST(stopped_while_the_end_waits) {
  const Directory directory;
  Stream stream(kCaps);
  Gate gate(stream, "motionheatmap-snapshot");
  stream.set("snapshot-location", directory / "heat.png");
  play(stream);
  std::thread end([&] {
    fail_if(takes_patience([&] {
      gst_pad_push_event(stream.harness()->srcpad, gst_event_new_eos());
    }));
  });
  gate.wait_until_reached();
  g_usleep(100000);
  std::thread opener([&] {
    end.join();
    gate.open();
  });
  fail_if(takes_patience([&] { set_state(stream, GST_STATE_READY); }));
  opener.join();
  expect_written(stream, directory / "heat.png");
}
GST_END_TEST;

// An application may stop when it hears of a file, in whatever thread it does.
GST_START_TEST(stopped_by_a_message) {
  const Directory directory;
  const auto stop = [](GstBus*, GstMessage* message, gpointer element) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
        gst_structure_has_name(gst_message_get_structure(message), "motionheatmap-snapshot"))
      gst_element_set_state(GST_ELEMENT(element), GST_STATE_NULL);
    return GST_BUS_PASS;
  };
  Stream stream(kCaps);
  play(stream);
  gst_bus_set_sync_handler(stream.bus(), stop, stream.element(), nullptr);
  fail_unless(snapshot(stream, directory / "now.png"));
  fail_if(takes_patience([&] {
    play(stream, 1);
    while (GST_STATE(stream.element()) != GST_STATE_NULL) g_usleep(1000);
  }));
  expect_written(stream, directory / "now.png");
  gst_bus_set_sync_handler(stream.bus(), nullptr, nullptr, nullptr);
}
GST_END_TEST;

// Who stops empties the bus of a pipeline; the log still tells what failed.
GST_START_TEST(failures_are_logged) {
  static std::string log;
  const Directory directory;
  const GstLogFunction note = [](GstDebugCategory*, GstDebugLevel level, const gchar*, const gchar*,
                                 gint, GObject*, GstDebugMessage* message, gpointer) {
    if (level == GST_LEVEL_WARNING) log += gst_debug_message_get(message);
  };
  gst_debug_add_log_function(note, nullptr, nullptr);
  gst_debug_set_threshold_for_name("motionheatmap", GST_LEVEL_WARNING);
  Stream stream(kCaps);
  play(stream);
  fail_unless(snapshot(stream, directory / "now.png"));
  gst_bus_set_flushing(stream.bus(), TRUE);
  set_state(stream, GST_STATE_NULL);
  gst_debug_remove_log_function(note);
  expect_contains(log, directory / "now.png");
  expect_contains(log, "signal snapshot");
}
GST_END_TEST;

// Where the files of one camera lie is not for others.
GST_START_TEST(not_in_presets) {
  const Directory directory;
  GstElement* element = gst_element_factory_make("motionheatmap", nullptr);
  gchar** names = gst_preset_get_property_names(GST_PRESET(element));
  const auto contains = [&](const char* name) {
    return g_strv_contains(const_cast<const gchar* const*>(names), name);
  };
  for (const char* name : {"snapshot-location", "state-location"}) fail_if(contains(name));
  for (const char* name : {"threshold", "snapshot-interval", "state-interval", "qos"})
    fail_unless(contains(name));
  g_strfreev(names);
  gst_object_unref(element);
}
GST_END_TEST;

static Suite* snapshot_suite() {
  const auto [suite, tc] = new_suite("snapshot");
  tcase_add_test(tc, at_the_end_of_the_stream);
  tcase_add_test(tc, holds_the_frame);
  tcase_add_test(tc, on_the_signal);
  tcase_add_test(tc, on_the_signal_before_eos);
  tcase_add_test(tc, to_several_files);
  tcase_add_test(tc, of_interlaced_video);
  tcase_add_test(tc, of_the_heatmap);
  tcase_add_test(tc, of_an_untouched_stream);
  tcase_add_test(tc, does_not_change_what_is_shown);
  tcase_add_test(tc, of_other_formats);
  tcase_add_test(tc, of_ycbcr);
  tcase_add_test(tc, of_a_picture_in_a_larger_frame);
  tcase_add_test(tc, as_jpeg);
  tcase_add_test(tc, replaces_the_file);
  tcase_add_test(tc, the_signal_refuses);
  tcase_add_test(tc, in_no_directory);
  tcase_add_test(tc, on_a_directory);
  tcase_add_test(tc, of_unknown_extension);
  tcase_add_test(tc, the_signal_tells_why_not);
  tcase_add_test(tc, writing_fails);
  tcase_add_test(tc, written_before_it_stops);
  tcase_add_test(tc, answered_without_a_frame);
  tcase_add_test(tc, answered_on_stop);
  tcase_add_test(tc, answered_after_new_caps);
  tcase_add_test(tc, of_the_frame_before_new_caps);
  tcase_add_test(tc, no_more_than_can_wait);
  tcase_add_test(tc, keeps_mode_and_link);
  tcase_add_test(tc, on_what_is_no_file);
  tcase_add_test(tc, hung_disk);
  tcase_add_test(tc, stopped_while_the_end_waits);
  tcase_add_test(tc, stopped_by_a_message);
  tcase_add_test(tc, failures_are_logged);
  tcase_add_test(tc, not_in_presets);
  return suite;
}

GST_CHECK_MAIN(snapshot)
