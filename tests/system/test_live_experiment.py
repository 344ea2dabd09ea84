"""A served experiment under traffic: its analysis must tell what the public was told and said."""

import json
import random
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest

from sentiment_common.experiment_state import state_path, stop_variant
from sentiment_pipelines.environments import rooms, sync
from tests.system.service import served

# Texts with how many of ten people call them negative, neutral, positive.
PUBLIC = {"good": (0, 1, 9), "parcel": (0, 2, 8), "not good": (8, 2, 0)}
LABELS = ("negative", "neutral", "positive")
CALLERS, REQUESTS, CLIENTS, STOP_AFTER = 200, 600, 4, 400
FILE = """
name = "live-1"

[[variants]]
name = "control"
model = "words"
weight = 0.5

[[variants]]
name = "challenger"
model = "other"
weight = 0.5

[[variants]]
name = "shadow"
model = "other"
shadow = true
"""


@dataclass(frozen=True)
class Visit:
    """A request: who asked, which variant answered what, and what was said of it, if anything."""

    caller: int
    variant: str
    label: str
    said: str


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A service of two workers with an experiment: its address and its folder."""
    folder = tmp_path_factory.mktemp("live")
    (folder / "live.toml").write_text(FILE)
    with served(folder, "--experiment", folder / "live.toml", "--workers", "2") as address:
        yield address, folder


@pytest.fixture(scope="module")
def visits(live):
    """Traffic with feedback on two answers of three; the challenger is stopped on the way."""
    address, folder = live
    chance = random.Random(3)  # noqa: S311
    texts = chance.choices(list(PUBLIC), k=REQUESTS)
    truths = [chance.choices(LABELS, PUBLIC[text])[0] for text in texts]
    with httpx.Client(base_url=address) as client:

        def visit(number):
            name, caller = f"visit-{number}", chance_of[number]
            headers = {"X-Caller-Id": f"caller-{caller}", "X-Request-Id": name}
            answer = client.post("/predict", json={"text": texts[number]}, headers=headers)
            answer.raise_for_status()
            said = truths[number] if number % 3 else ""
            if said:
                feedback = {"request_id": name, "label": said}
                client.post("/feedback", json=feedback).raise_for_status()
            label = answer.json()["predictions"][0]["label"]
            return Visit(caller, answer.headers["x-variant"], label, said)

        chance_of = chance.choices(range(CALLERS), k=REQUESTS)
        with ThreadPoolExecutor(CLIENTS) as pool:
            found = list(pool.map(visit, range(STOP_AFTER)))
            stop_variant(state_path(folder / "live.toml"), "live-1", "challenger", "me", "enough")
            found += pool.map(visit, range(STOP_AFTER, REQUESTS))
    time.sleep(1.5)  # the log is on the disk within a second
    return found


@pytest.fixture(scope="module")
def comparison(live, visits):
    """What the analysis finds in the log of the running service."""
    room, (_, folder) = rooms()["compare"], live
    sync(room)
    command = [
        room.environment / "bin" / "sentiment-compare", "--log", folder / "requests",
        "--experiment", folder / "live.toml", "--out-comparison", folder / "comparison",
        "--out-report", folder / "report.html",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return json.loads((folder / "comparison" / "comparison.json").read_text())


def test_every_answer_and_every_word_on_it_is_counted_once(visits, comparison):
    assert comparison["log"]["live"] == REQUESTS
    assert comparison["log"]["account"]["dropped"] == {}
    assert comparison["feedback"]["joined"] == sum(bool(it.said) for it in visits)
    assert comparison["feedback"]["about_no_answer_of_this_experiment"] == 0
    for found in comparison["variants"][:2]:
        mine = [it for it in visits if it.variant == found["name"]]
        assert found["texts"] == len(mine) > 100
        assert found["callers"] == len({it.caller for it in mine})
        assert found["judged"] == sum(bool(it.said) for it in mine)
        assert found["confirmed"] == sum(it.said == it.label for it in mine)


def test_the_shadow_is_judged_by_what_was_said_of_the_control(visits, comparison):
    control, _, shadow = comparison["variants"]
    assert shadow["judged"] == control["judged"] and shadow["texts"] == control["texts"]
    (judged,) = (it for it in comparison["comparisons"] if it["basis"] == "shadow")
    gain = (shadow["confirmed"] - control["confirmed"]) / control["judged"]
    assert judged["path"][-1]["difference"] == pytest.approx(gain, abs=1e-6)


def test_the_callers_are_split_as_they_were_first_answered(visits, comparison):
    first = {it.caller: it.variant for it in reversed(visits)}
    ratio = comparison["sample_ratio"]
    assert ratio["callers"] == Counter(first.values()) and ratio["sound"]


def test_a_stop_under_traffic_ends_a_period_and_is_nobodys_crossing(visits, comparison):
    (stop,) = comparison["stops"]
    assert stop["variant"] == "challenger" and stop["reason"] == "enough"
    assert [it["weights"]["challenger"] for it in comparison["periods"]] == [0.5, 0]
    assert comparison["sample_ratio"]["crossed"] == 0
