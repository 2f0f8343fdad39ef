#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How runs of motion-heatmap end and go on: signals, states, full disks, what is shown meanwhile."""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time
import unittest

import numpy as np

import tool
from tool import H264, needs

MOVING = {*range(20, 31)}
RAW = f"--raw=GRAY8,{tool.WIDTH}x{tool.HEIGHT},{tool.FPS}"


class Signals(tool.Test):
    def feed(self, n):
        """A run on standard input that has got `n` frames and waits for more."""
        process = self.start(
            "-",
            RAW,
            "-o",
            "out.png",
            "--json",
            "out.json",
            "--state",
            "out.state",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        fd = process.stdin.fileno()
        for frame in tool.walk(n, MOVING):
            os.write(fd, frame.tobytes())
        time.sleep(1.5)
        return process

    def test_interrupted_with_what_was_counted(self):
        # What comes on standard input has no other end than that.
        for sig in (signal.SIGINT, signal.SIGTERM):
            process = self.feed(40)
            self.assertEqual(self.interrupt(process, sig), 0)
            out = json.loads((self.dir / "out.json").read_text())
            self.assertGreaterEqual(out["figures"]["frames"], 39)
            self.assertEqual([e["begin"] for e in out["events"]], [2.0])
            self.assertTrue((self.dir / "out.png").is_file())
            self.assertGreater(self.counts("out.state").sum(), 0)
            (self.dir / "out.state").unlink()

    def test_interrupted_before_the_first_frame(self):
        process = self.feed(0)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("before the first frame", said)
        self.assertEqual(list(self.dir.iterdir()), [])

    @needs("jpegenc", "matroskamux")
    def test_interrupted_amid_a_file(self):
        frames = [f.repeat(4, 0).repeat(4, 1) for f in tool.noisy_walk(300, 1)]
        tool.encode(self.dir / "a.mkv", frames, "jpegenc ! matroskamux")
        # The slowest that there is, so that there is time.
        slow = ["--detector=knn", "--blur=31", "--history=32767"]
        process = self.start("a.mkv", "--json", "out.json", *slow, stdout=subprocess.DEVNULL)
        time.sleep(1.2)
        code = self.interrupt(process)
        if code == 0:
            self.skipTest("it was too quick")
        self.assertEqual(code, 130)
        out = json.loads((self.dir / "out.json").read_text())
        self.assertLess(out["figures"]["frames"], 300)
        self.assertTrue((self.dir / "a.heatmap.png").is_file())


class States(tool.Test):
    def setUp(self):
        super().setUp()
        tool.lossless(self.dir / "1.mkv", tool.walk(60, MOVING))
        tool.lossless(self.dir / "2.mkv", tool.walk(60, MOVING, (100, 80)))

    def test_twice_is_once(self):
        once = self.json("1.mkv", "--state", "a.state")
        counts = self.counts("a.state")
        again = self.json("1.mkv", "--state", "a.state", "-f")
        np.testing.assert_array_equal(self.counts("a.state"), counts)
        self.assertEqual(again, once)

    def test_goes_on_with_the_next_file(self):
        self.json("./1.mkv", "--state", "a.state")
        both = self.json(".", "--state", "a.state", "-f")
        whole = self.json(".", "--state", "b.state", "-f")
        np.testing.assert_array_equal(self.counts("a.state"), self.counts("b.state"))
        self.assertEqual(both, whole)

    def test_goes_on_behind_the_last_frame(self):
        tool.lossless(self.dir / "3.mkv", tool.walk(200, {*range(20, 31), *range(60, 200)}))
        asked = ("3.mkv", "--motion-gap=1s", "--state")
        whole = self.json(*asked, "whole.state")
        part = self.json(*asked, "a.state", "--max-events", "1")
        self.assertLess(part["figures"]["frames"], 60)
        self.assertEqual(self.json(*asked, "a.state"), whole)
        np.testing.assert_array_equal(self.counts("a.state"), self.counts("whole.state"))

    def test_goes_on_before_what_is_there(self):
        tool.lossless(self.dir / "3.mkv", tool.walk(120, {*range(10, 31), *range(60, 90)}))
        whole = self.json("3.mkv", "--state", "whole.state")
        self.json("3.mkv", "--from=3s", "--to=7s", "--state", "a.state")
        self.assertEqual(self.json("3.mkv", "--state", "a.state"), whole)
        np.testing.assert_array_equal(self.counts("a.state"), self.counts("whole.state"))

    def test_other_settings_are_not_mixed(self):
        self.json("1.mkv", "--state", "a.state")
        for other, words in (
            ("--threshold=40", ["threshold", "25", "40"]),
            ("--mask-polygons=0,0 1,0 1,1", ["mask-polygons", "off"]),
            ("--zones=gate:0,0 1,0 1,1", ["zones", "gate"]),
        ):
            said = self.refused("2.mkv", "--state", "a.state", other)
            for word in ("a.state", *words):
                self.assertIn(word, said)

    def test_what_is_no_file_counts_each_time(self):
        for _ in range(2):
            with open(self.dir / "1.mkv", "rb") as file:
                out = self.json("-", "--state", "a.state", stdin=file)
        self.assertEqual([f["frames"] for f in out["files"]], [60, 60])
        self.json("1.mkv", "--state", "b.state")
        np.testing.assert_array_equal(self.counts("a.state"), 2 * self.counts("b.state"))

    def test_killed_and_run_again(self):
        for i in range(3, 8):
            (self.dir / f"{i}.mkv").write_bytes((self.dir / "1.mkv").read_bytes())
        whole = self.json(".", "--state", "whole.state")
        for delay in (0.3, 0.5, 0.7):
            process = self.start(".", "--state", "a.state", "-q", "-f")
            time.sleep(delay)
            process.kill()
            process.communicate()
        again = self.json(".", "--state", "a.state", "-f")
        np.testing.assert_array_equal(self.counts("a.state"), self.counts("whole.state"))
        self.assertEqual(again, whole)

    def test_what_is_no_state_is_left_alone(self):
        (self.dir / "a.state").write_text("my notes")
        said = self.refused("1.mkv", "--state", "a.state", code=1)
        self.assertIn("a.state", said)
        self.assertEqual((self.dir / "a.state").read_text(), "my notes")


class Places(tool.Test):
    def setUp(self):
        super().setUp()
        tool.lossless(self.dir / "a.mkv", tool.walk(40, MOVING))

    def test_no_space_left(self):
        tool.lossless(self.dir / "a.mkv", [f.repeat(2, 0) for f in tool.noisy_walk(40, 1)])
        place = self.dir / "small"
        place.mkdir()
        is_mounted = (
            os.geteuid() == 0
            and not subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=8k", "none", place],
                capture_output=True,
                check=False,
            ).returncode
        )
        if not is_mounted:
            self.skipTest("no small file system can be had")
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        said = self.refused("a.mkv", "-o", "small/a.png", "--json", "a.json", code=1)
        self.assertIn("small/a.png", said)
        self.assertIn("No space left", said)
        # What has a place is written all the same.
        self.assertEqual(json.loads((self.dir / "a.json").read_text())["figures"]["frames"], 40)
        self.assertEqual([p.name for p in place.iterdir()], [])

    def test_places_that_are_none(self):
        (self.dir / "a.png").mkdir()
        for option, word in (
            ("--picture=nowhere/a.png", "nowhere"),
            ("--picture=a.png", "is a directory"),
            ("--picture=a.bmp", ".png"),
            ("--heat=a.png", ".tiff"),
            ("--json=a.mkv", "overwrite an input"),
            ("--state=x.json", "two outputs"),
            ("--csv=x.csv --json=x.zones.csv", "two outputs"),
        ):
            with self.subTest(option=option):
                said = self.refused(
                    "a.mkv", "--json=x.json" if "x.json" in option else "-q", *option.split()
                )
                self.assertIn(word, said)
        self.assertTrue((self.dir / "a.mkv").stat().st_size > 0)

    @unittest.skipIf(os.geteuid() == 0, "root writes anywhere")
    def test_read_only_directory(self):
        (self.dir / "shut").mkdir(mode=0o500)
        said = self.refused("a.mkv", "-o", "shut/a.png")
        self.assertIn("shut/a.png", said)


