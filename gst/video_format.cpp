/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "video_format.h"

#include <algorithm>

/* Where GStreamer's description does not say where samples lie, or is wrong about it. */
static void
mend_layout (GstVideoFormat name, motionheat::PixelFormat & format)
{
  auto & c = format.components;

  switch (name) {
    case GST_VIDEO_FORMAT_VYUY:
      c[1].offset = 2;
      c[2].offset = 0;
      break;
    case GST_VIDEO_FORMAT_BGR16:
    case GST_VIDEO_FORMAT_BGR15:
      c[0].lsb = 0;
      c[2].lsb = c[1].lsb + c[1].depth;
      /* fall through */
    case GST_VIDEO_FORMAT_RGB16:
    case GST_VIDEO_FORMAT_RGB15:
      format.packing = motionheat::Packing::kFields;
      break;
    case GST_VIDEO_FORMAT_RGB10A2_LE:
    case GST_VIDEO_FORMAT_BGR10A2_LE:
      format.packing = motionheat::Packing::kFields;
      c[0].lsb = name == GST_VIDEO_FORMAT_RGB10A2_LE ? 0 : 20;
      c[1].lsb = 10;
      c[2].lsb = 20 - c[0].lsb;
      break;
    case GST_VIDEO_FORMAT_ARGB64:
      format.packing = motionheat::Packing::kWords;
      break;
    case GST_VIDEO_FORMAT_Y210:        /* Y U Y V */
    case GST_VIDEO_FORMAT_Y212_LE:
      format.packing = motionheat::Packing::kWords;
      for (motionheat::Component & component : c)
        component.lsb = 16 - component.depth;
      c[1].offset = 2;
      c[2].offset = 6;
      break;
    case GST_VIDEO_FORMAT_v210:        /* U Y V Y */
      format.packing = motionheat::Packing::kThirds;
      c[0].offset = 2;
      c[0].step = 4;
      c[2].offset = 4;
      c[1].step = c[2].step = 8;
      break;
    case GST_VIDEO_FORMAT_GRAY10_LE32:
      format.packing = motionheat::Packing::kThirds;
      c[0].step = 2;
      break;
    case GST_VIDEO_FORMAT_GRAY16_BE:
      format.packing = motionheat::Packing::kBigEndian;
      break;
    default:
      break;
  }
}

motionheat::PixelFormat
motion_heatmap_pixel_format (const GstVideoFormatInfo * finfo)
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
    /* GStreamer 1.22 counts those of P010 and its like in samples */
    if (c.depth > 8 && c.offset % 2 != 0)
      c.offset *= 2;
  }
  mend_layout (GST_VIDEO_FORMAT_INFO_FORMAT (finfo), format);

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
  return { motion_heatmap_pixel_format (info->finfo), color_space (info), {info->width, info->height} };
}
