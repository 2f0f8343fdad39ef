// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>

#include "bands.h"
#include "byte_picture.h"
#include "camera_motion.h"
#include "captions.h"
#include "detector.h"
#include "difference.h"
#include "gray_frames.h"
#include "light_changes.h"
#include "moved_bits.h"
#include "moved_picture.h"
#include "noise.h"
#include "regions.h"
#include "settings.h"
#include "sway_filter.h"

namespace motionheat {

/// Steps 1 and 2 where a frame must be seen as a whole before any of it counts: by a model of the
/// background, or by the difference with what comes of bad cameras taken out.
///
/// The steps, each left out where it is not asked for: smooth (blur), move the previous picture to
/// where the camera is now (stabilize), compare, open what moved (despeckle), clear what sways
/// (sway-filter) and what is masked, judge the light.
///
/// Frames are compared as Difference does, exactly, unless they are smoothed or moved: then it is
/// their grey of 8 bits.
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
    kChange,   // the light changed or the camera turned: that is no motion
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

  /// What moved in the last frame and is not masked. The next frame does not depend on it.
  MovedBits& moved() { return moved_; }

  /// After a break: there is no previous frame.
  void forget();

  /// Whether a model tells motion.
  bool has_model() const { return subtractor_.has_value(); }

  /// The standard deviation of a picture's noise in 8-bit grey; 0 if it is not measured.
  double noise() const { return noise_ ? noise_->sigma() * 255 / range_ : 0; }

  /// Bytes it holds.
  size_t memory() const;

 private:
  bool sees_gray() const;

  Verdict subtract(const ConstFrameView& frame, const Context& context);
  Verdict compare(const ConstFrameView& frame, const Context& context);
  void see_light(const ConstFrameView& frame, const Context& context);
  void compare_gray(const ConstFrameView& frame, const Context& context);
  int measure_noise(const cv::Mat& before, const NoiseFilter::Frame& frame, const Context& context);
  void compare_exactly(const ConstFrameView& frame, const Context& context, int threshold);
  void try_strips(const ConstFrameView& frame, const Context& context, int threshold);
  void compare_pictures(const cv::Mat& before, int threshold, const Context& context);
  void clear_of_camera(const cv::Mat& unmoved, int threshold, const Context& context);
  const cv::Mat* counting(const Regions& regions);
  void despeckle(Bands& bands);
  void clear_masked(const Regions& regions);

  PixelFormat format_;
  Settings settings_;
  int luma_range_ = 255;
  int range_ = 255;  // from black to white in grey as it is seen
  BytePicture picture_;
  std::optional<BackgroundSubtractor> subtractor_;
  std::optional<CameraMotion> camera_;
  CameraMovement movement_;  // of the camera, in the last frame
  std::optional<NoiseFilter> noise_;
  std::optional<SwayFilter> sway_;
  MovedBits moved_;
  LightChanges light_changes_;
  LightStep light_;  // from the previous frame to the last one
  MovedPicture moved_picture_;
  Captions captions_;
  GrayFrames gray_;
  cv::Mat colors_, smooth_picture_;  // what a model sees
  cv::Mat compared_;
  cv::Mat relit_, relit_rows_;  // the previous picture in the light of now
  cv::Mat counting_;            // 0 where cells are masked,
  uint64_t counting_of_ = 0;    // of the regions with this number
  cv::Mat bytes_, opened_;      // what moved
  cv::Mat square_;              // that despeckles
};

}  // namespace motionheat
