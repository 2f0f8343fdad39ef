#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says when somebody enters a zone: motion_events.py URI ZONES [BEGIN]

URI is a file (file:///...) or a camera (v4l2:///dev/video0, rtsp://...), ZONES are as in
"A: 0.5,0.4 0.9,0.4 0.9,0.6 0.5,0.6", and BEGIN is when a recording began: 2026-01-31T12:00:00."""
import datetime
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
recorded = datetime.datetime.fromisoformat(sys.argv[3]) if len(sys.argv) == 4 else None
Gst.init(None)
pipeline = Gst.parse_launch(
    "uridecodebin name=source ! videoconvert ! motionheatmap name=heat output=none ! fakesink"
)
pipeline.get_by_name("source").set_property("uri", sys.argv[1])
pipeline.get_by_name("heat").set_property("zones", sys.argv[2])
pipeline.set_state(Gst.State.PLAYING)
wanted = Gst.MessageType.ELEMENT | Gst.MessageType.ERROR | Gst.MessageType.EOS
while True:
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, wanted)
    if message.type != Gst.MessageType.ELEMENT:
        break
    event = message.get_structure()
    if event.get_string("event") == "motion-begin":
        time = event.get_value("running-time")
        # What a camera showed when its time was so much less than now is so long ago.
        ago = 0 if recorded else pipeline.get_current_running_time()
        clock = recorded or datetime.datetime.now()
        clock += datetime.timedelta(microseconds=(time - ago) // 1000)
        print(f"somebody entered zone {event.get_string('zone')} at {clock:%H:%M:%S}", flush=True)
pipeline.set_state(Gst.State.NULL)
if message.type == Gst.MessageType.ERROR:
    sys.exit(message.parse_error()[0].message)
