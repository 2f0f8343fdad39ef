// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace motionheat {

/// Eight bytes of a motion mask as a word whose lowest bit is the first pixel, on every machine.
inline uint64_t load_word(const uint8_t* bytes) {
  uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word |= uint64_t{bytes[i]} << 8 * i;
  return word;
}

inline void store_word(uint64_t word, uint8_t* bytes) {
  for (int i = 0; i < 8; ++i) bytes[i] = uint8_t(word >> 8 * i);
}

}  // namespace motionheat
