"""A small linear bundle, and the installed command."""

import csv
import os
import shutil
import subprocess

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import MODEL, Manifest, payload_digest, write_manifest
from sentiment_common.cli import CHECKPOINTS
from sentiment_common.text import current
from sentiment_models import load
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.linear import LinearWeights, save_linear

COMMAND = shutil.which("sentiment-batch-predict")
VOCABULARY = ("the", "battery", "love", "not", "not love", "bad", "great", "broken", "box")


def write_model(folder, seed=7):
    """Writes a bundle as a trainer does; another seed makes another model."""
    random = np.random.default_rng(seed)
    size = len(VOCABULARY)
    weights = LinearWeights(
        VOCABULARY, 2, np.ones(size, np.float32), random.normal(size=(3, size)),
        random.normal(size=3),
    )  # fmt: skip
    specification = current({"batteries": "battery"})
    specification.save(folder.parent / "text_spec")
    folder.mkdir()
    save_linear(folder, weights)
    facts = Bundle("baseline", "linear", specification.digest, runtime={"numpy": np.__version__})
    write_bundle(folder, facts, folder.parent / "text_spec")
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(MODEL.name, MODEL.schema_version, "test", "1", digest))
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture
def other_model(tmp_path):
    (tmp_path / "other").mkdir()
    return write_model(tmp_path / "other" / "model", seed=8)


@pytest.fixture(scope="session")
def predictor(model):
    return load(model)


@pytest.fixture(scope="session")
def texts():
    """A thousand texts of one to thirty words, some of them twice."""
    random = np.random.default_rng(3)
    words = [*VOCABULARY[:4], *VOCABULARY[5:], "tuesday", "😀", "naïve", '"quoted"', "a,b"]
    return [" ".join(random.choice(words, random.integers(1, 30))) for _ in range(1000)]


@pytest.fixture
def command(tmp_path, model):
    """Returns the command line for a source; its output goes to ``tmp_path / "scored"``."""

    def command(source, *options):
        out = tmp_path / "scored"
        required = ["--model", model, "--source", source, "--out-scored", out]
        return [str(word) for word in (COMMAND, *required, *options)]

    return command


@pytest.fixture
def predict(command):
    """Runs the installed command."""

    def run(source, *options, checkpoints="", **keywords):
        return subprocess.run(
            command(source, *options), capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, CHECKPOINTS: str(checkpoints)}, **keywords,
        )  # fmt: skip

    return run


@pytest.fixture
def scored(tmp_path):
    """Reads the scored rows of a run, one mapping each."""

    def read():
        return pq.read_table(tmp_path / "scored" / "scored.parquet").to_pylist()

    return read


@pytest.fixture
def write_csv(tmp_path):
    """Writes a CSV file and returns its path."""

    def write(name, header, rows):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
        return path

    return write
