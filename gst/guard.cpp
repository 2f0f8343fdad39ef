/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <exception>
#include <new>

#include <opencv2/core.hpp>

static void
post (GstElement * element, GstMessageType type, GQuark domain, gint code,
    const std::string & text, const gchar * debug)
{
  gst_element_message_full (element, type, domain, code, g_strdup (text.c_str ()), g_strdup (debug),
      __FILE__, GST_FUNCTION, __LINE__);
}

void
motion_heatmap_post_exception (GstElement * element, GstMessageType type,
    const std::string & subject)
{
  const std::string no_memory = "Not enough memory for " + subject;

  try {
    throw;
  } catch (const std::bad_alloc & e) {
    post (element, type, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED, no_memory, e.what ());
  } catch (const cv::Exception & e) {
    if (e.code == cv::Error::StsNoMem)
      post (element, type, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED, no_memory, e.what ());
    else
      post (element, type, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED, "OpenCV failed", e.what ());
  } catch (const std::exception & e) {
    post (element, type, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED, "A library failed",
        e.what ());
  } catch (...) {
    post (element, type, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED, "A library failed", nullptr);
  }
}
