/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pictures.h"

#include <iterator>
#include <utility>

#include "frame.h"
#include "video_format.h"

/* Pictures and maps that may wait to be written before no more are accepted. */
static constexpr gsize max_waiting = 32;

static bool
keeps_picture (const MotionHeatmapSettings & settings)
{
  return !settings.snapshot_location.empty ()
      && !motion_heatmap_location_is_data (settings.snapshot_location);
}

std::string Pictures::request (const std::string & location)
{
  const std::string reason = motion_heatmap_check_location (location);
  std::lock_guard < std::mutex > lock (requests_lock_);

  if (!reason.empty ())
    return reason;
  if (!is_open_)
    return "there is no stream yet";
  if (requests_.size () + writer_.waiting () >= max_waiting)
    return "too many before it are not written yet";
  requests_.push_back ({location, "signal snapshot"});
  return "";
}

void
Pictures::open ()
{
  std::lock_guard < std::mutex > lock (requests_lock_);

  is_open_ = true;
}

void
Pictures::before_new_format (const MotionHeatmapSettings & settings)
{
  let_go ();
  if (picture_ && !picture_drawn_)
    draw (settings);
}

void
Pictures::check_location (const MotionHeatmapSettings & settings)
{
  const std::string & location = settings.snapshot_location;

  if (series_ ? location == series_->location () : location.empty ())
    return;
  series_ = location.empty ()? nullptr : std::make_shared < Series > (location);
  if (!series_)
    return;
  const std::string unknown = series_->unknown ();
  if (!unknown.empty ())
    outbox_.warn (GST_RESOURCE_ERROR_SETTINGS, "\"" + unknown + "\" in \"" +
        location + "\" (property snapshot-location) means nothing and stays as it is; a percent "
        "sign is written \"%%\"");
  writer_.check (location);
}

void
Pictures::frame (const GstVideoFrame * shown, const GstVideoInfo & info, bool drawn,
    bool interval_ends, const FrameTimes & times, const MotionHeatmapSettings & settings)
{
  have_frames_ = true;
  times_ = times;
  wall_clock_ = g_get_real_time ();
  take_requests ();

  interval_taken_ = false;
  if (interval_ends && series_) {
    interval_taken_ = writer_.waiting () == 0;
    if (interval_taken_)
      add_of_location (settings, Outbox::Kind::kPeriodic);
    else
      outbox_.warn (GST_RESOURCE_ERROR_WRITE, "Left out a snapshot to \"" +
          settings.snapshot_location + "\" (property snapshot-interval): those before are not "
          "written yet", Outbox::Kind::kPeriodic);
  }
  if (!due_.empty ())
    copy (shown, info, drawn);
  else if (keeps_picture (settings))    /* at the end of the stream */
    hold (shown, info, drawn);
  write_due (settings);
  if (!keeps_picture (settings))
    gst_clear_buffer (&picture_);
}

void
Pictures::finish (const MotionHeatmapSettings & settings)
{
  take_requests ();
  if (have_frames_ && !settings.snapshot_location.empty () && !interval_taken_)
    add_of_location (settings, Outbox::Kind::kOwed);
  write_due (settings);
}

void
Pictures::close ()
{
  {
    std::lock_guard < std::mutex > lock (requests_lock_);
    is_open_ = false;
  }
  take_requests ();
  for (const SnapshotRequest & request : due_)
    warn (request, "the stream stopped before there was a frame for it");
  due_.clear ();
  gst_clear_buffer (&picture_);
  series_.reset ();
  have_frames_ = false;
  interval_taken_ = false;
}

void
Pictures::take_requests ()
{
  std::lock_guard < std::mutex > lock (requests_lock_);

  std::move (requests_.begin (), requests_.end (), std::back_inserter (due_));
  requests_.clear ();
}

/* The snapshot of `snapshot-location` is due. */
void
Pictures::add_of_location (const MotionHeatmapSettings & settings, Outbox::Kind kind)
{
  due_.push_back ({settings.snapshot_location, "property snapshot-location", kind, series_});
}

