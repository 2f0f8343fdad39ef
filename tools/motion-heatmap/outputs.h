// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "options.h"
#include "summary.h"

namespace tool {

/// The files that a command line asks for.
class Outputs {
 public:
  /// `name` is what the picture is named after where nothing is said. Throws UsageError for what
  /// cannot be written there, so that nobody waits hours for it.
  Outputs(const CommandLine& line, const std::string& name);

  bool has_panels() const { return !panels_.empty(); }
  bool has_report() const { return !report_.empty(); }
  const std::string& state() const { return state_; }
  const std::string& video() const { return video_; }
  /// Without a picture unless one is asked for.
  void leave_out_picture() { picture_.clear(); }

  /// Throws UsageError if one of them is that file.
  void check_distinct_from(const std::string& path) const;

  /// Writes all but the video, each also where another one cannot be written. Returns what was
  /// written, and into `faults` why something was not.
  std::vector<std::string> write(const Summary& summary, std::vector<std::string>& faults) const;

 private:
  void write_clips(const Summary& summary, std::vector<std::string>& written,
                   std::vector<std::string>& faults) const;
  std::vector<std::string> paths() const;

  std::string picture_, heat_, state_, json_, csv_, report_, panels_, video_, clips_;
  uint64_t pre_roll_, post_roll_;  // ns
  bool force_;
};

}  // namespace tool
