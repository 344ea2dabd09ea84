"""The exploration of a team's own file, in a browser as people open it."""

import subprocess

import pytest

from sentiment_pipelines.environments import process_environment, rooms, sync
from tests.system.browser import Browser

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
FOCUS = "document.activeElement.tagName"


def stage(name, *arguments):
    """Runs a stage in its own environment."""
    room = rooms()[name]
    sync(room)
    command = [f"sentiment-{name}", *map(str, arguments)]
    subprocess.run(command, env=process_environment(room), check=True)


@pytest.fixture(scope="module")
def report(feedback, tmp_path_factory):
    """The page about a file that a team collected itself."""
    folder = tmp_path_factory.mktemp("exploration")
    columns = ["--text-column", "review", "--rating-column", "stars"]
    columns += ["--source-column", "product", "--created-at-column", "created"]
    stage("ingest", "--source", feedback, *columns, "--out-examples", folder / "examples")
    outputs = ("--out-exploration", folder / "exploration", "--out-report", folder / "report.html")
    stage("explore", "--examples", folder / "examples", *outputs)
    return folder / "report.html"


@pytest.fixture
def browser(chromium, tmp_path, report):
    """A browser with the page open."""
    opened = Browser(chromium, tmp_path / "profile")
    opened.open(report.as_uri())
    yield opened
    opened.close()


def test_the_page_loads_by_itself_without_a_complaint(browser, report):
    assert browser.complaints == []
    assert browser.addresses == [report.as_uri()]
    assert browser.evaluate("document.scripts.length") == 0
    assert browser.evaluate("document.querySelectorAll('svg.wide').length") == 2
    assert report.stat().st_size < 1_500_000


@pytest.mark.parametrize("width", [360, 400, 1280])
def test_nothing_is_wider_than_the_screen(browser, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 1000}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate(OVERFLOW) == 0


def test_the_page_follows_the_reader_into_the_dark(browser):
    seen = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.call("Emulation.setEmulatedMedia", features=features)
        seen.append(browser.evaluate(BACKGROUND))
    assert seen == ["rgb(255, 255, 255)", "rgb(20, 23, 28)"]


def test_every_drawing_has_a_name_and_every_link_a_place(browser):
    nameless = "svg[role=img]:not([aria-label])"
    assert browser.evaluate(f"document.querySelectorAll('{nameless}').length") == 0
    dead = "[...document.links].filter(it => !document.querySelector(it.hash)).length"
    assert browser.evaluate(dead) == 0


def test_the_keyboard_reaches_and_opens_what_is_folded(browser):
    for _ in range(40):
        browser.press("Tab")
        if browser.evaluate(FOCUS) == "SUMMARY":
            break
    assert browser.evaluate(FOCUS) == "SUMMARY"
    browser.press("Enter")
    assert browser.evaluate("document.activeElement.parentElement.open") is True


def test_on_paper_everything_folded_is_open_and_the_contents_are_gone(browser):
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    inner = "[...document.querySelectorAll('details > :not(summary)')]"
    assert browser.evaluate(f"{inner}.every(it => it.getClientRects().length > 0)") is True
