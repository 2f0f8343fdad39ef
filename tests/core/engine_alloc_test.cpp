// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "allocations.h"
#include "videos.h"

// Once all of a picture has moved, no frame asks for memory.
namespace motionheat::test {
namespace {

constexpr Size kSize{640, 362};
constexpr ColorSpace kLimited{.offset = {16, 128, 128}, .scale = {219, 224, 224}};

struct Case {
  const char* name;
  PixelFormat format;
  bool draws;
  Settings settings;
};

void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class EngineAlloc : public testing::TestWithParam<Case> {};

// A frame of the format whose luma, or colours, are those of a picture.
std::unique_ptr<Frame> frame_of(const PixelFormat& format, const cv::Mat& bgr) {
  auto frame = std::make_unique<Frame>(format, kSize);
  if (format.model == ColorModel::kRgb) {
    frame->set_bgr(bgr);
    return frame;
  }
  cv::Mat luma;
  cv::cvtColor(bgr, luma, cv::COLOR_BGR2GRAY);
  for (int y = 0; y < kSize.height; ++y)
    for (int x = 0; x < kSize.width; ++x) frame->at(0, x, y) = luma.at<uint8_t>(y, x);
  return frame;
}

TEST_P(EngineAlloc, NoFrameAllocates) {
  if (!COUNTS_ALLOCATIONS) GTEST_SKIP() << "the sanitizer's allocator cannot be watched";
  const Case& c = GetParam();
  std::vector<std::unique_ptr<Frame>> frames;
  for (int i = 0; i < 12; ++i) frames.push_back(frame_of(c.format, noise(kSize, i)));
  for (int i = 0; i < 40; ++i) frames.push_back(frame_of(c.format, blocks(kSize, i)));
  Frame out(c.format, kSize);

  Engine engine;
  engine.set(c.settings);
  engine.configure({c.format, kLimited, kSize});
  const auto play = [&] {
    for (const auto& frame : frames) engine.process(frame->view(), c.draws ? &out.view() : nullptr);
  };
  play();
  const double before = engine.report().max;
  EXPECT_GT(allocations, 0u);

  const size_t count = allocations;
  for (int i = 0; i < 5; ++i) play();
  EXPECT_EQ(allocations - count, 0u);
  EXPECT_GT(engine.report().max, 4 * before);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, EngineAlloc,
    testing::Values(Case{"Bgr", kBgr, true, {}},
                    Case{"BgrHeatmap", kBgr, true, {.output = Output::kHeatmap}},
                    Case{"BgrNone", kBgr, false, {}}, Case{"I420", kI420, true, {}},
                    Case{"I420Heatmap", kI420, true, {.output = Output::kHeatmap}},
                    Case{"I420None", kI420, false, {}}, Case{"Nv12", kNv12, true, {}},
                    Case{"Yuy2", kYuy2, true, {}},
                    Case{"Percentile", kI420, true, {.normalization = Normalization::kPercentile}},
                    Case{"Scaled", kI420, true, {.analysis_scale = 2}},
                    Case{"Curve", kI420, true, {.curve = Curve::kLog}}),
    name_of);

}  // namespace
}  // namespace motionheat::test
