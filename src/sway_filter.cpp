// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sway_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace motionheat {
namespace {

#ifndef SWAY_D
#define SWAY_D 4.0f
#define SWAY_COH 0.6f
#define SWAY_SHARE 0.3f
#define SWAY_RHO 0.5f
#define SWAY_TAU 1.5f
#define SWAY_OLD 0.3f
#define SWAY_SURE 1.0f
#define SWAY_GIVE 6.0f
#define SWAY_GIVE_SURE 3.0f
#define SWAY_KEEP 0.05f
#define SWAY_CAP 15.0f
#endif
/// The longer side of the small picture.
constexpr int kSmallSide = 320;
/// Seconds between frames that do not know.
constexpr double kUsualSeconds = 0.04;
constexpr double kMostSeconds = 1;

// All lengths are in pixels of the small picture.
/// How far around where it is expected a patch is looked for, and in which steps at first.
constexpr int kReach = 8;
constexpr int kStride = 2;
/// A place is the right one if the patch differs from it by less than this share of what it
/// differs from places around it.
constexpr float kDistinct = SWAY_RHO;
/// Mean difference of a patch's pixels from their mean: what is plainer looks the same everywhere.
constexpr int kPlain = 4;
/// A patch is taken anew so far from where it was: bodies turn and the light on them changes. Up to
/// there the same pixels are looked for, so that what sways is found where it was, and what creeps
/// is seen to get on although each step is less than a pixel.
constexpr int kTakenAnew = 3;
/// Steps count for the way for so many seconds.
constexpr float kWaySeconds = SWAY_TAU;
/// What passes got so far, by such a share of its path. What did before may slow down to a half.
constexpr float kFar = SWAY_D;
constexpr float kStraight = SWAY_COH;
/// Among the patches near it, in five by five cells, at least two pass and such a share of all.
constexpr float kPassingShare = SWAY_SHARE;
constexpr int kPassingLeast = 2;
/// Seconds of motion after which a patch is known to stay.
constexpr float kKnown = SWAY_OLD;
/// Seconds after which what rests is given up.
constexpr float kRest = 1;

/// Seconds of swaying after which it is sure, and at most kept in mind. As many in which bodies are
/// expected.
constexpr float kSure = SWAY_SURE;
constexpr float kMostSwayed = SWAY_CAP;
/// A second in which something passes counts as so many in which bodies are expected where nothing
/// is known yet, and takes back so many of sure swaying: who stands about after walking in counts,
/// but a tree goes on swaying when somebody has passed in front of it.
constexpr float kPassedWeight = SWAY_GIVE;
constexpr float kPassedSureWeight = SWAY_GIVE_SURE;
/// What is forgotten in a second without motion.
constexpr float kForgotten = SWAY_KEEP;

}  // namespace

SwayFilter::SwayFilter(cv::Size size)
    : size_(size),
      scale_(std::clamp((std::max(size.width, size.height) + kSmallSide - 1) / kSmallSide, 1,
                        kernels::kMaxScale)) {
  const cv::Size small((size.width + scale_ - 1) / scale_, (size.height + scale_ - 1) / scale_);
  cells_ = {(small.width + kCell - 1) / kCell, (small.height + kCell - 1) / kCell};
  small_ = cv::Mat::zeros(small, CV_8UC1);
  column_of_byte_.resize(size_t(size.width + 7) / 8);
  // A cell is kCell * scale_ pixels wide: scale_ bytes of bits.
  static_assert(kCell == 8);
  for (size_t i = 0; i < column_of_byte_.size(); ++i)
    column_of_byte_[i] = uint16_t(i / size_t(scale_));
  row_moved_.resize(size_t(cells_.height));
  const size_t n = size_t(cells_.area());
  patches_.reserve(n);
  moved_.resize(n);
  patch_.resize(n);
  stays_.resize(n);
  passed_.resize(n);
  swayed_.resize(n);
}

void SwayFilter::forget_picture() { patches_.clear(); }

void SwayFilter::forget() {
  forget_picture();
  std::fill(swayed_.begin(), swayed_.end(), 0.0f);
}

