// SPDX-License-Identifier: LGPL-2.1-or-later
#include "state_file.h"

#include <gio/gio.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "heat_map.h"

namespace motionheat {

void PrintTo(const State& state, std::ostream* out) {
  *out << "state of " << state.size.width << "x" << state.size.height << ", " << state.frames
       << " frames";
}

namespace test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFirstLine = "motionheatmap-state 1\n";
constexpr std::string_view kMagic = kFirstLine.substr(0, kFirstLine.size() - 2);

State some_state(Size size = {5, 3}, uint64_t max = 300) {
  State state{.size = size,
              .frames = 1000,
              .skipped = 7,
              .first_time = 1'700'000'000'000'000,
              .last_time = 1'700'000'040'000'001,
              .settings = {{"detector", "difference"}, {"threshold", "25"}}};
  std::mt19937_64 random(uint64_t(size.area()) + max);
  for (int64_t i = 0; i < size.area(); ++i) state.counts.push_back(random() % (max + 1));
  return state;
}

// How loading the file fails; nothing if it does not.
std::optional<StateError::Kind> failure_to_load(const std::string& path) {
  try {
    load_state(path);
  } catch (const StateError& error) {
    EXPECT_STRNE(error.what(), "");
    EXPECT_EQ(std::string(error.what()).find(path), std::string::npos) << error.what();
    return error.kind;
  }
  return {};
}

std::string failure_to_save(const std::string& path, const State& state) {
  try {
    save_state(path, state);
  } catch (const StateError& error) {
    EXPECT_EQ(error.kind, StateError::kUnreadable) << error.what();
    return error.what();
  }
  return "";
}

class AStateFile : public testing::Test {
 protected:
  void SetUp() override {
    gchar* name = g_dir_make_tmp(nullptr, nullptr);
    ASSERT_NE(name, nullptr);
    folder_ = name;
    g_free(name);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name = "heat") const { return folder_ / name; }

  void write(std::string_view text, const std::string& name = "heat") const {
    std::ofstream(path(name), std::ios::binary) << text;
  }

  void overwrite(size_t at, char byte) const {
    std::fstream(path(), std::ios::binary | std::ios::in | std::ios::out).seekp(at).put(byte);
  }

  std::string read(const std::string& name = "heat") const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename());
    return names;
  }

 private:
  fs::path folder_;
};

TEST_F(AStateFile, HasWhatWasSaved) {
  const uint64_t largest = State::kMaxCount;
  for (const Size size : {Size{1, 1}, {1, 9}, {7, 1}, {5, 3}, {64, 48}, {641, 359}}) {
    for (const uint64_t max :
         {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, uint64_t{1} << 32, largest}) {
      State state = some_state(size, max);
      state.counts.back() = max;
      save_state(path(), state);
      EXPECT_EQ(load_state(path()), state) << max;
    }
  }
}

TEST_F(AStateFile, HasEveryField) {
  State state = some_state();
  state.unit = 12345.6789;
  state.frames = std::numeric_limits<uint64_t>::max();
  state.skipped = state.frames - 1;
  state.first_time = std::numeric_limits<int64_t>::min();
  state.last_time = std::numeric_limits<int64_t>::max();
  state.half_life = 3'600'000'000'000;
  state.settings = {{"", "no name"}, {"mask", "/höhe/ä b\n'\"\\.png"}, {"empty", ""}};
  state.attachments = {{"background", {0, 255, 10, 13}}, {"empty", {}}, {"ö", {1}}};
  save_state(path(), state);
  EXPECT_EQ(load_state(path()), state);
}

TEST_F(AStateFile, ReplacesTextThatIsNotUtf8) {
  State state = some_state();
  state.settings = {{"mask", std::string("a\xff") + '\0' + 'b'}};
  save_state(path(), state);
  EXPECT_EQ(load_state(path()).settings.at("mask"), "a\uFFFD\uFFFDb");
}

