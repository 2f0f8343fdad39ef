// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "kernels.h"

namespace motionheat::kernels {

/// The vector sets that were compiled and that this machine can run, the fastest first.
std::vector<const Kernels*> vector_sets();

}  // namespace motionheat::kernels
