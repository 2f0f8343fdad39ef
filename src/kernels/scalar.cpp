// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace motionheat::kernels {
namespace {

bool difference_u8(const uint8_t* current, uint8_t* previous, uint8_t* mask, size_t n,
                   uint8_t threshold) {
  uint8_t any = 0;
  for (size_t i = 0; i < n; ++i) {
    const int d = std::abs(current[i] - previous[i]);
    mask[i] = d > threshold ? 0xff : 0;
    any |= mask[i];
    previous[i] = current[i];
  }
  return any != 0;
}

bool difference_u16(const uint8_t* current, uint16_t* previous, uint8_t* mask, size_t n,
                    uint16_t threshold, uint16_t bits) {
  uint8_t any = 0;
  for (size_t i = 0; i < n; ++i) {
    uint16_t sample;
    std::memcpy(&sample, current + 2 * i, 2);  // rows need not be aligned
    sample &= bits;
    const int d = std::abs(sample - previous[i]);
    mask[i] = d > threshold ? 0xff : 0;
    any |= mask[i];
    previous[i] = sample;
  }
  return any != 0;
}

// OpenCV's 8-bit grey: 0.299 R + 0.587 G + 0.114 B in 1/32768, rounded half up.
int grey(int r, int g, int b) {
  return (r * 9798 + g * 19235 + b * 3735 + (1 << 14)) >> 15;
}

bool difference_rgb(const uint8_t* current, uint8_t* previous, uint8_t* mask, size_t n,
                    RgbOrder order, uint8_t threshold) {
  uint8_t any = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint8_t* c = current + i * order.step;
    uint8_t* p = previous + i * order.step;
    const int g = grey(std::abs(c[order.r] - p[order.r]), std::abs(c[order.g] - p[order.g]),
                       std::abs(c[order.b] - p[order.b]));
    mask[i] = g > threshold ? 0xff : 0;
    any |= mask[i];
  }
  std::memcpy(previous, current, n * order.step);
  return any != 0;
}

void gather_u8(const uint8_t* src, int step, uint8_t* dst, size_t n) {
  for (size_t i = 0; i < n; ++i) dst[i] = src[i * step];
}

void accumulate(const uint8_t* mask, uint16_t* low, size_t n, uint16_t increment,
                Accumulated* result) {
  uint32_t moved = 0;
  uint16_t max = 0;
  uint16_t carried = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint16_t wide = static_cast<uint16_t>(static_cast<int8_t>(mask[i]));
    const uint16_t sum = low[i] + (increment & wide);
    carried |= sum < low[i];
    low[i] = sum;
    max = std::max(max, sum);
    moved += mask[i] & 1;
  }
  result->moved += moved;
  result->max = std::max(result->max, max);
  result->carried |= carried != 0;
}

bool index_linear(const uint16_t* low, uint8_t* index, size_t n, float max) {
  uint8_t changed = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint8_t value = static_cast<uint8_t>(static_cast<int>(low[i] / max * 255.0f));
    changed |= value ^ index[i];
    index[i] = value;
  }
  return changed != 0;
}

template <typename Join>
void blend_with(const uint8_t* src, const uint8_t* color, uint8_t* dst, size_t n,
                const uint8_t mask[4], Join join) {
  for (size_t i = 0; i < n; ++i) dst[i] = mask[i % 4] ? join(src[i], color[i]) : src[i];
}

void blend_u8(const uint8_t* src, const uint8_t* color, uint8_t* dst, size_t n,
              const BlendParams& params, const uint8_t mask[4]) {
  using Method = BlendParams::Method;
  switch (params.method) {
    case Method::kPicture:
      if (dst != src) std::memcpy(dst, src, n);
      break;
    case Method::kColor:
      blend_with(src, color, dst, n, mask, [](int, int c) { return static_cast<uint8_t>(c); });
      break;
    case Method::kFixed:
      blend_with(src, color, dst, n, mask, [&](int p, int c) {
        const int sum = (p * params.picture >> 8) + (c * params.color >> 8) + params.bias;
        return static_cast<uint8_t>(sum >> 8);
      });
      break;
    case Method::kFloat:
      blend_with(src, color, dst, n, mask, [&](int p, int c) {
        const float sum = std::fma(static_cast<float>(p), params.picture_f, c * params.color_f);
        return static_cast<uint8_t>(std::lrintf(sum));
      });
      break;
    case Method::kTable:
      blend_with(src, color, dst, n, mask, [&](int p, int c) { return params.table[p * 256 + c]; });
      break;
  }
}

}  // namespace

const Kernels scalar = {
    .name = "scalar",
    .difference_u8 = difference_u8,
    .difference_u16 = difference_u16,
    .difference_rgb = difference_rgb,
    .gather_u8 = gather_u8,
    .accumulate = accumulate,
    .index_linear = index_linear,
    .blend_u8 = blend_u8,
};

const Kernels& active() {
  return scalar;
}

}  // namespace motionheat::kernels
