#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What motion-heatmap puts into its page: what the page makes of it is tested in report/."""
import base64
import gzip
import json
import re
import unittest

import numpy as np

import tool

MOVING = {*range(20, 31)}


def unpacked(packed):
    """The numbers of a map, or of maps one behind the other."""
    values = np.frombuffer(gzip.decompress(base64.b64decode(packed["data"])), "<u4")
    return values.reshape(-1, int(packed["height"]), int(packed["width"]))


class Page(tool.Test):
    def data(self, *args):
        self.tool("-q", "--report", "out.html", *args)
        page = (self.dir / "out.html").read_text()
        text = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.S)[1]
        self.assertNotIn("<", text)
        return json.loads(text)

    def test_heat_is_what_was_counted(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(40, MOVING))
        data = self.data("a.mkv", "--state", "a.state")
        np.testing.assert_array_equal(unpacked(data["heat"])[0], self.counts("a.state"))

    def test_cells_of_a_large_picture_have_the_highest_count(self):
        large = [f.repeat(13, 0).repeat(13, 1) for f in tool.walk(6, {2, 3, 5})]
        tool.lossless(self.dir / "a.mkv", large)
        heat = unpacked(self.data("a.mkv", "--state", "a.state")["heat"])[0]
        counts = self.counts("a.state")
        step = -(-counts.shape[1] // 960)
        self.assertEqual(heat.shape, tuple(-(-n // step) for n in counts.shape))
        for y in range(heat.shape[0]):
            rows = counts[y * step : (y + 1) * step].max(0)
            np.testing.assert_array_equal(heat[y], np.maximum.reduceat(rows, range(0, len(rows), step)))

    def test_spans_add_up_to_the_heat(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(40, MOVING))
        self.json("a.mkv", "--to", "3s", "--state", "until3.state")
        self.json("a.mkv", "--state", "all.state")
        until3, whole = (self.counts(f"{name}.state").sum() for name in ("until3", "all"))
        for jobs in (1, 2):
            with self.subTest(jobs=jobs):
                spans = self.data("a.mkv", "-j", jobs)["spans"]
                self.assertEqual((spans["seconds"], spans["count"]), (1, 4))
                maps = unpacked(spans).sum((1, 2)) / 256
                events = maps * tool.WIDTH * tool.HEIGHT / (spans["width"] * spans["height"])
                np.testing.assert_allclose(events, [0, 0, until3, whole - until3], rtol=0.02)

    def test_thumbnails_are_of_events(self):
        tool.lossless(self.dir / "a.mkv", tool.walk(150, {*range(20, 31), *range(110, 121)}))
        data = self.data("a.mkv")
        self.assertEqual(len(data["events"]), 2)
        self.assertEqual(len(data["thumbnails"]), 2)
        for thumbnail in data["thumbnails"]:
            kind, content = thumbnail.split(",")
            self.assertEqual(kind, "data:image/jpeg;base64")
            self.assertEqual(base64.b64decode(content)[:2], b"\xff\xd8")
        self.assertNotEqual(*data["thumbnails"])

    def test_no_name_ends_the_script(self):
        name = "<!--<script>.mkv"
        tool.lossless(self.dir / name, tool.walk(5, {2}))
        data = self.data(name)
        self.assertEqual(data["files"][0]["name"], name)
        self.assertEqual(data["title"], name[:-4])


if __name__ == "__main__":
    unittest.main()
