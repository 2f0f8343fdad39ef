// SPDX-License-Identifier: LGPL-2.1-or-later
// Every format and size against the model, byte by byte.
#include "common.h"
#include "model.h"

namespace {

const char* const kFormats[] = {"RGB",  "BGR",  "RGBx", "BGRx", "xRGB", "xBGR", "RGBA",
                                "BGRA", "ARGB", "ABGR", "I420", "YV12", "NV12", "NV21",
                                "Y42B", "Y444", "AYUV", "VUYA", "GRAY8"};

// Odd ones, one pixel, and such that end just after a tile of the heat map does.
const cv::Size kSizes[] = {{1, 1}, {2, 2}, {3, 5}, {17, 9}, {257, 33}, {64, 48}, {1, 40}, {300, 1}};

const char* const kColorimetries[] = {"bt601",   "bt709",   "bt2020",  "smpte240m",
                                      "1:4:0:0", "1:3:5:1", "1:6:0:0", "1:5:0:0"};

std::string caps(const std::string& format, cv::Size size, const std::string& more = "") {
  return "video/x-raw,format=" + format + ",width=" + std::to_string(size.width) +
         ",height=" + std::to_string(size.height) + ",framerate=25/1" + more;
}

// Plays pictures in which something moves, and two in which nothing does.
void compare(Stream& stream, Model& model, unsigned seed = 1) {
  Picture picture = noise(stream.info(), seed);
  for (unsigned i = 0; i < 7; ++i) {
    fail_unless(stream.show(picture) == model.add_and_overlay(picture), "frame %u", i);
    if (i != 2) picture = moved(picture, seed + i);
  }
}

}  // namespace

GST_START_TEST(overlay_in_each_format) {
  for (const cv::Size& size : kSizes) {
    Stream stream(caps(kFormats[__i__], size));
    Model model;
    compare(stream, model);
  }
}
GST_END_TEST;

GST_START_TEST(heatmap_in_each_format) {
  for (const cv::Size& size : kSizes) {
    Stream stream(caps(kFormats[__i__], size));
    stream.set("output", "heatmap");
    Model model;
    Picture picture = noise(stream.info(), 5);
    for (unsigned i = 0; i < 5; ++i) {
      model.add(picture);
      fail_unless(stream.show(picture) == model.heatmap(picture), "frame %u", i);
      picture = moved(picture, i);
    }
  }
}
GST_END_TEST;

GST_START_TEST(none_in_each_format) {
  for (const cv::Size& size : kSizes) {
    Stream stream(caps(kFormats[__i__], size));
    stream.set("output", "none");
    Model model;
    Picture picture = noise(stream.info(), 6);
    for (unsigned i = 0; i < 5; ++i) {
      model.add(picture);
      fail_unless(stream.show(picture) == picture, "frame %u", i);
      fail_unless(equal(stream.map(), model.index(size)), "frame %u", i);
      picture = moved(picture, i);
    }
  }
}
GST_END_TEST;

GST_START_TEST(each_colormap) {
  for (const char* format : {"BGR", "I420"}) {
    Stream stream(caps(format, {31, 22}));
    stream.set("colormap", std::to_string(__i__));
    Model model;
    model.colormap = __i__;
    compare(stream, model);
  }
}
GST_END_TEST;

GST_START_TEST(opacities) {
  for (const char* format : {"BGRA", "NV12"}) {
    for (const char* opacity :
         {"0", "0.001", "0.1", "0.25", "0.3", "0.5", "0.6", "0.77", "0.999", "1"}) {
      Stream stream(caps(format, {37, 23}));
      stream.set("opacity", opacity);
      Model model;
      model.opacity = g_ascii_strtod(opacity, nullptr);
      compare(stream, model);
    }
  }
}
GST_END_TEST;

GST_START_TEST(colorimetries) {
  for (const char* format : {"I420", "NV12"}) {
    Stream stream(
        caps(format, {35, 19}, ",colorimetry=(string)" + std::string(kColorimetries[__i__])));
    Model model;
    compare(stream, model);
  }
}
GST_END_TEST;

