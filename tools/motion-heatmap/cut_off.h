// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

namespace tool {

/// Why a file that was read to its end without an error is not whole after all; empty if it seems
/// to be. Its video ended at `end` of the `duration` that is told of it, both in nanoseconds.
std::string why_cut_off(const std::string& path, uint64_t end, uint64_t duration);

}  // namespace tool
