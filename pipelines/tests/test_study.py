"""Figures over several seeds."""

import math

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import study


def seed(baseline, deep):
    """An evaluation with two candidates and a champion."""

    def entry(role, model, value):
        metrics = {name: {"value": value} for name in study.FIGURES}
        movies = {"name": "source=movies", "metrics": {"macro_f1": {"value": value / 2}}}
        return {"role": role, "model": model, "test": {"metrics": metrics},
                "out_of_domain": [movies]}  # fmt: skip

    return {
        "models": [
            entry("candidate", "baseline", baseline),
            entry("candidate_2", "deep", deep),
            entry("champion", "deep", 0.99),
        ]
    }


FOUND = [study.scores(seed(*pair)) for pair in ((0.6, 0.65), (0.7, 0.73), (0.62, 0.69))]


def test_the_champion_of_an_earlier_run_is_no_candidate():
    assert FOUND[0]["deep"]["macro_f1"] == 0.65
    assert FOUND[0]["baseline"]["macro-F1 on movies"] == 0.3


def test_an_interval_is_students():
    found = study.estimate([0.6, 0.7, 0.62])
    assert found.mean == pytest.approx(0.64)
    assert found.half_width == pytest.approx(0.13145, abs=1e-4)  # scipy.stats.t.interval
    assert math.isnan(study.estimate([0.6]).half_width)


def test_gains_are_paired_by_seed_so_that_the_luck_of_a_split_cancels_out():
    table, gains = study.table(FOUND), study.gains(FOUND)
    assert "| macro-F1 | .640 ± .131 | .690 ± .099 |" in table
    assert "| deep | .050 ± .050 |" in gains


def test_no_seed_and_too_many_are_refused():
    with pytest.raises(InputError, match="give 1 to 20"):
        study.run([], [], print)
