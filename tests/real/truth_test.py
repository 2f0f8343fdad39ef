#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Is the heat true on a bad camera? A part of what tools/bench --truth measures, with bounds."""
import functools
import importlib.util
import re
import sys
import unittest

from clip import MESON_SKIP

if not importlib.util.find_spec("numpy"):
    print("no numpy: Debian's package python3-numpy has it")
    sys.exit(MESON_SKIP)

import numpy as np  # noqa: E402

from truth import score, troubles  # noqa: E402
from truth.troubles import Goal  # noqa: E402

# Three seconds. What sways counts for its first second, so that takes longer, and so does a switch of
# infrared, which comes after three seconds.
FRAMES = {"yard": 75, "tree": 250, "road": 110}

# What the cure of a trouble must reach on these frames: here and nowhere else.
BOUNDS = {
    ("yard", "noise, sigma 12"): Goal(false=50, kept=0.95, r=0.94),
    ("yard", "lamp on and off"): Goal(false=50, kept=0.95, r=0.94, blind=1),
    ("road", "infrared on and off"): Goal(false=50, kept=0.95, r=0.94, blind=1),
    ("yard", "shake, sigma 1.5"): Goal(kept=0.97, r=0.99),
    ("yard", "noise, sigma 6, and shake, sigma 0.5"): Goal(false=100, kept=0.95, r=0.97),
    ("tree", "sway"): Goal(left=0.1, kept=0.95, r=0.97),
}
# What the trouble does by default on the yard, or it would be none: false events at least.
TROUBLED = {"noise, sigma 12": 100_000, "lamp on and off": 8_000, "shake, sigma 1.5": 30_000}


@functools.cache
def drawn(scene):
    return score.drawn_clip(scene, FRAMES[scene])


def trouble_called(name):
    return next(trouble for trouble in troubles.TROUBLES if trouble.name == name)


@functools.cache
def with_trouble(scene, name):
    trouble = trouble_called(name)
    return trouble, *score.troubled(drawn(scene), trouble)


class Scores(unittest.TestCase):
    def test_known_maps(self):
        truth = score.Truth(*(np.zeros((360, 640), kind) for kind in (np.float32, bool)))
        truth.events[100:110, 100:120] = 3
        truth.anywhere = truth.events > 0
        result = score.score(truth.events, truth, 11)
        self.assertEqual((result.false, result.kept), (0, 1))
        self.assertAlmostEqual(result.r, 1, 5)
        heat = truth.events.copy()
        heat[100:110, 100:105] = 0  # a quarter of it
        heat[105, 91] = 7  # 9 pixels away
        heat[105, 92] = 7  # 8
        far = 640 * 360 - 26 * 36 + 4 * sum(8 - int((64 - d * d) ** 0.5) for d in range(1, 9))
        result = score.score(heat, truth, 11)
        self.assertAlmostEqual(result.false, 1e6 * 7 / far / 10, 3)
        self.assertEqual(result.kept, 0.75)
        self.assertLess(result.r, 0.99)

    def test_defaults_are_exact(self):
        clip = drawn("yard")
        heat, stats, motion = score.heat_of(clip)
        truth = score.truth_of(clip.frames)
        np.testing.assert_array_equal(heat, truth.events)
        self.assertEqual(stats.get_value("frames"), FRAMES["yard"])
        moved = [round(share * 640 * 360) for _, share in sorted(motion.items())]
        self.assertEqual(moved, truth.of_frame)
        self.assertEqual(score.blind(clip, truth, motion), 0)
        for time in list(motion)[30:40]:
            del motion[time]
        self.assertEqual(score.blind(clip, truth, motion), 10 / 25)

    def test_nothing_wrong(self):
        for scene in "yard", "tree":
            clip = drawn(scene)
            truth = score.truth_of(clip.frames, clip.moves)
            result = score.evaluate(clip, truth, "")
            self.assertEqual(result.kept, 1)
            if scene == "yard":
                self.assertEqual(result.false, 0)
                self.assertGreater(result.r, 0.9999)
            else:  # but for the leaves
                self.assertGreater(result.false, 2000)

    def test_troubles_trouble(self):
        for name, false in TROUBLED.items():
            with self.subTest(name):
                _, bad, truth = with_trouble("yard", name)
                self.assertGreater(score.evaluate(bad, truth, "").false, false)

    def cure(self, scene, name):
        trouble, bad, truth = with_trouble(scene, name)
        result = score.evaluate(bad, truth, trouble.cure)
        by_default = score.evaluate(bad, truth, "")
        missed = BOUNDS[scene, name].missed(result, by_default)
        self.assertFalse(any(missed), f"{result}; by default {by_default}")


for place in BOUNDS:
    method = functools.partialmethod(Scores.cure, *place)
    setattr(Scores, re.sub(r"\W+", "_", "test_cure " + " ".join(place)), method)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
