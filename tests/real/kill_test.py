#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kills a camera's process again and again while it saves its state: nothing saved is ever lost."""
import importlib.util
import multiprocessing
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # pylint: disable=wrong-import-position

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("reader", sys.argv[1])
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)

CAMERAS = 4
KILLS = 50  # of each camera
INTERVAL = 10  # frames between two saves
LONGEST = 50  # frames from the first one to the kill
# Every pixel moves in each frame but the first one of a run. A message tells of each frame.
PIPELINE = (
    "videotestsrc is-live=true pattern=blink"
    " ! video/x-raw,format=GRAY8,width=40,height=24,framerate=100/1"
    " ! motionheatmap interval=0 message-width=1 state-interval=100000000 state-location={}"
    " ! fakesink"
)


def play(state, pipe):
    """Tells the pipe of each frame and each saved state, until it is killed."""
    signal.alarm(60)
    pipeline = Gst.parse_launch(PIPELINE.format(state))
    pipeline.set_state(Gst.State.PLAYING)
    wanted = Gst.MessageType.ELEMENT | Gst.MessageType.WARNING | Gst.MessageType.ERROR
    while True:
        message = pipeline.bus.timed_pop_filtered(Gst.CLOCK_TIME_NONE, wanted)
        fields = message.get_structure()
        if fields.has_name("motionheatmap"):
            line = str(fields.get_value("frames"))
        elif fields.has_name("motionheatmap-state"):
            line = "saved"
        elif fields.has_name("motionheatmap-event"):
            continue
        else:
            line = fields.to_string()
        os.write(pipe, f"{line}\n".encode())


class Camera:
    """A process that is killed and started again, and what is known of its state."""

    def __init__(self, state, seed):
        self.state = state
        self.random = random.Random(seed)
        self.frames = 0  # in the file
        self.events = 0  # of each pixel, in the file
        self.late = 0  # kills with which more was lost than since the save before the last one

    def run(self):
        """Plays until a random moment and checks what is left."""
        moment = self.random.randrange(LONGEST)
        delay = self.random.random() / 100
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                play(self.state, write_end)
            finally:
                os._exit(1)
        os.close(write_end)
        shown = []
        saves = 0
        with os.fdopen(read_end) as lines:
            for line in lines:
                if line == "saved\n":
                    saves += 1
                    continue
                shown.append(int(line))
                if len(shown) == moment + 1:
                    time.sleep(delay)
                    os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL, shown
        self.check(shown, saves)

    def check(self, shown, saves):
        """`shown` are the counts of frames in messages, `saves` the messages of saved states."""
        # It went on with all that was in the file.
        assert shown == list(range(self.frames + 1, self.frames + 1 + len(shown))), shown
        frames, events = self.frames, self.events
        if self.state.exists():
            state = reader.read_state(self.state)
            frames = state["frames"]
            (events,) = set(state["counts"])
        # What was told to be saved is there: the n-th save comes after n intervals or more.
        assert frames >= self.frames + INTERVAL * saves, (frames, self.frames, saves)
        # And it is whole: of each run all frames but the first one had motion.
        assert events - self.events == max(frames - self.frames - 1, 0), (events, frames)
        self.late += shown[-1] - frames >= 2 * INTERVAL
        self.frames, self.events = frames, events


def kill_often(state, seed):
    camera = Camera(state, seed)
    for _ in range(KILLS):
        camera.run()
    return camera.frames, camera.late


class Kill(unittest.TestCase):
    def test_nothing_saved_is_lost(self):
        Gst.init(None)
        # Loaded before the processes fork: that takes longer than all else.
        self.assertIsNotNone(Gst.ElementFactory.make("motionheatmap"))
        with tempfile.TemporaryDirectory() as folder:
            states = [pathlib.Path(folder) / str(seed) / "heat.state" for seed in range(CAMERAS)]
            for state in states:
                state.parent.mkdir()
            with multiprocessing.get_context("fork").Pool(CAMERAS) as pool:
                results = pool.starmap(kill_often, zip(states, range(CAMERAS)))
            for state, (frames, late) in zip(states, results):
                # No file was set aside. What a kill may leave is the file being written.
                for path in state.parent.iterdir():
                    self.assertRegex(path.name, r"^heat\.state(\.[A-Z0-9]{6})?$")
                self.assertGreater(frames, KILLS * LONGEST / 8)
                self.assertLess(late, KILLS / 4)  # a busy machine saves late now and then


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
