"""Measures how time and memory grow with the rows: 10,000 and 100,000, with ``--full`` a million.

The texts are words drawn as often as English words are (Zipf and Mandelbrot's law), each row's its
own; every size is judged in a process of its own. Beside the memory stands what the stage expects
to need before it reads the rows; the last line has texts ten times as long.
"""

import argparse
import json
import logging
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LABELS = ("negative", "neutral", "positive")
SPLITS = {"train": 0.7, "validation": 0.1, "test": 0.2}
VOCABULARY = 50_000
WORDS, TIMES_LONGER = (3, 40), 10


def examples(rows: int, longer: int) -> dict[str, pd.DataFrame]:
    """Returns splits of generated feedback: 3 to 40 words a text, or so many times more."""
    random = np.random.default_rng(13)
    words = np.array([f"w{number}" for number in range(VOCABULARY + 1)], dtype=object)
    shares = 1 / (np.arange(VOCABULARY) + 3.7)
    rising = np.cumsum(shares / shares.sum())
    texts = []
    for _ in range(rows):
        numbers = np.searchsorted(rising, random.random(longer * random.integers(*WORDS)))
        texts.append(" ".join(words[numbers]))
    labels = random.integers(0, 3, rows)
    frame = pd.DataFrame(
        {
            "id": [f"row-{at}" for at in range(rows)],
            "text": texts,
            "label": [LABELS[at] for at in labels],
            "rating": labels * 2.0 - 2.0,
            "source": np.where(random.random(rows) < 0.5, "amazon", "tweets"),
            "group": [f"group-{at}" for at in range(rows)],
            "created_at": None,
        }
    )
    frame["source"] = frame["source"].astype(object)
    parts, start = {}, 0
    for split, share in SPLITS.items():
        stop = start + round(rows * share)
        parts[split] = frame.iloc[start:stop].reset_index(drop=True)
        start = stop
    return parts


def write(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    """Writes splits as they lie in an examples artifact."""
    for split, frame in frames.items():
        (folder / split).mkdir()
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, folder / split / "examples.parquet")


def measure(folder: Path) -> dict[str, float]:
    """Judges examples and returns seconds and megabytes."""
    logging.disable(logging.WARNING)
    from sentiment_validate.examples import extent, read_splits
    from sentiment_validate.loading import without_import_chatter

    with without_import_chatter():
        from sentiment_validate import judgement, rules, schema, similarity

    start = time.perf_counter()
    frames = read_splits(folder)
    judged_by, policy = schema.choose("feedback", {}), rules.choose("feedback", "feedback")
    judgement.judge(frames, judged_by, policy)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    similarity.twins({split: list(frame["text"]) for split, frame in frames.items()}, 0.8)
    return {
        "seconds": seconds,
        "similarity": time.perf_counter() - start,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "expected": extent(folder).memory / 2**20,
    }


def measured(rows: int, longer: int) -> dict[str, float]:
    """Measures in a process of its own, so that the making of the rows costs it no memory."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), examples(rows, longer))
        command = [sys.executable, __file__, "--measure", folder]
        return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def main() -> None:
    """Prints a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million rows as well")
    parser.add_argument("--measure", type=Path, help="measure these examples and print JSON")
    arguments, _ = parser.parse_known_args()  # Benchmarks of a room are given the same flags.
    if arguments.measure:
        sys.stdout.write(json.dumps(measure(arguments.measure)))
        return
    sys.stdout.write(
        "| rows | words a text | judged in s | times as long | near-duplicates alone, s | peak, MB "
        "| expected, MB |\n|---|---|---|---|---|---|---|\n"
    )
    last = 0.0
    sizes = [(10_000, 1), (100_000, 1), *([(1_000_000, 1)] if arguments.full else [])]
    for rows, longer in (*sizes, (100_000, TIMES_LONGER)):
        found = measured(rows, longer)
        times = f"{found['seconds'] / last:.1f}" if last and longer == 1 else ""
        last = found["seconds"]
        low, high = (longer * words for words in WORDS)
        sys.stdout.write(
            f"| {rows:,} | {low} to {high} | {last:.1f} | {times} | {found['similarity']:.1f} | "
            f"{found['peak']:,.0f} | {found['expected']:,.0f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
