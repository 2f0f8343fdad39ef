// SPDX-License-Identifier: LGPL-2.1-or-later
#include "background.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace motionheat {
namespace {

// Frames in a running mean: 20 seconds of a camera of 25 frames a second.
constexpr int kRunningFrames = 500;

}  // namespace

BackgroundPicture::BackgroundPicture(Background kind, const PixelFormat& format, Size size)
    : kind_(kind), format_(format), size_(size), planes_(format.n_planes) {
  for (int p = 0; p < format.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format, p);
    const int width = int(layout.byte_end(size.width)), height = layout.row_end(size.height);
    planes_[p].bytes = cv::Mat::zeros(height, width, CV_8UC1);
    if (kind == Background::kAverage)
      planes_[p].average = cv::Mat::zeros(height, width / format.sample_bytes(), CV_32FC1);
  }
}

void BackgroundPicture::add(const ConstFrameView& frame) {
  // A frame that shows more than those before starts anew, one that shows less leaves the rest.
  const Size size{std::min(size_.width, frame.size.width),
                  std::min(size_.height, frame.size.height)};
  if (size.width > shown_.width || size.height > shown_.height) frames_ = 0;
  if (kind_ == Background::kFirst && frames_ > 0) return;
  const bool first = frames_ == 0;
  if (first) shown_ = size;
  frames_ = std::min(frames_ + 1, kRunningFrames);
  const int depth = format_.sample_bytes() == 2 ? CV_16UC1 : CV_8UC1;
  for (int p = 0; p < format_.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format_, p);
    const int bytes = int(layout.byte_end(size.width));
    Plane& plane = planes_[p];
    for (int y = 0; y < layout.row_end(size.height); ++y) {
      if (first) std::copy_n(frame.row(p, y), bytes, plane.bytes.ptr(y));
      if (kind_ != Background::kAverage) continue;
      const int samples = bytes / format_.sample_bytes();
      const cv::Mat now(1, samples, depth, const_cast<uint8_t*>(frame.row(p, y)));
      cv::Mat mean = plane.average.row(y).colRange(0, samples);
      cv::accumulateWeighted(now, mean, 1.0 / frames_);
      cv::Mat shown(1, samples, depth, plane.bytes.ptr(y));
      mean.convertTo(shown, depth);
    }
  }
}

ConstFrameView BackgroundPicture::view() const {
  ConstFrameView view(shown_);
  for (int p = 0; p < format_.n_planes; ++p) {
    view.data[p] = planes_[p].bytes.data;
    view.stride[p] = ptrdiff_t(planes_[p].bytes.step);
  }
  return view;
}

size_t BackgroundPicture::memory() const {
  size_t bytes = 0;
  for (const Plane& plane : planes_)
    bytes += plane.bytes.total() + plane.average.total() * sizeof(float);
  return bytes;
}

}  // namespace motionheat
