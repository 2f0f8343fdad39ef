// SPDX-License-Identifier: LGPL-2.1-or-later
#include "legend.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <opencv2/imgproc.hpp>

namespace motionheat {
namespace {

// Chroma has one sample for so many pixels at most, each way.
constexpr int kGroup = 4;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

int whole_groups(int pixels) {
  return pixels / kGroup * kGroup;
}

// Three digits, so that the text does not change with every event.
std::string text_of(double full) {
  if (full > 0) {
    const double unit = std::pow(10, std::floor(std::log10(full)) - 2);
    full = std::round(full / unit) * unit;
  }
  char text[64];
  std::snprintf(text, sizeof text, full < 100 ? "%.3g events" : "%.0f events", full);
  return text;
}

}  // namespace

void Legend::configure(const PixelFormat& format, Size picture) {
  format_ = format;
  picture_ = picture;
  text_.clear();
}

void Legend::set_colors(const ColorTable& colors, const ColorTable& greys) {
  colors_ = colors;
  greys_ = greys;
}

void Legend::lay_out(const std::string& text) {
  const int height = std::clamp(picture_.height / 30, 9, 64);  // of a digit, and of the bar
  const double scale = height / 21.0;  // a digit of Hershey's font is 21 pixels high
  const int thickness = std::max(1, int(std::lround(scale * 1.3)));
  const auto width_of = [&](const std::string& word) {
    return cv::getTextSize(word, kFont, scale, thickness, nullptr).width;
  };
  const int gap = height / 2;
  const int bar = std::clamp(picture_.width / 4, 64, 640), left = width_of("0");
  const cv::Size size(whole_groups(left + bar + width_of(text) + 4 * gap + kGroup),
                      whole_groups(2 * height + kGroup));
  cv::Mat grey = cv::Mat::zeros(size, CV_8UC1);
  const int baseline = (size.height + height) / 2;
  cv::putText(grey, "0", {gap, baseline}, kFont, scale, 255, thickness, cv::LINE_AA);
  cv::putText(grey, text, {left + bar + 3 * gap, baseline}, kFont, scale, 255, thickness,
              cv::LINE_AA);
  grey.convertTo(entries_, CV_16U, 1, kGreys);
  for (int y = baseline - height; y < baseline; ++y)
    for (int x = 0; x < bar; ++x)
      entries_.at<uint16_t>(y, left + 2 * gap + x) = uint16_t(x * 255 / (bar - 1));
  x_ = whole_groups(std::min(height, std::max(0, picture_.width - size.width)));
  y_ = whole_groups(std::max(0, picture_.height - size.height - height));
  text_ = text;
}

void Legend::draw(const FrameView& out, double full) {
  if (const std::string text = text_of(full); text != text_) lay_out(text);
  const int bottom = std::min(y_ + entries_.rows, out.size.height);
  const int right = std::min(x_ + entries_.cols, out.size.width);
  for (int i = 0; i < format_.n_components; ++i) {
    const Component& c = format_.components[i];
    const unsigned mask = ((1u << c.depth) - 1) << c.lsb;
    for (int y = y_; y < bottom; y += 1 << c.y_shift) {
      const uint16_t* const entries = entries_.ptr<uint16_t>(y - y_);
      uint8_t* const row = out.row(c.plane, y >> c.y_shift) + c.offset;
      for (int x = x_; x < right; x += 1 << c.x_shift) {
        const int entry = entries[x - x_];
        const unsigned value = entry < kGreys ? colors_[i][entry] : greys_[i][entry - kGreys];
        uint8_t* const sample = row + ptrdiff_t{x >> c.x_shift} * c.step;
        if (format_.sample_bytes() == 1) {
          *sample = uint8_t(value);
          continue;
        }
        uint16_t word;
        std::memcpy(&word, sample, sizeof word);
        word = uint16_t((word & ~mask) | value << c.lsb);
        std::memcpy(sample, &word, sizeof word);
      }
    }
  }
}

}  // namespace motionheat
