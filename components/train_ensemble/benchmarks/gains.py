"""What each member gives the ensemble: macro-F1 of the test split, and milliseconds a text.

Drives ingest, transform, train_baseline, train_transfer and, with ``--full``, train_deep over five
seeds, each in its own environment; then this stage's own command.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import f1_score

from sentiment_models import LABELS, load

ROOT = Path(__file__).resolve().parents[3]
ROOMS = Path(sys.prefix).parent
FIRST_SEED, SEEDS, SEEDS_IN_FULL = 13, 1, 5
QUICK, FULL = ("baseline", "transfer"), ("baseline", "transfer", "deep")
Figures = dict[str, tuple[float, float]]


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five seeds, and the deep model too")
    full = parser.parse_known_args()[0].full
    trained, seeds = (FULL, SEEDS_IN_FULL) if full else (QUICK, SEEDS)
    environments = ROOT / "pipelines" / "src" / "sentiment_pipelines" / "environments.py"
    rooms = ("ingest", "transform", *(f"train_{name}" for name in trained))
    run(sys.executable, environments, "sync", *rooms)
    measured: list[Figures] = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        with tempfile.TemporaryDirectory() as scratch:
            measured.append(measure(Path(scratch), seed, trained))
    print("| model | macro-F1, median | least | most | ms a text, median |")
    print("| --- | --- | --- | --- | --- |")
    for name in (*trained, "ensemble"):
        found = [figures[name][0] for figures in measured]
        times = statistics.median(figures[name][1] for figures in measured)
        figures = (statistics.median(found), min(found), max(found))
        print(f"| {name} | {' | '.join(f'{one:.3f}' for one in figures)} | {times:.2f} |")


def measure(folder: Path, seed: int, trained: tuple[str, ...]) -> Figures:
    """Trains the members and the ensemble of one seed and scores them."""
    examples, graph = folder / "examples", folder / "graph"
    run(ROOMS / "ingest/bin/sentiment-ingest", "--out-examples", examples, "--seed", seed)
    run(
        ROOMS / "transform/bin/sentiment-transform", "--examples", examples,
        "--out-transform-graph", graph, "--out-train-features", folder / "train",
        "--out-validation-features", folder / "validation",
    )  # fmt: skip
    flags: list[object] = []
    for number, name in enumerate(trained, start=1):
        model, predictions = folder / name, folder / f"{name}-predictions"
        validation = ("--validation-features", folder / "validation")
        run(
            ROOMS / f"train_{name}" / "bin" / f"sentiment-train-{name}",
            "--train-features", folder / "train", *(validation if name != "baseline" else ()),
            "--transform-graph", graph, "--out-model", model, "--out-predictions", predictions,
            "--seed", seed,
        )  # fmt: skip
        suffix = f"-{number}" if number > 1 else ""
        flags += [f"--model{suffix}", model, f"--predictions{suffix}", predictions]
    ensemble = folder / "ensemble"
    command = ROOMS / "train_ensemble/bin/sentiment-train-ensemble"
    run(command, *flags, "--out-ensemble", ensemble, "--seed", seed)
    costs = json.loads((ensemble / "costs.json").read_text())["milliseconds_per_text"]
    return {
        name: (macro_f1(folder / name, examples), costs[name]) for name in (*trained, "ensemble")
    }


def macro_f1(model: Path, examples: Path) -> float:
    """Returns a bundle's macro-F1 on the test split."""
    columns = pq.read_table(examples / "test/examples.parquet").to_pydict()
    labels = np.array([LABELS.index(label) for label in columns["label"]])
    found = load(model).predict_proba(columns["text"]).argmax(axis=1)
    return float(f1_score(labels, found, average="macro"))


def run(*command: object) -> None:
    """Runs a command; where it fails, its last words are the error."""
    line = [str(part) for part in command]
    process = subprocess.run(line, capture_output=True, text=True, check=False)
    if process.returncode:
        sys.exit(f"{Path(line[0]).name}: {process.stderr[-2000:]}")


if __name__ == "__main__":
    main()
