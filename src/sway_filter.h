// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "kernels/kernels.h"

namespace motionheat {

/// Tells what sways, leaves, flags, waves, from what passes: the one moves for ever and never gets
/// anywhere, the other comes from somewhere and goes on.
///
/// The picture is cut into cells of about a fortieth of its longer side. In each that moves a patch
/// of a few pixels is followed from frame to frame, in a small grey copy of the picture. A patch
/// that got further than leaves do, and on a fairly straight way, passes. What moves near it
/// counts, and the cells on its way are known for a while as cells where bodies are, even where
/// they stay. A cell in which patches were followed for more than a second and none passed sways.
///
/// What is not known counts: the first second of everything, what is too fast or too plain to be
/// followed, and every motion in a picture of less than 16 pixels. Established swaying is kept in
/// mind for minutes, through a body that crosses it.
class SwayFilter {
 public:
  /// For pictures of this size. Throws std::bad_alloc or cv::Exception.
  explicit SwayFilter(cv::Size size);

  /// After a break in the stream: the picture is as it was at no time. What is known of the cells
  /// is kept.
  void forget_picture();
  /// Forgets everything: another scene.
  void forget();

  /// Clears from `moved`, a bit for each pixel and none beyond the width, what sways in `current`,
  /// 8-bit grey of the filter's size, `seconds` after the frame before. Where those are not known
  /// (0 or nonsense) they are taken for 1/25 s.
  void apply(const cv::Mat& current, kernels::Rows<uint8_t> moved, double seconds);

  /// Bytes it holds.
  size_t memory() const;

 private:
  /// Pixels of the small picture that a cell and a patch are wide and high.
  static constexpr int kCell = 8;
  static constexpr int kPatch = 8;

  struct Point {
    int x;
    int y;
  };

  /// A patch that is followed. Places are in pixels of the small picture, those of the patch's
  /// middle.
  struct Patch {
    Point place;
    Point step;                // of the last frame: it is looked for where that leads
    Point taken;               // where the pixels were taken
    std::array<float, 2> way;  // how far it got in the last seconds, older steps weighing less
    float path;                // the length of that way with all its turns
    float age;                 // seconds of motion in which it was followed
    float rest;                // seconds since anything moved there
    bool passes;
    bool is_led;  // not alone: others near it pass as well
    std::array<uint8_t, kPatch * kPatch> pixels;
  };

  bool holds(Point middle) const;
  int cell(Point place) const;
  cv::Rect cells_near(Point place, int reach) const;
  bool moved_near(Point place) const;

  bool count_moved(kernels::Rows<const uint8_t> moved);
  void shrink(const cv::Mat& current);
  int distance(const Patch& patch, Point middle) const;
  bool find(Patch& patch) const;
  void take(Patch& patch) const;
  bool follow(Patch& patch, float seconds) const;
  void follow_all(float seconds);
  void mark(std::vector<uint8_t>& cells, Point place, int reach) const;
  void mark_passing();
  void begin_patches();
  void learn(float seconds);
  void clear(kernels::Rows<uint8_t> moved) const;

  cv::Size size_;
  int scale_;       // pixels of the picture that one of the small one is wide and high
  cv::Size cells_;  // columns and rows of them
  cv::Mat small_;
  std::vector<Patch> patches_;
  std::vector<uint16_t> column_of_byte_;  // of cells, for each byte of a row of bits
  std::vector<uint8_t> row_moved_;        // whether anything moved in a row of cells
  // For each cell:
  std::vector<int> moved_;        // pixels that moved
  std::vector<int> patch_;        // which patch is there, -1 for none
  std::vector<uint8_t> stays_;    // whether something near is followed and does not pass
  std::vector<uint8_t> passed_;   // whether something passes
  std::vector<float> swayed_;     // seconds of swaying; below 0 those for which bodies are expected
};

}  // namespace motionheat
