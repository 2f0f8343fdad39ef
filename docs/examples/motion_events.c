/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says when somebody enters a zone: motion_events URI ZONES [BEGIN]
 *
 * URI is a file (file:///...) or a camera (v4l2:///dev/video0, rtsp://...), ZONES are as in
 * "road: 0.5,0.4 0.9,0.4 0.9,0.6 0.5,0.6", and BEGIN is when a recording began:
 * 2026-01-31T12:00:00. */
#include <gst/gst.h>

static void
print_event (GstElement * pipeline, GDateTime * recorded,
    const GstStructure * report)
{
  const gchar *zone = gst_structure_get_string (report, "zone");
  guint64 running_time, duration;
  GTimeSpan since_begin;        /* in microseconds */

  gst_structure_get (report, "running-time", G_TYPE_UINT64, &running_time,
      "event-duration", G_TYPE_UINT64, &duration, NULL);
  GDateTime *begin = recorded ? g_date_time_ref (recorded) :
      g_date_time_new_now_local ();
  since_begin = running_time / 1000;
  /* What a camera showed when the pipeline's time was this much less than now is so long ago. */
  if (!recorded)
    since_begin -= gst_element_get_current_running_time (pipeline) / 1000;
  GDateTime *time = g_date_time_add (begin, since_begin);
  gchar *text = g_date_time_format (time, "%H:%M:%S");

  if (!g_strcmp0 (gst_structure_get_string (report, "event"), "motion-begin"))
    g_print ("%s somebody entered %s\n", text, zone);
  else
    g_print ("%s %s is still again, after %.1f s of motion\n", text, zone,
        (gdouble) duration / GST_SECOND);
  g_free (text);
  g_date_time_unref (time);
  g_date_time_unref (begin);
}

static void
print_error (GstMessage * message)
{
  GError *error;

  gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s\n", error->message);
  g_error_free (error);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  GDateTime *recorded = NULL;
  if (argc == 4) {
    GTimeZone *local = g_time_zone_new_local ();
    recorded = g_date_time_new_from_iso8601 (argv[3], local);
    g_time_zone_unref (local);
  }
  if (argc != 3 && !recorded) {
    g_printerr ("usage: %s URI ZONES [BEGIN]\n", argv[0]);
    return 1;
  }
  GstElement *pipeline = gst_parse_launch ("uridecodebin name=source ! "
      "videoconvert ! motionheatmap name=heat output=none ! fakesink", NULL);
  gst_child_proxy_set (GST_CHILD_PROXY (pipeline), "source::uri", argv[1],
      "heat::zones", argv[2], NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessageType type;
  do {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    type = GST_MESSAGE_TYPE (message);
    if (type == GST_MESSAGE_ERROR)
      print_error (message);
    else if (gst_message_has_name (message, "motionheatmap-event"))
      print_event (pipeline, recorded, gst_message_get_structure (message));
    gst_message_unref (message);
  } while (type == GST_MESSAGE_ELEMENT);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  g_clear_pointer (&recorded, g_date_time_unref);
  return type == GST_MESSAGE_EOS ? 0 : 1;
}
