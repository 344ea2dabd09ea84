from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from sentiment_models.bundle import LABELS, read_bundle
from sentiment_models.divergence import psi
from sentiment_serving.signals.board import Board
from sentiment_serving.signals.drift import LEAST_TEXTS, Drift
from sentiment_serving.signals.layout import CONFIDENCE, LABEL, LENGTH, TERMS
from sentiment_serving.signals.watched import Watched

HOUR = 3_600.0


class World:
    """A model, a board and a clock."""

    def __init__(self, bundle):
        self.watched = Watched.of(bundle, read_bundle(bundle), "tiny", "sha256:1")
        self.board, self.now = Board(None), 1_000.0
        self._registry = CollectorRegistry()
        self._registry.register(Drift(self.board, lambda: [self.watched], lambda: self.now))

    def count(self, **counts):
        self.watched.windows.add(counts, self.now)
        self.board.publish({self.watched.key: self.watched.windows.content()})

    def figures(self):
        return generate_latest(self._registry).decode()


@pytest.fixture
def world(watched_bundle):
    return World(watched_bundle)


def of(texts, signal, window="1h"):
    name = f'sentiment_drift_psi{{model="tiny",signal="{signal}",window="{window}"}} '
    found = [line.removeprefix(name) for line in texts.split("\n") if line.startswith(name)]
    return float(found[0]) if found else None


def test_the_index_is_that_of_the_window_against_the_reference(world):
    counts = [500, 20, 480]
    world.count(**{LABEL: counts})
    expected = world.watched.layout.expected[LABEL]
    assert of(world.figures(), LABEL) == pytest.approx(psi(expected, counts))
    assert of(world.figures(), LABEL, "24h") == pytest.approx(psi(expected, counts))
    assert 'sentiment_drift_texts{model="tiny",window="1h"} 1000.0' in world.figures()


def test_too_few_texts_have_no_index_rather_than_a_small_one(world):
    world.count(**{LABEL: [LEAST_TEXTS - 1, 0, 0]})
    assert of(world.figures(), LABEL) is None
    assert "sentiment_drift_texts" in world.figures()
    world.count(**{LABEL: [0, 1, 0]})
    assert of(world.figures(), LABEL) is not None


def test_signals_of_the_sample_need_enough_of_the_sample(world):
    bins = world.watched.layout.expected
    lengths = [0] * len(bins[LENGTH])
    lengths[2] = LEAST_TEXTS - 1
    world.count(**{LABEL: [9_000, 0, 0], CONFIDENCE: bins[CONFIDENCE], LENGTH: lengths})
    assert of(world.figures(), CONFIDENCE) is not None
    assert of(world.figures(), LENGTH) is None


def test_what_is_past_leaves_the_hour_before_the_day(world):
    world.count(**{LABEL: [LEAST_TEXTS, 0, 0]})
    world.now += HOUR + 300
    assert of(world.figures(), LABEL) is None
    assert of(world.figures(), LABEL, "24h") > 0.5
    world.now += 25 * HOUR
    assert of(world.figures(), LABEL, "24h") is None


def test_a_training_without_a_word_has_all_other_signals(world):
    bins = {**world.watched.layout.expected, TERMS: [0, 0]}
    world.watched.layout = replace(world.watched.layout, expected=bins)
    world.count(**{LABEL: [600, 0, 0], LENGTH: bins[LENGTH], TERMS: [3, 4]})
    assert of(world.figures(), LABEL) > 0.5
    assert of(world.figures(), TERMS) is None


def test_before_the_first_text_the_reference_is_there_and_no_index(world):
    text = world.figures()
    assert 'sentiment_reference_info{digest="sha256:1",model="tiny"} 1.0' in text
    assert "sentiment_drift_psi{" not in text
    assert 'sentiment_drift_texts{model="tiny",window="24h"} 0.0' in text


def test_a_bundle_without_a_reference_has_no_drift(tiny_bundle):
    world = World(tiny_bundle)
    assert 'model="tiny"' not in world.figures()
    assert len(LABELS) == 3
