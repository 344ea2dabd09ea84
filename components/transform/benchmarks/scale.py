"""Time and memory of the stage by the number of rows: linear, or not?

The rows are texts of the default data, each with some of its words left out, so that the
vocabulary grows as that of new feedback does.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.artifacts import EXAMPLES, Manifest, payload_digest, write_manifest

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = ROOT / "pipelines" / "src" / "sentiment_pipelines" / "environments.py"
INGEST = Path(sys.prefix).parent / "ingest" / "bin" / "sentiment-ingest"
TRANSFORM = Path(sys.executable).with_name("sentiment-transform")
CORPORA = "amazon,tweets,movies,editorials"
VALIDATION_SHARE, KEPT_WORDS, REPEATS = 0.1, 0.8, 2
ROWS, ROWS_IN_FULL = (1_000, 10_000, 50_000), (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    """Prints one line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="up to a million rows, once each")
    full = parser.parse_known_args()[0].full
    subprocess.run([sys.executable, ENVIRONMENTS, "sync", "ingest"], check=True)
    print("| rows | s, min | median | max | peak memory, MB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [INGEST, "--corpora", CORPORA, "--out-examples", folder / "source"]
        subprocess.run(command, capture_output=True, check=True)
        texts = pq.read_table(folder / "source" / "train" / "examples.parquet")["text"].to_pylist()
        for rows in ROWS_IN_FULL if full else ROWS:
            write_examples(folder / "examples", texts, rows)
            runs = [measure(folder) for _ in range(1 if full else REPEATS)]
            seconds, peak = [run[0] for run in runs], max(run[1] for run in runs)
            shown = (min(seconds), statistics.median(seconds), max(seconds))
            print(f"| {rows:,} | {' | '.join(f'{value:.1f}' for value in shown)} | {peak:,.0f} |")


def write_examples(folder: Path, texts: list[str], rows: int) -> None:
    """Writes an examples artifact with so many rows, a tenth of them for validation."""
    generator = random.Random(rows)
    validation = int(rows * VALIDATION_SHARE)
    for split, number in (("train", rows - validation), ("validation", validation)):
        (folder / split).mkdir(parents=True, exist_ok=True)
        shown = [varied(generator.choice(texts), generator) for _ in range(number)]
        names = [f"{split}-{row}" for row in range(number)]
        columns = {"id": names, "text": shown, "group": names}
        columns |= {"label": ["neutral"] * number, "source": ["bench"] * number}
        pq.write_table(pa.table(columns), folder / split / "examples.parquet")
    digest = payload_digest(folder)
    kind = EXAMPLES
    write_manifest(folder, Manifest(kind.name, kind.schema_version, "bench", "0", digest))


def varied(text: str, generator: random.Random) -> str:
    """Returns a text with some of its words left out."""
    return " ".join(word for word in text.split() if generator.random() < KEPT_WORDS)


def measure(folder: Path) -> tuple[float, float]:
    """Runs the stage; returns its seconds and its peak memory in MB.

    Raises:
        RuntimeError: It failed.
    """
    names = ("transform-graph", "train-features", "validation-features")
    flags = [part for name in names for part in (f"--out-{name}", str(folder / name))]
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(TRANSFORM), "--examples", str(folder / "examples"), *flags], stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)  # the usage of this child alone
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(f"the stage ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
