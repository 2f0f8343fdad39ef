// SPDX-License-Identifier: LGPL-2.1-or-later
// Masks and zones in whole streams.
#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <functional>

#include "scenes.h"

// Masks

GST_START_TEST(a_masked_half_counts_in_no_figure) {
  Stream masked(kCaps), open(kCaps);
  masked.set("mask-polygons", kLeftHalf);
  masked.set("interval", "0");
  for (Stream* stream : {&masked, &open}) {
    stream->set("normalization", "fixed");
    stream->set("full-scale", "4");
  }
  Picture picture = noise(masked.info(), 1);
  cv::Mat heat(32, 64, CV_32F, cv::Scalar(0));
  for (unsigned i = 0; i < 6; ++i) {
    const Picture before = picture;
    if (i > 0) picture = moved(picture, i);
    const cv::Mat motion = difference(picture, before) > 25;
    cv::add(heat, 1, heat, motion);
    masked.show(picture);
    open.show(picture);

    fail_unless_equals_int(cv::countNonZero(masked.map()(kLeft)), 0);
    fail_unless(equal(masked.map()(kRight), open.map()(kRight)));
    double max = 0;
    cv::Point hottest;
    cv::minMaxLoc(heat(kRight), nullptr, &max, nullptr, &hottest);
    const MessagePtr message = masked.pop(GST_MESSAGE_ELEMENT);
    fail_unless(message != nullptr);
    const StructurePtr stats = masked.stats();
    for (const GstStructure* s : {gst_message_get_structure(message.get()),
                                  static_cast<const GstStructure*>(stats.get())}) {
      fail_unless_equals_float(double_field(s, "max"), max);
      fail_unless_equals_float(double_field(s, "motion"),
                               cv::countNonZero(motion(kRight)) / 1024.0);
      fail_unless_equals_float(double_field(s, "coverage"),
                               cv::countNonZero(heat(kRight)) / 1024.0);
      fail_unless_equals_float(double_field(s, "hot-x"),
                               max > 0 ? (32 + hottest.x + 0.5) / 64 : 0.0);
      fail_unless_equals_float(double_field(s, "hot-y"), max > 0 ? (hottest.y + 0.5) / 32 : 0.0);
    }
  }
  fail_unless(figure(masked, "max") > 1);
}
GST_END_TEST;

GST_START_TEST(a_masked_half_keeps_the_coldest_colour) {
  const char* const caps = "video/x-raw,format=BGR,width=64,height=32,framerate=25/1";
  Stream masked(caps), cold(caps);
  masked.set("mask-polygons", kLeftHalf);
  cold.set("threshold", "255");
  Picture picture = noise(masked.info(), 1);
  for (unsigned i = 0; i < 6; ++i) {
    picture = moved(picture, i);
    const Picture shown = masked.show(picture), without_heat = cold.show(picture);
    fail_unless(equal(shown.planes[0](kLeft).clone(), without_heat.planes[0](kLeft).clone()));
    const bool differs =
        !equal(shown.planes[0](kRight).clone(), without_heat.planes[0](kRight).clone());
    fail_unless(differs == (figure(masked, "max") > 0));
  }
  fail_unless(figure(masked, "max") > 0);
}
GST_END_TEST;

GST_START_TEST(polygons_change_while_frames_flow) {
  Stream stream(kCaps);
  fix_scale(stream);
  Scene scene(stream);
  scene.show();
  for (int i = 0; i < 3; ++i) scene.show({kAll});
  expect_events(stream, kAll, 3);

  // With the next frame, whether anything moves in it or not.
  stream.set("mask-polygons", kLeftHalf);
  scene.show();
  expect_events(stream, kLeft, 0);
  expect_events(stream, kRight, 3);
  fail_unless_equals_float(figure(stream, "coverage"), 1.0);
  scene.show({kAll});
  expect_events(stream, kLeft, 0);
  expect_events(stream, kRight, 4);

  stream.set("mask-polygons", "");
  expect_text(stream, "mask-polygons", "");
  scene.show();
  expect_events(stream, kLeft, 0);
  fail_unless_equals_float(figure(stream, "coverage"), 0.5);
  scene.show({kAll});
  expect_events(stream, kLeft, 1);
  expect_events(stream, kRight, 5);

  // And to another place.
  stream.set("mask-polygons", kRightHalf);
  scene.show({kAll});
  expect_events(stream, kLeft, 2);
  expect_events(stream, kRight, 0);
}
GST_END_TEST;

