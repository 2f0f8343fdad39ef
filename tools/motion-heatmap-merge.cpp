// SPDX-License-Identifier: LGPL-2.1-or-later
#include <glib.h>

#include <clocale>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "state_file.h"

namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

int fail(int code, const char* subject, const char* reason) {
  std::fprintf(stderr, "%s: %s%s%s\n", g_get_prgname(), subject, *subject ? ": " : "", reason);
  return code;
}

int merge_files(const char* output, char** inputs, bool force) {
  std::error_code ignored;
  if (!force && std::filesystem::exists(output, ignored))
    return fail(kFailure, output, "the file exists; --force replaces it");
  const char* file = inputs[0];
  try {
    motionheat::State merged = motionheat::load_state(file);
    // One at a time: maps of a year would not fit into memory.
    while (*++inputs) {
      file = *inputs;
      const motionheat::State pair[] = {std::move(merged), motionheat::load_state(file)};
      merged = motionheat::merge(pair);
    }
    file = output;
    try {
      motionheat::save_state(output, merged);
    } catch (const motionheat::StateError& error) {
      // What is not ours is replaced only by who says so.
      if (!force || error.kind != motionheat::StateError::kForeign || std::remove(output) != 0) throw;
      motionheat::save_state(output, merged);
    }
    return 0;
  } catch (const std::exception& error) {
    return fail(kFailure, file, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  gboolean force = FALSE;
  char** files = nullptr;
  const GOptionEntry entries[] = {
      {"force", 'f', 0, G_OPTION_ARG_NONE, &force, "Replace OUTPUT if it exists", nullptr},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, nullptr, "OUTPUT INPUT..."},
      {}};
  GOptionContext* context = g_option_context_new(nullptr);
  g_option_context_set_summary(
      context,
      "Adds up the heat that the element motionheatmap kept in the state files INPUT,\n"
      "pixel by pixel, and writes it to the state file OUTPUT. All must have the same\n"
      "size and half-life.");
  g_option_context_add_main_entries(context, entries, nullptr);
  GError* error = nullptr;
  g_option_context_parse(context, &argc, &argv, &error);
  g_option_context_free(context);

  int code;
  if (error)
    code = fail(kUsage, "", error->message);
  else if (!files || g_strv_length(files) < 2)
    code = fail(kUsage, "", "OUTPUT and at least one INPUT are needed; see --help");
  else
    code = merge_files(files[0], files + 1, force);
  g_clear_error(&error);
  g_strfreev(files);
  return code;
}
