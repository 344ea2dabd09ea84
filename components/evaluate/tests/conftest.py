"""Real bundles and examples, small: word weights by hand, feedback with known labels."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    CHAMPION,
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

PRODUCTS = ("phone", "charger", "screen", "case", "camera", "cable", "speaker", "battery")
OPINIONS = {
    "negative": ("is terrible", "broke after a day", "was a waste", "is awful and slow"),
    "neutral": ("arrived on monday", "is black", "has two buttons", "comes in a box"),
    "positive": ("is great", "works perfectly", "was excellent", "is lovely and fast"),
}
GOOD_WORDS = {
    "negative": ("terrible", "broke", "waste", "awful"),
    "neutral": ("monday", "black", "buttons", "box"),
    "positive": ("great", "perfectly", "excellent", "lovely"),
}
POOR_WORDS = {"negative": ("terrible", "broke"), "neutral": (), "positive": ("great", "perfectly")}

POLICY = "comparison.samples = 100\nbehaviour = {most = 1, most_of = {}}"
"""Hand-made models know a dozen words: the behavioural suite is beyond them."""

Words = Mapping[str, tuple[str, ...]]
Rows = list[dict[str, str]]


def _rows(split: str) -> Rows:
    """Every product with every opinion, from two shops; the second shop's rows share groups."""
    found = []
    for shop in ("north", "south"):
        for product in PRODUCTS:
            for label, opinions in OPINIONS.items():
                for opinion in opinions:
                    number = len(found)
                    found.append({
                        "id": f"{split}-{number}",
                        "text": f"The {product} from the {split} order {opinion}.",
                        "label": label,
                        "source": shop,
                        "group": f"{split}-{number if shop == 'north' else product}",
                    })  # fmt: skip
    return found


def _seal(folder: Path, kind: Kind) -> str:
    """Writes ``artifact.json`` and returns the digest."""
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "test", "0", digest))
    return digest


def _write_examples(folder: Path, splits: Mapping[str, Rows]) -> Path:
    """Writes an examples artifact."""
    for name, listed in splits.items():
        (folder / name).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(listed), folder / name / "examples.parquet")
    _seal(folder, EXAMPLES)
    return folder


def _write_model(
    folder: Path, name: str, words: Words = GOOD_WORDS, strength: float = 30.0
) -> Path:
    """Writes a linear bundle that knows a label by its words."""
    specification_folder = folder.parent / f"{folder.name}_text_spec"
    specification = current({"buttons": "button"})
    specification.save(specification_folder)
    vocabulary = sorted({word.removesuffix("s") for listed in words.values() for word in listed})
    coefficients = np.zeros((len(LABELS), len(vocabulary)))
    for position, label in enumerate(LABELS):
        for word in words[label]:
            coefficients[position, vocabulary.index(word.removesuffix("s"))] = strength
    folder.mkdir(parents=True)
    write_bundle(folder, Bundle(name, "linear", specification.digest), specification_folder)
    save_linear(folder, LinearWeights(
        tuple(vocabulary), 1, np.ones(len(vocabulary), np.float32), coefficients,
        np.array([0.0, 0.1, 0.0]),
    ))  # fmt: skip
    _seal(folder, MODEL)
    return folder


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """192 validation and 192 test rows, 64 of each label."""
    folder = tmp_path_factory.mktemp("data") / "examples"
    return _write_examples(folder, {name: _rows(name) for name in ("train", "validation", "test")})


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows every opinion."""
    return _write_model(tmp_path_factory.mktemp("good") / "model", "good")


@pytest.fixture(scope="session")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows half of the opinions and calls the rest neutral."""
    return _write_model(tmp_path_factory.mktemp("poor") / "model", "poor", POOR_WORDS)


@pytest.fixture(scope="session")
def rows() -> Callable[[str], Rows]:
    """Makes the rows of a split."""
    return _rows


@pytest.fixture(scope="session")
def write_examples() -> Callable[[Path, Mapping[str, Rows]], Path]:
    """Writes an examples artifact."""
    return _write_examples


@pytest.fixture(scope="session")
def write_model() -> Callable[..., Path]:
    """Writes a linear bundle that knows a label by its words."""
    return _write_model


@pytest.fixture(scope="session")
def champion_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a champion artifact of a model and the evaluation that chose it, or of none."""

    def make(model: Path | None, evaluation: Path | None = None) -> Path:
        folder = tmp_path_factory.mktemp("champion")
        facts: dict[str, str | None] = {"digest": None, "name": None, "version": None}
        if model is not None:
            shutil.copytree(model, folder / "bundle")
            facts = {
                "digest": read_manifest(model, MODEL).digest,
                "name": "sentiment",
                "version": "1",
            }
        if evaluation is not None:
            shutil.copytree(evaluation, folder / "evaluation")
        write_json(folder / "champion.json", facts)
        _seal(folder, CHAMPION)
        return folder

    return make


@pytest.fixture(scope="session")
def with_saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good model with a folder whose bytes differ from save to save, and a sealed member."""
    model = _write_model(tmp_path_factory.mktemp("candidate") / "model", "good")
    (model / "members" / "one").mkdir(parents=True)
    (model / "members" / "one" / "artifact.json").write_text("{}")
    (model / "saved_model").mkdir()
    (model / "saved_model" / "bytes").write_bytes(os.urandom(8))
    named = {"saved_model": "weights by name"}
    facts = json.loads((model / "artifact.json").read_text())
    facts.update(digest=payload_digest(model, named), named=named)
    (model / "artifact.json").write_text(json.dumps(facts))
    return model


def _command(out: Path, *arguments: str | Path) -> list[str]:
    """The command line that writes every output below a folder and answers Kubeflow there."""
    outputs = [
        part
        for name in ("evaluation", "blessing", "model", "report", "verdict")
        for part in (f"--out-{name}", str(out / name))
    ]
    artifacts = ("evaluation", "blessing", "model", "report", "metrics", "classification")
    listed = {name: {"artifacts": [{"name": name, "uri": f"/gone/{name}"}]} for name in artifacts}
    executor_input = json.dumps({"outputs": {"artifacts": listed}})
    return [
        "--policy", POLICY, *map(str, arguments), *outputs,
        "--executor-input", executor_input, "--executor-output", str(out / "executor.json"),
    ]  # fmt: skip


def _run(out: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    executable = shutil.which("sentiment-evaluate")
    return subprocess.run(
        [executable, *_command(out, *arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the stage as its users do: ``run(folder of the outputs, *arguments)``."""
    return _run


@pytest.fixture(scope="session")
def command() -> Callable[..., list[str]]:
    """Makes that command line: ``command(folder of the outputs, *arguments)``."""
    return _command


@pytest.fixture(scope="session")
def candidates(examples: Path, with_saved_model: Path, poor: Path) -> tuple[str | Path, ...]:
    """Examples and two candidates, the better one second."""
    return "--examples", examples, "--candidate", poor, "--candidate-2", with_saved_model


@pytest.fixture(scope="session")
def blessed(
    tmp_path_factory: pytest.TempPathFactory,
    candidates: tuple[str | Path, ...],
    champion_of: Callable[..., Path],
) -> Path:
    """What the stage writes for them while there is no champion."""
    out = tmp_path_factory.mktemp("blessed") / "out"
    done = _run(out, *candidates, "--champion", champion_of(None))
    assert done.returncode == 0, done.stderr
    return out
