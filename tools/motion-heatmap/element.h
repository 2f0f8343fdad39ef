// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gst_ptr.h"

namespace tool {

/// A property of the element motionheatmap that the tool offers as an option of the same name.
struct ElementOption {
  std::string name;
  std::string help;         // the element's own words
  std::string argument;     // what to write, such as "0-255"; empty for a flag
  std::string standard;     // its default, as text
  bool is_picture = false;  // has to do with how heat is shown, not with what is counted
};

/// Values for the element: a preset, and properties by their names, as text.
struct ElementSettings {
  std::string preset;
  std::map<std::string, std::string> values;

  bool operator==(const ElementSettings&) const = default;
};

/// All of them, in the element's order. Throws Failure if the element is not installed.
std::vector<ElementOption> element_options();

/// Makes an element with these settings. Throws Failure that names the option that is refused, and
/// why.
ElementPtr make_motionheatmap(const ElementSettings& settings);

/// What the settings come to: every property that is an option, as text.
std::map<std::string, std::string> effective_values(const ElementSettings& settings);

/// Shows the element a frame, for what it only refuses then: polygons and masks. Returns what the
/// counts depend on, as the element writes it into a state. Throws Failure.
std::map<std::string, std::string> check_settings(const ElementSettings& settings);

/// Whether what is counted depends on more than two frames in a row: then a piece of a stream must
/// learn from what comes before it.
bool learns(const std::map<std::string, std::string>& values);

}  // namespace tool
