// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <opencv2/core.hpp>
#include <random>
#include <string>
#include <vector>

#include "frame_view.h"
#include "kernels/kernels.h"

/// The formats and pictures that the tests of every step share.
namespace motionheat::test {

struct Format {
  const char* name;
  PixelFormat layout;

  friend void PrintTo(const Format& format, std::ostream* os) { *os << format.name; }
};

inline PixelFormat packed_rgb(int step, int r, int g, int b) {
  return {ColorModel::kRgb,
          1,
          3,
          {Component{.offset = r, .step = step}, Component{.offset = g, .step = step},
           Component{.offset = b, .step = step}}};
}

inline const std::vector<Format>& rgb_formats() {
  static const std::vector<Format> formats = {
      {"RGB", packed_rgb(3, 0, 1, 2)},  {"BGR", packed_rgb(3, 2, 1, 0)},
      {"RGBx", packed_rgb(4, 0, 1, 2)}, {"BGRx", packed_rgb(4, 2, 1, 0)},
      {"xRGB", packed_rgb(4, 1, 2, 3)}, {"xBGR", packed_rgb(4, 3, 2, 1)},
      {"RGBA", packed_rgb(4, 0, 1, 2)}, {"BGRA", packed_rgb(4, 2, 1, 0)},
      {"ARGB", packed_rgb(4, 1, 2, 3)}, {"ABGR", packed_rgb(4, 3, 2, 1)},
  };
  return formats;
}

inline const PixelFormat kBgr = packed_rgb(3, 2, 1, 0);

inline const PixelFormat kGray8{ColorModel::kGray, 1, 1, {}};

inline const PixelFormat kI420{ColorModel::kYuv,
                               3,
                               3,
                               {Component{}, Component{.plane = 1, .x_shift = 1, .y_shift = 1},
                                Component{.plane = 2, .x_shift = 1, .y_shift = 1}}};

inline const PixelFormat kNv12{
    ColorModel::kYuv,
    2,
    3,
    {Component{}, Component{.plane = 1, .step = 2, .x_shift = 1, .y_shift = 1},
     Component{.plane = 1, .offset = 1, .step = 2, .x_shift = 1, .y_shift = 1}}};

/// Packed 4:2:2, Y U Y V.
inline const PixelFormat kYuy2{
    ColorModel::kYuv,
    1,
    3,
    {Component{.step = 2}, Component{.offset = 1, .step = 4, .x_shift = 1},
     Component{.offset = 3, .step = 4, .x_shift = 1}}};

/// The same as U Y V Y.
inline const PixelFormat kUyvy{
    ColorModel::kYuv,
    1,
    3,
    {Component{.offset = 1, .step = 2}, Component{.step = 4, .x_shift = 1},
     Component{.offset = 2, .step = 4, .x_shift = 1}}};

/// Packed 4:4:4 with alpha, A Y U V.
inline const PixelFormat kAyuv{
    ColorModel::kYuv,
    1,
    3,
    {Component{.offset = 1, .step = 4}, Component{.offset = 2, .step = 4},
     Component{.offset = 3, .step = 4}}};

/// Luma of 10 bits in 16, at the low end as in I420_10LE or at the high end as in P010_10LE.
inline PixelFormat gray10(int lsb) {
  return {ColorModel::kGray, 1, 1, {Component{.step = 2, .depth = 10, .lsb = lsb}}};
}

/// Bytes between two pages that no one may touch: reading or writing past either end ends the test.
/// They end at the second page, so that they begin unaligned. What is given back is used again:
/// mapping pages takes longer than most tests do with them.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t size) : pages_((size + page() - 1) / page()) {
    std::vector<uint8_t*>& free = unused()[pages_];
    if (free.empty()) free.push_back(map(pages_ * page()));
    inner_ = free.back();
    free.pop_back();
    data_ = inner_ + pages_ * page() - size;
    std::fill_n(data_, size, 0);
  }
  ~GuardedBytes() { unused()[pages_].push_back(inner_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  uint8_t* data() const { return data_; }

 private:
  static size_t page() { return size_t(sysconf(_SC_PAGESIZE)); }

  // By their number of pages.
  static std::map<size_t, std::vector<uint8_t*>>& unused() {
    static std::map<size_t, std::vector<uint8_t*>> mappings;
    return mappings;
  }

  static uint8_t* map(size_t inner) {
    void* all = mmap(nullptr, inner + 2 * page(), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw std::bad_alloc();
    uint8_t* const begin = static_cast<uint8_t*>(all);
    mprotect(begin, page(), PROT_NONE);
    mprotect(begin + page() + inner, page(), PROT_NONE);
    return begin + page();
  }

  size_t pages_;
  uint8_t* inner_;
  uint8_t* data_;
};

/// How the rows of a frame lie in memory.
struct Rows {
  int padding = 0;  // bytes between two rows
  bool bottom_up = false;
};

/// A picture between guards. All bytes begin as `kFill`.
class Frame {
 public:
  static constexpr uint8_t kFill = 0xc5;

  Frame(const PixelFormat& format, Size size, Rows rows = {}) : format_(format), view_(size) {
    for (int i = 0; i < format.n_components; ++i) {
      const Component& c = format.components[i];
      Plane& plane = planes_[c.plane];
      const int samples = (size.width + (1 << c.x_shift) - 1) >> c.x_shift;
      plane.row_bytes = std::max(plane.row_bytes, size_t(samples) * c.step);
      plane.rows = (size.height + (1 << c.y_shift) - 1) >> c.y_shift;
    }
    for (int p = 0; p < format.n_planes; ++p) {
      Plane& plane = planes_[p];
      const size_t stride = plane.row_bytes + rows.padding;
      plane.total = stride * plane.rows - rows.padding;
      plane.bytes = std::make_unique<GuardedBytes>(plane.total);
      std::memset(plane.bytes->data(), kFill, plane.total);
      view_.data[p] = plane.bytes->data() + (rows.bottom_up ? stride * (plane.rows - 1) : 0);
      view_.stride[p] = rows.bottom_up ? -ptrdiff_t(stride) : ptrdiff_t(stride);
    }
  }

  const PixelFormat& format() const { return format_; }
  const FrameView& view() const { return view_; }
  Size size() const { return view_.size; }

  /// The first byte of the sample that pixel (x, y) has of component `i`.
  uint8_t& at(int i, int x, int y) const {
    const Component& c = format_.components[i];
    return view_.row(c.plane, y >> c.y_shift)[(x >> c.x_shift) * c.step + c.offset];
  }

  /// Every byte of every row becomes random, alpha and padding within the pixels too.
  void randomize(std::mt19937& random) {
    for_each_row([&](uint8_t* row, size_t n) { std::generate_n(row, n, std::ref(random)); });
  }

  /// The colours of a packed RGB frame become those of `bgr`; alpha stays.
  void set_bgr(const cv::Mat& bgr) {
    for (int y = 0; y < size().height; ++y)
      for (int x = 0; x < size().width; ++x)
        for (int i = 0; i < 3; ++i) at(i, x, y) = bgr.at<cv::Vec3b>(y, x)[2 - i];
  }

  cv::Mat bgr() const {
    cv::Mat bgr(size().height, size().width, CV_8UC3);
    for (int y = 0; y < size().height; ++y)
      for (int x = 0; x < size().width; ++x)
        for (int i = 0; i < 3; ++i) bgr.at<cv::Vec3b>(y, x)[2 - i] = at(i, x, y);
    return bgr;
  }

  /// The samples of one component, CV_8UC1, in the size of its plane.
  cv::Mat plane(int i) const {
    const Component& c = format_.components[i];
    cv::Mat plane((size().height + (1 << c.y_shift) - 1) >> c.y_shift,
                  (size().width + (1 << c.x_shift) - 1) >> c.x_shift, CV_8UC1);
    for (int y = 0; y < plane.rows; ++y)
      for (int x = 0; x < plane.cols; ++x)
        plane.at<uint8_t>(y, x) = at(i, x << c.x_shift, y << c.y_shift);
    return plane;
  }

  /// The bytes of all rows, without what lies between them.
  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> bytes;
    for_each_row([&](uint8_t* row, size_t n) { bytes.insert(bytes.end(), row, row + n); });
    return bytes;
  }

  void set_bytes(const std::vector<uint8_t>& bytes) {
    const uint8_t* src = bytes.data();
    for_each_row([&](uint8_t* row, size_t n) {
      std::copy_n(src, n, row);
      src += n;
    });
  }

  /// Each byte that is part of a pixel but of no component, such as alpha.
  std::vector<uint8_t> alpha() const {
    std::vector<uint8_t> alpha;
    const Component* c = format_.components.data();
    for (int y = 0; y < size().height; ++y)
      for (int byte = 0; byte < size().width * c[0].step; ++byte)
        if (const int b = byte % c[0].step;
            b != c[0].offset && b != c[1].offset && b != c[2].offset)
          alpha.push_back(view_.row(0, y)[byte]);
    return alpha;
  }

  /// No byte between the rows was written to.
  bool padding_is_intact() const {
    for (int p = 0; p < format_.n_planes; ++p) {
      const Plane& plane = planes_[p];
      const size_t stride = size_t(std::abs(view_.stride[p]));
      for (size_t i = 0; i < plane.total; ++i)
        if (i % stride >= plane.row_bytes && plane.bytes->data()[i] != kFill) return false;
    }
    return true;
  }

 private:
  struct Plane {
    size_t row_bytes = 0;
    int rows = 0;
    size_t total = 0;
    std::unique_ptr<GuardedBytes> bytes;
  };

  template <typename Visit>
  void for_each_row(Visit visit) const {
    for (int p = 0; p < format_.n_planes; ++p)
      for (int y = 0; y < planes_[p].rows; ++y) visit(view_.row(p, y), planes_[p].row_bytes);
  }

  PixelFormat format_;
  FrameView view_;
  std::array<Plane, kMaxPlanes> planes_;
};

/// A mask of 0 and 255, CV_8UC1, of rows of bits, eight pixels a byte and the first one lowest.
inline cv::Mat unpacked(const uint8_t* bits, ptrdiff_t stride, Size size) {
  cv::Mat mask(size.height, size.width, CV_8UC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      mask.at<uint8_t>(y, x) = bits[stride * y + x / 8] >> x % 8 & 1 ? 255 : 0;
  return mask;
}

/// Rows of `bytes` bytes, `color` blended onto `picture` everywhere.
inline kernels::BlendJob blend_job(kernels::Rows<const uint8_t> picture,
                                   kernels::Rows<const uint8_t> color, kernels::Rows<uint8_t> out,
                                   int bytes, int rows, const kernels::BlendParams& params) {
  return {.picture = picture,
          .out = out,
          .color = color,
          .one_color = false,
          .bytes = {bytes, rows},
          .mask = {0xff, 0xff, 0xff, 0xff},
          .bits = {8, 0},
          .params = params};
}

/// The mean of each `scale` by `scale` pixels, or of those that the edges leave of them, halves
/// rounded up.
inline cv::Mat block_means(const cv::Mat& picture, int scale) {
  cv::Mat sums((picture.rows + scale - 1) / scale, (picture.cols + scale - 1) / scale,
               CV_64FC(picture.channels()));
  cv::Mat values, means;
  picture.convertTo(values, CV_64F);
  for (int y = 0; y < sums.rows; ++y) {
    for (int x = 0; x < sums.cols; ++x) {
      const cv::Rect block(x * scale, y * scale, std::min(scale, picture.cols - x * scale),
                           std::min(scale, picture.rows - y * scale));
      const cv::Scalar mean = cv::mean(values(block));
      for (int i = 0; i < picture.channels(); ++i)
        sums.ptr<double>(y, x)[i] = std::floor(mean[i] + 0.5 + 1e-9);
    }
  }
  sums.convertTo(means, picture.depth());
  return means;
}

/// The samples of component `i` with the coloured `index` (CV_8UC1, in pixels) blended onto them:
/// a subsampled component has the mean of the colours it covers, halves rounded up.
inline cv::Mat blended_plane(const Frame& picture, int i, const cv::Mat& index,
                             const std::array<uint16_t, 256>& colors, double opacity) {
  const Component& c = picture.format().components[i];
  cv::Mat plane = picture.plane(i);
  cv::Mat color(plane.size(), CV_8UC1);
  for (int y = 0; y < plane.rows; ++y) {
    for (int x = 0; x < plane.cols; ++x) {
      int sum = 0, n = 0;
      for (int v = y << c.y_shift; v < std::min((y + 1) << c.y_shift, index.rows); ++v)
        for (int u = x << c.x_shift; u < std::min((x + 1) << c.x_shift, index.cols); ++u, ++n)
          sum += colors[index.at<uint8_t>(v, u)];
      color.at<uint8_t>(y, x) = uint8_t(std::floor(double(sum) / n + 0.5));
    }
  }
  cv::addWeighted(plane, 1 - opacity, color, opacity, 0, plane);
  return plane;
}

inline cv::Mat random_bgr(Size size, int seed) {
  cv::Mat bgr(size.height, size.width, CV_8UC3);
  cv::RNG(seed).fill(bgr, cv::RNG::UNIFORM, 0, 256);
  return bgr;
}

/// A view of a CV_8UC3 picture in BGR.
inline FrameView view_of(cv::Mat& bgr) {
  FrameView view(Size{bgr.cols, bgr.rows});
  view.data[0] = bgr.data;
  view.stride[0] = ptrdiff_t(bgr.step);
  return view;
}

/// Nothing if the pictures are the same, else the first place where they differ.
inline ::testing::AssertionResult same_picture(const cv::Mat& actual, const cv::Mat& expected) {
  if (actual.size() != expected.size() || actual.type() != expected.type())
    return ::testing::AssertionFailure() << "sizes or types differ";
  const int n = actual.cols * int(actual.elemSize());
  for (int y = 0; y < actual.rows; ++y) {
    const int i =
        int(std::mismatch(actual.ptr(y), actual.ptr(y) + n, expected.ptr(y)).first - actual.ptr(y));
    if (i < n) {
      return ::testing::AssertionFailure()
             << "byte " << i << " of row " << y << " is " << int(actual.ptr(y)[i]) << ", not "
             << int(expected.ptr(y)[i]);
    }
  }
  return ::testing::AssertionSuccess();
}

/// Names a test's parameter.
inline constexpr auto name_of = [](const auto& info) { return std::string(info.param.name); };

}  // namespace motionheat::test
