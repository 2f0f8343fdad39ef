// SPDX-License-Identifier: LGPL-2.1-or-later
// Once all of a picture has moved, the element asks for no memory that `identity` does not.
#include "../allocations.h"

#include "common.h"

namespace {

const char* const kCaps[] = {
    "video/x-raw,framerate=25/1,format=I420,width=320,height=240",
    "video/x-raw,framerate=25/1,format=BGR,width=320,height=240",
    "video/x-raw,framerate=25/1,format=YUY2,width=320,height=240",
    "video/x-raw,framerate=25/1,format=P010_10LE,width=320,height=240",
};

/// Plays buffers of a pool through an element, and counts.
class Player {
 public:
  Player(const char* element, const char* caps)
      : harness_(gst_harness_new(element)),
        info_(video_info(caps)),
        pool_(gst_video_buffer_pool_new()) {
    gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_META_API_TYPE, nullptr);
    gst_harness_set_src_caps_str(harness_, caps);
    GstStructure* config = gst_buffer_pool_get_config(pool_);
    GstCaps* parsed = gst_caps_from_string(caps);
    gst_buffer_pool_config_set_params(config, parsed, guint(info_.size), 4, 4);
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
    gst_caps_unref(parsed);
    fail_unless(gst_buffer_pool_set_config(pool_, config));
    fail_unless(gst_buffer_pool_set_active(pool_, TRUE));
    for (unsigned i = 0; i < 6; ++i) {
      const BufferPtr buffer(to_buffer(noise(info_, i)));
      pictures_.push_back(bytes(buffer.get()));
    }
  }
  ~Player() {
    gst_harness_teardown(harness_);
    gst_buffer_pool_set_active(pool_, FALSE);
    gst_object_unref(pool_);
  }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  GstElement* element() const { return harness_->element; }

  /// `shared`: somebody else holds each buffer too, so that it is not drawn on.
  size_t allocations_of(int frames, bool shared) {
    size_t sum = 0;
    for (int i = 0; i < frames; ++i) {
      GstBuffer* buffer = nullptr;
      fail_unless_equals_int(gst_buffer_pool_acquire_buffer(pool_, &buffer, nullptr), GST_FLOW_OK);
      const std::vector<uint8_t>& picture = pictures_[size_t(i) % pictures_.size()];
      gst_buffer_fill(buffer, 0, picture.data(), picture.size());
      GST_BUFFER_PTS(buffer) = pts_;
      GST_BUFFER_DURATION(buffer) = kFrame;
      pts_ += kFrame;
      const BufferPtr held(shared ? gst_buffer_ref(buffer) : nullptr);

      const size_t before = allocations;
      const GstFlowReturn flow = gst_harness_push(harness_, buffer);
      const BufferPtr out(gst_harness_try_pull(harness_));
      sum += allocations - before;
      fail_unless_equals_int(flow, GST_FLOW_OK);
      fail_unless(out != nullptr);
    }
    return sum;
  }

 private:
  GstHarness* harness_;
  GstVideoInfo info_;
  GstBufferPool* pool_;
  std::vector<std::vector<uint8_t>> pictures_;
  GstClockTime pts_ = 0;
};

}  // namespace

GST_START_TEST(no_frame_allocates) {
  constexpr int kWarm = 20, kFrames = 200;
  Player identity("identity", kCaps[__i__]);
  identity.allocations_of(kWarm, false);
  const size_t expected = identity.allocations_of(kFrames, false);
  for (const bool shared : {false, true}) {
    for (const char* output : {"overlay", "heatmap", "none"}) {
      Player player("motionheatmap", kCaps[__i__]);
      gst_util_set_object_arg(G_OBJECT(player.element()), "output", output);
      g_object_set(player.element(), "post-messages", FALSE, nullptr);
      player.allocations_of(kWarm, shared);
      const size_t n = player.allocations_of(kFrames, shared);
      fail_unless(n <= expected, "%s, %s: %zu, identity %zu", output,
                  shared ? "shared" : "in place", n, expected);
    }
  }
}
GST_END_TEST;

[[maybe_unused]] static Suite* allocations_suite() {
  const auto [suite, tc] = new_suite("allocations");
  tcase_add_loop_test(tc, no_frame_allocates, 0, G_N_ELEMENTS(kCaps));
  return suite;
}

#if COUNTS_ALLOCATIONS
GST_CHECK_MAIN(allocations)
#else
int main() {
  return 77;  // meson: skipped
}
#endif