TEST_F(AStateFile, IsSmallWhereFewPixelsMoved) {
  State state{.size = {1920, 1080}, .counts = std::vector<uint64_t>(1920 * 1080)};
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) state.counts[500'000 + i] = random() % 5000;
  save_state(path(), state);
  EXPECT_LT(fs::file_size(path()), 60'000u);
  EXPECT_EQ(load_state(path()), state);
}

TEST_F(AStateFile, RefusesToSaveWhatItCouldNotLoad) {
  const std::vector<std::function<void(State&)>> faults = {
      [](State& state) { state.size = {}; },
      [](State& state) {
        state.size = {-5, -3};
      },
      [](State& state) {
        state.size = {3, 3};
      },
      [](State& state) { state.counts.push_back(0); },
      [](State& state) { state.counts[7] = State::kMaxCount + 1; },
      [](State& state) { state.unit = 0; },
      [](State& state) { state.unit = NAN; },
      [](State& state) { state.unit = INFINITY; },
      [](State& state) { state.unit = 0.5; },
      [](State& state) { state.unit = std::nextafter(2048.0, 0); },
      [](State& state) { state.unit = 65536; },
  };
  for (const auto& fault : faults) {
    State state = some_state();
    fault(state);
    EXPECT_THROW(save_state(path(), state), std::invalid_argument);
  }
  EXPECT_EQ(files(), std::set<std::string>());
}

TEST_F(AStateFile, DoesNotLoadWhenCutOff) {
  save_state(path(), some_state());
  const std::string whole = read();
  write(whole + '\0');
  EXPECT_EQ(failure_to_load(path()), StateError::kDamaged);
  fs::resize_file(path(), whole.size());
  EXPECT_EQ(load_state(path()), some_state());
  for (size_t size = whole.size(); size-- > 0;) {
    fs::resize_file(path(), size);
    const bool is_ours = size >= kMagic.size();
    EXPECT_EQ(failure_to_load(path()), is_ours ? StateError::kDamaged : StateError::kForeign)
        << size;
  }
}

TEST_F(AStateFile, DoesNotLoadWithAnyByteAltered) {
  save_state(path(), some_state());
  const std::string whole = read();
  const size_t version = kFirstLine.size() - 2;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      const char altered = char(whole[i] ^ flip);
      overwrite(i, altered);
      const auto kind = failure_to_load(path());
      if (i < version)
        EXPECT_EQ(kind, StateError::kForeign) << i;
      else if (i == version && altered > '1' && altered <= '9')
        EXPECT_EQ(kind, StateError::kNewer);
      else
        EXPECT_EQ(kind, StateError::kDamaged) << i << " " << flip;
    }
    overwrite(i, whole[i]);
  }
  EXPECT_EQ(load_state(path()), some_state());
}

TEST_F(AStateFile, TellsWhatIsWrong) {
  EXPECT_EQ(failure_to_load(path()), StateError::kMissing);
  EXPECT_EQ(failure_to_load(path("no/such/folder")), StateError::kMissing);
  fs::create_symlink("nowhere", path("link"));
  EXPECT_EQ(failure_to_load(path("link")), StateError::kMissing);

  EXPECT_EQ(failure_to_load(fs::path(path()).parent_path()), StateError::kUnreadable);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(failure_to_load(path("pipe")), StateError::kUnreadable);
  EXPECT_EQ(failure_to_load("/dev/zero"), StateError::kUnreadable);
  fs::create_symlink("loop", path("loop"));
  EXPECT_EQ(failure_to_load(path("loop")), StateError::kUnreadable);

  write("");
  EXPECT_EQ(failure_to_load(path()), StateError::kForeign);
  EXPECT_EQ(failure_to_load(path("heat/below-a-file")), StateError::kUnreadable);
  write("\x89PNG\r\n\x1a\n");
  EXPECT_EQ(failure_to_load(path()), StateError::kForeign);
  write("motionheatmap-state 2\n and whatever comes then");
  EXPECT_EQ(failure_to_load(path()), StateError::kNewer);
  write("motionheatmap-state 10\n");
  EXPECT_EQ(failure_to_load(path()), StateError::kNewer);
}

// The fields of a state file, to be altered, and the file with the checksum that they should have.
class Forged {
 public:
  using Value = std::unique_ptr<GVariant, decltype(&g_variant_unref)>;

