"""Features, a transform graph and word vectors as the stage gets them, from a few words."""

import os
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
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
from sentiment_common.text import current

WORDS = {
    "negative": ["broken", "awful", "refund", "bad"],
    "neutral": ["box", "cable", "arrived", "manual"],
    "positive": ["great", "love", "perfect", "happy"],
}
COMMON = ["the", "battery", "phone", "and", "it", "is"]
UNSEEN = {"dreadful": "negative", "superb": "positive"}
VALENCES = {"awful": -3.0, "bad": -2.0, "great": 3.0, "love": 2.5, "horrid": -3.5, "lovely": 3.5}
RATINGS = {"negative": -2.0, "neutral": 0.0, "positive": 2.0}
DIMENSIONS = 6


@dataclass(frozen=True)
class Folders:
    train: Path
    validation: Path
    graph: Path
    vectors: Path
    lexicon: Path


def rows_of(count, seed, labels=tuple(WORDS)):
    """Rows of (tokens, label, group); two rows share a group, and one word in ten misleads."""
    source = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = str(source.choice(labels))
        told = label if source.random() > 0.1 else str(source.choice(labels))
        words = [*source.choice(COMMON, source.integers(1, 7)), *source.choice(WORDS[told], 2)]
        source.shuffle(words)
        rows.append(([str(word) for word in words], label, f"group-{number // 2}"))
    return rows


def write_features(folder, rows):
    folder.mkdir()
    tokens, labels, groups = zip(*rows, strict=True)
    ratings = [None if number % 5 == 0 else RATINGS[told] for number, told in enumerate(labels)]
    table = pa.table(
        {
            "id": [f"row-{number}" for number in range(len(rows))],
            "text": [" ".join(row) for row in tokens],
            "label": list(labels),
            "rating": pa.array(ratings, pa.float64()),
            "source": ["made"] * len(rows),
            "group": list(groups),
            "tokens": pa.array(tokens, pa.list_(pa.string())),
        }
    )
    pq.write_table(table, folder / "features.parquet")
    seal(folder, FEATURES)


def seal(folder, kind):
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "transform", "0.1.0", digest))


def write_graph(folder, rows, *, reverse=False):
    """Writes a graph that splits at spaces; ``reverse`` makes it disagree with its own rules."""
    import tensorflow as tf

    counts = Counter(token for tokens, _, _ in rows for token in tokens)
    (folder / "vocabulary").mkdir(parents=True)
    lines = "".join(f"{token}\n" for token, count in counts.most_common() if count > 1)
    (folder / "vocabulary" / "tokens.txt").write_text(lines)
    current({"batteries": "battery"}).save(folder / "text_spec")
    module = tf.Module()

    @tf.function(input_signature=[{"text": tf.TensorSpec([None], tf.string)}])
    def transform_fn(inputs):
        texts = tf.strings.lower(inputs["text"])
        blank = tf.strings.regex_full_match(texts, " *")
        tokens = tf.strings.split(tf.where(blank, "_empty_", texts))
        return {"tokens": tf.reverse(tokens, axis=[1]) if reverse else tokens}

    module.transform_fn = transform_fn
    tf.saved_model.save(module, str(folder / "transform_fn"))
    seal(folder, TRANSFORM_GRAPH)


def write_vectors(path):
    """Words of one label lie together; the unseen ones lie with those of their label."""
    source = np.random.default_rng(2)
    centres = {label: source.normal(size=DIMENSIONS) for label in WORDS}
    words = {word: label for label, listed in WORDS.items() for word in listed} | UNSEEN
    vectors = [centres[label] + source.normal(0, 0.1, DIMENSIONS) for label in words.values()]
    np.savez(path, words=np.array(list(words)), vectors=np.array(vectors, np.float32))


@pytest.fixture(scope="session")
def shared_folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("inputs")
    train, validation = rows_of(240, seed=5), rows_of(60, seed=6)
    folders = Folders(
        root / "train_features", root / "validation_features", root / "graph",
        root / "vectors.npz", root / "lexicon.tsv",
    )  # fmt: skip
    write_features(folders.train, train)
    write_features(folders.validation, validation)
    write_graph(folders.graph, train)
    write_vectors(folders.vectors)
    folders.lexicon.write_text("".join(f"{word}\t{told}\n" for word, told in VALENCES.items()))
    return folders


@pytest.fixture
def folders(tmp_path, shared_folders):
    """The inputs, in copies that a test may damage."""
    copies = {}
    for name, path in vars(shared_folders).items():
        copies[name] = tmp_path / path.name
        shutil.copytree(path, copies[name]) if path.is_dir() else shutil.copy(path, copies[name])
    return Folders(**copies)


@pytest.fixture
def with_train_rows(tmp_path, shared_folders):
    """Replaces the train rows."""

    def changed(rows):
        write_features(tmp_path / "other_train_features", rows)
        return replace(shared_folders, train=tmp_path / "other_train_features")

    return changed


@pytest.fixture
def reversing_graph(tmp_path, shared_folders):
    write_graph(tmp_path / "reversing_graph", rows_of(240, seed=5), reverse=True)
    return replace(shared_folders, graph=tmp_path / "reversing_graph")


@pytest.fixture(scope="session")
def make_rows():
    return rows_of


@pytest.fixture(scope="session")
def start():
    """Starts the stage's command and returns the process."""
    small = {
        "units": 8, "dropout": 0.1, "learning_rate": 0.02, "batch_size": 16, "epochs": 6,
        "cross_fit_folds": 2,
    }  # fmt: skip

    def run(folders, out, checkpoints="", **options):
        told = {"embeddings": folders.vectors, "lexicon": folders.lexicon}
        options = {**told, **small, **options}
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        return subprocess.Popen(
            [
                shutil.which("sentiment-train-deep"),
                "--train-features", folders.train, "--validation-features", folders.validation,
                "--transform-graph", folders.graph, "--out-model", out,
                "--out-predictions", out.with_name(f"{out.name}-predictions"), *flags,
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, CHECKPOINTS: str(checkpoints)},
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def train(start):
    """Runs the stage's command and returns what it did."""

    def run(folders, out, checkpoints="", **options):
        with start(folders, out, checkpoints, **options) as process:
            stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    return run
