// SPDX-License-Identifier: LGPL-2.1-or-later
#include "event_picture.h"

#include <cstring>
#include <map>

#include "gst_ptr.h"

namespace tool {
namespace {

constexpr unsigned kWidth = 256, kHeight = 257, kStrip = 273;  // tags of TIFF
constexpr size_t kEntry = 12;                                  // bytes

}  // namespace

// The element writes one strip of float32 in little endian without compression.
cv::Mat read_events(const std::string& path) {
  gchar* data = nullptr;
  gsize size = 0;
  GError* error = nullptr;
  if (!g_file_get_contents(path.c_str(), &data, &size, &error)) {
    const ErrorPtr held(error);
    throw Failure(error->message);
  }
  const TextPtr held(data);
  const auto* bytes = reinterpret_cast<const guint8*>(data);
  std::map<unsigned, size_t> tags;
  const size_t directory = size >= 8 ? GST_READ_UINT32_LE(bytes + 4) : size;
  const size_t n_tags = directory + 2 <= size ? GST_READ_UINT16_LE(bytes + directory) : 0;
  for (size_t i = 0; i < n_tags && directory + 2 + (i + 1) * kEntry <= size; ++i) {
    const guint8* const entry = bytes + directory + 2 + i * kEntry;
    tags[GST_READ_UINT16_LE(entry)] = GST_READ_UINT32_LE(entry + 8);
  }
  const size_t width = tags[kWidth], height = tags[kHeight], strip = tags[kStrip];
  if (width == 0 || height == 0 || strip > size || (size - strip) / 4 / width < height)
    throw Failure(path + ": this is not a picture of events");
  cv::Mat events(int(height), int(width), CV_32FC1);
  for (size_t i = 0; i < width * height; ++i)
    events.ptr<float>()[i] = GST_READ_FLOAT_LE(bytes + strip + 4 * i);
  return events;
}

}  // namespace tool
