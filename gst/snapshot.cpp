/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <opencv2/imgcodecs.hpp>

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

static cv::Mat
to_bgr (GstBuffer * picture, const GstVideoInfo & info)
{
  GstVideoInfo bgr_info;
  GstVideoFrame from, to;

  gst_video_info_set_format (&bgr_info, GST_VIDEO_FORMAT_BGR, (guint) info.width,
      (guint) info.height);
  /* the converter converts neither rates nor fields */
  bgr_info.interlace_mode = info.interlace_mode;
  bgr_info.fps_n = info.fps_n;
  bgr_info.fps_d = info.fps_d;
  GstBuffer *buffer = gst_buffer_new_allocate (nullptr, GST_VIDEO_INFO_SIZE (&bgr_info), nullptr);
  cv::Mat bgr;

  if (gst_video_frame_map (&from, &info, picture, GST_MAP_READ)) {
    if (gst_video_frame_map (&to, &bgr_info, buffer, GST_MAP_WRITE)) {
      GstVideoConverter *converter = gst_video_converter_new (&info, &bgr_info, nullptr);

      if (converter) {
        gst_video_converter_frame (converter, &from, &to);
        gst_video_converter_free (converter);
        bgr = cv::Mat (info.height, info.width, CV_8UC3, GST_VIDEO_FRAME_PLANE_DATA (&to, 0),
            (gsize) GST_VIDEO_FRAME_PLANE_STRIDE (&to, 0)).clone ();
      }
      gst_video_frame_unmap (&to);
    }
    gst_video_frame_unmap (&from);
  }
  gst_buffer_unref (buffer);

  return bgr;
}

static cv::Mat
to_events (const motionheat::HeatMap & heat)
{
  const motionheat::Size size = heat.grid ().size ();
  const double unit = heat.unit ();
  cv::Mat events = cv::Mat::zeros (size.height, size.width, CV_32FC1);

  for (int tile = 0; tile < heat.grid ().count (); tile++) {
    if (heat.is_cold (tile))
      continue;
    heat.visit (tile,[&](int x, int y, uint64_t count) {
          events.at < float >(y, x) = (float) ((double) count / unit);
        });
  }
  return events;
}

/* Returns why it failed, or nothing. */
static std::string
write_file (const std::string & location, const std::function < cv::Mat () > &make_image)
{
  std::string reason = motion_heatmap_check_location (location);
  std::vector < uchar > encoded;
  GError *error = nullptr;

  if (!reason.empty ())
    return reason;
  try {
    const cv::Mat image = make_image ();
    /* plain TIFF, which everything reads */
    const std::vector < int >options = image.depth () == CV_32F ?
        std::vector < int >{cv::IMWRITE_TIFF_COMPRESSION, 1} : std::vector < int >{};

    if (image.empty ())
      return "the picture could not be converted";
    if (!cv::imencode (extension (location), image, encoded, options))
      return "the picture could not be encoded";
  } catch (const std::exception & e) {
    return e.what ();
  }
  if (!g_file_set_contents_full (location.c_str (), (const gchar *) encoded.data (),
          (gssize) encoded.size (), G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error)) {
    reason = error->message;
    g_error_free (error);
  }
  return reason;
}

static void
write_and_tell (GstElement * element, const SnapshotRequest & request, const FrameTimes & times,
    const std::function < cv::Mat () > &make_image)
{
  const std::string reason = write_file (request.location, make_image);

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
        write_and_tell (element, request, times,[&] { return to_bgr (picture, info); });
        gst_buffer_unref (picture);
      });
}

void
SnapshotWriter::write_events (std::shared_ptr < const motionheat::HeatMap > heat, const SnapshotRequest & request,
    const FrameTimes & times)
{
  writer_.post ([element = element_, heat, request, times] {
        write_and_tell (element, request, times,[&] { return to_events (*heat); });
      });
}
