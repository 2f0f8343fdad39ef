// SPDX-License-Identifier: LGPL-2.1-or-later
#include "options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

#include "duration.h"

namespace tool {
namespace {

std::vector<OptionGroup> own_groups() {
  return {
      {"input",
       "What is read",
       {
           {"from", 0, "TIME", "Begin there in the video", ""},
           {"to", 0, "TIME", "End there in the video", ""},
           {"for", 0, "TIME", "End after so long: of a camera, too", ""},
           {"slice", 0, "K/N", "Count only the K-th of N equal parts; --state keeps it for merge",
            ""},
           {"start", 0, "TIME", "Wall clock of the beginning, such as \"2026-11-26 08:00\"",
            "from the file"},
           {"jobs", 'j', "N", "Pieces that are decoded side by side; 0: one per core", "1"},
           {"raw", 0, "FORMAT,WxH,FPS",
            "Standard input is frames without a container: BGR,640x480,25", ""},
           {"quick", 0, "", "Decode key frames only: a sketch, for a first look", ""},
           {"no-seek", 0, "", "Decode from the beginning to where --from or --slice begins", ""},
           {"config", 0, "FILE", "Options from a file: name = value, under [motion-heatmap]", ""},
       }},
      {"output",
       "What is written",
       {
           {"picture", 'o', "FILE", "The heat on the video's mean picture, .png or .jpg",
            "NAME.heatmap.png"},
           {"heat", 0, "FILE.tiff", "The events of each pixel, float32", ""},
           {"state", 0, "FILE.state",
            "The heat itself: goes on with what is there, for merge and render", ""},
           {"json", 0, "FILE", "Summary, zones, motion events, series a minute", ""},
           {"csv", 0, "FILE.csv", "The same as tables: FILE.csv has events, FILE.zones.csv, ...",
            ""},
           {"report", 0, "FILE.html", "A page to look at all that in a browser", ""},
           {"panels", 0, "FILE.png", "A sheet of six pictures", ""},
           {"video", 0, "FILE.mkv", "The video with the heat up to each frame", ""},
           {"clips", 0, "DIRECTORY", "Every motion event as a file, copied, not encoded anew", ""},
           {"pre-roll", 0, "TIME", "How much clips have before the event", "2s"},
           {"post-roll", 0, "TIME", "And after it", "2s"},
           {"max-events", 0, "N", "Stop after so many motion events", ""},
           {"force", 'f', "", "Replace files that are there", ""},
           {"quiet", 'q', "", "No progress and no summary", ""},
       }},
  };
}

std::vector<OptionGroup> all_groups() {
  std::vector<OptionGroup> groups = own_groups();
  OptionGroup motion{"motion", "What counts as motion (the element's properties)", {}};
  OptionGroup picture{"look", "How heat is shown", {}};
  motion.options.push_back(
      {"preset", 0, "NAME", "Settings for a scene: indoor, outdoor, night, ...", ""});
  for (const ElementOption& property : element_options()) {
    Option option{.name = property.name,
                  .argument = property.argument,
                  .help = property.help,
                  .standard = property.standard};
    if (property.argument.empty()) {
      option.takes_nothing_too = true;
      option.argument = "true|false";
    }
    if (property.name == "background") option.standard = "average";
    (property.is_picture ? picture : motion).options.push_back(option);
  }
  groups.push_back(motion);
  groups.push_back(picture);
  groups.push_back({"other",
                    "Other",
                    {{"help", 'h', "", "Show this text", ""},
                     {"version", 0, "", "Show the version", ""},
                     {"manual", 0, "", "Print the manual page, in troff", ""},
                     {"completion", 0, "", "Print completion for Bash", ""}}});
  return groups;
}

bool is_of_element(const OptionGroup& group) {
  return group.name == "motion" || group.name == "look";
}

std::string bare(const gchar* option) {
  std::string name = option;
  name.erase(0, name.find_first_not_of('-'));
  if (name.size() > 1) return name;
  for (const OptionGroup& group : option_groups())
    for (const Option& known : group.options)
      if (known.letter == name[0]) return known.name;
  return name;
}

gboolean note(const gchar* option, const gchar* value, gpointer line, GError**) {
  static_cast<CommandLine*>(line)->values[bare(option)] = value ? value : "true";
  return TRUE;
}

std::vector<GOptionEntry> entries_of(const OptionGroup& group) {
  std::vector<GOptionEntry> entries;
  for (const Option& option : group.options) {
    int flags = G_OPTION_FLAG_NONE;
    if (option.argument.empty()) flags = G_OPTION_FLAG_NO_ARG;
    entries.push_back({option.name.c_str(), option.letter, flags, G_OPTION_ARG_CALLBACK,
                       reinterpret_cast<gpointer>(note), option.help.c_str(),
                       option.argument.empty() ? nullptr : option.argument.c_str()});
  }
  entries.push_back({});
  return entries;
}

void read_config(CommandLine& line) {
  const auto file = line.values.find("config");
  if (file == line.values.end()) return;
  constexpr const char* kGroup = "motion-heatmap";
  GKeyFile* const keys = g_key_file_new();
  const std::shared_ptr<GKeyFile> held(keys, g_key_file_unref);
  GError* error = nullptr;
  const bool is_read =
      g_key_file_load_from_file(keys, file->second.c_str(), G_KEY_FILE_NONE, &error);
  const ErrorPtr held_error(error);
  if (!is_read) throw UsageError("--config=" + file->second + ": " + error->message);
  gchar** const names = g_key_file_get_keys(keys, kGroup, nullptr, nullptr);
  const std::shared_ptr<gchar*> held_names(names, g_strfreev);
  if (!names)
    throw UsageError("--config=" + file->second + ": there is no group [" + kGroup + "] in it");
  std::set<std::string> known;
  for (const OptionGroup& group : option_groups())
    for (const Option& option : group.options) known.insert(option.name);
  for (gchar** name = names; *name; ++name) {
    if (!known.contains(*name))
      throw UsageError("--config=" + file->second + ": there is no option \"" + *name + "\"");
    const TextPtr value(g_key_file_get_string(keys, kGroup, *name, nullptr));
    line.values.emplace(*name, value ? value.get() : "");
  }
}

// Polygons may stand in a file, one a line; what follows a # is a remark. Without a comma it can
// only be the name of one.
std::string text_or_file(const std::string& option, const std::string& value) {
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(value, ignored);
  if (!is_file && (value.empty() || value.find(',') != std::string::npos)) return value;
  gchar* content = nullptr;
  GError* error = nullptr;
  if (!g_file_get_contents(value.c_str(), &content, nullptr, &error)) {
    const ErrorPtr held(error);
    throw UsageError("--" + option + ": " + error->message);
  }
  const TextPtr held(content);
  std::istringstream lines(content);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r;") == std::string::npos) continue;
    text.append(text.empty() ? "" : "; ")
        .append(line.substr(0, line.find_last_not_of(" \t\r;") + 1));
  }
  return text;
}

// What a man page and a terminal show of an option: "-o, --picture=FILE".
std::string spelled(const Option& option) {
  std::string text = option.letter ? std::string("-") + option.letter + ", " : "    ";
  text += "--" + option.name;
  if (option.takes_nothing_too)
    text += "[=" + option.argument + "]";
  else if (!option.argument.empty())
    text += "=" + option.argument;
  return text;
}

std::string explained(const Option& option) {
  if (option.standard.empty() || option.standard == "false") return option.help;
  return option.help + " [" + option.standard + "]";
}

// Breaks lines at blanks.
std::string wrapped(const std::string& text, size_t width, const std::string& indent) {
  std::istringstream words(text);
  std::string out, line;
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out += line + "\n" + indent;
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return out + line;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '-' || c == '\\') out += '\\';
    if (c == '\'' && out.empty()) out += "\\&";
    out += c;
  }
  return out;
}

