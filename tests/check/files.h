// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "common.h"

/// A directory that goes away with the object.
class Directory {
 public:
  Directory() {
    gchar* path = g_dir_make_tmp("motionheatmap-XXXXXX", nullptr);
    fail_unless(path != nullptr);
    path_ = path;
    g_free(path);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ / name; }
  /// How many files there are.
  int size() const { return int(std::distance(std::filesystem::directory_iterator(path_), {})); }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  fail_unless(file.good(), "no file %s", path.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string warning_text(GstMessage* message) {
  fail_unless_equals_int(GST_MESSAGE_TYPE(message), GST_MESSAGE_WARNING);
  GError* error = nullptr;
  gst_message_parse_warning(message, &error, nullptr);
  const std::string text = error->message;
  g_error_free(error);
  return text;
}

inline void expect_contains(const std::string& text, const std::string& part) {
  fail_unless(text.find(part) != std::string::npos, "\"%s\" does not say \"%s\"", text.c_str(),
              part.c_str());
}
