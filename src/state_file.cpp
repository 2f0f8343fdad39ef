// SPDX-License-Identifier: LGPL-2.1-or-later
#include "state_file.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <memory>
#include <string_view>
#include <utility>

#include "compressed_counts.h"
#include "heat_map.h"
#include "new_file.h"

namespace motionheat {
namespace {

constexpr std::string_view kMagic = "motionheatmap-state ";
constexpr unsigned kVersion = 1;
constexpr size_t kFirstLine = kMagic.size() + 2;  // with the version and a line feed
constexpr size_t kChecksum = 64;                  // SHA-256 in hexadecimal digits
constexpr size_t kHeader = kFirstLine + kChecksum + 1;
constexpr int kMaxBytes = 6;  // of a count
// Counts that do not compress become little larger; the rest is for all other fields.
constexpr size_t kMaxFile = size_t(State::kMaxArea) * kMaxBytes / 1000 * 1001 + (1 << 20);

struct Unref {
  void operator()(GVariant* variant) const { g_variant_unref(variant); }
};
using Variant = std::unique_ptr<GVariant, Unref>;

class File {
 public:
  // Not to wait for a writer where the path is that of a pipe.
  explicit File(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }

  // Appends to `text` what the file still has, as far as to `size` bytes.
  void read_up_to(size_t size, std::string& text) const {
    constexpr size_t kPart = 1 << 16;
    while (text.size() < size) {
      const size_t had = text.size();
      text.resize(std::min(size, had + kPart));
      const ssize_t got = read(fd_, text.data() + had, text.size() - had);
      if (got < 0 && errno != EINTR) throw StateError(StateError::kUnreadable, g_strerror(errno));
      text.resize(had + size_t(std::max<ssize_t>(got, 0)));
      if (got == 0) return;
    }
  }

