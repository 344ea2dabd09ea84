"""The gate's errors are as rare as its level says; the benchmark measures it at length."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from sentiment_evaluate.outcome import BLESSED

REPEATS, SAMPLES = 80, 200


@pytest.fixture(scope="module")
def bench() -> dict[str, Any]:
    """What the benchmark defines."""
    return runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "honesty.py"))


def blessed(verdict: str, failed: list[str]) -> bool:
    return verdict == BLESSED


@pytest.mark.parametrize("test", ["bootstrap", "mcnemar"])
def test_equal_models_are_seldom_blessed_and_better_ones_mostly(
    bench: dict[str, Any], test: str
) -> None:
    asked = bench["lenient"](f'comparison.test = "{test}"', SAMPLES)
    # Five of eighty would show in one of a hundred honest gates; a gate that takes any gain for a
    # real one blesses half of them.
    equal, _ = bench["rate"](asked, 0.0, REPEATS, blessed, reviews=250)
    assert equal <= 5 / 80
    better, gain = bench["rate"](asked, 0.5, REPEATS, blessed, reviews=250)
    assert 0.05 < gain < 0.15
    assert better >= 0.85


def test_many_slices_of_equal_models_seldom_refuse(bench: dict[str, Any]) -> None:
    def refused(verdict: str, failed: list[str]) -> bool:
        return "slices" in failed

    asked = bench["lenient"]("", SAMPLES)
    share, _ = bench["rate"](asked, 0.0, 25, refused, reviews=200, slices=8)
    assert share <= 2 / 25
