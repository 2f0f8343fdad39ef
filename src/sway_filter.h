// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "kernels/kernels.h"

namespace motionheat {

/// Tells what sways from what passes: leaves, flags and tape move for ever and never get anywhere,
/// a body comes from somewhere and goes on.
///
/// In a small grey copy of the picture, of at most 320 pixels a side up to 5120, patches of 8 by 8
/// pixels are followed from frame to frame, one in each cell of that size in which anything moves.
/// A patch that got six pixels, on a way that is fairly straight, passes, and where it is and came
/// from a body is: there everything counts. Where patches are followed for about a second and none
/// passes it sways: nothing counts any more, until a body comes. Bodies are expected for some
/// seconds where they were, so that who walks in and stands about counts.
///
/// A wave along a flag or a tape seems to pass, too. It is told by pictures of the last two
/// seconds: most of what passes was there before, and the place is never still.
///
/// What is not known counts: the first second of everything, or two thirds of it where a scene
/// begins, and what is too fast, too plain or too small to be followed, or sways so gently that a
/// place moves less than once in half a second. What swayed is kept in mind for minutes. Whoever is
/// there from the beginning and only gestures is taken for a leaf; of a body in front of swaying
/// leaves a part is lost.
class SwayFilter {
 public:
  /// For pictures of this size. Throws std::bad_alloc or cv::Exception.
  explicit SwayFilter(cv::Size size);

  /// After a break in the stream: nothing is followed over it. Where it sways is still known.
  void forget_picture();
  /// Forgets everything, for another scene.
  void forget();

  /// Clears from `moved`, a bit for each pixel and none beyond the width, what sways in `current`,
  /// 8-bit grey of the filter's size, `seconds` after the frame before. If those are not known (0
  /// or less) they are 1/25. Allocates nothing.
  void apply(const cv::Mat& current, kernels::Rows<uint8_t> moved, double seconds);

  /// Bytes it holds.
  size_t memory() const;

 private:
  /// Pixels of the small picture that cells and patches are wide and high. A cell's row of bits is
  /// as many bytes as a pixel of the small picture is wide.
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
    bool is_fresh;  // and was not there before
    bool is_body;   // others near it pass, too
    std::array<uint8_t, kPatch * kPatch> pixels;
  };

  enum class Kind {
    kStays,
    kAlone,  // it passes, but hardly any other one around it
    kWave,
    kBody,
  };

  /// Where a patch was found, and how much it differs from that: a share of how much it differs
  /// from what is around.
  struct Match {
    Point place;
    float unlike;
  };

  bool holds(Point middle) const;
  int cell(Point place) const;
  cv::Rect cells_near(Point place, int reach) const;
  bool moves(size_t cell) const;
  bool moves_near(Point place) const;

  void count_moved(kernels::Rows<const uint8_t> moved);
  void note_still(float seconds);
  void shrink(const cv::Mat& current);
  void keep(float seconds);
  static int distance(const Patch& patch, const cv::Mat& picture, Point middle);
  Match look_for(const Patch& patch, const cv::Mat& picture, Point around, int reach) const;
  bool find(Patch& patch) const;
  bool was_there(const Patch& patch) const;
  void take(Patch& patch) const;
  bool follow(Patch& patch, float seconds) const;
  void follow_all(float seconds);
  void mark(std::vector<uint8_t>& cells, Point place, int reach) const;
  Kind kind_of_passing(Point place) const;
  void expect_none(Point place);
  void mark_passing();
  void begin_patches();
  void learn(float seconds);
  void clear(kernels::Rows<uint8_t> moved) const;

  cv::Size size_;
  int scale_;       // pixels of the picture that one of the small one is wide and high
  cv::Size cells_;  // columns and rows of them
  cv::Mat small_;
  std::array<cv::Mat, 4> before_;  // small pictures that were kept, by turns,
  size_t kept_ = 0;                // how many were,
  float since_kept_ = 0;           // and seconds since the last one
  float watched_ = 0;              // seconds of this scene, up to those that weigh more
  std::vector<Patch> patches_;
  std::vector<uint16_t> column_of_byte_;  // of cells, for each byte of a row of bits
  std::vector<uint8_t> row_moves_;        // whether anything moves in a row of cells
  // For each cell:
  std::vector<int> moved_;       // pixels that moved
  std::vector<float> still_;     // seconds since any did
  std::vector<float> busy_;      // seconds since it was still, up to those that count
  std::vector<int> patch_;       // which patch is there, -1 for none
  std::vector<uint8_t> stays_;   // whether something near is followed and does not pass
  std::vector<uint8_t> passed_;  // whether something passes
  std::vector<float> swayed_;    // seconds of swaying; below 0 those for which bodies are expected
};

}  // namespace motionheat
