// SPDX-License-Identifier: LGPL-2.1-or-later
#include "outputs.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "clips.h"
#include "duration.h"
#include "panels.h"
#include "report.h"

namespace tool {
namespace {

namespace fs = std::filesystem;

void check_extension(const CommandLine& line, const char* option,
                     const std::vector<std::string>& known) {
  const std::string path = line.get(option);
  if (path.empty()) return;
  std::string extension = fs::path(path).extension();
  std::ranges::transform(extension, extension.begin(), g_ascii_tolower);
  if (std::ranges::find(known, extension) != known.end()) return;
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : " or ") + one;
  throw UsageError(std::string("--") + option + "=" + path + ": its name must end in " + list);
}

void check_place(const std::string& path) {
  std::error_code ignored;
  const fs::path directory = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : ".";
  if (!fs::is_directory(directory, ignored))
    throw UsageError(path + ": there is no directory " + directory.string());
  if (access(directory.c_str(), W_OK) != 0)
    throw UsageError(path + ": the directory cannot be written to");
  if (fs::is_directory(path, ignored)) throw UsageError(path + ": this is a directory");
}

void write_picture(const std::string& path, const cv::Mat& picture) {
  std::string extension = fs::path(path).extension();
  std::ranges::transform(extension, extension.begin(), g_ascii_tolower);
  write_file(path, encode_picture(picture, extension));
}

// The name of a clip: when it begins, by the wall clock where that is known.
std::string clip_name(const Summary& summary, const Event& event, size_t part) {
  const std::vector<Part>& parts = summary.run->parts;
  const uint64_t begin = std::max(event.begin, parts[part].offset);
  std::string name;
  if (const auto clock = wall_clock(parts, part, begin)) {
    name = format_wall_clock(*clock, '_');
  } else {
    name =
        fs::path(parts[part].name).stem().string() + "_" + format_clock(begin - parts[part].offset);
  }
  const std::string zone = summary.zone_of(event);
  if (zone != "frame") name += "_" + zone;
  std::ranges::replace(name, ':', '-');
  std::ranges::replace(name, '/', '-');
  return name;
}

}  // namespace

Outputs::Outputs(const CommandLine& line, const std::string& name)
    : picture_(line.has("picture") ? line.get("picture") : name + ".heatmap.png"),
      heat_(line.get("heat")),
      state_(line.get("state")),
      json_(line.get("json")),
      csv_(line.get("csv")),
      report_(line.get("report")),
      panels_(line.get("panels")),
      video_(line.get("video")),
      clips_(line.get("clips")),
      pre_roll_(line.time("pre-roll").value_or(2 * GST_SECOND)),
      post_roll_(line.time("post-roll").value_or(2 * GST_SECOND)),
      force_(line.has("force")) {
  check_extension(line, "picture", {".png", ".jpg", ".jpeg"});
  check_extension(line, "heat", {".tiff", ".tif"});
  check_extension(line, "panels", {".png", ".jpg", ".jpeg"});
  check_extension(line, "video", {".mkv"});
  const std::vector<std::string> all = paths();
  for (const std::string& path : all) {
    check_place(path);
    if (std::ranges::count(all, path) > 1) throw UsageError(path + ": two outputs have this name");
  }
  std::error_code error;
  if (!clips_.empty() && !fs::create_directories(clips_, error) && error)
    throw UsageError("--clips=" + clips_ + ": " + error.message());
}

std::vector<std::string> Outputs::paths() const {
  std::vector<std::string> all;
  for (const std::string* path : {&picture_, &heat_, &state_, &json_, &report_, &panels_, &video_})
    if (!path->empty()) all.push_back(*path);
  if (!csv_.empty()) std::ranges::copy(csv_paths(csv_), std::back_inserter(all));
  return all;
}

void Outputs::check_distinct_from(const std::string& path) const {
  for (const std::string& output : paths()) {
    std::error_code ignored;
    if (output != state_ && fs::equivalent(output, path, ignored))
      throw UsageError(output + ": it would overwrite an input");
  }
}

std::vector<std::string> Outputs::write(const Summary& summary,
                                        std::vector<std::string>& faults) const {
  const Record& record = summary.run->record;
  std::vector<std::string> written;
  const auto attempt = [&](const std::string& path, auto write) {
    if (path.empty()) return;
    try {
      write();
      written.push_back(path);
    } catch (const std::exception& error) {
      faults.push_back(error.what());
    }
  };
  // What cannot be made again comes first.
  attempt(state_, [&] { save_record(state_, record, force_); });
  attempt(picture_, [&] { write_picture(picture_, summary.picture); });
  attempt(heat_, [&] { write_events(record.state, summary.settings, heat_); });
  attempt(panels_, [&] {
    write_picture(panels_, draw_panels(record.state, record.background, summary.run->sample,
                                       summary.settings));
  });
  attempt(json_, [&] { write_json(summary, json_); });
  if (!csv_.empty()) {
    const std::vector<std::string> tables = csv_tables(summary), paths = csv_paths(csv_);
    for (size_t i = 0; i < tables.size(); ++i)
      attempt(paths[i], [&] { write_file(paths[i], tables[i]); });
  }
  attempt(report_, [&] { write_report(summary, report_); });
  write_clips(summary, written, faults);
  return written;
}

// An event that goes on from one file into the next becomes a clip of each.
void Outputs::write_clips(const Summary& summary, std::vector<std::string>& written,
                          std::vector<std::string>& faults) const {
  if (clips_.empty()) return;
  const std::vector<Part>& parts = summary.run->parts;
  std::vector<std::string> names;
  for (const Event& event : summary.events) {
    for (size_t part = event.part; part <= event.last_part; ++part) {
      if (!is_in_part(event, parts, part)) continue;
      const std::string& uri = summary.run->record.sources[part].uri;
      std::string name = clip_name(summary, event, part);
      const auto same = std::ranges::count(names, name);
      names.push_back(name);
      if (same > 0) name.append("_").append(std::to_string(same + 1));
      const uint64_t begin = event.begin - std::min(event.begin, parts[part].offset);
      const uint64_t end = std::min(event.end - parts[part].offset, parts[part].duration);
      const Clip clip{.input_uri = uri,
                      .begin = begin - std::min(begin, pre_roll_),
                      .end = std::min(end + post_roll_, parts[part].duration),
                      .output = clips_ + "/" + name + ".mkv",
                      .force = force_};
      const ClipResult result = cut_clip(clip);
      if (result.problem.empty())
        written.push_back(clip.output);
      else
        faults.push_back(result.problem);
    }
  }
}

}  // namespace tool
