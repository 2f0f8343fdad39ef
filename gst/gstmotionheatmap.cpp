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
 * * #guint64 `skipped`: frames not counted (GAP or corrupted buffers)
 * * #gint `width`, `height`: size of the analysis in pixels
 * * #gdouble `max`: events (frames in which it moved) of the hottest pixel
 * * #gdouble `full-scale`: events that the hottest colour stands for
 * * #gdouble `motion`: share of the pixels that moved in the last analysed frame, 0 to 1
 * * #gdouble `coverage`: share of the pixels with any heat, 0 to 1
 * * #gdouble `hot-x`, `hot-y`: the hottest spot as a fraction of the frame, 0 to 1
 * * #gboolean `final`: whether this is the message of the end of the stream
 * * #GstSample `heatmap`: the normalised map in GRAY8, #GstMotionHeatmap:message-width cells wide,
 *   each the highest value of the pixels it covers
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
 */

#include "gstmotionheatmap.h"

#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "properties.h"
#include "report.h"
#include "snapshot.h"
#include "state.h"
#include "video_format.h"

GST_DEBUG_CATEGORY_STATIC (motion_heatmap_debug);
#define GST_CAT_DEFAULT motion_heatmap_debug

enum
{
  SIGNAL_RESET,
  SIGNAL_SNAPSHOT,
  SIGNAL_SAVE_STATE,
  LAST_SIGNAL,
};

static guint signals[LAST_SIGNAL];

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (MOTION_HEATMAP_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (MOTION_HEATMAP_FORMATS)));

struct GstMotionHeatmapPrivate
{
  explicit GstMotionHeatmapPrivate (GstElement * element) : state (element), writer (element) {}

  /* What the application asked for. */
  std::mutex settings_lock;
  MotionHeatmapSettings settings;
  std::vector < SnapshotRequest > snapshot_requests;

  /* The heat and the frame it is up to. The streaming thread holds the lock while it works on a
   * frame, others while they read figures or clear the map; nobody while posting or pushing. */
  std::mutex engine_lock;
  motionheat::Engine engine;
  FrameTimes times;

  /* Owned by the streaming thread. */
  MotionHeatmapSettings current;        /* for this frame */
  std::vector < SnapshotRequest > due_snapshots;
  std::string checked_location;
  StreamClock clock;
  guint snapshot_number = 0;    /* in a series */
  bool snapshot_taken = false;  /* of the last frame, because an interval ended */
  bool state_loaded = false;
  GstBuffer *picture = nullptr; /* the last one, if it will be wanted at EOS */
  bool picture_drawn = false;   /* whether the heat is on it already */
  bool have_frames = false;
  /* what downstream said of metas in the allocation query */
  bool video_meta_goes_on = false;
  bool crop_meta_goes_on = false;

  StateKeeper state;
  std::atomic < bool > state_saved = false;     /* as it is */
  SnapshotWriter writer;
};

#define gst_motion_heatmap_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstMotionHeatmap, gst_motion_heatmap, GST_TYPE_VIDEO_FILTER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, nullptr);
    GST_DEBUG_CATEGORY_INIT (motion_heatmap_debug, "motionheatmap", 0, "motion heatmap"));
GST_ELEMENT_REGISTER_DEFINE (motionheatmap, "motionheatmap", GST_RANK_NONE,
    GST_TYPE_MOTION_HEATMAP);

/* The streaming thread's copy of what the application asked for. */
static void
gst_motion_heatmap_take_settings (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  std::lock_guard < std::mutex > lock (priv->settings_lock);

  priv->current = priv->settings;
  priv->due_snapshots.insert (priv->due_snapshots.end (), priv->snapshot_requests.begin (),
      priv->snapshot_requests.end ());
  priv->snapshot_requests.clear ();
}

/* Reports */

static void
gst_motion_heatmap_post_report (GstMotionHeatmap * self, bool final)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  motionheat::Report report;
  motionheat::GreyMap map;
  FrameTimes times;

  try {
    std::lock_guard < std::mutex > lock (priv->engine_lock);
    report = priv->engine.report ();
    map = priv->engine.map ((int) priv->current.message_width);
    times = priv->times;
  } catch (const std::bad_alloc &) {
    GST_WARNING_OBJECT (self, "not enough memory for the map of a message");
    return;
  }

  GstStructure *structure = motion_heatmap_report_structure (report, times, final);
  GstSample *sample = motion_heatmap_map_sample (map, times);
  gst_structure_set (structure, "heatmap", GST_TYPE_SAMPLE, sample, nullptr);
  gst_sample_unref (sample);
  gst_element_post_message (GST_ELEMENT_CAST (self),
      gst_message_new_element (GST_OBJECT_CAST (self), structure));
}

