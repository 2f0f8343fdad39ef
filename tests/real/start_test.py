#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a process loads because of the element: little, and no more than it uses."""
import glob
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

MOST = 45  # shared libraries beyond those of `identity`
FOREIGN = "gdal|poppler|libpq|mariadb|x265|opencv_(?!core|imgproc)"


def run(element, frames=1, **env):
    """What gst-launch prints."""
    command = f"gst-launch-1.0 videotestsrc num-buffers={frames} ! {element} ! fakesink"
    result = subprocess.run(
        command.split(),
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=True,
    )
    return result.stdout


class Libraries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Nothing is looked for any more, by this process or by another one that it starts.
        run("motionheatmap ! identity")
        cls.identity = cls.libraries("identity")

    @staticmethod
    def libraries(element):
        """The shared libraries that are initialised in a run over a frame, plugins included."""
        with tempfile.TemporaryDirectory() as directory:
            run(element, LD_DEBUG="files", LD_DEBUG_OUTPUT=f"{directory}/log")
            logs = "".join(path.read_text() for path in pathlib.Path(directory).iterdir())
        return set(re.findall(r"calling init: (.*)", logs))

    def expect_few(self, element):
        extra = self.libraries(element) - self.identity
        self.assertTrue(any("opencv_core" in path for path in extra), extra)
        self.assertLessEqual(len(extra), MOST, sorted(extra))
        self.assertEqual([path for path in extra if re.search(FOREIGN, path)], [])

    def test_after_a_frame(self):
        self.expect_few("motionheatmap")

    def test_after_a_snapshot(self):
        for extension in ("png", "jpg", "tiff"):
            with self.subTest(extension), tempfile.TemporaryDirectory() as directory:
                path = pathlib.Path(directory, f"heat.{extension}")
                self.expect_few(f"motionheatmap snapshot-location={path}")
                self.assertTrue(path.exists())

    def test_the_models_of_a_detector(self):
        for detector in ("mog2", "knn"):
            loaded = self.libraries(f"motionheatmap detector={detector}")
            self.assertTrue(any("opencv_video." in path for path in loaded), loaded)
            self.assertNotIn("WARNING", run(f"motionheatmap detector={detector}"))


class WithoutTheDetectors(unittest.TestCase):
    """A plugin that was installed without its module."""

    def test_frames_are_compared_instead(self):
        ours, system = os.environ["GST_PLUGIN_PATH_1_0"].split(":")[:2]
        with tempfile.TemporaryDirectory() as directory:
            for path in glob.glob(f"{ours}/*.so"):
                shutil.copy(path, directory)
            for name in ("coreelements", "videotestsrc"):
                os.symlink(f"{system}/libgst{name}.so", f"{directory}/libgst{name}.so")
            env = {
                "GST_PLUGIN_PATH_1_0": directory,
                "GST_PLUGIN_LOADING_WHITELIST": "",
                "GST_REGISTRY": f"{directory}/registry",
            }
            report = run("motionheatmap detector=mog2", frames=10, **env)
            self.assertEqual(report.count("property detector"), 1, report)
            self.assertRegex(report, r"WARNING.*\n*.*compared instead: .*motionheatmap-detectors")
            self.assertNotIn("WARNING", run("motionheatmap", **env))


if __name__ == "__main__":
    unittest.main()
