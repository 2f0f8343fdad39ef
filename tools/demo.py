# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs motionheatmap over a video. tools/demo, which installs and builds, calls it."""

import argparse
import os
import signal
import stat
import sys
import time

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

REFERENCE_SCENE = 'fdsrc ! rawvideoparse format=bgr width=500 height=300 framerate=25/1'
CAMERA = 'v4l2src name=source ! decodebin'
DECODER = 'uridecodebin name=source caps=video/x-raw(ANY) expose-all-streams=false'
# What people expect of a heatmap. The scene of the reference is shown as the defaults show it.
LOOK = 'blend=heat opacity=0.7 smoothing=8 normalization=percentile legend=true'
# The picture is drawn on the mean of the video, in which nobody stands; in the video they walk. H.264
# in 4:2:0 has even sizes only. The encoder looks ahead: its file must not wait for a first frame, nor
# must the window.
PIPELINE = """{source}
    ! videoconvert ! videoflip video-direction=auto ! videoconvert ! tee name=frames
    frames. ! queue ! motionheatmap name=picture post-messages=false {picture}
    ! fakesink async=false
    frames. ! queue ! motionheatmap name=heatmap {video} ! tee name=tee allow-not-linked=true
    ! queue ! videoconvert ! videoscale
    ! video/x-raw,format=I420,width=[2,32768,2],height=[2,32768,2]
    ! x264enc pass=qual quantizer=20 speed-preset=veryfast
    ! matroskamux ! filesink name=file async=false"""
WINDOW = 'queue ! videoconvert ! autovideosink'


class Failure(Exception):
    pass


