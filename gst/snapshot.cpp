/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "picture_file.h"

static const gchar *const picture_extensions[] = { ".png", ".jpg", ".jpeg" };
static const gchar *const data_extensions[] = { ".tiff", ".tif" };

static std::string
extension (const std::string & location)
{
  const gsize dot = location.find_last_of ("./");

  if (dot == std::string::npos || location[dot] != '.')
    return "";
  gchar *lower = g_ascii_strdown (location.c_str () + dot, -1);
  std::string result = lower;
  g_free (lower);
  return result;
}

template < gsize n > static bool
contains (const gchar * const (&extensions)[n], const std::string & extension)
{
  return std::find (std::begin (extensions), std::end (extensions), extension) !=
      std::end (extensions);
}

bool
motion_heatmap_location_is_data (const std::string & location)
{
  return contains (data_extensions, extension (location));
}

std::string
motion_heatmap_next_location (const std::string & location, guint & number)
{
  static const auto is_digit =[](gchar c) { return g_ascii_isdigit (c); };

  for (gsize at = location.find ('%'); at != std::string::npos; at = location.find ('%', at + 1)) {
    const auto begin = location.begin () + (gssize) at + 1;
    const auto end = std::find_if_not (begin, location.end (), is_digit);

    if (end == location.end () || *end != 'd')
      continue;
    const std::string digits (begin, end);
    const gsize width = MIN (g_ascii_strtoull (digits.c_str (), nullptr, 10), 20);
    std::string path;
    do {
      std::string count = std::to_string (number++);
      if (count.size () < width)
        count.insert (0, width - count.size (), digits[0] == '0' ? '0' : ' ');
      path = std::string (location.begin (), begin - 1) + count +
          std::string (end + 1, location.end ());
    } while (g_file_test (path.c_str (), G_FILE_TEST_EXISTS));
    return path;
  }
  return location;
}

std::string
motion_heatmap_check_location (const std::string & location)
{
  const std::string ext = extension (location);
  std::string reason;

  if (!contains (picture_extensions, ext) && !contains (data_extensions, ext))
    return "unknown extension \"" + ext + "\" (.png, .jpg, .jpeg and .tiff are known)";

  gchar *directory = g_path_get_dirname (location.c_str ());
  if (g_file_test (location.c_str (), G_FILE_TEST_IS_DIR))
    reason = "it is a directory";
  else if (!g_file_test (directory, G_FILE_TEST_IS_DIR))
    reason = std::string ("there is no directory \"") + directory + "\"";
  else if (g_access (directory, W_OK) != 0)
    reason = std::string ("the directory \"") + directory + "\" is not writable";
  g_free (directory);

  return reason;
}

/* Puts the content of a file into `bytes`; returns why it failed, or nothing. */
using Encode = std::function < std::string (std::string & bytes) >;

/* Returns why it failed, or nothing. */
static std::string
write_file (const std::string & location, const Encode & encode)
{
  std::string reason = motion_heatmap_check_location (location);
  std::string encoded;
  GError *error = nullptr;

  if (!reason.empty ())
    return reason;
  try {
    reason = encode (encoded);
  } catch (const std::exception & e) {
    return e.what ();
  }
  if (!reason.empty ())
    return reason;
  if (!g_file_set_contents_full (location.c_str (), encoded.data (),
          (gssize) encoded.size (), G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error)) {
    reason = error->message;
    g_error_free (error);
  }
  return reason;
}

static void
write_and_tell (GstElement * element, const SnapshotRequest & request, const FrameTimes & times,
    const Encode & encode)
{
  const std::string reason = write_file (request.location, encode);

  if (reason.empty ()) {
    gst_element_post_message (element, gst_message_new_element (GST_OBJECT_CAST (element),
            gst_structure_new ("motionheatmap-snapshot",
                "location", G_TYPE_STRING, request.location.c_str (),
                "timestamp", G_TYPE_UINT64, times.timestamp,
                "stream-time", G_TYPE_UINT64, times.stream_time,
                "running-time", G_TYPE_UINT64, times.running_time,
                "duration", G_TYPE_UINT64, times.duration, nullptr)));
  } else {
    GST_ELEMENT_WARNING (element, RESOURCE, WRITE,
        ("Could not write \"%s\" (%s): %s", request.location.c_str (), request.origin.c_str (),
            reason.c_str ()), (nullptr));
  }
}

void
SnapshotWriter::write_picture (GstBuffer * picture, const GstVideoInfo & info,
    const SnapshotRequest & request, const FrameTimes & times)
{
  writer_.post ([element = element_, picture, info, request, times] {
        write_and_tell (element, request, times,[&](std::string & bytes) {
              return motion_heatmap_encode_picture (picture, info, extension (request.location),
                  bytes);
            });
        gst_buffer_unref (picture);
      });
}

void
SnapshotWriter::write_events (std::shared_ptr < const motionheat::HeatMap > heat, const SnapshotRequest & request,
    const FrameTimes & times)
{
  writer_.post ([element = element_, heat, request, times] {
        write_and_tell (element, request, times,[&](std::string & bytes) {
              return motion_heatmap_encode_events (*heat, bytes);
            });
      });
}
