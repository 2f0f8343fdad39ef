/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "engine.h"

/* The formats that are processed as they are. Adding one is adding its name: everything else is
 * read off GstVideoFormatInfo. */
#define MOTION_HEATMAP_FORMATS \
    "{ I420, NV12, YV12, NV21, Y42B, Y444, YUY2, UYVY, YVYU, AYUV, VUYA, GRAY8, " \
    "RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, " \
    "I420_10LE, I422_10LE, P010_10LE, GRAY16_LE }"

/* Layout, colours and size of a stream. */
motionheat::StreamFormat motion_heatmap_stream_format (const GstVideoInfo * info);

/* The visible part of a mapped frame of a stream: what its GstVideoCropMeta says, no more than the
 * caps say and no more than there is. The frame must have been mapped for writing to be written. */
motionheat::FrameView motion_heatmap_frame_view (const GstVideoFrame * frame,
    const GstVideoInfo * info);