size_t SwayFilter::memory() const {
  const size_t per_cell = sizeof(Patch) + 2 * sizeof(int) + 2 + sizeof(float);
  return size_t(cells_.area()) * per_cell + small_.total() + column_of_byte_.size() * 2;
}

void SwayFilter::apply(const cv::Mat& current, kernels::Rows<uint8_t> moved, double seconds) {
  const float dt = float(seconds > 0 ? std::min(seconds, kMostSeconds) : kUsualSeconds);
  if (count_moved(moved)) shrink(current);
  follow_all(dt);
  mark_passing();
  begin_patches();
  learn(dt);
  clear(moved);
}

/// Whether a patch there lies in the small picture.
bool SwayFilter::holds(Point middle) const {
  constexpr int kHalf = kPatch / 2;
  return middle.x >= kHalf && middle.y >= kHalf && middle.x + kHalf <= small_.cols &&
         middle.y + kHalf <= small_.rows;
}

int SwayFilter::cell(Point place) const {
  return place.y / kCell * cells_.width + place.x / kCell;
}

cv::Rect SwayFilter::cells_near(Point place, int reach) const {
  const cv::Rect near(place.x / kCell - reach, place.y / kCell - reach, 2 * reach + 1,
                      2 * reach + 1);
  return near & cv::Rect({0, 0}, cells_);
}

bool SwayFilter::moved_near(Point place) const {
  const cv::Rect near = cells_near(place, 1);
  for (int y = near.y; y < near.br().y; ++y)
    for (int x = near.x; x < near.br().x; ++x)
      if (moved_[size_t(y * cells_.width + x)]) return true;
  return false;
}

/// Whether anything moved.
bool SwayFilter::count_moved(kernels::Rows<const uint8_t> moved) {
  std::fill(moved_.begin(), moved_.end(), 0);
  std::fill(row_moved_.begin(), row_moved_.end(), uint8_t{0});
  const size_t bytes = column_of_byte_.size();
  bool any = false;
  for (int y = 0; y < size_.height; ++y) {
    const uint8_t* const row = moved[y];
    const int cell_row = y / (kCell * scale_);
    int* const counts = &moved_[size_t(cell_row * cells_.width)];
    const auto count = [&](size_t x) {
      counts[column_of_byte_[x]] += std::popcount(row[x]);
      row_moved_[size_t(cell_row)] = 1;
      any = true;
    };
    size_t x = 0;
    for (uint64_t eight; x + sizeof eight <= bytes; x += sizeof eight) {
      std::memcpy(&eight, row + x, sizeof eight);
      if (eight)
        for (size_t i = 0; i < sizeof eight; ++i)
          if (row[x + i]) count(x + i);
    }
    for (; x < bytes; ++x)
      if (row[x]) count(x);
  }
  return any;
}

/// Only those rows of cells are brought up to date that what moved in this frame may have reached.
void SwayFilter::shrink(const cv::Mat& current) {
  constexpr int kRowsAbout = 1 + (2 * kReach + kPatch + kCell - 1) / kCell;
  const auto& shrink_row = kernels::active().shrink_u8;
  for (int row = 0; row < cells_.height; ++row) {
    const auto begin = row_moved_.begin();
    const auto first = begin + std::max(0, row - kRowsAbout);
    const auto end = begin + std::min(cells_.height, row + kRowsAbout + 1);
    if (std::find(first, end, 1) == end) continue;
    for (int y = row * kCell; y < std::min(small_.rows, (row + 1) * kCell); ++y) {
      const kernels::Rows<const uint8_t> pixels{current.ptr(y * scale_), ptrdiff_t(current.step)};
      uint8_t* const means[] = {small_.ptr(y)};
      shrink_row(pixels, {1, 1, {0}}, {size_.width, std::min(scale_, size_.height - y * scale_)},
                 scale_, means);
    }
  }
}

