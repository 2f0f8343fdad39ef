// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "analysis_scale.h"
#include "background.h"
#include "bands.h"
#include "heat_map.h"
#include "index_map.h"
#include "legend.h"
#include "normalize.h"
#include "render.h"
#include "settings.h"
#include "smoothing.h"

namespace motionheat {

/// The heat that is drawn.
struct DrawnHeat {
  const HeatMap& heat;
  const Scale& scale;
  IndexMap& indices;  // of this heat, brought up to date with the scale where it is drawn
};

/// Steps 4 to 6: what a frame with the heat on it looks like.
///
/// Colours are made anew only where the heat became another. All else that they depend on makes
/// them void: where a function says so, `forget` is to be called, and the indices are to forget.
class Drawing {
 public:
  /// What other settings need, made beside what is there.
  struct Change {
    Settings settings;
    ColorSpace color;
    std::optional<ColorTable> colors, greys;
    std::optional<Blend> blend;
    std::optional<BackgroundPicture> background;
    std::optional<Smoothing> smoothing;
    std::optional<Weights> weights;
  };

  Drawing() = default;
  /// For frames of a plain format, in the tiles of `picture`; colours are in the colour space of
  /// the stream. `cells` are the tiles of the analysis. Throws std::bad_alloc or cv::Exception.
  Drawing(const StreamFormat& stream, const Settings& settings, const TileGrid& picture,
          const TileGrid& cells);

  /// Prepares for other settings, but for another scale of the analysis, and for colours in another
  /// space. Throws as above.
  Change prepare(const Settings& settings, const ColorSpace& color);
  /// Does not fail. True if colours are void.
  bool apply(Change change);

  /// Goes on with the background of another one, if that is of the same kind and of such frames.
  void keep_background(Drawing& other);

  void forget();

  /// Time passes until the next frame.
  void advance(double seconds);
  /// Takes a frame in, as background.
  void add(const ConstFrameView& frame);
  /// Whether chroma of 4:2:0 is that of fields from now on; true if colours are void.
  bool set_interlaced(bool interlaced) { return renderer_.set_interlaced(interlaced); }

  /// Whether `draw` has to know all that moved in a frame beforehand.
  bool needs_all() const { return smoothing_.has_value(); }

  /// Draws band by band, each after `count(band, mask)` has counted what moved in it, if that is
  /// not known. `is_last` if the heat is complete and nothing may be put off. Throws std::bad_alloc
  /// or cv::Exception.
  template <typename Count>
  void draw(const ConstFrameView& in, const FrameView& out, const DrawnHeat& heat, bool is_last,
            Bands& bands, Count count);

  /// Bytes it holds.
  size_t memory() const;

 private:
  void update_smoothing(const HeatMap& heat, bool all);
  void repaint_row(int row, const DrawnHeat& heat);
  void paint_smooth(int band);
  void draw_band(int band, const ConstFrameView& in, const FrameView& out);
  void draw_legend(const FrameView& out, const DrawnHeat& heat, bool is_last);

  StreamFormat stream_;
  Settings settings_;
  TileGrid picture_;
  TileGrid cells_;
  std::optional<Enlarger> enlarger_;    // if the analysis is smaller than the picture
  std::optional<Smoothing> smoothing_;  // if what is shown is smoothed: then in place of indices
  std::optional<BackgroundPicture> background_;
  Renderer renderer_;
  Legend legend_;
};

template <typename Count>
void Drawing::draw(const ConstFrameView& in, const FrameView& out, const DrawnHeat& heat,
                   bool is_last, Bands& bands, Count count) {
  if (smoothing_) update_smoothing(heat.heat, is_last);
  const auto repaint = [&](int band, uint8_t* mask) {
    count(band, mask);
    const int first = band * TileGrid::kBandRows;
    const int end = std::min(first + TileGrid::kBandRows, cells_.rows());
    for (int row = first; row < end && !smoothing_; ++row) repaint_row(row, heat);
  };
  // A band of a smaller analysis is several of the picture.
  if (enlarger_) bands.for_each(cells_, repaint);
  bands.for_each(picture_, [&](int band, uint8_t* mask) {
    if (!enlarger_) repaint(band, mask);
    if (smoothing_) paint_smooth(band);
    draw_band(band, in, out);
  });
  if (settings_.legend) draw_legend(out, heat, is_last);
}

}  // namespace motionheat
