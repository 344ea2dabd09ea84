import math

import numpy as np
import pytest

from sentiment_compare import mismatch
from sentiment_compare.mismatch import Arrivals

EVEN = {"control": 0.5, "challenger": 0.5}


def batches(counts, expected=EVEN, period=0):
    return [Arrivals(period, expected, {"control": a, "challenger": b}) for a, b in counts]


def test_the_evidence_is_the_ratio_of_the_mixture_to_the_weights():
    # One caller: a Dirichlet mixture around the weights says the same as the weights.
    assert mismatch.log_evidence(EVEN, {"control": 1, "challenger": 0}) == pytest.approx(0)
    # Two alike: 1/2 (500 + 1) / (1000 + 1) against 1/4.
    evidence = mismatch.log_evidence(EVEN, {"control": 2, "challenger": 0})
    assert evidence == pytest.approx(math.log(0.5 * 501 / 1_001 / 0.25))


def test_a_split_as_promised_raises_no_alarm_in_many_looks():
    generator = np.random.default_rng(5)
    alarms = 0
    for _ in range(300):
        found = generator.binomial(200, 0.1, 40)
        rows = batches([(200 - it, it) for it in found.tolist()], {"control": 9, "challenger": 1})
        alarms += mismatch.p_values(rows)[-1] < 0.05
    assert alarms / 300 < 0.05


def test_a_split_two_points_off_is_noticed():
    found = mismatch.p_values(batches([(480, 520)] * 20))
    assert found[-1] < mismatch.LEVEL and found == sorted(found, reverse=True)


def test_each_period_has_its_own_weights():
    canary = batches([(950, 50)] * 3, {"control": 95, "challenger": 5})
    grown = batches([(500, 500)] * 3, EVEN, period=1)
    assert mismatch.p_values([*canary, *grown])[-1] > 0.05
    still = batches([(500, 500)] * 3, {"control": 95, "challenger": 5}, period=1)
    assert mismatch.p_values([*canary, *still])[-1] < 1e-9


def test_what_cannot_be_assigned_is_passed_over():
    alone = {"control": 1.0, "challenger": 0.0}
    assert mismatch.p_values(batches([(100, 2)], alone)) == [1.0]
