// SPDX-License-Identifier: LGPL-2.1-or-later
#include "progress.h"

#include <unistd.h>

#include <cmath>
#include <condition_variable>
#include <cstdio>

#include "duration.h"

namespace tool {
namespace {

constexpr std::chrono::milliseconds kOnTerminal(200);
constexpr std::chrono::seconds kInLog(10);

std::string bar(double share) {
  constexpr int kCells = 24;
  const int full = int(std::lround(share * kCells));
  std::string text = "[";
  for (int i = 0; i < kCells; ++i) text += i < full ? '#' : '-';
  return text + "]";
}

std::string whole_seconds(double seconds) {
  return format_duration(uint64_t(std::lround(seconds)) * GST_SECOND);
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.1f" : "%.0f", value);
  return text;
}

}  // namespace

ProgressDisplay::ProgressDisplay(const RunProgress& progress, bool quiet)
    : progress_(progress), is_terminal_(isatty(STDERR_FILENO)) {
  if (!quiet) thread_ = std::jthread([this](std::stop_token stop) { show(stop); });
}

ProgressDisplay::~ProgressDisplay() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (is_terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressDisplay::show(std::stop_token stop) const {
  std::mutex lock;
  std::condition_variable_any waiting;
  const gint64 begin = g_get_monotonic_time();
  while (!stop.stop_requested()) {
    std::unique_lock guard(lock);
    if (is_terminal_)
      waiting.wait_for(guard, stop, kOnTerminal, [] { return false; });
    else
      waiting.wait_for(guard, stop, kInLog, [] { return false; });
    if (stop.stop_requested()) return;
    const std::string text = line(double(g_get_monotonic_time() - begin) / G_USEC_PER_SEC);
    std::fprintf(stderr, is_terminal_ ? "\r%s\033[K" : "%s\n", text.c_str());
    std::fflush(stderr);
  }
}

std::string ProgressDisplay::line(double elapsed) const {
  const RunProgress::Now now = progress_.now();
  std::string text = whole_seconds(now.seconds) + " counted, " +
                     short_number(now.seconds / elapsed) + " x real time";
  if (now.share) {
    char share[16];
    std::snprintf(share, sizeof share, " %3.0f %%  ", 100 * *now.share);
    text = (is_terminal_ ? bar(*now.share) : "") + share + text;
    if (*now.share > 0.02)
      text += ", " + whole_seconds(elapsed / *now.share * (1 - *now.share)) + " left";
  }
  return text + "  " + now.source;
}

}  // namespace tool
