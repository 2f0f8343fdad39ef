// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernels in each set that this machine runs, over rows of a 1080p picture: over 64, a band,
// which stay in the cache, and over all of them. Beside them copies of as many bytes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "aligned.h"
#include "blend.h"
#include "kernels/kernels.h"

namespace {

using motionheat::kernels::BlendJob;
using motionheat::kernels::Curve;
using motionheat::kernels::Extent;
using motionheat::kernels::kChunkHeight;
using motionheat::kernels::kChunkPixels;
using motionheat::kernels::kChunkWidth;
using motionheat::kernels::Kernels;
using motionheat::kernels::RgbOrder;
using motionheat::kernels::Rows;

constexpr int kWidth = 1920;
constexpr int kBandHeight = 64;
constexpr double kOpacity = 0.4;

/// Rows of noise, `per_pixel` elements a pixel.
template <typename T>
class Plane {
 public:
  explicit Plane(Extent extent, int per_pixel = 1)
      : stride_(motionheat::aligned_stride(sizeof(T) * extent.width * per_pixel)),
        n_(stride_ / sizeof(T) * extent.height),
        data_(motionheat::make_aligned<T>(n_)) {
    static std::mt19937 random(1);
    std::generate_n(data_.get(), n_, [] { return T(random()); });
  }

  T* begin() const { return data_.get(); }
  T* end() const { return data_.get() + n_; }
  Rows<T> rows() const { return {data_.get(), ptrdiff_t(stride_)}; }

