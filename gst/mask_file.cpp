/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mask_file.h"

#include <chrono>
#include <filesystem>
#include <future>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include <gst/video/video.h>

/* A file on a disk that hangs is given up. */
static constexpr GstClockTime patience = 5 * GST_SECOND;

struct Unref
{
  void operator () (gpointer object) const { gst_object_unref (object); }
};

struct StopAndUnref
{
  void operator () (GstElement * pipeline) const
  {
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (pipeline);
  }
};

static std::shared_ptr < const motionheat::MaskImage >
image_of (GstSample * sample)
{
  GstVideoInfo info;
  GstVideoFrame frame;

  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
      || !gst_video_frame_map (&frame, &info, gst_sample_get_buffer (sample), GST_MAP_READ))
    return nullptr;
  const std::unique_ptr < GstVideoFrame, decltype (&gst_video_frame_unmap) >
      mapped (&frame, gst_video_frame_unmap);
  auto image = std::make_shared < motionheat::MaskImage > ();
  image->size = {info.width, info.height};
  for (int y = 0; y < info.height; y++) {
    const guint8 *row = (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0)
        + (gssize) y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
    image->pixels.insert (image->pixels.end (), row, row + info.width);
  }
  return image;
}

/* Why no picture arrived; empty if the first one has. A film is not decoded further than that. */
static std::string
run (GstElement * pipeline)
{
  const std::unique_ptr < GstBus, Unref > bus (gst_element_get_bus (pipeline));

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  GstMessage *message = gst_bus_timed_pop_filtered (bus.get (), patience,
      (GstMessageType) (GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR));
  if (!message)
    return "it takes too long";
  std::string reason;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    GError *error = nullptr;
    gst_message_parse_error (message, &error, nullptr);
    reason = error->message;
    g_error_free (error);
  }
  gst_message_unref (message);
  return reason;
}

using Image = std::shared_ptr < const motionheat::MaskImage >;

static Image
read (const std::string & location, std::string & reason)
{
  /* to open a pipe would wait for who writes to it */
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status (location, error);
  if (std::filesystem::exists (status) && !std::filesystem::is_regular_file (status)) {
    reason = "it is no regular file";
    return nullptr;
  }

  const std::unique_ptr < GstElement, StopAndUnref > pipeline (gst_parse_launch (
      "filesrc name=file ! decodebin ! videoconvert ! video/x-raw,format=GRAY8 ! "
      "fakesink name=sink", nullptr));

  if (!pipeline) {
    reason = "decodebin and videoconvert, of GStreamer's base plugins, are not installed";
    return nullptr;
  }
  const std::unique_ptr < GstElement, Unref > file (gst_bin_get_by_name (GST_BIN (pipeline.get ()),
          "file"));
  const std::unique_ptr < GstElement, Unref > sink (gst_bin_get_by_name (GST_BIN (pipeline.get ()),
          "sink"));

  g_object_set (file.get (), "location", location.c_str (), nullptr);
  reason = run (pipeline.get ());
  if (!reason.empty ())
    return nullptr;
  GstSample *last = nullptr;
  g_object_get (sink.get (), "last-sample", &last, nullptr);
  const std::unique_ptr < GstSample, decltype (&gst_sample_unref) > sample (last, gst_sample_unref);
  Image image = sample ? image_of (sample.get ()) : nullptr;
  if (!image)
    reason = "there is no picture in it";
  return image;
}

/* On a thread that is left to itself when the disk hangs already in opening the file. */
Image
motion_heatmap_read_mask (const std::string & location, std::string & reason)
{
  std::packaged_task < std::pair < Image, std::string > () > task ([location] {
        std::string why;
        Image image = read (location, why);
        return std::pair (image, why);
      });
  auto result = task.get_future ();

  std::thread (std::move (task)).detach ();
  if (result.wait_for (std::chrono::nanoseconds (patience)) != std::future_status::ready) {
    reason = "it takes too long";
    return nullptr;
  }
  Image image;
  std::tie (image, reason) = result.get ();
  return image;
}
