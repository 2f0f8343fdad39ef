// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace motionheat::kernels {
namespace {

void difference_u8(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> mask,
                   Extent extent, uint8_t threshold, uint8_t* moved, int segment) {
  for (int y = 0; y < extent.height; ++y) {
    const uint8_t* c = current[y];
    uint8_t* p = previous[y];
    uint8_t* m = mask[y];
    for (int x = 0; x < extent.width; ++x) {
      m[x] = std::abs(c[x] - p[x]) > threshold ? 0xff : 0;
      moved[x / segment] |= m[x] & 1;
      p[x] = c[x];
    }
  }
}

void difference_u16(Rows<const uint8_t> current, Rows<uint16_t> previous, Rows<uint8_t> mask,
                    Extent extent, uint16_t threshold, uint16_t bits, uint8_t* moved, int segment) {
  for (int y = 0; y < extent.height; ++y) {
    const uint8_t* c = current[y];
    uint16_t* p = previous[y];
    uint8_t* m = mask[y];
    for (int x = 0; x < extent.width; ++x) {
      uint16_t sample;
      std::memcpy(&sample, c + 2 * x, 2);  // rows need not be aligned
      sample &= bits;
      m[x] = std::abs(sample - p[x]) > threshold ? 0xff : 0;
      moved[x / segment] |= m[x] & 1;
      p[x] = sample;
    }
  }
}

// OpenCV's 8-bit grey: 0.299 R + 0.587 G + 0.114 B in 1/32768, rounded half up.
int grey(int r, int g, int b) {
  return (r * 9798 + g * 19235 + b * 3735 + (1 << 14)) >> 15;
}

void difference_rgb(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> mask,
                    Extent extent, RgbOrder order, uint8_t threshold, uint8_t* moved, int segment) {
  for (int y = 0; y < extent.height; ++y) {
    const uint8_t* c = current[y];
    uint8_t* p = previous[y];
    uint8_t* m = mask[y];
    for (int x = 0; x < extent.width; ++x, c += order.step, p += order.step) {
      const int g = grey(std::abs(c[order.r] - p[order.r]), std::abs(c[order.g] - p[order.g]),
                         std::abs(c[order.b] - p[order.b]));
      m[x] = g > threshold ? 0xff : 0;
      moved[x / segment] |= m[x] & 1;
    }
    std::memcpy(previous[y], current[y], size_t(extent.width) * order.step);
  }
}

void gather_u8(Rows<const uint8_t> src, int step, Rows<uint8_t> dst, Extent extent) {
  for (int y = 0; y < extent.height; ++y)
    for (int x = 0; x < extent.width; ++x) dst[y][x] = src[y][ptrdiff_t{x} * step];
}

Accumulated accumulate(Rows<const uint8_t> mask, Rows<uint16_t> low, Extent extent,
                       uint16_t increment, Rows<uint8_t> moved) {
  Accumulated result;
  for (int y = 0; y < extent.height; ++y) {
    const uint8_t* m = mask[y];
    uint16_t* l = low[y];
    for (int x = 0; x < extent.width; ++x) {
      if (!m[x]) continue;
      const uint16_t sum = uint16_t(l[x] + increment);
      result.carried |= sum < l[x];
      l[x] = sum;
      result.max = std::max(result.max, sum);
      ++result.moved;
      moved[y][x / kChunk] = true;
    }
  }
  return result;
}

// `quotient(y, x)` is count / full in float32.
template <typename Quotient>
bool index_flagged(Rows<uint8_t> index, Extent extent, const uint8_t* curve, Rows<uint8_t> flags,
                   Quotient quotient) {
  bool any = false;
  for (int y = 0; y < extent.height; ++y) {
    for (int begin = 0; begin < extent.width; begin += kChunk) {
      uint8_t& flag = flags[y][begin / kChunk];
      if (!flag) continue;
      flag = false;
      for (int x = begin; x < std::min(begin + kChunk, extent.width); ++x) {
        const float q = quotient(y, x);
        const uint8_t value = curve ? curve[uint16_t(std::min(65535.0f, q * 65535.0f))]
                                    : uint8_t(std::min(255.0f, q * 255.0f));
        flag |= value != index[y][x];
        index[y][x] = value;
      }
      any |= flag;
    }
  }
  return any;
}

bool index_u16(Rows<const uint16_t> low, Rows<uint8_t> index, Extent extent, float full,
               const uint8_t* curve, Rows<uint8_t> flags) {
  return index_flagged(index, extent, curve, flags,
                       [&](int y, int x) { return float(low[y][x]) / full; });
}

bool index_u48(Rows<const uint16_t> low, Rows<const uint32_t> high, Rows<uint8_t> index,
               Extent extent, double full, const uint8_t* curve, Rows<uint8_t> flags) {
  return index_flagged(index, extent, curve, flags, [&](int y, int x) {
    return float((double(high[y][x]) * 65536.0 + low[y][x]) / full);
  });
}

template <typename Join>
void blend_with(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst,
                Extent extent, const uint8_t mask[4], Join join) {
  for (int y = 0; y < extent.height; ++y)
    for (int x = 0; x < extent.width; ++x)
      dst[y][x] = mask[x % 4] ? uint8_t(join(src[y][x], color[y][x])) : src[y][x];
}

void blend_u8(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst, Extent extent,
              const BlendParams& params, const uint8_t mask[4]) {
  using Method = BlendParams::Method;
  switch (params.method) {
    case Method::kPicture:
      if (dst.data == src.data) return;
      for (int y = 0; y < extent.height; ++y) std::memcpy(dst[y], src[y], extent.width);
      return;
    case Method::kColor:
      return blend_with(src, color, dst, extent, mask, [](int, int c) { return c; });
    case Method::kFixed:
      return blend_with(src, color, dst, extent, mask, [&](int p, int c) {
        return ((p * params.picture >> 8) + (c * params.color >> 8) + params.bias) >> 8;
      });
    case Method::kSeparate:
      return blend_with(src, color, dst, extent, mask, [&](int p, int c) {
        return std::lrintf(float(p) * params.picture_f + float(c) * params.color_f);
      });
    case Method::kFused:
      return blend_with(src, color, dst, extent, mask, [&](int p, int c) {
        return std::lrintf(std::fma(float(p), params.picture_f, float(c) * params.color_f));
      });
    case Method::kTable:
      return blend_with(src, color, dst, extent, mask,
                        [&](int p, int c) { return params.table[p * 256 + c]; });
  }
}

void blend_u16(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst, Extent extent,
               const BlendParams& params, SampleBits bits) {
  using Method = BlendParams::Method;
  const int top = 16 - bits.depth - bits.lsb;  // up to the top of 16 bits
  const uint16_t value = uint16_t(((1 << bits.depth) - 1) << bits.lsb);
  const int bias = (1 << (16 - bits.depth)) / 2 + 1;
  for (int y = 0; y < extent.height; ++y) {
    for (int x = 0; x < extent.width; ++x) {
      uint16_t p, c;  // rows need not be aligned
      std::memcpy(&p, src[y] + 2 * ptrdiff_t{x}, 2);
      std::memcpy(&c, color[y] + 2 * ptrdiff_t{x}, 2);
      uint16_t joined = params.method == Method::kColor ? c : p;
      if (params.method != Method::kColor && params.method != Method::kPicture) {
        const uint32_t high_p = uint16_t((p & value) << top), high_c = uint16_t(c << top);
        const uint32_t sum = (high_p * params.picture >> 16) + (high_c * params.color >> 16) + bias;
        joined = uint16_t(sum >> top);
      }
      joined = uint16_t((joined & value) | (p & ~value));
      std::memcpy(dst[y] + 2 * ptrdiff_t{x}, &joined, 2);
    }
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
    .index_u16 = index_u16,
    .index_u48 = index_u48,
    .blend_u8 = blend_u8,
    .blend_u16 = blend_u16,
};

}  // namespace motionheat::kernels
