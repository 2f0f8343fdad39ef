// SPDX-License-Identifier: LGPL-2.1-or-later
// Which caps are taken, and which pools and metas go on from downstream to upstream.
#include <gst/video/gstvideopool.h>

#include "common.h"

namespace {

const char* const kCaps = "video/x-raw,format=I420,width=34,height=22,framerate=25/1";

/// What comes after the element: it offers a pool and understands some metas.
class Sink {
 public:
  /// With `several`, each who asks is offered another pool.
  explicit Sink(Stream& stream, bool several = false) : several_(several) {
    GstPad* pad = gst_element_get_static_pad(stream.element(), "src");
    probe_ = gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, this, nullptr);
    pad_ = pad;
  }
  ~Sink() {
    gst_pad_remove_probe(pad_, probe_);
    gst_object_unref(pad_);
    for (GstBufferPool* pool : pools) gst_object_unref(pool);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  bool is_mine(const GstBuffer* buffer) const {
    return std::find(pools.begin(), pools.end(), buffer->pool) != pools.end();
  }

  std::vector<GstBufferPool*> pools;

 private:
  static GstPadProbeReturn on_query(GstPad*, GstPadProbeInfo* info, gpointer self) {
    GstQuery* query = GST_PAD_PROBE_INFO_QUERY(info);
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
    static_cast<Sink*>(self)->answer(query);
    return GST_PAD_PROBE_HANDLED;
  }

  void answer(GstQuery* query) {
    GstCaps* caps = nullptr;
    GstVideoInfo info;
    gst_query_parse_allocation(query, &caps, nullptr);
    fail_unless(gst_video_info_from_caps(&info, caps));
    if (several_ || pools.empty()) pools.push_back(gst_video_buffer_pool_new());
    gst_query_add_allocation_pool(query, pools.back(), guint(info.size), 2, 0);
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
    gst_query_add_allocation_meta(query, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE, nullptr);
    gst_query_add_allocation_meta(query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, nullptr);
  }

  bool several_;
  GstPad* pad_;
  gulong probe_;
};

struct Unquery {
  void operator()(GstQuery* query) const { gst_query_unref(query); }
};
using QueryPtr = std::unique_ptr<GstQuery, Unquery>;

/// What the element answers to upstream.
QueryPtr allocation(Stream& stream) {
  GstCaps* caps = gst_video_info_to_caps(&stream.info());
  QueryPtr query(gst_query_new_allocation(caps, TRUE));
  gst_caps_unref(caps);
  fail_unless(gst_pad_peer_query(stream.harness()->srcpad, query.get()));
  return query;
}

/// A pool as upstream sets it up of what it is offered.
GstBufferPool* ready_pool(Stream& stream, GstQuery* query) {
  GstBufferPool* pool = nullptr;
  guint size = 0, min = 0, max = 0;
  fail_unless(gst_query_get_n_allocation_pools(query) > 0);
  gst_query_parse_nth_allocation_pool(query, 0, &pool, &size, &min, &max);
  fail_unless(pool != nullptr);
  GstStructure* config = gst_buffer_pool_get_config(pool);
  GstCaps* caps = gst_video_info_to_caps(&stream.info());
  gst_buffer_pool_config_set_params(config, caps, size, min + 1, max);
  gst_caps_unref(caps);
  fail_unless(gst_buffer_pool_set_config(pool, config));
  fail_unless(gst_buffer_pool_set_active(pool, TRUE));
  return pool;
}

GstBuffer* filled_from(GstBufferPool* pool, const Picture& picture) {
  GstBuffer* buffer = nullptr;
  fail_unless_equals_int(gst_buffer_pool_acquire_buffer(pool, &buffer, nullptr), GST_FLOW_OK);
  const std::vector<uint8_t> data = bytes(BufferPtr(to_buffer(picture)).get());
  fail_unless_equals_uint64(gst_buffer_fill(buffer, 0, data.data(), data.size()), data.size());
  return buffer;
}

bool takes(const char* output, const std::string& features) {
  Stream stream("");
  stream.set("output", output);
  GstCaps* caps = gst_caps_from_string(
      ("video/x-raw(" + features + "),format=I420,width=34,height=22,framerate=25/1").c_str());
  GstPad* pad = gst_element_get_static_pad(stream.element(), "sink");
  const bool accepted = gst_pad_query_accept_caps(pad, caps);
  gst_object_unref(pad);
  gst_caps_unref(caps);
  return accepted;
}

}  // namespace

