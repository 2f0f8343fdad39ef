// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <optional>

#include "background.h"
#include "color_map.h"
#include "detector.h"
#include "frame_view.h"
#include "gray_levels.h"
#include "normalize.h"
#include "regions.h"

namespace motionheat {

/// What the frames of a stream are.
struct StreamFormat {
  PixelFormat format;
  ColorSpace color;
  Size size;

  bool operator==(const StreamFormat&) const = default;
};

enum class Output {
  kOverlay,  // the picture with the heat blended onto it
  kHeatmap,  // the coloured map alone
};

/// Of which opacity a colour is.
enum class BlendMode {
  kUniform,  // the same everywhere
  kHeat,     // in proportion to heat, and all of it from three quarters of the scale on
};

/// What may change between any two frames.
struct Settings {
  int threshold = 25;  // 0..255, grey difference above which a pixel moved
  // In grey of more than 8 bits: the levels that 0 and 255 stand for, in the difference and in the
  // colours. None are what the stream's colorimetry says; automatic ones are the stream's own.
  std::optional<GrayLevels> gray_levels;
  bool auto_gray_levels = false;
  Detector detector = Detector::kDifference;
  ModelSettings model;            // of a detector that has one
  int blur = 0;                   // 0..31, radius in pixels of a mean before the difference
  int despeckle = 0;              // 0..15, radius in pixels of an opening of what moved
  bool noise_adaptive = false;    // what is but the stream's noise does not count
  bool stabilize = false;         // the camera's own movement is taken out
  bool sway_filter = false;       // what goes back and forth does not count
  double light_change_limit = 1;  // 0..1, share above which what moved is no motion; 1 = off
  int analysis_scale = 1;  // the picture is analysed at 1/so much of its size in each direction
  int colormap = 2;        // cv::ColormapTypes
  double opacity = 0.4;    // 0..1, weight of the colour
  BlendMode blend = BlendMode::kUniform;
  int smoothing = 0;          // 0..63, radius in pixels of a Gaussian of the shown heat
  int display_threshold = 0;  // 0..255, index below which the picture stays untouched
  Output output = Output::kOverlay;
  Background background = Background::kLive;
  bool legend = false;
  Normalization normalization = Normalization::kMax;
  double percentile = 99.5;  // 0..100, for kPercentile
  double full_scale = 300;   // events, for kFixed
  Curve curve = Curve::kLinear;
  double half_life = 0;  // seconds in which heat halves, 0 = never forgets
  std::shared_ptr<const RegionSettings> regions;  // what is masked, and zones; null = nothing
  bool finds_boxes = false;                       // boxes of what moves are wanted
  int n_threads = 1;     // 0 = one per core; the result does not depend on it

  bool operator==(const Settings&) const = default;
};

inline ScaleSettings scale_settings(const Settings& settings) {
  return {.normalization = settings.normalization,
          .percentile = settings.percentile,
          .full_scale = settings.full_scale,
          .curve = settings.curve,
          .fades = settings.half_life > 0};
}

}  // namespace motionheat
