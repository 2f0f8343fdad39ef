# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs clips through the element, in a pipeline, and scores its heat against what truly moved."""
import math
import os
import re
import tempfile
from dataclasses import dataclass, field
from fractions import Fraction

import gi
import numpy as np

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402  (the version has to be asked for first)

from . import pictures, scenes  # noqa: E402
from .pictures import HEIGHT, WIDTH  # noqa: E402
from .troubles import damage  # noqa: E402

Gst.init(None)

THRESHOLD = 25  # the element's default
FAR = 8  # pixels from what truly moved, beyond which an event is false
SEEN = 50  # pixels that truly move in a frame, from which on one that counts nothing is blind
BLUR = 5  # sigma in pixels, of both maps before they are correlated
NOTES = ("noise",)  # fields of `stats` that are told beside a score, where the element has them
PATIENCE = 120 * Gst.SECOND


class Failure(Exception):
    pass


@dataclass
class Clip:
    frames: np.ndarray  # (number, height, width), grey
    rate: Fraction  # frames a second
    moves: np.ndarray = None  # of each frame the pixels that truly move; None: all that changes
    times: list = None  # of the frames in ns, if they do not follow the rate
    corrupted: list = None  # of each frame whether the decoder says so
    caps: str = ""  # if it is no grey picture

    def time(self, i):
        return self.times[i] if self.times else round(i * Gst.SECOND / self.rate)


@dataclass
class Truth:
    events: np.ndarray  # of each pixel, that are true
    anywhere: np.ndarray  # the pixels where something truly moves at any time
    of_frame: list = field(default_factory=list)  # how many of them change in each frame


@dataclass
class Score:
    false: float  # events on a million pixels far from true motion, in a frame
    kept: float  # share of the truly moving pixels that have heat; NaN if there are none
    r: float  # Pearson's correlation with the true map, both blurred; NaN if there is none
    blind: float = 0  # seconds for which nothing at all was counted while something truly moved
    notes: dict = field(default_factory=dict)


def truth_of(frames, moves=None, still=None):
    """What moved in a clip without trouble: the pixels that changed, as by the element's defaults,
    where something that truly moves is in either frame. `still`: of a frame's number whether it
    may be compared with the one before."""
    events = np.zeros((HEIGHT, WIDTH), np.float32)
    anywhere = np.zeros((HEIGHT, WIDTH), bool)
    of_frame = [0] * len(frames)
    for i in range(1, len(frames)):
        if still and not still(i):
            continue
        changed = np.abs(frames[i].astype(np.int16) - frames[i - 1]) > THRESHOLD
        if moves is not None:
            there = moves[i] | moves[i - 1]
            anywhere |= there
            changed &= there
        events += changed
        of_frame[i] = np.count_nonzero(changed)
    return Truth(events, anywhere if moves is not None else events > 0, of_frame)


def score(heat, truth, frames):
    far = ~pictures.near(truth.anywhere, FAR)
    false = 1e6 * heat[far].sum() / max(1, far.sum()) / max(1, frames - 1)
    moving = truth.events > 0
    if not moving.any():
        return Score(float(false), math.nan, math.nan)
    ours, true = (pictures.blur(events, BLUR).ravel() for events in (heat, truth.events))
    r = np.corrcoef(ours, true)[0, 1] if ours.std() > 0 else 0
    return Score(float(false), float((heat[moving] > 0).mean()), float(r))


def blind(clip, truth, motion):
    """The longest time for which nothing was counted while something truly moved, in seconds.
    `motion`: the share that moved, by the frames' times."""
    longest = now = 0
    counted = {time for time, share in motion.items() if share > 0}
    for i, pixels in enumerate(truth.of_frame):
        if pixels >= SEEN:
            now = 0 if round(i * Gst.SECOND / clip.rate) in counted else now + 1
            longest = max(longest, now)
    return float(longest / clip.rate)


# Pipelines


def has_element(name):
    return Gst.ElementFactory.find(name) is not None


