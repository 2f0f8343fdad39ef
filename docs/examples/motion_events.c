/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says when somebody enters a zone: motion_events URI ZONES [BEGIN]
 *
 * URI is a file (file:///...) or a camera (v4l2:///dev/video0, rtsp://...), ZONES are as in
 * "A: 0.5,0.4 0.9,0.4 0.9,0.6 0.5,0.6", and BEGIN is when a recording began:
 * 2026-01-31T12:00:00. */
#include <gst/gst.h>

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_autoptr (GTimeZone) local = g_time_zone_new_local ();
  g_autoptr (GDateTime) recorded =
      argc == 4 ? g_date_time_new_from_iso8601 (argv[3], local) : NULL;
  if (argc != 3 && !recorded) {
    g_printerr ("usage: %s URI ZONES [BEGIN]\n", argv[0]);
    return 1;
  }
  g_autoptr (GstElement) pipeline = gst_parse_launch ("uridecodebin name=source"
      " ! videoconvert ! motionheatmap name=heat output=none ! fakesink", NULL);
  gst_child_proxy_set (GST_CHILD_PROXY (pipeline), "source::uri", argv[1],
      "heat::zones", argv[2], NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessageType type = GST_MESSAGE_ELEMENT;
  while (type == GST_MESSAGE_ELEMENT) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
        GST_CLOCK_TIME_NONE, type | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    g_autoptr (GError) error = NULL;
    guint64 time;
    type = GST_MESSAGE_TYPE (message);
    if (type == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("%s\n", error->message);
    } else if (gst_message_has_name (message, "motionheatmap-event")) {
      const GstStructure *event = gst_message_get_structure (message);
      gst_structure_get_uint64 (event, "running-time", &time);
      /* What a camera showed when its time was so much less than now is so long ago. */
      if (!recorded)
        time -= gst_element_get_current_running_time (pipeline);
      g_autoptr (GDateTime) now = g_date_time_new_now_local ();
      g_autoptr (GDateTime) then =
          g_date_time_add (recorded ? recorded : now, (gint64) time / 1000);
      g_autofree gchar *clock = g_date_time_format (then, "%H:%M:%S");
      if (!g_strcmp0 (gst_structure_get_string (event, "event"), "motion-begin"))
        g_print ("somebody entered zone %s at %s\n",
            gst_structure_get_string (event, "zone"), clock);
    }
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return type == GST_MESSAGE_EOS ? 0 : 1;
}
