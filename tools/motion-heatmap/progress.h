// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <thread>

#include "run.h"

namespace tool {

/// Tells on standard error how far a run has come, while it exists: on a terminal in one line that
/// changes, else in a line every ten seconds.
class ProgressDisplay {
 public:
  ProgressDisplay(const RunProgress& progress, bool quiet);
  ~ProgressDisplay();

 private:
  void show(std::stop_token stop) const;
  std::string line(double elapsed) const;

  const RunProgress& progress_;
  bool is_terminal_;
  std::jthread thread_;
};

}  // namespace tool
