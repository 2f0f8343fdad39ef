/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <array>
#include <optional>
#include <string>

#include <gst/gst.h>

/* What the `corrupted` property may be. */
typedef enum
{
  GST_MOTION_HEATMAP_CORRUPTED_AUTO,
  GST_MOTION_HEATMAP_CORRUPTED_SKIP,
  GST_MOTION_HEATMAP_CORRUPTED_COUNT,
} GstMotionHeatmapCorrupted;

/* The four times that GStreamer's analysers post of a frame. */
struct FrameTimes
{
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  bool reverse = false;         /* stream time runs backwards */

  /* `frame_duration` is used where the buffer has none; it may be GST_CLOCK_TIME_NONE. */
  static FrameTimes of (const GstBuffer * buffer, const GstSegment * segment,
      GstClockTime frame_duration);

  /* Adds the four fields that every message of a frame has. */
  void add_to (GstStructure * structure) const;
};

/* What stands between a frame and the one before. */
enum class Mark
{
  kNone,
  kDiscont,                     /* a DISCONT buffer or a GAP event: frames may be missing */
  kSegment,                     /* a segment that does not continue the one before */
  kJump,                        /* a flush or another stream: no time passed */
};

/* The stream time since the first frame. Frames may come in either direction and without times: then
 * their durations count.
 *
 * A frame whose time is out of step with those before waits for the next one, which tells whether
 * time goes on from there. So a recorder that stamps one frame hours ahead leaves the clock where it
 * was, and a camera that was off for two hours moves it by two hours one frame later. With a mark a
 * step forward counts at once. The clock never goes back: where time does, only durations count. */
class StreamClock
{
public:
  /* Takes note of a frame. */
  void advance (const FrameTimes & times, Mark mark);

  /* Stream time at which the last frame begins, the first one's being 0. */
  GstClockTime elapsed () const { return begin_; }

  /* How far `elapsed` moved with the last frame; with the first one by its duration, as if there
   * had been one before. */
  GstClockTime step () const { return step_; }

  /* From the frame before to the last one in the direction of play; none where one of them has no
   * time. */
  std::optional < GstClockTimeDiff > distance () const { return distance_; }
  /* Whether that is more than three times as much as is usual. */
  bool distance_is_unusual () const { return distance_is_unusual_; }

  /* Whether the last frame is the first to begin after a multiple of `interval`; always if that
   * is 0 or no time is known. The first frame of all is not. */
  bool passed (GstClockTime interval) const
  {
    return interval == 0 || step_ == 0 || begin_ / interval > begin_before_ / interval;
  }

  /* Whether with the end of the last frame a multiple of `interval` was reached; always if it is
   * 0. */
  bool reached (GstClockTime interval) const
  {
    return interval == 0 || end_ / interval > end_before_ / interval;
  }

private:
  /* A frame's stream time, and what the clock shows then. */
  struct Anchor
  {
    GstClockTime time = GST_CLOCK_TIME_NONE;
    GstClockTime elapsed = 0;

    bool is_set () const { return GST_CLOCK_TIME_IS_VALID (time); }
  };

  void measure (const FrameTimes & times, Mark mark);
  GstClockTime follow (const FrameTimes & times, Mark mark);
  bool is_in_step (const FrameTimes & times) const;
  bool is_unusual (GstClockTime distance) const;

  Anchor anchor_;               /* the last frame in step */
  Anchor stray_;                /* the frame after it, if out of step */
  GstClockTime last_time_ = GST_CLOCK_TIME_NONE;
  std::optional < GstClockTimeDiff > distance_;
  bool distance_is_unusual_ = false;
  std::array < GstClockTime, 7 > distances_ { };        /* of late */
  guint n_distances_ = 0;       /* ever measured */
  bool started_ = false;
  GstClockTime duration_ = 0;   /* of the last frame */
  GstClockTime step_ = 0;
  GstClockTime begin_before_ = 0;
  GstClockTime begin_ = 0;
  GstClockTime end_before_ = 0;
  GstClockTime end_ = 0;
};

/* Decides what each frame is compared with. The previous frame is the last analysed one that could
 * be trusted, however long ago; it is forgotten where a comparison would compare two scenes. The
 * table in docs/element.md has all cases. Belongs to the streaming thread. */
class Continuity
{
public:
  struct Rules
  {
    GstClockTime max_gap = 10 * GST_SECOND;
    GstMotionHeatmapCorrupted corrupted = GST_MOTION_HEATMAP_CORRUPTED_AUTO;
    GstClockTime analysis_interval = 0;
  };

  enum class Treatment
  {
    kAnalyse,                   /* compare with the previous frame, if there is one */
    kShow,                      /* draw on it: it is not due for analysis */
    kRepeat,                    /* draw on it: it repeats the one before (GAP) */
    kSkip,                      /* draw on it: it cannot be trusted (CORRUPTED) */
  };

  struct Verdict
  {
    Treatment treatment;
    bool forget_previous;       /* before that */
    std::string warning;        /* to be posted; empty for nearly all frames */
  };

  /* Events that come between frames. */
  void stream_start (const gchar * stream_id);
  void flush ();
  void gap () { mark (Mark::kDiscont); }
  void segment (const GstSegment * before, const GstSegment * after);

  /* The frames that follow are of another format or size. */
  void restart () { forget_ = true; }

  Verdict frame (const FrameTimes & times, GstBufferFlags flags, const Rules & rules);

  const StreamClock & clock () const { return clock_; }

private:
  void mark (Mark mark) { mark_ = MAX (mark_, mark); }
  bool is_other_scene (GstClockTime max_gap) const;
  Treatment treat (GstBufferFlags flags, const Rules & rules);
  std::string complain (Treatment treatment, const Rules & rules);

  StreamClock clock_;
  std::string stream_id_;
  Mark mark_ = Mark::kNone;     /* since the last frame */
  bool forget_ = false;         /* whatever the times say */
  bool is_due_ = true;          /* for analysis */
  bool has_previous_ = false;
  GstClockTime last_sound_ = 0; /* when a frame came that was not CORRUPTED */
  bool counts_corrupted_ = false;       /* because no other frames come */
  bool told_corrupted_ = false;

  /* what came instead of comparisons since the last one */
  struct Uncompared
  {
    GstClockTime since = 0;
    guint corrupted = 0, repeated = 0, first = 0;
  };
  Uncompared uncompared_;
  bool told_uncompared_ = false;
};
