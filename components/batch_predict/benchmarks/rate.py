"""Rows a second against a loop around the same bundle over texts that are in memory already.

The loop takes the best of several batch sizes. A core's rate is rows by second of CPU, of all
processes and from start to end: on a busy machine it says more than the clock.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
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
for size in (256, 1024, 4096):
    begin, cpu = time.perf_counter(), time.process_time()
    for at in range(0, len(texts), size):
        model.predict_proba(texts[at : at + size])
    best = max(best, len(texts) / (time.perf_counter() - begin))
    cores = max(cores, len(texts) / (time.process_time() - cpu))
print(best, cores)
"""
ROWS = {"train-baseline": 100_000, "train-deep": 20_000}
FEW_ROWS = 3_000


def loop(model: Path, source: Path) -> tuple[float, float]:
    """Returns rows a second, and rows by second of CPU, of the loop."""
    words = [sys.executable, "-c", LOOP, str(model), str(source)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    rate, of_core = map(float, told.split())
    return rate, of_core


def main() -> None:
    """Prints a table, two rows a bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    feedback.add_run(parser)
    parser.add_argument("--models", nargs="+", help="tasks whose bundles are measured; all if none")
    parser.add_argument("--times", type=int, default=1, help="so many times as many rows")
    options = parser.parse_args()
    print("| bundle | rows | workers | loop, rows/s | stage, rows/s | of loop | by core: loop |"
          " stage | of loop |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for name, model in feedback.bundles(options.run).items():
        if options.models and name not in options.models:
            continue
        count = ROWS.get(name, FEW_ROWS) * options.times
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder) / "feedback.csv", Path(folder) / "scored"
            # The loop does not know which texts come again: nor does the stage profit here.
            feedback.write_csv(source, distinct(options.run, count))
            rate, of_core = loop(model, source)
            for workers in ("1", "0"):
                told = feedback.predict(source, model, out, "--workers", workers)
                stage, core = count / told.seconds, count / told.cpu_seconds
                print(f"| {name} | {count:,} | {workers} | {rate:,.0f} | {stage:,.0f} | "
                      f"{stage / rate:.0%} | {of_core:,.0f} | {core:,.0f} | {core / of_core:.0%} |",
                      flush=True)  # fmt: skip


def distinct(run: Path, count: int):  # noqa: ANN201
    """Yields rows whose texts all differ, as long as those of the run's data."""
    for number, text, stars in feedback.rows(run, count):
        yield number, f"{text} {number}", stars


if __name__ == "__main__":
    csv.field_size_limit(1 << 24)
    main()
