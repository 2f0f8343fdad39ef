// SPDX-License-Identifier: LGPL-2.1-or-later
// Formats of every kind against the BGR path, by way of videoconvert (but for Y'CbCr of 16 bits,
// where its weights of 8 bits are too coarse to compare with).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "pipeline.h"
#include "reference_scene.h"

namespace motionheat::real {
namespace {

enum class Kind { kRgb, kGray, kYuv };

struct Format {
  const char* name;
  Kind kind;
  int depth;
  int x_shift;
  int y_shift;
};

constexpr Format kFormats[] = {
    {"RGB", Kind::kRgb, 8, 0, 0},        {"BGR", Kind::kRgb, 8, 0, 0},
    {"RGBx", Kind::kRgb, 8, 0, 0},       {"BGRx", Kind::kRgb, 8, 0, 0},
    {"xRGB", Kind::kRgb, 8, 0, 0},       {"xBGR", Kind::kRgb, 8, 0, 0},
    {"RGBA", Kind::kRgb, 8, 0, 0},       {"BGRA", Kind::kRgb, 8, 0, 0},
    {"ARGB", Kind::kRgb, 8, 0, 0},       {"ABGR", Kind::kRgb, 8, 0, 0},
    {"GRAY8", Kind::kGray, 8, 0, 0},     {"GRAY16_LE", Kind::kGray, 16, 0, 0},
    {"Y444", Kind::kYuv, 8, 0, 0},       {"AYUV", Kind::kYuv, 8, 0, 0},
    {"VUYA", Kind::kYuv, 8, 0, 0},       {"Y42B", Kind::kYuv, 8, 1, 0},
    {"YUY2", Kind::kYuv, 8, 1, 0},       {"UYVY", Kind::kYuv, 8, 1, 0},
    {"YVYU", Kind::kYuv, 8, 1, 0},       {"I420", Kind::kYuv, 8, 1, 1},
    {"YV12", Kind::kYuv, 8, 1, 1},       {"NV12", Kind::kYuv, 8, 1, 1},
    {"NV21", Kind::kYuv, 8, 1, 1},       {"I422_10LE", Kind::kYuv, 10, 1, 0},
    {"I420_10LE", Kind::kYuv, 10, 1, 1}, {"P010_10LE", Kind::kYuv, 10, 1, 1},
    {"GBR", Kind::kRgb, 8, 0, 0},        {"GBRA", Kind::kRgb, 8, 0, 0},
    {"NV16", Kind::kYuv, 8, 1, 0},       {"NV24", Kind::kYuv, 8, 0, 0},
    {"Y41B", Kind::kYuv, 8, 2, 0},       {"YUV9", Kind::kYuv, 8, 2, 2},
    {"A420", Kind::kYuv, 8, 1, 1},       {"Y210", Kind::kYuv, 10, 1, 0},
    {"v210", Kind::kYuv, 10, 1, 0},      {"GBR_10LE", Kind::kRgb, 10, 0, 0},
    {"I422_12LE", Kind::kYuv, 12, 1, 0}, {"P012_LE", Kind::kYuv, 12, 1, 1},
    {"ARGB64", Kind::kRgb, 16, 0, 0},
};

struct Colors {
  const char* name;
  const char* colorimetry;  // range and matrix
  double kr;
  double kb;
  bool limited;
};

constexpr Colors kColors[] = {
    {"Bt601", "2:4:0:0", 0.299, 0.114, true},     {"Bt601Full", "1:4:0:0", 0.299, 0.114, false},
    {"Bt709", "2:3:0:0", 0.2126, 0.0722, true},   {"Bt709Full", "1:3:0:0", 0.2126, 0.0722, false},
    {"Bt2020", "2:6:0:0", 0.2627, 0.0593, true},  {"Bt2020Full", "1:6:0:0", 0.2627, 0.0593, false},
    {"Smpte240m", "2:5:0:0", 0.212, 0.087, true}, {"Smpte240mFull", "1:5:0:0", 0.212, 0.087, false},
};

struct FormatCase {
  Format format;
  Colors colors;

