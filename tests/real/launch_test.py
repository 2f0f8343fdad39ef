#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person sees who uses the element with GStreamer's command-line tools."""
import re
import subprocess
import unittest

FIELDS = {
    "timestamp": "guint64",
    "stream-time": "guint64",
    "running-time": "guint64",
    "duration": "guint64",
    "frames": "guint64",
    "skipped": "guint64",
    "repeated": "guint64",
    "width": "int",
    "height": "int",
    "max": "double",
    "full-scale": "double",
    "motion": "double",
    "motion-peak": "double",
    "box-x": "double",
    "box-y": "double",
    "box-width": "double",
    "box-height": "double",
    "coverage": "double",
    "hot-x": "double",
    "hot-y": "double",
    "noise": "double",
    "final": "boolean",
    "heatmap": "sample",
}

PROPERTIES = {
    "threshold": "Unsigned Integer. Range: 0 - 255 Default: 25",
    "detector": 'Default: 0, "difference"',
    "history": "Unsigned Integer. Range: 1 - 32767 Default: 500",
    "variance": "Double. Range: 0 - 65025 Default: 16",
    "detect-shadows": "Boolean. Default: true",
    "blur": "Unsigned Integer. Range: 0 - 31 Default: 0",
    "despeckle": "Unsigned Integer. Range: 0 - 15 Default: 0",
    "noise-adaptive": "Boolean. Default: false",
    "stabilize": "Boolean. Default: false",
    "sway-filter": "Boolean. Default: false",
    "light-change-limit": "Double. Range: 0 - 1 Default: 1",
    "analysis-scale": "Unsigned Integer. Range: 1 - 16 Default: 1",
    "analysis-interval": "Unsigned Integer64. Range: 0 - 9223372036854775807 Default: 0",
    "corrupted": 'Default: 0, "auto"',
    "max-gap": "Unsigned Integer64. Range: 0 - 9223372036854775807 Default: 10000000000",
    "mask-location": "String. Default: null",
    "mask-polygons": "String. Default: null",
    "zones": "String. Default: null",
    "motion-area": "Double. Range: 0 - 1 Default: 0.005",
    "motion-frames": "Unsigned Integer. Range: 1 - 32767 Default: 2",
    "motion-gap": "Unsigned Integer64. Range: 0 - 9223372036854775807 Default: 5000000000",
    "roi-meta": "Boolean. Default: false",
    "half-life": "Unsigned Integer64. Range: 0 - 9223372036854775807 Default: 0",
    "normalization": 'Default: 0, "max"',
    "percentile": "Double. Range: 0 - 100 Default: 99.5",
    "full-scale": "Default: 300",
    "curve": 'Default: 0, "linear"',
    "colormap": 'Default: 2, "jet"',
    "opacity": "Double. Range: 0 - 1 Default: 0.4",
    "blend": 'Default: 0, "uniform"',
    "display-threshold": "Unsigned Integer. Range: 0 - 255 Default: 0",
    "smoothing": "Unsigned Integer. Range: 0 - 63 Default: 0",
    "output": 'Default: 0, "overlay"',
    "background": 'Default: 0, "live"',
    "legend": "Boolean. Default: false",
    "post-messages": "Boolean. Default: true",
    "interval": "Unsigned Integer64. Range: 0 - 9223372036854775807 Default: 1000000000",
    "message-width": "Default: 64",
    "gray-range": "String. Default: null",
    "snapshot-location": "String. Default: null",
    "snapshot-interval": "Unsigned Integer64. Range: 0 - 9223372036854775807 Default: 0",
    "snapshot-reset": "Boolean. Default: false",
    "state-location": "String. Default: null",
    "state-interval": "Unsigned Integer64. Range: 0 - 9223372036854775807 Default: 60000000000",
    "n-threads": "Unsigned Integer. Range: 0 - 64 Default: 1",
    "stats": 'flags: readable Boxed pointer of type "GstStructure"',
    "heatmap": 'flags: readable Boxed pointer of type "GstSample"',
}
INHERITED = {"name", "parent", "qos"}

