// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/background_segm.hpp>
#include <vector>

#include "engine.h"
#include "frames.h"
#include "gray_levels.h"

namespace motionheat::test {

/// A picture in memory of its own: a CV_8UC1 of bytes for each plane that has colours.
struct Picture {
  PixelFormat format;
  Size size;
  std::array<cv::Mat, kMaxPlanes> planes;

  Picture() = default;
  Picture(const PixelFormat& f, const ConstFrameView& view) : format(f), size(view.size) {
    for (int p = 0; p < format.n_planes; ++p) {
      const PlaneLayout layout = plane_layout(format, p);
      planes[p].create(layout.row_end(size.height), int(layout.byte_end(size.width)), CV_8UC1);
      for (int y = 0; y < planes[p].rows; ++y)
        std::copy_n(view.row(p, y), planes[p].cols, planes[p].ptr(y));
    }
  }

  ConstFrameView view() const {
    ConstFrameView view(size);
    for (int p = 0; p < format.n_planes; ++p) {
      view.data[p] = planes[p].data;
      view.stride[p] = ptrdiff_t(planes[p].step);
    }
    return view;
  }

  /// All bits of a sample.
  unsigned word(int i, int x, int y) const {
    const Component& c = format.components[i];
    const uint8_t* byte =
        planes[c.plane].ptr(y >> c.y_shift) + (x >> c.x_shift) * c.step + c.offset;
    return format.sample_bytes() == 1 ? *byte : byte[0] | unsigned{byte[1]} << 8;
  }
  unsigned value(int i, int x, int y) const { return (word(i, x, y) & bits()) >> lsb(); }
  void set_value(int i, int x, int y, unsigned value) {
    const Component& c = format.components[i];
    uint8_t* byte = planes[c.plane].ptr(y >> c.y_shift) + (x >> c.x_shift) * c.step + c.offset;
    const unsigned all = (word(i, x, y) & ~bits()) | value << lsb();
    for (int b = 0; b < format.sample_bytes(); ++b) byte[b] = uint8_t(all >> 8 * b);
  }
  unsigned bits() const { return ((1u << format.components[0].depth) - 1) << lsb(); }
  int lsb() const { return format.components[0].lsb; }
};

/// What an engine does, in the plainest words: nothing is kept but counts, the previous frame and a
/// few figures, and every pixel is made anew for every picture. It shares no code with the engine
/// but the colour tables, descriptions of formats and the measurement of grey levels, and has its
/// names.
class EngineModel {
 public:
  void configure(const StreamFormat& stream) {
    if (!(stream.format == stream_.format && stream.size == stream_.size)) forget_background();
    stream_ = stream;
    prepare();
    auto_levels_.restart();
  }

  void set(const Settings& settings) {
    if (settings == settings_) return;
    const Settings old = std::exchange(settings_, settings);
    if (stream_.size.area() == 0) return;
    if (settings.normalization != old.normalization || settings.percentile != old.percentile ||
        settings.full_scale != old.full_scale || settings.curve != old.curve ||
        (settings.half_life > 0) != (old.half_life > 0))
      percentile_due_ = 0;
    if (settings.auto_gray_levels != old.auto_gray_levels) auto_levels_.restart();
    if (settings.background != old.background) forget_background();
    if (settings.analysis_scale != old.analysis_scale) {
      prepare();
      return;
    }
    if (settings.detector != old.detector) make_subtractor();
  }

  void advance(double seconds) {
    passed_ += seconds;
    if (settings_.half_life <= 0) return;
    age(seconds / settings_.half_life);
    update_scale();
  }

  /// The picture that `out` becomes.
  void process(const Picture& frame, Picture* out) {
    const Picture in = cut(frame);
    if (in.size.area() == 0) return;
    if (settings_.auto_gray_levels && has_gray_levels())
      auto_levels_.add(in.view(), stream_.format.components[0]);
    ++frames_;
    int64_t moved = 0;
    const cv::Mat mask = compare(analysed(in));
    for (int y = 0; y < mask.rows; ++y) {
      for (int x = 0; x < mask.cols; ++x) {
        if (!mask.at<uint8_t>(y, x)) continue;
        uint64_t& count = counts_[size_t(y) * size_.width + x];
        count = std::min(count + increment(), kHighest);
        ++moved;
      }
    }
    update_scale();
    add_to_background(in);
    if (out) draw_on(background_.planes[0].empty() ? in : background_, *out);
    shares_.push_back(double(moved) / double(size_.area()));
  }

