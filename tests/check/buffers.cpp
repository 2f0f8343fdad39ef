// SPDX-License-Identifier: LGPL-2.1-or-later
// Which buffers are read, written, copied and passed on, and where in them the picture lies.
#include <sys/resource.h>

#include <fstream>

#include "common.h"
#include "model.h"

#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

namespace {

const char* const kFormats[] = {"BGR", "RGBA", "I420", "NV12", "GRAY8"};

std::string caps(const std::string& format, int width = 34, int height = 22) {
  return "video/x-raw,framerate=25/1,format=" + format + ",width=" + std::to_string(width) +
         ",height=" + std::to_string(height);
}

void add_crop(GstBuffer* buffer, guint x, guint y, guint width, guint height) {
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
  crop->x = x;
  crop->y = y;
  crop->width = width;
  crop->height = height;
}

void add_roi(GstBuffer* buffer) {
  gst_buffer_add_video_region_of_interest_meta(buffer, "face", 3, 4, 5, 6);
}

void check_roi(GstBuffer* buffer) {
  auto* meta = reinterpret_cast<GstVideoRegionOfInterestMeta*>(
      gst_buffer_get_meta(buffer, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
  fail_unless(meta != nullptr);
  fail_unless_equals_string(g_quark_to_string(meta->roi_type), "face");
  fail_unless(meta->x == 3 && meta->y == 4 && meta->w == 5 && meta->h == 6);
}

/// The bytes of address space this process has.
rlim_t address_space() {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * rlim_t(sysconf(_SC_PAGESIZE));
}

}  // namespace

GST_START_TEST(a_writable_buffer_is_drawn_on) {
  Stream stream(caps("BGR"));
  for (int i = 0; i < 3; ++i) {
    GstBuffer* in = stream.timed_buffer(noise(stream.info(), i));
    const BufferPtr out = stream.push(in);
    fail_unless(out.get() == in);
  }
}
GST_END_TEST;

GST_START_TEST(a_shared_buffer_is_not_written) {
  Stream stream(caps(kFormats[__i__]));
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    const BufferPtr in(stream.timed_buffer(picture));
    const std::vector<uint8_t> before = bytes(in.get());
    const BufferPtr out = stream.push(gst_buffer_ref(in.get()));
    fail_unless(out != in);
    fail_unless(bytes(in.get()) == before);
    fail_unless(to_picture(out.get(), stream.info()) == model.add_and_overlay(picture));
    picture = moved(picture, i);
  }
}
GST_END_TEST;

// The buffer is ours, its memory is somebody else's too.
GST_START_TEST(shared_memory_is_not_written) {
  Stream stream(caps(kFormats[__i__]));
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    const BufferPtr owner(to_buffer(picture));
    const std::vector<uint8_t> before = bytes(owner.get());
    GstBuffer* in = gst_buffer_copy(owner.get());
    const BufferPtr out = stream.push(in);
    fail_unless(bytes(owner.get()) == before);
    fail_unless(to_picture(out.get(), stream.info()) == model.add_and_overlay(picture));
    picture = moved(picture, i);
  }
}
GST_END_TEST;

GST_START_TEST(read_only_memory_is_not_written) {
  Stream stream(caps(kFormats[__i__]));
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    std::vector<uint8_t> data = bytes(BufferPtr(to_buffer(picture)).get());
    const std::vector<uint8_t> before = data;
    GstBuffer* in = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, data.data(), data.size(),
                                                0, data.size(), nullptr, nullptr);
    const BufferPtr out = stream.push(in);
    fail_unless(data == before);
    fail_unless(to_picture(out.get(), stream.info()) == model.add_and_overlay(picture));
    picture = moved(picture, i);
  }
}
GST_END_TEST;

GST_START_TEST(shared_buffers_into_a_heatmap) {
  Stream stream(caps(kFormats[__i__]));
  stream.set("output", "heatmap");
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    const BufferPtr in(to_buffer(picture));
    const BufferPtr out = stream.push(gst_buffer_ref(in.get()));
    model.add(picture);
    fail_unless(to_picture(in.get(), stream.info()) == picture);
    fail_unless(to_picture(out.get(), stream.info()) == model.heatmap(picture));
    picture = moved(picture, i);
  }
}
GST_END_TEST;

