// SPDX-License-Identifier: LGPL-2.1-or-later
// Every format and size against the model, byte by byte, and nothing beside the picture.
#include <sys/mman.h>
#include <unistd.h>

#include <numeric>

#include "common.h"
#include "model.h"

namespace {

const char* const kFormats[] = {
    "RGB",       "BGR",       "RGBx",      "BGRx",      "xRGB",        "xBGR",       "RGBA",
    "BGRA",      "ARGB",      "ABGR",      "I420",      "YV12",        "NV12",       "NV21",
    "Y42B",      "NV16",      "NV61",      "Y444",      "NV24",        "Y41B",       "YUV9",
    "YVU9",      "YUY2",      "UYVY",      "YVYU",      "VYUY",        "AYUV",       "VUYA",
    "A420",      "GRAY8",     "I420_10LE", "I422_10LE", "Y444_10LE",   "P010_10LE",  "Y210",
    "v210",      "A420_10LE", "A422_10LE", "A444_10LE", "I420_12LE",   "I422_12LE",  "Y444_12LE",
    "P012_LE",   "Y212_LE",   "P016_LE",   "GBR",       "GBRA",        "RGBP",       "BGRP",
    "RGB16",     "BGR16",     "RGB15",     "BGR15",     "RGB10A2_LE",  "BGR10A2_LE", "GBR_10LE",
    "GBRA_10LE", "GBR_12LE",  "GBRA_12LE", "ARGB64",    "GRAY10_LE32", "GRAY16_LE",  "GRAY16_BE",
#if GST_CHECK_VERSION(1, 24, 0)
    "A422",      "A444",
#endif
};

// Odd ones, one pixel, and such that end just after a tile or a band of the heat map does.
const cv::Size kSizes[] = {{1, 1},     {2, 2},   {3, 5},  {17, 9}, {257, 33},
                           {131, 139}, {64, 48}, {1, 40}, {300, 1}};

const char* const kColorimetries[] = {"bt601",   "bt709",   "bt2020",  "smpte240m",
                                      "1:4:0:0", "1:3:5:1", "1:6:0:0", "1:5:0:0"};

std::string caps(const std::string& format, cv::Size size, const std::string& more = "") {
  return "video/x-raw,format=" + format + ",width=" + std::to_string(size.width) +
         ",height=" + std::to_string(size.height) + ",framerate=25/1" + more;
}

// A picture of which each row lies on pages of its own, at their end or at their beginning, and
// pages that no one may touch on either side.
class GuardedPicture {
 public:
  GuardedPicture(const Picture& picture, bool at_the_end) : picture_(picture) {
    const size_t page = size_t(sysconf(_SC_PAGESIZE));
    for (const cv::Mat& plane : picture_.planes) {
      Plane p{.row_bytes = plane.cols * plane.elemSize(), .rows = size_t(plane.rows)};
      p.room = (p.row_bytes + page - 1) / page * page;
      p.stride = p.room + page;
      p.begin = page + (at_the_end ? p.room - p.row_bytes : 0);
      p.size = page + p.stride * p.rows;
      void* map = mmap(nullptr, p.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      fail_unless(map != MAP_FAILED);
      p.map = static_cast<uint8_t*>(map);
      planes_.push_back(p);
    }
    protect(PROT_READ | PROT_WRITE);
    for_each_row([](const Plane& p, uint8_t* room, uint8_t* row, const uint8_t* content) {
      std::fill_n(room, p.room, kAround);
      std::copy_n(content, p.row_bytes, row);
    });
  }
  ~GuardedPicture() {
    for (const Plane& p : planes_) munmap(p.map, p.size);
  }
  GuardedPicture(const GuardedPicture&) = delete;
  GuardedPicture& operator=(const GuardedPicture&) = delete;

  /// A buffer of these rows, in memory of its own for each plane.
  GstBuffer* buffer(GstMemoryFlags flags) {
    if (flags & GST_MEMORY_FLAG_READONLY) protect(PROT_READ);
    GstBuffer* buffer = gst_buffer_new();
    gsize offset[GST_VIDEO_MAX_PLANES] = {}, size = 0;
    gint stride[GST_VIDEO_MAX_PLANES] = {};
    for (size_t i = 0; i < planes_.size(); ++i) {
      const Plane& p = planes_[i];
      const gsize bytes = p.stride * (p.rows - 1) + p.row_bytes;
      gst_buffer_append_memory(buffer, gst_memory_new_wrapped(flags, p.map + p.begin, bytes, 0,
                                                              bytes, nullptr, nullptr));
      offset[i] = size;
      stride[i] = gint(p.stride);
      size += bytes;
    }
    const GstVideoInfo& info = picture_.info;
    gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
                                   info.width, info.height, guint(planes_.size()), offset, stride);
    return buffer;
  }

