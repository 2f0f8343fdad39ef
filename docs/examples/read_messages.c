/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints where the motion is, once a second of video: read_messages URI */
#include <gst/gst.h>

static void
print_report (const GstStructure * report)
{
  guint64 time;
  gdouble coverage, x, y;
  GstSample *heatmap;
  GstMapInfo map;
  gint width, height;
  guint hot = 0;

  gst_structure_get (report, "stream-time", G_TYPE_UINT64, &time, "coverage",
      G_TYPE_DOUBLE, &coverage, "hot-x", G_TYPE_DOUBLE, &x, "hot-y",
      G_TYPE_DOUBLE, &y, "heatmap", GST_TYPE_SAMPLE, &heatmap, NULL);
  g_print ("%.1f s: motion in %.1f %% of the picture, most at %.3f, %.3f\n",
      (gdouble) time / GST_SECOND, 100 * coverage, x, y);

  gst_structure_get (gst_caps_get_structure (gst_sample_get_caps (heatmap), 0),
      "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL);
  gst_buffer_map (gst_sample_get_buffer (heatmap), &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size; i++)
    hot += map.data[i] >= 128;
  g_print ("  %u of %d x %d cells have half the maximum or more\n", hot, width,
      height);
  gst_buffer_unmap (gst_sample_get_buffer (heatmap), &map);
  gst_sample_unref (heatmap);
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
  if (argc != 2) {
    g_printerr ("usage: %s URI\n", argv[0]);
    return 1;
  }
  GstElement *pipeline = gst_parse_launch ("uridecodebin name=source ! "
      "videoconvert ! motionheatmap output=none ! fakesink", NULL);
  gst_child_proxy_set (GST_CHILD_PROXY (pipeline), "source::uri", argv[1],
      NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessageType type;
  do {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    type = GST_MESSAGE_TYPE (message);
    if (type == GST_MESSAGE_ERROR)
      print_error (message);
    else if (gst_message_has_name (message, "motionheatmap"))
      print_report (gst_message_get_structure (message));
    gst_message_unref (message);
  } while (type == GST_MESSAGE_ELEMENT);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return type == GST_MESSAGE_EOS ? 0 : 1;
}
