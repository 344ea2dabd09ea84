"""Costs are measured for real, in a process of their own."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sentiment_common.artifacts import MANIFEST
from sentiment_evaluate import cost
from sentiment_models import LABELS
from sentiment_models.linear import LinearWeights, save_linear

TERMS = 200_000


def test_every_cost_is_measured(good: Path) -> None:
    found = cost.measure(good, ["The phone is great.", "It broke."])
    assert 0 < found.single_ms_p50 <= found.single_ms_p95
    assert found.texts_per_second > 1000 / found.single_ms_p95
    assert found.memory_bytes > 1_000_000, "numpy alone takes more"
    files = [path for path in good.rglob("*") if path.is_file() and path.name != MANIFEST]
    assert found.size_bytes == sum(path.stat().st_size for path in files)


def test_what_goes_wrong_in_the_other_process_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"no bundle\.json here"):
        cost.measure(tmp_path, ["text"])


def test_a_larger_model_takes_more_of_disk_and_memory(tmp_path: Path, good: Path) -> None:
    large = tmp_path / "large"
    shutil.copytree(good, large)
    save_linear(large, LinearWeights(
        tuple(f"w{number}" for number in range(TERMS)), 1, np.ones(TERMS, np.float32),
        np.zeros((len(LABELS), TERMS)), np.zeros(len(LABELS)),
    ))  # fmt: skip
    small, big = (cost.measure(it, ["It is great."]) for it in (good, large))
    for name in ("size_bytes", "memory_bytes"):
        assert getattr(big, name) > getattr(small, name) + 8 * TERMS, name