// Analysis only: the very buffer goes on, whoever else holds it.
GST_START_TEST(none_passes_the_buffer_on) {
  Stream stream(caps(kFormats[__i__]));
  stream.set("output", "none");
  Picture picture = noise(stream.info(), 1);
  Model model;
  for (unsigned i = 0; i < 4; ++i) {
    std::vector<uint8_t> data = bytes(BufferPtr(to_buffer(picture)).get());
    const std::vector<uint8_t> before = data;
    const auto flags = i % 2 ? GST_MEMORY_FLAG_READONLY : GstMemoryFlags(0);
    const BufferPtr in(gst_buffer_new_wrapped_full(flags, data.data(), data.size(), 0, data.size(),
                                                   nullptr, nullptr));
    const BufferPtr out = stream.push(gst_buffer_ref(in.get()));
    fail_unless(out == in);
    fail_unless(data == before);
    model.add(picture);
    picture = moved(picture, i);
  }
  fail_unless(equal(stream.map(), model.index({})));
}
GST_END_TEST;

GST_START_TEST(what_a_buffer_says_stays) {
  for (const char* output : {"overlay", "heatmap", "none"}) {
    for (bool shared : {false, true}) {
      Stream stream(caps("I420"));
      stream.set("output", output);
      GstBuffer* in = stream.timed_buffer(noise(stream.info(), 1));
      GST_BUFFER_PTS(in) = 1234567;
      GST_BUFFER_DTS(in) = 1234000;
      GST_BUFFER_DURATION(in) = 4321;
      GST_BUFFER_OFFSET(in) = 17;
      GST_BUFFER_FLAG_SET(in, GST_BUFFER_FLAG_MARKER);
      GST_BUFFER_FLAG_SET(in, GST_VIDEO_BUFFER_FLAG_TFF);
      add_roi(in);
      const BufferPtr held(shared ? gst_buffer_ref(in) : nullptr);
      const BufferPtr out = stream.push(in);
      fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), 1234567);
      fail_unless_equals_uint64(GST_BUFFER_DTS(out.get()), 1234000);
      fail_unless_equals_uint64(GST_BUFFER_DURATION(out.get()), 4321);
      fail_unless_equals_uint64(GST_BUFFER_OFFSET(out.get()), 17);
      fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_MARKER));
      fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_VIDEO_BUFFER_FLAG_TFF));
      check_roi(out.get());
    }
  }
}
GST_END_TEST;

GST_START_TEST(padded_strides) {
  for (int padding : {1, 3, 64}) {
    for (bool shared : {false, true}) {
      Stream stream(caps(kFormats[__i__], 33, 21));
      Model model;
      Picture picture = noise(stream.info(), 1);
      for (unsigned i = 0; i < 4; ++i) {
        GstBuffer* in = to_larger_buffer(picture, 33, 21, 0, 0, padding);
        const BufferPtr held(shared ? gst_buffer_ref(in) : nullptr);
        const BufferPtr out = stream.push(in);
        fail_unless(to_picture(out.get(), stream.info()) == model.add_and_overlay(picture));
        picture = moved(picture, i);
      }
    }
  }
}
GST_END_TEST;

// Nothing but the picture is written: neither padding nor what a larger frame has around it.
GST_START_TEST(nothing_around_the_picture_is_written) {
  Stream stream(caps(kFormats[__i__], 30, 20));
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    GstBuffer* in = to_larger_buffer(picture, 40, 24, 0, 0, 7);
    const BufferPtr out = stream.push(in);
    fail_unless(out.get() == in);
    const BufferPtr expected(
        to_larger_buffer(to_picture(out.get(), stream.info()), 40, 24, 0, 0, 7));
    fail_unless(bytes(out.get()) == bytes(expected.get()));
    picture = moved(picture, i);
  }
}
GST_END_TEST;

GST_START_TEST(a_frame_larger_than_its_caps) {
  for (bool shared : {false, true}) {
    Stream stream(caps(kFormats[__i__], 100, 50));
    Model model;
    Picture picture = noise(stream.info(), 1);
    for (unsigned i = 0; i < 4; ++i) {
      GstBuffer* in = to_larger_buffer(picture, 120, 64, 0, 0, 0);
      const BufferPtr held(shared ? gst_buffer_ref(in) : nullptr);
      const BufferPtr out = stream.push(in);
      fail_unless(to_picture(out.get(), stream.info()) == model.add_and_overlay(picture));
      picture = moved(picture, i);
    }
  }
}
GST_END_TEST;

// Downstream that does not know of layouts gets the default one.
GST_START_TEST(a_layout_that_downstream_does_not_know) {
  Stream stream(caps(kFormats[__i__], 30, 20), false);
  Model model;
  Picture picture = noise(stream.info(), 1);
  for (unsigned i = 0; i < 4; ++i) {
    const BufferPtr out = stream.push(to_larger_buffer(picture, 40, 24, 0, 0, 7));
    const Picture expected = model.add_and_overlay(picture);
    const BufferPtr plain(to_buffer(expected));
    fail_unless_equals_int(gst_buffer_get_size(out.get()), gst_buffer_get_size(plain.get()));
    fail_unless(to_picture(out.get(), stream.info()) == expected);
    picture = moved(picture, i);
  }
}
GST_END_TEST;

