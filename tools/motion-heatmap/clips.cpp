// SPDX-License-Identifier: LGPL-2.1-or-later
#include "clips.h"

#include <sys/stat.h>

#include "cutter.h"
#include "gst_ptr.h"
#include "new_file.h"

namespace tool {
namespace {

constexpr char kExists[] = "the file exists";

// For people: the path of a file, any other URI as it is.
std::string name_of(const std::string& uri) {
  const TextPtr path(g_filename_from_uri(uri.c_str(), nullptr, nullptr));
  return path ? path.get() : uri;
}

bool is_there(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}

ClipResult failure(const std::string& name, const char* reason) {
  return {valid_utf8(name) + ": " + reason, {}, 0, 0};
}

}  // namespace

ClipResult cut_clip(const Clip& clip) {
  if (clip.begin >= clip.end) return failure(clip.output, "the clip would be empty");
  if (!clip.force && is_there(clip.output)) return failure(clip.output, kExists);
  try {
    motionheat::NewFile file(clip.output);
    Cutter cutter(clip.input_uri, {clip.begin, clip.end}, file.fd());
    const Span copied = cutter.run();
    if (clip.force)
      file.replace();
    else if (!file.take_name(clip.output))
      return failure(clip.output, kExists);
    return {"", cutter.warnings(), copied.begin, copied.end};
  } catch (const CutError& error) {
    return failure(error.side == CutError::kInput ? name_of(clip.input_uri) : clip.output,
                   error.what());
  } catch (const motionheat::FileError& error) {
    return failure(clip.output, error.what());
  }
}

}  // namespace tool