  int top() const { return (1 << format.depth) - 1; }
  // What white lies above black, and the largest chroma above the smallest, in steps of the format.
  double luma_scale() const { return colors.limited ? 219 * (1 << format.depth) / 256.0 : top(); }
  double chroma_scale() const { return colors.limited ? 224 * (1 << format.depth) / 256.0 : top(); }

  // From Y', Cb, Cr to B, G, R, all in steps of the format's depth.
  cv::Matx33d to_bgr() const {
    if (format.kind == Kind::kRgb) return cv::Matx33d::eye();
    const auto [kr, kb] = std::pair(colors.kr, colors.kb);
    const double kg = 1 - kr - kb;
    const cv::Matx33d full(1, 2 * (1 - kb), 0, 1, -2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg,
                           1, 0, 2 * (1 - kr));
    const double chroma = top() / chroma_scale();
    return full * cv::Matx33d::diag({top() / luma_scale(), chroma, chroma});
  }
  cv::Vec3d offset() const {
    const double unit = (1 << format.depth) / 256.0;
    return {colors.limited ? 16 * unit : 0, 128 * unit, 128 * unit};
  }
};

void PrintTo(const FormatCase& c, std::ostream* os) {
  *os << c.format.name << ' ' << c.colors.name;
}

std::string name_of(const testing::TestParamInfo<FormatCase>& info) {
  const FormatCase& c = info.param;
  return c.format.name + (c.format.kind == Kind::kRgb ? "" : std::string("_") + c.colors.name);
}

std::vector<FormatCase> format_cases(int max_depth) {
  std::vector<FormatCase> cases;
  for (const Format& format : kFormats) {
    if (format.depth > max_depth) continue;
    const int n = format.kind == Kind::kRgb ? 1 : format.kind == Kind::kGray ? 2 : 8;
    for (int i = 0; i < n; ++i) cases.push_back({format, kColors[i]});
  }
  return cases;
}

// The clip, and after a cut the scene, in BGR: small, and odd in both directions.
const cv::Size kSmall(193, 145);
constexpr int kOfEach = 16;

const std::vector<cv::Mat>& footage() {
  static const std::vector<cv::Mat> frames = [] {
    std::vector<cv::Mat> result;
    Pipeline pipeline(clip(kOfEach) +
                      " ! videoscale ! videoconvert ! video/x-raw,format=BGR,width=193,height=145"
                      " ! fakesink name=end");
    pipeline.tap("end", "sink", [&](const Planes& planes) { result.push_back(planes[0].clone()); });
    pipeline.run();
    for (int i = 0; i < kOfEach; ++i) {
      result.emplace_back();
      cv::resize(reference_scene::frame(4 * i), result.back(), kSmall, 0, 0, cv::INTER_AREA);
    }
    return result;
  }();
  return frames;
}

// Has element "source" play frames, whose rows it takes as they are.
void feed(const Pipeline& pipeline, const std::vector<Planes>& frames) {
  const auto source = pipeline.element("source");
  GstFlowReturn flow;
  for (size_t i = 0; i < frames.size(); ++i) {
    GstBuffer* buffer = gst_buffer_new();
    for (const cv::Mat& plane : frames[i]) {
      const size_t row = plane.cols * plane.elemSize(), stride = (row + 3) / 4 * 4;
      GstBuffer* rows = gst_buffer_new_allocate(nullptr, stride * plane.rows, nullptr);
      for (int y = 0; y < plane.rows; ++y) gst_buffer_fill(rows, stride * y, plane.ptr(y), row);
      buffer = gst_buffer_append(buffer, rows);
    }
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 25;
    GST_BUFFER_PTS(buffer) = i * GST_BUFFER_DURATION(buffer);
    g_signal_emit_by_name(source.get(), "push-buffer", buffer, &flow);
    gst_buffer_unref(buffer);
  }
  g_signal_emit_by_name(source.get(), "end-of-stream", &flow);
}

std::string source(const std::string& format, cv::Size size, const std::string& colorimetry = "") {
  return "appsrc name=source format=time caps=video/x-raw,format=" + format +
         ",width=" + std::to_string(size.width) + ",height=" + std::to_string(size.height) +
         ",framerate=25/1" + (colorimetry.empty() ? "" : ",colorimetry=(string)" + colorimetry);
}

// What videoconvert makes of a format: BGR, of 8 or of 16 bits. Each chroma sample is repeated, not
// interpolated, which would round once more.
std::string to_rgb(int bits) {
  return std::string(" ! videoconvert dither=none chroma-mode=none ! video/x-raw,format=") +
         (bits == 8 ? "BGR" : "ARGB64") + " ! fakesink async=false name=";
}

// Such a picture in float64, in steps of `depth` bits.
cv::Mat real_bgr(const Planes& planes, int bits, int depth) {
  const double steps = ((1 << depth) - 1) / double((1 << bits) - 1);
  cv::Mat bgr = planes[0];
  if (bits == 16) {
    const cv::Mat argb(bgr.size(), CV_16UC4, bgr.data, bgr.step);
    bgr.create(argb.size(), CV_16UC3);
    cv::mixChannels({argb}, {bgr}, {3, 0, 2, 1, 1, 2});
  }
  cv::Mat result;
  bgr.convertTo(result, CV_64F, steps);
  return result;
}

cv::Mat transformed(const cv::Mat& picture, const cv::Matx33d& matrix, const cv::Vec3d& offset) {
  cv::Matx34d affine;
  cv::hconcat(matrix, offset, affine);
  cv::Mat result;
  cv::transform(picture, result, affine);
  return result;
}

// 255 where the colour is one that BGR can hold.
cv::Mat inside(const cv::Mat& bgr, int top) {
  cv::Mat result;
  cv::inRange(bgr, cv::Scalar::all(0.5), cv::Scalar::all(top - 0.5), result);
  return result;
}

// The least and the greatest error of each colour, in steps.
struct Range {
  cv::Vec3d min = cv::Vec3d::all(std::numeric_limits<double>::max());
  cv::Vec3d max = -min;

