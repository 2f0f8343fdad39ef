/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture_file.h"

#include <csetjmp>
#include <memory>

#include <png.h>
#include <turbojpeg.h>
#include <zlib.h>

#define JPEG_QUALITY 95
#define PNG_ERROR_SIZE 128

namespace
{

class MappedFrame
{
public:
  MappedFrame (GstBuffer * buffer, const GstVideoInfo & info, GstMapFlags flags)
  : mapped_ (gst_video_frame_map (&frame_, &info, buffer, flags)) {}
  ~MappedFrame () {
    if (mapped_)
      gst_video_frame_unmap (&frame_);
  }
  MappedFrame (const MappedFrame &) = delete;
  MappedFrame & operator= (const MappedFrame &) = delete;

  explicit operator bool () const { return mapped_; }
  GstVideoFrame *get () { return &frame_; }
  const guint8 *row (gint y) const {
    return (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame_, 0) + (gssize) y * stride ();
  }
  gint stride () const { return GST_VIDEO_FRAME_PLANE_STRIDE (&frame_, 0); }
  gint width () const { return GST_VIDEO_FRAME_WIDTH (&frame_); }
  gint height () const { return GST_VIDEO_FRAME_HEIGHT (&frame_); }

private:
  GstVideoFrame frame_;
  bool mapped_;
};

struct Delete
{
  void operator() (GstBuffer * buffer) const { gst_buffer_unref (buffer); }
  void operator() (GstVideoConverter * converter) const { gst_video_converter_free (converter); }
};
using BufferPtr = std::unique_ptr < GstBuffer, Delete >;
using ConverterPtr = std::unique_ptr < GstVideoConverter, Delete >;

} // namespace

static GstVideoInfo
rgb_info (const GstVideoInfo & info)
{
  GstVideoInfo rgb;

  gst_video_info_set_format (&rgb, GST_VIDEO_FORMAT_RGB, (guint) info.width, (guint) info.height);
  /* the converter converts neither rates nor fields */
  rgb.interlace_mode = info.interlace_mode;
  rgb.fps_n = info.fps_n;
  rgb.fps_d = info.fps_d;
  return rgb;
}

static BufferPtr
to_rgb (GstBuffer * picture, const GstVideoInfo & info)
{
  const GstVideoInfo to_info = rgb_info (info);
  BufferPtr buffer (gst_buffer_new_allocate (nullptr, GST_VIDEO_INFO_SIZE (&to_info), nullptr));
  const ConverterPtr converter (gst_video_converter_new (&info, &to_info, nullptr));

  if (!buffer || !converter)
    return nullptr;
  MappedFrame from (picture, info, GST_MAP_READ);
  MappedFrame to (buffer.get (), to_info, GST_MAP_WRITE);
  if (!from || !to)
    return nullptr;
  gst_video_converter_frame (converter.get (), from.get (), to.get ());
  return buffer;
}

/* PNG. libpng leaves a function that failed by a long jump, past all destructors: between setjmp and
 * its last call stand no objects. */

static void
on_png_error (png_structp png, png_const_charp message)
{
  g_strlcpy ((gchar *) png_get_error_ptr (png), message, PNG_ERROR_SIZE);
  png_longjmp (png, 1);
}

static void
on_png_warning (png_structp, png_const_charp)
{
}

static void
append_png (png_structp png, png_bytep data, png_size_t size)
{
  bool appended = false;

  try {
    ((std::string *) png_get_io_ptr (png))->append ((const gchar *) data, size);
    appended = true;
  } catch (const std::exception &) {
  }
  if (!appended)
    png_error (png, "not enough memory");
}

