// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model.h"

#include <cmath>

namespace {

// Bits of the values that are worked with: colours of less than 8 bits become such of 8.
int depth(const GstVideoInfo& info) {
  return std::max<int>(8, GST_VIDEO_INFO_COMP_DEPTH(&info, 0));
}

// The highest value.
int top(const GstVideoInfo& info) {
  return (1 << depth(info)) - 1;
}

cv::Mat& plane_of(const Picture& picture, int c) {
  return const_cast<cv::Mat&>(picture.planes[GST_VIDEO_INFO_COMP_PLANE(&picture.info, c)]);
}

// The bits in which sample x of a row has its value, the lowest of the first byte being bit 0.
struct Bits {
  int first;
  int n;
};

Bits bits_of(const GstVideoInfo& info, int c, int x) {
  const int n = GST_VIDEO_INFO_COMP_DEPTH(&info, c);
  const int shift = GST_VIDEO_FORMAT_INFO_SHIFT(info.finfo, c);
  const auto thirds = [](int sample) { return Bits{sample / 3 * 32 + sample % 3 * 10, 10}; };
  switch (GST_VIDEO_INFO_FORMAT(&info)) {
    case GST_VIDEO_FORMAT_BGR16:  // red is the lowest
    case GST_VIDEO_FORMAT_BGR15:
      return {16 * x + std::array{0, 5, 5 + int(GST_VIDEO_INFO_COMP_DEPTH(&info, 1))}[c], n};
    case GST_VIDEO_FORMAT_RGB10A2_LE:
      return {32 * x + 10 * c, 10};
    case GST_VIDEO_FORMAT_BGR10A2_LE:
      return {32 * x + 10 * (2 - c), 10};
    case GST_VIDEO_FORMAT_VYUY:
      return {8 * (c == 0 ? 2 * x + 1 : 4 * x + (c == 1 ? 2 : 0)), 8};
    case GST_VIDEO_FORMAT_v210:
      return thirds(c == 0 ? 2 * x + 1 : 4 * x + (c == 1 ? 0 : 2));
    case GST_VIDEO_FORMAT_GRAY10_LE32:
      return thirds(x);
    case GST_VIDEO_FORMAT_Y210:  // Y U Y V in words of 16 bits, of which the upper ones count
    case GST_VIDEO_FORMAT_Y212_LE:
      return {16 * (c == 0 ? 2 * x : 4 * x + (c == 1 ? 1 : 3)) + 16 - n, n};
    case GST_VIDEO_FORMAT_P010_10LE:  // GStreamer 1.22 counts the offsets of these in samples
    case GST_VIDEO_FORMAT_P012_LE:
    case GST_VIDEO_FORMAT_P016_LE:
      return {c == 0 ? 16 * x + 16 - n : 16 * (2 * x + c - 1) + 16 - n, n};
    default:
      return {8 * (GST_VIDEO_INFO_COMP_PSTRIDE(&info, c) * x +
                   int(GST_VIDEO_INFO_COMP_POFFSET(&info, c))) +
                  shift,
              n};
  }
}

bool is_big_endian(const GstVideoInfo& info) {
  return GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_GRAY16_BE;
}

// What is stored of a value, and what a stored value stands for.
int stored(int value, int bits) {
  return bits >= 8 ? value : int(std::floor(value * ((1 << bits) - 1) / 255.0 + 0.5));
}
int shown(int value, int bits) {
  return bits >= 8 ? value : value << (8 - bits) | value >> (2 * bits - 8);
}

int sample(const Picture& picture, int c, int x, int y) {
  const Bits bits = bits_of(picture.info, c, x);
  const uchar* row = plane_of(picture, c).ptr(y);
  const int shift = bits.first % 8, bytes = (shift + bits.n + 7) / 8;
  int value = 0;
  for (int i = 0; i < bytes; ++i) value |= row[bits.first / 8 + i] << 8 * i;
  value = value >> shift & ((1 << bits.n) - 1);
  if (is_big_endian(picture.info)) value = (value & 255) << 8 | value >> 8;
  return shown(value, bits.n);
}

void set_sample(Picture& picture, int c, int x, int y, int value) {
  const Bits bits = bits_of(picture.info, c, x);
  uchar* row = plane_of(picture, c).ptr(y);
  if (is_big_endian(picture.info)) value = (value & 255) << 8 | value >> 8;
  value = stored(value, bits.n);
  const int shift = bits.first % 8, bytes = (shift + bits.n + 7) / 8;
  const int mask = ((1 << bits.n) - 1) << shift;
  for (int i = 0; i < bytes; ++i) {
    uchar& byte = row[bits.first / 8 + i];
    byte = uchar((byte & ~(mask >> 8 * i)) | value << shift >> 8 * i);
  }
}

}  // namespace

