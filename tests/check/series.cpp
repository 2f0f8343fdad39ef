// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures and events that are written every so often.
#include <opencv2/imgproc.hpp>
#include <random>
#include <set>
#include <thread>

#include "../read_picture.h"
#include "common.h"
#include "files.h"
#include "model.h"

namespace fs = std::filesystem;

namespace {

const char* const kCaps = "video/x-raw,format=BGR,width=34,height=21,framerate=25/1";
constexpr int kInterval = 5;  // frames

std::string numbered(const char* name, int n, const char* extension = ".png") {
  gchar* text = g_strdup_printf("%s-%05d%s", name, n, extension);
  const std::string result = text;
  g_free(text);
  return result;
}

/// A stream that writes something every five frames, beside what it must show.
class Writing : public Stream {
 public:
  explicit Writing(const std::string& location) : Stream(kCaps), picture_(noise(info(), 1)) {
    set("snapshot-location", location);
    set("snapshot-interval", std::to_string(kInterval * kFrame));
    set("post-messages", "false");
  }

  Model model;

  /// Shows pictures and returns what came out for the last one.
  Picture play(int n) {
    Picture shown(info());
    for (int i = 0; i < n; ++i) {
      picture_ = moved(picture_, ++seed_);
      shown = show(picture_);
      fail_unless(shown == model.add_and_overlay(picture_));
    }
    return shown;
  }
  void end() { send(gst_event_new_eos()); }

 private:
  Picture picture_;
  unsigned seed_ = 1;
};

/// Waits for the message that tells of a file, which was written of the frame shown last.
void expect_written(Stream& stream, const std::string& location) {
  const MessagePtr message = stream.wait(GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING));
  fail_unless_equals_int(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_ELEMENT);
  const GstStructure* s = gst_message_get_structure(message.get());
  fail_unless(gst_structure_has_name(s, "motionheatmap-snapshot"));
  fail_unless_equals_int(gst_structure_n_fields(s), 5);
  fail_unless_equals_string(gst_structure_get_string(s, "location"), location.c_str());
  const GstClockTime time = stream.next_pts - kFrame;
  fail_unless_equals_uint64(uint64_field(s, "timestamp"), time);
  fail_unless_equals_uint64(uint64_field(s, "stream-time"), time);
  fail_unless_equals_uint64(uint64_field(s, "running-time"), time);
  fail_unless_equals_uint64(uint64_field(s, "duration"), kFrame);
}

void expect_silence(Stream& stream) {
  fail_unless(stream.pop(GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING |
                                        GST_MESSAGE_ERROR)) == nullptr);
}

void expect_picture(const std::string& location, const Picture& picture) {
  fail_unless(equal(read_picture(location), picture.planes[0]), "%s", location.c_str());
}

}  // namespace

GST_START_TEST(a_picture_every_interval) {
  const Directory directory;
  Writing stream(directory / "heat-%05d.png");
  for (int i = 0; i < 6; ++i) {
    stream.play(kInterval - 1);
    expect_silence(stream);
    const Picture shown = stream.play(1);
    expect_written(stream, directory / numbered("heat", i));
    expect_picture(directory / numbered("heat", i), shown);
  }
  fail_unless_equals_int(directory.size(), 6);
}
GST_END_TEST;

GST_START_TEST(tells_each_time_of_the_frame) {
  for (const char* name : {"heat.png", "heat.tiff"}) {
    const Directory directory;
    Stream stream(kCaps);
    const GstSegment segment = stream.begin_segment_of_distinct_times();
    stream.next_pts = segment.start + 5 * kFrame;
    stream.set("snapshot-location", directory / name);
    stream.show(noise(stream.info(), 1));
    stream.send(gst_event_new_eos());
    MessagePtr message;
    do message = stream.wait(GST_MESSAGE_ELEMENT);
    while (gst_message_has_name(message.get(), "motionheatmap"));
    const GstStructure* s = gst_message_get_structure(message.get());
    fail_unless_equals_uint64(uint64_field(s, "timestamp"), 100 * GST_SECOND + 5 * kFrame);
    fail_unless_equals_uint64(uint64_field(s, "stream-time"), 7 * GST_SECOND + 5 * kFrame);
    fail_unless_equals_uint64(uint64_field(s, "running-time"), 3 * GST_SECOND + 5 * kFrame);
    fail_unless_equals_uint64(uint64_field(s, "duration"), kFrame);
  }
}
GST_END_TEST;

