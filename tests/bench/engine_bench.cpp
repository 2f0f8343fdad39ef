// SPDX-License-Identifier: LGPL-2.1-or-later
// The engine on whole frames, beside what they are measured against: a copy of the frame, and the
// reference chain in OpenCV calls. Give the clip by the environment variable MOTIONHEATMAP_CLIP.
#include <benchmark/benchmark.h>
#include <gst/gst.h>

#include <cstdlib>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "frames.h"

namespace {

using bench::Clip;
using bench::Format;
using motionheat::Size;

constexpr int kFrames = 100;

void memcpy_frame(benchmark::State& state, const Clip& clip) {
  std::vector<uint8_t> out(clip.frame_bytes());
  size_t i = 0;
  for (auto _ : state) {
    const std::vector<uint8_t>& frame = clip.frames[i++ % clip.frames.size()];
    std::memcpy(out.data(), frame.data(), frame.size());
    benchmark::ClobberMemory();
  }
}

void engine(benchmark::State& state, const Clip& clip, bool draws) {
  motionheat::Engine engine;
  engine.configure(clip.stream);
  std::vector<uint8_t> out(clip.frame_bytes());
  const motionheat::FrameView out_view = clip.view(out);
  // The map of one pass, so that what is measured is a stream that has run for a while.
  for (const auto& frame : clip.frames) engine.process(clip.view(frame), &out_view);
  size_t i = 0;
  for (auto _ : state) {
    engine.process(clip.view(clip.frames[i++ % clip.frames.size()]), draws ? &out_view : nullptr);
    benchmark::ClobberMemory();
  }
  const motionheat::Report report = engine.report();
  state.counters["coverage"] = report.coverage;
  state.counters["bytes/pixel"] = double(engine.memory()) / double(clip.stream.size.area());
}

// Section by section what the README's algorithm is in OpenCV.
void opencv_chain(benchmark::State& state, const Clip& clip) {
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

void add(const std::string& name, Clip made) {
  const auto clip = std::make_shared<Clip>(std::move(made));
  const auto unit = benchmark::kMicrosecond;
  benchmark::RegisterBenchmark((name + "/memcpy").c_str(), [clip](auto& s) {
    memcpy_frame(s, *clip);
  })->Unit(unit);
  benchmark::RegisterBenchmark((name + "/overlay").c_str(), [clip](auto& s) {
    engine(s, *clip, true);
  })->Unit(unit);
  benchmark::RegisterBenchmark((name + "/analysis").c_str(), [clip](auto& s) {
    engine(s, *clip, false);
  })->Unit(unit);
  if (clip->stream.format.model == motionheat::ColorModel::kRgb)
    benchmark::RegisterBenchmark((name + "/opencv").c_str(), [clip](auto& s) {
      opencv_chain(s, *clip);
    })->Unit(unit);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  benchmark::Initialize(&argc, argv);
  cv::setNumThreads(1);
  const char* path = std::getenv("MOTIONHEATMAP_CLIP");
  const struct {
    const char* name;
    Size size;
    int frames;
  } sizes[] = {{"720p", {1280, 720}, kFrames},
               {"1080p", {1920, 1080}, kFrames},
               {"2160p", {3840, 2160}, kFrames / 4}};
  for (const auto& s : sizes) {
    if (path) add(s.name + std::string("/I420/real"),
                  bench::real_footage(path, Format::kI420, s.size, s.frames));
    add(s.name + std::string("/I420/still"), bench::still(Format::kI420, s.size, 4));
    add(s.name + std::string("/I420/noise"), bench::noise(Format::kI420, s.size, 4));
    if (path) add(s.name + std::string("/BGR/real"),
                  bench::real_footage(path, Format::kBgr, s.size, s.frames / 2));
  }
  benchmark::RunSpecifiedBenchmarks();
}
