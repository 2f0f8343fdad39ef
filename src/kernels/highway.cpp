// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernels in vectors, compiled once for each instruction set that Highway knows. Rows are
// finished by the scalar twins, so that nothing beyond their ends is touched.
// Highway 1.0 leaves the set of Ice Lake and Zen 4 out unless it is wanted. (Version 1.0.3 compiles
// it with AVX-VNNI, which these lack: dot products of bytes must not be written in here.)
#define HWY_WANT_AVX3_DL 1
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>
#include <hwy/cache_control.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <opencv2/core/utility.hpp>

#include "kernels/highway.h"

// Where Highway itself falls back to scalar code our own twins serve.
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
// Each is built on those above it.
// clang-format off
#include "kernels/vectors-inl.h"
#include "kernels/blend-inl.h"
#include "kernels/shrink-inl.h"
#include "kernels/compare-inl.h"
#include "kernels/paint-inl.h"
#include "kernels/counts-inl.h"
#include "kernels/average-inl.h"
#include "kernels/filter-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

const Kernels* Set() {
  static const Kernels set = {
      .name = hwy::TargetName(HWY_TARGET),
      .compare_u8 = CompareLumaU8,
      .compare_u16 = CompareLumaU16,
      .compare_rgb = CompareRgbPacked,
      .compare_planes_u8 = ComparePlanesU8,
      .compare_planes_u16 = ComparePlanesU16,
      .shrink_u8 = ShrinkU8,
      .shrink_u16 = scalar.shrink_u16,
      .interleave_u8 = InterleaveU8,
      .average_u8 = AverageU8,
      .accumulate = Accumulate,
      .carry = Carry,
      .index_u16 = IndexU16,
      .index_small = IndexSmall,
      .index_u24 = IndexU24,
      .index_u48 = IndexU48,
      .index_f32 = IndexF32,
      .look_up = LookUp,
      .blend_u8 = BlendU8,
      .blend_u16 = BlendU16,
      .running_mean_u8 = RunningMeanU8,
      .running_mean_u16 = RunningMeanU16,
      .filter_u8 = FilterU8,
  };
  return &set;
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#else

HWY_BEFORE_NAMESPACE();
namespace motionheat::kernels::HWY_NAMESPACE {

const Kernels* Set() {
  return &scalar;
}

}  // namespace motionheat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

#if HWY_ONCE
namespace motionheat::kernels {

#if HWY_ARCH_X86

// OpenCV tells what the machine has. Highway's library could, too, but up to version 1.2 it
// measures the machine's timer whenever a process loads it, which takes longer than loading
// OpenCV's core.
std::vector<const Kernels*> vector_sets() {
  struct Candidate {
    const Kernels* (*set)();  // null if it is not compiled
    std::initializer_list<int> needs;
  };
  const Candidate from_the_best[] = {
      {HWY_CHOOSE_AVX3_DL(Set), {CV_CPU_AVX512_ICL}},
      {HWY_CHOOSE_AVX3(Set), {CV_CPU_AVX512_SKX}},
      {HWY_CHOOSE_AVX2(Set), {CV_CPU_AVX2, CV_CPU_FMA3, CV_CPU_FP16}},
      {HWY_CHOOSE_SSE4(Set), {CV_CPU_SSE4_2}},
      {HWY_CHOOSE_SSSE3(Set), {CV_CPU_SSSE3}},
  };
  std::vector<const Kernels*> sets;
  for (const Candidate& candidate : from_the_best) {
    if (candidate.set && std::all_of(candidate.needs.begin(), candidate.needs.end(),
                                     [](int feature) { return cv::checkHardwareSupport(feature); }))
      sets.push_back(candidate.set());
  }
  return sets;
}

#else

HWY_EXPORT(Set);

std::vector<const Kernels*> vector_sets() {
  std::vector<const Kernels*> sets;
  // Highway orders its targets from the best, the lowest bit, on.
  for (int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
    const int64_t target = rest & -rest;
    hwy::ChosenTarget chosen;
    chosen.Update(target);
    const Kernels* set = HWY_DISPATCH_TABLE(Set)[chosen.GetIndex()]();
    if (set != &scalar) sets.push_back(set);
  }
  return sets;
}

#endif

}  // namespace motionheat::kernels
#endif  // HWY_ONCE
