// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "frame_view.h"
#include "kernels/kernels.h"

namespace motionheat {

/// The noise of a stream, and what of a frame's motion is only noise.
///
/// Which pixels moved stays with the comparison of pixels. Where anything moved is told by a smooth
/// difference, that of pictures of half the size under a Gaussian of two pixels: motion is together
/// in space, so that it passes the Gaussian and noise does not. It has to stand out of the noise
/// that the smooth difference itself has; less is enough beside what stands out, or stood out in
/// the last frame, since motion goes on in time. What moved anywhere else is cleared.
///
/// Noise is measured in three ways, each robust against motion:
/// - the small differences of pixels, as if they were those of a normal distribution;
/// - those of the smooth difference in the same way, in classes of brightness: so noise that is
///   not independent from pixel to pixel is known by what passes the Gaussian;
/// - how many pixels moved that have no other one nearby. After a lossy codec most blocks
///   do not differ at all and few differ by much, which no small difference tells.
///
/// While noise is low nothing is cleared and no picture is made smooth. What begins all at once is
/// noise where it is independent from pixel to pixel; else it might be a camera that was moved, and
/// has to last. Pictures in which most pixels move for seconds are taken for noise.
class NoiseFilter {
 public:
  /// What is known of a frame without looking at its pixels.
  struct Frame {
    cv::Size size;
    double seconds = 0;               // since the last one; what is no time counts as 1/25
    const cv::Mat* counts = nullptr;  // CV_8UC1 of that size; pixels that are 0 are not measured
  };
  /// Grey of a frame and of the one before, CV_8UC1 of the same size.
  struct Pictures {
    cv::Mat current;
    cv::Mat previous;
  };

  /// A break: motion does not go on from here. What was measured stays.
  void forget();

  // For each frame these four in turn.

  /// Measures a sample of the pixels: the pictures have only the rows that are sampled.
  void measure(const Frame& frame, const Pictures& sampled);
  static RowStep sampled_rows(cv::Size size);

  /// What to compare pixels with in place of `least`: more only if most of the noise exceeds that.
  int threshold(int least) const;

  /// Looks at some of what differs by more than `threshold`: a bit for each pixel as
  /// kernels::Kernels::compare_u8 sets them, rows of whole words of 64 bits, those beyond the width
  /// 0. Of them only strips of `kStripRows` rows, which begin with those of `strips`. True if there
  /// may be noise: then the pictures have to be judged.
  bool suspect(const Frame& frame, int threshold, kernels::Rows<const uint8_t> moved);
  static RowStep strips(cv::Size size);
  static constexpr int kStripRows = 9;

  /// Finds where it moves, in whole pictures. They `continue` if the previous one is the current
  /// one of the last frame, pixel for pixel. Throws cv::Exception or std::bad_alloc.
  void judge(const Frame& frame, const Pictures& pictures, bool continues);

  /// Clears what is noise in `moved`, of all pixels.
  void clear(const Frame& frame, kernels::Rows<uint8_t> moved);

  /// Standard deviation of a picture's noise, in grey of 8 bits. Where single pixels tell of more
  /// noise than differences as a whole do: that of the normal noise with as many.
  double sigma() const;

  /// In the last frame noise was cleared.
  bool is_active() const { return is_active_; }

  /// Bytes it holds.
  size_t memory() const;

 private:
  static constexpr int kRegionsAcross = 4;  // and as many down
  static constexpr size_t kRegions = size_t{kRegionsAcross} * kRegionsAcross;
  static constexpr int kClasses = 4;  // of brightness
  using Histogram = std::array<uint32_t, 256>;
  // A bit for each pixel of the half picture, 64 a word and the first one lowest.
  using Words = std::vector<uint64_t>;

  void count_single(const Frame& frame, kernels::Rows<const uint8_t> moved);
  void stop();
  void follow_smooth(const Pictures& pictures, bool continues);
  void make_smooth(const cv::Mat& picture, cv::Mat& smooth);
  void measure_smooth(const cv::Mat* counts);
  void find_motion();
  void grade_rows(int begin, int end);
  bool join_in_space_and_time();
  void spread(const Words& bits, int radius);
  void clear_elsewhere(cv::Size size, kernels::Rows<uint8_t> moved) const;

  double seconds_ = 0;
  int threshold_ = 0;
  bool is_active_ = false;
  bool is_known_ = false;  // that there is noise, whatever the pictures say
  bool has_measured_ = false;
  double difference_ = 0;                   // sigma of the differences of pixels, slowly averaged
  double present_ = 0;                      // the same of this frame
  std::array<double, kRegions> singles_{};  // share of pixels that move singly, slowly averaged,
  double single_ = 0;                       // and the median of it
  double tail_ = 0;                         // sigma of the normal differences with so many of them

  // Only while active.
  bool has_smooth_ = false;
  double smooth_sigma_ = -1;   // slowly averaged; below 0 if not known
  double present_smooth_ = 0;  // that of this frame
  int shift_ = 0;              // by which all of the frame differs, if it does
  std::array<double, kClasses> ratio_ = {1, 1, 1, 1};  // of each class to it
  cv::Mat half_, smooth_, previous_smooth_;
  cv::Mat grades_, zeros_;  // of a few rows: 1 if it is weak, 2 if it is strong
  std::array<uint8_t, kClasses> strong_limits_{}, weak_limits_{};
  size_t words_ = 0;  // in a row
  Words strong_, weak_, where_, wide_, around_;
  Words nothing_;      // a row
  cv::Size where_of_;  // the size that these are of
  bool has_where_ = false;
  bool is_independent_ = false;  // the noise of a pixel, from that of others
};

}  // namespace motionheat
