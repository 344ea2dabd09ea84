"""What quality says against what was known of the model."""

import json

import numpy as np
import pytest
from judging import DAY, answers, reliability, scores

from sentiment_common.errors import InputError
from sentiment_models.reference import read
from sentiment_monitor.decision import judged
from sentiment_monitor.estimate import estimate
from sentiment_monitor.policy import choose
from sentiment_monitor.quality import measure
from sentiment_monitor.quality_findings import (
    Baseline,
    baseline,
    of_estimate,
    of_feedback,
    recorded,
)
from sentiment_monitor.quality_findings import (
    reliability as reliability_of,
)

POLICY = choose("auto")
TRAINED = reliability(*scores(20_000, 1))
KNOWN = Baseline("in its evaluation", TRAINED.accuracy, 0.005)


def feedback(count=4_000, wrong=0.0, share=0.5, complaints=False):
    """What is said of answers of which some share turned out to mean something else."""
    probabilities, truth = scores(count, 3)
    generator = np.random.default_rng(4)
    meant = np.where(generator.random(count) < wrong, (truth + 1) % 3, truth)
    chosen = generator.random(count) < share
    if complaints:
        chosen &= probabilities.argmax(axis=1) != meant
    return measure(answers(probabilities, meant, chosen), 2 * DAY, TRAINED)


def verdicts(findings):
    return [it.verdict for it in judged(findings, POLICY.number("level"))]


def test_a_model_that_is_as_good_as_it_was_is_ok():
    found = of_feedback(feedback(), KNOWN, POLICY)
    assert verdicts(found) == ["ok", "ok"]
    assert {it.name for it in found} == {"quality"}
    assert len({it.key for it in found}) == 2


def test_a_model_that_has_become_worse_is_acted_on_twice_over():
    found = of_feedback(feedback(wrong=0.2), KNOWN, POLICY)
    assert verdicts(found) == ["act", "act"]
    for it in found:
        assert it.interval[0] < it.effect < it.interval[1]
        assert it.effect == pytest.approx(0.12, abs=0.04)


def test_too_little_feedback_says_nothing():
    assert verdicts(of_feedback(feedback(count=90), KNOWN, POLICY)) == ["unknown", "unknown"]
    assert of_feedback(None, KNOWN, POLICY) == []


def test_complaints_alone_are_no_measure_but_their_number_can_be():
    few = of_feedback(feedback(share=0.4, complaints=True), KNOWN, POLICY)
    assert verdicts(few) == ["ok", "unknown"]
    assert "complaints alone" in few[0].words
    # More complaints than the model was known to have errors.
    many = of_feedback(feedback(wrong=0.5, share=1.0, complaints=True), KNOWN, POLICY)
    assert verdicts(many)[0] == "act"


def test_without_anything_known_before_the_figure_is_told_all_the_same():
    found = of_feedback(feedback(), None, POLICY)[0]
    assert found.verdict == "unknown"
    assert "%" in found.words and "no earlier figure" in found.words


def test_a_low_estimate_is_a_finding_and_a_high_one_is_not():
    for sharp, wanted in ((1.0, "ok"), (0.5, "act")):
        probabilities, _ = scores(3_000, 5, sharp)
        assert verdicts(of_estimate(estimate(probabilities, TRAINED, 0.95), POLICY)) == [wanted]
    few = estimate(scores(20, 6)[0], TRAINED, 0.95)
    assert verdicts(of_estimate(few, POLICY)) == ["unknown"]
    assert of_estimate(None, POLICY) == []


def test_accuracy_is_held_against_the_evaluation_or_else_against_training(bundle, tmp_path):
    reference = read(bundle)
    trained = baseline(reference, "sha256:1")
    assert trained.accuracy == sum(reference.right) / reference.rows
    assert reliability_of(reference).accuracy == pytest.approx(trained.accuracy)
    figures = {"accuracy": {"value": 0.8, "low": 0.76, "high": 0.84}}
    models = [{"digest": "sha256:1", "test": {"metrics": figures}}]
    (tmp_path / "evaluation.json").write_text(json.dumps({"models": models}))
    judged_there = baseline(reference, "sha256:1", tmp_path)
    assert judged_there.accuracy == 0.8
    assert judged_there.error == pytest.approx(0.0204, abs=1e-4)
    assert baseline(None, "sha256:1") is None


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "no evaluation.json here"),
        ("{", "no evaluation"),
        ('{"models": []}', "not among those it judged"),
        ('{"models": [{"digest": "sha256:1", "test": {}}]}', "no evaluation"),
    ],
)
def test_an_evaluation_that_is_none_is_refused_in_a_line(tmp_path, content, what):
    if content is not None:
        (tmp_path / "evaluation.json").write_text(content)
    with pytest.raises(InputError, match=what):
        baseline(None, "sha256:1", tmp_path)


def test_the_record_is_plain_data():
    probabilities, _ = scores(300, 7)
    found = recorded(feedback(), estimate(probabilities, TRAINED, 0.95), KNOWN)
    assert set(json.loads(json.dumps(found))) == {"feedback", "estimate", "known"}
    assert recorded(None, None, None) == {"feedback": None, "estimate": None, "known": None}
