/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "frame_view.h"

/* Where in a buffer the picture lies. */

/* The visible part of a mapped frame of a stream: what its GstVideoCropMeta says, no more than the
 * caps say and no more than there is. The frame must have been mapped for writing to be written. */
motionheat::FrameView motion_heatmap_frame_view (const GstVideoFrame * frame,
    const GstVideoInfo * info);

/* Clears `out` where `in` shows less than the caps say and nothing will be drawn. */
void motion_heatmap_clear_unseen (const GstVideoFrame * in, GstVideoFrame * out,
    const GstVideoInfo * info);

/* Has what `meta` says of a picture in `in` said of the same picture in `out`, which holds what was
 * within the crop rectangle. Returns whether a copy of it does; else what there is to say is added
 * here, as regions are counted from the corner of the buffer. */
bool motion_heatmap_transform_meta (GstBuffer * out, const GstMeta * meta, GstBuffer * in);
