/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warning.h"

GST_DEBUG_CATEGORY_EXTERN (motion_heatmap_debug);
#define GST_CAT_DEFAULT motion_heatmap_debug

void
motion_heatmap_warn (GstElement * element, GstResourceError code, const std::string & text)
{
  GST_WARNING_OBJECT (element, "%s", text.c_str ());
  gst_element_message_full (element, GST_MESSAGE_WARNING, GST_RESOURCE_ERROR, code,
      g_strdup (text.c_str ()), nullptr, __FILE__, GST_FUNCTION, __LINE__);
}
