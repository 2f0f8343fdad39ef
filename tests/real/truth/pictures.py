# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is done to pictures here: numpy arrays (height, width), grey levels in float32 or uint8."""
import math

import numpy as np

WIDTH, HEIGHT = 640, 360
MARGIN = 112  # pixels by which a camera may look past the picture's edge, where it is mirrored


def to_grey(picture):
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def blur(picture, sigma):
    """Convolved with a Gaussian; the edge is mirrored."""
    radius = math.ceil(4 * sigma)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in 0, 1:
        pad = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(np.asarray(picture, np.float32), pad, mode="reflect")
        size = picture.shape[axis]
        parts = (np.take(padded, range(i, i + size), axis) for i in range(2 * radius + 1))
        picture = sum(weight * part for weight, part in zip(weights, parts))
    return picture


def near(mask, distance):
    """The pixels that are at most so many pixels from one of the mask."""
    height, width = mask.shape
    padded = np.pad(mask, distance)
    result = np.zeros_like(mask)
    for dy in range(2 * distance + 1):
        reach = math.isqrt(distance**2 - (dy - distance) ** 2)
        rows = padded[dy : dy + height]
        for dx in range(distance - reach, distance + reach + 1):
            result |= rows[:, dx : dx + width]
    return result


def _cubic(fraction):
    """Weights of the four samples around a place, the second of which it lies `fraction` behind
    (Keys 1981, a = -1/2)."""
    f = np.asarray(fraction, np.float32)
    f2, f3 = f * f, f * f * f
    return (
        (2 * f2 - f3 - f) / 2,
        (3 * f3 - 5 * f2 + 2) / 2,
        (4 * f2 - 3 * f3 + f) / 2,
        (f3 - f2) / 2,
    )


def _mirrored(picture):
    return np.pad(picture, MARGIN, mode="reflect").astype(np.float32)


def shifted(picture, dx, dy):
    """The picture moved right and down by parts of a pixel, bicubic."""
    height, width = picture.shape
    left, top = math.floor(-dx), math.floor(-dy)
    padded = _mirrored(picture)[MARGIN + top - 1 :, MARGIN + left - 1 :]
    columns = _cubic(-dx - left)
    rows = _cubic(-dy - top)
    wide = sum(w * padded[i : i + height] for i, w in enumerate(rows))
    return sum(w * wide[:, i : i + width] for i, w in enumerate(columns))


def sampled(picture, x, y):
    """The picture at the places (x, y), arrays of one shape, bicubic."""
    padded = _mirrored(picture)
    height, width = padded.shape
    x = np.clip(x + np.float32(MARGIN), 1, width - 3)
    y = np.clip(y + np.float32(MARGIN), 1, height - 3)
    left, top = x.astype(np.int32), y.astype(np.int32)
    columns, rows = _cubic(x - left), _cubic(y - top)
    flat = padded.ravel()
    first = (top - 1) * width + left - 1
    return sum(
        row * sum(column * flat.take(first + (i * width + j)) for j, column in enumerate(columns))
        for i, row in enumerate(rows)
    )


def places():
    """x and y of each pixel, to be moved and given to `sampled`."""
    return np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))


def fractal(height, width, rng, slope=1.0):
    """Texture at all scales, as nature has it: amplitude falls as 1 / frequency^slope. Mean 0,
    standard deviation 1; its edges fit together."""
    spectrum = np.fft.rfft2(rng.standard_normal((height, width)))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1
    spectrum /= frequency**slope
    spectrum[0, 0] = 0
    texture = np.fft.irfft2(spectrum, (height, width))
    return (texture / texture.std()).astype(np.float32)
