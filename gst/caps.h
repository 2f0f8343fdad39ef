/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string>

#include <gst/gst.h>

/* Adds the templates of the pads: raw video of the known formats, in any memory that can be mapped.
 * What can be drawn on comes first. */
void motion_heatmap_add_pad_templates (GstElementClass * klass);

/* Whether frames of these caps lie in memory that can be drawn on, and not only read. */
bool motion_heatmap_can_draw_on (GstCaps * caps);

/* What the other pad may have where one has `caps`, if frames are to be drawn on or not. */
GstCaps *motion_heatmap_other_caps (GstCaps * caps, GstCaps * filter, bool draws);

/* Why a stream of these caps cannot be processed; empty if it can. */
std::string motion_heatmap_refusal_of_caps (const GstCaps * caps);