/* Pictures */

static void
gst_motion_heatmap_check_location (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const std::string & location = priv->current.snapshot_location;

  if (location == priv->checked_location)
    return;
  priv->checked_location = location;
  priv->snapshot_number = 0;
  if (location.empty ())
    return;

  const std::string reason = motion_heatmap_check_location (location);
  if (!reason.empty ()) {
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE,
        ("No picture can be written to \"%s\" (property snapshot-location): %s",
            location.c_str (), reason.c_str ()), (nullptr));
  }
}

static void
gst_motion_heatmap_keep_picture (GstMotionHeatmap * self, const GstVideoFrame * shown, bool drawn)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const GstVideoInfo *info = &GST_VIDEO_FILTER_CAST (self)->in_info;
  GstVideoFrame kept;

  /* one that is being written to a file stays as it is */
  if (priv->picture && !gst_buffer_is_writable (priv->picture))
    gst_clear_buffer (&priv->picture);
  if (!priv->picture) {
    priv->picture = gst_buffer_new_allocate (nullptr, GST_VIDEO_INFO_SIZE (info), nullptr);
    /* a frame may be smaller than its caps say */
    gst_buffer_memset (priv->picture, 0, 0, GST_VIDEO_INFO_SIZE (info));
  }
  if (!gst_video_frame_map (&kept, info, priv->picture, GST_MAP_WRITE))
    return;
  motionheat::copy_picture (motion_heatmap_stream_format (info).format,
      motion_heatmap_frame_view (shown, info), motion_heatmap_frame_view (&kept, info));
  gst_video_frame_unmap (&kept);
  priv->picture_drawn = drawn;
}

/* The kept picture with the heat on it. */
static GstBuffer *
gst_motion_heatmap_rendered_picture (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const GstVideoInfo *info = &GST_VIDEO_FILTER_CAST (self)->in_info;
  GstVideoFrame frame;

  if (priv->picture_drawn)
    return gst_buffer_ref (priv->picture);

  GstBuffer *picture = gst_buffer_copy_deep (priv->picture);
  if (gst_video_frame_map (&frame, info, picture, GST_MAP_READWRITE)) {
    const motionheat::FrameView view = motion_heatmap_frame_view (&frame, info);
    {
      std::lock_guard < std::mutex > lock (priv->engine_lock);
      priv->engine.set (priv->current.engine);
      priv->engine.draw (view, view);
    }
    gst_video_frame_unmap (&frame);
  }
  return picture;
}

/* The heat as it is, for another thread; NULL for want of memory. The engine's lock is held. */
static std::shared_ptr < const motionheat::HeatMap >
gst_motion_heatmap_copy_heat (GstMotionHeatmap * self)
{
  try {
    return std::make_shared < motionheat::HeatMap > (self->priv->engine.heat ().clone ());
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
}

/* Has the kept picture, or the events, written to all files that are due. */
static void
gst_motion_heatmap_write_snapshots (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  GstBuffer *picture = nullptr;

  for (const SnapshotRequest & request : priv->due_snapshots) {
    const gchar *reason = nullptr;

    if (motion_heatmap_location_is_data (request.location)) {
      std::unique_lock < std::mutex > lock (priv->engine_lock);
      auto heat = gst_motion_heatmap_copy_heat (self);
      lock.unlock ();
      if (heat)
        priv->writer.write_events (std::move (heat), request, priv->times);
      else
        reason = "not enough memory";
    } else if (priv->picture) {
      if (!picture)
        picture = gst_motion_heatmap_rendered_picture (self);
      priv->writer.write_picture (gst_buffer_ref (picture),
          GST_VIDEO_FILTER_CAST (self)->in_info, request, priv->times);
    } else {
      reason = "the stream ended before there was a frame for it";
    }
    if (reason) {
      GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("Could not write \"%s\" (%s): %s",
              request.location.c_str (), request.origin.c_str (), reason), (nullptr));
    }
  }
  gst_clear_buffer (&picture);
  priv->due_snapshots.clear ();
}

