// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>

#include "options.h"

namespace tool {

/// How the program ends.
enum ExitCode {
  kDone = 0,
  kFailed = 1,        // something could not be written, or nothing could be read
  kUsage = 2,         // a wrong command line
  kIncomplete = 3,    // an input was damaged or left out; what could be read counts
  kInterrupted = 130  // as shells tell of Ctrl-C
};

/// Does what the command line asks for, and ends early with what was counted when `stop` is set.
/// Throws UsageError and Failure.
ExitCode analyze(const CommandLine& line, const std::atomic<bool>& stop);
ExitCode merge(const CommandLine& line);
ExitCode render(const CommandLine& line);

}  // namespace tool
