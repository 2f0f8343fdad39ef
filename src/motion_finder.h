// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>

#include "bands.h"
#include "byte_picture.h"
#include "detector.h"
#include "difference.h"
#include "moved_bits.h"
#include "regions.h"
#include "settings.h"

namespace motionheat {

/// Tells changes of light, and whatever else changes most of a picture at once, from motion: by the
/// share of it that moved.
///
/// Who fills the picture moves most of it, too, and is not to be missed for more than a second: so
/// no more than that is taken for such changes in one go. What was taken is given back at the pace
/// of the stream by frames in which less moved.
class LightChanges {
 public:
  /// Whether a frame in which this share moved, `seconds` after the last one, is such a change.
  bool takes(double share, double limit, double seconds);

 private:
  double taken_ = 0;  // seconds
};

/// Steps 1 and 2 where a frame must be seen as a whole before any of it counts: by a model of the
/// background, or by the difference with what comes of bad cameras taken out.
///
/// The steps, each left out where it is not asked for: smooth (blur), compare, open the mask
/// (despeckle), clear what is masked, judge the light.
class MotionFinder {
 public:
  /// Whether these settings ask for it.
  static bool is_needed(const Settings& settings);

  /// For pictures of this format and size, which may have more tiles than a frame. Throws
  /// std::bad_alloc, cv::Exception or std::runtime_error.
  MotionFinder(const PixelFormat& format, const TileGrid& grid, const Settings& settings);

  /// Throws as above, and then is as it was.
  void set(const Settings& settings);
  /// The distance from black to white: see Difference.
  void set_luma_range(int range);

  enum class Verdict {
    kNothing,  // there is nothing to compare with, or a model knows too little yet
    kMotion,   // what moved is found
    kChange,   // most of the picture changed: that is not motion
  };

  /// What a frame is compared with and what of it counts.
  struct Context {
    const std::optional<GrayLevels>& levels;
    Difference& difference;  // knows the previous frame, and is made to know this one
    const Regions& regions;
    Bands& bands;
    double seconds;  // since the last frame that was analysed
  };
  /// Finds what moved in a frame. Throws cv::Exception or std::bad_alloc.
  Verdict find(const ConstFrameView& frame, const Context& context);

  /// What moved in the last frame and is not masked.
  const MovedBits& moved() const { return moved_; }

  /// After a break: there is no previous frame.
  void forget();

  /// Whether a model tells motion.
  bool has_model() const { return subtractor_.has_value(); }

  /// Bytes it holds.
  size_t memory() const;

 private:
  bool compare(const ConstFrameView& frame, const Context& context);
  void compare_exactly(const ConstFrameView& frame, const Context& context);
  bool compare_smoothed(const ConstFrameView& frame, const Context& context);
  void despeckle(Bands& bands);
  void clear_masked(const Regions& regions);

  PixelFormat format_;
  Settings settings_;
  int luma_range_ = 255;
  BytePicture picture_;
  std::optional<BackgroundSubtractor> subtractor_;
  MovedBits moved_;
  LightChanges light_changes_;
  cv::Mat smoothed_;        // grey of the frame,
  cv::Mat previous_;        // and of the one before
  cv::Mat bytes_, opened_;  // what moved
};

}  // namespace motionheat
