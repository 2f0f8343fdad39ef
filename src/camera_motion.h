// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "displacement.h"

namespace motionheat {

/// How the camera moved from the previous picture to the current one.
struct CameraMovement {
  enum class Kind {
    kUnknown,  // there is nothing to go by
    kStill,    // no movement that can be told from none
    kMoved,
    kBreak,  // it is turned to another view: the two pictures are not to be compared
  };
  Kind kind = Kind::kUnknown;
  /// Where a point of the current picture was in the previous one, in pixels; of kMoved only.
  Displacement to_previous;
};

/// Measures the movement of the camera itself.
///
/// The picture is shrunk to about 640 columns and held against a reference: the mean of the last
/// seconds, each frame moved to where the camera was at first. In it tiles with something to hold
/// on to are chosen, and their gradients kept. A frame is fitted to all of them at once: what
/// displacement brings it nearest to the reference (Lucas and Kanade, over three sizes, affine: so
/// turns, and rows that a rolling shutter read one after the other, are part of it). A tile weighs
/// the less the less it resembles the reference there, now and in the last seconds: one that a car
/// passes has no vote. A frame's movement is the difference between two frames' displacements.
class CameraMotion {
 public:
  /// The next frame is the first one.
  void forget();
  /// `current` is CV_8UC1, `seconds` the time since the frame before it. Throws cv::Exception or
  /// std::bad_alloc.
  CameraMovement measure(const cv::Mat& current, double seconds);
  /// Bytes held.
  size_t memory() const;

 private:
  static constexpr int kLevels = 3;  // each half as wide as the one before
  static constexpr int kPatch = 16;  // of the first level, pixels; half of it in the others

  // What a tile knows of the reference at a level: values and gradients in 1/8 grey, the gradients
  // without their mean, so that light does not matter, and the sums of their products.
  template <int N>
  struct Patch {
    std::array<int16_t, N * N> value, gx, gy;
    float xx, xy, yy;
  };
  struct Tile {
    bool active = false;
    int x = 0, y = 0;  // top left of the patch, a multiple of 4
    float usual = 0;   // running mean of the residual, grey^2
    float contrast = 0;
    Patch<kPatch> fine;
    std::array<Patch<kPatch / 2>, kLevels - 1> coarse;
  };
  // How a tile fits at some displacement: sums over its pixels.
  struct Fit {
    bool inside = false;
    float bx, by;     // gradient * difference
    float residual;   // mean square of the difference without its mean, grey^2
    float xx, xy, yy;
  };
  struct Verdict {
    int agree = 0;
    int tried = 0;
    double deviation = 1e9;  // of the displacement of the middle, pixels of the small picture
    double share() const { return tried ? double(agree) / tried : 0; }
  };

  void configure(cv::Size size);
  void restart();
  void measure_noise();
  // How much of it is left in the reference.
  float noise_left() const { return 1.0f / float(1 + std::min(rounds_, 9)); }
  void shrink(const cv::Mat& picture);
  void learn_band(int band, double weight);
  void choose_tiles(int band);
  void fill_patches(Tile& tile);
  template <int N>
  void fill_patch(Patch<N>& patch, const cv::Mat& reference, int x, int y);
  template <int N>
  void fit_tile(const Patch<N>& patch, const cv::Mat& picture, int level, const Tile& tile,
                const Displacement& d, Fit& fit) const;
  Verdict refine(Displacement& d, int level, int rounds);
  Verdict settle(Displacement& d);
  void detail_of(const cv::Mat& picture, cv::Mat& detail);
  Displacement search();
  Verdict locate(Displacement& d);
  void learn_next(double seconds);
  CameraMovement lost(double seconds, const Verdict& verdict);
  CameraMovement movement(const Displacement& pose, const Verdict& verdict) const;

  cv::Size size_;  // of the frames
  int scale_ = 1;
  int cell_ = 32;      // a tile for each so many by so many pixels
  cv::Size cells_;
  std::array<cv::Mat, kLevels> picture_;    // CV_8U, the current one
  cv::Mat mean_;                            // CV_16S, 1/128 grey
  std::array<cv::Mat, kLevels> reference_;  // CV_16S, 1/8 grey
  std::vector<Tile> tiles_;
  std::vector<Fit> fits_;
  std::vector<float> sorted_;
  cv::Mat blurred_, wanted_, found_;  // of the search
  std::vector<cv::Point2f> places_;
  std::vector<float> costs_;
  float noise_ = 0;  // its square in the current picture, blurred
  int frames_ = 0;        // since the reference began
  int band_ = 0;          // learnt last
  int rounds_ = 0;        // how often all bands were learnt
  Displacement pose_;     // of the reference in the previous frame
  bool known_ = false;    // the pose is
  PixelPoint home_{};      // of the middle, the mean of the last seconds
  float home_turn_ = 0;   // of it all, radians
  double trusted_ = 0;    // running mean of the share of tiles that agree
  double lost_ = 0;       // seconds
  double settling_ = 0;   // seconds that a break still lasts
  double breaking_ = 0;   // seconds that it has lasted
  Verdict last_;
};

}  // namespace motionheat
