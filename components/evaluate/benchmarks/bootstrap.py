"""How long do the intervals take, how often do they hold the truth, and what do the short cuts do?

Models are simulated: probabilities drawn around the true label, two rows a group that tend to be
right or wrong together. Coverage is how often a 95% interval of 400 rows holds the figure of the
population, over many samples of it.
"""

import argparse
import statistics
import time

import numpy as np

from sentiment_evaluate import resampling
from sentiment_evaluate.metrics import Floats, Integers
from sentiment_evaluate.resampling import Bootstrap, Figures

FIGURES = (
    "macro_f1", "accuracy", "brier", "log_loss", "expected_calibration_error", "auc_ovr_macro",
    "average_precision_macro",
)  # fmt: skip
RANKED = FIGURES[-2:]
POPULATION, SAMPLE = 400_000, 400


def simulated(rows: int, seed: int) -> tuple[Integers, Floats, Integers]:
    """Returns labels, calibrated probabilities and groups of two rows."""
    generator = np.random.default_rng(seed)
    groups = np.arange(rows) // 2
    ease = np.repeat(generator.gamma(2.0, 1.0, (rows + 1) // 2), 2)[:rows, None]
    logits = generator.normal(size=(rows, 3)) * ease
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    truth = (generator.random((rows, 1)) > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    return truth, probabilities, groups


def seconds(rows: int, samples: int, repeats: int) -> list[float]:
    """Times the figures of one model with all their intervals."""
    data = simulated(rows, 1)
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        Bootstrap(samples, 1).measure(*data)
        found.append(time.perf_counter() - start)
    return found


def coverage(trials: int, samples: int) -> dict[str, float]:
    """Counts how often the interval of a sample holds the population's figure."""
    truth, probabilities, groups = simulated(POPULATION, 2)
    whole = Bootstrap(100, 1).measure(truth, probabilities, groups).values
    held = dict.fromkeys(FIGURES, 0)
    for trial in range(trials):
        rows = np.arange(trial * SAMPLE, (trial + 1) * SAMPLE)
        found = Bootstrap(samples, trial).measure(truth[rows], probabilities[rows], groups[rows])
        for name in FIGURES:
            interval = found.interval(name, 0.95)
            held[name] += interval.low <= whole[name] <= interval.high
    return {name: count / trials for name, count in held.items()}


def short_cuts(rows: int, samples: int) -> dict[str, float]:
    """Returns by how much the short cuts change an interval's ends, as shares of its width."""
    data = simulated(rows, 3)
    quick = Bootstrap(samples, 1).measure(*data)
    ranks = resampling.MOST_RANKS
    resampling.MOST_RANKS = rows
    exact = Bootstrap(samples, 1).measure(*data)
    resampling.MOST_RANKS = ranks
    return {name: _moved(quick, exact, name) for name in RANKED}


def _moved(quick: Figures, exact: Figures, name: str) -> float:
    one, other = quick.interval(name, 0.95), exact.interval(name, 0.95)
    moved = max(abs(one.low - other.low), abs(one.high - other.high))
    return moved / (other.high - other.low)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--trials", type=int, default=400)
    options = parser.parse_args()
    print("| rows of one model, 1000 resamples | min s | median s | max s |")
    print("| --- | --- | --- | --- |")
    for rows in (1_568, 20_000, 200_000, 1_000_000):
        taken = seconds(rows, 1000, options.repeats)
        shown = (min(taken), statistics.median(taken), max(taken))
        print(f"| {rows:,} | {' | '.join(f'{it:.2f}' for it in shown)} |", flush=True)
    print(
        f"\n| figure of {SAMPLE} rows | 95% intervals that hold the truth, {options.trials} tries |"
    )
    print("| --- | --- |")
    for name, share in coverage(options.trials, 500).items():
        print(f"| {name} | {share:.1%} |")
    print(
        f"\n| figure of 1,568 rows, at most {resampling.MOST_RANKS} ranks | end of interval moved |"
    )
    print("| --- | --- |")
    for name, moved in short_cuts(1_568, 500).items():
        print(f"| {name} | by {moved:.2%} of its width |")


if __name__ == "__main__":
    main()
