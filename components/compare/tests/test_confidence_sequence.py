import math

import numpy as np
import pytest

from sentiment_compare import confidence_sequence as sequence

ALPHA = 0.05


def test_a_test_with_one_look_needs_what_the_textbooks_say():
    # Two proportions of 0.5 that differ by 0.1: 385 + 8 of each (here without the +8).
    needed = sequence.fixed_information(0.1, ALPHA, 0.8)
    assert needed * 0.5 == pytest.approx((1.95996 + 0.84162) ** 2 / 0.1**2 * 0.5, rel=1e-4)


def test_the_p_value_falls_below_the_level_exactly_where_the_interval_leaves_zero():
    mixed = sequence.mixture(ALPHA, 1_000)
    variance = np.geomspace(1e-5, 1, 50)
    reach = sequence.half_width(variance, ALPHA, mixed)
    p = np.exp(-sequence.log_evidence(reach, variance, mixed))
    assert p == pytest.approx(ALPHA)


def test_the_interval_is_tightest_against_one_look_where_it_was_tuned():
    information = np.geomspace(10, 1e6, 2_001)
    reach = sequence.half_width(1 / information, ALPHA, sequence.mixture(ALPHA, 1_000))
    best = information[np.argmin(reach * np.sqrt(information))]
    # The published choice is that of an expansion for small levels.
    assert best == pytest.approx(1_000, rel=0.1)


def test_a_brownian_motion_stays_in_it_at_all_times():
    generator = np.random.default_rng(3)
    information = np.arange(1.0, 2_001)
    paths = generator.normal(size=(2_000, len(information))).cumsum(axis=1) / information
    reach = sequence.half_width(1 / information, ALPHA, sequence.mixture(ALPHA, 300))
    left = (np.abs(paths) > reach).any(axis=1).mean()
    assert 0.01 < left < 0.05
    assert (np.abs(paths) > 1.96 / np.sqrt(information)).any(axis=1).mean() > 0.4


def test_without_an_estimate_nothing_is_said():
    nothing = np.array([math.inf])
    assert sequence.half_width(nothing, ALPHA, 1.0)[0] == math.inf
    assert sequence.log_evidence(np.array([math.nan]), nothing, 1.0)[0] == 0


def test_p_values_never_rise():
    assert sequence.p_values(np.array([-1.0, 2.0, 1.0, 3.0])) == pytest.approx(
        [1, math.exp(-2), math.exp(-2), math.exp(-3)]
    )
