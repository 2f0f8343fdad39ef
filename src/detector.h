// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/video/background_segm.hpp>
#include <string>

namespace motionheat {

/// What tells motion.
enum class Detector {
  kDifference,  // the difference of consecutive frames
  kMog2,        // OpenCV's background subtraction by Gaussian mixtures
  kKnn,         // OpenCV's background subtraction by nearest neighbours
};

/// How a model of the background learns; the defaults are OpenCV's.
struct ModelSettings {
  int history = 500;            // frames that it remembers, 1 or more
  double variance = 16;         // of kMog2: squared distance, in standard deviations of the pixel's
                                // own, above which a pixel is foreground
  bool detects_shadows = true;  // tells them apart, so that they do not count

  bool operator==(const ModelSettings&) const = default;
};

/// Why a detector cannot be used here, because the module with its models cannot be loaded; empty
/// if it can.
std::string why_unavailable(Detector detector);

/// Steps 1 and 2 by a model of the background, which also finds what moves slowly or stops. It sees
/// luma in 8 bits, or the three colours of RGB.
class BackgroundSubtractor {
 public:
  /// `detector` is kMog2 or kKnn. Throws cv::Exception for want of memory, and std::runtime_error
  /// if it is unavailable.
  BackgroundSubtractor(Detector detector, const ModelSettings& settings);

  /// Learns and judges otherwise from the next frame on; what was learnt stays.
  void set(const ModelSettings& settings);

  /// Learns a picture, CV_8UC1 or CV_8UC3, and marks what is not background: 255 in a CV_8UC1
  /// picture, and 127 where that is a shadow. A picture of another size than the last starts a new
  /// model.
  const cv::Mat& apply(const cv::Mat& picture);

  /// False for the first frames of a model, in which everything is foreground.
  bool is_settled() const;

  /// Bytes it holds, by what the models keep of a pixel.
  size_t memory() const;

 private:
  Detector detector_;
  cv::Ptr<cv::BackgroundSubtractor> model_;
  size_t pixel_bytes_ = 0;  // of the model
  cv::Mat mask_;
  int frames_ = 0;  // learnt, as far as it matters
};

}  // namespace motionheat
