// SPDX-License-Identifier: LGPL-2.1-or-later
#include "camera_motion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "frame_seconds.h"

namespace motionheat {
namespace {

constexpr int kPatch = StillReference::kPatch;
// Pixels here are those of the shrunk picture. First what a tile's vote is worth.
// How far off it may be, at last and at first, in pixels^2; and what no tile is more precise than.
constexpr float kNearSquared = 0.15f * 0.15f, kFarSquared = 0.5f * 0.5f;
constexpr float kFinest = 0.05f * 0.05f;
constexpr float kLeastNoise = 1.5f * 1.5f;  // grey^2
// When there is something to go by.
constexpr int kEnough = 6;  // tiles that agree
constexpr double kEnoughShare = 0.12;
constexpr double kMostDeviation = 0.15;  // pixels
constexpr double kSide = 0.15;           // of the width
constexpr double kNarrow = 32;           // pixels that a side has at least
constexpr double kOneSided = 1.5;        // seconds without tiles on one side
// When it is not the camera that moves.
constexpr double kVisible = 0.5;      // pixels that tell moved from not moved
constexpr int kFew = 4;               // tiles that are more than chance
constexpr float kStillShare = 0.35f;  // of them that say so
constexpr double kLeastMove = 0.1;    // pixels of the frame
// When it is another view.
constexpr double kFollowing = 2;   // seconds in which a slow drift is followed
constexpr double kTurned = 0.06;   // of the width: further away it is another view
constexpr double kLeastTurn = 16;  // pixels
constexpr double kSettling = 0.3;  // seconds within half of that after a break
constexpr double kStanding = 3;    // as many times sooner it is over where the camera stands
constexpr double kLongestBreak = 10;
constexpr double kTrusted = 0.5, kNothing = 0.08;  // shares of which one follows the other
constexpr double kPatience = 2;                    // seconds until a view that is lost is given up
// The search: whole pixels of the coarsest picture, turns in radians, tiles.
constexpr int kReach = 9, kSpan = 2 * kReach + 1, kAngles = 7, kSearched = 64;
constexpr float kTurn = 0.5f * 3.14159265f / 180;
constexpr double kStep = 4;  // pixels from one frame to the next that call for one

double distance(const PixelPoint& a, const PixelPoint& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

}  // namespace

void CameraMotion::forget() {
  frames_ = 0;
  known_ = false;
  since_left_ = since_right_ = 2 * kOneSided;
  trusted_ = lost_ = settling_ = breaking_ = 0;
}

size_t CameraMotion::memory() const {
  return reference_.memory() + (fits_.size() + unmoved_.size()) * sizeof(Fit) + blurred_.total() +
         wanted_.total() + found_.total() + costs_.size() * sizeof(float);
}

void CameraMotion::restart() {
  pose_ = {};
  home_ = {};
  followed_ = 0;
  known_ = true;
  lost_ = 0;
  frames_ = 1;
  reference_.restart();
}

PixelPoint CameraMotion::middle() const {
  return {reference_.size().width / 2.0, reference_.size().height / 2.0};
}

// Where the middle usually is in the coarsest picture.
cv::Point CameraMotion::coarse_home() const {
  const PixelPoint p = home_.at(middle().x, middle().y);
  return {int(std::lround(p.x / 4)), int(std::lround(p.y / 4))};
}

// In pixels of the frame: each of them is at pixel * scale + to_corner of those here.
Displacement CameraMotion::in_frame(Displacement d) const {
  const int scale = reference_.scale();
  const double to_corner = (scale - 1) / 2.0;
  const PixelPoint corner = d.at(-to_corner / scale, -to_corner / scale);
  d.x = corner.x * scale;
  d.y = corner.y * scale;
  return d;
}

// How far most of the picture moves at the most.
double CameraMotion::most_of(const Displacement& d) const {
  double most = 0;
  for (const double x : {0.2, 0.8}) {
    for (const double y : {0.2, 0.8}) {
      const PixelPoint moved = d.at(x * reference_.size().width, y * reference_.size().height);
      most = std::max(most, std::hypot(moved.x, moved.y));
    }
  }
  return most;
}

// Whether a good part of the tiles says that the camera did not move at all. What is wrong about
// the others then is that something large moves: it is unlikely that something moves against the
// camera just as the camera does.
bool CameraMotion::stands_still(const Displacement& d) {
  const PixelPoint m = middle();
  if (!known_ || distance(d.at(m.x, m.y), pose_.at(m.x, m.y)) < kVisible) return false;
  reference_.fit(d, 0, fits_);
  reference_.fit(pose_, 0, unmoved_);
  float still = 0, moved = 0;
  int n = 0;
  for (size_t i = 0; i < fits_.size(); ++i) {
    if (!fits_[i].inside || !unmoved_[i].inside) continue;
    const float margin = 1 + reference_.noise() / 2;
    const float a = fits_[i].residual + margin, b = unmoved_[i].residual + margin;
    if (b < a / 2) {
      still += reference_.importance(reference_.tiles()[i]);
      ++n;
    } else if (a < b / 2) {
      moved += reference_.importance(reference_.tiles()[i]);
    }
  }
  return n >= kFew && still > kStillShare * (still + moved);
}

// What is to be expected of tiles' residuals at a level: what less than a third of them exceed is
// noise.
float CameraMotion::noise_of_fits() {
  sorted_.clear();
  for (const Fit& fit : fits_)
    if (fit.inside) sorted_.push_back(fit.residual);
  if (sorted_.size() < kEnough) return 0;
  const auto third = sorted_.begin() + ptrdiff_t(sorted_.size() * 3 / 10);
  std::nth_element(sorted_.begin(), third, sorted_.end());
  return std::max(kLeastNoise, *third);
}

// Each tile's wish for where to go, weighed, is added to the equations of all.
CameraMotion::Verdict CameraMotion::weigh(int level, float noise, float tolerance,
                                          Equations& sums) const {
  const PixelPoint half = middle();
  const float pixels = level == 0 ? kPatch * kPatch : kPatch * kPatch / 4;
  const double side = std::max(kSide * reference_.size().width, kNarrow);
  const float old_noise = reference_.noise() * reference_.noise_left();
  Verdict verdict;
  float all = 0, agreeing = 0;
  for (size_t i = 0; i < fits_.size(); ++i) {
    const Fit& fit = fits_[i];
    if (!fit.inside) continue;
    const StillReference::Tile& tile = reference_.tiles()[i];
    const float expected = noise + tolerance * (fit.xx + fit.yy) / pixels;
    const float unlike = std::max(0.0f, fit.residual - reference_.noise() - old_noise) /
                         std::max(1.0f, tile.contrast - old_noise);
    const float importance = reference_.importance(tile);
    const int x = tile.x + kPatch / 2, y = tile.y + kPatch / 2;
    all += importance;
    if (fit.residual < 4 * expected && unlike < 0.5f) {
      ++verdict.agree;
      agreeing += importance;
      verdict.left |= x < side;
      verdict.right |= x > reference_.size().width - side;
    }
    float weight = 1 / (1 + fit.residual / (2 * expected + tile.usual / 4));
    weight *= weight * std::clamp(1 - unlike, 0.01f, 1.0f) * importance;
    weight /= noise + tile.usual + kFinest * (fit.xx + fit.yy);
    const double factors[] = {1, (x - half.x) / half.x, (y - half.y) / half.x};
    for (int r = 0; r < 3; ++r) {
      sums.b[r] -= weight * fit.bx * factors[r];
      sums.b[r + 3] -= weight * fit.by * factors[r];
      for (int c = 0; c < 3; ++c) {
        sums.a(r, c) += weight * fit.xx * factors[r] * factors[c];
        sums.a(r, c + 3) += weight * fit.xy * factors[r] * factors[c];
        sums.a(r + 3, c + 3) += weight * fit.yy * factors[r] * factors[c];
      }
    }
  }
  verdict.share = agreeing / all;
  return verdict;
}

// Steps of Gauss and Newton. The unknowns are the displacement of the middle and how much more that
// of the right, and as far below, is: of x, then of y, in pixels of the level.
CameraMotion::Verdict CameraMotion::refine(Displacement& d, int level, int rounds) {
  const PixelPoint half = middle();
  const double enlarged = 1 << level;
  Verdict verdict;
  for (int round = 0; round < rounds; ++round) {
    reference_.fit(d, level, fits_);
    const float noise = noise_of_fits();
    if (noise == 0) return {};
    Equations sums;
    verdict = weigh(level, noise, level == 0 && round > 0 ? kNearSquared : kFarSquared, sums);
    // What is believed without them: that it is a shift, more or less.
    const double now[] = {0, d.x_by_x * half.x, d.x_by_y * half.x,
                          0, d.y_by_x * half.x, d.y_by_y * half.x};
    for (int r = 0; r < 6; ++r) {
      sums.a(r, r) += r % 3 == 0 ? 1e-6 : 1;
      sums.b[r] -= now[r] / enlarged;
      for (int c = 0; c < r; ++c) sums.a(r, c) = sums.a(c, r);
    }
    const cv::Matx66d inverse = sums.a.inv(cv::DECOMP_CHOLESKY);
    cv::Vec6d step = inverse * sums.b;
    verdict.deviation = std::sqrt(std::max(inverse(0, 0), inverse(3, 3))) * enlarged;
    double most = 0;
    for (int r = 0; r < 6; ++r) {
      step[r] = std::clamp(step[r], -2.0, 2.0) * enlarged;
      most = std::max(most, std::abs(step[r]));
    }
    // From the middle to the corner, where coordinates begin.
    const double cx = half.x - 0.5, cy = half.y - 0.5;
    d.x_by_x += step[1] / half.x;
    d.x_by_y += step[2] / half.x;
    d.y_by_x += step[4] / half.x;
    d.y_by_y += step[5] / half.x;
    d.x += step[0] - (step[1] * cx + step[2] * cy) / half.x;
    d.y += step[3] - (step[4] * cx + step[5] * cy) / half.x;
    if (level == 0 ? round > 0 && most < 0.01 : most < 0.2) break;
  }
  return verdict;
}

CameraMotion::Verdict CameraMotion::settle(Displacement& d) {
  refine(d, 2, 2);
  refine(d, 1, 2);
  return refine(d, 0, 5);
}

// What is left of a picture without its local mean.
void CameraMotion::detail_of(const cv::Mat& picture, cv::Mat& detail) {
  cv::blur(picture, blurred_, {9, 9}, {-1, -1}, cv::BORDER_REPLICATE);
  detail.create(picture.size(), CV_8U);
  for (int y = 0; y < picture.rows; ++y) {
    const uint8_t* const value = picture.ptr<uint8_t>(y);
    const uint8_t* const mean = blurred_.ptr<uint8_t>(y);
    uint8_t* const to = detail.ptr<uint8_t>(y);
    for (int x = 0; x < picture.cols; ++x)
      to[x] = uint8_t(std::clamp(value[x] - mean[x] + 128, 0, 255));
  }
}

// What some of the tiles differ from the coarsest picture, about where they usually are, up to
// where they do not resemble it at all.
void CameraMotion::compare_places() {
  constexpr int kEdge = kPatch / 2, kArea = kEdge * kEdge;
  constexpr int kMostContrast = 20 * kArea;
  reference_.reference(2).convertTo(wanted_, CV_8U, 1.0 / 8);
  detail_of(wanted_, wanted_);
  detail_of(reference_.picture(2), found_);
  int n = 0;
  for (const StillReference::Tile& tile : reference_.tiles()) n += tile.active;
  const int every = std::max(1, n / kSearched);
  const cv::Point home = coarse_home();
  places_.clear();
  costs_.clear();
  n = 0;
  for (const StillReference::Tile& tile : reference_.tiles()) {
    if (!tile.active || n++ % every != 0) continue;
    const int tx = tile.x / 4 - 2, ty = tile.y / 4 - 2;
    std::array<uint8_t, kArea> patch;
    for (int i = 0; i < kEdge; ++i)
      std::copy_n(wanted_.ptr<uint8_t>(ty + i) + tx, kEdge, patch.data() + i * kEdge);
    int contrast = 0;
    for (const uint8_t v : patch) contrast += std::abs(v - 128);
    const int unlike = std::min(contrast, kMostContrast);
    const float weight = reference_.importance(tile) / (1 + tile.usual / 50);
    places_.emplace_back(float(tile.x + kPatch / 2 - reference_.size().width / 2) / 4,
                         float(tile.y + kPatch / 2 - reference_.size().height / 2) / 4);
    for (int y = ty + home.y - kReach; y <= ty + home.y + kReach; ++y) {
      for (int x = tx + home.x - kReach; x <= tx + home.x + kReach; ++x) {
        int cost = unlike;
        if (x >= 0 && y >= 0 && x + kEdge <= found_.cols && y + kEdge <= found_.rows) {
          std::array<uint8_t, kArea> there;
          for (int i = 0; i < kEdge; ++i)
            std::copy_n(found_.ptr<uint8_t>(y + i) + x, kEdge, there.data() + i * kEdge);
          int total = 0;
          for (int i = 0; i < kArea; ++i) total += std::abs(there[i] - patch[i]);
          cost = std::min(cost, total);
        }
        costs_.push_back(float(cost) * weight);
      }
    }
  }
}

// The best of all whole shifts in the coarsest picture, and of some turns. A turn moves a tile by
// another shift than the middle, (u, v), so it looks its difference up there.
Displacement CameraMotion::search() {
  compare_places();
  const cv::Point home = coarse_home();
  const PixelPoint half = middle();
  const float home_turn = float(home_.y_by_x - home_.x_by_y) / 2;
  Displacement best;
  float least = std::numeric_limits<float>::max();
  std::array<float, kSpan * kSpan> sums;
  for (int turn = -kAngles; turn <= kAngles; ++turn) {
    const float angle = home_turn + float(turn) * kTurn;
    sums.fill(0);
    for (size_t i = 0; i < places_.size(); ++i) {
      const float* const costs = costs_.data() + i * kSpan * kSpan;
      const int u = int(std::lround(-angle * places_[i].y));
      const int v = int(std::lround(angle * places_[i].x));
      for (int y = 0; y < kSpan; ++y) {
        const int row = std::clamp(y + v, 0, kSpan - 1) * kSpan;
        const int begin = std::clamp(-u, 0, kSpan), end = std::clamp(kSpan - u, 0, kSpan);
        for (int x = 0; x < begin; ++x) sums[y * kSpan + x] += costs[row];
        for (int x = begin; x < end; ++x) sums[y * kSpan + x] += costs[row + x + u];
        for (int x = end; x < kSpan; ++x) sums[y * kSpan + x] += costs[row + kSpan - 1];
      }
    }
    const auto at = std::min_element(sums.begin(), sums.end());
    if (*at >= least) continue;
    least = *at;
    const int index = int(at - sums.begin());
    best = {0, 0, -angle, 0, angle, 0};
    best.x = 4 * (home.x + index % kSpan - kReach) + angle * half.y;
    best.y = 4 * (home.y + index / kSpan - kReach) - angle * half.x;
  }
  return best;
}

// Where the reference is: usually near where it was. If it is not found there it is searched for.
CameraMotion::Verdict CameraMotion::locate(Displacement& d) {
  d = pose_;
  Verdict verdict = settle(d);
  // What is far from the last place may be a wrong one that resembles the right one in part.
  double most = 0;
  for (const double x : {0.0, 1.0}) {
    const PixelPoint p{x * reference_.size().width, middle().y};
    most = std::max(most, distance(d.at(p.x, p.y), pose_.at(p.x, p.y)));
  }
  if (verdict.share >= std::max(0.4, 0.8 * trusted_) && most < kStep) return verdict;
  Displacement other = search();
  const Verdict found = settle(other);
  if (found.share <= verdict.share) {
    reference_.fit(d, 0, fits_);
    return verdict;
  }
  d = other;
  return found;
}

// How the camera moved from the previous pose to this one.
CameraMovement CameraMotion::movement(const Displacement& pose, const Verdict& verdict) const {
  const Displacement d = pose.inverse().then(pose_);
  const double most = most_of(d);
  if (most * reference_.scale() < kLeastMove || most < 3 * verdict.deviation)
    return {CameraMovement::Kind::kStill, {}, {}};
  return {CameraMovement::Kind::kMoved, in_frame(d), {}};
}

CameraMovement CameraMotion::measure(const cv::Mat& current, double seconds) {
  seconds = frame_seconds(seconds, 1);
  if (current.size() != size_) {
    forget();
    size_ = {};  // while there may be too little memory
    reference_.configure(current.size());
    size_ = current.size();
  }
  if (reference_.empty()) return {};
  reference_.see(current);
  if (frames_ == 0) {
    restart();
    return {};
  }
  frames_ = std::min(frames_ + 1, 1000);
  Displacement pose;
  const Verdict verdict = locate(pose);
  since_left_ = verdict.left ? 0 : since_left_ + seconds;
  since_right_ = verdict.right ? 0 : since_right_ + seconds;
  if (std::max(since_left_, since_right_) > kOneSided || verdict.agree < kEnough ||
      verdict.share < kEnoughShare || verdict.deviation > kMostDeviation)
    return lost(seconds, verdict);
  if (stands_still(pose)) {
    pose = pose_;
    std::swap(fits_, unmoved_);
  }
  CameraMovement moved;
  if (known_) moved = movement(pose, verdict);
  pose_ = pose;
  known_ = true;
  lost_ = 0;
  trusted_ += (verdict.share - trusted_) * (frames_ < 5 ? 1 : 0.05);
  if (has_turned(seconds, moved.kind == CameraMovement::Kind::kStill))
    return {CameraMovement::Kind::kBreak, {}, {}};
  const Displacement from_usual = home_.inverse().then(pose_);
  if (most_of(from_usual) >= kVisible) moved.from_usual = in_frame(from_usual);
  return moved;
}

// Whether this is another view, or it was a moment ago. Keeps the reference near.
bool CameraMotion::has_turned(double seconds, bool stands) {
  const PixelPoint m = middle(), shift = pose_.at(m.x, m.y);
  const double turned = std::max(kTurned * reference_.size().width, kLeastTurn);
  const bool away = distance(shift, home_.at(m.x, m.y)) > turned * (settling_ > 0 ? 0.5 : 1);
  // What has just begun is the mean of the few frames that there are.
  followed_ = settling_ > 0 ? kFollowing : std::min(kFollowing, followed_ + seconds);
  home_ = home_.towards(pose_, std::min(1.0, seconds / followed_));
  if (away) {
    restart();
    settling_ = kSettling;
  } else if (settling_ <= 0 && distance(shift, {}) > turned) {
    // Too little of the reference is seen. What is usual stays.
    const Displacement home = pose_.inverse().then(home_);
    const double followed = followed_;
    restart();
    home_ = home;
    followed_ = followed;
  } else if (settling_ <= 0) {
    reference_.remember(fits_);
    reference_.learn(pose_, seconds);
  }
  if (settling_ <= 0) {
    breaking_ = 0;
    return false;
  }
  settling_ -= (stands ? kStanding : 1) * seconds;
  breaking_ += seconds;
  if (breaking_ > kLongestBreak) settling_ = 0;
  if (settling_ <= 0) followed_ = 0;
  return true;
}

// Nothing resembles the reference. If all was well before, it is another view.
CameraMovement CameraMotion::lost(double seconds, const Verdict& verdict) {
  const bool suddenly = known_ && frames_ > 4 && trusted_ > kTrusted && verdict.share < kNothing;
  known_ = false;
  lost_ += seconds;
  if (settling_ > 0 || suddenly) {
    breaking_ = suddenly && settling_ <= 0 ? 0 : breaking_ + seconds;
    settling_ = breaking_ > kLongestBreak ? 0 : kSettling;
    restart();
    // A picture without anything to hold on to, as in the dark, does not settle.
    const auto& tiles = reference_.tiles();
    if (std::count_if(tiles.begin(), tiles.end(), [](const auto& t) { return t.active; }) < kEnough)
      settling_ = 0;
    return {CameraMovement::Kind::kBreak, {}, {}};
  }
  if (lost_ > kPatience)
    restart();
  else if (reference_.rounds() < 2)
    reference_.learn(pose_, seconds);
  return {};
}

}  // namespace motionheat