  /// What the rows are now; what they share their pages with must be as it was.
  Picture now() {
    bool intact = true;
    for_each_row([&](const Plane& p, uint8_t* room, uint8_t* row, uint8_t* content) {
      const auto is_around = [](uint8_t byte) { return byte == kAround; };
      intact &= std::all_of(room, row, is_around) &&
                std::all_of(row + p.row_bytes, room + p.room, is_around);
      std::copy_n(row, p.row_bytes, content);
    });
    fail_unless(intact);
    return picture_;
  }

 private:
  static constexpr uint8_t kAround = 0xa5;

  struct Plane {
    size_t row_bytes = 0;
    size_t rows = 0;
    size_t room = 0;  // of the pages that a row lies on
    size_t stride = 0;
    size_t begin = 0;  // of the first row
    size_t size = 0;
    uint8_t* map = nullptr;
  };

  template <typename Visit>
  void for_each_row(Visit visit) {
    for (size_t i = 0; i < planes_.size(); ++i) {
      const Plane& p = planes_[i];
      for (size_t y = 0; y < p.rows; ++y) {
        uint8_t* const row = p.map + p.begin + p.stride * y;
        visit(p, p.map + p.stride * (y + 1) - p.room, row, picture_.planes[i].ptr(int(y)));
      }
    }
  }

  void protect(int protection) {
    for (const Plane& p : planes_)
      for (size_t y = 0; y < p.rows; ++y)
        mprotect(p.map + p.stride * (y + 1) - p.room, p.room, protection);
  }

  Picture picture_;
  std::vector<Plane> planes_;
};

// Plays pictures in which something moves, and two in which nothing does.
void compare(Stream& stream, Model& model, unsigned seed = 1) {
  Picture picture = noise(stream.info(), seed);
  for (unsigned i = 0; i < 7; ++i) {
    fail_unless(stream.show(picture) == model.add_and_overlay(picture), "frame %u", i);
    if (i != 2) picture = moved(picture, seed + i);
  }
}

}  // namespace

// The model finds samples where GStreamer's own converter does.
GST_START_TEST(layout_of_each_format) {
  const Picture picture = noise(video_info(caps(kFormats[__i__], {24, 8})), 4);
  const BufferPtr buffer(to_buffer(picture));
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, &picture.info, buffer.get(), GST_MAP_READ));
  const GstVideoFormatInfo* finfo = picture.info.finfo;
  const bool wide = GST_VIDEO_FORMAT_INFO_BITS(gst_video_format_get_info(finfo->unpack_format)) > 8;
  const int width = picture.info.width;
  for (int y = 0; y < picture.info.height; ++y) {
    std::vector<uint16_t> words(size_t(width) * 4 + 8);
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(words.data());
    finfo->unpack_func(finfo, GST_VIDEO_PACK_FLAG_NONE, words.data(), frame.data, frame.info.stride,
                       0, y, width);
    for (int c = 0; c < std::min<int>(3, GST_VIDEO_FORMAT_INFO_N_COMPONENTS(finfo)); ++c) {
      const cv::Mat values = component(picture, c);
      const int row = y >> GST_VIDEO_FORMAT_INFO_H_SUB(finfo, c);
      for (int x = 0; x < width; ++x) {
        const int column = x >> GST_VIDEO_FORMAT_INFO_W_SUB(finfo, c);
        const int unpacked = wide ? words[x * 4 + 1 + c] : bytes[x * 4 + 1 + c];
        const int depth = GST_VIDEO_FORMAT_INFO_DEPTH(finfo, c);
        const int expected = wide ? unpacked >> (16 - depth) : unpacked;
        const int value = values.depth() == CV_16U ? values.at<ushort>(row, column)
                                                   : values.at<uchar>(row, column);
        fail_unless(value == expected, "component %d at %d, %d: %d, not %d", c, x, y, value,
                    expected);
      }
    }
  }
  gst_video_frame_unmap(&frame);
}
GST_END_TEST;

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