GST_START_TEST(gray_ranges) {
  for (const char* colorimetry : {"1:4:0:0", "2:4:0:0"}) {
    Stream stream(caps("GRAY8", {35, 19}, std::string(",colorimetry=(string)") + colorimetry));
    Model model;
    compare(stream, model);
  }
}
GST_END_TEST;

// Absent colorimetry is BT.709 above 576 lines and BT.601 up to there.
GST_START_TEST(colorimetry_by_size) {
  for (const auto& [height, colorimetry] : {std::pair{576, "bt601"}, {577, "bt709"}}) {
    Stream stream(caps("I420", {6, height}));
    Model model;
    Picture picture =
        noise(video_info(caps("I420", {6, height}, std::string(",colorimetry=") + colorimetry)), 3);
    for (unsigned i = 0; i < 3; ++i) {
      fail_unless(stream.show(picture) == model.add_and_overlay(picture));
      picture = moved(picture, i);
    }
  }
}
GST_END_TEST;

// All differences against all thresholds.
GST_START_TEST(thresholds) {
  const std::string stream_caps[] = {caps("GRAY8", {256, 1}),
                                     caps("I420", {256, 1}, ",colorimetry=bt709"),
                                     caps("I420", {256, 1}, ",colorimetry=(string)1:3:5:1"),
                                     caps("NV12", {256, 1}), caps("BGR", {256, 1})};
  Stream stream(stream_caps[__i__]);
  stream.set("output", "none");
  const Picture low = filled(stream.info(), 0);
  Picture ramp = low;
  for (int x = 0; x < 256; ++x) ramp.planes[0].col(x).setTo(cv::Scalar::all(x));
  const cv::Mat grey = difference(ramp, low);

  for (int threshold = 0; threshold <= 255; ++threshold) {
    stream.set("threshold", std::to_string(threshold));
    g_signal_emit_by_name(stream.element(), "reset");
    // The ramp and its absence in turn: there is one difference between any two frames.
    stream.show(threshold % 2 ? low : ramp);
    cv::Mat expected;
    cv::compare(grey, threshold, expected, cv::CMP_GT);
    if (threshold > 0) fail_unless(equal(stream.map(), expected), "threshold %d", threshold);
  }
}
GST_END_TEST;

// Chroma alone is no motion in Y'CbCr; colour alone is in RGB.
GST_START_TEST(chroma_does_not_move) {
  for (const char* format : {"I420", "NV12"}) {
    Stream stream(caps(format, {16, 16}));
    Picture picture = filled(stream.info(), 100);
    stream.show(picture);
    for (size_t p = 1; p < picture.planes.size(); ++p)
      picture.planes[p].setTo(cv::Scalar::all(200));
    stream.show(picture);
    fail_unless_equals_float(double_field(stream.stats().get(), "max"), 0.0);
  }
}
GST_END_TEST;

static Suite* formats_suite() {
  const auto [suite, tc] = new_suite("formats");
  tcase_add_loop_test(tc, overlay_in_each_format, 0, G_N_ELEMENTS(kFormats));
  tcase_add_loop_test(tc, heatmap_in_each_format, 0, G_N_ELEMENTS(kFormats));
  tcase_add_loop_test(tc, none_in_each_format, 0, G_N_ELEMENTS(kFormats));
  tcase_add_loop_test(tc, each_colormap, cv::COLORMAP_AUTUMN, cv::COLORMAP_DEEPGREEN + 1);
  tcase_add_test(tc, opacities);
  tcase_add_loop_test(tc, colorimetries, 0, G_N_ELEMENTS(kColorimetries));
  tcase_add_test(tc, gray_ranges);
  tcase_add_test(tc, colorimetry_by_size);
  tcase_add_loop_test(tc, thresholds, 0, 5);
  tcase_add_test(tc, chroma_does_not_move);
  return suite;
}

GST_CHECK_MAIN(formats)
