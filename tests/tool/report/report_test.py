#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens the report's page in a headless Chromium and uses it: report_test.py page.html, or a page that
the tool made: report_test.py --page out.html. Prints TAP."""
import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import shlex
import sys
import tempfile
import time
import traceback

import fixture
import reference

MESON_SKIP = 77
DESKTOP, PHONE = (1280, 900), (360, 740)


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(MESON_SKIP)


try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver import ActionChains
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select
except ImportError:
    skip("no Selenium: Debian's package python3-selenium has it")

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"


def start_browser():
    for path, package in (CHROMIUM, "chromium"), (DRIVER, "chromium-driver"):
        if not os.path.exists(path):
            skip(f"no {path}: Debian's package {package} has it")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in "--headless=new", "--disable-gpu", "--disable-dev-shm-usage":
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        return webdriver.Chrome(service=Service(DRIVER), options=options)
    except WebDriverException as error:
        return skip(f"Chromium does not start: {error.msg.splitlines()[0]}")


class Page:
    """A page in the browser, and what it shows."""

    def __init__(self, browser, path, size=DESKTOP):
        self.browser = browser
        self.resize(*size)
        begin = time.monotonic()
        browser.get(pathlib.Path(path).resolve().as_uri())
        self.data = json.loads(self.run("return document.getElementById('data').textContent"))
        self.wait(
            lambda: self.run("return document.getElementById('notice').hidden === false")
            or self.text("full-scale") != ""
        )
        self.seconds = time.monotonic() - begin

    def resize(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def run(self, script, *args):
        return self.browser.execute_script(script, *args)

    @staticmethod
    def wait(condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it takes too long"
            time.sleep(0.02)

    def settle(self):
        """Waits until what is due is drawn."""
        self.browser.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        )

    def by_id(self, name):
        return self.browser.find_element(By.ID, name)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, name):
        return self.run("return document.getElementById(arguments[0]).textContent", name)

    def choose(self, name, value):
        Select(self.by_id(name)).select_by_value(value)

    def set(self, name, value):
        self.run(
            "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
            "for (const type of ['input', 'change']) field.dispatchEvent(new Event(type));",
            name,
            str(value),
        )

    def press(self, *keys):
        chain = ActionChains(self.browser)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def press_with(self, modifier, *keys):
        chain = ActionChains(self.browser).key_down(modifier)
        for key in keys:
            chain.send_keys(key)
        chain.key_up(modifier).perform()

    def focused(self):
        return self.run("return document.activeElement.getAttribute('aria-label') || ''")

    def at(self, element, x, y):
        """The place on the screen that is at fractions of an element's box."""
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        box = self.run(
            "const b = arguments[0].getBoundingClientRect();"
            "return [b.left, b.top, b.width, b.height]",
            element,
        )
        return round(box[0] + x * box[2]), round(box[1] + y * box[3])

    def drag(self, begin, end):
        pointer = ActionChains(self.browser, duration=20)
        mouse = pointer.w3c_actions.pointer_action
        mouse.move_to_location(*begin).pointer_down()
        mouse.move_to_location((begin[0] + end[0]) // 2, (begin[1] + end[1]) // 2)
        mouse.move_to_location(*end).pointer_up()
        pointer.perform()

    def click(self, place):
        pointer = ActionChains(self.browser, duration=20)
        pointer.w3c_actions.pointer_action.move_to_location(*place).click()
        pointer.perform()

    # The picture

    def places(self):
        """Some pixels, always the same."""
        width, height = (self.data["picture"][key] for key in ("width", "height"))
        chance = random.Random(2)
        return [(chance.randrange(width), chance.randrange(height)) for _ in range(3000)]

    def pixels(self):
        """What the canvas shows there."""
        self.settle()
        return self.run(
            "const c = document.getElementById('canvas');"
            "const all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "const at = ([x, y]) => 4 * (y * c.width + x);"
            "return arguments[0].map((place) => [...all.slice(at(place), at(place) + 3)])",
            self.places(),
        )

    @contextlib.contextmanager
    def look(self, **look):
        """A look, and afterwards the one of the data again."""
        before = self.data["look"]
        self.set_look(look)
        yield {**before, **{key.replace("_", "-"): value for key, value in look.items()}}
        self.set_look({key.replace("-", "_"): value for key, value in before.items()})

    def set_look(self, look):
        for key, value in look.items():
            self.set("fixed" if key == "full_scale" else key.replace("_", "-"), value)

    def background(self):
        with self.look(opacity=0):
            return self.pixels()

    def heat(self):
        heat = self.data["heat"]
        return rows_of(fixture.unpacked(heat["data"], CODES[heat["type"]]), heat["width"])

    def span_map(self, first, end):
        spans = self.data["spans"]
        values = fixture.unpacked(spans["data"], CODES[spans["type"]])
        cells = spans["width"] * spans["height"]
        parts = [
            values[i * cells : (i + 1) * cells] for i in range(first, min(end, spans["count"]))
        ]
        return rows_of([sum(cell) / 256 for cell in zip(*parts)], spans["width"])

    def shows(self, rows, look, is_coarse=False, off=0):
        """Whether the canvas shows a map, to so many steps of an index."""
        size = (self.data["picture"][key] for key in ("width", "height"))
        shown = reference.Shown(rows, look, *size, is_coarse)
        colors = fixture.unpacked(self.data["colormaps"][look["colormap"]], "B")
        pixels, unlike = self.pixels(), []
        for (x, y), under, pixel in zip(self.places(), self.under, pixels):
            near = [shown.pixel(x, y, under, colors)]
            if pixel not in near and off:
                index = shown.index
                for step in range(-off, off + 1):
                    shown.index = lambda x, y, i=index(x, y) + step: min(255, max(0, i))
                    near.append(shown.pixel(x, y, under, colors))
                shown.index = index
            if pixel not in near:
                unlike.append(((x, y), pixel, near[0]))
        assert not unlike, f"{len(unlike)} of {len(pixels)} pixels are others, as {unlike[:3]}"

    def shows_spans(self, first, end):
        self.shows(self.span_map(first, end), self.data["look"], is_coarse=True)


CODES = {"u16": "H", "u32": "I", "f32": "f"}


def rows_of(values, width):
    return [values[i : i + width] for i in range(0, len(values), width)]


def parsed(line):
    """A line of the editor as a shell and the element read it: (property, [(name, points)])."""
    words = shlex.split(line)
    assert len(words) in (1, 2), line
    name, value = words[0].split("=", 1) if len(words) == 1 else (words[0].lstrip("-"), words[1])
    shapes = []
    for part in value.split(";"):
        zone, points = part.rsplit(":", 1) if name == "zones" else ("", part)
        assert re.fullmatch(r"\s*([01]\.\d{4},[01]\.\d{4}\s*){3,}", points), points
        shapes.append((zone.strip(), [tuple(map(float, p.split(","))) for p in points.split()]))
    return name, shapes


# Tests: each has a page of its own, made from data.


def test_heat_is_drawn_by_the_formula(page):
    page.shows(page.heat(), page.data["look"])
    assert page.text("full-scale").startswith("1,000"), page.text("full-scale")


def test_opacity_by_its_slider(page):
    slider = page.by_id("opacity")
    slider.send_keys(Keys.END)
    with page.look() as look:
        page.shows(page.heat(), look | {"opacity": 1})
        slider.send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 7)
        page.shows(page.heat(), look | {"opacity": 0.07})
    assert slider.get_attribute("aria-valuetext") == "40 %"


