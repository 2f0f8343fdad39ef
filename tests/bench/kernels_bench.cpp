// SPDX-License-Identifier: LGPL-2.1-or-later
// Each kernel in each set that this machine runs, over rows of a 1080p picture: over 16, a row of
// tiles, which stay in the cache, and over all of them. Beside them copies of as many bytes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "aligned.h"
#include "blend.h"
#include "kernels/kernels.h"

namespace {

using motionheat::kernels::Extent;
using motionheat::kernels::kChunk;
using motionheat::kernels::Kernels;
using motionheat::kernels::RgbOrder;
using motionheat::kernels::Rows;

constexpr int kWidth = 1920;
constexpr int kSegment = 256;
constexpr double kOpacity = 0.4;
constexpr uint8_t kEveryByte[4] = {0xff, 0xff, 0xff, 0xff};

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

/// Calls `compare` with two pictures in turn, so that things move. T is what is remembered.
template <typename T, typename Compare>
void difference(benchmark::State& state, int per_pixel, Compare compare) {
  const Extent extent = extent_of(state);
  const int bytes = int(sizeof(T)) * per_pixel;
  const Plane<uint8_t> pictures[] = {Plane<uint8_t>(extent, bytes), Plane<uint8_t>(extent, bytes)};
  const Plane<T> previous(extent, per_pixel);
  const Plane<uint8_t> mask(extent);
  uint8_t moved[(kWidth + kSegment - 1) / kSegment] = {};
  int turn = 0;
  measure(state, bytes, [&] {
    compare(pictures[turn ^= 1].rows(), previous.rows(), mask.rows(), extent, moved);
  });
}

void difference_u8(benchmark::State& state, const Kernels& k) {
  difference<uint8_t>(state, 1,
                      [&](auto current, auto previous, auto mask, auto extent, auto moved) {
                        k.difference_u8(current, previous, mask, extent, 25, moved, kSegment);
                      });
}

void difference_u16(benchmark::State& state, const Kernels& k) {
  difference<uint16_t>(
      state, 1, [&](auto current, auto previous, auto mask, auto extent, auto moved) {
        k.difference_u16(current, previous, mask, extent, 25 << 8, 0xffc0, moved, kSegment);
      });
}

void difference_rgb(benchmark::State& state, const Kernels& k, RgbOrder order) {
  difference<uint8_t>(
      state, order.step, [&](auto current, auto previous, auto mask, auto extent, auto moved) {
        k.difference_rgb(current, previous, mask, extent, order, 25, moved, kSegment);
      });
}

void gather_u8(benchmark::State& state, const Kernels& k, int step) {
  const Extent extent = extent_of(state);
  const Plane<uint8_t> src(extent, step), dst(extent);
  measure(state, step, [&] { k.gather_u8(src.rows(), step, dst.rows(), extent); });
}

void accumulate(benchmark::State& state, const Kernels& k) {
  const Extent extent = extent_of(state);
  const Plane<uint8_t> mask(extent), moved(extent);
  for (uint8_t& m : mask) m = m & 1 ? 0xff : 0;
  const Plane<uint16_t> low(extent);
  measure(state, 1, [&] {
    benchmark::DoNotOptimize(k.accumulate(mask.rows(), low.rows(), extent, 1, moved.rows()));
  });
}

// Calls `call` with flags that are set anew each time.
template <typename Index>
void index(benchmark::State& state, Index call) {
  const Extent extent = extent_of(state);
  const Plane<uint8_t> dst(extent), flags({extent.width / kChunk, extent.height});
  measure(state, 1, [&] {
    std::fill(flags.begin(), flags.end(), 1);
    benchmark::DoNotOptimize(call(dst.rows(), extent, flags.rows()));
  });
}

void index_u16(benchmark::State& state, const Kernels& k, const uint8_t* curve) {
  const Plane<uint16_t> low(extent_of(state));
  index(state, [&](auto dst, auto extent, auto flags) {
    return k.index_u16(low.rows(), dst, extent, 65535, curve, flags);
  });
}

void index_u48(benchmark::State& state, const Kernels& k, const uint8_t* curve) {
  const Plane<uint16_t> low(extent_of(state));
  const Plane<uint32_t> high(extent_of(state));
  for (uint32_t& h : high) h &= 0x7fff'ffff;
  index(state, [&](auto dst, auto extent, auto flags) {
    return k.index_u48(low.rows(), high.rows(), dst, extent, 0x1p47, curve, flags);
  });
}

void blend_u8(benchmark::State& state, const Kernels& k) {
  const Extent extent = extent_of(state);
  const motionheat::Blend blend(kOpacity);
  const Plane<uint8_t> src(extent), color(extent), dst(extent);
  measure(state, 1, [&] {
    k.blend_u8(src.rows(), color.rows(), dst.rows(), extent, blend.params(), kEveryByte);
  });
}

void blend_u16(benchmark::State& state, const Kernels& k) {
  const Extent extent = extent_of(state);
  const motionheat::Blend blend(kOpacity);
  const Plane<uint8_t> src(extent, 2), color(extent, 2), dst(extent, 2);
  measure(state, 2, [&] {
    k.blend_u16(src.rows(), color.rows(), dst.rows(), extent, blend.params(), {10, 6});
  });
}

template <typename Run>
void add(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)
      ->ArgName("rows")
      ->Arg(16)
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
  std::vector<uint8_t> curve(65536);
  for (size_t i = 0; i < curve.size(); ++i) curve[i] = uint8_t(i >> 8);

  add_each("difference_u8", difference_u8);
  add_each("difference_u16", difference_u16);
  add_each("difference_rgb-3", [](auto& s, auto& k) { difference_rgb(s, k, {3, 2, 1, 0}); });
  add_each("difference_rgb-4", [](auto& s, auto& k) { difference_rgb(s, k, {4, 2, 1, 0}); });
  add_each("gather_u8-2", [](auto& s, auto& k) { gather_u8(s, k, 2); });
  add_each("gather_u8-4", [](auto& s, auto& k) { gather_u8(s, k, 4); });
  add_each("accumulate", accumulate);
  add_each("index_u16", [](auto& s, auto& k) { index_u16(s, k, nullptr); });
  add_each("index_u16-curve", [=](auto& s, auto& k) { index_u16(s, k, curve.data()); });
  add_each("index_u48", [](auto& s, auto& k) { index_u48(s, k, nullptr); });
  add_each("index_u48-curve", [=](auto& s, auto& k) { index_u48(s, k, curve.data()); });
  add_each("blend_u8", blend_u8);
  add_each("blend_u16", blend_u16);
  benchmark::RunSpecifiedBenchmarks();
}
