// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <json-glib/json-glib.h>

#include <memory>
#include <string>
#include <vector>

#include "picture.h"
#include "run.h"

namespace tool {

/// All that is told of a run.
struct Summary {
  std::string title;
  const RunResult* run = nullptr;
  ElementSettings settings;
  std::map<std::string, std::string> values;  // what the settings come to
  cv::Mat picture;                            // the heat on the background
  Figures figures;
  std::vector<Event> events;

  /// The name of an event's zone; "frame" where there are no zones.
  std::string zone_of(const Event& event) const;
};

/// Throws Failure.
Summary summarize(const RunResult& run, const std::string& title, const ElementSettings& settings);

/// For people, some lines.
std::string summary_text(const Summary& summary);

/// Writes figures, zones, files, events and the motion of each minute. Throws Failure that names
/// the file.
void write_json(const Summary& summary, const std::string& path);
/// The same as tables, four contents of files in the order of `csv_paths`.
std::vector<std::string> csv_tables(const Summary& summary);
/// Where they go: events to `path`, files, zones and series beside it.
std::vector<std::string> csv_paths(const std::string& path);

/// The members that JSON and the page have in common, into an object that is open: the motion of
/// each stretch of `step` nanoseconds.
void add_members(JsonBuilder* builder, const Summary& summary, uint64_t step);
/// What a builder holds, as text.
std::string to_text(JsonBuilder* builder, bool pretty);

/// Writes a file that appears when it is complete. Throws Failure that names it.
void write_file(const std::string& path, const std::string& content);

}  // namespace tool
