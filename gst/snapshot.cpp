/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include <glib/gstdio.h>

#include "picture_file.h"

#include "new_file.h"

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
motion_heatmap_check_location (const std::string & location)
{
  const std::string ext = extension (location);
  std::string reason;

  if (!contains (picture_extensions, ext) && !contains (data_extensions, ext))
    return "unknown extension \"" + ext + "\" (.png, .jpg, .jpeg and .tiff are known)";

  gchar *directory = g_path_get_dirname (location.c_str ());
  if (g_file_test (location.c_str (), G_FILE_TEST_IS_DIR))
    reason = "it is a directory";
  else if (g_file_test (location.c_str (), G_FILE_TEST_EXISTS)
      && !g_file_test (location.c_str (), G_FILE_TEST_IS_REGULAR))
    reason = "it is not a regular file";
  else if (!g_file_test (directory, G_FILE_TEST_IS_DIR))
    reason = std::string ("there is no directory \"") + directory + "\"";
  else if (g_access (directory, W_OK) != 0)
    reason = std::string ("the directory \"") + directory + "\" is not writable";
  g_free (directory);

  return reason;
}

/* The names of the files that a request may be written to. */
class Names
{
public:
  explicit Names (const SnapshotRequest & request) : request_ (request) {}

  bool is_series () const { return request_.series && request_.series->is_series (); }

  /* The first one, and of a series each further one, that nothing has yet. */
  std::string next ()
  {
    if (!request_.series)
      return request_.location;
    std::string name;
    do {
      name = request_.series->next (request_.time, tried_++);
    } while (is_series () && is_taken (name));
    return name;
  }

private:
  static bool is_taken (const std::string & name)
  {
    GStatBuf status;

    return g_lstat (name.c_str (), &status) == 0;
  }

  const SnapshotRequest & request_;
  guint tried_ = 0;
};

/* Returns why it failed, or nothing, and the name of the file. */
static std::string
write_file (const SnapshotRequest & request, const SnapshotWriter::Encode & encode, std::string & location)
{
  Names names (request);

  location = names.next ();
  std::string reason = motion_heatmap_check_location (location);
  if (!reason.empty ())
    return reason;
  try {
    std::string encoded;

    reason = encode (extension (location), encoded);
    if (!reason.empty ())
      return reason;
    motionheat::NewFile file (location);
    file.write (encoded);
    if (names.is_series ()) {
      while (!file.take_name (location))        /* somebody else was faster */
        location = names.next ();
    } else {
      file.replace ();
    }
  } catch (const std::exception & e) {
    return e.what ();
  }
  return "";
}

static void
write_and_tell (Outbox & outbox, const SnapshotRequest & request, const FrameTimes & times,
    const SnapshotWriter::Encode & encode)
{
  std::string location;
  const std::string reason = write_file (request, encode, location);

  if (reason.empty ()) {
    GstStructure *written = gst_structure_new ("motionheatmap-snapshot",
        "location", G_TYPE_STRING, location.c_str (), nullptr);
    times.add_to (written);
    outbox.post (written, request.kind);
  } else {
    outbox.warn (GST_RESOURCE_ERROR_WRITE, "Could not write \"" + location + "\" (" +
        request.origin + "): " + reason, request.kind);
  }
}

/* What is told of a file that takes too long. */
static std::string
name_of (const SnapshotRequest & request)
{
  return "\"" + request.location + "\" (" + request.origin + ")";
}

void
SnapshotWriter::check (const std::string & location)
{
  const SnapshotRequest request = {location, "property snapshot-location"};

  writer_.post (name_of (request),
      [this, held = motion_heatmap_hold (outbox_.element ()), location] {
        Series series (location);
        std::string reason = motion_heatmap_check_location (series.next (g_get_real_time (), 0));
        if (!reason.empty ())
          outbox_.warn (GST_RESOURCE_ERROR_OPEN_WRITE, "No picture can be written to \"" +
              location + "\" (property snapshot-location): " + reason);
      });
}

void
SnapshotWriter::post (const SnapshotRequest & request, const FrameTimes & times,
    Encode encode)
{
  const auto held = motion_heatmap_hold (outbox_.element ());

  waiting_++;
  try {
    writer_.post (name_of (request),[this, held, request, times, encode] {
          waiting_--;
          write_and_tell (outbox_, request, times, encode);
        });
  } catch (...) {
    waiting_--;
    throw;
  }
}

void
SnapshotWriter::write_picture (GstBuffer * picture, const GstVideoInfo & info,
    const SnapshotRequest & request, const FrameTimes & times)
{
  const std::shared_ptr < GstBuffer > held (picture, gst_buffer_unref);

  post (request, times,[held, info] (const std::string & extension, std::string & bytes) {
        return motion_heatmap_encode_picture (held.get (), info, extension, bytes);
      });
}

void
SnapshotWriter::write_events (const HeatRequest & heat, const SnapshotRequest & request,
    const FrameTimes & times)
{
  post (request, times,[heat] (const std::string &, std::string & bytes) {
        return motion_heatmap_encode_events (heat.complete (), bytes);
      });
}
