// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "kernels.h"

namespace motionheat::kernels {
namespace {

const uint8_t* color_at(const BlendJob& job, int x, int y) {
  return job.color[y] + (job.one_color ? x % BlendJob::kPeriod : x);
}

// (p (255 - w) + joined w) / 255, rounded.
uint8_t part_of(int picture, int joined, int weight) {
  const int sum = picture * (255 - weight) + joined * weight + 128;
  return uint8_t((sum + (sum >> 8)) >> 8);
}

uint16_t part_of_word(uint32_t picture, uint32_t joined, uint32_t weight) {
  if (weight == 0) return uint16_t(picture);
  if (weight == 65535) return uint16_t(joined);
  return uint16_t((picture * (65535 - weight) >> 16) + (joined * weight >> 16) + 1);
}

template <typename Join>
void blend_with(const BlendJob& job, Join join) {
  for (int y = 0; y < job.bytes.height; ++y) {
    const uint8_t* picture = job.picture[y];
    uint8_t* out = job.out[y];
    for (int x = 0; x < job.bytes.width; ++x) {
      if (!job.mask[x % 4]) {
        out[x] = picture[x];
        continue;
      }
      const uint8_t joined = uint8_t(join(picture[x], *color_at(job, x, y)));
      out[x] = job.weight.data ? part_of(picture[x], joined, job.weight[y][x]) : joined;
    }
  }
}

void blend_u8(const BlendJob& job) {
  using Method = BlendParams::Method;
  const BlendParams& params = job.params;
  switch (params.method) {
    case Method::kPicture:
      return blend_with(job, [](int p, int) { return p; });
    case Method::kColor:
      return blend_with(job, [](int, int c) { return c; });
    case Method::kFixed:
      return blend_with(job, [&](int p, int c) {
        return ((p * params.picture >> 8) + (c * params.color >> 8) + params.bias) >> 8;
      });
    case Method::kSeparate:
      return blend_with(job, [&](int p, int c) {
        return std::lrintf(float(p) * params.picture_f + float(c) * params.color_f);
      });
    case Method::kFused:
      return blend_with(job, [&](int p, int c) {
        return std::lrintf(std::fma(float(p), params.picture_f, float(c) * params.color_f));
      });
    case Method::kTable:
      return blend_with(job, [&](int p, int c) { return params.table[p * 256 + c]; });
  }
}

// The bits of a sample that hold its value.
uint16_t value_bits(const SampleBits& bits) {
  return uint16_t(((1 << bits.depth) - 1) << bits.lsb);
}

uint16_t blend_word(const BlendJob& job, uint16_t p, uint16_t c) {
  using Method = BlendParams::Method;
  const BlendParams& params = job.params;
  if (params.method == Method::kPicture) return p;
  const int top = 16 - job.bits.depth - job.bits.lsb;  // up to the top of 16 bits
  const uint16_t value = value_bits(job.bits);
  uint32_t joined = c;
  if (params.method != Method::kColor) {
    const uint32_t high_p = uint16_t((p & value) << top), high_c = uint16_t(c << top);
    const uint32_t bias = (1 << (16 - job.bits.depth)) / 2 + 1;
    joined = job.bits.depth == 16
                 ? (high_p * params.picture + high_c * params.color + (1 << 15)) >> 16
                 : ((high_p * params.picture >> 16) + (high_c * params.color >> 16) + bias) >> top;
  }
  return uint16_t((joined & value) | (p & ~value));
}

void blend_u16(const BlendJob& job) {
  for (int y = 0; y < job.bytes.height; ++y) {
    for (int x = 0; x < job.bytes.width; x += 2) {
      uint16_t p, c;  // rows need not be aligned
      std::memcpy(&p, job.picture[y] + x, 2);
      std::memcpy(&c, color_at(job, x, y), 2);
      uint16_t joined = blend_word(job, p, c);
      if (job.weight.data) {
        uint16_t weight;
        std::memcpy(&weight, job.weight[y] + x, 2);
        const uint16_t value = value_bits(job.bits);
        joined = (part_of_word(p & value, joined & value, weight) & value) | (p & ~value);
      }
      std::memcpy(job.out[y] + x, &joined, 2);
    }
  }
}

// Sets a bit for each pixel (x, y) of which `is_moved(x, y)`.
template <typename IsMoved>
MovedRows set_motion_bits(Rows<uint8_t> moved, Extent extent, IsMoved is_moved) {
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

MovedRows compare_u8(Rows<const uint8_t> current, LumaPlace place, Rows<uint8_t> previous,
                     Rows<uint8_t> moved, Extent extent, uint8_t threshold) {
  return set_motion_bits(moved, extent, [&](int x, int y) {
    const uint8_t now = current[y][ptrdiff_t{x} * place.step + place.offset];
    const uint8_t before = std::exchange(previous[y][x], now);
    return std::abs(now - before) > threshold;
  });
}

MovedRows compare_u16(Rows<const uint8_t> current, Rows<uint16_t> previous, Rows<uint8_t> moved,
                      Extent extent, uint16_t threshold, uint16_t bits) {
  return set_motion_bits(moved, extent, [&](int x, int y) {
    uint16_t now;
    std::memcpy(&now, current[y] + 2 * ptrdiff_t{x}, 2);  // rows need not be aligned
    const uint16_t before = std::exchange(previous[y][x], now);
    return std::abs((now & bits) - (before & bits)) > threshold;
  });
}

// OpenCV's grey: 0.299 R + 0.587 G + 0.114 B in 1/32768, rounded half up.
int grey(int r, int g, int b) {
  return int((unsigned(r) * 9798 + unsigned(g) * 19235 + unsigned(b) * 3735 + (1 << 14)) >> 15);
}

MovedRows compare_rgb(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                      Extent extent, RgbOrder order, uint8_t threshold) {
  return set_motion_bits(moved, extent, [&](int x, int y) {
    const uint8_t* c = current[y] + ptrdiff_t{x} * order.step;
    uint8_t* p = previous[y] + ptrdiff_t{x} * order.step;
    const int g = grey(std::abs(c[order.r] - p[order.r]), std::abs(c[order.g] - p[order.g]),
                       std::abs(c[order.b] - p[order.b]));
    std::memcpy(p, c, order.step);
    return g > threshold;
  });
}

template <typename Sample>
MovedRows compare_planes(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                         uint16_t threshold, uint16_t bits) {
  return set_motion_bits(moved, extent, [&](int x, int y) {
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

MovedRows compare_planes_u8(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                            uint16_t threshold, uint16_t bits) {
  return compare_planes<uint8_t>(planes, moved, extent, threshold, bits);
}

MovedRows compare_planes_u16(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                             uint16_t threshold, uint16_t bits) {
  return compare_planes<uint16_t>(planes, moved, extent, threshold, bits);
}

// `sample(x, y)` is what cells are the means of.
template <typename Mean, typename Sample>
void shrink(Extent extent, int scale, uint8_t* means, Sample sample) {
  for (int begin = 0; begin < extent.width; begin += scale, means += sizeof(Mean)) {
    const int end = std::min(begin + scale, extent.width);
    unsigned sum = 0;
    for (int y = 0; y < extent.height; ++y)
      for (int x = begin; x < end; ++x) sum += sample(x, y);
    const unsigned n = unsigned((end - begin) * extent.height);
    const Mean mean = Mean((2 * sum + n) / (2 * n));
    std::memcpy(means, &mean, sizeof mean);
  }
}

void shrink_u8(Rows<const uint8_t> pixels, const SamplePlaces& places, Extent extent, int scale,
               uint8_t* const* means) {
  for (int i = 0; i < places.n; ++i)
    shrink<uint8_t>(extent, scale, means[i], [&](int x, int y) {
      return pixels[y][ptrdiff_t{x} * places.step + places.offsets[i]];
    });
}

void shrink_u16(Rows<const uint8_t> samples, Extent extent, int scale, uint8_t* means) {
  shrink<uint16_t>(extent, scale, means, [&](int x, int y) {
    uint16_t sample;  // rows need not be aligned
    std::memcpy(&sample, samples[y] + 2 * ptrdiff_t{x}, 2);
    return sample;
  });
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

// Calls `visit(chunk, i, has_moved)` for each pixel i of the rows of chunks in which any moved.
template <typename Visit>
void each_moved(Rows<const uint8_t> moved, int rows, int chunks, Visit visit) {
  for (int chunk = 0; chunk < chunks; ++chunk) {
    for (int y = 0; y < rows; ++y) {
      const uint8_t* bits = moved[y] + chunk * kChunkWidth / 8;
      if (std::all_of(bits, bits + kChunkWidth / 8, [](uint8_t byte) { return byte == 0; }))
        continue;
      for (int x = 0; x < kChunkWidth; ++x)
        visit(chunk, chunk * kChunkPixels + y * kChunkWidth + x, bool(bits[x / 8] >> x % 8 & 1));
    }
  }
}

Accumulated accumulate(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low,
                       uint16_t increment, uint8_t* flags) {
  Accumulated result;
  each_moved(moved, rows, chunks, [&](int chunk, int i, bool has_moved) {
    flags[chunk] = true;
    result.moved += has_moved;
    low[i] = uint16_t(low[i] + (has_moved ? increment : 0));
    result.max = std::max(result.max, low[i]);
  });
  return result;
}

uint64_t carry(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low, uint32_t* high,
               uint16_t increment) {
  uint64_t max = 0;
  each_moved(moved, rows, chunks, [&](int, int i, bool has_moved) {
    high[i] += has_moved && low[i] < increment;
    if (high[i] > kMaxCount >> 16) {
      high[i] = uint32_t(kMaxCount >> 16);
      low[i] = uint16_t(kMaxCount);
    }
    max = std::max(max, uint64_t{high[i]} << 16 | low[i]);
  });
  return max;
}

// Brings the flagged chunks up to date: `index_of(i)` gives the index of pixel i, then `valid_of()`
// up to what the indices of its chunk are valid.
template <typename IndexOf, typename ValidOf>
bool index_flagged(uint8_t* index, int chunks, uint8_t* flags, float* valid, IndexOf index_of,
                   ValidOf valid_of) {
  bool any = false;
  for (int chunk = 0; chunk < chunks; ++chunk) {
    if (!flags[chunk]) continue;
    flags[chunk] = false;
    for (int i = chunk * kChunkPixels; i < (chunk + 1) * kChunkPixels; ++i) {
      const uint8_t value = index_of(i);
      flags[chunk] |= value != index[i];
      index[i] = value;
    }
    valid[chunk] = valid_of();
    any |= flags[chunk];
  }
  return any;
}

// `index_of(i, exceeded_by)` gives the index of pixel i, and what of its exact value exceeds it.
template <typename IndexOf>
bool index_exact(uint8_t* index, int chunks, double full, Curve curve, uint8_t* flags, float* valid,
                 IndexOf index_of) {
  float least = kFarAbove, most = 0;
  return index_flagged(
      index, chunks, flags, valid,
      [&](int i) {
        float exceeded_by;
        const uint8_t value = index_of(i, exceeded_by);
        if (value > 0) {
          least = std::min(least, exceeded_by);
          most = std::max(most, float(value));
        }
        return value;
      },
      [&] {
        return valid_up_to(full, curve, std::exchange(least, kFarAbove), std::exchange(most, 0.0f));
      });
}

// `quotient(i)` is count / full of pixel i in float32.
template <typename Quotient>
bool index_quotients(uint8_t* index, int chunks, double full, Curve curve, uint8_t* flags,
                     float* valid, Quotient quotient) {
  return index_exact(index, chunks, full, curve, flags, valid, [&](int i, float& exceeded_by) {
    const float exact = on_curve(quotient(i), curve);
    const uint8_t value = uint8_t(std::min(255.0f, exact));
    exceeded_by = exact - value;
    return value;
  });
}

bool index_u16(const uint16_t* low, uint8_t* index, int chunks, float full, Curve curve,
               uint8_t* flags, float* valid) {
  return index_quotients(index, chunks, full, curve, flags, valid,
                         [&](int i) { return float(low[i]) / full; });
}

bool index_small(const uint16_t* low, uint8_t* index, int chunks, uint16_t full, uint8_t* flags,
                 float* valid) {
  return index_exact(index, chunks, full, Curve::kLinear, flags, valid,
                     [&](int i, float& exceeded_by) {
                       const int scaled = std::min(low[i], full) * 255;
                       exceeded_by = float(scaled % full) / full;
                       return uint8_t(scaled / full);
                     });
}

bool index_u24(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks, float full,
               Curve curve, uint8_t* flags, float* valid) {
  return index_quotients(index, chunks, full, curve, flags, valid,
                         [&](int i) { return float(high[i] << 16 | low[i]) / full; });
}

bool index_u48(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks, double full,
               Curve curve, uint8_t* flags, float* valid) {
  return index_quotients(index, chunks, full, curve, flags, valid,
                         [&](int i) { return float((double(high[i]) * 65536.0 + low[i]) / full); });
}

void index_f32(const float* heat, int n, float full, Curve curve, uint8_t* index) {
  for (int i = 0; i < n; ++i) index[i] = uint8_t(std::min(255.0f, on_curve(heat[i] / full, curve)));
}

void look_up(const uint8_t* index, const uint8_t* tables, int n_tables, uint8_t* values) {
  for (int table = 0; table < n_tables; ++table, tables += 256)
    for (int i = 0; i < kChunkPixels; ++i) *values++ = tables[index[i]];
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

void filter_u8(const TapRows& taps, ptrdiff_t stride, const TapWeights& weights, Rows<uint8_t> sums,
               Extent extent) {
  for (int y = 0; y < extent.height; ++y) {
    for (int x = 0; x < extent.width; ++x) {
      int sum = 1 << (kTapBits - 1);
      for (int tap = 0; tap < kTaps; ++tap)
        sum += taps[size_t(tap)][stride * y + x] * weights[size_t(tap)];
      sums[y][x] = uint8_t(std::clamp(sum >> kTapBits, 0, 255));
    }
  }
}

}  // namespace

const Kernels scalar = {
    .name = "scalar",
    .compare_u8 = compare_u8,
    .compare_u16 = compare_u16,
    .compare_rgb = compare_rgb,
    .compare_planes_u8 = compare_planes_u8,
    .compare_planes_u16 = compare_planes_u16,
    .shrink_u8 = shrink_u8,
    .shrink_u16 = shrink_u16,
    .interleave_u8 = interleave_u8,
    .average_u8 = average_u8,
    .accumulate = accumulate,
    .carry = carry,
    .index_u16 = index_u16,
    .index_small = index_small,
    .index_u24 = index_u24,
    .index_u48 = index_u48,
    .index_f32 = index_f32,
    .look_up = look_up,
    .blend_u8 = blend_u8,
    .blend_u16 = blend_u16,
    .running_mean_u8 = running_mean<uint8_t>,
    .running_mean_u16 = running_mean<uint16_t>,
    .filter_u8 = filter_u8,
};

}  // namespace motionheat::kernels
