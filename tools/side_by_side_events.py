# SPDX-License-Identifier: LGPL-2.1-or-later
"""Motion events of motioncells and motionheatmap, one by one, beside what truly happened."""
# tools/side-by-side calls this.

import os
import pathlib
import re
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True
sys.path[1:1] = [str(pathlib.Path(__file__).resolve().parent.parent / "tests/real")]
from truth import scenes, troubles  # noqa: E402

GRID = 10  # cells in a row and in a column of motioncells, its default
GAP = 2  # seconds of stillness that end an event, of both
SLACK = 0.5  # seconds by which two that belong together may miss each other
FRAMES = 375  # of a drawn scene
TROUBLES = {trouble.name: trouble for trouble in troubles.TROUBLES}
SCENES = [  # with the trouble that a camera adds
    ("yard", None),
    ("road", None),
    ("room", None),
    ("yard", "noise, sigma 12"),
    ("yard", "lamp on and off"),
    ("flag", None),
]

# What is tried. Caps of five frames a second have motioncells look at every frame.
SLOWER = "capssetter caps=video/x-raw,framerate=5/1"
CELLS = (
    "sensitivity=0.5",
    "sensitivity=0.7",
    "sensitivity=0.9",
    "sensitivity=0.7 minimummotionframes=3",
)
HEATMAP = (
    "",
    "motion-frames=1",
    "motion-area=0.002",
    "motion-area=0.002 noise-adaptive=true light-change-limit=0.5 sway-filter=true",
)


@dataclass
class Zone:
    """Rows and columns of the grid, both ends included, and from when to when, in seconds, something
    truly moves there."""

    top: int
    left: int
    bottom: int
    right: int
    true: list

    def cells(self):
        rows, columns = range(self.top, self.bottom + 1), range(self.left, self.right + 1)
        return ",".join(f"{row}:{column}" for row in rows for column in columns)

    def polygon(self):
        left, top = self.left / GRID, self.top / GRID
        right, bottom = (self.right + 1) / GRID, (self.bottom + 1) / GRID
        return f"{left},{top} {right},{top} {right},{bottom} {left},{bottom}"


@dataclass
class Footage:
    name: str
    source: str
    seconds: float
    zones: list


# Told by eye, from the frames of each second: when somebody, or a part of somebody, is in the zone.
YARD = [
    Zone(6, 1, 9, 5, [(51.5, 71), (76.5, 79.5)]),  # the lawn
    Zone(4, 0, 4, 1, [(20.5, 28.5), (54, 58.5), (59.5, 64), (69.5, 75)]),  # the path
    Zone(1, 0, 1, 3, [(6.5, 18)]),  # the far path
    Zone(0, 4, 1, 7, []),  # a lamp that flickers
    Zone(0, 8, 1, 9, [(13.5, 24), (65.5, 79.5)]),  # the cars
    Zone(8, 6, 9, 9, [(49.5, 53)]),  # the front
    Zone(5, 0, 5, 2, [(56.5, 58), (66.5, 75)]),  # the lawn's edge, with a scrap in the wind
]
TREE = [  # leaves move all the time, and at the end a hand
    Zone(7, 0, 9, 3, []),
    Zone(0, 6, 4, 9, [(22.5, 29.6)]),
]
QUARTERS = [(0, 0, 4, 4), (0, 5, 4, 9), (5, 0, 9, 4), (5, 5, 9, 9)]


def overlaps(a, b, slack=SLACK):
    return a[0] <= b[1] + slack and b[0] <= a[1] + slack


def spans_of(there, rate):
    """From when to when something is there, in seconds; what is interrupted for less than the gap
    is one."""
    spans = []
    for i in (i for i, is_there in enumerate(there) if is_there):
        if spans and i / rate - spans[-1][1] < GAP:
            spans[-1] = spans[-1][0], i / rate
        else:
            spans.append((i / rate, i / rate))
    return spans


