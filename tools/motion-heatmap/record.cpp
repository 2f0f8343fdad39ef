// SPDX-License-Identifier: LGPL-2.1-or-later
#include "record.h"

#include <gio/gio.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <map>

#include "duration.h"
#include "heat_map.h"

namespace tool {
namespace {

using motionheat::State;
using motionheat::StateError;

constexpr const char* kRecord = "motion-heatmap";
constexpr const char* kBackground = "background";

std::vector<uint8_t> convert(std::vector<uint8_t> bytes, GConverter* converter) {
  GInputStream* const from =
      g_memory_input_stream_new_from_data(bytes.data(), gssize(bytes.size()), nullptr);
  GInputStream* const through = g_converter_input_stream_new(from, converter);
  GOutputStream* const to = g_memory_output_stream_new_resizable();
  const auto flags = GOutputStreamSpliceFlags(G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                              G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET);
  const bool is_done = g_output_stream_splice(to, through, flags, nullptr, nullptr) >= 0;
  auto* const memory = G_MEMORY_OUTPUT_STREAM(to);
  const auto* data = static_cast<const uint8_t*>(g_memory_output_stream_get_data(memory));
  std::vector<uint8_t> converted;
  if (is_done) converted.assign(data, data + g_memory_output_stream_get_data_size(memory));
  g_object_unref(to);
  g_object_unref(through);
  g_object_unref(from);
  g_object_unref(converter);
  return converted;
}

// The file has little endian numbers. The same either way.
VariantPtr to_or_from_file_order(VariantPtr variant) {
  if constexpr (std::endian::native == std::endian::little) return variant;
  return VariantPtr(g_variant_byteswap(variant.get()));
}

template <typename T>
GVariant* array_of(const char* type, const std::vector<T>& values) {
  return g_variant_new_fixed_array(G_VARIANT_TYPE(type), values.data(), values.size(), sizeof(T));
}

template <typename T>
std::span<const T> elements(GVariant* array) {
  gsize n = 0;
  const auto* values = static_cast<const T*>(g_variant_get_fixed_array(array, &n, sizeof(T)));
  return {values, n};
}

GVariant* to_variant(const std::string& text) {
  return g_variant_new_take_string(g_utf8_make_valid(text.data(), gssize(text.size())));
}

constexpr const char* kSeamType = "m(ts)";
GVariant* to_variant(const std::optional<SeamFrame>& seam) {
  if (!seam) return g_variant_new_maybe(G_VARIANT_TYPE("(ts)"), nullptr);
  return g_variant_new_maybe(nullptr,
                             g_variant_new("(ts)", guint64{seam->time}, seam->digest.c_str()));
}

std::optional<SeamFrame> seam_of(GVariant* variant) {
  const VariantPtr content(g_variant_get_maybe(variant));
  if (!content) return {};
  SeamFrame seam;
  guint64 time;
  const gchar* digest;
  g_variant_get(content.get(), "(t&s)", &time, &digest);
  seam.time = time;
  seam.digest = digest;
  return seam;
}

// Times, durations, kinds, shares and boxes, each one after the other: what is alike lies together.
constexpr const char* kTimelineType = "(tatatayadaq)";
GVariant* to_variant(const Timeline& timeline) {
  std::vector<guint64> times, durations;
  std::vector<guint8> kinds;
  std::vector<double> shares;
  std::vector<guint16> boxes;
  for (size_t i = 0; i < timeline.size(); ++i) {
    times.push_back(timeline.frame(i).time);
    durations.push_back(timeline.frame(i).duration);
    kinds.push_back(guint8(timeline.frame(i).kind));
    shares.insert(shares.end(), timeline.shares(i).begin(), timeline.shares(i).end());
    for (const GridBox& box : timeline.boxes(i))
      boxes.insert(boxes.end(), {box.left, box.top, box.right, box.bottom});
  }
  GVariant* const fields[] = {g_variant_new_uint64(timeline.zones()),
                              array_of("t", times),
                              array_of("t", durations),
                              array_of("y", kinds),
                              array_of("d", shares),
                              array_of("q", boxes)};
  return g_variant_new_tuple(fields, G_N_ELEMENTS(fields));
}

VariantPtr child(GVariant* tuple, gsize i) {
  return VariantPtr(g_variant_get_child_value(tuple, i));
}

Timeline timeline_of(GVariant* variant) {
  Timeline timeline(g_variant_get_uint64(child(variant, 0).get()));
  const VariantPtr fields[] = {child(variant, 1), child(variant, 2), child(variant, 3),
                               child(variant, 4), child(variant, 5)};
  const auto times = elements<guint64>(fields[0].get());
  const auto durations = elements<guint64>(fields[1].get());
  const auto kinds = elements<guint8>(fields[2].get());
  const auto shares = elements<double>(fields[3].get());
  const auto boxes = elements<guint16>(fields[4].get());
  const size_t columns = timeline.zones() + 1, n = times.size();
  if (timeline.zones() > n * 8 + 4096 || durations.size() != n || kinds.size() != n ||
      shares.size() != n * columns || boxes.size() != n * columns * 4)
    return timeline;
  std::vector<GridBox> row(columns);
  for (size_t i = 0; i < n; ++i) {
    for (size_t column = 0; column < columns; ++column) {
      const auto box = boxes.subspan((i * columns + column) * 4, 4);
      row[column] = {box[0], box[1], box[2], box[3]};
    }
    timeline.add({times[i], durations[i],
                  kinds[i] == 0 ? Timeline::Kind::kAnalyzed : Timeline::Kind::kPassed},
                 shares.subspan(i * columns, columns), row);
  }
  return timeline;
}

GVariant* to_variant(const PieceRecord& piece) {
  GVariant* const fields[] = {g_variant_new_uint64(piece.span.begin),
                              g_variant_new_uint64(piece.span.end),
                              g_variant_new_uint64(piece.end),
                              to_variant(piece.before_begin),
                              to_variant(piece.at_begin),
                              to_variant(piece.before_end),
                              to_variant(piece.at_end),
                              to_variant(piece.timeline)};
  return g_variant_new_tuple(fields, G_N_ELEMENTS(fields));
}

PieceRecord piece_of(GVariant* variant) {
  return {.span = {g_variant_get_uint64(child(variant, 0).get()),
                   g_variant_get_uint64(child(variant, 1).get())},
          .end = g_variant_get_uint64(child(variant, 2).get()),
          .before_begin = seam_of(child(variant, 3).get()),
          .at_begin = seam_of(child(variant, 4).get()),
          .before_end = seam_of(child(variant, 5).get()),
          .at_end = seam_of(child(variant, 6).get()),
          .timeline = timeline_of(child(variant, 7).get())};
}

std::string piece_type() {
  const std::string seam = kSeamType;
  return "(ttt" + seam + seam + seam + seam + kTimelineType + ")";
}

// Name, URI, bytes, wall clock, problem, pieces.
std::string source_type() {
  return "(sstmxsa" + piece_type() + ")";
}

// Width and height of the picture, seconds of the background, slices, how many there are, sources,
// preset and settings.
std::string record_type() {
  return "(iidauua" + source_type() + "sa{ss})";
}

GVariant* to_variant(const SourceRecord& source) {
  GVariantBuilder pieces;
  g_variant_builder_init(&pieces, G_VARIANT_TYPE(("a" + piece_type()).c_str()));
  for (const PieceRecord& piece : source.pieces)
    g_variant_builder_add_value(&pieces, to_variant(piece));
  GVariant* const fields[] = {to_variant(source.name),
                              to_variant(source.uri),
                              g_variant_new_uint64(source.bytes),
                              source.start
                                  ? g_variant_new_maybe(nullptr, g_variant_new_int64(*source.start))
                                  : g_variant_new_maybe(G_VARIANT_TYPE_INT64, nullptr),
                              to_variant(source.problem),
                              g_variant_builder_end(&pieces)};
  return g_variant_new_tuple(fields, G_N_ELEMENTS(fields));
}

SourceRecord source_of(GVariant* variant) {
  SourceRecord source{.name = g_variant_get_string(child(variant, 0).get(), nullptr),
                      .uri = g_variant_get_string(child(variant, 1).get(), nullptr),
                      .bytes = g_variant_get_uint64(child(variant, 2).get()),
                      .problem = g_variant_get_string(child(variant, 4).get(), nullptr)};
  const VariantPtr start(g_variant_get_maybe(child(variant, 3).get()));
  if (start) source.start = g_variant_get_int64(start.get());
  const VariantPtr pieces = child(variant, 5);
  for (gsize i = 0; i < g_variant_n_children(pieces.get()); ++i)
    source.pieces.push_back(piece_of(child(pieces.get(), i).get()));
  return source;
}

std::vector<uint8_t> serialize(const Record& record) {
  GVariantBuilder sources;
  g_variant_builder_init(&sources, G_VARIANT_TYPE(("a" + source_type()).c_str()));
  for (const SourceRecord& source : record.sources)
    g_variant_builder_add_value(&sources, to_variant(source));
  const std::vector<guint32> slices(record.slices.begin(), record.slices.end());
  GVariantBuilder settings;
  g_variant_builder_init(&settings, G_VARIANT_TYPE("a{ss}"));
  for (const auto& [name, value] : record.settings.values)
    g_variant_builder_add_value(&settings,
                                g_variant_new_dict_entry(to_variant(name), to_variant(value)));
  GVariant* const fields[] = {g_variant_new_int32(record.picture.width),
                              g_variant_new_int32(record.picture.height),
                              g_variant_new_double(record.background.seconds),
                              array_of("u", slices),
                              g_variant_new_uint32(record.n_slices),
                              g_variant_builder_end(&sources),
                              to_variant(record.settings.preset),
                              g_variant_builder_end(&settings)};
  const VariantPtr variant = to_or_from_file_order(
      VariantPtr(g_variant_ref_sink(g_variant_new_tuple(fields, G_N_ELEMENTS(fields)))));
  const auto* data = static_cast<const uint8_t*>(g_variant_get_data(variant.get()));
  return convert({data, data + g_variant_get_size(variant.get())},
                 G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 1)));
}

