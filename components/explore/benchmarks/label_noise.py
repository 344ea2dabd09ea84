"""How many wrong labels are among the doubtful ones, and how many would chance have found?

Plants wrong labels, drawn at random, in train and validation of the default data, or of the
examples that ``--examples`` names, and looks for them. The data have wrong labels of their own,
which count as mistakes here: the true precision is higher.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from sentiment_explore import label_noise, reading, terms

SEEDS = (13, 14, 15)
SHARE = 0.05
FOLDS = 5


def plant(labels: reading.Integers, share: float, seed: int) -> tuple[reading.Integers, set[int]]:
    """Returns labels of which a share is wrong, and the places of the wrong ones."""
    generator = np.random.default_rng(seed)
    places = generator.choice(len(labels), round(share * len(labels)), replace=False)
    wrong = labels.copy()
    wrong[places] = (wrong[places] + generator.integers(1, 3, len(places))) % len(reading.LABELS)
    return wrong, {int(it) for it in places}


def found(ranked: reading.Integers, planted: set[int], most: int | None = None) -> float:
    """Returns the share of planted places among the first of a ranking."""
    first = [int(it) for it in ranked[:most]]
    return sum(it in planted for it in first) / max(len(first), 1)


def measure(rows: reading.Rows, counted: terms.Counted, seed: int) -> list[float]:
    """Returns macro-F1, number of suspects, precision, recall, and precision of the first ones."""
    places = np.flatnonzero(rows.shown)
    labels, planted = plant(rows.labels[places], SHARE, seed)
    fitted = label_noise.cross_fit(counted.matrix, labels, rows.groups[places], FOLDS, seed)
    if isinstance(fitted, label_noise.NotFitted):
        raise TypeError(fitted.reason)
    ranked = label_noise.suspects(fitted.probabilities, labels)
    precision = found(ranked, planted)
    recall = precision * len(ranked) / len(planted)
    firsts = [found(ranked, planted, most) for most in (50, 100, len(planted))]
    return [fitted.macro_f1, len(ranked), precision, recall, *firsts]


def default_data(folder: Path) -> Path:
    """Ingests the default data with the neighbouring room's command."""
    command = Path(sys.executable).parents[2] / "ingest" / "bin" / "sentiment-ingest"
    subprocess.run([command, "--out-examples", folder], check=True, stderr=subprocess.DEVNULL)
    return folder


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=Path, help="examples other than the default data")
    given = parser.parse_args().examples
    with tempfile.TemporaryDirectory() as folder:
        rows = reading.read_rows(given or default_data(Path(folder) / "examples"))
    counted = terms.count(rows.texts_at(np.flatnonzero(rows.shown)), terms.tokenizer())
    if counted is None:
        raise TypeError("no two texts have a term in common")
    print(f"{int(rows.shown.sum()):,} rows, {SHARE:.0%} of the labels planted wrong\n")
    print("| seed | macro-F1 | suspects | planted among them | of the planted found "
          "| among the first 50 | 100 | as many as planted | by chance |")  # fmt: skip
    print("| --- " * 9 + "|")
    for seed in SEEDS:
        f1, suspects, *shares = measure(rows, counted, seed)
        shown = " | ".join(f"{it:.0%}" for it in (*shares, SHARE))
        print(f"| {seed} | {f1:.3f} | {suspects:,.0f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
