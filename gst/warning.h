/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string>

#include <gst/gst.h>

/* Tells the bus and the log of a file that could not be read or written: who stops at once empties
 * the bus. `text` names the property or signal, the file and the reason. */
void motion_heatmap_warn (GstElement * element, GstResourceError code, const std::string & text);
