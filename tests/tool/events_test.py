#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Times that motion-heatmap tells: of a scripted scene to the frame, through every output."""
import csv
import datetime
import json
import os
import re
import unittest

import tool
from tool import FPS, HEIGHT, WIDTH, Gst

FRAME = 1 / FPS
GAP = "--motion-gap=2s"
MOVING = {*range(20, 31), *range(70, 91)}
LEFT = "left:0,0 0.5,0 0.5,1 0,1"
RIGHT = "right:0.5,0 1,0 1,1 0.5,1"


def spans(events, begin="begin", end="end"):
    return [(round(float(e[begin]), 6), round(float(e[end]), 6)) for e in events]


class Events(tool.Test):
    def rows(self, name):
        with open(self.dir / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_to_the_frame_in_every_output(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(120, MOVING))
        out = self.json("a.mkv", GAP, "--csv", "out.csv", "--report", "out.html")
        told = [(2.0, 3.0), (7.0, 9.0)]
        self.assertEqual(spans(out["events"]), told)
        rows = self.rows("out.csv")
        self.assertEqual(spans(rows), told)
        self.assertEqual([float(r["duration"]) for r in rows], [1.0, 2.0])
        page = (self.dir / "out.html").read_text()
        data = json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.S)[1])
        self.assertEqual(spans(data["events"]), told)
        self.assertEqual([t[:22] for t in data["thumbnails"]], ["data:image/jpeg;base64"] * 2)
        # The square and the place that it left.
        x, y, width, height = out["events"][0]["box"]
        for value, pixels, size in (
            (x, 40, WIDTH),
            (y, 40, HEIGHT),
            (width, 32, WIDTH),
            (height, 24, HEIGHT),
        ):
            self.assertAlmostEqual(value, pixels / size, delta=1e-4)
        self.assertAlmostEqual(out["events"][0]["peak"], 2 * 8 * 24 / (WIDTH * HEIGHT), delta=1e-4)

    def test_as_the_element_tells_them(self):
        path = tool.lossless(self.dir / "a.mkv", tool.walk(120, MOVING))
        pipeline = Gst.parse_launch(
            f'filesrc location="{path}" ! decodebin ! videoconvert ! motionheatmap output=none'
            " motion-gap=2000000000 ! fakesink"
        )
        pipeline.set_state(Gst.State.PLAYING)
        kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR
        fields = (
            "event",
            "stream-time",
            "event-duration",
            "motion-peak",
            "x",
            "y",
            "width",
            "height",
        )
        told = []
        while message := pipeline.bus.timed_pop_filtered(20 * Gst.SECOND, kinds):
            if message.type != Gst.MessageType.ELEMENT:
                break
            event = message.get_structure()
            if event.has_name("motionheatmap-event"):
                told.append([event.get_value(name) for name in fields])
        pipeline.set_state(Gst.State.NULL)
        begins = [event for event in told if event[0] == "motion-begin"]
        ends = [event for event in told if event[0] == "motion-end"]
        out = self.json(path, GAP)
        self.assertEqual(len(out["events"]), len(ends))
        for event, begin, end in zip(out["events"], begins, ends):
            # The message comes with the frame that decides.
            self.assertEqual(round(event["begin"] * 1e9), begin[1] - begin[2])
            self.assertEqual(round((event["end"] - event["begin"]) * 1e9), end[2])
            self.assertAlmostEqual(event["peak"], end[3], 9)
            for side, own in zip(event["box"], end[4:]):
                self.assertAlmostEqual(side, own, delta=2e-5)

    def test_across_two_files(self):
        # It moves at the end of the first and at the begin of the second one.
        tool.lossless(self.dir / "cam9.mkv", tool.walk(60, {*range(50, 60)}))
        tool.lossless(self.dir / "cam10.mkv", tool.walk(60, {*range(1, 12)}))
        out = self.json("cam10.mkv", "cam9.mkv", "--csv", "out.csv")
        self.assertEqual([f["name"] for f in out["files"]], ["cam9.mkv", "cam10.mkv"])
        (event,) = out["events"]
        self.assertEqual((event["file"], event["last_file"]), (0, 1))
        self.assertEqual(spans([event]), [(5.0, 7.1)])
        self.assertEqual(spans([event], "file_begin", "file_end"), [(5.0, 1.1)])
        self.assertEqual([f["events"] for f in out["files"]], [1, 1])
        (row,) = self.rows("out.csv")
        self.assertEqual((row["file"], row["last_file"]), ("cam9.mkv", "cam10.mkv"))

    def test_zones_each_have_their_own(self):
        left = tool.walk(100, {*range(20, 31)}, (16, 40))
        right = tool.walk(100, {*range(60, 71)}, (112, 40))
        frames = [a.copy() for a in left]
        for frame, other in zip(frames, right):
            frame[:, 80:] = other[:, 80:]
        tool.lossless(self.dir / "a.mkv", frames)
        (self.dir / "zones.txt").write_text(f"# two halves\n{LEFT}\n{RIGHT} # the door\n")
        out = self.json("a.mkv", "--zones", "zones.txt", "--csv", "out.csv")
        self.assertEqual([e["zone"] for e in out["events"]], ["left", "right"])
        self.assertEqual(spans(out["events"]), [(2.0, 3.0), (6.0, 7.0)])
        self.assertEqual([z["events"] for z in out["zones"]], [1, 1])
        for zone in out["zones"]:
            self.assertAlmostEqual(zone["share"], 0.5, 6)
        self.assertEqual([r["events"] for r in self.rows("out.zones.csv")], ["1", "1"])

    def test_true_times_of_odd_frame_rates(self):
        # A frame now and then, and none for three seconds.
        times, now = [], 0.0
        for i in range(80):
            times.append(round(now, 3))
            now += 3.0 if i == 40 else 0.033 + 0.04 * (i % 3)
        moving = {*range(10, 20), *range(60, 70)}
        tool.lossless(self.dir / "a.mkv", tool.walk(80, moving), times=times)
        out = self.json("a.mkv", "--motion-gap=500ms")
        told = [(times[10], times[19]), (times[60], times[69])]
        for (begin, end), (wanted_begin, wanted_end) in zip(spans(out["events"]), told):
            self.assertAlmostEqual(begin, wanted_begin, delta=0.0011)  # of Matroska
            self.assertAlmostEqual(end, wanted_end, delta=0.0011)
        self.assertEqual(len(out["events"]), 2)

    def test_names_in_tables(self):
        name = 'a "b", c.mkv'
        tool.lossless(self.dir / name, tool.walk(40, {*range(20, 31)}))
        self.tool("-q", name, "--csv", "out.csv")
        self.assertEqual([row["name"] for row in self.rows("out.files.csv")], [name])
        self.assertEqual([row["file"] for row in self.rows("out.csv")], [name])

    @tool.needs("jpegenc", "avimux")
    def test_clips_of_files_of_the_same_name(self):
        frames = tool.walk(100, {*range(20, 31)})
        for folder in ("x", "y"):
            (self.dir / folder).mkdir()
            tool.encode(self.dir / folder / "a.avi", frames, "jpegenc ! avimux")
        self.tool("-q", "x/a.avi", "y/a.avi", "--clips", "clips", GAP)
        names = sorted(clip.name for clip in (self.dir / "clips").iterdir())
        self.assertEqual(names, ["a_0-00-02.000.mkv", "a_0-00-02.000_2.mkv"])

    def test_limit(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(200, MOVING | {*range(150, 160)}))
        out = self.json("a.mkv", GAP, "--max-events", "1")
        self.assertEqual(spans(out["events"]), [(2.0, 3.0)])
        self.assertLess(out["figures"]["frames"], 70)

    def test_end_of_what_fades(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(60, {10, 40}))
        out = self.json("a.mkv", "--for", "3s", "--half-life", "1h")
        self.assertEqual(out["figures"]["frames"], 30)
        said = self.refused("a.mkv", "--from", "3s", "--half-life", "1h", code=1)
        for word in ("--from", "half-life"):
            self.assertIn(word, said)

    def test_no_part_of_a_video(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(60, {10, 40}))
        for jobs in (1, 2):
            said = self.refused("a.mkv", "--from", "2min", "-j", jobs, code=1)
            self.assertIn("--from", said)

    def test_part_of_a_video(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(120, MOVING))
        whole = self.json("a.mkv", "--state", "whole.state")
        for span, frames, told in (
            (("--from=5s",), 70, [(7.0, 9.0)]),
            (("--to=5s",), 50, [(2.0, 3.0)]),
            (("--from=2.5s", "--for=5s"), 50, [(2.5, 3.0), (7.0, 7.4)]),
        ):
            out = self.json("a.mkv", GAP, *span)
            self.assertEqual(out["figures"]["frames"], frames, span)
            self.assertEqual(spans(out["events"]), told, span)
        self.assertEqual(whole["figures"]["frames"], 120)


