// SPDX-License-Identifier: LGPL-2.1-or-later
#include "background_model.h"

#include "detector.h"

namespace motionheat {

cv::Ptr<cv::BackgroundSubtractor> make_background_model(Detector detector) {
  if (detector == Detector::kMog2) return cv::createBackgroundSubtractorMOG2();
  return cv::createBackgroundSubtractorKNN();
}

void motionheat_make_background_model(Detector detector,
                                      cv::Ptr<cv::BackgroundSubtractor>& model) {
  model = make_background_model(detector);
}

}  // namespace motionheat
