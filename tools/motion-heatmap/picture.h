// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "element.h"
#include "state_file.h"

namespace tool {

/// What heat is drawn on.
struct Background {
  cv::Mat picture;     // CV_8UC3, red first; empty if there is none
  double seconds = 0;  // of stream time that it stands for
};

/// The background of two stretches of a stream, of which `next` follows `first`, as the element
/// averages: the mean of all frames, later of the last minute.
Background join(const Background& first, const Background& next);

/// A frame of a stream, CV_8UC3, red first. Throws Failure.
cv::Mat picture_of(GstBuffer* frame, GstCaps* caps);

/// The content of a file of that extension: ".png", ".jpg" or ".jpeg". Throws Failure.
std::string encode_picture(const cv::Mat& picture, const std::string& extension);
/// The other way round, of PNG.
cv::Mat decode_picture(const std::vector<uint8_t>& bytes);

/// A zone in figures, as the element has them.
struct ZoneFigures {
  std::string name;
  double coverage = 0;  // 0 to 1, share of its pixels with any heat
  double mean = 0;      // events of a pixel
  double max = 0;       // of the hottest one
  double share = 0;     // 0 to 1, of all events
};

struct Figures {
  double max = 0;               // events of the hottest pixel
  double full_scale = 0;        // events that the hottest colour stands for
  double coverage = 0;          // 0 to 1
  double hot_x = 0, hot_y = 0;  // 0 to 1, the hottest spot
  std::vector<ZoneFigures> zones;
};
/// Heat as the element draws it.
struct Rendering {
  cv::Mat picture;  // CV_8UC3, red first
  Figures figures;
};

/// Heat drawn on its background by the element; without a background on grey. Throws Failure.
Rendering render(const motionheat::State& state, const Background& background,
                 const ElementSettings& settings);

/// Writes the events of each pixel to a .tiff file. Throws Failure.
void write_events(const motionheat::State& state, const ElementSettings& settings,
                  const std::string& path);

}  // namespace tool