// The end writes the rest of an interval, and nothing if there is none.
GST_START_TEST(the_rest_at_the_end) {
  for (int rest = 0; rest < kInterval; ++rest) {
    const Directory directory;
    Writing stream(directory / "heat-%05d.png");
    Picture shown = stream.play(kInterval);
    expect_written(stream, directory / numbered("heat", 0));
    if (rest > 0) shown = stream.play(rest);
    stream.end();
    if (rest > 0) {
      expect_written(stream, directory / numbered("heat", 1));
      expect_picture(directory / numbered("heat", 1), shown);
    }
    expect_silence(stream);
    fail_unless_equals_int(directory.size(), rest > 0 ? 2 : 1);
  }
}
GST_END_TEST;

GST_START_TEST(goes_on_after_files_that_are_there) {
  const Directory directory;
  for (const int there : {0, 2, 3}) write_file(directory / numbered("heat", there), "precious");
  for (int run = 0; run < 2; ++run) {
    Writing stream(directory / "heat-%05d.png");
    const int first[] = {1, 4, 5, 6};
    for (int i = 0; i < 2; ++i) {
      const Picture shown = stream.play(kInterval);
      const std::string location = directory / numbered("heat", first[2 * run + i]);
      expect_written(stream, location);
      expect_picture(location, shown);
    }
  }
  for (const int there : {0, 2, 3})
    fail_unless(read_file(directory / numbered("heat", there)) == "precious");
  fail_unless_equals_int(directory.size(), 7);
}
GST_END_TEST;

// While nobody reads nothing is told of the pictures of an interval, nor of those that failed. What
// was asked for is answered, and the last one is told of.
GST_START_TEST(unread_messages) {
  for (const bool fails : {false, true}) {
    const Directory directory, other;
    Writing stream(directory / "heat-%05d.png");
    stream.set("snapshot-interval", "0");
    const Picture picture = noise(stream.info(), 1);
    // Before it writes anything the thread that writes has looked whether there is the directory.
    gboolean accepted = FALSE;
    g_signal_emit_by_name(stream.element(), "snapshot", (other / "first.png").c_str(), &accepted);
    stream.show(picture);
    expect_written(stream, other / "first.png");
    fill_outbox(stream);
    stream.set("snapshot-interval", std::to_string(kFrame));
    if (fails) std::filesystem::remove(directory.path());
    for (int i = 0; i < 50; ++i) stream.show(picture);
    stream.set("snapshot-interval", "0");
    std::filesystem::create_directory(directory.path());
    g_signal_emit_by_name(stream.element(), "snapshot", (directory / "now.png").c_str(), &accepted);
    fail_unless(accepted);
    stream.show(picture);
    stream.end();
    fail_unless(read_outbox(stream) == std::vector<std::string>(2, "motionheatmap-snapshot"));
    fail_unless(std::filesystem::exists(directory / "now.png"));
    fail_unless(fails || directory.size() > 2);
  }
}
GST_END_TEST;

// Any number of digits, anywhere in the name; a name without replaces its file.
GST_START_TEST(names) {
  const std::pair<const char*, const char*> names[] = {
      {"%d.png", "0.png"},
      {"%1d.png", "0.png"},
      {"%010d.png", "0000000000.png"},
      {"%3d.png", "  0.png"},
      {"50%-%02d%.png", "50%-00%.png"},
      {"%05d-%05d.png", "00000-%05d.png"},
      {"heat%.png", "heat%.png"},
      {"100%%.png", "100%.png"},
      {"%%d-%d.png", "%d-0.png"},
      {"heat.png", "heat.png"},
  };
  for (const auto& [name, expected] : names) {
    const Directory directory;
    Writing stream(directory / name);
    const Picture shown = stream.play(kInterval);
    expect_written(stream, directory / expected);
    expect_picture(directory / expected, shown);
  }
}
GST_END_TEST;

