// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "displacement.h"
#include "still_reference.h"

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
  /// Where a point of the usual view, about which the camera shakes, is in the current picture; of
  /// kStill and kMoved.
  Displacement from_usual;
};

/// Measures the movement of the camera itself.
///
/// A frame is fitted to all tiles of a still reference at once: what displacement brings them
/// nearest to it (Lucas and Kanade, over three sizes). It is affine, so turns, and rows that a
/// rolling shutter read one after the other, are part of it. A tile weighs the less the less it
/// resembles the frame, now and in the last seconds: one that a car passes has no vote. The camera
/// moved by the difference between two frames' displacements. If these lead away faster than a
/// drift does, or nothing resembles the reference from one frame to the next, it is turned to
/// another view.
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
  using Fit = StillReference::Fit;
  // What the tiles say of a displacement.
  struct Verdict {
    int agree = 0;     // tiles
    double share = 0;  // of all, by their importance
    // Some of them are near this side. An object that fills the picture up to both is rare.
    bool left = false, right = false;
    double deviation = 1e9;  // of the displacement of the middle, pixels of the shrunk picture
  };
  struct Equations {
    cv::Matx66d a = cv::Matx66d::zeros();
    cv::Vec6d b = cv::Vec6d::all(0);
  };

  void restart();
  PixelPoint middle() const;
  cv::Point coarse_home() const;
  Displacement in_frame(Displacement d) const;
  double most_of(const Displacement& d) const;
  bool stands_still(const Displacement& d);
  float noise_of_fits();
  Verdict weigh(int level, float noise, float tolerance, Equations& sums) const;
  Verdict refine(Displacement& d, int level, int rounds);
  Verdict settle(Displacement& d);
  void detail_of(const cv::Mat& picture, cv::Mat& detail);
  void compare_places();
  Displacement search();
  Verdict locate(Displacement& d);
  CameraMovement movement(const Displacement& pose, const Verdict& verdict) const;
  bool has_turned(double seconds, bool stands);
  CameraMovement lost(double seconds, const Verdict& verdict);

  cv::Size size_;  // of the frames
  StillReference reference_;
  std::vector<Fit> fits_;     // of the last displacement tried
  std::vector<Fit> unmoved_;  // of that of the previous frame
  std::vector<float> sorted_;
  cv::Mat blurred_, wanted_, found_;  // of the search
  std::vector<cv::Point2f> places_;
  std::vector<float> costs_;
  int frames_ = 0;                           // since the reference began
  Displacement pose_;                        // of the reference in the previous frame
  bool known_ = false;                       // the pose is
  Displacement home_;                        // the usual pose: the mean of the last seconds,
  double followed_ = 0;                      // of so many of them
  double trusted_ = 0;                       // running mean of the share of tiles that agree
  double since_left_ = 0, since_right_ = 0;  // seconds since tiles near that side agreed
  double lost_ = 0;                          // seconds
  double settling_ = 0;                      // seconds that a break still lasts
  double breaking_ = 0;                      // seconds that it has lasted
};

}  // namespace motionheat
