#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the examples of the documentation: those that are in C and in Python print the same."""
import datetime
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from clip import CLIP, skip_without_clip

# In C and in Python.
READ_MESSAGES = [sys.argv[1:2], [sys.executable, *sys.argv[2:3]]]
MOTION_EVENTS = [sys.argv[3:4], [sys.executable, *sys.argv[4:5]]]
RECORD_ON_MOTION = [sys.executable, *sys.argv[5:6]]
SECONDS = 79  # whole seconds of the clip

ROAD = "road: 0.5,0.38 0.85,0.38 0.85,0.55 0.5,0.55"
PATH = "path: 0,0.33 0.2,0.34 0.2,0.45 0,0.4"  # three times somebody comes along


def run(example, *args):
    return subprocess.run([*example, *args], capture_output=True, text=True, timeout=120, check=False)


def frames_in(path):
    launch = ["gst-launch-1.0", "-v", "filesrc", f"location={path}"]
    return run(launch, *"! matroskademux ! fakesink silent=false".split()).stdout.count(" chain ")


class Examples(unittest.TestCase):
    def test_both_tell_the_same(self):
        results = [run(example, pathlib.Path(CLIP).as_uri()) for example in READ_MESSAGES]
        for result in results:
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = results[0].stdout.splitlines()
        self.assertEqual(lines, results[1].stdout.splitlines())
        number = r"\d+\.\d+"
        report = rf"({number}) s: motion in {number} % of the picture, most at {number}, {number}"
        times = [re.fullmatch(report, line).group(1) for line in lines[::2]]
        self.assertEqual(times, [f"{s}.9" for s in range(SECONDS)] + ["79.4"])
        for line in lines[1::2]:
            self.assertRegex(line, r"^  \d+ of 64 x 48 cells have half the maximum or more$")

    def test_both_tell_of_the_same_events(self):
        args = pathlib.Path(CLIP).as_uri(), f"{ROAD}; {PATH}", "2026-01-31T23:59:30"
        results = [run(example, *args) for example in MOTION_EVENTS]
        for result in results:
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = results[0].stdout.splitlines()
        self.assertEqual(lines, results[1].stdout.splitlines())
        self.assertEqual(
            lines,
            [
                "somebody entered zone road at 23:59:30",
                "somebody entered zone path at 23:59:49",
                "somebody entered zone path at 00:00:24",
                "somebody entered zone path at 00:00:41",
            ],
        )

    def test_both_tell_the_time_of_day(self):
        for example in MOTION_EVENTS:
            begin = datetime.datetime.now()
            result = run(example, pathlib.Path(CLIP).as_uri(), ROAD)
            most = datetime.datetime.now() - begin + datetime.timedelta(seconds=1)
            told = datetime.datetime.strptime(result.stdout.split()[5], "%H:%M:%S")
            since = (told - begin.replace(1900, 1, 1, microsecond=0)) % datetime.timedelta(days=1)
            self.assertLessEqual(since, most)

    def test_records_while_there_is_motion(self):
        with tempfile.TemporaryDirectory() as directory:
            result = run(RECORD_ON_MOTION, pathlib.Path(CLIP).as_uri(), directory, PATH)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            files = [f"{directory}/motion-0000{i}.mkv" for i in range(3)]
            self.assertEqual(result.stdout.splitlines(), [f"{file}: stored" for file in files])
            # From a second before the motion to two seconds after it, at ten frames a second.
            for file, seconds in zip(files, (13, 13.5, 6)):
                self.assertAlmostEqual(frames_in(file), 10 * seconds, delta=3)

    def test_all_tell_what_is_wrong(self):
        uri = "file:///no/such/video.avi"
        commands = [[example, uri] for example in READ_MESSAGES]
        commands += [[example, uri, ROAD] for example in MOTION_EVENTS]
        for command in [*commands, [RECORD_ON_MOTION, uri, "."]]:
            result = run(*command)
            self.assertEqual(result.returncode, 1)
            self.assertNotEqual(result.stderr, "")


if __name__ == "__main__":
    skip_without_clip()
    unittest.main(argv=sys.argv[:1])
