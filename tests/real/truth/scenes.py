# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scenes that are drawn, so that what truly moves in them is known exactly. Each one is a class
with `canvas(seconds)`: the picture at a time, and which of its pixels truly move. Lengths are in
pixels, the picture is 640 x 360, and all that is random has a seed."""
import math

import numpy as np

from . import pictures
from .canvas import Canvas, Car, Walker, block, capsule, disc
from .pictures import HEIGHT, WIDTH

RATE = 25  # frames a second
FINE = 3  # backgrounds are drawn so many times larger


class Backdrop:
    """A background: textures at all scales, and hard edges that the lens makes soft."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.grey = np.zeros((HEIGHT * FINE, WIDTH * FINE), np.float32)
        self.y, self.x = (
            np.arange(size * FINE, dtype=np.float32).reshape(shape) / FINE
            for size, shape in ((HEIGHT, (-1, 1)), (WIDTH, (1, -1)))
        )

    def texture(self, slope=1.0):
        return pictures.fractal(*self.grey.shape, self.rng, slope)

    def fill(self, where, grey):
        self.grey[:] = np.where(where, grey, self.grey)

    def box(self, left, top, right, bottom, grey):
        rows = slice(round(top * FINE), round(bottom * FINE))
        columns = slice(round(left * FINE), round(right * FINE))
        part = self.grey[rows, columns]
        part[:] = grey[rows, columns] if np.ndim(grey) else grey

    def ground(self, horizon, grey, stone, joint):
        """Paving in perspective below the horizon: each stone has its own grey."""
        depth = np.maximum(self.y - horizon, 1)
        along = 2600 / depth
        across = (self.x - WIDTH / 2) * 14 / depth
        u, v = np.floor(across).astype(np.int32), np.floor(along).astype(np.int32)
        own = ((u * 7919 + v * 104729) % 97) / 48.0 - 1
        near_joint = (across - u < 0.05) | (along - v < 0.05)
        fade = np.clip(depth / 120, 0, 1)
        paving = (
            grey
            + fade * (stone * own - joint * near_joint)
            + 6 * self.texture(0.7)
            + 7 * self.texture(1.2)
        )
        self.fill(self.y >= horizon, paving)

    def done(self):
        parts = self.grey.reshape(HEIGHT, FINE, WIDTH, FINE).mean((1, 3))
        return pictures.blur(parts, 0.6)


