// SPDX-License-Identifier: LGPL-2.1-or-later
#include "read_picture.h"

#include <png.h>
#include <turbojpeg.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

namespace {

cv::Mat read_png(const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) return {};
  // Neither alpha nor grey nor 16 bits may come out as this.
  if (image.format != PNG_FORMAT_RGB) {
    png_image_free(&image);
    return {};
  }
  image.format = PNG_FORMAT_BGR;
  cv::Mat bgr(int(image.height), int(image.width), CV_8UC3);
  if (!png_image_finish_read(&image, nullptr, bgr.data, int(bgr.step), nullptr)) return {};
  return bgr;
}

cv::Mat read_jpeg(const std::string& bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const tjhandle jpeg = tjInitDecompress();
  int width, height, subsampling, colorspace;
  cv::Mat bgr;
  if (tjDecompressHeader3(jpeg, data, bytes.size(), &width, &height, &subsampling, &colorspace) ==
      0) {
    bgr.create(height, width, CV_8UC3);
    if (tjDecompress2(jpeg, data, bytes.size(), bgr.data, width, int(bgr.step), height, TJPF_BGR,
                      TJFLAG_ACCURATEDCT) != 0)
      bgr.release();
  }
  tjDestroy(jpeg);
  return bgr;
}

template <typename T>
T little_endian(const std::string& bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= T(T(uint8_t(bytes.at(at + i))) << 8 * i);
  return value;
}

// One strip, not compressed. Throws std::out_of_range if the file is too short or lacks a tag.
cv::Mat read_tiff(const std::string& bytes) {
  const size_t directory = little_endian<uint32_t>(bytes, 4);
  const int n = little_endian<uint16_t>(bytes, directory);
  std::map<int, uint32_t> tags;
  int last_tag = 0;
  for (int i = 0; i < n; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    const int tag = little_endian<uint16_t>(bytes, entry);
    const bool is_short = little_endian<uint16_t>(bytes, entry + 2) == 3;
    if (tag <= last_tag || little_endian<uint32_t>(bytes, entry + 4) != 1) return {};
    tags[tag] = is_short ? little_endian<uint16_t>(bytes, entry + 8)
                         : little_endian<uint32_t>(bytes, entry + 8);
    last_tag = tag;
  }
  const int width = int(tags.at(256)), height = int(tags.at(257));
  const bool is_plain = tags.at(258) == 32 && tags.at(259) == 1 && tags.at(262) == 1 &&
                        tags.at(277) == 1 && tags.at(339) == 3;
  if (!is_plain || tags.at(278) != uint32_t(height) ||
      tags.at(279) != sizeof(float) * width * height || tags.at(273) + tags.at(279) > bytes.size())
    return {};
  cv::Mat events(height, width, CV_32FC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const uint32_t bits = little_endian<uint32_t>(bytes, tags.at(273) + 4 * (y * width + x));
      std::memcpy(&events.at<float>(y, x), &bits, sizeof bits);
    }
  }
  return events;
}

}  // namespace

cv::Mat read_picture(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.starts_with("\x89PNG")) return read_png(bytes);
  if (bytes.starts_with("\xff\xd8")) return read_jpeg(bytes);
  if (bytes.starts_with(std::string("II*\0", 4))) return read_tiff(bytes);
  return {};
}