def test_colormap_is_chosen(page):
    page.choose("colormap", "bone")
    page.shows(page.heat(), page.data["look"] | {"colormap": "bone"})


def test_scale_curve_blend(page):
    for change in (
        {"blend": "heat", "opacity": 0.7},
        {"curve": "sqrt"},
        {"curve": "log", "blend": "heat"},
        {"normalization": "percentile", "percentile": 90},
        {"normalization": "fixed", "full_scale": 123.4},
        {"display_threshold": 40, "blend": "heat"},
    ):
        with page.look(**change) as look:
            page.shows(page.heat(), look)


def test_smoothing(page):
    for change in {"smoothing": 3}, {
        "smoothing": 12,
        "normalization": "percentile",
        "percentile": 95,
    }:
        with page.look(**change) as look:
            page.shows(page.heat(), look, off=1)


def test_axis_drag_shows_the_sum_of_spans(page):
    axis = page.by_id("axis")
    page.drag(page.at(axis, 12 / 79.5, 0.3), page.at(axis, 37 / 79.5, 0.3))
    page.shows_spans(1, 4)
    assert "23:59:10.0 to" in page.text("span"), page.text("span")
    page.drag(page.at(axis, 40 / 79.5, 0.3), page.at(axis, 78 / 79.5, 0.3))
    page.shows_spans(1, 8)
    page.choose("normalization", "max")
    page.by_id("whole").click()
    page.shows(page.heat(), page.data["look"])