// An option as GLib knows it: "-j 2", but not "-j2" and "-j=2"; and a value that may be left out
// takes the next word, be that an input.
std::string plain_option(const std::string& word) {
  const bool has_value = word.size() > 2 && word[0] == '-' && word[1] != '-';
  for (const OptionGroup& group : option_groups())
    for (const Option& known : group.options) {
      if (known.takes_nothing_too && word == "--" + known.name) return word + "=true";
      if (has_value && known.letter == word[1] && !known.argument.empty())
        return "--" + known.name + "=" + word.substr(word[2] == '=' ? 3 : 2);
    }
  return word;
}

std::vector<std::string> plain_words(int argc, char** argv) {
  std::vector<std::string> words(argv, argv + argc);
  const auto options_end = std::find(words.begin(), words.end(), "--");
  std::transform(words.begin(), options_end, words.begin(), plain_option);
  return words;
}

}  // namespace

const std::vector<OptionGroup>& option_groups() {
  static const std::vector<OptionGroup> groups = all_groups();
  return groups;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"", "motion-heatmap [OPTION...] INPUT...",
       "Shows where the motion was in videos: files, folders, URIs, cameras (/dev/video0), - for "
       "standard input. Several files are one camera's, in the order of their names."},
      {"merge", "motion-heatmap merge [OPTION...] STATE...",
       "Adds up the heat of state files, exactly: slices of one run, or days of one camera."},
      {"render", "motion-heatmap render [OPTION...] STATE",
       "Makes a picture, and what else is asked for, of a state file, without the video."},
  };
  return all;
}

