// SPDX-License-Identifier: LGPL-2.1-or-later
#include "run.h"

#include <gio/gio.h>
#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <mutex>
#include <span>
#include <thread>

#include "duration.h"
#include "video_writer.h"

namespace tool {
namespace {

constexpr uint64_t kUnknown = 0;
// To enter a file costs half a group of pictures and a start: not for less than this.
constexpr uint64_t kShortestPiece = 5 * GST_SECOND;
// What is counted but not saved yet, where a state is kept.
constexpr uint64_t kLongestUnsaved = 600 * GST_SECOND;
// From which noise, sway, light and the camera's own movements are known, and a model of the
// background at 25 frames a second.
constexpr uint64_t kRunUp = 10 * GST_SECOND;
constexpr uint64_t kRunUpOfModel = 30 * GST_SECOND;

uint64_t bytes_of(const Source& source) {
  if (source.kind != Source::kFile) return 0;
  GFile* const file = g_file_new_for_uri(source.uri.c_str());
  GFileInfo* info = g_file_query_info(file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE,
                                      nullptr, nullptr);
  const uint64_t bytes = info ? uint64_t(g_file_info_get_size(info)) : 0;
  g_clear_object(&info);
  g_object_unref(file);
  return bytes;
}

uint64_t duration_of(const Source& source) {
  GstDiscoverer* const discoverer = gst_discoverer_new(30 * GST_SECOND, nullptr);
  if (!discoverer) return kUnknown;
  GstDiscovererInfo* info = gst_discoverer_discover_uri(discoverer, source.uri.c_str(), nullptr);
  const GstClockTime duration = info ? gst_discoverer_info_get_duration(info) : 0;
  g_clear_object(&info);
  g_object_unref(discoverer);
  return GST_CLOCK_TIME_IS_VALID(duration) ? duration : kUnknown;
}

std::string text_of(motionheat::Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

// A piece of the plan and what came of it.
struct Task {
  size_t source = 0;
  Span span;
  bool is_done = false;
  bool is_dropped = false;  // another one does its part
  std::optional<PieceResult> result;
  std::string failure;
};

class Run {
 public:
  Run(const RunRequest& request, Record before, RunProgress& progress,
      const std::atomic<bool>& stop)
      : request_(request),
        progress_(progress),
        stop_(stop),
        values_(effective_values(request.settings)),
        record_(std::move(before)) {}

  RunResult go();

 private:
  bool has_half_life() const { return values_.at("half-life") != "0"; }
  // Whether a file may be entered in the middle and still give what it gives as a whole.
  bool can_cut() const { return !has_half_life() && values_.at("analysis-interval") == "0"; }
  unsigned jobs() const {
    return has_half_life() || request_.video || request_.max_events > 0 ? 1 : request_.jobs;
  }
  std::vector<Span> uncounted(const Source& source, Span span) const;

  void plan();
  void learn_durations();
  std::vector<Span> asked_spans() const;
  void add_tasks(size_t source, const Span& span);
  uint64_t piece_length() const;

  void work();
  void do_task(size_t index);
  void begin_video_part();
  PieceResult analyze(const Task& task, size_t index, bool seeks);
  void take_what_is_done();
  void take(size_t index);
  std::string fault_of(const Task& task) const;
  void do_without_seeking(size_t index);
  void take_result(const Source& source, PieceResult& result);
  std::vector<SourceRecord>::const_iterator find(const Source& source) const;
  std::span<const PieceRecord> counted(const Source& source) const;
  SourceRecord& record_of(const Source& source);
  void save();
  void check_slice() const;
  void mark_slice();

  const RunRequest& request_;
  RunProgress& progress_;
  const std::atomic<bool>& stop_;
  const std::map<std::string, std::string> values_;
  Record record_;
  RunResult result_;

  std::vector<uint64_t> durations_;  // of the sources, where they were asked for
  std::vector<Task> tasks_;          // in the order of the time axis

  std::mutex lock_;  // guards what follows, and `result` and `failure` of tasks
  size_t next_ = 0;
  size_t taken_ = 0;     // tasks whose results are in the record
  unsigned events_ = 0;  // in them
  gint64 saved_ = 0;     // when, in microseconds
};

std::vector<SourceRecord>::const_iterator Run::find(const Source& source) const {
  return std::ranges::find_if(record_.sources, [&, bytes = bytes_of(source)](const auto& record) {
    return is_same_file(record, source.uri, bytes);
  });
}

// What was counted of a source until now.
std::span<const PieceRecord> Run::counted(const Source& source) const {
  const auto record = find(source);
  if (record == record_.sources.end()) return {};
  return record->pieces;
}

// What of a span no earlier run has counted.
std::vector<Span> Run::uncounted(const Source& source, Span span) const {
  std::vector<Span> rest;
  for (const PieceRecord& piece : counted(source)) {
    if (piece.span.end <= span.begin || piece.span.begin >= span.end) continue;
    if (piece.span.begin > span.begin) rest.push_back({span.begin, piece.span.begin});
    span.begin = piece.span.end;
  }
  if (span.begin < span.end) rest.push_back(span);
  return rest;
}

void Run::learn_durations() {
  for (const Source& source : request_.sources)
    durations_.push_back(source.kind == Source::kFile ? duration_of(source) : kUnknown);
}

// What is asked of each source, in its own time.
std::vector<Span> Run::asked_spans() const {
  const size_t n = request_.sources.size();
  std::vector<Span> spans(n, request_.span);
  if (request_.slice == 0 && (n == 1 || request_.span == Span{})) return spans;
  uint64_t total = 0;
  for (const uint64_t duration : durations_) total += duration;
  Span asked = request_.span;
  if (request_.slice > 0) {
    const auto cut = [&](unsigned slice) {
      return slice == request_.n_slices ? UINT64_MAX
                                        : uint64_t(double(total) / request_.n_slices * slice);
    };
    asked = {cut(request_.slice - 1), cut(request_.slice)};
    if (request_.slice == 1) asked.begin = 0;
  }
  uint64_t offset = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint64_t end = offset + durations_[i];
    const auto within = [&](uint64_t time) { return std::clamp(time, offset, end) - offset; };
    // The last part of a file has what lies beyond the duration that it tells.
    const bool to_end = asked.end >= end;
    if (asked.begin < end || (i + 1 == n && asked.begin == end))
      spans[i] = {within(asked.begin), to_end ? UINT64_MAX : within(asked.end)};
    if (asked.begin >= end || asked.end <= offset) spans[i] = {1, 0};
    offset = end;
  }
  return spans;
}

uint64_t Run::piece_length() const {
  uint64_t total = 0;
  for (const uint64_t duration : durations_) total += duration;
  const uint64_t fair = total / (jobs() * 3) + 1;
  return std::clamp(fair, kShortestPiece, kLongestUnsaved);
}

void Run::add_tasks(size_t source, const Span& span) {
  if (span.end <= span.begin) return;
  const bool is_file = request_.sources[source].kind == Source::kFile;
  const uint64_t duration = source < durations_.size() ? durations_[source] : kUnknown;
  const uint64_t end = std::min(span.end, duration);
  uint64_t n = 1;
  if (is_file && can_cut() && duration != kUnknown && end > span.begin)
    n = std::max<uint64_t>(1, (end - span.begin + piece_length() - 1) / piece_length());
  // What learns is exact as long as it is not cut.
  if (jobs() == 1 && learns(values_)) n = 1;
  // Nor may frames come into a video that are decoded anew later, since a cut turned out inexact.
  if (request_.video) n = 1;
  for (uint64_t i = 0; i < n; ++i) {
    Span piece = span;
    if (i > 0) piece.begin = span.begin + (end - span.begin) / n * i;
    if (i + 1 < n) piece.end = span.begin + (end - span.begin) / n * (i + 1);
    for (const Span& rest : uncounted(request_.sources[source], piece))
      tasks_.push_back({.source = source, .span = rest});
  }
}

void Run::plan() {
  const size_t n = request_.sources.size();
  const bool has_span = !(request_.span == Span{}) || request_.slice > 0;
  const bool is_fine = n >= 4 * jobs() && request_.state_path.empty();
  const bool cuts = can_cut() && ((jobs() > 1 && !is_fine) || !request_.state_path.empty());
  if (cuts || request_.slice > 0 || (n > 1 && has_span)) learn_durations();
  const auto unknown = std::ranges::find(durations_, kUnknown);
  if (request_.slice > 0 && unknown != durations_.end())
    throw Failure("--slice: the length of " +
                  request_.sources[size_t(unknown - durations_.begin())].name + " is not known");
  if ((request_.span.is_cut() || request_.slice > 0) && !can_cut())
    throw Failure("--from and --slice do not go together with half-life and analysis-interval");
  const std::vector<Span> spans = asked_spans();
  for (size_t i = 0; i < n; ++i) add_tasks(i, spans[i]);
  std::vector<double> weights;
  for (const Task& task : tasks_) {
    const uint64_t bytes = bytes_of(request_.sources[task.source]);
    size_t pieces = 0;
    for (const Task& other : tasks_) pieces += other.source == task.source;
    weights.push_back(double(bytes) / double(pieces));
  }
  progress_.set_total(weights);
}

PieceResult Run::analyze(const Task& task, size_t index, bool seeks) {
  const Source& source = request_.sources[task.source];
  PieceRequest request{.source = source,
                       .raw = request_.raw,
                       .span = task.span,
                       .settings = request_.settings,
                       .key_frames_only = request_.key_frames_only,
                       .seeks = seeks,
                       .span_map_step = request_.span_map_step,
                       .thumbnails = request_.thumbnails,
                       .sample = request_.sample,
                       .video = request_.video};
  if (learns(values_))
    request.run_up = values_.at("detector") == "difference" ? kRunUp : kRunUpOfModel;
  if (jobs() > 1) request.decoder_threads = std::max(1, int(g_get_num_processors() / jobs()));
  if (has_half_life() && !record_.is_empty()) request.earlier = &record_.state;
  if (request_.max_events > 0) request.max_events = request_.max_events - events_;
  const auto watched = progress_.begin(index, source.name, task.span);
  PieceResult result = analyze_piece(request, *watched, stop_);
  progress_.end(index);
  // What cannot be entered in the middle does not go on there.
  if (!can_cut() || source.kind != Source::kFile) result.span = task.span;
  return result;
}

void Run::do_task(size_t index) {
  Task& task = tasks_[index];
  if (request_.video) begin_video_part();
  std::optional<PieceResult> result;
  std::string failure;
  try {
    // To enter a file where a state ends may fail, and a video would have its frames by then.
    const bool goes_on = request_.video && !counted(request_.sources[task.source]).empty();
    result = analyze(task, index, request_.seeks && !goes_on);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const std::lock_guard guard(lock_);
  if (!task.is_dropped) task.result = std::move(result);
  task.failure = failure;
  task.is_done = true;
  take_what_is_done();
}

// In the video files follow each other without a hole, whatever their clocks say. One job works
// here.
void Run::begin_video_part() {
  uint64_t end = 0;
  for (const Part& part : parts_of(record_)) end += part.duration;
  request_.video->begin_part(end);
}

// One of the jobs.
void Run::work() {
  while (true) {
    size_t index;
    {
      const std::lock_guard guard(lock_);
      while (next_ < tasks_.size() && tasks_[next_].is_done) ++next_;
      if (next_ == tasks_.size() || stop_) break;
      if (request_.max_events > 0 && events_ >= request_.max_events) break;
      index = next_++;
    }
    do_task(index);
  }
}

// The lock is held. Results are taken in the order of the time axis.
void Run::take_what_is_done() {
  for (; taken_ < tasks_.size() && tasks_[taken_].is_done; ++taken_) take(taken_);
}

SourceRecord& Run::record_of(const Source& source) {
  const auto record = find(source);
  if (record != record_.sources.end())
    return record_.sources[size_t(record - record_.sources.begin())];
  record_.sources.push_back(
      {.name = source.name, .uri = source.uri, .bytes = bytes_of(source), .start = source.start});
  return record_.sources.back();
}

// All but its timeline.
PieceRecord ends_of(const PieceResult& result) {
  return {.span = result.span,
          .end = result.end,
          .before_begin = result.before_begin,
          .at_begin = result.at_begin,
          .before_end = result.before_end,
          .at_end = result.at_end,
          .timeline = Timeline()};
}

// Why a piece cannot follow what was counted of its source; empty if it can.
std::string Run::fault_of(const Task& task) const {
  if (!task.failure.empty()) return task.span.is_cut() ? task.failure : "";
  for (const PieceRecord& piece : counted(request_.sources[task.source])) {
    std::string fault;
    if (piece.span.end == task.span.begin) fault = seam_fault(piece, ends_of(*task.result));
    if (piece.span.begin == task.span.end) fault = seam_fault(ends_of(*task.result), piece);
    if (!fault.empty()) return fault;
  }
  return "";
}

// What cannot be entered in the middle is decoded from its beginning up to where the piece begins:
// this and what follows it of its source.
void Run::do_without_seeking(size_t index) {
  Task& task = tasks_[index];
  for (size_t i = index + 1; i < tasks_.size() && tasks_[i].source == task.source; ++i) {
    if (tasks_[i].span.begin != task.span.end) break;
    task.span.end = tasks_[i].span.end;
    tasks_[i].is_done = tasks_[i].is_dropped = true;
    tasks_[i].result.reset();
  }
  task.result.reset();
  task.failure.clear();
  try {
    task.result = analyze(task, index, false);
  } catch (const std::exception& error) {
    task.failure = error.what();
  }
}

void Run::take(size_t index) {
  Task& task = tasks_[index];
  if (task.is_dropped || (!task.result && task.failure.empty())) return;
  const Source& source = request_.sources[task.source];
  const std::string fault = fault_of(task);
  if (!fault.empty() && !stop_) {
    result_.notes.push_back(source.name + " is read in one go from " +
                            format_clock(task.span.begin) + " on: " + fault);
    do_without_seeking(index);
  }
  if (task.result)
    take_result(source, *task.result);
  else if (SourceRecord& record = record_of(source); record.problem.empty())
    record.problem = task.failure;
  task.result.reset();
  save();
}

void add_piece(SourceRecord& record, PieceResult& result) {
  record.pieces.push_back(ends_of(result));
  record.pieces.back().timeline = std::move(result.timeline);
  std::ranges::sort(record.pieces, {}, [](const PieceRecord& piece) { return piece.span.begin; });
}

void Run::take_result(const Source& source, PieceResult& result) {
  SourceRecord& record = record_of(source);
  if (!record.start) record.start = result.start;
  if (record.problem.empty() && !result.problems.empty()) record.problem = result.problems.front();
  result_.was_stopped |= result.was_stopped;
  events_ += result.events;
  if (!result.sample.empty()) result_.sample = result.sample;
  if (result.state.size.area() == 0) {
    // That no frame is there is known of a piece, too.
    if (can_cut() && source.kind == Source::kFile && !result.was_stopped && result.problems.empty())
      add_piece(record, result);
    return;
  }
  if (has_half_life())
    record_.state = std::move(result.state);
  else
    add_heat(record_, std::move(result.state));
  record_.background = join(record_.background, result.background);
  if (record_.picture.area() == 0) record_.picture = result.picture;
  if (!(record_.picture == result.picture))
    result_.notes.push_back(source.name + ": its size differs; all heat is in that of the first, " +
                            text_of(record_.picture));
  else if (result.changed_size)
    result_.notes.push_back(source.name + ": its size changes; its heat is in the last one, " +
                            text_of(result.picture));
  add_piece(record, result);

  const size_t part = size_t(&record - record_.sources.data());
  const uint64_t offset = parts_of(record_)[part].offset, step = request_.span_map_step;
  if (step > 0) result_.span_maps.add(result.span_maps, (offset + step / 2) / step);
  for (Thumbnail& thumbnail : result.thumbnails) {
    thumbnail.time += offset;
    result_.thumbnails.push_back(std::move(thumbnail));
  }
}

// Whether it could be saved is told in the end.
void Run::save() {
  constexpr gint64 kInterval = 60 * G_USEC_PER_SEC;
  if (request_.state_path.empty() || record_.is_empty()) return;
  if (g_get_monotonic_time() - saved_ < kInterval) return;
  try {
    save_record(request_.state_path, record_, request_.force);
  } catch (const Failure&) {
  }
  saved_ = g_get_monotonic_time();
}

// A state that this goes on with may hold what an earlier run counted of this slice, of no other.
void Run::check_slice() const {
  if (request_.slice == 0 || record_.n_slices == 0) return;
  if (record_.n_slices != request_.n_slices || record_.slices != std::vector{request_.slice})
    throw Failure(request_.state_path + ": it holds " +
                  name_of_slices(record_.slices, record_.n_slices));
}

// What was stopped is not the slice yet.
void Run::mark_slice() {
  record_.slices.clear();
  record_.n_slices = 0;
  if (request_.slice == 0 || result_.was_stopped) return;
  record_.slices = {request_.slice};
  record_.n_slices = request_.n_slices;
  const bool is_whole =
      std::ranges::all_of(record_.sources, &std::string::empty, &SourceRecord::problem);
  if (record_.is_empty() && is_whole) record_.state = state_without_frames();
}

RunResult Run::go() {
  check_slice();
  record_.settings = request_.settings;
  plan();
  std::vector<std::jthread> workers;
  for (unsigned i = 0; i < jobs(); ++i) workers.emplace_back([this] { work(); });
  workers.clear();
  for (Task& task : tasks_) task.is_done = true;  // nobody else does what a stop left
  take_what_is_done();
  result_.was_stopped |= stop_;
  mark_slice();
  if (request_.start && !record_.sources.empty()) record_.sources[0].start = request_.start;
  result_.parts = parts_of(record_);
  result_.record = std::move(record_);
  return std::move(result_);
}

}  // namespace

RunProgress::Now RunProgress::now() const {
  const std::lock_guard guard(lock_);
  Now now{.source = source_};
  double total = 0, done = 0;
  bool is_known = false;
  for (const Piece& piece : pieces_) {
    total += piece.weight;
    if (!piece.progress) continue;
    const uint64_t end = std::min(piece.span.end, piece.progress->duration.load());
    const uint64_t at = piece.progress->time;
    const double length = end > piece.span.begin ? double(end - piece.span.begin) : 0;
    const double passed = at > piece.span.begin ? double(at - piece.span.begin) : 0;
    done += piece.weight * (piece.is_done ? 1 : length > 0 ? std::min(1.0, passed / length) : 0);
    is_known |= piece.is_done || length > 0;
    now.seconds += passed / GST_SECOND;
    now.frames += piece.progress->frames;
  }
  if (is_known && total > 0) now.share = done / total;
  return now;
}

void RunProgress::set_total(std::vector<double> weights) {
  const std::lock_guard guard(lock_);
  pieces_.resize(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) pieces_[i].weight = weights[i];
}

std::shared_ptr<PieceProgress> RunProgress::begin(size_t piece, const std::string& source,
                                                  Span span) {
  const std::lock_guard guard(lock_);
  source_ = source;
  pieces_[piece].span = span;
  pieces_[piece].progress = std::make_shared<PieceProgress>();
  return pieces_[piece].progress;
}

void RunProgress::end(size_t piece) {
  const std::lock_guard guard(lock_);
  pieces_[piece].is_done = true;
}

uint64_t estimated_duration(const RunRequest& request) {
  uint64_t duration = 0;
  for (const Source& source : request.sources)
    duration += source.kind == Source::kFile ? duration_of(source) : 3600 * GST_SECOND;
  const uint64_t asked = request.span.end - request.span.begin;
  return std::min(duration, asked);
}

RunResult run(const RunRequest& request, Record before, RunProgress& progress,
              const std::atomic<bool>& stop) {
  return Run(request, std::move(before), progress, stop).go();
}

}  // namespace tool