def test_axis_by_touch(page):
    axis = page.by_id("axis")
    places = [page.at(axis, at / 79.5, 0.3) for at in (22, 31, 38)]
    for kind, place in zip(("touchStart", "touchMove", "touchMove"), places):
        touch = {"type": kind, "touchPoints": [{"x": place[0], "y": place[1]}]}
        page.browser.execute_cdp_cmd("Input.dispatchTouchEvent", touch)
    page.browser.execute_cdp_cmd(
        "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
    )
    page.shows_spans(2, 4)


def test_axis_by_keyboard(page):
    begin, end = page.by_id("span-begin"), page.by_id("span-end")
    begin.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    end.send_keys(Keys.ARROW_LEFT)
    page.shows_spans(2, 7)
    assert begin.get_attribute("aria-valuenow") == "20.00", begin.get_attribute("aria-valuenow")
    assert end.get_attribute("aria-valuetext") == "2026-11-27 00:00:10.0", end.get_attribute(
        "aria-valuetext"
    )
    page.by_id("zoom").click()
    end.send_keys(Keys.PAGE_DOWN)  # it stays behind the other
    page.shows_spans(2, 3)
    end.send_keys(Keys.ESCAPE)
    page.shows(page.heat(), page.data["look"])


def test_one_scale_for_all_spans(page):
    page.by_id("span-end").send_keys(Keys.HOME)
    page.run("document.querySelector('#look details').open = true")
    page.by_id("same-scale").click()
    whole = reference.full_scale(page.span_map(0, 8), page.data["look"])
    look = page.data["look"] | {"normalization": "fixed", "full-scale": whole}
    page.shows(page.span_map(0, 1), look, is_coarse=True)


def test_event_shows_its_span(page):
    page.all(".event")[1].click()
    page.shows_spans(1, 2)
    assert page.all(".event")[1].get_attribute("aria-selected") == "true"
    assert len(page.all(".box")) == 1
    page.by_id("event-list").send_keys(Keys.ARROW_DOWN)
    page.shows_spans(4, 7)
    axis = page.by_id("axis")
    height = axis.size["height"]
    page.click(page.at(axis, 5 / 79.5, 88 / height))  # the first one's bar
    page.shows_spans(0, 1)
    page.by_id("whole").click()
    assert not page.all(".event[aria-selected=true]") and not page.all(".box")


def test_events_are_filtered_and_sorted(page):
    def zones():
        return [tag.text for tag in page.all(".event .tag")]

    yard = [o.get_attribute("value") for o in page.all("#event-zone option") if o.text == "yard"]
    page.choose("event-zone", yard[0])
    assert zones() == ["yard", "yard"], zones()
    page.choose("event-zone", "")
    page.choose("event-order", "-peak")
    assert zones() == ["yard", fixture.TRAP, "yard", fixture.TRAP], zones()
    page.by_id("event-span").click()
    page.by_id("span-end").send_keys(*[Keys.ARROW_LEFT] * 7)
    assert zones() == [fixture.TRAP], zones()
    assert page.text("events-count") == "1 of 4"


def test_files(page):
    names = page.all("#files button")
    assert [name.text for name in names] == [fixture.NASTY, "день 2.mp4"]
    assert "is cut off" in page.by_id("files").text
    names[1].click()
    page.shows_spans(4, 8)


def test_names_are_text(page):
    assert page.text("title") == fixture.NASTY
    assert page.browser.title.startswith(fixture.NASTY)
    assert not page.all("img[src=x]") and not page.all("main b")
    assert fixture.TRAP in page.by_id("zones").text


