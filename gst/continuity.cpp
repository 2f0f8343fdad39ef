/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "continuity.h"

#include <algorithm>
#include <utility>

/* For so long every frame must have been flagged CORRUPTED until `corrupted=auto` counts them. */
static const GstClockTime kCorruptedPatience = 3 * GST_SECOND;
/* After so long without any comparison the user is told why, if more than a frame or two came. */
static const GstClockTime kUncomparedPatience = 10 * GST_SECOND;
static const guint kUncomparedFrames = 3;
/* What is out of step by no more counts at once; the clock waits where it was wrong. */
static const GstClockTimeDiff kPlausibleStep = 10 * GST_SECOND;

FrameTimes
FrameTimes::of (const GstBuffer * buffer, const GstSegment * segment, GstClockTime frame_duration)
{
  FrameTimes times;

  times.timestamp = GST_BUFFER_PTS (buffer);
  times.duration = GST_BUFFER_DURATION_IS_VALID (buffer) ?
      GST_BUFFER_DURATION (buffer) : frame_duration;
  if (segment->format == GST_FORMAT_TIME) {
    times.reverse = segment->rate < 0;
    times.stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, times.timestamp);
    times.running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, times.timestamp);
  }

  return times;
}

void
FrameTimes::add_to (GstStructure * structure) const
{
  gst_structure_set (structure,
      "timestamp", G_TYPE_UINT64, timestamp,
      "stream-time", G_TYPE_UINT64, stream_time,
      "running-time", G_TYPE_UINT64, running_time,
      "duration", G_TYPE_UINT64, duration, nullptr);
}

/* From one stream time to another in the direction of play. */
static GstClockTimeDiff
forward (GstClockTime from, const FrameTimes & to)
{
  return to.reverse ? GST_CLOCK_DIFF (to.stream_time, from) :
      GST_CLOCK_DIFF (from, to.stream_time);
}

/* Whether a distance is more than three times as long as is usual: as the median of late or, where
 * there are no times yet, as the duration of the frame before. */
bool
StreamClock::is_unusual (GstClockTime distance) const
{
  const guint n = MIN (n_distances_, distances_.size ());
  std::array < GstClockTime, 7 > sorted = distances_;

  if (n == 0)
    return distance / 3 > duration_;
  std::nth_element (sorted.begin (), sorted.begin () + n / 2, sorted.begin () + n);
  return distance / 3 > sorted[n / 2];
}

/* Measures the distance to the frame before, in step or not. */
void
StreamClock::measure (const FrameTimes & times, Mark mark)
{
  distance_.reset ();
  distance_is_unusual_ = false;
  if (mark == Mark::kJump)
    last_time_ = GST_CLOCK_TIME_NONE;
  if (!GST_CLOCK_TIME_IS_VALID (times.stream_time))
    return;
  if (GST_CLOCK_TIME_IS_VALID (last_time_)) {
    distance_ = forward (last_time_, times);
    distance_is_unusual_ = is_unusual ((GstClockTime) ABS (*distance_));
  }
  last_time_ = times.stream_time;
}

/* Whether a frame's time goes on from the anchor's, as far as the clock has come since. */
bool
StreamClock::is_in_step (const FrameTimes & times) const
{
  const GstClockTimeDiff ahead = forward (anchor_.time, times);
  const GstClockTimeDiff moved = (GstClockTimeDiff) (begin_ - MIN (begin_, anchor_.elapsed));

  return ahead >= 0 && (ahead <= moved || !is_unusual ((GstClockTime) (ahead - moved)));
}

/* What the clock shows with a frame that is not the first. */
GstClockTime
StreamClock::follow (const FrameTimes & times, Mark mark)
{
  const GstClockTime by_duration = begin_ + duration_;

  if (!anchor_.is_set () || mark == Mark::kJump) {
    anchor_ = {times.stream_time, by_duration};
    stray_ = {};
    return by_duration;
  }
  if (!GST_CLOCK_TIME_IS_VALID (times.stream_time))
    return by_duration;

  /* Time goes on from a stray frame unless this one is in step with those before. */
  if (stray_.is_set () && !is_in_step (times) && forward (stray_.time, times) >= 0)
    anchor_ = stray_;
  stray_ = {};

  const GstClockTimeDiff ahead = forward (anchor_.time, times);
  const Anchor here = {times.stream_time,
    ahead >= 0 ? anchor_.elapsed + (GstClockTime) ahead : by_duration};
  const bool in_step = mark != Mark::kNone || is_in_step (times);
  (in_step ? anchor_ : stray_) = here;
  return in_step || ahead <= kPlausibleStep ? MAX (begin_, here.elapsed) : by_duration;
}

