// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source.h"

#include <gio/gio.h>
#include <glob.h>
#include <gst/gst.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "duration.h"
#include "gst_ptr.h"

namespace tool {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& reason) {
  throw SourceError(valid_utf8(name) + ": " + reason);
}

// The digits at the front of `name`, which lose them.
std::string_view take_digits(std::string_view& name) {
  const auto end = std::ranges::find_if_not(name, [](char c) { return g_ascii_isdigit(c); });
  const std::string_view digits = name.substr(0, size_t(end - name.begin()));
  name.remove_prefix(digits.size());
  return digits;
}

// Below 0, 0 or above as the first number is less than, equal to or more than the second.
int compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

// A slash before all, so that what is in a folder stays together.
int rank(char c) {
  return c == '/' ? -2 : c == '.' ? -1 : static_cast<unsigned char>(c);
}

// Whether GStreamer knows a kind of video by it.
bool is_video_extension(const char* extension) {
  GList* const factories = gst_type_find_factory_get_list();
  bool is_video = false;
  for (GList* item = factories; item && !is_video; item = item->next) {
    GstTypeFindFactory* factory = GST_TYPE_FIND_FACTORY(item->data);
    const char* const* extensions = gst_type_find_factory_get_extensions(factory);
    const GstCaps* caps = gst_type_find_factory_get_caps(factory);
    if (!extensions || !caps || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) continue;
    const char* type = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    is_video = g_strv_contains(extensions, extension) && g_str_has_prefix(type, "video/");
  }
  gst_plugin_feature_list_free(factories);
  return is_video;
}

bool is_video_name(const std::string& name) {
  gboolean uncertain = FALSE;
  const TextPtr type(g_content_type_guess(name.c_str(), nullptr, 0, &uncertain));
  if (g_str_has_prefix(type.get(), "video/")) return true;
  if (!uncertain && g_str_has_prefix(type.get(), "audio/")) return false;

  // Where the list of types is not installed, and for .ts, which might be a translation.
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  const TextPtr extension(g_ascii_strdown(name.c_str() + dot + 1, -1));
  return is_video_extension(extension.get());
}

// A URI in parts; nullptr if it is none.
using Uri = std::unique_ptr<GUri, decltype(&g_uri_unref)>;
constexpr auto kAsWritten = GUriFlags(G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED);

class Finder {
 public:
  void add(const std::string& argument);
  std::vector<Source> sorted();

 private:
  struct Found {
    std::string order;  // path or URI
    Source source;
  };

  void add_path(const std::string& path, const struct stat& status);
  void add_folder(const std::string& path);
  void add_pattern(const std::string& pattern);
  void add_uri(const std::string& uri);
  void add_source(const std::string& order, Source source);
  void claim(const struct stat& status, const std::string& name);

  std::vector<Found> found_;
  std::map<std::pair<uint64_t, uint64_t>, std::string> names_;  // by device and inode
};

void Finder::add(const std::string& argument) {
  struct stat status;
  if (argument == "-") {
    if (fstat(STDIN_FILENO, &status) != 0) fail("standard input", g_strerror(errno));
    claim(status, "standard input");
    add_source(argument, {Source::kStdin, "standard input", "fd://0", {}});
  } else if (stat(argument.c_str(), &status) == 0) {
    add_path(argument, status);
  } else if (const int error = errno;
             argument.find("://") != std::string::npos && gst_uri_is_valid(argument.c_str())) {
    add_uri(argument);
  } else if (error == ENOENT && argument.find_first_of("*?[") != std::string::npos) {
    add_pattern(argument);
  } else {
    fail(argument, g_strerror(error));
  }
}

// One name for a file, whichever way leads to its folder. A link keeps its own: what it points to
// may be named otherwise.
std::string same_for_all(const std::filesystem::path& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path).lexically_normal();
  const auto folder = std::filesystem::canonical(absolute.parent_path(), error);
  return (error ? absolute : folder / absolute.filename()).native();
}

void Finder::add_path(const std::string& path, const struct stat& status) {
  constexpr unsigned kVideoDevices = 81;  // the major number of Video4Linux
  if (S_ISDIR(status.st_mode)) return add_folder(path);
  if (access(path.c_str(), R_OK) != 0) fail(path, g_strerror(errno));

  const std::string whole = same_for_all(path);
  const TextPtr uri(g_filename_to_uri(whole.c_str(), nullptr, nullptr));
  Source source{Source::kFile, valid_utf8(path), uri.get(), {}};
  if (S_ISREG(status.st_mode))
    source.start = time_in_name(std::filesystem::path(path).filename().native());
  else if (S_ISFIFO(status.st_mode))
    source.kind = Source::kStdin;
  else if (S_ISCHR(status.st_mode) && major(status.st_rdev) == kVideoDevices)
    source = {Source::kDevice, valid_utf8(path), "v4l2://" + whole, {}};
  else
    fail(path, "this is no file, folder or camera");
  claim(status, source.name);
  add_source(std::filesystem::path(whole).lexically_normal().native(), std::move(source));
}

