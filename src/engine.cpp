// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine.h"

#include <utility>

namespace motionheat {
namespace {

int luma_range(const PixelFormat& format, const ColorSpace& color) {
  if (format.model != ColorModel::kRgb) return color.scale[0];
  return (1 << format.components[0].depth) - 1;
}

bool has_gray_levels(const PixelFormat& format) {
  return format.model == ColorModel::kGray && format.sample_bytes() == 2;
}

// Only RGB of 8 bits is what OpenCV makes of it.
Blend blend_for(const Settings& settings, const PixelFormat& format) {
  if (settings.output == Output::kHeatmap) return Blend::color_only();
  const bool exact = format.model == ColorModel::kRgb && format.sample_bytes() == 1;
  return Blend(settings.opacity, exact);
}

// The map alone shows all colours.
Weights weights_for(const Settings& settings) {
  Weights weights;
  for (int index = 0; index < int(weights.size()); ++index) {
    const bool in_part = settings.blend == BlendMode::kHeat && settings.output == Output::kOverlay;
    const bool is_shown =
        settings.output == Output::kHeatmap || index >= settings.display_threshold;
    weights[index] = !is_shown ? 0 : uint8_t(in_part ? std::min((index * 4 + 1) / 3, 255) : 255);
  }
  return weights;
}

ScaleSettings scale_settings(const Settings& settings) {
  return {.normalization = settings.normalization,
          .percentile = settings.percentile,
          .full_scale = settings.full_scale,
          .curve = settings.curve,
          .fades = settings.half_life > 0};
}

std::optional<BackgroundPicture> make_background(const Settings& settings,
                                                 const StreamFormat& stream) {
  if (settings.background == Background::kLive) return {};
  return BackgroundPicture(settings.background, stream.format, stream.size);
}

std::optional<Smoothing> make_smoothing(const Settings& settings, const TileGrid& cells,
                                        const TileGrid& picture) {
  if (settings.smoothing == 0) return {};
  return Smoothing(cells, picture, settings.analysis_scale, settings.smoothing);
}

Regions make_regions(const Settings& settings, const TileGrid& cells, Size picture) {
  static const RegionSettings kNone;
  return Regions(settings.regions ? *settings.regions : kNone, cells, picture,
                 settings.analysis_scale);
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

void Engine::configure_plain(const StreamFormat& stream, const Settings& settings) {
  // Everything that may fail is built beside what is there and moved in place at the end. The grid
  // comes first: it refuses sizes that are too large.
  const TileGrid grid(stream.size);
  const ColorSpace color = color_space(stream, settings);
  Analysis analysis(stream, settings, luma_range(stream.format, color));
  const TileGrid& cells = analysis.grid();
  const bool resized = !(heat_.grid().size() == cells.size() && grid_.size() == stream.size);
  HeatMap heat = resized ? heat_.resampled(cells.size()) : HeatMap();
  Regions regions = make_regions(settings, cells, stream.size);
  if (regions.has_weights() && (resized ? heat : heat_).refine()) repaint_all();
  MovingRegions moving_regions = resized ? MovingRegions(cells.size()) : MovingRegions();
  IndexMap indices = resized ? IndexMap(cells) : IndexMap();
  std::optional<Enlarger> enlarger;
  if (settings.analysis_scale > 1) enlarger.emplace(cells, grid, settings.analysis_scale);
  std::optional<Smoothing> smoothing = make_smoothing(settings, cells, grid);
  Renderer renderer;
  renderer.configure(stream.format, stream.size);
  const ColorTable colors = make_color_table(settings.colormap, stream.format, color);
  const ColorTable greys = make_grey_table(stream.format, color);
  renderer.set_colors(colors);
  renderer.set_blend(blend_for(settings, stream.format));
  const Weights weights = weights_for(settings);
  if (weights != renderer.weights()) renderer.reserve_weights();
  renderer.set_weights(weights);
  // Another scale of the analysis leaves the background alone.
  const bool background_stays = settings.background == settings_.background &&
                                stream.format == stream_.format && stream.size == stream_.size;
  std::optional<BackgroundPicture> background;
  if (!background_stays) background = make_background(settings, stream);
  normalizer_.prepare(scale_settings(settings));
  motion_.reserve(regions.zones());

  if (resized) {
    heat_ = std::move(heat);
    indices_ = std::move(indices);
    bands_ = Bands(cells);
    moving_regions_ = std::move(moving_regions);
  }
  stream_ = stream;
  settings_ = settings;
  grid_ = grid;
  analysis_ = std::move(analysis);
  enlarger_ = std::move(enlarger);
  smoothing_ = std::move(smoothing);
  if (!background_stays) background_ = std::move(background);
  renderer_ = std::move(renderer);
  legend_.configure(stream.format, stream.size);
  legend_.set_colors(colors, greys);
  bands_.set_threads(settings.n_threads);
  set_regions(std::move(regions));
  normalizer_.restart();
  repaint_all();
  update_scale();
}

void Engine::set(const Settings& settings) {
  if (settings == settings_) return;
  if (!is_configured()) {
    settings_ = settings;
    return;
  }
  const bool levels_change = settings.auto_gray_levels != settings_.auto_gray_levels;
  if (settings.analysis_scale != settings_.analysis_scale) {
    configure_plain(stream_, settings);
    if (levels_change) auto_levels_.restart();
    return;
  }
  const ColorSpace color = color_space(stream_, settings);
  const bool colors_change =
      settings.colormap != settings_.colormap || color != color_space(stream_, settings_);
  const bool blend_changes =
      settings.opacity != settings_.opacity || settings.output != settings_.output;
  const bool background_changes = settings.background != settings_.background;
  const bool scale_changes = scale_settings(settings) != scale_settings(settings_);
  const bool smoothing_changes = settings.smoothing != settings_.smoothing;
  const bool regions_change = settings.regions != settings_.regions;

  // Everything that may fail comes before anything changes.
  normalizer_.prepare(scale_settings(settings));
  std::optional<ColorTable> colors, greys;
  if (colors_change) {
    colors = make_color_table(settings.colormap, stream_.format, color);
    greys = make_grey_table(stream_.format, color);
  }
  std::optional<Blend> blend;
  if (blend_changes) blend = blend_for(settings, stream_.format);
  std::optional<BackgroundPicture> background;
  if (background_changes) background = make_background(settings, stream_);
  const Weights weights = weights_for(settings);
  const bool weights_change = weights != renderer_.weights();
  if (weights_change) renderer_.reserve_weights();
  std::optional<Smoothing> smoothing;
  if (smoothing_changes) smoothing = make_smoothing(settings, heat_.grid(), grid_);
  Regions regions;
  if (regions_change) regions = make_regions(settings, heat_.grid(), stream_.size);
  motion_.reserve(regions.zones());
  if (regions.has_weights() && heat_.refine()) repaint_all();
  analysis_.set(settings);

  if (levels_change) auto_levels_.restart();
  settings_ = settings;
  bands_.set_threads(settings.n_threads);
  if (scale_changes || regions_change) normalizer_.restart();
  analysis_.set_luma_range(luma_range(stream_.format, color));
  if (colors) {
    renderer_.set_colors(*colors);
    legend_.set_colors(*colors, *greys);
  }
  if (weights_change) renderer_.set_weights(weights);
  if (smoothing_changes) smoothing_ = std::move(smoothing);
  if (regions_change) set_regions(std::move(regions));
  if (colors || weights_change || smoothing_changes || regions_change) repaint_all();
  if (blend) renderer_.set_blend(std::move(*blend));
  if (background_changes) background_ = std::move(background);
}

void Engine::advance(double seconds) {
  since_processed_ += seconds;
  if (background_) background_->advance(seconds);
  if (settings_.half_life <= 0) return;
  // What is painted is of counts that are no more.
  if (heat_.age(seconds / settings_.half_life)) repaint_all();
  update_scale();
}

bool Engine::process(const ConstFrameView& frame, const FrameView* out) {
  const ConstFrameView in = cut(frame, stream_.size);
  if (in.size.area() == 0) {
    moving_regions_.begin();
    motion_.note_stillness();
    return true;
  }
  if (!unpacked_) return process_plain(in, out);
  const FrameView plain = unpack(in);
  const bool counts = process_plain(plain, out ? &plain : nullptr);
  if (out) pack(in, *out);
  return counts;
}

bool Engine::process_plain(const ConstFrameView& in, const FrameView* out) {
  follow_gray_levels(in);
  moving_regions_.begin();
  if (!analysis_.begin(in, gray_levels(stream_.format, settings_), regions_, bands_,
                       std::exchange(since_processed_, 0))) {
    skip();
    if (background_) background_->add(in);
    if (out) draw_plain(in, *out, false);
    return false;
  }
  const Counting counting{heat_, indices_, regions_,
                          settings_.finds_boxes ? &moving_regions_ : nullptr};
  ++frames_;
  // What the scale depends on is counted first, the rest where it is drawn.
  if (!out || smoothing_ || normalizer_.takes_percentile(scale_settings(settings_), frames_))
    analysis_.count_all(counting, bands_);
  else if (settings_.normalization == Normalization::kMax)
    analysis_.count_hottest(counting, bands_);
  update_scale();
  if (out && smoothing_) smooth(false);
  if (background_) background_->add(in);
  if (out) {
    draw_bands(in, *out,
               [&](int band, uint8_t* mask) { analysis_.count_rest(band, mask, counting); });
    draw_legend(*out, true);
  }
  motion_.note(analysis_, regions_, counting.boxes);
  return true;
}

// A masked pixel holds no heat.
void Engine::set_regions(Regions regions) {
  regions_ = std::move(regions);
  if (!regions_.is_open()) heat_.remove([&](int x, int y) { return regions_.is_masked(x, y); });
  motion_.set_zones(regions_.zones());
}

void Engine::draw(const ConstFrameView& frame, const FrameView& out, bool is_last) {
  if (!unpacked_) return draw_plain(frame, out, is_last);
  const ConstFrameView in = cut(frame, stream_.size);
  const FrameView plain = unpack(in);
  draw_plain(plain, plain, is_last);
  pack(in, out);
}

void Engine::draw_plain(const ConstFrameView& in, const FrameView& out, bool is_last) {
  update_scale();  // settings may have changed it
  if (smoothing_) smooth(true);
  draw_bands(in, out, [](int, uint8_t*) {});
  draw_legend(out, !is_last);
}

void Engine::draw_legend(const FrameView& out, bool growing) {
  if (!settings_.legend) return;
  const Scale& shown = smoothing_ ? smoothing_->scale() : scale_;
  legend_.draw(out, heat_.max() > 0 ? shown.full() / heat_.unit() : 0, growing);
}

// Before a frame is drawn on; `all` if it may be the last.
void Engine::smooth(bool all) {
  smoothing_->update(heat_, all);
  smoothing_->index(smoothing_->scale(heat_, scale_settings(settings_)));
}

// Draws band by band, after `count(band, mask)` has counted what moved in one.
template <typename Count>
void Engine::draw_bands(const ConstFrameView& in, const FrameView& out, Count count) {
  follow_fields(in.interlaced);
  const auto repaint = [&](int band, uint8_t* mask) {
    count(band, mask);
    const int first = band * TileGrid::kBandRows;
    const int end = std::min(first + TileGrid::kBandRows, heat_.grid().rows());
    for (int row = first; row < end && !smoothing_; ++row) repaint_row(row);
  };
  // A band of a smaller analysis is several of the picture.
  if (enlarger_) bands_.for_each(heat_.grid(), repaint);
  bands_.for_each(grid_, [&](int band, uint8_t* mask) {
    if (!enlarger_) repaint(band, mask);
    const int row = band * TileGrid::kBandRows;
    if (smoothing_) paint_smooth(row);
    if (background_ && background_->has_picture())
      background_->draw(renderer_, out, row, TileGrid::kBandRows);
    else
      renderer_.draw(in, out, row, TileGrid::kBandRows);
  });
}

// Brings the colours of a band that begins with this row of tiles up to date.
void Engine::paint_smooth(int first) {
  const int end = std::min(first + TileGrid::kBandRows, grid_.rows());
  for (int row = first; row < end; ++row)
    smoothing_->paint_row(row, [&](int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
      renderer_.paint(tile, index, chunks);
    });
}

// Brings the indices and colours of a row of tiles up to date with its heat and the scale.
void Engine::repaint_row(int row) {
  const auto paint = [&](int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
    renderer_.paint(tile, index, chunks);
  };
  indices_.update_row(row, heat_, scale_,
                      [&](int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
                        if (enlarger_)
                          enlarger_->update(tile, index, chunks, paint);
                        else
                          paint(tile, index, chunks);
                      });
}

FrameView Engine::unpack(const ConstFrameView& frame) {
  bands_.for_each(grid_, [&](int band, uint8_t*) {
    unpacked_->unpack(frame, band * TileGrid::kBandHeight, (band + 1) * TileGrid::kBandHeight);
  });
  return unpacked_->view(frame.size);
}

void Engine::pack(const ConstFrameView& frame, const FrameView& out) {
  bands_.for_each(grid_, [&](int band, uint8_t*) {
    unpacked_->pack(frame, out, band * TileGrid::kBandHeight, (band + 1) * TileGrid::kBandHeight);
  });
}

void Engine::update_scale() {
  const Scale scale = normalizer_.scale(heat_, scale_settings(settings_), frames_);
  if (scale == scale_) return;
  if (scale.full() == 0)
    repaint_all();
  else if (!scale.only_grew_since(scale_))
    indices_.outdate(heat_);
  scale_ = scale;
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
  analysis_.set_luma_range(luma_range(stream_.format, color));
  const ColorTable colors = make_color_table(settings_.colormap, stream_.format, color);
  legend_.set_colors(colors, make_grey_table(stream_.format, color));
  renderer_.set_colors(colors);
  repaint_all();
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

// Has everything painted anew: what is painted has no meaning any more.
void Engine::repaint_all() {
  renderer_.erase();
  indices_.forget(heat_);
  if (enlarger_) enlarger_->forget();
  if (smoothing_) smoothing_->forget();
  figures_.forget();
  regions_.forget();
}

void Engine::reset() {
  heat_.clear();
  if (regions_.has_weights()) heat_.refine();
  repaint_all();
  frames_ = skipped_ = repeated_ = 0;
  begin_period();
  normalizer_.restart();
  update_scale();
}

void Engine::restore(const HeatMap& heat, uint64_t frames, uint64_t skipped) {
  const Size size = heat_.grid().size();
  HeatMap own = heat.grid().size() == size ? heat.clone() : heat.resampled(size);
  if (regions_.has_weights()) own.refine();
  if (!regions_.is_open()) own.remove([&](int x, int y) { return regions_.is_masked(x, y); });
  heat_ = std::move(own);
  frames_ = frames;
  skipped_ = skipped;
  repeated_ = 0;
  normalizer_.restart();
  repaint_all();
  update_scale();
}

Report Engine::report() {
  Report report = figures_.report(heat_, regions_.area());
  report.frames = frames_;
  report.skipped = skipped_;
  report.repeated = repeated_;
  if (heat_.max() > 0 || settings_.normalization != Normalization::kMax)
    report.full_scale = scale_.full() / heat_.unit();
  for (const ZoneFigures& figures : regions_.figures(heat_))
    report.zones.push_back({.name = regions_.name(report.zones.size()), .heat = figures});
  report.noise = analysis_.noise();
  motion_.tell(report, stream_.size, settings_.analysis_scale);
  return report;
}

size_t Engine::memory() const {
  return analysis_.memory() + heat_.memory() + indices_.memory() + bands_.memory() +
         (enlarger_ ? enlarger_->memory() : 0) + (smoothing_ ? smoothing_->memory() : 0) +
         (background_ ? background_->memory() : 0) + (unpacked_ ? unpacked_->memory() : 0) +
         renderer_.memory() + regions_.memory() + moving_regions_.memory();
}

}  // namespace motionheat
