// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <opencv2/core/utility.hpp>
#include <utility>

namespace motionheat {
namespace {

// Less than that is not worth waking a thread for.
constexpr int kMinBandsPerSlice = (200 + TileGrid::kBandHeight - 1) / TileGrid::kBandHeight;
// A percentile takes a pass over all the heat: it is taken anew every so many frames.
constexpr uint64_t kPercentileFrames = 16;
// Scales to a power of two, where heat fades.
constexpr double kFadingSteps = 512;
// The limit of a tile whose indices are to be made anew whatever the scale, and that of a cold one,
// which has none: its counts may not be read.
constexpr float kOutdated = 0;
constexpr float kNever = std::numeric_limits<float>::infinity();
// A band is busy if more than one in so many of its tiles moved: not worth to be drawn before that
// is known.
constexpr int kBusyShare = 16;

int luma_range(const PixelFormat& format, const ColorSpace& color) {
  if (format.model != ColorModel::kRgb) return color.scale[0];
  return (1 << format.components[0].depth) - 1;
}

bool has_gray_levels(const PixelFormat& format) {
  return format.model == ColorModel::kGray && format.sample_bytes() == 2;
}

// Whether a bit of a tile's mask is set.
bool any_set(const uint8_t* mask, ptrdiff_t stride, int rows) {
  static_assert(TileGrid::kMaskBytes == 2 * sizeof(uint64_t));
  uint64_t words[2], any = 0;
  for (int y = 0; y < rows; ++y) {
    std::memcpy(words, mask + stride * y, sizeof words);
    any |= words[0] | words[1];
  }
  return any != 0;
}

Blend blend_for(const Settings& settings) {
  return settings.output == Output::kHeatmap ? Blend::color_only() : Blend(settings.opacity);
}

std::optional<BackgroundSubtractor> make_subtractor(const Settings& settings,
                                                    const PixelFormat& format) {
  if (settings.detector == Detector::kDifference) return {};
  return BackgroundSubtractor(settings.detector, format);
}

std::optional<BackgroundPicture> make_background(const Settings& settings,
                                                 const StreamFormat& stream) {
  if (settings.background == Background::kLive) return {};
  return BackgroundPicture(settings.background, stream.format, stream.size);
}

// The part of a frame that lies within the stream's size.
ConstFrameView cut(const ConstFrameView& frame, Size size) {
  ConstFrameView part = frame;
  part.size = {std::min(frame.size.width, size.width), std::min(frame.size.height, size.height)};
  return part;
}

}  // namespace

Engine::Engine(const Settings& settings) : settings_(settings) {}

void Engine::configure(const StreamFormat& stream) {
  if (stream.format.packing == Packing::kPlain) {
    configure_plain(stream, settings_);
    unpacked_.reset();
  } else {
    UnpackedPicture unpacked(stream.format, stream.size);
    StreamFormat plain = stream;
    plain.format = unpacked.format();
    configure_plain(plain, settings_);
    unpacked_ = std::move(unpacked);
  }
  given_ = stream;
  auto_levels_.restart();
}

// The levels to work with, other than those of the colorimetry.
std::optional<GrayLevels> Engine::gray_levels(const PixelFormat& format,
                                              const Settings& settings) const {
  if (!has_gray_levels(format)) return {};
  return settings.auto_gray_levels ? auto_levels_.levels() : settings.gray_levels;
}

ColorSpace Engine::color_space(const StreamFormat& stream, const Settings& settings) const {
  ColorSpace color = stream.color;
  if (const auto levels = gray_levels(stream.format, settings)) {
    color.offset[0] = levels->low;
    color.scale[0] = levels->span();
  }
  return color;
}

// Before a frame is drawn on: it may have its chroma in fields.
void Engine::follow_fields(bool interlaced) {
  if (renderer_.set_interlaced(interlaced)) repaint_all();
}

// Before a frame is compared and drawn on.
void Engine::follow_gray_levels(const ConstFrameView& frame) {
  if (!settings_.auto_gray_levels || !has_gray_levels(stream_.format)) return;
  if (!auto_levels_.add(frame, stream_.format.components[0])) return;
  const ColorSpace color = color_space(stream_, settings_);
  difference_.set_luma_range(luma_range(stream_.format, color));
  renderer_.set_colors(make_color_table(settings_.colormap, stream_.format, color));
  repaint_all();
}

void Engine::configure_plain(const StreamFormat& stream, const Settings& settings) {
  // Everything that may fail is built beside what is there and moved in place at the end. The map
  // comes first: it refuses sizes that are too large.
  const TileGrid grid(stream.size);
  const int scale = settings.analysis_scale;
  const Size analysis = analysis_size(stream.size, scale);
  const bool resized = !(heat_.grid().size() == analysis && grid_.size() == stream.size);
  HeatMap heat = resized ? heat_.resampled(analysis) : HeatMap();
  std::optional<Shrinker> shrinker;
  std::optional<Enlarger> enlarger;
  if (scale > 1) {
    shrinker.emplace(stream.format, scale);
    enlarger.emplace(analysis, stream.size);
  }
  const PixelFormat& seen = shrinker ? shrinker->format() : stream.format;
  Difference difference;
  const ColorSpace color = color_space(stream, settings);
  difference.configure(seen, luma_range(stream.format, color), analysis);
  difference.set_threshold(settings.threshold);
  Renderer renderer;
  renderer.configure(stream.format, stream.size);
  renderer.set_colors(make_color_table(settings.colormap, stream.format, color));
  renderer.set_blend(blend_for(settings));
  if (scale_.table()) renderer.set_counts(*scale_.table());
  auto subtractor = make_subtractor(settings, seen);
  auto background = make_background(settings, stream);
  if (settings.normalization == Normalization::kPercentile) percentile_.prepare();

  if (resized) {
    const size_t count = size_t(heat.grid().count()), bands = size_t(heat.grid().bands());
    std::vector<Tile> tiles(count);
    std::vector<float> limits(count, kNever), row_limits(size_t(heat.grid().rows()), kNever);
    std::vector<uint8_t> busy(bands), compared(count), enlarged(size_t(grid.count()));
    std::vector<uint32_t> moved(bands);
    indices_ = make_aligned<uint8_t>(size_t(grid.count()) * TileGrid::kPixels);
    tiles_ = std::move(tiles);
    limits_ = std::move(limits);
    row_limits_ = std::move(row_limits);
    busy_ = std::move(busy);
    compared_ = std::move(compared);
    moved_ = std::move(moved);
    enlarged_ = std::move(enlarged);
    heat_ = std::move(heat);
    slices_.clear();
  }
  grid_ = grid;
  shrinker_ = std::move(shrinker);
  enlarger_ = std::move(enlarger);
  difference_ = std::move(difference);
  renderer_ = std::move(renderer);
  stream_ = stream;
  settings_ = settings;
  subtractor_ = std::move(subtractor);
  background_ = std::move(background);
  percentile_due_ = 0;
  repaint_all();
  update_scale();
}

void Engine::set(const Settings& settings) {
  if (settings == settings_) return;
  if (!is_configured()) {
    settings_ = settings;
    return;
  }
  if (settings.analysis_scale != settings_.analysis_scale) {
    configure_plain(stream_, settings);
    return;
  }
  const ColorSpace color = color_space(stream_, settings);
  const bool colors_change =
      settings.colormap != settings_.colormap || color != color_space(stream_, settings_);
  const bool blend_changes =
      settings.opacity != settings_.opacity || settings.output != settings_.output;
  const bool detector_changes = settings.detector != settings_.detector;
  const bool background_changes = settings.background != settings_.background;

  // Everything that may fail comes before anything changes.
  if (settings.normalization == Normalization::kPercentile) percentile_.prepare();
  std::optional<ColorTable> colors;
  if (colors_change) colors = make_color_table(settings.colormap, stream_.format, color);
  std::optional<Blend> blend;
  if (blend_changes) blend = blend_for(settings);
  std::optional<BackgroundSubtractor> subtractor;
  if (detector_changes)
    subtractor = make_subtractor(settings, shrinker_ ? shrinker_->format() : stream_.format);
  std::optional<BackgroundPicture> background;
  if (background_changes) background = make_background(settings, stream_);

  if (settings.auto_gray_levels != settings_.auto_gray_levels) auto_levels_.restart();
  settings_ = settings;
  percentile_due_ = 0;
  difference_.set_threshold(settings.threshold);
  difference_.set_luma_range(luma_range(stream_.format, color));
  if (colors) {
    renderer_.set_colors(*colors);
    repaint_all();
  }
  if (blend) renderer_.set_blend(std::move(*blend));
  if (detector_changes) {
    difference_.forget();
    subtractor_ = std::move(subtractor);
  }
  if (background_changes) background_ = std::move(background);
}

// Calls `work(band, slice)` for every band of the grid, in as many threads as are wanted and worth
// it; the calls of a slice come one after another. Who is done takes the next band: motion makes
// some dearer than others.
template <typename Work>
void Engine::for_bands(const TileGrid& grid, const Work& work) {
  struct Body : cv::ParallelLoopBody {
    Body(const Work& w, std::vector<Slice>& s, int b) : work(w), slices(s), bands(b) {}
    void operator()(const cv::Range& range) const override {
      for (int slice = range.start; slice < range.end; ++slice)
        for (int band = next++; band < bands; band = next++) work(band, slices[slice]);
    }
    const Work& work;
    std::vector<Slice>& slices;
    const int bands;
    mutable std::atomic<int> next = 0;
  };
  const int n = slice_count(grid);
  if (int(slices_.size()) < n) {
    std::vector<Slice> slices(n);
    for (Slice& slice : slices) {
      slice.mask = make_aligned<uint8_t>(mask_bytes());
      std::fill_n(slice.mask.get(), mask_bytes(), 0);
    }
    slices_ = std::move(slices);
  }
  const Body body(work, slices_, grid.bands());
  if (n == 1)
    body(cv::Range(0, 1));
  else
    cv::parallel_for_(cv::Range(0, n), body, n);
}

// Those of a band's mask.
size_t Engine::mask_bytes() const {
  return size_t(heat_.grid().columns()) * TileGrid::kMaskBytes * TileGrid::kBandHeight;
}

int Engine::slice_count(const TileGrid& grid) const {
  const int wanted = settings_.n_threads > 0 ? settings_.n_threads : cv::getNumberOfCPUs();
  return std::clamp(grid.bands() / kMinBandsPerSlice, 1, wanted);
}

void Engine::advance(double seconds) {
  if (background_) background_->advance(seconds);
  if (settings_.half_life <= 0) return;
  // What is painted is of counts that are no more.
  if (heat_.age(seconds / settings_.half_life)) repaint_all();
  update_scale();
}

void Engine::process(const ConstFrameView& frame, const FrameView* out) {
  const ConstFrameView in = cut(frame, stream_.size);
  if (in.size.area() == 0) return;
  if (!unpacked_) return process_plain(in, out);
  const FrameView plain = unpack(in);
  process_plain(plain, out ? &plain : nullptr);
  if (out) pack(in, *out);
}

void Engine::draw(const ConstFrameView& frame, const FrameView& out) {
  if (!unpacked_) return draw_plain(frame, out);
  const ConstFrameView in = cut(frame, stream_.size);
  const FrameView plain = unpack(in);
  draw_plain(plain, plain);
  pack(in, out);
}

FrameView Engine::unpack(const ConstFrameView& frame) {
  for_bands(grid_, [&](int band, Slice&) {
    unpacked_->unpack(frame, band * TileGrid::kBandHeight, (band + 1) * TileGrid::kBandHeight);
  });
  return unpacked_->view(frame.size);
}

void Engine::pack(const ConstFrameView& frame, const FrameView& out) {
  for_bands(grid_, [&](int band, Slice&) {
    unpacked_->pack(frame, out, band * TileGrid::kBandHeight, (band + 1) * TileGrid::kBandHeight);
  });
}

void Engine::process_plain(const ConstFrameView& in, const FrameView* out) {
  follow_gray_levels(in);
  const ConstFrameView seen = shrinker_ ? shrinker_->shrink(in) : in;
  ++frames_;
  // Beyond the last frame there is nothing to compare with.
  if (seen.size.width > frame_size_.width || seen.size.height > frame_size_.height)
    forget_previous();
  frame_size_ = seen.size;
  if (subtractor_) subtractor_->apply(seen, gray_levels(stream_.format, settings_));
  const bool comparing = subtractor_ ? subtractor_->is_settled() : difference_.has_previous();
  std::fill(compared_.begin(), compared_.end(), !comparing);
  std::fill(moved_.begin(), moved_.end(), 0);
  if (comparing)
    compare_ahead(seen, !out || enlarger_ || percentile_is_due());
  else if (!subtractor_)
    difference_.remember(seen);
  update_scale();
  if (background_) background_->add(in);
  follow_fields(in.interlaced);
  if (out && enlarger_) {
    draw_plain(in, *out);
  } else if (out) {
    // In place, what is to be drawn anew is gone unless all of it was remembered.
    const bool can_redraw = difference_.remembers_plane() || in.data[0] != out->data[0];
    const bool joined = can_redraw && !background_ && !subtractor_ && in.size == grid_.size() &&
                        out->size == grid_.size() && !renderer_.is_cut(0, in.size.width);
    const Pass pass{seen, background_ ? background_->view() : in, *out, joined};
    for_bands(grid_, [&](int band, Slice& slice) { draw_band(pass, band, slice); });
  }
  const uint64_t moved = std::accumulate(moved_.begin(), moved_.end(), uint64_t{0});
  period_.add(double(moved) / double(heat_.grid().size().area()));
}

// Compares all tiles, or those whose heat must be known before the scale is.
void Engine::compare_ahead(const ConstFrameView& frame, bool all) {
  const TileGrid& grid = heat_.grid();
  if (all) {
    for_bands(grid, [&](int band, Slice& slice) {
      compare_tiles(frame, band * TileGrid::kBandRows, TileGrid::kBandRows, 0, grid.columns(),
                    slice);
    });
    return;
  }
  if (settings_.normalization != Normalization::kMax) return;
  // A frame raises a count by one event at most. Once that has happened to a highest one, the scale
  // is known.
  const uint64_t highest = heat_.max();
  const uint64_t event = heat_.increment();
  if (highest == 0) return;  // whatever moves first will be the hottest, and the scale knows
  std::atomic<bool> raised = false;
  for_bands(grid, [&](int band, Slice& slice) {
    const auto is_due = [&](int tile) { return heat_.tile_max(tile) + event > highest; };
    const int first = band * TileGrid::kBandRows;
    for (int row = first; row < std::min(first + TileGrid::kBandRows, grid.rows()); ++row) {
      if (heat_.row_max(row) + event <= highest) continue;
      if (raised) return;
      compare_row(frame, row, slice, is_due);
      if (heat_.row_max(row) == highest + event) raised = true;
    }
  });
}

void Engine::draw_plain(const ConstFrameView& in, const FrameView& out) {
  update_scale();  // settings may have changed it
  follow_fields(in.interlaced);
  if (enlarger_) get_indices(enlarger_->update());
  const ConstFrameView picture =
      background_ && background_->has_picture() ? background_->view() : in;
  for_bands(grid_, [&](int band, Slice&) {
    const int row = band * TileGrid::kBandRows;
    refresh_band(band);
    renderer_.draw(picture, out, row, TileGrid::kBandRows);
  });
}

void Engine::reset() {
  heat_.clear();
  repaint_all();
  frames_ = skipped_ = repeated_ = 0;
  begin_period();
  percentile_due_ = 0;
  update_scale();
}

void Engine::restore(const HeatMap& heat, uint64_t frames, uint64_t skipped) {
  const Size size = heat_.grid().size();
  heat_ = heat.grid().size() == size ? heat.clone() : heat.resampled(size);
  frames_ = frames;
  skipped_ = skipped;
  repeated_ = 0;
  percentile_due_ = 0;
  repaint_all();
  update_scale();
}

// Compares those tiles of a row of tiles that `is_wanted(tile)`.
template <typename Predicate>
void Engine::compare_row(const ConstFrameView& frame, int row, Slice& slice, Predicate is_wanted) {
  const TileGrid& grid = heat_.grid();
  for (int column = 0; column < grid.columns();) {
    int end = column;
    while (end < grid.columns() && is_wanted(grid.index(end, row))) ++end;
    if (end > column) compare_tiles(frame, row, 1, column, end, slice);
    column = end + 1;
  }
}

// Compares the tiles from `column` to before `end` in `rows` rows of tiles from `row` on in one go:
// long rows are what memory is good at.
void Engine::compare_tiles(const ConstFrameView& frame, int row, int rows, int column, int end,
                           Slice& slice, const kernels::Overlay* overlay) {
  const TileGrid& grid = heat_.grid();
  rows = std::min(rows, grid.rows() - row);
  const ptrdiff_t stride = ptrdiff_t{grid.columns()} * TileGrid::kMaskBytes;
  uint8_t* const mask = slice.mask.get() + ptrdiff_t{column} * TileGrid::kMaskBytes;
  const Rect first = grid.rect(grid.index(column, row));
  const Rect last = grid.rect(grid.index(end - 1, row + rows - 1));
  const Rect run{first.x, first.y, last.right() - first.x, last.bottom() - first.y};
  const Rect area = intersect(run, frame.size);
  if (!(area == run)) std::fill_n(slice.mask.get(), mask_bytes(), 0);
  const kernels::MovedRows moved = subtractor_
                                       ? subtractor_->copy_mask(area, mask, stride)
                                       : difference_.compare(frame, area, mask, stride, overlay);
  for (int i = 0; i < rows; ++i) {
    const int index = grid.index(column, row + i);
    std::fill_n(&compared_[index], end - column, true);
    if (!(moved >> i & 1)) continue;
    const uint8_t* const marks = mask + stride * TileGrid::kHeight * i;
    const int height = grid.rect(index).height;
    for (int j = 0; j < end - column; ++j) {
      const int tile = index + j;
      const uint8_t* const of_tile = marks + j * TileGrid::kMaskBytes;
      if (!any_set(of_tile, stride, height)) continue;
      moved_[row / TileGrid::kBandRows] += heat_.add(tile, of_tile, stride, tiles_[tile].stale);
      limits_[tile] = row_limits_[row + i] = kOutdated;
      ++slice.moving;
    }
  }
}

// Compares what of a band is not yet, and draws it.
void Engine::draw_band(const Pass& pass, int band, Slice& slice) {
  const int first = band * TileGrid::kBandRows;
  const int rows = std::min(TileGrid::kBandRows, grid_.rows() - first);
  const int columns = grid_.columns();
  const auto begin = compared_.begin() + grid_.index(0, first), end = begin + rows * columns;
  const bool none_compared = std::find(begin, end, true) == end;
  const bool joined = pass.joined && none_compared && !busy_[band];
  slice.moving = 0;
  if (joined) {
    refresh_band(band);
    const kernels::Overlay overlay = renderer_.overlay(0, pass.picture, pass.out, first, rows);
    compare_tiles(pass.seen, first, rows, 0, columns, slice, &overlay);
  } else if (none_compared) {
    compare_tiles(pass.seen, first, rows, 0, columns, slice);
  } else {
    for (int row = first; row < first + rows; ++row)
      compare_row(pass.seen, row, slice, [&](int tile) { return !compared_[tile]; });
  }
  if (none_compared) busy_[band] = slice.moving > rows * columns / kBusyShare;
  if (!joined) {
    refresh_band(band);
    renderer_.draw(pass.picture, pass.out, first, rows);
    return;
  }
  // What moved has other colours than it was drawn with, if its indices became others.
  const ConstFrameView compared = difference_.remembered(pass.picture);
  for (int row = first; row < first + rows; ++row) {
    if (row_limits_[row] != kOutdated) continue;
    const kernels::Overlay overlay = renderer_.overlay(0, compared, pass.out, row, 1);
    for (int column = 0; column < columns; ++column) {
      const int tile = grid_.index(column, row);
      if (limits_[tile] == kOutdated && refresh(tile)) renderer_.blend_tile(overlay, column);
    }
    update_row_limit(row);
  }
  renderer_.draw(pass.picture, pass.out, first, rows, 1);
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
        percentile_events_ = percentile_.of(heat_, settings_.percentile) / unit;
        percentile_due_ = frames_ + (frames_ < kPercentileFrames ? 1 : kPercentileFrames);
      }
      return percentile_events_ * unit;
    case Normalization::kFixed:
      return settings_.full_scale * unit;
  }
  // While there is no heat only a first event can need a scale.
  return double(heat_.max() > 0 ? heat_.max() : heat_.increment());
}

