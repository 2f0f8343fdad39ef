#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stores video only while there is motion: record_on_motion.py URI DIRECTORY [ZONES]

Each motion gives a file: motion-00000.mkv and so on. Frames wait in a queue for a second before they
are stored, so that a file begins before its motion. It ends when nothing has moved for three seconds.
ZONES are as in "gate: 0.8,0.3 1,0.3 1,0.7 0.8,0.7"; without them motion counts everywhere.
"""
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

END = Gst.MessageType.ERROR | Gst.MessageType.EOS


class Recorder:
    """A file while something moves. Its methods are called in the threads of the stream."""

    def __init__(self, directory):
        self.directory, self.count, self.moving = directory, 0, set()
        self.pipeline, self.lock = None, threading.Lock()

    def on_message(self, _bus, message):
        report = message.get_structure()
        if report.get_name() != "motionheatmap-event":
            return
        with self.lock:
            if report.get_value("event") == "motion-begin":
                self.moving.add(report.get_value("id"))
            else:
                self.moving.remove(report.get_value("id"))
            if self.moving and not self.pipeline:
                self.begin()
            elif self.pipeline and not self.moving:
                self.end()

    def on_frame(self, sink):
        sample = sink.emit("pull-sample")
        with self.lock:
            if self.pipeline:
                self.pipeline.get_by_name("frames").emit("push-sample", sample)
        return Gst.FlowReturn.OK

    def begin(self):
        self.pipeline = Gst.parse_launch(
            "appsrc name=frames format=time ! videoconvert ! jpegenc"
            " ! matroskamux offset-to-zero=true ! filesink name=file"
        )
        self.path = f"{self.directory}/motion-{self.count:05}.mkv"
        self.count += 1
        self.pipeline.get_by_name("file").set_property("location", self.path)
        self.pipeline.set_state(Gst.State.PLAYING)

    def end(self):
        self.pipeline.get_by_name("frames").emit("end-of-stream")
        message = self.pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, END)
        failed = message.type == Gst.MessageType.ERROR
        print(f"{self.path}: {message.parse_error()[0].message if failed else 'stored'}", flush=True)
        self.pipeline.set_state(Gst.State.NULL)
        self.pipeline = None


if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
Gst.init(None)
# Without async=false each sink would wait for a first frame, and so one for the other.
pipeline = Gst.parse_launch(
    "uridecodebin name=source ! videoconvert ! tee name=tee"
    " tee. ! motionheatmap name=heat output=none motion-gap=3000000000 ! fakesink async=false"
    " tee. ! queue min-threshold-time=1000000000 max-size-time=1100000000 max-size-buffers=0"
    " max-size-bytes=0 ! appsink name=frames emit-signals=true sync=false async=false"
)
pipeline.get_by_name("source").set_property("uri", sys.argv[1])
if len(sys.argv) == 4:
    pipeline.get_by_name("heat").set_property("zones", sys.argv[3])
recorder = Recorder(sys.argv[2])
pipeline.get_by_name("frames").connect("new-sample", recorder.on_frame)
bus = pipeline.get_bus()
bus.enable_sync_message_emission()  # at once, in the thread that posts
bus.connect("sync-message::element", recorder.on_message)
pipeline.set_state(Gst.State.PLAYING)

message = bus.timed_pop_filtered(Gst.CLOCK_TIME_NONE, END)
pipeline.set_state(Gst.State.NULL)
if message.type == Gst.MessageType.ERROR:
    sys.exit(message.parse_error()[0].message)
