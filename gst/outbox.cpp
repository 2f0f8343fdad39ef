/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outbox.h"

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