def drawn(name, directory, trouble=None):
    """A scene in four quarters of the picture, and what truly moves in it."""
    frames, moves = scenes.draw(name, FRAMES)
    height, width = moves.shape[1:]
    zones = []
    for top, left, bottom, right in QUARTERS:
        rows = slice(top * height // GRID, (bottom + 1) * height // GRID)
        columns = slice(left * width // GRID, (right + 1) * width // GRID)
        there = moves[:, rows, columns].any(axis=(1, 2))
        zones.append(Zone(top, left, bottom, right, spans_of(there, scenes.RATE)))
    path = os.path.join(directory, f"{name}-{trouble}.gray".replace(" ", "-"))
    with open(path, "wb") as file:
        for frame in TROUBLES[trouble].make(frames) if trouble else frames:
            file.write(frame.tobytes())
    source = (
        f"filesrc location={path} blocksize={width * height} ! rawvideoparse format=gray8"
        f" width={width} height={height} framerate={scenes.RATE}/1"
    )
    called = f"`{name}`, drawn" + (f", {trouble}" if trouble else "")
    return Footage(called, source, FRAMES / scenes.RATE, zones)


def field(message, name):
    return re.search(rf"[ ,]{name}=\(\w+\)([^,;]*)", message)


def seconds(message, name):
    found = field(message, name)
    return int(found[1]) / 1e9 if found else None


def events_of_cells(messages, end):
    """A list of [begin, end]."""
    events = []
    for message in messages:
        if (begin := seconds(message, "motion_begin")) is not None:
            events.append([begin, end])
        if (finished := seconds(message, "motion_finished")) is not None:
            events[-1][1] = finished
    return events


def events_of_heatmap(messages):
    """The same, by zone."""
    events = {}
    for message in messages:
        zone, of_it = int(field(message, "zone")[1]), seconds(message, "event-duration")
        if field(message, "event")[1] == "motion-begin":
            events.setdefault(zone, []).append([seconds(message, "timestamp") - of_it, None])
        else:
            events[zone][-1][1] = events[zone][-1][0] + of_it
    return events


def watch(footage, launch):
    """The events of each setting and zone, those of motionheatmap and those of motioncells:
    {setting: [events of the first zone, ...]}. All see the same frames, one behind the other."""
    zones = "; ".join(f"{k}: {zone.polygon()}" for k, zone in enumerate(footage.zones))
    chain = [
        f"motionheatmap name=heat{i} output=none message-width=1 motion-gap={GAP * 10**9}"
        f" zones='{zones}' {settings}"
        for i, settings in enumerate(HEATMAP)
    ]
    names = {}  # of the elements of a setting of motioncells, one for each zone
    for caps, every in ("identity", ""), (SLOWER, ", every frame"):
        chain.append(caps)
        for settings in CELLS:
            of_it = [f"cells{len(names)}-{k}" for k in range(len(footage.zones))]
            names[settings + every] = of_it
            chain += [
                f"motioncells name={name} display=false gap={GAP}"
                f" motioncellsidx={zone.cells()} {settings}"
                for name, zone in zip(of_it, footage.zones)
            ]
    source = f"{footage.source} ! videoconvert ! video/x-raw,format=RGB"
    result = launch(" ! queue ! ".join([source, *chain, "fakesink sync=false"]), "-m")
    if result.returncode:
        sys.exit(f"error: {footage.name}\n{result.stderr}")
    messages = {}
    event = r'from element "([^"]+)" \(element\): ((?:motionheatmap-event|motion),.*);$'
    for name, message in re.findall(event, result.stdout, re.MULTILINE):
        messages.setdefault(name, []).append(message)
    by_zone = [events_of_heatmap(messages.get(f"heat{i}", [])) for i in range(len(HEATMAP))]
    return (
        {
            settings: [events.get(k, []) for k in range(len(footage.zones))]
            for settings, events in zip(HEATMAP, by_zone)
        },
        {
            settings: [events_of_cells(messages.get(name, []), footage.seconds) for name in of_it]
            for settings, of_it in names.items()
        },
    )


# Judging


def is_true(event, zone):
    return any(overlaps(event, span) for span in zone.true)


def beyond(event, zone):
    """Seconds of an event in which nothing truly moved."""
    inside = (min(event[1], e + SLACK) - max(event[0], b - SLACK) for b, e in zone.true)
    return event[1] - event[0] - sum(max(0, seconds) for seconds in inside)


def summary(events, zones):
    """How many true spans were seen, how many events are spurious, and their seconds too many."""
    seen = sum(
        any(overlaps(event, span) for event in of_zone)
        for of_zone, zone in zip(events, zones)
        for span in zone.true
    )
    pairs = [(event, zone) for of_zone, zone in zip(events, zones) for event in of_zone]
    spurious = sum(not is_true(event, zone) for event, zone in pairs)
    return f"{seen} / {spurious} / {sum(beyond(event, zone) for event, zone in pairs):.0f} s"


def lacking(mine, theirs, zones):
    """How many of their true events, with whatever settings, are not mine."""
    lacks = [
        not any(overlaps(event, own) for own in of_zone)
        for others in theirs.values()
        for of_zone, other, zone in zip(mine, others, zones)
        for event in other
        if is_true(event, zone)
    ]
    return f"{sum(lacks)} of {len(lacks)}"


def called(element, setting):
    settings, comma, how = setting.partition(",")
    return f"`{element} {settings}`".replace(" `", "`") + comma + how


def compare(clip, directory, launch, table, say):
    """The section of docs/comparison.md; `launch` and the rest are tools/side-by-side's."""
    decoded = "filesrc location={} ! decodebin"
    tree = os.path.join(os.path.dirname(clip), "tree.avi")
    footage = [
        Footage("`vtest.avi`", decoded.format(clip), 79.5, YARD),
        Footage("`tree.avi`", decoded.format(tree), 29.6, TREE),
        *(drawn(name, directory, trouble) for name, trouble in SCENES),
    ]
    watched = []
    for each in footage:
        say(f"  {each.name}")
        watched.append((*watch(each, launch), each.zones))

    head = ["", *(each.name for each in footage)]
    spans = [sum(len(zone.true) for zone in each.zones) for each in footage]
    found = [["**there is**", *spans]]
    for i, element in (1, "motioncells"), (0, "motionheatmap"):
        for setting in watched[0][i]:
            cells = [summary(each[i][setting], each[2]) for each in watched]
            found.append([called(element, setting), *cells])
    lacks = [
        [called("motionheatmap", setting), *(lacking(h[setting], c, z) for h, c, z in watched)]
        for setting in HEATMAP
    ]
    return (
        "### Motion events, one by one\n\nBoth tell when motion begins and ends. Here they watch the"
        " same zones of the same frames, rectangles of the grid of `motioncells`, and both take"
        f" {GAP} seconds of stillness for the end. What truly moved is known: in OpenCV's `vtest.avi`"
        " and `tree.avi` somebody looked at the frames of each second, zone by zone"
        " (`tools/side_by_side_events.py` has the times); the others are scenes of the tests, in four"
        " quarters, with what a bad camera adds. Cells: true motions that were seen / events without"
        " any / seconds that were told although nothing truly moved. Leaves and flags count as"
        " nothing. `every frame`: with caps of five frames a second, so that `motioncells` skips"
        " none. `motion-area=0.002` is for people who are small in their zone, of which by default half a"
        " percent has to move.\n\n"
        + table(head, found)
        + "Events of `motioncells` that are true, with all its settings above, and how many of them"
        " `motionheatmap` lacks:\n\n" + table(head, lacks)
    )