void Engine::update_scale() {
  double full = full_counts();
  // As heat fades every index changes a little with every frame. Scales that differ by less than a
  // part in 700 are one: an index is within one step, and most frames repaint nothing.
  if (settings_.half_life > 0 && settings_.normalization != Normalization::kMax && full > 0)
    full = std::exp2(std::round(std::log2(full) * kFadingSteps) / kFadingSteps);
  const Scale scale(full, settings_.curve);
  if (scale == scale_) return;
  // Limits are of a scale that grows.
  if (full == 0)
    repaint_all();
  else if (!scale.continues(scale_))
    outdate_indices();
  scale_ = scale;
  scale_.tabulate();
  if (scale_.table()) renderer_.set_counts(*scale_.table());
}

// Brings indices and colours of a band up to date.
void Engine::refresh_band(int band) {
  const int first = band * TileGrid::kBandRows;
  for (int row = first; row < std::min(first + TileGrid::kBandRows, grid_.rows()); ++row) {
    const int begin = grid_.index(0, row), end = begin + grid_.columns();
    if (enlarger_) {
      for (int tile = begin; tile < end; ++tile) refresh_enlarged(tile);
    } else if (row_limits_[row] < scale_.full()) {
      for (int tile = begin; tile < end; ++tile)
        if (limits_[tile] < scale_.full()) refresh(tile);
      update_row_limit(row);
    }
  }
}