  Forged() {
    set("width", "<uint32 3>");
    set("height", "<uint32 2>");
    set("frames", "<uint64 9>");
    set("skipped", "<uint64 1>");
    set("first-time", "<int64 10>");
    set("last-time", "<int64 20>");
    set("half-life", "<uint64 0>");
    set("settings", "<{'threshold': '25'}>");
    set("unit", "<1.0>");
    set("count-bytes", "<byte 2>");
    set_counts(std::string("\1\2\3\4\5\6\0\0\0\0\0\1", 12));
  }

  void set(const std::string& name, const char* text) { fields_[name] = text; }
  void remove(const std::string& name) { fields_.erase(name); }

  void set_counts(std::string_view bytes, std::string_view behind = "") {
    GConverter* compressor = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 1));
    GOutputStream* memory = g_memory_output_stream_new_resizable();
    GOutputStream* stream = g_converter_output_stream_new(memory, compressor);
    EXPECT_TRUE(
        g_output_stream_write_all(stream, bytes.data(), bytes.size(), nullptr, nullptr, nullptr));
    EXPECT_TRUE(g_output_stream_close(stream, nullptr, nullptr));
    auto* result = G_MEMORY_OUTPUT_STREAM(memory);
    counts_.assign(static_cast<const char*>(g_memory_output_stream_get_data(result)),
                   g_memory_output_stream_get_data_size(result));
    counts_ += behind;
    g_object_unref(stream);
    g_object_unref(memory);
    g_object_unref(compressor);
  }
  void set_compressed_counts(const std::string& bytes) { counts_ = bytes; }
  const std::string& compressed_counts() const { return counts_; }

  std::string body() const {
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    for (const auto& [name, text] : fields_)
      g_variant_builder_add(&builder, "{s@v}", name.c_str(), g_variant_new_parsed(text));
    if (!counts_.empty())
      g_variant_builder_add(
          &builder, "{sv}", "counts",
          g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, counts_.data(), counts_.size(), 1));
    GVariant* variant = g_variant_ref_sink(g_variant_builder_end(&builder));
    if (G_BYTE_ORDER == G_BIG_ENDIAN) {
      GVariant* swapped = g_variant_byteswap(variant);
      g_variant_unref(variant);
      variant = swapped;
    }
    const std::string bytes(static_cast<const char*>(g_variant_get_data(variant)),
                            g_variant_get_size(variant));
    g_variant_unref(variant);
    return bytes;
  }

  static std::string sealed(const std::string& body) {
    char* sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body.data(), gssize(body.size()));
    std::string text = std::string(kFirstLine) + sum + "\n" + body;
    g_free(sum);
    return text;
  }
  std::string text() const { return sealed(body()); }

 private:
  std::map<std::string, const char*> fields_;
  std::string counts_;
};

TEST_F(AStateFile, IsAsDescribed) {
  const State state{.size = {3, 2},
                    .counts = {1, 2, 3, 4, 5, 262},
                    .frames = 9,
                    .skipped = 1,
                    .first_time = 10,
                    .last_time = 20,
                    .settings = {{"threshold", "25"}}};
  Forged forged;
  write(forged.text());
  EXPECT_EQ(load_state(path()), state);
  forged.set("of-a-later-program", "<'ignored'>");
  write(forged.text());
  EXPECT_EQ(load_state(path()), state);
}

