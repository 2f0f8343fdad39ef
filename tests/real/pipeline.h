// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace motionheat::real {

/// The planes of a frame, each with as many channels as its pixels (or pairs of Cb and Cr) have
/// bytes.
using Planes = std::vector<cv::Mat>;

struct Unref {
  void operator()(void* object) const { gst_object_unref(object); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

/// A pipeline in gst-launch's language, watched frame by frame.
class Pipeline {
 public:
  explicit Pipeline(const std::string& description);
  ~Pipeline();

  Owned<GstElement> element(const char* name) const;

  /// Calls `see` with every frame on pad `pad` of element `name`, on the thread that pushes it.
  void tap(const char* name, const char* pad, std::function<void(const Planes&)> see);
  /// The same for a frame that has no other owner: `edit` may write to it.
  void edit(const char* name, const char* pad, std::function<void(const Planes&)> edit);

  /// Plays to the end of the stream; an error on the bus fails the test.
  void run();

  /// The `motionheatmap` messages that element `name` posted in the run, in order.
  std::vector<const GstStructure*> messages(const char* name) const;

 private:
  void add_probe(const char* name, const char* pad, GstMapFlags flags,
                 std::function<void(const Planes&)> see);

  Owned<GstElement> pipeline_;
  std::vector<Owned<GstMessage>> messages_;
};

/// The picture in a sample.
cv::Mat picture(GstSample* sample);

/// The property `heatmap` of element `name`.
cv::Mat heatmap(const Pipeline& pipeline, const char* name);

/// Pearson's r of two maps of a size.
double pearson(const cv::Mat& a, const cv::Mat& b);

/// What decodes the first `frames` frames of the clip, in gst-launch's language.
std::string clip(int frames);

/// A test on the clip; skipped where there is none.
class ClipTest : public testing::Test {
 protected:
  void SetUp() override;
};

}  // namespace motionheat::real
