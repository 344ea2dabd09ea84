"""A real bundle, blessed, small examples and a registry of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    BLESSING,
    EXAMPLES,
    MODEL,
    Kind,
    Manifest,
    payload_digest,
    read_manifest,
    write_json,
    write_manifest,
)
from sentiment_common.text import current
from sentiment_models import LABELS, Bundle
from sentiment_models.bundle import write_bundle
from sentiment_models.linear import LinearWeights, save_linear

TEXTS = ["The charger is great.", "The case broke.", "It is black.", "Great, and it works."]
FIGURE = {"value": 0.7, "low": 0.65, "high": 0.75}
FIGURES = (
    "macro_f1", "accuracy", "auc_ovr_macro", "expected_calibration_error", "negative_precision",
    "negative_recall", "negative_f1", "neutral_f1", "positive_f1",
)  # fmt: skip


def _seal(folder: Path, kind: Kind) -> None:
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "test", "0", digest))


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """Four rows in each split."""
    folder = tmp_path / "examples"
    labels = ["positive", "negative", "neutral", "positive"]
    for split in ("train", "validation", "test"):
        (folder / split).mkdir(parents=True)
        table = pa.table({"text": TEXTS, "label": labels})
        pq.write_table(table, folder / split / "examples.parquet")
    counts = {"negative": 1, "neutral": 1, "positive": 2}
    splits = ("train", "validation", "test")
    write_json(folder / "summary.json", {
        "source": "reviews.csv",
        "rows": {"read": 13, "kept": 12, "dropped": 1, **dict.fromkeys(splits, 4)},
        "labels": dict.fromkeys(splits, counts),
        "sources": {split: {"shop | online": 4} for split in splits},
    })  # fmt: skip
    _seal(folder, EXAMPLES)
    return folder


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Makes a linear bundle that knows a word of praise and a word of blame."""

    def make(name: str, weight: float = 3.0) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        specification = current({"works": "work"})
        specification.save(tmp_path / f"{name}_text_spec")
        write_bundle(
            folder, Bundle(name, "linear", specification.digest), tmp_path / f"{name}_text_spec"
        )
        coefficients = np.array([[weight, 0.0], [0.0, 0.0], [0.0, weight]])
        save_linear(folder, LinearWeights(
            ("break", "great"), 1, np.ones(2, np.float32), coefficients, np.zeros(len(LABELS))
        ))  # fmt: skip
        _seal(folder, MODEL)
        return folder

    return make


@pytest.fixture
def make_blessing(tmp_path: Path) -> Callable[..., Path]:
    """Makes the blessing of a model, with what the test wants to be different."""

    def make(model: Path, **changes: Any) -> Path:
        folder = tmp_path / f"{model.name}_blessing"
        slices = [
            {"source": "shop | online", "rows": 4,
             "metrics": {"macro_f1": FIGURE, "accuracy": FIGURE}}
        ]  # fmt: skip
        facts = {
            "verdict": "blessed",
            "reason": "macro-F1 0.7000 on the test split reaches the floor of 0.5",
            "candidate": model.name,
            "candidate_digest": read_manifest(model, MODEL).digest,
            "training": {"producer": "sentiment-train-baseline", "producer_version": "0.1.0",
                         "inputs": {"train_features": "sha256:f"}, "parameters": {"seed": 13}},
            "rules": [{"passed": True, "reason": "macro-F1 0.7000 reaches the floor of 0.5"}],
            "metrics": {**dict.fromkeys(FIGURES, FIGURE),
                        "auc_ovr_macro": dict.fromkeys(("value", "low", "high"))},
            "slices": slices,
            "rows": {"validation": 4, "test": 4},
            "intervals": {"confidence": 0.95, "samples": 1000, "seed": 13},
            **changes,
        }  # fmt: skip
        write_json(folder / "blessing.json", facts)
        _seal(folder, BLESSING)
        return folder

    return make
