"""Measures what checkpoints cost, and that a killed training continues to the same bits.

make bench ROOMS=train_deep
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from sentiment_common.artifacts import (
    FEATURES,
    MODEL,
    PREDICTIONS,
    TRANSFORM_GRAPH,
    Kind,
    Manifest,
    payload_digest,
    read_manifest,
    write_manifest,
)
from sentiment_common.cli import CHECKPOINTS
from sentiment_common.text import Tokenizer, current
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_train_deep import checkpoints, embeddings
from sentiment_train_deep.encoders import Design
from sentiment_train_deep.network import Network
from sentiment_train_deep.progress import Epoch, Progress
from sentiment_train_deep.vocabulary import Tables

WORDS, TRAIN_ROWS, VALIDATION_ROWS, TOKENS = 6000, 5500, 780, 17  # the default corpus' size
REPEATS = 15
MARKS = ("continuing after ", "starting over, ")


@dataclass(frozen=True)
class Cost:
    """Seconds of each repetition, and bytes on disk."""

    keep: list[float]
    take_up: list[float]
    size: int


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--inputs", type=Path,
        help="a run's train_features, validation_features, transform_graph (default: made rows)",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, default=4, help="one kill in each but the first")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        inputs = chosen.inputs or made(Path(folder) / "inputs")
        cost = checkpoint_cost(Path(folder) / "cost")
        _say("| checkpoint of the default size | min | median | max |\n|---|---|---|---|")
        _say(f"| kept, ms | {_spread(cost.keep)} |\n| taken up, ms | {_spread(cost.take_up)} |")
        _say(f"| size, MB | | {cost.size / 1e6:.1f} | |\n")
        for row in kills(inputs, Path(folder), chosen.epochs):
            _say(row)


def checkpoint_cost(folder: Path) -> Cost:
    """Keeps and takes up the progress of a network of the default size."""
    vectors = np.random.default_rng(1).normal(size=(WORDS, 50)).astype(np.float32)
    tables = Tables(vectors, np.zeros((WORDS, 2), np.float32))
    network = Network(tables, Design("lstm", 32, 1, 0.5))
    optimizer = keras.optimizers.Adam(name="adam")
    optimizer.build(network.trainable_variables)
    progress = Progress(network, optimizer, np.random.default_rng(1), TrackingLog())
    progress.add(Epoch(1, 1, 0))
    checkpoints.make(folder)

    def take_up() -> None:
        if found := checkpoints.load(folder, "work"):
            progress.restore(found)

    keep = _times(lambda: checkpoints.save(folder, "work", progress.checkpoint()))
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Cost(keep, _times(take_up), size)


def kills(inputs: Path, folder: Path, epochs: int) -> Iterator[str]:
    """Yields a table: a training is killed in its epochs and folds, and continued."""
    begin = time.monotonic()
    _finish(_start(inputs, folder / "whole", epochs))
    whole = _digests(folder / "whole")
    yield "| SIGKILL in | continued after | seconds of the second run | same digests |"
    yield "|---|---|---|---|"
    yield f"| none | | {time.monotonic() - begin:.1f} | |"
    points = [(f"epoch {epoch + 1}", "", epoch) for epoch in range(1, epochs)]
    points += [("fold 1", "", epochs), ("fold 3", "fold-3", 1)]
    same = 0
    for number, (what, below, epoch) in enumerate(points):
        kept, out = folder / f"checkpoints-{number}", folder / f"model-{number}"
        _kill_after(_start(inputs, out, epochs, kept), kept / below, epoch)
        begin = time.monotonic()
        log = _finish(_start(inputs, out, epochs, kept))
        seconds = time.monotonic() - begin
        told = [line.partition(mark)[2] for line in log for mark in MARKS if mark in line]
        equal = _digests(out) == whole
        same += equal
        yield f"| {what} | {', '.join(told)} | {seconds:.1f} | {equal} |"
    yield f"\n{same} of {len(points)} kills: the same digests as without one."


def made(folder: Path) -> Path:
    """Writes inputs as many and as long as those of the default corpus."""
    specification = current({})
    tokenizer = Tokenizer(specification)
    words = embeddings.read(
        embeddings.GLOVE,
        lambda rank, word: rank < 2 * WORDS and tokenizer.tokens(word) == [word],
    ).words[:WORDS]
    source = np.random.default_rng(1)
    frequency = 1 / np.arange(2, len(words) + 2)
    for name, rows in (("train", TRAIN_ROWS), ("validation", VALIDATION_ROWS)):
        lengths = source.poisson(TOKENS, rows) + 1
        drawn = [source.choice(len(words), n, p=frequency / frequency.sum()) for n in lengths]
        labels = [LABELS[int(row.sum()) % 7 % 3] for row in drawn]
        _write_features(
            folder / f"{name}_features", [[words[n] for n in row] for row in drawn], labels
        )
    graph = folder / "transform_graph"
    (graph / "vocabulary").mkdir(parents=True)
    (graph / "vocabulary" / "tokens.txt").write_text("".join(f"{word}\n" for word in words))
    specification.save(graph / "text_spec")
    tf.saved_model.save(_splitter(), str(graph / "transform_fn"))
    _seal(graph, TRANSFORM_GRAPH)
    return folder


def _write_features(folder: Path, tokens: list[list[str]], labels: list[str]) -> None:
    folder.mkdir(parents=True)
    names = [f"row-{number}" for number in range(len(tokens))]
    ratings = [4.0 * LABELS.index(label) - 4 for label in labels]
    texts = [" ".join(row) for row in tokens]
    columns = {
        "id": names, "text": texts, "label": labels, "group": names, "rating": ratings,
        "tokens": tokens,
    }  # fmt: skip
    pq.write_table(pa.table(columns), folder / "features.parquet")
    _seal(folder, FEATURES)


def _splitter() -> tf.Module:
    module = tf.Module()

    @tf.function(input_signature=[{"text": tf.TensorSpec([None], tf.string)}])
    def transform_fn(inputs: dict[str, tf.Tensor]) -> dict[str, tf.RaggedTensor]:
        return {"tokens": tf.strings.split(inputs["text"])}

    module.transform_fn = transform_fn
    return module


def _seal(folder: Path, kind: Kind) -> None:
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "benchmark", "0", digest))


def _start(inputs: Path, out: Path, epochs: int, kept: Path | None = None) -> subprocess.Popen[str]:
    command = [
        Path(sys.executable).with_name("sentiment-train-deep"), "--out-model", out,
        "--out-predictions", _predictions(out),
        "--train-features", inputs / "train_features",
        "--validation-features", inputs / "validation_features",
        "--transform-graph", inputs / "transform_graph",
        f"--epochs={epochs}", f"--patience={epochs}",
    ]  # fmt: skip
    environment = {**os.environ, CHECKPOINTS: str(kept or "")}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def _predictions(out: Path) -> Path:
    return out.with_name(f"{out.name}-predictions")


def _digests(out: Path) -> tuple[str, str]:
    predictions = read_manifest(_predictions(out), PREDICTIONS).digest
    return read_manifest(out, MODEL).digest, predictions


def _finish(process: subprocess.Popen[str]) -> list[str]:
    log = process.communicate()[1]
    if process.returncode:
        raise RuntimeError(log)
    return log.split("\n")


def _kill_after(process: subprocess.Popen[str], kept: Path, epoch: int) -> None:
    record = kept / checkpoints.RECORD
    while process.poll() is None:
        if record.is_file() and json.loads(record.read_text())["epoch"] >= epoch:
            break
        time.sleep(0.005)
    process.kill()
    log = process.communicate()[1]
    if process.returncode != -signal.SIGKILL:
        raise RuntimeError(log)


def _times(function: Callable[[], None]) -> list[float]:
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return seconds


def _spread(seconds: list[float]) -> str:
    figures = (min(seconds), statistics.median(seconds), max(seconds))
    return " | ".join(f"{1000 * figure:.0f}" for figure in figures)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