// What means nothing is told at once, and stays as it is.
GST_START_TEST(names_with_unknown_marks) {
  for (const auto& [name, unknown] :
       {std::pair("%s%05x%.png", "\"%s\""), std::pair("heat-%03Y.png", "\"%03Y\"")}) {
    const Directory directory;
    Writing stream(directory / name);
    Picture shown = stream.play(1);
    const std::string text = warning_text(stream.wait(GST_MESSAGE_WARNING).get());
    for (const std::string& part : {std::string("snapshot-location"), directory / name,
                                    std::string(unknown), std::string("\"%%\"")})
      expect_contains(text, part);
    shown = stream.play(kInterval - 1);
    expect_written(stream, directory / name);
    expect_picture(directory / name, shown);
  }
}
GST_END_TEST;

namespace {

/// A name with the time in it, as `date` would write it.
std::string timed(const char* format, gint64 seconds) {
  GDateTime* time = g_date_time_new_from_unix_local(seconds);
  gchar* text = g_date_time_format(time, format);
  const std::string result = text;
  g_free(text);
  g_date_time_unref(time);
  return result;
}

}  // namespace

// The time of the frame by the wall clock, not of its timestamp.
GST_START_TEST(names_with_a_time) {
  g_setenv("TZ", "Asia/Kolkata", TRUE);  // half an hour beside most others
  const std::pair<const char*, const char*> names[] = {
      {"hour-%Y-%m-%d_%H.png", "hour-%Y-%m-%d_%H.png"},
      {"%F-%T.png", "%F-%T.png"},
      {"%d-%M%S.png", "%d-%M%S.png"},
      {"%F-%05d.png", "%F-00000.png"},  // the count has a width, the day has none
      {"%05d_%d_%H-%02d.png", "00000_%d_%H-%%02d.png"},
  };
  for (const auto& [name, expected] : names) {
    const Directory directory;
    Writing stream(directory / name);
    const gint64 begin = g_get_real_time() / G_USEC_PER_SEC;
    const Picture shown = stream.play(kInterval);
    const gint64 end = g_get_real_time() / G_USEC_PER_SEC;
    const MessagePtr message = stream.wait(GST_MESSAGE_ELEMENT);
    const std::string location =
        gst_structure_get_string(gst_message_get_structure(message.get()), "location");
    bool found = false;
    for (gint64 time = begin; time <= end; ++time)
      found |= location == directory / timed(expected, time);
    fail_unless(found, "%s", location.c_str());
    expect_picture(location, shown);
  }
}
GST_END_TEST;

// Beside a time the pictures are counted as without one.
GST_START_TEST(names_that_count_beside_a_time) {
  const std::string year = timed("%Y", g_get_real_time() / G_USEC_PER_SEC);
  const std::pair<const char*, std::string> names[] = {
      {"%Y-%05d.png", year + "-0000#.png"},
      {"%03d_%Y.png", "00#_" + year + ".png"},
      {"%1d-%Y.png", "#-" + year + ".png"},
  };
  for (const auto& [name, expected] : names) {
    const Directory directory;
    Writing stream(directory / name);
    for (int i = 0; i < 4; ++i) {
      stream.play(kInterval);
      std::string location = expected;
      location[location.find('#')] = char('0' + i);
      expect_written(stream, directory / location);
    }
  }
}
GST_END_TEST;

// Within one hour there is one name, but no picture replaces another.
GST_START_TEST(names_with_the_same_time) {
  const Directory directory;
  for (int run = 0; run < 2; ++run) {
    Writing stream(directory / "%Y.d.png");
    for (int i = 0; i < 3; ++i) {
      stream.play(kInterval);
      stream.wait(GST_MESSAGE_ELEMENT);  // or the next one might be left out
    }
    stream.end();
  }
  const std::string year = timed("%Y", g_get_real_time() / G_USEC_PER_SEC);
  fail_unless_equals_int(directory.size(), 6);
  fail_unless(fs::exists(directory / (year + ".d.png")));
  for (int i = 1; i < 6; ++i)
    fail_unless(fs::exists(directory / (year + ".d-" + std::to_string(i) + ".png")));
}
GST_END_TEST;

