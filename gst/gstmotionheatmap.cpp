/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-motionheatmap
 * @title: motionheatmap
 * @short_description: Shows where in the picture motion was
 *
 * motionheatmap compares each video frame with the one before, counts for every pixel how often it
 * moved, and blends the counts as a colour map onto the picture. It takes raw video as decoders
 * deliver it, without conversion.
 *
 * ## Messages
 *
 * Unless #GstMotionHeatmap:post-messages is %FALSE, an element message named `motionheatmap` is
 * posted every #GstMotionHeatmap:interval of stream time, and once more at the end of the stream,
 * before EOS goes downstream. Its fields:
 *
 * * #guint64 `timestamp`, `stream-time`, `running-time`, `duration`: of the last frame in the map;
 *   %GST_CLOCK_TIME_NONE where unknown
 * * #guint64 `frames`: frames analysed, the first one included
 * * #guint64 `skipped`: frames not counted (flagged CORRUPTED, changes of light, turns of the camera)
 * * #guint64 `repeated`: frames with nothing new in them (buffers flagged GAP)
 * * #gint `width`, `height`: size of the analysis in pixels
 * * #gdouble `max`: events (frames in which it moved) of the hottest pixel
 * * #gdouble `full-scale`: events that the hottest colour stands for
 * * #gdouble `motion`, `motion-peak`: share of the pixels that moved, 0 to 1, mean and highest of the
 *   frames analysed since the last message
 * * #gdouble `box-x`, `box-y`, `box-width`, `box-height`: the box of what moved in them, likewise
 * * #gdouble `coverage`: share of the pixels with any heat, 0 to 1
 * * #gdouble `hot-x`, `hot-y`: the hottest spot as a fraction of the frame, 0 to 1
 * * #gboolean `final`: whether this is the message of the end of the stream
 * * #GstSample `heatmap`: the normalised map in GRAY8, #GstMotionHeatmap:message-width cells wide,
 *   each the highest value of the pixels it covers
 * * #GstStructure `zones`, only with #GstMotionHeatmap:zones: a field for each zone, a #GstStructure
 *   with its `motion`, `motion-peak`, `coverage`, `mean`, `max`, `share` of all events and box, all
 *   #gdouble
 *
 * Under the same condition one named `motionheatmap-event` is posted when motion begins and when it has
 * ended, in each zone or, where there are none, in the frame:
 *
 * * #gchararray `event`: `motion-begin` or `motion-end`
 * * #gchararray `zone`: its name, or `frame`
 * * #guint64 `id`: the same at the begin and at the end
 * * the four times of the frame that decided
 * * #gdouble `motion`, `motion-peak`: share that moved in that frame, and the highest since the begin
 * * #guint64 `event-duration`: from the first frame that moved to the last one
 * * #gdouble `x`, `y`, `width`, `height`: the box of what moved since the begin, as fractions of the
 *   frame
 *
 * Each picture that was written is announced by an element message named `motionheatmap-snapshot`
 * with the #gchararray `location` and the four times of its frame, each saved state by one named
 * `motionheatmap-state` with the `location`.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! motionheatmap ! videoconvert ! autovideosink
 * ]| Heat on the picture of a webcam.
 * |[
 * gst-launch-1.0 -m filesrc location=day.mp4 ! decodebin ! motionheatmap output=none snapshot-location=day.png ! fakesink
 * ]| One picture of a recording, and the figures on the way.
 *
 * Since: 0.1
 */

#include "gstmotionheatmap.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>

#include "allocation.h"
#include "caps.h"
#include "continuity.h"
#include "events.h"
#include "frame.h"
#include "guard.h"
#include "heat.h"
#include "outbox.h"
#include "pictures.h"
#include "preset.h"
#include "properties.h"
#include "report.h"
#include "shared_settings.h"
#include "state.h"
#include "video_format.h"

GST_DEBUG_CATEGORY (motion_heatmap_debug);
#define GST_CAT_DEFAULT motion_heatmap_debug

struct GstMotionHeatmapPrivate
{
  explicit GstMotionHeatmapPrivate (GstElement * element)
      : outbox (element), settings (outbox), allocation (GST_BASE_TRANSFORM_SRC_PAD (element)),
        reporter (heat, outbox), events (heat, outbox), pictures (outbox, heat), state (outbox, heat) {}

  Outbox outbox;
  SharedSettings settings;
  Heat heat;

