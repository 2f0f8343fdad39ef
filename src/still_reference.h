// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "displacement.h"

namespace motionheat {

/// What a camera sees when nothing moves, shrunk to about 640 by 360 pixels: the mean of the last
/// seconds, each frame moved to where the camera was at first. In each of its cells a tile is
/// chosen where there is most to hold on to. What is seen now is compared with those.
///
/// A part of the rows is learned with each frame, and its tiles are chosen anew.
class StillReference {
 public:
  static constexpr int kLevels = 3;  // sizes, each half as wide as the one before
  static constexpr int kPatch = 16;  // pixels of a tile in the first one; half of it in the others

  /// What a tile knows of the reference at a level: values and gradients in 1/8 grey, the gradients
  /// without their mean, so that light does not matter, and the sums of their products in grey^2.
  template <int N>
  struct Patch {
    std::array<int16_t, N * N> value, gx, gy;
    float xx, xy, yy;
  };
  struct Tile {
    bool active = false;  // there is something to hold on to
    int x = 0, y = 0;     // top left, multiples of 4
    float usual = 0;      // running mean of the residual
    float contrast = 0;   // mean square of values without their mean, grey^2
    Patch<kPatch> fine;
    std::array<Patch<kPatch / 2>, kLevels - 1> coarse;
  };
  /// How a tile fits at some displacement.
  struct Fit {
    bool inside = false;  // and the others are valid
    float bx, by;         // the sums of gradient * difference, grey^2
    float residual;       // mean square of the difference without its mean, grey^2
    float xx, xy, yy;     // as the patch's
  };

  /// For frames of this size. One that is too small to tell anything leaves this empty.
  void configure(cv::Size size);
  bool empty() const { return mean_.empty(); }
  /// Of the reference, in pixels of the shrunk picture.
  cv::Size size() const { return mean_.size(); }
  /// Pixels of a frame, across and down, that are one here.
  int scale() const { return scale_; }
  /// Shrinks a frame: CV_8UC1.
  void see(const cv::Mat& frame);
  /// The frame that was seen becomes the reference.
  void restart();
  /// Takes up the frame that was seen, in which the reference is displaced by `pose`.
  void learn(const Displacement& pose, double seconds);
  /// Takes up how much the tiles were like that frame.
  void remember(const std::vector<Fit>& fits);
  /// How often all of the reference was learned since it began, up to 1000.
  int rounds() const { return rounds_; }
  /// Compares each tile with the frame that was seen, where it is displaced: `level` is from 0 on,
  /// displacements are in pixels of level 0.
  void fit(const Displacement& d, int level, std::vector<Fit>& fits) const;
  const std::vector<Tile>& tiles() const { return tiles_; }
  /// The weight of a tile's vote for its place alone.
  float importance(const Tile& tile) const;
  /// The mean square of noise in the shrunk picture, grey^2, and how much of it the reference has.
  float noise() const { return noise_; }
  float noise_left() const { return 1.0f / float(1 + std::min(rounds_, 9)); }
  /// CV_8U, and the reference's in 1/8 grey, CV_16S.
  const cv::Mat& picture(int level) const { return picture_[size_t(level)]; }
  const cv::Mat& reference(int level) const { return reference_[size_t(level)]; }
  /// Bytes held.
  size_t memory() const;

 private:
  static constexpr int kBlock = 4;
  struct Products {  // of gradients, summed over a block of pixels
    int xx, xy, yy;
  };

  void measure_noise();
  void learn_band(int band, const Displacement& pose, double weight);
  void follow(int begin, int end, const Displacement& pose, int share);
  void sum_gradients(int top, int bottom);
  float hold(int x, int down) const;
  void choose_tiles(int band);
  void fill_patches(Tile& tile);
  template <int N>
  static void fill_patch(Patch<N>& patch, const cv::Mat& reference, int x, int y);
  template <int N>
  static void fit_tile(const Patch<N>& patch, const cv::Mat& picture, int level, const Tile& tile,
                       const Displacement& d, Fit& fit);

  int scale_ = 1;
  int cell_ = 32;  // a tile for each so many by so many pixels
  cv::Size cells_;
  std::array<cv::Mat, kLevels> picture_;    // CV_8U
  cv::Mat mean_;                            // CV_16S, 1/128 grey
  std::array<cv::Mat, kLevels> reference_;  // CV_16S, 1/8 grey
  std::vector<Tile> tiles_;                 // of each cell, row by row
  std::vector<Products> products_;
  std::vector<float> roughness_;
  float noise_ = 0;
  int band_ = 0;  // of cells, to be learned next
  int rounds_ = 0;
};

}  // namespace motionheat
