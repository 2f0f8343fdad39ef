#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of motion-heatmap: its options, what is said against wrong ones, its pages."""
import re
import shutil
import subprocess
import unittest

import tool
from tool import Gst

# What the tool itself asks the element for, and where it keeps that; docs/tool.md tells why.
OWN = set(
    "name parent qos post-messages interval message-width roi-meta snapshot-location"
    " snapshot-interval snapshot-reset state-location state-interval n-threads".split()
)


class Options(tool.Test):
    def setUp(self):
        super().setUp()
        tool.lossless(self.dir / "a.mkv", tool.walk(40, {*range(20, 31)}))

    def test_every_property_is_one(self):
        element = Gst.ElementFactory.make("motionheatmap")
        names = {
            p.name
            for p in element.list_properties()
            if p.flags & 3 == 3 and p.name not in OWN  # read and written
        }
        shown = set(re.findall(r"^  (?:-\w, |    )--([a-z-]+)", self.tool("--help").stdout, re.M))
        self.assertEqual(names - shown, set())

    def test_wrong_values(self):
        for option, words in (
            ("--threshold=256", ["--threshold", "256", "0-255"]),
            ("--threshold=low", ["--threshold", "low", "0-255"]),
            ("--detector=magic", ["--detector", "magic", "mog2"]),
            ("--half-life=soon", ["--half-life", "soon", "90s"]),
            ("--stabilize=perhaps", ["--stabilize", "perhaps", "true or false"]),
            ("--opacity=1.5", ["--opacity", "1.5", "0-1"]),
            ("--preset=moon", ["moon", "outdoor"]),
            ("--zones=a:0,0 1,1", ["zones"]),
            ("--zones=none.txt", ["--zones", "none.txt", "No such file"]),
            ("--mask-polygons=none.txt", ["--mask-polygons", "none.txt", "No such file"]),
            ("--mask-location=nowhere.png", ["nowhere.png"]),
            ("--jobs=-1", ["--jobs", "-1", "0"]),
            ("--from=x", ["--from", "x", "90s"]),
            ("--start=noon", ["--start", "noon", "2026-11-26 08:00"]),
            ("--max-events=0", ["--max-events", "0", "1"]),
            ("--slice=5/4", ["--slice", "5/4", "K/N"]),
            ("--config=none.conf", ["none.conf", "No such file"]),
            ("--thresold=5", ["thresold"]),
            ("--interval=1s", ["interval"]),
        ):
            with self.subTest(option=option):
                ran = subprocess.run(
                    self.command(option, "a.mkv"),
                    cwd=self.dir,
                    capture_output=True,
                    text=True,
                    timeout=30,
                )
                self.assertEqual(ran.returncode, 2)
                self.assertEqual(len(ran.stderr.strip().splitlines()), 1, ran.stderr)
                for word in words:
                    self.assertIn(word, ran.stderr)
                self.assertEqual(list(self.dir.glob("*.png")), [])

    def test_ways_to_write_them(self):
        for words in (["-j", "2"], ["-j2"], ["-j=2"], ["--jobs", "2"], ["--jobs=2"]):
            with self.subTest(words=words):
                self.tool("-q", "a.mkv", *words, "-f")
        self.tool("-q", "-ob.png", "--threshold=30", "a.mkv")
        self.assertTrue((self.dir / "b.png").is_file())
        # An input may follow a flag.
        settings = self.json("--stabilize", "a.mkv", "--noise-adaptive=false", "--half-life=1min")[
            "settings"
        ]
        self.assertEqual((settings["stabilize"], settings["half-life"]), ("true", "60s"))

    def test_config(self):
        (self.dir / "my.conf").write_text("[motion-heatmap]\nthreshold = 40\nblur=2\n")
        settings = self.json("a.mkv", "--config", "my.conf", "--blur=1")["settings"]
        self.assertEqual((settings["threshold"], settings["blur"]), ("40", "1"))
        (self.dir / "my.conf").write_text("[motion-heatmap]\nthresold = 40\n")
        self.assertIn("thresold", self.refused("a.mkv", "--config", "my.conf"))

    def test_preset(self):
        settings = self.json("a.mkv", "--preset", "outdoor", "--sway-filter=false")["settings"]
        self.assertEqual(settings["stabilize"], "true")
        self.assertEqual(settings["sway-filter"], "false")
        self.assertEqual(settings["smoothing"], "8")


class Pages(tool.Test):
    def test_help_fits(self):
        text = self.tool("--help").stdout
        self.assertLessEqual(max(map(len, text.splitlines())), 100)
        for word in ("--zones", "--jobs", "merge", "render", "Ctrl-C"):
            self.assertIn(word, text)
        self.assertRegex(self.tool("--version").stdout, r"^motion-heatmap \d+\.\d+")

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_manual(self):
        page = self.tool("--manual").stdout
        shown = subprocess.run(
            ["groff", "-ww", "-man", "-Tutf8", "-rLL=78n"],
            input=page,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        self.assertEqual(shown.stderr, "")
        self.assertIn("--motion-gap", re.sub(r"\x1b\[\d+m|.\x08", "", shown.stdout))

    def complete(self, *words):
        """What Bash would offer for the last word."""
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        script += 'compopt() { :; }; _motion_heatmap; printf "%s\\n" "${COMPREPLY[@]}"'
        (self.dir / "completion").write_text(self.tool("--completion").stdout)
        shown = subprocess.run(
            ["bash", "-uc", script, "-", "completion", "motion-heatmap", *words],
            cwd=self.dir,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        self.assertEqual(shown.stderr, "")
        return shown.stdout.split("\n")[:-1]

    def test_completion(self):
        self.assertEqual(self.complete("--thres"), ["--threshold="])
        self.assertIn("--stabilize", self.complete("--sta"))
        self.assertEqual(self.complete("--normalization", "=", "per"), ["percentile"])
        self.assertIn("merge", self.complete("mer"))
        (self.dir / "two words.mkv").write_text("")
        self.assertEqual(self.complete("a", "two"), ["two words.mkv"])


if __name__ == "__main__":
    unittest.main()