COLORMAPS = (
    "autumn bone jet winter rainbow ocean summer spring cool hsv pink hot parula magma inferno"
    " plasma viridis cividis twilight twilight_shifted turbo deepgreen"
).split()


def run(command):
    return subprocess.run(command.split(), capture_output=True, text=True, timeout=60, check=True)


class Launch(unittest.TestCase):
    def test_messages_are_readable(self):
        result = run(
            "gst-launch-1.0 -m videotestsrc pattern=ball num-buffers=60"
            " ! video/x-raw,width=320,height=180,framerate=25/1 ! motionheatmap ! fakesink"
        )
        lines = [line for line in result.stdout.splitlines() if "): motionheatmap, " in line]
        reports = []
        for line in lines:
            fields = re.findall(r", ([\w-]+)=\((\w+)\)", line)
            self.assertEqual(dict(fields), FIELDS)
            # The figures come first and fit a few lines of a terminal, before the map's 64 x 36
            # cells of two digits.
            self.assertEqual(fields[-1][0], "heatmap")
            self.assertLess(line.index("heatmap=("), 720)
            self.assertLess(len(line), 6000)
            reports.append(dict(re.findall(r", ([\w-]+)=\(\w+\)([^,;]+)", line)))
        self.assertEqual([report["frames"] for report in reports], ["25", "50", "60"])
        self.assertEqual([report["final"] for report in reports], ["false", "false", "true"])
        self.assertEqual(reports[0]["stream-time"], "960000000")
        self.assertEqual((reports[0]["width"], reports[0]["height"]), ("320", "180"))
        self.assertGreater(float(reports[0]["max"]), 0)


class Inspect(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.result = run("gst-inspect-1.0 motionheatmap")
        properties = cls.result.stdout.split("Element Properties:\n")[1]
        properties = properties.split("Element Actions:")[0]
        parts = re.split(r"^  ([\w-]+) +: ", properties, flags=re.M)
        cls.properties = dict(zip(parts[1::2], parts[2::2]))

    def test_loads_without_complaint(self):
        self.assertEqual(self.result.stderr, "")

    def test_lists_exactly_the_properties_that_exist(self):
        self.assertEqual(self.properties.keys() - INHERITED, PROPERTIES.keys())

    def test_every_property_is_documented_with_range_and_default(self):
        for name, expected in PROPERTIES.items():
            text = self.properties[name]
            self.assertGreater(len(text.splitlines()[0]), 15, name)
            self.assertIn(expected, " ".join(text.split()))

    def test_live_properties_say_so(self):
        fixed = {"stats", "heatmap", "state-location"}
        for name in PROPERTIES.keys() - fixed:
            self.assertIn("changeable in NULL, READY, PAUSED or PLAYING", self.properties[name])

    def test_lists_every_colour_map(self):
        listed = re.findall(r"^ +\(\d+\): (\w+) +-", self.properties["colormap"], flags=re.M)
        self.assertEqual(listed, COLORMAPS)

    def test_lists_the_actions(self):
        actions = self.result.stdout.split("Element Actions:")[1]
        # GStreamer 1.22 writes:  "snapshot" :  gboolean user_function (GstElement* object,
        #                                                                gchararray arg0);
        # and 1.26:  "snapshot" -> gboolean  :  g_signal_emit_by_name (element, "snapshot",
        #                                                              const gchar * arg0,
        #                                                              gboolean * p_return_value);
        self.assertRegex(actions, r'(?m)^  "reset" (:|->) +void')
        self.assertRegex(actions, r'(?m)^  "snapshot" (:|->) +gboolean[^;]*(gchararray|gchar \*) arg0')
        self.assertRegex(actions, r'(?m)^  "save-state" (:|->) +gboolean')


if __name__ == "__main__":
    unittest.main()
