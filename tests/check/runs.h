// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams with a state file, and what they leave in it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common.h"
#include "files.h"
#include "model.h"

const char* const kCaps = "video/x-raw,format=BGR,width=34,height=21,framerate=25/1";
const char* const kLargerCaps = "video/x-raw,format=BGR,width=102,height=63,framerate=25/1";

/// A stream that begins once its properties are set.
class Run : public Stream {
 public:
  explicit Run(const std::string& location) : Stream("") {
    gst_element_set_state(element(), GST_STATE_READY);
    set("state-location", location);
    gst_element_set_state(element(), GST_STATE_PLAYING);
  }
  Run(const std::string& location, const std::string& caps) : Run(location) { begin(caps); }

  void begin(const std::string& caps) {
    begun = true;
    change_caps(caps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    send(gst_event_new_segment(&segment));
  }
  void end() { send(gst_event_new_eos()); }

  bool begun = false;  // and nothing shown yet
};

/// Pictures beside what must be shown, over several runs.
class Scene {
 public:
  Model model;

  /// Shows some pictures. The first one of a run has none before it.
  void play(Run& run, int n = 4) {
    if (std::exchange(run.begun, false)) model.forget_previous();
    if (!picture_ || !gst_video_info_is_equal(&picture_->info, &run.info()))
      picture_ = std::make_unique<Picture>(noise(run.info(), ++seed_));
    for (int i = 0; i < n; ++i) {
      *picture_ = moved(*picture_, ++seed_);
      fail_unless(run.show(*picture_) == model.add_and_overlay(*picture_));
    }
    expect_map(run);
  }

  void expect_map(const Run& run) const {
    fail_unless(equal(run.map(), model.index({run.info().width, run.info().height})));
    fail_unless_equals_float(double_field(run.stats().get(), "max"), model.max());
  }

 private:
  std::unique_ptr<Picture> picture_;
  unsigned seed_ = 1;
};

/// A state of some heat, from a run that ended well.
inline std::string make_state(const std::string& location, Scene& scene) {
  Run run(location, kCaps);
  scene.play(run);
  run.end();
  return read_file(location);
}

inline bool save(Run& run) {
  gboolean accepted = FALSE;
  g_signal_emit_by_name(run.element(), "save-state", &accepted);
  return accepted;
}

/// Waits for the message of a saved state.
inline void expect_saved(Run& run, const std::string& location) {
  for (;;) {
    const MessagePtr message = run.wait(GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING));
    fail_unless_equals_int(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_ELEMENT);
    const GstStructure* s = gst_message_get_structure(message.get());
    if (!gst_structure_has_name(s, "motionheatmap-state")) continue;
    fail_unless_equals_int(gst_structure_n_fields(s), 1);
    fail_unless_equals_string(gst_structure_get_string(s, "location"), location.c_str());
    return;
  }
}

/// No warning, no error, and no saved state.
inline void expect_silence(Run& run) {
  while (const MessagePtr message = run.pop(
             GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR))) {
    fail_unless_equals_int(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_ELEMENT);
    fail_unless(gst_structure_has_name(gst_message_get_structure(message.get()), "motionheatmap"));
  }
}

/// A run that goes on with a copy of a file that another one may have.
inline std::unique_ptr<Run> run_on_copy(const std::string& location) {
  std::filesystem::copy_file(location, location + ".copy",
                             std::filesystem::copy_options::overwrite_existing);
  auto run = std::make_unique<Run>(location + ".copy", kCaps);
  std::filesystem::remove(location + ".copy");
  return run;
}

struct UnrefVariant {
  void operator()(GVariant* variant) const { g_variant_unref(variant); }
};
using VariantPtr = std::unique_ptr<GVariant, UnrefVariant>;

/// The fields of a state file, which follow two lines of text; see docs/state-file.md.
inline VariantPtr fields(const std::string& location) {
  const std::string text = read_file(location);
  const size_t begin = text.find('\n', text.find('\n') + 1) + 1;
  GBytes* bytes = g_bytes_new(text.data() + begin, text.size() - begin);
  VariantPtr fields(
      g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE_VARDICT, bytes, FALSE)));
  g_bytes_unref(bytes);
  return G_BYTE_ORDER == G_BIG_ENDIAN ? VariantPtr(g_variant_byteswap(fields.get()))
                                      : std::move(fields);
}

/// Waits for a warning that names the property or signal, the file and the reason.
std::string expect_warning(Run& run, const std::string& location, const std::string& reason,
                           const std::string& origin = "property state-location") {
  const std::string text = warning_text(run.wait(GST_MESSAGE_WARNING).get());
  expect_contains(text, origin);
  expect_contains(text, '"' + location + '"');
  expect_contains(text, reason);
  return text;
}
