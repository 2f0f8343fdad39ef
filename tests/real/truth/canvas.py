# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws things with soft edges at fractions of pixels, and keeps which pixels truly move."""
import math

import numpy as np

from . import pictures

REACH = 3  # pixels that a soft edge may reach beyond a shape, unless it is told to be softer


def capsule(ax, ay, bx, by, radius, end_radius=None):
    """A stroke from a to b. A shape is its box and its signed distance, negative inside."""
    end_radius = radius if end_radius is None else end_radius
    most = max(radius, end_radius)
    box = min(ax, bx) - most, min(ay, by) - most, max(ax, bx) + most, max(ay, by) + most
    length = max((bx - ax) ** 2 + (by - ay) ** 2, 1e-6)

    def distance(x, y):
        along = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0, 1)
        off = np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))
        return off - (radius + along * (end_radius - radius))

    return box, distance


def disc(x, y, radius):
    return capsule(x, y, x, y, radius)


def block(x, y, width, height, corner=1.0, slant=0.0):
    """A rectangle around (x, y) with round corners; `slant` narrows it towards its top."""
    box = x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def distance(px, py):
        narrower = slant * (y + height / 2 - py)
        dx = np.abs(px - x) - (width / 2 - narrower) + corner
        dy = np.abs(py - y) - height / 2 + corner
        outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
        return outside + np.minimum(np.maximum(dx, dy), 0) - corner

    return box, distance


class Canvas:
    """A frame that is being painted, from what is far to what is near: `grey`, and in `moves` the
    pixels that show something that truly moves, its shadow included."""

    def __init__(self, background):
        self.grey = background.copy()
        self.moves = np.zeros(background.shape, bool)

    def paint(self, shape, grey, opacity=1.0, edge=1.2, moves=True):
        """`grey` is a level or a function of the places; `edge` pixels wide is the edge."""
        (left, top, right, bottom), distance = shape
        reach = max(REACH, edge)
        height, width = self.grey.shape
        left, top = max(0, math.floor(left - reach)), max(0, math.floor(top - reach))
        right, bottom = min(width, math.ceil(right + reach)), min(height, math.ceil(bottom + reach))
        if left >= right or top >= bottom:
            return
        x = np.arange(left, right, dtype=np.float32)[None, :]
        y = np.arange(top, bottom, dtype=np.float32)[:, None]
        cover = opacity * np.clip(0.5 - distance(x, y) / edge, 0, 1)
        there = self.grey[top:bottom, left:right]
        there += (np.asarray(grey(x, y) if callable(grey) else grey, np.float32) - there) * cover
        self.moves[top:bottom, left:right] |= (cover > 0.05) & moves

    def lay(self, picture, cover, left, top, moves=False):
        """A picture over a part of the frame, where `cover` (0 to 1) says so."""
        height, width = picture.shape
        there = self.grey[top : top + height, left : left + width]
        there += (picture - there) * cover
        here = self.moves[top : top + height, left : left + width]
        here[cover > 0.5] = moves

    def frame(self):
        return pictures.to_grey(self.grey)