  void draw(const Picture& in, Picture& out) {
    update_scale();
    draw_on(background_.planes[0].empty() ? in : background_, out);
  }

  void skip() { ++skipped_; }
  void repeat() { ++repeated_; }
  void begin_period() { shares_.clear(); }
  void forget_previous() {
    previous_.release();
    auto_levels_.restart();
  }

  void reset() {
    std::fill(counts_.begin(), counts_.end(), 0);
    log_unit_ = 0;
    frames_ = skipped_ = repeated_ = 0;
    shares_.clear();
    percentile_due_ = 0;
    update_scale();
  }

  void restore(Size size, const std::vector<uint64_t>& counts, double unit, uint64_t frames,
               uint64_t skipped) {
    counts_ = counts;
    for (uint64_t& count : counts_) count = std::min(count, kHighest);
    resample(size);
    log_unit_ = std::log2(unit);
    frames_ = frames;
    skipped_ = skipped;
    repeated_ = 0;
    percentile_due_ = 0;
    update_scale();
  }

  void clear() {
    const Settings settings = settings_;
    *this = EngineModel();
    settings_ = settings;
  }

  Report report() const {
    Report report{.frames = frames_, .skipped = skipped_, .repeated = repeated_, .size = size_};
    for (const double share : shares_) {
      report.motion += share;
      report.motion_peak = std::max(report.motion_peak, share);
    }
    if (!shares_.empty()) report.motion /= double(shares_.size());
    const uint64_t hottest = highest();
    report.max = double(hottest) / unit();
    if (hottest > 0 || settings_.normalization != Normalization::kMax)
      report.full_scale = full_ / unit();
    if (hottest == 0) return report;
    const auto n = std::count_if(counts_.begin(), counts_.end(), [](uint64_t c) { return c > 0; });
    report.coverage = double(n) / double(size_.area());
    const auto place = std::find(counts_.begin(), counts_.end(), hottest) - counts_.begin();
    report.hot_x = (double(place % size_.width) + 0.5) / size_.width;
    report.hot_y = (double(place / size_.width) + 0.5) / size_.height;
    return report;
  }

  /// CV_8UC1: the highest index of the pixels of each of so many cells.
  cv::Mat map(Size cells) const {
    cv::Mat map = cv::Mat::zeros(cells.height, cells.width, CV_8UC1);
    for (int y = 0; y < size_.height; ++y) {
      for (int x = 0; x < size_.width; ++x) {
        uint8_t& cell = map.at<uint8_t>(int(int64_t{y} * cells.height / size_.height),
                                        int(int64_t{x} * cells.width / size_.width));
        cell = std::max(cell, index(x, y));
      }
    }
    return map;
  }

  const std::vector<uint64_t>& counts() const { return counts_; }
  double unit() const { return std::exp2(log_unit_); }

 private:
  static constexpr uint64_t kHighest = (uint64_t{1} << 47) - 1;

  uint64_t increment() const { return uint64_t(std::min(unit() + 0.5, 65535.0)); }
  uint64_t highest() const {
    return counts_.empty() ? 0 : *std::max_element(counts_.begin(), counts_.end());
  }

  // For another stream, or another analysis of it.
  void prepare() {
    const Size from = std::exchange(size_, analysis_size(stream_.size));
    resample(from);
    percentile_due_ = 0;
    make_subtractor();
    update_scale();
  }

  bool has_gray_levels() const {
    return stream_.format.model == ColorModel::kGray && stream_.format.sample_bytes() == 2;
  }

  // The levels that 0 and 255 of grey stand for, if they are not those of the colorimetry.
  std::optional<GrayLevels> gray_levels() const {
    if (!has_gray_levels()) return {};
    return settings_.auto_gray_levels ? auto_levels_.levels() : settings_.gray_levels;
  }

  ColorSpace color() const {
    ColorSpace color = stream_.color;
    if (const auto levels = gray_levels()) {
      color.offset[0] = levels->low;
      color.scale[0] = levels->span();
    }
    return color;
  }

  Size analysis_size(Size size) const {
    const int n = settings_.analysis_scale;
    return {(size.width + n - 1) / n, (size.height + n - 1) / n};
  }

  void make_subtractor() {
    previous_.release();
    subtracted_ = 0;
    subtractor_ = settings_.detector == Detector::kMog2
                      ? cv::Ptr<cv::BackgroundSubtractor>(cv::createBackgroundSubtractorMOG2())
                      : nullptr;
  }

