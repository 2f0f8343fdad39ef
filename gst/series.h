/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string>

#include <glib.h>

/* The names of the files that are written to one location.
 *
 * In a location `%d` counts, and so does the first one with a width, as in `%05d`. `%Y`, `%m`, `%d`,
 * `%H`, `%M`, `%S`, `%F` and `%T` are parts of the local time; with any of them a `%d` without width
 * is the day. `%%` is a percent sign. A location with a count or a time is a series, in which no file
 * replaces another; any other names one file. */
class Series
{
public:
  explicit Series (const std::string & location);

  const std::string & location () const { return location_; }
  bool is_series () const { return counts_ || has_time_; }

  /* What of the location means nothing, such as "%k"; empty if all of it does. It is kept as it is. */
  std::string unknown () const;

  /* The name of the next file, whose picture was taken at `time` (microseconds since 1970): of a
   * series the next number, or without a count the name of the time, and with `taken`, the names
   * tried for this file that others have, one of NAME-1, NAME-2 and so on. */
  std::string next (gint64 time, guint taken);

private:
  std::string expand (gint64 time, guint number) const;

  std::string location_;
  bool has_time_ = false;
  bool counts_ = false;
  guint number_ = 0;
};
