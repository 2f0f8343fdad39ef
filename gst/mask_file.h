/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <string>

#include "mask_image.h"

/* Reads the picture in a file, the first one of a film, whatever GStreamer has a decoder for, as 8-bit
 * grey. NULL if it cannot be read: `reason` tells why. Takes a few milliseconds, and a few seconds at
 * most, whatever the disk does. Throws std::system_error, std::bad_alloc. */
std::shared_ptr < const motionheat::MaskImage > motion_heatmap_read_mask (const std::string & location,
    std::string & reason);