// Brings indices and colours of a tile up to date with its counts and the scale; true if any became
// another.
bool Engine::refresh(int tile) {
  Tile& t = tiles_[tile];
  uint8_t* index = indices_.get() + size_t(tile) * TileGrid::kPixels;
  if (!t.indexed) {
    std::fill_n(index, TileGrid::kPixels, 0);
    t.limits = {};
    t.indexed = true;
  }
  for (int i = 0; i < TileGrid::kChunks; ++i) t.stale[i] |= t.limits[i] < scale_.full();
  const bool changed = scale_.index_tile(heat_, tile, index, t.stale, t.limits);
  if (changed && scale_.tabulates(heat_, tile))
    renderer_.paint_counts(tile, std::as_const(heat_).low(tile), t.stale);
  else if (changed)
    renderer_.paint(tile, index, t.stale);
  t.stale = {};
  limits_[tile] = *std::min_element(t.limits.begin(), t.limits.end());
  return changed;
}

// Takes the limit of a row of tiles from those of its tiles.
void Engine::update_row_limit(int row) {
  const TileGrid& grid = heat_.grid();
  const auto first = limits_.begin() + grid.index(0, row);
  row_limits_[row] = *std::min_element(first, first + grid.columns());
}

void Engine::refresh_enlarged(int tile) {
  if (enlarger_->is_cold(tile)) {
    enlarged_[tile] = false;
    renderer_.erase(tile);
    return;
  }
  uint8_t* index = indices_.get() + size_t(tile) * TileGrid::kPixels;
  const bool indexed = std::exchange(enlarged_[tile], true);
  if (!indexed) std::fill_n(index, TileGrid::kPixels, 0);
  TileGrid::Chunks changed{};
  if (enlarger_->refresh(tile, !indexed, index, changed)) renderer_.paint(tile, index, changed);
}

