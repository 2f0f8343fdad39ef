// SPDX-License-Identifier: LGPL-2.1-or-later
#include "motion_finder.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace motionheat {
namespace {

std::optional<BackgroundSubtractor> make_subtractor(const Settings& settings) {
  if (settings.detector == Detector::kDifference) return {};
  return BackgroundSubtractor(settings.detector, settings.model);
}

std::optional<SwayFilter> make_sway_filter(const Settings& settings, const TileGrid& grid) {
  if (!settings.sway_filter) return {};
  return SwayFilter(cv::Size(grid.size().width, grid.size().height));
}

}  // namespace

bool MotionFinder::is_needed(const Settings& settings) {
  return settings.detector != Detector::kDifference || settings.blur > 0 ||
         settings.despeckle > 0 || settings.noise_adaptive || settings.stabilize ||
         settings.sway_filter || settings.light_change_limit < 1;
}

MotionFinder::MotionFinder(const PixelFormat& format, const TileGrid& grid,
                           const Settings& settings)
    : format_(format),
      settings_(settings),
      picture_(format),
      subtractor_(make_subtractor(settings)),
      sway_(make_sway_filter(settings, grid)),
      moved_(grid),
      gray_(format) {
  set(settings);
}

void MotionFinder::set(const Settings& settings) {
  const bool detector_changes = settings.detector != settings_.detector;
  const bool sway_changes = settings.sway_filter != settings_.sway_filter;
  // Everything that may fail comes before anything changes.
  std::optional<BackgroundSubtractor> subtractor;
  if (detector_changes) subtractor = make_subtractor(settings);
  std::optional<SwayFilter> sway;
  if (sway_changes) sway = make_sway_filter(settings, moved_.grid());

  if (detector_changes) {
    subtractor_ = std::move(subtractor);
    forget();
  } else if (subtractor_ && settings.model != settings_.model) {
    subtractor_->set(settings.model);
  }
  if (sway_changes) sway_ = std::move(sway);
  if (settings.stabilize != settings_.stabilize) camera_.reset();
  if (settings.stabilize && !camera_) camera_.emplace();
  if (settings.noise_adaptive != settings_.noise_adaptive) noise_.reset();
  if (settings.noise_adaptive && !noise_) noise_.emplace();
  if (settings.blur != settings_.blur || settings.noise_adaptive != settings_.noise_adaptive)
    gray_.forget();
  settings_ = settings;
  if (!sees_gray()) gray_.forget();  // from now on nobody looks after it
  if (settings.light_change_limit >= 1) light_changes_ = {};
  const int size = 2 * settings.despeckle + 1;
  if (square_.rows != size) square_ = cv::Mat::ones(size, size, CV_8UC1);
}

void MotionFinder::set_luma_range(int range) {
  // Only the upper 8 bits are seen where frames are smoothed.
  luma_range_ = std::max(1, range >> (format_.components[0].depth - 8));
}

void MotionFinder::forget() {
  gray_.forget();
  if (camera_) camera_->forget();
  if (noise_) noise_->forget();
  if (sway_) sway_->forget_picture();
  light_changes_ = {};
}

MotionFinder::Verdict MotionFinder::find(const ConstFrameView& frame, const Context& context) {
  range_ = context.levels || picture_.has_colors() ? 255 : luma_range_;
  light_ = {};
  const bool is_whole = frame.size == moved_.grid().size();
  if (!is_whole) moved_.clear();
  const Verdict verdict = subtractor_ ? subtract(frame, context) : compare(frame, context);
  if (verdict != Verdict::kMotion) return verdict;
  if (settings_.despeckle > 0) despeckle(context.bands);
  if (sway_ && is_whole) sway_->apply(gray_.current(), moved_.rows(), context.seconds);
  if (camera_ && movement_.from_usual != Displacement{}) {
    // A mask may be for what the camera writes into the picture, which does not shake with it.
    clear_masked(context.regions);
    moved_.move(movement_.from_usual, frame.size);
  }
  clear_masked(context.regions);
  if (settings_.light_change_limit >= 1) return Verdict::kMotion;
  const Size whole = moved_.grid().size();
  const double seen = double(frame.size.area()) / double(whole.area());
  const double area = std::max(1.0, double(context.regions.area()) * seen);
  if (!light_changes_.takes(double(moved_.count()) / area, light_.moved(),
                            settings_.light_change_limit, context.seconds))
    return Verdict::kMotion;
  // What the light did is nothing that sways from now on.
  if (sway_) sway_->forget_picture();
  return Verdict::kChange;
}