/* Has the snapshot of `snapshot-location` taken with this frame. */
static void
gst_motion_heatmap_add_snapshot (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;

  priv->due_snapshots.push_back ({motion_heatmap_next_location (priv->current.snapshot_location,
              priv->snapshot_number), "property snapshot-location"});
}

static void
gst_motion_heatmap_interval_snapshot (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;

  priv->snapshot_taken = priv->writer.waiting () == 0;
  if (priv->snapshot_taken) {
    gst_motion_heatmap_add_snapshot (self);
    return;
  }
  GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
      ("Left out a snapshot to \"%s\" (property snapshot-interval): those before are not written "
          "yet", priv->current.snapshot_location.c_str ()), (nullptr));
}

/* State */

static void
gst_motion_heatmap_save_state (GstMotionHeatmap * self, const MotionHeatmapSettings & settings)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  motionheat::State about;
  /* to the end, so that a later one is not saved first */
  std::lock_guard < std::mutex > lock (priv->engine_lock);

  about.frames = priv->engine.frames ();
  about.skipped = priv->engine.skipped ();
  about.half_life = settings.half_life;
  about.settings = settings.counting ();
  if (auto heat = gst_motion_heatmap_copy_heat (self))
    priv->state.save (std::move (heat), about);
  else
    GST_WARNING_OBJECT (self, "not enough memory to save the state");
}

/* Goes on with what an earlier run left. */
static void
gst_motion_heatmap_load_state (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const auto state = priv->state.load (priv->current.state_location,
      priv->engine.heat ().grid ().size ());

  if (state) {
    const auto heat = motionheat::HeatMap::of (state->size, state->counts, state->unit);
    std::lock_guard < std::mutex > lock (priv->engine_lock);

    priv->engine.restore (heat, state->frames, state->skipped);
  }
  priv->state.open ();
}

/* Frames */

static void
gst_motion_heatmap_analyse (GstMotionHeatmap * self, const GstVideoFrame * in_frame,
    const GstVideoFrame * out_frame)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const GstVideoInfo *info = &GST_VIDEO_FILTER_CAST (self)->in_info;
  const GstBufferFlags flags = (GstBufferFlags) GST_BUFFER_FLAGS (in_frame->buffer);
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
  priv->clock.advance (times);
  const bool analyse = !priv->have_frames || priv->clock.passed (priv->current.analysis_interval);

  std::lock_guard < std::mutex > lock (priv->engine_lock);
  priv->engine.set (priv->current.engine);
  priv->engine.advance ((double) priv->clock.step () / GST_SECOND);
  if (flags & GST_BUFFER_FLAG_DISCONT)
    priv->engine.forget_previous ();
  if (flags & (GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_CORRUPTED)) {
    priv->engine.skip ();
    if (drawn)
      priv->engine.draw (in, *drawn);
  } else if (analyse) {
    priv->engine.process (in, drawn);
  } else if (drawn) {
    priv->engine.draw (in, *drawn);
  }
  priv->times = times;
}

