/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include "enums.h"

void
motion_heatmap_install_properties (GObjectClass * klass)
{
  const MotionHeatmapSettings defaults;
  const auto live = (GParamFlags) (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_PLAYING);
  const auto controlled = (GParamFlags) (live | GST_PARAM_CONTROLLABLE);
  const auto read_only = (GParamFlags) (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GstMotionHeatmap:threshold:
   *
   * Difference between two frames, in 8-bit full-range grey, above which a pixel moved.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_THRESHOLD,
      g_param_spec_uint ("threshold", "Threshold",
          "Difference between two frames, in 8-bit full-range grey, above which a pixel moved",
          0, 255, (guint) defaults.engine.threshold, controlled));

  /**
   * GstMotionHeatmap:detector:
   *
   * What tells motion; the threshold is that of `difference`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_DETECTOR,
      g_param_spec_enum ("detector", "Detector",
          "What tells motion; the threshold is that of 'difference'",
          GST_TYPE_MOTION_HEATMAP_DETECTOR, (int) defaults.engine.detector, live));

  /**
   * GstMotionHeatmap:history:
   *
   * Frames that the model of the background remembers, with `detector=mog2` or `knn`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_HISTORY,
      g_param_spec_uint ("history", "History",
          "Frames that the model of the background remembers, with detector=mog2 or knn",
          1, G_MAXINT16, (guint) defaults.engine.model.history, controlled));

  /**
   * GstMotionHeatmap:variance:
   *
   * How far a pixel must be from its background to move, with `detector=mog2`: the square of the
   * distance in standard deviations of the pixel itself.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_VARIANCE,
      g_param_spec_double ("variance", "Variance",
          "Squared distance, in standard deviations of the pixel itself, above which it moved, with "
          "detector=mog2", 0.0, 65025.0, defaults.engine.model.variance, controlled));

  /**
   * GstMotionHeatmap:detect-shadows:
   *
   * Tell shadows apart, which then do not count, with `detector=mog2` or `knn`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_DETECT_SHADOWS,
      g_param_spec_boolean ("detect-shadows", "Detect shadows",
          "Tell shadows apart, which then do not count, with detector=mog2 or knn",
          defaults.engine.model.detects_shadows, controlled));

  /**
   * GstMotionHeatmap:analysis-scale:
   *
   * Analyse at 1/N of the size in each direction, the mean of what falls together.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ANALYSIS_SCALE,
      g_param_spec_uint ("analysis-scale", "Analysis scale",
          "Analyse at 1/N of the size in each direction, the mean of what falls together",
          1, 16, (guint) defaults.engine.analysis_scale, controlled));

  /**
   * GstMotionHeatmap:analysis-interval:
   *
   * Analyse at most one frame in this stream time, in nanoseconds (0 = every frame).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ANALYSIS_INTERVAL,
      g_param_spec_uint64 ("analysis-interval", "Analysis interval",
          "Analyse at most one frame in this stream time, in nanoseconds (0 = every frame)",
          0, G_MAXINT64, defaults.continuity.analysis_interval, controlled));

  /**
   * GstMotionHeatmap:blur:
   *
   * Radius of a smoothing before frames are compared, against noise: each pixel becomes the mean of a
   * square of 2 radius + 1 pixels. RGB is compared as grey then (0 = off).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_BLUR,
      g_param_spec_uint ("blur", "Blur",
          "Radius in pixels of a mean that smooths frames before they are compared (0 = off)",
          0, 31, (guint) defaults.engine.blur, controlled));

  /**
   * GstMotionHeatmap:despeckle:
   *
   * Radius of an opening of what moved: what is nowhere a square of 2 radius + 1 pixels wide does not
   * count (0 = off).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_DESPECKLE,
      g_param_spec_uint ("despeckle", "Despeckle",
          "Radius in pixels of a morphological opening of what moved (0 = off)",
          0, 15, (guint) defaults.engine.despeckle, controlled));

  /**
   * GstMotionHeatmap:noise-adaptive:
   *
   * Measure the noise of the stream all the time and do not count what is but noise. While it is low
   * nothing changes; #GstMotionHeatmap:threshold rises only where most of the noise exceeds it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_NOISE_ADAPTIVE,
      g_param_spec_boolean ("noise-adaptive", "Noise adaptive",
          "Measure the noise of the stream all the time and do not count what is but noise",
          defaults.engine.noise_adaptive, live));

  /**
   * GstMotionHeatmap:stabilize:
   *
   * Measure the small movements of the camera itself, as wind and lorries make them, and take them out
   * before frames are compared. A camera that is turned to another view is a break, not motion.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STABILIZE,
      g_param_spec_boolean ("stabilize", "Stabilize",
          "Measure the camera's own small movements and take them out before frames are compared",
          defaults.engine.stabilize, live));

  /**
   * GstMotionHeatmap:sway-filter:
   *
   * Do not count what goes back and forth and never gets anywhere, as leaves and flags do.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SWAY_FILTER,
      g_param_spec_boolean ("sway-filter", "Sway filter",
          "Do not count what goes back and forth and gets nowhere, as leaves and flags do",
          defaults.engine.sway_filter, live));

  /**
   * GstMotionHeatmap:light-change-limit:
   *
   * Share of the picture above which what moved is a change of light, a damaged frame or a jump of the
   * camera: the frame is not counted, only what the next one is compared with (1 = off). So is one in
   * which less moved, but by the light alone. For no more than a second in one go: who fills the picture
   * is not missed for longer.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_LIGHT_CHANGE_LIMIT,
      g_param_spec_double ("light-change-limit", "Light change limit",
          "Share of the picture above which what moved is a change of light and not counted (1 = off)",
          0.0, 1.0, defaults.engine.light_change_limit, controlled));

  /**
   * GstMotionHeatmap:corrupted:
   *
   * What is done with frames that are flagged as corrupted.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CORRUPTED,
      g_param_spec_enum ("corrupted", "Corrupted",
          "What is done with frames that are flagged as corrupted",
          GST_TYPE_MOTION_HEATMAP_CORRUPTED, defaults.continuity.corrupted, live));

  /**
   * GstMotionHeatmap:max-gap:
   *
   * Frames are not compared across a hole that the stream marks, if it is longer than this, in
   * nanoseconds, and than three times the usual distance of frames.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MAX_GAP,
      g_param_spec_uint64 ("max-gap", "Maximum gap",
          "Frames are not compared across a hole that the stream marks, if it is longer than this, "
          "in nanoseconds, and than three times the usual distance of frames",
          0, G_MAXINT64, defaults.continuity.max_gap, controlled));

  /**
   * GstMotionHeatmap:mask-location:
   *
   * Picture, in any format that GStreamer decodes, that is laid over the frame: what is black there is
   * not counted, white counts whole, grey in proportion.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MASK_LOCATION,
      g_param_spec_string ("mask-location", "Mask location",
          "Picture that is laid over the frame: what is black there is not counted, white counts "
          "whole, grey in proportion", nullptr, live));

  /**
   * GstMotionHeatmap:mask-polygons:
   *
   * Areas that are not counted: polygons of points in fractions of the frame, as in
   * `0,0 0.3,0 0.3,0.1 0,0.1; 0.5,0.5 1,1 0,1`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MASK_POLYGONS,
      g_param_spec_string ("mask-polygons", "Mask polygons",
          "Areas that are not counted, in fractions of the frame: 'x,y x,y x,y; x,y ...'", nullptr,
          live));

  /**
   * GstMotionHeatmap:zones:
   *
   * Named areas with figures and events of their own, as in
   * `door: 0.1,0.2 0.3,0.2 0.3,0.6 0.1,0.6; till: 0.6,0.5 0.9,0.5 0.9,0.9`. They may overlap.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ZONES,
      g_param_spec_string ("zones", "Zones",
          "Named areas with figures and events of their own: 'name: x,y x,y x,y; name: ...'",
          nullptr, live));

  /**
   * GstMotionHeatmap:half-life:
   *
   * Stream time in which heat halves, in nanoseconds (0 = it never fades).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_HALF_LIFE,
      g_param_spec_uint64 ("half-life", "Half-life",
          "Stream time in which heat halves, in nanoseconds (0 = it never fades)",
          0, G_MAXINT64, defaults.half_life, controlled));

  /**
   * GstMotionHeatmap:normalization:
   *
   * What the hottest colour stands for.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_NORMALIZATION,
      g_param_spec_enum ("normalization", "Normalization",
          "What the hottest colour stands for", GST_TYPE_MOTION_HEATMAP_NORMALIZATION,
          (int) defaults.engine.normalization, live));

  /**
   * GstMotionHeatmap:percentile:
   *
   * Percentile of the counts of all pixels with heat that normalization=percentile takes.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_PERCENTILE,
      g_param_spec_double ("percentile", "Percentile",
          "Percentile of the counts of all pixels with heat that normalization=percentile takes",
          0.0, 100.0, defaults.engine.percentile, controlled));

  /**
   * GstMotionHeatmap:full-scale:
   *
   * Events that the hottest colour stands for with normalization=fixed.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_FULL_SCALE,
      g_param_spec_double ("full-scale", "Full scale",
          "Events that the hottest colour stands for with normalization=fixed",
          0.001, 1e12, defaults.engine.full_scale, controlled));

  /**
   * GstMotionHeatmap:curve:
   *
   * How colour grows with heat: `sqrt` and `log` bring out faint paths.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CURVE,
      g_param_spec_enum ("curve", "Curve",
          "How colour grows with heat: 'sqrt' and 'log' bring out faint paths",
          GST_TYPE_MOTION_HEATMAP_CURVE, (int) defaults.engine.curve, live));

  /**
   * GstMotionHeatmap:colormap:
   *
   * OpenCV colour map that the heat is shown in.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_COLORMAP,
      g_param_spec_enum ("colormap", "Colour map",
          "OpenCV colour map that the heat is shown in",
          GST_TYPE_MOTION_HEATMAP_COLORMAP, defaults.engine.colormap, controlled));

  /**
   * GstMotionHeatmap:opacity:
   *
   * Weight of the colour in the overlay; the picture has the rest.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_OPACITY,
      g_param_spec_double ("opacity", "Opacity",
          "Weight of the colour in the overlay; the picture has the rest",
          0.0, 1.0, defaults.engine.opacity, controlled));

  /**
   * GstMotionHeatmap:blend:
   *
   * Where the colour has #GstMotionHeatmap:opacity: everywhere (`uniform`), or from three quarters of
   * the scale on and below in proportion to heat (`heat`), so that cold areas stay as they were.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_BLEND,
      g_param_spec_enum ("blend", "Blend",
          "Opacity is the same everywhere, or in proportion to heat",
          GST_TYPE_MOTION_HEATMAP_BLEND, (int) defaults.engine.blend, live));

  /**
   * GstMotionHeatmap:display-threshold:
   *
   * Index, on the scale from 0 to 255, below which the picture stays untouched.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_DISPLAY_THRESHOLD,
      g_param_spec_uint ("display-threshold", "Display threshold",
          "Index, on the scale from 0 to 255, below which the picture stays untouched",
          0, 255, (guint) defaults.engine.display_threshold, controlled));

  /**
   * GstMotionHeatmap:smoothing:
   *
   * Radius in pixels, twice sigma, of a Gaussian that smooths the heat as it is shown, and the scale
   * with it; the counts stay as they are.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SMOOTHING,
      g_param_spec_uint ("smoothing", "Smoothing",
          "Radius in pixels of a Gaussian that smooths the heat as it is shown; the counts stay",
          0, 63, (guint) defaults.engine.smoothing, controlled));

  /**
   * GstMotionHeatmap:output:
   *
   * What goes downstream.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_OUTPUT,
      g_param_spec_enum ("output", "Output",
          "What goes downstream", GST_TYPE_MOTION_HEATMAP_OUTPUT, defaults.output, live));

  /**
   * GstMotionHeatmap:background:
   *
   * What the heat is drawn on. The average goes by stream time: it is the mean of all frames at
   * first, and after a minute a running one with a time constant of 60 s.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_BACKGROUND,
      g_param_spec_enum ("background", "Background",
          "What the heat is drawn on", GST_TYPE_MOTION_HEATMAP_BACKGROUND,
          (int) defaults.engine.background, live));

  /**
   * GstMotionHeatmap:gray-range:
   *
   * In grey of more than 8 bits the two levels that 0 and 255 of 8-bit grey stand for, as in
   * `7800,8400`, or `auto` for what the stream uses of them. #GstMotionHeatmap:threshold is in that
   * unit, and the colours are drawn between these levels.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_GRAY_RANGE,
      g_param_spec_string ("gray-range", "Gray range",
          "In grey of more than 8 bits the two levels that 0 and 255 stand for, 'lo,hi', or 'auto' "
          "for what the stream uses of them", nullptr, live));

  /**
   * GstMotionHeatmap:legend:
   *
   * Draw a bar of the colours, with the events that its last one stands for, in the lower left corner.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_LEGEND,
      g_param_spec_boolean ("legend", "Legend",
          "Draw a bar of the colours, with the events that its last one stands for",
          defaults.engine.legend, live));

  /**
   * GstMotionHeatmap:post-messages:
   *
   * Post `motionheatmap` and `motionheatmap-event` element messages.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post 'motionheatmap' and 'motionheatmap-event' element messages",
          defaults.post_messages, live));

  /**
   * GstMotionHeatmap:interval:
   *
   * Stream time between messages in nanoseconds (0 = one for every frame).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_INTERVAL,
      g_param_spec_uint64 ("interval", "Interval",
          "Stream time between messages in nanoseconds (0 = one for every frame)",
          0, G_MAXINT64, defaults.interval, controlled));

  /**
   * GstMotionHeatmap:message-width:
   *
   * Width in cells of the map in messages, its height follows the picture`s proportions (0 = the
   * analysis size).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MESSAGE_WIDTH,
      g_param_spec_uint ("message-width", "Message width",
          "Width in cells of the map in messages, its height follows the picture's proportions "
          "(0 = the analysis size)", 0, G_MAXINT16, defaults.message_width, controlled));

  /**
   * GstMotionHeatmap:motion-area:
   *
   * Share of a zone, or of the frame where there are none, that must move for its motion to begin.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MOTION_AREA,
      g_param_spec_double ("motion-area", "Motion area",
          "Share of a zone (or of the frame) that must move for its motion to begin",
          0.0, 1.0, defaults.activity.area, controlled));

  /**
   * GstMotionHeatmap:motion-frames:
   *
   * Consecutive analysed frames that must agree for motion to begin.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MOTION_FRAMES,
      g_param_spec_uint ("motion-frames", "Motion frames",
          "Consecutive analysed frames that must agree for motion to begin",
          1, G_MAXINT16, (guint) defaults.activity.frames, controlled));

  /**
   * GstMotionHeatmap:motion-gap:
   *
   * Stillness, in nanoseconds of stream time, after which motion has ended.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MOTION_GAP,
      g_param_spec_uint64 ("motion-gap", "Motion gap",
          "Stillness, in nanoseconds of stream time, after which motion has ended",
          0, G_MAXINT64, defaults.motion_gap, controlled));

  /**
   * GstMotionHeatmap:roi-meta:
   *
   * Attach each moving region as #GstVideoRegionOfInterestMeta of type `motion`, sixteen at most and
   * the largest first, for detectors and encoders downstream.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ROI_META,
      g_param_spec_boolean ("roi-meta", "ROI meta",
          "Attach each moving region as GstVideoRegionOfInterestMeta of type 'motion'",
          defaults.roi_meta, live));

  /**
   * GstMotionHeatmap:snapshot-location:
   *
   * File for the rendered picture (.png, .jpg, .jpeg) or the events as float32 (.tiff) at the
   * end of the stream and every snapshot-interval; `%05d` in its name counts, `%F` or `%H` is
   * the local time. For the end the last frame is held until the next one comes.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SNAPSHOT_LOCATION,
      g_param_spec_string ("snapshot-location", "Snapshot location",
          "File for the rendered picture (.png, .jpg, .jpeg) or the events as float32 (.tiff) at "
          "the end of the stream and every snapshot-interval; '%05d' in its name counts, '%F' or "
          "'%H' is the local time", nullptr, live));

  /**
   * GstMotionHeatmap:snapshot-interval:
   *
   * Stream time between snapshots in nanoseconds (0 = only at the end of the stream).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SNAPSHOT_INTERVAL,
      g_param_spec_uint64 ("snapshot-interval", "Snapshot interval",
          "Stream time between snapshots in nanoseconds (0 = only at the end of the stream)",
          0, G_MAXINT64, defaults.snapshot_interval, live));

  /**
   * GstMotionHeatmap:snapshot-reset:
   *
   * Start a new map after each snapshot-interval.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_SNAPSHOT_RESET,
      g_param_spec_boolean ("snapshot-reset", "Snapshot reset",
          "Start a new map after each snapshot-interval", defaults.snapshot_reset, live));

  /**
   * GstMotionHeatmap:state-location:
   *
   * File that keeps the heat across restarts: loaded when the stream begins, saved every state-
   * interval, at the end of the stream and on stop.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STATE_LOCATION,
      g_param_spec_string ("state-location", "State location",
          "File that keeps the heat across restarts: loaded when the stream begins, saved every "
          "state-interval, at the end of the stream and on stop", nullptr,
          (GParamFlags) (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)));

  /**
   * GstMotionHeatmap:state-interval:
   *
   * Stream time between two saves of the state in nanoseconds (0 = only at the end of the stream
   * and on stop).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STATE_INTERVAL,
      g_param_spec_uint64 ("state-interval", "State interval",
          "Stream time between two saves of the state in nanoseconds (0 = only at the end of the "
          "stream and on stop)", 0, G_MAXINT64, defaults.state_interval, live));

  /**
   * GstMotionHeatmap:n-threads:
   *
   * Threads that work on a frame (0 = one per core); the result does not depend on it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Threads that work on a frame (0 = one per core); the result does not depend on it",
          0, 64, (guint) defaults.engine.n_threads, live));

  /**
   * GstMotionHeatmap:stats:
   *
   * The fields of the `motionheatmap` message as they are now, except the map.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "The fields of the 'motionheatmap' message as they are now, except the map",
          GST_TYPE_STRUCTURE, read_only));

  /**
   * GstMotionHeatmap:heatmap:
   *
   * The normalised map as it is now: a GRAY8 sample of the analysis size, or NULL before the
   * stream`s size is known.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_HEATMAP,
      g_param_spec_boxed ("heatmap", "Heatmap",
          "The normalised map as it is now: a GRAY8 sample of the analysis size, or NULL before "
          "the stream's size is known", GST_TYPE_SAMPLE, read_only));

  motion_heatmap_mark_enums ();
}