  void add(const cv::Mat& error, const cv::Mat& mask) {
    Planes planes;
    cv::split(error, planes);
    for (int i = 0; i < 3; ++i) {
      double low, high;
      cv::minMaxLoc(planes[i], &low, &high, nullptr, nullptr, mask);
      min[i] = std::min(min[i], low);
      max[i] = std::max(max[i], high);
    }
  }
};

// How far videoconvert is from the exact conversion to BGR of 16 bits, on noise without subsampled
// chroma.
Range error_of_videoconvert(const FormatCase& c) {
  const int top = c.top(), depth = c.format.depth;
  if (c.format.kind == Kind::kRgb) return {{}, {}};
  const bool gray = c.format.kind == Kind::kGray;
  const cv::Size size(256, 256);
  Planes noise, real;
  for (int i = 0; i < (gray ? 1 : 3); ++i) {
    cv::Mat plane(size, depth > 8 ? CV_16UC1 : CV_8UC1);
    cv::RNG(i + 1).fill(plane, cv::RNG::UNIFORM, 0, top + 1);
    noise.push_back(plane);
    real.emplace_back();
    plane.convertTo(real.back(), CV_64F);
  }
  while (real.size() < 3) real.push_back(cv::Mat(size, CV_64F, c.offset()[int(real.size())]));
  cv::Mat exact;
  cv::merge(real, exact);
  exact = transformed(exact, c.to_bgr(), -(c.to_bgr() * c.offset()));

  const std::string format = gray         ? c.format.name
                             : depth == 8 ? "Y444"
                                          : "Y444_" + std::to_string(depth) + "LE";
  Pipeline pipeline(source(format, size, c.colors.colorimetry) + to_rgb(16) + "end");
  feed(pipeline, {noise});
  Range range;
  pipeline.tap("end", "sink", [&](const Planes& planes) {
    const cv::Mat bgr = real_bgr(planes, 16, depth);
    range.add(bgr - exact, inside(bgr, top) & inside(exact, top));
  });
  pipeline.run();
  return range;
}

// Each group of pixels becomes its mean. At an odd edge a pixel stands in for the one that is not
// there.
cv::Mat means(const cv::Mat& plane, cv::Size group) {
  cv::Mat whole, result;
  const auto missing = [](int n, int of) { return (of - n % of) % of; };
  cv::copyMakeBorder(plane, whole, 0, missing(plane.rows, group.height), 0,
                     missing(plane.cols, group.width), cv::BORDER_REPLICATE);
  cv::resize(whole, result, {whole.cols / group.width, whole.rows / group.height}, 0, 0,
             cv::INTER_AREA);
  cv::resize(result, whole, whole.size(), 0, 0, cv::INTER_NEAREST);
  return whole(cv::Rect(cv::Point(), plane.size()));
}

// The colours of the map in float64, in steps, as a format shows them that does not round.
cv::Mat shown_colors(const FormatCase& c, const cv::Mat& index) {
  cv::Mat colors, real;
  cv::applyColorMap(index, colors, cv::COLORMAP_JET);
  colors.convertTo(real, CV_64F, c.top() / 255.0);
  if (c.format.kind == Kind::kRgb) return real;
  Planes ycc;
  cv::split(transformed(real, c.to_bgr().inv(), {}), ycc);
  for (int i = 1; i < 3; ++i) {
    if (c.format.kind == Kind::kGray)
      ycc[i] = 0;
    else
      ycc[i] = means(ycc[i], {1 << c.format.x_shift, 1 << c.format.y_shift});
  }
  cv::merge(ycc, real);
  return transformed(real, c.to_bgr(), {});
}

// How far the picture may be from the exact one, in steps. The blend rounds: (3 p + 2 c) / 5 to
// nearest is off by up to 2 / 5. (Samples of 16 bits have no bits to round with; two products lose
// up to one each, one is added back, and weights in 1/65536 are worth 0.4 at most.) The colour,
// which weighs 2 / 5, is rounded to the format, and where chroma is the mean of several pixels that
// is rounded too. All this goes through the matrix to B, G and R.
cv::Vec3d rounding(const FormatCase& c) {
  const double blend = c.format.depth < 16 ? 0.4 : 1.4;
  const bool subsampled = c.format.x_shift + c.format.y_shift > 0;
  const bool gray = c.format.kind == Kind::kGray;
  const double rgb = c.top() % 255 ? 0.5 : 0;  // where not all colours of the map have a level
  const cv::Vec3d color = c.format.kind == Kind::kRgb    ? cv::Vec3d(rgb, rgb, rgb)
                          : c.format.kind == Kind::kGray ? cv::Vec3d(0.5, 0, 0)
                          : subsampled                   ? cv::Vec3d(0.5, 1, 1)
                                                         : cv::Vec3d(0.5, 0.5, 0.5);
  cv::Vec3d sum(0, 0, 0);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < (gray ? 1 : 3); ++j)
      sum[i] += std::abs(c.to_bgr()(i, j)) * (blend + 0.4 * color[j]);
  return sum;
}

class Videoconvert : public ClipTest, public testing::WithParamInterface<FormatCase> {
 protected:
  Range compare(int bits);
};

// Errors of what the element draws, as videoconvert shows it in BGR of so many bits a colour.
Range Videoconvert::compare(int bits) {
  const FormatCase& c = GetParam();
  const int depth = c.format.depth;
  std::string caps = std::string(" ! video/x-raw,format=") + c.format.name;
  if (c.format.kind != Kind::kRgb)
    caps += std::string(",colorimetry=(string)") + c.colors.colorimetry;
  // Branches of a tee without queues run one after the other in one thread, frame by frame.
  Pipeline pipeline(source("BGR", kSmall) +
                    " ! tee name=both ! motionheatmap name=bgr ! fakesink async=false"
                    " both. ! videoconvert dither=none" +
                    caps + " ! tee name=format" + to_rgb(bits) +
                    "in format. ! motionheatmap name=heat" + to_rgb(bits) + "out");
  std::vector<Planes> frames;
  for (const cv::Mat& frame : footage()) frames.push_back({frame});
  feed(pipeline, frames);

  cv::Mat in;
  Range range;
  int frame = 0, hot = 0;
  pipeline.tap("in", "sink", [&](const Planes& planes) { in = real_bgr(planes, bits, depth); });
  pipeline.tap("out", "sink", [&](const Planes& planes) {
    if (++frame % (kOfEach / 2) != 0) return;
    const cv::Mat out = real_bgr(planes, bits, depth), index = heatmap(pipeline, "heat");
    cv::Mat exact = 0.6 * in + 0.4 * shown_colors(c, index);
    cv::min(cv::max(exact, 0), c.top(), exact);
    // Where videoconvert had to clip what came in, it does not show the picture that was blended.
    const cv::Mat compared = inside(in, c.top());
    EXPECT_GT(cv::countNonZero(compared), index.total() * 9 / 10);
    hot += cv::countNonZero(compared & index);
    range.add(out - exact, compared);
    if (frame == kOfEach) {
      EXPECT_GE(pearson(index, heatmap(pipeline, "bgr")), 0.98);
    }
  });
  pipeline.run();
  EXPECT_EQ(frame, 2 * kOfEach);
  EXPECT_GT(hot, 1000);
  return range;
}

// Of 16 bits, so that videoconvert's own rounding does not hide the element's. What is left of it
// is an error that is linear in the colour, of the weights of 8 bits in its matrix and of its black
// and grey: the blend of two such errors is that of the blend, and only that of the coloured map,
// which weighs 0.4, is not on both sides. (Some of its colours lie at the very edge of what BGR can
// hold, where noise that is not clipped does not reach: worth 0.1 at most.)
TEST_P(Videoconvert, AgreesWithBgr16) {
  const FormatCase& c = GetParam();
  const Range error = error_of_videoconvert(c), range = compare(16);
  // Fractions that are dropped: of the sum, and of the three samples when 10 or 12 bits become 16.
  const double dropped = (c.top() % 255 ? 4 : 1) * c.top() / 65535.0;
  double slack = std::numeric_limits<double>::max();
  for (int i = 0; i < 3; ++i) {
    const double rest = rounding(c)[i] + 1.6 * dropped + 0.1;
    const double high = rest + 0.4 * error.max[i], low = -rest + 0.4 * error.min[i];
    EXPECT_LE(range.max[i], high) << "colour " << i;
    EXPECT_GE(range.min[i], low) << "colour " << i;
    slack = std::min({slack, high - range.max[i], range.min[i] - low});
  }
  // The bound is reached to within a step; those of 16 bits are small.
  EXPECT_LE(slack, c.format.depth < 16 ? 1 : 4);
}

using Videoconvert8 = Videoconvert;

// Of 8 bits, as most pipelines convert. videoconvert then works with products of 8 bits: what it
// drops of the three, before the blend and after, and the error of its weights come to 4 at most.
TEST_P(Videoconvert8, AgreesWithBgr8) {
  const FormatCase& c = GetParam();
  const double dropped = c.format.kind == Kind::kRgb ? 1e-9 : 4;
  const Range range = compare(8);
  for (int i = 0; i < 3; ++i) {
    EXPECT_LE(range.max[i], rounding(c)[i] + dropped) << "colour " << i;
    EXPECT_GE(range.min[i], -rounding(c)[i] - dropped) << "colour " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Videoconvert, testing::ValuesIn(format_cases(16)), name_of);
INSTANTIATE_TEST_SUITE_P(Formats, Videoconvert8, testing::ValuesIn(format_cases(8)), name_of);

}  // namespace
}  // namespace motionheat::real