// Has all indices made anew, and what becomes another painted.
void Engine::outdate_indices() {
  for (int tile = 0; tile < heat_.grid().count(); ++tile) {
    tiles_[tile].limits = {};
    limits_[tile] = heat_.is_cold(tile) ? kNever : kOutdated;
  }
  for (int row = 0; row < heat_.grid().rows(); ++row) update_row_limit(row);
}

// Has everything painted anew.
void Engine::repaint_all() {
  renderer_.erase();
  for (Tile& t : tiles_) t.indexed = false;
  std::fill(enlarged_.begin(), enlarged_.end(), 0);
  outdate_indices();
}

Report Engine::report() const {
  const TileGrid& grid = heat_.grid();
  Report report{.frames = frames_,
                .skipped = skipped_,
                .repeated = repeated_,
                .size = grid.size(),
                .motion = period_.mean(),
                .motion_peak = period_.peak};
  const uint64_t max = heat_.max();
  report.max = double(max) / heat_.unit();
  if (max > 0 || settings_.normalization != Normalization::kMax)
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
    get_indices(map.pixels);
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
    for (int y = rect.y, end; y < rect.bottom(); y = end) {
      const int64_t cell_y = int64_t{y} * map.size.height / from.height;
      end = y + 1;
      while (end < rect.bottom() && int64_t{end} * map.size.height / from.height == cell_y) ++end;
      const auto maxima = heat_.column_maxima(tile, y - rect.y, end - rect.y);
      uint64_t* row = counts.data() + cell_y * map.size.width;
      for (int cell = first; cell < map.size.width && begins[cell] < rect.right(); ++cell) {
        const int begin = std::max(begins[cell], rect.x) - rect.x;
        const int last = std::min(begins[cell + 1], rect.right()) - rect.x;
        row[cell] =
            std::max(row[cell], *std::max_element(&maxima[begin], &maxima[begin] + last - begin));
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
void Engine::get_indices(std::vector<uint8_t>& indices) const {
  const TileGrid& grid = heat_.grid();
  indices.assign(size_t(grid.size().area()), 0);
  for (int tile = 0; tile < grid.count(); ++tile) {
    if (heat_.is_cold(tile)) continue;
    const Rect rect = grid.rect(tile);
    std::array<uint8_t, TileGrid::kPixels> index{};
    TileGrid::Chunks every;
    every.fill(true);
    Scale::Limits limits;
    scale_.index_tile(heat_, tile, index.data(), every, limits);
    for (int y = 0; y < rect.height; ++y)
      for (int x = 0; x < rect.width; ++x)
        indices[size_t(rect.y + y) * grid.size().width + rect.x + x] =
            index[TileGrid::offset(x, y)];
  }
}

size_t Engine::memory() const {
  return (shrinker_ ? shrinker_->memory() : 0) + (enlarger_ ? enlarger_->memory() : 0) +
         difference_.memory() + (subtractor_ ? subtractor_->memory() : 0) +
         (background_ ? background_->memory() : 0) + (unpacked_ ? unpacked_->memory() : 0) +
         heat_.memory() + renderer_.memory() + grid_.count() * TileGrid::kPixels +
         tiles_.size() * (sizeof(Tile) + sizeof(limits_[0]) + sizeof(compared_[0])) +
         enlarged_.size() + slices_.size() * mask_bytes();
}

}  // namespace motionheat