void deserialize(const std::vector<uint8_t>& bytes, Record& record) {
  const std::vector<uint8_t> plain =
      convert(bytes, G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB)));
  VariantPtr variant(g_variant_ref_sink(g_variant_new_from_data(
      G_VARIANT_TYPE(record_type().c_str()), plain.data(), plain.size(), FALSE, nullptr, nullptr)));
  if (plain.empty() || !g_variant_is_normal_form(variant.get()))
    throw Failure("what motion-heatmap keeps in it is damaged");
  variant = to_or_from_file_order(std::move(variant));
  record.picture = {g_variant_get_int32(child(variant.get(), 0).get()),
                    g_variant_get_int32(child(variant.get(), 1).get())};
  record.background.seconds = g_variant_get_double(child(variant.get(), 2).get());
  const VariantPtr slices = child(variant.get(), 3);
  for (const guint32 slice : elements<guint32>(slices.get())) record.slices.push_back(slice);
  record.n_slices = g_variant_get_uint32(child(variant.get(), 4).get());
  const VariantPtr sources = child(variant.get(), 5);
  for (gsize i = 0; i < g_variant_n_children(sources.get()); ++i)
    record.sources.push_back(source_of(child(sources.get(), i).get()));
  record.settings.preset = g_variant_get_string(child(variant.get(), 6).get(), nullptr);
  const VariantPtr settings = child(variant.get(), 7);
  for (gsize i = 0; i < g_variant_n_children(settings.get()); ++i) {
    const gchar *name, *value;
    const VariantPtr setting = child(settings.get(), i);
    g_variant_get(setting.get(), "{&s&s}", &name, &value);
    record.settings.values[name] = value;
  }
}