std::string CommandLine::get(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

std::optional<uint64_t> CommandLine::time(const std::string& name) const {
  if (!has(name)) return {};
  const auto time = parse_duration(get(name));
  if (!time)
    throw UsageError("--" + name + "=" + get(name) +
                     ": a time is needed, such as 90s, 10min or 1:30:00");
  return time;
}

std::optional<unsigned> CommandLine::number(const std::string& name, unsigned least) const {
  if (!has(name)) return {};
  const std::string text = get(name);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least)
    throw UsageError("--" + name + "=" + text + ": a whole number from " + std::to_string(least) +
                     " on is needed");
  return value;
}

ElementSettings CommandLine::element() const {
  ElementSettings settings{.preset = get("preset"), .values = {}};
  for (const OptionGroup& group : option_groups()) {
    if (!is_of_element(group)) continue;
    for (const Option& option : group.options)
      if (option.name != "preset" && has(option.name))
        settings.values[option.name] = get(option.name);
  }
  for (const char* name : {"zones", "mask-polygons"})
    if (const auto found = settings.values.find(name); found != settings.values.end())
      found->second = text_or_file(name, found->second);
  return settings;
}

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  const std::shared_ptr<GOptionContext> context(g_option_context_new(nullptr),
                                                g_option_context_free);
  g_option_context_set_help_enabled(context.get(), FALSE);
  std::vector<std::vector<GOptionEntry>> entries;
  GOptionGroup* const all = g_option_group_new("main", "", "", &line, nullptr);
  for (const OptionGroup& group : option_groups()) {
    entries.push_back(entries_of(group));
    g_option_group_add_entries(all, entries.back().data());
  }
  g_option_context_set_main_group(context.get(), all);
  GStrvBuilder* const words = g_strv_builder_new();
  for (const std::string& word : plain_words(argc, argv)) g_strv_builder_add(words, word.c_str());
  gchar** rest = g_strv_builder_end(words);
  g_strv_builder_unref(words);
  GError* error = nullptr;
  g_option_context_parse_strv(context.get(), &rest, &error);
  const std::shared_ptr<gchar*> held(rest, g_strfreev);
  const ErrorPtr held_error(error);
  if (error) throw UsageError(error->message);
  for (gchar** word = rest + 1; *rest && *word; ++word)
    if (std::string(*word) != "--") line.arguments.push_back(*word);
  // A file of that name can be given as ./merge.
  for (const Command& command : commands()) {
    if (line.arguments.empty() || command.name.empty() || line.arguments[0] != command.name)
      continue;
    line.command = command.name;
    line.arguments.erase(line.arguments.begin());
    break;
  }
  read_config(line);
  return line;
}

