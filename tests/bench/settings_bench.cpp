// SPDX-License-Identifier: LGPL-2.1-or-later
// Measures elements beside a base: what a frame costs the thread that pushes it. Both work in turn,
// a few frames at a time, on frames that were just written, as those of a source are.
//
//     settings-bench [OPTION...] FORMAT WIDTH HEIGHT ROUNDS BASE ELEMENT...
//
//     --wall        measure wall time instead of CPU time
//     --animated    give each ELEMENT another opacity before each frame
//     --streams=N   have each ELEMENT N times, with streams of their own
//
// Prints a line for each ELEMENT: the medians over the rounds of its cost and the base's, in ms a
// frame, of their ratio, and of their difference. The clip is that of MOTIONHEATMAP_CLIP. BASE may
// be `mog2/N`, OpenCV's model on a picture that has an Nth of the size in each direction.
#include <gst/check/gstharness.h>
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/background_segm.hpp>
#include <string>

#include "frames.h"

namespace {

using bench::Clip;
using bench::Format;

constexpr int kClipFrames = 100;
constexpr int kWarmUp = 300;  // until averages take turns, maps are not young and models know
constexpr int kBlock = 50;    // frames in a turn
constexpr GstClockTime kFrame = 40 * GST_MSECOND;

struct Options {
  clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
  bool animated = false;
  int streams = 1;
};

double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return double(time.tv_sec) * 1e3 + double(time.tv_nsec) * 1e-6;
}

std::string format_of(const Clip& clip) {
  const int planes = clip.stream.format.n_planes;
  return bench::name_of(planes == 3 ? Format::kI420 : planes == 2 ? Format::kNv12 : Format::kBgr);
}

/// Something that takes frames.
class Worker {
 public:
  virtual ~Worker() = default;
  /// Takes frame `i` of a clip; how long that took in ms.
  virtual double take(const Clip& clip, int i) = 0;
};

class Element : public Worker {
 public:
  Element(const std::string& description, const Clip& clip, const Options& options)
      : options_(options),
        harness_(gst_harness_new_parse(description.c_str())),
        bus_(gst_bus_new()),
        pool_(gst_buffer_pool_new()) {
    const std::string caps = "video/x-raw,framerate=25/1,format=" + format_of(clip) +
                             ",width=" + std::to_string(clip.stream.size.width) +
                             ",height=" + std::to_string(clip.stream.size.height);
    GstStructure* config = gst_buffer_pool_get_config(pool_);
    gst_buffer_pool_config_set_params(config, nullptr, guint(clip.frame_bytes()), 2, 0);
    gst_buffer_pool_set_config(pool_, config);
    gst_buffer_pool_set_active(pool_, TRUE);
    gst_element_set_bus(harness_->element, bus_);
    element_ = GST_IS_BIN(harness_->element)
                   ? gst_bin_get_by_interface(GST_BIN(harness_->element), GST_TYPE_PRESET)
                   : GST_ELEMENT(gst_object_ref(harness_->element));
    gst_harness_set_src_caps_str(harness_, caps.c_str());
  }
  ~Element() override {
    gst_clear_object(&element_);  // there is none in a bin that cannot be animated
    gst_harness_teardown(harness_);
    gst_object_unref(bus_);
    gst_buffer_pool_set_active(pool_, FALSE);
    gst_object_unref(pool_);
  }

  double take(const Clip& clip, int i) override {
    const std::vector<uint8_t>& frame = clip.frames[size_t(i) % clip.frames.size()];
    GstBuffer* buffer = nullptr;
    gst_buffer_pool_acquire_buffer(pool_, &buffer, nullptr);
    gst_buffer_fill(buffer, 0, frame.data(), frame.size());
    GST_BUFFER_PTS(buffer) = kFrame * n_++;
    GST_BUFFER_DURATION(buffer) = kFrame;
    const double start = now(options_.clock);
    if (options_.animated) g_object_set(element_, "opacity", (i * 37 % 1000) / 1000.0, nullptr);
    if (gst_harness_push(harness_, buffer) != GST_FLOW_OK) std::exit(1);
    const double end = now(options_.clock);
    gst_buffer_unref(gst_harness_pull(harness_));
    // Somebody reads them.
    while (GstMessage* message = gst_bus_pop(bus_)) gst_message_unref(message);
    return end - start;
  }