class Walker:
    """Somebody who walks: feet at (x, y), so many pixels tall."""

    def __init__(self, start, feet, height, speed, coat, trousers, skin=150):
        """`speed` in body heights a second, to the left if negative; `coat` and the others are
        grey levels."""
        self.start, self.feet, self.height, self.speed = start, feet, height, speed
        self.coat, self.trousers, self.skin = coat, trousers, skin

    def draw(self, canvas, seconds, shadow=0.25):
        way = self.speed * seconds  # in body heights
        self.draw_at(canvas, self.start + way * self.height, way, shadow)

    def draw_at(self, canvas, x, way, shadow=0.25):
        """`way`: how far the walker has come, in body heights: what the legs do."""
        h, foot = self.height, self.feet
        side = math.copysign(1, self.speed)
        phase = 2 * math.pi * abs(way) / 0.85
        if shadow:
            thrown = capsule(x, foot, x + 0.5 * h, foot - 0.06 * h, 0.05 * h)
            canvas.paint(thrown, 25, shadow, edge=max(1.5, 0.08 * h))
        hip = foot - 0.49 * h - 0.012 * h * abs(math.cos(phase))
        shoulder = hip - 0.32 * h

        def leg(swing, lift):
            knee_x, knee_y = x + side * 0.25 * h * math.sin(swing), hip + 0.25 * h * math.cos(swing)
            shin = swing - lift
            foot_x, foot_y = knee_x + side * 0.24 * h * math.sin(
                shin
            ), knee_y + 0.24 * h * math.cos(shin)
            grey = 0.85 * self.trousers if lift else self.trousers
            canvas.paint(capsule(x, hip, knee_x, knee_y, 0.065 * h, 0.048 * h), grey)
            canvas.paint(capsule(knee_x, knee_y, foot_x, foot_y, 0.045 * h, 0.032 * h), grey)
            canvas.paint(capsule(foot_x, foot_y, foot_x + side * 0.07 * h, foot_y, 0.024 * h), 40)

        def arm(swing, grey):
            elbow_x = x + side * 0.16 * h * math.sin(swing)
            elbow_y = shoulder + 0.03 * h + 0.16 * h * math.cos(swing)
            hand_x = elbow_x + side * 0.14 * h * math.sin(swing + 0.35)
            hand_y = elbow_y + 0.14 * h * math.cos(swing + 0.35)
            canvas.paint(capsule(x, shoulder + 0.03 * h, elbow_x, elbow_y, 0.038 * h), grey)
            canvas.paint(capsule(elbow_x, elbow_y, hand_x, hand_y, 0.032 * h, 0.026 * h), grey)
            canvas.paint(disc(hand_x, hand_y, 0.026 * h), self.skin)

        def cloth(px, py):
            across, down = (px - x) / h, (py - shoulder) / h
            folds = 4 * np.sin(47 * across + 9 * down) + 3 * np.sin(31 * down + 1 + 20 * across)
            return self.coat * (1 - 0.9 * across) + folds * min(1, h / 40)

        swing = 0.5 * math.sin(phase)
        arm(swing, 0.8 * self.coat)
        leg(-swing, 0.7 * max(0.0, -math.cos(phase)))
        leg(swing, 0.7 * max(0.0, math.cos(phase)))
        canvas.paint(
            capsule(x, hip, x + side * 0.01 * h, shoulder + 0.03 * h, 0.088 * h, 0.1 * h), cloth
        )
        head = shoulder - 0.115 * h
        canvas.paint(capsule(x, shoulder, x, head, 0.035 * h), self.skin)
        canvas.paint(disc(x + side * 0.01 * h, head, 0.062 * h), self.skin)
        canvas.paint(
            capsule(x - side * 0.02 * h, head - 0.02 * h, x, head - 0.035 * h, 0.055 * h), 45
        )
        arm(-swing, 1.05 * self.coat)


class Car:
    """A car seen from its side, so many pixels long, its wheels on the line `ground`."""

    def __init__(self, start, ground, length, speed, paint):
        """`speed` in pixels a second, to the left if negative."""
        self.start, self.ground, self.length, self.speed, self.paint = (
            start,
            ground,
            length,
            speed,
            paint,
        )

    def draw(self, canvas, seconds):
        length, ground = self.length, self.ground
        x = self.start + self.speed * seconds
        side = math.copysign(1, self.speed)
        height = 0.36 * length

        def metal(px, py):
            up = (ground - py) / height
            return self.paint * (0.72 + 0.35 * up) + 12 * np.exp(-(((up - 0.52) / 0.05) ** 2))

        def glass(px, py):
            return 45 + 60 * (ground - py) / height + 8 * np.sin((px - x) * 9 / length)

        canvas.paint(block(x, ground, 1.02 * length, 0.05 * height, 2), 15, 0.6, edge=0.06 * length)
        roof = x - side * 0.06 * length
        canvas.paint(
            block(roof, ground - 0.76 * height, 0.62 * length, 0.48 * height, 0.06 * length, 0.45),
            metal,
        )
        for part in -0.135, 0.135:
            pane = block(
                roof + part * length, ground - 0.76 * height, 0.22 * length, 0.32 * height, 4, 0.22
            )
            canvas.paint(pane, glass)
        canvas.paint(block(x, ground - 0.35 * height, length, 0.42 * height, 0.07 * length), metal)
        canvas.paint(
            block(x, ground - 0.34 * height, 0.008 * length, 0.38 * height, 1), 0.55 * self.paint
        )
        canvas.paint(block(x, ground - 0.19 * height, 0.97 * length, 0.05 * height, 2), 50)
        for part in -0.31, 0.31:
            wheel = x + part * length
            canvas.paint(disc(wheel, ground - 0.17 * height, 0.085 * length), 30)
            canvas.paint(disc(wheel, ground - 0.17 * height, 0.05 * length), 120)
            turn = self.speed * seconds / (0.085 * length)
            for spoke in range(5):
                angle = turn + spoke * 2 * math.pi / 5
                end = wheel + 0.045 * length * math.cos(
                    angle
                ), ground - 0.17 * height + 0.045 * length * math.sin(angle)
                canvas.paint(capsule(wheel, ground - 0.17 * height, *end, 0.008 * length), 60)
        canvas.paint(disc(x + side * 0.47 * length, ground - 0.42 * height, 0.025 * length), 235)
        canvas.paint(disc(x - side * 0.48 * length, ground - 0.42 * height, 0.02 * length), 90)