// A buffer is drawn on in place if downstream can tell from it where the picture lies; else what
// comes out lies as the caps say. Each kind of layout before each kind of downstream.
GST_START_TEST(layouts_go_on_to_who_knows_them) {
  enum Layout { kOfTheCaps, kPaddedRows, kPaddedHeight, kCropped, kLayouts };
  for (const bool video_meta : {false, true}) {
    for (const bool crop_meta : {false, true}) {
      Stream stream("", false);
      if (video_meta)
        gst_harness_add_propose_allocation_meta(stream.harness(), GST_VIDEO_META_API_TYPE, nullptr);
      if (crop_meta)
        gst_harness_add_propose_allocation_meta(stream.harness(), GST_VIDEO_CROP_META_API_TYPE,
                                                nullptr);
      stream.start(caps("I420", 64, 36));
      Model model;
      Picture picture = noise(stream.info(), 1);
      for (int layout = kOfTheCaps; layout < kLayouts; ++layout) {
        GstBuffer* in = layout == kOfTheCaps      ? stream.timed_buffer(picture)
                        : layout == kPaddedRows   ? to_larger_buffer(picture, 64, 36, 0, 0, 32)
                        : layout == kPaddedHeight ? to_larger_buffer(picture, 64, 44, 0, 0, 0)
                                                  : to_larger_buffer(picture, 80, 44, 8, 4, 0);
        if (layout == kCropped) add_crop(in, 8, 4, 64, 36);
        const BufferPtr out = stream.push(in);
        const Picture expected = model.add_and_overlay(picture);
        const bool is_known =
            layout == kOfTheCaps || (video_meta && (layout < kCropped || crop_meta));
        fail_unless_equals_int(out.get() == in, is_known);
        fail_unless(to_picture(out.get(), stream.info()) == expected);
        if (!is_known)
          fail_unless(bytes(out.get()).size() == stream.info().size &&
                      !gst_buffer_get_video_crop_meta(out.get()));
        picture = moved(picture, unsigned(layout));
      }
    }
  }
}
GST_END_TEST;

// It shows less than the caps say: what there is counts and is drawn.
GST_START_TEST(a_crop_rectangle_smaller_than_the_caps) {
  for (bool shared : {false, true}) {
    Stream stream(caps(kFormats[__i__], 300, 40));
    const GstVideoInfo small = video_info(caps(kFormats[__i__], 262, 18));
    Model model;
    Picture picture = noise(small, 1);
    for (unsigned i = 0; i < 4; ++i) {
      GstBuffer* in = to_larger_buffer(picture, 300, 40, 6, 4, 0);
      add_crop(in, 6, 4, 262, 18);
      const BufferPtr held(shared ? gst_buffer_ref(in) : nullptr);
      const BufferPtr out = stream.push(in);
      fail_unless(to_picture(out.get(), small) == model.add_and_overlay(picture));
      picture = moved(picture, i);
    }
  }
}
GST_END_TEST;

GST_START_TEST(a_crop_rectangle) {
  for (bool shared : {false, true}) {
    Stream stream(caps(kFormats[__i__], 35, 21));
    Model model;
    Picture picture = noise(stream.info(), 1);
    for (unsigned i = 0; i < 4; ++i) {
      GstBuffer* in = to_larger_buffer(picture, 64, 48, 8 + 2 * i, 6, 5);
      add_crop(in, 8 + 2 * i, 6, 35, 21);
      const BufferPtr held(shared ? gst_buffer_ref(in) : nullptr);
      const BufferPtr out = stream.push(in);
      fail_unless(to_picture(out.get(), stream.info()) == model.add_and_overlay(picture));
      picture = moved(picture, i);
    }
  }
}
GST_END_TEST;

GST_START_TEST(allocation_query) {
  Stream stream(caps("I420"));
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  params.align = 31;
  gst_harness_set_propose_allocator(stream.harness(), nullptr, &params);
  gst_harness_add_propose_allocation_meta(stream.harness(), GST_VIDEO_META_API_TYPE, nullptr);
  for (const char* output : {"overlay", "none", "heatmap"}) {
    stream.set("output", output);
    stream.show(noise(stream.info(), 1));
    GstCaps* asked = gst_caps_from_string(caps("I420").c_str());
    GstQuery* query = gst_query_new_allocation(asked, TRUE);
    fail_unless(gst_pad_peer_query(stream.harness()->srcpad, query));
    fail_unless(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr),
                "GstVideoMeta with output=%s", output);
    gst_query_unref(query);
    gst_caps_unref(asked);
  }
}
GST_END_TEST;