/// Sum of the differences of a patch's pixels from those of the small picture.
int SwayFilter::distance(const Patch& patch, Point middle) const {
  const ptrdiff_t stride = ptrdiff_t(small_.step);
  const uint8_t* row = small_.ptr(middle.y - kPatch / 2) + middle.x - kPatch / 2;
  const uint8_t* taken = patch.pixels.data();
  int sum = 0;
  for (int y = 0; y < kPatch; ++y, row += stride, taken += kPatch)
    for (int x = 0; x < kPatch; ++x) sum += std::abs(int{taken[x]} - int{row[x]});
  return sum;
}

/// Moves a patch to where its pixels are now; false if they are nowhere.
bool SwayFilter::find(Patch& patch) const {
  const Point expected{patch.place.x + patch.step.x, patch.place.y + patch.step.y};
  int sum = 0;
  int tried = 0;
  int least = INT32_MAX;
  int best = INT32_MAX;
  Point found = patch.place;
  const auto try_at = [&](Point middle) {
    if (!holds(middle)) return;
    const int difference = distance(patch, middle);
    sum += difference;
    ++tried;
    // Among equals the nearest one.
    const int cost =
        difference + std::abs(middle.x - patch.place.x) + std::abs(middle.y - patch.place.y);
    if (cost >= least) return;
    least = cost;
    best = difference;
    found = middle;
  };
  for (int y = -kReach; y <= kReach; y += kStride)
    for (int x = -kReach; x <= kReach; x += kStride) try_at({expected.x + x, expected.y + y});
  try_at(patch.place);
  const float elsewhere = tried ? float(sum) / float(tried) : 0;
  const Point rough = found;
  for (int y = -1; y <= 1; ++y)
    for (int x = -1; x <= 1; ++x)
      if (x || y) try_at({rough.x + x, rough.y + y});
  if (!tried || float(best) > kDistinct * elsewhere) return false;
  patch.step = {found.x - patch.place.x, found.y - patch.place.y};
  patch.place = found;
  return true;
}

void SwayFilter::take(Patch& patch) const {
  const uint8_t* const corner =
      small_.ptr(patch.place.y - kPatch / 2) + patch.place.x - kPatch / 2;
  for (int y = 0; y < kPatch; ++y)
    std::memcpy(&patch.pixels[size_t(y * kPatch)], corner + ptrdiff_t(small_.step) * y, kPatch);
  patch.taken = patch.place;
}

/// One frame of a patch's life; false if it ends.
bool SwayFilter::follow(Patch& patch, float seconds) const {
  const float kept = std::exp(-seconds / kWaySeconds);
  for (float& along : patch.way) along *= kept;
  patch.path *= kept;
  if (!moved_near(patch.place)) {
    patch.step = {0, 0};
    patch.rest += seconds;
    patch.age = 0;
    patch.passes = false;
    return patch.rest <= kRest;
  }
  patch.rest = 0;
  patch.age += seconds;
  if (!find(patch)) return false;
  const float x = float(patch.step.x);
  const float y = float(patch.step.y);
  patch.way[0] += x;
  patch.way[1] += y;
  patch.path += std::hypot(x, y);
  if (std::abs(patch.place.x - patch.taken.x) + std::abs(patch.place.y - patch.taken.y) >=
      kTakenAnew)
    take(patch);
  const float got = std::hypot(patch.way[0], patch.way[1]);
  patch.passes = got >= (patch.passes ? kFar / 2 : kFar) && got >= kStraight * patch.path;
  return true;
}

/// Of patches that come to the same cell the one that was followed for longer stays.
void SwayFilter::follow_all(float seconds) {
  std::fill(patch_.begin(), patch_.end(), -1);
  size_t n = 0;
  for (size_t i = 0; i < patches_.size(); ++i) {
    if (!follow(patches_[i], seconds)) continue;
    int& here = patch_[size_t(cell(patches_[i].place))];
    if (here < 0) {
      here = int(n);
      patches_[n++] = patches_[i];
    } else if (patches_[size_t(here)].age < patches_[i].age) {
      patches_[size_t(here)] = patches_[i];
    }
  }
  patches_.resize(n);
}