/* `out_frame` may be `in_frame`, and is NULL where nothing is to be drawn. */
static GstFlowReturn
gst_motion_heatmap_process (GstMotionHeatmap * self, GstVideoFrame * in_frame,
    GstVideoFrame * out_frame)
{
  GstMotionHeatmapPrivate *priv = self->priv;

  try {
    gst_motion_heatmap_analyse (self, in_frame, out_frame);
  } catch (const std::exception & e) {      /* of want of memory, ours or OpenCV's */
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("Not enough memory for the heat of this stream"), ("%s", e.what ()));
    return GST_FLOW_ERROR;
  }
  priv->have_frames = true;
  priv->state_saved = false;
  /* what was drawn on is no gap any more */
  if (out_frame)
    GST_BUFFER_FLAG_UNSET (out_frame->buffer, GST_BUFFER_FLAG_GAP);

  const bool interval_ends = priv->current.snapshot_interval > 0
      && priv->clock.reached (priv->current.snapshot_interval);
  priv->snapshot_taken = false;
  if (interval_ends && !priv->current.snapshot_location.empty ())
    gst_motion_heatmap_interval_snapshot (self);
  /* the last one is wanted at the end of the stream */
  const bool keep = !priv->current.snapshot_location.empty ()
      && !motion_heatmap_location_is_data (priv->current.snapshot_location);
  if (keep || !priv->due_snapshots.empty ())
    gst_motion_heatmap_keep_picture (self, out_frame ? out_frame : in_frame, out_frame != nullptr);
  gst_motion_heatmap_write_snapshots (self);
  if (!keep)
    gst_clear_buffer (&priv->picture);

  if (priv->current.post_messages && priv->clock.reached (priv->current.interval))
    gst_motion_heatmap_post_report (self, false);

  /* what no snapshot was taken of goes on */
  const bool resets = interval_ends && priv->current.snapshot_reset
      && (priv->snapshot_taken || priv->current.snapshot_location.empty ());
  if (resets) {
    std::lock_guard < std::mutex > lock (priv->engine_lock);
    priv->engine.reset ();
  }
  if ((resets || (priv->current.state_interval > 0
              && priv->clock.reached (priv->current.state_interval)))
      && priv->state.refusal ().empty () && !priv->state.is_behind ())
    gst_motion_heatmap_save_state (self, priv->current);

  return GST_FLOW_OK;
}

/* What of the output is not drawn on because the input shows less than its caps say. */
static void
gst_motion_heatmap_fill_rest (const GstVideoFrame * in_frame, GstVideoFrame * out_frame,
    const GstVideoInfo * info)
{
  const motionheat::Size shown = motion_heatmap_frame_view (in_frame, info).size;

  if (shown.width >= info->width && shown.height >= info->height)
    return;

  /* no further than the picture goes: a buffer may end with its last row */
  const motionheat::PixelFormat format = motion_heatmap_stream_format (info).format;
  const motionheat::FrameView out = motion_heatmap_frame_view (out_frame, info);
  for (int p = 0; p < format.n_planes; p++) {
    const motionheat::PlaneLayout layout = motionheat::plane_layout (format, p);

    for (int y = 0; y < layout.row_end (out.size.height); y++)
      memset (out.row (p, y), 0, (gsize) layout.byte_end (out.size.width));
  }
}

static GstFlowReturn
gst_motion_heatmap_transform_frame (GstVideoFilter * filter, GstVideoFrame * in_frame,
    GstVideoFrame * out_frame)
{
  gst_motion_heatmap_fill_rest (in_frame, out_frame, &filter->in_info);
  return gst_motion_heatmap_process (GST_MOTION_HEATMAP (filter), in_frame, out_frame);
}

static GstFlowReturn
gst_motion_heatmap_transform_frame_ip (GstVideoFilter * filter, GstVideoFrame * frame)
{
  const bool draws = !gst_base_transform_is_passthrough (GST_BASE_TRANSFORM_CAST (filter));

  return gst_motion_heatmap_process (GST_MOTION_HEATMAP (filter), frame, draws ? frame : nullptr);
}

/* Buffers. One that is ours to write to is drawn on in place; a shared one is read while the
 * output is written, which saves the copy that an in-place filter would make first. */

static gboolean
gst_motion_heatmap_decide_allocation (GstBaseTransform * trans, GstQuery * query)
{
  GstMotionHeatmapPrivate *priv = GST_MOTION_HEATMAP (trans)->priv;

  priv->video_meta_goes_on =
      gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, nullptr);
  priv->crop_meta_goes_on =
      gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, nullptr);

  return GST_BASE_TRANSFORM_CLASS (parent_class)->decide_allocation (trans, query);
}

/* Whether downstream understands where in the buffer the picture lies. */
static bool
gst_motion_heatmap_layout_goes_on (GstMotionHeatmap * self, GstBuffer * buffer)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const GstVideoInfo *info = &GST_VIDEO_FILTER_CAST (self)->in_info;
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  if (gst_buffer_get_video_crop_meta (buffer) && !priv->crop_meta_goes_on)
    return false;
  if (!meta || priv->video_meta_goes_on)
    return true;
  for (guint i = 0; i < meta->n_planes; i++) {
    if (meta->offset[i] != GST_VIDEO_INFO_PLANE_OFFSET (info, i)
        || meta->stride[i] != GST_VIDEO_INFO_PLANE_STRIDE (info, i))
      return false;
  }
  return true;
}

