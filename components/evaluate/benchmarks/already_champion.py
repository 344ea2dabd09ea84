"""How long does an evaluation take whose outcome is known already, and how long one that scores?

Two linear models of 20,000 n-grams, 800 validation and 1,600 test rows; every try is a process of
its own, as in a pipeline. A TensorFlow candidate adds TensorFlow's import to the scoring alone.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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

POLICY = "behaviour.most_of = {}"
"""The models know three words: the behavioural suite is beyond them."""

TERMS = 20_000
ROWS = {"train": 800, "validation": 800, "test": 1600}
WORDS = {"negative": "terrible", "neutral": "blue", "positive": "great"}


def _seal(folder: Path, kind: Kind) -> Path:
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "bench", "0", digest))
    return folder


def examples(folder: Path) -> Path:
    """Writes examples whose label is one word of the text, the others drawn at random."""
    generator = np.random.default_rng(13)
    for split, rows in ROWS.items():
        labels = generator.choice(LABELS, rows)
        numbers = generator.integers(0, TERMS, [rows, 12])
        texts = [
            " ".join([*(f"word{it}" for it in row), WORDS[label]])
            for row, label in zip(numbers, labels, strict=True)
        ]
        groups = [f"{split}-{row}" for row in range(rows)]
        table = {"text": texts, "label": labels, "source": ["shop"] * rows, "group": groups}
        (folder / split).mkdir(parents=True)
        pq.write_table(pa.table(table), folder / split / "examples.parquet")
    return _seal(folder, EXAMPLES)


def model(folder: Path, strength: float) -> Path:
    """Writes a linear bundle that knows the labels' words, the better the stronger they weigh."""
    specification = current({"works": "work"})
    specification.save(folder.with_suffix(".text_spec"))
    folder.mkdir()
    facts = Bundle(folder.name, "linear", specification.digest)
    write_bundle(folder, facts, folder.with_suffix(".text_spec"))
    weights = np.random.default_rng(13).normal(size=(len(LABELS), TERMS + len(LABELS)))
    weights[:, TERMS:] = strength * np.eye(len(LABELS))
    terms = (*(f"word{it}" for it in range(TERMS)), *(WORDS[label] for label in LABELS))
    save_linear(folder, LinearWeights(
        terms, 1, np.ones(len(terms), np.float32), weights, np.zeros(len(LABELS))
    ))  # fmt: skip
    return _seal(folder, MODEL)


def champion(folder: Path, evaluated: Path | None, keep_evaluation: bool = False) -> Path:
    """Writes a champion artifact: none, or the model that an evaluation chose."""
    digest = None
    folder.mkdir()
    if evaluated:
        shutil.copytree(evaluated / "model", folder / "bundle")
        digest = read_manifest(folder / "bundle", MODEL).digest
    if evaluated and keep_evaluation:
        shutil.copytree(evaluated / "evaluation", folder / "evaluation")
    write_json(folder / "champion.json", {"digest": digest, "name": None, "version": None})
    return _seal(folder, CHAMPION)


def evaluate(inputs: list[str | Path], reigning: Path, out: Path) -> tuple[float, str]:
    """Runs the stage and returns its seconds and its verdict."""
    outputs = [
        part
        for name in ("evaluation", "blessing", "model", "report", "verdict")
        for part in (f"--out-{name}", out / name)
    ]
    command = [
        Path(sys.executable).with_name("sentiment-evaluate"),
        *inputs,
        "--champion",
        reigning,
        "--policy",
        POLICY,
    ]
    start = time.perf_counter()
    subprocess.run([*command, *outputs], check=True, capture_output=True)
    return time.perf_counter() - start, (out / "verdict").read_text()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        inputs: list[str | Path] = [
            "--examples", examples(scratch / "examples"),
            "--candidate", model(scratch / "poor", 2.0),
            "--candidate-2", model(scratch / "good", 20.0),
        ]  # fmt: skip
        first = scratch / "first"
        none = champion(scratch / "none", None)
        evaluate(inputs, none, first)
        cases = {
            "no champion yet": none,
            "the champion, its evaluation not kept": champion(scratch / "bare", first),
            "the champion with its evaluation": champion(scratch / "full", first, True),
        }
        print(f"| evaluate, {repeats} times | verdict | min s | median s | max s |")
        print("| --- | --- | --- | --- | --- |")
        for name, reigning in cases.items():
            tries = [evaluate(inputs, reigning, scratch / "out") for _ in range(repeats)]
            seconds = [it for it, _ in tries]
            figures = (min(seconds), statistics.median(seconds), max(seconds))
            shown = " | ".join(f"{it:.2f}" for it in figures)
            print(f"| {name} | {tries[0][1]} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