// The steady state takes the same buffers again and again.
GST_START_TEST(output_buffers_come_from_a_pool) {
  Stream stream(caps("I420"));
  for (int i = 0; i < 3; ++i) {
    const BufferPtr in(stream.timed_buffer(noise(stream.info(), 1)));
    const BufferPtr out = stream.push(gst_buffer_ref(in.get()));
    fail_unless(out->pool != nullptr);
  }
}
GST_END_TEST;

// More than GStreamer itself can address: refused, and the stream goes on with a size that fits.
GST_START_TEST(sizes_that_overflow) {
  Stream stream(caps("GRAY8"));
  stream.show(noise(stream.info(), 1));
  GstCaps* too_large = gst_caps_from_string(caps("GRAY8", G_MAXINT, G_MAXINT).c_str());
  gst_harness_push_event(stream.harness(), gst_event_new_caps(too_large));
  gst_caps_unref(too_large);
  fail_unless_equals_int(gst_harness_push(stream.harness(), gst_buffer_new()),
                         GST_FLOW_NOT_NEGOTIATED);
  stream.change_caps(caps("GRAY8", 20, 10));
  stream.show(noise(stream.info(), 2));
  fail_unless_equals_uint64(stream.frames(), 2);
}
GST_END_TEST;

// Whichever of the large allocations for a stream fails, an error tells of it, and smaller sizes
// work then. The loop variable is how many MiB there are; it takes 320.
[[maybe_unused]] GST_START_TEST(sizes_too_large_for_the_memory_left) {
  Stream stream(caps("GRAY8"));
  stream.show(noise(stream.info(), 1));
  const rlimit limit{address_space() + rlim_t(__i__) * 1024 * 1024, RLIM_INFINITY};
  rlimit none;
  getrlimit(RLIMIT_AS, &none);
  GstCaps* large = gst_caps_from_string(caps("GRAY8", 8192, 8192).c_str());

  setrlimit(RLIMIT_AS, &limit);
  gst_harness_push_event(stream.harness(), gst_event_new_caps(large));
  setrlimit(RLIMIT_AS, &none);
  gst_caps_unref(large);

  const MessagePtr message = stream.pop(GST_MESSAGE_ERROR);
  fail_unless(message != nullptr);
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  fail_unless(strstr(error->message, "8192") != nullptr, "%s", error->message);
  g_error_free(error);

  stream.change_caps(caps("GRAY8", 20, 10));
  stream.show(noise(stream.info(), 2));
  fail_unless_equals_uint64(stream.frames(), 2);
}
GST_END_TEST;

static Suite* buffers_suite() {
  const auto [suite, tc] = new_suite("buffers");
  const int n = G_N_ELEMENTS(kFormats);
  tcase_add_test(tc, a_writable_buffer_is_drawn_on);
  tcase_add_loop_test(tc, a_shared_buffer_is_not_written, 0, n);
  tcase_add_loop_test(tc, shared_memory_is_not_written, 0, n);
  tcase_add_loop_test(tc, read_only_memory_is_not_written, 0, n);
  tcase_add_loop_test(tc, shared_buffers_into_a_heatmap, 0, n);
  tcase_add_loop_test(tc, none_passes_the_buffer_on, 0, n);
  tcase_add_test(tc, what_a_buffer_says_stays);
  tcase_add_loop_test(tc, padded_strides, 0, n);
  tcase_add_loop_test(tc, nothing_around_the_picture_is_written, 0, n);
  tcase_add_loop_test(tc, a_frame_larger_than_its_caps, 0, n);
  tcase_add_loop_test(tc, a_layout_that_downstream_does_not_know, 0, n);
  tcase_add_loop_test(tc, a_crop_rectangle_smaller_than_the_caps, 0, n);
  tcase_add_loop_test(tc, a_crop_rectangle, 0, n);
  tcase_add_test(tc, layouts_go_on_to_who_knows_them);
  tcase_add_test(tc, allocation_query);
  tcase_add_test(tc, output_buffers_come_from_a_pool);
  tcase_add_test(tc, sizes_that_overflow);
#if !defined(__SANITIZE_ADDRESS__) && !HAS_FEATURE(address_sanitizer)
  // Its allocator would end the process instead of throwing.
  for (int mebibytes : {32, 96, 160, 224, 288})
    tcase_add_loop_test(tc, sizes_too_large_for_the_memory_left, mebibytes, mebibytes + 1);
#endif
  return suite;
}

GST_CHECK_MAIN(buffers)
