// SPDX-License-Identifier: LGPL-2.1-or-later
#include "new_file.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

namespace motionheat {
namespace {

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return {};
  return status;
}

// Mode and owner of the file that is replaced. The mode comes last, as a new owner may take bits
// of it away; an owner that may not be given is no reason to fail.
bool inherit(int fd, const struct stat& old) {
  struct stat now;
  if (fstat(fd, &now) != 0) return false;
  if (now.st_uid != old.st_uid || now.st_gid != old.st_gid)
    if (fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM) return false;
  return fchmod(fd, old.st_mode & 07777) == 0;
}

}  // namespace

NewFile::NewFile(const std::string& path) : target_(follow_links(path)) {
  const auto old = status_of(target_);
  if (old && !S_ISREG(old->st_mode)) throw FileError("this is not a regular file");
  temporary_ = target_ + ".XXXXXX";
  // Nobody may read for a moment what nobody may read in the end.
  fd_ = g_mkstemp_full(temporary_.data(), O_RDWR | O_CLOEXEC, old ? 0600 : 0666);
  if (fd_ < 0) throw FileError(g_strerror(errno));
  if (old && !inherit(fd_, *old)) fail(errno);
}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
  if (fd_ >= 0) close(fd_);
}

// For the constructor, after which there is no destructor to tidy up.
void NewFile::fail(int error) const {
  unlink(temporary_.c_str());
  close(fd_);
  throw FileError(g_strerror(error));
}

void NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) throw FileError(g_strerror(errno));
    bytes.remove_prefix(written > 0 ? size_t(written) : 0);
  }
}

void NewFile::replace() {
  sync();
  if (rename(temporary_.c_str(), target_.c_str()) != 0) throw FileError(g_strerror(errno));
  temporary_.clear();
  sync_directory();
}

bool NewFile::take_name(const std::string& name) {
  sync();
  if (!rename_to_free(temporary_, name)) {
    if (errno == EEXIST) return false;
    throw FileError(g_strerror(errno));
  }
  temporary_.clear();
  sync_directory();
  return true;
}

int NewFile::release() {
  return std::exchange(fd_, -1);
}

void NewFile::sync() {
  if (fsync(fd_) != 0) throw FileError(g_strerror(errno));
}

// So that the name is on the disk too. Some file systems cannot; they do it unasked or not at all.
void NewFile::sync_directory() const {
  const std::string directory = std::filesystem::path(target_).parent_path().string();
  const int fd = open(directory.empty() ? "." : directory.c_str(),
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

std::string follow_links(const std::string& path) {
  constexpr int kMaxLinks = 40;  // Linux follows no more
  std::filesystem::path target = path;
  std::error_code error;
  for (int i = 0; i < kMaxLinks && std::filesystem::is_symlink(target, error); ++i)
    target = target.parent_path() / std::filesystem::read_symlink(target, error);
  return target.string();
}

// NFS has no such way to rename, but links.
bool rename_to_free(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  return (errno == EINVAL || errno == ENOSYS) && link(from.c_str(), to.c_str()) == 0 &&
         unlink(from.c_str()) == 0;
}

}  // namespace motionheat
