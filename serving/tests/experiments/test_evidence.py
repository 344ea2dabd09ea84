import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_serving.experiments.evidence import (
    ENOUGH,
    Sample,
    above,
    above_difference,
    below,
)

COUNTS = st.integers(0, 10_000)
SHARES = st.floats(0, 1)
RUNS, LOOKS, EACH = 400, 40, 50


def looks(generator, share):
    """Sums over time of independent coins, looked at again and again: shape (runs, looks)."""
    return generator.binomial(EACH, share, size=(RUNS, LOOKS)).cumsum(axis=1)


def alarms(evidence, *totals):
    """How many runs ever raise an alarm."""
    return sum(
        any(
            evidence(*(Sample(EACH * (look + 1), int(total[run, look])) for total in totals))
            >= ENOUGH
            for look in range(LOOKS)
        )
        for run in range(RUNS)
    )


def test_a_variant_at_its_very_bound_is_not_stopped_by_looking_often():
    totals = looks(np.random.default_rng(1), 0.02)
    # Nominal 1 in 1,000; three of 400 would come by chance once in a hundred times.
    assert alarms(lambda sample: above(sample, 0.02), totals) < 3
    naive = [
        any(
            total > 0.02 * count + 2.33 * math.sqrt(count * 0.02 * 0.98)
            for count, total in zip(range(EACH, EACH * LOOKS + 1, EACH), run, strict=True)
        )
        for run in totals
    ]
    assert sum(naive) > 0.03 * RUNS, "a test for one look at 1% fires far more often"


def test_a_variant_that_equals_its_control_is_not_stopped_by_looking_often():
    generator = np.random.default_rng(2)
    ours, control = looks(generator, 0.1)[:50], looks(generator, 0.1)[:50]
    found = [
        above_difference(
            Sample(EACH * (look + 1), int(ours[run, look])),
            Sample(EACH * (look + 1), int(control[run, look])),
            0.0,
        )
        for run in range(50)
        for look in range(0, LOOKS, 8)
    ]
    assert max(found) < ENOUGH


@pytest.mark.parametrize(("share", "requests"), [(1.0, 10), (0.5, 30), (0.1, 250), (0.05, 900)])
def test_a_broken_bound_is_seen_after_so_many_requests(share, requests):
    assert above(Sample(requests, share * requests), 0.02) >= ENOUGH


def test_a_difference_is_seen_that_chance_does_not_make():
    variant, control = Sample(2_000, 240), Sample(18_000, 1_440)
    assert above_difference(variant, control, 0.0) >= ENOUGH
    assert above_difference(variant, control, 0.03) < ENOUGH
    assert above_difference(control, variant, 0.0) < 0


@settings(deadline=None)
@given(COUNTS, SHARES, SHARES)
def test_the_opposite_of_above_is_below(count, share, bound):
    sample = Sample(count, share * count)
    mirrored = below(sample.opposite, 1 - bound)
    assert above(sample, bound) == pytest.approx(mirrored, rel=1e-3, abs=1e-3)


@settings(deadline=None)
@given(COUNTS, SHARES, SHARES)
def test_a_mean_within_its_bound_is_never_evidence_against_it(count, share, bound):
    assert above(Sample(count, min(share, bound) * count), bound) <= 1e-6


@settings(deadline=None)
@given(COUNTS, COUNTS, SHARES, SHARES, st.floats(-0.5, 0.5))
def test_evidence_is_always_a_number(count, other, share, another, bound):
    found = above_difference(Sample(count, share * count), Sample(other, another * other), bound)
    assert not math.isnan(found)


def test_nothing_is_no_evidence():
    nothing = Sample(0, 0)
    assert above(nothing, 0.5) == below(nothing, 0.5) == pytest.approx(0)
    assert nothing.mean == 0
