// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "reference_scene.h"

int main(int argc, char** argv) {
  if (argc > 2) {
    std::fprintf(stderr,
                 "Usage: %s [FILE]\n"
                 "Writes the reference scene to FILE, or else to the standard output:\n"
                 "%d raw frames, 8-bit BGR, %dx%d.\n",
                 argv[0], reference_scene::kFrames, reference_scene::kWidth,
                 reference_scene::kHeight);
    return 2;
  }
  std::FILE* out = argc == 2 ? std::fopen(argv[1], "wb") : stdout;
  bool written = out != nullptr;
  for (int i = 0; written && i < reference_scene::kFrames; ++i) {
    const cv::Mat frame = reference_scene::frame(i);
    written = std::fwrite(frame.data, frame.elemSize(), frame.total(), out) == frame.total();
  }
  if (written && std::fclose(out) == 0) return 0;
  std::fprintf(stderr, "%s: %s: %s\n", argv[0], argc == 2 ? argv[1] : "standard output",
               std::strerror(errno));
  return 1;
}
