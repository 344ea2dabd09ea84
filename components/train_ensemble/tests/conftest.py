"""Bundles and cross-fitted predictions as trainers write them, of members that differ."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    MODEL,
    PREDICTIONS,
    Manifest,
    payload_digest,
    write_manifest,
)
from sentiment_common.text import current
from sentiment_models import LABELS
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.linear import LinearWeights, save_linear

VOCABULARY = ("great", "love", "awful", "broken", "box", "tuesday")
ROWS = 600
SPECIFICATION = current({"batteries": "battery"})


@dataclass(frozen=True)
class Trained:
    model: Path
    predictions: Path


def truth(rows=ROWS):
    return np.random.default_rng(2).integers(0, 3, rows)


def told(targets, seed, knowledge):
    """Probabilities of a member: the truth times its knowledge, and noise of its own."""
    noise = np.random.default_rng(seed).normal(size=(len(targets), 3))
    powers = np.exp(np.eye(3)[targets] * knowledge + noise)
    return powers / powers.sum(axis=1, keepdims=True)


def seal(folder, kind, producer, named=None):
    digest = payload_digest(folder, named)
    inputs = {"train_features": "sha256:1"}
    write_manifest(
        folder,
        Manifest(kind.name, kind.schema_version, producer, "1", digest, inputs, {}, named or {}),
    )


def write_predictions(folder, producer, targets, probabilities):
    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        "id": [f"row-{row}" for row in range(len(targets))],
        "label": [LABELS[target] for target in targets],
        "group": [f"group-{row // 2}" for row in range(len(targets))],
        **{label: probabilities[:, at] for at, label in enumerate(LABELS)},
    }
    types = {name: pa.string() for name in ("id", "label", "group")}
    schema = pa.schema({**types, **dict.fromkeys(LABELS, pa.float64())}.items())
    pq.write_table(pa.table(columns, schema), folder / "predictions.parquet")
    seal(folder, PREDICTIONS, producer)


def write_member(root, name, probabilities, targets=None, dictionary=None, named=None):
    specification = current(dictionary) if dictionary else SPECIFICATION
    specification.save(root / f"{name}-spec")
    random = np.random.default_rng(len(name))
    model = root / name
    model.mkdir(parents=True)
    weights = LinearWeights(
        VOCABULARY, 1, np.ones(len(VOCABULARY), np.float32),
        random.normal(size=(3, len(VOCABULARY))), np.zeros(3),
    )  # fmt: skip
    save_linear(model, weights)
    write_bundle(model, Bundle(name, "linear", specification.digest), root / f"{name}-spec")
    if named:
        for folder in named:
            (model / folder).mkdir()
            (model / folder / "variables").write_bytes(random.bytes(8))
    seal(model, MODEL, f"sentiment-train-{name}", named)
    predictions = root / f"{name}-predictions"
    known = truth() if targets is None else targets
    write_predictions(predictions, f"sentiment-train-{name}", known, probabilities)
    return Trained(model, predictions)


@pytest.fixture(scope="session")
def make():
    """The functions of this module, for tests that need other members."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Two members that know different things, one that knows nothing."""
    root = tmp_path_factory.mktemp("members")
    named = {"saved_model": "a" * 64}
    return {
        "baseline": write_member(root, "baseline", told(truth(), 5, 1.5)),
        "deep": write_member(root, "deep", told(truth(), 6, 1.5), named=named),
        "guess": write_member(root, "guess", told(truth(), 7, 0.0)),
    }


@pytest.fixture
def members(tmp_path, shared):
    """Copies that a test may damage."""
    root = tmp_path / "inputs"
    copies = {}
    for name, trained in shared.items():
        model, predictions = root / name, root / f"{name}-predictions"
        shutil.copytree(trained.model, model)
        shutil.copytree(trained.predictions, predictions)
        copies[name] = Trained(model, predictions)
    return copies


@pytest.fixture(scope="session")
def blend():
    """Runs the stage's command and returns what it did."""

    def run(out, *trained, options=()):
        flags = []
        for suffix, member in zip(("", "-2", "-3", "-4"), trained, strict=False):
            flags += [f"--model{suffix}", member.model]
            flags += [f"--predictions{suffix}", member.predictions]
        command = shutil.which("sentiment-train-ensemble")
        return subprocess.run(
            [command, *flags, "--out-ensemble", out, *map(str, options)],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    return run