class Yard:
    """A paved yard before a house; people of many sizes cross it, one dressed like the paving."""

    def __init__(self):
        back = Backdrop(11)
        bricks = (
            118
            + 10 * back.texture(1.1)
            - 16 * ((back.y % 7 < 1) | ((back.x + 9 * (back.y // 7 % 2)) % 18 < 1))
        )
        back.grey[:] = bricks
        for left in range(30, 620, 92):
            back.box(left - 3, 17, left + 47, 74, 176)
            back.box(left, 20, left + 44, 71, 52 + 9 * back.texture(1.4))
            back.box(left + 21, 20, left + 23, 71, 170)
        back.box(0, 92, WIDTH, 100, 82 + 5 * back.texture(0.8))
        back.ground(100, 138, 9, 26)
        hedge = 74 + 30 * back.texture(0.6)
        back.fill((back.y > 78) & (back.y < 128) & (back.x > 470) & (back.x < 600), hedge)
        self.background = back.done()
        self.walkers = [
            Walker(230, 132, 17, 0.82, 45, 60),
            Walker(300, 134, 18, -0.75, 220, 50),
            Walker(80, 168, 34, 0.85, 30, 70),
            Walker(420, 190, 42, -0.8, 205, 60),
            Walker(640, 232, 63, -0.9, 128, 118),  # like the paving
            Walker(-60, 300, 92, 0.85, 55, 35),
            Walker(700, 346, 118, -0.82, 190, 80),
        ]

    def canvas(self, seconds):
        canvas = Canvas(self.background)
        for walker in self.walkers:
            walker.draw(canvas, seconds)
        return canvas


class Road:
    """A plain road that fills most of the picture; cars of up to a third of it."""

    def __init__(self):
        back = Backdrop(12)
        back.grey[:] = 95 + 22 * back.texture(0.9)  # bushes
        back.fill(back.y > 58, 150 + 5 * back.texture(0.8) - 14 * ((back.x + back.y) % 40 < 1))
        back.fill(back.y > 84, 104 + 2.2 * back.texture(0.3) + 2.5 * back.texture(1.4))
        back.box(0, 82, WIDTH, 85, 186)
        for left in range(-40, WIDTH, 150):
            back.box(max(0, left), 178, left + 70, 182, 196)
        back.box(540, 0, 546, 84, 60)
        self.background = back.done()
        self.cars = [
            Car(700, 158, 210, -150, 168),
            Car(1500, 160, 230, -150, 62),
            Car(-260, 330, 470, 170, 200),
            Car(-1250, 334, 480, 190, 70),
        ]

    def canvas(self, seconds):
        canvas = Canvas(self.background)
        for car in self.cars:
            car.draw(canvas, seconds)
        return canvas


class Room:
    """A room; one person comes, stands and moves an arm, and goes."""

    def __init__(self):
        back = Backdrop(13)
        back.grey[:] = 178 - 0.05 * back.x + 2.5 * back.texture(1.3)
        back.fill(back.y > 262, 112 - 0.1 * (back.y - 262) + 9 * back.texture(1.2))
        back.fill(
            (back.y > 262) & (np.abs((back.x - 320) / np.maximum(back.y - 180, 1) * 3 % 1) < 0.04),
            84,
        )
        back.box(0, 254, WIDTH, 262, 205)
        back.box(40, 40, 196, 254, 88)
        for shelf in range(4):
            left = 46.0
            while left < 184:
                wide = 4 + 7 * back.rng.random()
                tall = 28 + 14 * back.rng.random()
                foot = 90 + 53 * shelf
                back.box(
                    left, foot - tall, min(left + wide, 190), foot, 40 + 180 * back.rng.random()
                )
                left += wide + 1
        back.box(440, 50, 590, 170, 236 + 6 * back.texture(1.4))
        for left in 440, 513, 586:
            back.box(left, 48, left + 5, 172, 214)
        back.box(270, 70, 350, 130, 70)
        back.box(275, 75, 345, 125, 140 + 35 * back.texture(1.3))
        back.box(470, 230, 620, 240, 74)
        back.box(478, 240, 486, 300, 66)
        back.box(604, 240, 612, 300, 66)
        self.background = back.done()
        self.person = Walker(0, 338, 236, 0.5, 64, 92, 168)

    def canvas(self, seconds):
        canvas = Canvas(self.background)
        # Comes within four seconds, stays for three, and goes.
        way = min(seconds, 4.0) * 105 + max(0.0, seconds - 7) * 105
        x = -60 + way
        self.person.draw_at(canvas, x, way / self.person.height, shadow=0.2)
        if 4 <= seconds < 7:
            lift = math.sin((seconds - 4) * math.pi / 3) * (1 + 0.2 * math.sin(9 * seconds))
            shoulder = 338 - 0.78 * 236
            end = x + 82 * math.sin(0.4 + 1.6 * lift), shoulder + 76 * math.cos(0.4 + 1.6 * lift)
            canvas.paint(capsule(x, shoulder, *end, 9, 6), 70)
            canvas.paint(disc(*end, 7), 168)
        return canvas


class Leaves:
    """The crown of a tree that sways: leaves drawn once, then bent by the wind, each part of the
    crown in a time of its own."""

    def __init__(self, left, top, width, height, seed):
        self.left, self.top = left, top
        rng = np.random.default_rng(seed)
        canvas = Canvas(np.full((height, width), 70, np.float32))
        cover = Canvas(np.zeros((height, width), np.float32))
        for _ in range(1500):
            angle, far = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random()) * (
                0.85 + 0.15 * rng.random()
            )
            x = width / 2 + 0.46 * width * far * math.cos(angle)
            y = height / 2 + 0.44 * height * far * math.sin(angle)
            long, turn = rng.uniform(2, 6), rng.uniform(0, math.pi)
            leaf = capsule(
                x, y, x + long * math.cos(turn), y + long * math.sin(turn), rng.uniform(1.2, 2.8)
            )
            light = 0.6 + 0.4 * (1 - y / height)
            canvas.paint(
                leaf, light * rng.choice([40, 65, 90, 125, 165], p=[0.25, 0.3, 0.25, 0.15, 0.05])
            )
            cover.paint(leaf, 1)
        self.leaves, self.cover = canvas.grey, np.clip(cover.grey, 0, 1)
        self.x, self.y = np.meshgrid(
            np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        )
        self.lag = [
            4 * pictures.blur(pictures.fractal(height, width, rng, 1.6), 4) for _ in range(2)
        ]
        self.loose = 0.6 + 0.4 * np.hypot(self.x / width - 0.5, self.y / height - 0.5)

    def draw(self, canvas, seconds):
        wind = 0.6 + 0.4 * math.sin(0.9 * seconds) * math.sin(0.37 * seconds + 1)
        slow, quick = (2 * math.pi * rate * seconds for rate in (0.55, 1.9))
        along = 2.6 * np.sin(slow + 0.35 * self.lag[0]) + 1.1 * np.sin(quick + self.lag[1])
        across = 0.9 * np.sin(slow + 1 + 0.35 * self.lag[1]) + 0.9 * np.sin(quick + 2 + self.lag[0])
        x = self.x - wind * self.loose * along
        y = self.y - wind * self.loose * across
        leaves, cover = (pictures.sampled(picture, x, y) for picture in (self.leaves, self.cover))
        canvas.lay(leaves, np.clip(cover, 0, 1), self.left, self.top)


class Tree:
    """A tree sways in the wind, and two people walk by, clear of it."""

    def __init__(self):
        back = Backdrop(14)
        back.grey[:] = 205 - 0.15 * back.y + 5 * back.texture(1.8)
        back.fill(back.y > 150 + 6 * np.sin(back.x / 37), 84 + 16 * back.texture(0.8))
        back.ground(205, 132, 6, 16)
        back.box(142, 150, 158, 262, 62 + 10 * back.texture(0.8))
        self.background = back.done()
        self.leaves = Leaves(28, 14, 244, 190, 5)
        self.walkers = [Walker(340, 270, 70, 0.35, 40, 70), Walker(650, 345, 112, -0.3, 200, 60)]

    def canvas(self, seconds):
        canvas = Canvas(self.background)
        for walker in self.walkers:
            walker.draw(canvas, seconds)
        self.leaves.draw(canvas, seconds)
        return canvas


class Flag:
    """A flag on a pole and a tape between two posts flutter; two people walk by, clear of them."""

    def __init__(self):
        back = Backdrop(15)
        back.grey[:] = 196 - 0.1 * back.y + 5 * back.texture(1.8)
        back.fill(back.y > 118, 112 + 12 * back.texture(0.9))
        back.ground(160, 140, 7, 20)
        back.box(98, 12, 103, 250, 70)
        for post in 330, 612:
            back.box(post - 3, 96, post + 3, 176, 60)
        self.background = back.done()
        self.walkers = [Walker(-30, 330, 100, 0.55, 48, 66), Walker(640, 352, 96, -0.6, 185, 90)]

    def canvas(self, seconds):
        canvas = Canvas(self.background)
        self._flag(canvas, seconds)
        self._tape(canvas, seconds)
        for walker in self.walkers:
            walker.draw(canvas, seconds)
        return canvas

    @staticmethod
    def _flag(canvas, seconds):
        wide, tall, left, top = 92, 60, 103, 20

        def wave(x):
            along = (x - left) / wide
            return 5 * along * np.sin(9 * along - 7.5 * seconds), 9 * along - 7.5 * seconds

        def distance(x, y):
            lower, _ = wave(x)
            return np.maximum(
                np.abs(x - left - wide / 2) - wide / 2,
                np.abs(y - lower - top - tall / 2) - tall / 2,
            )

        def cloth(x, y):
            lower, phase = wave(x)
            band = np.clip(np.sin((y - lower - top) * 2 * math.pi / 40) * 6, -1, 1)
            return 130 + 70 * band + 26 * np.cos(phase)

        canvas.paint(((left, top - 8, left + wide, top + tall + 8), distance), cloth, moves=False)

    @staticmethod
    def _tape(canvas, seconds):
        left, right, top = 333, 609, 112

        def middle(x):
            along = (x - left) / (right - left)
            wave = 2.5 * np.sin(17 * along - 8 * seconds) + 1.5 * np.sin(29 * along + 11 * seconds)
            return top + (9 + wave) * np.sin(math.pi * along)

        def distance(x, y):
            return np.maximum(
                np.abs(x - (left + right) / 2) - (right - left) / 2, np.abs(y - middle(x)) - 3
            )

        def stripes(x, y):
            return 140 + 95 * np.clip(4 * np.sin((x + y - middle(x)) * 2 * math.pi / 22), -1, 1)

        canvas.paint(((left, top - 8, right, top + 24), distance), stripes, moves=False)


SCENES = {"yard": Yard, "road": Road, "room": Room, "tree": Tree, "flag": Flag}


def draw(name, frames):
    """The first frames of a scene, and of each the pixels that truly move."""
    scene = SCENES[name]()
    canvases = (scene.canvas(i / RATE) for i in range(frames))
    pairs = [(canvas.frame(), canvas.moves) for canvas in canvases]
    return tuple(np.stack(part) for part in zip(*pairs))
