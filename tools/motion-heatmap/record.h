// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "piece.h"
#include "source.h"
#include "state_file.h"

namespace tool {

/// What is known of a piece that was counted.
struct PieceRecord {
  Span span;
  uint64_t end = 0;  // ns: when its last frame ends
  std::optional<SeamFrame> before_begin, at_begin, before_end, at_end;
  Timeline timeline;
};

/// A source and its pieces that were counted, in order.
struct SourceRecord {
  std::string name, uri;
  uint64_t bytes = 0;            // of a file
  std::optional<int64_t> start;  // wall clock of stream time 0, microseconds since 1970
  std::string problem;
  std::vector<PieceRecord> pieces;
};

/// A file that was written anew is another one, and what is no file has no size and is never the
/// same again: a camera goes on.
bool is_same_file(const SourceRecord& known, const std::string& uri, uint64_t bytes);

/// What a run has counted so far: its heat, what that is drawn on, and where the heat is from. It
/// outlives the run in a state file.
struct Record {
  motionheat::State state;   // its attachments are empty; no size while nothing was counted
  ElementSettings settings;  // that were asked for
  Background background;
  motionheat::Size picture;
  std::vector<SourceRecord> sources;
  // Of a run that was cut for several machines: which of how many slices this holds, from 1.
  std::vector<unsigned> slices;
  unsigned n_slices = 0;

  bool is_empty() const { return state.size.area() == 0; }
};

/// Of a slice in which no frame begins: as small as a state can be. Merging leaves it out.
motionheat::State state_without_frames();
/// "slices 2/8, 3/8".
std::string name_of_slices(const std::vector<unsigned>& slices, unsigned n_slices);

/// A record of a state file. One that the element has written has no sources. Throws Failure that
/// names the file.
Record load_record(const std::string& path);
/// Replaces only a state file, unless `force`. Throws Failure that names the file.
void save_record(const std::string& path, const Record& record, bool force);

/// Why two pieces that follow each other may not be joined; empty if they may.
std::string seam_fault(const PieceRecord& before, const PieceRecord& after);

/// The sources one after the other on the time axis of a run. The frames of each are those of all
/// its pieces.
std::vector<Part> parts_of(const Record& record);

/// The heat of both, exactly; that of `next` in the size of the first. Throws Failure if they do
/// not go together.
void add_heat(Record& record, motionheat::State next);

/// All of several states, in whatever order. Slices must be all those of one run; their sum is no
/// slice any more. Throws Failure that says what is missing, or which do not go together.
Record merge_records(std::vector<Record> records, const std::vector<std::string>& names);

}  // namespace tool
