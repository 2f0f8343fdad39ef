// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/video/background_segm.hpp>

namespace motionheat {

enum class Detector;

/// OpenCV's model of the background for Detector::kMog2 or kKnn. It is in OpenCV's video module,
/// which six more libraries come with: so the plugin has this function in a module of its own, and
/// loads that when a model is first asked for. Throws std::runtime_error if it cannot.
cv::Ptr<cv::BackgroundSubtractor> make_background_model(Detector detector);

/// What the plugin calls in the module.
using MakeBackgroundModel = void(Detector detector, cv::Ptr<cv::BackgroundSubtractor>& model);
extern "C" [[gnu::visibility("default")]] MakeBackgroundModel motionheat_make_background_model;

}  // namespace motionheat
