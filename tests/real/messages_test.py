#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the messages and properties of motionheatmap as an application in Python does."""
import os
import struct
import sys
import tempfile
import unittest

from clip import CLIP, MESON_SKIP, skip_without_clip

try:
    import gi

    gi.require_version("Gst", "1.0")
    from gi.repository import GObject, Gst
except (ImportError, ValueError) as error:
    print(f"no GStreamer for Python: {error}; Debian's package python3-gi has it")
    sys.exit(MESON_SKIP)

WIDTH, HEIGHT = 120, 80
CELLS, CELL = 30, 4  # the posted map's width, and the pixels of a cell along each axis
FRAMES = 55
PER_MESSAGE = 10  # frames in a second of the clip
THRESHOLD = 25

FIELDS = {
    "timestamp": GObject.TYPE_UINT64,
    "stream-time": GObject.TYPE_UINT64,
    "running-time": GObject.TYPE_UINT64,
    "duration": GObject.TYPE_UINT64,
    "frames": GObject.TYPE_UINT64,
    "skipped": GObject.TYPE_UINT64,
    "repeated": GObject.TYPE_UINT64,
    "width": GObject.TYPE_INT,
    "height": GObject.TYPE_INT,
    "max": GObject.TYPE_DOUBLE,
    "full-scale": GObject.TYPE_DOUBLE,
    "motion": GObject.TYPE_DOUBLE,
    "motion-peak": GObject.TYPE_DOUBLE,
    "box-x": GObject.TYPE_DOUBLE,
    "box-y": GObject.TYPE_DOUBLE,
    "box-width": GObject.TYPE_DOUBLE,
    "box-height": GObject.TYPE_DOUBLE,
    "coverage": GObject.TYPE_DOUBLE,
    "hot-x": GObject.TYPE_DOUBLE,
    "hot-y": GObject.TYPE_DOUBLE,
    "noise": GObject.TYPE_DOUBLE,
    "final": GObject.TYPE_BOOLEAN,
    "heatmap": Gst.Sample.__gtype__,
}


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class Reference:
    """The map of some grey frames, counted pixel by pixel."""

    def __init__(self, frames):
        self.heat = [0] * (WIDTH * HEIGHT)
        self.moved = 0
        for previous, current in zip(frames, frames[1:]):
            moved = [abs(a - b) > THRESHOLD for a, b in zip(previous, current)]
            self.heat = [count + event for count, event in zip(self.heat, moved)]
            self.moved = sum(moved)
        self.max = max(self.heat)

    def figures(self):
        hottest = self.heat.index(self.max)
        return {
            "width": WIDTH,
            "height": HEIGHT,
            "max": self.max,
            "full-scale": self.max,
            "coverage": sum(count > 0 for count in self.heat) / (WIDTH * HEIGHT),
            "hot-x": (hottest % WIDTH + 0.5) / WIDTH if self.max else 0,
            "hot-y": (hottest // WIDTH + 0.5) / HEIGHT if self.max else 0,
        }

    def rows(self):
        full = self.max or 1
        index = [int(float32(float32(count / full) * 255)) for count in self.heat]
        return [index[y * WIDTH : (y + 1) * WIDTH] for y in range(HEIGHT)]

    def cells(self):
        rows = self.rows()
        return [
            [
                max(max(row[x : x + CELL]) for row in rows[y : y + CELL])
                for x in range(0, WIDTH, CELL)
            ]
            for y in range(0, HEIGHT, CELL)
        ]


def rows_of(sample):
    """The pixels of a GRAY8 sample, without the padding of its rows."""
    layout = sample.get_caps().get_structure(0)
    assert layout.get_name() == "video/x-raw" and layout.get_value("format") == "GRAY8"
    width, height = layout.get_value("width"), layout.get_value("height")
    stride = (width + 3) // 4 * 4
    buffer = sample.get_buffer()
    assert buffer.get_size() == stride * height
    pixels = buffer.extract_dup(0, buffer.get_size())
    return [list(pixels[y * stride : y * stride + width]) for y in range(height)]


class Run:
    """Plays the clip in small and grey; `on_frame(element, n)` runs before frame n goes in."""

    def __init__(self, properties="", on_frame=None):
        self.frames, self.times, self.messages, self.warnings = [], [], [], []
        self.pipeline = Gst.parse_launch(
            f"filesrc location={CLIP} ! avidemux ! avdec_msmpeg4 ! identity eos-after={FRAMES + 1}"
            f" ! videoscale ! videoconvert"
            f" ! video/x-raw,format=GRAY8,width={WIDTH},height={HEIGHT}"
            f" ! motionheatmap name=heat message-width={CELLS} {properties} ! fakesink"
        )
        self.element = self.pipeline.get_by_name("heat")
        self.on_frame = on_frame
        self.element.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self.see)
        self.pipeline.set_state(Gst.State.PLAYING)
        wanted = (
            Gst.MessageType.ELEMENT
            | Gst.MessageType.WARNING
            | Gst.MessageType.ERROR
            | Gst.MessageType.EOS
        )
        while True:
            message = self.pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, wanted)
            if message.type == Gst.MessageType.EOS:
                break
            if message.type == Gst.MessageType.ERROR:
                raise AssertionError(message.parse_error())
            if message.type == Gst.MessageType.WARNING:
                self.warnings.append(message.parse_warning()[0].message)
            else:
                self.messages.append(message.get_structure())

    def see(self, _pad, info):
        if self.on_frame:
            self.on_frame(self.element, len(self.frames))
        buffer = info.get_buffer()
        self.frames.append(buffer.extract_dup(0, WIDTH * HEIGHT))
        self.times.append(buffer.pts)
        return Gst.PadProbeReturn.OK

    def named(self, name):
        return [message for message in self.messages if message.get_name() == name]

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = Run()
        cls.reports = cls.run_.named("motionheatmap")
        cls.addClassCleanup(cls.run_.stop)

    def test_one_a_second_and_a_final_one(self):
        frames = [report.get_value("frames") for report in self.reports]
        self.assertEqual(frames, [*range(PER_MESSAGE, FRAMES, PER_MESSAGE), FRAMES])
        final = [report.get_value("final") for report in self.reports]
        self.assertEqual(final, [False] * (len(final) - 1) + [True])

    def test_fields_have_the_documented_types(self):
        for report in self.reports:
            fields = {}
            for i in range(report.n_fields()):
                name = report.nth_field_name(i)
                fields[name] = report.get_field_type(name)
            self.assertEqual(fields, FIELDS)

    def test_times_are_those_of_the_last_frame(self):
        for report in self.reports:
            time = self.run_.times[report.get_value("frames") - 1]
            for field in ("timestamp", "stream-time", "running-time"):
                self.assertEqual(report.get_value(field), time)
            self.assertEqual(report.get_value("duration"), Gst.SECOND // PER_MESSAGE)

    def test_figures(self):
        for report in self.reports:
            reference = Reference(self.run_.frames[: report.get_value("frames")])
            self.assertEqual(report.get_value("skipped"), 0)
            for field, value in reference.figures().items():
                self.assertEqual(report.get_value(field), value, field)
        self.assertGreater(self.reports[-1].get_value("max"), 1)

    def test_motion_is_the_mean_since_the_last_message(self):
        begin = end = 0
        for report in self.reports:
            if report.get_value("frames") > end:
                begin, end = end, report.get_value("frames")
            shares = [Reference(self.run_.frames[:n]).moved / (WIDTH * HEIGHT)
                      for n in range(begin + 1, end + 1)]
            self.assertAlmostEqual(report.get_value("motion"), sum(shares) / len(shares))
            self.assertEqual(report.get_value("motion-peak"), max(shares))

    def test_map_has_the_maximum_of_each_cell(self):
        for report in self.reports:
            reference = Reference(self.run_.frames[: report.get_value("frames")])
            self.assertEqual(rows_of(report.get_value("heatmap")), reference.cells())

    def test_map_property_has_every_pixel(self):
        reference = Reference(self.run_.frames)
        self.assertEqual(rows_of(self.run_.element.get_property("heatmap")), reference.rows())

    def test_stats_property_agrees_with_the_final_message(self):
        stats = self.run_.element.get_property("stats")
        names = {stats.nth_field_name(i) for i in range(stats.n_fields())}
        self.assertEqual(names, FIELDS.keys() - {"heatmap"})
        for name in names - {"final"}:
            self.assertEqual(stats.get_value(name), self.reports[-1].get_value(name), name)


class Signals(unittest.TestCase):
    def start(self, *arguments):
        run = Run(*arguments)
        self.addCleanup(run.stop)
        return run

    def test_reset_forgets_what_was_before(self):
        at = 25
        run = self.start("", lambda element, n: n == at and element.emit("reset"))
        report = run.named("motionheatmap")[-1]
        self.assertEqual(report.get_value("frames"), FRAMES - at)
        # The frame before the reset is still the one to compare with.
        reference = Reference(run.frames[at - 1 :])
        for field, value in reference.figures().items():
            self.assertEqual(report.get_value(field), value, field)

    def test_snapshot_writes_a_picture_and_tells(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "heat.png")
            accepted = []
            run = self.start(
                "", lambda element, n: n == 10 and accepted.append(element.emit("snapshot", path))
            )
            self.assertEqual(accepted, [True])
            locations = [m.get_value("location") for m in run.named("motionheatmap-snapshot")]
            self.assertEqual(locations, [path])
            with open(path, "rb") as file:
                head = file.read(24)
        self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", head[16:24]), (WIDTH, HEIGHT))

    def test_snapshot_refuses_what_it_cannot_write(self):
        accepted = []
        run = self.start(
            "", lambda element, n: n == 10 and accepted.append(element.emit("snapshot", "heat.xyz"))
        )
        self.assertEqual(accepted, [False])
        self.assertEqual(len(run.warnings), 1)
        self.assertRegex(run.warnings[0], r"heat\.xyz.*snapshot")
        self.assertEqual(run.named("motionheatmap-snapshot"), [])
        self.assertEqual(run.named("motionheatmap")[-1].get_value("frames"), FRAMES)


if __name__ == "__main__":
    skip_without_clip()
    Gst.init(None)
    unittest.main()
