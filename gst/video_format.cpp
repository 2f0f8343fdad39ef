/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "video_format.h"

#include <algorithm>

static motionheat::PixelFormat
pixel_format (const GstVideoFormatInfo * finfo)
{
  motionheat::PixelFormat format;

  if (GST_VIDEO_FORMAT_INFO_IS_RGB (finfo))
    format.model = motionheat::ColorModel::kRgb;
  else if (GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo))
    format.model = motionheat::ColorModel::kGray;
  else
    format.model = motionheat::ColorModel::kYuv;

  format.n_planes = (int) GST_VIDEO_FORMAT_INFO_N_PLANES (finfo);
  /* a fourth component is alpha */
  format.n_components = std::min (3, (int) GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo));
  for (int i = 0; i < format.n_components; i++) {
    motionheat::Component & c = format.components[i];

    c.plane = GST_VIDEO_FORMAT_INFO_PLANE (finfo, i);
    c.offset = GST_VIDEO_FORMAT_INFO_POFFSET (finfo, i);
    c.step = GST_VIDEO_FORMAT_INFO_PSTRIDE (finfo, i);
    c.x_shift = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, i);
    c.y_shift = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, i);
    c.depth = GST_VIDEO_FORMAT_INFO_DEPTH (finfo, i);
    c.lsb = GST_VIDEO_FORMAT_INFO_SHIFT (finfo, i);
    /* GStreamer 1.22 counts P010's offsets in samples */
    if (c.depth > 8 && c.offset % 2 != 0)
      c.offset *= 2;
  }

  return format;
}

static motionheat::ColorSpace
color_space (const GstVideoInfo * info)
{
  motionheat::ColorSpace space;
  gint offset[GST_VIDEO_MAX_COMPONENTS];
  gint scale[GST_VIDEO_MAX_COMPONENTS];

  if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &space.kr, &space.kb)) {
    /* GStreamer's own guess for Y'CbCr that does not tell */
    gst_video_color_matrix_get_Kr_Kb (info->height > 576 ?
        GST_VIDEO_COLOR_MATRIX_BT709 : GST_VIDEO_COLOR_MATRIX_BT601, &space.kr, &space.kb);
  }
  gst_video_color_range_offsets (info->colorimetry.range, info->finfo, offset, scale);
  std::copy_n (offset, space.offset.size (), space.offset.begin ());
  std::copy_n (scale, space.scale.size (), space.scale.begin ());

  return space;
}

motionheat::StreamFormat
motion_heatmap_stream_format (const GstVideoInfo * info)
{
  return { pixel_format (info->finfo), color_space (info), {info->width, info->height} };
}

motionheat::FrameView
motion_heatmap_frame_view (const GstVideoFrame * frame, const GstVideoInfo * info)
{
  const motionheat::PixelFormat format = pixel_format (frame->info.finfo);
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
  for (int i = 0; i < format.n_components; i++) {
    const int plane = format.components[i].plane;
    const motionheat::PlaneLayout layout = motionheat::plane_layout (format, plane);

    view.stride[plane] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
    view.data[plane] = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) +
        layout.row (visible.y) * view.stride[plane] + layout.byte (visible.x);
  }

  return view;
}
