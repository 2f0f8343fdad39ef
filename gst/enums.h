/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* The enumerations that properties take. Those of the algorithm have its values. */
#define GST_TYPE_MOTION_HEATMAP_OUTPUT (motion_heatmap_output_get_type ())
#define GST_TYPE_MOTION_HEATMAP_COLORMAP (motion_heatmap_colormap_get_type ())
#define GST_TYPE_MOTION_HEATMAP_CORRUPTED (motion_heatmap_corrupted_get_type ())
#define GST_TYPE_MOTION_HEATMAP_DETECTOR (motion_heatmap_detector_get_type ())
#define GST_TYPE_MOTION_HEATMAP_NORMALIZATION (motion_heatmap_normalization_get_type ())
#define GST_TYPE_MOTION_HEATMAP_CURVE (motion_heatmap_curve_get_type ())
#define GST_TYPE_MOTION_HEATMAP_BACKGROUND (motion_heatmap_background_get_type ())
#define GST_TYPE_MOTION_HEATMAP_BLEND (motion_heatmap_blend_get_type ())

GType motion_heatmap_output_get_type (void);
GType motion_heatmap_colormap_get_type (void);
GType motion_heatmap_corrupted_get_type (void);
GType motion_heatmap_detector_get_type (void);
GType motion_heatmap_normalization_get_type (void);
GType motion_heatmap_curve_get_type (void);
GType motion_heatmap_background_get_type (void);
GType motion_heatmap_blend_get_type (void);

/* Has the documentation know them. */
void motion_heatmap_mark_enums (void);