class Progress(tool.Test):
    def setUp(self):
        super().setUp()
        tool.lossless(self.dir / "a.mkv", tool.walk(400, MOVING))

    def test_quiet(self):
        ran = self.tool("-q", "a.mkv")
        self.assertEqual((ran.stdout, ran.stderr), ("", ""))

    def test_summary(self):
        ran = self.tool("a.mkv")
        for words in ("Frames        400 of 160x120, 40 s", "Events        1", "a.heatmap.png"):
            self.assertIn(words, ran.stdout)
        self.assertNotIn("\r", ran.stderr)
        ran = self.tool("a.mkv", "--csv", "a.csv")
        for name in ("a.csv", "a.files.csv", "a.zones.csv", "a.series.csv"):
            self.assertIn(f"Written       {name}\n", ran.stdout)

    def test_bar_on_a_terminal(self):
        # So much that the bar is seen on the fastest machine, too.
        names = [f"b{i}.mkv" for i in range(12)]
        for name in names:
            shutil.copy(self.dir / "a.mkv", self.dir / name)
        main, terminal = pty.openpty()
        process = subprocess.Popen(
            self.command(*names, "--detector=knn", "--blur=31", "--jobs=1"),
            cwd=self.dir,
            stderr=terminal,
            stdout=subprocess.DEVNULL,
        )
        os.close(terminal)
        shown = b""
        while process.poll() is None or select.select([main], [], [], 0)[0]:
            if select.select([main], [], [], 0.1)[0]:
                try:
                    shown += os.read(main, 4096)
                except OSError:
                    break
        os.close(main)
        self.assertEqual(process.wait(), 0)
        self.assertRegex(shown.decode(), r"\r\[[#-]{24}\] +\d+ % ")
        self.assertRegex(shown.decode(), "x real time")
        self.assertTrue(shown.endswith(b"\r\x1b[K"))


class Quick(tool.Test):
    @needs('x264enc', 'matroskamux')
    @unittest.skipUnless(os.path.exists(tool.CLIP), 'no vtest.avi')
    def test_sketch(self):
        # Groups of 50 frames, as long as 2 s at 25 frames a second.
        line = 'decodebin ! x264enc speed-preset=superfast key-int-max=50 option-string=scenecut=0'
        subprocess.run(
            ['gst-launch-1.0', '-q', 'filesrc', f'location={tool.CLIP}', '!', *line.split(), '!']
            + ['matroskamux', '!', 'filesink', 'location=a.mkv'],
            cwd=self.dir,
            check=True,
            timeout=60,
        )
        self.assertIn('sketch', self.tool('a.mkv', '--quick').stderr)
        whole, sketch = (
            self.json('a.mkv', '-f', *quick)['figures']['frames'] for quick in ([], ['--quick'])
        )
        # Key frames alone are decoded: what it costs depends on the machine, this does not.
        self.assertEqual(sketch, -(-whole // 50))


if __name__ == "__main__":
    unittest.main()
