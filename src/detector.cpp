// SPDX-License-Identifier: LGPL-2.1-or-later
#include "detector.h"

#include <algorithm>
#include <opencv2/core.hpp>

#include "background_model.h"
#include "tile_grid.h"

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

BackgroundSubtractor::BackgroundSubtractor(Detector detector, const PixelFormat& format)
    : format_(format),
      model_(make_background_model(detector)),
      model_pixel_bytes_(model_pixel_bytes(detector, format.model == ColorModel::kRgb ? 3 : 1)) {}

void BackgroundSubtractor::apply(const ConstFrameView& frame,
                                 const std::optional<GrayLevels>& levels) {
  const cv::Size size(frame.size.width, frame.size.height);
  if (picture_.size() != size) frames_ = 0;
  picture_.create(size, CV_8UC(format_.model == ColorModel::kRgb ? 3 : 1));
  if (levels)
    take(frame, *levels);
  else
    take(frame);
  model_->apply(picture_, mask_);
  cv::compare(mask_, 255, mask_, cv::CMP_EQ);            // shadows have another value
  frames_ = std::min(frames_ + 1, kSettlingFrames + 1);  // counts no further
}

// Puts what the model sees of a frame into the picture.
void BackgroundSubtractor::take(const ConstFrameView& frame) {
  const cv::Size size = picture_.size();
  const int channels = picture_.channels();
  const int shift = format_.components[0].lsb + format_.components[0].depth - 8;
  for (int i = 0; i < channels; ++i) {
    const Component& c = format_.components[i];
    for (int y = 0; y < size.height; ++y) {
      const uint8_t* from = frame.row(c.plane, y) + c.offset;
      uint8_t* to = picture_.ptr(y) + i;
      for (int x = 0; x < size.width; ++x, from += c.step, to += channels)
        *to = format_.sample_bytes() == 1 ? *from : uint8_t((from[0] | from[1] << 8) >> shift);
    }
  }
}

void BackgroundSubtractor::take(const ConstFrameView& frame, const GrayLevels& levels) {
  const Component& c = format_.components[0];
  const int top = (1 << c.depth) - 1;
  for (int y = 0; y < picture_.rows; ++y) {
    const uint8_t* from = frame.row(c.plane, y) + c.offset;
    uint8_t* to = picture_.ptr(y);
    for (int x = 0; x < picture_.cols; ++x, from += c.step) {
      const int value = (from[0] | from[1] << 8) >> c.lsb & top;
      to[x] = uint8_t(std::clamp((value - levels.low) * 255 / levels.span(), 0, 255));
    }
  }
}

bool BackgroundSubtractor::is_settled() const {
  return frames_ > kSettlingFrames;
}

kernels::MovedRows BackgroundSubtractor::copy_mask(const Rect& area, uint8_t* mask,
                                                   ptrdiff_t mask_stride) const {
  kernels::MovedRows any = 0;
  for (int y = 0; y < area.height; ++y, mask += mask_stride) {
    const uint8_t* from = mask_.ptr(area.y + y) + area.x;
    for (int begin = 0; begin < area.width; begin += 8) {
      unsigned bits = 0;
      for (int x = begin; x < std::min(begin + 8, area.width); ++x)
        bits |= (from[x] & 1u) << (x - begin);
      mask[begin / 8] = uint8_t(bits);
      any |= kernels::MovedRows{bits != 0} << y / TileGrid::kHeight;
    }
  }
  return any;
}

size_t BackgroundSubtractor::memory() const {
  return picture_.total() * (model_pixel_bytes_ + picture_.channels() + 1);
}

}  // namespace motionheat