TEST_F(AStateFile, DoesNotLoadFieldsThatContradict) {
  const auto refused = [&](const std::string& what, const std::function<void(Forged&)>& forge) {
    Forged forged;
    forge(forged);
    write(forged.text());
    EXPECT_EQ(failure_to_load(path()), StateError::kDamaged) << what;
  };
  for (const char* name : {"width", "height", "frames", "skipped", "first-time", "last-time",
                           "half-life", "settings", "unit", "count-bytes"}) {
    refused(name, [&](Forged& forged) { forged.remove(name); });
    refused(name, [&](Forged& forged) { forged.set(name, "<'text'>"); });
  }
  const std::pair<const char*, const char*> out_of_range[] = {
      {"width", "<uint32 0>"},
      {"width", "<uint32 4>"},
      {"height", "<uint32 1>"},
      {"height", "<uint32 4294967295>"},
      {"height", "<uint32 44739243>"},
      {"unit", "<0.0>"},
      {"unit", "<-1.0>"},
      {"unit", "<0.4>"},
      {"unit", "<1.5>"},
      {"unit", "<2047.9>"},
      {"unit", "<65536.0>"},
      {"unit", "<1e6>"},
      {"count-bytes", "<byte 0>"},
      {"count-bytes", "<byte 1>"},
      {"count-bytes", "<byte 3>"},
      {"count-bytes", "<byte 7>"},
      {"settings", "<{'a': '1', 'a': '2'}>"},
      {"attachments", "<{'a': [byte 1], 'a': [byte 2]}>"},
  };
  for (const auto& field : out_of_range)
    refused(field.first, [&](Forged& forged) { forged.set(field.first, field.second); });

  refused("no counts", [](Forged& forged) { forged.set_compressed_counts(""); });
  refused("not compressed", [](Forged& forged) { forged.set_compressed_counts("123456789012"); });
  refused("too few", [](Forged& forged) { forged.set_counts("12345678901"); });
  refused("too many", [](Forged& forged) { forged.set_counts("1234567890123"); });
  refused("more behind", [](Forged& forged) { forged.set_counts("123456789012", "3"); });
  refused("cut off", [](Forged& forged) {
    forged.set_compressed_counts(forged.compressed_counts().substr(0, 10));
  });
}

// The most memory that the process has held since it was last asked, in bytes.
std::optional<size_t> peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "VmHWM:") continue;
  size_t kilobytes = 0;
  status >> kilobytes;
  if (!status || !(std::ofstream("/proc/self/clear_refs") << "5" << std::flush)) return {};
  return kilobytes * 1024;
}

TEST_F(AStateFile, TakesNoMemoryForCountsThatDoNotCome) {
  // 128 MB of zeros where 12 bytes are announced, and 12 bytes where 16 million counts are.
  Forged bomb;
  bomb.set_counts(std::string(1 << 27, '\0'));
  Forged empty;
  empty.set("width", "<uint32 4096>");
  empty.set("height", "<uint32 4096>");
  write(bomb.text(), "bomb");
  write(empty.text(), "empty");
  if (!peak_memory()) GTEST_SKIP() << "the kernel does not tell";
  const size_t before = *peak_memory();
  EXPECT_EQ(failure_to_load(path("bomb")), StateError::kDamaged);
  EXPECT_EQ(failure_to_load(path("empty")), StateError::kDamaged);
  EXPECT_LT(*peak_memory(), before + (32 << 20));
}

// What is wider or higher than a limit is made smaller as a map is.
TEST_F(AStateFile, ComesAsLargeAsTheLimit) {
  const State whole = some_state({61, 43}, 1'000'000'000'000);
  save_state(path(), whole);
  const HeatMap map = HeatMap::of(whole.size, whole.counts, 1);
  for (const Size limit : {Size{61, 43}, {1, 1}, {1, 43}, {30, 50}, {70, 7}, {60, 42}, {33, 29}}) {
    const State state = load_state(path(), limit);
    const Size size{std::min(limit.width, 61), std::min(limit.height, 43)};
    EXPECT_EQ(state.size, size);
    EXPECT_EQ(state.counts, map.resampled(size).counts()) << limit.width << "x" << limit.height;
    EXPECT_EQ(HeatMap::of(size, state.counts, 1).resampled(limit).counts(),
              map.resampled(limit).counts());
  }
}

// A small file that claims to be of the largest map there is.
TEST_F(AStateFile, TakesNoMoreMemoryThanTheLimit) {
  Forged large;
  large.set("width", "<uint32 16384>");
  large.set("height", "<uint32 8192>");
  large.set("count-bytes", "<byte 1>");
  large.set_counts(std::string(size_t{1} << 27, '\1'));
  write(large.text());
  large = {};
  if (!peak_memory()) GTEST_SKIP() << "the kernel does not tell";
  const size_t before = *peak_memory();
  const State state = load_state(path(), {64, 48});
  EXPECT_EQ(state.counts, std::vector<uint64_t>(64 * 48, 1));
  EXPECT_LT(*peak_memory(), before + (8 << 20));
}

