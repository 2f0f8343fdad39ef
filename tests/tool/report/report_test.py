#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens the report's page in a headless Chromium and uses it: report_test.py page.html, or a page that
the tool made: report_test.py --page out.html. Prints TAP."""
import argparse
import contextlib
import json
import pathlib
import sys
import tempfile
import time
import traceback

from browser import Page, start_browser  # first: it skips where there is no Selenium

# isort: split
import editor_tests
import fixture
import page_tests
from selenium.webdriver.common.keys import Keys

MADE_UP = [
    test
    for module in (page_tests, editor_tests)
    for name, test in vars(module).items()
    if name.startswith("test_")
]
# Those that hold on any page.
ANY_PAGE = [
    page_tests.test_heat_is_drawn_by_the_formula,
    page_tests.test_opacity_by_its_slider,
    page_tests.test_colormap_is_chosen,
    page_tests.test_first_spans,
    page_tests.test_dark_and_light,
    page_tests.test_phone,
    page_tests.test_every_control_has_a_name,
    page_tests.test_focus_is_seen,
    editor_tests.test_copies_what_was_given,
]


def test_without_decompression(browser, path):
    script = browser.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.DecompressionStream"}
    )
    page = Page(browser, path)
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    assert "DecompressionStream" in page.text("notice") and len(page.all(".event")) == 4


def test_nothing_moved(browser, path):
    page = Page(browser, path)
    assert page.text("notice") == ""
    page.learn_background()
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
    for _ in range(10):
        page.by_id("span-begin").send_keys(Keys.PAGE_UP)
        page.settle()
    step = (time.monotonic() - begin) / 10
    page.by_id("event-list").send_keys(Keys.END)
    page.settle()
    assert len(page.all(".event")) == 2000
    print(f"# opened in {page.seconds:.1f} s, {step:.2f} s for a span of days")
    # Far from what it takes, so that a busy machine does not matter.
    assert page.seconds < 15 and step < 2


ODD_PAGES = [
    (test_without_decompression, "page"),
    (test_nothing_moved, "empty"),
    (test_damaged, "damaged"),
    (test_days_are_quick, "long"),
]


def made_up_pages(template, directory):
    """The paths of the pages, by name."""
    sys.path.insert(0, str(template.parent))
    from assemble import assemble  # pylint: disable=import-outside-toplevel,import-error

    damaged = fixture.make()
    damaged["heat"]["data"] = fixture.packed([1, 2, 3], "I")
    pages = {"page": fixture.make(), "empty": fixture.make_empty(), "long": fixture.make_long()}
    text = assemble(template)
    paths = {}
    for name, data in (pages | {"damaged": damaged}).items():
        paths[name] = pathlib.Path(directory) / f"{name}.html"
        paths[name].write_text(fixture.fill(text, data), "utf-8")
    return paths


def on_page(test, browser, path):
    page = Page(browser, path)
    assert page.text("notice") == "", page.text("notice")
    if page.data["look"]["smoothing"] > 0 and page.data["picture"]["width"] > fixture.WIDTH:
        page.set_look({"smoothing": 0})  # it would take Python long
        page.data["look"]["smoothing"] = 0
    page.learn_background()
    test(page)


def requested(browser):
    """The schemes of what the pages loaded."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return {params["request"]["url"].split(":", 1)[0] for params in sent}


def passes(browser, test, call, path):
    name = test.__name__.removeprefix("test_").replace("_", " ")
    try:
        call(browser, path)
        errors = [entry["message"] for entry in browser.get_log("browser")]
        assert not errors, errors
        schemes = requested(browser)
        assert schemes <= {"file", "data", "blob"}, f"it loads from {schemes}"
    except Exception:  # pylint: disable=broad-except # any failure is one of the test
        print(f"not ok - {name}")
        print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
        return False
    print(f"ok - {name}", flush=True)
    return True


def calls(args, directory):
    """What is to be called: (test, how it is called with browser and path, path)."""
    if args.page:
        for test in ANY_PAGE:
            yield test, lambda *a, test=test: on_page(test, *a), args.page
    if args.template:
        paths = made_up_pages(args.template, directory)
        for test in MADE_UP:
            yield test, lambda *a, test=test: on_page(test, *a), paths["page"]
        for test, name in ODD_PAGES:
            yield test, test, paths[name]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("template", nargs="?", type=pathlib.Path, help="page.html of the sources")
    parser.add_argument("--page", type=pathlib.Path, help="a page that the tool made")
    args = parser.parse_args()
    if not args.page and not args.template:
        parser.error("page.html or --page is needed")
    with contextlib.ExitStack() as stack:
        browser = start_browser()
        stack.callback(browser.quit)
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        passed = [passes(browser, *call) for call in calls(args, directory)]
    print(f"1..{len(passed)}")
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
