// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a test with the kernels of one instruction set: on-target NAME PROGRAM [ARGUMENT...]. Meson
// takes the test for skipped where the machine does not have that set, or takes it anyway.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "kernels/kernels.h"

int main(int argc, char** argv) {
  using motionheat::kernels::Kernels;
  constexpr int kMesonSkip = 77, kCannotRun = 127;
  if (argc < 3) return kCannotRun;
  const auto sets = motionheat::kernels::available();
  if (std::none_of(sets.begin(), sets.end(),
                   [&](const Kernels* set) { return std::string_view(set->name) == argv[1]; })) {
    std::printf("this machine does not have %s\n", argv[1]);
    return kMesonSkip;
  }
  if (std::string_view(sets.front()->name) == argv[1]) {
    std::printf("%s is what this machine runs without being told\n", argv[1]);
    return kMesonSkip;
  }
  setenv("MOTIONHEATMAP_MAX_TARGET", argv[1], true);
  execv(argv[2], argv + 2);
  return kCannotRun;
}
