# SPDX-License-Identifier: LGPL-2.1-or-later
"""The zone editor: what is drawn and changed is what its lines say."""
import re
import shlex

import fixture
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select


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


def open_editor(page):
    page.by_id("edit").click()
    page.browser.execute_script(
        "window.copied = []; Object.defineProperty(navigator, 'clipboard', {"
        "configurable: true, value: {writeText: async (text) => copied.push(text)}})"
    )


def copied(page):
    """The lines of all copy buttons."""
    lines = page.browser.execute_async_script(
        "const done = arguments[0]; copied.length = 0;"
        "document.querySelectorAll('#lines button').forEach((button) => button.click());"
        "setTimeout(() => done(copied))"
    )
    return dict(parsed(line) for line in lines)


def given(page):
    """What the settings say, which have no zone with a : or a ; in its name."""
    shapes = {}
    for name in ("zones", "mask-polygons"):
        for part in page.data["settings"].get(name, "").rstrip("; ").split(";"):
            zone, _, points = part.rpartition(":")
            places = [tuple(round(float(p), 4) for p in at.split(",")) for at in points.split()]
            shapes.setdefault(name, []).append((zone.strip(), places))
    return {name: parts for name, parts in shapes.items() if parts != [("", [])]}


def test_copies_what_was_given(page):
    open_editor(page)
    assert copied(page) == given(page), copied(page)
    page.choose("line-form", "element")
    assert copied(page) == given(page), copied(page)
    for line in page.run("return copied"):
        assert re.match("(zones|mask-polygons)='", line), line


def test_editor_by_mouse(page):
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
    page.run("document.querySelector('[data-point]').focus()")
    page.press_with(Keys.CONTROL, "z", "z", "z")
    assert page.focused().startswith("Point 1 at"), page.focused()
    assert copied(page)["zones"][-1][1] == drawn
    polygon = page.all("#shapes polygon")[-1]
    page.run("arguments[0].focus()", polygon)
    page.press(Keys.DELETE)
    assert copied(page) == given(page)


def test_kinds_and_names_of_polygons(page):
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


def test_lines_without_a_clipboard(page):
    open_editor(page)
    page.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.all("#lines button")[0].click()
    status = page.all("#lines [role=status]")[0]
    page.wait(lambda: "Ctrl+C" in status.text)
    selected = page.run(
        "const f = document.activeElement;" "return f.value.slice(f.selectionStart, f.selectionEnd)"
    )
    assert parsed(selected)[0] == "zones", selected