// Two elements that write one series at once: each picture gets a name of its own.
GST_START_TEST(shared_by_two) {
  for (const char* name : {"heat-%05d.png", "heat-%Y.png"}) {
    const Directory directory;
    constexpr int kPictures = 20;
    Writing one(directory / name), another(directory / name);
    const auto write = [](Writing& stream) {
      stream.set("snapshot-interval", "0");
      Picture picture = noise(stream.info(), 1);
      std::set<std::string> locations;
      for (unsigned i = 0; i < kPictures; ++i) {
        stream.show(moved(picture, i));
        stream.send(gst_event_new_eos());
        const MessagePtr message = stream.wait(GST_MESSAGE_ELEMENT);
        locations.insert(
            gst_structure_get_string(gst_message_get_structure(message.get()), "location"));
        stream.flush();
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        stream.send(gst_event_new_segment(&segment));
      }
      fail_unless_equals_int(locations.size(), kPictures);
    };
    std::thread other([&] { write(another); });
    write(one);
    other.join();
    fail_unless_equals_int(directory.size(), 2 * kPictures);
  }
}
GST_END_TEST;

GST_START_TEST(one_name_is_replaced) {
  const Directory directory;
  Writing stream(directory / "heat.png");
  for (int i = 0; i < 3; ++i) {
    const Picture shown = stream.play(kInterval);
    expect_written(stream, directory / "heat.png");
    expect_picture(directory / "heat.png", shown);
  }
  fail_unless_equals_int(directory.size(), 1);
}
GST_END_TEST;

// A new series begins at 0.
GST_START_TEST(another_series) {
  const Directory directory;
  Writing stream(directory / "a-%05d.png");
  for (const char* name : {"a", "b", "c"}) {
    stream.set("snapshot-location", directory / (name + std::string("-%05d.png")));
    for (int i = 0; i < 2; ++i) {
      stream.play(kInterval);
      expect_written(stream, directory / numbered(name, i));
    }
  }
}
GST_END_TEST;

// Each picture shows the heat of its interval alone. The previous frame stays.
GST_START_TEST(starts_anew) {
  const Directory directory;
  Writing stream(directory / "heat-%05d.png");
  stream.set("snapshot-reset", "true");
  for (int i = 0; i < 4; ++i) {
    const Picture shown = stream.play(kInterval);
    expect_written(stream, directory / numbered("heat", i));
    expect_picture(directory / numbered("heat", i), shown);
    fail_unless_equals_uint64(stream.frames(), 0);
    fail_unless_equals_int(cv::countNonZero(stream.map()), 0);
    stream.model.reset();
  }
  // a picture that the signal asks for does not end an interval
  gboolean accepted = FALSE;
  g_signal_emit_by_name(stream.element(), "snapshot", (directory / "now.png").c_str(), &accepted);
  fail_unless(accepted);
  stream.play(1);
  expect_written(stream, directory / "now.png");
  stream.play(3);
  fail_unless_equals_uint64(stream.frames(), 4);
  stream.end();
  expect_written(stream, directory / numbered("heat", 4));
}
GST_END_TEST;

// Events

namespace {

/// Turns pixels over, column x with a chance of x in 34, and counts.
class Counting {
 public:
  explicit Counting(Stream& stream)
      : events(cv::Mat::zeros(stream.info().height, stream.info().width, CV_32F)),
        stream_(stream),
        picture_(stream.info()) {
    stream_.show(picture_);
  }

  cv::Mat events;

