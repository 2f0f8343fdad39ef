// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "summary.h"

namespace tool {

/// Writes a page that shows the run in a browser, all in one file. Throws Failure that names it.
void write_report(const Summary& summary, const std::string& path);

/// The stretches that a run of that length is divided into on the page's time axis, in nanoseconds.
uint64_t span_step(uint64_t duration);

}  // namespace tool
