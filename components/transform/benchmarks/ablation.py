"""What lemmas, stop words and near-duplicates across splits do to the baseline's macro-F1.

Drives the commands of the stages, each in its own environment: ingest, transform, train_baseline;
the bundle then scores the raw texts of the validation and the test split. Means over seeds of
split and training with 95% intervals (Student's t), differences paired by seed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROOMS = Path(sys.prefix).parent
FIRST_SEED, SEEDS, SEEDS_IN_FULL = 13, 3, 5
T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}  # Student's t by degrees of freedom
VARIANTS: dict[str, tuple[str, ...]] = {
    "default: lemmas, all words": (),
    "without lemmas": ("--lemmas", "false"),
    "without stop words": ("--stop-words", "true"),
}
LEAKING = "near-duplicates across splits"
SCORE = """
import json, re, sys
from collections import defaultdict
import pyarrow.parquet as pq
from sklearn.metrics import f1_score
from sentiment_models import load

predictor, examples = load(sys.argv[1]), sys.argv[2]

def rows(split):
    return pq.read_table(f"{examples}/{split}/examples.parquet").to_pylist()

def macro_f1(chosen):
    found = predictor.predict_proba([row["text"] for row in chosen]).argmax(axis=1)
    labels = [predictor.labels.index(row["label"]) for row in chosen]
    return f1_score(labels, found, labels=sorted(set(labels)), average="macro")

def words(row):
    text = re.sub(r"@\\w+|https?://\\S+|www\\.\\S+", " ", row["text"].casefold())
    return frozenset(re.sub(r"[\\W_]+", " ", text).split())

def near(one, other):  # as ingest has it: a Jaccard similarity of at least 4/5
    if min(len(one), len(other)) < 5:
        return one == other
    return 5 * len(one & other) >= 4 * len(one | other)

trained = defaultdict(list)
for row in rows("train"):
    trained[len(words(row))].append(words(row))

def leaks(row):
    own = words(row)
    sizes = range(4 * len(own) // 5, 5 * len(own) // 4 + 1)
    return any(near(own, other) for size in sizes for other in trained[size])

test = rows("test")
leaked = [row for row in test if leaks(row)]
figures = {"validation": macro_f1(rows("validation")), "test": macro_f1(test)}
figures["rows"] = len(leaked)
if leaked:
    ids = {row["id"] for row in leaked}
    figures["near"] = macro_f1(leaked)
    figures["others"] = macro_f1([row for row in test if row["id"] not in ids])
print(json.dumps(figures))
"""
Figures = dict[str, float]


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five seeds instead of three")
    full = parser.parse_known_args()[0].full
    seeds = range(FIRST_SEED, FIRST_SEED + (SEEDS_IN_FULL if full else SEEDS))
    environments = ROOT / "pipelines" / "src" / "sentiment_pipelines" / "environments.py"
    run(sys.executable, environments, "sync", "ingest", "train_baseline")
    measured: dict[str, list[Figures]] = {name: [] for name in (*VARIANTS, LEAKING)}
    for seed in seeds:
        for name, figures in measure(seed).items():
            measured[name].append(figures)
    print_macro_f1(measured)
    print_leakage(measured[LEAKING])


def measure(seed: int) -> dict[str, Figures]:
    """Returns the figures of every variant for one seed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        joined, ignored = folder / "join", folder / "ignore"
        for examples in (joined, ignored):
            ingest = ROOMS / "ingest" / "bin" / "sentiment-ingest"
            chosen = ("--seed", seed, "--near-duplicates", examples.name)
            run(ingest, "--out-examples", examples, *chosen)
        pieces = {name: (joined, options) for name, options in VARIANTS.items()}
        pieces[LEAKING] = (ignored, ())
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            running = {
                name: threads.submit(scored, folder / str(number), examples, seed, options)
                for number, (name, (examples, options)) in enumerate(pieces.items())
            }
        return {name: one.result() for name, one in running.items()}


def scored(folder: Path, examples: Path, seed: int, options: Sequence[str]) -> Figures:
    """Transforms, trains and scores.

    Args:
        folder: Where the artifacts go.
        examples: What to train and score on.
        seed: Of the training.
        options: Of transform.

    Returns:
        Macro-F1 of validation and test split; of the test rows with a near-duplicate in the train
        split (``near``), if there are any, and of the others; how many they are (``rows``).
    """
    graph, features, model = folder / "graph", folder / "train", folder / "model"
    run(
        ROOMS / "transform" / "bin" / "sentiment-transform", "--examples", examples,
        "--out-transform-graph", graph, "--out-train-features", features,
        "--out-validation-features", folder / "validation", *options,
    )  # fmt: skip
    baseline = ROOMS / "train_baseline" / "bin"
    run(
        baseline / "sentiment-train-baseline", "--train-features", features,
        "--transform-graph", graph, "--out-model", model,
        "--out-predictions", folder / "predictions", "--seed", seed,
    )  # fmt: skip
    figures: Figures = json.loads(run(baseline / "python", "-c", SCORE, model, examples))
    return figures


def run(*command: object) -> str:
    """Runs a command and returns what it printed; where it fails, its last words are the error."""
    line = [str(part) for part in command]
    process = subprocess.run(line, capture_output=True, text=True, check=False)
    if process.returncode:
        sys.exit(f"{Path(line[0]).name}: {process.stderr[-2000:]}")
    return process.stdout


def print_macro_f1(measured: dict[str, list[Figures]]) -> None:
    """Prints both splits' macro-F1 of every variant, and what it differs from the default by."""
    default = next(iter(measured.values()))
    print(f"| macro-F1, {len(default)} seeds | validation | test | test, against the default |")
    print("| --- | --- | --- | --- |")
    for name, figures in measured.items():
        validation, test = ([one[split] for one in figures] for split in ("validation", "test"))
        paired = [one - other["test"] for one, other in zip(test, default, strict=True)]
        against = interval(paired, "+") if figures is not default else ""
        print(f"| {name} | {interval(validation)} | {interval(test)} | {against} |")


def print_leakage(leaking: list[Figures]) -> None:
    """Prints how much better the test rows with a near-duplicate in the train split look."""
    leaked = [figures for figures in leaking if figures["rows"]]
    print("\n| near-duplicates across splits, test rows | rows a seed | macro-F1 |")
    print("| --- | --- | --- |")
    rows = statistics.mean(figures["rows"] for figures in leaking)
    print(f"| with a near-duplicate in train | {rows:.0f} | {interval(column(leaked, 'near'))} |")
    print(f"| all others | | {interval(column(leaked, 'others'))} |")
    lies = [figures["test"] - figures["others"] for figures in leaked]
    print(f"| what the score of all rows gains | | {interval(lies, '+')} |")


def column(figures: list[Figures], name: str) -> list[float]:
    """Returns one figure of every seed."""
    return [one[name] for one in figures]


def interval(values: Sequence[float], sign: str = "") -> str:
    """Returns the mean and half the width of its 95% interval (Student's t), as text."""
    if not values:
        return "none"
    if len(values) == 1:
        return f"{values[0]:{sign}.3f}"
    half = T_975[len(values) - 1] * statistics.stdev(values) / len(values) ** 0.5
    return f"{statistics.mean(values):{sign}.3f} ± {half:.3f}"


if __name__ == "__main__":
    main()