  void play(int n) {
    for (int i = 0; i < n; ++i) {
      for (int y = 0; y < events.rows; ++y) {
        for (int x = 0; x < events.cols; ++x) {
          if (int(random_() % 34) >= x) continue;
          cv::bitwise_not(picture_.planes[0](cv::Rect(x, y, 1, 1)),
                          picture_.planes[0](cv::Rect(x, y, 1, 1)));
          ++events.at<float>(y, x);
        }
      }
      stream_.show(picture_);
    }
  }

 private:
  Stream& stream_;
  Picture picture_;
  std::mt19937 random_{1};
};

cv::Mat read_events(const std::string& location) {
  const cv::Mat events = read_picture(location);
  fail_unless_equals_int(events.type(), CV_32FC1);
  return events;
}

}  // namespace

GST_START_TEST(events_every_interval) {
  const Directory directory;
  for (const char* extension : {".tiff", ".tif", ".TIFF"}) {
    Writing stream(directory / (std::string("heat-%05d") + extension));
    Counting counting(stream);
    counting.play(kInterval - 1);
    expect_written(stream, directory / numbered("heat", 0, extension));
    fail_unless(equal(read_events(directory / numbered("heat", 0, extension)), counting.events));
    for (int i = 1; i <= 60; ++i) {
      counting.play(kInterval);
      expect_written(stream, directory / numbered("heat", i, extension));
    }
    counting.play(3);
    stream.end();
    expect_written(stream, directory / numbered("heat", 61, extension));
    fail_unless(equal(read_events(directory / numbered("heat", 61, extension)), counting.events));
    double max = 0;
    cv::minMaxLoc(counting.events, nullptr, &max);
    fail_unless(max > 256);
  }
}
GST_END_TEST;

GST_START_TEST(events_on_the_signal) {
  const Directory directory;
  for (const char* output : {"overlay", "none"}) {
    Stream stream(kCaps);
    stream.set("output", output);
    stream.set("post-messages", "false");
    stream.set("normalization", "fixed");
    Counting counting(stream);
    counting.play(7);
    gboolean accepted = FALSE;
    g_signal_emit_by_name(stream.element(), "snapshot", (directory / "now.tiff").c_str(),
                          &accepted);
    fail_unless(accepted);
    counting.play(1);
    expect_written(stream, directory / "now.tiff");
    fail_unless(equal(read_events(directory / "now.tiff"), counting.events));
  }
}
GST_END_TEST;

// Those that faded count less than one.
GST_START_TEST(faded_events) {
  const Directory directory;
  Writing stream(directory / "heat.tiff");
  stream.set("half-life", "1000000000");
  stream.set("snapshot-interval", "0");
  Counting counting(stream);
  counting.play(20);
  const double expected = double_field(stream.stats().get(), "max");
  stream.end();
  expect_written(stream, directory / "heat.tiff");
  const cv::Mat events = read_events(directory / "heat.tiff");
  double max = 0;
  cv::minMaxLoc(events, nullptr, &max);
  fail_unless_equals_float(max, double(float(expected)));
  fail_unless(max < 20);
  fail_unless(equal(events > 0, counting.events > 0));
}
GST_END_TEST;

// A disk that takes long

namespace {

void expect_left_out(Stream& stream, const std::string& location) {
  const std::string text = warning_text(stream.wait(GST_MESSAGE_WARNING).get());
  expect_contains(text, "snapshot-interval");
  expect_contains(text, location);
  expect_contains(text, "not written");
}

}  // namespace

// One file is being written and one waits. More are left out, frames are not, and each one that
// waits is of its own frame.
GST_START_TEST(slow_disk) {
  const Directory directory;
  const std::string location = directory / "heat-%05d.png";
  Writing stream(location);
  Gate gate(stream, "motionheatmap-snapshot");
  const Picture one = stream.play(kInterval);
  gate.wait_until_reached();
  const Picture two = stream.play(kInterval);
  fail_unless(stream.pop(GST_MESSAGE_WARNING) == nullptr);
  for (int i = 0; i < 10; ++i) {
    stream.play(kInterval);
    expect_left_out(stream, location);
  }
  const Picture last = stream.play(1);
  gate.open();
  stream.end();
  fail_unless_equals_int(directory.size(), 3);
  expect_picture(directory / numbered("heat", 0), one);
  expect_picture(directory / numbered("heat", 1), two);
  expect_picture(directory / numbered("heat", 2), last);
  fail_unless(stream.pop(GST_MESSAGE_WARNING) == nullptr);
}
GST_END_TEST;

