# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bad cameras do to a clip. Each trouble makes a generator of frames, uint8, out of frames,
seeded; or, where a codec has a hand in it, a pipeline that the frames go through."""
from dataclasses import dataclass, field
from typing import Callable

import numpy as np

from . import pictures
from .caption import caption
from .pictures import HEIGHT, WIDTH, to_grey

SEED = 1
PAN = 40  # frames between two pans: a pan takes a quarter of that


@dataclass(frozen=True)
class Goal:
    """What a cure has to reach: at most so many false events, at least such shares. `left`: at most
    so much of the false events that there are by default."""

    false: float = float("inf")
    kept: float = 0
    r: float = 0
    left: float = float("inf")
    blind: float = float("inf")  # seconds without an event while something truly moves

    def missed(self, score, by_default):
        """Which of the scores false, kept, r and blind do not reach it."""
        false = score.false > self.false
        if by_default:
            false |= score.false > self.left * by_default.false
        return false, score.kept < self.kept, score.r < self.r, score.blind > self.blind


@dataclass(frozen=True)
class Trouble:
    name: str
    group: str
    cure: str  # properties of the element
    goal: Goal
    make: Callable = None  # frames -> frames
    preset: str = "outdoor"
    bitrate: int = 0  # in kbit/s: the clip goes through H.264
    damaged: int = 0  # bits of that, in a second
    moves_truth: bool = False  # what truly moves is seen elsewhere: `make` goes for the truth, too
    still: Callable = (
        None  # of a frame's number: whether the camera stood still since the one before
    )
    goals: dict = field(default_factory=dict)  # where a scene has another one

    def goal_for(self, scene):
        return self.goals.get(scene, self.goal)


def _random():
    return np.random.default_rng(SEED)


# Noise


def _gaussian(sigma):
    def make(frames):
        random = _random()
        for frame in frames:
            noise = random.standard_normal(frame.shape, dtype=np.float32)
            yield to_grey(frame + sigma * noise)

    return make


def _sigma_of_sensor(photons=200, read=0.006, most=24):
    """Noise of each level of a picture whose white is so many electrons, with a read noise as part
    of white, seen through a gamma of 2.2: the darker, the steeper is that curve."""
    light = (np.maximum(np.arange(256), 1) / 255) ** 2.2
    slope = 255 / 2.2 * light ** (1 / 2.2 - 1)
    return np.minimum(slope * np.sqrt(light / photons + read**2), most).astype(np.float32)


def _sensor(frames):
    random, sigma = _random(), _sigma_of_sensor()
    for frame in frames:
        yield to_grey(frame + sigma[frame] * random.standard_normal(frame.shape, dtype=np.float32))


# Light


def _lamp(frames, grey=60, period=50):
    for i, frame in enumerate(frames):
        yield to_grey(frame.astype(np.float32) + grey * (i // period % 2))


def _infrared(frames, period=80):
    """By night the picture is flat and bright; after each switch the exposure settles."""
    for i, frame in enumerate(frames):
        night = i // period % 2
        settling = 0.5 * 0.6 ** (i % period) if i >= period else 0
        level = 0.7 * frame + 62 if night else frame.astype(np.float32)
        yield to_grey(level * (1 + settling))


def _exposure(frames, period=70):
    """Now and then the exposure is lost, and found again in steps that overshoot."""
    gains = [1.35, 0.8, 1.16, 0.93, 1.03]
    for i, frame in enumerate(frames):
        step = i % period // 4
        yield to_grey(frame * np.float32(gains[step] if i >= period and step < len(gains) else 1))


def damage(packets, bits):
    """So many bits of a stream of H.264 are others, anywhere but in its first frame. The larger a
    frame the more it gets."""
    random = _random()
    packets = [bytearray(packet) for packet in packets]
    ends = np.cumsum([len(packet) for packet in packets])
    for place in random.integers(ends[0], ends[-1], bits):
        packet = int(np.searchsorted(ends, place, side="right"))
        packets[packet][place - ends[packet]] ^= 1 << random.integers(8)
    return [bytes(packet) for packet in packets]


# Camera


def _shake(sigma, degrees=0.0):
    """Another shift for each frame, and another turn around the middle."""

    def make(frames):
        random = _random()
        x, y = pictures.places()
        for frame in frames:
            dx, dy = sigma * random.standard_normal(2)
            angle = np.radians(
                np.clip(degrees * random.standard_normal(), -2 * degrees, 2 * degrees)
            )
            if not degrees:
                yield to_grey(pictures.shifted(frame, dx, dy))
                continue
            cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
            from_x, from_y = x - np.float32(WIDTH / 2 + dx), y - np.float32(HEIGHT / 2 + dy)
            turned = cos * from_x + sin * from_y, cos * from_y - sin * from_x
            yield to_grey(pictures.sampled(frame, turned[0] + WIDTH / 2, turned[1] + HEIGHT / 2))

    return make


def _rolling(sigma):
    """The rows of a frame are read one after the other, while the camera moves on to where it is
    when the next frame begins."""

    def make(frames):
        random = _random()
        x, y = pictures.places()
        part = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None]
        begin = sigma * random.standard_normal(2)
        for frame in frames:
            end = sigma * random.standard_normal(2)
            dx, dy = (
                b + (e - b) * part for b, e in zip(begin.astype(np.float32), end.astype(np.float32))
            )
            yield to_grey(pictures.sampled(frame, x - dx, y - dy))
            begin = end

    return make


def _captioned(frames):
    for i, frame in enumerate(frames):
        yield caption(frame, i / 25)


def _pan_place(i):
    """How far a pan-tilt head has come by that frame, 0 to 1: back and forth, with rests."""
    turn, part = divmod(i, PAN)
    on_the_way = min(1.0, part / (PAN / 4)) if turn else 1.0
    return on_the_way if turn % 2 else 1 - on_the_way if turn else 0.0


def _pan(frames):
    for i, frame in enumerate(frames):
        place = _pan_place(i)
        yield pictures.shifted(frame, -72 * place, -30 * place).clip(0, 255).astype(frame.dtype)


def _pan_stood(i):
    return _pan_place(i) == _pan_place(i - 1)


def _both(first, second):
    return lambda frames: second(first(frames))


NOISE, SWAY, STABILIZE = "noise-adaptive=true", "sway-filter=true", "stabilize=true"
LIGHT = "light-change-limit=0.5"
SWAYING = ("tree", "flag", "tree.avi")  # clips in which something sways
ALL = " ".join((NOISE, STABILIZE, LIGHT, SWAY))

_little = Goal(false=50, kept=0.95, r=0.94)
_much = Goal(false=100, kept=0.9, r=0.85)
_much_light = Goal(false=100, kept=0.9, r=0.85, blind=1)
_light = Goal(false=50, kept=0.95, r=0.94, blind=1)
_steady = {"goal": Goal(kept=0.97, r=0.97), "goals": {"road": Goal(kept=0.97, r=0.92)}}


def _where_it_sways(r):
    """At most a tenth of the sway may be left."""
    scenes = dict.fromkeys(SWAYING, Goal(left=0.1, kept=0.95, r=r))
    return {"goal": Goal(kept=0.95, r=r), "goals": scenes}


TROUBLES = [
    # Where nothing is wrong nothing must be lost.
    Trouble("none", "nothing", NOISE, Goal(kept=0.99, r=0.999)),
    Trouble("none", "nothing", STABILIZE, Goal(kept=0.99, r=0.997)),
    Trouble("none", "nothing", LIGHT, Goal(kept=0.99, r=0.999)),
    Trouble("sway", "sway", SWAY, **_where_it_sways(0.97)),
    Trouble("sway, everything on", "sway", ALL, **_where_it_sways(0.94)),
    Trouble(
        "sway, and noise, sigma 6",
        "sway",
        f"{NOISE} {SWAY}",
        make=_gaussian(6),
        **_where_it_sways(0.94),
    ),
    Trouble(
        "sway, and shake, sigma 0.5",
        "sway",
        f"{STABILIZE} {SWAY}",
        make=_shake(0.5),
        **_where_it_sways(0.92),
    ),
    Trouble("noise, sigma 6", "noise", NOISE, _little, _gaussian(6)),
    Trouble("noise, sigma 12", "noise", NOISE, _little, _gaussian(12), "night"),
    Trouble("noise, sigma 20", "noise", NOISE, _much, _gaussian(20), "night"),
    Trouble("noise, more in the dark", "noise", NOISE, _little, _sensor, "night"),
    Trouble(
        "noise, sigma 12, then H.264 of 300 kbit/s",
        "noise",
        NOISE,
        _little,
        _gaussian(12),
        "night",
        bitrate=300,
    ),
    Trouble("lamp on and off", "light", LIGHT, _light, _lamp),
    Trouble("infrared on and off", "light", LIGHT, _light, _infrared),
    Trouble("exposure hunts", "light", LIGHT, _light, _exposure),
    Trouble(
        "a damaged bit a second of H.264",
        "light",
        LIGHT,
        _light,
        _gaussian(4),
        bitrate=1000,
        damaged=1,
    ),
    Trouble("shake, sigma 0.5", "camera", STABILIZE, make=_shake(0.5), **_steady),
    Trouble("shake, sigma 1.5", "camera", STABILIZE, make=_shake(1.5), **_steady),
    Trouble("shake, sigma 3", "camera", STABILIZE, make=_shake(3), **_steady),
    Trouble(
        "shake, sigma 1.5, and turns by up to a degree",
        "camera",
        STABILIZE,
        make=_shake(1.5, 0.5),
        **_steady,
    ),
    Trouble(
        "shake, sigma 1.5, rolling shutter", "camera", STABILIZE, make=_rolling(1.5), **_steady
    ),
    Trouble(
        "shake, sigma 1.5, and a caption",
        "camera",
        STABILIZE,
        Goal(false=1500, kept=0.97, r=0.95),
        _both(_shake(1.5), _captioned),
    ),
    Trouble(
        "pan and tilt",
        "camera",
        STABILIZE,
        Goal(false=1000, kept=0.9, r=0.9),
        _pan,
        moves_truth=True,
        still=_pan_stood,
    ),
    Trouble(
        "noise, sigma 6, and shake, sigma 0.5",
        "pairs",
        f"{NOISE} {STABILIZE}",
        _much,
        _both(_shake(0.5), _gaussian(6)),
    ),
    Trouble(
        "noise, sigma 12, and shake, sigma 1.5",
        "pairs",
        f"{NOISE} {STABILIZE}",
        _much,
        _both(_shake(1.5), _gaussian(12)),
    ),
    Trouble(
        "noise, sigma 12, and a lamp",
        "pairs",
        f"{NOISE} {LIGHT}",
        _much_light,
        _both(_lamp, _gaussian(12)),
        "night",
    ),
    Trouble(
        "shake, sigma 1.5, and a lamp",
        "pairs",
        f"{STABILIZE} {LIGHT}",
        _much_light,
        _both(_lamp, _shake(1.5)),
    ),
]
