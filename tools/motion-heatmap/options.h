// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "element.h"

namespace tool {

/// An option of the command line. The tool's own stand in one table; those of the element are made
/// of its properties.
struct Option {
  std::string name;      // long, without dashes
  char letter = 0;       // short; 0: none
  std::string argument;  // what to write behind it; empty for a flag
  std::string help;
  std::string standard;            // what holds without it; empty where that says nothing
  bool takes_nothing_too = false;  // a flag that may be given a value, as in --stabilize=false
};

/// Options that belong together.
struct OptionGroup {
  std::string name;   // such as "input"
  std::string title;  // "What is read"
  std::vector<Option> options;
};

/// All of them, in the order in which help tells them. Throws Failure without the element.
const std::vector<OptionGroup>& option_groups();

/// What the tool can do, and for `help` how each is called.
struct Command {
  std::string name;  // empty for the first one, which needs no name
  std::string usage;
  std::string help;
};
const std::vector<Command>& commands();

/// What a command line says.
struct CommandLine {
  std::string command;  // empty: analyse
  std::vector<std::string> arguments;
  std::map<std::string, std::string> values;  // of options, by their long names

  bool has(const std::string& name) const { return values.contains(name); }
  /// The value of an option, or nothing.
  std::string get(const std::string& name) const;
  /// A length of time in nanoseconds. Throws Failure that names the option.
  std::optional<uint64_t> time(const std::string& name) const;
  /// A whole number from `least` on.
  std::optional<unsigned> number(const std::string& name, unsigned least) const;
  /// What is for the element.
  ElementSettings element() const;
};

/// Reads a command line, and the file that its --config names; what stands in the line itself
/// counts more. Throws UsageError.
CommandLine parse_command_line(int argc, char** argv);

class UsageError : public Failure {
 public:
  using Failure::Failure;
};

/// For a person: all options of a command.
std::string help_text();
/// The manual page, in troff.
std::string manual_page();
/// Completion for Bash.
std::string bash_completion();

}  // namespace tool