 private:
  Options options_;
  GstHarness* harness_;
  GstElement* element_;
  GstBus* bus_;
  GstBufferPool* pool_;
  GstClockTime n_ = 0;
};

class Mog2 : public Worker {
 public:
  Mog2(const Clip& clip, int scale) {
    const cv::Size size(clip.stream.size.width, clip.stream.size.height);
    const bool is_rgb = clip.stream.format.n_planes == 1;
    for (const auto& frame : clip.frames) {
      const cv::Mat whole(size, is_rgb ? CV_8UC3 : CV_8UC1, const_cast<uint8_t*>(frame.data()));
      cv::resize(whole, pictures_.emplace_back(), size / scale, 0, 0, cv::INTER_AREA);
    }
  }

  double take(const Clip&, int i) override {
    const double start = now(CLOCK_THREAD_CPUTIME_ID);
    model_->apply(pictures_[size_t(i) % pictures_.size()], mask_);
    return now(CLOCK_THREAD_CPUTIME_ID) - start;
  }

 private:
  cv::Ptr<cv::BackgroundSubtractor> model_ = cv::createBackgroundSubtractorMOG2();
  std::vector<cv::Mat> pictures_;
  cv::Mat mask_;
};

std::unique_ptr<Worker> make_worker(const std::string& what, const Clip& clip,
                                    const Options& options) {
  if (what.rfind("mog2/", 0) == 0) return std::make_unique<Mog2>(clip, std::atoi(&what[5]));
  return std::make_unique<Element>(what, clip, options);
}

/// What takes its turn: its frames, a number of streams at once.
class Turns {
 public:
  Turns(const std::string& what, const Clip& clip, const Options& options) : clip_(clip) {
    for (int i = 0; i < options.streams; ++i) workers_.push_back(make_worker(what, clip, options));
    run(kWarmUp);
  }

  /// Takes so many frames of each stream; ms for one of them.
  double run(int frames) {
    double sum = 0;
    for (int i = 0; i < frames; ++i, ++n_)
      for (const auto& worker : workers_) sum += worker->take(clip_, n_);
    return sum / frames / double(workers_.size());
  }

 private:
  const Clip& clip_;
  std::vector<std::unique_ptr<Worker>> workers_;
  int n_ = 0;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void compare(const std::string& base_name, const std::string& name, const Clip& clip, int rounds,
             const Options& options) {
  Turns base(base_name, clip, {.clock = options.clock}), own(name, clip, options);
  std::vector<double> costs, base_costs, ratios, differences;
  for (int i = 0; i < rounds; ++i) {
    base_costs.push_back(base.run(kBlock));
    costs.push_back(own.run(kBlock));
    ratios.push_back(costs.back() / base_costs.back());
    differences.push_back(costs.back() - base_costs.back());
  }
  std::printf("%.6f %.6f %.6f %.6f\n", median(costs), median(base_costs), median(ratios),
              median(differences));
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  Options options;
  int arg = 1;
  for (; arg < argc && std::strncmp(argv[arg], "--", 2) == 0; ++arg) {
    const std::string option = argv[arg];
    if (option == "--wall") options.clock = CLOCK_MONOTONIC;
    if (option == "--animated") options.animated = true;
    if (option.rfind("--streams=", 0) == 0) options.streams = std::atoi(&option[10]);
  }
  const char* path = std::getenv("MOTIONHEATMAP_CLIP");
  if (argc - arg < 6 || !path) {
    std::fputs("see the top of settings_bench.cpp\n", stderr);
    return 2;
  }
  const std::map<std::string, Format> formats = {
      {"I420", Format::kI420}, {"NV12", Format::kNv12}, {"BGR", Format::kBgr}};
  const motionheat::Size size{std::atoi(argv[arg + 1]), std::atoi(argv[arg + 2])};
  const Clip clip = bench::real_footage(path, formats.at(argv[arg]), size, kClipFrames);
  for (int i = arg + 5; i < argc; ++i)
    compare(argv[arg + 4], argv[i], clip, std::atoi(argv[arg + 3]), options);
}
