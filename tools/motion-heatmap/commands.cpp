// SPDX-License-Identifier: LGPL-2.1-or-later
#include "commands.h"

#include <gst/video/video.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "duration.h"
#include "outputs.h"
#include "progress.h"
#include "report.h"
#include "run.h"
#include "source.h"
#include "video_writer.h"

namespace tool {
namespace {

void say(const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", g_get_prgname(), text.c_str());
}

// What outputs are named after: the file, the folder, or the first of several.
std::string name_of(const std::vector<std::string>& arguments) {
  namespace fs = std::filesystem;
  const std::string& first = arguments.front();
  if (first == "-") return "stdin";
  if (const auto scheme = first.find("://"); scheme != std::string::npos) {
    // The host, without a password.
    std::string host = first.substr(scheme + 3);
    host = host.substr(0, host.find('/'));
    host = host.substr(host.rfind('@') + 1);
    host = host.substr(0, host.find(':'));
    if (!host.empty()) return host;
  }
  std::error_code ignored;
  std::string name = fs::path(first).stem().string();
  if (fs::is_directory(first, ignored))
    name = fs::canonical(first, ignored).filename().string();
  else if (name.find_first_of("*?[") != std::string::npos && !fs::exists(first, ignored))
    name.clear();
  return name.empty() ? "heat" : name;
}

// K/N.
void read_slice(const CommandLine& line, RunRequest& request) {
  if (!line.has("slice")) return;
  const std::string text = line.get("slice");
  int end = 0;
  if (std::sscanf(text.c_str(), "%u/%u%n", &request.slice, &request.n_slices, &end) != 2 ||
      size_t(end) != text.size() || request.slice < 1 || request.slice > request.n_slices)
    throw UsageError("--slice=" + text + ": K/N is needed, such as 2/8");
  if (line.get("state").empty()) throw UsageError("--slice: --state says where its heat goes");
}

// FORMAT,WxH,FPS.
void read_raw(const CommandLine& line, RunRequest& request) {
  if (!line.has("raw")) return;
  const std::string text = line.get("raw");
  char format[16] = "";
  int width = 0, height = 0, rate_n = 0, rate_d = 1, end = 0;
  std::sscanf(text.c_str(), "%15[^,],%dx%d,%d%n/%d%n", format, &width, &height, &rate_n, &end,
              &rate_d, &end);
  if (size_t(end) != text.size() ||
      gst_video_format_from_string(format) <= GST_VIDEO_FORMAT_ENCODED || width < 1 || height < 1 ||
      rate_n < 1 || rate_d < 1)
    throw UsageError("--raw=" + text + ": FORMAT,WxH,FPS is needed, such as BGR,640x480,25");
  if (request.sources.size() != 1 || request.sources[0].kind != Source::kStdin)
    throw UsageError("--raw: only standard input (-) can be raw");
  request.raw = std::string("video/x-raw,format=") + format + ",width=" + std::to_string(width) +
                ",height=" + std::to_string(height) + ",framerate=" + std::to_string(rate_n) + "/" +
                std::to_string(rate_d);
}

void read_span(const CommandLine& line, RunRequest& request) {
  request.span.begin = line.time("from").value_or(0);
  request.span.end = line.time("to").value_or(UINT64_MAX);
  if (const auto length = line.time("for"))
    request.span.end = std::min(request.span.end, request.span.begin + *length);
  if (request.span.end <= request.span.begin)
    throw UsageError("--from and --to: there is nothing between them");
  if (request.slice > 0 && !(request.span == Span{}))
    throw UsageError("--slice does not go together with --from, --to and --for");
}

RunRequest request_of(const CommandLine& line) {
  RunRequest request{.sources = find_sources(line.arguments), .settings = line.element()};
  const unsigned jobs = line.number("jobs", 0).value_or(1);
  request.jobs = jobs > 0 ? jobs : g_get_num_processors();
  read_slice(line, request);
  read_span(line, request);
  read_raw(line, request);
  request.key_frames_only = line.has("quick");
  request.seeks = !line.has("no-seek");
  request.max_events = line.number("max-events", 1).value_or(0);
  request.force = line.has("force");
  request.state_path = line.get("state");
  if (line.has("start")) {
    request.start = parse_wall_clock(line.get("start"));
    if (!request.start)
      throw UsageError("--start=" + line.get("start") +
                       ": a date and time is needed, such as \"2026-11-26 08:00\"");
  }
  return request;
}

Record earlier_record(const std::string& path) {
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored)) return {};
  return load_record(path);
}

// What counts depend on: what the element writes into a state, and where it looks.
std::map<std::string, std::string> counted_with(std::map<std::string, std::string> written,
                                                const ElementSettings& settings) {
  for (const char* name : {"mask-location", "mask-polygons", "zones"})
    if (const auto found = settings.values.find(name); found != settings.values.end())
      written.insert(*found);
  return written;
}

// Heat that was counted in another way is not gone on with.
void check_counted_alike(const Record& before, const std::map<std::string, std::string>& now,
                         const std::string& path) {
  if (before.is_empty()) return;
  const auto then = counted_with(before.state.settings, before.settings);
  const auto differs = [&path](const auto& name, const auto& was, const auto& is) {
    throw UsageError("--state=" + path + ": its heat was counted with " + name + " " + was +
                     ", and now it is " + is + ": give it another name");
  };
  const auto value = [](const auto& settings, const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string("off") : found->second;
  };
  for (const auto& settings : {then, now})
    for (const auto& [name, unused] : settings)
      if (value(then, name) != value(now, name)) differs(name, value(then, name), value(now, name));
}

