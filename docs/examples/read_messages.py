#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints where the motion is, once a second of video: read_messages.py URI"""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

if len(sys.argv) != 2:
    sys.exit(__doc__)
Gst.init(None)
pipeline = Gst.parse_launch(
    "uridecodebin name=source ! videoconvert ! motionheatmap output=none ! fakesink"
)
pipeline.get_by_name("source").set_property("uri", sys.argv[1])
pipeline.set_state(Gst.State.PLAYING)

wanted = Gst.MessageType.ELEMENT | Gst.MessageType.ERROR | Gst.MessageType.EOS
error = None
while True:
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, wanted)
    if message.type == Gst.MessageType.EOS:
        break
    if message.type == Gst.MessageType.ERROR:
        error = message.parse_error()[0].message
        break
    report = message.get_structure()
    if report.get_name() != "motionheatmap":
        continue
    seconds = report.get_value("stream-time") / Gst.SECOND
    share = 100 * report.get_value("coverage")
    x, y = report.get_value("hot-x"), report.get_value("hot-y")
    print(f"{seconds:.1f} s: motion in {share:.1f} % of the picture, most at {x:.3f}, {y:.3f}")

    heatmap = report.get_value("heatmap")
    layout = heatmap.get_caps().get_structure(0)
    buffer = heatmap.get_buffer()
    hot = sum(cell >= 128 for cell in buffer.extract_dup(0, buffer.get_size()))
    width, height = layout.get_value("width"), layout.get_value("height")
    print(f"  {hot} of {width} x {height} cells have half the maximum or more")

pipeline.set_state(Gst.State.NULL)
sys.exit(error)
