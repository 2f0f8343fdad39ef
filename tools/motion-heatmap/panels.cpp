// SPDX-License-Identifier: LGPL-2.1-or-later
#include "panels.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace tool {
namespace {

constexpr int kColumns = 2;
const cv::Scalar kPaper = cv::Scalar::all(255), kInk = cv::Scalar::all(40);

struct Panel {
  const char* title;
  cv::Mat picture;
};

class PanelRenderer {
 public:
  PanelRenderer(const motionheat::State& state, const Background& background,
                const ElementSettings& settings)
      : state_(state), background_(background), settings_(settings) {}

  cv::Mat heatmap(const char* colormap) const {
    return with({{"output", "heatmap"}, {"colormap", colormap}});
  }
  cv::Mat overlay(const char* colormap) const {
    return with({{"output", "overlay"}, {"colormap", colormap}});
  }
  // What the heat is drawn on.
  cv::Mat nothing() const {
    return with(
        {{"output", "overlay"}, {"opacity", "0"}, {"blend", "uniform"}, {"legend", "false"}});
  }
  // The index of each pixel as its grey. In the colours of autumn, from red to yellow, green is it.
  cv::Mat index() const {
    const cv::Mat autumn =
        with({{"output", "heatmap"}, {"colormap", "autumn"}, {"legend", "false"}});
    cv::Mat green, gray;
    cv::extractChannel(autumn, green, 1);
    cv::cvtColor(green, gray, cv::COLOR_GRAY2RGB);
    return gray;
  }

 private:
  cv::Mat with(std::map<std::string, std::string> values) const {
    ElementSettings changed{settings_.preset, std::move(values)};
    changed.values.insert(settings_.values.begin(), settings_.values.end());
    return render(state_, background_, changed).picture;
  }

  const motionheat::State& state_;
  const Background& background_;
  const ElementSettings& settings_;
};

// Titles of one size on all panels, that goes with theirs.
class Type {
 public:
  explicit Type(const cv::Size& picture)
      : height_(std::clamp(picture.height / 24, 9, 40)),
        scale_(cv::getFontScaleFromHeight(kFont, height_ * kFiner, thickness())) {}

  int height() const { return height_; }
  int width(const char* text) const {
    int below;
    return cv::getTextSize(text, kFont, scale_, thickness(), &below).width / kFiner + 1;
  }
  // With the left end of its base line there. Drawn larger and shrunk: the strokes are whole
  // pixels.
  void write(cv::Mat& sheet, const char* text, const cv::Point& base) const {
    const int below = height_ / 2;
    cv::Mat large(cv::Size(width(text) + height_, 2 * height_ + below) * kFiner, CV_8UC3, kPaper);
    cv::putText(large, text, {0, 2 * height_ * kFiner}, kFont, scale_, kInk, thickness(),
                cv::LINE_AA);
    cv::Mat small;
    cv::resize(large, small, large.size() / kFiner, 0, 0, cv::INTER_AREA);
    const cv::Rect place(base - cv::Point(0, 2 * height_), small.size());
    const cv::Rect seen = place & cv::Rect({0, 0}, sheet.size());
    small(seen - place.tl()).copyTo(sheet(seen));
  }

 private:
  static constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX, kFiner = 4;

  int thickness() const { return std::max(kFiner, height_ * kFiner / 8); }

  int height_;  // of capitals
  double scale_;
};

cv::Mat lay_out(const std::vector<Panel>& panels) {
  const cv::Size picture = panels[0].picture.size();
  const Type type(picture);
  const int gap = 2 * type.height();  // between pictures, and around all
  int width = picture.width;
  for (const Panel& panel : panels) width = std::max(width, type.width(panel.title));
  const cv::Size cell(width + gap, picture.height + 2 * gap);
  const int rows = int(panels.size()) / kColumns;
  cv::Mat sheet(cell.height * rows + gap, cell.width * kColumns + gap, CV_8UC3, kPaper);
  for (int i = 0; i < int(panels.size()); ++i) {
    const cv::Point corner(gap + i % kColumns * cell.width, i / kColumns * cell.height + 2 * gap);
    type.write(sheet, panels[size_t(i)].title, corner - cv::Point(0, type.height() * 2 / 3));
    panels[size_t(i)].picture.copyTo(sheet({corner, picture}));
  }
  return sheet;
}

}  // namespace

cv::Mat draw_panels(const motionheat::State& state, const Background& background,
                    const cv::Mat& sample_frame, const ElementSettings& settings) {
  const Background behind = background.picture.empty() ? Background{sample_frame} : background;
  const PanelRenderer renderer(state, behind, settings);
  cv::Mat sample = renderer.nothing();
  if (!sample_frame.empty()) cv::resize(sample_frame, sample, sample.size(), 0, 0, cv::INTER_AREA);
  return lay_out({{"Sample Frame", sample},
                  {"Raw Heatmap", renderer.index()},
                  {"JET Colormap", renderer.heatmap("jet")},
                  {"JET Overlay", renderer.overlay("jet")},
                  {"HOT Colormap", renderer.heatmap("hot")},
                  {"HOT Overlay", renderer.overlay("hot")}});
}

}  // namespace tool