 private:
  size_t stride_;
  size_t n_;
  motionheat::AlignedArray<T> data_;
};

Extent extent_of(const benchmark::State& state) {
  return {kWidth, int(state.range(0))};
}

/// `bytes` are those of a pixel of the picture.
template <typename Call>
void measure(benchmark::State& state, int bytes, Call call) {
  for (auto _ : state) {
    call();
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * kWidth * state.range(0) * bytes);
}

void copy(benchmark::State& state, int bytes) {
  const Plane<uint8_t> from(extent_of(state), bytes), to(extent_of(state), bytes);
  measure(state, bytes, [&] { std::memcpy(to.begin(), from.begin(), from.end() - from.begin()); });
}

/// What blends `color`, or one colour, onto `picture`.
BlendJob job_of(Rows<const uint8_t> picture, Rows<const uint8_t> color, Rows<uint8_t> out,
                Extent bytes, double opacity, bool one_color) {
  static constexpr std::array<uint8_t, 2 * BlendJob::kPeriod> kCold{};
  return {.picture = picture,
          .out = out,
          .color = one_color ? Rows<const uint8_t>{kCold.data(), 0} : color,
          .one_color = one_color,
          .bytes = bytes,
          .mask = {0xff, 0xff, 0xff, 0xff},
          .bits = {10, 6},
          .params = motionheat::Blend(opacity, true).params()};
}

/// Calls `call(current, previous, mask, extent)` with two pictures in turn, so that things move,
/// band by band. Of a pixel of `bytes` bytes `remembered` values of T are.
template <typename T, typename Compare>
void compare(benchmark::State& state, int bytes, int remembered, Compare call) {
  const Extent extent = extent_of(state);
  const Plane<uint8_t> pictures[] = {Plane<uint8_t>(extent, bytes), Plane<uint8_t>(extent, bytes)};
  const Plane<T> previous(extent, remembered);
  const Plane<uint8_t> mask({kWidth / 8, kBandHeight});
  int turn = 0;
  measure(state, bytes, [&] {
    const Rows<uint8_t> current = pictures[turn ^= 1].rows();
    for (int y = 0; y < extent.height; y += kBandHeight) {
      const Extent band{extent.width, std::min(kBandHeight, extent.height - y)};
      benchmark::DoNotOptimize(call(current.down(y), previous.rows().down(y), mask.rows(), band));
    }
  });
}

void compare_u8(benchmark::State& state, const Kernels& k, int step) {
  compare<uint8_t>(state, step, 1, [&](auto current, auto previous, auto mask, auto extent) {
    return k.compare_u8(current, {step, 0}, previous, mask, extent, 25);
  });
}

void compare_u16(benchmark::State& state, const Kernels& k) {
  compare<uint16_t>(state, 2, 1, [&](auto current, auto previous, auto mask, auto extent) {
    return k.compare_u16(current, previous, mask, extent, 25 << 8, 0xffc0);
  });
}

void compare_rgb(benchmark::State& state, const Kernels& k, RgbOrder order) {
  compare<uint8_t>(state, order.step, order.step,
                   [&](auto current, auto previous, auto mask, auto extent) {
                     return k.compare_rgb(current, previous, mask, extent, order, 25);
                   });
}

void shrink_u8(benchmark::State& state, const Kernels& k, int step, int scale) {
  const Extent extent = extent_of(state);
  const Plane<uint8_t> pixels(extent, step), means(extent, 3);
  uint8_t* const to[] = {means.begin(), means.begin() + kWidth, means.begin() + 2 * kWidth};
  const motionheat::kernels::SamplePlaces places{step, step == 3 ? 3 : 1, {0, 1, 2}};
  measure(state, step, [&] {
    for (int y = 0; y < extent.height; y += scale)
      k.shrink_u8(pixels.rows().down(y), places, {kWidth, std::min(scale, extent.height - y)},
                  scale, to);
  });
}

/// The chunks that cover the picture, as if in one row.
int chunks_of(const benchmark::State& state) {
  return kWidth / kChunkWidth * int(state.range(0)) / kChunkHeight;
}

/// Something for each of their pixels.
template <typename T>
Plane<T> for_chunks(const benchmark::State& state) {
  return Plane<T>({chunks_of(state) * kChunkPixels, 1});
}

void accumulate(benchmark::State& state, const Kernels& k) {
  const int chunks = chunks_of(state);
  const Plane<uint8_t> mask({chunks * kChunkWidth / 8, kChunkHeight}), flags({chunks, 1});
  const Plane<uint16_t> low = for_chunks<uint16_t>(state);
  measure(state, 1, [&] {
    benchmark::DoNotOptimize(
        k.accumulate(mask.rows(), kChunkHeight, chunks, low.begin(), 1, flags.begin()));
  });
}

// Calls `call(index, chunks, flags, limits)` with flags that are set anew each time.
template <typename Index>
void index(benchmark::State& state, Index call) {
  const int chunks = chunks_of(state);
  const Plane<uint8_t> index = for_chunks<uint8_t>(state), flags({chunks, 1});
  std::vector<float> limits(size_t{unsigned(chunks)});
  measure(state, 1, [&] {
    std::fill(flags.begin(), flags.end(), 1);
    benchmark::DoNotOptimize(call(index.begin(), chunks, flags.begin(), limits.data()));
  });
}

void index_u16(benchmark::State& state, const Kernels& k, Curve curve) {
  const Plane<uint16_t> low = for_chunks<uint16_t>(state);
  index(state, [&](auto index, auto chunks, auto flags, auto limits) {
    return k.index_u16(low.begin(), index, chunks, 65535, curve, flags, limits);
  });
}

void index_small(benchmark::State& state, const Kernels& k) {
  const Plane<uint16_t> low = for_chunks<uint16_t>(state);
  index(state, [&](auto index, auto chunks, auto flags, auto limits) {
    return k.index_small(low.begin(), index, chunks, 32767, flags, limits);
  });
}

void index_u48(benchmark::State& state, const Kernels& k, Curve curve) {
  const Plane<uint16_t> low = for_chunks<uint16_t>(state);
  const Plane<uint32_t> high = for_chunks<uint32_t>(state);
  for (uint32_t& h : high) h &= 0x7fff'ffff;
  index(state, [&](auto index, auto chunks, auto flags, auto limits) {
    return k.index_u48(low.begin(), high.begin(), index, chunks, 0x1p47, curve, flags, limits);
  });
}

// A chunk at a time, with the tables of three components; `shift` makes the map cooler.
void look_up(benchmark::State& state, const Kernels& k, int shift) {
  const int chunks = chunks_of(state);
  const Plane<uint8_t> index = for_chunks<uint8_t>(state), tables({3 * 256, 1});
  for (uint8_t& i : index) i = uint8_t(i >> shift);
  std::array<uint8_t, 3 * kChunkPixels> values;
  measure(state, 1, [&] {
    for (int chunk = 0; chunk < chunks; ++chunk) {
      k.look_up(index.begin() + chunk * kChunkPixels, tables.begin(), 3, values.data());
      benchmark::DoNotOptimize(values);
    }
  });
}

void blend_u8(benchmark::State& state, const Kernels& k, double opacity, bool one_color) {
  const Extent extent = extent_of(state);
  const Plane<uint8_t> src(extent), color(extent), dst(extent);
  measure(state, 1, [&] {
    k.blend_u8(job_of(src.rows(), color.rows(), dst.rows(), extent, opacity, one_color));
  });
}

void blend_u16(benchmark::State& state, const Kernels& k) {
  const Extent extent = extent_of(state);
  const Plane<uint8_t> src(extent, 2), color(extent, 2), dst(extent, 2);
  measure(state, 2, [&] {
    k.blend_u16(job_of(src.rows(), color.rows(), dst.rows(), {extent.width * 2, extent.height},
                       kOpacity, false));
  });
}

template <typename Run>
void add(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)
      ->ArgName("rows")
      ->Arg(kBandHeight)
      ->Arg(1080)
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  for (const int bytes : {1, 2, 3, 4})
    add("memcpy-" + std::to_string(bytes), [=](auto& state) { copy(state, bytes); });
  const auto add_each = [](const std::string& name, auto run) {
    for (const Kernels* k : motionheat::kernels::available())
      add(name + "/" + k->name, [=](auto& state) { run(state, *k); });
  };
  for (const int step : {1, 2, 4})
    add_each("compare_u8-" + std::to_string(step),
             [=](auto& s, auto& k) { compare_u8(s, k, step); });
  add_each("compare_u16", compare_u16);
  add_each("compare_rgb-3", [](auto& s, auto& k) { compare_rgb(s, k, {3, 2, 1, 0}); });
  add_each("compare_rgb-4", [](auto& s, auto& k) { compare_rgb(s, k, {4, 2, 1, 0}); });
  for (const int step : {1, 3})
    for (const int scale : {2, 3, 4, 7, 8, 16})
      add_each("shrink_u8-" + std::to_string(step) + "-" + std::to_string(scale),
               [=](auto& s, auto& k) { shrink_u8(s, k, step, scale); });
  add_each("accumulate", accumulate);
  add_each("index_u16", [](auto& s, auto& k) { index_u16(s, k, Curve::kLinear); });
  add_each("index_u16-sqrt", [](auto& s, auto& k) { index_u16(s, k, Curve::kSqrt); });
  add_each("index_u16-log", [](auto& s, auto& k) { index_u16(s, k, Curve::kLog); });
  add_each("index_small", index_small);
  add_each("index_u48", [](auto& s, auto& k) { index_u48(s, k, Curve::kLinear); });
  add_each("index_u48-sqrt", [](auto& s, auto& k) { index_u48(s, k, Curve::kSqrt); });
  add_each("index_u48-log", [](auto& s, auto& k) { index_u48(s, k, Curve::kLog); });
  add_each("look_up", [](auto& s, auto& k) { look_up(s, k, 0); });
  add_each("look_up-cool", [](auto& s, auto& k) { look_up(s, k, 4); });
  // In integers, and in float32.
  for (const double opacity : {kOpacity, 0.5}) {
    for (const bool one_color : {false, true})
      add_each(
          std::string("blend_u8") + (opacity == 0.5 ? "-float" : "") + (one_color ? "-cold" : ""),
          [=](auto& s, auto& k) { blend_u8(s, k, opacity, one_color); });
  }
  add_each("blend_u16", blend_u16);
  benchmark::RunSpecifiedBenchmarks();
}
