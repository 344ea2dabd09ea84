import numpy as np
import pytest

from sentiment_common.experiment import parse_experiment
from sentiment_serving.experiments.figures import VariantMetrics
from sentiment_serving.experiments.guardrails import PERIOD_SECONDS, Watch
from sentiment_serving.metrics import Metrics

TWO = """
name = "one"
[[variants]]
name = "control"
model = "m"
[[variants]]
name = "challenger"
model = "m"
[[guardrails]]
"""
OK, BAD = 200, 500
MODELS = {"control": "sha256:one", "challenger": "sha256:two"}


@pytest.fixture
def world():
    """Two variants whose answers a test makes up, and a guardrail that looks at them."""
    return World()


class World:
    def __init__(self):
        self.metrics = VariantMetrics(Metrics())
        self.now = 0.0
        self.watch = Watch(lambda: self.now)

    def answers(self, variant, count, *, failing=0, seconds=(0.01,)):
        for number in range(count):
            status = BAD if number < failing else OK
            self.metrics.answered("one", variant, status, seconds[number % len(seconds)])

    def texts(self, variant, confidence=0.9, **labels):
        for label, count in labels.items():
            for _ in range(count):
                self.metrics.scored("one", variant, [label], [[confidence]])

    def breach(self, guardrail, models=MODELS):
        experiment = parse_experiment(TWO + guardrail, "here")
        found = self.watch.breaches(experiment, self.metrics.of_all_workers("one"), models)
        return found[0].reason if found else ""


def test_a_share_of_errors_above_its_bound_is_a_breach_with_the_figure(world):
    world.answers("challenger", 420, failing=130)
    assert world.breach('metric = "error_rate"\nmost = 0.02') == (
        "error_rate 0.3095 of 420, most 0.02"
    )


def test_a_few_answers_are_no_evidence(world):
    world.answers("challenger", 199, failing=199)
    assert not world.breach('metric = "error_rate"\nmost = 0.02')
    world.answers("challenger", 1)
    assert world.breach('metric = "error_rate"\nmost = 0.02')


def test_the_control_is_never_stopped(world):
    world.answers("control", 1_000, failing=900)
    assert not world.breach('metric = "error_rate"\nmost = 0.02')


def test_a_slow_variant_breaks_its_bound_and_a_faster_one_does_not(world):
    world.answers("challenger", 1_000, seconds=(0.02, 0.02, 0.02, 0.02, 0.3))
    assert not world.breach('metric = "latency_ms_p95"\nmost = 350')
    assert world.breach('metric = "latency_ms_p95"\nmost = 200').startswith("latency_ms_p95 3")


def test_a_latency_is_held_against_the_controls(world):
    generator = np.random.default_rng(3)
    slow, fast = generator.gamma(4, 0.02, 3_000), generator.gamma(4, 0.01, 3_000)
    world.answers("control", 3_000, seconds=fast)
    world.answers("challenger", 3_000, seconds=slow)
    relative = 'metric = "latency_ms_p95"\nrelative = true\nmost = '
    assert "the control's" in world.breach(f"{relative}20")
    assert not world.breach(f"{relative}120")


def test_a_share_is_held_against_the_controls(world):
    world.texts("control", negative=200, positive=800)
    world.texts("challenger", negative=400, positive=600)
    relative = 'metric = "negative_share"\nrelative = true\nmost = '
    assert world.breach(f"{relative}0.05") == (
        "negative_share 0.4 of 1,000, the control's 0.2 of 1,000, most 0.05 above it"
    )
    assert not world.breach(f"{relative}0.18")
    lower = 'metric = "positive_share"\nrelative = true\nleast = '
    assert world.breach(f"{lower}-0.05")
    assert not world.breach(f"{lower}-0.25")


def test_a_model_that_has_lost_its_confidence_is_stopped(world):
    world.texts("challenger", confidence=0.4, neutral=500)
    assert world.breach('metric = "mean_confidence"\nleast = 0.6')
    assert not world.breach('metric = "mean_confidence"\nleast = 0.3')


def test_feedback_stops_a_variant_that_is_wrong_too_often(world):
    for number in range(600):
        world.metrics.told("one", "challenger", confirmed=number % 2 == 0)
    assert world.breach('metric = "accuracy"\nleast = 0.7') == "accuracy 0.5 of 600, least 0.7"
    assert not world.breach('metric = "accuracy"\nleast = 0.45')


def test_a_fault_that_comes_late_is_not_outweighed_by_a_good_past(world):
    guardrail = 'metric = "error_rate"\nmost = 0.02'
    world.answers("challenger", 20_000)
    assert not world.breach(guardrail)
    world.answers("challenger", 300, failing=300)
    assert not world.breach(guardrail), "1.5% of all"
    world = World()
    assert not world.breach(guardrail)
    world.answers("challenger", 20_000)
    world.now = PERIOD_SECONDS
    assert not world.breach(guardrail)
    world.answers("challenger", 300, failing=300)
    assert world.breach(guardrail)


def test_a_new_experiment_begins_with_nothing(world):
    world.answers("challenger", 500, failing=500)
    assert world.breach('metric = "error_rate"\nmost = 0.02')
    fresh = parse_experiment(
        TWO.replace('"one"', '"two"') + 'metric = "error_rate"\nmost = 0.02', "here"
    )
    assert world.watch.breaches(fresh, world.metrics.of_all_workers("two"), MODELS) == []


def test_one_large_upload_is_no_evidence_however_many_texts_it_has(world):
    for _ in range(3):
        world.metrics.scored("one", "challenger", ["negative"] * 5_000, [[0.4]] * 5_000)
    assert not world.breach('metric = "negative_share"\nmost = 0.5\nleast_requests = 1')
    assert not world.breach('metric = "mean_confidence"\nleast = 0.6\nleast_requests = 1')


@pytest.mark.parametrize("exchanged", ["control", "challenger"])
def test_a_model_is_not_held_to_what_another_has_done(world, exchanged):
    guardrail = 'metric = "negative_share"\nmost = 0.05\nrelative = true'
    world.texts("control", negative=100, positive=900)
    world.texts("challenger", negative=100, positive=900)
    assert not world.breach(guardrail)
    world.texts(exchanged, negative=20, positive=30)
    fresh = {**MODELS, exchanged: "sha256:three"}
    assert not world.breach(guardrail, fresh)
    for variant in MODELS:
        world.texts(variant, negative=60, positive=540)
    assert not world.breach(guardrail, fresh)
    world.texts("challenger", negative=600)
    assert world.breach(guardrail, fresh).startswith("negative_share 0.55 of 1,200")
