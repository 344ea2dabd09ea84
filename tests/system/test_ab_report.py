"""The report of an experiment on live traffic, opened in a browser."""

import random
import re
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_pipelines.environments import rooms, sync
from tests.system.browser import Browser

LABELS = ("negative", "neutral", "positive")
START = datetime(2026, 11, 2, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
FILE = """
name = "encoder-1"

[[variants]]
name = "control"
model = "sentiment"
weight = 0.5

[[variants]]
name = "challenger"
model = "encoder"
weight = 0.5

[[variants]]
name = "tiny"
model = "tiny"
shadow = true
"""


def answered(number, variant, label, shadow=False):
    """An entry of the log, one a minute."""
    moment = (START + timedelta(minutes=number)).isoformat(timespec="milliseconds")
    return Entry(
        number, moment, f"request-{number}", 0, variant, f"sha256:{variant}", variant, None,
        "none", label, {it: 0.8 if it == label else 0.1 for it in LABELS}, 3.0,
        f"caller-{number % 400}", "encoder-1", shadow,
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of an experiment with a shadow and a variant that its file does not name."""
    room, folder = rooms()["compare"], tmp_path_factory.mktemp("experiment")
    sync(room)
    chance = random.Random(3)  # noqa: S311
    entries, feedback = [answered(0, HOSTILE, "neutral")], []
    for number in range(3_000):
        variant = ("control", "challenger")[number % 400 % 2]
        entry = answered(number, variant, chance.choice(LABELS))
        entries.append(entry)
        if variant == "control":
            entries.append(answered(number, "tiny", chance.choice(LABELS), shadow=True))
        right = chance.random() < (0.6 if variant == "control" else 0.9)
        said = entry.label if right else chance.choice(LABELS)
        feedback.append(Feedback(entry.time, entry.request_id, 0, said))
    name = "requests-20261102T000000.000000Z-7-000000.jsonl"
    (folder / name).write_bytes(b"".join(map(entry_line, entries)))
    lines = b"".join(to_line(asdict(it)) for it in feedback)
    (folder / "feedback-20261102.jsonl").write_bytes(lines)
    (folder / "experiment.toml").write_text(FILE)
    command = [
        room.environment / "bin" / "sentiment-compare", "--log", folder,
        "--experiment", folder / "experiment.toml", "--out-comparison", folder / "comparison",
        "--out-report", folder / "ab-report.html",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return folder / "ab-report.html"


@pytest.fixture(scope="module")
def browser(chromium, report, tmp_path_factory):
    """A browser that shows the report."""
    browser = Browser(chromium, tmp_path_factory.mktemp("profile"))
    browser.open(report.as_uri())
    yield browser
    browser.close()


def test_the_verdict_comes_first_and_the_browser_has_no_complaint(browser):
    first = browser.evaluate("document.querySelector('h1 ~ :not(style)').className")
    assert first == "banner good"
    said = browser.evaluate("document.querySelector('.banner').innerText")
    assert said.startswith("challenger is better") and "Promote challenger." in said
    assert browser.evaluate("document.querySelectorAll('svg .band').length") == 2
    assert browser.evaluate("document.querySelectorAll('table').length") >= 6
    assert browser.complaints == []


def test_what_the_log_says_stays_text(browser):
    assert browser.evaluate("document.querySelectorAll('img, script').length") == 0
    assert HOSTILE in browser.evaluate("document.body.innerText")


def test_it_needs_nothing_from_outside(report):
    assert re.findall(r"(?:src|href)=[\"']", report.read_text()) == []


@pytest.mark.parametrize("width", [320, 400, 1_100])
def test_nothing_is_wider_than_the_screen(browser, width):
    browser.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1,
        mobile=width < 600,
    )  # fmt: skip
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_dark_where_the_reader_wants_it_dark(browser):
    feature = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", features=feature)
    colour = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", colour))) < 60
