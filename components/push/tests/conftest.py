"""A real bundle, blessed, small examples and a registry of its own."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    BLESSING,
    EVALUATION,
    EXAMPLES,
    MODEL,
    Kind,
    Manifest,
    Source,
    payload_digest,
    read_manifest,
    write_json,
    write_manifest,
)
from sentiment_common.text import current
from sentiment_models import LABELS, Bundle, load
from sentiment_models.bundle import read_bundle, write_bundle
from sentiment_models.ensemble import Blend, save_blend
from sentiment_models.linear import LinearWeights, save_linear
from sentiment_push import registry
from sentiment_push.blessing import Verdict

TEXTS = ["The charger is great.", "The case broke.", "It is black.", "Great, and it works."]
FIGURE = {"value": 0.7, "low": 0.65, "high": 0.75}
FIGURES = (
    "macro_f1", "accuracy", "auc_ovr_macro", "expected_calibration_error", "negative_precision",
    "negative_recall", "negative_f1", "neutral_f1", "positive_f1",
)  # fmt: skip


def _seal(folder: Path, kind: Kind, **facts: Any) -> None:
    digest = payload_digest(folder)
    manifest = Manifest(kind.name, kind.schema_version, "test", "0", digest)
    write_manifest(folder, replace(manifest, **facts))


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a registry without models; made once, for its tables take seconds."""
    folder = tmp_path_factory.mktemp("store")
    registry.connect(f"sqlite:///{folder}/mlflow.db")
    return folder / "mlflow.db"


@pytest.fixture
def uri(tmp_path: Path, empty_store: Path) -> str:
    """Address of a registry without models, the test's own."""
    (tmp_path / "registry").mkdir()
    shutil.copy(empty_store, tmp_path / "registry")
    return f"sqlite:///{tmp_path}/registry/mlflow.db"


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
        "rows": {"read": 13, "kept": 12, "dropped": 1, **dict.fromkeys(splits, 4)},
        "labels": dict.fromkeys(splits, counts),
        "sources": {split: {"shop | online": 4} for split in splits},
    })  # fmt: skip
    _seal(folder, EXAMPLES, sources=(Source("/data/shop/reviews.csv", "ab" * 32, 1024),))
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
def make_ensemble(tmp_path: Path) -> Callable[..., Path]:
    """Makes a bundle in which others have equal votes."""

    def make(members: list[Path]) -> Path:
        folder = tmp_path / "ensemble"
        for member in members:
            shutil.copytree(member, folder / "members" / member.name)
        bundle = read_bundle(members[0])
        facts = Bundle("ensemble", "ensemble", bundle.text_specification)
        write_bundle(folder, facts, members[0] / "text_spec")
        share = np.eye(len(LABELS)) / len(members)
        names = tuple(member.name for member in members)
        save_blend(folder, Blend(names, np.hstack([share] * len(members)), np.zeros(len(LABELS))))
        _seal(folder, MODEL)
        return folder

    return make


def _evaluation(model: Path) -> dict[str, Any]:
    split = {
        "metrics": {"macro_f1": FIGURE},
        "reliability": [
            {"rows": 0, "confidence": None, "accuracy": None},
            {"rows": 4, "confidence": 0.71, "accuracy": 0.75},
        ],
    }
    figures = {"macro_f1": FIGURE, "accuracy": FIGURE}
    entry = {
        "name": model.name, "chosen": True, "validation": split, "test": split,
        "out_of_domain": [{"name": "source=movies", "rows": 2000, "metrics": figures}],
        "behaviour": [{"name": "minimum: negation", "cases": 40, "failure_rate": 0.25}],
    }  # fmt: skip
    return {"models": [entry, {**entry, "name": "other", "chosen": False}]}


@pytest.fixture
def make_verdict(tmp_path: Path, examples: Path) -> Callable[..., Verdict]:
    """Makes what evaluate says of a model, with what the test wants to be different."""

    def make(model: Path, **changes: Any) -> Verdict:
        slices = [
            {"name": "source=shop | online", "rows": 4,
             "metrics": {"macro_f1": FIGURE, "accuracy": FIGURE}}
        ]  # fmt: skip
        facts = {
            "verdict": "blessed",
            "reason": "macro-F1 0.7000 on the test split reaches the floor of 0.5",
            "candidate": model.name,
            "candidate_digest": read_manifest(model, MODEL).digest,
            "training": {"producer": "sentiment-train-baseline", "producer_version": "0.1.0",
                         "code": "sha256:c", "inputs": {"train_features": "sha256:f"},
                         "parameters": {"seed": 13}},
            "rules": [{"passed": True, "reason": "macro-F1 0.7000 reaches the floor of 0.5"}],
            "metrics": {**dict.fromkeys(FIGURES, FIGURE),
                        "auc_ovr_macro": dict.fromkeys(("value", "low", "high"))},
            "slices": slices,
            "selection": {"reason": "macro-F1 0.7000 on the validation split is the best"},
            "answers": load(model).predict_proba(TEXTS).tolist(),
            "forced": None,
            "rows": {"validation": 4, "test": 4},
            "intervals": {"confidence": 0.95, "samples": 1000, "seed": 13},
            **changes,
        }  # fmt: skip
        folder = tmp_path / f"{model.name}_verdict"
        inputs = {
            "examples": read_manifest(examples, EXAMPLES).digest,
            "candidate": facts["candidate_digest"],
        }
        write_json(folder / "blessing" / "blessing.json", facts)
        _seal(folder / "blessing", BLESSING, inputs=inputs)
        write_json(folder / "evaluation" / "evaluation.json", _evaluation(model))
        (folder / "evaluation" / "report.html").write_text("<!doctype html>\n")
        _seal(folder / "evaluation", EVALUATION, inputs=inputs)
        return Verdict(model, folder / "blessing", folder / "evaluation", examples)

    return make
