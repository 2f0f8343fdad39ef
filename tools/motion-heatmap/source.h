// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tool {

/// What videos come from.
struct Source {
  enum Kind {
    kFile,    ///< a regular file
    kUri,     ///< on a network, or whatever else has a scheme
    kDevice,  ///< a camera of this machine
    kStdin,   ///< bytes that come once: standard input, or a named pipe
  };

  Kind kind = kFile;
  std::string name;              ///< as the user knows it, without a password; UTF-8 always, so
                                 ///< not for opening
  std::string uri;               ///< what GStreamer plays
  std::optional<int64_t> start;  ///< of a file: wall clock of its beginning as its name tells it,
                                 ///< microseconds of UTC since 1970
};

/// An argument that is no source. what() says which and why.
class SourceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the arguments of a command line name: files, folders (the videos in them, not those of
/// folders within), patterns such as "cam*.mp4" that no shell has expanded, URIs ("rtsp://..."),
/// cameras ("/dev/video0"), "-" for standard input. What exists under a name is taken before
/// what the name could mean else.
///
/// In the order of their paths or URIs, see `comes_before`. GStreamer must be initialised. Throws
/// SourceError for what is missing or cannot be read, what is none of these, folders without a
/// video, and what is named twice, be it by links. What is in a file is not looked at.
std::vector<Source> find_sources(std::span<const std::string> arguments);

/// The order of paths: digits by the value of their number, slashes and then dots before all else,
/// so that cam2.mp4 comes before cam10.mp4 and day.mp4 before day-1.mp4; other bytes by their
/// value, whatever the locale, which in UTF-8 is the order of code points. Paths that differ are
/// never equal.
bool comes_before(std::string_view name, std::string_view other);

/// Date and time in a file's name: digits of year, month, day, hour, minute and second, with or
/// without signs between them, as "2026-11-26_08-00-00" or "ch01_20261126080000". The first, if
/// there are several. Local time, or UTC if a Z follows. Microseconds of UTC since 1970.
std::optional<int64_t> time_in_name(const std::string& name);

}  // namespace tool