void Finder::add_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  if (error) fail(path, error.message());
  bool is_empty = true;
  for (; entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string file = entry->path().native();
    const std::string name = entry->path().filename().native();
    struct stat status;
    if (name.front() == '.' || !is_video_name(name) || stat(file.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode))
      continue;
    is_empty = false;
    add_path(file, status);
  }
  if (error) fail(path, error.message());
  if (is_empty) fail(path, "no video is in this folder");
}

void Finder::add_pattern(const std::string& pattern) {
  glob_t matches{};
  const int result = glob(pattern.c_str(), GLOB_ERR | GLOB_NOSORT, nullptr, &matches);
  const std::unique_ptr<glob_t, decltype(&globfree)> owner(&matches, globfree);
  if (result == GLOB_NOMATCH) fail(pattern, "no file has such a name");
  if (result != 0) fail(pattern, "a folder cannot be read");
  for (char* const path : std::span(matches.gl_pathv, matches.gl_pathc)) {
    struct stat status;
    if (stat(path, &status) != 0) fail(path, g_strerror(errno));
    add_path(path, status);
  }
}

void Finder::add_uri(const std::string& uri) {
  GError* error = nullptr;
  const Uri parts(g_uri_parse(uri.c_str(), kAsWritten, &error), g_uri_unref);
  if (!parts) {
    const std::string reason = error->message;
    g_error_free(error);
    fail(uri, reason);
  }
  // So that it is sorted, and found twice, as what it is.
  if (g_strcmp0(g_uri_get_scheme(parts.get()), "file") == 0) {
    const TextPtr path(g_filename_from_uri(uri.c_str(), nullptr, nullptr));
    struct stat status;
    if (!path) fail(uri, "this names no file of this machine");
    if (stat(path.get(), &status) != 0) fail(uri, g_strerror(errno));
    return add_path(path.get(), status);
  }
  const TextPtr name(g_uri_to_string_partial(parts.get(), G_URI_HIDE_USERINFO));
  const auto is_same = [&uri](const Found& found) { return found.source.uri == uri; };
  if (std::any_of(found_.begin(), found_.end(), is_same)) fail(name.get(), "it is named twice");
  add_source(uri, {Source::kUri, valid_utf8(name.get()), uri, {}});
}

void Finder::add_source(const std::string& order, Source source) {
  found_.push_back({order, std::move(source)});
}

void Finder::claim(const struct stat& status, const std::string& name) {
  const auto [earlier, is_new] = names_.try_emplace({status.st_dev, status.st_ino}, name);
  if (is_new) return;
  if (earlier->second == name) fail(name, "it is named twice");
  fail(name, "this is the same as " + earlier->second);
}

std::vector<Source> Finder::sorted() {
  std::sort(found_.begin(), found_.end(),
            [](const Found& a, const Found& b) { return comes_before(a.order, b.order); });
  std::vector<Source> sources;
  for (Found& found : found_) sources.push_back(std::move(found.source));
  return sources;
}

}  // namespace

bool comes_before(std::string_view name, std::string_view other) {
  std::string_view a = name, b = other;
  while (!a.empty() && !b.empty()) {
    if (g_ascii_isdigit(a.front()) && g_ascii_isdigit(b.front())) {
      if (const int order = compare_numbers(take_digits(a), take_digits(b))) return order < 0;
      continue;
    }
    if (a.front() != b.front()) return rank(a.front()) < rank(b.front());
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() != b.empty()) return a.empty();
  // "1" before "01"
  return name.size() != other.size() ? name.size() < other.size() : name < other;
}

std::optional<int64_t> time_in_name(const std::string& name) {
  static GRegex* const form = g_regex_new(
      "(?<!\\d)((?:19|20)\\d\\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\\d|3[01])"
      "(?:[-_ T]*| at )"
      "([01]\\d|2[0-3])[-_.:]?([0-5]\\d)[-_.:]?([0-5]\\d)(?!\\d)(Z(?![[:alnum:]]))?",
      GRegexCompileFlags(G_REGEX_RAW | G_REGEX_OPTIMIZE), GRegexMatchFlags(0), nullptr);
  GMatchInfo* match = nullptr;
  std::optional<int64_t> time;
  if (g_regex_match_full(form, name.data(), gssize(name.size()), 0, GRegexMatchFlags(0), &match,
                         nullptr)) {
    const auto number = [match](int group) {
      return std::atoi(TextPtr(g_match_info_fetch(match, group)).get());
    };
    const TextPtr zone(g_match_info_fetch(match, 7));
    time = wall_clock_of({number(1), number(2), number(3), number(4), number(5), number(6)},
                         zone && *zone.get() ? zone.get() : nullptr);
  }
  g_match_info_free(match);
  return time;
}

std::vector<Source> find_sources(std::span<const std::string> arguments) {
  Finder finder;
  for (const std::string& argument : arguments) finder.add(argument);
  return finder.sorted();
}

}  // namespace tool
