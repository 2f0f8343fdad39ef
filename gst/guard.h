/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string>
#include <type_traits>

#include <gst/gst.h>

/* Tells the bus of the exception that is being handled, as an error or as a warning. `subject` is
 * what memory may have been wanted for. */
void motion_heatmap_post_exception (GstElement * element, GstMessageType type,
    const std::string & subject = "the heat of this stream");

template < auto function, GstMessageType type > struct MotionHeatmapGuard;

template < typename Result, typename Self, typename... Args, Result (*function) (Self *, Args...),
    GstMessageType type >
struct MotionHeatmapGuard < function, type >
{
  static Result call (Self * self, Args... args)
  {
    try {
      return function (self, args...);
    } catch (...) {
      motion_heatmap_post_exception ((GstElement *) self, type);
    }
    if constexpr (std::is_same_v < Result, GstFlowReturn >)
      return GST_FLOW_ERROR;
    else
      return Result ();
  }
};

/* `function` as C may call it: no exception leaves it. The element that it belongs to, its first
 * argument, posts an error instead, and the function returns GST_FLOW_ERROR, FALSE or NULL. */
template < auto function >
inline constexpr auto guarded = MotionHeatmapGuard < function, GST_MESSAGE_ERROR >::call;

/* The same for what the application calls: the stream goes on after a warning. */
template < auto function >
inline constexpr auto guarded_call = MotionHeatmapGuard < function, GST_MESSAGE_WARNING >::call;