void check_slices(const Record& merged) {
  std::vector<unsigned> sorted = merged.slices, missing;
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice != sorted.end())
    throw Failure(name_of_slices({*twice}, merged.n_slices) + " is there twice");
  for (unsigned slice = 1; slice <= merged.n_slices; ++slice)
    if (!std::ranges::binary_search(sorted, slice)) missing.push_back(slice);
  if (!missing.empty())
    throw Failure(name_of_slices(missing, merged.n_slices) +
                  (missing.size() == 1 ? " is missing" : " are missing"));
}

void add_sources(Record& merged, std::vector<SourceRecord> sources) {
  for (SourceRecord& source : sources) {
    const auto known = std::ranges::find_if(merged.sources, [&](const SourceRecord& other) {
      return is_same_file(other, source.uri, source.bytes);
    });
    if (known == merged.sources.end()) {
      merged.sources.push_back(std::move(source));
      continue;
    }
    std::ranges::move(source.pieces, std::back_inserter(known->pieces));
    if (known->problem.empty()) known->problem = source.problem;
  }
}

void check_pieces(SourceRecord& source) {
  std::ranges::sort(source.pieces, {}, [](const PieceRecord& piece) { return piece.span.begin; });
  for (size_t i = 1; i < source.pieces.size(); ++i) {
    const PieceRecord &before = source.pieces[i - 1], &after = source.pieces[i];
    if (after.span.begin < before.span.end)
      throw Failure(source.name + ": what begins at " + format_clock(after.span.begin) +
                    " was counted twice");
    const std::string fault = after.span.begin == before.span.end ? seam_fault(before, after) : "";
    if (!fault.empty())
      throw Failure(source.name + ", at " + format_clock(after.span.begin) + ": " + fault);
  }
}

