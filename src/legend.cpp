// SPDX-License-Identifier: LGPL-2.1-or-later
#include "legend.h"

#include <cmath>
#include <cstdio>
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
  written_ = -1;
}

void Legend::set_colors(const ColorTable& colors, const ColorTable& greys) {
  colors_ = colors;
  greys_ = greys;
  written_ = -1;
}

void Legend::lay_out(const std::string& text) {
  // Of a digit, and of the bar.
  const int height = std::clamp(std::min(picture_.width, picture_.height) / 30, 9, 64);
  const double scale = height / 21.0;  // a digit of Hershey's font is 21 pixels high
  const int thickness = std::max(1, int(std::lround(scale * 1.3)));
  const auto width_of = [&](const std::string& word) {
    return cv::getTextSize(word, kFont, scale, thickness, nullptr).width;
  };
  const int gap = height / 2;
  const int bar = std::clamp(picture_.width / 4, 64, 640), left = width_of("0");
  // Room for three digits and a point, so that the legend keeps its size while they change.
  const int right = std::max(width_of(text), width_of("0.000 events"));
  const cv::Size size(whole_groups(left + bar + right + 4 * gap + kGroup),
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
}

// Makes the bytes of each plane; those of alpha or padding are of no meaning.
void Legend::render() {
  const Size size{entries_.cols, entries_.rows};
  for (int p = 0; p < format_.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format_, p);
    bytes_[p] =
        cv::Mat::zeros(layout.row_end(size.height), int(layout.byte_end(size.width)), CV_8UC1);
  }
  for (int i = 0; i < format_.n_components; ++i) {
    const Component& c = format_.components[i];
    for (int y = 0; y < size.height; y += 1 << c.y_shift) {
      const uint16_t* const entries = entries_.ptr<uint16_t>(y);
      uint8_t* const row = bytes_[c.plane].ptr(y >> c.y_shift) + c.offset;
      for (int x = 0; x < size.width; x += 1 << c.x_shift) {
        const int entry = entries[x];
        const unsigned value =
            unsigned{entry < kGreys ? colors_[i][entry] : greys_[i][entry - kGreys]} << c.lsb;
        uint8_t* const sample = row + ptrdiff_t{x >> c.x_shift} * c.step;
        sample[0] = uint8_t(value);
        if (format_.sample_bytes() == 2) sample[1] = uint8_t(value >> 8);
      }
    }
  }
}

void Legend::draw(const FrameView& out, double full, bool growing) {
  constexpr int kReadable = 25;                // frames
  frames_ = std::min(frames_ + 1, kReadable);  // counts no further
  const double tolerance = growing && frames_ < kReadable ? 0.1 : 0.01;
  if (!(std::abs(full - written_) <= tolerance * written_)) {
    lay_out(text_of(full));
    render();
    written_ = full;
    frames_ = 0;
  }
  const int bottom = std::min(y_ + entries_.rows, out.size.height);
  const int right = std::min(x_ + entries_.cols, out.size.width);
  if (bottom <= y_ || right <= x_) return;
  std::array<bool, kMaxPlanes> has_color{};
  for (int i = 0; i < format_.n_components; ++i) has_color[format_.components[i].plane] = true;
  for (int p = 0; p < format_.n_planes; ++p) {
    if (!has_color[p]) continue;  // alpha
    const PlaneLayout layout = plane_layout(format_, p);
    const ptrdiff_t first = layout.byte(x_), n = layout.byte_end(right) - first;
    const bool is_whole = layout.mask == std::array<uint8_t, 4>{0xff, 0xff, 0xff, 0xff} &&
                          layout.cut_mask == layout.mask;
    for (int y = layout.row(y_); y < layout.row_end(bottom); ++y) {
      const uint8_t* const from = bytes_[p].ptr(y - layout.row(y_));
      uint8_t* const to = out.row(p, y) + first;
      if (is_whole) {
        std::copy_n(from, n, to);
        continue;
      }
      // In the last group of a row that ends within it there is padding, too.
      const ptrdiff_t whole = right % layout.width == 0 ? n : n - layout.step;
      for (ptrdiff_t i = 0; i < n; ++i)
        if ((i < whole ? layout.mask : layout.cut_mask)[size_t(i) % 4]) to[i] = from[i];
    }
  }
}

}  // namespace motionheat
