// SPDX-License-Identifier: LGPL-2.1-or-later
#include "background.h"

#include <opencv2/core.hpp>
#include <utility>

#include "kernels/kernels.h"

namespace motionheat {
namespace {

// Seconds up to which the mean is that of all time, and over which it runs from then on.
constexpr double kRunning = 60;
// Seconds that a part waits for its turn, of which a mean over a minute takes no notice; and while
// the mean is young, what share of its time: no frame weighs more than that.
constexpr double kLongestWait = 0.64, kYoungWait = 1 / 16.0;
// Seconds that a frame stands for at most: who is in one that comes after a hole would show.
constexpr double kLongestFrame = 1;
// And where nothing is known of time.
constexpr double kUsualFrame = 1 / 25.0;

// In one go where there is nothing between rows: long copies are what memory is good at.
void copy_rows(kernels::Rows<const uint8_t> from, kernels::Rows<uint8_t> to,
               kernels::Extent bytes) {
  if (from.stride == bytes.width && to.stride == bytes.width)
    bytes = {bytes.width * bytes.height, bytes.height > 0};
  for (int y = 0; y < bytes.height; ++y) std::copy_n(from[y], bytes.width, to[y]);
}

}  // namespace

BackgroundPicture::BackgroundPicture(Background kind, const PixelFormat& format, Size size)
    : kind_(kind),
      format_(format),
      size_(size),
      planes_(format.n_planes),
      changed_(size_t(TileGrid(size).rows())) {
  for (int p = 0; p < format.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format, p);
    const int width = int(layout.byte_end(size.width)), height = layout.row_end(size.height);
    planes_[p].bytes = cv::Mat::zeros(height, width, CV_8UC1);
    planes_[p].drawn.create(height, width, CV_8UC1);
    if (kind == Background::kAverage)
      planes_[p].means = cv::Mat::zeros(height, width / format.sample_bytes(), CV_32FC1);
  }
}

void BackgroundPicture::add(const ConstFrameView& frame) {
  const double passed = take_passed();
  // A frame that shows more than those before starts anew, one that shows less leaves the rest.
  const Size size{std::min(size_.width, frame.size.width),
                  std::min(size_.height, frame.size.height)};
  const bool first = size.width > shown_.width || size.height > shown_.height;
  if (first) {
    shown_ = size;
    elapsed_ = 0;
    averaged_at_ = {};
    std::fill(changed_.begin(), changed_.end(), true);
    due_parts_ = 0;
  }
  if (kind_ == Background::kFirst) {
    if (first) copy(frame);
    return;
  }
  elapsed_ += passed;
  due_parts_ += kParts * passed / std::min(kLongestWait, elapsed_ * kYoungWait);
  due_parts_ = std::min(due_parts_, double(kParts));
  for (; due_parts_ >= 1; --due_parts_) {
    average(frame, next_part_);
    next_part_ = (next_part_ + 1) % kParts;
  }
}

// The seconds that the next frame stands for.
double BackgroundPicture::take_passed() {
  const double passed = std::exchange(passed_, 0);
  return passed > 0 ? std::min(passed, kLongestFrame) : kUsualFrame;
}

void BackgroundPicture::copy(const ConstFrameView& frame) {
  for (int p = 0; p < format_.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format_, p);
    for (int y = 0; y < layout.row_end(shown_.height); ++y)
      std::copy_n(frame.row(p, y), layout.byte_end(shown_.width), planes_[p].bytes.ptr(y));
  }
}

// Adds a part of a frame to the mean: it stands for all the time since the part had its last turn.
void BackgroundPicture::average(const ConstFrameView& frame, int part) {
  const double time = elapsed_ - std::exchange(averaged_at_[part], elapsed_);
  const float weight = float(time / std::min(elapsed_, kRunning));
  const auto average = format_.sample_bytes() == 2 ? kernels::active().running_mean_u16
                                                   : kernels::active().running_mean_u8;
  for (int p = 0; p < format_.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format_, p);
    const int rows = layout.row_end(size_.height);
    const int end = std::min(rows * (part + 1) / kParts, layout.row_end(frame.size.height));
    const ptrdiff_t bytes = layout.byte_end(std::min(size_.width, frame.size.width));
    Plane& plane = planes_[p];
    for (int y = rows * part / kParts; y < end; ++y)
      average(frame.row(p, y), plane.means.ptr<float>(y), plane.bytes.ptr(y),
              int(bytes / format_.sample_bytes()), weight);
    const int top = (rows * part / kParts << layout.y_shift) / TileGrid::kHeight;
    const int bottom = ((end << layout.y_shift) + TileGrid::kHeight - 1) / TileGrid::kHeight;
    for (int row = top; row < std::min(bottom, int(changed_.size())); ++row) changed_[row] = true;
  }
}

void BackgroundPicture::draw(Renderer& renderer, const FrameView& out, int row, int rows) {
  const FrameView picture = view(&Plane::bytes), drawn = view(&Plane::drawn);
  // Of a smaller frame the last group of a row may end elsewhere.
  if (out.size.width < shown_.width) {
    renderer.draw(picture, out, row, rows);
    return;
  }
  const int end = std::min(row + rows, int(changed_.size()));
  for (int r = row; r < end; ++r) {
    if (std::exchange(changed_[r], false)) renderer.draw(picture, drawn, r, 1);
    renderer.draw_changed(picture, drawn, r);
  }
  const int height = std::min({shown_.height, out.size.height, end * TileGrid::kHeight});
  for (int p = 0; p < format_.n_planes; ++p) {
    const PlaneLayout layout = plane_layout(format_, p);
    const int top = layout.row(row * TileGrid::kHeight);
    copy_rows({drawn.row(p, top), drawn.stride[p]}, {out.row(p, top), out.stride[p]},
              {int(layout.byte_end(shown_.width)), layout.row_end(height) - top});
  }
}

FrameView BackgroundPicture::view(cv::Mat Plane::*bytes) {
  FrameView view(shown_);
  for (int p = 0; p < format_.n_planes; ++p) {
    view.data[p] = (planes_[p].*bytes).data;
    view.stride[p] = ptrdiff_t((planes_[p].*bytes).step);
  }
  return view;
}

size_t BackgroundPicture::memory() const {
  size_t bytes = 0;
  for (const Plane& plane : planes_)
    bytes += 2 * plane.bytes.total() + plane.means.total() * sizeof(float);
  return bytes;
}

}  // namespace motionheat
