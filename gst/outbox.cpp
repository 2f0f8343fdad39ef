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
Outbox::post (GstMessage * message)
{
  ++*unread_;
  gst_mini_object_weak_ref (GST_MINI_OBJECT_CAST (message), on_read, new Count (unread_));
  gst_element_post_message (element_, message);
}

bool
Outbox::takes (Kind kind)
{
  if (kind == Kind::kOwed)
    return true;
  const bool full = *unread_ >= kLimit;
  if (!was_full_.exchange (full) && full)
    GST_DEBUG_OBJECT (element_, "nobody reads messages: periodic ones are left out until then");
  return !full;
}

void
Outbox::post (GstStructure * structure, Kind kind)
{
  if (takes (kind))
    post (gst_message_new_element (GST_OBJECT_CAST (element_), structure));
  else
    gst_structure_free (structure);
}

void
Outbox::warn (GstResourceError code, const std::string & text, Kind kind)
{
  GST_WARNING_OBJECT (element_, "%s", text.c_str ());
  if (!takes (kind))
    return;
  /* names of files may be any bytes */
  gchar *const valid = g_utf8_make_valid (text.c_str (), -1);
  GError *error = g_error_new_literal (GST_RESOURCE_ERROR, code, valid);
  post (gst_message_new_warning (GST_OBJECT_CAST (element_), error, nullptr));
  g_error_free (error);
  g_free (valid);
}