// Whether the steps need the frame's grey, beside what Difference compares.
bool MotionFinder::sees_gray() const {
  return settings_.blur > 0 || camera_ || noise_ || sway_ || settings_.light_change_limit < 1;
}

// By a model of the background.
MotionFinder::Verdict MotionFinder::subtract(const ConstFrameView& frame, const Context& context) {
  if (sway_) gray_.begin(frame, context.levels, settings_.blur);
  cv::Mat picture = picture_.of(frame, context.levels, colors_);
  if (settings_.blur > 0) {
    const int size = 2 * settings_.blur + 1;
    cv::blur(picture, smooth_picture_, cv::Size(size, size));
    picture = smooth_picture_;
  }
  moved_.set(subtractor_->apply(picture), context.bands);
  return subtractor_->is_settled() ? Verdict::kMotion : Verdict::kNothing;
}

// By the difference with the previous frame.
MotionFinder::Verdict MotionFinder::compare(const ConstFrameView& frame, const Context& context) {
  Difference& difference = context.difference;
  if (sees_gray()) gray_.begin(frame, context.levels, settings_.blur);
  if (settings_.blur > 0) gray_.current();  // the next frame is compared with it
  movement_ = camera_ ? camera_->measure(gray_.current(), context.seconds) : CameraMovement{};
  Verdict verdict = Verdict::kNothing;
  const bool knows_gray = sees_gray() && gray_.knows_previous();
  if (difference.has_previous()) {
    verdict = Verdict::kMotion;
    if (movement_.kind == CameraMovement::Kind::kBreak) verdict = Verdict::kChange;
    if (verdict == Verdict::kChange && sway_) sway_->forget();
    // There is no smoothed one before the first frame that is smoothed.
    if (!knows_gray && settings_.blur > 0) verdict = Verdict::kNothing;
  }
  if (noise_ && (verdict != Verdict::kMotion || !knows_gray)) noise_->forget();
  if (verdict == Verdict::kMotion && knows_gray && settings_.light_change_limit < 1)
    see_light(frame, context);
  if (verdict != Verdict::kMotion)
    difference.remember(frame);
  else if (knows_gray)
    compare_gray(frame, context);
  else
    compare_exactly(frame, context, settings_.threshold);
  return verdict;
}

void MotionFinder::see_light(const ConstFrameView& frame, const Context& context) {
  const RowStep rows = LightStep::rows(cv::Size(frame.size.width, frame.size.height));
  const cv::Mat* const counts = counting(context.regions);
  light_ = LightStep(gray_.previous(context.difference, rows), gray_.current(rows),
                     counts ? every(*counts, rows) : cv::Mat(),
                     native_threshold(settings_.threshold, range_, 255));
}

// From where the camera is now, and without noise. All that is seen of the previous frame is seen
// before Difference remembers this one in its place.
void MotionFinder::compare_gray(const ConstFrameView& frame, const Context& context) {
  const bool is_moved = movement_.kind == CameraMovement::Kind::kMoved;
  cv::Mat before;  // if it is not what Difference remembers
  if (is_moved || settings_.blur > 0) before = gray_.previous(context.difference);
  const cv::Mat unmoved = before;
  if (is_moved) before = moved_picture_.move(before, gray_.current(), movement_.to_previous);
  const NoiseFilter::Frame seen{.size = cv::Size(frame.size.width, frame.size.height),
                                .seconds = context.seconds,
                                .counts = counting(context.regions)};
  const int threshold = noise_ ? measure_noise(before, seen, context) : settings_.threshold;
  if (!before.empty())
    compare_pictures(before, threshold, context);
  else if (noise_)
    try_strips(frame, context, threshold);
  if (noise_ && noise_->suspect(seen, native_threshold(threshold, range_, 255), moved_.rows())) {
    if (before.empty()) before = gray_.previous(context.difference);
    const cv::Mat lit = light_.relight(before, relit_);
    noise_->judge(seen, {gray_.current(), lit}, lit.data == before.data && !is_moved);
  }
  const bool is_exact = !is_moved && settings_.blur == 0;
  if (is_exact) compare_exactly(frame, context, threshold);
  if (noise_) noise_->clear(seen, moved_.rows());
  // Single pixels have told of noise before, that are cleared here.
  if (is_moved) clear_of_camera(unmoved, threshold, context);
  if (!is_exact) context.difference.remember(frame);
}