  /* Owned by the streaming thread. */
  MotionHeatmapSettings current;        /* for this frame */
  Continuity continuity;
  Allocation allocation;
  bool can_draw = true;         /* on memory of this kind */
  bool state_loaded = false;
  bool have_frames = false;

  Reporter reporter;
  Events events;
  Pictures pictures;
  StateKeeper state;
  std::atomic < bool > state_saved = false;     /* as it is */
};

#define gst_motion_heatmap_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstMotionHeatmap, gst_motion_heatmap, GST_TYPE_VIDEO_FILTER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, motion_heatmap_preset_init);
    GST_DEBUG_CATEGORY_INIT (motion_heatmap_debug, "motionheatmap", 0, "motion heatmap"));
GST_ELEMENT_REGISTER_DEFINE (motionheatmap, "motionheatmap", GST_RANK_NONE,
    GST_TYPE_MOTION_HEATMAP);

/* Frames */

/* Counts what moved and draws the heat. Returns the times of the frame. */
static FrameTimes
gst_motion_heatmap_analyse (GstMotionHeatmap * self, const GstVideoFrame * in_frame,
    const GstVideoFrame * out_frame)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const GstVideoInfo *info = &GST_VIDEO_FILTER_CAST (self)->in_info;
  const motionheat::ConstFrameView in = motion_heatmap_frame_view (in_frame, info);
  motionheat::FrameView out;
  motionheat::FrameView * drawn = nullptr;

  if (out_frame) {
    out = motion_heatmap_frame_view (out_frame, info);
    drawn = &out;
  }

  const FrameTimes times = FrameTimes::of (in_frame->buffer,
      &GST_BASE_TRANSFORM_CAST (self)->segment,
      GST_VIDEO_INFO_FPS_N (info) > 0 ? gst_util_uint64_scale (GST_SECOND,
          GST_VIDEO_INFO_FPS_D (info), GST_VIDEO_INFO_FPS_N (info)) : GST_CLOCK_TIME_NONE);
  Continuity::Verdict verdict = priv->continuity.frame (times,
      (GstBufferFlags) GST_BUFFER_FLAGS (in_frame->buffer), priv->current.continuity);
  if (verdict.forget_previous)
    GST_DEBUG_OBJECT (self, "compared with no frame before: %" GST_PTR_FORMAT, in_frame->buffer);
  if (!verdict.warning.empty ())
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("%s", verdict.warning.c_str ()), (nullptr));

  const GstClockTime step = priv->continuity.clock ().step ();
  if (!priv->heat.frame (in, drawn, verdict, step, times, priv->current.engine))
    verdict.treatment = Continuity::Treatment::kSkip;
  priv->events.frame (verdict, (double) step / GST_SECOND, times, priv->current);
  return times;
}