void SwayFilter::mark(std::vector<uint8_t>& cells, Point place, int reach) const {
  const cv::Rect near = cells_near(place, reach);
  for (int y = near.y; y < near.br().y; ++y)
    std::fill_n(cells.begin() + ptrdiff_t{y} * cells_.width + near.x, near.width, uint8_t{1});
}

void SwayFilter::mark_passing() {
  std::fill(stays_.begin(), stays_.end(), uint8_t{0});
  std::fill(passed_.begin(), passed_.end(), uint8_t{0});
  for (Patch& patch : patches_) {
    if (!patch.passes) {
      if (patch.age >= kKnown) mark(stays_, patch.place, 1);
      patch.is_led = false;
      continue;
    }
    int passing = 0;
    int followed = 0;
    const cv::Rect near = cells_near(patch.place, 2);
    for (int y = near.y; y < near.br().y; ++y)
      for (int x = near.x; x < near.br().x; ++x) {
        const int there = patch_[size_t(y * cells_.width + x)];
        if (there < 0 || patches_[size_t(there)].rest > 0) continue;
        ++followed;
        passing += patches_[size_t(there)].passes;
      }
    const bool was_led = patch.is_led;
    patch.is_led =
        passing >= kPassingLeast && float(passing) >= kPassingShare * float(followed);
    if (!patch.is_led) continue;
    mark(passed_, patch.place, 1);
    // The way that it came before this was known.
    for (int i = 1; i <= 3 && !was_led; ++i) {
      const float back = float(i) / 3;
      const Point before{patch.place.x - int(patch.way[0] * back),
                         patch.place.y - int(patch.way[1] * back)};
      if (holds(before)) mark(passed_, before, 1);
    }
  }
}

/// One for each cell in which something moves that has none.
void SwayFilter::begin_patches() {
  constexpr int kHalf = kPatch / 2;
  if (small_.cols < kPatch || small_.rows < kPatch) return;
  for (int y = 0; y < cells_.height; ++y)
    for (int x = 0; x < cells_.width; ++x) {
      const size_t here = size_t(y * cells_.width + x);
      if (moved_[here] < 2 || patch_[here] >= 0) continue;
      Patch patch{};
      patch.place = {std::min(x * kCell + kCell / 2, small_.cols - kHalf),
                     std::min(y * kCell + kCell / 2, small_.rows - kHalf)};
      take(patch);
      int sum = 0;
      for (const uint8_t pixel : patch.pixels) sum += pixel;
      const int mean = sum / (kPatch * kPatch);
      int spread = 0;
      for (const uint8_t pixel : patch.pixels) spread += std::abs(pixel - mean);
      if (spread < kPlain * kPatch * kPatch) continue;
      if (patch_[size_t(cell(patch.place))] >= 0) continue;
      patch_[size_t(cell(patch.place))] = int(patches_.size());
      patches_.push_back(patch);
    }
}

void SwayFilter::learn(float seconds) {
  for (size_t i = 0; i < swayed_.size(); ++i) {
    float& swayed = swayed_[i];
    if (passed_[i])
      swayed = std::max(-kMostSwayed, swayed - (swayed > kSure ? kPassedSureWeight : kPassedWeight) * seconds);
    else if (moved_[i] && stays_[i])
      swayed = std::min(kMostSwayed, swayed + seconds);
    else if (swayed > 0)
      swayed = std::max(0.0f, swayed - kForgotten * seconds);
    else
      swayed = std::min(0.0f, swayed + kForgotten * seconds);
  }
}

void SwayFilter::clear(kernels::Rows<uint8_t> moved) const {
  const int bytes = int(column_of_byte_.size());
  for (int y = 0; y < cells_.height; ++y)
    for (int x = 0; x < cells_.width; ++x) {
      const size_t here = size_t(y * cells_.width + x);
      if (!moved_[here] || passed_[here] || swayed_[here] <= kSure) continue;
      const int begin = x * scale_;
      const int end = std::min(begin + scale_, bytes);
      const int rows = std::min((y + 1) * kCell * scale_, size_.height);
      for (int row = y * kCell * scale_; row < rows; ++row)
        std::memset(moved[row] + begin, 0, size_t(end - begin));
    }
}

}  // namespace motionheat
