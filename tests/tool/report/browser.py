# SPDX-License-Identifier: LGPL-2.1-or-later
"""A headless Chromium, and the report's page in it: what it shows, and keys and clicks on it."""
import contextlib
import json
import os
import pathlib
import random
import sys
import time

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

    backgrounds = {}

    def __init__(self, browser, path, size=DESKTOP):
        self.browser, self.path = browser, path
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
    def wait(condition, seconds=60):
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

    def set(self, values):
        """Sets fields to values as a user does."""
        self.run(
            "for (const [name, value] of Object.entries(arguments[0])) {"
            "const field = document.getElementById(name); field.value = value;"
            "for (const type of ['input', 'change']) field.dispatchEvent(new Event(type)); }",
            values,
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

    def size(self):
        """That of the canvas, which large pictures are larger than."""
        return self.run(
            "const {width, height} = document.getElementById('canvas'); return [width, height]"
        )

    def places(self):
        """Some pixels, always the same."""
        width, height = self.size()
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
        names = {"full_scale": "fixed"}
        self.set({names.get(key, key.replace("_", "-")): value for key, value in look.items()})

    def learn_background(self):
        """Sees what the heat is drawn on, if no page of this path was asked before."""
        if self.path not in self.backgrounds:
            with self.look(opacity=0):
                self.backgrounds[self.path] = self.pixels()

    def heat(self):
        heat = self.data["heat"]
        return rows_of(fixture.unpacked(heat["data"], CODES[heat["type"]]), int(heat["width"]))

    def span_map(self, first, end):
        spans = self.data["spans"]
        values = fixture.unpacked(spans["data"], CODES[spans["type"]])
        width, height, count = (int(spans[key]) for key in ("width", "height", "count"))
        cells = width * height
        parts = [values[i * cells : (i + 1) * cells] for i in range(first, min(end, count))]
        return rows_of([sum(cell) / 256 for cell in zip(*parts)], width)

    def shows(self, rows, look, is_coarse=False, off=0):
        """Whether the canvas shows a map, to so many steps of an index."""
        shown = reference.Shown(rows, look, *self.size(), is_coarse)
        colors = fixture.unpacked(self.data["colormaps"][look["colormap"]], "B")
        pixels, unlike = self.pixels(), []
        for (x, y), under, pixel in zip(self.places(), self.backgrounds[self.path], pixels):
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
