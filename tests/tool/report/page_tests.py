# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the page shows of its data: heat by the formula, the time axis, events, tables, looks."""
import fixture
import reference
from browser import PHONE
from selenium.webdriver.common.keys import Keys


def test_heat_is_drawn_by_the_formula(page):
    page.shows(page.heat(), page.data["look"])


def test_opacity_by_its_slider(page):
    slider = page.by_id("opacity")
    slider.send_keys(Keys.END)
    assert slider.get_attribute("aria-valuetext") == "100 %"
    with page.look() as look:
        page.shows(page.heat(), look | {"opacity": 1})
        slider.send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 7)
        page.shows(page.heat(), look | {"opacity": 0.07})


def test_colormap_is_chosen(page):
    for name in page.data["colormaps"]:
        page.choose("colormap", name)
        page.shows(page.heat(), page.data["look"] | {"colormap": name})


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
    page.set_look({"normalization": "fixed", "full_scale": 123.4})
    page.settle()
    assert page.text("full-scale") == "123.4 events", page.text("full-scale")


def test_smoothing(page):
    for change in (
        {"smoothing": 3},
        {"smoothing": 12, "normalization": "percentile", "percentile": 95},
        {"smoothing": 12, "normalization": "percentile", "percentile": 2},
    ):
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


def test_first_spans(page):
    page.by_id("span-end").send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    page.shows_spans(0, 2)


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
    page.shows_spans(3, 7)
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


def test_events_go_on_in_the_next_file(page):
    assert "at 0:00:39.0, 0:00:39.0 of " in page.all(".event")[2].text
    assert "to 0:00:26.0 of день 2.mp4" in page.all(".event")[2].text


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
