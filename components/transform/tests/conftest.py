"""Examples from vaderSentiment's published corpus (MIT): Amazon reviews and tweets, real ones."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import EXAMPLES, Manifest, payload_digest, write_manifest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

COMMAND = shutil.which("sentiment-transform")
FEEDBACK = Path(__file__).parent / "data" / "feedback.jsonl"
SPLITS = ("train", "validation", "test")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "text", "label")),
        ("rating", pa.float64()),
        *((name, pa.string()) for name in ("source", "group", "created_at")),
    ]
)


@dataclass(frozen=True)
class Run:
    """One run of the command: where its outputs are and what it said."""

    graph: Path
    train: Path
    validation: Path
    process: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def rows():
    return [json.loads(line) for line in FEEDBACK.read_text("utf-8").split("\n") if line]


@pytest.fixture(scope="session")
def write_examples(tmp_path_factory):
    """Writes an examples artifact into a new folder."""

    def write(rows, schema=SCHEMA):
        folder = tmp_path_factory.mktemp("examples") / "examples"
        for split in SPLITS:
            of_split = [row for row in rows if row["split"] == split]
            (folder / split).mkdir(parents=True)
            table = pa.Table.from_pylist(of_split, schema=schema)
            pq.write_table(table, folder / split / "examples.parquet")
        digest, kind = payload_digest(folder), EXAMPLES
        manifest = Manifest(kind.name, kind.schema_version, "sentiment-ingest", "0.1.0", digest)
        write_manifest(folder, manifest)
        return folder

    return write


@pytest.fixture(scope="session")
def examples(rows, write_examples):
    return write_examples(rows)


@pytest.fixture(scope="session")
def arguments():
    """The command line for an examples folder and a folder of outputs."""

    def line(examples, out, *more):
        return [
            "--examples", str(examples), "--out-transform-graph", str(out / "transform_graph"),
            "--out-train-features", str(out / "train_features"),
            "--out-validation-features", str(out / "validation_features"), *more,
        ]  # fmt: skip

    return line


@pytest.fixture(scope="session")
def command():
    """Runs the console script."""

    def run(*arguments):
        line = [COMMAND, *arguments]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def transformed(examples, arguments, command, tmp_path_factory):
    out = tmp_path_factory.mktemp("transformed")
    process = command(*arguments(examples, out))
    assert process.returncode == 0, process.stderr
    folders = (out / name for name in ("transform_graph", "train_features", "validation_features"))
    return Run(*folders, process)


@pytest.fixture(scope="session")
def specification():
    from sentiment_transform.specification import english

    return english()


@pytest.fixture(scope="session")
def tokenizer(specification):
    from sentiment_common.text import Tokenizer

    return Tokenizer(specification)


@pytest.fixture(scope="session")
def build_engine(tmp_path_factory):
    """Builds the TensorFlow engine of a specification: texts to lists of tokens."""
    import tensorflow as tf

    from sentiment_transform.graph import TextGraph

    def build(specification):
        folder = tmp_path_factory.mktemp("specification")
        specification.save(folder)
        graph = TextGraph(specification, folder / "lemmas.tsv")
        signature = [tf.TensorSpec([None], tf.string)]
        function = tf.function(graph.tokens, input_signature=signature)

        def tokens(texts):
            found = function(tf.constant(texts, tf.string))
            words = [word.decode() for word in found.flat_values.numpy()]
            return [words[first:last] for first, last in pairwise(found.row_splits.numpy())]

        return tokens

    return build


@pytest.fixture(scope="session")
def engine(build_engine, specification):
    return build_engine(specification)
