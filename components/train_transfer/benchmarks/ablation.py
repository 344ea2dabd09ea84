"""What layers, raw text, lexicons and ratings give the head on a frozen encoder.

Drives ingest and transform, each in its own environment, and trains every variant in this process;
vectors come from the cache after the first variant that needs them. Macro-F1 of the test split.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import f1_score
from threadpoolctl import threadpool_limits

from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_train_transfer import features, stage, targets
from sentiment_train_transfer.features import Split
from sentiment_train_transfer.settings import parse
from sentiment_train_transfer.training import TrainingData, train

ROOT = Path(__file__).resolve().parents[3]
ROOMS = Path(sys.prefix).parent
FIRST_SEED, SEEDS, SEEDS_IN_FULL = 13, 1, 5
DEFAULTS: dict[str, Any] = {
    "encoder": "minilm", "layers": "auto", "max_tokens": 128, "lexicon": "auto",
    "rating_noise": 0.2, "c_grid": "0.001", "folds": 5, "class_weight": "balanced",
}  # fmt: skip
BARE = {"lexicon": "none", "rating_noise": 0.0}
VARIANTS: dict[str, Mapping[str, Any]] = {
    "default: layers 3,4, lexicons, ratings": {},
    "without ratings": {"rating_noise": 0.0},
    "without lexicons": {"lexicon": "none"},
    "without both": BARE,
    "without both, tokens for raw text": {**BARE, "tokens": True},
    "without both, the model's own output": {**BARE, "layers": "outputs"},
}


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five seeds instead of one")
    full = parser.parse_known_args()[0].full
    environments = ROOT / "pipelines" / "src" / "sentiment_pipelines" / "environments.py"
    run(sys.executable, environments, "sync", "ingest", "transform")
    measured: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for seed in range(FIRST_SEED, FIRST_SEED + (SEEDS_IN_FULL if full else SEEDS)):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            prepare(folder, seed)
            for name, changes in VARIANTS.items():
                measured[name].append(macro_f1(folder, seed, changes))
    print("| macro-F1 of the test split | median | least | most |")
    print("| --- | --- | --- | --- |")
    for name, found in measured.items():
        figures = (statistics.median(found), min(found), max(found))
        print(f"| {name} | {' | '.join(f'{figure:.3f}' for figure in figures)} |")


def prepare(folder: Path, seed: int) -> None:
    """Ingests and transforms the default data."""
    run(
        ROOMS / "ingest/bin/sentiment-ingest", "--out-examples", folder / "examples", "--seed", seed
    )
    run(
        ROOMS / "transform/bin/sentiment-transform", "--examples", folder / "examples",
        "--out-transform-graph", folder / "graph", "--out-train-features", folder / "train",
        "--out-validation-features", folder / "validation",
    )  # fmt: skip


def macro_f1(folder: Path, seed: int, changes: Mapping[str, Any]) -> float:
    """Trains a variant and returns its macro-F1 on the test split."""
    options = {**DEFAULTS, **changes}
    joined = options.pop("tokens", False)
    settings = parse(**options, seed=seed)
    rows, test = features.read(folder / "train"), read_test(folder)
    if joined:
        rows, test = (
            replace(part, texts=list(map(" ".join, part.tokens))) for part in (rows, test)
        )
    with tempfile.TemporaryDirectory() as scratch, threadpool_limits(1):
        tokenizer = Tokenizer(TextSpecification.load(folder / "graph" / "text_spec"))
        eyes = stage.opened(settings, tokenizer, Path(scratch))
        soft = targets.soft(rows.targets, rows.ratings, settings.rating_noise)
        data = TrainingData(eyes.features(rows), eyes.figures, rows.targets, soft, rows.groups)
        found = train(data, settings, TrackingLog()).predict_proba(eyes.features(test))
    return float(f1_score(test.targets, found.argmax(axis=1), average="macro"))


def read_test(folder: Path) -> Split:
    """Reads the test split: a benchmark judges, a trainer never sees it."""
    columns = pq.read_table(folder / "examples/test/examples.parquet").to_pydict()
    tokenizer = Tokenizer(TextSpecification.load(folder / "graph" / "text_spec"))
    labels = np.array([LABELS.index(label) for label in columns["label"]])
    tokens = [tokenizer.tokens(text) for text in columns["text"]]
    ratings = np.array(columns["rating"], dtype=np.float64)
    groups = np.array(columns["group"], dtype=np.str_)
    return Split(columns["id"], columns["text"], tokens, labels, ratings, groups)


def run(*command: object) -> None:
    """Runs a command; where it fails, its last words are the error."""
    line = [str(part) for part in command]
    process = subprocess.run(line, capture_output=True, text=True, check=False)
    if process.returncode:
        sys.exit(f"{Path(line[0]).name}: {process.stderr[-2000:]}")


if __name__ == "__main__":
    main()
