"""A shadow: that it is scored and logged, and that its faults are nobody's but its own."""

import asyncio
import time

import pytest

from sentiment_serving.experiments import shadow as module
from sentiment_serving.experiments.shadow import Offer, Shadow

SHADOW = """
name = "shadow-1"
[[variants]]
name = "control"
model = "tiny"
weight = 1
[[variants]]
name = "ghost"
model = "other"
shadow = true
"""
STUMBLING = """
import time
import sentiment_models
opened = sentiment_models.load

class Stumbling:
    def __init__(self, predictor):
        self.labels, self._predictor = predictor.labels, predictor

    def predict_proba(self, texts):
        if any("crash" in text for text in texts):
            raise RuntimeError("a bug of the shadow")
        if any("slow" in text for text in texts):
            time.sleep(0.2)
        return self._predictor.predict_proba(texts)

def load(folder):
    predictor = opened(folder)
    return Stumbling(predictor) if "stumbling" in str(folder) else predictor

sentiment_models.load = load
"""
"""Makes one bundle of a real server slow or wrong, when a text says so."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stumbling")


@pytest.fixture(scope="module")
def running(serving, other_bundle, environment, folder):
    """A server whose shadow stumbles over some texts."""
    (folder / "bundle").symlink_to(other_bundle)
    (folder / "sitecustomize.py").write_text(STUMBLING)
    environment["PYTHONPATH"] = str(folder)
    experiment = SHADOW.replace('"other"', '"stumbling"')
    try:
        with serving(folder, experiment, "--also", f"stumbling={folder}/bundle") as client:
            yield client
    finally:
        del environment["PYTHONPATH"]


def ask(client, text, **headers):
    return client.post("/predict", json={"text": text}, headers=headers)


def texts_by(figure, client):
    return {
        outcome: figure(client, "experiment_shadow_texts_total", outcome=outcome)
        for outcome in ("scored", "agreed", "failed", "dropped")
    }


def test_a_shadow_scores_what_the_control_answers_and_nobody_is_told(
    running, folder, figure, wait_until, logged
):
    for text in ("good", "parcel"):
        answer = ask(running, text, **{"X-Request-Id": f"shadowed-{text}"})
        assert answer.headers["X-Variant"] == "control"
        assert answer.json()["model"]["name"] == "tiny"
    wait_until(lambda: texts_by(figure, running)["scored"] == 2)
    assert texts_by(figure, running)["agreed"] == 1, "they differ on good"

    found = logged(folder / "log", {"shadowed-good"}, 2)
    answered, shadowed = sorted(found, key=lambda entry: entry.shadow)
    assert (answered.variant, answered.label, answered.shadow) == ("control", "positive", False)
    assert (shadowed.variant, shadowed.label, shadowed.shadow) == ("ghost", "negative", True)
    assert shadowed.model == "stumbling"


def test_a_shadow_that_crashes_or_is_slow_hurts_nobody(running, folder, figure, wait_until):
    before = texts_by(figure, running)
    assert ask(running, "crash").status_code == 200
    wait_until(lambda: texts_by(figure, running)["failed"] == before["failed"] + 1)
    times = []
    for number in range(60):
        started = time.perf_counter()
        answer = ask(running, f"slow {number}")
        times.append(time.perf_counter() - started)
        assert answer.status_code == 200
    # Sixty times 0.2 s of the shadow; who asks waits for none of them.
    assert sum(times) < 6
    big = running.post("/predict", json={"texts": ["slow"] * 256})
    for _ in range(10):
        assert running.post("/predict", json={"texts": ["slow"] * 256}).status_code == 200
    assert big.status_code == 200
    wait_until(lambda: texts_by(figure, running)["dropped"] > 0)
    log = (folder / "out.txt").read_text()
    assert log.count("a shadow of the experiment fails: RuntimeError") == 1
    assert "a bug of the shadow" not in log


class Slow:
    """A model that never ends."""

    def is_instant(self, texts):
        return True

    async def score(self, texts):
        await asyncio.sleep(3_600)


def test_what_waits_is_bounded_and_what_hangs_is_given_up(monkeypatch):
    lost = []

    async def run():
        shadow = Shadow(
            Slow,
            256,
            0.05,
            lambda *of: None,
            lambda offer, why: lost.append((why, len(offer.texts))),
        )
        many = Offer("r", "one", "", ["x"] * 1_500, ["neutral"] * 1_500)
        for _ in range(3):
            shadow.offer(many)
        assert lost == [("dropped", 1_500)] * 2
        await asyncio.sleep(0.2)
        await shadow.end()

    asyncio.run(run())
    assert lost[-1] == ("failed", 1_500)
    assert module.MOST_TEXTS == 2_000