/* Whether mapping the buffer for writing would write to its memory and not to a copy of it. Parts of
 * other memory, as parsers hand out, are read-only though nobody else holds them. */
static bool
gst_motion_heatmap_is_ours (GstBuffer * buffer)
{
  if (!gst_buffer_is_writable (buffer) || !gst_buffer_is_all_memory_writable (buffer))
    return false;
  for (guint i = 0; i < gst_buffer_n_memory (buffer); i++) {
    if (GST_MEMORY_IS_READONLY (gst_buffer_peek_memory (buffer, i)))
      return false;
  }
  return true;
}

static GstFlowReturn
gst_motion_heatmap_prepare_output_buffer (GstBaseTransform * trans, GstBuffer * inbuf,
    GstBuffer ** outbuf)
{
  if (!gst_base_transform_is_passthrough (trans) && gst_motion_heatmap_is_ours (inbuf)
      && gst_motion_heatmap_layout_goes_on (GST_MOTION_HEATMAP (trans), inbuf)) {
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
  /* The picture keeps its size and place, so whatever is said of it stays true. But what was
   * outside a crop rectangle is not in the output. */
  return meta->info->api != GST_VIDEO_CROP_META_API_TYPE;
}

static void
gst_motion_heatmap_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMotionHeatmap *self = GST_MOTION_HEATMAP (trans);
  GstMotionHeatmapPrivate *priv = self->priv;
  const FrameTimes times = FrameTimes::of (buffer, &trans->segment, GST_CLOCK_TIME_NONE);

  if (GST_CLOCK_TIME_IS_VALID (times.stream_time))
    gst_object_sync_values (GST_OBJECT_CAST (self), times.stream_time);

  gst_motion_heatmap_take_settings (self);
  gst_motion_heatmap_check_location (self);

  const gboolean passthrough = priv->current.output == GST_MOTION_HEATMAP_OUTPUT_NONE;
  if (passthrough != gst_base_transform_is_passthrough (trans)) {
    gst_base_transform_set_passthrough (trans, passthrough);
    /* buffers are now needed, or needed no more */
    gst_base_transform_reconfigure_src (trans);
  }
}

/* The stream */

static gboolean
gst_motion_heatmap_set_info (GstVideoFilter * filter, GstCaps * incaps, GstVideoInfo * in_info,
    GstCaps * outcaps, GstVideoInfo * out_info)
{
  GstMotionHeatmap *self = GST_MOTION_HEATMAP (filter);
  GstMotionHeatmapPrivate *priv = self->priv;

  gst_clear_buffer (&priv->picture);
  try {
    {
      std::lock_guard < std::mutex > lock (priv->engine_lock);
      priv->engine.configure (motion_heatmap_stream_format (in_info));
    }
    if (!std::exchange (priv->state_loaded, true))
      gst_motion_heatmap_load_state (self);
  } catch (const std::exception & e) {
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("Not enough memory for the heat of a stream of %dx%d pixels", in_info->width,
            in_info->height), ("%s", e.what ()));
    return FALSE;
  }
  return TRUE;
}

