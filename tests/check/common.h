// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#undef fail  // check's macro, and a name in the standard library

#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

/// A suite with one test case. The plugin is loaded before the tests fork, which is far quicker
/// than once in each of them.
std::pair<Suite*, TCase*> new_suite(const char* name);

/// A raw picture without padding: one matrix a plane, in it one channel for each byte of a pixel,
/// or of the pixels that share words.
struct Picture {
  GstVideoInfo info;
  std::vector<cv::Mat> planes;

  /// All zero.
  explicit Picture(const GstVideoInfo& info);
  Picture(const Picture& other);
  Picture& operator=(Picture other);

  /// Equal in every byte of every plane.
  bool operator==(const Picture& other) const;
};

GstVideoInfo video_info(const std::string& caps);

/// Noise in every byte. Each seed gives another, always the same.
Picture noise(const GstVideoInfo& info, unsigned seed);
/// `picture` after something has moved: other noise in a part of it that depends on the seed.
Picture moved(const Picture& picture, unsigned seed);
/// Every byte of every plane has this value.
Picture filled(const GstVideoInfo& info, int value);

/// A buffer with the picture in GStreamer's default layout.
GstBuffer* to_buffer(const Picture& picture);
/// A buffer with a GstVideoMeta of `width` x `height` pixels in which the picture lies at (x, y);
/// every row is followed by `padding` bytes. What is not the picture is 0xa5.
GstBuffer* to_larger_buffer(const Picture& picture, int width, int height, int x, int y,
                            int padding);
/// What is to be seen of a buffer: its crop rectangle, or as much from the corner as `info` says.
Picture to_picture(GstBuffer* buffer, const GstVideoInfo& info);

/// The bytes of a buffer.
std::vector<uint8_t> bytes(GstBuffer* buffer);

struct Unref {
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
using MessagePtr = std::unique_ptr<GstMessage, Unref>;
using BufferPtr = std::unique_ptr<GstBuffer, Unref>;
using SamplePtr = std::unique_ptr<GstSample, Unref>;
using StructurePtr = std::unique_ptr<GstStructure, Unref>;

constexpr GstClockTime kFrame = 40 * GST_MSECOND;  // 25 frames a second

/// A motionheatmap that plays in a harness, with a bus. Pictures get the times of a stream of 25
/// frames a second.
class Stream {
 public:
  /// `caps` may be empty: then the stream begins with `start`.
  /// `takes_metas`: whether what comes after the element understands GstVideoMeta and
  /// GstVideoCropMeta.
  explicit Stream(const std::string& caps, bool takes_metas = true);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  GstHarness* harness() const { return harness_; }
  GstElement* element() const { return harness_->element; }
  GstBus* bus() const { return bus_; }
  const GstVideoInfo& info() const { return info_; }

  void start(const std::string& caps);

  /// Sets a property from its value as text.
  void set(const char* property, const std::string& value);
  /// Sends a caps event, and nothing else.
  void change_caps(const std::string& caps);
  void send(GstEvent* event);
  /// Begins a segment in which no two times of a frame are equal.
  GstSegment begin_segment_of_distinct_times();
  void flush();

  /// The times that the next picture gets.
  GstClockTime next_pts = 0;

  /// The buffer of a picture, with the next times.
  GstBuffer* timed_buffer(const Picture& picture);
  /// Pushes a buffer that must pass, and gives what comes out.
  BufferPtr push(GstBuffer* buffer);
  /// The picture that comes out for a picture.
  Picture show(const Picture& picture) {
    return to_picture(push(timed_buffer(picture)).get(), info_);
  }

  /// The next message of one of these types, null if there is none. Those that motion began or
  /// ended are put into `events`.
  MessagePtr pop(GstMessageType types) { return pop(types, 0); }
  /// The same, but waits for it; fails if it does not come.
  MessagePtr wait(GstMessageType types);

  /// Messages that motion began or ended, as far as they were read.
  std::vector<MessagePtr> events;

  StructurePtr stats() const;
  /// The field `frames` of `stats`.
  guint64 frames() const;
  guint64 skipped() const;
  guint64 repeated() const;
  SamplePtr heatmap() const;
  /// The picture in `heatmap`.
  cv::Mat map() const;

 private:
  MessagePtr pop(GstMessageType types, GstClockTime timeout);

  GstHarness* harness_;
  GstBus* bus_;
  GstVideoInfo info_;
};

/// What the bus and the next pad see, in the order they see it: "buffer", "eos", and of messages
/// what event they tell of, "final" or "message".
class Order {
 public:
  /// The stream outlives it.
  explicit Order(Stream& stream);
  ~Order();
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;

  void expect(const std::vector<std::string>& expected) const;

 private:
  static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer order);
  static GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer order);

  Stream& stream_;
  GstPad* pad_;
  gulong probe_;
  std::vector<std::string> seen_;
};

/// A field of a structure, which must be of this very type.
guint64 uint64_field(const GstStructure* structure, const char* field);
int int_field(const GstStructure* structure, const char* field);
double double_field(const GstStructure* structure, const char* field);
bool bool_field(const GstStructure* structure, const char* field);

/// The picture in a GRAY8 sample.
cv::Mat sample_map(GstSample* sample);

/// True if the matrices have one size and all bytes are equal.
bool equal(const cv::Mat& a, const cv::Mat& b);
