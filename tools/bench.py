# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures what motionheatmap costs. tools/bench, which installs and builds, calls it."""

import argparse
import contextlib
import functools
import json
import math
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

SIZES = {'720p': (1280, 720), '1080p': (1920, 1080), '2160p': (3840, 2160)}
BITS = {  # a pixel has
    'I420': 12,
    'NV12': 12,
    'YUY2': 16,
    'GRAY8': 8,
    'P010_10LE': 24,
    'BGR': 24,
    'RGBA': 32,
}
ROUNDS, CORE_ROUNDS, QUICK_ROUNDS = 15, 7, 3
CLIP_BYTES = 1_500_000_000
CLIP_FRAMES = 250
STREAMS = 16
STREAMS_FRAMES = 120
STARTS = 10  # in a round
# So many at the start of each stream do not count: loading plugins, first buffers and tables.
FIRST_FRAMES = 10

OVERLAY = 'motionheatmap'
ANALYSIS = 'motionheatmap output=none'
TWO_THREADS = 'motionheatmap n-threads=2'
BARE = 'bare pipeline'
COPY = 'memcpy'

BEGIN, END = '<!-- measured: begin -->', '<!-- measured: end -->'


class Failure(Exception):
    pass


def say(*text):
    print(*text, file=sys.stderr, flush=True)


# Measuring


@dataclass
class Candidate:
    element: str = ''  # what stands between source and sink
    streams: int = 1  # so many of them in one process
    rate: int = 25  # frames a second
    slow: bool = False  # many times the overlay: the first rounds are enough


@dataclass
class Clip:
    source: str  # first elements of a pipeline, with fields `path` and `rate`
    path: str

    def pipeline(self, candidate):
        elements = [self.source.format(path=self.path, rate=candidate.rate), candidate.element]
        stream = ' ! '.join([e for e in elements if e] + ['fakesink sync=false'])
        return ' '.join([stream] * candidate.streams)


@dataclass
class Group:
    """What is measured over one clip, in turn."""

    name: str
    format: str
    size: str
    candidates: dict
    frames: int = CLIP_FRAMES
    encoded: bool = False  # the clip is an H.264 file
    copy: bool = False  # measure memcpy as well

    def run(self, directory, rounds, benches):
        def measure(candidate):
            return run_pipeline(benches.pipeline, clip.pipeline(candidate))

        clip = raw_clip(directory, self.format, self.size, self.frames)
        if self.encoded:
            clip = encoded_clip(directory, clip)
        bare = {n: Candidate(streams=n) for n in {c.streams for c in self.candidates.values()}}
        # The clip and the libraries are in memory from now on.
        for candidate in bare.values():
            measure(candidate)

        costs = {label: [] for label in [BARE, *self.candidates]}
        copies = []
        for i in range(rounds):
            say(f'  round {i + 1} of {rounds}')
            if self.copy:
                # Of a frame in NV12, too: it is as large.
                name = f'{self.size}/I420/still/memcpy'
                copies.append(run_core(benches.engine, f'^{name}$', 1)[name]['cpu'])
            for label, candidate in self.candidates.items():
                if candidate.slow and i >= QUICK_ROUNDS:
                    continue
                # Machines change their pace: what is taken off is measured right before.
                without = measure(bare[candidate.streams])
                total = measure(candidate)
                costs[label].append(tuple(t - w for t, w in zip(total, without)))
                if candidate.streams == 1:
                    costs[BARE].append(without)

        results = {
            label: {'cpu': [cpu for cpu, _ in values], 'wall': [wall for _, wall in values]}
            for label, values in costs.items()
        }
        if copies:
            results[COPY] = {'cpu': copies}
        for label, values in results.items():
            cpu = values['cpu']
            say(f'  {label}: {median(cpu):.3f} ms ({min(cpu):.3f} to {max(cpu):.3f})')
        return {
            label: {kind: median(v) for kind, v in values.items()}
            for label, values in results.items()
        }


def median(values):
    return statistics.median(values)


