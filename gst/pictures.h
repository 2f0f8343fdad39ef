/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gst/video/video.h>

#include "properties.h"
#include "snapshot.h"

/* The pictures, and maps of events, that are written of a stream: when a frame comes whose turn it
 * is, when the application asks, and at the end.
 *
 * Of each one that was accepted or became due the bus is told once: that it is written, or in a
 * warning why it is not. That is kept whatever happens to the stream: requests wait for a frame, or
 * for the end or the stop, which answer what is left. Only of those of an interval nothing is told
 * while nobody reads.
 *
 * Called by the streaming thread, and without the heat's lock, where nothing else is said. */
class Pictures
{
public:
  Pictures (Outbox & outbox, Heat & heat) : outbox_ (outbox), heat_ (heat), writer_ (outbox) {}
  ~Pictures () { gst_clear_buffer (&picture_); }

  /* Has the next frame written to `location`. Returns why not, or nothing if it was accepted. Any
   * thread may call it. */
  std::string request (const std::string & location);

  /* From when the format is known requests are accepted. What was kept of an earlier format gets its
   * heat before the engine is made ready for another. */
  void open ();
  void before_new_format (const MotionHeatmapSettings & settings);

  /* Before each frame: whether `snapshot-location` is another one, and of any use. */
  void check_location (const MotionHeatmapSettings & settings);

  /* Takes what is due of a frame that was analysed: `shown`, on which the heat is if it was `drawn`.
   * `interval_ends`: whether a picture of `snapshot-interval` is. */
  void frame (const GstVideoFrame * shown, const GstVideoInfo & info, bool drawn,
      bool interval_ends, const FrameTimes & times, const MotionHeatmapSettings & settings);

  /* Whether with the last frame a picture was taken because an interval ended. */
  bool interval_taken () const { return interval_taken_; }

  /* At the end of the stream: takes the last picture. */
  void finish (const MotionHeatmapSettings & settings);

  /* Others want their memory back: what is kept for the end goes on as a copy. */
  void let_go ();

  /* On stop. No other thread streams. */
  void close ();

  /* See FileWriter. Any thread may call it. */
  std::string drain (FileWriter::Deadline deadline) { return writer_.drain (deadline); }
  void interrupt (bool interrupted) { writer_.interrupt (interrupted); }

private:
  void take_requests ();
  void add_of_location (const MotionHeatmapSettings & settings, Outbox::Kind kind);
  void hold (const GstVideoFrame * shown, const GstVideoInfo & info, bool drawn);
  void copy (const GstVideoFrame * shown, const GstVideoInfo & info, bool drawn);
  void draw (const MotionHeatmapSettings & settings);
  void write_due (const MotionHeatmapSettings & settings);
  void write (const SnapshotRequest & request, const MotionHeatmapSettings & settings);
  void warn (const SnapshotRequest & request, const std::string & reason);

  Outbox & outbox_;
  Heat & heat_;

  std::mutex requests_lock_;    /* for these two */
  std::vector < SnapshotRequest > requests_;
  bool is_open_ = false;

  std::vector < SnapshotRequest > due_;
  std::shared_ptr < Series > series_;   /* of snapshot-location */
  bool have_frames_ = false;
  bool interval_taken_ = false;
  FrameTimes times_;            /* of the last frame */
  gint64 wall_clock_ = 0;

  /* The last one, if it will be wanted at the end. It is the frame that went downstream, which
   * nobody may write to meanwhile, and is copied once it is wanted: copying each would cost a third
   * of the work on it. */
  GstBuffer *picture_ = nullptr;
  bool picture_is_copy_ = false;
  GstVideoInfo picture_info_;
  bool picture_drawn_ = false;  /* whether the heat is on it already */

  SnapshotWriter writer_;
};
