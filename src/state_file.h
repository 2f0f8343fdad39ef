// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <climits>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "frame_view.h"

namespace motionheat {

/// The heat of a stream and what it was counted under: what outlives the process that counted it.
/// docs/state-file.md describes the file.
struct State {
  /// What a file can hold: 16384 x 8192 pixels, as many as in the largest video.
  static constexpr int64_t kMaxArea = int64_t{1} << 27;
  static constexpr uint64_t kMaxCount = (uint64_t{1} << 48) - 1;

  Size size;                     ///< at least 1 x 1
  double unit = 1;               ///< what one event is worth in the counts: 1 in a map that never
                                 ///< aged, else from 2^11 to below 2^16
  std::vector<uint64_t> counts;  ///< of each pixel, row by row, up to kMaxCount
  uint64_t frames = 0;           ///< counted
  uint64_t skipped = 0;
  int64_t first_time = 0;  ///< of the first counted frame, by the wall clock: microseconds of UTC
                           ///< since 1970. A clock that was set back makes it the later one.
  int64_t last_time = 0;   ///< of the last counted frame
  uint64_t half_life = 0;  ///< nanoseconds; 0: it never forgets
  /// What else the counts depend on, such as the detector and its threshold, as UTF-8.
  std::map<std::string, std::string> settings;
  /// What a program keeps beside the heat, by name: nothing here looks into it.
  std::map<std::string, std::vector<uint8_t>> attachments;

  bool operator==(const State&) const = default;
};

/// Why a state could not be loaded or saved. what() is the reason alone and leaves the path to the
/// caller.
class StateError : public std::runtime_error {
 public:
  enum Kind {
    kMissing,     ///< there is no such file
    kUnreadable,  ///< the system refuses: permissions, input or output errors, a directory
    kInUse,       ///< another StateFile has it
    kForeign,     ///< not a state file
    kNewer,       ///< of a version above this one
    kDamaged,     ///< cut off, altered or inconsistent
  };

  StateError(Kind error_kind, const std::string& reason)
      : std::runtime_error(reason), kind(error_kind) {}

  Kind kind;
};

/// For those who take a state of any size.
inline constexpr Size kNoLimit{INT_MAX, INT_MAX};

/// A state file and the right to write to it, which only one has at a time: in this process, in
/// others and, where the file system can, on other machines. It goes with the process, and a forked
/// child has no part in it.
///
/// The right is a lock on the file. A new file is locked before it takes the place of the old one,
/// so a name never stands for a file that its owner has not locked.
class StateFile {
 public:
  /// Takes the file that `path` names, if it is there; a symbolic link is followed. Throws
  /// StateError: kInUse, kForeign, kUnreadable.
  explicit StateFile(const std::string& path);
  /// Gives it back, and removes what only `reserve` has written.
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  /// The state in the file, as load_state gives it; nothing if there is none.
  std::optional<State> load(Size limit = kNoLimit) const;

  /// Where there is no file yet, writes one with `empty` and so takes the name. Throws as `save`
  /// does, and kInUse.
  void reserve(const State& empty);

  /// Writes a state. At every moment, whatever stops the process or the machine, the name stands
  /// for what it stood for before or for all of the new state. Replaces no other file than that
  /// which was there when this was made. Throws StateError (kUnreadable), and
  /// std::invalid_argument for a state out of its ranges.
  void save(const State& state);

  /// Renames a file that cannot be loaded to the first free name of PATH.damaged-1,
  /// PATH.damaged-2, and so on, which it returns. Throws StateError (kUnreadable).
  std::string set_aside();

 private:
  bool is_there() const;
  void close();

  std::string target_;
  int fd_ = -1;            // of the locked file, if there is one
  bool reserved_ = false;  // and nothing saved since
  int process_;
};

/// Reads the state in a file that others may have. One that is wider or higher than `limit` comes
/// as wide or high as that, as HeatMap::resampled makes it, and takes no more memory for its
/// counts. Trusts nothing in the file: whatever is in it, throws only StateError and
/// std::bad_alloc, and takes no more memory than its data can fill.
State load_state(const std::string& path, Size limit = kNoLimit);

/// Writes one state, as StateFile::save does. Throws what StateFile throws.
void save_state(const std::string& path, const State& state);

/// The events of several states together. Counts of the same unit add up exactly; others are scaled
/// to the largest unit and rounded. Settings that differ become "various". Attachments are left
/// out: who made them knows how they go together. Throws std::invalid_argument for no state,
/// distinct sizes or distinct half-lives, std::overflow_error where a sum does not fit.
State merge(std::span<const State> states);

}  // namespace motionheat