@dataclass
class Benches:
    """The programs that measure."""

    engine: str
    pipeline: str
    settings: str


def run_command(command, directory=None):
    """Runs a command; what it prints."""
    run = subprocess.run(command, capture_output=True, text=True, cwd=directory)
    if run.returncode != 0:
        raise Failure(f'this failed:\n  {shlex.join(command)}\n{run.stderr.strip()}')
    return run.stdout


def launch(pipeline):
    run_command(['gst-launch-1.0', '-q', '--no-fault', *shlex.split(pipeline)])


def run_pipeline(pipeline_bench, pipeline):
    """CPU and wall time in ms for a frame of a stream."""
    times = run_command([pipeline_bench, str(FIRST_FRAMES), *shlex.split(pipeline)])
    return tuple(map(float, times.split()))


def start(element, **env):
    """A process that shows one small frame: CPU time in ms, and memory in MiB at its highest."""
    command = f'gst-launch-1.0 -q videotestsrc num-buffers=1 ! {element} ! fakesink'
    process = subprocess.Popen(command.split(), env=os.environ | env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f'this failed:\n  {command}')
    return 1000 * (usage.ru_utime + usage.ru_stime), usage.ru_maxrss / 1024


def libraries(element):
    """How many shared libraries such a process loads, plugins among them."""
    with tempfile.TemporaryDirectory() as directory:
        start(element, LD_DEBUG='files', LD_DEBUG_OUTPUT=os.path.join(directory, 'log'))
        loaded = set()
        for entry in os.scandir(directory):
            with open(entry.path, encoding='utf-8') as log:
                loaded.update(re.findall('calling init: (.*)', log.read()))
    return len(loaded)


def run_starts(rounds):
    """Each element's start in turn with the other's."""
    elements = ('identity', OVERLAY)
    start(OVERLAY)  # GStreamer looks for its plugins, and will know them
    results = {element: {'libraries': libraries(element)} for element in elements}
    runs = {element: [] for element in elements}
    for _ in range(rounds * STARTS):
        for element in elements:
            runs[element].append(start(element))
    for element in elements:
        results[element]['cpu'], results[element]['memory'] = map(median, zip(*runs[element]))
    return results


