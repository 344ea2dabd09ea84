"""Rows a second against a loop around the same bundle over texts that are in memory already.

The loop takes the better of two batch sizes, and begins when the bundle is open. So the stage's
rate is that of its rows beyond the start; the start is what the same command takes for a few rows.
By second of CPU, of all processes, says more than the clock on a busy machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made import feedback

LOOP = """
import csv, sys, time
from sentiment_models import load
model = load(sys.argv[1])
with open(sys.argv[2], newline="") as stream:
    texts = [row["text"] for row in csv.DictReader(stream)]
model.predict_proba(texts[:300])
best = cores = 0
for size in (256, 1024):
    begin, cpu = time.perf_counter(), time.process_time()
    for at in range(0, len(texts), size):
        model.predict_proba(texts[at : at + size])
    best = max(best, len(texts) / (time.perf_counter() - begin))
    cores = max(cores, len(texts) / (time.process_time() - cpu))
print(best, cores)
"""
ROWS = {"train-baseline": 60_000, "train-deep": 40_000}
FEW_ROWS = 1_500


def loop(model: Path, source: Path) -> tuple[float, float]:
    """Returns rows a second, and rows by second of CPU, of the loop."""
    words = [sys.executable, "-c", LOOP, str(model), str(source)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    rate, of_core = map(float, told.split())
    return rate, of_core


def stage(
    model: Path, source: Path, count: int, workers: int
) -> tuple[float, float, feedback.Measured]:
    """Returns rows a second and by second of CPU, of the rows beyond the start; and the start."""
    out, few = source.with_name("scored"), source.with_name("few.csv")
    options = ("--workers", str(workers))
    # As many batches as there are processes, so that all of them start.
    start = feedback.predict(few, model, out, *options, "--batch-size", "1")
    whole = feedback.predict(source, model, out, *options)
    rate = count / (whole.seconds - start.seconds)
    return rate, count / (whole.cpu_seconds - start.cpu_seconds), start


def main() -> None:
    """Prints a table, a row for each bundle and number of processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    feedback.add_run(parser)
    parser.add_argument("--models", nargs="+", help="tasks whose bundles are measured; all if none")
    parser.add_argument("--times", type=int, default=1, help="so many times as many rows")
    options = parser.parse_args()
    print("| bundle | rows | processes | start, s | of CPU | rows/s: loop | stage | of loop |"
          " by second of CPU: loop | stage | of loop |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name, model in feedback.bundles(options.run).items():
        if options.models and name not in options.models:
            continue
        count = ROWS.get(name, FEW_ROWS) * options.times
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "feedback.csv"
            feedback.write_csv(source, distinct(options.run, count))
            few = islice(distinct(options.run, count), os.cpu_count())
            feedback.write_csv(source.with_name("few.csv"), few)
            of_loop, core_of_loop = loop(model, source)
            for workers in sorted({1, os.cpu_count() or 1}):
                rate, core, start = stage(model, source, count, workers)
                print(f"| {name} | {count:,} | {workers} | {start.seconds:.1f} | "
                      f"{start.cpu_seconds:.1f} | {of_loop:,.0f} | {rate:,.0f} | "
                      f"{rate / of_loop:.0%} | {core_of_loop:,.0f} | {core:,.0f} | "
                      f"{core / core_of_loop:.0%} |", flush=True)  # fmt: skip


def distinct(run: Path, count: int) -> Iterator[tuple[int, str, int]]:
    """Yields rows whose texts all differ: the loop does not know which come again."""
    for number, text, stars in feedback.rows(run, count):
        yield number, f"{text} {number}", stars


if __name__ == "__main__":
    main()