  // Where along `to` pixels those that are of position `i` of `from` lie nearest.
  static int nearest(int i, int from, int to) {
    return int((int64_t{2} * i + 1) * to / (int64_t{2} * from));
  }

  // The counts, which are those of a map of size `from`, in the size of the analysis: repeated
  // along an axis that is longer, and the mean of those that fall together along a shorter one.
  void resample(Size from) {
    if (from == size_) return;
    const std::vector<uint64_t> old = std::exchange(counts_, std::vector<uint64_t>(size_.area()));
    if (from.area() == 0) return;
    const Size both{std::min(from.width, size_.width), std::min(from.height, size_.height)};
    std::vector<uint64_t> sums(both.area()), ns(both.area());
    for (int y = 0; y < from.height; ++y) {
      for (int x = 0; x < from.width; ++x) {
        const size_t i = size_t(nearest(y, from.height, both.height)) * both.width +
                         nearest(x, from.width, both.width);
        sums[i] += old[size_t(y) * from.width + x];
        ++ns[i];
      }
    }
    for (int y = 0; y < size_.height; ++y) {
      for (int x = 0; x < size_.width; ++x) {
        const size_t i = size_t(nearest(y, size_.height, both.height)) * both.width +
                         nearest(x, size_.width, both.width);
        counts_[size_t(y) * size_.width + x] = (sums[i] + ns[i] / 2) / ns[i];
      }
    }
  }

  // An event is worth 2^log_unit, from 2^11 to below 2^16 once heat has aged: what is outside is
  // brought back into the lowest doubling, and the counts with it.
  void age(double half_lives) {
    if (half_lives <= 0) return;
    log_unit_ += half_lives;
    if (log_unit_ >= 11 && log_unit_ < 16) return;
    const double bits = 11 - std::floor(log_unit_);
    log_unit_ += bits;
    for (uint64_t& count : counts_) {
      if (bits < -47)
        count = 0;
      else if (bits < 0)
        count = (count >> int(-bits - 1)) / 2 + (count >> int(-bits - 1)) % 2;
      else
        count = std::min(count, kHighest >> int(bits)) << int(bits);
    }
  }

  Picture cut(const Picture& frame) const {
    Picture part = frame;
    part.size = {std::min(frame.size.width, stream_.size.width),
                 std::min(frame.size.height, stream_.size.height)};
    return part;
  }

  // What is compared of a frame: its pixels in RGB, otherwise luma of 8 or 16 bits.
  cv::Mat analysed(const Picture& in) const {
    const Component& luma = in.format.components[0];
    cv::Mat picture;
    if (in.format.is_planar_rgb()) {
      std::vector<cv::Mat> planes;
      for (int i = 0; i < 3; ++i)
        planes.push_back(in.planes[in.format.components[i].plane](
            cv::Rect(0, 0, in.size.width, in.size.height)));
      cv::merge(planes, picture);
    } else if (in.format.model == ColorModel::kRgb) {
      picture = in.planes[0]
                    .colRange(0, in.size.width * luma.step)
                    .rowRange(0, in.size.height)
                    .clone()
                    .reshape(luma.step);
    } else {
      picture.create(in.size.height, in.size.width,
                     in.format.sample_bytes() == 2 ? CV_16UC1 : CV_8UC1);
      for (int y = 0; y < in.size.height; ++y) {
        for (int x = 0; x < in.size.width; ++x) {
          if (in.format.sample_bytes() == 2)
            picture.at<uint16_t>(y, x) = uint16_t(in.word(0, x, y));
          else
            picture.at<uint8_t>(y, x) = uint8_t(in.word(0, x, y));
        }
      }
    }
    if (settings_.analysis_scale == 1) return picture;
    return block_means(picture, settings_.analysis_scale);
  }

  // A mask of what moved, as large as `now`; empty if there is nothing to compare with.
  cv::Mat compare(const cv::Mat& now) {
    if (now.cols > last_.width || now.rows > last_.height) previous_.release();
    last_ = {now.cols, now.rows};
    if (subtractor_) return subtract(now);
    const cv::Rect area(0, 0, now.cols, now.rows);
    cv::Mat mask;
    if (previous_.empty())
      previous_ = cv::Mat::zeros(size_.height, size_.width, now.type());
    else
      mask = moved(now, previous_(area));
    now.copyTo(previous_(area));
    return mask;
  }