// Slices of the same sources leave nothing out. They do if a file changed from one to the next, or
// has another path where another one was counted.
void check_is_whole(const SourceRecord& source) {
  if (!source.problem.empty()) return;
  uint64_t end = 0;
  for (const PieceRecord& piece : source.pieces) {
    if (piece.span.begin != end) break;
    end = piece.span.end;
  }
  if (end != UINT64_MAX)
    throw Failure(source.uri + ": what begins at " + format_clock(end) +
                  " is in no slice: was the same file, with the same path, cut each time?");
}

bool has_frames(const Record& record) {
  return record.state.frames + record.state.skipped > 0;
}

// Slices of one run have the same settings. Of other states those are kept that all have.
void join_settings(ElementSettings& all, const Record& record) {
  const bool is_slice = record.n_slices > 0;
  const auto join = [&](const std::string& name, const std::string& value, std::string& other) {
    if (value == other) return true;
    const auto named = [](const std::string& text) { return text.empty() ? "not set" : text; };
    if (is_slice)
      throw Failure(name + " is " + named(value) + ", and " + named(other) + " in other slices");
    return false;
  };
  if (!join("preset", record.settings.preset, all.preset)) all.preset.clear();
  std::map<std::string, std::string> values = all.values;
  for (const auto& [name, value] : record.settings.values) values.emplace(name, "");
  for (auto& [name, other] : values) {
    const auto found = record.settings.values.find(name);
    if (!join(name, found == record.settings.values.end() ? "" : found->second, other))
      all.values.erase(name);
  }
}

// Whether a record goes together with those that were merged before it.
void check_fits(const Record& record, const Record& merged) {
  if (record.n_slices == 0 && merged.n_slices > 0)
    throw Failure("it holds no whole slice; others are slices");
  if (record.n_slices != merged.n_slices)
    throw Failure("it is one of " + std::to_string(record.n_slices) + " slices, others are of " +
                  std::to_string(merged.n_slices));
  if (!has_frames(record) || merged.is_empty()) return;
  const State &state = record.state, &other = merged.state;
  if (!(state.size == other.size))
    throw Failure("the size " + std::to_string(state.size.width) + "x" +
                  std::to_string(state.size.height) + " differs from " +
                  std::to_string(other.size.width) + "x" + std::to_string(other.size.height));
}

}  // namespace

bool is_same_file(const SourceRecord& known, const std::string& uri, uint64_t bytes) {
  return bytes > 0 && known.uri == uri && known.bytes == bytes;
}

State state_without_frames() {
  return {.size = {1, 1}, .counts = {0}};
}

std::string name_of_slices(const std::vector<unsigned>& slices, unsigned n_slices) {
  std::string text = slices.size() == 1 ? "slice " : "slices ";
  for (size_t i = 0; i < slices.size(); ++i)
    text.append(i > 0 ? ", " : "")
        .append(std::to_string(slices[i]))
        .append("/")
        .append(std::to_string(n_slices));
  return text;
}

Record load_record(const std::string& path) {
  try {
    Record record{.state = motionheat::load_state(path)};
    const auto attachments = std::move(record.state.attachments);
    record.state.attachments.clear();
    if (const auto found = attachments.find(kRecord); found != attachments.end())
      deserialize(found->second, record);
    if (const auto found = attachments.find(kBackground); found != attachments.end())
      record.background.picture = decode_picture(found->second);
    return record;
  } catch (const std::exception& error) {
    throw Failure(path + ": " + error.what());
  }
}