def open_editor(page):
    page.by_id("edit").click()
    page.browser.execute_script(
        "window.copied = []; Object.defineProperty(navigator, 'clipboard', {"
        "configurable: true, value: {writeText: async (text) => copied.push(text)}})"
    )


def copied(page):
    """The lines of all copy buttons."""
    page.run("copied.length = 0")
    for button in page.all("#lines button"):
        button.click()
    page.wait(lambda: page.run("return copied.length") == len(page.all("#lines button")))
    return dict(parsed(line) for line in page.run("return copied"))


def given(page):
    zones = [
        (z["name"], [tuple(p) for p in points])
        for z in page.data["zones"]
        for points in z["polygons"]
    ]
    return {
        "zones": zones,
        "mask-polygons": [("", [tuple(p) for p in m]) for m in page.data["masks"]],
    }


def test_editor_copies_what_was_given(page):
    open_editor(page)
    assert copied(page) == given(page), copied(page)
    page.choose("line-form", "element")
    assert copied(page) == given(page), copied(page)
    assert page.run("return copied[0]").startswith("zones='")


def test_editor_draws_by_mouse(page):
    open_editor(page)
    page.by_id("draw").click()
    stage = page.by_id("stage")
    corners = [(0.2, 0.7), (0.5, 0.7), (0.5, 0.85), (0.3, 0.9)]
    for corner in corners + corners[:1]:
        page.click(page.at(stage, *corner))
    name = page.browser.switch_to.active_element
    assert name.tag_name == "input", name.tag_name
    name.send_keys("it's $HOME")
    drawn = copied(page)["zones"][-1]
    assert drawn[0] == "it's $HOME", drawn
    for (x, y), (wanted_x, wanted_y) in zip(drawn[1], corners, strict=True):
        assert abs(x - wanted_x) < 0.005 and abs(y - wanted_y) < 0.005, drawn

    page.drag(page.at(stage, *drawn[1][0]), page.at(stage, 0.1, 0.6))  # a point
    moved = copied(page)["zones"][-1][1]
    assert abs(moved[0][0] - 0.1) < 0.005 and moved[1:] == drawn[1][1:], moved
    page.drag(page.at(stage, 0.4, 0.78), page.at(stage, 0.5, 0.78))  # all of it
    shifted = copied(page)["zones"][-1][1]
    steps = [round(x - old, 4) for (x, _), (old, _) in zip(shifted, moved)]
    assert max(steps) - min(steps) < 0.0002 and abs(steps[0] - 0.1) < 0.005, steps
    page.drag(
        page.at(stage, *[(a + b) / 2 for a, b in zip(*shifted[1:3])]), page.at(stage, 0.8, 0.8)
    )
    assert len(copied(page)["zones"][-1][1]) == 5
    for _ in range(4):
        page.by_id("undo").click()
    assert copied(page)["zones"][-1] == ("zone 1", drawn[1]), copied(page)["zones"][-1]
    page.by_id("undo").click()
    assert copied(page) == given(page)
    page.by_id("redo").click()
    assert copied(page)["zones"][-1] == ("zone 1", drawn[1])


def test_editor_by_keyboard(page):
    open_editor(page)
    page.by_id("draw").send_keys(Keys.ENTER)
    right, down = Keys.ARROW_RIGHT, Keys.ARROW_DOWN
    page.press(" ", right, right, " ", down, down, " ")
    page.press(Keys.BACKSPACE)  # the last one is not set
    page.press(down, " ", Keys.ENTER)
    pixel_x, pixel_y = 1 / fixture.WIDTH, 1 / fixture.HEIGHT
    corners = [(0.5, 0.5), (0.5 + 20 * pixel_x, 0.5), (0.5 + 20 * pixel_x, 0.5 + 30 * pixel_y)]
    drawn = copied(page)["zones"][-1][1]
    assert drawn == [tuple(round(v, 4) for v in corner) for corner in corners], drawn

    page.all("#shape-list .choose")[-1].send_keys(Keys.ENTER)
    assert page.focused().startswith("Point 1 at 0.5"), page.focused()
    page.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    page.press_with(Keys.SHIFT, Keys.ARROW_UP)
    moved = copied(page)["zones"][-1][1][0]
    assert moved == (0.5 - 2 * pixel_x, round(0.5 - 10 * pixel_y, 4)), moved
    page.all("#points [data-point]")[0].send_keys("+")
    assert page.focused().startswith("Point 2 at"), page.focused()
    assert len(copied(page)["zones"][-1][1]) == 4
    page.all("#points [data-point]")[1].send_keys(Keys.DELETE)
    assert len(copied(page)["zones"][-1][1]) == 3
    page.all("#points [data-point]")[0].send_keys(Keys.DELETE)
    assert len(copied(page)["zones"][-1][1]) == 3 and "3 points or more" in page.text(
        "editor-status"
    )
    page.press_with(Keys.CONTROL, "z", "z", "z")
    assert copied(page)["zones"][-1][1] == drawn
    polygon = page.all("#shapes polygon")[-1]
    page.run("arguments[0].focus()", polygon)
    page.press(Keys.DELETE)
    assert copied(page) == given(page)


