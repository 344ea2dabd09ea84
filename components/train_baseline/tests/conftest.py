"""Features and a text specification as transform writes them, from a few words."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    FEATURES,
    TRANSFORM_GRAPH,
    Manifest,
    payload_digest,
    write_manifest,
)
from sentiment_common.cli import CHECKPOINTS
from sentiment_common.text import Tokenizer, current

WORDS = {
    "negative": ["broken", "awful", "refund", "never works", "bad"],
    "neutral": ["box", "cable", "arrived", "tuesday", "manual"],
    "positive": ["great", "love", "perfect", "works fine", "happy"],
}
RATINGS = {"negative": 1.0, "neutral": 3.0, "positive": 5.0}
LEXICON = "great\t3\nlove\t2.5\nloved\t2\nawful\t-3\nbroken\t-2\nnever works\t-2\n"
COMMON = ["the", "battery", "phone", "and", "it", "is", "not", "works"]


@dataclass(frozen=True)
class Folders:
    features: Path
    graph: Path


def rows_of(count, seed=5, labels=tuple(WORDS)):
    """Rows of (text, label, group); two rows share a group, and one word in five misleads."""
    source = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = str(source.choice(labels))
        told = label if source.random() > 0.2 else str(source.choice(labels))
        words = [*source.choice(COMMON, 5), *source.choice(WORDS[told], 2)]
        source.shuffle(words)
        rows.append((" ".join(words), label, f"group-{number // 2}"))
    return rows


def seal(folder, kind):
    digest = payload_digest(folder)
    write_manifest(
        folder,
        Manifest(kind.name, kind.schema_version, "transform", "0.1.0", digest),
    )


def write_folders(root, rows):
    """Writes both inputs with what the stage reads of them."""
    specification = current({"batteries": "battery"})
    tokenizer = Tokenizer(specification)
    specification.save(root / "transform_graph" / "text_spec")
    seal(root / "transform_graph", TRANSFORM_GRAPH)
    folder = root / "train_features"
    folder.mkdir()
    texts, labels, groups = zip(*rows, strict=True)
    table = pa.table(
        {
            "id": pa.array([f"row-{number}" for number in range(len(rows))], pa.string()),
            "text": pa.array(texts, pa.string()),
            "label": pa.array(labels, pa.string()),
            "rating": pa.array([RATINGS[label] for label in labels], pa.float64()),
            "source": pa.array(["made"] * len(rows), pa.string()),
            "group": pa.array(groups, pa.string()),
            "tokens": pa.array(map(tokenizer.tokens, texts), pa.list_(pa.string())),
        }
    )
    pq.write_table(table, folder / "features.parquet")
    seal(folder, FEATURES)
    return Folders(folder, root / "transform_graph")


@pytest.fixture(scope="session")
def make_rows():
    return rows_of


@pytest.fixture
def make_folders(tmp_path):
    return lambda rows: write_folders(tmp_path, rows)


@pytest.fixture(scope="session")
def shared_folders(tmp_path_factory):
    return write_folders(tmp_path_factory.mktemp("inputs"), rows_of(300))


@pytest.fixture
def folders(tmp_path, shared_folders):
    """A copy of the inputs that a test may damage."""
    copies = Folders(tmp_path / "train_features", tmp_path / "transform_graph")
    shutil.copytree(shared_folders.features, copies.features)
    shutil.copytree(shared_folders.graph, copies.graph)
    return copies


@pytest.fixture(scope="session")
def train():
    """Runs the stage's command, without lexicons if not told otherwise; returns what it did."""

    def run(folders, out, *options, checkpoints=""):
        return subprocess.run(
            [
                shutil.which("sentiment-train-baseline"),
                "--train-features", folders.features, "--transform-graph", folders.graph,
                "--out-model", out, "--out-predictions", out.with_name("predictions"),
                "--lexicon", "none", *options,
            ],
            capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, CHECKPOINTS: str(checkpoints)},
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def read_json():
    return lambda path: json.loads(path.read_text())


@pytest.fixture(scope="session")
def change_column():
    """Rewrites one column of a Parquet file, value by value."""

    def change(path, name, function):
        table = pq.read_table(path)
        index = table.schema.get_field_index(name)
        values = [function(value) for value in table[name].to_pylist()]
        column = pa.array(values, table.schema.field(index).type)
        pq.write_table(table.set_column(index, table.schema.field(index), column), path)

    return change


@pytest.fixture
def lexicon_file(tmp_path):
    path = tmp_path / "words.tsv"
    path.write_text(LEXICON)
    return path
