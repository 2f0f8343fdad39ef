// SPDX-License-Identifier: LGPL-2.1-or-later
#include <filesystem>
#include <fstream>

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

static Suite* snapshot_suite() {
  const auto [suite, tc] = new_suite("snapshot");
  tcase_add_test(tc, at_the_end_of_the_stream);
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
  return suite;
}

GST_CHECK_MAIN(snapshot)