static void
write_png (png_structp png, png_infop info, const MappedFrame & rgb)
{
  if (setjmp (png_jmpbuf (png)))
    return;
  /* a fifth of the time that libpng's defaults take, for files 7 % larger */
  png_set_filter (png, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
  png_set_compression_level (png, Z_BEST_SPEED);
  png_set_compression_strategy (png, Z_RLE);
  png_set_IHDR (png, info, (guint32) rgb.width (), (guint32) rgb.height (), 8, PNG_COLOR_TYPE_RGB,
      PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info (png, info);
  for (gint y = 0; y < rgb.height (); y++)
    png_write_row (png, rgb.row (y));
  png_write_end (png, info);
}

static std::string
encode_png (const MappedFrame & rgb, std::string & bytes)
{
  gchar error[PNG_ERROR_SIZE] = "";
  png_structp png =
      png_create_write_struct (PNG_LIBPNG_VER_STRING, error, on_png_error, on_png_warning);
  png_infop info = png ? png_create_info_struct (png) : nullptr;

  if (info) {
    png_set_write_fn (png, &bytes, append_png, nullptr);
    write_png (png, info, rgb);
  } else {
    g_strlcpy (error, "libpng cannot be used", sizeof error);
  }
  png_destroy_write_struct (&png, &info);
  return error;
}

/* JPEG */

static std::string
encode_jpeg (const MappedFrame & rgb, std::string & bytes)
{
  const tjhandle jpeg = tjInitCompress ();
  guchar *data = nullptr;
  gulong size = 0;
  std::string reason;

  if (!jpeg || tjCompress2 (jpeg, rgb.row (0), rgb.width (), rgb.stride (), rgb.height (), TJPF_RGB,
          &data, &size, TJSAMP_420, JPEG_QUALITY, TJFLAG_ACCURATEDCT) != 0)
    reason = tjGetErrorStr2 (jpeg);
  else
    bytes.assign ((const gchar *) data, size);
  tjFree (data);
  tjDestroy (jpeg);
  return reason;
}

std::string
motion_heatmap_encode_picture (GstBuffer * picture, const GstVideoInfo & info,
    const std::string & extension, std::string & bytes)
{
  const BufferPtr buffer = to_rgb (picture, info);

  if (!buffer)
    return "the picture could not be converted to RGB";
  const MappedFrame rgb (buffer.get (), rgb_info (info), GST_MAP_READ);
  if (!rgb)
    return "the picture could not be read";
  bytes.clear ();
  return extension == ".png" ? encode_png (rgb, bytes) : encode_jpeg (rgb, bytes);
}

/* TIFF: a header, one directory of entries, the samples in one strip; all of it little-endian. */

namespace
{

enum TiffType { TIFF_SHORT = 3, TIFF_LONG = 4 };

struct TiffEntry
{
  guint16 tag;
  TiffType type;
  guint32 value;
};

} // namespace

std::string
motion_heatmap_encode_events (const motionheat::HeatMap & heat, std::string & bytes)
{
  const guint32 width = (guint32) heat.grid ().size ().width;
  const guint32 height = (guint32) heat.grid ().size ().height;
  const guint64 n_bytes = guint64{sizeof (gfloat)} * width * height;
  /* so that the entries, two bytes into the directory, and the samples lie at multiples of four */
  const guint32 directory = 10, n_entries = 10;
  const guint32 samples = directory + 2 + 12 * n_entries + 4;
  const TiffEntry entries[n_entries] = {
    {256, TIFF_LONG, width},
    {257, TIFF_LONG, height},
    {258, TIFF_SHORT, 32},      /* bits of a sample */
    {259, TIFF_SHORT, 1},       /* no compression */
    {262, TIFF_SHORT, 1},       /* grey, 0 is black */
    {273, TIFF_LONG, samples},  /* where the strip begins, */
    {277, TIFF_SHORT, 1},       /* samples of a pixel */
    {278, TIFF_LONG, height},   /* its rows */
    {279, TIFF_LONG, (guint32) n_bytes},        /* and its bytes */
    {339, TIFF_SHORT, 3},       /* floating point */
  };

  if (samples + n_bytes > G_MAXUINT32)
    return "a TIFF cannot hold more than 4 GiB";
  /* what is not written stays 0: events of cold tiles, and the place of a next directory */
  bytes.assign (samples + n_bytes, '\0');
  guint8 *to = (guint8 *) bytes.data ();
  bytes.replace (0, 2, "II");   /* little-endian */
  GST_WRITE_UINT16_LE (to + 2, 42);
  GST_WRITE_UINT32_LE (to + 4, directory);
  GST_WRITE_UINT16_LE (to + directory, n_entries);
  guint8 *at = to + directory + 2;
  for (const TiffEntry & entry : entries) {
    GST_WRITE_UINT16_LE (at, entry.tag);
    GST_WRITE_UINT16_LE (at + 2, entry.type);
    GST_WRITE_UINT32_LE (at + 4, 1);    /* of such values */
    GST_WRITE_UINT32_LE (at + 8, entry.value);
    at += 12;
  }

  const double unit = heat.unit ();
  for (int tile = 0; tile < heat.grid ().count (); tile++) {
    if (heat.is_cold (tile))
      continue;
    heat.visit (tile,[&](int x, int y, uint64_t count) {
          GST_WRITE_FLOAT_LE (to + samples + sizeof (gfloat) * ((gsize) y * width + (gsize) x),
              (gfloat) ((double) count / unit));
        });
  }
  return "";
}