TEST_F(AStateFile, LoadsOrRefusesAnythingWithARightChecksum) {
  const std::string body = Forged().body();
  std::mt19937 random(4);
  int loaded = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string altered = body;
    for (unsigned n = 1 + random() % 3; n > 0; --n)
      altered[random() % body.size()] = char(random());
    if (random() % 8 == 0) altered.resize(random() % body.size());
    write(Forged::sealed(altered), std::to_string(i));  // to truncate a file is slow
    try {
      const State state = load_state(path(std::to_string(i)));
      EXPECT_EQ(state.size.area(), 6);
      EXPECT_EQ(state.counts.size(), 6u);
      EXPECT_GT(state.unit, 0);
      ++loaded;
    } catch (const StateError& error) {
      EXPECT_EQ(error.kind, StateError::kDamaged);
    }
  }
  EXPECT_GT(loaded, 50);
  EXPECT_LT(loaded, 1400);
}

// Lets writes fail where a file grows beyond `size`, as they do on a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) {
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    rlimit limit = old_limit_;
    limit.rlim_cur = size;
    setrlimit(RLIMIT_FSIZE, &limit);
    old_action_ = signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    signal(SIGXFSZ, old_action_);
  }

 private:
  rlimit old_limit_;
  sighandler_t old_action_;
};