static gboolean
gst_motion_heatmap_set_caps (GstBaseTransform * trans, GstCaps * incaps, GstCaps * outcaps)
{
  GstVideoInfo info;

  /* the base class would fail without a word to the application */
  if (!gst_video_info_from_caps (&info, incaps)) {
    GST_ELEMENT_ERROR (trans, STREAM, FORMAT,
        ("A stream of these caps is too large or not understood"),
        ("caps %" GST_PTR_FORMAT, (gpointer) incaps));
    return FALSE;
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->set_caps (trans, incaps, outcaps);
}

static void
gst_motion_heatmap_break_stream (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;

  std::lock_guard < std::mutex > lock (priv->engine_lock);
  priv->engine.forget_previous ();
}

/* Whether frames of the new segment go on where those of the old one stopped. */
static bool
continues (const GstSegment * before, const GstSegment * after)
{
  return before->format == after->format && before->rate == after->rate
      && before->applied_rate == after->applied_rate && before->base == after->base
      && before->offset == after->offset && before->start == after->start
      && before->time == after->time;
}

static void
gst_motion_heatmap_finish (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;

  if (!priv->have_frames)
    return;
  gst_motion_heatmap_take_settings (self);
  if (priv->current.post_messages)
    gst_motion_heatmap_post_report (self, true);

  if (!priv->current.snapshot_location.empty () && !priv->snapshot_taken)
    gst_motion_heatmap_add_snapshot (self);
  gst_motion_heatmap_write_snapshots (self);
  gst_motion_heatmap_save_state (self, priv->current);
  priv->state_saved = true;
  priv->writer.drain ();
  priv->state.drain ();
}

static gboolean
gst_motion_heatmap_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMotionHeatmap *self = GST_MOTION_HEATMAP (trans);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_FLUSH_STOP:
      self->priv->clock.jump ();
      gst_motion_heatmap_break_stream (self);
      break;
    case GST_EVENT_GAP:        /* in which time goes on */
      gst_motion_heatmap_break_stream (self);
      break;
    case GST_EVENT_SEGMENT:{
      const GstSegment *segment;

      gst_event_parse_segment (event, &segment);
      if (!continues (&trans->segment, segment)) {
        self->priv->clock.jump ();
        gst_motion_heatmap_break_stream (self);
      }
      break;
    }
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

  {
    std::lock_guard < std::mutex > lock (priv->settings_lock);
    priv->current = priv->settings;
    priv->snapshot_requests.clear ();
  }
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
    gst_motion_heatmap_save_state (self, priv->current);
  priv->state.close ();
  priv->writer.drain ();
  priv->state.drain ();
  gst_clear_buffer (&priv->picture);
  priv->due_snapshots.clear ();
  priv->checked_location.clear ();
  priv->clock = StreamClock ();
  priv->snapshot_number = 0;
  priv->state_loaded = false;
  priv->snapshot_taken = false;
  priv->have_frames = false;

  std::lock_guard < std::mutex > lock (priv->engine_lock);
  priv->engine.clear ();
  priv->times = FrameTimes ();
  return TRUE;
}

/* The application */

static void
gst_motion_heatmap_reset (GstMotionHeatmap * self)
{
  std::lock_guard < std::mutex > lock (self->priv->engine_lock);
  self->priv->engine.reset ();
  self->priv->state_saved = false;
}

static gboolean
gst_motion_heatmap_snapshot (GstMotionHeatmap * self, const gchar * location)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  const std::string path = location ? location : "";
  std::string reason = motion_heatmap_check_location (path);

  if (reason.empty ()) {
    std::lock_guard < std::mutex > lock (priv->engine_lock);
    if (!priv->engine.is_configured ())
      reason = "there is no stream yet";
  }
  if (!reason.empty ()) {
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE,
        ("No picture can be written to \"%s\" (signal snapshot): %s", path.c_str (),
            reason.c_str ()), (nullptr));
    return FALSE;
  }

  std::lock_guard < std::mutex > lock (priv->settings_lock);
  priv->snapshot_requests.push_back ({path, "signal snapshot"});
  return TRUE;
}

static gboolean
gst_motion_heatmap_save_state_now (GstMotionHeatmap * self)
{
  GstMotionHeatmapPrivate *priv = self->priv;
  MotionHeatmapSettings settings;
  std::string reason;

  {
    std::lock_guard < std::mutex > lock (priv->settings_lock);
    settings = priv->settings;
  }
  {
    std::lock_guard < std::mutex > lock (priv->engine_lock);
    reason = priv->engine.is_configured ()? priv->state.refusal () : "there is no stream yet";
  }
  if (reason.empty ()) {
    gst_motion_heatmap_save_state (self, settings);
    return TRUE;
  }

  GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
      ("The state cannot be saved to \"%s\" (signal save-state): %s",
          settings.state_location.c_str (), reason.c_str ()), (nullptr));
  return FALSE;
}

