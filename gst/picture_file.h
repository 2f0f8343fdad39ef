/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string>

#include <gst/video/video.h>

#include "heat_map.h"

/* The content of the files that snapshots are written to. Each function puts it into `bytes` and
 * returns why it could not, or nothing. They may throw std::bad_alloc. */

/* The picture as `extension` says: ".png", which keeps every bit of its RGB, or ".jpg" and ".jpeg"
 * in quality 95. The buffer is one of `info`. */
std::string motion_heatmap_encode_picture (GstBuffer * picture, const GstVideoInfo & info,
    const std::string & extension, std::string & bytes);

/* The events of each pixel in float32, as a grey TIFF without compression. */
std::string motion_heatmap_encode_events (const motionheat::HeatMap & heat, std::string & bytes);
