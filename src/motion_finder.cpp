// SPDX-License-Identifier: LGPL-2.1-or-later
#include "motion_finder.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace motionheat {
namespace {

std::optional<BackgroundSubtractor> make_subtractor(const Settings& settings) {
  if (settings.detector == Detector::kDifference) return {};
  return BackgroundSubtractor(settings.detector, settings.model);
}

}  // namespace

// Changes of light

bool LightChanges::takes(double share, double limit, double seconds) {
  constexpr double kMost = 1;  // seconds
  if (share <= limit) {
    taken_ = std::max(0.0, taken_ - seconds);
    return false;
  }
  if (taken_ >= kMost) return false;
  taken_ += seconds;
  return true;
}

// Motion

bool MotionFinder::is_needed(const Settings& settings) {
  return settings.detector != Detector::kDifference || settings.blur > 0 ||
         settings.despeckle > 0 || settings.light_change_limit < 1;
}

MotionFinder::MotionFinder(const PixelFormat& format, const TileGrid& grid,
                           const Settings& settings)
    : format_(format),
      settings_(settings),
      picture_(format),
      subtractor_(make_subtractor(settings)),
      moved_(grid) {}

void MotionFinder::set(const Settings& settings) {
  if (settings.detector != settings_.detector) {
    subtractor_ = make_subtractor(settings);
    forget();
  } else if (subtractor_ && settings.model != settings_.model) {
    subtractor_->set(settings.model);
  }
  if (settings.blur != settings_.blur) previous_.release();
  settings_ = settings;
}

void MotionFinder::set_luma_range(int range) {
  // Only the upper 8 bits are seen where frames are smoothed.
  luma_range_ = range >> (format_.components[0].depth - 8);
}

void MotionFinder::forget() {
  previous_.release();
  light_changes_ = {};
}

MotionFinder::Verdict MotionFinder::find(const ConstFrameView& frame, const Context& context) {
  const Size size = moved_.grid().size();
  if (!(frame.size == size)) moved_.clear();
  if (!compare(frame, context)) return Verdict::kNothing;
  if (settings_.despeckle > 0) despeckle(context.bands);
  clear_masked(context.regions);
  if (settings_.light_change_limit >= 1) return Verdict::kMotion;
  const double area = double(std::max(context.regions.area(), uint64_t{1}));
  const bool is_change = light_changes_.takes(double(moved_.count()) / area,
                                              settings_.light_change_limit, context.seconds);
  return is_change ? Verdict::kChange : Verdict::kMotion;
}

// Steps 1 and 2; false if there is nothing to compare with.
bool MotionFinder::compare(const ConstFrameView& frame, const Context& context) {
  if (subtractor_) {
    cv::Mat picture = picture_.of(frame, context.levels);
    if (settings_.blur > 0) {
      cv::blur(picture, smoothed_, cv::Size(2 * settings_.blur + 1, 2 * settings_.blur + 1));
      picture = smoothed_;
    }
    moved_.set(subtractor_->apply(picture), context.bands);
    return subtractor_->is_settled();
  }
  const bool has_previous = context.difference.has_previous();
  if (settings_.blur > 0) return compare_smoothed(frame, context) && has_previous;
  if (has_previous)
    compare_exactly(frame, context);
  else
    context.difference.remember(frame);
  return has_previous;
}

void MotionFinder::compare_exactly(const ConstFrameView& frame, const Context& context) {
  const TileGrid& grid = moved_.grid();
  context.bands.for_each(grid, [&](int band, uint8_t*) {
    const int y = band * TileGrid::kBandHeight;
    const Rect area = intersect({0, y, grid.size().width, TileGrid::kBandHeight}, frame.size);
    if (area.height > 0) context.difference.compare(frame, area, moved_.row(y), moved_.stride());
  });
}

// Smooths the grey of a frame and compares it with that of the frame before; false if there is
// none.
bool MotionFinder::compare_smoothed(const ConstFrameView& frame, const Context& context) {
  context.difference.remember(frame);
  const int size = 2 * settings_.blur + 1;
  cv::blur(picture_.gray_of(frame, context.levels), smoothed_, cv::Size(size, size));
  if (previous_.cols < smoothed_.cols || previous_.rows < smoothed_.rows) {
    smoothed_.copyTo(previous_);
    return false;
  }
  const int range = context.levels || picture_.has_colors() ? 255 : luma_range_;
  const auto threshold = uint8_t(native_threshold(settings_.threshold, range, 255));
  context.bands.for_each(moved_.grid(), [&](int band, uint8_t*) {
    const int y = band * TileGrid::kBandHeight;
    const int height = std::min(TileGrid::kBandHeight, smoothed_.rows - y);
    if (height <= 0) return;
    // What was compared is what the next frame is compared with.
    kernels::active().compare_u8({smoothed_.ptr(y), ptrdiff_t(smoothed_.step)}, {1, 0},
                                 {previous_.ptr(y), ptrdiff_t(previous_.step)},
                                 moved_.rows().down(y), {smoothed_.cols, height}, threshold);
  });
  return true;
}

// Opens the mask: what is no square of 2 despeckle + 1 pixels wide somewhere is gone.
void MotionFinder::despeckle(Bands& bands) {
  const int size = 2 * settings_.despeckle + 1;
  moved_.copy_to(bytes_, bands);
  cv::morphologyEx(bytes_, opened_, cv::MORPH_OPEN,
                   cv::getStructuringElement(cv::MORPH_RECT, cv::Size(size, size)));
  moved_.set(opened_, bands);
}

void MotionFinder::clear_masked(const Regions& regions) {
  if (regions.is_open()) return;
  const TileGrid& grid = moved_.grid();
  for (int tile = 0; tile < grid.count(); ++tile) {
    const Rect rect = grid.rect(tile);
    regions.apply(tile, moved_.row(rect.y) + rect.x / 8, moved_.stride());
  }
}

size_t MotionFinder::memory() const {
  const auto bytes = [](const cv::Mat& picture) { return picture.total() * picture.elemSize(); };
  return picture_.memory() + (subtractor_ ? subtractor_->memory() : 0) + moved_.memory() +
         bytes(previous_) + bytes(smoothed_) + bytes(bytes_) + bytes(opened_);
}

}  // namespace motionheat