// What downstream offers is offered to upstream, and what it gave is drawn on in place.
GST_START_TEST(pool_of_downstream) {
  Stream stream("");
  Sink sink(stream, __i__);
  stream.start(kCaps);
  stream.show(noise(stream.info(), 1));
  const QueryPtr query = allocation(stream);
  for (GType api : {GST_VIDEO_META_API_TYPE, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE,
                    GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE})
    fail_unless(gst_query_find_allocation_meta(query.get(), api, nullptr), "%s", g_type_name(api));
  fail_if(gst_query_find_allocation_meta(query.get(), GST_VIDEO_CROP_META_API_TYPE, nullptr));
  GstBufferPool* pool = ready_pool(stream, query.get());
  fail_unless(pool == sink.pools.back());
  for (int i = 0; i < 5; ++i) {
    GstBuffer* in = filled_from(pool, noise(stream.info(), i));
    const BufferPtr out = stream.push(in);
    fail_unless(out.get() == in && sink.is_mine(out.get()));
  }
  // Of a shared one the output is downstream's too, if there is a second pool.
  const BufferPtr shared(to_buffer(noise(stream.info(), 9)));
  const BufferPtr out = stream.push(gst_buffer_ref(shared.get()));
  fail_unless_equals_int(sink.is_mine(out.get()), __i__);
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
}
GST_END_TEST;

// To and from analysis alone: upstream asks again, and its buffers stay good.
GST_START_TEST(pool_of_downstream_when_output_switches) {
  Stream stream("");
  Sink sink(stream);
  stream.start(kCaps);
  stream.show(noise(stream.info(), 1));
  GstBufferPool* pool = ready_pool(stream, allocation(stream).get());
  for (const char* output : {"overlay", "none", "heatmap", "none", "overlay"}) {
    while (GstEvent* event = gst_harness_try_pull_upstream_event(stream.harness()))
      gst_event_unref(event);
    stream.set("output", output);
    for (int i = 0; i < 3; ++i) {
      GstBuffer* in = filled_from(pool, noise(stream.info(), i));
      fail_unless(stream.push(in).get() == in);
    }
    fail_unless(gst_buffer_pool_is_active(pool));
    bool reconfigured = false;
    while (GstEvent* event = gst_harness_try_pull_upstream_event(stream.harness())) {
      reconfigured |= GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE;
      gst_event_unref(event);
    }
    fail_unless_equals_int(reconfigured, output != std::string("overlay") || stream.frames() > 4);
  }
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
}
GST_END_TEST;

// What begins without drawing has downstream's buffers to draw on from the first frame on that
// needs one, whatever is drawn.
GST_START_TEST(drawing_begins_in_mid_stream) {
  for (const char* output : {"overlay", "heatmap"}) {
    Stream stream("");
    Sink sink(stream, true);
    gst_element_set_state(stream.element(), GST_STATE_READY);
    stream.set("output", "none");
    gst_element_set_state(stream.element(), GST_STATE_PLAYING);
    stream.start(kCaps);
    stream.show(noise(stream.info(), 1));
    stream.set("output", output);
    for (int i = 0; i < 3; ++i) {
      const BufferPtr shared(stream.timed_buffer(noise(stream.info(), 2)));
      const BufferPtr out = stream.push(gst_buffer_ref(shared.get()));
      fail_unless(out != shared && sink.is_mine(out.get()));
    }
    // It has heard of the metas, too.
    GstBuffer* padded = to_larger_buffer(noise(stream.info(), 3), 34, 22, 0, 0, 32);
    fail_unless(stream.push(padded).get() == padded);
  }
}
GST_END_TEST;

GST_START_TEST(caps_features) {
  const std::string composition = "meta:GstVideoOverlayComposition";
  for (const char* output : {"overlay", "heatmap", "none"}) {
    fail_unless(takes(output, "memory:SystemMemory"));
    fail_unless(takes(output, composition));
    fail_unless(takes(output, "memory:SystemMemory, " + composition));
    const bool analyses_only = output == std::string("none");
    fail_unless_equals_int(takes(output, "memory:GLMemory"), analyses_only);
    fail_unless_equals_int(takes(output, "memory:DMABuf, " + composition), analyses_only);
    // Fields that come by turns are two pictures.
    fail_if(takes(output, "format:Interlaced"));
  }
}
GST_END_TEST;

// A stream in such memory that is to be drawn on in mid-stream goes on as it was, with a warning.
GST_START_TEST(memory_that_is_not_drawn_on) {
  Stream stream("");
  stream.set("output", "none");
  stream.start("video/x-raw(memory:DMABuf),format=I420,width=34,height=22,framerate=25/1");
  const Picture picture = noise(stream.info(), 1);
  fail_unless(stream.show(picture) == picture);
  stream.set("output", "overlay");
  fail_unless(stream.show(picture) == picture);
  fail_unless(stream.pop(GST_MESSAGE_WARNING) != nullptr);
  fail_unless(stream.show(picture) == picture);
  fail_unless(stream.pop(GST_MESSAGE_WARNING) == nullptr);
  fail_unless_equals_uint64(stream.frames(), 3);
}
GST_END_TEST;