 private:
  int fd_;
};

StateError damaged(const std::string& how) {
  return StateError(StateError::kDamaged, how);
}

bool is_valid(Size size) {
  return size.width > 0 && size.height > 0 && size.area() <= State::kMaxArea;
}

// A file without all of it is not ours, an empty one neither: ours get their name when they are
// complete.
void check_magic(std::string_view text) {
  if (!text.starts_with(kMagic))
    throw StateError(StateError::kForeign, "this is not a state file of motionheatmap");
}

void check_first_line(std::string_view text) {
  check_magic(text);
  text.remove_prefix(kMagic.size());
  unsigned version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || version == 0 || end == text.data() + text.size() || *end != '\n')
    throw damaged("the first line is damaged");
  if (version > kVersion)
    throw StateError(StateError::kNewer, "the file has format version " + std::to_string(version) +
                                             ", this program knows up to " +
                                             std::to_string(kVersion));
}

std::string checksum(std::string_view body) {
  char* digits = g_compute_checksum_for_data(
      G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(body.data()), body.size());
  std::string text = digits;
  g_free(digits);
  return text;
}

Variant field(GVariant* fields, const char* name, const char* type) {
  Variant value(g_variant_lookup_value(fields, name, G_VARIANT_TYPE(type)));
  if (!value) throw damaged(std::string("field '") + name + "' is missing");
  return value;
}

uint64_t uint64_field(GVariant* fields, const char* name) {
  return g_variant_get_uint64(field(fields, name, "t").get());
}

int64_t int64_field(GVariant* fields, const char* name) {
  return g_variant_get_int64(field(fields, name, "x").get());
}

std::map<std::string, std::string> settings_field(GVariant* fields) {
  std::map<std::string, std::string> settings;
  const Variant pairs = field(fields, "settings", "a{ss}");
  GVariantIter iter;
  g_variant_iter_init(&iter, pairs.get());
  const char* name;
  const char* text;
  while (g_variant_iter_next(&iter, "{&s&s}", &name, &text))
    if (!settings.emplace(name, text).second) throw damaged("a setting stands twice");
  return settings;
}

// A file need not have any.
std::map<std::string, std::vector<uint8_t>> attachments_field(GVariant* fields) {
  std::map<std::string, std::vector<uint8_t>> attachments;
  const Variant pairs(g_variant_lookup_value(fields, "attachments", G_VARIANT_TYPE("a{say}")));
  if (!pairs) return attachments;
  GVariantIter iter;
  g_variant_iter_init(&iter, pairs.get());
  const char* name;
  GVariant* content;
  while (g_variant_iter_next(&iter, "{&s@ay}", &name, &content)) {
    const Variant held(content);
    gsize n = 0;
    const auto* bytes =
        static_cast<const uint8_t*>(g_variant_get_fixed_array(content, &n, sizeof(uint8_t)));
    if (!attachments.emplace(name, std::vector<uint8_t>(bytes, bytes + n)).second)
      throw damaged("an attachment stands twice");
  }
  return attachments;
}

State read_fields(GVariant* fields, Size limit) {
  State state;
  const uint32_t width = g_variant_get_uint32(field(fields, "width", "u").get());
  const uint32_t height = g_variant_get_uint32(field(fields, "height", "u").get());
  const int n_bytes = g_variant_get_byte(field(fields, "count-bytes", "y").get());
  state.unit = g_variant_get_double(field(fields, "unit", "d").get());
  if (!std::in_range<int>(width) || !std::in_range<int>(height) || n_bytes < 1 ||
      n_bytes > kMaxBytes || !HeatMap::is_unit(state.unit))
    throw damaged("a field is out of range");
  state.size = {int(width), int(height)};
  if (!is_valid(state.size)) throw damaged("the size is out of range");
  state.frames = uint64_field(fields, "frames");
  state.skipped = uint64_field(fields, "skipped");
  state.first_time = int64_field(fields, "first-time");
  state.last_time = int64_field(fields, "last-time");
  state.half_life = uint64_field(fields, "half-life");
  state.settings = settings_field(fields);
  state.attachments = attachments_field(fields);
  const Variant counts = field(fields, "counts", "ay");
  gsize n = 0;
  const auto* bytes =
      static_cast<const uint8_t*>(g_variant_get_fixed_array(counts.get(), &n, sizeof(uint8_t)));
  const Size to{std::min(state.size.width, limit.width), std::min(state.size.height, limit.height)};
  try {
    state.counts = decompress_counts({bytes, n}, std::exchange(state.size, to), to, n_bytes);
  } catch (const DamagedCounts& error) {
    throw damaged(error.what());
  }
  return state;
}

GVariant* new_text(const std::string& text) {
  return g_variant_new_take_string(g_utf8_make_valid(text.data(), gssize(text.size())));
}

Variant write_fields(const State& state) {
  uint64_t all = 1;
  for (const uint64_t count : state.counts) all |= count;
  const int n_bytes = (std::bit_width(all) + 7) / 8;
  const std::vector<uint8_t> counts = compress_counts(state.counts, n_bytes);

  GVariantBuilder settings;
  g_variant_builder_init(&settings, G_VARIANT_TYPE("a{ss}"));
  for (const auto& [name, text] : state.settings)
    g_variant_builder_add(&settings, "{@s@s}", new_text(name), new_text(text));
  GVariantBuilder fields;
  g_variant_builder_init(&fields, G_VARIANT_TYPE_VARDICT);
  const auto add = [&](const char* name, GVariant* value) {
    g_variant_builder_add(&fields, "{sv}", name, value);
  };
  add("width", g_variant_new_uint32(uint32_t(state.size.width)));
  add("height", g_variant_new_uint32(uint32_t(state.size.height)));
  add("frames", g_variant_new_uint64(state.frames));
  add("skipped", g_variant_new_uint64(state.skipped));
  add("first-time", g_variant_new_int64(state.first_time));
  add("last-time", g_variant_new_int64(state.last_time));
  add("half-life", g_variant_new_uint64(state.half_life));
  add("settings", g_variant_builder_end(&settings));
  add("unit", g_variant_new_double(state.unit));
  add("count-bytes", g_variant_new_byte(uint8_t(n_bytes)));
  add("counts", g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, counts.data(), counts.size(),
                                          sizeof(uint8_t)));
  if (!state.attachments.empty()) {
    GVariantBuilder attachments;
    g_variant_builder_init(&attachments, G_VARIANT_TYPE("a{say}"));
    for (const auto& [name, bytes] : state.attachments)
      g_variant_builder_add(&attachments, "{@s@ay}", new_text(name),
                            g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes.data(),
                                                      bytes.size(), sizeof(uint8_t)));
    add("attachments", g_variant_builder_end(&attachments));
  }
  return Variant(g_variant_ref_sink(g_variant_builder_end(&fields)));
}