// Writes what is asked for and tells of it.
bool tell(const CommandLine& line, const Summary& summary, const Outputs& outputs,
          const std::vector<std::string>& more = {}) {
  std::vector<std::string> faults;
  std::vector<std::string> written = outputs.write(summary, faults);
  written.insert(written.end(), more.begin(), more.end());
  for (const std::string& note : summary.run->notes) say(note);
  if (!line.has("quiet")) {
    std::fputs(summary_text(summary).c_str(), stdout);
    for (const std::string& path : written) std::printf("Written       %s\n", path.c_str());
  }
  for (const std::string& fault : faults) say(fault);
  return faults.empty();
}

ExitCode code_of(const RunResult& result, bool is_written, bool has_end) {
  if (!is_written) return kFailed;
  if (result.was_stopped && has_end) return kInterrupted;
  for (const Part& part : result.parts)
    if (!part.problem.empty()) return kIncomplete;
  return kDone;
}

// As check_settings, of what stands on the command line.
std::map<std::string, std::string> checked(const ElementSettings& settings) {
  try {
    return check_settings(settings);
  } catch (const Failure& failure) {
    throw UsageError(failure.what());
  }
}

// What a state was counted with, and what is asked for besides.
ElementSettings settings_of(const CommandLine& line, const Record& record) {
  ElementSettings settings = line.element();
  checked(settings);
  if (settings.preset.empty()) settings.preset = record.settings.preset;
  settings.values.insert(record.settings.values.begin(), record.settings.values.end());
  return settings;
}

RunResult result_of(Record record) {
  RunResult result{.record = std::move(record)};
  result.parts = parts_of(result.record);
  return result;
}

}  // namespace

ExitCode analyze(const CommandLine& line, const std::atomic<bool>& stop) {
  if (line.arguments.empty()) throw UsageError("an input is needed; see --help");
  RunRequest request = request_of(line);
  request.settings.values.emplace("background", "average");
  const auto counting = counted_with(checked(request.settings), request.settings);
  const std::string name = name_of(line.arguments);
  Outputs outputs(line, name);
  for (const Source& source : request.sources) {
    const TextPtr path(g_filename_from_uri(source.uri.c_str(), nullptr, nullptr));
    if (path) outputs.check_distinct_from(path.get());
  }
  if (request.slice > 0 && !line.has("picture")) outputs.leave_out_picture();
  request.thumbnails = outputs.has_report();
  request.sample = outputs.has_panels();
  if (outputs.has_report()) request.span_map_step = span_step(estimated_duration(request));
  std::optional<VideoWriter> video;
  if (!outputs.video().empty()) request.video = &video.emplace(outputs.video(), request.settings);

  Record before = earlier_record(outputs.state());
  check_counted_alike(before, counting, outputs.state());
  RunProgress progress;
  RunResult result;
  {
    const ProgressDisplay display(progress, line.has("quiet"));
    result = run(request, std::move(before), progress, stop);
  }
  std::vector<std::string> more;
  if (video && !result.record.is_empty()) {
    video->finish();
    more.push_back(outputs.video());
  }
  if (result.record.is_empty()) {
    for (const Part& part : result.parts)
      if (!part.problem.empty()) throw Failure(part.name + ": " + part.problem);
    if (!stop && !(request.span == Span{}))
      throw Failure("there was no frame in the time that --from, --to and --for leave");
    if (!stop) throw Failure("there was no frame");
    say("interrupted before the first frame");
    return kInterrupted;
  }
  if (request.key_frames_only)
    result.notes.push_back("--quick: only key frames were looked at; this is a sketch");
  const bool has_end = std::ranges::all_of(
      request.sources, [](const Source& source) { return source.kind == Source::kFile; });
  const Summary summary = summarize(result, name, request.settings);
  return code_of(result, tell(line, summary, outputs, more), has_end);
}

ExitCode merge(const CommandLine& line) {
  if (line.arguments.empty()) throw UsageError("merge: state files are needed");
  Outputs outputs(line, name_of(line.arguments));
  std::error_code ignored;
  if (std::filesystem::exists(outputs.state(), ignored) && !line.has("force"))
    throw UsageError("--state=" + outputs.state() + ": the file exists; --force replaces it");
  // Who only wants the sum gets no more.
  if (line.has("state") && !line.has("picture")) outputs.leave_out_picture();
  std::vector<Record> records;
  for (const std::string& path : line.arguments) records.push_back(load_record(path));
  const RunResult result = result_of(merge_records(std::move(records), line.arguments));
  const Summary summary =
      summarize(result, name_of(line.arguments), settings_of(line, result.record));
  return code_of(result, tell(line, summary, outputs), false);
}

ExitCode render(const CommandLine& line) {
  if (line.arguments.size() != 1) throw UsageError("render: one state file is needed");
  const Outputs outputs(line, name_of(line.arguments));
  const RunResult result = result_of(load_record(line.arguments[0]));
  const Summary summary =
      summarize(result, name_of(line.arguments), settings_of(line, result.record));
  return code_of(result, tell(line, summary, outputs), false);
}

}  // namespace tool