void save_record(const std::string& path, const Record& record, bool force) {
  State state = record.state;
  state.attachments[kRecord] = serialize(record);
  if (!record.background.picture.empty()) {
    const std::string png = encode_picture(record.background.picture, ".png");
    state.attachments[kBackground].assign(png.begin(), png.end());
  }
  try {
    try {
      motionheat::save_state(path, state);
    } catch (const StateError& error) {
      // What is not ours is replaced only by who says so.
      if (!force || error.kind != StateError::kForeign || std::remove(path.c_str()) != 0) throw;
      motionheat::save_state(path, state);
    }
  } catch (const std::exception& error) {
    throw Failure(path + ": " + error.what());
  }
}

std::string seam_fault(const PieceRecord& before, const PieceRecord& after) {
  // Where the stream ended before the cut nothing is there to be joined.
  if (!before.at_end && !after.at_begin) return "";
  // A run that was stopped ends with the last frame that it counted, whether or not it saw the
  // next.
  const bool has_before = before.before_end.has_value();
  const bool was_stopped = has_before && before.span.end == before.before_end->time + 1;
  const std::optional<SeamFrame>& at_end =
      was_stopped && !before.at_end ? after.at_begin : before.at_end;
  // Where the stream begins at the cut no frame is before it.
  if (!at_end || !after.at_begin || has_before != after.before_begin.has_value())
    return "one side of the cut is not known";
  // A frame that lasts from before the run-up into it is told to begin with it.
  if (at_end != after.at_begin ||
      (has_before && before.before_end->digest != after.before_begin->digest))
    return "the frames at the cut differ: this file cannot be entered exactly in the middle "
           "(--no-seek decodes it from its beginning)";
  return "";
}

std::vector<Part> parts_of(const Record& record) {
  std::vector<Part> parts;
  uint64_t end = 0;  // of the part before
  std::optional<int64_t> origin;
  for (const SourceRecord& source : record.sources) {
    Part part{.name = source.name, .offset = end, .start = source.start, .problem = source.problem};
    if (!origin && source.start) origin = *source.start - int64_t(end / 1000);
    // Where the wall clock says that there was a hole, there is one.
    if (source.start && *source.start > *origin)
      part.offset = std::max(end, uint64_t(*source.start - *origin) * 1000);
    for (const PieceRecord& piece : source.pieces) {
      if (part.timeline.size() == 0) part.timeline = Timeline(piece.timeline.zones());
      if (part.timeline.zones() == piece.timeline.zones()) part.timeline.append(piece.timeline);
      part.duration = std::max(part.duration, piece.end);
    }
    end = part.offset + part.duration;
    parts.push_back(std::move(part));
  }
  return parts;
}

void add_heat(Record& record, State next) {
  if (next.size.area() == 0) return;
  if (record.is_empty()) {
    record.state = std::move(next);
    return;
  }
  if (!(next.size == record.state.size)) {
    const auto heat =
        motionheat::HeatMap::of(next.size, next.counts, next.unit).resampled(record.state.size);
    next.size = record.state.size;
    next.counts = heat.counts();
    next.unit = heat.unit();
  }
  const State both[] = {std::move(record.state), std::move(next)};
  record.state = motionheat::merge(both);
}

Record merge_records(std::vector<Record> records, const std::vector<std::string>& names) {
  Record merged;
  // In the order of their slices backgrounds follow each other.
  std::vector<size_t> order(records.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](size_t i) {
    return records[i].slices.empty() ? 0u : records[i].slices.front();
  });
  merged.n_slices = records[order.back()].n_slices;
  for (const size_t i : order) {
    Record& record = records[i];
    try {
      check_fits(record, merged);
      if (i == order.front()) merged.settings = record.settings;
      join_settings(merged.settings, record);
      if (has_frames(record)) add_heat(merged, std::move(record.state));
    } catch (const std::exception& error) {
      throw Failure(names[i] + ": " + error.what());
    }
    std::ranges::copy(record.slices, std::back_inserter(merged.slices));
    merged.background = join(merged.background, record.background);
    if (merged.picture.area() == 0) merged.picture = record.picture;
    add_sources(merged, std::move(record.sources));
  }
  if (merged.is_empty()) merged.state = records[0].state;
  std::ranges::stable_sort(merged.sources, comes_before, &SourceRecord::uri);
  if (merged.n_slices > 0) check_slices(merged);
  for (SourceRecord& source : merged.sources) {
    check_pieces(source);
    if (merged.n_slices > 0) check_is_whole(source);
  }
  merged.slices.clear();
  merged.n_slices = 0;
  return merged;
}

}  // namespace tool
