/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caps.h"

#include <gst/video/video.h>

#include "video_format.h"

/* What can be drawn on. Subtitles and the like that are to be blended later lie in metas. */
#define DRAWABLE_CAPS \
    GST_VIDEO_CAPS_MAKE (MOTION_HEATMAP_FORMATS) ";" \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY ", " \
        GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, MOTION_HEATMAP_FORMATS) ";" \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, \
        MOTION_HEATMAP_FORMATS)

/* What can be read, with output=none: any memory that can be mapped. */
#define READABLE_CAPS \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES ("ANY", MOTION_HEATMAP_FORMATS)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (DRAWABLE_CAPS ";" READABLE_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (DRAWABLE_CAPS ";" READABLE_CAPS));

static GstStaticCaps drawable_caps = GST_STATIC_CAPS (DRAWABLE_CAPS);

void
motion_heatmap_add_pad_templates (GstElementClass * klass)
{
  gst_element_class_add_static_pad_template (klass, &sink_template);
  gst_element_class_add_static_pad_template (klass, &src_template);
}

bool
motion_heatmap_can_draw_on (GstCaps * caps)
{
  GstCaps *drawable = gst_static_caps_get (&drawable_caps);
  const bool result = gst_caps_is_subset (caps, drawable);

  gst_caps_unref (drawable);
  return result;
}

/* Fields that come one by one are pictures of different lines. */
static gboolean
has_whole_frames (GstCapsFeatures * features, GstStructure *, gpointer)
{
  return !gst_caps_features_contains (features, GST_CAPS_FEATURE_FORMAT_INTERLACED);
}

/* Takes `caps`. */
static GstCaps *
intersect (GstCaps * caps, GstCaps * allowed)
{
  GstCaps *kept = gst_caps_intersect_full (caps, allowed, GST_CAPS_INTERSECT_FIRST);

  gst_caps_unref (caps);
  return kept;
}

GstCaps *
motion_heatmap_other_caps (GstCaps * caps, GstCaps * filter, bool draws)
{
  GstCaps *result = gst_caps_copy (caps);

  gst_caps_filter_and_map_in_place (result, has_whole_frames, nullptr);
  if (draws) {
    GstCaps *drawable = gst_static_caps_get (&drawable_caps);

    result = intersect (result, drawable);
    gst_caps_unref (drawable);
  }
  return filter ? intersect (result, filter) : result;
}

std::string motion_heatmap_refusal_of_caps (const GstCaps * caps)
{
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return "A stream of these caps is too large or not understood";
  /* views of one scene would be taken for motion */
  const GstVideoMultiviewMode views = GST_VIDEO_INFO_MULTIVIEW_MODE (&info);
  if (views > GST_VIDEO_MULTIVIEW_MODE_RIGHT)
    return std::string ("Streams of several views (multiview-mode=") +
        gst_video_multiview_mode_to_caps_string (views) + ") are not supported";
  return "";
}