GST_START_TEST(all_may_be_masked) {
  Stream stream(kCaps);
  stream.set("mask-polygons", "0,0 1,0 1,1 0,1");
  Scene scene(stream);
  for (int i = 0; i < 4; ++i) scene.show({kAll});
  for (const char* field : {"max", "motion", "motion-peak", "coverage", "hot-x", "hot-y"})
    fail_unless_equals_float(figure(stream, field), 0.0);
  stream.send(gst_event_new_eos());
  stream.pop(GST_MESSAGE_ELEMENT);
  fail_unless(stream.events.empty());
}
GST_END_TEST;

GST_START_TEST(mask_files_of_any_size) {
  const Directory directory;
  for (const cv::Size size : {cv::Size(64, 32), cv::Size(32, 16), cv::Size(128, 64)}) {
    const std::string path = directory / "mask.png";
    write_png(path, halves(size.width, size.height));
    Stream stream(kCaps);
    fix_scale(stream);
    expect_text(stream, "mask-location", "");
    stream.set("mask-location", path);
    expect_text(stream, "mask-location", path);
    // It was read: what becomes of the file says nothing any more.
    std::filesystem::remove(path);
    Scene scene(stream);
    scene.show();
    for (int i = 0; i < 2; ++i) scene.show({kAll});
    expect_events(stream, kLeft, 0);
    expect_events(stream, kRight, 2);

    stream.set("mask-location", "");
    scene.show({kAll});
    expect_events(stream, kLeft, 1);
    expect_events(stream, kRight, 3);
    fail_unless(read_warnings(stream).empty());
  }
}
GST_END_TEST;

GST_START_TEST(a_mask_file_and_polygons_mask_both) {
  const Directory directory;
  write_png(directory / "mask.png", halves(64, 32));
  Stream stream(kCaps);
  fix_scale(stream);
  stream.set("mask-location", directory / "mask.png");
  stream.set("mask-polygons", "0,0 1,0 1,0.5 0,0.5");
  Scene scene(stream);
  for (int i = 0; i < 3; ++i) scene.show({kAll});
  expect_events(stream, kLeft, 0);
  expect_events(stream, {32, 0, 32, 16}, 0);
  expect_events(stream, {32, 16, 32, 16}, 2);
}
GST_END_TEST;

