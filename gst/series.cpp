/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "series.h"

#include <string_view>
#include <utility>

namespace
{

constexpr std::string_view time_letters = "YmHMSFT";

/* Calls `text (char)` for each plain character of a location and `mark (letter, width)` for each
 * letter that follows a percent sign; `width` are the digits between. */
template < typename Text, typename Mark > void
parse (std::string_view location, Text text, Mark mark)
{
  for (gsize at = 0; at < location.size (); at++) {
    gsize end = at + 1;

    while (location[at] == '%' && end < location.size () && g_ascii_isdigit (location[end]))
      end++;
    if (location[at] != '%' || end == location.size ()
        || !(g_ascii_isalpha (location[end]) || (location[end] == '%' && end == at + 1))) {
      text (location[at]);
      continue;
    }
    mark (location[end], location.substr (at + 1, end - at - 1));
    at = end;
  }
}

std::string
as_written (gchar letter, std::string_view width)
{
  std::string text ("%");

  text += width;
  text += letter;
  return text;
}

bool
is_time (gchar letter, std::string_view width)
{
  return width.empty () && time_letters.find (letter) != std::string_view::npos;
}

std::string
padded (guint number, std::string_view width)
{
  constexpr gsize max_width = 20;
  const std::string digits (width);
  const gsize wanted = MIN (g_ascii_strtoull (digits.c_str (), nullptr, 10), max_width);
  std::string text = std::to_string (number);

  if (text.size () < wanted)
    text.insert (0, wanted - text.size (), digits[0] == '0' ? '0' : ' ');
  return text;
}

std::string
formatted (gint64 time, gchar letter)
{
  const gchar format[] = { '%', letter, '\0' };
  GDateTime *utc = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  GDateTime *local = g_date_time_to_local (utc);
  gchar *formatted = g_date_time_format (local, format);
  const std::string text = formatted;

  g_free (formatted);
  g_date_time_unref (local);
  g_date_time_unref (utc);
  return text;
}

} // namespace

Series::Series (const std::string & location) : location_ (location)
{
  const auto ignore =[](gchar) {};

  parse (location, ignore,[this] (gchar letter, std::string_view width) {
        has_time_ |= is_time (letter, width);
      });
  parse (location, ignore,[this] (gchar letter, std::string_view width) {
        counts_ |= letter == 'd' && (!has_time_ || !width.empty ());
      });
}

std::string Series::unknown () const
{
  std::string unknown;

  parse (location_,[](gchar) {},[&] (gchar letter, std::string_view width) {
        if (unknown.empty () && letter != 'd' && letter != '%' && !is_time (letter, width))
          unknown = as_written (letter, width);
      });
  return unknown;
}

std::string Series::expand (gint64 time, guint number) const
{
  std::string name;
  bool counted = false;

  parse (location_,[&] (gchar plain) { name += plain; },[&] (gchar letter, std::string_view width) {
        const bool is_day = letter == 'd' && has_time_ && width.empty ();

        if (letter == '%')
          name += '%';
        else if (is_day || is_time (letter, width))
          name += formatted (time, letter);
        else if (letter == 'd' && !std::exchange (counted, true))
          name += padded (number, width);
        else
          name += as_written (letter, width);
      });
  return name;
}

std::string Series::next (gint64 time, guint taken)
{
  std::string name = expand (time, counts_ ? number_++ : 0);

  if (!counts_ && taken > 0)
    name.insert (MIN (name.rfind ('.'), name.size ()),
        std::string ("-").append (std::to_string (taken)));
  return name;
}
