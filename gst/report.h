/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "continuity.h"
#include "engine.h"

/* The fields of the `motionheatmap` message except the map. */
GstStructure *motion_heatmap_report_structure (const motionheat::Report & report,
    const FrameTimes & times, bool final);

/* A map as a GRAY8 sample, or NULL if it is empty. */
GstSample *motion_heatmap_map_sample (const motionheat::GreyMap & map, const FrameTimes & times);
