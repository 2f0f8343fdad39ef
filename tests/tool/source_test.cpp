// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source.h"

#include <glib.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "duration.h"
#include "scratch.h"

namespace tool::test {
namespace {

using Names = std::vector<std::string>;

class Sources : public testing::Test {
 protected:
  std::string make(const std::string& name) {
    const std::string path = folder_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream file(path);
    EXPECT_TRUE(file) << path;
    return path;
  }

  // Below the folder of the test.
  Names names(const Names& arguments) {
    Names names;
    for (const Source& source : find_sources(arguments)) {
      const auto at = source.name.find(folder_.path());
      names.push_back(at == 0 ? source.name.substr(folder_.path().size() + 1) : source.name);
    }
    return names;
  }

  Source only(const std::string& argument) {
    const auto sources = find_sources(Names{argument});
    EXPECT_EQ(sources.size(), 1u);
    return sources.at(0);
  }

  std::string problem(const Names& arguments) {
    try {
      find_sources(arguments);
    } catch (const SourceError& error) {
      return error.what();
    }
    return "";
  }

  Scratch folder_;
};

TEST_F(Sources, AreFiles) {
  const Source source = only(make("a.mp4"));
  EXPECT_EQ(source.kind, Source::kFile);
  EXPECT_EQ(source.name, folder_ / "a.mp4");
  EXPECT_EQ(source.uri.substr(0, 8), "file:///");
  EXPECT_EQ(source.start, std::nullopt);
  EXPECT_TRUE(find_sources(Names{}).empty());
}

// What GStreamer opens is the file, whatever is in its name.
TEST_F(Sources, HaveNamesOfAllKinds) {
  for (const char* name :
       {"a b.mp4", "100%.mp4", "a%20b.mp4", "a#1.mp4", "a?b=c.mp4", "Tür →.mp4", "\xff\xfe.mp4",
        "a\nb.mp4", "*.mp4", "[1].mp4", "a:b.mp4", "x://y.mp4", "-.mp4", "'\".mp4", "~.mp4"}) {
    const std::string path = make(name);
    const Source source = only(path);
    char* opened = g_filename_from_uri(source.uri.c_str(), nullptr, nullptr);
    ASSERT_NE(opened, nullptr) << source.uri;
    EXPECT_TRUE(std::filesystem::equivalent(opened, path)) << source.uri;
    g_free(opened);
    EXPECT_TRUE(g_utf8_validate(source.name.c_str(), -1, nullptr));
  }
}

TEST_F(Sources, AreNamedFromWhereOneIs) {
  make("night/a.mp4");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  const Source source = only("night/../night/a.mp4");
  std::filesystem::current_path(before);
  EXPECT_EQ(source.name, "night/../night/a.mp4");
  char* opened = g_filename_from_uri(source.uri.c_str(), nullptr, nullptr);
  EXPECT_TRUE(std::filesystem::equivalent(opened, folder_ / "night/a.mp4")) << opened;
  g_free(opened);
}

TEST_F(Sources, AreInTheOrderOfTheirNumbers) {
  Names arguments;
  for (const char* name : {"cam10.mp4", "cam2.mp4", "cam1.mp4", "cam009.mp4"})
    arguments.push_back(make(name));
  EXPECT_EQ(names(arguments), (Names{"cam1.mp4", "cam2.mp4", "cam009.mp4", "cam10.mp4"}));
}

TEST_F(Sources, AreInTheOrderOfTheirFolders) {
  const Names arguments{make("day-2/1.mp4"), make("day/3.mp4"), make("day/x/2.mp4"),
                        make("day.1/4.mp4")};
  EXPECT_EQ(names(arguments), (Names{"day/3.mp4", "day/x/2.mp4", "day.1/4.mp4", "day-2/1.mp4"}));
}

TEST_F(Sources, AreTheVideosOfAFolder) {
  for (const char* name :
       {"b10.mp4", "b9.MKV", "c.avi", "d.ts", "e.webm", "f.mov", "notes.txt", "sound.mp3",
        "picture.jpg", ".hidden.mp4", "within/g.mp4", "folder.mp4/h.mp4", "no-dot"})
    make(name);
  EXPECT_EQ(names({folder_.path()}),
            (Names{"b9.MKV", "b10.mp4", "c.avi", "d.ts", "e.webm", "f.mov"}));
  EXPECT_EQ(names({folder_.path() + "/"}).size(), 6u);
}

TEST_F(Sources, MatchAPattern) {
  for (const char* name : {"cam10.mp4", "cam9.mp4", "other.mp4", "x/cam1.mp4"}) make(name);
  EXPECT_EQ(names({folder_ / "cam*.mp4"}), (Names{"cam9.mp4", "cam10.mp4"}));
  EXPECT_EQ(names({folder_ / "cam?.mp4"}), (Names{"cam9.mp4"}));
  EXPECT_EQ(names({folder_ / "[a-z]/*"}), (Names{"x/cam1.mp4"}));
  EXPECT_EQ(names({folder_ / "?"}), (Names{"x/cam1.mp4"}));  // a folder
}

TEST_F(Sources, AreUris) {
  const Source source = only("rtsp://camera/stream?channel=1");
  EXPECT_EQ(source.kind, Source::kUri);
  EXPECT_EQ(source.name, "rtsp://camera/stream?channel=1");
  EXPECT_EQ(source.uri, "rtsp://camera/stream?channel=1");
  EXPECT_EQ(names({"http://host/a10.mp4", "http://host/a9.mp4"}),
            (Names{"http://host/a9.mp4", "http://host/a10.mp4"}));
}

TEST_F(Sources, KeepPasswordsOutOfNames) {
  const Source source = only("rtsp://admin:p%40ss@camera:554/stream");
  EXPECT_EQ(source.name, "rtsp://camera:554/stream");
  EXPECT_EQ(source.uri, "rtsp://admin:p%40ss@camera:554/stream");
  EXPECT_EQ(problem({source.uri, source.uri}).find("p%40ss"), std::string::npos);
}

TEST_F(Sources, OfFileUrisAreFiles) {
  const std::string path = make("a b 20261126-080000.mp4");
  char* uri = g_filename_to_uri(path.c_str(), nullptr, nullptr);
  const Source source = only(uri);
  EXPECT_EQ(source.kind, Source::kFile);
  EXPECT_EQ(source.uri, uri);
  EXPECT_NE(source.start, std::nullopt);
  EXPECT_NE(problem({uri, path}), "");
  g_free(uri);
  EXPECT_NE(problem({"file:///no/such.mp4"}), "");
  EXPECT_NE(problem({"file://elsewhere/a.mp4"}), "");
}

TEST_F(Sources, AreStandardInput) {
  const Source source = only("-");
  EXPECT_EQ(source.kind, Source::kStdin);
  EXPECT_EQ(source.uri, "fd://0");
}

TEST_F(Sources, AreNamedPipes) {
  const std::string path = folder_ / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(only(path).kind, Source::kStdin);
}

TEST_F(Sources, AreCameras) {
  const std::string path = folder_ / "video0";
  if (mknod(path.c_str(), S_IFCHR | 0600, makedev(81, 200)) != 0 || access(path.c_str(), R_OK) != 0)
    GTEST_SKIP() << "no device can be made here";
  const Source source = only(path);
  EXPECT_EQ(source.kind, Source::kDevice);
  EXPECT_EQ(source.name, path);
  EXPECT_EQ(source.uri, "v4l2://" + path);
}

TEST_F(Sources, ThatAreNoneAreNamed) {
  const Names missing{folder_ / "no.mp4"};
  EXPECT_EQ(problem(missing), missing[0] + ": No such file or directory");
  EXPECT_EQ(problem({folder_ / "no*.mp4"}), folder_ / "no*.mp4: no file has such a name");
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_EQ(problem({folder_ / "empty"}), folder_ / "empty: no video is in this folder");
  EXPECT_EQ(problem({"/dev/null"}), "/dev/null: this is no file, folder or camera");
  EXPECT_EQ(problem({make("a.mp4") + "/b.mp4"}), folder_ / "a.mp4/b.mp4: Not a directory");
  EXPECT_NE(problem({""}), "");
  EXPECT_NE(problem({"rtsp://[::1"}), "");
  EXPECT_EQ(problem({"\xff"}), "\xef\xbf\xbd: No such file or directory");
}

TEST_F(Sources, ThatCannotBeReadAreNamed) {
  const std::string path = make("secret.mp4");
  chmod(path.c_str(), 0);
  if (access(path.c_str(), R_OK) == 0) GTEST_SKIP() << "nothing is kept from this user";
  EXPECT_EQ(problem({path}), path + ": Permission denied");
  EXPECT_EQ(problem({folder_.path()}), path + ": Permission denied");
  std::filesystem::create_directory(folder_ / "closed");
  chmod((folder_ / "closed").c_str(), 0);
  EXPECT_EQ(problem({folder_ / "closed"}), folder_ / "closed: Permission denied");
  chmod((folder_ / "closed").c_str(), 0700);
}

TEST_F(Sources, AreNamedOnce) {
  const std::string path = make("a.mp4");
  std::filesystem::create_symlink(path, folder_ / "link.mp4");
  std::filesystem::create_hard_link(path, folder_ / "hard.mp4");
  EXPECT_EQ(problem({path, path}), path + ": it is named twice");
  for (const char* other : {"link.mp4", "hard.mp4", "./a.mp4"})
    EXPECT_EQ(problem({path, folder_ / other}), folder_ / other + ": this is the same as " + path);
  std::filesystem::remove(folder_ / "link.mp4");
  std::filesystem::remove(folder_ / "hard.mp4");
  EXPECT_EQ(problem({folder_.path(), path}), path + ": it is named twice");
  EXPECT_NE(problem({"-", "-"}), "");
  EXPECT_EQ(problem({"rtsp://a/b", "rtsp://a/b"}), "rtsp://a/b: it is named twice");
}

TEST_F(Sources, KnowWhenTheyBegan) {
  const Source source = only(make("20261126-000000/ch01_20261126080000.mp4"));
  EXPECT_EQ(source.start, parse_wall_clock("2026-11-26 08:00"));
}

TEST(NameOrder, IsAnOrder) {
  const Names sorted{"",
                     "/",
                     ".",
                     "1",
                     "01",
                     "2",
                     "10",
                     "a",
                     "a/b",
                     "a.b.mp4",
                     "a.mp4",
                     "a 1.mp4",
                     "a(1).mp4",
                     "a-1.mp4",
                     "a1.mp4",
                     "a1b2.mp4",
                     "a1b10.mp4",
                     "a2.mp4",
                     "a02b.mp4",
                     "a99999999999999999998",
                     "a99999999999999999999",
                     "a100000000000000000000",
                     "z",
                     "ä",
                     "→",
                     "\xff"};
  for (size_t i = 0; i < sorted.size(); ++i)
    for (size_t k = 0; k < sorted.size(); ++k)
      EXPECT_EQ(comes_before(sorted[i], sorted[k]), i < k) << sorted[i] << " " << sorted[k];
}

TEST(NameOrder, OfFilesAsCamerasWriteThem) {
  for (const auto& [first, second] : std::initializer_list<std::pair<const char*, const char*>>{
           {"cam2.mp4", "cam10.mp4"},
           {"cam9.mp4", "cam010.mp4"},
           {"cam1.mp4", "cam02.mp4"},
           {"day.mp4", "day-1.mp4"},
           {"day.mp4", "day(1).mp4"},
           {"clip-9.mkv", "clip-10.mkv"},
           {"2026-11-26_08-00-00.mp4", "2026-11-26_10-00-00.mp4"},
           {"2026-9-1.mp4", "2026-10-1.mp4"},
           {"B.mp4", "a.mp4"},
           {"z.mp4", "ä.mp4"},
           {"\xfe"
            "2.mp4",
            "\xfe"
            "10.mp4"},
           {"1", "01"}}) {
    EXPECT_TRUE(comes_before(first, second)) << first << " " << second;
    EXPECT_FALSE(comes_before(second, first)) << first << " " << second;
  }
}

TEST(TimeInName, OfCameras) {
  const auto expected = parse_wall_clock("2026-11-26 08:00:00");
  for (const char* name :
       {"2026-11-26_08-00-00.mp4", "20261126-080000.mp4", "20261126080000.mp4",
        "2026-11-26T08.00.00.mkv", "ch01_20261126080000.mp4", "2026-11-26 08:00:00.avi",
        "2026_1126_080000_001A.MP4", "cam 1 2026-11-26 at 08.00.00.mov",
        "20261126_080000-20261126_090000.ts", "lobby-2026.11.26-08.00.00", "20261126T080000.mp4",
        "cam12345678-20261126-080000.mp4", "2026-11-26__08-00-00.mp4"})
    EXPECT_EQ(time_in_name(name), expected) << name;
  EXPECT_EQ(time_in_name("20261126T080000Z.mp4"), parse_wall_clock("2026-11-26 08:00Z"));
}

TEST(TimeInName, IsNotGuessed) {
  for (const char* name : {"", "a.mp4", "1795676400.mp4", "2026-11-26.mp4", "20261126.mp4",
                           "08-00-00.mp4", "20261326080000.mp4", "20261126250000.mp4",
                           "2026-02-30_08-00-00.mp4", "120261126080000.mp4", "202611260800001.mp4",
                           "3026-11-26_08-00-00.mp4", "2026-11-26_08-00.mp4", "\xff.mp4"})
    EXPECT_EQ(time_in_name(name), std::nullopt) << name;
}

}  // namespace
}  // namespace tool::test