/* `out_frame` may be `in_frame`, and is NULL where nothing is to be drawn. */
static GstFlowReturn
gst_motion_heatmap_process (GstMotionHeatmap * self, GstVideoFrame * in_frame,
    GstVideoFrame * out_frame)
{
  GstMotionHeatmapPrivate *priv = self->priv;

  const FrameTimes times = gst_motion_heatmap_analyse (self, in_frame, out_frame);
  priv->have_frames = true;
  priv->state_saved = false;
  GstBuffer *const shown = out_frame ? out_frame->buffer : in_frame->buffer;
  /* what was drawn on is no gap any more */
  if (out_frame)
    GST_BUFFER_FLAG_UNSET (shown, GST_BUFFER_FLAG_GAP);
  if (priv->current.roi_meta && gst_buffer_is_writable (shown))
    priv->events.attach (shown);

  const bool interval_ends = priv->current.snapshot_interval > 0
      && priv->continuity.clock ().reached (priv->current.snapshot_interval);
  priv->pictures.frame (out_frame ? out_frame : in_frame, GST_VIDEO_FILTER_CAST (self)->in_info,
      out_frame != nullptr, interval_ends, times, priv->current);

  if (priv->current.post_messages && priv->continuity.clock ().reached (priv->current.interval))
    priv->reporter.post (priv->current.message_width, false);

  /* what no snapshot was taken of goes on */
  const bool resets = interval_ends && priv->current.snapshot_reset
      && (priv->pictures.interval_taken () || priv->current.snapshot_location.empty ());
  if (resets)
    priv->heat.reset ();
  const bool saves = resets || (priv->current.state_interval > 0
      && priv->continuity.clock ().reached (priv->current.state_interval));
  if (saves && !priv->state.is_behind ())
    priv->state.save (priv->current, Outbox::Kind::kPeriodic);

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_motion_heatmap_transform_frame (GstVideoFilter * filter, GstVideoFrame * in_frame,
    GstVideoFrame * out_frame)
{
  motion_heatmap_clear_unseen (in_frame, out_frame, &filter->in_info);
  return gst_motion_heatmap_process (GST_MOTION_HEATMAP (filter), in_frame, out_frame);
}

static GstFlowReturn
gst_motion_heatmap_transform_frame_ip (GstVideoFilter * filter, GstVideoFrame * frame)
{
  const bool draws = !gst_base_transform_is_passthrough (GST_BASE_TRANSFORM_CAST (filter));

  return gst_motion_heatmap_process (GST_MOTION_HEATMAP (filter), frame, draws ? frame : nullptr);
}

/* Buffers */

static gboolean
gst_motion_heatmap_decide_allocation (GstBaseTransform * trans, GstQuery * query)
{
  GST_MOTION_HEATMAP (trans)->priv->pictures.let_go ();
  GST_MOTION_HEATMAP (trans)->priv->allocation.decide (query);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->decide_allocation (trans, query);
}

static gboolean
gst_motion_heatmap_propose_allocation (GstBaseTransform * trans, GstQuery * decide_query,
    GstQuery * query)
{
  /* in passthrough the base class asks downstream itself */
  const bool passthrough = decide_query == nullptr;

  if (!passthrough)
    GST_MOTION_HEATMAP (trans)->priv->allocation.offer (query);
  if (!GST_BASE_TRANSFORM_CLASS (parent_class)->propose_allocation (trans, decide_query, query))
    return FALSE;
  /* whatever downstream understands: what it does not is written to another buffer */
  if (!passthrough && !gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, nullptr))
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, nullptr);
  GST_DEBUG_OBJECT (trans, "proposes %" GST_PTR_FORMAT, (gpointer) query);
  return TRUE;
}

/* Upstream is about to want its buffers back. */
static gboolean
gst_motion_heatmap_query (GstBaseTransform * trans, GstPadDirection direction, GstQuery * query)
{
  const bool drains = GST_QUERY_TYPE (query) == GST_QUERY_DRAIN
      || GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION;

  if (direction == GST_PAD_SINK && drains)
    GST_MOTION_HEATMAP (trans)->priv->pictures.let_go ();
  return GST_BASE_TRANSFORM_CLASS (parent_class)->query (trans, direction, query);
}

/* A frame that goes on untouched may get metas all the same: on a buffer of its own around the memory
 * that others use, too. */
static GstFlowReturn
gst_motion_heatmap_submit_input_buffer (GstBaseTransform * trans, gboolean is_discont,
    GstBuffer * input)
{
  const bool gets_metas = gst_base_transform_is_passthrough (trans)
      && GST_MOTION_HEATMAP (trans)->priv->settings.attaches_boxes ();

  return GST_BASE_TRANSFORM_CLASS (parent_class)->submit_input_buffer (trans, is_discont,
      gets_metas ? gst_buffer_make_writable (input) : input);
}

/* The picture keeps its size and place, so whatever is said of it downstream may be said here. */
static gboolean
gst_motion_heatmap_filter_meta (GstBaseTransform * trans, GstQuery * query, GType api,
    const GstStructure * params)
{
  return TRUE;
}

