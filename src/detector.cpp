// SPDX-License-Identifier: LGPL-2.1-or-later
#include "detector.h"

#include <algorithm>
#include <opencv2/core.hpp>

#include "background_model.h"

namespace motionheat {
namespace {

// Until the models have seen a few frames they take everything for foreground.
constexpr int kSettlingFrames = 5;

// Bytes that OpenCV keeps of a pixel: five Gaussians of weight, variance and mean; 3 x 7 samples
// with a flag.
size_t model_pixel_bytes(Detector detector, size_t channels) {
  if (detector == Detector::kMog2) return 5 * (2 + channels) * sizeof(float);
  return 3 * 7 * (channels + 1);
}

}  // namespace

std::string why_unavailable(Detector detector) {
  try {
    if (detector != Detector::kDifference) make_background_model(detector);
    return {};
  } catch (const std::exception& e) {
    return e.what();
  }
}

BackgroundSubtractor::BackgroundSubtractor(Detector detector, const ModelSettings& settings)
    : detector_(detector), model_(make_background_model(detector)) {
  set(settings);
}

void BackgroundSubtractor::set(const ModelSettings& settings) {
  // The functions are virtual, so that nothing of OpenCV's module is linked here.
  if (detector_ == Detector::kMog2) {
    auto& model = static_cast<cv::BackgroundSubtractorMOG2&>(*model_);
    model.setHistory(settings.history);
    model.setVarThreshold(settings.variance);
    model.setDetectShadows(settings.detects_shadows);
  } else {
    auto& model = static_cast<cv::BackgroundSubtractorKNN&>(*model_);
    model.setHistory(settings.history);
    model.setDetectShadows(settings.detects_shadows);
  }
}

const cv::Mat& BackgroundSubtractor::apply(const cv::Mat& picture) {
  if (mask_.size() != picture.size()) frames_ = 0;
  pixel_bytes_ = model_pixel_bytes(detector_, size_t(picture.channels()));
  model_->apply(picture, mask_);
  frames_ = std::min(frames_ + 1, kSettlingFrames + 1);  // counts no further
  return mask_;
}

bool BackgroundSubtractor::is_settled() const {
  return frames_ > kSettlingFrames;
}

size_t BackgroundSubtractor::memory() const {
  return mask_.total() * (pixel_bytes_ + 1);
}

}  // namespace motionheat
