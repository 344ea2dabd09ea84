"""Features and a transform graph folder as transform writes them, from a few words."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
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
from sentiment_common.text import Tokenizer, current

NGRAM_MAX = 2
WORDS = {
    "negative": ["broken", "awful", "refund", "never works", "bad"],
    "neutral": ["box", "cable", "arrived", "tuesday", "manual"],
    "positive": ["great", "love", "perfect", "works fine", "happy"],
}
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


def seal(folder, kind, **parameters):
    digest = payload_digest(folder)
    write_manifest(
        folder,
        Manifest(kind.name, kind.schema_version, "transform", "0.1.0", digest, {}, parameters),
    )


def grams_of(tokens):
    pairs = [f"{first} {second}" for first, second in pairwise(tokens)]
    return tokens + pairs


def write_folders(root, rows):
    """Writes both inputs; TF-IDF follows the formula that transform documents."""
    specification = current({"batteries": "battery"})
    tokenizer = Tokenizer(specification)
    tokens = [tokenizer.tokens(text) for text, _, _ in rows]
    counts = Counter(gram for row in tokens for gram in grams_of(row))
    vocabulary = [gram for gram, count in counts.most_common() if count > 1]
    documents = Counter(gram for row in tokens for gram in set(grams_of(row)))
    idf = np.array(
        [1 + np.log((1 + len(rows)) / (1 + documents[gram])) for gram in vocabulary], np.float32
    )
    ids, weights = [], []
    for row in tokens:
        grams = grams_of(row)
        found = Counter(vocabulary.index(gram) for gram in grams if gram in vocabulary)
        ids.append(sorted(found))
        frequencies = [np.float32(found[column] / len(grams)) for column in ids[-1]]
        weights.append([f * idf[column] for f, column in zip(frequencies, ids[-1], strict=True)])
    _write_graph(root / "transform_graph", specification, vocabulary, idf)
    _write_features(root / "train_features", rows, tokens, ids, weights)
    return Folders(root / "train_features", root / "transform_graph")


def _write_graph(folder, specification, vocabulary, idf):
    (folder / "vocabulary").mkdir(parents=True)
    specification.save(folder / "text_spec")
    (folder / "vocabulary" / "ngrams.txt").write_text("".join(f"{term}\n" for term in vocabulary))
    np.save(folder / "vocabulary" / "ngram_idf.npy", idf)
    seal(folder, TRANSFORM_GRAPH, ngram_max=NGRAM_MAX)


def _write_features(folder, rows, tokens, ids, weights):
    folder.mkdir()
    table = pa.table(
        {
            "id": pa.array([f"row-{number}" for number in range(len(rows))], pa.string()),
            "label": pa.array([label for _, label, _ in rows], pa.string()),
            "source": pa.array(["made"] * len(rows), pa.string()),
            "group": pa.array([group for _, _, group in rows], pa.string()),
            "tokens": pa.array(tokens, pa.list_(pa.string())),
            "token_ids": pa.array([[1] * len(row) for row in tokens], pa.list_(pa.int32())),
            "ngram_ids": pa.array(ids, pa.list_(pa.int32())),
            "ngram_tfidf": pa.array(weights, pa.list_(pa.float32())),
        }
    )
    pq.write_table(table, folder / "features.parquet")
    seal(folder, FEATURES)


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
    """Runs the stage's command and returns what it did."""

    def run(folders, out, *options):
        return subprocess.run(
            [
                Path(sys.executable).with_name("sentiment-train-baseline"),
                "--train-features", folders.features, "--transform-graph", folders.graph,
                "--out-model", out, *options,
            ],
            capture_output=True, text=True, check=False, timeout=60,
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