static GstFlowReturn
gst_motion_heatmap_prepare_output_buffer (GstBaseTransform * trans, GstBuffer * inbuf,
    GstBuffer ** outbuf)
{
  const Allocation & allocation = GST_MOTION_HEATMAP (trans)->priv->allocation;

  if (!gst_base_transform_is_passthrough (trans)
      && allocation.takes_in_place (inbuf, GST_VIDEO_FILTER_CAST (trans)->in_info)) {
    *outbuf = inbuf;
    return GST_FLOW_OK;
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->prepare_output_buffer (trans, inbuf, outbuf);
}

static GstFlowReturn
gst_motion_heatmap_transform (GstBaseTransform * trans, GstBuffer * inbuf, GstBuffer * outbuf)
{
  GstBaseTransformClass *klass = GST_BASE_TRANSFORM_CLASS (parent_class);

  return inbuf == outbuf ? klass->transform_ip (trans, outbuf) :
      klass->transform (trans, inbuf, outbuf);
}

static gboolean
gst_motion_heatmap_transform_meta (GstBaseTransform * trans, GstBuffer * outbuf, GstMeta * meta,
    GstBuffer * inbuf)
{
  return motion_heatmap_transform_meta (outbuf, meta, inbuf);
}

static void
gst_motion_heatmap_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMotionHeatmap *self = GST_MOTION_HEATMAP (trans);
  GstMotionHeatmapPrivate *priv = self->priv;
  const FrameTimes times = FrameTimes::of (buffer, &trans->segment, GST_CLOCK_TIME_NONE);

  if (GST_CLOCK_TIME_IS_VALID (times.stream_time))
    gst_object_sync_values (GST_OBJECT_CAST (self), times.stream_time);

  priv->settings.take (priv->current);
  priv->pictures.check_location (priv->current);

  const gboolean passthrough = !priv->can_draw
      || priv->current.output == GST_MOTION_HEATMAP_OUTPUT_NONE;
  if (passthrough != gst_base_transform_is_passthrough (trans)) {
    GST_DEBUG_OBJECT (self, "passthrough: %d", passthrough);
    gst_base_transform_set_passthrough (trans, passthrough);
    /* buffers are now needed, or needed no more, and others may be offered to upstream */
    gst_base_transform_reconfigure_src (trans);
    gst_base_transform_reconfigure_sink (trans);
  }
}

/* The stream */

/* Any memory that can be mapped is analysed, but only system memory is drawn on. */
static GstCaps *
gst_motion_heatmap_transform_caps (GstBaseTransform * trans, GstPadDirection direction,
    GstCaps * caps, GstCaps * filter)
{
  GstMotionHeatmapPrivate *priv = GST_MOTION_HEATMAP (trans)->priv;
  const bool draws = priv->settings.now ().output != GST_MOTION_HEATMAP_OUTPUT_NONE;

  return motion_heatmap_other_caps (caps, filter, draws);
}

static gboolean
gst_motion_heatmap_set_info (GstVideoFilter * filter, GstCaps * incaps, GstVideoInfo * in_info,
    GstCaps * outcaps, GstVideoInfo * out_info)
{
  GstMotionHeatmap *self = GST_MOTION_HEATMAP (filter);
  GstMotionHeatmapPrivate *priv = self->priv;

  GST_DEBUG_OBJECT (self, "stream of %" GST_PTR_FORMAT, (gpointer) incaps);
  priv->can_draw = motion_heatmap_can_draw_on (incaps);
  if (!priv->can_draw && priv->current.output != GST_MOTION_HEATMAP_OUTPUT_NONE) {
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Nothing is drawn: frames of this kind of memory are only analysed (property output)"),
        ("caps %" GST_PTR_FORMAT, (gpointer) incaps));
  }
  const motionheat::StreamFormat format = motion_heatmap_stream_format (in_info);
  /* a new frame rate changes nothing */
  if (priv->heat.engine.is_configured () && priv->heat.engine.stream () == format)
    return TRUE;
  priv->pictures.before_new_format (priv->current);
  try {
    std::lock_guard < std::mutex > lock (priv->heat.lock);
    priv->heat.engine.configure (format);
  } catch (...) {
    motion_heatmap_post_exception (GST_ELEMENT_CAST (self), GST_MESSAGE_ERROR,
        "the heat of a stream of " + std::to_string (in_info->width) + "x" +
        std::to_string (in_info->height) + " pixels");
    return FALSE;
  }
  priv->continuity.restart ();
  if (!std::exchange (priv->state_loaded, true))
    priv->state.load (priv->current);
  priv->pictures.open ();
  return TRUE;
}

