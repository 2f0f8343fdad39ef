// SPDX-License-Identifier: LGPL-2.1-or-later
#include "detector.h"

#include <algorithm>
#include <array>
#include <cstring>
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
  model_->apply(picture_of(frame, levels), mask_);
  frames_ = std::min(frames_ + 1, kSettlingFrames + 1);  // counts no further
}

// What the model sees of a frame: planes of bytes as they are, all else put into the picture.
cv::Mat BackgroundSubtractor::picture_of(const ConstFrameView& frame,
                                         const std::optional<GrayLevels>& levels) {
  const int channels = picture_.channels();
  // OpenCV takes no rows that go upwards.
  const bool are_planes =
      format_.sample_bytes() == 1 && format_.components[0].step == 1 && frame.stride[0] > 0;
  if (levels || !are_planes) {
    levels ? take(frame, *levels) : take(frame);
    return picture_;
  }
  std::array<cv::Mat, 3> planes;
  for (int i = 0; i < channels; ++i) {
    const int plane = format_.components[i].plane;
    // Nor views of constant bytes; it only reads them.
    planes[i] = cv::Mat(picture_.size(), CV_8UC1, const_cast<uint8_t*>(frame.data[plane]),
                        size_t(frame.stride[plane]));
  }
  if (channels == 1) return planes[0];
  cv::merge(planes.data(), planes.size(), picture_);
  return picture_;
}

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
      uint64_t pixels = 0;
      std::memcpy(&pixels, from + begin, size_t(std::min(8, area.width - begin)));
      // What moved is 255, shadows are 127: the highest bit of each byte tells. The product brings
      // that of byte i, moved to bit 8 i, to bit 56 + i.
      const uint64_t moved = pixels >> 7 & 0x0101010101010101;
      const uint64_t bits = moved * 0x0102040810204080 >> 56;
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