class Demo:
    def __init__(self, args):
        self.picture = os.path.join(args.output_dir, 'heatmap.png')
        self.video = os.path.join(args.output_dir, 'overlay.mkv')
        self.report = None  # the last one
        self.missing = None  # the decoder that is
        self.saved = self.ending = False
        self.shown = 0.0  # when progress was shown
        self.terminal = sys.stdout.isatty()

        if args.reference_scene:
            source = REFERENCE_SCENE
        elif is_device(args.input):
            source = CAMERA
        else:
            source = DECODER
        look = '' if source == REFERENCE_SCENE else LOOK
        picture = f'{look} background=average' if look else ''
        self.pipeline = Gst.parse_launch(
            PIPELINE.format(source=source, picture=picture, video=look)
        )
        if source == CAMERA:
            self.element('source').set_property('device', args.input)
        elif source == DECODER:
            uri = args.input if '://' in args.input else Gst.filename_to_uri(args.input)
            self.element('source').set_property('uri', uri)
        self.element('picture').set_property('snapshot-location', self.picture)
        self.element('file').set_property('location', self.video)
        self.window = None
        if args.show:
            self.window = Gst.parse_bin_from_description(WINDOW, True)
            self.pipeline.add(self.window)
            self.element('tee').link(self.window)

    def element(self, name):
        return self.pipeline.get_by_name(name)

    def run(self):
        signal.signal(signal.SIGINT, self.interrupt)
        self.started = time.monotonic()
        self.pipeline.set_state(Gst.State.PLAYING)
        bus = self.pipeline.get_bus()
        kinds = (
            Gst.MessageType.ELEMENT
            | Gst.MessageType.WARNING
            | Gst.MessageType.ERROR
            | Gst.MessageType.EOS
        )
        failure = None
        try:
            while True:
                # A signal is handled when the call returns.
                message = bus.timed_pop_filtered(Gst.SECOND // 5, kinds)
                if message is None:
                    continue
                if message.type == Gst.MessageType.EOS:
                    break
                if message.type == Gst.MessageType.ELEMENT:
                    self.take(message.get_structure())
                elif message.type == Gst.MessageType.WARNING:
                    print(f'warning: {message.parse_warning()[0].message}', file=sys.stderr)
                elif not self.ending:
                    if not self.is_of_window(message):
                        failure = Failure(self.reason(message.parse_error()[0]))
                    # What was seen until now is kept.
                    if not self.end():
                        raise failure
        finally:
            self.elapsed = time.monotonic() - self.started
            self.pipeline.set_state(Gst.State.NULL)
            if self.report is None and os.path.exists(self.video):
                os.unlink(self.video)
        if failure:
            raise failure

    def interrupt(self, *_):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if not self.end():
            raise Failure('interrupted before the first frame')

    def end(self):
        """Ends the stream as if the input had ended; False if there is none yet."""
        self.ending = True
        if self.window:
            self.element('tee').unlink(self.window)
            self.pipeline.remove(self.window)
            self.window.set_state(Gst.State.NULL)
            self.window = None
        pad = self.element('frames').get_static_pad('sink')
        return pad.has_current_caps() and pad.send_event(Gst.Event.new_eos())

    def is_of_window(self, message):
        return self.window is not None and message.src.has_as_ancestor(self.window)

    def reason(self, error):
        if not error.matches(Gst.CoreError.quark(), Gst.CoreError.MISSING_PLUGIN):
            return error.message
        return self.missing or 'there is no video in it that can be decoded'

    def take(self, structure):
        name = structure.get_name()
        if name == 'motionheatmap':
            self.report = structure
            self.show_progress()
        elif name == 'motionheatmap-snapshot':
            self.saved = True
        elif name == 'missing-plugin':
            self.missing = f'needs the {structure.get_string("name")}, which is not installed'

    def position(self):
        """Seconds of video up to the end of the last frame."""
        last, duration = (self.report.get_value(key) for key in ('stream-time', 'duration'))
        if last == Gst.CLOCK_TIME_NONE:
            return 0.0
        return (last + (0 if duration == Gst.CLOCK_TIME_NONE else duration)) / Gst.SECOND

    def show_progress(self):
        now = time.monotonic()
        final = self.report.get_value('final')
        if not final and now - self.shown < (0.1 if self.terminal else 2):
            return
        self.shown = now
        frames = self.report.get_value('frames')
        known, duration = self.pipeline.query_duration(Gst.Format.TIME)
        total = f' of {duration / Gst.SECOND:.1f}' if known and duration > 0 else ''
        line = (
            f'{frames} frames, {self.position():.1f}{total} s, {frames / (now - self.started):.0f} fps:'
            f' motion in {100 * self.report.get_value("coverage"):.1f} % of the picture so far'
        )
        if self.terminal:
            print(f'\r{line}\033[K', end='\n' if final else '', flush=True)
        else:
            print(line, flush=True)

    def print_summary(self):
        get = self.report.get_value
        frames, width, height = get('frames'), get('width'), get('height')
        moved = round(get('coverage') * width * height)
        skipped = f', {get("skipped")} more not counted' if get('skipped') else ''
        speed = f'{frames / self.elapsed:.0f} fps, {self.position() / self.elapsed:.1f} x realtime'
        spot = 'none: nothing moved'
        if get('max'):
            x, y = get('hot-x'), get('hot-y')
            spot = (
                f'x = {int(x * width)}, y = {int(y * height)} ({x:.3f}, {y:.3f} of the size):'
                f' moved in {get("max"):.0f} frames'
            )
        print(f'Frames        {frames} of {width}x{height}, {self.position():.1f} s{skipped}')
        print(f'Any motion    {100 * get("coverage"):.1f} % ({moved} of {width * height} pixels)')
        print(f'Hottest spot  {spot}')
        print(f'Speed         {speed}, decoding and encoding included')
        print(f'Picture       {self.picture}')
        print(f'Video         {self.video}')


def is_device(name):
    return os.path.exists(name) and stat.S_ISCHR(os.stat(name).st_mode)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--output-dir', default='.')
    parser.add_argument('--show', action='store_true', help='open a window')
    parser.add_argument('--reference-scene', action='store_true', help='it comes by standard input')
    parser.add_argument('input', nargs='?', help='file, URI or camera')
    Gst.init(None)
    args = parser.parse_args()
    try:
        demo = Demo(args)
        demo.run()
        if demo.report is None:
            raise Failure('there was no frame')
        demo.print_summary()
        if not demo.saved:
            raise Failure(f'{demo.picture} was not written')
    except (Failure, GLib.Error) as error:
        sys.exit(f'error: {args.input or "the reference scene"}: {error}')


if __name__ == '__main__':
    main()