// In place: rows are read and written, and nothing else is. Read-only: rows are read. Widths of
// whole vectors and others.
GST_START_TEST(nothing_outside_the_rows_is_touched) {
  for (const cv::Size& size :
       {cv::Size(1, 1), cv::Size(35, 7), cv::Size(301, 19), cv::Size(320, 6)}) {
    for (const char* output : {"overlay", "heatmap", "none"}) {
      for (const auto flags : {GstMemoryFlags(0), GST_MEMORY_FLAG_READONLY}) {
        Stream stream(caps(kFormats[__i__], size));
        stream.set("output", output);
        const bool draws = output != std::string("none");
        const bool in_place = !draws || flags == 0;
        Model model;
        Picture picture = noise(stream.info(), 8);
        for (unsigned i = 0; i < 4; ++i) {
          model.add(picture);
          const Picture expected = !draws                             ? picture
                                   : output == std::string("overlay") ? model.overlay(picture)
                                                                      : model.heatmap(picture);
          GuardedPicture guarded(picture, i % 2 == 0);
          GstBuffer* in = guarded.buffer(flags);
          const BufferPtr out = stream.push(in);
          fail_unless((out.get() == in) == in_place, "%s, flags %d, frame %u", output, flags, i);
          fail_unless(to_picture(out.get(), stream.info()) == expected, "frame %u", i);
          fail_unless(guarded.now() == (in_place ? expected : picture), "frame %u", i);
          picture = moved(picture, i);
        }
      }
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
  for (const char* format : {"I420", "NV12", "YUY2", "Y444", "I422_10LE", "P010_10LE"}) {
    Stream stream(
        caps(format, {35, 19}, ",colorimetry=(string)" + std::string(kColorimetries[__i__])));
    Model model;
    compare(stream, model);
  }
}
GST_END_TEST;

GST_START_TEST(gray_ranges) {
  for (const char* colorimetry : {"1:4:0:0", "2:4:0:0"}) {
    for (const char* format : {"GRAY8", "GRAY16_LE"}) {
      Stream stream(caps(format, {35, 19}, std::string(",colorimetry=(string)") + colorimetry));
      Model model;
      compare(stream, model);
    }
  }
}
GST_END_TEST;

// One of each kind of layout.
const char* const kKinds[] = {"I420",        "Y41B",      "A420",  "P010_10LE", "Y210",
                              "v210",        "GBR",       "RGB16", "GBR_10LE",  "RGB10A2_LE",
                              "GRAY10_LE32", "GRAY16_BE", "BGRx",  "ARGB64"};

GST_START_TEST(threads) {
  Stream stream(caps(kKinds[__i__], {40, 900}));
  stream.set("n-threads", "4");
  Model model;
  compare(stream, model);
}
GST_END_TEST;

GST_START_TEST(first_background) {
  Stream stream(caps(kKinds[__i__], {35, 19}));
  stream.set("background", "first");
  Model model;
  Picture picture = noise(stream.info(), 1);
  const Picture first = picture;
  for (unsigned i = 0; i < 4; ++i) {
    const Picture shown = stream.show(picture);
    model.add(picture);
    const Picture expected = model.overlay(first);
    for (int c = 0; c < (GST_VIDEO_INFO_IS_GRAY(&picture.info) ? 1 : 3); ++c)
      fail_unless(equal(component(shown, c), component(expected, c)), "frame %u", i);
    picture = moved(picture, i);
  }
}
GST_END_TEST;

// The analysis of a picture whose pixels come in twos is that of half of it.
GST_START_TEST(half_the_size) {
  const cv::Size size(38, 18);
  Stream small(caps(kKinds[__i__], size / 2)), large(caps(kKinds[__i__], size));
  large.set("analysis-scale", "2");
  large.set("output", "none");
  Picture picture = noise(small.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    Picture doubled(large.info());
    for (int c = 0; c < (GST_VIDEO_INFO_IS_GRAY(&picture.info) ? 1 : 3); ++c) {
      cv::Mat values;
      cv::resize(component(picture, c), values, {}, 2, 2, cv::INTER_NEAREST);
      set_component(doubled, c,
                    values(cv::Rect(0, 0, component(doubled, c).cols, component(doubled, c).rows)));
    }
    small.show(picture);
    large.show(doubled);
    fail_unless(equal(small.map(), large.map()), "frame %u", i);
    picture = moved(picture, i);
  }
  fail_unless(cv::countNonZero(small.map()) > 0);
}
GST_END_TEST;

// Background subtraction sees what moves, whatever the layout.
GST_START_TEST(subtraction) {
  Stream stream(caps(kKinds[__i__], {96, 64}));
  stream.set("detector", "mog2");
  const cv::Rect body(40, 20, 20, 24);
  for (int i = 0; i < 14; ++i) {
    Picture picture = filled(stream.info(), 0);
    for (int c = 0; c < (GST_VIDEO_INFO_IS_GRAY(&picture.info) ? 1 : 3); ++c) {
      cv::Mat values = component(picture, c);
      const int top =
          values.depth() == CV_8U ? 255 : (1 << GST_VIDEO_INFO_COMP_DEPTH(&stream.info(), 0)) - 1;
      values.setTo(top / 4);
      if (i >= 12 && values.size() == cv::Size(96, 64)) values(body) = top;
      set_component(picture, c, values);
    }
    stream.show(picture);
  }
  cv::Mat expected = cv::Mat::zeros(64, 96, CV_8UC1);
  expected(body) = 255;
  fail_unless(equal(stream.map(), expected));
}
GST_END_TEST;

// The levels that 0 and 255 stand for, in the difference as in the colours.
GST_START_TEST(gray_range_of_the_user) {
  const std::pair<int, int> levels[] = {{0, 1}, {100, 355}, {7800, 8400}, {0, 65535}};
  for (const char* format : {"GRAY16_LE", "GRAY16_BE", "GRAY10_LE32"}) {
    for (auto [low, high] : levels) {
      Stream stream(caps(format, {35, 19}));
      if (format == std::string("GRAY10_LE32"))
        high = std::min(high, 1023), low = std::min(low, 600);
      stream.set("gray-range", std::to_string(low) + "," + std::to_string(high));
      Model model;
      model.levels = {low, high};
      compare(stream, model);
    }
  }
  for (const char* format : {"GRAY8", "I420_10LE", "GBR_10LE"}) {  // which have no use for it
    Stream stream(caps(format, {35, 19}));
    stream.set("gray-range", "10,20");
    Model model;
    compare(stream, model);
  }
}
GST_END_TEST;

// A change counts from the next frame on, as does none.
GST_START_TEST(gray_range_changes) {
  Stream stream(caps("GRAY16_LE", {35, 19}));
  Model model;
  compare(stream, model);
  stream.set("gray-range", "3000,5000");
  model.levels = {3000, 5000};
  compare(stream, model, 2);
  stream.set("gray-range", "none");
  model.levels.reset();
  compare(stream, model, 3);
}
GST_END_TEST;

// A body 150 levels warmer than a scene of 200 of 65,536, as thermal cameras deliver it.
GST_START_TEST(warm_body) {
  const GstVideoInfo info = video_info(caps("GRAY16_LE", {160, 120}));
  for (const bool automatic : {false, true}) {
    Stream stream(caps("GRAY16_LE", {160, 120}));
    if (automatic) stream.set("gray-range", "auto");
    cv::RNG random(1);
    Picture shown(info);
    cv::Mat scene(120, 160, CV_16UC1), body = cv::Mat::zeros(120, 160, CV_8UC1);
    for (int i = 0; i < 30; ++i) {
      for (int y = 0; y < scene.rows; ++y)
        for (int x = 0; x < scene.cols; ++x)
          scene.at<ushort>(y, x) = ushort(8000 + 200 * x / 160 + random.gaussian(3));
      const cv::Rect where(4 * i % 148, 50, 12, 30);
      scene(where) += 150;
      body(where) = 255;
      Picture picture(info);
      set_component(picture, 0, scene);
      shown = stream.show(picture);
    }
    const StructurePtr stats = stream.stats();
    if (!automatic) {
      fail_unless_equals_float(double_field(stats.get(), "max"), 0);
      continue;
    }
    fail_unless_equals_float(double_field(stats.get(), "max"), 2);  // it comes and it goes
    // What has heat is where the body was, and nowhere else.
    cv::Mat map = stream.map(), outside;
    cv::bitwise_and(map, ~body, outside);
    fail_unless_equals_int(cv::countNonZero(outside), 0);
    fail_unless(cv::countNonZero(map) > cv::countNonZero(body) * 9 / 10);
    // The colours lie within what the picture uses.
    double low, high;
    cv::minMaxLoc(component(shown, 0), &low, &high);
    fail_unless(low > 7950 && high < 8400, "%g to %g", low, high);
  }
}
GST_END_TEST;

// Chroma of fields belongs to every other row.
GST_START_TEST(interlaced) {
  for (const char* format :
       {"I420", "NV12", "A420", "P010_10LE", "Y42B", "YUY2", "Y444", "BGR", "YUV9"}) {
    for (const cv::Size& size : {cv::Size(1, 1), cv::Size(3, 2), cv::Size(2, 3), cv::Size(35, 18),
                                 cv::Size(33, 21), cv::Size(131, 79), cv::Size(64, 48)}) {
      Stream stream(caps(format, size, ",interlace-mode=interleaved"));
      Model model;
      model.interlaced = true;
      compare(stream, model);
    }
  }
}
GST_END_TEST;

// In a mixed stream each frame tells.
GST_START_TEST(mixed) {
  Stream stream(caps("NV12", {35, 20}, ",interlace-mode=mixed"));
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 8; ++i) {
    model.interlaced = i % 3 == 1;
    GstBuffer* buffer = stream.timed_buffer(picture);
    if (model.interlaced) GST_BUFFER_FLAG_SET(buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
    const Picture shown = to_picture(stream.push(buffer).get(), stream.info());
    fail_unless(shown == model.add_and_overlay(picture), "frame %u", i);
    if (i % 2) picture = moved(picture, i);
  }
}
GST_END_TEST;

// In 10 bits the blend is one of the two values around the exact one, whatever the opacity.
GST_START_TEST(opacities_in_10_bits) {
  for (const char* text :
       {"0", "0.001", "0.1", "0.25", "0.3", "0.5", "0.6", "0.77", "0.999", "1"}) {
    const GstVideoInfo info = video_info(caps("I420_10LE", {1024, 64}));
    Stream stream(caps("I420_10LE", {1024, 64}));
    stream.set("opacity", text);
    const double opacity = g_ascii_strtod(text, nullptr);
    Picture picture(info);
    cv::Mat ramp(64, 1024, CV_16UC1);
    for (int x = 0; x < ramp.cols; ++x) ramp.col(x).setTo(x);
    set_component(picture, 0, ramp);
    Model model;
    model.add(picture);
    const Picture colors = model.heatmap(picture), shown = stream.show(picture);
    const int color = ushort(colors.planes[0].at<cv::Vec2b>(0, 0)[0] |
                             colors.planes[0].at<cv::Vec2b>(0, 0)[1] << 8);
    for (int x = 0; x < ramp.cols; ++x) {
      const cv::Vec2b bytes = shown.planes[0].at<cv::Vec2b>(5, x);
      const double error = (bytes[0] | bytes[1] << 8) - (x * (1 - opacity) + color * opacity);
      fail_unless(std::abs(error) <= 0.5 + 1.0 / 64, "opacity %s, value %d: %f", text, x, error);
    }
  }
}
GST_END_TEST;

// Absent colorimetry is BT.709 above 576 lines and BT.601 up to there. GStreamer itself sees to
// that in Y'CbCr, where it does not accept colorimetry without a matrix; in grey it does.
GST_START_TEST(colorimetry_by_size) {
  struct {
    const char* format;
    const char* said;
    const char* range;
  } const cases[] = {{"I420", "", "2"},
                     {"I420", ",colorimetry=(string)2:0:0:0", "2"},
                     {"GRAY8", ",colorimetry=(string)1:0:0:0", "1"},
                     {"GRAY16_LE", ",colorimetry=(string)2:0:0:0", "2"}};
  for (const auto& [height, matrix] : {std::pair{576, 4}, {577, 3}}) {
    for (const auto& [format, said, range] : cases) {
      Stream stream(caps(format, {6, height}, said));
      Model model;
      const std::string meant =
          std::string(",colorimetry=(string)") + range + ":" + std::to_string(matrix) + ":0:0";
      Picture picture = noise(video_info(caps(format, {6, height}, meant)), 3);
      for (unsigned i = 0; i < 3; ++i) {
        fail_unless(stream.show(picture) == model.add_and_overlay(picture), "%s%s, %d lines",
                    format, said, height);
        picture = moved(picture, i);
      }
    }
  }
}
GST_END_TEST;

// All differences against all thresholds.
GST_START_TEST(thresholds) {
  const std::string stream_caps[] = {caps("GRAY8", {256, 1}),
                                     caps("I420", {256, 1}, ",colorimetry=bt709"),
                                     caps("I420", {256, 1}, ",colorimetry=(string)1:3:5:1"),
                                     caps("NV12", {256, 1}),
                                     caps("UYVY", {256, 1}),
                                     caps("BGR", {256, 1}),
                                     caps("I422_10LE", {1024, 1}),
                                     caps("P010_10LE", {1024, 1}, ",colorimetry=(string)1:3:5:1"),
                                     caps("P016_LE", {256, 256}, ",colorimetry=bt2020"),
                                     caps("v210", {1024, 1}),
                                     caps("Y212_LE", {4096, 1}),
                                     caps("GBR", {256, 1}),
                                     caps("RGB16", {256, 1}),
                                     caps("GBR_10LE", {1024, 1}),
                                     caps("RGB10A2_LE", {1024, 1}),
                                     caps("ARGB64", {256, 256}),
                                     caps("GRAY10_LE32", {1024, 1}),
                                     caps("GRAY16_BE", {256, 256}),
                                     caps("GRAY16_LE", {256, 256}),
                                     caps("GRAY16_LE", {256, 256}, ",colorimetry=(string)2:4:0:0")};
  Stream stream(stream_caps[__i__]);
  stream.set("output", "none");
  const Picture low = filled(stream.info(), 0);
  Picture ramp = low;
  cv::Mat values(stream.info().height, stream.info().width, CV_16UC1);
  std::iota(values.begin<ushort>(), values.end<ushort>(), ushort{0});
  for (int c = 0; c < (GST_VIDEO_INFO_IS_RGB(&ramp.info) ? 3 : 1); ++c)
    set_component(ramp, c, values);
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
  tcase_add_loop_test(tc, layout_of_each_format, 0, G_N_ELEMENTS(kFormats));
  tcase_add_loop_test(tc, overlay_in_each_format, 0, G_N_ELEMENTS(kFormats));
  tcase_add_loop_test(tc, heatmap_in_each_format, 0, G_N_ELEMENTS(kFormats));
  tcase_add_loop_test(tc, none_in_each_format, 0, G_N_ELEMENTS(kFormats));
  tcase_add_loop_test(tc, each_colormap, cv::COLORMAP_AUTUMN, cv::COLORMAP_DEEPGREEN + 1);
  tcase_add_loop_test(tc, nothing_outside_the_rows_is_touched, 0, G_N_ELEMENTS(kFormats));
  tcase_add_test(tc, opacities);
  tcase_add_test(tc, opacities_in_10_bits);
  tcase_add_loop_test(tc, colorimetries, 0, G_N_ELEMENTS(kColorimetries));
  tcase_add_test(tc, gray_ranges);
  tcase_add_loop_test(tc, threads, 0, G_N_ELEMENTS(kKinds));
  tcase_add_loop_test(tc, first_background, 0, G_N_ELEMENTS(kKinds));
  tcase_add_loop_test(tc, half_the_size, 0, G_N_ELEMENTS(kKinds));
  tcase_add_loop_test(tc, subtraction, 0, G_N_ELEMENTS(kKinds));
  tcase_add_test(tc, gray_range_of_the_user);
  tcase_add_test(tc, gray_range_changes);
  tcase_add_test(tc, warm_body);
  tcase_add_test(tc, interlaced);
  tcase_add_test(tc, mixed);
  tcase_add_test(tc, colorimetry_by_size);
  tcase_add_loop_test(tc, thresholds, 0, 20);
  tcase_add_test(tc, chroma_does_not_move);
  return suite;
}

GST_CHECK_MAIN(formats)