std::string help_text() {
  constexpr size_t kColumn = 30, kWidth = 100;
  std::string text = "Usage:\n";
  for (const Command& command : commands())
    text += "  " + command.usage + "\n      " + wrapped(command.help, kWidth - 6, "      ") + "\n";
  for (const OptionGroup& group : option_groups()) {
    text += "\n" + group.title + ":\n";
    for (const Option& option : group.options) {
      std::string left = "  " + spelled(option);
      const std::string indent(kColumn, ' ');
      left += left.size() + 2 > kColumn ? "\n" + indent : std::string(kColumn - left.size(), ' ');
      text += left + wrapped(explained(option), kWidth - kColumn, indent) + "\n";
    }
  }
  return text +
         "\nTimes are written as 90s, 10min, 24h or 1:30:00. Without --picture the picture goes "
         "to\n"
         "NAME.heatmap.png in the current directory, after the first input.\n"
         "\nIt ends with 0 if all was read and written, 1 if something could not be, 2 for a "
         "wrong\n"
         "command line, 3 if an input was damaged or left out (what could be read counts), 130 "
         "after\n"
         "Ctrl-C (what was counted until then is written).\n";
}

std::string manual_page() {
  std::string page = ".TH MOTION\\-HEATMAP 1 \"\" \"gst\\-motionheatmap " PACKAGE_VERSION
                     "\"\n"
                     ".SH NAME\nmotion\\-heatmap \\- shows where in videos the motion was\n"
                     ".SH SYNOPSIS\n";
  for (const Command& command : commands()) page += escaped(command.usage) + "\n.br\n";
  page += ".SH DESCRIPTION\n";
  for (const Command& command : commands())
    page += ".PP\n.B " + escaped(command.name.empty() ? "motion-heatmap" : command.name) +
            "\n.br\n" + escaped(command.help) + "\n";
  page += ".SH OPTIONS\nTimes are written as 90s, 10min, 24h or 1:30:00.\n";
  for (const OptionGroup& group : option_groups()) {
    page += ".SS " + escaped(group.title) + "\n";
    for (const Option& option : group.options) {
      std::string left = spelled(option);
      left.erase(0, left.find_first_not_of(' '));
      page += ".TP\n.B " + escaped(left) + "\n" + escaped(explained(option)) + "\n";
    }
  }
  page +=
      ".SH EXIT STATUS\n0 if all was read and written, 1 if something could not be, 2 for a wrong "
      "command line, 3 if an input was damaged or left out, 130 after Ctrl\\-C, with what was "
      "counted until then written.\n"
      ".SH EXAMPLES\n.nf\n"
      "motion\\-heatmap day.mp4\n"
      "motion\\-heatmap \\-\\-zones zones.txt \\-\\-report day.html cam1/*.mp4\n"
      "motion\\-heatmap rtsp://camera/stream \\-\\-for 1h \\-o lobby.png\n"
      "motion\\-heatmap \\-\\-clips events/ night/*.mkv\n.fi\n";
  return page;
}

std::string bash_completion() {
  std::string names;
  for (const OptionGroup& group : option_groups())
    for (const Option& option : group.options) {
      names += (names.empty() ? "--" : " --") + option.name;
      if (option.argument.empty() || option.takes_nothing_too) continue;
      names += "=";
    }
  std::string text =
      "# Completion of motion-heatmap for Bash; motion-heatmap --completion prints it.\n"
      "_motion_heatmap() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  if [[ $option == '=' ]]; then\n"
      "    option=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  elif [[ $word == '=' ]]; then\n"
      "    word=\n"
      "  fi\n"
      "  compopt +o nospace\n"
      "  case $option in\n";
  for (const OptionGroup& group : option_groups())
    for (const Option& option : group.options)
      if (option.argument.find('|') != std::string::npos) {
        std::string values = option.argument;
        std::ranges::replace(values, '|', ' ');
        text += "    --" + option.name + ") COMPREPLY=($(compgen -W '" + values +
                "' -- \"$word\")); return ;;\n";
      }
  return text +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W '" +
         names +
         "' -- \"$word\"))\n"
         "    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n"
         "  else\n"
         "    compopt -o filenames\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "    ((COMP_CWORD > 1)) || COMPREPLY+=($(compgen -W 'merge render' -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _motion_heatmap motion-heatmap\n";
}

}  // namespace tool