  // Channels in the order of the format's components.
  static std::vector<cv::Mat> channels(const cv::Mat& packed, const PixelFormat& format) {
    std::vector<cv::Mat> all(packed.channels()), ordered;
    cv::split(packed, all);
    if (format.is_planar_rgb()) return all;
    for (int i = 0; i < format.n_components; ++i)
      ordered.push_back(all[format.components[i].offset]);
    return ordered;
  }

  cv::Mat moved(const cv::Mat& now, const cv::Mat& before) const {
    const PixelFormat& format = stream_.format;
    cv::Mat mask;
    if (format.model == ColorModel::kRgb) {
      cv::Mat difference, rgb, grey;
      cv::absdiff(now, before, difference);
      cv::merge(channels(difference, format), rgb);
      cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
      cv::threshold(grey, mask, settings_.threshold, 255, cv::THRESH_BINARY);
      return mask;
    }
    mask = cv::Mat::zeros(now.size(), CV_8UC1);
    const Component& luma = format.components[0];
    const auto value = [&](const cv::Mat& m, int y, int x) {
      const int word = m.depth() == CV_16U ? m.at<uint16_t>(y, x) : m.at<uint8_t>(y, x);
      return word >> luma.lsb & ((1 << luma.depth) - 1);
    };
    for (int y = 0; y < now.rows; ++y) {
      for (int x = 0; x < now.cols; ++x) {
        // Its grey, 255 d / range rounded half up and at most 255, is above the threshold.
        const int64_t d = std::abs(value(now, y, x) - value(before, y, x));
        mask.at<uint8_t>(y, x) =
            settings_.threshold < 255 &&
            510 * d >= (2 * int64_t{settings_.threshold} + 1) * color().scale[0];
      }
    }
    return mask;
  }

  cv::Mat subtract(const cv::Mat& now) {
    const PixelFormat& format = stream_.format;
    cv::Mat bytes, mask;
    if (format.model == ColorModel::kRgb) {
      cv::merge(channels(now, format), bytes);
    } else {
      bytes.create(now.size(), CV_8UC1);
      const Component& luma = format.components[0];
      const auto levels = gray_levels();
      for (int y = 0; y < now.rows; ++y) {
        for (int x = 0; x < now.cols; ++x) {
          if (now.depth() == CV_8U) {
            bytes.at<uint8_t>(y, x) = now.at<uint8_t>(y, x);
            continue;
          }
          const int value = now.at<uint16_t>(y, x) >> luma.lsb & ((1 << luma.depth) - 1);
          bytes.at<uint8_t>(y, x) =
              uint8_t(levels ? std::clamp((value - levels->low) * 255 / levels->span(), 0, 255)
                             : value >> (luma.depth - 8));
        }
      }
    }
    if (bytes.size() != subtracted_size_) subtracted_ = 0;
    subtracted_size_ = bytes.size();
    subtractor_->apply(bytes, mask);
    return ++subtracted_ > 5 ? cv::Mat(mask == 255) : cv::Mat();
  }

  bool percentile_is_due() const { return frames_ >= percentile_due_ || percentile_ == 0; }

  // The least count that so many percent of those above 0 do not exceed; beyond 16 bits its eight
  // bits after the highest.
  double percentile() const {
    std::vector<uint64_t> hot;
    std::copy_if(counts_.begin(), counts_.end(), std::back_inserter(hot),
                 [](uint64_t count) { return count > 0; });
    if (hot.empty()) return 0;
    std::sort(hot.begin(), hot.end());
    const auto rank = size_t(std::ceil(double(hot.size()) * settings_.percentile / 100));
    const uint64_t count = hot[std::max<size_t>(rank, 1) - 1];
    if (count < 65536) return double(count);
    const int bits = int(std::log2(double(count))) - 8;
    return double(count >> bits << bits);
  }

  void update_scale() {
    full_ = double(highest() > 0 ? highest() : increment());
    if (settings_.normalization == Normalization::kFixed) full_ = settings_.full_scale * unit();
    if (settings_.normalization == Normalization::kPercentile) {
      if (percentile_is_due()) {
        percentile_ = percentile() / unit();
        percentile_due_ = frames_ + (frames_ < 16 ? 1 : 16);
      }
      full_ = percentile_ * unit();
    }
    if (settings_.half_life > 0 && settings_.normalization != Normalization::kMax && full_ > 0)
      full_ = std::exp2(std::round(std::log2(full_) * 128) / 128);
    if (full_ < 1 << 24) full_ = float(full_);
    curve_ = settings_.curve;
  }

