#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What motion-heatmap reads: all kinds of names, and files that are odd, damaged or none."""
import json
import os
import random
import subprocess
import threading
import unittest

import numpy as np

import tool
from tool import H264, needs

MOVING = {*range(20, 31)}
MPEG4 = "avenc_mpeg4 bitrate=1000000 gop-size=10"


class Names(tool.Test):
    def test_odd_ones(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(40, MOVING))
        content = (self.dir / "a.mkv").read_bytes()
        for name in (
            "two words.mkv",
            "smørrebrød 猫.mkv",
            "50%20 of #1?.mkv",
            "-o.mkv",
            "a'b\"c.mkv",
        ):
            with self.subTest(name=name):
                (self.dir / name).write_bytes(content)
                out = self.json("--", name)
                self.assertEqual(out["files"][0]["name"], name)
                self.assertEqual(out["figures"]["frames"], 40)
                self.assertTrue((self.dir / f"{name[:-4]}.heatmap.png").is_file())
        name = b"caf\xe9.mkv"
        (self.dir / os.fsdecode(name)).write_bytes(content)
        self.assertEqual(self.json(os.fsdecode(name))["figures"]["frames"], 40)

    def test_folder_glob_uri_and_standard_input(self):
        videos = self.dir / "my videos"
        videos.mkdir()
        for name in ("cam10.mkv", "cam2.mkv"):
            tool.lossless(videos / name, tool.walk(40, MOVING))
        (videos / "notes.txt").write_text("none")
        for inputs in (
            [videos],
            ["my videos/cam*.mkv"],
            [f.as_uri() for f in videos.glob("*.mkv")],
        ):
            out = self.json(*inputs)
            names = [os.path.basename(f["name"]) for f in out["files"]]
            self.assertEqual(names, ["cam2.mkv", "cam10.mkv"])
            self.assertEqual(out["figures"]["frames"], 80)
        with open(videos / "cam2.mkv", "rb") as file:
            cat = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE)
            with cat.stdout as pipe:
                self.assertEqual(self.json("-", stdin=pipe)["figures"]["frames"], 40)
            cat.wait()

    def test_named_pipe(self):
        content = tool.lossless(self.dir / "a.mkv", tool.walk(40, MOVING)).read_bytes()
        os.mkfifo(self.dir / "pipe")
        writer = threading.Thread(target=(self.dir / "pipe").write_bytes, args=[content])
        writer.start()
        self.addCleanup(writer.join)
        out = self.json("pipe", stdin=subprocess.DEVNULL)
        self.assertEqual(out["figures"]["frames"], 40)

    def test_pictures_are_named_after_folders(self):
        folder = self.dir / "2026.11.26"
        folder.mkdir()
        tool.lossless(folder / "a.mkv", tool.walk(5, {2}))
        for inputs in (["2026.11.26"], ["2026.11.26/"], ["2026.11.26/../2026.11.26/."]):
            with self.subTest(inputs=inputs):
                self.tool("-q", *inputs)
                (self.dir / "2026.11.26.heatmap.png").unlink()

    def test_not_there_or_twice(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(5, {2}))
        (self.dir / "empty").mkdir()
        for inputs, words in (
            (["nothing.mkv"], ["nothing.mkv", "No such file"]),
            (["empty"], ["empty", "no video"]),
            (["*.mp4"], ["*.mp4", "no file"]),
            (["a.mkv", "./a.mkv"], ["a.mkv", "same"]),
            ([], ["input"]),
        ):
            with self.subTest(inputs=inputs):
                ran = subprocess.run(
                    self.command(*inputs), cwd=self.dir, capture_output=True, text=True, timeout=30
                )
                self.assertIn(ran.returncode, (1, 2))
                for word in words:
                    self.assertIn(word, ran.stderr)
                self.assertEqual(list(self.dir.glob("*.png")), [])

    @unittest.skipIf(os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"), "root reads all")
    def test_unreadable(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(5, {2}))
        (self.dir / "a.mkv").chmod(0)
        self.dir.chmod(0o777)
        as_other = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        ran = subprocess.run(
            [*as_other, *self.command("a.mkv")],
            cwd=self.dir,
            capture_output=True,
            text=True,
            timeout=30,
        )
        if "not permitted" in ran.stderr:
            self.skipTest("another user cannot be had")
        self.assertIn(ran.returncode, (1, 2))
        self.assertIn("a.mkv: Permission denied", ran.stderr)


class Odd(tool.Test):
    def test_audio_beside(self):
        if not tool.has("opusenc"):
            self.skipTest("no opusenc")
        tool.lossless(self.dir / "a.mkv", tool.walk(40, MOVING), audio=True)
        self.assertEqual(self.json("a.mkv")["figures"]["frames"], 40)

    @needs("qtmux")
    def test_rotated(self):
        frames = tool.walk(40, MOVING, (0, 0))
        chain = f"{MPEG4} ! qtmux"
        tags = "image-orientation=(string)rotate-90"
        tool.encode(self.dir / "a.mov", frames, chain, tags=tags)
        ran = self.tool("a.mov", "--json", "out.json")
        # No frame came that was not turned.
        self.assertNotIn("size", ran.stderr)
        out = json.loads((self.dir / "out.json").read_text())
        figures = out["figures"]
        self.assertEqual([figures["width"], figures["height"]], [tool.HEIGHT, tool.WIDTH])
        # What was on the left of the top is on the right of it.
        self.assertGreater(figures["hot"][0], 0.7)
        self.assertLess(figures["hot"][1], 0.3)
        one = self.json("a.mov", "-j", "2")
        self.assertEqual(one, out)

    def test_sizes_that_differ(self):
        tool.lossless(self.dir / "1.mkv", tool.walk(40, MOVING))
        double = [f.repeat(2, 0).repeat(2, 1) for f in tool.walk(40, MOVING)]
        tool.lossless(self.dir / "2.mkv", double)
        ran = self.tool("1.mkv", "2.mkv", "--json", "out.json", "--state", "out.state")
        self.assertIn("2.mkv: its size differs", ran.stderr)
        self.assertEqual(json.loads((self.dir / "out.json").read_text())["figures"]["frames"], 80)
        self.json("1.mkv", "--state", "one.state")
        np.testing.assert_array_equal(self.counts("out.state"), 2 * self.counts("one.state"))

    @needs("jpegenc", "avimux")
    def test_change_in_the_middle(self):
        small = tool.walk(40, MOVING)
        large = [f.repeat(2, 0).repeat(2, 1) for f in small]
        chain = "jpegenc quality=95 ! matroskamux"
        tool.encode(self.dir / "a.mkv", small, chain)
        first = self.json("a.mkv", "--state", "a.state")
        # Matroska that is a stream of its own in the middle: JPEG pictures one after the other.
        with open(self.dir / "b.mjpeg", "wb") as file:
            for frames in (small, large):
                tool.encode(self.dir / "part", frames, "jpegenc quality=95 ! identity")
                file.write((self.dir / "part").read_bytes())
        ran = self.tool("b.mjpeg", "--json", "b.json", "--state", "b.state")
        out = json.loads((self.dir / "b.json").read_text())
        self.assertEqual(out["figures"]["frames"], 2 * first["figures"]["frames"])
        self.assertIn("its heat is in the last one, 320x240", ran.stderr)
        self.assertGreater(self.counts("b.state").sum(), self.counts("a.state").sum())

    def test_one_frame_and_none(self):
        tool.lossless(self.dir / "one.mkv", tool.still(1))
        out = self.json("one.mkv")
        self.assertEqual(out["figures"]["frames"], 1)
        self.assertEqual((out["figures"]["max"], out["events"]), (0, []))
        tool.encode(self.dir / "none.mkv", [], "matroskamux")
        (self.dir / "zero.mkv").write_bytes(b"")
        (self.dir / "text.mkv").write_text("this is no video\n" * 100)
        for name in ("none.mkv", "zero.mkv", "text.mkv"):
            with self.subTest(name=name):
                said = self.refused(name, code=1)
                self.assertIn(name, said)
                self.assertFalse((self.dir / f"{name[:-4]}.heatmap.png").exists())

    def test_sound_alone(self):
        if not tool.has("opusenc", "oggmux"):
            self.skipTest("no opusenc")
        line = "audiotestsrc num-buffers=50 ! audioconvert ! opusenc ! oggmux ! filesink location=a.ogg"
        subprocess.run(
            ["gst-launch-1.0", "-q", *line.split()], cwd=self.dir, check=True, timeout=30
        )
        self.assertIn("a.ogg: there is no video", self.refused("a.ogg", code=1))

    def test_one_of_many_is_bad(self):
        for name in ("1.mkv", "3.mkv"):
            tool.encode(self.dir / name, tool.walk(40, MOVING), "jpegenc ! matroskamux")
        (self.dir / "2.mkv").write_text("this is no video\n" * 100)
        ran = self.tool(
            *("1.mkv", "2.mkv", "3.mkv", "--json", "out.json", "--clips", "clips"), code=3
        )
        out = json.loads((self.dir / "out.json").read_text())
        self.assertEqual([bool(f["problem"]) for f in out["files"]], [False, True, False])
        self.assertEqual([f["frames"] for f in out["files"]], [40, 0, 40])
        self.assertIn("2.mkv", ran.stdout + ran.stderr)
        self.assertNotIn("2.mkv: 2.mkv", ran.stdout + ran.stderr)
        # One event goes on from the first into the third: of the second nothing is known.
        self.assertEqual([f["events"] for f in out["files"]], [1, 0, 1])
        self.assertEqual(len(list((self.dir / "clips").iterdir())), 2)

    @needs("x264enc", "mp4mux", "avimux")
    def test_cut_off(self):
        seed = random.randrange(10**6)
        frames = tool.noisy_walk(80, 3)
        for name, chain in (
            ("a.mp4", f"{H264} ! mp4mux faststart=true"),
            ("a.mkv", f"{H264} ! matroskamux"),
            ("a.avi", f"{MPEG4} ! avimux"),
        ):
            tool.encode(self.dir / name, frames, f"video/x-raw,format=I420 ! {chain}")
            content = (self.dir / name).read_bytes()
            whole = self.json(name)["figures"]["frames"]
            share = random.Random(seed).uniform(0.5, 0.8)
            (self.dir / name).write_bytes(content[: int(len(content) * share)])
            for jobs in (1, 2):
                with self.subTest(name=name, seed=seed, jobs=jobs):
                    ran = self.tool(name, "--json", "out.json", "-j", jobs, "-f", code=3)
                    out = json.loads((self.dir / "out.json").read_text())
                    self.assertTrue(out["files"][0]["problem"])
                    self.assertIn(name, ran.stdout + ran.stderr)
                    # Of an AVI file without its index the demuxer reads less than there is.
                    least = 0 if name == "a.avi" else whole * (share - 0.3)
                    self.assertGreater(out["figures"]["frames"], least)
                    self.assertLess(out["figures"]["frames"], whole)

    @needs("x264enc", "avdec_h264", "matroskamux")
    def test_missing_decoder(self):
        chain = f"video/x-raw,format=I420 ! {H264} ! matroskamux"
        tool.encode(self.dir / "a.mkv", tool.noisy_walk(10, 3), chain)
        without = (
            "avdec_h264:NONE,openh264dec:NONE,vah264dec:NONE,vaapih264dec:NONE,v4l2h264dec:NONE"
        )
        said = self.refused("a.mkv", code=1, env={**os.environ, "GST_PLUGIN_FEATURE_RANK": without})
        for word in ("a.mkv", "H.264", "gstreamer1.0-libav"):
            self.assertIn(word, said)


if __name__ == "__main__":
    unittest.main()