TEST_F(AStateFile, KeepsTheOldOneWhenTheNewOneDoesNotFit) {
  const State old = some_state();
  save_state(path(), old);
  for (const rlim_t size : {0, 1, 100, 10'000}) {
    const FileSizeLimit limit(size);
    EXPECT_EQ(failure_to_save(path(), some_state({400, 300}, 1 << 20)), g_strerror(EFBIG));
  }
  EXPECT_EQ(load_state(path()), old);
  EXPECT_EQ(files(), std::set<std::string>{"heat"});
}

TEST_F(AStateFile, TellsWhyItCannotBeSaved) {
  const State state = some_state();
  EXPECT_EQ(failure_to_save(path("no/such/folder"), state), g_strerror(ENOENT));
  write("");
  EXPECT_EQ(failure_to_save(path("heat/below-a-file"), state), g_strerror(ENOTDIR));
  fs::create_directory(path("folder"));
  EXPECT_EQ(failure_to_save(path("folder"), state), "this is not a regular file");
  // Renaming would replace the device. (Only root may make one.)
  const std::string node = path("node");
  ASSERT_TRUE(mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0 ||
              mkfifo(node.c_str(), 0600) == 0);
  EXPECT_EQ(failure_to_save(node, state), "this is not a regular file");
  EXPECT_TRUE(fs::exists(node) && !fs::is_regular_file(node));
}

// Not even root may write there.
TEST_F(AStateFile, TellsThatADiskIsReadOnly) {
  constexpr int kCannotMount = 77;
  fs::create_directory(path("disk"));
  const pid_t child = fork();
  if (child == 0) {
    if ((unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", path("disk").c_str(), "tmpfs", MS_RDONLY, nullptr) != 0)
      _exit(kCannotMount);
    _exit(failure_to_save(path("disk/heat"), some_state()) == g_strerror(EROFS) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotMount) GTEST_SKIP() << "nothing may be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(AStateFile, FollowsLinks) {
  fs::create_directory(path("disk"));
  fs::create_symlink("disk/heat", path("relative"));
  fs::create_symlink(path("relative"), path("absolute"));
  for (const int frames : {1, 2}) {
    State state = some_state();
    state.frames = frames;
    save_state(path("absolute"), state);
    EXPECT_EQ(load_state(path("disk/heat")), state);
  }
  EXPECT_EQ(StateFile(path("absolute")).set_aside(), path("disk/heat.damaged-1"));
  EXPECT_TRUE(fs::is_symlink(path("absolute")));
  EXPECT_TRUE(fs::is_symlink(path("relative")));
  EXPECT_EQ(failure_to_load(path("absolute")), StateError::kMissing);
}

TEST_F(AStateFile, IsSetAsideWithoutReplacingAnother) {
  const auto ours = [](const std::string& i) { return "motionheatmap-state content " + i; };
  std::set<std::string> expected;
  for (const std::string i : {"1", "2", "3", "4"}) {
    write(ours(i));
    if (i == "3") {
      write("in the way", "heat.damaged-3");
      EXPECT_EQ(StateFile(path()).set_aside(), path("heat.damaged-4"));
      EXPECT_EQ(read("heat.damaged-3"), "in the way");
      expected.insert("heat.damaged-3");
    } else if (i == "4") {
      fs::remove(path("heat.damaged-2"));
      EXPECT_EQ(StateFile(path()).set_aside(), path("heat.damaged-2"));
      EXPECT_EQ(read("heat.damaged-2"), ours("4"));
    } else {
      EXPECT_EQ(StateFile(path()).set_aside(), path("heat.damaged-" + i));
    }
    EXPECT_FALSE(fs::exists(path()));
  }
  EXPECT_EQ(read("heat.damaged-1"), ours("1"));
  EXPECT_EQ(read("heat.damaged-4"), ours("3"));
  try {
    StateFile(path()).set_aside();
    ADD_FAILURE() << "there is no such file";
  } catch (const StateError& error) {
    EXPECT_EQ(error.kind, StateError::kUnreadable);
    EXPECT_STREQ(error.what(), g_strerror(ENOENT));
  }
}

// Who has a state file

// How taking the file fails; nothing if it does not.
std::optional<StateError::Kind> failure_to_take(const std::string& path) {
  try {
    StateFile file(path);
  } catch (const StateError& error) {
    EXPECT_STRNE(error.what(), "");
    return error.kind;
  }
  return {};
}

TEST_F(AStateFile, HasOneOwner) {
  save_state(path(), some_state());
  fs::create_symlink("heat", path("link"));
  {
    StateFile owner(path());
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(failure_to_take(path()), StateError::kInUse);
      EXPECT_EQ(failure_to_take(path("link")), StateError::kInUse);
      EXPECT_THROW(save_state(path(), some_state({2, 2})), StateError);
      EXPECT_EQ(load_state(path()), some_state());  // anybody may read
      owner.save(some_state());
    }
  }
  EXPECT_EQ(failure_to_take(path()), std::nullopt);
  EXPECT_EQ(files(), (std::set<std::string>{"heat", "link"}));
}

TEST_F(AStateFile, HasOneOwnerBeforeThereIsAFile) {
  const State empty{.size = {5, 3}, .counts = std::vector<uint64_t>(15)};
  {
    StateFile first(path()), second(path());
    first.reserve(empty);
    EXPECT_EQ(load_state(path()), empty);
    EXPECT_EQ(failure_to_take(path()), StateError::kInUse);
    EXPECT_THROW(second.reserve(empty), StateError);
    EXPECT_THROW(second.save(some_state()), StateError);
    EXPECT_EQ(load_state(path()), empty);
  }
  EXPECT_EQ(files(), std::set<std::string>());  // nothing was saved
  {
    StateFile first(path());
    first.reserve(empty);
    first.save(some_state());
  }
  EXPECT_EQ(load_state(path()), some_state());
}

// By a kill, too; and a child that was forked neither frees it nor keeps it.
TEST_F(AStateFile, IsFreeWhenItsOwnersProcessEnds) {
  save_state(path(), some_state());
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    const StateFile file(path());
    ::write(ready[1], "x", 1);
    for (;;) pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(failure_to_take(path()), StateError::kInUse);
  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  EXPECT_EQ(failure_to_take(path()), std::nullopt);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(AStateFile, IsNotOfAForkedChild) {
  save_state(path(), some_state());
  auto file = std::make_unique<StateFile>(path());
  const pid_t shortly = fork();
  if (shortly == 0) {
    file.reset();
    _exit(0);
  }
  waitpid(shortly, nullptr, 0);
  EXPECT_EQ(failure_to_take(path()), StateError::kInUse);
  const pid_t longer = fork();
  if (longer == 0)
    for (;;) pause();
  file.reset();
  EXPECT_EQ(failure_to_take(path()), std::nullopt);
  kill(longer, SIGKILL);
  waitpid(longer, nullptr, 0);
}

// Owners that come and go while others try: there are never two, and each goes on with what the
// one before has left.
TEST_F(AStateFile, PassesFromOwnerToOwner) {
  State state = some_state({4, 4});
  state.frames = 0;
  save_state(path(), state);
  constexpr int kProcesses = 4, kTurns = 8;
  for (int i = 0; i < kProcesses; ++i) {
    if (fork() != 0) continue;
    for (int turns = 0; turns < kTurns;) {
      try {
        StateFile file(path());
        State mine = *file.load();
        for (int save = 0; save < 3; ++save) {
          ++mine.frames;
          file.save(mine);
        }
        ++turns;
      } catch (const StateError& error) {
        if (error.kind != StateError::kInUse) _exit(1);
      }
    }
    _exit(0);
  }
  for (int i = 0; i < kProcesses; ++i) {
    int status;
    wait(&status);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(load_state(path()).frames, uint64_t{kProcesses * kTurns * 3});
}

// What is not ours, or came later, stays.
TEST_F(AStateFile, TakesNothingThatIsNotItsOwn) {
  for (const std::string_view text : {"", "precious", "motionheatmap-state"}) {
    write(text, "precious");
    EXPECT_EQ(failure_to_take(path("precious")), StateError::kForeign);
    EXPECT_THROW(save_state(path("precious"), some_state()), StateError);
    EXPECT_EQ(read("precious"), text);
  }
  StateFile none(path());
  write("precious");
  EXPECT_THROW(none.save(some_state()), StateError);
  EXPECT_EQ(read(), "precious");
  fs::remove(path());
  none.save(some_state());
  // A backup that was put back while it counted.
  save_state(path("backup"), some_state({9, 9}));
  fs::rename(path("backup"), path());
  EXPECT_THROW(none.save(some_state()), StateError);
  EXPECT_EQ(load_state(path()), some_state({9, 9}));
  EXPECT_EQ(files(), (std::set<std::string>{"heat", "precious"}));
}

TEST_F(AStateFile, KeepsItsMode) {
  const mode_t old_mask = umask(022);
  save_state(path(), some_state());
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms(0644));
  for (const int mode : {0600, 0640, 0666}) {
    fs::permissions(path(), fs::perms(mode));
    save_state(path(), some_state());
    EXPECT_EQ(fs::status(path()).permissions(), fs::perms(mode));
  }
  umask(old_mask);
}

// Saves in a process that is killed after `steps` entries into system calls and returns from them:
// nothing else that it does can be seen from outside. False if it has finished before.
bool save_and_kill(const std::string& path, const State& state, int steps) {
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    save_state(path, state);
    _exit(0);
  }
  int status;
  EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
  for (; steps > 0 && WIFSTOPPED(status); --steps) {
    EXPECT_EQ(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr), 0) << strerror(errno);
    EXPECT_EQ(waitpid(child, &status, 0), child);
  }
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return true;
  }
  EXPECT_EQ(status, 0);
  return false;
}

TEST_F(AStateFile, IsTheOldOrTheNewOneWheneverTheProcessIsKilled) {
  const State old_state = some_state({320, 240}, 1 << 20);
  const State new_state = some_state({32, 24});
  save_state(path(), old_state);
  int olds = 0;
  int news = 0;
  while (save_and_kill(path(), new_state, olds + news)) {
    const State loaded = load_state(path());
    const bool is_new = loaded.size == new_state.size;
    EXPECT_EQ(loaded, is_new ? new_state : old_state);
    // Once the new one is there, it is so after each later call; then each save begins with it.
    EXPECT_TRUE(is_new || news == 0);
    ++(is_new ? news : olds);
    ASSERT_LT(olds + news, 1000);
  }
  EXPECT_EQ(load_state(path()), new_state);
  EXPECT_GT(olds, 4);  // at least one file was opened, written, closed and renamed
  EXPECT_GT(news, 0);
}

// The system calls of saving by which a file and its name come to the disk, in order. A file is
// written under another name, and only what is on the disk gets the name, which follows it there.
TEST_F(AStateFile, IsOnTheDiskBeforeItHasItsName) {
  for (const bool replaces : {false, true}) {
    const pid_t child = fork();
    if (child == 0) {
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      raise(SIGSTOP);
      save_state(path(), some_state());
      _exit(0);
    }
    std::string calls;
    int status;
    ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
    ASSERT_EQ(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD), 0);
    while (WIFSTOPPED(status)) {
      __ptrace_syscall_info info;
      if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
          info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        const std::map<uint64_t, std::string> names = {{SYS_write, "write "},
                                                       {SYS_fsync, "fsync "},
#ifdef SYS_rename
                                                       {SYS_rename, "rename "},
#endif
                                                       {SYS_renameat, "rename "},
                                                       {SYS_renameat2, "rename-to-free "},
                                                       {SYS_ftruncate, "truncate "}};
        if (const auto name = names.find(info.entry.nr); name != names.end()) calls += name->second;
      }
      ASSERT_EQ(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr), 0) << strerror(errno);
      ASSERT_EQ(waitpid(child, &status, 0), child);
    }
    EXPECT_EQ(status, 0);
    EXPECT_EQ(calls, replaces ? "write fsync rename fsync " : "write fsync rename-to-free fsync ");
  }
}

