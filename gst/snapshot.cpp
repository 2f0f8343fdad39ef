/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot.h"

#include <algorithm>
#include <vector>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <opencv2/imgcodecs.hpp>

static const gchar *const picture_extensions[] = { ".png", ".jpg", ".jpeg" };

struct SnapshotJob
{
  GstBuffer *picture;
  GstVideoInfo info;
  SnapshotRequest request;
  FrameTimes times;
};

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

std::string
motion_heatmap_check_location (const std::string & location)
{
  const std::string ext = extension (location);
  std::string reason;

  if (std::find (std::begin (picture_extensions), std::end (picture_extensions), ext) ==
      std::end (picture_extensions))
    return "unknown extension \"" + ext + "\" (.png, .jpg and .jpeg are known)";

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
to_bgr (const SnapshotJob & job)
{
  GstVideoInfo bgr_info;
  GstVideoFrame from, to;

  gst_video_info_set_format (&bgr_info, GST_VIDEO_FORMAT_BGR, (guint) job.info.width,
      (guint) job.info.height);
  /* the converter converts neither rates nor fields */
  bgr_info.interlace_mode = job.info.interlace_mode;
  bgr_info.fps_n = job.info.fps_n;
  bgr_info.fps_d = job.info.fps_d;
  GstBuffer *buffer = gst_buffer_new_allocate (nullptr, GST_VIDEO_INFO_SIZE (&bgr_info), nullptr);
  cv::Mat bgr;

  if (gst_video_frame_map (&from, &job.info, job.picture, GST_MAP_READ)) {
    if (gst_video_frame_map (&to, &bgr_info, buffer, GST_MAP_WRITE)) {
      GstVideoConverter *converter = gst_video_converter_new (&job.info, &bgr_info, nullptr);

      if (converter) {
        gst_video_converter_frame (converter, &from, &to);
        gst_video_converter_free (converter);
        bgr = cv::Mat (job.info.height, job.info.width, CV_8UC3,
            GST_VIDEO_FRAME_PLANE_DATA (&to, 0),
            (gsize) GST_VIDEO_FRAME_PLANE_STRIDE (&to, 0)).clone ();
      }
      gst_video_frame_unmap (&to);
    }
    gst_video_frame_unmap (&from);
  }
  gst_buffer_unref (buffer);

  return bgr;
}

/* Returns why it failed, or nothing. */
static std::string
write_picture (const SnapshotJob & job)
{
  const std::string & location = job.request.location;
  std::string reason = motion_heatmap_check_location (location);
  std::vector < uchar > encoded;
  GError *error = nullptr;

  if (!reason.empty ())
    return reason;
  try {
    const cv::Mat bgr = to_bgr (job);
    if (bgr.empty ())
      return "the picture could not be converted";
    if (!cv::imencode (extension (location), bgr, encoded))
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
run_job (gpointer data, gpointer user_data)
{
  SnapshotJob *job = (SnapshotJob *) data;
  GstElement *element = GST_ELEMENT_CAST (user_data);
  const std::string reason = write_picture (*job);

  if (reason.empty ()) {
    gst_element_post_message (element, gst_message_new_element (GST_OBJECT_CAST (element),
            gst_structure_new ("motionheatmap-snapshot",
                "location", G_TYPE_STRING, job->request.location.c_str (),
                "timestamp", G_TYPE_UINT64, job->times.timestamp,
                "stream-time", G_TYPE_UINT64, job->times.stream_time,
                "running-time", G_TYPE_UINT64, job->times.running_time,
                "duration", G_TYPE_UINT64, job->times.duration, nullptr)));
  } else {
    GST_ELEMENT_WARNING (element, RESOURCE, WRITE,
        ("Could not write \"%s\" (%s): %s", job->request.location.c_str (),
            job->request.origin.c_str (), reason.c_str ()), (nullptr));
  }
  gst_buffer_unref (job->picture);
  delete job;
}

void
SnapshotWriter::write (GstBuffer * picture, const GstVideoInfo & info,
    const SnapshotRequest & request, const FrameTimes & times)
{
  if (!pool_)
    pool_ = g_thread_pool_new (run_job, element_, 1, FALSE, nullptr);
  g_thread_pool_push (pool_, new SnapshotJob {picture, info, request, times}, nullptr);
}

void
SnapshotWriter::drain ()
{
  if (pool_)
    g_thread_pool_free (pool_, FALSE, TRUE);
  pool_ = nullptr;
}
