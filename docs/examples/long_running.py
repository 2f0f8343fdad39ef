#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An hour of a camera under several settings at once: the pictures of long-running.md.

Usage: long_running.py CLIP DIRECTORY

The hour is made of the clip: it runs again and again for half an hour, then mirrored for twenty
minutes, and in the last ten minutes nothing moves.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

FRAMES_A_SECOND = 10
NORMAL, MIRRORED, STILL = 30 * 60, 20 * 60, 10 * 60  # seconds

MINUTES = 60 * Gst.SECOND
SETTINGS = {
    "sum-max": "",
    "sum-percentile": "normalization=percentile",
    "sum-fixed": "normalization=fixed full-scale=3000",
    "half-life-max": f"half-life={10 * MINUTES}",
    "half-life-fixed": f"half-life={10 * MINUTES} normalization=fixed full-scale=800",
    "sum-log": "curve=log",
}


def decode(clip, flip):
    pipeline = Gst.parse_launch(
        f'filesrc location="{clip}" ! decodebin ! videoconvert ! videoflip video-direction={flip}'
        " ! video/x-raw,format=I420 ! appsink name=sink sync=false"
    )
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    samples = []
    while sample := sink.emit("pull-sample"):
        samples.append(sample)
    pipeline.set_state(Gst.State.NULL)
    return samples[0].get_caps(), [sample.get_buffer() for sample in samples]


def main(clip, directory):
    Gst.init(None)
    caps, normal = decode(clip, "identity")
    _, mirrored = decode(clip, "horiz")

    branches = [
        f'tee. ! motionheatmap output=none {properties} post-messages=false'
        f' snapshot-location="{directory}/{name}.jpg" ! fakesink sync=false async=false'
        for name, properties in SETTINGS.items()
    ]
    pipeline = Gst.parse_launch(
        "appsrc name=source format=time block=true max-buffers=4 ! tee name=tee " + " ".join(branches)
    )
    source = pipeline.get_by_name("source")
    structure = caps.get_structure(0)
    width, height = structure.get_value("width"), structure.get_value("height")
    source.set_property(
        "caps",
        Gst.Caps.from_string(
            f"video/x-raw,format=I420,width={width},height={height},"
            f"framerate={FRAMES_A_SECOND}/1"
        ),
    )
    pipeline.set_state(Gst.State.PLAYING)

    duration = Gst.SECOND // FRAMES_A_SECOND
    hour = (NORMAL + MIRRORED + STILL) * FRAMES_A_SECOND
    for i in range(hour):
        seconds = i // FRAMES_A_SECOND
        if seconds < NORMAL:
            frame = normal[i % len(normal)]
        elif seconds < NORMAL + MIRRORED:
            frame = mirrored[i % len(mirrored)]
        else:
            frame = normal[0]
        buffer = frame.copy()
        buffer.pts, buffer.duration = i * duration, duration
        source.emit("push-buffer", buffer)
    source.emit("end-of-stream")
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(str(message.parse_error()[0]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