TEST(Merge, AddsUp) {
  State a = some_state({6, 4}, 1000);
  State b = some_state({6, 4}, State::kMaxCount / 2);
  b.frames = 50;
  b.first_time = a.first_time - 5;
  b.last_time = a.last_time - 5;
  b.settings = {{"detector", "mog2"}, {"threshold", "25"}, {"mask", "m.png"}};
  State c = some_state({6, 4}, 1);
  c.frames = 0;  // it has seen nothing: its times mean nothing
  c.first_time = c.last_time = 0;
  b.attachments = {{"background", {1, 2, 3}}};

  State expected = a;
  for (size_t i = 0; i < a.counts.size(); ++i)
    expected.counts[i] = a.counts[i] + b.counts[i] + c.counts[i];
  expected.frames = 1050;
  expected.skipped = 21;
  expected.first_time = b.first_time;
  expected.settings = {{"detector", "various"}, {"threshold", "25"}, {"mask", "various"}};
  const State* states[] = {&a, &b, &c};
  std::sort(std::begin(states), std::end(states));
  do {
    const auto& [x, y, z] = states;
    EXPECT_EQ(merge(std::vector{*x, *y, *z}), expected);
    EXPECT_EQ(merge(std::vector{merge(std::vector{*x, *y}), *z}), expected);
  } while (std::next_permutation(std::begin(states), std::end(states)));
  EXPECT_EQ(merge({&a, 1}), a);
}

