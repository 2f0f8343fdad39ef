// SPDX-License-Identifier: LGPL-2.1-or-later
// Lives of an engine beside those of the model, everything that can be asked of it at random. After
// every step counts, indices, figures and each byte of a picture are compared.
//
// MOTIONHEATMAP_RANDOM_SECONDS=3600 lives new lives for an hour; MOTIONHEATMAP_RANDOM_SEED=17 lives
// the one that a failure named.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <sstream>

#include "engine_model.h"
#include "frames.h"
#include "videos.h"

namespace motionheat::test {
namespace {

constexpr int kLives = 60;
constexpr int kSteps = 60;

PixelFormat planar(int depth, int x_shift, int y_shift) {
  PixelFormat format{ColorModel::kYuv, 3, 3, {}};
  for (int i = 0; i < 3; ++i)
    format.components[i] = {.plane = i,
                            .step = depth > 8 ? 2 : 1,
                            .x_shift = i > 0 ? x_shift : 0,
                            .y_shift = i > 0 ? y_shift : 0,
                            .depth = depth};
  return format;
}

PixelFormat semi_planar(int depth, int lsb, int x_shift = 1, int y_shift = 1, int first = 1) {
  PixelFormat format{ColorModel::kYuv, 2, 3, {}};
  const int bytes = depth > 8 ? 2 : 1;
  for (int i = 0; i < 3; ++i)
    format.components[i] = {.plane = std::min(i, 1),
                            .offset = i > 0 && i != first ? bytes : 0,
                            .step = i > 0 ? 2 * bytes : bytes,
                            .x_shift = i > 0 ? x_shift : 0,
                            .y_shift = i > 0 ? y_shift : 0,
                            .depth = depth,
                            .lsb = lsb};
  return format;
}

PixelFormat planar_rgb(int r, int g, int b) {
  return {ColorModel::kRgb,
          3,
          3,
          {Component{.plane = r}, Component{.plane = g}, Component{.plane = b}}};
}

std::vector<PixelFormat> formats() {
  std::vector<PixelFormat> all = {kGray8, kI420, kNv12, kYuy2, kUyvy, kAyuv, gray10(0), gray10(6)};
  for (const Format& format : rgb_formats()) all.push_back(format.layout);
  for (const int depth : {8, 10, 12})
    for (const auto& [x, y] : {std::pair{1, 1}, {1, 0}, {0, 0}}) all.push_back(planar(depth, x, y));
  for (const int y_shift : {0, 2}) all.push_back(planar(8, 2, y_shift));
  for (const int first : {1, 2}) {
    all.push_back(semi_planar(8, 0, 1, 0, first));
    all.push_back(semi_planar(8, 0, 0, 0, first));
  }
  all.push_back(semi_planar(10, 6));
  all.push_back(planar_rgb(2, 0, 1));
  all.push_back(planar_rgb(0, 1, 2));
  all.push_back({ColorModel::kGray, 1, 1, {Component{.step = 2, .depth = 16}}});
  return all;
}

ColorSpace color_space(const PixelFormat& format, bool full) {
  const int depth = format.components[0].depth, top = (1 << depth) - 1, one = 1 << (depth - 8);
  if (format.model == ColorModel::kRgb) return {};
  if (full) return {.offset = {0, 128 * one, 128 * one}, .scale = {top, top, top}};
  return {.kr = 0.2126,
          .kb = 0.0722,
          .offset = {16 * one, 128 * one, 128 * one},
          .scale = {219 * one, 224 * one, 224 * one}};
}

/// One engine and its model. Every call that changes something says so in `log`.
class Life {
 public:
  explicit Life(unsigned seed) : random_(seed) { configure(); }

  /// The first difference, and what came before it; nothing if there is none.
  std::string live() {
    std::string wrong = compare();
    for (int step = 0; step < kSteps && wrong.empty(); ++step) {
      log_.str("");
      log_ << "step " << step << " of " << stream_.size.width << "x" << stream_.size.height << ":";
      wrong = act();
      if (wrong.empty()) wrong = compare();
    }
    if (!wrong.empty()) log_ << " [" << describe() << "]";
    return wrong.empty() ? wrong : log_.str() + ": " + wrong;
  }

