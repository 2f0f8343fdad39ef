// SPDX-License-Identifier: LGPL-2.1-or-later
#include "summary.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "duration.h"
#include "new_file.h"

namespace tool {
namespace {

constexpr uint64_t kRowLength = 60 * GST_SECOND;

double seconds(uint64_t nanoseconds) {
  return double(nanoseconds) / GST_SECOND;
}

// A member of an object.
void add(JsonBuilder* builder, const char* name, double value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_double_value(builder, value);
}
void add(JsonBuilder* builder, const char* name, uint64_t value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_int_value(builder, gint64(value));
}
void add(JsonBuilder* builder, const char* name, const std::string& value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_string_value(builder, valid_utf8(value).c_str());
}
void add_null(JsonBuilder* builder, const char* name) {
  json_builder_set_member_name(builder, name);
  json_builder_add_null_value(builder);
}
void add_clock(JsonBuilder* builder, const char* name, std::optional<int64_t> clock) {
  if (clock)
    add(builder, name, format_wall_clock(*clock, 'T'));
  else
    add_null(builder, name);
}
template <typename Content>
void add_object(JsonBuilder* builder, const char* name, Content content) {
  json_builder_set_member_name(builder, name);
  json_builder_begin_object(builder);
  content();
  json_builder_end_object(builder);
}
template <typename Content>
void add_array(JsonBuilder* builder, const char* name, Content content) {
  json_builder_set_member_name(builder, name);
  json_builder_begin_array(builder);
  content();
  json_builder_end_array(builder);
}

uint64_t counted_frames(const Part& part) {
  uint64_t frames = 0;
  for (size_t i = 0; i < part.timeline.size(); ++i)
    frames += part.timeline.frame(i).kind == Timeline::Kind::kAnalyzed;
  return frames;
}

uint64_t passed_frames(const Part& part) {
  return part.timeline.size() - counted_frames(part);
}

// The mean and the highest share that moved, of the picture (0) or a zone.
std::pair<double, double> motion_of(const std::vector<Part>& parts, size_t column) {
  double sum = 0, peak = 0;
  uint64_t frames = 0;
  for (const Part& part : parts) {
    for (size_t i = 0; i < part.timeline.size(); ++i) {
      if (part.timeline.frame(i).kind != Timeline::Kind::kAnalyzed) continue;
      if (column >= part.timeline.shares(i).size()) continue;
      const double share = part.timeline.shares(i)[column];
      sum += share;
      peak = std::max(peak, share);
      ++frames;
    }
  }
  return {frames > 0 ? sum / double(frames) : 0, peak};
}

size_t events_of_part(const Summary& summary, size_t part) {
  return size_t(std::ranges::count_if(summary.events, [&](const Event& event) {
    return is_in_part(event, summary.run->parts, part);
  }));
}

size_t events_of_zone(const Summary& summary, size_t zone) {
  return size_t(std::ranges::count(summary.events, zone, &Event::zone));
}

std::optional<int64_t> begin_clock(const Summary& summary) {
  return wall_clock(summary.run->parts, 0, 0);
}

void add_event(JsonBuilder* builder, const Summary& summary, const Event& event) {
  const std::vector<Part>& parts = summary.run->parts;
  json_builder_begin_object(builder);
  add(builder, "id", event.id);
  add(builder, "zone", summary.zone_of(event));
  add(builder, "begin", seconds(event.begin));
  add(builder, "end", seconds(event.end));
  add(builder, "peak", event.peak);
  add_array(builder, "box", [&] {
    for (const double side : {event.box.x, event.box.y, event.box.width, event.box.height})
      json_builder_add_double_value(builder, std::round(side * 1e5) / 1e5);
  });
  add(builder, "file", uint64_t{event.part});
  add(builder, "last_file", uint64_t{event.last_part});
  add(builder, "file_begin", seconds(event.begin - parts[event.part].offset));
  add(builder, "file_end", seconds(event.end - parts[event.last_part].offset));
  add_clock(builder, "clock", wall_clock(parts, event.part, event.begin));
  add_clock(builder, "clock_end", wall_clock(parts, event.last_part, event.end));
  json_builder_end_object(builder);
}

void add_part(JsonBuilder* builder, const Summary& summary, size_t i) {
  const Part& part = summary.run->parts[i];
  json_builder_begin_object(builder);
  add(builder, "name", part.name);
  add(builder, "begin", seconds(part.offset));
  add(builder, "duration", seconds(part.duration));
  add(builder, "frames", counted_frames(part));
  add_clock(builder, "start", part.start);
  add(builder, "events", uint64_t{events_of_part(summary, i)});
  if (part.problem.empty())
    add_null(builder, "problem");
  else
    add(builder, "problem", part.problem);
  json_builder_end_object(builder);
}

void add_zone(JsonBuilder* builder, const Summary& summary, size_t i) {
  const ZoneFigures& zone = summary.figures.zones[i];
  const auto [motion, peak] = motion_of(summary.run->parts, i + 1);
  json_builder_begin_object(builder);
  add(builder, "name", zone.name);
  add(builder, "motion", motion);
  add(builder, "peak", peak);
  add(builder, "coverage", zone.coverage);
  add(builder, "mean", zone.mean);
  add(builder, "max", zone.max);
  add(builder, "share", zone.share);
  add(builder, "events", uint64_t{events_of_zone(summary, i)});
  json_builder_end_object(builder);
}

void add_series(JsonBuilder* builder, const std::vector<double>& values) {
  for (const double value : values)
    if (value < 0)
      json_builder_add_null_value(builder);
    else
      json_builder_add_double_value(builder, value);
}

// RFC 4180.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}
std::string cell(double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%.9g", value);
}
std::string cell(uint64_t value) {
  return std::to_string(value);
}
std::string cell(std::optional<int64_t> clock) {
  return clock ? format_wall_clock(*clock) : "";
}

template <typename... Cells>
std::string row(const Cells&... cells) {
  std::string text;
  ((text += cell(cells) + ","), ...);
  text.back() = '\n';
  return text;
}

std::string events_table(const Summary& summary) {
  const std::vector<Part>& parts = summary.run->parts;
  std::string text =
      "id,zone,begin,end,duration,peak,file,file_begin,last_file,file_end,clock,clock_end,x,y,"
      "width,"
      "height\n";
  for (const Event& event : summary.events)
    text += row(event.id, summary.zone_of(event), seconds(event.begin), seconds(event.end),
                seconds(event.end - event.begin), event.peak, parts[event.part].name,
                seconds(event.begin - parts[event.part].offset), parts[event.last_part].name,
                seconds(event.end - parts[event.last_part].offset),
                wall_clock(parts, event.part, event.begin),
                wall_clock(parts, event.last_part, event.end), event.box.x, event.box.y,
                event.box.width, event.box.height);
  return text;
}

std::string files_table(const Summary& summary) {
  std::string text = "name,begin,duration,frames,start,events,problem\n";
  for (size_t i = 0; i < summary.run->parts.size(); ++i) {
    const Part& part = summary.run->parts[i];
    text += row(part.name, seconds(part.offset), seconds(part.duration), counted_frames(part),
                part.start, uint64_t{events_of_part(summary, i)}, part.problem);
  }
  return text;
}

std::string zones_table(const Summary& summary) {
  std::string text = "name,motion,peak,coverage,mean,max,share,events\n";
  for (size_t i = 0; i < summary.figures.zones.size(); ++i) {
    const ZoneFigures& zone = summary.figures.zones[i];
    const auto [motion, peak] = motion_of(summary.run->parts, i + 1);
    text += row(zone.name, motion, peak, zone.coverage, zone.mean, zone.max, zone.share,
                uint64_t{events_of_zone(summary, i)});
  }
  return text;
}

std::string series_table(const Summary& summary) {
  const auto series = motion_series(summary.run->parts, kRowLength);
  std::string text = "begin,clock,motion";
  for (const ZoneFigures& zone : summary.figures.zones) text.append(",").append(cell(zone.name));
  text += "\n";
  for (size_t minute = 0; minute < series[0].size(); ++minute) {
    std::optional<int64_t> clock = begin_clock(summary);
    if (clock) *clock += int64_t(minute) * 60 * G_USEC_PER_SEC;
    std::string line = row(seconds(minute * kRowLength), clock);
    line.pop_back();
    for (const std::vector<double>& values : series)
      line.append(",").append(values[minute] < 0 ? "" : cell(values[minute]));
    text += line + "\n";
  }
  return text;
}

std::string number_of_events(size_t events) {
  return std::to_string(events) + (events == 1 ? " event" : " events");
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

}  // namespace

std::string Summary::zone_of(const Event& event) const {
  return event.zone < figures.zones.size() ? figures.zones[event.zone].name : "frame";
}

Summary summarize(const RunResult& run, const std::string& title, const ElementSettings& settings) {
  Rendering rendering = render(run.record.state, run.record.background, settings);
  Summary summary{.title = title,
                  .run = &run,
                  .settings = settings,
                  .values = effective_values(settings),
                  .picture = rendering.picture,
                  .figures = rendering.figures,
                  .events = {}};
  const ElementPtr element = make_motionheatmap(settings);
  double area = 0;
  guint frames = 0;
  guint64 gap = 0;
  g_object_get(element.get(), "motion-area", &area, "motion-frames", &frames, "motion-gap", &gap,
               nullptr);
  summary.events =
      find_events(run.parts, {.area = area, .frames = int(frames), .gap = seconds(gap)});
  return summary;
}

std::string summary_text(const Summary& summary) {
  const std::vector<Part>& parts = summary.run->parts;
  const motionheat::State& state = summary.run->record.state;
  const motionheat::Size picture = summary.run->record.picture;
  const Figures& figures = summary.figures;
  uint64_t passed = 0;
  for (const Part& part : parts) passed += passed_frames(part);
  std::string text = "Frames        " + std::to_string(state.frames) + " of " +
                     std::to_string(picture.width) + "x" + std::to_string(picture.height) + ", " +
                     format_duration(total_duration(parts));
  if (passed > 0) text += ", " + std::to_string(passed) + " more not counted";
  text += "\nAny motion    " + percent(figures.coverage) + " of the picture\n";
  if (figures.max > 0) {
    char spot[128];
    std::snprintf(spot, sizeof spot, "x = %.0f, y = %.0f: moved in %.0f frames",
                  std::floor(figures.hot_x * picture.width),
                  std::floor(figures.hot_y * picture.height), figures.max);
    text += std::string("Hottest spot  ") + spot + "\n";
  } else {
    text += "Hottest spot  none: nothing moved\n";
  }
  text += "Events        " + std::to_string(summary.events.size()) + "\n";
  for (size_t i = 0; i < figures.zones.size(); ++i)
    text += "  " + figures.zones[i].name + ": " + number_of_events(events_of_zone(summary, i)) +
            ", " + percent(figures.zones[i].share) + " of the motion\n";
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t events = events_of_part(summary, i);
    if (parts.size() > 1 && parts[i].timeline.size() > 0)
      text += "  " + parts[i].name + ": " + (events > 0 ? number_of_events(events) : "no motion") +
              "\n";
    if (!parts[i].problem.empty()) text += "  " + parts[i].name + ": " + parts[i].problem + "\n";
  }
  return text;
}

void add_members(JsonBuilder* builder, const Summary& summary, uint64_t step) {
  const std::vector<Part>& parts = summary.run->parts;
  const motionheat::State& state = summary.run->record.state;
  add(builder, "title", summary.title);
  add(builder, "duration", seconds(total_duration(parts)));
  add_clock(builder, "start", begin_clock(summary));
  add_object(builder, "figures", [&] {
    uint64_t passed = 0;
    for (const Part& part : parts) passed += passed_frames(part);
    const auto [motion, peak] = motion_of(parts, 0);
    add(builder, "width", uint64_t(summary.run->record.picture.width));
    add(builder, "height", uint64_t(summary.run->record.picture.height));
    add(builder, "frames", state.frames);
    add(builder, "not_counted", passed);
    add(builder, "max", summary.figures.max);
    add(builder, "coverage", summary.figures.coverage);
    add(builder, "motion", motion);
    add(builder, "peak", peak);
    add_array(builder, "hot", [&] {
      json_builder_add_double_value(builder, summary.figures.hot_x);
      json_builder_add_double_value(builder, summary.figures.hot_y);
    });
  });
  add_array(builder, "files", [&] {
    for (size_t i = 0; i < parts.size(); ++i) add_part(builder, summary, i);
  });
  add_array(builder, "zones", [&] {
    for (size_t i = 0; i < summary.figures.zones.size(); ++i) add_zone(builder, summary, i);
  });
  add_array(builder, "events", [&] {
    for (const Event& event : summary.events) add_event(builder, summary, event);
  });
  const auto series = motion_series(parts, step);
  add_object(builder, "series", [&] {
    add(builder, "seconds", seconds(step));
    add_array(builder, "motion", [&] { add_series(builder, series[0]); });
    add_object(builder, "zones", [&] {
      for (size_t i = 0; i < summary.figures.zones.size() && i + 1 < series.size(); ++i)
        add_array(builder, summary.figures.zones[i].name.c_str(),
                  [&] { add_series(builder, series[i + 1]); });
    });
  });
  add_object(builder, "settings", [&] {
    for (const auto& [name, value] : summary.values) add(builder, name.c_str(), value);
  });
}

std::string to_text(JsonBuilder* builder, bool pretty) {
  JsonNode* const root = json_builder_get_root(builder);
  const TextPtr text(json_to_string(root, pretty));
  json_node_unref(root);
  return text.get();
}

void write_json(const Summary& summary, const std::string& path) {
  JsonBuilder* const builder = json_builder_new();
  json_builder_begin_object(builder);
  add_members(builder, summary, kRowLength);
  json_builder_end_object(builder);
  const std::string text = to_text(builder, true);
  g_object_unref(builder);
  write_file(path, text + "\n");
}

std::vector<std::string> csv_paths(const std::string& path) {
  std::string stem = path;
  if (stem.ends_with(".csv")) stem.resize(stem.size() - 4);
  return {path, stem + ".files.csv", stem + ".zones.csv", stem + ".series.csv"};
}

std::vector<std::string> csv_tables(const Summary& summary) {
  return {events_table(summary), files_table(summary), zones_table(summary), series_table(summary)};
}

void write_file(const std::string& path, const std::string& content) {
  try {
    motionheat::NewFile file(path);
    file.write(content);
    file.replace();
  } catch (const std::exception& error) {
    throw Failure(path + ": " + error.what());
  }
}

}  // namespace tool
