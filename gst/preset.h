/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Initialises the element's GstPresetInterface. A preset is of a kind of scene: where one camera's
 * files lie is no part of it. */
void motion_heatmap_preset_init (gpointer iface, gpointer data);
