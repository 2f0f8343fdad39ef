#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""motion-heatmap gives what the element gives, and the same whatever the number of jobs."""
import json
import os
import random
import subprocess
import unittest

import numpy as np

import tool
from tool import CLIP, H264, needs

GREY = "video/x-raw,format=I420"
CHAINS = {
    "h264.mp4": (("x264enc", "mp4mux"), f"{H264} ! video/x-h264,profile=high ! mp4mux"),
    "h264.mkv": (("x264enc", "matroskamux"), f"{H264} ! video/x-h264,profile=high ! matroskamux"),
    "mpeg4.mkv": (("avenc_mpeg4", "matroskamux"), "avenc_mpeg4 bitrate=400000 ! matroskamux"),
    "mpeg4.avi": (("avenc_mpeg4", "avimux"), "avenc_mpeg4 bitrate=400000 ! avimux"),
    "mjpeg.mkv": (("jpegenc", "matroskamux"), "jpegenc quality=60 ! matroskamux"),
}


class Beside(tool.Test):
    """Beside the element itself in a plain pipeline."""

    def launch(self, *pipeline):
        """What a pipeline writes to its standard output, run in the directory."""
        return subprocess.run(
            ["gst-launch-1.0", "-q", *pipeline],
            cwd=self.dir,
            check=True,
            timeout=60,
            capture_output=True,
        ).stdout

    def pixels(self, name):
        raw = self.launch(
            "filesrc",
            f"location={name}",
            "!",
            "decodebin",
            "!",
            "videoconvert",
            "!" "video/x-raw,format=BGR",
            "!",
            "fdsink",
        )
        return np.frombuffer(raw, np.uint8).astype(int)

    @unittest.skipUnless(os.path.exists(CLIP), "no vtest.avi: Debian's package opencv-doc has it")
    def test_clip(self):
        self.launch(
            "filesrc",
            f"location={CLIP}",
            "!",
            "decodebin",
            "!",
            "videoconvert",
            "!",
            "motionheatmap",
            "output=none",
            "state-location=element.state",
            "!",
            "fakesink",
        )
        out = self.json(CLIP, "--state", "tool.state")
        own, counts = self.counts("element.state"), self.counts("tool.state")
        np.testing.assert_array_equal(counts, own)
        figures = out["figures"]
        self.assertEqual(figures["frames"], 795)
        self.assertEqual(figures["max"], own.max())
        self.assertAlmostEqual(figures["coverage"], (own > 0).mean(), 9)
        y, x = np.argwhere(own == own.max())[0]
        self.assertEqual([int(figures["hot"][0] * 768), int(figures["hot"][1] * 576)], [x, y])
        self.assertAlmostEqual(figures["motion"], own.sum() / own.size / 795, 9)

    def test_picture(self):
        frames = [np.stack([f, f // 2, 255 - f], 2) for f in tool.noisy_walk(60, 5)]
        raw = b"".join(frame.tobytes() for frame in frames)
        (self.dir / "in.raw").write_bytes(raw)
        look = [
            "colormap=turbo",
            "opacity=0.6",
            "normalization=fixed",
            "full-scale=40",
            "curve=sqrt",
        ]
        self.launch(
            "filesrc",
            "location=in.raw",
            "!",
            "rawvideoparse",
            "format=bgr",
            f"width={tool.WIDTH}",
            f"height={tool.HEIGHT}",
            f"framerate={tool.FPS}/1",
            "!",
            "motionheatmap",
            "background=average",
            "snapshot-location=element.png",
            *look,
            "!",
            "fakesink",
        )
        form = f"--raw=BGR,{tool.WIDTH}x{tool.HEIGHT},{tool.FPS}"
        with open(self.dir / "in.raw", "rb") as pixels:
            self.tool("-", form, "-o", "tool.png", *(f"--{s}" for s in look), stdin=pixels)
        difference = np.abs(self.pixels("tool.png") - self.pixels("element.png"))
        self.assertLessEqual(difference.max(), 1)  # the mean was rounded in between


class Jobs(tool.Test):
    @classmethod
    def setUpClass(cls):
        cls.frames = tool.noisy_walk(160, 1)

    def outcome(self, video, jobs, *settings):
        """Counts and all that is told of a run."""
        for name in ("out.state", "out.csv"):
            (self.dir / name).unlink(missing_ok=True)
        told = self.json(video, "--csv", "out.csv", "--state", "out.state", "-j", jobs, *settings)
        tables = [p.read_text() for p in sorted(self.dir.glob("*.csv"))]
        return self.counts("out.state"), told, tables

    def same(self, video, settings):
        counts, told, tables = self.outcome(video, 1, *settings)
        self.assertEqual(told["figures"]["frames"], len(self.frames))
        for jobs in (2, 5):
            with self.subTest(jobs=jobs, settings=settings):
                other = self.outcome(video, jobs, *settings)
                np.testing.assert_array_equal(counts, other[0])
                self.assertEqual((told, tables), other[1:])
        return counts

    def test_all_the_same(self):
        seed = random.randrange(10**6)
        choice = random.Random(seed)
        print(f"seed {seed}", flush=True)
        settings = [
            [],
            ["--analysis-scale=2", "--zones=a:0,0 0.6,0 0.6,0.7; b:0.5,0.5 1,0.5 1,1 0.5,1"],
            ["--mask-polygons=0.3,0.3 0.8,0.3 0.5,0.9", "--despeckle=1"],
            ["--blur=2", "--motion-area=0.01"],
        ]
        for i, (name, (elements, chain)) in enumerate(CHAINS.items()):
            if not tool.has(*elements):
                print(f"{name} is left out: no {', '.join(elements)}")
                continue
            video = tool.encode(self.dir / name, self.frames, f"{GREY} ! {chain}", fps=5)
            threshold = f"--threshold={choice.randrange(8, 60)}"
            with self.subTest(video=name, seed=seed):
                counts = self.same(video, [threshold, *settings[i % len(settings)]])
                self.assertGreater(counts.sum(), 0)

    @needs("avenc_mpeg4", "avimux")
    def test_what_cannot_be_entered(self):
        # AVI does not tell the order of frames: behind a seek some have other times.
        chain = "avenc_mpeg4 bitrate=1000000 gop-size=20 max-bframes=2 ! avimux"
        tool.encode(self.dir / "a.avi", self.frames, chain, fps=5)
        whole = self.json("a.avi")
        for jobs in (2, 5):
            ran = self.tool("-q", "a.avi", "--json", "out.json", "-j", jobs)
            self.assertIn("a.avi is read in one go", ran.stderr)
            self.assertEqual(json.loads((self.dir / "out.json").read_text()), whole)

    @needs("x264enc", "h264parse", "mp4mux")
    def test_what_has_no_key_frames(self):
        # Behind a seek frames have their times, but not what is in them.
        chain = "x264enc intra-refresh=true key-int-max=60 threads=1 ! h264parse ! mp4mux"
        tool.encode(self.dir / "a.mp4", self.frames, f"{GREY} ! {chain}", fps=5)
        whole = self.json("a.mp4")
        ran = self.tool("-q", "a.mp4", "--json", "out.json", "-j", 2)
        self.assertIn("a.mp4 is read in one go", ran.stderr)
        self.assertEqual(json.loads((self.dir / "out.json").read_text()), whole)

    def test_alike_where_it_learns(self):
        """docs/tool.md tells these bounds."""
        if not tool.has("x264enc"):
            self.skipTest("no x264enc")
        video = tool.encode(
            self.dir / "a.mkv", self.frames, f"{GREY} ! {CHAINS['h264.mkv'][1]}", fps=5
        )
        for setting, least, most in (
            ("--detector=mog2", 0.95, 0.03),
            ("--sway-filter", 0.95, 0.03),
        ):
            one, told, _ = self.outcome(video, 1, setting)
            two, also, _ = self.outcome(video, 2, setting)
            with self.subTest(setting=setting):
                self.assertGreater(np.corrcoef(one.ravel(), two.ravel())[0, 1], least)
                self.assertLess(abs(one.sum() / two.sum() - 1), most)
                self.assertEqual(told["figures"]["frames"], also["figures"]["frames"])

    def test_several_files(self):
        for i in range(3):
            tool.lossless(self.dir / f"part{i}.mkv", tool.noisy_walk(120, i))
        one, told, tables = self.outcome(".", 1)
        other = self.outcome(".", 3)
        np.testing.assert_array_equal(one, other[0])
        self.assertEqual((told, tables), other[1:])
        alone = sum(self.outcome(f"part{i}.mkv", 1)[0] for i in range(3))
        np.testing.assert_array_equal(one, alone)


if __name__ == "__main__":
    unittest.main()