  uint8_t index(int x, int y) const {
    const uint64_t count = counts_[size_t(y) * size_.width + x];
    if (count == 0 || full_ == 0) return 0;
    const float q = float(double(count) / full_);
    if (curve_ == Curve::kLinear) return uint8_t(std::min(255.0f, q * 255.0f));
    if (curve_ == Curve::kSqrt) return uint8_t(std::min(255.0f, std::sqrt(q) * 255.0f));
    return uint8_t(std::min(255.0f, kernels::on_curve(q, curve_)));  // see OnCurve tests
  }

  void forget_background() {
    background_ = {};
    passed_ = 0;
    turn_ = 0;
  }

  void add_to_background(const Picture& in) {
    if (settings_.background == Background::kLive) return;
    const double passed = passed_ > 0 ? std::min(passed_, 1.0) : 0.04;
    passed_ = 0;
    const bool first = background_.planes[0].empty() || in.size.width > background_.size.width ||
                       in.size.height > background_.size.height;
    if (settings_.background == Background::kFirst && !first) return;
    if (first) {
      background_ = Picture(in.format, in.view());
      for (int p = 0; p < in.format.n_planes; ++p)
        means_[p] = cv::Mat::zeros(background_.planes[p].size(), CV_32F);
      elapsed_ = due_ = 0;
      averaged_at_.assign(16, 0);
    }
    if (settings_.background == Background::kAverage) average(in, passed);
  }

  // Sixteen parts of the picture take turns.
  void average(const Picture& in, double passed) {
    elapsed_ += passed;
    due_ = std::min(16.0, due_ + 16 * passed / std::min(0.64, elapsed_ / 16));
    for (; due_ >= 1; --due_, turn_ = (turn_ + 1) % 16) {
      const double weight = (elapsed_ - averaged_at_[turn_]) / std::min(elapsed_, 60.0);
      averaged_at_[turn_] = elapsed_;
      for (int p = 0; p < in.format.n_planes; ++p) {
        const PlaneLayout layout = plane_layout(in.format, p);
        const int rows = layout.row_end(stream_.size.height);
        const int end = std::min(rows * (turn_ + 1) / 16, layout.row_end(in.size.height));
        for (int y = rows * turn_ / 16; y < end; ++y) average_row(in, p, y, float(weight));
      }
    }
  }

  void average_row(const Picture& in, int p, int y, float weight) {
    const int bytes = in.format.sample_bytes();
    for (int x = 0; x < plane_layout(in.format, p).byte_end(in.size.width); x += bytes) {
      const auto word = [&](const cv::Mat& plane) {
        const uint8_t* sample = plane.ptr(y, x);
        return bytes == 1 ? *sample : sample[0] | sample[1] << 8;
      };
      float& mean = means_[p].at<float>(y, x);
      mean += (float(word(in.planes[p])) - mean) * weight;
      const int shown = cvRound(mean);
      for (int b = 0; b < bytes; ++b)
        background_.planes[p].at<uint8_t>(y, x + b) = uint8_t(shown >> 8 * b);
    }
  }

  // The index of pixel (x, y) of the picture: that of the cell of the analysis it falls into.
  cv::Mat picture_indices() const {
    cv::Mat indices(stream_.size.height, stream_.size.width, CV_8UC1);
    for (int y = 0; y < indices.rows; ++y)
      for (int x = 0; x < indices.cols; ++x)
        indices.at<uint8_t>(y, x) =
            index(x / settings_.analysis_scale, y / settings_.analysis_scale);
    return indices;
  }

  // OpenCV's blend of each picture byte, a row, with each colour byte.
  static const cv::Mat& blended_bytes(double opacity) {
    static std::map<double, cv::Mat> tables;
    cv::Mat& table = tables[opacity];
    if (!table.empty()) return table;
    cv::Mat picture(256, 256, CV_8UC1);
    for (int p = 0; p < 256; ++p) picture.row(p) = p;
    cv::addWeighted(picture, 1 - opacity, picture.t(), opacity, 0, table);
    return table;
  }

