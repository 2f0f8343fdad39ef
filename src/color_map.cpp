// SPDX-License-Identifier: LGPL-2.1-or-later
#include "color_map.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace motionheat {
namespace {

constexpr Colormap kColormaps[] = {
    {cv::COLORMAP_AUTUMN, "autumn"},     {cv::COLORMAP_BONE, "bone"},
    {cv::COLORMAP_JET, "jet"},           {cv::COLORMAP_WINTER, "winter"},
    {cv::COLORMAP_RAINBOW, "rainbow"},   {cv::COLORMAP_OCEAN, "ocean"},
    {cv::COLORMAP_SUMMER, "summer"},     {cv::COLORMAP_SPRING, "spring"},
    {cv::COLORMAP_COOL, "cool"},         {cv::COLORMAP_HSV, "hsv"},
    {cv::COLORMAP_PINK, "pink"},         {cv::COLORMAP_HOT, "hot"},
    {cv::COLORMAP_PARULA, "parula"},     {cv::COLORMAP_MAGMA, "magma"},
    {cv::COLORMAP_INFERNO, "inferno"},   {cv::COLORMAP_PLASMA, "plasma"},
    {cv::COLORMAP_VIRIDIS, "viridis"},   {cv::COLORMAP_CIVIDIS, "cividis"},
    {cv::COLORMAP_TWILIGHT, "twilight"}, {cv::COLORMAP_TWILIGHT_SHIFTED, "twilight_shifted"},
    {cv::COLORMAP_TURBO, "turbo"},       {cv::COLORMAP_DEEPGREEN, "deepgreen"},
};

cv::Mat all_indices() {
  cv::Mat indices(1, 256, CV_8UC1);
  for (int i = 0; i < 256; ++i) indices.at<uint8_t>(i) = uint8_t(i);
  return indices;
}

uint16_t quantize(double value, int offset, int scale, int depth) {
  const long v = std::lround(offset + scale * value);
  return uint16_t(std::clamp(v, 0L, (1L << depth) - 1));
}

// In a format's components, of colours in BGR.
ColorTable table_of(const cv::Mat& colors, const PixelFormat& format, const ColorSpace& space) {
  const int depth = format.components[0].depth, top = (1 << depth) - 1;
  ColorTable table{};
  for (int i = 0; i < 256; ++i) {
    const cv::Vec3b bgr = colors.at<cv::Vec3b>(i);
    if (format.model == ColorModel::kRgb) {
      for (int c = 0; c < 3; ++c) table[c][i] = quantize(bgr[2 - c] / 255.0, 0, top, depth);
      continue;
    }
    const double r = bgr[2] / 255.0, g = bgr[1] / 255.0, b = bgr[0] / 255.0;
    const double y = space.kr * r + (1 - space.kr - space.kb) * g + space.kb * b;
    const double value[3] = {y, (b - y) / (2 * (1 - space.kb)), (r - y) / (2 * (1 - space.kr))};
    for (int c = 0; c < format.n_components; ++c)
      table[c][i] = quantize(value[c], space.offset[c], space.scale[c], depth);
  }
  return table;
}

}  // namespace

std::span<const Colormap> colormaps() {
  return kColormaps;
}

ColorTable make_color_table(int id, const PixelFormat& format, const ColorSpace& space) {
  cv::Mat colors;
  cv::applyColorMap(all_indices(), colors, id);
  return table_of(colors, format, space);
}

ColorTable make_grey_table(const PixelFormat& format, const ColorSpace& space) {
  cv::Mat greys;
  cv::cvtColor(all_indices(), greys, cv::COLOR_GRAY2BGR);
  return table_of(greys, format, space);
}

}  // namespace motionheat
