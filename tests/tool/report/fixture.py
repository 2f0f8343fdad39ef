# SPDX-License-Identifier: LGPL-2.1-or-later
"""The data of a page, made up: names that are traps, a map and spans with known counts."""
import base64
import gzip
import json
import random
import struct
import zlib

WIDTH, HEIGHT = 160, 120
WARM_WIDTH = 110  # nothing moves to the right of it
SPAN_WIDTH, SPAN_HEIGHT, SPANS = 20, 15, 8
SPAN_SECONDS = 10.0
DURATION = 79.5
NASTY = '</script><img src=x onerror="document.title=1">'
TRAP = "gate & <b>'door'</b>"


def packed(values, code):
    data = struct.pack(f"<{len(values)}{code}", *values)
    return base64.b64encode(gzip.compress(data)).decode()


def unpacked(text, code):
    data = gzip.decompress(base64.b64decode(text))
    return struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data)


def png(width, height, pixel):
    rows = b"".join(
        b"\0" + bytes(c for x in range(width) for c in pixel(x, y)) for y in range(height)
    )

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode()


def colormaps():
    jet = [
        min(255, max(0, int(383 - abs(4 * i - at)))) for i in range(256) for at in (766, 510, 254)
    ]
    gray = [i for i in range(256) for _ in range(3)]
    return {"jet": packed(jet, "B"), "bone": packed(gray, "B")}


def event(number, zone, begin, end, peak):
    file = 0 if begin < 40 else 1
    return {
        "id": number,
        "zone": zone,
        "begin": begin,
        "end": end,
        "peak": peak,
        "motion": peak / 2,
        "box": [0.25, 0.25, 0.5, 0.25],
        "file": file,
        "file_begin": begin - 40 * file,
        "last_file": 0 if end < 40 else 1,
        "file_end": end - 40 * (end >= 40),
        "clock": f"2026-11-26T23:59:{begin:06.3f}" if begin < 60 else None,
    }


def zone(name):
    figures = {"motion": 0.02, "peak": 0.3, "coverage": 0.5, "mean": 3.25, "max": 40}
    return {"name": name, **figures, "share": 0.125, "events": 2}


def make():
    chance = random.Random(1)
    heat = [
        chance.randrange(1, 200) if x < WARM_WIDTH and chance.random() < 0.4 else 0
        for _ in range(HEIGHT)
        for x in range(WIDTH)
    ]
    heat[WIDTH * 40 + 30] = 1000
    cells = SPAN_WIDTH * SPAN_HEIGHT
    spans = [chance.randrange(0, 256 * 20) for _ in range(cells * SPANS)]
    files = [
        {
            "name": NASTY,
            "begin": 0.0,
            "duration": 40.0,
            "frames": 400,
            "events": 2,
            "problem": None,
        },
        {"name": "день 2.mp4", "begin": 40.0, "duration": 39.5, "frames": 395, "events": 2}
        | {"problem": "is cut off"},
    ]
    for file, start in zip(files, ("2026-11-26T23:59:00", "2026-11-26T23:59:40")):
        file["start"] = start
    series = [0.01 + 0.02 * chance.random() for _ in range(80)]
    series[50:53] = [None] * 3
    return {
        "version": 1,
        "title": NASTY,
        "created": "2026-11-27T08:00:00",
        "picture": {
            "width": WIDTH,
            "height": HEIGHT,
            "background": png(WIDTH, HEIGHT, lambda x, y: (x, 2 * y, (x * y) % 256)),
        },
        "heat": {"width": WIDTH, "height": HEIGHT, "type": "u32", "data": packed(heat, "I")},
        "spans": {
            "seconds": SPAN_SECONDS,
            "width": SPAN_WIDTH,
            "height": SPAN_HEIGHT,
            "type": "u16",
        }
        | {"count": SPANS, "data": packed(spans, "H")},
        "series": {
            "seconds": 1.0,
            "motion": series,
            "zones": {TRAP: series[::-1], "yard": [0] * 80},
        },
        "duration": DURATION,
        "start": "2026-11-26T23:59:00",
        "files": files,
        "events": [
            event(1, TRAP, 1.2, 8.4, 0.03),
            event(2, "yard", 12.0, 13.5, 0.2),
            event(3, TRAP, 39.0, 66.0, 0.1),
            event(4, "yard", 70.0, 79.4, 0.05),
        ],
        "thumbnails": [
            png(16, 12, lambda x, y: (40, 16 * x, 20 * y)),
            None,
            png(16, 12, lambda x, y: (120, 16 * x, 20 * y)),
            None,
        ],
        "zones": [zone(TRAP), zone("yard")],
        "settings": {
            "threshold": "25",
            "gray-range": "",
            "zones": f" {TRAP} : 0.1,0.1 0.4,0.1  0.4,0.5; {TRAP}: 0.6,0.6 0.9,0.6 0.9,0.9;"
            "yard:0.5,0.1 0.7,0.1 0.7,0.3 0.5,0.3",
            "mask-polygons": "0,0.9 0.3,0.9 0.3,1 0,1",
        },
        "figures": {"frames": 795, "not_counted": 3, "max": 1000, "coverage": 0.4}
        | {"motion": 0.01, "hot": [0.19, 0.34]},
        "colormaps": colormaps(),
        "look": {
            "colormap": "jet",
            "opacity": 0.4,
            "blend": "uniform",
            "normalization": "max",
            "percentile": 99.5,
            "full-scale": 300,
            "curve": "linear",
            "display-threshold": 0,
            "smoothing": 0,
        },
    }


def make_empty():
    """Nothing moved, and nothing is known."""
    data = make()
    data["heat"]["data"] = packed([0] * (WIDTH * HEIGHT), "I")
    data |= {"spans": None, "start": None}
    data |= {name: [] for name in ("files", "events", "thumbnails", "zones")}
    data["series"] = {"seconds": 1.0, "motion": [], "zones": {}}
    data["settings"] = {}
    data["figures"] |= {"max": 0, "coverage": 0, "hot": None}
    return data


def make_long():
    """Five days with as much as a page may hold."""
    data = make()
    days = 5 * 86400.0
    cells = 96 * 72
    spans = [(i * 2654435761 >> 8) % 5000 for i in range(cells)] * 500
    data["spans"] = {"seconds": days / 500, "width": 96, "height": 72, "type": "u16", "count": 500}
    data["spans"]["data"] = packed(spans, "H")
    data["duration"] = days
    data["series"] = {"seconds": 60.0, "motion": [i % 97 / 970 for i in range(7200)], "zones": {}}
    data["files"] = [
        {"name": f"{hour}.mp4", "begin": 3600.0 * hour, "duration": 3600.0, "frames": 36000}
        | {"start": None, "events": hour % 3, "problem": None}
        for hour in range(120)
    ]
    data["events"] = [
        event(i + 1, "yard", 1.0, 2.0, 0.1)
        | {"begin": 216.0 * i, "end": 216.0 * i + 30, "clock": None}
        | {"file": int(216 * i // 3600), "last_file": int(216 * i // 3600)}
        for i in range(2000)
    ]
    data["thumbnails"] = (data["thumbnails"] * 500)[:2000]
    return data


def fill(page, data):
    return page.replace("/*data*/", json.dumps(data).replace("<", "\\u003c"))