// The file has little endian numbers. The same either way.
Variant to_or_from_file_order(Variant variant) {
  if constexpr (std::endian::native == std::endian::little) return variant;
  return Variant(g_variant_byteswap(variant.get()));
}

std::string to_text(const State& state) {
  if (!is_valid(state.size) || !HeatMap::is_unit(state.unit) ||
      state.counts.size() != size_t(state.size.area()) ||
      std::ranges::any_of(state.counts, [](uint64_t count) { return count > State::kMaxCount; }))
    throw std::invalid_argument("the state is out of its ranges");
  const Variant fields = to_or_from_file_order(write_fields(state));
  const std::string_view body(static_cast<const char*>(g_variant_get_data(fields.get())),
                              g_variant_get_size(fields.get()));
  std::string text(kMagic);
  text.append(std::to_string(kVersion)).append("\n").append(checksum(body)).append("\n");
  return text.append(body);
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool names(const std::string& path, int fd) {
  struct stat of_path, of_fd;
  return stat(path.c_str(), &of_path) == 0 && fstat(fd, &of_fd) == 0 && is_same(of_path, of_fd);
}

// Until the description is closed, which those have that were opened at once and no others: unlike
// locks by fcntl(), these keep out others in the same process. NFS wants files open for writing.
// Where there are no locks there are none to respect.
bool lock(int fd) {
  return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

// The file at `path`, if it is a state: nothing else is opened for writing, or locked.
int open_state(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    throw StateError(StateError::kUnreadable, "this is not a regular file");
  const File file(path);
  if (file.fd() < 0 && errno == ENOENT) return -1;
  if (file.fd() < 0) throw StateError(StateError::kUnreadable, g_strerror(errno));
  std::string text;
  file.read_up_to(kMagic.size(), text);
  check_magic(text);
  constexpr int kFlags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int writable = open(path.c_str(), O_RDWR | kFlags);
  return writable >= 0 ? writable : open(path.c_str(), O_RDONLY | kFlags);
}

uint64_t sum(uint64_t a, uint64_t b, uint64_t max) {
  if (b > max - a) throw std::overflow_error("the sum of the counts is too large");
  return a + b;
}

uint64_t scaled(uint64_t count, double factor) {
  const double product = double(count) * factor;
  if (!(product <= double(State::kMaxCount)))
    throw std::overflow_error("the units differ too much");
  return uint64_t(std::round(product));
}

std::string to_string(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

void merge_times(const State& from, State& to) {
  if (from.frames == 0) return;
  to.first_time = to.frames ? std::min(to.first_time, from.first_time) : from.first_time;
  to.last_time = to.frames ? std::max(to.last_time, from.last_time) : from.last_time;
}

void merge_settings(const State& from, State& to) {
  for (const auto& [name, text] : from.settings) {
    const auto own = to.settings.find(name);
    if (own == to.settings.end() || own->second != text) to.settings[name] = "various";
  }
  for (auto& [name, text] : to.settings)
    if (!from.settings.contains(name)) text = "various";
}

}  // namespace

State load_state(const std::string& path, Size limit) {
  const File file(path);
  if (file.fd() < 0)
    throw StateError(errno == ENOENT ? StateError::kMissing : StateError::kUnreadable,
                     g_strerror(errno));
  struct stat status;
  if (fstat(file.fd(), &status) != 0 || !S_ISREG(status.st_mode))
    throw StateError(StateError::kUnreadable, "this is not a regular file");

  std::string text;
  file.read_up_to(kHeader, text);
  check_first_line(text);  // before more is read: foreign files may have any size
  file.read_up_to(kMaxFile + 1, text);
  if (text.size() < kHeader || text.size() > kMaxFile) throw damaged("the length is wrong");
  const std::string_view body = std::string_view(text).substr(kHeader);
  if (checksum(body) + '\n' != std::string_view(text).substr(kFirstLine, kChecksum + 1))
    throw damaged("the checksum does not match");

  Variant fields(g_variant_ref_sink(g_variant_new_from_data(G_VARIANT_TYPE_VARDICT, body.data(),
                                                            body.size(), FALSE, nullptr, nullptr)));
  if (!g_variant_is_normal_form(fields.get())) throw damaged("the fields are malformed");
  fields = to_or_from_file_order(std::move(fields));
  return read_fields(fields.get(), limit);
}

void save_state(const std::string& path, const State& state) {
  StateFile(path).save(state);
}

StateFile::StateFile(const std::string& path) : target_(follow_links(path)), process_(getpid()) {
  // Between opening and locking it, its owner may have replaced it and gone.
  do {
    close();
    fd_ = open_state(target_);
    if (fd_ < 0) return;
    if (!lock(fd_)) {
      ::close(std::exchange(fd_, -1));
      throw StateError(StateError::kInUse, "it is in use by another motionheatmap");
    }
  } while (!is_there());
}

StateFile::~StateFile() {
  if (reserved_ && process_ == getpid() && is_there()) unlink(target_.c_str());
  close();
}

// A child that was forked may hold the descriptor for longer: the lock does not stay with it.
void StateFile::close() {
  if (fd_ < 0) return;
  if (process_ == getpid()) flock(fd_, LOCK_UN);
  ::close(std::exchange(fd_, -1));
}

bool StateFile::is_there() const {
  return fd_ >= 0 && names(target_, fd_);
}

std::optional<State> StateFile::load(Size limit) const {
  if (fd_ < 0) return {};
  return load_state(target_, limit);
}

void StateFile::reserve(const State& empty) {
  if (fd_ >= 0) return;
  save(empty);
  reserved_ = true;
}

void StateFile::save(const State& state) {
  const std::string text = to_text(state);
  try {
    NewFile file(target_);
    lock(file.fd());
    file.write(text);
    if (is_there())
      file.replace();
    else if (!file.take_name(target_))
      throw StateError(StateError::kInUse, "another file has taken its place");
    close();
    fd_ = file.release();
    reserved_ = false;
  } catch (const FileError& error) {
    throw StateError(StateError::kUnreadable, error.what());
  }
}

std::string StateFile::set_aside() {
  for (unsigned i = 1;; ++i) {
    std::string name = target_ + ".damaged-" + std::to_string(i);
    if (rename_to_free(target_, name)) {
      close();
      return name;
    }
    if (errno != EEXIST) throw StateError(StateError::kUnreadable, g_strerror(errno));
  }
}

State merge(std::span<const State> states) {
  if (states.empty()) throw std::invalid_argument("there is nothing to merge");
  State merged{.size = states[0].size,
               .unit = std::ranges::max(states, {}, &State::unit).unit,
               .counts = std::vector<uint64_t>(states[0].counts.size()),
               .half_life = states[0].half_life,
               .settings = states[0].settings};
  for (const State& state : states) {
    if (state.size != merged.size)
      throw std::invalid_argument("the size " + to_string(state.size) + " differs from " +
                                  to_string(merged.size));
    if (state.half_life != merged.half_life)
      throw std::invalid_argument("the half-life " + std::to_string(state.half_life) +
                                  " ns differs from " + std::to_string(merged.half_life) + " ns");
    const double factor = merged.unit / state.unit;
    for (size_t i = 0; i < merged.counts.size(); ++i)
      merged.counts[i] = sum(merged.counts[i], scaled(state.counts[i], factor), State::kMaxCount);
    merge_times(state, merged);
    merge_settings(state, merged);
    merged.frames = sum(merged.frames, state.frames, UINT64_MAX);
    merged.skipped = sum(merged.skipped, state.skipped, UINT64_MAX);
  }
  return merged;
}

}  // namespace motionheat