 private:
  std::string describe() const {
    const Settings& s = settings_;
    const Component& c = stream_.format.components[0];
    std::ostringstream text;
    text << "components " << stream_.format.n_components << ", step " << c.step << ", depth "
         << c.depth << ", threshold " << s.threshold << ", detector " << int(s.detector)
         << ", analysis-scale " << s.analysis_scale << ", colormap " << s.colormap << ", opacity "
         << s.opacity << ", blend " << int(s.blend) << " from " << s.display_threshold
         << ", output " << int(s.output) << ", background " << int(s.background)
         << ", normalization " << int(s.normalization) << ", percentile " << s.percentile
         << ", full-scale " << s.full_scale << ", curve " << int(s.curve) << ", half-life "
         << s.half_life << ", threads " << s.n_threads << ", gray levels "
         << (s.gray_levels ? s.gray_levels->low : -1) << " to "
         << (s.gray_levels ? s.gray_levels->high : -1) << (s.auto_gray_levels ? " or auto" : "");
    return text.str();
  }

  int below(int n) { return int(random_() % unsigned(n)); }
  bool one_in(int n) { return below(n) == 0; }
  template <typename T>
  T any_of(std::initializer_list<T> values) {
    return values.begin()[below(int(values.size()))];
  }

  Size any_size() {
    switch (below(8)) {
      case 0:
        return {1 + below(3), 1 + below(3)};
      case 1:
        return {1 + below(40), 500 + below(400)};
      case 2:
        return {250 + below(450), 1 + below(30)};
      default:
        return {1 + below(140), 1 + below(80)};
    }
  }

  void configure() {
    static const std::vector<PixelFormat> kFormats = formats();
    if (!one_in(3)) stream_.format = kFormats[size_t(below(int(kFormats.size())))];
    if (stream_.size.area() == 0 || !one_in(3)) stream_.size = any_size();
    stream_.color = color_space(stream_.format, one_in(2));
    log_ << " configure";
    engine_.configure(stream_);
    model_.configure(stream_);
    scene_ = std::make_unique<Frame>(
        stream_.format, Size{stream_.size.width + below(9), stream_.size.height + below(9)});
    scene_->randomize(random_);
  }

  void set() {
    Settings& s = settings_;
    if (one_in(3)) s.threshold = any_of({0, 1, 25, 60, 254, 255, below(256)});
    if (one_in(6)) s.auto_gray_levels = one_in(2);
    if (one_in(6)) {
      const int low = below(40000);
      s.gray_levels = one_in(3)
                          ? std::nullopt
                          : std::optional(GrayLevels{low, low + 1 + below(any_of({9, 25000}))});
    }
    if (one_in(12)) s.detector = any_of({Detector::kDifference, Detector::kMog2});
    if (one_in(8)) s.analysis_scale = any_of({1, 1, 1, 2, 3, 4, 8, 16});
    if (one_in(3)) s.colormap = below(int(colormaps().size()));
    if (one_in(3)) s.opacity = any_of({0.0, 1e-6, 0.15, 1 / 3.0, 0.4, 0.5, 0.77, 1 - 1e-6, 1.0});
    if (one_in(4)) s.blend = any_of({BlendMode::kUniform, BlendMode::kHeat});
    if (one_in(4)) s.display_threshold = any_of({0, 0, 1, 30, 255, below(256)});
    if (one_in(4)) s.output = any_of({Output::kOverlay, Output::kOverlay, Output::kHeatmap});
    if (one_in(5))
      s.background = any_of({Background::kLive, Background::kFirst, Background::kAverage});
    if (one_in(4))
      s.normalization = any_of({Normalization::kMax, Normalization::kMax,
                                Normalization::kPercentile, Normalization::kFixed});
    if (one_in(4)) s.percentile = any_of({0.0, 50.0, 99.5, 100.0});
    if (one_in(4)) s.full_scale = any_of({0.001, 1.0, 12.5, 300.0, 40000.0, 1e12});
    if (one_in(4)) s.curve = any_of({Curve::kLinear, Curve::kLinear, Curve::kSqrt, Curve::kLog});
    if (one_in(6)) s.half_life = any_of({0.0, 0.0, 0.1, 3.0, 1e9});
    if (one_in(3)) s.n_threads = 1 + below(4);
    log_ << " set";
    engine_.set(s);
    model_.set(s);
  }

