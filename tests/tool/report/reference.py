# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the page has to show, written from docs/element.md and not from the page's scripts. A map is a
list of rows of events; a look is that of the page's data."""
import math
import struct


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def index_of(events, full, curve):
    if full <= 0 or events <= 0:
        return 0
    quotient = float32(events / float32(full))
    on_curve = {
        "linear": lambda: float32(quotient * 255),
        "sqrt": lambda: float32(float32(math.sqrt(quotient)) * 255),
        "log": lambda: 255 * math.log(1 + 255 * quotient) / math.log(256),
    }
    return min(255, int(on_curve[curve]()))


def full_scale(rows, look):
    smooth = look["smoothing"] > 0
    hot = sorted(value for row in rows for value in row if value > (0.05 if smooth else 0))
    full = look["full-scale"]
    if look["normalization"] == "max":
        full = hot[-1] if hot else 0
    elif look["normalization"] == "percentile":
        full = hot[max(1, math.ceil(len(hot) * look["percentile"] / 100)) - 1] if hot else 0
    if smooth and full > 0:
        full = 2 ** (round(math.log2(full) * 128) / 128)
    return full


def blurred(line, sigma):
    """A line of values, mirrored at its ends without repeating them, as OpenCV's default has it."""
    reach = max(1, math.ceil(4 * sigma))
    weights = [math.exp(-i * i / (2 * sigma * sigma)) for i in range(-reach, reach + 1)]
    total, last = sum(weights), len(line) - 1

    def value(place):
        while not 0 <= place <= last:
            place = -place if place < 0 else 2 * last - place
        return line[place]

    window = range(-reach, reach + 1)
    return [
        sum(weight * value(x + i) for i, weight in zip(window, weights)) / total
        for x in range(len(line))
    ]


def smoothed(rows, radius, width, height):
    """Smoothed by a Gaussian of sigma radius / 2 pixels of a picture of that size."""
    if radius == 0:
        return rows
    sigma_x = radius / 2 * len(rows[0]) / width
    sigma_y = radius / 2 * len(rows) / height
    across = [blurred(row, sigma_x) for row in rows]
    return list(zip(*(blurred(column, sigma_y) for column in zip(*across))))


def between(place, cells, pixels):
    """The cells that a pixel's centre lies between, and the part of the second in 256."""
    at = (place + 0.5) * cells / pixels - 0.5
    first = math.floor(at)
    return max(first, 0), min(first + 1, cells - 1), math.floor((at - first) * 256 + 0.5)


class Shown:
    """A map as it is shown on a picture of this size."""

    def __init__(self, rows, look, width, height, is_coarse=False):
        self.look, self.width, self.height = look, width, height
        rows = smoothed(rows, look["smoothing"], width, height)
        self.full = full_scale(rows, look)
        self.indices = [
            [index_of(value, self.full, look["curve"]) for value in row] for row in rows
        ]
        self.interpolates = is_coarse or look["smoothing"] > 0

    def index(self, x, y):
        columns, rows = len(self.indices[0]), len(self.indices)
        if not self.interpolates:
            return self.indices[y * rows // self.height][x * columns // self.width]
        left, right, part_x = between(x, columns, self.width)
        above, below, part_y = between(y, rows, self.height)
        total = 0
        for row, weight in (above, 256 - part_y), (below, part_y):
            line = self.indices[row]
            total += weight * (line[left] * (256 - part_x) + line[right] * part_x)
        return (total + 32768) >> 16

    def pixel(self, x, y, under, colors):
        index, opacity = self.index(x, y), self.look["opacity"]
        weight = 255
        if self.look["blend"] == "heat":
            weight = min(255, round(index * 255 / 191.25))
        if index < self.look["display-threshold"]:
            weight = 0
        color = colors[3 * index : 3 * index + 3]
        joined = [round(u * (1 - opacity) + c * opacity) for u, c in zip(under, color)]
        return [(u * (255 - weight) + j * weight + 127) // 255 for u, j in zip(under, joined)]
