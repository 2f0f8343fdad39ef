// SPDX-License-Identifier: LGPL-2.1-or-later
// All that an application may call while frames flow, from several threads at once. Beside what is
// checked here ThreadSanitizer sees whether each lock is held: tools/test --tsan.
#include <atomic>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "common.h"
#include "files.h"

namespace {

// High enough for two threads of the element's own.
const char* const kCaps = "video/x-raw,format=I420,width=70,height=400,framerate=25/1";
constexpr int kRounds = 40;

/// Threads that call something over and over, for at least some rounds each.
class Disturbers {
 public:
  using Call = std::function<void(std::mt19937&)>;

  void add(const Call& call) {
    ++unfinished_;
    threads_.emplace_back([this, call, seed = unsigned(threads_.size())] {
      std::mt19937 random(seed);
      for (int i = 0; !stop_; ++i) {
        call(random);
        if (i == kRounds) --unfinished_;
      }
    });
  }
  bool finished() const { return unfinished_ == 0; }
  ~Disturbers() { stop_ = true; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> unfinished_ = 0;
  std::vector<std::jthread> threads_;  // joined before the rest goes
};

GST_START_TEST(properties_reads_and_signals) {
  const Directory directory;
  Stream stream("");
  gst_element_set_state(stream.element(), GST_STATE_READY);
  stream.set("state-location", directory / "heat");
  stream.set("snapshot-location", directory / "last.png");
  stream.set("interval", "0");
  gst_element_set_state(stream.element(), GST_STATE_PLAYING);
  stream.change_caps(kCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  stream.send(gst_event_new_segment(&segment));
  Picture picture = noise(stream.info(), 1);
  stream.show(picture);

  {
    Disturbers disturbers;
    disturbers.add([&](std::mt19937& random) {
      stream.set("threshold", std::to_string(random() % 256));
      stream.set("opacity", std::to_string(random() % 101 / 100.0));
      stream.set("output", random() % 2 ? "overlay" : "none");
      stream.set("n-threads", std::to_string(random() % 3));
      stream.set("half-life", std::to_string(random() % 2 * GST_SECOND));
      stream.set("analysis-scale", std::to_string(1 + random() % 2));
    });
    disturbers.add([&](std::mt19937& random) {
      stream.set("snapshot-location", directory / (random() % 2 ? "one.png" : "another.png"));
      gchar* location = nullptr;
      g_object_get(stream.element(), "snapshot-location", &location, nullptr);
      fail_unless(g_str_has_suffix(location, ".png"));
      g_free(location);
    });
    disturbers.add([&](std::mt19937&) {
      const StructurePtr stats = stream.stats();
      fail_unless(int_field(stats.get(), "width") > 0);
      fail_unless(double_field(stats.get(), "coverage") <= 1);
    });
    disturbers.add([&](std::mt19937&) { fail_unless(stream.map().rows > 0); });
    disturbers.add([&](std::mt19937& random) {
      if (random() % 8 == 0) g_signal_emit_by_name(stream.element(), "reset");
      if (random() % 8 == 0) {
        gboolean accepted = FALSE;
        g_signal_emit_by_name(stream.element(), "save-state", &accepted);
        fail_unless(accepted);
      }
      if (random() % 8 == 0) {
        gboolean accepted = FALSE;
        const std::string location = directory / "asked-for.png";
        // Refused while too many wait for the disk.
        g_signal_emit_by_name(stream.element(), "snapshot", location.c_str(), &accepted);
      }
    });
    disturbers.add([&](std::mt19937&) { stream.pop(GST_MESSAGE_ANY); });

    for (unsigned i = 1; !disturbers.finished(); ++i) {
      picture = moved(picture, i);
      stream.show(picture);
    }
  }

  // What they left works.
  stream.set("output", "overlay");
  g_signal_emit_by_name(stream.element(), "reset");
  stream.show(picture);
  fail_unless_equals_uint64(stream.frames(), 1);
  stream.send(gst_event_new_eos());
  fail_unless(std::filesystem::exists(directory / "heat"));
  fail_unless(std::filesystem::exists(directory / "asked-for.png"));
}
GST_END_TEST;

}  // namespace

static Suite* stress_suite() {
  const auto [suite, tc] = new_suite("stress");
  tcase_add_test(tc, properties_reads_and_signals);
  return suite;
}

GST_CHECK_MAIN(stress)
