"""The page of ``make label`` in a real browser, and what is on the disk behind it."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from sentiment_pipelines.environments import process_environment, rooms
from sentiment_pipelines.labelling import batches, store
from sentiment_pipelines.labelling.batches import Ask, Batch
from tests.system.browser import Browser
from tests.system.monitoring import free_port, until
from tests.system.test_page import CONTRASTS

HOSTILE = "<img src=x onerror=alert(1)> is in my parcel"
LONG = "Nobody answers. " * 200
TEXTS = (HOSTILE, "a good parcel", LONG, "مرحبا بكم", "bad", "not good", "fine", "so so")
SIZES = {"desk": (1280, False), "phone": (390, True)}
OPEN = "!document.getElementById('work').hidden"


class Page:
    """A page of labellers: its process, address and labels."""

    def __init__(self, folder):
        room = rooms()["pipelines"]
        asks = [Ask(f"r{n}", 0, it, "random", "random", False) for n, it in enumerate(TEXTS)]
        made = Batch("2026-11-21T00:00:00.000Z", "s", "u", 13, 100, tuple(asks), ())
        self.labels, self.port = folder / "data" / "labels.csv", free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        batches.keep(made)
        command = (
            room.environment / "bin" / "sentiment-pipelines", "label", "--port", str(self.port),
            "--labels", self.labels,
        )  # fmt: skip
        variables = {**process_environment(room), "SENTIMENT_VAR": str(folder)}
        self.said = (folder / "said").open("wb+")
        # What runs in the background ignores Ctrl-C and would hand that on.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            command, env=variables, cwd=folder, stdout=self.said, stderr=self.said
        )
        signal.signal(signal.SIGINT, before)
        until(lambda: httpx.get(self.address).is_success, 30, "the page is served")

    def rows(self):
        """Returns what is on the disk."""
        return [(it.text, it.label, it.by) for it in store.read(self.labels)]


@pytest.fixture
def served(tmp_path, monkeypatch):
    """The page of a batch with eight texts."""
    monkeypatch.setattr(batches, "VAR", tmp_path)
    found = Page(tmp_path)
    yield found
    found.process.kill()
    found.process.wait()
    found.said.close()


@pytest.fixture(scope="module")
def browser(chromium, tmp_path_factory):
    opened = Browser(chromium, tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture
def page(browser, served):
    """The page, opened by anna."""
    browser.complaints.clear()
    browser.addresses.clear()
    begin(browser, served)
    yield browser
    assert browser.complaints == []
    assert {seen.startswith((served.address, "data:")) for seen in browser.addresses} == {True}


def begin(browser, served, name="anna"):
    browser.open(served.address)
    browser.wait("document.activeElement.id === 'name'")
    browser.write(name)
    browser.press("Enter")
    browser.wait(OPEN)


def text_of(page):
    return page.evaluate("document.getElementById('text').textContent")


def press(page, key, mine):
    page.press(key)
    page.wait(
        f"document.getElementById('progress').textContent.includes(' {mine} labelled by you')"
    )


def test_texts_are_labelled_by_the_keyboard_and_are_on_the_disk_at_once(page, served):
    assert text_of(page) == HOSTILE and page.evaluate("document.querySelector('img')") is None
    press(page, "1", 1)
    assert served.rows() == [(HOSTILE, "negative", "anna")]
    press(page, "3", 2)
    assert served.rows()[1] == ("a good parcel", "positive", "anna")
    assert text_of(page) == LONG


def test_a_label_is_taken_back_with_a_key(page, served):
    press(page, "2", 1)
    page.wait("document.getElementById('last').textContent === 'Undo “neutral”'")
    press(page, "u", 0)
    assert served.rows() == [] and text_of(page) == HOSTILE


def test_who_cannot_tell_goes_on_and_the_end_is_said(page, served):
    page.press("s")
    page.wait(f"document.getElementById('text').textContent !== {json.dumps(HOSTILE)}")
    for number in range(1, len(TEXTS) + 1):
        press(page, str(number % 3 + 1), number)
    page.wait("!document.getElementById('end').hidden")
    assert len(served.rows()) == len(TEXTS) and served.rows()[-1][0] == HOSTILE


def test_a_key_that_is_held_down_labels_one_text(page, served):
    shared = {"type": "keyDown", "key": "1", "text": "1", "windowsVirtualKeyCode": 49}
    page.call("Input.dispatchKeyEvent", **shared)
    for _ in range(5):
        page.call("Input.dispatchKeyEvent", **shared, autoRepeat=True)
    page.call("Input.dispatchKeyEvent", type="keyUp", key="1")
    page.wait("document.getElementById('progress').textContent.includes(' 1 labelled by you')")
    assert len(served.rows()) == 1


def test_what_was_acknowledged_survives_kill_9_and_the_loss_of_the_server_is_said(browser, served):
    begin(browser, served)
    press(browser, "1", 1)
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    browser.press("2")
    browser.wait("document.getElementById('error').textContent.includes('nothing was kept')")
    assert served.rows() == [(HOSTILE, "negative", "anna")]
    assert browser.evaluate("document.getElementById('text').textContent") == "a good parcel"


def test_ctrl_c_ends_it_and_says_what_became_of_the_labels(page, served):
    press(page, "1", 1)
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=30) == 0
    served.said.seek(0)
    said = served.said.read().decode()
    assert (
        "labelled by now: 1 texts; tied, and asked about first: 0" in said
        and "not versioned: " in said
    )


def test_nobody_on_another_machine_reaches_it(served):
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {line[1] for line in lines if line[3] == "0A"}
    places = {it.split(":")[0] for it in listening if it.endswith(f":{served.port:04X}")}
    assert {socket.inet_ntoa(int(it, 16).to_bytes(4, "little")) for it in places} == {"127.0.0.1"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_everything_is_readable_and_nothing_sticks_out(page, scheme, size):
    width, mobile = SIZES[size]
    page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1,
        mobile=mobile,
    )  # fmt: skip
    page.call(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    press(page, "1", 1)
    press(page, "1", 2)
    assert text_of(page) == LONG
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    below = "document.querySelector('[data-label=positive]').getBoundingClientRect().bottom"
    assert page.evaluate(below) <= 800, "the answers stay in sight below a long text"
    assert [it for it in page.evaluate(CONTRASTS) if it[1] < 4.5] == []
