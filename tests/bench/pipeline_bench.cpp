// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a pipeline and prints what a frame costs: CPU time of all threads and wall time, in ms. The
// first frames are left out, and with them the start: loading plugins, first buffers, first tables.
//
//     pipeline-bench FIRST-FRAMES PIPELINE...
#include <gst/gst.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return double(time.tv_sec) * 1e3 + double(time.tv_nsec) * 1e-6;
}

struct Times {
  double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  double wall = now(CLOCK_MONOTONIC);
};

struct Run {
  int first_frames = 0;  // of all streams together
  std::atomic<int> frames = 0;
  Times start;
};

GstPadProbeReturn count(GstPad*, GstPadProbeInfo*, gpointer data) {
  Run* run = static_cast<Run*>(data);
  if (++run->frames == run->first_frames) run->start = Times();
  return GST_PAD_PROBE_OK;
}

// Counts what arrives at each sink; the number of sinks.
int count_frames(GstElement* pipeline, Run& run) {
  int sinks = 0;
  GstIterator* iterator = gst_bin_iterate_sinks(GST_BIN(pipeline));
  GValue item = G_VALUE_INIT;
  while (gst_iterator_next(iterator, &item) == GST_ITERATOR_OK) {
    GstPad* pad = gst_element_get_static_pad(GST_ELEMENT(g_value_get_object(&item)), "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, &run, nullptr);
    gst_object_unref(pad);
    g_value_reset(&item);
    ++sinks;
  }
  g_value_unset(&item);
  gst_iterator_free(iterator);
  return sinks;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc < 3) return 2;
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launchv(const_cast<const gchar**>(argv + 2), &error);
  if (error) {
    std::fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  Run run;
  run.first_frames = std::atoi(argv[1]) * std::max(count_frames(pipeline, run), 1);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  const Times end;
  const bool failed = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
  if (failed) {
    gst_message_parse_error(message, &error, nullptr);
    std::fprintf(stderr, "%s\n", error->message);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  const int frames = run.frames - run.first_frames;
  if (failed || frames <= 0) return 1;
  std::printf("%.6f %.6f\n", (end.cpu - run.start.cpu) / frames,
              (end.wall - run.start.wall) / frames);
}
