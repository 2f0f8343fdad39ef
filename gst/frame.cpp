/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include <algorithm>
#include <cstring>

#include "video_format.h"

motionheat::FrameView
motion_heatmap_frame_view (const GstVideoFrame * frame, const GstVideoInfo * info)
{
  const motionheat::PixelFormat format = motion_heatmap_pixel_format (frame->info.finfo);
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (frame->buffer);
  const int frame_width = GST_VIDEO_FRAME_WIDTH (frame);
  const int frame_height = GST_VIDEO_FRAME_HEIGHT (frame);
  motionheat::Rect visible = { 0, 0, frame_width, frame_height };

  if (crop) {
    visible.x = (int) std::min (crop->x, (guint) frame_width);
    visible.y = (int) std::min (crop->y, (guint) frame_height);
    visible.width = (int) std::min (crop->width, (guint) (frame_width - visible.x));
    visible.height = (int) std::min (crop->height, (guint) (frame_height - visible.y));
  }

  motionheat::FrameView view ({std::min (visible.width, info->width),
        std::min (visible.height, info->height)});
  view.interlaced = GST_VIDEO_FRAME_IS_INTERLACED (frame);
  for (int plane = 0; plane < format.n_planes; plane++) {
    const motionheat::PlaneLayout layout = motionheat::plane_layout (format, plane);

    view.stride[plane] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
    /* a rectangle that begins in the middle of four rows begins with the fields of these */
    const int top = view.interlaced && layout.y_shift == 1 ? visible.y / 4 * 4 : visible.y;
    view.data[plane] = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) +
        layout.row (top) * view.stride[plane] + layout.byte (visible.x);
  }

  return view;
}

void
motion_heatmap_clear_unseen (const GstVideoFrame * in, GstVideoFrame * out,
    const GstVideoInfo * info)
{
  const motionheat::Size shown = motion_heatmap_frame_view (in, info).size;

  if (shown.width >= info->width && shown.height >= info->height)
    return;

  /* no further than the picture goes: a buffer may end with its last row */
  const motionheat::PixelFormat format = motion_heatmap_pixel_format (info->finfo);
  const motionheat::FrameView view = motion_heatmap_frame_view (out, info);
  for (int p = 0; p < format.n_planes; p++) {
    const motionheat::PlaneLayout layout = motionheat::plane_layout (format, p);

    for (int y = 0; y < layout.row_end (view.size.height); y++)
      memset (view.row (p, y), 0, (gsize) layout.byte_end (view.size.width));
  }
}

/* Adds a region to a buffer that shows what was within a crop rectangle. */
static void
add_moved_region (GstBuffer * buffer, const GstVideoRegionOfInterestMeta * region,
    const GstVideoCropMeta * crop)
{
  const guint left = MAX (region->x, crop->x), top = MAX (region->y, crop->y);
  const guint right = MIN (region->x + region->w, crop->x + crop->width);
  const guint bottom = MIN (region->y + region->h, crop->y + crop->height);

  if (left >= right || top >= bottom)
    return;
  GstVideoRegionOfInterestMeta *moved = gst_buffer_add_video_region_of_interest_meta_id (buffer,
      region->roi_type, left - crop->x, top - crop->y, right - left, bottom - top);
  moved->id = region->id;
  moved->parent_id = region->parent_id;
  for (GList * item = region->params; item; item = item->next) {
    gst_video_region_of_interest_meta_add_param (moved,
        gst_structure_copy ((const GstStructure *) item->data));
  }
}

bool
motion_heatmap_transform_meta (GstBuffer * out, const GstMeta * meta, GstBuffer * in)
{
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (in);

  if (crop && meta->info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) {
    add_moved_region (out, (const GstVideoRegionOfInterestMeta *) meta, crop);
    return false;
  }
  return meta->info->api != GST_VIDEO_CROP_META_API_TYPE;
}