// Measures it against the previous frame, or what stands in for that. The threshold to compare
// with.
int MotionFinder::measure_noise(const cv::Mat& before, const NoiseFilter::Frame& frame,
                                const Context& context) {
  const RowStep rows = NoiseFilter::sampled_rows(frame.size);
  const cv::Mat sampled =
      before.empty() ? gray_.previous(context.difference, rows) : every(before, rows);
  noise_->measure(frame, {gray_.current(rows), light_.relight(sampled, relit_rows_)});
  return std::max(settings_.threshold, noise_->threshold(0) * 255 / range_);
}

// Compares what is to tell whether there is noise.
void MotionFinder::try_strips(const ConstFrameView& frame, const Context& context, int threshold) {
  const auto [width, height] = frame.size;
  const RowStep strips = NoiseFilter::strips(cv::Size(width, height));
  context.difference.set_threshold(threshold);
  for (int y = strips.first; y < height; y += strips.step) {
    const Rect strip{0, y, width, std::min(NoiseFilter::kStripRows, height - y)};
    context.difference.try_rows(frame, strip, moved_.row(y), moved_.stride());
  }
}

void MotionFinder::compare_exactly(const ConstFrameView& frame, const Context& context,
                                   int threshold) {
  const TileGrid& grid = moved_.grid();
  context.difference.set_threshold(threshold);
  context.bands.for_each(grid, [&](int band, uint8_t*) {
    const int y = band * TileGrid::kBandHeight;
    const Rect area = intersect({0, y, grid.size().width, TileGrid::kBandHeight}, frame.size);
    if (area.height > 0) context.difference.compare(frame, area, moved_.row(y), moved_.stride());
  });
}

// Compares the grey of the frame with a picture of its size.
void MotionFinder::compare_pictures(const cv::Mat& before, int threshold, const Context& context) {
  const cv::Mat current = gray_.current();
  compared_.create(before.size(), CV_8UC1);
  const auto native = uint8_t(native_threshold(threshold, range_, 255));
  context.bands.for_each(moved_.grid(), [&](int band, uint8_t*) {
    const int y = band * TileGrid::kBandHeight;
    const int height = std::min(TileGrid::kBandHeight, current.rows - y);
    if (height <= 0) return;
    // A copy, since what is compared takes its place.
    before.rowRange(y, y + height).copyTo(compared_.rowRange(y, y + height));
    kernels::active().compare_u8({current.ptr(y), ptrdiff_t(current.step)}, {1, 0},
                                 {compared_.ptr(y), ptrdiff_t(compared_.step)},
                                 moved_.rows().down(y), {current.cols, height}, native);
  });
}

// Of what differs from the moved previous picture, clears what is no motion. `unmoved` is that
// picture before it was moved.
void MotionFinder::clear_of_camera(const cv::Mat& unmoved, int threshold, const Context& context) {
  const cv::Mat current = gray_.current();
  const int native = native_threshold(threshold, range_, 255);
  captions_.configure(current.size());
  context.bands.for_each(moved_.grid(), [&](int band, uint8_t*) {
    const int y = band * TileGrid::kBandHeight;
    const int end = std::min(y + TileGrid::kBandHeight, current.rows);
    moved_picture_.clear_doubtful(current, y, end, moved_);
    captions_.clear({current, unmoved, native}, movement_.to_previous, {y, end}, moved_);
  });
}

// Which cells are not masked; null if none is.
const cv::Mat* MotionFinder::counting(const Regions& regions) {
  if (regions.is_open()) return nullptr;
  if (counting_of_ != regions.number()) {
    const Size size = moved_.grid().size();
    counting_.create(size.height, size.width, CV_8UC1);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) counting_.at<uint8_t>(y, x) = !regions.is_masked(x, y);
    counting_of_ = regions.number();
  }
  return &counting_;
}

// Opens the mask: what is no square of 2 despeckle + 1 pixels wide somewhere is gone.
void MotionFinder::despeckle(Bands& bands) {
  moved_.copy_to(bytes_, bands);
  cv::morphologyEx(bytes_, opened_, cv::MORPH_OPEN, square_);
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
         (camera_ ? camera_->memory() : 0) + (sway_ ? sway_->memory() : 0) +
         moved_picture_.memory() + captions_.memory() + gray_.memory() + bytes(colors_) +
         bytes(smooth_picture_) + bytes(compared_) + bytes(counting_) + bytes(relit_) +
         bytes(relit_rows_) + (noise_ ? noise_->memory() : 0) + bytes(bytes_) + bytes(opened_);
}

}  // namespace motionheat
