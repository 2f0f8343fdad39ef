// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include "common.h"

/// A directory that goes away with the object.
class Directory {
 public:
  Directory() {
    gchar* path = g_dir_make_tmp(nullptr, nullptr);
    fail_unless(path != nullptr);
    path_ = path;
    g_free(path);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ / name; }
  /// How many files there are.
  int size() const { return int(std::distance(std::filesystem::directory_iterator(path_), {})); }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  fail_unless(file.good(), "no file %s", path.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string warning_text(GstMessage* message) {
  fail_unless_equals_int(GST_MESSAGE_TYPE(message), GST_MESSAGE_WARNING);
  GError* error = nullptr;
  gst_message_parse_warning(message, &error, nullptr);
  const std::string text = error->message;
  g_error_free(error);
  return text;
}

inline void expect_contains(const std::string& text, const std::string& part) {
  fail_unless(text.find(part) != std::string::npos, "\"%s\" does not say \"%s\"", text.c_str(),
              part.c_str());
}

/// Posts as many messages as may wait for somebody who reads them, and more.
inline void fill_outbox(Stream& stream) {
  const Picture picture = filled(stream.info(), 0);
  stream.set("post-messages", "true");
  stream.set("interval", "0");
  for (int i = 0; i < 300; ++i) stream.show(picture);
  stream.set("post-messages", "false");
}

/// Reads all there is: the names of the messages that are no reports, and "warning" for each.
inline std::vector<std::string> read_outbox(Stream& stream) {
  std::vector<std::string> names;
  const auto types = GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING);
  while (const MessagePtr message = stream.pop(types)) {
    const bool is_warning = GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_WARNING;
    const char* name =
        is_warning ? "warning" : gst_structure_get_name(gst_message_get_structure(message.get()));
    if (name != std::string("motionheatmap")) names.push_back(name);
  }
  return names;
}

/// Has an element wait for files as long as it does at all, and no longer. Returns whether it did.
template <typename Act>
bool takes_patience(Act act) {
  constexpr gint64 kPatience = 3 * G_USEC_PER_SEC;
  const gint64 begin = g_get_monotonic_time();
  act();
  const gint64 time = g_get_monotonic_time() - begin;
  fail_unless(time < 2 * kPatience);
  return time >= kPatience;
}

/// Holds up the thread that writes files when it tells of one by an element message of this name,
/// until the gate is opened: a disk that is slow.
class Gate {
 public:
  Gate(Stream& stream, const char* name)
      : bus_(GST_BUS(gst_object_ref(stream.bus()))), name_(name) {
    gst_bus_set_sync_handler(bus_, on_message, this, nullptr);
  }
  ~Gate() {
    gst_bus_set_sync_handler(bus_, nullptr, nullptr, nullptr);
    gst_object_unref(bus_);
  }

  void wait_until_reached() {
    std::unique_lock<std::mutex> held(lock_);
    changed_.wait(held, [&] { return reached_; });
  }
  /// Messages that nobody will read.
  void drop_messages() { gst_bus_set_flushing(bus_, TRUE); }
  void open() {
    const std::lock_guard<std::mutex> held(lock_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer data) {
    Gate* gate = static_cast<Gate*>(data);
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT ||
        !gst_structure_has_name(gst_message_get_structure(message), gate->name_))
      return GST_BUS_PASS;
    std::unique_lock<std::mutex> held(gate->lock_);
    gate->reached_ = true;
    gate->changed_.notify_all();
    gate->changed_.wait(held, [&] { return gate->open_; });
    return GST_BUS_PASS;
  }

  GstBus* const bus_;  // the stream may be gone while the thread is still held up
  const char* name_;
  std::mutex lock_;
  std::condition_variable changed_;
  bool reached_ = false, open_ = false;
};
