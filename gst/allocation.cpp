/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "allocation.h"

GST_DEBUG_CATEGORY_EXTERN (motion_heatmap_debug);
#define GST_CAT_DEFAULT motion_heatmap_debug

static GstBufferPool *
first_pool (GstQuery * query)
{
  GstBufferPool *pool = nullptr;

  if (query && gst_query_get_n_allocation_pools (query) > 0)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, nullptr, nullptr, nullptr);
  return pool;
}

/* Whether mapping the buffer for writing would write to its memory and not to a copy of it. Parts of
 * other memory, as parsers hand out, are read-only though nobody else holds them. */
static bool
is_ours (GstBuffer * buffer)
{
  if (!gst_buffer_is_writable (buffer) || !gst_buffer_is_all_memory_writable (buffer))
    return false;
  for (guint i = 0; i < gst_buffer_n_memory (buffer); i++) {
    if (GST_MEMORY_IS_READONLY (gst_buffer_peek_memory (buffer, i)))
      return false;
  }
  return true;
}

/* The pools that downstream offers, with allocators, as the answer to a new query. */
GstQuery *
Allocation::ask_downstream (GstCaps * caps) const
{
  GstQuery *query = gst_query_new_allocation (caps, TRUE);

  if (!gst_pad_peer_query (srcpad_, query))
    gst_clear_query (&query);
  return query;
}

void
Allocation::decide (GstQuery * query)
{
  GstCaps *caps;

  video_meta_goes_on_ = gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, nullptr);
  crop_meta_goes_on_ =
      gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, nullptr);
  GST_DEBUG_OBJECT (srcpad_, "downstream takes GstVideoMeta: %d, GstVideoCropMeta: %d",
      video_meta_goes_on_, crop_meta_goes_on_);

  /* A pool that downstream has only one of is upstream's: two elements must not configure and stop
   * the same one. */
  gst_query_parse_allocation (query, &caps, nullptr);
  GstBufferPool *pool = first_pool (query);
  GstQuery *again = pool ? ask_downstream (caps) : nullptr;
  GstBufferPool *other = first_pool (again);
  if (pool && pool == other) {
    while (gst_query_get_n_allocation_pools (query) > 0)
      gst_query_remove_nth_allocation_pool (query, 0);
  }
  gst_clear_object (&other);
  gst_clear_object (&pool);
  gst_clear_query (&again);
}

void
Allocation::offer (GstQuery * query) const
{
  GstCaps *caps;
  gboolean need_pool;

  gst_query_parse_allocation (query, &caps, &need_pool);
  GstQuery *downstream = caps && need_pool ? ask_downstream (caps) : nullptr;
  if (!downstream)
    return;
  for (guint i = 0; i < gst_query_get_n_allocation_params (downstream); i++) {
    GstAllocator *allocator;
    GstAllocationParams params;

    gst_query_parse_nth_allocation_param (downstream, i, &allocator, &params);
    gst_query_add_allocation_param (query, allocator, &params);
    gst_clear_object (&allocator);
  }
  for (guint i = 0; i < gst_query_get_n_allocation_pools (downstream); i++) {
    GstBufferPool *pool;
    guint size, min, max;

    gst_query_parse_nth_allocation_pool (downstream, i, &pool, &size, &min, &max);
    gst_query_add_allocation_pool (query, pool, size, min, max);
    gst_clear_object (&pool);
  }
  gst_query_unref (downstream);
}

bool
Allocation::layout_goes_on (GstBuffer * buffer, const GstVideoInfo & info) const
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  if (gst_buffer_get_video_crop_meta (buffer) && !crop_meta_goes_on_)
    return false;
  if (!meta || video_meta_goes_on_)
    return true;
  for (guint i = 0; i < meta->n_planes; i++) {
    if (meta->offset[i] != GST_VIDEO_INFO_PLANE_OFFSET (&info, i)
        || meta->stride[i] != GST_VIDEO_INFO_PLANE_STRIDE (&info, i))
      return false;
  }
  return true;
}

bool
Allocation::takes_in_place (GstBuffer * buffer, const GstVideoInfo & info) const
{
  return is_ours (buffer) && layout_goes_on (buffer, info);
}