cv::Mat component(const Picture& picture, int c) {
  const GstVideoInfo* info = &picture.info;
  const bool wide = depth(*info) > 8;
  cv::Mat values(GST_VIDEO_INFO_COMP_HEIGHT(info, c), GST_VIDEO_INFO_COMP_WIDTH(info, c),
                 wide ? CV_16UC1 : CV_8UC1);
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      const int value = sample(picture, c, x, y);
      if (wide)
        values.at<ushort>(y, x) = ushort(value);
      else
        values.at<uchar>(y, x) = uchar(value);
    }
  }
  return values;
}

namespace {

cv::Mat bgr(const Picture& picture) {
  cv::Mat result;
  cv::merge(std::vector{component(picture, 2), component(picture, 1), component(picture, 0)},
            result);
  return result;
}

// Without alpha.
int n_colors(const GstVideoInfo& info) {
  return std::min<int>(3, GST_VIDEO_INFO_N_COMPONENTS(&info));
}

bool is_limited(const GstVideoInfo& info) {
  return info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235;
}

// Weights of red and blue in luma, from the recommendations.
std::pair<double, double> luma_weights(const GstVideoInfo& info) {
  switch (info.colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT601:
      return {0.299, 0.114};
    case GST_VIDEO_COLOR_MATRIX_BT709:
      return {0.2126, 0.0722};
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return {0.2627, 0.0593};
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
      return {0.212, 0.087};
    default:
      ck_abort_msg("no weights for matrix %d", info.colorimetry.matrix);
  }
}

// Y, Cb and Cr of one colour in the stream's units, each rounded to nearest; with levels the grey
// between these.
std::array<int, 3> ycbcr(const GstVideoInfo& info, const cv::Vec3b& bgr,
                         const std::optional<std::pair<int, int>>& levels) {
  const auto [kr, kb] = luma_weights(info);
  const double b = bgr[0] / 255.0, g = bgr[1] / 255.0, r = bgr[2] / 255.0;
  const double y = kr * r + (1 - kr - kb) * g + kb * b;
  const double cb = (b - y) / (1 - kb) / 2;
  const double cr = (r - y) / (1 - kr) / 2;
  if (levels) return {int(std::floor(levels->first + (levels->second - levels->first) * y + 0.5))};
  const bool limited = is_limited(info);
  const double unit = double(1 << depth(info)) / 256;
  const double middle = 128 * unit, chroma = limited ? 224 * unit : top(info);
  const auto round = [&](double v) {
    return int(std::clamp(std::floor(v + 0.5), 0.0, double(top(info))));
  };
  return {round(limited ? (16 + 219 * y) * unit : top(info) * y), round(middle + chroma * cb),
          round(middle + chroma * cr)};
}

// The mean of blocks as large as a chroma sample, rounded to nearest; those at an odd edge are
// smaller. Of fields a block has every other row.
cv::Mat subsample(const cv::Mat& values, int x_shift, int y_shift, bool fields) {
  const int width = 1 << x_shift, height = 1 << y_shift;
  cv::Mat result((values.rows + height - 1) / height, (values.cols + width - 1) / width, CV_16UC1);
  for (int y = 0; y < result.rows; ++y) {
    for (int x = 0; x < result.cols; ++x) {
      int sum = 0, n = 0;
      for (int i = 0; i < height; ++i) {
        const int row = fields ? y / 2 * 4 + y % 2 + 2 * i : y * height + i;
        for (int column = x * width; column < (x + 1) * width; ++column) {
          if (row >= values.rows || column >= values.cols) continue;
          sum += values.at<ushort>(row, column);
          ++n;
        }
      }
      result.at<ushort>(y, x) = ushort(std::floor(double(sum) / n + 0.5));
    }
  }
  return result;
}

}  // namespace

void set_component(Picture& picture, int c, const cv::Mat& values) {
  cv::Mat wide;
  values.convertTo(wide, CV_16U);
  for (int y = 0; y < wide.rows; ++y)
    for (int x = 0; x < wide.cols; ++x) set_sample(picture, c, x, y, wide.at<ushort>(y, x));
}

