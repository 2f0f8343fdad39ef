// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "kernels.h"

namespace motionheat::kernels {
namespace {

// Calls `blend(out, picture, color, x)` for every `bytes`th byte of an overlay.
template <typename Blend>
void for_each_sample(const Overlay& o, int bytes, Blend blend) {
  for (int y = 0; y < o.rows; ++y) {
    const uint8_t* painted = o.painted[y / o.segment_rows];
    for (int x = o.begin, end; x < o.end; x = end) {
      const int segment = x / o.segment_width, first = segment * o.segment_width;
      const uint8_t* color = painted[segment] ? o.color[y] + first : o.cold;
      end = std::min(o.end, first + o.segment_width);
      for (int i = x; i < end; i += bytes)
        blend(o.out[y] + i, o.picture[y] + i, color + (i - first), i);
    }
  }
}

template <typename Join>
void blend_with(const Overlay& o, Join join) {
  for_each_sample(o, 1, [&](uint8_t* out, const uint8_t* p, const uint8_t* c, int x) {
    *out = o.mask[x % 4] ? uint8_t(join(*p, *c)) : *p;
  });
}

void blend_u8(const Overlay& o) {
  using Method = BlendParams::Method;
  const BlendParams& params = o.params;
  switch (params.method) {
    case Method::kPicture:
      return blend_with(o, [](int p, int) { return p; });
    case Method::kColor:
      return blend_with(o, [](int, int c) { return c; });
    case Method::kFixed:
      return blend_with(o, [&](int p, int c) {
        return ((p * params.picture >> 8) + (c * params.color >> 8) + params.bias) >> 8;
      });
    case Method::kSeparate:
      return blend_with(o, [&](int p, int c) {
        return std::lrintf(float(p) * params.picture_f + float(c) * params.color_f);
      });
    case Method::kFused:
      return blend_with(o, [&](int p, int c) {
        return std::lrintf(std::fma(float(p), params.picture_f, float(c) * params.color_f));
      });
    case Method::kTable:
      return blend_with(o, [&](int p, int c) { return params.table[p * 256 + c]; });
  }
}

void blend_u16(const Overlay& o) {
  using Method = BlendParams::Method;
  const BlendParams& params = o.params;
  const int top = 16 - o.bits.depth - o.bits.lsb;  // up to the top of 16 bits
  const uint16_t value = uint16_t(((1 << o.bits.depth) - 1) << o.bits.lsb);
  const uint32_t bias = (1 << (16 - o.bits.depth)) / 2 + 1;
  for_each_sample(o, 2, [&](uint8_t* out, const uint8_t* picture, const uint8_t* color, int) {
    uint16_t p, c;  // rows need not be aligned
    std::memcpy(&p, picture, 2);
    std::memcpy(&c, color, 2);
    uint16_t joined = params.method == Method::kColor ? c : p;
    if (params.method != Method::kColor && params.method != Method::kPicture) {
      const uint32_t high_p = uint16_t((p & value) << top), high_c = uint16_t(c << top);
      if (o.bits.depth == 16)
        joined = uint16_t((high_p * params.picture + high_c * params.color + (1 << 15)) >> 16);
      else
        joined = uint16_t(
            ((high_p * params.picture >> 16) + (high_c * params.color >> 16) + bias) >> top);
    }
    joined = uint16_t((joined & value) | (p & ~value));
    std::memcpy(out, &joined, 2);
  });
}

// Sets a bit for each pixel (x, y) of which `is_moved(x, y)`.
template <typename IsMoved>
MovedRows mark(Rows<uint8_t> moved, Extent extent, IsMoved is_moved) {
  MovedRows any = 0;
  for (int y = 0; y < extent.height; ++y) {
    for (int begin = 0; begin < extent.width; begin += 8) {
      unsigned bits = 0;
      for (int x = begin; x < std::min(begin + 8, extent.width); ++x)
        bits |= unsigned{is_moved(x, y)} << (x - begin);
      moved[y][begin / 8] = uint8_t(bits);
      any |= MovedRows{bits != 0} << y / kChunkHeight;
    }
  }
  return any;
}

MovedRows difference_u8(Rows<const uint8_t> current, LumaPlace place, Rows<uint8_t> previous,
                        Rows<uint8_t> moved, Extent extent, uint8_t threshold,
                        const Overlay* overlay) {
  const MovedRows any = mark(moved, extent, [&](int x, int y) {
    const uint8_t now = current[y][ptrdiff_t{x} * place.step + place.offset];
    const uint8_t before = std::exchange(previous[y][x], now);
    return std::abs(now - before) > threshold;
  });
  if (overlay) blend_u8(*overlay);
  return any;
}

MovedRows difference_u16(Rows<const uint8_t> current, Rows<uint16_t> previous, Rows<uint8_t> moved,
                         Extent extent, uint16_t threshold, uint16_t bits, const Overlay* overlay) {
  const MovedRows any = mark(moved, extent, [&](int x, int y) {
    uint16_t now;
    std::memcpy(&now, current[y] + 2 * ptrdiff_t{x}, 2);  // rows need not be aligned
    const uint16_t before = std::exchange(previous[y][x], now);
    return std::abs((now & bits) - (before & bits)) > threshold;
  });
  if (overlay) blend_u16(*overlay);
  return any;
}

// OpenCV's grey: 0.299 R + 0.587 G + 0.114 B in 1/32768, rounded half up.
int grey(int r, int g, int b) {
  return int((unsigned(r) * 9798 + unsigned(g) * 19235 + unsigned(b) * 3735 + (1 << 14)) >> 15);
}

MovedRows difference_rgb(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                         Extent extent, RgbOrder order, uint8_t threshold, const Overlay* overlay) {
  const MovedRows any = mark(moved, extent, [&](int x, int y) {
    const uint8_t* c = current[y] + ptrdiff_t{x} * order.step;
    uint8_t* p = previous[y] + ptrdiff_t{x} * order.step;
    const int g = grey(std::abs(c[order.r] - p[order.r]), std::abs(c[order.g] - p[order.g]),
                       std::abs(c[order.b] - p[order.b]));
    std::memcpy(p, c, order.step);
    return g > threshold;
  });
  if (overlay) blend_u8(*overlay);
  return any;
}

template <typename Sample>
MovedRows mark_planes(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                      uint16_t threshold, uint16_t bits) {
  return mark(moved, extent, [&](int x, int y) {
    std::array<int, 3> distance;
    for (int i = 0; i < 3; ++i) {
      Sample now, before;  // rows need not be aligned
      std::memcpy(&now, planes.current[i][y] + x * sizeof now, sizeof now);
      uint8_t* const previous = planes.previous[i][y] + x * sizeof before;
      std::memcpy(&before, previous, sizeof before);
      std::memcpy(previous, &now, sizeof now);
      distance[i] = std::abs((now & bits) - (before & bits));
    }
    return grey(distance[0], distance[1], distance[2]) > threshold;
  });
}

MovedRows difference_planes_u8(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                               uint16_t threshold, uint16_t bits, const Overlay* overlay) {
  const MovedRows any = mark_planes<uint8_t>(planes, moved, extent, threshold, bits);
  if (overlay) blend_u8(*overlay);
  return any;
}

MovedRows difference_planes_u16(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                                uint16_t threshold, uint16_t bits, const Overlay* overlay) {
  const MovedRows any = mark_planes<uint16_t>(planes, moved, extent, threshold, bits);
  if (overlay) blend_u16(*overlay);
  return any;
}

void interleave_u8(const uint8_t* const* sources, int n, Rows<uint8_t> dst, Extent extent) {
  for (int y = 0; y < extent.height; ++y)
    for (int x = 0; x < extent.width; ++x)
      for (int i = 0; i < n; ++i) dst[y][x * n + i] = sources[i][y * extent.width + x];
}

void average_u8(const uint8_t* values, int chunks, bool two_rows, uint8_t* means) {
  const int rows = two_rows ? 2 : 1;
  for (int y = 0; y < chunks * kChunkHeight; y += rows, values += rows * kChunkWidth) {
    for (int x = 0; x < kChunkWidth; x += 2) {
      int sum = rows;
      for (int i = 0; i < rows; ++i)
        sum += values[i * kChunkWidth + x] + values[i * kChunkWidth + x + 1];
      *means++ = uint8_t(sum / (2 * rows));
    }
  }
}

Accumulated accumulate(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low,
                       uint16_t increment, uint8_t* flags) {
  Accumulated result;
  for (int chunk = 0; chunk < chunks; ++chunk, low += kChunkPixels) {
    for (int y = 0; y < rows; ++y) {
      const uint8_t* bits = moved[y] + chunk * kChunkWidth / 8;
      if (std::all_of(bits, bits + kChunkWidth / 8, [](uint8_t byte) { return byte == 0; }))
        continue;
      flags[chunk] = true;
      uint16_t* counts = low + y * kChunkWidth;
      for (int x = 0; x < kChunkWidth; ++x) {
        const bool has_moved = bits[x / 8] >> x % 8 & 1;
        result.moved += has_moved;
        counts[x] = uint16_t(counts[x] + (has_moved ? increment : 0));
        result.max = std::max(result.max, counts[x]);
      }
    }
  }
  return result;
}

// Brings the flagged chunks up to date: `index_of(i)` gives the index of pixel i, then `limit_of()`
// the limit of its chunk.
template <typename IndexOf, typename LimitOf>
bool index_flagged(uint8_t* index, int chunks, uint8_t* flags, float* limits, IndexOf index_of,
                   LimitOf limit_of) {
  bool any = false;
  for (int chunk = 0; chunk < chunks; ++chunk) {
    if (!flags[chunk]) continue;
    flags[chunk] = false;
    for (int i = chunk * kChunkPixels; i < (chunk + 1) * kChunkPixels; ++i) {
      const uint8_t value = index_of(i);
      flags[chunk] |= value != index[i];
      index[i] = value;
    }
    limits[chunk] = limit_of();
    any |= flags[chunk];
  }
  return any;
}

// `index_of(i, exceeded_by, reached_at)` gives the index of pixel i, what exceeds it is left of its
// exact value, and where it is reached.
template <typename IndexOf>
bool index_exact(uint8_t* index, int chunks, double full, uint8_t* flags, float* limits,
                 IndexOf index_of) {
  float least = kFarAbove, most = 0;
  return index_flagged(
      index, chunks, flags, limits,
      [&](int i) {
        float exceeded_by, reached_at;
        const uint8_t value = index_of(i, exceeded_by, reached_at);
        if (value > 0) {
          least = std::min(least, exceeded_by);
          most = std::max(most, reached_at);
        }
        return value;
      },
      [&] {
        return index_limit(full, std::exchange(least, kFarAbove), std::exchange(most, 0.0f));
      });
}

// `quotient(i)` is count / full of pixel i in float32.
template <typename Quotient>
bool index_quotients(uint8_t* index, int chunks, double full, const Curve* curve, uint8_t* flags,
                     float* limits, Quotient quotient) {
  const float top = curve ? 65535 : 255;
  return index_exact(index, chunks, full, flags, limits,
                     [&](int i, float& exceeded_by, float& reached_at) {
                       const float exact = quotient(i) * top;
                       const int entry = int(std::min(top, exact));
                       const uint8_t value = curve ? curve->index[entry] : uint8_t(entry);
                       reached_at = curve ? curve->first[value] : value;
                       exceeded_by = exact - reached_at;
                       return value;
                     });
}

bool index_u16(const uint16_t* low, uint8_t* index, int chunks, float full, const Curve* curve,
               uint8_t* flags, float* limits) {
  return index_quotients(index, chunks, full, curve, flags, limits,
                         [&](int i) { return float(low[i]) / full; });
}

bool index_whole(const uint16_t* low, uint8_t* index, int chunks, uint16_t full, uint8_t* flags,
                 float* limits) {
  return index_exact(index, chunks, full, flags, limits,
                     [&](int i, float& exceeded_by, float& reached_at) {
                       const int scaled = std::min(low[i], full) * 255;
                       const uint8_t value = uint8_t(scaled / full);
                       reached_at = value;
                       exceeded_by = float(scaled % full) / full;
                       return value;
                     });
}

bool index_table(const uint16_t* low, uint8_t* index, int chunks, uint16_t full,
                 const CountTable& table, uint8_t* flags, float* limits) {
  uint8_t room = CountTable::kEndless;
  return index_flagged(
      index, chunks, flags, limits,
      [&](int i) {
        room = std::min(room, table.room[low[i]]);
        return table.index[low[i]];
      },
      [&] { return table_limit(full, std::exchange(room, CountTable::kEndless)); });
}

bool index_u48(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks, double full,
               const Curve* curve, uint8_t* flags, float* limits) {
  return index_quotients(index, chunks, full, curve, flags, limits,
                         [&](int i) { return float((double(high[i]) * 65536.0 + low[i]) / full); });
}

template <typename Key>
void look_up(const Key* keys, const uint8_t* tables, int n_tables, uint8_t* values) {
  for (int table = 0; table < n_tables; ++table, tables += 256)
    for (int i = 0; i < kChunkPixels; ++i) *values++ = tables[keys[i]];
}

template <typename Sample>
void running_mean(const uint8_t* samples, float* means, uint8_t* shown, int n, float weight) {
  for (int i = 0; i < n; ++i, samples += sizeof(Sample), shown += sizeof(Sample)) {
    Sample now;  // rows need not be aligned
    std::memcpy(&now, samples, sizeof now);
    means[i] += (float(now) - means[i]) * weight;
    const Sample rounded = Sample(std::lrintf(means[i]));
    std::memcpy(shown, &rounded, sizeof rounded);
  }
}

void copy_past_cache(Rows<const uint8_t> from, Rows<uint8_t> to, Extent bytes) {
  for (int y = 0; y < bytes.height; ++y) std::memcpy(to[y], from[y], size_t(bytes.width));
}

}  // namespace

const Kernels scalar = {
    .name = "scalar",
    .difference_u8 = difference_u8,
    .difference_u16 = difference_u16,
    .difference_rgb = difference_rgb,
    .difference_planes_u8 = difference_planes_u8,
    .difference_planes_u16 = difference_planes_u16,
    .interleave_u8 = interleave_u8,
    .average_u8 = average_u8,
    .accumulate = accumulate,
    .index_u16 = index_u16,
    .index_whole = index_whole,
    .index_table = index_table,
    .index_u48 = index_u48,
    .look_up = look_up,
    .look_up_counts = look_up,
    .blend_u8 = blend_u8,
    .blend_u16 = blend_u16,
    .running_mean_u8 = running_mean<uint8_t>,
    .running_mean_u16 = running_mean<uint16_t>,
    .copy_past_cache = copy_past_cache,
};

}  // namespace motionheat::kernels