// Two views of a still scene are no motion.
GST_START_TEST(several_views) {
  for (const char* mode : {"frame-by-frame", "side-by-side", "top-bottom", "checkerboard"}) {
    Stream stream("");
    GstCaps* caps = gst_caps_from_string((std::string(kCaps) + ",multiview-mode=" + mode).c_str());
    gst_harness_push_event(stream.harness(), gst_event_new_caps(caps));
    gst_caps_unref(caps);
    const MessagePtr error = stream.pop(GST_MESSAGE_ERROR);
    fail_unless(error != nullptr, "%s", mode);
    GError* reason = nullptr;
    gst_message_parse_error(error.get(), &reason, nullptr);
    fail_unless(strstr(reason->message, mode) != nullptr, "%s", reason->message);
    g_error_free(reason);
  }
  for (const char* mode : {"mono", "left", "right"}) {
    Stream stream(std::string(kCaps) + ",multiview-mode=" + mode);
    stream.show(noise(stream.info(), 1));
    fail_unless_equals_uint64(stream.frames(), 1);
  }
}
GST_END_TEST;

// Where a crop rectangle is dropped regions of interest are counted from its corner.
GST_START_TEST(regions_move_with_a_dropped_crop) {
  Stream stream(kCaps, false);
  const BufferPtr in(to_larger_buffer(noise(stream.info(), 1), 60, 50, 10, 8, 0));
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(in.get());
  crop->x = 10, crop->y = 8, crop->width = 34, crop->height = 22;
  struct {
    const char* type;
    guint x, y, w, h;
    int to_x, to_y, to_w, to_h;  // no width: it is gone
  } const regions[] = {
      {"inside", 12, 9, 5, 6, 2, 1, 5, 6},      {"across", 2, 3, 20, 10, 0, 0, 12, 5},
      {"behind", 40, 25, 20, 25, 30, 17, 4, 5}, {"outside", 0, 0, 10, 8, 0, 0, 0, 0},
      {"whole", 0, 0, 60, 50, 0, 0, 34, 22},
  };
  for (const auto& r : regions) {
    auto* meta = gst_buffer_add_video_region_of_interest_meta(in.get(), r.type, r.x, r.y, r.w, r.h);
    gst_video_region_of_interest_meta_add_param(
        meta, gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, 0.5, nullptr));
  }
  const BufferPtr out = stream.push(gst_buffer_ref(in.get()));
  fail_if(gst_buffer_get_video_crop_meta(out.get()));
  for (const auto& r : regions) {
    gpointer state = nullptr;
    const GstVideoRegionOfInterestMeta* found = nullptr;
    while (GstMeta* meta = gst_buffer_iterate_meta_filtered(
               out.get(), &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
      const auto* region = reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta);
      if (g_quark_from_string(r.type) == region->roi_type) found = region;
    }
    fail_unless_equals_int(found != nullptr, r.to_w > 0);
    if (!found) continue;
    fail_unless_equals_int(int(found->x), r.to_x);
    fail_unless_equals_int(int(found->y), r.to_y);
    fail_unless_equals_int(int(found->w), r.to_w);
    fail_unless_equals_int(int(found->h), r.to_h);
    fail_unless_equals_int(int(g_list_length(found->params)), 1);
  }
}
GST_END_TEST;

// Nothing is seen in a frame whose crop rectangle is empty, and the video goes on.
GST_START_TEST(an_empty_crop_rectangle) {
  Stream stream(kCaps);
  stream.set("interval", "0");
  stream.show(filled(stream.info(), 16));
  GstBuffer* in = stream.timed_buffer(noise(stream.info(), 1));
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(in);
  crop->x = crop->y = 4;
  crop->width = __i__ ? 0 : 10;
  crop->height = __i__ ? 10 : 0;
  stream.push(in);
  fail_unless_equals_float(double_field(stream.stats().get(), "max"), 0.0);
  // It is compared with the frame before that one.
  stream.show(filled(stream.info(), 235));
  fail_unless_equals_float(double_field(stream.stats().get(), "coverage"), 1.0);
  fail_unless(stream.pop(GST_MESSAGE_ERROR) == nullptr);
}
GST_END_TEST;

static Suite* negotiation_suite() {
  const auto [suite, tc] = new_suite("negotiation");
  tcase_add_loop_test(tc, pool_of_downstream, 0, 2);
  tcase_add_test(tc, pool_of_downstream_when_output_switches);
  tcase_add_test(tc, drawing_begins_in_mid_stream);
  tcase_add_test(tc, caps_features);
  tcase_add_test(tc, memory_that_is_not_drawn_on);
  tcase_add_test(tc, several_views);
  tcase_add_test(tc, regions_move_with_a_dropped_crop);
  tcase_add_loop_test(tc, an_empty_crop_rectangle, 0, 2);
  return suite;
}

GST_CHECK_MAIN(negotiation)
