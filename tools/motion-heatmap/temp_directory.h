// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib.h>

#include <filesystem>
#include <string>

#include "gst_ptr.h"

namespace tool {

/// A directory for files in the making, which goes away with it.
class TempDirectory {
 public:
  TempDirectory() {
    GError* error = nullptr;
    const TextPtr path(g_dir_make_tmp("motion-heatmap-XXXXXX", &error));
    const ErrorPtr held(error);
    if (!path) throw Failure(std::string("no directory for temporary files: ") + error->message);
    path_ = path.get();
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  std::string file(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

}  // namespace tool
