"""How long a trace takes: in a log of a million texts, and over a million training rows."""

import argparse
import gzip
import itertools
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sentiment_common.request_log import Entry, read_log
from sentiment_common.request_log.entry import entry_line
from sentiment_pipelines import environments
from sentiment_pipelines.tracing import answers, examples, traffic
from sentiment_pipelines.tracing.answers import Name
from sentiment_pipelines.tracing.scanning import Account

PART, DIGESTS = 150_000, 3
"""Texts of a file, which is 64 MiB; models that have answered."""
LETTERS = "eaionrtslcud"
WORDS = list(map("".join, itertools.islice(itertools.product(LETTERS, repeat=5), 20_000)))
MAKE = """
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
folder, rows = sys.argv[1], json.load(sys.stdin)
pq.write_table(pa.Table.from_pylist(rows), f"{folder}/train/examples.parquet")
"""


def text(chance: random.Random) -> str:
    """Returns some twenty words, common ones more often, as people use them."""
    places = (int(len(WORDS) * chance.random() ** 4) for _ in range(chance.randint(5, 35)))
    return " ".join(WORDS[place] for place in places)


def entries(count: int) -> Iterator[Entry]:
    """Yields the entries of one process."""
    chance = random.Random(7)
    shares = {"negative": 0.2, "neutral": 0.1, "positive": 0.7}
    for seq in range(count):
        yield Entry(
            seq, f"2026-11-{1 + seq * 27 // count:02}T12:00:00.000Z", f"{seq:016x}", 0, "sentiment",
            f"sha256:{seq % DIGESTS:064x}", "", text(chance), "redacted", "positive", shares, 1.2,
            f"{seq % 9973:016x}",
        )  # fmt: skip


def write_log(folder: Path, count: int) -> None:
    """Writes a log as the service leaves it: all files but the last are compressed."""
    every = entries(count)
    for part, begin in enumerate(range(0, count, PART)):
        size = min(PART, count - begin)
        lines = b"".join(entry_line(next(every)) for _ in range(size))
        path = folder / f"requests-20261101T000000.000000Z-7-{part:06}.jsonl"
        if begin + size < count:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(lines, 6, mtime=0))
        else:
            path.write_bytes(lines)


def write_rows(folder: Path, count: int) -> None:
    """Writes a train split, in the environment that reads it."""
    chance = random.Random(8)
    rows = [
        {"id": f"row-{number}", "text": text(chance), "label": "neutral", "source": "made",
         "group": str(number)}
        for number in range(count)
    ]  # fmt: skip
    (folder / "train").mkdir()
    room = environments.rooms()["ingest"]
    environments.sync(room)
    subprocess.run([room.python, "-c", MAKE, folder], input=json.dumps(rows), text=True, check=True)


def timed(name: str, size: str, work: Callable[[], Any]) -> None:
    """Prints a row of the table."""
    begin = time.monotonic()
    work()
    seconds = time.monotonic() - begin
    print(f"| {name} | {size} | {seconds:.2f} |", flush=True)


def main() -> None:
    """Prints a table, a row for each thing that is looked up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1_000_000, help="of the log")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        log.mkdir()
        write_log(log, options.texts)
        print("| looked up | in | seconds |")
        print("| --- | --- | --- |")
        size = f"{options.texts:,} texts, {sum(it.stat().st_size for it in log.iterdir()) >> 20} MB"
        wanted = Name(f"{options.texts // 2:016x}", 0)
        timed("a request's id", size, lambda: answers.find(log, wanted, Account()))
        digests = [f"sha256:{number:064x}" for number in range(DIGESTS)]
        timed("what one model answered", size, lambda: traffic.count(log, digests[:1], Account()))
        timed("what all models answered", size, lambda: traffic.count(log, digests, Account()))
        timed("the same id by reading every entry", size, lambda: [
            it for it in read_log(log) if it.request_id == wanted.request
        ])  # fmt: skip
        for count in options.rows:
            folder = Path(scratch) / str(count)
            folder.mkdir()
            write_rows(folder, count)
            asked, size = text(random.Random(9)), f"{count:,} rows"
            timed("nearest rows", size, lambda: examples.nearest(folder, asked, redacted=True))  # noqa: B023
            timed("a row's id", size, lambda: examples.locate({"": folder}, "row-7"))  # noqa: B023


if __name__ == "__main__":
    main()