void
Pictures::hold (const GstVideoFrame * shown, const GstVideoInfo & info, bool drawn)
{
  gst_buffer_replace (&picture_, shown->buffer);
  picture_is_copy_ = false;
  picture_info_ = info;
  picture_drawn_ = drawn;
}

void
Pictures::copy (const GstVideoFrame * shown, const GstVideoInfo & info, bool drawn)
{
  GstBuffer *const copied = gst_buffer_new_allocate (nullptr, GST_VIDEO_INFO_SIZE (&info), nullptr);
  GstVideoFrame frame;

  /* a frame may be smaller than its caps say */
  gst_buffer_memset (copied, 0, 0, GST_VIDEO_INFO_SIZE (&info));
  /* in a mixed stream each frame tells whether it is interlaced */
  if (GST_VIDEO_FRAME_IS_INTERLACED (shown))
    GST_BUFFER_FLAG_SET (copied, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  gst_video_frame_map (&frame, &info, copied, GST_MAP_WRITE);
  motionheat::copy_picture (motion_heatmap_pixel_format (info.finfo),
      motion_heatmap_frame_view (shown, &info), motion_heatmap_frame_view (&frame, &info));
  gst_video_frame_unmap (&frame);
  gst_buffer_replace (&picture_, copied);
  gst_buffer_unref (copied);
  picture_is_copy_ = true;
  picture_info_ = info;
  picture_drawn_ = drawn;
}

void
Pictures::let_go ()
{
  if (!picture_ || picture_is_copy_)
    return;
  GstVideoFrame held;
  /* `copy` gives the picture another buffer */
  const GstVideoInfo info = picture_info_;
  if (gst_video_frame_map (&held, &info, picture_, GST_MAP_READ)) {
    copy (&held, info, picture_drawn_);
    gst_video_frame_unmap (&held);
  } else {
    gst_clear_buffer (&picture_);
  }
}

/* Draws the heat on the kept picture, a copy, in whose format the engine still is. */
void
Pictures::draw (const MotionHeatmapSettings & settings)
{
  GstVideoFrame frame;

  picture_ = gst_buffer_make_writable (picture_);
  if (!gst_video_frame_map (&frame, &picture_info_, picture_, GST_MAP_READWRITE))
    return;
  const std::unique_ptr < GstVideoFrame, decltype (&gst_video_frame_unmap) >
      mapped (&frame, gst_video_frame_unmap);
  const motionheat::FrameView view = motion_heatmap_frame_view (&frame, &picture_info_);
  std::lock_guard < std::mutex > lock (heat_.lock);

  heat_.engine.set (settings.engine);
  heat_.engine.draw (view, view, true);
  picture_drawn_ = true;
}

/* Has the kept picture, or the events, written to all files that are due. */
void
Pictures::write_due (const MotionHeatmapSettings & settings)
{
  for (SnapshotRequest & request : std::exchange (due_, {})) {
    request.time = wall_clock_;
    try {
      write (request, settings);
    } catch (const std::bad_alloc &) {
      warn (request, "not enough memory");
    } catch (const std::exception & e) {
      warn (request, e.what ());
    }
  }
}

void
Pictures::write (const SnapshotRequest & request, const MotionHeatmapSettings & settings)
{
  const bool is_data = motion_heatmap_location_is_data (request.location);

  if (!have_frames_ || (!is_data && !picture_)) {
    warn (request, "the stream ended before there was a frame for it");
  } else if (is_data) {
    std::unique_lock < std::mutex > lock (heat_.lock);
    const HeatRequest heat (heat_);
    lock.unlock ();
    writer_.write_events (heat, request, times_);
  } else {
    let_go ();
    if (!picture_) {
      warn (request, "the last frame cannot be read");
      return;
    }
    if (!picture_drawn_)
      draw (settings);
    writer_.write_picture (gst_buffer_ref (picture_), picture_info_, request, times_);
  }
}

void
Pictures::warn (const SnapshotRequest & request, const std::string & reason)
{
  outbox_.warn (GST_RESOURCE_ERROR_WRITE, "Could not write \"" + request.location + "\" (" +
      request.origin + "): " + reason, request.kind);
}