  unsigned joined(unsigned picture, unsigned color) const {
    if (settings_.output == Output::kHeatmap) return color;
    const double opacity = settings_.opacity;
    if (stream_.format.sample_bytes() == 2)
      return unsigned(std::lround(picture * (1 - opacity) + color * opacity));
    if (stream_.format.model == ColorModel::kRgb)
      return blended_bytes(opacity).at<uint8_t>(int(picture), int(color));
    // In fixed point, both products cut off to 1/256.
    const unsigned weight = unsigned(std::lround((1 - opacity) * 65536));
    return (picture * weight / 256 + color * (65536 - weight) / 256 + 129) / 256;
  }

  // How much of the blend is shown: of 255, or of 65535 where samples have two bytes.
  unsigned weight(unsigned index) const {
    const unsigned top = stream_.format.sample_bytes() == 2 ? 257 : 1;
    if (settings_.output == Output::kHeatmap) return 255 * top;
    if (index < unsigned(settings_.display_threshold)) return 0;
    if (settings_.blend == BlendMode::kUniform) return 255 * top;
    return unsigned(std::min(255L, std::lround(index / 0.75))) * top;
  }

  unsigned in_part(unsigned p, unsigned joined, unsigned weight) const {
    if (stream_.format.sample_bytes() == 1)
      return unsigned(std::lround((p * (255.0 - weight) + double(joined) * weight) / 255));
    if (weight == 0 || weight == 65535) return weight ? joined : p;
    const int lsb = stream_.format.components[0].lsb;
    const uint64_t words = ((uint64_t{p} << lsb) * (65535 - weight) >> 16) +
                           ((uint64_t{joined} << lsb) * weight >> 16) + 1;
    return unsigned(words >> lsb) & ((1u << stream_.format.components[0].depth) - 1);
  }

  void draw_on(const Picture& in, Picture& out) const {
    const PixelFormat& format = stream_.format;
    const int width = std::min({in.size.width, out.size.width, stream_.size.width});
    const int height = std::min({in.size.height, out.size.height, stream_.size.height});
    for (int p = 0; p < format.n_planes; ++p) {
      const PlaneLayout layout = plane_layout(format, p);
      const cv::Rect area(0, 0, int(layout.byte_end(width)), layout.row_end(height));
      if (!area.empty()) in.planes[p](area).copyTo(out.planes[p](area));
    }
    const ColorTable colors = make_color_table(settings_.colormap, format, color());
    const cv::Mat indices = picture_indices();
    for (int i = 0; i < format.n_components; ++i) {
      const Component& c = format.components[i];
      const int w = 1 << c.x_shift, h = 1 << c.y_shift;
      for (int y = 0; y < height; y += h) {
        for (int x = 0; x < width; x += w) {
          unsigned sum = 0, n = 0, shown = 0;
          for (int v = y; v < std::min(y + h, stream_.size.height); ++v)
            for (int u = x; u < std::min(x + w, stream_.size.width); ++u, ++n)
              sum += colors[i][indices.at<uint8_t>(v, u)],
                  shown += weight(indices.at<uint8_t>(v, u));
          const unsigned p = in.value(i, x, y), j = joined(p, (sum + n / 2) / n);
          out.set_value(i, x, y, in_part(p, j, (shown + n / 2) / n));
        }
      }
    }
  }

  StreamFormat stream_;
  Settings settings_;
  Size size_;  // of the analysis
  std::vector<uint64_t> counts_;
  double log_unit_ = 0;
  AutoLevels auto_levels_;
  cv::Mat previous_;  // as large as the analysis
  Size last_;         // of the last frame that was analysed
  cv::Ptr<cv::BackgroundSubtractor> subtractor_;
  cv::Size subtracted_size_;
  int subtracted_ = 0;  // frames that it has seen in that size
  Picture background_;
  std::array<cv::Mat, kMaxPlanes> means_;  // of each byte that a sample begins with
  double passed_ = 0;                      // since the last frame, in seconds
  double elapsed_ = 0;                     // that the mean is of
  std::vector<double> averaged_at_;        // what that was when a part had its turn
  double due_ = 0;                         // turns
  int turn_ = 0;
  double full_ = 0;
  Curve curve_ = Curve::kLinear;
  double percentile_ = 0;  // in events
  uint64_t percentile_due_ = 0;
  uint64_t frames_ = 0;
  uint64_t skipped_ = 0;
  uint64_t repeated_ = 0;
  std::vector<double> shares_;  // that moved in the frames of this period
};

}  // namespace motionheat::test