  void restore() {
    const Size size = one_in(2) ? engine_.heat().grid().size() : any_size();
    const double unit = one_in(2) ? 1 : 2048 + random_() % 63000 + 1 / 3.0;
    const int shift = any_of({17, 30, 47, 58, 62}), share = 1 + below(5);
    std::vector<uint64_t> counts(size_t(size.area()));
    for (uint64_t& count : counts)
      if (one_in(share)) count = (uint64_t{random_()} << 32 | random_()) >> shift;
    const uint64_t frames = random_(), skipped = random_();
    log_ << " restore " << size.width << "x" << size.height << " >> " << shift;
    engine_.restore(HeatMap::of(size, counts, unit), frames, skipped);
    model_.restore(size, counts, unit, frames, skipped);
  }

  // A part of the scene changes, or all of it, much or little.
  void move() {
    const std::vector<uint8_t> before = scene_->bytes();
    std::vector<uint8_t> after = before;
    const int kind = below(6);
    const size_t n = kind == 0   ? after.size()
                     : kind == 1 ? 0
                                 : 1 + random_() % (1 + after.size() / 6);
    const size_t first = random_() % (after.size() - n + 1);
    for (size_t i = first; i < first + n; ++i)
      after[i] = uint8_t(kind % 2 ? random_() : before[i] + below(64) - 32);
    scene_->set_bytes(after);
  }

  Size frame_size() {
    const Size all = scene_->size(), size = stream_.size;
    if (one_in(6))
      return {one_in(2) ? size.width : below(size.width + 1),
              one_in(2) ? size.height : below(size.height + 1)};
    return one_in(8) ? all : size;
  }

  // What the scene shows in a frame of such a size.
  std::unique_ptr<Frame> shot(Size size) {
    auto frame = std::make_unique<Frame>(stream_.format,
                                         Size{std::max(size.width, 1), std::max(size.height, 1)},
                                         Rows{below(6), one_in(4)});
    copy_picture(stream_.format, scene_->view(), frame->view());
    return frame;
  }

  std::string play(bool counts) {
    if (one_in(3)) move();
    const Size size = frame_size();
    const auto in = shot(size);
    const int way = below(5);  // not drawn, in place, or into another
    const Size out_size = way < 3 || one_in(2) ? size : frame_size();
    const auto other = shot(out_size);
    other->randomize(random_);
    const Frame& out = way < 3 ? *in : *other;
    FrameView in_view = in->view(), out_view = out.view();
    in_view.size = size;
    out_view.size = out_size;
    Picture before(stream_.format, in_view), drawn(stream_.format, out_view);
    log_ << (counts ? " process " : " draw ") << size.width << "x" << size.height << " way " << way;
    if (counts && way == 0) {
      engine_.process(in_view, nullptr);
      model_.process(before, nullptr);
    } else if (counts) {
      engine_.process(in_view, &out_view);
      model_.process(before, &drawn);
    } else if (size.area() > 0) {
      engine_.draw(in_view, out_view);
      model_.draw(before, drawn);
    }
    if (!in->padding_is_intact() || !other->padding_is_intact()) return "padding was written to";
    if (way >= 3 && !same(Picture(stream_.format, in_view), before).empty()) return "input changed";
    return same(Picture(stream_.format, out_view), drawn);
  }

  std::string act() {
    const int what = below(40);
    if (what == 0) configure();
    if (what < 6) set();
    if (what == 6) {
      log_ << " reset";
      engine_.reset();
      model_.reset();
    } else if (what == 7) {
      restore();
    } else if (what == 8) {
      log_ << " forget_previous";
      engine_.forget_previous();
      model_.forget_previous();
    } else if (what == 9) {
      log_ << " begin_period";
      engine_.begin_period();
      model_.begin_period();
    } else if (what < 13) {
      const double seconds = any_of({0.0, 0.04, 1.0, 20.0, 1e5, 1e12});
      log_ << " advance " << seconds;
      engine_.advance(seconds);
      model_.advance(seconds);
    } else if (what == 13) {
      log_ << " skip";
      engine_.skip();
      model_.skip();
      return play(false);
    } else if (what == 14) {
      log_ << " repeat";
      engine_.repeat();
      model_.repeat();
      return play(false);
    } else if (what == 15 && one_in(4)) {
      log_ << " clear";
      engine_.clear();
      model_.clear();
      configure();
    } else {
      return play(true);
    }
    return one_in(2) ? play(one_in(2)) : "";
  }

