/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <gst/video/video.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

/* Boxes are in cells of the analysis, of which the last ones are cut by the edge of the picture. */
motionheat::Rect
Events::in_pixels (const motionheat::Rect & box) const
{
  return intersect ({box.x * scale_, box.y * scale_, box.width * scale_, box.height * scale_},
      picture_);
}

/* Other zones, or another size: what went on has nothing to do with what comes. */
void
Events::follow_zones (const MotionHeatmapSettings & settings)
{
  std::vector < std::string > names;
  motionheat::Size picture;
  const int scale = settings.engine.analysis_scale;
  {
    std::lock_guard < std::mutex > lock (heat_.lock);
    picture = heat_.engine.stream ().size;
    if (!names_.empty () && settings.engine.regions == regions_ && picture == picture_
        && scale == scale_)
      return;
    for (size_t zone = 0; zone < heat_.engine.regions ().zones (); zone++)
      names.push_back (heat_.engine.regions ().name (zone));
  }
  if (names.empty ())
    names.push_back ("frame");
  post (activity_.configure (names.size ()));
  names_ = std::move (names);
  told_.assign (names_.size (), 0);
  regions_ = settings.engine.regions;
  picture_ = picture;
  scale_ = scale;
}

void
Events::frame (const Continuity::Verdict & verdict, double seconds, const FrameTimes & times,
    const MotionHeatmapSettings & settings)
{
  if (verdict.forget_previous)
    finish ();
  follow_zones (settings);
  times_ = times;
  unanalysed_ += seconds;
  since_boxes_ += seconds;
  switch (verdict.treatment) {
    case Continuity::Treatment::kAnalyse:
    {
      std::lock_guard < std::mutex > lock (heat_.lock);
      const motionheat::MotionRecord & motion = heat_.engine.motion ();
      shares_.assign (motion.shares ().begin (), motion.shares ().end ());
      bounds_.assign (motion.bounds ().begin (), motion.bounds ().end ());
    }
      if (settings.post_messages)
        post (activity_.frame (shares_, bounds_, std::exchange (unanalysed_, 0),
                settings.activity));
      break;
    case Continuity::Treatment::kRepeat:
    case Continuity::Treatment::kSkip:
      if (settings.post_messages)
        post (activity_.pass (std::exchange (unanalysed_, 0), settings.activity));
      break;
    case Continuity::Treatment::kShow: /* the next analysed frame tells of the time between, too */
      break;
  }
  /* who wants no messages any more gets the ends of what began */
  if (!settings.post_messages)
    finish ();
}

#ifdef HAVE_ANALYTICS
/* The same boxes for those who read GstAnalytics, beside what others have detected. */
static void
add_detections (GstBuffer * buffer, const std::vector < motionheat::Rect > & boxes)
{
  if (boxes.empty ())
    return;
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);

  if (!meta)
    meta = gst_buffer_add_analytics_relation_meta (buffer);
  for (const motionheat::Rect & box : boxes) {
    GstAnalyticsODMtd detection;

    gst_analytics_relation_meta_add_od_mtd (meta, g_quark_from_static_string ("motion"),
        box.x, box.y, box.width, box.height, 1.0f, &detection);
  }
}
#endif

void
Events::attach (GstBuffer * buffer)
{
  std::vector < motionheat::Rect > boxes;
  {
    std::lock_guard < std::mutex > lock (heat_.lock);
    boxes = heat_.engine.boxes (std::exchange (since_boxes_, 0));
  }
  /* they are of the part that is shown */
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);

  for (motionheat::Rect & box : boxes) {
    box = in_pixels (box);
    box.x += crop ? (int) crop->x : 0;
    box.y += crop ? (int) crop->y : 0;
    gst_buffer_add_video_region_of_interest_meta (buffer, "motion", (guint) box.x, (guint) box.y,
        (guint) box.width, (guint) box.height);
  }
#ifdef HAVE_ANALYTICS
  add_detections (buffer, boxes);
#endif
}

void
Events::finish ()
{
  post (activity_.finish ());
  unanalysed_ = 0;
}

void
Events::post (const std::vector < motionheat::MotionEvent > & events)
{
  for (const motionheat::MotionEvent & event : events) {
    /* an end is owed to who was told of the begin */
    const auto kind = event.begins ? Outbox::Kind::kPeriodic : Outbox::Kind::kOwed;
    if (event.begins ? !outbox_.takes (kind) : told_[event.zone] != event.id)
      continue;
    told_[event.zone] = event.begins ? event.id : 0;
    outbox_.post (structure_of (event), kind);
  }
}

GstStructure *
Events::structure_of (const motionheat::MotionEvent & event) const
{
  const double width = std::max (picture_.width, 1), height = std::max (picture_.height, 1);
  const motionheat::Rect box = in_pixels (event.box);

  GstStructure *structure = gst_structure_new ("motionheatmap-event",
      "event", G_TYPE_STRING, event.begins ? "motion-begin" : "motion-end",
      "zone", G_TYPE_STRING, names_[event.zone].c_str (),
      "id", G_TYPE_UINT64, (guint64) event.id, nullptr);

  times_.add_to (structure);
  gst_structure_set (structure,
      "motion", G_TYPE_DOUBLE, event.motion,
      "motion-peak", G_TYPE_DOUBLE, event.peak,
      "event-duration", G_TYPE_UINT64, (guint64) std::llround (event.seconds * GST_SECOND),
      "x", G_TYPE_DOUBLE, box.x / width,
      "y", G_TYPE_DOUBLE, box.y / height,
      "width", G_TYPE_DOUBLE, box.width / width,
      "height", G_TYPE_DOUBLE, box.height / height, nullptr);
  return structure;
}
