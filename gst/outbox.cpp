/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outbox.h"

GST_DEBUG_CATEGORY_EXTERN (motion_heatmap_debug);
#define GST_CAT_DEFAULT motion_heatmap_debug

using Count = std::shared_ptr < std::atomic < guint > >;

/* Called when a message is freed. */
void
Outbox::on_read (gpointer count, GstMiniObject *)
{
  const std::unique_ptr < Count > unread ((Count *) count);

  --**unread;
}

void
Outbox::post (GstStructure * structure)
{
  GstMessage *message = gst_message_new_element (GST_OBJECT_CAST (element_), structure);

  ++*unread_;
  gst_mini_object_weak_ref (GST_MINI_OBJECT_CAST (message), on_read, new Count (unread_));
  gst_element_post_message (element_, message);
}

bool
Outbox::is_full ()
{
  const bool full = *unread_ >= kLimit;

  if (!was_full_.exchange (full) && full)
    GST_DEBUG_OBJECT (element_, "nobody reads messages: some are left out until somebody does");
  return full;
}
