# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of motion-heatmap share: how they run it, and the footage that they draw for it."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # pylint: disable=wrong-import-position

sys.dont_write_bytecode = True
Gst.init(None)
TOOL = pathlib.Path(sys.argv.pop(1)).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs/examples"))
from read_state import read_state  # pylint: disable=wrong-import-position

CLIP = os.environ.get("MOTIONHEATMAP_CLIP", "/usr/share/doc/opencv-doc/examples/data/vtest.avi")
WIDTH, HEIGHT, FPS = 160, 120, 10
H264 = "x264enc bframes=2 b-adapt=false key-int-max=20 tune=fastdecode threads=1"
RNG = np.random.default_rng(7)
GROUND = np.repeat(RNG.integers(60, 120, (HEIGHT // 4, WIDTH // 4)), 4, 0).repeat(4, 1)


def has(*factories):
    return all(Gst.ElementFactory.find(name) for name in factories)


def needs(*factories):
    """Skips a test where one of these elements is not installed."""
    missing = [name for name in factories if not has(name)]
    return unittest.skipIf(missing, f"no {', '.join(missing)}")


def still(n, ground=GROUND):
    return [ground.astype(np.uint8)] * n


def walk(n, moving, where=(40, 40), ground=GROUND):
    """`n` frames in which a white square of 24 pixels goes to and fro in those frames that are in
    `moving`. It stands still otherwise: in each frame of `moving`, and in no other, something
    moved."""
    frames, steps = [], 0
    for i in range(n):
        steps += i in moving
        x, y = where[0] + 8 * (steps % 2), where[1]
        frame = ground.astype(np.uint8)
        frame[y : y + 24, x : x + 24] = 255
        frames.append(frame)
    return frames


def noisy_walk(n, seed):
    """Frames that keep each threshold busy: grain, and two squares that walk through."""
    rng = np.random.default_rng(seed)
    frames = []
    for i in range(n):
        frame = GROUND + rng.integers(-20, 21, GROUND.shape)
        frame[30:50, (3 * i) % 140 : (3 * i) % 140 + 20] += 90
        frame[(5 * i) % 100 : (5 * i) % 100 + 20, 100:112] -= 50
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    return frames


def encode(path, frames, chain, times=None, fps=FPS, tags=None, audio=False):
    """Writes frames of grey with GStreamer: `chain` is what stands between raw frames and the file.
    `times` are in seconds; several sizes may follow each other."""
    text = f"appsrc name=in format=time ! videoconvert ! {chain} name=mux ! filesink name=out"
    if audio:
        text += " audiotestsrc num-buffers=40 ! audioconvert ! opusenc ! mux."
    pipeline = Gst.parse_launch(text)
    pipeline.get_by_name("out").set_property("location", str(path))
    source, mux = pipeline.get_by_name("in"), pipeline.get_by_name("mux")
    if tags:
        mux.merge_tags(Gst.TagList.new_from_string("taglist," + tags), Gst.TagMergeMode.REPLACE)
    pipeline.set_state(Gst.State.PLAYING)
    size = None
    for i, frame in enumerate(frames):
        if frame.shape != size:
            size = frame.shape
            caps = f"video/x-raw,format=GRAY8,width={size[1]},height={size[0]},framerate={fps}/1"
            source.set_property("caps", Gst.Caps.from_string(caps))
        buffer = Gst.Buffer.new_wrapped(np.ascontiguousarray(frame).tobytes())
        buffer.pts = round((times[i] if times else i / fps) * Gst.SECOND)
        last = i + 1 == len(frames)
        following = times[i + 1] if times and not last else None
        length = following - times[i] if following is not None else 1 / fps
        buffer.duration = round(length * Gst.SECOND)
        source.emit("push-buffer", buffer)
    source.emit("end-of-stream")
    message = pipeline.bus.timed_pop_filtered(
        60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    if not message or message.type != Gst.MessageType.EOS:
        raise RuntimeError(message.parse_error().debug if message else "encoding takes too long")
    return path


def lossless(path, frames, **more):
    """What is drawn is what is seen: MJPEG would show motion where there is none."""
    return encode(path, frames, "video/x-raw,format=GRAY8 ! avenc_ffv1 ! matroskamux", **more)


class Test(unittest.TestCase):
    """Runs in a directory of its own."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = pathlib.Path(holder.name)

    def command(self, *args):
        return [str(TOOL), *map(str, args)]

    def tool(self, *args, code=0, **more):
        """Runs it in that directory; what it said, out and err."""
        ran = subprocess.run(
            self.command(*args), cwd=self.dir, capture_output=True, text=True, timeout=60, **more
        )
        said = ran.stdout + ran.stderr
        self.assertEqual(ran.returncode, code, f"{args}: {said}")
        self.assertNotIn("CRITICAL", said)
        return ran

    def start(self, *args, **more):
        return subprocess.Popen(
            self.command(*args), cwd=self.dir, stderr=subprocess.PIPE, text=True, **more
        )

    def json(self, *args, **more):
        """Runs it and reads the JSON of the run."""
        self.tool("-q", "--json", "out.json", *args, **more)
        return json.loads((self.dir / "out.json").read_text())

    def refused(self, *args, code=2, **more):
        """What it says against a run."""
        return self.tool(*args, code=code, **more).stderr

    def counts(self, path):
        """The events of each pixel in a state."""
        state = read_state(self.dir / path)
        return np.array(state["counts"]).reshape(state["height"], state["width"])

    def interrupt(self, process, sig=signal.SIGINT):
        process.send_signal(sig)
        process.communicate(timeout=30)
        return process.returncode