void
StreamClock::advance (const FrameTimes & times, Mark mark)
{
  const GstClockTime duration = GST_CLOCK_TIME_IS_VALID (times.duration) ? times.duration : 0;

  begin_before_ = begin_;
  if (started_) {
    measure (times, mark);
    begin_ = follow (times, mark);
    step_ = begin_ - begin_before_;
    if (distance_.value_or (0) > 0)
      distances_[n_distances_++ % distances_.size ()] = (GstClockTime) *distance_;
  } else {
    anchor_.time = last_time_ = times.stream_time;
    step_ = duration;
    started_ = true;
  }

  duration_ = duration;
  end_before_ = end_;
  end_ = MAX (end_, begin_ + duration_);
}

void
Continuity::stream_start (const gchar * stream_id)
{
  if (stream_id_ != stream_id)
    flush ();
  stream_id_ = stream_id;
}

void
Continuity::flush ()
{
  mark (Mark::kJump);
  forget_ = true;
}

void
Continuity::segment (const GstSegment * before, const GstSegment * after)
{
  const bool continues = before->format == after->format && before->rate == after->rate
      && before->applied_rate == after->applied_rate && before->base == after->base
      && before->offset == after->offset && before->start == after->start
      && before->time == after->time;

  if (!continues)
    mark (Mark::kSegment);
  if ((before->rate < 0) != (after->rate < 0))
    flush ();
}

/* Whether the frames before and after a mark show two scenes: because of a hole that is too long, or
 * because the stream goes on from another place. */
bool
Continuity::is_other_scene (GstClockTime max_gap) const
{
  const auto distance = clock_.distance ();

  if (mark_ == Mark::kNone)
    return false;
  if (!distance)
    return mark_ != Mark::kDiscont;
  if (mark_ == Mark::kSegment && *distance < 0)
    return true;
  return (GstClockTime) ABS (*distance) > max_gap && clock_.distance_is_unusual ();
}

Continuity::Treatment
Continuity::treat (GstBufferFlags flags, const Rules & rules)
{
  /* where the frame that is due cannot be analysed the next one is */
  is_due_ = is_due_ || clock_.passed (rules.analysis_interval);
  if (flags & GST_BUFFER_FLAG_GAP)
    return Treatment::kRepeat;

  counts_corrupted_ = rules.corrupted == GST_MOTION_HEATMAP_CORRUPTED_AUTO
      && clock_.elapsed () - last_sound_ >= kCorruptedPatience;
  if (!(flags & GST_BUFFER_FLAG_CORRUPTED)) {
    last_sound_ = clock_.elapsed ();
    counts_corrupted_ = false;
  } else if (rules.corrupted != GST_MOTION_HEATMAP_CORRUPTED_COUNT && !counts_corrupted_) {
    return Treatment::kSkip;
  }
  return std::exchange (is_due_, false) ? Treatment::kAnalyse : Treatment::kShow;
}

/* What the user is told once, if it is time: an empty map would be silently wrong. */
std::string
Continuity::complain (Treatment treatment, const Rules & rules)
{
  const GstClockTime patience = MAX (kUncomparedPatience, 2 * MIN (rules.analysis_interval,
          G_MAXINT64));

  switch (treatment) {
    case Treatment::kShow:
      return "";
    case Treatment::kAnalyse:
      if (has_previous_)
        uncompared_ = {.since = clock_.elapsed ()};
      else
        uncompared_.first++;
      break;
    case Treatment::kRepeat:
      uncompared_.repeated++;
      break;
    case Treatment::kSkip:
      uncompared_.corrupted++;
      break;
  }

  if (counts_corrupted_ && !std::exchange (told_corrupted_, true))
    return "All frames are flagged as corrupted; from now on they are counted (property corrupted)";

  const guint frames = uncompared_.corrupted + uncompared_.repeated + uncompared_.first;
  if (frames < kUncomparedFrames || told_uncompared_
      || clock_.elapsed () - uncompared_.since < patience)
    return "";
  told_uncompared_ = true;
  return "No two frames could be compared for " +
      std::to_string ((clock_.elapsed () - uncompared_.since) / GST_SECOND) + " s: of " +
      std::to_string (frames) + " frames " + std::to_string (uncompared_.repeated) +
      " repeat the one before (flag GAP), " + std::to_string (uncompared_.corrupted) +
      " are flagged as corrupted (property corrupted), and " + std::to_string (uncompared_.first) +
      " come first after a flush or a hole in the stream (property max-gap)";
}

Continuity::Verdict
Continuity::frame (const FrameTimes & times, GstBufferFlags flags, const Rules & rules)
{
  Verdict verdict;

  if (flags & GST_BUFFER_FLAG_DISCONT)
    mark (Mark::kDiscont);
  clock_.advance (times, mark_);
  verdict.forget_previous = forget_ || is_other_scene (rules.max_gap);
  mark_ = Mark::kNone;
  forget_ = false;
  if (verdict.forget_previous)
    has_previous_ = false;

  verdict.treatment = treat (flags, rules);
  verdict.warning = complain (verdict.treatment, rules);
  if (verdict.treatment == Treatment::kAnalyse)
    has_previous_ = true;
  return verdict;
}
