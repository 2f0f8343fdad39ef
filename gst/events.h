/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "activity.h"
#include "heat.h"
#include "outbox.h"
#include "properties.h"

/* Tells when motion begins and ends, as `motionheatmap-event` messages, and where it is, as metas of
 * frames. Called by the streaming thread, and without the heat's lock. */
class Events
{
public:
  /* Both outlive this. */
  Events (Heat & heat, Outbox & outbox) : heat_ (heat), outbox_ (outbox) {}

  /* After each frame, which comes `seconds` after the one before. What began before a break has ended
   * with it. */
  void frame (const Continuity::Verdict & verdict, double seconds, const FrameTimes & times,
      const MotionHeatmapSettings & settings);

  /* Attaches the boxes of what moves in the last frame to a buffer whose metas may be changed. */
  void attach (GstBuffer * buffer);

  /* At the end of the stream and on stop: ends what goes on. */
  void finish ();

private:
  void follow_zones (const MotionHeatmapSettings & settings);
  void post (const std::vector < motionheat::MotionEvent > & events);
  GstStructure *structure_of (const motionheat::MotionEvent & event) const;
  motionheat::Rect in_pixels (const motionheat::Rect & box) const;

  Heat & heat_;
  Outbox & outbox_;

  motionheat::Activity activity_;
  /* what the activity's zones are of */
  std::shared_ptr < const motionheat::RegionSettings > regions_;
  motionheat::Size picture_;
  int scale_ = 1;               /* pixels that a cell of the analysis is wide and high */
  std::vector < std::string > names_;
  std::vector < guint64 > told_;       /* of each zone, the id of the motion of which a begin was posted */

  FrameTimes times_;            /* of the last frame */
  double unanalysed_ = 0;       /* seconds since the last analysed frame that are not told yet */
  double since_boxes_ = 0;      /* seconds since boxes were last asked for */
  std::vector < double > shares_;       /* kept, so that no frame allocates */
  std::vector < motionheat::Rect > bounds_;
};