def missing_properties(settings):
    """Those that the element does not have."""
    element = Gst.ElementFactory.make("motionheatmap")
    if not element:
        raise Failure("there is no element motionheatmap: set GST_PLUGIN_PATH")
    names = re.findall(r"(?:^|\s)([a-z][a-z0-9-]*)=", settings)
    return [name for name in names if not element.find_property(name)]


def _read(bus, keep, patience=0):
    """Gives the messages of the element to `keep`; true if the stream has ended."""
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.ELEMENT
    while message := bus.timed_pop_filtered(patience, wanted):
        if message.type == Gst.MessageType.ERROR:
            raise Failure(": ".join(str(part) for part in message.parse_error()))
        if message.type == Gst.MessageType.EOS:
            return True
        keep(message.get_structure())
    return False


def _play(pipeline, clip, keep):
    """Pushes a clip through, and reads all the time: messages that nobody reads are left out."""
    pipeline.set_state(Gst.State.PLAYING)
    bus = pipeline.get_bus()
    for _ in _push(pipeline.get_by_name("source"), clip):
        _read(bus, keep)
    if not _read(bus, keep, PATIENCE):
        raise Failure("the pipeline does not come to its end")


def _push(source, clip):
    """Yields after each frame."""
    source.set_property("caps", Gst.Caps.from_string(clip.caps or _caps(clip.rate)))
    for i, frame in enumerate(clip.frames):
        buffer = Gst.Buffer.new_wrapped(bytes(frame))
        buffer.pts = clip.time(i)
        buffer.duration = round(Gst.SECOND / clip.rate)
        if clip.corrupted and clip.corrupted[i]:
            buffer.set_flags(Gst.BufferFlags.CORRUPTED)
        source.emit("push-buffer", buffer)
        yield
    source.emit("end-of-stream")


def _caps(rate):
    return (
        f"video/x-raw,format=GRAY8,width={WIDTH},height={HEIGHT},"
        f"framerate={rate.numerator}/{rate.denominator},pixel-aspect-ratio=1/1"
    )


# All of a clip may wait in it.
SOURCE = "appsrc name=source format=time max-bytes=0"


def heat_of(clip, settings=""):
    """The events of each pixel that the element counts, its `stats` at the end, and the share that
    moved in each frame, by its time."""
    motion = {}

    def keep(told):
        if told.has_name("motionheatmap") and not told.get_value("final"):
            motion[told.get_value("timestamp")] = told.get_value("motion")

    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "heat.tiff")
        pipeline = Gst.parse_launch(
            f"{SOURCE} ! motionheatmap name=heat {settings} output=none "
            f"interval=0 message-width=1 snapshot-location={path} ! fakesink sync=false"
        )
        element = pipeline.get_by_name("heat")
        try:
            _play(pipeline, clip, keep)
            stats = element.get_property("stats")
        finally:
            pipeline.set_state(Gst.State.NULL)
        width, height = (stats.get_value(side) for side in ("width", "height"))
        with open(path, "rb") as file:
            samples = file.read()[-4 * width * height :]  # after the header
    heat = np.frombuffer(samples, np.float32).reshape(height, width)
    scale = math.ceil(WIDTH / width)  # a cell of a smaller analysis stands for its pixels
    return heat.repeat(scale, 0).repeat(scale, 1)[:HEIGHT, :WIDTH], stats, motion


def write_picture(clip, settings, path):
    """The last frame of a clip with the heat on it, in colour."""
    pipeline = Gst.parse_launch(
        f"{SOURCE} ! videoconvert ! video/x-raw,format=I420 ! motionheatmap {settings} "
        f'post-messages=false output=none snapshot-location="{path}" ! fakesink sync=false'
    )
    try:
        _play(pipeline, clip, lambda told: None)
    finally:
        pipeline.set_state(Gst.State.NULL)


def evaluate(clip, truth, settings):
    """The score with these settings; None where the element does not have them."""
    if missing_properties(settings):
        return None
    heat, stats, motion = heat_of(clip, settings)
    result = score(heat, truth, len(clip.frames))
    result.blind = blind(clip, truth, motion)
    notes = {name: stats.get_value(name) for name in NOTES if stats.has_field(name)}
    result.notes = {name: value for name, value in notes.items() if isinstance(value, (int, float))}
    return result