TEST(Merge, ScalesToTheLargestUnit) {
  const State a{.size = {3, 1}, .unit = 2, .counts = {0, 1, 3}, .half_life = 5};
  const State b{.size = {3, 1}, .unit = 3, .counts = {10, 10, 10}, .half_life = 5};
  const State states[] = {a, b};
  const State merged = merge(states);
  EXPECT_EQ(merged.unit, 3);
  EXPECT_EQ(merged.counts, (std::vector<uint64_t>{10, 12, 15}));  // 0, 1.5 and 4.5 more
  EXPECT_EQ(merged.half_life, 5u);
}

TEST(Merge, RefusesWhatDoesNotGoTogether) {
  const State a = some_state({6, 4});
  EXPECT_THROW(merge({}), std::invalid_argument);
  State other = some_state({4, 6});
  try {
    merge(std::vector{a, other});
    ADD_FAILURE() << "the sizes differ";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "the size 4x6 differs from 6x4");
  }
  other = a;
  other.half_life = 1;
  EXPECT_THROW(merge(std::vector{a, other}), std::invalid_argument);
}

TEST(Merge, RefusesSumsThatDoNotFit) {
  State a{.size = {1, 1}, .counts = {State::kMaxCount}};
  State b{.size = {1, 1}, .counts = {0}};
  EXPECT_EQ(merge(std::vector{a, b}).counts[0], State::kMaxCount);
  b.counts[0] = 1;
  EXPECT_THROW(merge(std::vector{a, b}), std::overflow_error);
  b.counts[0] = 0;
  b.unit = 1.5;
  EXPECT_THROW(merge(std::vector{a, b}), std::overflow_error);
  a.counts[0] = 0;
  a.unit = std::numeric_limits<double>::denorm_min();
  b.unit = std::numeric_limits<double>::max();
  EXPECT_THROW(merge(std::vector{a, b}), std::overflow_error);
  b.unit = a.unit = 1;
  a.frames = 1;
  b.frames = std::numeric_limits<uint64_t>::max();
  EXPECT_THROW(merge(std::vector{a, b}), std::overflow_error);
}

}  // namespace
}  // namespace test
}  // namespace motionheat
