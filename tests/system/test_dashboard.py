"""The page of ``make dashboard`` in a real browser, on the running service."""

import json
import random
import time

import httpx
import pytest

from sentiment_pipelines.environments import process_environment, rooms
from tests.system.browser import Browser
from tests.system.monitoring import FILES, free_port, running, until
from tests.system.service import served
from tests.system.test_page import CONTRASTS

TEXTS = ("good", "a good parcel", "bad", "not good", "<img src=x onerror=alert(1)>", "the parcel")
KEY = "key-of-the-dashboard"
HOSTILE = "<img src=x onerror=alert(1)>"
TICKS = "[...document.querySelectorAll('svg .tick')].map((it) => it.getBoundingClientRect().height)"
SIZES = {"desk": (1280, False), "phone": (390, True)}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The service with a key, and how many texts it has answered: its folder and address."""
    folder = tmp_path_factory.mktemp("dashboard")
    with served(folder, SENTIMENT_API_KEYS=KEY) as address:
        ask(address, 30)
        yield address, folder


@pytest.fixture(scope="module")
def page(chromium, service, tmp_path_factory):
    """The opened page, with some looks in it."""
    address, folder = service
    room, port = rooms()["pipelines"], free_port()
    decision = 'sentiment_monitor_decision{{model="{}",decision="act"}} 1\n'
    (folder / "monitor.prom").write_text(decision.format("words") + decision.format(HOSTILE))
    command = (
        room.environment / "bin" / "sentiment-pipelines", "dashboard", "--service", address,
        "--port", port, "--interval", "1", "--log", folder / "requests",
        "--monitor", folder / "monitor.prom",
    )  # fmt: skip
    environment = {**process_environment(room), "SENTIMENT_API_KEY": KEY}
    browser = Browser(chromium, tmp_path_factory.mktemp("browser"))
    with running(*command, log=folder / "dashboard.log", env=environment):
        shown = f"http://127.0.0.1:{port}/"
        until(lambda: httpx.get(shown).is_success, 30, "the page is served")
        browser.addresses.clear()
        browser.open(shown)
        browser.wait("document.querySelectorAll('figure').length > 5")
        for _ in range(3):
            ask(address, 10)
            time.sleep(1)
        yield browser
        assert browser.complaints == []
        assert {seen.startswith((shown, "data:")) for seen in browser.addresses} == {True}
    browser.close()


def ask(address, times):
    with httpx.Client(base_url=address, headers={"X-API-Key": KEY}) as client:
        for number in range(times):
            texts = random.Random(number).choices(TEXTS, k=10)  # noqa: S311
            client.post("/predict", json={"texts": texts}).raise_for_status()


def choose(page, board):
    page.evaluate(f"document.getElementById('tab-{board}').click()")
    page.wait(f"document.getElementById('board').dataset.shown === '{board}'")


def text_of(page, title):
    return page.evaluate(
        "[...document.querySelectorAll('figure')]"
        f".find((it) => it.querySelector('h3').innerText === {json.dumps(title)}).innerText"
    )


def test_the_page_has_every_panel_of_every_dashboard(page):
    for board in ("service", "model", "data", "experiment"):
        choose(page, board)
        read = json.loads((FILES / "dashboards" / f"{board}.json").read_text())
        titles = [it["title"] for it in read["panels"] if it["type"] != "row"]
        shown = page.evaluate("[...document.querySelectorAll('figure h3')].map((e) => e.innerText)")
        assert shown[: len(titles)] == titles


def test_it_shows_what_the_service_was_asked(page):
    choose(page, "service")
    page.wait("document.querySelectorAll('svg polyline').length > 8")
    assert "nothing yet" not in text_of(page, "Requests by status")
    assert text_of(page, "Failed now").split("\n")[1] == "0 %"
    choose(page, "model")
    served_models = text_of(page, "Served").split("\n")
    assert [line.split()[0] for line in served_models[1:3]] == ["other", "words"]
    shares = text_of(page, "Labels").split("\n")
    assert {"negative", "neutral", "positive"} < set(shares)


def test_the_day_before_comes_from_the_request_log(page):
    choose(page, "model")
    titles = page.evaluate("[...document.querySelectorAll('#board h2')].map((e) => e.innerText)")
    assert titles[-1] == "The last 24 hours, from the request log"


def test_an_alert_is_a_card_with_its_runbook(page):
    page.wait("document.querySelector('#alerts .card.ticket') !== null")
    card = page.evaluate("document.querySelector('#alerts .card.ticket').innerText")
    assert "something has to be done about words" in card
    assert "docs/operations.md#sentimentmonitoracts" in card
    assert page.evaluate("document.title").startswith("(")
    assert HOSTILE in card and page.evaluate("document.querySelector('img')") is None


def test_who_knows_none_of_the_figures_sees_at_once_whether_all_is_well(page):
    page.wait("document.getElementById('verdict').className === 'warn'")
    said = page.evaluate("document.getElementById('verdict').innerText")
    assert said == "One thing needs a look, no hurry"


def test_the_mouse_reads_a_value_off_a_course(page):
    choose(page, "service")
    page.wait("document.querySelector('figure:not(.single) svg') !== null")
    box = page.evaluate(
        "(() => { const it = document.querySelector('figure:not(.single) svg');"
        "it.scrollIntoView({block: 'center'}); const b = it.getBoundingClientRect();"
        "return [b.left + b.width / 2, b.top + b.height / 2]; })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
    page.wait("document.querySelector('svg .cursor:not([hidden])') !== null")
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)


def test_the_dashboards_are_reached_by_the_keyboard(page):
    choose(page, "service")
    page.evaluate("document.getElementById('tab-service').focus()")
    page.press("ArrowRight")
    page.wait("document.activeElement.id === 'tab-model'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_everything_is_readable_and_nothing_sticks_out(page, scheme, size):
    width, mobile = SIZES[size]
    page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
        mobile=mobile,
    )  # fmt: skip
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", features=features)
    for board in ("service", "data"):
        choose(page, board)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sizes = page.evaluate(TICKS)
        assert sizes and min(sizes) > 7, "the scale of a course can be read"
        low = [it for it in page.evaluate(CONTRASTS) if it[1] < 4.5]
        assert low == []


def test_a_service_that_is_away_is_said(tmp_path):
    room, port = rooms()["pipelines"], free_port()
    command = (
        room.environment / "bin" / "sentiment-pipelines", "dashboard",
        "--service", f"http://127.0.0.1:{free_port()}", "--port", port,
    )  # fmt: skip
    with running(*command, log=tmp_path / "log"):
        state = f"http://127.0.0.1:{port}/state.json"
        until(lambda: "refused" in httpx.get(state).json()["complaint"], 30, "it is said")