def raw_clip(directory, fmt, size, frames):
    width, height = SIZES[size]
    frame_bytes = width * height * BITS[fmt] // 8
    frames = min(frames, CLIP_BYTES // frame_bytes)
    clip = Clip(
        'filesrc location={path} ! rawvideoparse framerate={rate}/1 '
        f'format={fmt.lower().replace("_", "-")} width={width} height={height}',
        os.path.join(directory, 'clip.raw'),
    )
    # Borders would be a part of the picture in which nothing ever moves. One frame more than
    # needed: `identity` says that the stream ends before its last one is written.
    launch(
        f'filesrc location={shlex.quote(os.environ["MOTIONHEATMAP_CLIP"])} ! decodebin '
        f'! videoconvert ! videoscale add-borders=false ! videoconvert ! video/x-raw,format={fmt},'
        f'width={width},height={height},pixel-aspect-ratio=1/1 '
        f'! identity eos-after={frames + 1} ! filesink location={clip.path}'
    )
    if os.path.getsize(clip.path) < frames * frame_bytes:
        raise Failure(f'the clip has no {frames} frames')
    os.truncate(clip.path, frames * frame_bytes)
    return clip


def encoded_clip(directory, raw):
    """As a camera encodes it."""
    path = os.path.splitext(raw.path)[0] + '.mkv'
    encoder = 'x264enc speed-preset=veryfast bitrate=4000 key-int-max=50'
    launch(
        f'{raw.source.format(path=raw.path, rate=25)} ! {encoder} ! matroskamux '
        f'! filesink location={path}'
    )
    os.unlink(raw.path)
    return Clip('filesrc location={path} ! matroskademux ! avdec_h264 max-threads=1', path)


def run_core(engine_bench, pattern, repetitions, min_time=0.1):
    """Runs benchmarks of the engine: for each its median times in ms and its counters."""
    command = [
        engine_bench,
        f'--benchmark_filter={pattern}',
        f'--benchmark_repetitions={repetitions}',
        '--benchmark_enable_random_interleaving=true',
        f'--benchmark_min_time={min_time}',
        '--benchmark_format=json',
    ]
    report = json.loads(run_command(command))
    runs = {}
    for entry in report['benchmarks']:
        if entry['run_type'] == 'iteration':
            name = re.sub('/(manual_time|process_time|real_time)', '', entry['run_name'])
            runs.setdefault(name, []).append(entry)
    results = {'context': report['context']}
    for name, entries in runs.items():
        real, cpu = ([e[kind] / 1000 for e in entries] for kind in ('real_time', 'cpu_time'))
        # Time that was taken by hand is wall time, and in the CPU time is what should not count.
        by_hand = 'manual_time' in entries[0]['run_name']
        results[name] = {
            'cpu': median(real if by_hand else cpu),
            'wall': median(real),
            'coverage': entries[0].get('coverage', math.nan),
            'bytes/pixel': entries[0].get('bytes/pixel', math.nan),
        }
    return results


# What is measured


PEERS = {
    'identity': Candidate('identity'),
    'gamma': Candidate('gamma gamma=1.2'),
    'videobalance': Candidate('videobalance contrast=1.2'),
    'videodiff': Candidate('videodiff'),
    'videoconvert to BGR and back': Candidate(
        'videoconvert ! video/x-raw,format=BGR ! videoconvert ! video/x-raw,format=I420',
        slow=True,
    ),
    'videoconvert ! motioncells ! videoconvert': Candidate(
        # Of a stream with more than 5 frames a second it leaves frames out.
        'videoconvert ! motioncells ! videoconvert ! video/x-raw,format=I420',
        rate=5,
        slow=True,
    ),
    'videoconvert ! segmentation ! videoconvert': Candidate(
        'videoconvert ! segmentation ! videoconvert ! video/x-raw,format=I420',
        slow=True,
    ),
}
OWN = {name: Candidate(name) for name in (OVERLAY, ANALYSIS)}
WITH_THREADS = OWN | {TWO_THREADS: Candidate(TWO_THREADS)}
MANY = f'{STREAMS} streams'

GROUPS = [
    Group('1080p/I420', 'I420', '1080p', WITH_THREADS | PEERS, copy=True),
    Group('1080p/NV12', 'NV12', '1080p', OWN, copy=True),
    Group('2160p/I420', 'I420', '2160p', WITH_THREADS, copy=True),
    Group('2160p/NV12', 'NV12', '2160p', OWN, copy=True),
    Group('720p/I420', 'I420', '720p', OWN, copy=True),
    *(Group(f'1080p/{f}', f, '1080p', OWN) for f in BITS if f not in ('I420', 'NV12')),
    Group(
        'streams',
        'I420',
        '1080p',
        {OVERLAY: Candidate(OVERLAY), MANY: Candidate(OVERLAY, streams=STREAMS)},
        frames=STREAMS_FRAMES,
    ),
    Group('h264', 'I420', '1080p', OWN, encoded=True),
]
CORE_GROUPS = [f'core/{size}' for size in SIZES]
START = 'start'
SETTINGS = 'settings'
SETTINGS_FORMATS = ('I420', 'NV12', 'BGR')


@dataclass
class Setting:
    """One that may be no cliff: what it costs beside the defaults, or beside another base."""

    properties: str
    floor: float
    rgb_floor: float = 0  # if another
    kind: str = 'ratio'  # or 'more', ms beyond the base; 'shares', of the default's cost beyond it
    base: str = OVERLAY
    options: list = field(default_factory=list)  # of settings-bench
    size: str = '1080p'
    formats: tuple = SETTINGS_FORMATS
    label: str = ''

    @property
    def name(self):
        return self.label or f'`{self.properties}`'

    def call(self, fmt):
        """What has to be the same for settings to be measured by one process."""
        width, height = SIZES[self.size]
        return (*self.options, fmt, str(width), str(height)), self.base

    def floor_for(self, fmt):
        return self.rgb_floor if fmt == 'BGR' and self.rgb_floor else self.floor


def settings_list():
    for percent in (10, 20, 30, 35, 37, 50, 60, 70, 80, 90):
        yield Setting(f'opacity={percent / 100:g}', 1.15, rgb_floor=1.6)
    yield Setting('', 1.15, rgb_floor=1.6, options=['--animated'],
                  label='`opacity`, another one for each frame')
    for scale, floor in ((2, 0.9), (4, 0.6), (8, 0.5)):
        yield Setting(f'output=none analysis-scale={scale}', floor, base=ANALYSIS)
    for scale in (2, 4, 8):
        yield Setting(f'analysis-scale={scale}', 1.1)
    yield Setting('background=first', 1.1)
    yield Setting('background=average', 1.5)
    yield Setting('curve=sqrt', 1.1)
    yield Setting('curve=log', 1.1)
    yield Setting('normalization=percentile', 1.1)
    yield Setting('normalization=fixed half-life=60000000000', 1.2)
    yield Setting('snapshot-location=last.png', 1.3)
    yield Setting('mask-polygons="0,0 0.4,0 0,0.5" zones="a: 0,0 0.5,0 0.5,1; b: 0.5,0 1,0 1,1"', 1.1,
                  label='`mask-polygons` and two `zones`')
    yield Setting('', 1.05, base=OVERLAY + ' post-messages=false',
                  label='messages and events, against `post-messages=false`')
    yield Setting('roi-meta=true', 1.3)
    yield Setting('blend=heat', 1.3)
    for radius in (3, 8, 30):
        yield Setting(f'smoothing={radius}', 2)
    yield Setting('legend=true', 1.05)
    yield Setting('light-change-limit=0.5', 1.3)
    yield Setting('noise-adaptive=true', 1.5)
    yield Setting('output=none noise-adaptive=true', 1.5, base=ANALYSIS)
    yield Setting('noise-adaptive=true stabilize=true', 3)
    yield Setting('stabilize=true', 2.5, kind='more')
    yield Setting('sway-filter=true', 3, kind='more')
    yield Setting('interval=0', 0.05, kind='more')
    yield Setting('interval=0 message-width=0', 0.4, kind='more')
    yield Setting('detector=mog2 analysis-scale=4', 0.5, kind='shares', base='mog2/4',
                  label="`detector=mog2 analysis-scale=4`, beyond OpenCV's model alone")
    yield Setting('n-threads=2', 1 / 1.4, options=['--wall'], size='2160p', formats=('I420',),
                  label='`n-threads=2` at 2160p, wall time')
    yield Setting('', 1.4, options=[f'--streams={STREAMS}'], formats=('I420',),
                  label=f'{STREAMS} streams in one thread, price of one')


def run_settings(settings_bench, rounds, directory):
    """For each setting its figures by format."""
    calls = {}
    for setting in settings_list():
        for fmt in setting.formats:
            calls.setdefault(setting.call(fmt), []).append((fmt, setting))
    measured = {}
    for (options, base), wanted in calls.items():
        say('  ' + ' '.join(options), base)
        # Pictures are written to where it runs.
        output = run_command([
            settings_bench, *options, str(rounds), base,
            *(f'{OVERLAY} {setting.properties}'.strip() for _, setting in wanted),
        ], directory)
        for (fmt, setting), line in zip(wanted, output.splitlines()):
            cpu, _, against, more = map(float, line.split())
            measured.setdefault(setting.name, {})[fmt] = cpu, against, more
            say(f'    {setting.name}: {cpu:.3f} ms, {against:.2f} x, {more:+.3f} ms')
    # What the default itself costs is told by any that was measured beside it.
    beside = measured['`background=first`']
    default = {fmt: cpu - more for fmt, (cpu, _, more) in beside.items()}
    results = {}
    for setting in settings_list():
        for fmt, (_, against, more) in measured[setting.name].items():
            value = {'ratio': against, 'more': more, 'shares': more / default[fmt]}[setting.kind]
            results.setdefault(setting.name, {})[fmt] = value
    return results


# What is told


class Results:
    """Figures by group and label; what was not measured is not a number."""

    def __init__(self):
        self.groups = {}
        self.core = {}

    def get(self, group, label, kind='cpu'):
        return self.groups.get(group, {}).get(label, {}).get(kind, math.nan)

    def in_core(self, name, kind='cpu'):
        return self.core.get(name, {}).get(kind, math.nan)


def number(value, digits=2):
    return '-' if math.isnan(value) else f'{value:.{digits}f}'


def times(value):
    return '-' if math.isnan(value) else f'{value:.3g} x'


def ratio(a, b):
    # A cost of nothing is within the noise.
    return a / b if b > 0 or math.isnan(b) else math.inf


def table(title, text, header, rows):
    """A table in Markdown, without the rows in which nothing was measured; '' without any."""
    rows = [row for row in rows if any(cell != '-' for cell in row[1:])]
    if not rows:
        return ''
    lines = [f'### {title}', '', text, ''] if text else [f'### {title}', '']
    for row in [header, ['---'] + ['--:'] * (len(header) - 1), *rows]:
        lines.append('| ' + ' | '.join(row) + ' |')
    return '\n'.join(lines) + '\n'


def scoreboard(results):
    get, core = results.get, results.in_core

    def at_most(measure, value, floor, record, what, unit=' x'):
        return measure, what, value, floor, record, unit, value <= floor

    def at_least(measure, value, floor, record, what):
        return measure, what, value, floor, record, ' x faster', value >= floor

    def against(cost, other):
        return f'{number(cost, 3)} ms against {number(other, 3)} ms'

    lines, shared = [], []
    for f in ('I420', 'NV12'):
        copy = core(f'1080p/{f}/real/memcpy')
        what = f'{f} overlay, 1080p, in the core, {{}}, against one `memcpy` of the frame'
        for name, where, to in (('overlay-inplace', 'in place', lines),
                                ('overlay', 'from one buffer to another', shared)):
            cost = core(f'1080p/{f}/real/{name}')
            to.append(at_most(what.format(where), ratio(cost, copy), 1.5, 1, against(cost, copy)))
    for size, floor, record in (('1080p', 2.5, 1.3), ('2160p', 3, 1.5)):
        for f in ('I420', 'NV12'):
            cost, copy = get(f'{size}/{f}', OVERLAY), get(f'{size}/{f}', COPY)
            lines.append(at_most(f'{f} overlay, {size}, in a pipeline, against the same',
                                 ratio(cost, copy), floor, record, against(cost, copy)))
    overlay, analysis = (get('1080p/I420', label) for label in (OVERLAY, ANALYSIS))
    peer = get('1080p/I420', 'gamma')
    lines.append(at_most('I420 overlay against `gamma`', ratio(overlay, peer), 1.2, 0.4,
                         against(overlay, peer)))
    peer = get('1080p/I420', 'videoconvert ! motioncells ! videoconvert')
    lines.append(at_least('I420 overlay against `videoconvert ! motioncells ! videoconvert`',
                          ratio(peer, overlay), 40, 60, against(overlay, peer)))
    peer = get('1080p/I420', 'videodiff')
    lines.append(at_least('analysis only (`output=none`) against `videodiff`',
                          ratio(peer, analysis), 12, 20, against(analysis, peer)))
    cost, chain = core('1080p/BGR/real/overlay'), core('1080p/BGR/real/opencv')
    lines.append(at_least('BGR overlay, bit-exact, in the core, from one buffer to another, '
                          'against the chain in OpenCV calls',
                          ratio(chain, cost), 4, 8, against(cost, chain)))
    cost, copy = core('1080p/I420/noise/overlay'), core('1080p/I420/noise/memcpy')
    lines.append(at_most('every pixel moving on every frame (noise), I420 overlay, in the core, '
                         'from one buffer to another, against the copy',
                         ratio(cost, copy), 8, 4, against(cost, copy)))
    lines.append(at_most('memory it holds beyond the frames in flight, I420',
                         core('1080p/I420/real/overlay', 'bytes/pixel'), 9, 5, '',
                         ' bytes a pixel'))
    for kind, what, unit, floor, record in (('cpu', 'CPU time', ' ms', 15, 5),
                                            ('memory', 'memory', ' MiB', 8, 4),
                                            ('libraries', 'shared libraries', '', 45, 30)):
        own, other = (get(START, element, kind) for element in (OVERLAY, 'identity'))
        lines.append(at_most(f'the start, until one frame was shown, over `identity`: {what}',
                             own - other, floor, record,
                             f'{own:.3g}{unit} against {other:.3g}{unit}', unit))
    decoding = get('h264', BARE)
    for label, what, to, floor in (
            (ANALYSIS, 'H.264 1080p file to heatmap (`output=none`)', lines, 1.08),
            (OVERLAY, 'H.264 1080p file to overlay', shared, 1.1)):
        cost = decoding + get('h264', label)
        to.append(at_most(f'{what}, against decoding alone', ratio(cost, decoding), floor, 1.03,
                          against(cost, decoding)))

    text = ('The same floors for an overlay that is not drawn in place: its input is shared, as that '
            'of a decoder is.')
    tables = (floors_table('Against the floors', '', lines),
              floors_table('Where buffers are shared', text, shared))
    return '\n'.join(filter(None, tables))


def floors_table(title, text, lines):
    """Measures beside their floors and records, and whether the floors are met."""
    rows = []
    for measure, what, value, floor, record, unit, met in lines:
        if math.isnan(value):
            rows.append([measure, '-', '-', '-', '-', '-'])
        else:
            rows.append([measure, what, f'{value:.3g}{unit}', f'{floor}{unit}',
                         f'{record}{unit}', 'yes' if met else '**NO**'])
    return table(title, text,
                 ['measure', 'cost', 'measured', 'floor', 'record', 'met'], rows)


def by_setting(results):
    rows = []
    for setting in settings_list():
        values = results.groups.get(SETTINGS, {}).get(setting.name, {})
        unit = {'ratio': ' x', 'more': ' ms', 'shares': ' x'}[setting.kind]
        sign = '' if setting.kind == 'ratio' else '+ '
        floors = [f'{floor:.3g}' for floor in (setting.floor, setting.rgb_floor) if floor]
        met = all(value <= setting.floor_for(fmt) for fmt, value in values.items())
        rows.append([
            setting.name,
            *(f'{sign}{values[fmt]:.2f}{unit}' if fmt in values else '-'
              for fmt in SETTINGS_FORMATS),
            *([f'{sign}{" / ".join(floors)}{unit}', 'yes' if met else '**NO**'] if values
              else ['-', '-']),
        ])
    return table('By setting', '1080p, against the default overlay, or analysis alone where '
                 '`output=none` is set. Where RGB has a floor of its own it stands second.',
                 ['setting', *SETTINGS_FORMATS, 'floor', 'met'], rows)


def peers(results):
    overlay = results.get('1080p/I420', OVERLAY)
    rows = []
    for label in (OVERLAY, TWO_THREADS, ANALYSIS, COPY, *PEERS):
        cost = results.get('1080p/I420', label)
        rows.append([f'`{label}`', number(cost), times(ratio(cost, overlay))])
    return table('Beside other elements', '1080p I420 in a pipeline. `memcpy` is one of the frame.',
                 ['', 'ms a frame', 'against the overlay'], rows)


def by_format(results):
    rows = []
    for f in BITS:
        core = f'1080p/{f}/real'
        rows.append([
            f,
            number(results.get(f'1080p/{f}', OVERLAY)),
            number(results.get(f'1080p/{f}', ANALYSIS)),
            *(number(results.in_core(f'{core}/{name}'))
              for name in ('overlay', 'overlay-inplace', 'analysis', 'memcpy')),
            number(results.in_core(f'{core}/overlay', 'bytes/pixel'), 1),
        ])
    return table('By format', '1080p, ms a frame; memory in bytes a pixel.',
                 ['format', 'overlay', 'analysis only', 'core: overlay', 'in place',
                  'analysis only', '`memcpy`', 'memory'], rows)


def by_size(results):
    rows = []
    for size, (width, height) in SIZES.items():
        core = f'{size}/I420/real'
        rows.append([
            f'{width} x {height}',
            number(results.get(f'{size}/I420', OVERLAY)),
            number(results.get(f'{size}/I420', ANALYSIS)),
            number(results.get(f'{size}/I420', COPY)),
            *(number(results.in_core(f'{core}/{name}'))
              for name in ('overlay', 'overlay-inplace', 'analysis', 'memcpy', 'message')),
        ])
    return table('By size', 'I420, ms a frame; each `memcpy` in turn with what stands left of it. '
                 'What a message says is gathered once in an `interval`.',
                 ['size', 'overlay', 'analysis only', '`memcpy`', 'core: overlay', 'in place',
                  'analysis only', '`memcpy`', 'a message'], rows)


def by_motion(results):
    rows = []
    for label, name in (('nothing', 'still'), ('people (the clip)', 'real'),
                        ('every pixel on every frame', 'noise')):
        core = f'1080p/I420/{name}'
        overlay, copy = (results.in_core(f'{core}/{n}') for n in ('overlay', 'memcpy'))
        coverage = results.in_core(f'{core}/overlay', 'coverage')
        rows.append([
            label,
            '-' if math.isnan(coverage) else f'{coverage:.0%}',
            number(overlay),
            number(results.in_core(f'{core}/analysis')),
            number(copy),
            times(ratio(overlay, copy)),
        ])
    return table('By motion', '1080p I420 in the core, ms a frame.',
                 ['what moves', 'of the picture has heat', 'overlay', 'analysis only', '`memcpy`',
                  'overlay against `memcpy`'], rows)


def by_age(results):
    rows = []
    for size in SIZES:
        core = f'{size}/I420/real'
        copy = results.in_core(f'{core}/memcpy')
        costs = [results.in_core(f'{core}/{name}') for name in
                 ('overlay', 'overlay-settled', 'overlay-inplace', 'overlay-settled-inplace')]
        rows.append([
            size,
            *(f'{number(cost)} ({times(ratio(cost, copy))})' if cost == cost else '-'
              for cost in costs),
        ])
    return table('By age of the map', 'I420 in the core, ms a frame and against `memcpy`. A young map '
                 'has seen the first frames of the clip once, a settled one fifty times.',
                 ['size', 'young', 'settled', 'young, in place', 'settled, in place'], rows)


def by_threads(results):
    def row(place, one, two):
        figures = [one('cpu'), two('cpu'), one('wall'), two('wall')]
        if any(map(math.isnan, figures)):
            return [place] + ['-'] * 5
        return [place, *map(number, figures), times(ratio(figures[2], figures[3]))]

    rows = []
    for size in SIZES:
        def in_pipeline(label):
            return functools.partial(results.get, f'{size}/I420', label)

        def in_core(name):
            return functools.partial(results.in_core, f'{size}/I420/real/{name}')

        rows.append(row(f'{size}, pipeline', in_pipeline(OVERLAY), in_pipeline(TWO_THREADS)))
        rows.append(row(f'{size}, core', in_core('overlay'), in_core('overlay-2-threads')))
    return table('By threads', 'I420 overlay with `n-threads` 1 and 2, ms a frame. The floor at '
                 '2160p is 1.4 x faster in wall time, in a pipeline.',
                 ['', 'CPU, 1 thread', 'CPU, 2', 'wall, 1 thread', 'wall, 2', 'faster'], rows)


def by_streams(results):
    rows = []
    one = results.get('streams', OVERLAY)
    for label, name in (('1', OVERLAY), (str(STREAMS), MANY)):
        cost = results.get('streams', name)
        rows.append([label, number(cost), times(ratio(cost, one))])
    return table('By streams', '1080p I420 overlays at once in one process, CPU time in ms for a '
                 'frame of a stream.', ['streams', 'ms a frame', 'against one stream'], rows)


def machine():
    with open('/proc/cpuinfo', encoding='utf-8') as cpuinfo:
        models = re.findall(r'^model name\s*: (.*)', cpuinfo.read(), re.MULTILINE)
    return f'{models[0] if models else os.uname().machine}, {os.cpu_count()} cores'


def conditions(results, rounds, core_rounds):
    version = subprocess.run(
        ['gst-launch-1.0', '--version'], capture_output=True, text=True, check=True
    ).stdout
    parts = [machine(), f'GStreamer {re.search(r"version ([0-9.]+)", version)[1]}']
    context = results.core.get('context')
    if context:
        parts += [f'OpenCV {context["opencv"]}', f'kernels for {context["kernels"]}']
    return (f'Measured on: {", ".join(parts)}. Medians of {rounds} rounds, in the core of '
            f'{core_rounds}.\n')


def report(results, rounds, core_rounds):
    tables = (scoreboard, by_setting, peers, by_format, by_size, by_motion, by_age, by_threads,
              by_streams)
    parts = [conditions(results, rounds, core_rounds), *(t(results) for t in tables)]
    return '\n'.join(part for part in parts if part)


def write_page(path, text):
    with open(path, encoding='utf-8') as old:
        page = old.read()
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Failure(f'{path} has no lines {BEGIN} and {END}')
    with open(path, 'w', encoding='utf-8') as new:
        new.write(f'{before}{BEGIN}\n## Figures\n\n{text}\n{END}{after}')
    say(f'written to {path}')


@contextlib.contextmanager
def scratch():
    """A directory for clips, in memory if there is room."""
    memory = '/dev/shm'
    room = os.path.isdir(memory) and shutil.disk_usage(memory).free > 2 * CLIP_BYTES
    with tempfile.TemporaryDirectory(dir=memory if room else None) as directory:
        yield directory


def main():
    names = CORE_GROUPS + [START, SETTINGS] + [group.name for group in GROUPS]
    parser = argparse.ArgumentParser(
        prog='tools/bench',
        description='Measures what motionheatmap costs, and writes it to docs/performance.md.',
        epilog=f'The groups: {", ".join(names)}.',
    )
    parser.add_argument('--engine-bench', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--pipeline-bench', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--settings-bench', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--page', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--quick', action='store_true', help='fewer rounds')
    parser.add_argument(
        '--filter', metavar='REGEX', help='only groups that match it; the page is left alone'
    )
    args = parser.parse_args()
    rounds, core_rounds = (QUICK_ROUNDS,) * 2 if args.quick else (ROUNDS, CORE_ROUNDS)
    try:
        wanted = [name for name in names if re.search(args.filter or '', name)]
    except re.error as error:
        raise Failure(f'--filter: {error}') from error
    if not wanted:
        raise Failure(f'--filter: none of {", ".join(names)}')

    benches = Benches(args.engine_bench, args.pipeline_bench, args.settings_bench)
    results = Results()
    for name in wanted:
        say(name)
        if name in CORE_GROUPS:
            pattern = f'^{name.removeprefix("core/")}/'
            results.core |= run_core(benches.engine, pattern, core_rounds)
        elif name == START:
            results.groups[name] = run_starts(rounds)
        elif name == SETTINGS:
            with tempfile.TemporaryDirectory() as directory:
                results.groups[name] = run_settings(benches.settings, rounds, directory)
        else:
            group = next(group for group in GROUPS if group.name == name)
            with scratch() as directory:
                results.groups[name] = group.run(directory, rounds, benches)
    text = report(results, rounds, core_rounds)
    print(text)
    if not args.filter:
        write_page(args.page, text)


if __name__ == '__main__':
    try:
        main()
    except Failure as failure:
        sys.exit(f'error: {failure}')
    except KeyboardInterrupt:
        sys.exit(130)
