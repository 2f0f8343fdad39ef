// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cut_off.h"

#include <filesystem>
#include <fstream>

#include "duration.h"

namespace tool {
namespace {

// What the first chunk of an AVI file says that it is long; 0 if the file is none. The length that
// GStreamer tells of one that was cut off is that of what is left.
uint64_t told_bytes(const std::string& path) {
  unsigned char head[12] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(head), sizeof head);
  const std::string text(head, head + sizeof head);
  if (!file || !text.starts_with("RIFF") || !text.ends_with("AVI ")) return 0;
  return 8 + (uint64_t{head[4]} | uint64_t{head[5]} << 8 | uint64_t{head[6]} << 16 |
              uint64_t{head[7]} << 24);
}

}  // namespace

std::string why_cut_off(const std::string& path, uint64_t end, uint64_t duration) {
  // Sound may go on for longer.
  if (end + kSecond + duration / 200 < duration)
    return std::string("it ends at ")
        .append(format_clock(end))
        .append(" and should be as long as ")
        .append(format_clock(duration));
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  if (!error && bytes < told_bytes(path))
    return std::string("it has ")
        .append(std::to_string(bytes))
        .append(" of ")
        .append(std::to_string(told_bytes(path)))
        .append(" bytes");
  return "";
}

}  // namespace tool
