/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstmotionheatmap.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return GST_ELEMENT_REGISTER (motionheatmap, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, motionheatmap,
    "Shows where in the picture motion was", plugin_init, PACKAGE_VERSION,
    "LGPL", PACKAGE_NAME, PACKAGE_ORIGIN)