static gboolean
gst_motion_heatmap_set_caps (GstBaseTransform * trans, GstCaps * incaps, GstCaps * outcaps)
{
  const std::string reason = motion_heatmap_refusal_of_caps (incaps);

  /* the base class would fail without a word to the application */
  if (!reason.empty ()) {
    GST_ELEMENT_ERROR (trans, STREAM, FORMAT, ("%s", reason.c_str ()),
        ("caps %" GST_PTR_FORMAT, (gpointer) incaps));
    return FALSE;
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->set_caps (trans, incaps, outcaps);
}

/* Waits for files that are being written, but not for a disk that hangs. */
static void
gst_motion_heatmap_wait_for_files (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const auto deadline = std::chrono::steady_clock::now () + motion_heatmap_patience;

  for (const std::string & name : {priv->pictures.drain (deadline), priv->state.drain (deadline)}) {
    if (!name.empty ())
      priv->outbox.warn (GST_RESOURCE_ERROR_WRITE,
          "Did not wait for " + name + " any longer: it takes more than " +
          std::to_string (motion_heatmap_patience.count ()) + " s. It is written when it can be");
  }
}

/* Whether nobody is to wait for files. */
static void
gst_motion_heatmap_interrupt (GstMotionHeatmap * self, bool interrupted)
{
  self->priv->pictures.interrupt (interrupted);
  self->priv->state.interrupt (interrupted);
}

static void
gst_motion_heatmap_finish (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;

  priv->settings.take (priv->current);
  priv->events.finish ();
  if (priv->have_frames && priv->current.post_messages)
    priv->reporter.post (priv->current.message_width, true);
  priv->pictures.finish (priv->current);
  if (priv->have_frames) {
    priv->state_saved = true;
    priv->state.save (priv->current, Outbox::Kind::kOwed);
  }
  gst_motion_heatmap_wait_for_files (self);
}

static gboolean
gst_motion_heatmap_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMotionHeatmap *self = GST_MOTION_HEATMAP (trans);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      gst_motion_heatmap_interrupt (self, true);
      break;
    case GST_EVENT_STREAM_START:{
      const gchar *stream_id;

      gst_event_parse_stream_start (event, &stream_id);
      self->priv->continuity.stream_start (stream_id);
      break;
    }
    case GST_EVENT_FLUSH_STOP:
      gst_motion_heatmap_interrupt (self, false);
      self->priv->continuity.flush ();
      break;
    case GST_EVENT_GAP:
      self->priv->continuity.gap ();
      break;
    case GST_EVENT_SEGMENT:{
      const GstSegment *segment;

      gst_event_parse_segment (event, &segment);
      self->priv->continuity.segment (&trans->segment, segment);
      break;
    }
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS:
      gst_motion_heatmap_finish (self);
      break;
    default:
      break;
  }

  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

static gboolean
gst_motion_heatmap_start (GstBaseTransform * trans)
{
  GstMotionHeatmapPrivate *priv = GST_MOTION_HEATMAP (trans)->priv;

  priv->settings.start ();
  priv->current = priv->settings.now ();
  gst_motion_heatmap_interrupt (GST_MOTION_HEATMAP (trans), false);
  /* before the first frame, so that upstream may use downstream's buffers */
  gst_base_transform_set_passthrough (trans,
      priv->current.output == GST_MOTION_HEATMAP_OUTPUT_NONE);
  return TRUE;
}

static gboolean
gst_motion_heatmap_stop (GstBaseTransform * trans)
{
  GstMotionHeatmap *self = GST_MOTION_HEATMAP (trans);
  GstMotionHeatmapPrivate *priv = self->priv;

  if (priv->have_frames && !priv->state_saved)
    priv->state.save (priv->current, Outbox::Kind::kOwed);
  priv->events.finish ();
  priv->pictures.close ();
  priv->reporter.close ();
  priv->state.close ();
  /* what a waiting thread was kept from is waited for here */
  gst_motion_heatmap_interrupt (self, false);
  gst_motion_heatmap_wait_for_files (self);
  priv->settings.stop ();
  priv->continuity = Continuity ();
  priv->state_loaded = false;
  priv->have_frames = false;
  priv->heat.clear ();
  return TRUE;
}

/* The application */

static void
gst_motion_heatmap_reset (GstMotionHeatmap * self)
{
  self->priv->heat.reset ();
  self->priv->state_saved = false;
}

static gboolean
gst_motion_heatmap_snapshot (GstMotionHeatmap * self, const gchar * location)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const std::string path = location ? location : "";
  const std::string reason = priv->pictures.request (path);

  if (!reason.empty ())
    priv->outbox.warn (GST_RESOURCE_ERROR_OPEN_WRITE,
        "No picture can be written to \"" + path + "\" (signal snapshot): " + reason);
  return reason.empty ();
}

static gboolean
gst_motion_heatmap_save_state (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const MotionHeatmapSettings settings = priv->settings.now ();
  const std::string reason = priv->state.save (settings, Outbox::Kind::kOwed);

  if (!reason.empty ()) {
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
        ("The state cannot be saved to \"%s\" (signal save-state): %s",
            settings.state_location.c_str (), reason.c_str ()), (nullptr));
  }
  return reason.empty ();
}

