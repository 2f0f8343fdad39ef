// SPDX-License-Identifier: LGPL-2.1-or-later
// Shows where in videos the motion was: the command around the element motionheatmap.
#include <gst/gst.h>
#include <malloc.h>

#include <atomic>
#include <clocale>
#include <csignal>
#include <cstdio>

#include "commands.h"
#include "options.h"

namespace {

std::atomic<bool> stop = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal may set it");

// The first one ends the run, the next one the program.
void on_signal(int signal) {
  stop = true;
  std::signal(signal, SIG_DFL);
}

// Maps of whole pictures, 16 MB each at 1080p, come and go from thread to thread. In one heap that
// keeps what is freed their pages need not be fetched and cleared anew each time, which would be a
// third of what a short run costs.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMost = 1 << 30;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, kMost);
  mallopt(M_TRIM_THRESHOLD, kMost);
#endif
}

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return tool::kDone;
}

int run(const tool::CommandLine& line) {
  if (line.has("help")) return print(tool::help_text());
  if (line.has("manual")) return print(tool::manual_page());
  if (line.has("completion")) return print(tool::bash_completion());
  if (line.has("version")) return print("motion-heatmap " PACKAGE_VERSION "\n");
  if (line.command == "merge") return tool::merge(line);
  if (line.command == "render") return tool::render(line);
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return tool::analyze(line, stop);
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  keep_freed_memory();
  g_set_prgname("motion-heatmap");
  gst_init(nullptr, nullptr);
  try {
    return run(tool::parse_command_line(argc, argv));
  } catch (const tool::UsageError& error) {
    std::fprintf(stderr, "motion-heatmap: %s\n", error.what());
    return tool::kUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "motion-heatmap: %s\n", error.what());
    return tool::kFailed;
  }
}
