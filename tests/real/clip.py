# SPDX-License-Identifier: LGPL-2.1-or-later
"""The clip that the tests run on, people on a street."""
import os
import sys

CLIP = os.environ.get(
    "MOTIONHEATMAP_CLIP", "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
)
MESON_SKIP = 77


def skip_without_clip():
    if not os.path.exists(CLIP):
        print(f"no {CLIP}: Debian's package opencv-doc has it")
        sys.exit(MESON_SKIP)
