# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cameras write into their pictures: a name, and a clock that runs."""
import numpy as np

from .pictures import HEIGHT, WIDTH

# Rows of five pixels, from the top.
_GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11111 00010 00100 00010 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "C": "01110 10001 10000 10000 10000 10001 01110",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    ":": "00000 00100 00000 00000 00000 00100 00000",
    "-": "00000 00000 00000 11111 00000 00000 00000",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}
_SIZE = 2  # pixels of the picture for one of a glyph, across and down
_EDGE = 12  # pixels from the text to the picture's edges


def _text(words):
    glyphs = [np.array([list(row) for row in _GLYPHS[c].split()]) == "1" for c in words]
    wide = np.concatenate([np.pad(g, ((1, 1), (1, 0))) for g in glyphs], axis=1)
    return np.pad(wide, ((0, 0), (0, 1))).repeat(_SIZE, 0).repeat(_SIZE, 1)


def _write(picture, words, left, top):
    """White, with a black rim, so that it can be read on everything."""
    ink = _text(words)
    rim = np.zeros_like(ink)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            rim |= np.roll(ink, (dy, dx), (0, 1))
    part = picture[top : top + ink.shape[0], left : left + ink.shape[1]]
    part[rim] = 16
    part[ink] = 235


def caption(picture, seconds):
    """The picture with a name at the bottom, and date and time at the top."""
    picture = picture.copy()
    clock = f"2026-11-27 08:{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
    _write(picture, clock, _EDGE, _EDGE)
    name = "CAMERA 01"
    _write(picture, name, WIDTH - _EDGE - 6 * _SIZE * len(name), HEIGHT - _EDGE - 9 * _SIZE)
    return picture
