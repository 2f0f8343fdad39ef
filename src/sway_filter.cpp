// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sway_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "frame_seconds.h"
#include "shrink_gray.h"

namespace motionheat {
namespace {

/// The longer side of the small picture.
constexpr int kSmallSide = 320;
/// Seconds between frames that do not know.
constexpr double kMostSeconds = 1;

// All lengths are in pixels of the small picture.
/// How far around where it is expected a patch is looked for, and in which steps at first.
constexpr int kFarthest = 8;
constexpr int kStride = 2;
/// A place is the right one if the patch differs from it by less than this share of what it
/// differs from places around it.
constexpr float kDistinct = 0.5f;
/// Mean difference of a patch's pixels from their mean: what is plainer looks the same everywhere.
constexpr int kPlain = 4;
/// A patch is taken anew so far from where it was: bodies turn and the light on them changes. Up to
/// there the same pixels are looked for, so that what sways is found where it was, and what creeps
/// is seen to get on although each step is less than a pixel.
constexpr int kTakenAnew = 3;
/// Steps count for the way for so many seconds.
constexpr float kWaySeconds = 1.5f;
/// What passes got so far, by such a share of its path. What did before may slow down to a half.
constexpr float kFar = 6;
constexpr float kStraight = 0.6f;
/// Two that pass among the patches in five by five cells, and at least this share of them, are a
/// body. A leaf that is taken for another one seems to pass, too, but among many that stay.
constexpr float kPassingShare = 0.3f;
constexpr int kPassingLeast = 2;
constexpr int kNearCells = 2;
/// A wave that travels along a flag or a tape seems to pass as well, but over and over again: no
/// cell there was still for so many seconds, and most of what passes was there before, up to so far
/// away. That is looked up in small pictures that are kept, so many seconds apart; the last one of
/// them is too new.
constexpr float kBusy = 2;
constexpr int kBack = 4;
constexpr float kApart = 0.5f;
/// What was there before differs from the patch by less than this share of what is around it.
/// Bodies resemble each other, too, but not most of them.
constexpr float kSame = 0.4f;
constexpr float kFreshShare = 0.5f;
/// Seconds of motion after which a patch is known to stay.
constexpr float kKnown = 0.3f;
/// Seconds without motion after which a cell is still.
constexpr float kPause = 0.5f;
/// Seconds after which what rests is given up.
constexpr float kRest = 1;

/// Seconds of swaying after which it is sure, and at most kept in mind. As many in which bodies are
/// expected.
constexpr float kSure = 0.7f;
constexpr float kMostSwayed = 15;
/// What moves as soon as a scene is seen may have swayed for hours. What begins later was still
/// before, and bodies begin more often than leaves: so in the first second swaying weighs more.
constexpr float kFirst = 1;
constexpr float kFirstWeight = 2;
/// A second in which something passes counts as so many in which bodies are expected where nothing
/// is known yet, and takes back so many of sure swaying: who stands about after walking in counts,
/// but a tree goes on swaying when somebody has passed in front of it.
constexpr float kPassedWeight = 10;
constexpr float kPassedSureWeight = 3;
/// What is forgotten in a second without motion.
constexpr float kForgotten = 0.05f;

}  // namespace

SwayFilter::SwayFilter(cv::Size size)
    : size_(size),
      scale_(std::clamp((std::max(size.width, size.height) + kSmallSide - 1) / kSmallSide, 1,
                        kernels::kMaxScale)) {
  const cv::Size small((size.width + scale_ - 1) / scale_, (size.height + scale_ - 1) / scale_);
  cells_ = {(small.width + kCell - 1) / kCell, (small.height + kCell - 1) / kCell};
  small_ = cv::Mat::zeros(small, CV_8UC1);
  for (cv::Mat& picture : before_) picture = cv::Mat::zeros(small, CV_8UC1);
  column_of_byte_.resize(size_t(size.width + 7) / 8);
  static_assert(kCell == 8);
  for (size_t i = 0; i < column_of_byte_.size(); ++i)
    column_of_byte_[i] = uint16_t(i / size_t(scale_));
  row_moves_.resize(size_t(cells_.height));
  const size_t n = size_t(cells_.area());
  patches_.reserve(n);
  moved_.resize(n);
  still_.assign(n, kRest);
  busy_.resize(n);
  patch_.resize(n);
  stays_.resize(n);
  passed_.resize(n);
  swayed_.resize(n);
}

void SwayFilter::forget_picture() {
  patches_.clear();
  kept_ = 0;
  since_kept_ = 0;
}

void SwayFilter::forget() {
  forget_picture();
  std::fill(swayed_.begin(), swayed_.end(), 0.0f);
  watched_ = 0;
}

size_t SwayFilter::memory() const {
  const size_t per_cell = sizeof(Patch) + 2 * sizeof(int) + 3 * sizeof(float) + 2;
  return size_t(cells_.area()) * per_cell + (1 + before_.size()) * small_.total() +
         column_of_byte_.size() * 2;
}

void SwayFilter::apply(const cv::Mat& current, kernels::Rows<uint8_t> moved, double seconds) {
  const float dt = float(frame_seconds(seconds, kMostSeconds));
  count_moved(moved);
  note_still(dt);
  shrink(current);
  keep(dt);
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

/// Whether anything moved there just now. What sways does so by turns, gently it moves only while
/// it is fastest.
bool SwayFilter::moves(size_t cell) const {
  return still_[cell] <= kPause;
}

bool SwayFilter::moves_near(Point place) const {
  const cv::Rect near = cells_near(place, 1);
  for (int y = near.y; y < near.br().y; ++y)
    for (int x = near.x; x < near.br().x; ++x)
      if (moves(size_t(y * cells_.width + x))) return true;
  return false;
}

void SwayFilter::count_moved(kernels::Rows<const uint8_t> moved) {
  std::fill(moved_.begin(), moved_.end(), 0);
  const size_t bytes = column_of_byte_.size();
  for (int y = 0; y < size_.height; ++y) {
    const uint8_t* const row = moved[y];
    int* const counts = &moved_[size_t(y / (kCell * scale_) * cells_.width)];
    const auto count = [&](size_t x) { counts[column_of_byte_[x]] += std::popcount(row[x]); };
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
}

void SwayFilter::note_still(float seconds) {
  std::fill(row_moves_.begin(), row_moves_.end(), uint8_t{0});
  for (size_t i = 0; i < still_.size(); ++i) {
    still_[i] = moved_[i] ? 0 : std::min(still_[i] + seconds, kRest);
    busy_[i] = moves(i) ? std::min(busy_[i] + seconds, kBusy) : 0;
    row_moves_[i / size_t(cells_.width)] |= moves(i);
  }
}

/// Only those rows of cells are brought up to date that what moves may reach.
void SwayFilter::shrink(const cv::Mat& current) {
  constexpr int kRowsAbout = 1 + (2 * kFarthest + kPatch + kCell - 1) / kCell;
  for (int row = 0; row < cells_.height; ++row) {
    const auto begin = row_moves_.begin();
    const auto first = begin + std::max(0, row - kRowsAbout);
    const auto end = begin + std::min(cells_.height, row + kRowsAbout + 1);
    if (std::find(first, end, 1) == end) continue;
    for (int y = row * kCell; y < std::min(small_.rows, (row + 1) * kCell); ++y) {
      shrink_gray_row(current, scale_, y, small_);
    }
  }
}

/// Now and then the small picture is kept.
void SwayFilter::keep(float seconds) {
  since_kept_ += seconds;
  if (since_kept_ < kApart) return;
  since_kept_ = 0;
  small_.copyTo(before_[kept_++ % before_.size()]);
}

/// Sum of the differences of a patch's pixels from those of a small picture.
int SwayFilter::distance(const Patch& patch, const cv::Mat& picture, Point middle) {
  const ptrdiff_t stride = ptrdiff_t(picture.step);
  const uint8_t* row = picture.ptr(middle.y - kPatch / 2) + middle.x - kPatch / 2;
  const uint8_t* taken = patch.pixels.data();
  int sum = 0;
  for (int y = 0; y < kPatch; ++y, row += stride, taken += kPatch)
    for (int x = 0; x < kPatch; ++x) sum += std::abs(int{taken[x]} - int{row[x]});
  return sum;
}

/// Where a picture resembles a patch most, up to `reach` (and a pixel) around a place.
SwayFilter::Match SwayFilter::look_for(const Patch& patch, const cv::Mat& picture, Point around,
                                       int reach) const {
  int sum = 0;
  int tried = 0;
  int least = INT32_MAX;
  int best = INT32_MAX;
  Point found = patch.place;
  const auto try_at = [&](Point middle) {
    if (!holds(middle)) return;
    const int difference = distance(patch, picture, middle);
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
  for (int y = -reach; y <= reach; y += kStride)
    for (int x = -reach; x <= reach; x += kStride) try_at({around.x + x, around.y + y});
  try_at(patch.place);
  if (!tried) return {found, 1};
  const float elsewhere = float(sum) / float(tried);
  const Point rough = found;
  for (int y = -1; y <= 1; ++y)
    for (int x = -1; x <= 1; ++x)
      if (x || y) try_at({rough.x + x, rough.y + y});
  return {found, float(best) / std::max(1.0f, elsewhere)};
}

/// Moves a patch to where its pixels are now; false if they are nowhere.
bool SwayFilter::find(Patch& patch) const {
  const Point expected{patch.place.x + patch.step.x, patch.place.y + patch.step.y};
  const Match match = look_for(patch, small_, expected, kFarthest);
  if (match.unlike > kDistinct) return false;
  patch.step = {match.place.x - patch.place.x, match.place.y - patch.place.y};
  patch.place = match.place;
  return true;
}

bool SwayFilter::was_there(const Patch& patch) const {
  for (size_t i = 2; i <= std::min(kept_, before_.size()); ++i) {
    const cv::Mat& picture = before_[(kept_ - i) % before_.size()];
    if (look_for(patch, picture, patch.place, kBack).unlike < kSame) return true;
  }
  return false;
}

void SwayFilter::take(Patch& patch) const {
  const uint8_t* const corner = small_.ptr(patch.place.y - kPatch / 2) + patch.place.x - kPatch / 2;
  for (int y = 0; y < kPatch; ++y)
    std::memcpy(&patch.pixels[size_t(y * kPatch)], corner + ptrdiff_t(small_.step) * y, kPatch);
  patch.taken = patch.place;
}

/// One frame of a patch's life; false if it ends.
bool SwayFilter::follow(Patch& patch, float seconds) const {
  const float kept = std::exp(-seconds / kWaySeconds);
  for (float& along : patch.way) along *= kept;
  patch.path *= kept;
  if (!moves_near(patch.place)) {
    patch.step = {0, 0};
    patch.rest += seconds;
    patch.age = 0;
    patch.passes = patch.is_fresh = false;
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
  patch.is_fresh = patch.passes && !was_there(patch);
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

/// What the patches around one that passes tell of it.
SwayFilter::Kind SwayFilter::kind_of_passing(Point place) const {
  int followed = 0;
  int passing = 0;
  int fresh = 0;
  const cv::Rect near = cells_near(place, kNearCells);
  for (int y = near.y; y < near.br().y; ++y)
    for (int x = near.x; x < near.br().x; ++x) {
      const int there = patch_[size_t(y * cells_.width + x)];
      if (there < 0 || patches_[size_t(there)].rest > 0) continue;
      ++followed;
      passing += patches_[size_t(there)].passes;
      fresh += patches_[size_t(there)].is_fresh;
    }
  if (passing < kPassingLeast || float(passing) < kPassingShare * float(followed))
    return Kind::kAlone;
  const bool is_busy = busy_[size_t(cell(place))] >= kBusy;
  return is_busy && float(fresh) < kFreshShare * float(passing) ? Kind::kWave : Kind::kBody;
}

/// Bodies are not expected there.
void SwayFilter::expect_none(Point place) {
  const cv::Rect near = cells_near(place, 1);
  for (int y = near.y; y < near.br().y; ++y)
    for (int x = near.x; x < near.br().x; ++x) {
      float& swayed = swayed_[size_t(y * cells_.width + x)];
      swayed = std::max(swayed, 0.0f);
    }
}

void SwayFilter::mark_passing() {
  std::fill(stays_.begin(), stays_.end(), uint8_t{0});
  std::fill(passed_.begin(), passed_.end(), uint8_t{0});
  for (Patch& patch : patches_) {
    const Kind kind = patch.passes ? kind_of_passing(patch.place) : Kind::kStays;
    const bool was_body = std::exchange(patch.is_body, kind == Kind::kBody);
    const bool is_known = patch.age >= kKnown && moves(size_t(cell(patch.place)));
    if (is_known && kind == Kind::kWave) expect_none(patch.place);
    if (is_known && (kind == Kind::kWave || kind == Kind::kStays)) mark(stays_, patch.place, 1);
    if (!patch.is_body) continue;
    mark(passed_, patch.place, 1);
    // The way that it came before this was known.
    for (int i = 1; i <= 3 && !was_body; ++i) {
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
  const float weight = watched_ < kFirst ? kFirstWeight : 1;
  watched_ = std::min(watched_ + seconds, kFirst);
  for (size_t i = 0; i < swayed_.size(); ++i) {
    float& swayed = swayed_[i];
    const float forgotten = std::min(std::abs(swayed), kForgotten * seconds);
    if (passed_[i])
      swayed -= (swayed > kSure ? kPassedSureWeight : kPassedWeight) * seconds;
    else if (stays_[i] && moves(i))
      swayed += weight * seconds;
    else
      swayed -= std::copysign(forgotten, swayed);
    swayed = std::clamp(swayed, -kMostSwayed, kMostSwayed);
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
