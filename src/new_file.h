// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace motionheat {

/// Why a file could not be written. what() is the reason alone and leaves the path to the caller.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file in the making. It gets its name when all of it is on the disk: whatever stops the process
/// or the machine, a name stands for all of an old file or all of a new one.
///
/// Until then it lies beside its destination, as NAME.ABC123, and goes away with the object. Only a
/// killed process leaves it behind. All functions throw FileError.
class NewFile {
 public:
  /// For the file that `path` names; links are followed, also to where there is nothing yet. What
  /// is there must be a regular file, whose mode and owner the new one gets.
  explicit NewFile(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view bytes);

  /// Takes the place of what `path` names.
  void replace();
  /// Gets a name in the same directory, unless that is taken: then returns false.
  bool take_name(const std::string& name);

  int fd() const { return fd_; }
  /// The descriptor, which the caller closes.
  int release();

 private:
  void sync();
  void sync_directory() const;
  [[noreturn]] void fail(int error) const;

  std::string target_;
  std::string temporary_;  // empty once it has its name
  int fd_ = -1;
};

/// The file that a link names, also where there is none yet: renaming would replace the link.
std::string follow_links(const std::string& path);

/// Renames a file. Fails with EEXIST instead of replacing another one.
bool rename_to_free(const std::string& from, const std::string& to);

}  // namespace motionheat