  // Samples of 16 bits may be one step off, all other bits are the same.
  std::string same(const Picture& actual, const Picture& expected) const {
    const bool words = stream_.format.sample_bytes() == 2;
    const int bits = int(expected.bits()), lsb = expected.lsb();
    for (int p = 0; p < stream_.format.n_planes; ++p) {
      for (int y = 0; y < expected.planes[p].rows; ++y) {
        const uint8_t *a = actual.planes[p].ptr(y), *e = expected.planes[p].ptr(y);
        for (int x = 0; x < expected.planes[p].cols; x += words ? 2 : 1) {
          const int is = words ? a[x] | a[x + 1] << 8 : a[x];
          const int wanted = words ? e[x] | e[x + 1] << 8 : e[x];
          if (is == wanted) continue;
          if (words && (is & ~bits) == (wanted & ~bits) &&
              std::abs(((is & bits) >> lsb) - ((wanted & bits) >> lsb)) <= 1)
            continue;
          std::ostringstream text;
          text << "byte " << x << " of row " << y << " of plane " << p << " is " << is << ", not "
               << wanted;
          return text.str();
        }
      }
    }
    return "";
  }

  std::string compare_map(int width) {
    const cv::Mat expected = model_.map(engine_.map_size(width));
    if (cv::countNonZero(map_of(engine_, width) != expected) == 0) return "";
    return "the map of width " + std::to_string(width) + " differs";
  }

  std::string compare() {
    if (engine_.heat().counts() != model_.counts()) return "counts differ";
    if (engine_.heat().unit() != model_.unit()) return "units differ";
    const Report a = engine_.report(), e = model_.report();
    const std::pair<const char*, std::pair<double, double>> figures[] = {
        {"frames", {double(a.frames), double(e.frames)}},
        {"skipped", {double(a.skipped), double(e.skipped)}},
        {"repeated", {double(a.repeated), double(e.repeated)}},
        {"width", {a.size.width, e.size.width}},
        {"height", {a.size.height, e.size.height}},
        {"max", {a.max, e.max}},
        {"full_scale", {a.full_scale, e.full_scale}},
        {"motion", {a.motion, e.motion}},
        {"motion_peak", {a.motion_peak, e.motion_peak}},
        {"coverage", {a.coverage, e.coverage}},
        {"hot_x", {a.hot_x, e.hot_x}},
        {"hot_y", {a.hot_y, e.hot_y}}};
    for (const auto& [name, values] : figures)
      if (values.first != values.second)
        return std::string(name) + " is " + std::to_string(values.first) + ", not " +
               std::to_string(values.second);
    const std::string wrong = compare_map(0);
    return wrong.empty() ? compare_map(1 + below(stream_.size.width)) : wrong;
  }

  std::mt19937 random_;
  std::ostringstream log_;
  Engine engine_;
  EngineModel model_;
  StreamFormat stream_;
  Settings settings_;
  std::unique_ptr<Frame> scene_;
};

// A number in the environment, if there is one.
std::optional<unsigned> asked_for(const char* name) {
  const char* text = std::getenv(name);
  if (!text) return {};
  return unsigned(std::strtoul(text, nullptr, 10));
}

void live(unsigned seed) {
  EXPECT_EQ(Life(seed).live(), "") << "MOTIONHEATMAP_RANDOM_SEED=" << seed;
}

TEST(Random, EveryLifeIsThatOfTheModel) {
  if (const auto seed = asked_for("MOTIONHEATMAP_RANDOM_SEED")) {
    live(*seed);
    return;
  }
  const auto seconds = asked_for("MOTIONHEATMAP_RANDOM_SECONDS");
  if (!seconds) {
    for (unsigned seed = 1; seed <= kLives && !HasFailure(); ++seed) live(seed);
    return;
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(*seconds);
  for (std::random_device seeds; !HasFailure() && std::chrono::steady_clock::now() < end;)
    live(seeds());
}

}  // namespace
}  // namespace motionheat::test
