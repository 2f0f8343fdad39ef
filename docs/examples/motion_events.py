#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says when somebody enters a zone: motion_events.py URI ZONES [BEGIN]

URI is a file (file:///...) or a camera (v4l2:///dev/video0, rtsp://...), ZONES are as in
"road: 0.5,0.4 0.9,0.4 0.9,0.6 0.5,0.6", and BEGIN is when a recording began: 2026-01-31T12:00:00.
"""
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


def time_of_day(running_time):
    # What a camera showed when the pipeline's time was this much less than now is so long ago.
    begin, time = recorded, running_time
    if begin is None:
        begin, time = datetime.datetime.now(), running_time - pipeline.get_current_running_time()
    return f"{begin + datetime.timedelta(microseconds=time // 1000):%H:%M:%S}"


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
    if report.get_name() != "motionheatmap-event":
        continue
    time, zone = time_of_day(report.get_value("running-time")), report.get_value("zone")
    if report.get_value("event") == "motion-begin":
        print(f"{time} somebody entered {zone}", flush=True)
    else:
        seconds = report.get_value("event-duration") / Gst.SECOND
        print(f"{time} {zone} is still again, after {seconds:.1f} s of motion", flush=True)

pipeline.set_state(Gst.State.NULL)
sys.exit(error)
