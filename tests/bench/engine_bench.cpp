// SPDX-License-Identifier: LGPL-2.1-or-later
// The engine on whole frames, beside what they are measured against: a copy of the frame, and the
// reference chain in OpenCV calls. Give the clip by the environment variable MOTIONHEATMAP_CLIP.
#include <benchmark/benchmark.h>
#include <gst/gst.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <future>
#include <opencv2/imgproc.hpp>

#include "frames.h"
#include "kernels/kernels.h"

namespace {

using bench::Clip;
using bench::Format;
using motionheat::Size;

// Made when a benchmark first asks for it: those that are filtered out cost nothing.
using LazyClip = std::shared_future<Clip>;

enum class Draw { kNot, kIntoOther, kInPlace };

constexpr int kSettledPasses = 50;

void memcpy_frame(benchmark::State& state, const Clip& clip) {
  std::vector<uint8_t> out(clip.frame_bytes());
  size_t i = 0;
  for (auto _ : state) {
    const std::vector<uint8_t>& frame = clip.frames[i++ % clip.frames.size()];
    std::memcpy(out.data(), frame.data(), frame.size());
    benchmark::ClobberMemory();
  }
}

// The map has seen the clip `passes` times before: one that is young changes most with every frame.
void engine(benchmark::State& state, const Clip& clip, Draw draw, int n_threads, int passes) {
  cv::setNumThreads(n_threads);
  motionheat::Engine engine;
  engine.configure(clip.stream);
  motionheat::Settings settings;
  settings.n_threads = n_threads;
  engine.set(settings);
  std::vector<uint8_t> out(clip.frame_bytes());
  const motionheat::FrameView out_view = clip.view(out);
  for (int pass = 0; pass < passes; ++pass)
    for (const auto& frame : clip.frames)
      engine.process(clip.view(frame), pass < passes - 1 ? nullptr : &out_view);
  size_t i = 0;
  for (auto _ : state) {
    const std::vector<uint8_t>& frame = clip.frames[i++ % clip.frames.size()];
    if (draw == Draw::kInPlace) {
      // Whoever wrote the frame has just done so. That is not what is measured.
      std::memcpy(out.data(), frame.data(), frame.size());
      const auto start = std::chrono::steady_clock::now();
      engine.process(out_view, &out_view);
      state.SetIterationTime(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    } else {
      engine.process(clip.view(frame), draw == Draw::kNot ? nullptr : &out_view);
    }
    benchmark::ClobberMemory();
  }
  state.counters["coverage"] = engine.report().coverage;
  state.counters["bytes/pixel"] = double(engine.memory()) / double(clip.stream.size.area());
}

// What a message says of a map that has seen the clip.
void message(benchmark::State& state, const Clip& clip) {
  motionheat::Engine engine;
  engine.configure(clip.stream);
  for (const auto& frame : clip.frames) engine.process(clip.view(frame), nullptr);
  const Size size = engine.map_size(64);
  std::vector<uint8_t> map(size_t(size.area()));
  for (auto _ : state) {
    benchmark::DoNotOptimize(engine.report());
    engine.draw_map(64, {map.data(), size.width});
  }
}

// Section by section what the README's algorithm is in OpenCV.
void opencv_chain(benchmark::State& state, const Clip& clip) {
  cv::setNumThreads(1);
  const Size size = clip.stream.size;
  cv::Mat previous, heat = cv::Mat::zeros(size.height, size.width, CV_32F);
  cv::Mat difference, grey, moved, index, color, out;
  size_t i = 0;
  for (auto _ : state) {
    const cv::Mat current(size.height, size.width, CV_8UC3,
                          const_cast<uint8_t*>(clip.frames[i++ % clip.frames.size()].data()));
    if (!previous.empty()) {
      cv::absdiff(current, previous, difference);
      cv::cvtColor(difference, grey, cv::COLOR_BGR2GRAY);
      cv::threshold(grey, moved, 25, 255, cv::THRESH_BINARY);
      cv::accumulate(moved, heat);
    }
    previous = current;
    double max = 0;
    cv::minMaxLoc(heat, nullptr, &max);
    // Rounds where the reference truncates, in the kindest way to OpenCV: one call.
    heat.convertTo(index, CV_8U, max > 0 ? 255 / max : 0);
    cv::applyColorMap(index, color, cv::COLORMAP_JET);
    cv::addWeighted(current, 0.6, color, 0.4, 0, out);
    benchmark::ClobberMemory();
  }
}

template <typename Run>
benchmark::internal::Benchmark* add(const std::string& name, const LazyClip& clip, Run run) {
  return benchmark::RegisterBenchmark(name.c_str(),
                                      [=](benchmark::State& state) { run(state, clip.get()); })
      ->Unit(benchmark::kMicrosecond);
}

auto run(Draw draw, int n_threads = 1, int passes = 1) {
  return [=](benchmark::State& state, const Clip& clip) {
    engine(state, clip, draw, n_threads, passes);
  };
}

template <typename Make>
LazyClip add_clip(const std::string& name, Make make) {
  const LazyClip clip = std::async(std::launch::deferred, make);
  add(name + "/memcpy", clip, memcpy_frame);
  add(name + "/overlay", clip, run(Draw::kIntoOther));
  add(name + "/analysis", clip, run(Draw::kNot));
  return clip;
}

void add_size(const std::string& size_name, Size size, const char* path, int n_frames) {
  for (const Format format : {Format::kI420, Format::kNv12, Format::kBgr}) {
    if (!path) break;
    const std::string name = size_name + "/" + name_of(format) + "/real";
    const LazyClip clip =
        add_clip(name, [=] { return bench::real_footage(path, format, size, n_frames); });
    add(name + "/overlay-inplace", clip, run(Draw::kInPlace))->UseManualTime();
    if (format == Format::kI420) {
      add(name + "/message", clip, message);
      add(name + "/overlay-2-threads", clip, run(Draw::kIntoOther, 2))
          ->UseRealTime()
          ->MeasureProcessCPUTime();
      add(name + "/overlay-settled", clip, run(Draw::kIntoOther, 1, kSettledPasses));
      add(name + "/overlay-settled-inplace", clip, run(Draw::kInPlace, 1, kSettledPasses))
          ->UseManualTime();
    }
    if (format == Format::kBgr) add(name + "/opencv", clip, opencv_chain);
  }
  // Enough that the frames are in no cache when their turn comes again, as real ones are; noise
  // alternates.
  const int n = n_frames / 8 * 2;
  add_clip(size_name + "/I420/still", [=] { return bench::still(Format::kI420, size, n); });
  add_clip(size_name + "/I420/noise", [=] { return bench::noise(Format::kI420, size, n); });
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("kernels", motionheat::kernels::active().name);
  benchmark::AddCustomContext("opencv", CV_VERSION);
  const char* path = std::getenv("MOTIONHEATMAP_CLIP");
  add_size("720p", {1280, 720}, path, 100);
  add_size("1080p", {1920, 1080}, path, 100);
  add_size("2160p", {3840, 2160}, path, 25);
  benchmark::RunSpecifiedBenchmarks();
}
