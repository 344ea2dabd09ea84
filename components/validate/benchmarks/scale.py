"""Measures how time and memory grow with the rows: 10,000 and 100,000, with ``--full`` a million.

The texts are words drawn as often as English words are (Zipf and Mandelbrot's law), each row's its
own; every size is judged in a process of its own.
"""

import argparse
import json
import logging
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

LABELS = ("negative", "neutral", "positive")
SPLITS = {"train": 0.7, "validation": 0.1, "test": 0.2}
VOCABULARY = 50_000


def examples(rows: int) -> dict[str, pd.DataFrame]:
    """Returns splits of generated feedback: 3 to 40 words a text."""
    random = np.random.default_rng(13)
    words = np.array([f"w{number}" for number in range(VOCABULARY + 1)], dtype=object)
    shares = 1 / (np.arange(VOCABULARY) + 3.7)
    rising = np.cumsum(shares / shares.sum())
    texts = []
    for _ in range(rows):
        numbers = np.searchsorted(rising, random.random(random.integers(3, 40)))
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


def measure(rows: int) -> dict[str, float]:
    """Judges generated feedback and returns seconds and megabytes."""
    logging.disable(logging.WARNING)
    from sentiment_validate.loading import without_import_chatter

    with without_import_chatter():
        from sentiment_validate import judgement, rules, schema, similarity

    frames = examples(rows)
    start = time.perf_counter()
    judged = judgement.judge(
        frames, schema.choose("feedback", {}), rules.choose("feedback", "feedback")
    )
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    similarity.twins({split: list(frame["text"]) for split, frame in frames.items()}, 0.8)
    return {
        "seconds": seconds,
        "similarity": time.perf_counter() - start,
        "peak": _peak(),
        "anomalies": len(judged.anomalies),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Prints a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million rows as well")
    parser.add_argument("--rows", type=int, help="measure this size and print JSON")
    arguments, _ = parser.parse_known_args()  # Benchmarks of a room are given the same flags.
    if arguments.rows:
        sys.stdout.write(json.dumps(measure(arguments.rows)))
        return
    sys.stdout.write(
        "| rows | judged in s | times as long | near-duplicates alone, s | peak, MB |\n"
        "|---|---|---|---|---|\n"
    )
    last = 0.0
    for rows in (10_000, 100_000, *([1_000_000] if arguments.full else [])):
        command = [sys.executable, __file__, "--rows", str(rows)]
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        times = f"{found['seconds'] / last:.1f}" if last else ""
        last = found["seconds"]
        sys.stdout.write(
            f"| {rows:,} | {last:.1f} | {times} | {found['similarity']:.1f} | "
            f"{found['peak']:,.0f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