class Clock(tool.Test):
    def clocks(self, name, *more, **options):
        tool.lossless(self.dir / name, tool.walk(60, {*range(20, 31)}))
        out = self.json(name, *more, **options)
        return out["start"], out["events"][0]["clock"], out["events"][0]["clock_end"]

    def test_said(self):
        told = self.clocks("a.mkv", "--start", "2026-11-26 08:00")
        wanted = ("2026-11-26T08:00:00", "2026-11-26T08:00:02", "2026-11-26T08:00:03")
        self.assertEqual([t[:19] for t in told], list(wanted))

    def test_from_the_name(self):
        told = self.clocks("hall_2026-11-26_08-00-00.mkv")
        self.assertEqual(told[1][:19], "2026-11-26T08:00:02")
        told = self.clocks("hall_2026-11-26_08-00-00.mkv", "--start=2020-01-01 00:00:30")
        self.assertEqual(told[1][:19], "2020-01-01T00:00:32")

    def test_from_the_tag_of_when_it_was_made(self):
        zone = datetime.timezone(datetime.timedelta(hours=9))
        now = datetime.datetime.now(zone).replace(tzinfo=None)
        start, clock, _ = self.clocks("a.mkv", env={**os.environ, "TZ": "Asia/Tokyo"})
        start, clock = map(datetime.datetime.fromisoformat, (start, clock))
        self.assertLess(abs(start - now), datetime.timedelta(seconds=60))
        self.assertEqual(clock - start, datetime.timedelta(seconds=2))

    def test_a_hole_between_files(self):
        tool.lossless(self.dir / "2026-11-26_08-00-00.mkv", tool.walk(50, {*range(40, 50)}))
        tool.lossless(self.dir / "2026-11-26_08-01-00.mkv", tool.walk(50, {*range(1, 11)}))
        out = self.json(self.dir)
        self.assertEqual(spans(out["events"]), [(4.0, 4.9), (60.1, 61.0)])
        # Nothing is known of minutes without a frame: that is not stillness.
        tool.lossless(self.dir / "2026-11-26_08-03-00.mkv", tool.still(50))
        motion = self.json(self.dir)["series"]["motion"]
        self.assertEqual([m is None for m in motion], [False, False, True, False])
        self.assertEqual(motion[3], 0)
        self.assertEqual(
            [e["clock"][:19] for e in out["events"]], ["2026-11-26T08:00:04", "2026-11-26T08:01:00"]
        )


if __name__ == "__main__":
    unittest.main()
