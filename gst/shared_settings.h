/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <mutex>

#include <gst/gst.h>

#include "outbox.h"
#include "properties.h"

/* What the application asked for. Any thread may call it where nothing else is said. */
class SharedSettings
{
public:
  /* `outbox` outlives this. Warnings are posted without the lock. */
  explicit SharedSettings (Outbox & outbox) : outbox_ (outbox) {}

  /* Returns whether there is such a property. A value that may not be set now leaves the one before,
   * with a warning. */
  bool set (guint prop_id, const GValue * value);
  bool get (guint prop_id, GValue * value);
  MotionHeatmapSettings now ();
  bool attaches_boxes ();

  /* Puts what holds for a frame, or for the end of the stream, into `taken`, whose memory is used
   * again. Warns of what was refused since; the default detector stands in for one that cannot be
   * had. Called by the streaming thread. */
  void take (MotionHeatmapSettings & taken);

  /* From start to stop `state-location` stays what it is. */
  void start () { set_started (true); }
  void stop () { set_started (false); }

private:
  bool refuses (guint prop_id, const GValue * value);
  void set_mask (const GValue * value);
  void set_started (bool started);
  void replace_unavailable (motionheat::Detector & detector);

  Outbox & outbox_;

  std::mutex lock_;             /* for these two */
  MotionHeatmapSettings settings_;
  bool started_ = false;

  /* the streaming thread's */
  motionheat::Detector checked_detector_ = motionheat::Detector::kDifference;
  bool detector_available_ = true;
};
