// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "highway.h"
#include "kernels.h"

namespace motionheat::kernels {

std::span<const Kernels* const> available() {
  static const std::vector<const Kernels*> sets = [] {
    std::vector<const Kernels*> all = vector_sets();
    all.push_back(&scalar);
    return all;
  }();
  return sets;
}

const Kernels& active() {
  static const Kernels* const set = [] {
    const std::span<const Kernels* const> sets = available();
    const char* cap = std::getenv("MOTIONHEATMAP_MAX_TARGET");
    const auto capped = std::find_if(sets.begin(), sets.end(), [&](const Kernels* k) {
      return cap && std::string_view(k->name) == cap;
    });
    return capped != sets.end() ? *capped : sets.front();
  }();
  return *set;
}

}  // namespace motionheat::kernels
