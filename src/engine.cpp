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
  StreamFormat drawn = stream;
  drawn.color = color_space(stream, settings);
  Analysis analysis(stream, settings, luma_range(stream.format, drawn.color));
  const TileGrid& cells = analysis.grid();
  const bool resized = !(heat_.grid().size() == cells.size() && grid_.size() == stream.size);
  HeatMap heat = resized ? heat_.resampled(cells.size()) : HeatMap();
  Regions regions = make_regions(settings, cells, stream.size);
  if (regions.has_weights() && (resized ? heat : heat_).refine()) repaint_all();
  MovingRegions moving_regions = resized ? MovingRegions(cells.size()) : MovingRegions();
  IndexMap indices = resized ? IndexMap(cells) : IndexMap();
  Drawing drawing(drawn, settings, grid, cells);
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
  drawing.keep_background(drawing_);  // another scale of the analysis leaves it alone
  drawing_ = std::move(drawing);
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
  const bool scale_changes = scale_settings(settings) != scale_settings(settings_);
  const bool regions_change = settings.regions != settings_.regions;

  // Everything that may fail comes before anything changes.
  normalizer_.prepare(scale_settings(settings));
  Drawing::Change drawing = drawing_.prepare(settings, color);
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
  if (regions_change) set_regions(std::move(regions));
  if (drawing_.apply(std::move(drawing)) || regions_change) repaint_all();
}

void Engine::advance(double seconds) {
  since_processed_ += seconds;
  drawing_.advance(seconds);
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
    drawing_.add(in);
    if (out) draw_plain(in, *out, false);
    return false;
  }
  const Counting counting{heat_, indices_, regions_,
                          settings_.finds_boxes ? &moving_regions_ : nullptr};
  ++frames_;
  // What the scale depends on is counted first, the rest where it is drawn.
  if (!out || drawing_.needs_all() ||
      normalizer_.takes_percentile(scale_settings(settings_), frames_))
    analysis_.count_all(counting, bands_);
  else if (settings_.normalization == Normalization::kMax)
    analysis_.count_hottest(counting, bands_);
  update_scale();
  drawing_.add(in);
  if (out) {
    follow_fields(in.interlaced);
    drawing_.draw(in, *out, {heat_, scale_, indices_}, false, bands_,
                  [&](int band, uint8_t* mask) { analysis_.count_rest(band, mask, counting); });
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
  follow_fields(in.interlaced);
  drawing_.draw(in, out, {heat_, scale_, indices_}, is_last, bands_, [](int, uint8_t*) {});
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
  if (drawing_.set_interlaced(interlaced)) repaint_all();
}

// Before a frame is compared and drawn on.
void Engine::follow_gray_levels(const ConstFrameView& frame) {
  if (!settings_.auto_gray_levels || !has_gray_levels(stream_.format)) return;
  if (!auto_levels_.add(frame, stream_.format.components[0])) return;
  const ColorSpace color = color_space(stream_, settings_);
  analysis_.set_luma_range(luma_range(stream_.format, color));
  if (drawing_.apply(drawing_.prepare(settings_, color))) repaint_all();
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
  drawing_.forget();
  indices_.forget(heat_);
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
         drawing_.memory() + (unpacked_ ? unpacked_->memory() : 0) + regions_.memory() +
         moving_regions_.memory();
}

}  // namespace motionheat