cv::Mat difference(const Picture& a, const Picture& b, double span) {
  cv::Mat change, grey;
  if (GST_VIDEO_INFO_IS_RGB(&a.info)) {
    cv::absdiff(bgr(a), bgr(b), change);
    cv::cvtColor(change, change, cv::COLOR_BGR2GRAY);
  } else {
    cv::absdiff(component(a, 0), component(b, 0), change);
  }
  change.convertTo(change, CV_64F);
  const bool limited = !GST_VIDEO_INFO_IS_RGB(&a.info) && is_limited(a.info);
  const double white = span > 0 ? span : limited ? 219 * (1 << depth(a.info)) / 256.0 : top(a.info);
  grey.create(change.size(), CV_8UC1);
  std::transform(
      change.begin<double>(), change.end<double>(), grey.begin<uchar>(),
      [&](double value) { return uchar(std::min(255.0, std::floor(value * 255 / white + 0.5))); });
  return grey;
}

void Model::add(const Picture& picture) {
  if (previous_) {
    cv::Mat moved;
    const double span = levels ? levels->second - levels->first : 0;
    cv::threshold(difference(picture, *previous_, span), moved, threshold, 255, cv::THRESH_BINARY);
    motion_ = double(cv::countNonZero(moved)) / double(moved.total());
    if (heat_.empty()) heat_ = cv::Mat::zeros(moved.size(), CV_32F);
    cv::add(heat_, moved, heat_, cv::noArray(), CV_32F);
  } else {
    motion_ = 0;
  }
  previous_ = std::make_unique<Picture>(picture);
}

void Model::enlarge(int factor) {
  cv::resize(heat_, heat_, {}, factor, factor, cv::INTER_NEAREST);
}

double Model::max() const {
  double max = 0;
  if (!heat_.empty()) cv::minMaxLoc(heat_, nullptr, &max);
  return max / 255;
}

double Model::coverage() const {
  return heat_.empty() ? 0 : double(cv::countNonZero(heat_)) / double(heat_.total());
}

cv::Mat Model::index(cv::Size size) const {
  cv::Mat index = cv::Mat::zeros(heat_.empty() ? size : heat_.size(), CV_8UC1);
  if (max() == 0) return index;
  const float hottest = float(max() * 255);
  for (int y = 0; y < heat_.rows; ++y)
    for (int x = 0; x < heat_.cols; ++x)
      index.at<uchar>(y, x) = uchar(heat_.at<float>(y, x) / hottest * 255.0f);
  return index;
}

cv::Mat Model::colors(const GstVideoInfo& info, int c) const {
  cv::Mat colors;
  cv::applyColorMap(index(cv::Size(info.width, info.height)), colors, colormap);
  cv::Mat values(colors.size(), CV_16UC1);
  std::transform(colors.begin<cv::Vec3b>(), colors.end<cv::Vec3b>(), values.begin<ushort>(),
                 [&](const cv::Vec3b& v) {
                   if (!GST_VIDEO_INFO_IS_RGB(&info)) return ushort(ycbcr(info, v, levels)[c]);
                   return ushort(std::floor(v[2 - c] * top(info) / 255.0 + 0.5));
                 });
  const int y_shift = GST_VIDEO_FORMAT_INFO_H_SUB(info.finfo, c);
  return subsample(values, GST_VIDEO_FORMAT_INFO_W_SUB(info.finfo, c), y_shift,
                   interlaced && y_shift == 1);
}

Picture Model::heatmap(const Picture& picture) const {
  Picture result = picture;
  for (int c = 0; c < n_colors(picture.info); ++c)
    set_component(result, c, colors(picture.info, c));
  return result;
}

cv::Mat Model::blended(const GstVideoInfo& info, const cv::Mat& picture,
                       const cv::Mat& color) const {
  cv::Mat result;
  cv::addWeighted(picture, 1 - opacity, color, opacity, 0, result);
  const unsigned weight = unsigned(std::lround(opacity * 65536));
  // In fixed point, both products cut off to 1/256.
  if (depth(info) == 8 && !GST_VIDEO_INFO_IS_RGB(&info)) {
    for (int y = 0; y < result.rows; ++y)
      for (int x = 0; x < result.cols; ++x)
        result.at<uchar>(y, x) = uchar((picture.at<uchar>(y, x) * (65536 - weight) / 256 +
                                        color.at<uchar>(y, x) * weight / 256 + 129) /
                                       256);
  }
  if (depth(info) < 16) return result;
  // In integers, rounded once.
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x)
      result.at<ushort>(y, x) = ushort((picture.at<ushort>(y, x) * (65536 - weight) +
                                        color.at<ushort>(y, x) * weight + (1u << 15)) >>
                                       16);
  return result;
}

Picture Model::overlay(const Picture& picture) const {
  Picture result = picture;
  for (int c = 0; c < n_colors(picture.info); ++c) {
    const cv::Mat values = component(picture, c);
    cv::Mat color;
    colors(picture.info, c).convertTo(color, values.type());
    set_component(result, c, blended(picture.info, values, color));
  }
  return result;
}