GST_START_TEST(a_film_masks_with_its_first_picture) {
  const Directory directory;
  const std::string film = directory / "film.avi";
  const auto pictures = [](const char* pattern) {
    return std::string(" videotestsrc num-buffers=5 pattern=") + pattern +
           " ! video/x-raw,format=GRAY8,width=64,height=32 ! film. ";
  };
  const std::string launch =
      "concat name=film ! jpegenc ! avimux ! filesink location=\"" + film + "\"";
  GstElement* pipeline =
      gst_parse_launch((launch + pictures("white") + pictures("black")).c_str(), nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_message_unref(gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);

  Stream stream(kCaps);
  fix_scale(stream);
  stream.set("mask-location", film);
  Scene scene(stream);
  for (int i = 0; i < 3; ++i) scene.show({kAll});
  fail_unless(read_warnings(stream).empty());
  // White is 235 there, and black 16.
  fail_unless(figure(stream, "max") > 1.5);
}
GST_END_TEST;

// Who holds a lease on a file is asked before others may open it, which they wait for.
// Threads that nobody gave a name: neither of GLib's nor of GStreamer's.
static int unnamed_threads() {
  const auto name_of = [](const std::filesystem::path& task) {
    std::ifstream file(task / "comm");
    std::string name;
    std::getline(file, name);
    return name;  // none if it has just ended
  };
  const std::filesystem::path self = "/proc/self";
  int n = 0;
  for (const auto& task : std::filesystem::directory_iterator(self / "task"))
    n += name_of(task.path()) == name_of(self);
  return n;
}

GST_START_TEST(a_file_that_cannot_be_opened_is_given_up) {
  const Directory directory;
  const std::string path = directory / "mask.png";
  write_png(path, halves(64, 32));
  const auto before = std::signal(SIGIO, SIG_IGN);
  const int file = open(path.c_str(), O_RDWR);
  fail_if(file < 0);
  const bool is_held = fcntl(file, F_SETLEASE, F_WRLCK) == 0;
  if (!is_held) g_printerr("no lease on %s: %s\n", path.c_str(), g_strerror(errno));

  Stream stream(kCaps);
  Scene scene(stream);
  const int threads = unnamed_threads();
  const gint64 begin = g_get_monotonic_time();
  stream.set("mask-location", path);
  fail_unless(g_get_monotonic_time() - begin < 10 * G_USEC_PER_SEC);
  if (is_held) expect_contains(warning_of_next(stream, scene), path + "\" cannot become");
  fcntl(file, F_SETLEASE, F_UNLCK);
  close(file);
  std::signal(SIGIO, before);
  // The thread that waited reads the file now.
  stream.set("mask-location", path);
  expect_text(stream, "mask-location", path);
  // What it still holds would be a leak.
  for (int i = 0; i < 500 && unnamed_threads() > threads; ++i) g_usleep(10'000);
}
GST_END_TEST;

GST_START_TEST(grey_counts_in_proportion) {
  const Directory directory;
  cv::Mat mask(32, 64, CV_8UC1, cv::Scalar(128));
  mask(kRight).setTo(64);
  write_png(directory / "grey.png", mask);
  Stream stream(kCaps);
  stream.set("mask-location", directory / "grey.png");
  Scene scene(stream);
  // Parts of an event are counted in 1024ths.
  const auto expect_max = [&](double events, int parts) {
    fail_unless(std::abs(figure(stream, "max") - events) <= parts * 0.5 / 1024);
  };
  scene.show();
  for (int i = 1; i <= 5; ++i) {
    scene.show({kRight});
    expect_max(i * 64 / 255.0, i);
    // Of what moved, whatever it weighs.
    fail_unless_equals_float(figure(stream, "motion-peak"), 0.5);
  }
  for (int i = 1; i <= 5; ++i) scene.show({kLeft});
  expect_max(5 * 128 / 255.0, 5);
  fail_unless_equals_float(figure(stream, "coverage"), 1.0);
  fail_unless_equals_float(figure(stream, "hot-x"), 0.5 / 64);

  // Counted whole from now on.
  stream.set("mask-location", "");
  scene.show({kLeft});
  expect_max(1 + 5 * 128 / 255.0, 5);
}
GST_END_TEST;

GST_START_TEST(a_bad_mask_file_leaves_the_one_before) {
  const Directory directory;
  write_png(directory / "good.png", halves(64, 32));
  write_file(directory / "text.png",
             "This is no picture, and it is long enough to be seen as such.");
  write_file(directory / "empty.png", "");
  write_file(directory / "cut.png", read_file(directory / "good.png").substr(0, 40));
  std::filesystem::create_directory(directory / "directory.png");
  fail_unless(mkfifo((directory / "pipe.png").c_str(), 0600) == 0);
  Stream stream(kCaps);
  fix_scale(stream);
  Scene scene(stream);
  const std::string good = directory / "good.png";
  stream.set("mask-location", good);
  scene.show();
  fail_unless(read_warnings(stream).empty());
  int events = 0;
  for (const char* name :
       {"missing.png", "text.png", "empty.png", "cut.png", "directory.png", "pipe.png"}) {
    const std::string path = directory / name;
    stream.set("mask-location", path);
    expect_text(stream, "mask-location", good);
    const std::string text = warning_of_next(stream, scene);
    expect_contains(text, "mask-location");
    expect_contains(text, path);
    // And the reason, at the end.
    fail_unless(text.size() > text.rfind(": ") + 10, "no reason: %s", text.c_str());
    scene.show({kAll});
    expect_events(stream, kLeft, 0);
    expect_events(stream, kRight, ++events);
  }
}
GST_END_TEST;

// Wrong strings

GST_START_TEST(wrong_strings_leave_the_ones_before) {
  struct {
    const char* property;
    const char* text;
    int position;
  } const cases[] = {
      {"mask-polygons", "0,0 1,0", 1},
      {"mask-polygons", "0,0 1,0 1,x", 11},
      {"mask-polygons", "0,0 1,0 2,1", 9},
      {"mask-polygons", "0,0 1,0 1,1; 0,0 1,1", 14},
      {"mask-polygons", "0,0 1,0 0.5", 9},
      {"zones", "door 0,0 1,0 1,1", 1},
      {"zones", "Tür: 0,0 1,0 1,1; 0.5,0 1,1", 19},
      {"zones", "a: 0,0 1,0 1,1;: 0,0 1,0 1,1", 16},
      {"zones", "a: 0,0 nan,0 1,1", 8},
      {"zones", "a\xff: 0,0 1,0 1,1", 2},
  };
  const std::string zones = std::string("right: ") + kRightHalf;
  Stream stream(kCaps);
  fix_scale(stream);
  Scene scene(stream);
  stream.set("mask-polygons", kLeftHalf);
  stream.set("zones", zones);
  scene.show();
  int events = 0;
  for (const auto& c : cases) {
    g_object_set(stream.element(), c.property, c.text, nullptr);
    expect_text(stream, "mask-polygons", kLeftHalf);
    expect_text(stream, "zones", zones);
    const std::string text = warning_of_next(stream, scene);
    expect_contains(text, std::string("property ") + c.property);
    expect_contains(text, "at character " + std::to_string(c.position) + ":");
    fail_unless(g_utf8_validate(text.c_str(), -1, nullptr), "no UTF-8: %s", text.c_str());
    scene.show({kAll});
    expect_events(stream, kLeft, 0);
    expect_events(stream, kRight, ++events);
  }
}
GST_END_TEST;

namespace {

/// Sets three wrong values, and is told of each with the first frame.
void check_that_all_are_told(Stream& stream) {
  Scene scene(stream);
  scene.show();
  const std::vector<std::string> warnings = read_warnings(stream);
  fail_unless_equals_int(int(warnings.size()), 3);
  expect_contains(warnings[0], "property mask-polygons");
  expect_contains(warnings[1], "property zones");
  expect_contains(warnings[2], "property mask-location");
  scene.show();
  fail_unless(read_warnings(stream).empty());
}

void set_wrong_values(Stream& stream) {
  stream.set("mask-polygons", "wrong");
  stream.set("zones", "wrong, too");
  stream.set("mask-location", "/there/is/no such file.png");
}

}  // namespace

GST_START_TEST(all_wrong_values_of_a_frame_are_told) {
  Stream stream(kCaps);
  set_wrong_values(stream);
  check_that_all_are_told(stream);
}
GST_END_TEST;

GST_START_TEST(wrong_values_before_the_element_plays_are_told) {
  Stream stream("");
  gst_element_set_state(stream.element(), GST_STATE_NULL);
  set_wrong_values(stream);
  gst_element_set_state(stream.element(), GST_STATE_PLAYING);
  stream.change_caps(kCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  stream.send(gst_event_new_segment(&segment));
  check_that_all_are_told(stream);
}
GST_END_TEST;

GST_START_TEST(wrong_values_are_told_at_the_end_if_no_frame_comes) {
  Stream stream(kCaps);
  Scene(stream).show();
  set_wrong_values(stream);
  stream.send(gst_event_new_eos());
  fail_unless_equals_int(int(read_warnings(stream).size()), 3);
}
GST_END_TEST;

// Zones

// Zones

GST_START_TEST(figures_of_two_halves) {
  Stream stream(kCaps);
  stream.set("zones", two_halves());
  stream.set("interval", std::to_string(5 * kFrame));
  Scene scene(stream);
  const cv::Rect left(0, 0, 16, 8), right(40, 0, 8, 8);  // 128 and 64 of 1024 pixels
  scene.show();
  scene.show({left});
  scene.show({left, right});
  scene.show({left});
  scene.show();
  const MessagePtr message = stream.pop(GST_MESSAGE_ELEMENT);
  const StructurePtr stats = stream.stats();
  for (const GstStructure* s :
       {gst_message_get_structure(message.get()), static_cast<const GstStructure*>(stats.get())}) {
    fail_unless_equals_float(zone_figure(s, "left", "motion"), 3 * 0.125 / 5);
    fail_unless_equals_float(zone_figure(s, "left", "motion-peak"), 0.125);
    fail_unless_equals_float(zone_figure(s, "left", "coverage"), 0.125);
    fail_unless_equals_float(zone_figure(s, "left", "mean"), 3 * 0.125);
    fail_unless_equals_float(zone_figure(s, "left", "max"), 3.0);
    fail_unless_equals_float(zone_figure(s, "left", "share"), 384 / 448.0);
    // Boxes are made of blocks of 8 x 8.
    fail_unless_equals_float(zone_figure(s, "left", "box-x"), 0.0);
    fail_unless_equals_float(zone_figure(s, "left", "box-width"), 16 / 64.0);
    fail_unless_equals_float(zone_figure(s, "left", "box-height"), 8 / 32.0);
    fail_unless_equals_float(zone_figure(s, "right", "box-x"), 40 / 64.0);
    fail_unless_equals_float(zone_figure(s, "right", "box-width"), 8 / 64.0);
    fail_unless_equals_float(double_field(s, "box-width"), 48 / 64.0);
    fail_unless_equals_float(zone_figure(s, "right", "motion"), 0.0625 / 5);
    fail_unless_equals_float(zone_figure(s, "right", "motion-peak"), 0.0625);
    fail_unless_equals_float(zone_figure(s, "right", "coverage"), 0.0625);
    fail_unless_equals_float(zone_figure(s, "right", "mean"), 0.0625);
    fail_unless_equals_float(zone_figure(s, "right", "max"), 1.0);
    fail_unless_equals_float(zone_figure(s, "right", "share"), 64 / 448.0);
  }
  // Those of motion are of the frames since the message.
  scene.show({right});
  fail_unless_equals_float(zone_figure(stream, "left", "motion-peak"), 0.0);
  fail_unless_equals_float(zone_figure(stream, "right", "motion"), 0.0625);
}
GST_END_TEST;

GST_START_TEST(shares_of_all_sum_to_one) {
  Stream stream("video/x-raw,format=BGR,width=71,height=53,framerate=25/1");
  stream.set("zones",
             "a: 0,0 0.3,0 0.6,1 0,1; b: 0.3,0 1,0 1,0.2 0.36,0.2; c: 0.36,0.2 1,0.2 1,1 0.6,1");
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 5; ++i) stream.show(picture = moved(picture, i));
  double sum = 0;
  for (const char* zone : {"a", "b", "c"}) {
    fail_unless(zone_figure(stream, zone, "share") > 0);
    sum += zone_figure(stream, zone, "share");
  }
  fail_unless_equals_float(sum, 1.0);
}
GST_END_TEST;

GST_START_TEST(names_are_any_text) {
  Stream stream(kCaps);
  stream.set("zones", two_halves("vor der Tür", "2nd \"zone\" - 入口"));
  Scene scene(stream);
  for (int i = 0; i < 3; ++i) scene.show({kRight});
  fail_unless(
      (zone_names(stream) == std::vector<std::string>{"vor der Tür", "2nd \"zone\" - 入口"}));
  fail_unless_equals_float(zone_figure(stream, "vor der Tür", "max"), 0.0);
  fail_unless_equals_float(zone_figure(stream, "2nd \"zone\" - 入口", "max"), 2.0);
  stream.pop(GST_MESSAGE_ELEMENT);
  fail_unless_equals_int(int(stream.events.size()), 1);
  fail_unless_equals_string(
      gst_structure_get_string(gst_message_get_structure(stream.events[0].get()), "zone"),
      "2nd \"zone\" - 入口");
}
GST_END_TEST;

GST_START_TEST(zones_may_overlap) {
  Stream stream(kCaps);
  stream.set("zones", std::string("all: 0,0 1,0 1,1 0,1; left: ") + kLeftHalf);
  Scene scene(stream);
  scene.show();
  scene.show({{0, 0, 32, 8}, {32, 0, 32, 16}});
  fail_unless_equals_float(zone_figure(stream, "all", "motion-peak"), 0.375);
  fail_unless_equals_float(zone_figure(stream, "all", "share"), 1.0);
  fail_unless_equals_float(zone_figure(stream, "left", "motion-peak"), 0.25);
  fail_unless_equals_float(zone_figure(stream, "left", "share"), 1 / 3.0);
}
GST_END_TEST;

GST_START_TEST(what_is_masked_is_no_part_of_a_zone) {
  Stream stream(kCaps);
  stream.set("zones", two_halves());
  stream.set("mask-polygons", "0,0 1,0 1,0.5 0,0.5");
  Scene scene(stream);
  scene.show();
  scene.show({{0, 0, 32, 24}});
  fail_unless_equals_float(zone_figure(stream, "left", "motion-peak"), 0.5);
  fail_unless_equals_float(zone_figure(stream, "left", "coverage"), 0.5);
  fail_unless_equals_float(zone_figure(stream, "left", "mean"), 0.5);
}
GST_END_TEST;

GST_START_TEST(zones_change_while_frames_flow) {
  Stream stream(kCaps);
  Scene scene(stream);
  scene.show();
  scene.show({kRight});
  fail_unless(zone_names(stream).empty());
  fail_if(gst_structure_has_field(stream.stats().get(), "zones"));

  stream.set("zones", two_halves());
  scene.show({kLeft});
  fail_unless((zone_names(stream) == std::vector<std::string>{"left", "right"}));
  // What the map knows of a zone, and motion since it is there.
  fail_unless_equals_float(zone_figure(stream, "right", "share"), 0.5);
  fail_unless_equals_float(zone_figure(stream, "right", "motion-peak"), 0.0);
  fail_unless_equals_float(zone_figure(stream, "left", "motion"), 1.0);

  stream.set("zones", std::string("other: ") + kLeftHalf);
  scene.show();
  fail_unless((zone_names(stream) == std::vector<std::string>{"other"}));
  fail_unless_equals_float(zone_figure(stream, "other", "max"), 1.0);

  stream.set("zones", "");
  scene.show();
  fail_unless(zone_names(stream).empty());
  fail_if(gst_structure_has_field(stream.stats().get(), "zones"));
}
GST_END_TEST;

static Suite* regions_suite() {
  const auto [suite, tc] = new_suite("regions");
  tcase_add_test(tc, a_masked_half_counts_in_no_figure);
  tcase_add_test(tc, a_masked_half_keeps_the_coldest_colour);
  tcase_add_test(tc, polygons_change_while_frames_flow);
  tcase_add_test(tc, all_may_be_masked);
  tcase_add_test(tc, mask_files_of_any_size);
  tcase_add_test(tc, a_mask_file_and_polygons_mask_both);
  tcase_add_test(tc, a_film_masks_with_its_first_picture);
  tcase_add_test(tc, a_file_that_cannot_be_opened_is_given_up);
  tcase_add_test(tc, grey_counts_in_proportion);
  tcase_add_test(tc, a_bad_mask_file_leaves_the_one_before);
  tcase_add_test(tc, wrong_strings_leave_the_ones_before);
  tcase_add_test(tc, all_wrong_values_of_a_frame_are_told);
  tcase_add_test(tc, wrong_values_before_the_element_plays_are_told);
  tcase_add_test(tc, wrong_values_are_told_at_the_end_if_no_frame_comes);
  tcase_add_test(tc, figures_of_two_halves);
  tcase_add_test(tc, shares_of_all_sum_to_one);
  tcase_add_test(tc, names_are_any_text);
  tcase_add_test(tc, zones_may_overlap);
  tcase_add_test(tc, what_is_masked_is_no_part_of_a_zone);
  tcase_add_test(tc, zones_change_while_frames_flow);
  return suite;
}

GST_CHECK_MAIN(regions)
