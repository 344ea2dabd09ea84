"""Quality from labels that arrive late."""

import numpy as np
import pytest
from judging import DAY, answers, reliability, scores

from sentiment_monitor.quality import measure

TRAINED = reliability(*scores(20_000, 1))


def measured(judged, count=6_000, seed=2, units=None, truth=None):
    probabilities, labels = scores(count, seed)
    truth = labels if truth is None else truth(labels)
    right = probabilities.argmax(axis=1) == truth
    chosen = judged(probabilities.argmax(axis=1), right, np.random.default_rng(seed))
    found = measure(answers(probabilities, truth, chosen, units=units), 2 * DAY, TRAINED)
    return found, float(right.mean())


def by_chance(label, right, generator):
    return generator.random(len(label)) < 0.3


def test_feedback_by_chance_tells_the_truth():
    found, real = measured(by_chance)
    for said in (found.accuracy, found.adjusted):
        assert said.low < real < said.high
    assert sum(map(sum, found.confusion)) == found.judged == pytest.approx(1_800, abs=120)
    assert found.promise.p_value > 0.01
    assert found.promise.shortfall.low < 0 < found.promise.shortfall.high
    assert found.uncovered == 0 and not found.complaints


def test_feedback_that_prefers_a_label_is_weighed_out():
    found, real = measured(lambda label, right, generator: generator.random(len(label))
                           < np.where(label == 1, 0.6, 0.05), count=20_000)  # fmt: skip
    assert not found.accuracy.low < real < found.accuracy.high
    assert found.adjusted.low < real < found.adjusted.high
    # Within its confidences the model keeps its promise, whoever is judged.
    assert found.promise.p_value > 0.01


def test_complaints_are_called_complaints_and_only_bound_the_accuracy():
    found, real = measured(
        lambda label, right, generator: ~right & by_chance(label, right, generator)
    )
    assert found.complaints
    assert found.accuracy.value == 0
    assert real < found.at_most.value < 1


def test_another_meaning_breaks_the_promise():
    def other(labels):
        changed = np.random.default_rng(9).random(len(labels)) < 0.2
        return np.where(changed, (labels + 1) % 3, labels)

    found, real = measured(by_chance, truth=other)
    assert found.promise.p_value < 1e-6
    assert found.promise.promised - found.promise.kept == pytest.approx(
        found.promise.shortfall.value
    )
    assert found.adjusted.low < real < found.adjusted.high


def test_few_callers_make_unsure():
    alone, _ = measured(by_chance)
    units = np.random.default_rng(1).integers(0, 8, 6_000)
    together, _ = measured(by_chance, units=units)
    assert together.callers == 8
    assert together.accuracy.high - together.accuracy.low > 0
    assert alone.callers == alone.judged


def test_without_feedback_there_is_no_figure_but_no_error_either():
    found, _ = measured(lambda label, right, generator: np.zeros(len(label), dtype=bool))
    assert found.judged == 0
    assert found.promise is None
    assert np.isnan(found.accuracy.value) and np.isnan(found.macro_f1.value)
    assert measure(answers(np.zeros((0, 3)), np.zeros(0, int), np.zeros(0, bool)), 0, None) is None


def test_feedback_from_before_its_answer_is_of_another_clock():
    probabilities, truth = scores(400, 3)
    early = answers(probabilities, truth, np.ones(400, dtype=bool), delay=-30)
    found = measure(early, 2 * DAY, None)
    assert found.maturities[0].share == 1