def test_editor_kinds_and_names(page):
    open_editor(page)
    Select(page.all("#shape-list select")[2]).select_by_value("mask")
    lines = copied(page)
    assert len(lines["zones"]) == 2 and len(lines["mask-polygons"]) == 2, lines
    name = page.all("#shape-list input")[0]
    for wrong in "a:b", "  ":
        name.clear()
        name.send_keys(wrong)
        assert not page.all("#lines button") and page.all("#lines .problem")
        assert name.get_attribute("aria-invalid") == "true"
    for _ in range(4):
        page.all("#shape-list button[title=Delete]")[0].click()
    assert page.by_id("lines").text == ""


def test_editor_without_a_clipboard(page):
    open_editor(page)
    page.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.all("#lines button")[0].click()
    status = page.all("#lines [role=status]")[0]
    page.wait(lambda: "Ctrl+C" in status.text)
    selected = page.run(
        "const f = document.activeElement;" "return f.value.slice(f.selectionStart, f.selectionEnd)"
    )
    assert parsed(selected)[0] == "zones", selected


def test_dark_and_light(page):
    def ground():
        page.settle()
        return int(
            page.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        )

    assert ground() > 200
    page.by_id("theme").click()
    assert ground() < 50
    page.by_id("theme").click()
    assert ground() > 200


def test_dark_by_the_system(page):
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page.settle()
    assert page.by_id("theme").get_attribute("aria-pressed") == "true"
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_phone(page):
    page.resize(*PHONE)
    for is_editing in False, True:
        if is_editing:
            page.by_id("edit").click()
        page.settle()
        assert page.run("return document.documentElement.scrollWidth") <= PHONE[0]
        beyond = page.run(
            "return [...document.querySelectorAll('main *, header *')].filter((e) => {"
            "const b = e.getBoundingClientRect(); return b.width > 1 && b.right > innerWidth + 1"
            "}).map((e) => e.outerHTML.slice(0, 80))"
        )
        assert not beyond, beyond


def test_every_control_has_a_name(page):
    roles = {
        "button",
        "slider",
        "textbox",
        "combobox",
        "checkbox",
        "spinbutton",
        "listbox",
        "option",
        "region",
        "group",
        "table",
        "application",
        "link",
        "DisclosureTriangle",
    }
    page.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for is_editing in False, True:
        if is_editing:
            page.by_id("edit").click()
            page.all("#shape-list .choose")[0].click() if page.all("#shape-list .choose") else None
        nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        named = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
        assert len(named) > 10
        nameless = [
            n["role"]["value"]
            for n in named
            if not n.get("name", {}).get("value", "").strip() and n["role"]["value"] != "group"
        ]
        assert not nameless, nameless


def test_focus_is_seen(page):
    page.press(Keys.TAB)
    seen = []
    for _ in range(14):
        style = page.run(
            "const s = getComputedStyle(document.activeElement);"
            "return [document.activeElement.id, s.outlineStyle, s.outlineWidth]"
        )
        assert style[1] != "none" and style[2] != "0px", style
        seen.append(style[0])
        page.press(Keys.TAB)
    assert {"theme", "save", "edit", "span-begin", "span-end"} <= set(seen), seen


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]
# Those that hold on any page.
GENERAL = [
    test_opacity_by_its_slider,
    test_dark_and_light,
    test_phone,
    test_every_control_has_a_name,
    test_focus_is_seen,
]