// What was left out with the last frame is written at the end.
GST_START_TEST(slow_disk_at_the_end) {
  const Directory directory;
  Writing stream(directory / "heat-%05d.png");
  Gate gate(stream, "motionheatmap-snapshot");
  stream.play(kInterval);
  gate.wait_until_reached();
  const Picture last = stream.play(2 * kInterval);
  expect_left_out(stream, directory / "heat-%05d.png");
  gate.open();
  stream.end();
  fail_unless_equals_int(directory.size(), 3);
  expect_picture(directory / numbered("heat", 2), last);
}
GST_END_TEST;

// A file that was asked for is never left out, and is of its frame, however many come until it is
// written.
GST_START_TEST(slow_disk_and_the_signal) {
  const Directory directory;
  Writing stream(directory / "heat-%05d.png");
  Gate gate(stream, "motionheatmap-snapshot");
  stream.play(kInterval);
  gate.wait_until_reached();
  std::vector<Picture> shown;
  for (int i = 0; i < 5; ++i) {
    gboolean accepted = FALSE;
    g_signal_emit_by_name(stream.element(), "snapshot",
                          (directory / (std::to_string(i) + ".png")).c_str(), &accepted);
    fail_unless(accepted);
    shown.push_back(stream.play(1));
    stream.play(1);
  }
  gate.open();
  stream.end();
  for (int i = 0; i < 5; ++i) expect_picture(directory / (std::to_string(i) + ".png"), shown[i]);
}
GST_END_TEST;

// A picture that cannot be written does not end the series.
GST_START_TEST(folder_that_comes_and_goes) {
  const Directory directory;
  const fs::path folder = directory.path() / "folder";
  fs::create_directory(folder);
  Writing stream(folder / "heat-%05d.png");
  for (int i = 0; i < 4; ++i) {
    i % 2 ? fs::remove_all(folder) : fs::create_directory(folder);
    const Picture shown = stream.play(kInterval);
    const std::string location = folder / numbered("heat", i);
    if (i % 2) {
      const std::string text = warning_text(stream.wait(GST_MESSAGE_WARNING).get());
      expect_contains(text, location);
      expect_contains(text, "property snapshot-location");
      expect_contains(text, "no directory");
    } else {
      expect_written(stream, location);
      expect_picture(location, shown);
    }
  }
}
GST_END_TEST;

static Suite* series_suite() {
  const auto [suite, tc] = new_suite("series");
  tcase_add_test(tc, a_picture_every_interval);
  tcase_add_test(tc, tells_each_time_of_the_frame);
  tcase_add_test(tc, the_rest_at_the_end);
  tcase_add_test(tc, goes_on_after_files_that_are_there);
  tcase_add_test(tc, unread_messages);
  tcase_add_test(tc, names);
  tcase_add_test(tc, names_with_unknown_marks);
  tcase_add_test(tc, names_with_a_time);
  tcase_add_test(tc, names_that_count_beside_a_time);
  tcase_add_test(tc, names_with_the_same_time);
  tcase_add_test(tc, shared_by_two);
  tcase_add_test(tc, one_name_is_replaced);
  tcase_add_test(tc, another_series);
  tcase_add_test(tc, starts_anew);
  tcase_add_test(tc, events_every_interval);
  tcase_add_test(tc, events_on_the_signal);
  tcase_add_test(tc, faded_events);
  tcase_add_test(tc, slow_disk);
  tcase_add_test(tc, slow_disk_at_the_end);
  tcase_add_test(tc, slow_disk_and_the_signal);
  tcase_add_test(tc, folder_that_comes_and_goes);
  return suite;
}

GST_CHECK_MAIN(series)
