// SPDX-License-Identifier: LGPL-2.1-or-later
#include "thumbnails.h"

#include <gst/video/video.h>

namespace tool {
namespace {

// In which nothing moves until a picture is taken, and after which one is taken anyway.
constexpr uint64_t kStill = GST_SECOND;
constexpr uint64_t kLongest = 10 * GST_SECOND;

}  // namespace

void ThumbnailTaker::frame(GstBuffer* buffer, GstCaps* caps, uint64_t time, double share) {
  const bool moves = share > 0 && share >= area_;
  if (best_ && (time > last_ + kStill || time > begin_ + kLongest)) take();
  if (!moves) return;
  last_ = time;
  if (!best_) begin_ = time;
  if (best_ && share <= best_share_) return;
  best_.reset(gst_sample_new(buffer, caps, nullptr, nullptr));
  best_share_ = share;
  best_time_ = time;
}

std::vector<Thumbnail> ThumbnailTaker::finish() {
  if (best_) take();
  return std::move(taken_);
}

void ThumbnailTaker::take() {
  const SamplePtr best = std::move(best_);
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(best.get()))) return;
  const int width = std::min(kWidth, info.width);
  const CapsPtr caps(gst_caps_new_simple("image/jpeg", "width", G_TYPE_INT, width, "height",
                                         G_TYPE_INT,
                                         std::max(1, int(gint64(info.height) * width / info.width)),
                                         "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, nullptr));
  const SamplePtr small(gst_video_convert_sample(best.get(), caps.get(), 10 * GST_SECOND, nullptr));
  if (!small) return;
  GstMapInfo map;
  GstBuffer* const jpeg = gst_sample_get_buffer(small.get());
  if (!gst_buffer_map(jpeg, &map, GST_MAP_READ)) return;
  taken_.push_back({best_time_, {map.data, map.data + map.size}});
  gst_buffer_unmap(jpeg, &map);
}

}  // namespace tool