static void
gst_motion_heatmap_set_property (GObject * object, guint prop_id, const GValue * value,
    GParamSpec * pspec)
{
  if (!GST_MOTION_HEATMAP (object)->priv->settings.set (prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
gst_motion_heatmap_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  GstMotionHeatmapPrivate *priv = GST_MOTION_HEATMAP (object)->priv;

  switch (prop_id) {
    case PROP_STATS:
      g_value_take_boxed (value, priv->reporter.figures ());
      break;
    case PROP_HEATMAP:
      g_value_take_boxed (value, priv->reporter.map ());
      break;
    default:
      if (!priv->settings.get (prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
}

static GstStateChangeReturn
gst_motion_heatmap_change_state (GstElement * element, GstStateChange transition)
{
  /* the streaming thread may be waiting for files at the end of the stream */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_motion_heatmap_interrupt (GST_MOTION_HEATMAP (element), true);
  return GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
}

static void
gst_motion_heatmap_finalize (GObject * object)
{
  delete GST_MOTION_HEATMAP (object)->priv;

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_motion_heatmap_init (GstMotionHeatmap * self)
{
  self->priv = new GstMotionHeatmapPrivate (GST_ELEMENT_CAST (self));
  /* a late frame still tells where motion was */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM_CAST (self), FALSE);
}

static void
gst_motion_heatmap_class_init (GstMotionHeatmapClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);
  const GSignalFlags action = (GSignalFlags) (G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION);

  object_class->set_property = guarded_call < gst_motion_heatmap_set_property >;
  object_class->get_property = guarded_call < gst_motion_heatmap_get_property >;
  object_class->finalize = gst_motion_heatmap_finalize;
  motion_heatmap_install_properties (object_class);

  /**
   * GstMotionHeatmap::reset:
   * @self: the element
   *
   * Forgets all heat; the next frame shows none from before.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("reset", G_TYPE_FROM_CLASS (klass), action,
      G_CALLBACK (guarded_call < gst_motion_heatmap_reset >), nullptr, nullptr, nullptr,
      G_TYPE_NONE, 0);

  /**
   * GstMotionHeatmap::snapshot:
   * @self: the element
   * @location: a file, .png, .jpg or .jpeg for the rendered picture, .tiff for the events
   *
   * Writes a file of the next frame. A `motionheatmap-snapshot` message tells when
   * the file is there, a warning why it is not: one of them comes in any case.
   *
   * Returns: %TRUE if a picture will be taken
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("snapshot", G_TYPE_FROM_CLASS (klass), action,
      G_CALLBACK (guarded_call < gst_motion_heatmap_snapshot >), nullptr, nullptr, nullptr,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);

  /**
   * GstMotionHeatmap::save-state:
   * @self: the element
   *
   * Saves the heat to #GstMotionHeatmap:state-location now. A `motionheatmap-state` message tells
   * when it is there, a warning why it is not. One save waits at most: a later one takes its place,
   * and one message follows the last one accepted.
   *
   * Returns: %TRUE if it will be saved
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("save-state", G_TYPE_FROM_CLASS (klass), action,
      G_CALLBACK (guarded_call < gst_motion_heatmap_save_state >), nullptr, nullptr, nullptr,
      G_TYPE_BOOLEAN, 0);

  gst_element_class_set_static_metadata (element_class, "Motion heatmap",
      "Filter/Effect/Analyzer/Video",
      "Shows where in the picture motion was, as a colour map and as messages",
      "The motionheatmap authors");
  motion_heatmap_add_pad_templates (element_class);

  element_class->change_state =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_change_state >);
  trans_class->start =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_start >);
  trans_class->stop =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_stop >);
  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_transform_caps >);
  trans_class->set_caps =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_set_caps >);
  trans_class->sink_event =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_sink_event >);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_before_transform >);
  trans_class->submit_input_buffer =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_submit_input_buffer >);
  trans_class->query =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_query >);
  trans_class->decide_allocation =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_decide_allocation >);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_propose_allocation >);
  trans_class->filter_meta =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_filter_meta >);
  trans_class->prepare_output_buffer =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_prepare_output_buffer >);
  trans_class->transform =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_transform >);
  trans_class->transform_meta =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_transform_meta >);
  trans_class->transform_ip_on_passthrough = TRUE;
  filter_class->set_info =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_set_info >);
  filter_class->transform_frame =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_transform_frame >);
  filter_class->transform_frame_ip =
      GST_DEBUG_FUNCPTR (guarded < gst_motion_heatmap_transform_frame_ip >);
}