static void
gst_motion_heatmap_set_property (GObject * object, guint prop_id, const GValue * value,
    GParamSpec * pspec)
{
  GstMotionHeatmapPrivate *priv = GST_MOTION_HEATMAP (object)->priv;
  std::lock_guard < std::mutex > lock (priv->settings_lock);

  if (!priv->settings.set (prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
gst_motion_heatmap_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  GstMotionHeatmapPrivate *priv = GST_MOTION_HEATMAP (object)->priv;

  switch (prop_id) {
    case PROP_STATS:{
      std::lock_guard < std::mutex > lock (priv->engine_lock);
      g_value_take_boxed (value, motion_heatmap_report_structure (priv->engine.report (),
              priv->times, false));
      break;
    }
    case PROP_HEATMAP:{
      motionheat::GreyMap map;
      FrameTimes times;

      try {
        std::lock_guard < std::mutex > lock (priv->engine_lock);
        map = priv->engine.map (0);
        times = priv->times;
      } catch (const std::bad_alloc &) {
        GST_WARNING_OBJECT (object, "not enough memory for the map");
      }
      g_value_take_boxed (value, motion_heatmap_map_sample (map, times));
      break;
    }
    default:{
      std::lock_guard < std::mutex > lock (priv->settings_lock);
      if (!priv->settings.get (prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
    }
  }
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

  object_class->set_property = gst_motion_heatmap_set_property;
  object_class->get_property = gst_motion_heatmap_get_property;
  object_class->finalize = gst_motion_heatmap_finalize;
  motion_heatmap_install_properties (object_class);

  /**
   * GstMotionHeatmap::reset:
   * @self: the element
   *
   * Forgets all heat; the next frame shows none from before.
   */
  signals[SIGNAL_RESET] = g_signal_new_class_handler ("reset", G_TYPE_FROM_CLASS (klass),
      (GSignalFlags) (G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
      G_CALLBACK (gst_motion_heatmap_reset), nullptr, nullptr, nullptr, G_TYPE_NONE, 0);

  /**
   * GstMotionHeatmap::snapshot:
   * @self: the element
   * @location: a file, .png, .jpg or .jpeg for the rendered picture, .tiff for the events
   *
   * Writes a file of the next frame. A `motionheatmap-snapshot` message tells when
   * the file is there, a warning why it is not.
   *
   * Returns: %TRUE if a picture will be taken
   */
  signals[SIGNAL_SNAPSHOT] = g_signal_new_class_handler ("snapshot", G_TYPE_FROM_CLASS (klass),
      (GSignalFlags) (G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
      G_CALLBACK (gst_motion_heatmap_snapshot), nullptr, nullptr, nullptr, G_TYPE_BOOLEAN, 1,
      G_TYPE_STRING);

  /**
   * GstMotionHeatmap::save-state:
   * @self: the element
   *
   * Saves the heat to #GstMotionHeatmap:state-location now. A `motionheatmap-state` message tells
   * when it is there, a warning why it is not.
   *
   * Returns: %TRUE if it will be saved
   */
  signals[SIGNAL_SAVE_STATE] = g_signal_new_class_handler ("save-state",
      G_TYPE_FROM_CLASS (klass), (GSignalFlags) (G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
      G_CALLBACK (gst_motion_heatmap_save_state_now), nullptr, nullptr, nullptr, G_TYPE_BOOLEAN,
      0);

  gst_element_class_set_static_metadata (element_class, "Motion heatmap",
      "Filter/Effect/Analyzer/Video",
      "Shows where in the picture motion was, as a colour map and as messages",
      "The motionheatmap authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_motion_heatmap_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_motion_heatmap_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_motion_heatmap_set_caps);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_motion_heatmap_sink_event);
  trans_class->before_transform = GST_DEBUG_FUNCPTR (gst_motion_heatmap_before_transform);
  trans_class->decide_allocation = GST_DEBUG_FUNCPTR (gst_motion_heatmap_decide_allocation);
  trans_class->prepare_output_buffer =
      GST_DEBUG_FUNCPTR (gst_motion_heatmap_prepare_output_buffer);
  trans_class->transform = GST_DEBUG_FUNCPTR (gst_motion_heatmap_transform);
  trans_class->transform_meta = GST_DEBUG_FUNCPTR (gst_motion_heatmap_transform_meta);
  trans_class->transform_ip_on_passthrough = TRUE;
  filter_class->set_info = GST_DEBUG_FUNCPTR (gst_motion_heatmap_set_info);
  filter_class->transform_frame = GST_DEBUG_FUNCPTR (gst_motion_heatmap_transform_frame);
  filter_class->transform_frame_ip = GST_DEBUG_FUNCPTR (gst_motion_heatmap_transform_frame_ip);
}
