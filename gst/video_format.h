/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "engine.h"

/* The formats that are processed as they are. Adding one is adding its name: everything else is
 * read off GstVideoFormatInfo, but for what that does not tell right (video_format.cpp). */
#if GST_CHECK_VERSION (1, 24, 0)
#define MOTION_HEATMAP_FORMATS_1_24 ", A422, A444"
#else
#define MOTION_HEATMAP_FORMATS_1_24
#endif
#define MOTION_HEATMAP_FORMATS \
    "{ I420, NV12, YV12, NV21, Y42B, NV16, NV61, Y444, NV24, Y41B, YUV9, YVU9, " \
    "YUY2, UYVY, YVYU, VYUY, AYUV, VUYA, A420, GRAY8, " \
    "I420_10LE, I422_10LE, Y444_10LE, P010_10LE, Y210, v210, " \
    "A420_10LE, A422_10LE, A444_10LE, " \
    "I420_12LE, I422_12LE, Y444_12LE, P012_LE, Y212_LE, P016_LE, " \
    "GRAY10_LE32, GRAY16_LE, GRAY16_BE, " \
    "RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, " \
    "GBR, GBRA, RGBP, BGRP, RGB16, BGR16, RGB15, BGR15, RGB10A2_LE, BGR10A2_LE, " \
    "GBR_10LE, GBRA_10LE, GBR_12LE, GBRA_12LE, ARGB64" MOTION_HEATMAP_FORMATS_1_24 " }"

/* Where the samples of a format lie. */
motionheat::PixelFormat motion_heatmap_pixel_format (const GstVideoFormatInfo * finfo);

/* Layout, colours and size of a stream. */
motionheat::StreamFormat motion_heatmap_stream_format (const GstVideoInfo * info);