# Pages that are not as they should be.


def test_without_decompression(browser, path):
    script = browser.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.DecompressionStream"}
    )
    page = Page(browser, path)
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    assert "DecompressionStream" in page.text("notice") and len(page.all(".event")) == 4


def test_empty(browser, path):
    page = Page(browser, path)
    assert page.run("return document.getElementById('notice').hidden")
    page.under = page.background()
    page.shows(page.heat(), page.data["look"])
    page.by_id("span-begin").send_keys(Keys.ARROW_RIGHT)
    assert "no maps of spans" in page.text("span")
    page.by_id("edit").click()


def test_damaged(browser, path):
    page = Page(browser, path)
    assert "the heat has" in page.text("notice"), page.text("notice")
    browser.get_log("browser")  # it says so there, too


def test_days_are_quick(browser, path):
    page = Page(browser, path)
    begin = time.monotonic()
    slider = page.by_id("span-begin")
    for _ in range(10):
        slider.send_keys(Keys.PAGE_UP)
        page.settle()
    step = (time.monotonic() - begin) / 10
    page.by_id("event-list").send_keys(Keys.END)
    page.settle()
    assert len(page.all(".event")) == 2000
    print(f"# opened in {page.seconds:.1f} s, {step:.2f} s for a span of days")
    # Far from what it takes, so that a busy machine does not matter.
    assert page.seconds < 15 and step < 2


def requested(browser):
    """What the pages loaded."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]
    return {url.split(":", 1)[0] for url in sent}


def run_one(name, browser, call):
    try:
        call()
        errors = [entry["message"] for entry in browser.get_log("browser")]
        assert not errors, errors
        assert requested(browser) <= {"file", "data", "blob"}, "there were requests"
    except Exception:  # pylint: disable=broad-except # any failure is one of the test
        print(f"not ok - {name}")
        print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
        return False
    print(f"ok - {name}", flush=True)
    return True


def on_page(test, browser, path):
    page = Page(browser, path)
    assert page.run("return document.getElementById('notice').hidden"), page.text("notice")
    page.under = page.background()
    test(page)


def title(test):
    return test.__name__.removeprefix("test_").replace("_", " ")


def made_pages(template, directory):
    """The pages that are made up, by name."""
    sys.path.insert(0, str(template.parent))
    from assemble import assemble  # pylint: disable=import-outside-toplevel,import-error

    damaged = fixture.make()
    damaged["heat"]["data"] = fixture.packed([1, 2, 3], "I")
    pages = {"page": fixture.make(), "empty": fixture.make_empty(), "long": fixture.make_long()}
    pages["damaged"] = damaged
    text = assemble(template)
    for name, data in pages.items():
        path = pathlib.Path(directory) / f"{name}.html"
        path.write_text(fixture.fill(text, data), "utf-8")
        yield name, path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("template", nargs="?", type=pathlib.Path, help="page.html of the sources")
    parser.add_argument("--page", type=pathlib.Path, help="a page that the tool made")
    args = parser.parse_args()
    if not args.page and not args.template:
        parser.error("page.html or --page is needed")
    browser = start_browser()
    with tempfile.TemporaryDirectory() as directory, contextlib.closing(Quit(browser)):
        calls = []
        if args.page:
            calls += [
                (title(test), lambda test=test: on_page(test, browser, args.page))
                for test in GENERAL
            ]
        if args.template:
            pages = dict(made_pages(args.template, directory))
            calls += [
                (title(test), lambda test=test: on_page(test, browser, pages["page"]))
                for test in TESTS
            ]
            for test, name in (
                (test_without_decompression, "page"),
                (test_empty, "empty"),
                (test_damaged, "damaged"),
                (test_days_are_quick, "long"),
            ):
                calls.append((title(test), lambda test=test, name=name: test(browser, pages[name])))
        passed = [run_one(name, browser, call) for name, call in calls]
        print(f"1..{len(passed)}")
    sys.exit(0 if all(passed) else 1)


class Quit:
    """Ends the browser."""

    def __init__(self, browser):
        self.close = browser.quit


if __name__ == "__main__":
    main()
