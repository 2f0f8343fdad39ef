// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model.h"

#include <cmath>

namespace {

int depth(const GstVideoInfo& info) {
  return GST_VIDEO_INFO_COMP_DEPTH(&info, 0);
}

// The highest value of a sample, and how far it is shifted from the lowest bit.
int top(const GstVideoInfo& info) {
  return (1 << depth(info)) - 1;
}
int shift(const GstVideoInfo& info) {
  return GST_VIDEO_FORMAT_INFO_SHIFT(info.finfo, 0);
}

// Where sample (x, y) of a component begins. One of more than 8 bits has two bytes, the lower
// first.
uchar* sample(const Picture& picture, int c, int x, int y) {
  const GstVideoInfo* info = &picture.info;
  int offset = GST_VIDEO_INFO_COMP_POFFSET(info, c);
  // GStreamer 1.22 counts this one in samples.
  if (GST_VIDEO_INFO_FORMAT(info) == GST_VIDEO_FORMAT_P010_10LE && c == 2) offset = 2;
  const cv::Mat& plane = picture.planes[GST_VIDEO_INFO_COMP_PLANE(info, c)];
  return plane.data + plane.step * y + GST_VIDEO_INFO_COMP_PSTRIDE(info, c) * x + offset;
}

// The values of one component: R, G, B or Y, U, V.
cv::Mat component(const Picture& picture, int c) {
  const GstVideoInfo* info = &picture.info;
  const bool wide = depth(*info) > 8;
  cv::Mat values(GST_VIDEO_INFO_COMP_HEIGHT(info, c), GST_VIDEO_INFO_COMP_WIDTH(info, c),
                 wide ? CV_16UC1 : CV_8UC1);
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      const uchar* from = sample(picture, c, x, y);
      if (wide)
        values.at<ushort>(y, x) = ushort((from[0] | from[1] << 8) >> shift(*info)) & top(*info);
      else
        values.at<uchar>(y, x) = *from;
    }
  }
  return values;
}

cv::Mat bgr(const Picture& picture) {
  cv::Mat result;
  cv::merge(std::vector{component(picture, 2), component(picture, 1), component(picture, 0)},
            result);
  return result;
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

// Y, Cb and Cr of one colour in the stream's units, each rounded to nearest.
std::array<int, 3> ycbcr(const GstVideoInfo& info, const cv::Vec3b& bgr) {
  const auto [kr, kb] = luma_weights(info);
  const double b = bgr[0] / 255.0, g = bgr[1] / 255.0, r = bgr[2] / 255.0;
  const double y = kr * r + (1 - kr - kb) * g + kb * b;
  const double cb = (b - y) / (1 - kb) / 2;
  const double cr = (r - y) / (1 - kr) / 2;
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
// smaller.
cv::Mat subsample(const cv::Mat& values, int x_shift, int y_shift) {
  const int block_width = 1 << x_shift, block_height = 1 << y_shift;
  cv::Mat result((values.rows + block_height - 1) / block_height,
                 (values.cols + block_width - 1) / block_width, CV_16UC1);
  for (int y = 0; y < result.rows; ++y) {
    for (int x = 0; x < result.cols; ++x) {
      const cv::Rect block(x * block_width, y * block_height, block_width, block_height);
      const cv::Mat inside = values(block & cv::Rect(cv::Point(), values.size()));
      result.at<ushort>(y, x) = ushort(std::floor(cv::mean(inside)[0] + 0.5));
    }
  }
  return result;
}

}  // namespace

void set_component(Picture& picture, int c, const cv::Mat& values) {
  cv::Mat wide;
  values.convertTo(wide, CV_16U);
  const GstVideoInfo& info = picture.info;
  for (int y = 0; y < wide.rows; ++y) {
    for (int x = 0; x < wide.cols; ++x) {
      uchar* to = sample(picture, c, x, y);
      const int value = wide.at<ushort>(y, x) << shift(info);
      if (depth(info) == 8) {
        *to = uchar(value);
        continue;
      }
      const int bits = top(info) << shift(info);
      to[0] = uchar((to[0] & ~bits) | value);
      to[1] = uchar((to[1] & ~(bits >> 8)) | value >> 8);
    }
  }
}

cv::Mat difference(const Picture& a, const Picture& b) {
  cv::Mat grey;
  if (GST_VIDEO_INFO_IS_RGB(&a.info)) {
    cv::Mat change;
    cv::absdiff(bgr(a), bgr(b), change);
    cv::cvtColor(change, grey, cv::COLOR_BGR2GRAY);
    return grey;
  }
  cv::Mat luma;
  cv::absdiff(component(a, 0), component(b, 0), luma);
  luma.convertTo(luma, CV_64F);
  const double white = is_limited(a.info) ? 219 * (1 << depth(a.info)) / 256.0 : top(a.info);
  grey.create(luma.size(), CV_8UC1);
  std::transform(luma.begin<double>(), luma.end<double>(), grey.begin<uchar>(), [&](double value) {
    return uchar(std::min(255.0, std::floor(value * 255 / white + 0.5)));
  });
  return grey;
}

void Model::add(const Picture& picture) {
  if (previous_) {
    cv::Mat moved;
    cv::threshold(difference(picture, *previous_), moved, threshold, 255, cv::THRESH_BINARY);
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

Picture Model::heatmap(const Picture& picture) const {
  cv::Mat colors;
  cv::applyColorMap(index(cv::Size(picture.info.width, picture.info.height)), colors, colormap);

  Picture result = picture;
  const int n_colors = std::min<int>(3, GST_VIDEO_INFO_N_COMPONENTS(&picture.info));
  for (int c = 0; c < n_colors; ++c) {
    cv::Mat values(colors.size(), CV_16UC1);
    if (GST_VIDEO_INFO_IS_RGB(&picture.info)) {
      cv::extractChannel(colors, values, 2 - c);
      values.convertTo(values, CV_16U);
    } else {
      std::transform(colors.begin<cv::Vec3b>(), colors.end<cv::Vec3b>(), values.begin<ushort>(),
                     [&](const cv::Vec3b& v) { return ushort(ycbcr(picture.info, v)[c]); });
    }
    set_component(result, c,
                  subsample(values, GST_VIDEO_FORMAT_INFO_W_SUB(picture.info.finfo, c),
                            GST_VIDEO_FORMAT_INFO_H_SUB(picture.info.finfo, c)));
  }
  return result;
}

cv::Mat Model::blended(const GstVideoInfo& info, const cv::Mat& picture,
                       const cv::Mat& color) const {
  cv::Mat result;
  cv::addWeighted(picture, 1 - opacity, color, opacity, 0, result);
  if (depth(info) < 16) return result;
  // No bits are left to round with: products with weights of 16 bits lose their fractions, and one
  // is what both lose on average.
  const unsigned weight = unsigned(std::lround(opacity * 65536));
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x)
      result.at<ushort>(y, x) = ushort((picture.at<ushort>(y, x) * (65536 - weight) >> 16) +
                                       (color.at<ushort>(y, x) * weight >> 16) + 1);
  return result;
}

Picture Model::overlay(const Picture& picture) const {
  const Picture colors = heatmap(picture);
  Picture result = picture;
  const int n_colors = std::min<int>(3, GST_VIDEO_INFO_N_COMPONENTS(&picture.info));
  for (int c = 0; c < n_colors; ++c) {
    set_component(result, c, blended(picture.info, component(picture, c), component(colors, c)));
  }
  return result;
}
