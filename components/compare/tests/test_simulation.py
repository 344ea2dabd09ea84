"""The method's promises, on fewer experiments than the benchmark counts."""

import numpy as np
import pytest

from sentiment_compare.simulation import Scenario, run

CLUSTERED = Scenario(callers=600, days=20, requests=5, correlation=0.2)
CANARY = Scenario(
    callers=3_000, days=20, correlation=0.1, drift=0.2, shares=((0, 0.1), (7, 0.5))
)  # fmt: skip


@pytest.mark.parametrize("scenario", [CLUSTERED, CANARY], ids=["clustered", "canary"])
def test_daily_looks_cry_wolf_no_more_often_than_promised(scenario):
    found = run(scenario, 150, seed=7, effect=0.05)
    assert np.isfinite(found.sequence).mean() <= 0.05
    assert found.covered.mean() >= 0.95
    # What the sequence is for: a z-test at every look does cry wolf.
    assert np.isfinite(found.peeking).mean() > 0.15


def test_throwing_periods_together_would_find_what_is_not_there():
    assert run(CANARY, 60, seed=7).together.mean() > 0.5


def test_taking_requests_for_callers_would_be_too_sure():
    found = run(Scenario(callers=400, days=5, requests=12, correlation=0.3), 150, seed=8)
    assert found.careless.mean() > 0.2
    assert found.final.mean() < 0.12


def test_a_small_challenger_without_an_error_yet_is_not_called_better():
    small = Scenario(callers=2_000, days=14, requests=1, rate=1, accuracy=0.9, shares=((0, 0.05),))
    found = run(small, 200, seed=6, effect=0.3)
    # Half of the level is above 0; one added caller of each outcome would make it 0.05.
    assert found.upward.mean() <= 0.025


def test_a_planted_lift_is_found_and_early():
    lifted = Scenario(callers=4_000, days=20, requests=1, rate=1, lift=0.08)
    found = run(lifted, 60, seed=9, effect=0.05)
    assert np.isfinite(found.sequence).mean() > 0.95 and found.upward.mean() > 0.95
    assert np.median(found.sequence) < 15
