// SPDX-License-Identifier: LGPL-2.1-or-later
#include "activity.h"

#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>

#include "words.h"

namespace motionheat {
namespace {

constexpr double kLongest = 1e9;  // seconds

double as_duration(double seconds) {
  return seconds > 0 ? std::min(seconds, kLongest) : 0;  // NaN is not > 0
}

// Whether stillness has lasted for a gap; if that is no number, too. A sum of the times of frames
// may be a trifle less than the time that they take.
bool is_over(double still, double gap) {
  constexpr double kRounding = 1e-9;
  return !(still * (1 + kRounding) < gap);
}

double as_share(double share) {
  return share > 0 ? std::min(share, 1.0) : 0;
}

bool is_empty(const Rect& r) {
  return r.width <= 0 || r.height <= 0;
}

Rect intersect(const Rect& a, const Rect& b) {
  const int x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  const Rect r{x, y, std::min(a.right(), b.right()) - x, std::min(a.bottom(), b.bottom()) - y};
  return is_empty(r) ? Rect{} : r;
}

int64_t area(const Rect& r) {
  return int64_t{r.width} * r.height;
}

}  // namespace

// Motion events

std::vector<MotionEvent> Activity::configure(size_t zones) {
  std::vector<Zone> fresh(zones);
  std::vector<MotionEvent> ended = finish();
  zones_.swap(fresh);
  return ended;
}

std::vector<MotionEvent> Activity::frame(std::span<const double> shares,
                                         std::span<const Rect> boxes, double seconds,
                                         const ActivitySettings& settings) {
  const auto share_of = [&](size_t i) { return i < shares.size() ? as_share(shares[i]) : 0; };
  const auto moves = [&](size_t i) { return share_of(i) > 0 && share_of(i) >= settings.area; };
  std::vector<MotionEvent> events;
  for (size_t i = 0; i < zones_.size(); ++i) {
    Zone& zone = zones_[i];
    zone.still = std::min(zone.still + as_duration(seconds), kLongest);
    if (moves(i)) continue;
    if (zone.id == 0)
      zone = {};
    else if (is_over(zone.still, settings.gap))
      end(i, share_of(i), events);
  }
  for (size_t i = 0; i < zones_.size(); ++i) {
    if (!moves(i)) continue;
    Zone& zone = zones_[i];
    if (zone.id == 0 && zone.frames++ == 0) zone.still = 0;
    zone.seconds = std::min(zone.seconds + zone.still, kLongest);
    zone.still = 0;
    zone.peak = std::max(zone.peak, share_of(i));
    if (i < boxes.size()) zone.box = join(zone.box, boxes[i]);
    if (zone.id != 0 || zone.frames < settings.frames) continue;
    tell(true, i, share_of(i), events);
    events.back().id = zone.id = ++last_id_;
  }
  return events;
}

std::vector<MotionEvent> Activity::pass(double seconds, const ActivitySettings& settings) {
  std::vector<MotionEvent> events;
  for (size_t i = 0; i < zones_.size(); ++i) {
    Zone& zone = zones_[i];
    zone.still = std::min(zone.still + as_duration(seconds), kLongest);
    if (zone.id != 0 && settings.gap > 0 && is_over(zone.still, settings.gap)) end(i, 0, events);
  }
  return events;
}

std::vector<MotionEvent> Activity::finish() {
  std::vector<MotionEvent> events;
  for (size_t i = 0; i < zones_.size(); ++i) {
    if (zones_[i].id != 0) end(i, 0, events);
    zones_[i] = {};
  }
  return events;
}

// A zone has one event at a time at most. Memory for all of them is taken with the first one,
// before anything changes: if there is none, all of them are still to be told.
void Activity::tell(bool begins, size_t i, double motion, std::vector<MotionEvent>& events) const {
  if (events.empty()) events.reserve(zones_.size());
  const Zone& zone = zones_[i];
  events.push_back({begins, i, zone.id, motion, zone.peak, zone.box, zone.seconds});
}

void Activity::end(size_t i, double motion, std::vector<MotionEvent>& events) {
  tell(false, i, motion, events);
  zones_[i] = {};
}

// Moving regions

namespace {

constexpr int kBlock = MovingRegions::kBlock;
static_assert(TileGrid::kHeight % kBlock == 0, "a block belongs to one tile");

// Tried on salt noise of 1 to 3 % and on the outlines of thin figures, of which a step of one pixel
// moves a strip of one pixel: it fills an eighth of the blocks it runs through.
constexpr int kCounts = kBlock * kBlock / 8;
constexpr int kMinPixels = 4 * kCounts;

// Blocks with no more than two others between them are this far apart.
constexpr int kNearBlocks = 3;

constexpr double kOutwards = 0.1;  // seconds, time constants of edges
constexpr double kInwards = 0.3;
constexpr double kStays = 0.5;  // seconds that a box is shown without a region

constexpr size_t kMaxTracks = 2 * MovingRegions::kMaxBoxes;

// Blocks that cover so many pixels.
int blocks_for(int pixels) {
  return pixels / kBlock + (pixels % kBlock != 0);
}

uint64_t lowest_bits(int n) {
  return n <= 0 ? 0 : ~uint64_t{0} >> std::max(64 - n, 0);
}

// How many bits of each byte are set, in that byte.
uint64_t count_bits(uint64_t v) {
  v -= v >> 1 & 0x5555555555555555;
  v = (v & 0x3333333333333333) + (v >> 2 & 0x3333333333333333);
  return (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0f;
}

}  // namespace

MovingRegions::MovingRegions(Size cells)
    : cells_(cells), has_moved_(size_t(blocks_for(cells.height))) {
  const cv::Size size(blocks_for(cells.width) + 2, blocks_for(cells.height) + 2);
  blocks_ = cv::Mat::zeros(size, CV_8U);
  row_runs_.resize(has_moved_.size() + 1);
  tracks_.reserve(kMaxTracks);
  boxes_.reserve(kMaxBoxes);
}

void MovingRegions::begin() {
  for (size_t row = 0; row < has_moved_.size(); ++row)
    if (std::exchange(has_moved_[row], 0)) std::fill_n(blocks_.ptr(int(row) + 1), blocks_.cols, 0);
}

void MovingRegions::forget() {
  begin();
  tracks_.clear();
}

void MovingRegions::add(const Rect& rect, const uint8_t* mask, ptrdiff_t stride) {
  static_assert(TileGrid::kMaskBytes == 2 * sizeof(uint64_t));
  // The pixels of the first and of the second half of a row that are in the picture.
  const uint64_t inside[] = {lowest_bits(rect.width), lowest_bits(rect.width - 64)};
  for (int y = 0; y < rect.height; y += kBlock) {
    uint64_t counts[2] = {};
    for (int i = y; i < std::min(y + kBlock, rect.height); ++i) {
      const uint8_t* const row = mask + stride * i;
      const uint64_t first = load_word(row) & inside[0], second = load_word(row + 8) & inside[1];
      // In most rows of a tile nothing moved. Eight rows of up to eight pixels fit a byte.
      if ((first | second) == 0) continue;
      counts[0] += count_bits(first);
      counts[1] += count_bits(second);
    }
    if ((counts[0] | counts[1]) == 0) continue;
    std::array<uint8_t, TileGrid::kMaskBytes> blocks;
    store_word(counts[0], &blocks[0]);
    store_word(counts[1], &blocks[8]);
    const int block_row = (rect.y + y) / kBlock;
    has_moved_[block_row] = 1;
    std::copy_n(blocks.begin(), blocks_for(rect.width),
                blocks_.ptr(block_row + 1) + rect.x / kBlock + 1);
  }
}

const std::vector<Rect>& MovingRegions::boxes(double seconds) {
  seconds = as_duration(seconds);
  const bool is_apart = seconds > kStays;
  if (is_apart) tracks_.clear();
  find_regions();
  match_regions(seconds);
  add_new_regions(is_apart);
  sort_tracks();
  boxes_.clear();
  for (const Track& track : tracks_) {
    if (track.is_shown && boxes_.size() < kMaxBoxes)
      boxes_.push_back(motionheat::intersect(track.box(), cells_));
  }
  return boxes_;
}

// The blocks that count, in runs of those that are near each other in a row.
void MovingRegions::find_runs() {
  runs_.clear();
  for (int row = 0; row < blocks_.rows - 2; ++row) {
    row_runs_[size_t(row)] = runs_.size();
    if (!has_moved_[size_t(row)]) continue;
    const uint8_t* const blocks = blocks_.ptr(row + 1) + 1;
    const int end = blocks_.cols - 2;
    int last = -2 * kNearBlocks;  // that counted
    for (int x = find(blocks, 0, end); x < end; last = x, x = find(blocks, x + 1, end)) {
      if (x - last > kNearBlocks) runs_.push_back({{x, row, 0, 1}, 0, runs_.size()});
      runs_.back().blocks.width = x + 1 - runs_.back().blocks.x;
      runs_.back().pixels += blocks[x];
    }
  }
  row_runs_.back() = runs_.size();
}

// The run that stands for all that `run` is joined with.
size_t MovingRegions::root(size_t run) {
  while (runs_[run].joined != run) run = runs_[run].joined = runs_[runs_[run].joined].joined;
  return run;
}

// Joins the runs of two rows that are near each other.
void MovingRegions::join_rows(int row, int other) {
  const auto ends_before = [&](size_t a, size_t b) {
    return runs_[a].blocks.right() - 1 + kNearBlocks < runs_[b].blocks.x;
  };
  size_t near = row_runs_[size_t(other)];
  const size_t end = row_runs_[size_t(other) + 1];
  for (size_t run = row_runs_[size_t(row)]; run < row_runs_[size_t(row) + 1]; ++run) {
    while (near < end && ends_before(near, run)) ++near;
    // The last one may be near the next run, too.
    for (size_t i = near; i < end && !ends_before(run, i); ++i) runs_[root(i)].joined = root(run);
  }
}

void MovingRegions::find_regions() {
  regions_.clear();
  if (std::find(has_moved_.begin(), has_moved_.end(), 1) == has_moved_.end()) return;
  find_runs();
  for (int row = 1; row < blocks_.rows - 2; ++row)
    for (int other = std::max(0, row - kNearBlocks); other < row; ++other) join_rows(row, other);
  for (size_t i = 0; i < runs_.size(); ++i) {
    Run& whole = runs_[root(i)];
    if (&whole == &runs_[i]) continue;
    whole.blocks = join(whole.blocks, runs_[i].blocks);
    whole.pixels += runs_[i].pixels;
  }
  for (size_t i = 0; i < runs_.size(); ++i) {
    const Rect& r = runs_[i].blocks;
    if (runs_[i].joined != i || runs_[i].pixels < kMinPixels) continue;
    regions_.push_back(motionheat::intersect(
        Rect{r.x * kBlock, r.y * kBlock, r.width * kBlock, r.height * kBlock}, cells_));
  }
  std::sort(regions_.begin(), regions_.end(), [](const Rect& a, const Rect& b) {
    return std::tuple(area(b), a.y, a.x) < std::tuple(area(a), b.y, b.x);
  });
  if (regions_.size() > kMaxTracks) regions_.resize(kMaxTracks);
}

// Leads tracks to the regions that they overlap with, the largest overlap first, takes those away,
// and gives up tracks that had none for too long.
void MovingRegions::match_regions(double seconds) {
  for (Track& track : tracks_) track.is_matched = false;
  while (true) {
    int64_t best = 0;
    Track* track = nullptr;
    Rect* region = nullptr;
    for (Track& t : tracks_) {
      if (t.is_matched) continue;
      // What is small and quick may have left its place.
      const Rect reach{t.region.x - kBlock, t.region.y - kBlock, t.region.width + 2 * kBlock,
                       t.region.height + 2 * kBlock};
      for (Rect& r : regions_) {
        const int64_t overlap = area(intersect(reach, r));
        if (overlap > best) best = overlap, track = &t, region = &r;
      }
    }
    if (!track) break;
    track->is_shown ? track->glide_to(*region, seconds) : track->jump_to(*region);
    track->is_shown = track->is_matched = true;
    track->missing = 0;
    regions_.erase(regions_.begin() + (region - regions_.data()));
  }
  std::erase_if(tracks_, [&](Track& track) {
    if (!track.is_matched) track.missing += seconds;
    return !track.is_matched && (!track.is_shown || track.missing > kStays);
  });
}

// A region of which a box covers half is a piece of something that fell apart, and likely to grow
// together again. If not, the box will shrink.
void MovingRegions::add_new_regions(bool show) {
  const size_t before = tracks_.size();
  for (const Rect& region : regions_) {
    if (tracks_.size() == kMaxTracks) break;
    const auto covers = [&](const Track& t) {
      return t.is_shown && 2 * area(intersect(t.box(), region)) >= area(region);
    };
    if (std::any_of(tracks_.begin(), tracks_.begin() + ptrdiff_t(before), covers)) continue;
    Track track;
    track.jump_to(region);
    track.is_shown = show;
    tracks_.push_back(track);
  }
}

void MovingRegions::sort_tracks() {
  for (size_t i = 1; i < tracks_.size(); ++i) {
    for (size_t j = i; j > 0; --j) {
      if (4 * area(tracks_[j].box()) <= 5 * area(tracks_[j - 1].box())) break;
      std::swap(tracks_[j], tracks_[j - 1]);
    }
  }
}

void MovingRegions::Track::jump_to(const Rect& to) {
  region = to;
  left = to.x;
  top = to.y;
  right = to.right();
  bottom = to.bottom();
}

void MovingRegions::Track::glide_to(const Rect& to, double seconds) {
  region = to;
  const double outwards = 1 - std::exp(-seconds / kOutwards);
  const double inwards = 1 - std::exp(-seconds / kInwards);
  const auto begin = [&](double& edge, int goal) {
    edge += (goal - edge) * (goal < edge ? outwards : inwards);
  };
  const auto end = [&](double& edge, int goal) {
    edge += (goal - edge) * (goal > edge ? outwards : inwards);
  };
  begin(left, to.x);
  begin(top, to.y);
  end(right, to.right());
  end(bottom, to.bottom());
}

Rect MovingRegions::Track::box() const {
  const int x = int(std::lround(left)), y = int(std::lround(top));
  return {x, y, int(std::lround(right)) - x, int(std::lround(bottom)) - y};
}

// The first of the blocks from `first` to before `last` in a row of them that has kCounts pixels or
// more; `last` if there is none.
int MovingRegions::find(const uint8_t* row, int first, int last) {
  constexpr uint64_t kAny = 0xf8f8f8f8f8f8f8f8;  // bits of which a byte of 8 or more has one
  static_assert(kCounts == 8);
  for (uint64_t eight; first + 8 <= last; first += 8) {
    std::memcpy(&eight, row + first, sizeof eight);
    if (eight & kAny) break;
  }
  while (first < last && row[first] < kCounts) ++first;
  return first;
}

// Whether a block counts and does not stand alone. 0, 0 is the first one in the picture.
bool MovingRegions::counts(int column, int row) const {
  const auto at = [&](int x, int y) { return blocks_.at<uint8_t>(row + 1 + y, column + 1 + x); };
  if (at(0, 0) < kCounts) return false;
  if (at(0, 0) >= kMinPixels) return true;
  for (int y = -1; y <= 1; ++y) {
    for (int x = -1; x <= 1; ++x)
      if ((x || y) && at(x, y) >= kCounts) return true;
  }
  return false;
}

Rect MovingRegions::bounds_in(const Rect& where) const {
  const Rect cut = intersect(where, Rect{0, 0, cells_.width, cells_.height});
  if (is_empty(cut)) return {};
  const int begin = cut.x / kBlock, end = (cut.right() + kBlock - 1) / kBlock;
  Rect found;  // in blocks
  for (int row = cut.y / kBlock; row < (cut.bottom() + kBlock - 1) / kBlock; ++row) {
    if (!has_moved_[row]) continue;
    const uint8_t* const blocks = blocks_.ptr(row + 1) + 1;
    int first = find(blocks, begin, end);
    while (first < end && !counts(first, row)) first = find(blocks, first + 1, end);
    if (first == end) continue;
    int last = end;
    while (!counts(last - 1, row)) --last;
    found = join(found, {first, row, last - first, 1});
  }
  return intersect(
      cut, Rect{found.x * kBlock, found.y * kBlock, found.width * kBlock, found.height * kBlock});
}

size_t MovingRegions::memory() const {
  return blocks_.total() + has_moved_.size() + runs_.capacity() * sizeof(Run) +
         row_runs_.size() * sizeof(size_t);
}

}  // namespace motionheat
