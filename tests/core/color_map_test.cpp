// SPDX-License-Identifier: LGPL-2.1-or-later
#include "color_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <string>

#include "frames.h"

namespace motionheat::test {
namespace {

cv::Mat colors_of(int id) {
  cv::Mat indices(1, 256, CV_8UC1), colors;
  for (int i = 0; i < 256; ++i) indices.at<uint8_t>(i) = uint8_t(i);
  cv::applyColorMap(indices, colors, id);
  return colors;
}

TEST(ColorMap, EveryMapOfOpenCvIsThereOnce) {
  int id = 0;
  for (const Colormap& map : colormaps()) EXPECT_EQ(map.id, id++) << map.name;
  EXPECT_NO_THROW(colors_of(id - 1));
  EXPECT_THROW(colors_of(id), cv::Exception);
}

TEST(ColorMap, HasTheNamesOfOpenCv) {
  std::map<std::string, int> ids;
  for (const Colormap& map : colormaps()) ids[map.name] = map.id;
  EXPECT_EQ(ids.size(), colormaps().size());
  EXPECT_EQ(ids["autumn"], cv::COLORMAP_AUTUMN);
  EXPECT_EQ(ids["jet"], cv::COLORMAP_JET);
  EXPECT_EQ(ids["hot"], cv::COLORMAP_HOT);
  EXPECT_EQ(ids["inferno"], cv::COLORMAP_INFERNO);
  EXPECT_EQ(ids["turbo"], cv::COLORMAP_TURBO);
  EXPECT_EQ(ids["twilight_shifted"], cv::COLORMAP_TWILIGHT_SHIFTED);
  EXPECT_EQ(ids["deepgreen"], cv::COLORMAP_DEEPGREEN);
}

TEST(ColorMap, RgbEqualsOpenCv) {
  for (const Colormap& map : colormaps()) {
    const cv::Mat expected = colors_of(map.id);
    // The table is in the order R, G, B whatever the order in memory.
    for (const Format& format : rgb_formats()) {
      const ColorTable table = make_color_table(map.id, format.layout, ColorSpace{});
      for (int i = 0; i < 256; ++i)
        for (int c = 0; c < 3; ++c)
          ASSERT_EQ(table[c][i], expected.at<cv::Vec3b>(i)[2 - c]) << map.name << " " << i;
    }
  }
}

struct Matrix {
  const char* name;
  double kr;
  double kb;
};

constexpr Matrix kMatrices[] = {{"BT.601", 0.299, 0.114},
                                {"BT.709", 0.2126, 0.0722},
                                {"BT.2020", 0.2627, 0.0593},
                                {"SMPTE 240M", 0.212, 0.087}};

// Rows Y', Cb, Cr of the matrix from R, G, B in 0..1, as the standards write it.
cv::Matx33d yuv_from_rgb(const Matrix& m) {
  const double kg = 1 - m.kr - m.kb;
  const double u = 2 * (1 - m.kb), v = 2 * (1 - m.kr);
  return {m.kr,           kg,      m.kb,            //
          -m.kr / u,      -kg / u, (1 - m.kb) / u,  //
          (1 - m.kr) / v, -kg / v, -m.kb / v};
}

TEST(ColorMap, YuvIsTheNearestToTheExactColor) {
  PixelFormat ten_bit = kI420;
  for (Component& c : ten_bit.components) c.depth = 10;
  for (const Matrix& matrix : kMatrices) {
    for (const bool full_range : {false, true}) {
      for (const PixelFormat& format : {kI420, kNv12, kYuy2, ten_bit}) {
        const int depth = format.components[0].depth;
        const int unit = 1 << (depth - 8), top = (1 << depth) - 1;
        const ColorSpace space{.kr = matrix.kr,
                               .kb = matrix.kb,
                               .offset = {full_range ? 0 : 16 * unit, 128 * unit, 128 * unit},
                               .scale = full_range
                                            ? std::array{top, top, top}
                                            : std::array{219 * unit, 224 * unit, 224 * unit}};
        for (const Colormap& map : colormaps()) {
          const cv::Mat colors = colors_of(map.id);
          const ColorTable table = make_color_table(map.id, format, space);
          for (int i = 0; i < 256; ++i) {
            const cv::Vec3d bgr = colors.at<cv::Vec3b>(i);
            const cv::Vec3d yuv =
                yuv_from_rgb(matrix) * cv::Vec3d(bgr[2] / 255, bgr[1] / 255, bgr[0] / 255);
            for (int c = 0; c < 3; ++c) {
              // Full-range chroma reaches half a step beyond the format's values.
              const double exact = std::min(space.offset[c] + space.scale[c] * yuv[c], double(top));
              ASSERT_LE(std::abs(table[c][i] - exact), 0.5 + 1e-9)
                  << matrix.name << (full_range ? " full " : " limited ") << map.name << " " << i
                  << " component " << c;
            }
          }
        }
      }
    }
  }
}

TEST(ColorMap, GrayIsTheLumaOfTheColor) {
  const ColorSpace limited{.offset = {16, 128, 128}, .scale = {219, 224, 224}};
  for (const Colormap& map : colormaps()) {
    const ColorTable table = make_color_table(map.id, kGray8, limited);
    EXPECT_EQ(table[0], make_color_table(map.id, kI420, limited)[0]) << map.name;
  }
}

}  // namespace
}  // namespace motionheat::test
