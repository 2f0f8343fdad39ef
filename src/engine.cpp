// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine.h"

#include <cmath>
#include <numeric>
#include <opencv2/core/utility.hpp>
#include <utility>

namespace motionheat {
namespace {

// Rows of tiles: less than that is not worth waking a thread for.
constexpr int kMinRowsPerSlice = 200 / TileGrid::kHeight;
// A percentile takes a pass over all the heat: it is taken anew every so many frames.
constexpr uint64_t kPercentileFrames = 16;
// Scales to a power of two, where heat fades.
constexpr double kFadingSteps = 512;

int luma_range(const StreamFormat& stream) {
  return stream.format.model == ColorModel::kRgb ? 255 : stream.color.scale[0];
}

Blend blend_for(const Settings& settings) {
  return settings.output == Output::kHeatmap ? Blend::color_only() : Blend(settings.opacity);
}

}  // namespace

Engine::Engine(const Settings& settings) : settings_(settings) {}

void Engine::configure(const StreamFormat& stream) {
  // Everything that may fail is built beside what is there and moved in place at the end. The map
  // comes first: it refuses sizes that are too large.
  const TileGrid grid(stream.size);
  const int scale = settings_.analysis_scale;
  const Size analysis = analysis_size(stream.size, scale);
  const bool resized = !(heat_.grid().size() == analysis && grid_.size() == stream.size);
  HeatMap heat = resized ? heat_.resampled(analysis) : HeatMap();
  std::optional<Shrinker> shrinker;
  std::optional<Enlarger> enlarger;
  if (scale > 1) {
    shrinker.emplace(stream.format, scale);
    enlarger.emplace(analysis, stream.size);
  }
  Difference difference;
  difference.configure(shrinker ? shrinker->format() : stream.format, luma_range(stream), analysis);
  difference.set_threshold(settings_.threshold);
  Renderer renderer;
  renderer.configure(stream.format, stream.size);
  renderer.set_colors(make_color_table(settings_.colormap, stream.format, stream.color));
  renderer.set_blend(blend_for(settings_));

  if (resized) {
    const size_t count = size_t(heat.grid().count());
    std::vector<Tile> tiles(count);
    std::vector<uint32_t> moved(count);
    std::vector<uint8_t> moving(count), enlarged(size_t(grid.count()));
    indices_ = make_aligned<uint8_t>(size_t(grid.count()) * TileGrid::kPixels);
    tiles_ = std::move(tiles);
    moved_ = std::move(moved);
    moving_ = std::move(moving);
    enlarged_ = std::move(enlarged);
    heat_ = std::move(heat);
    update_scale();
  }
  grid_ = grid;
  shrinker_ = std::move(shrinker);
  enlarger_ = std::move(enlarger);
  difference_ = std::move(difference);
  renderer_ = std::move(renderer);
  stream_ = stream;
  make_detector();
  make_background();
  repaint_all();
}

void Engine::make_detector() {
  difference_.forget();
  subtractor_.reset();
  if (settings_.detector != Detector::kDifference)
    subtractor_.emplace(settings_.detector, shrinker_ ? shrinker_->format() : stream_.format);
}

void Engine::make_background() {
  background_.reset();
  if (settings_.background != Background::kLive)
    background_.emplace(settings_.background, stream_.format, stream_.size);
}

void Engine::set(const Settings& settings) {
  if (settings == settings_) return;
  const Settings old = std::exchange(settings_, settings);
  difference_.set_threshold(settings.threshold);
  if (!is_configured()) return;
  percentile_due_ = 0;
  if (settings.analysis_scale != old.analysis_scale) {
    configure(stream_);
    return;
  }
  if (settings.colormap != old.colormap) {
    renderer_.set_colors(make_color_table(settings.colormap, stream_.format, stream_.color));
    repaint_all();
  }
  if (settings.opacity != old.opacity || settings.output != old.output)
    renderer_.set_blend(blend_for(settings));
  if (settings.detector != old.detector) make_detector();
  if (settings.background != old.background) make_background();
}

// Calls `work(row, slice)` for every row of tiles, in as many threads as are wanted and worth it;
// the calls of a slice come one after another.
template <typename Work>
void Engine::for_rows(const TileGrid& grid, const Work& work) {
  struct Body : cv::ParallelLoopBody {
    Body(const Work& w, int r, int s) : work(w), rows(r), slices(s) {}
    void operator()(const cv::Range& range) const override {
      for (int slice = range.start; slice < range.end; ++slice)
        for (int row = rows * slice / slices; row < rows * (slice + 1) / slices; ++row)
          work(row, slice);
    }
    const Work& work;
    const int rows;
    const int slices;
  };
  const Body body(work, grid.rows(), slices(grid));
  if (body.slices == 1)
    body(cv::Range(0, 1));
  else
    cv::parallel_for_(cv::Range(0, body.slices), body, body.slices);
}

int Engine::slices(const TileGrid& grid) const {
  const int wanted = settings_.n_threads > 0 ? settings_.n_threads : cv::getNumberOfCPUs();
  return std::clamp(grid.rows() / kMinRowsPerSlice, 1, wanted);
}

void Engine::advance(double seconds) {
  if (settings_.half_life <= 0) return;
  // What is painted is of counts that are no more.
  if (heat_.age(seconds / settings_.half_life)) repaint_all();
  update_scale();
}

void Engine::process(const ConstFrameView& in, const FrameView* out) {
  ++frames_;
  const ConstFrameView seen = shrinker_ ? shrinker_->shrink(in) : in;
  // Beyond the last frame there is nothing to compare with.
  if (seen.size.width > frame_size_.width || seen.size.height > frame_size_.height)
    forget_previous();
  frame_size_ = seen.size;
  const TileGrid& grid = heat_.grid();
  if (subtractor_) subtractor_->apply(seen);
  const bool comparing = subtractor_ ? subtractor_->is_settled() : difference_.has_previous();
  std::fill(moved_.begin(), moved_.end(), 0);
  std::fill(moving_.begin(), moving_.end(), 0);
  for (Tile& t : tiles_) t.compared = !comparing;
  const size_t masks = slices(grid) * size_t(grid.columns()) * TileGrid::kPixels;
  if (masks > masks_size_) {
    masks_ = make_aligned<uint8_t>(masks);
    masks_size_ = masks;
  }

  if (!comparing && !subtractor_) difference_.remember(seen);
  if (comparing) {
    const bool all_first = !out || enlarger_ || percentile_is_due();
    const uint64_t highest = heat_.max();
    const auto is_due = [&](int tile) {
      return all_first || (settings_.normalization == Normalization::kMax &&
                           heat_.tile_max(tile) + heat_.increment() > highest);
    };
    for_rows(grid, [&](int row, int slice) { compare_row(seen, row, slice, is_due); });
  }
  update_scale();
  if (background_) background_->add(in);
  if (out && enlarger_) {
    draw(in, *out);
  } else if (out) {
    const ConstFrameView picture = background_ ? background_->view() : in;
    for_rows(grid, [&](int row, int slice) {
      compare_row(seen, row, slice, [&](int tile) { return !tiles_[tile].compared; });
      draw_tiles(picture, *out, row);
    });
  }
  motion_ = std::accumulate(moved_.begin(), moved_.end(), 0.0) / double(grid.size().area());
}

void Engine::draw(const ConstFrameView& in, const FrameView& out) {
  update_scale();  // settings may have changed it
  if (enlarger_) enlarger_->update(all_indices());
  const ConstFrameView picture =
      background_ && background_->has_picture() ? background_->view() : in;
  for_rows(grid_, [&](int row, int) { draw_tiles(picture, out, row); });
}

void Engine::skip() {
  ++skipped_;
  forget_previous();
}

void Engine::reset() {
  heat_.clear();
  repaint_all();
  frames_ = 0;
  skipped_ = 0;
  motion_ = 0;
  percentile_due_ = 0;
  update_scale();
}

void Engine::restore(const HeatMap& heat, uint64_t frames, uint64_t skipped) {
  const Size size = heat_.grid().size();
  heat_ = heat.grid().size() == size ? heat.clone() : heat.resampled(size);
  frames_ = frames;
  skipped_ = skipped;
  percentile_due_ = 0;
  repaint_all();
  update_scale();
}

// Compares those tiles of a row of tiles that `is_wanted(tile)`.
template <typename Predicate>
void Engine::compare_row(const ConstFrameView& frame, int row, int slice, Predicate is_wanted) {
  const TileGrid& grid = heat_.grid();
  for (int column = 0; column < grid.columns();) {
    int end = column;
    while (end < grid.columns() && is_wanted(grid.index(end, row))) ++end;
    if (end > column) compare_tiles(frame, row, column, end, slice);
    column = end + 1;
  }
}

// Compares the tiles from `column` to before `end` of a row of tiles in one go: long rows are what
// memory is good at.
void Engine::compare_tiles(const ConstFrameView& frame, int row, int column, int end, int slice) {
  const TileGrid& grid = heat_.grid();
  const ptrdiff_t stride = ptrdiff_t{grid.columns()} * TileGrid::kWidth;
  uint8_t* mask = masks_.get() + slice * stride * TileGrid::kHeight;
  Rect run = grid.rect(grid.index(column, row));
  run.width = grid.rect(grid.index(end - 1, row)).right() - run.x;
  const Rect area = intersect(run, frame.size);
  if (!(area == run)) std::fill_n(mask, stride * TileGrid::kHeight, 0);

  uint8_t* moving = &moving_[grid.index(column, row)];
  if (subtractor_)
    subtractor_->copy_mask(area, mask, stride, moving);
  else
    difference_.compare(frame, area, mask, stride, moving);
  for (int i = column; i < end; ++i) {
    const int tile = grid.index(i, row);
    Tile& t = tiles_[tile];
    t.compared = true;
    if (!moving_[tile]) continue;
    moved_[tile] =
        heat_.add(tile, mask + ptrdiff_t{i - column} * TileGrid::kWidth, stride, t.stale);
    t.heat_changed = true;
  }
}

bool Engine::percentile_is_due() const {
  return settings_.normalization == Normalization::kPercentile &&
         (frames_ >= percentile_due_ || percentile_events_ == 0);
}

// The count that index 255 stands for.
double Engine::full_counts() {
  const double unit = heat_.unit();
  switch (settings_.normalization) {
    case Normalization::kMax:
      break;
    case Normalization::kPercentile:
      if (percentile_is_due()) {
        percentile_events_ = percentile(heat_, settings_.percentile) / unit;
        percentile_due_ = frames_ + (frames_ < kPercentileFrames ? 1 : kPercentileFrames);
      }
      return percentile_events_ * unit;
    case Normalization::kFixed:
      return settings_.full_scale * unit;
  }
  return double(heat_.max());
}

void Engine::update_scale() {
  double full = full_counts();
  // As heat fades every index changes a little with every frame. Scales that differ by less than a
  // part in 700 are one: an index is within one step, and most frames repaint nothing.
  if (settings_.half_life > 0 && settings_.normalization != Normalization::kMax && full > 0)
    full = std::exp2(std::round(std::log2(full) * kFadingSteps) / kFadingSteps);
  const Scale scale(full, settings_.curve);
  if (scale == scale_) return;
  scale_ = scale;
  ++scale_version_;
}

// Whether a tile of the picture has the colour of index 0 all over.
bool Engine::is_cold(int tile) const {
  return enlarger_ ? enlarger_->is_cold(tile) : heat_.is_cold(tile);
}

// Draws the tiles of a row of tiles, cold neighbours in one go.
void Engine::draw_tiles(const ConstFrameView& in, const FrameView& out, int row) {
  for (int column = 0; column < grid_.columns();) {
    const int tile = grid_.index(column, row);
    Rect cold = grid_.rect(tile);
    cold.width = 0;
    for (; column < grid_.columns() && is_cold(grid_.index(column, row)); ++column)
      cold.width += grid_.rect(grid_.index(column, row)).width;
    if (cold.width > 0) {
      renderer_.draw_cold(in, out, cold);
      continue;
    }
    if (enlarger_)
      refresh_enlarged(tile);
    else
      refresh(tile);
    renderer_.draw(in, out, tile);
    ++column;
  }
}

// Brings indices and colours of a tile up to date with its counts and the scale.
void Engine::refresh(int tile) {
  Tile& t = tiles_[tile];
  const bool rescaled = t.scale != scale_version_;
  if (t.painted && !t.heat_changed && !rescaled) return;
  uint8_t* index = indices_.get() + size_t(tile) * TileGrid::kPixels;
  if (!t.painted) {
    std::fill_n(index, TileGrid::kPixels, 0);
    renderer_.paint_cold(tile);
  }
  if (!t.painted || rescaled)
    for (auto& row : t.stale) row.fill(true);
  if (scale_.index_tile(heat_, tile, index, t.stale)) renderer_.paint(tile, index, t.stale);
  t = {.compared = t.compared, .painted = true, .heat_changed = false, .scale = scale_version_};
}

void Engine::refresh_enlarged(int tile) {
  uint8_t* index = indices_.get() + size_t(tile) * TileGrid::kPixels;
  const bool painted = std::exchange(enlarged_[tile], true);
  if (!painted) {
    std::fill_n(index, TileGrid::kPixels, 0);
    renderer_.paint_cold(tile);
  }
  TileGrid::Chunks changed{};
  if (enlarger_->refresh(tile, !painted, index, changed)) renderer_.paint(tile, index, changed);
}

void Engine::repaint_all() {
  for (Tile& t : tiles_) t.painted = false;
  std::fill(enlarged_.begin(), enlarged_.end(), 0);
}

Report Engine::report() const {
  const TileGrid& grid = heat_.grid();
  Report report{.frames = frames_, .skipped = skipped_, .size = grid.size(), .motion = motion_};
  const uint64_t max = heat_.max();
  report.max = double(max) / heat_.unit();
  report.full_scale = scale_.full() / heat_.unit();
  if (max == 0) return report;

  uint64_t covered = 0;
  int64_t hottest = grid.size().area();  // in reading order
  for (int tile = 0; tile < grid.count(); ++tile) {
    covered += heat_.covered(tile);
    if (heat_.tile_max(tile) != max) continue;
    heat_.visit(tile, [&](int x, int y, uint64_t count) {
      if (count == max) hottest = std::min(hottest, int64_t{y} * grid.size().width + x);
    });
  }
  report.coverage = double(covered) / double(grid.size().area());
  report.hot_x = (double(hottest % grid.size().width) + 0.5) / grid.size().width;
  report.hot_y = (double(hottest / grid.size().width) + 0.5) / grid.size().height;
  return report;
}

GreyMap Engine::map(int width) const {
  const TileGrid& grid = heat_.grid();
  const Size from = grid.size();
  GreyMap map;
  if (from.area() == 0) return map;
  map.size = from;
  if (width > 0 && width < from.width) {
    map.size.width = width;
    const double height = double(from.height) * width / from.width;
    map.size.height = std::clamp(int(std::lround(height)), 1, from.height);
  }
  if (map.size == from) {
    map.pixels = all_indices();
    return map;
  }
  // A cell begins at the first pixel of it: x * cells / pixels rounds down to it.
  std::vector<int> begins(map.size.width + 1);
  for (int cell = 0; cell <= map.size.width; ++cell)
    begins[cell] = int((int64_t{cell} * from.width + map.size.width - 1) / map.size.width);
  std::vector<uint64_t> counts(size_t(map.size.area()));
  for (int tile = 0; tile < grid.count(); ++tile) {
    if (heat_.is_cold(tile)) continue;
    const Rect rect = grid.rect(tile);
    const int first = int(int64_t{rect.x} * map.size.width / from.width);
    for (int y = 0; y < rect.height; ++y) {
      uint64_t* row =
          counts.data() + int64_t{rect.y + y} * map.size.height / from.height * map.size.width;
      for (int cell = first; cell < map.size.width && begins[cell] < rect.right(); ++cell) {
        const int begin = std::max(begins[cell], rect.x) - rect.x;
        const int end = std::min(begins[cell + 1], rect.right()) - rect.x;
        row[cell] = std::max(row[cell], heat_.row_max(tile, y, begin, end));
      }
    }
  }
  // The index grows with the count: that of the highest count is the highest index.
  map.pixels.resize(counts.size());
  std::transform(counts.begin(), counts.end(), map.pixels.begin(),
                 [this](uint64_t count) { return count > 0 ? scale_.index(count) : 0; });
  return map;
}

// The index of every pixel, row by row.
std::vector<uint8_t> Engine::all_indices() const {
  const TileGrid& grid = heat_.grid();
  std::vector<uint8_t> indices(size_t(grid.size().area()));
  for (int tile = 0; tile < grid.count(); ++tile) {
    if (heat_.is_cold(tile)) continue;
    const Rect rect = grid.rect(tile);
    std::array<uint8_t, TileGrid::kPixels> index{};
    TileGrid::Chunks every;
    for (auto& row : every) row.fill(true);
    scale_.index_tile(heat_, tile, index.data(), every);
    for (int y = 0; y < rect.height; ++y)
      std::copy_n(index.data() + ptrdiff_t{y} * TileGrid::kWidth, rect.width,
                  indices.data() + int64_t{rect.y + y} * grid.size().width + rect.x);
  }
  return indices;
}

size_t Engine::memory() const {
  return difference_.memory() + (subtractor_ ? subtractor_->memory() : 0) +
         (background_ ? background_->memory() : 0) + heat_.memory() + renderer_.memory() +
         grid_.count() * TileGrid::kPixels + tiles_.size() * (sizeof(Tile) + sizeof(uint32_t));
}

}  // namespace motionheat
