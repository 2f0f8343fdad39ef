#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the examples of the documentation: the two print the same, in C and in Python."""
import pathlib
import re
import subprocess
import sys
import unittest

from clip import CLIP, skip_without_clip

EXAMPLES = [sys.argv[1:2], [sys.executable, *sys.argv[2:3]]]  # in C and in Python
SECONDS = 79  # whole seconds of the clip


def run(example, uri):
    return subprocess.run([*example, uri], capture_output=True, text=True, timeout=120, check=False)


class Examples(unittest.TestCase):
    def test_both_tell_the_same(self):
        results = [run(example, pathlib.Path(CLIP).as_uri()) for example in EXAMPLES]
        for result in results:
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = results[0].stdout.splitlines()
        self.assertEqual(lines, results[1].stdout.splitlines())
        number = r"\d+\.\d+"
        report = rf"({number}) s: motion in {number} % of the picture, most at {number}, {number}"
        times = [re.fullmatch(report, line).group(1) for line in lines[::2]]
        self.assertEqual(times, [f"{s}.9" for s in range(SECONDS)] + ["79.4"])
        for line in lines[1::2]:
            self.assertRegex(line, r"^  \d+ of 64 x 48 cells have half the maximum or more$")

    def test_both_tell_what_is_wrong(self):
        for example in EXAMPLES:
            result = run(example, "file:///no/such/video.avi")
            self.assertEqual(result.returncode, 1)
            self.assertNotEqual(result.stderr, "")


if __name__ == "__main__":
    skip_without_clip()
    unittest.main(argv=sys.argv[:1])
