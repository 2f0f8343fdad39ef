// SPDX-License-Identifier: LGPL-2.1-or-later
#include "drawing.h"

#include <utility>

namespace motionheat {
namespace {

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

}  // namespace

Drawing::Drawing(const StreamFormat& stream, const Settings& settings, const TileGrid& picture,
                 const TileGrid& cells)
    : stream_(stream), settings_(settings), picture_(picture), cells_(cells) {
  if (settings.analysis_scale > 1) enlarger_.emplace(cells, picture, settings.analysis_scale);
  smoothing_ = make_smoothing(settings, cells, picture);
  background_ = make_background(settings, stream);
  renderer_.configure(stream.format, stream.size);
  legend_.configure(stream.format, stream.size);
  const ColorTable colors = make_color_table(settings.colormap, stream.format, stream.color);
  renderer_.set_colors(colors);
  legend_.set_colors(colors, make_grey_table(stream.format, stream.color));
  renderer_.set_blend(blend_for(settings, stream.format));
  const Weights weights = weights_for(settings);
  if (weights != renderer_.weights()) renderer_.reserve_weights();
  renderer_.set_weights(weights);
}

Drawing::Change Drawing::prepare(const Settings& settings, const ColorSpace& color) {
  Change change{.settings = settings, .color = color};
  if (settings.colormap != settings_.colormap || color != stream_.color) {
    change.colors = make_color_table(settings.colormap, stream_.format, color);
    change.greys = make_grey_table(stream_.format, color);
  }
  if (settings.opacity != settings_.opacity || settings.output != settings_.output)
    change.blend = blend_for(settings, stream_.format);
  if (settings.background != settings_.background)
    change.background = make_background(settings, stream_);
  if (settings.smoothing != settings_.smoothing)
    change.smoothing = make_smoothing(settings, cells_, picture_);
  const Weights weights = weights_for(settings);
  if (weights != renderer_.weights()) {
    renderer_.reserve_weights();
    change.weights = weights;
  }
  return change;
}

bool Drawing::apply(Change change) {
  const Settings before = std::exchange(settings_, std::move(change.settings));
  stream_.color = change.color;
  if (change.colors) {
    renderer_.set_colors(*change.colors);
    legend_.set_colors(*change.colors, *change.greys);
  }
  if (change.weights) renderer_.set_weights(*change.weights);
  if (change.blend) renderer_.set_blend(std::move(*change.blend));
  if (settings_.background != before.background) background_ = std::move(change.background);
  const bool smoothing_changes = settings_.smoothing != before.smoothing;
  if (smoothing_changes) smoothing_ = std::move(change.smoothing);
  return change.colors || change.weights || smoothing_changes;
}

void Drawing::keep_background(Drawing& other) {
  if (settings_.background == other.settings_.background &&
      stream_.format == other.stream_.format && stream_.size == other.stream_.size)
    background_ = std::move(other.background_);
}

void Drawing::forget() {
  renderer_.erase();
  if (enlarger_) enlarger_->forget();
  if (smoothing_) smoothing_->forget();
}

void Drawing::advance(double seconds) {
  if (background_) background_->advance(seconds);
}

void Drawing::add(const ConstFrameView& frame) {
  if (background_) background_->add(frame);
}

void Drawing::update_smoothing(const HeatMap& heat, bool all) {
  smoothing_->update(heat, all);
  smoothing_->index(smoothing_->scale(heat, scale_settings(settings_)));
}

// Brings the indices and colours of a row of tiles of the analysis up to date.
void Drawing::repaint_row(int row, const DrawnHeat& heat) {
  const auto paint = [&](int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
    renderer_.paint(tile, index, chunks);
  };
  heat.indices.update_row(row, heat.heat, heat.scale,
                          [&](int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
                            if (enlarger_)
                              enlarger_->update(tile, index, chunks, paint);
                            else
                              paint(tile, index, chunks);
                          });
}

// Brings the colours of a band of smoothed heat up to date.
void Drawing::paint_smooth(int band) {
  const int first = band * TileGrid::kBandRows;
  const int end = std::min(first + TileGrid::kBandRows, picture_.rows());
  for (int row = first; row < end; ++row)
    smoothing_->paint_row(row, [&](int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
      renderer_.paint(tile, index, chunks);
    });
}

void Drawing::draw_band(int band, const ConstFrameView& in, const FrameView& out) {
  const int row = band * TileGrid::kBandRows;
  if (background_ && background_->has_picture())
    background_->draw(renderer_, out, row, TileGrid::kBandRows);
  else
    renderer_.draw(in, out, row, TileGrid::kBandRows);
}

void Drawing::draw_legend(const FrameView& out, const DrawnHeat& heat, bool is_last) {
  const Scale& shown = smoothing_ ? smoothing_->scale() : heat.scale;
  const double full = heat.heat.max() > 0 ? shown.full() / heat.heat.unit() : 0;
  legend_.draw(out, full, !is_last);
}

size_t Drawing::memory() const {
  return (enlarger_ ? enlarger_->memory() : 0) + (smoothing_ ? smoothing_->memory() : 0) +
         (background_ ? background_->memory() : 0) + renderer_.memory();
}

}  // namespace motionheat