def _pulled(pipeline, sink):
    """The buffers that arrive there, as (bytes, buffer)."""
    buffers = []
    while sample := sink.emit("try-pull-sample", PATIENCE):
        buffer = sample.get_buffer()
        buffers.append((buffer.extract_dup(0, buffer.get_size()), buffer, sample.get_caps()))
    _read(pipeline.get_bus(), lambda told: None, PATIENCE)
    return buffers


def _run(launch, clip=None):
    pipeline = Gst.parse_launch(f"{launch} ! appsink name=sink sync=false")
    pipeline.set_state(Gst.State.PLAYING)
    try:
        if clip:
            for _ in _push(pipeline.get_by_name("source"), clip):
                pass
        return _pulled(pipeline, pipeline.get_by_name("sink"))
    finally:
        pipeline.set_state(Gst.State.NULL)


def _clip_of(buffers, rate):
    frames = [np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH) for data, _, _ in buffers]
    return Clip(
        np.stack(frames),
        rate,
        times=[buffer.pts for _, buffer, _ in buffers],
        corrupted=[buffer.has_flags(Gst.BufferFlags.CORRUPTED) for _, buffer, _ in buffers],
    )


def read_clip(path, frames):
    """The first frames of a video file, in the size of all clips."""
    size = f"video/x-raw,width={WIDTH},height={HEIGHT},pixel-aspect-ratio=1/1"
    buffers = _run(
        f'filesrc location="{os.path.abspath(path)}" ! decodebin ! videoconvert '
        f"! video/x-raw,format=GRAY8 ! videoscale add-borders=false ! {size} "
        f"! identity eos-after={frames + 1}"
    )
    if not buffers:
        raise Failure(f"{path} has no frames")
    known, number, by = buffers[0][2].get_structure(0).get_fraction("framerate")
    rate = Fraction(number, by) if known and number else Fraction(25)
    return Clip(_clip_of(buffers, rate).frames[:frames], rate)


def drawn_clip(name, frames):
    pictures_of_it, moves = scenes.draw(name, frames)
    return Clip(pictures_of_it, Fraction(scenes.RATE), moves)


def through_h264(clip, trouble):
    """Encoded as cameras do, and decoded."""
    encoded = _run(
        f"{SOURCE} ! videoconvert ! video/x-raw,format=I420 "
        f"! x264enc bitrate={trouble.bitrate} speed-preset=veryfast bframes=0 threads=1 "
        f"key-int-max={round(2 * clip.rate)} ! video/x-h264,stream-format=byte-stream,alignment=au",
        clip,
    )
    packets = [data for data, _, _ in encoded]
    if trouble.damaged:
        packets = damage(packets, round(trouble.damaged * len(clip.frames) / clip.rate))
    times = [buffer.pts for _, buffer, _ in encoded]
    stream = Clip(packets, clip.rate, times=times, caps=encoded[0][2].to_string())
    decoded = _run(
        f"{SOURCE} ! h264parse ! avdec_h264 max-threads=1 ! videoconvert "
        "! video/x-raw,format=GRAY8",
        stream,
    )
    result = _clip_of(decoded, clip.rate)
    # The encoder begins later, so that no time is negative.
    result.times = [time - times[0] for time in result.times]
    return result


def troubled(clip, trouble):
    """The clip with the trouble, and what truly moves in it; None if a codec is missing."""
    if trouble.bitrate and not has_element("x264enc"):
        return None
    make = trouble.make or iter
    if trouble.moves_truth:
        moves = None if clip.moves is None else list(make(clip.moves))
        truth = truth_of(list(make(clip.frames)), moves, trouble.still)
    else:
        truth = truth_of(clip.frames, clip.moves)
    bad = Clip(np.stack(list(make(clip.frames))), clip.rate)
    return (through_h264(bad, trouble) if trouble.bitrate else bad), truth
