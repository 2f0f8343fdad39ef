#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs motion-heatmap merge on state files written and read by other code than the tool's own."""
import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zlib

from gi.repository import GLib

TOOL, READER = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("reader", READER)
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)

STATE = {
    "width": 3,
    "height": 2,
    "frames": 10,
    "skipped": 1,
    "first-time": 1_700_000_000_000_000,
    "last-time": 1_700_000_001_000_000,
    "half-life": 0,
    "settings": {"detector": "difference", "threshold": "25"},
    "unit": 1.0,
    "count-bytes": 6,
    "counts": [0, 1, 255, 256, 65_793, 2**40],
}
TYPES = {
    "width": "u",
    "height": "u",
    "frames": "t",
    "skipped": "t",
    "first-time": "x",
    "last-time": "x",
    "half-life": "t",
    "settings": "a{ss}",
    "unit": "d",
    "count-bytes": "y",
    "counts": "ay",
}


def write_state(path, **changes):
    state = STATE | {name.replace("_", "-"): value for name, value in changes.items()}
    places = range(state["count-bytes"])
    planes = bytes(count >> 8 * i & 255 for i in places for count in state["counts"])
    state["counts"] = zlib.compress(planes)
    values = {name: GLib.Variant(TYPES[name], value) for name, value in state.items()}
    body = GLib.Variant("a{sv}", values)
    body = (body.byteswap() if sys.byteorder == "big" else body).get_data_as_bytes().get_data()
    head = f"motionheatmap-state 1\n{hashlib.sha256(body).hexdigest()}\n"
    pathlib.Path(path).write_bytes(head.encode() + body)


def heat_in(path):
    """What the element would have kept."""
    state = reader.read_state(path)
    state.pop("attachments")
    return state


class Merge(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def merge(self, *args):
        return subprocess.run(
            [TOOL, "merge", *args],
            cwd=self.folder,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def assert_fails(self, result, code, message):
        self.assertEqual(
            (result.returncode, result.stdout, result.stderr),
            (code, "", f"motion-heatmap: {message}\n"),
        )

    def test_adds_up(self):
        write_state(self.folder / "a")
        write_state(
            self.folder / "b",
            counts=[7, 7, 7, 7, 2**24, 1],
            frames=5,
            skipped=0,
            last_time=1_800_000_000_000_000,
            settings={"detector": "difference", "threshold": "30"},
        )
        write_state(self.folder / "c", counts=[0] * 6, count_bytes=1)
        result = self.merge("a", "b", "c", "--state=sum", "--quiet")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "b", "c", "sum"])
        expected = STATE | {
            "counts": [7, 8, 262, 263, 2**24 + 65_793, 2**40 + 1],
            "frames": 25,
            "skipped": 2,
            "last-time": 1_800_000_000_000_000,
            "settings": {"detector": "difference", "threshold": "various"},
        }
        self.assertEqual(heat_in(self.folder / "sum"), expected)

    def test_of_one_file_is_that_file(self):
        write_state(self.folder / "a")
        self.assertEqual(self.merge("--force", "--state=a", "a").returncode, 0)
        self.assertEqual(heat_in(self.folder / "a"), STATE)

    def test_replaces_only_when_told(self):
        write_state(self.folder / "a")
        out = self.folder / "out"
        out.write_text("precious")
        result = self.merge("--state=out", "a")
        self.assert_fails(result, 2, "--state=out: the file exists; --force replaces it")
        self.assertEqual(out.read_text(), "precious")
        self.assertEqual(self.merge("-f", "--state=out", "a").returncode, 0)
        self.assertEqual(heat_in(out), STATE)

    def test_names_the_file_and_the_reason(self):
        write_state(self.folder / "a")
        write_state(self.folder / "wide", width=6, height=1)
        write_state(self.folder / "fading", half_life=1)
        write_state(self.folder / "full", counts=[2**48 - 1] * 6)
        (self.folder / "text").write_text("motion")
        (self.folder / "other").write_text("something else")
        (self.folder / "newer").write_text("motionheatmap-state 7\n")
        damaged = bytearray((self.folder / "a").read_bytes())
        damaged[-1] ^= 1
        (self.folder / "damaged").write_bytes(damaged)
        reasons = {
            "missing": "No such file or directory",
            ".": "this is not a regular file",
            "text": "this is not a state file of motionheatmap",
            "other": "this is not a state file of motionheatmap",
            "newer": "the file has format version 7, this program knows up to 1",
            "damaged": "the checksum does not match",
            "wide": "the size 6x1 differs from 3x2",
            "fading": "the half-life 1 ns differs from 0 ns",
            "full": "the sum of the counts is too large",
        }
        for name, reason in reasons.items():
            self.assert_fails(self.merge("--state=out", "a", name), 1, f"{name}: {reason}")
        self.assert_fails(
            self.merge("--state=no/folder/out", "a"),
            2,
            "no/folder/out: there is no directory no/folder",
        )
        self.assertFalse((self.folder / "out").exists())

    def test_tells_how_it_is_used(self):
        self.assert_fails(self.merge(), 2, "merge: state files are needed")
        self.assert_fails(self.merge("--size", "a"), 2, "Unknown option --size")
        result = self.merge("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("motion-heatmap merge [OPTION...] STATE...", result.stdout)

    def test_makes_a_picture(self):
        write_state(self.folder / "a")
        self.assertEqual(self.merge("a", "a", "-o", "all.png").returncode, 0)
        self.assertTrue((self.folder / "all.png").read_bytes().startswith(b"\x89PNG"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
