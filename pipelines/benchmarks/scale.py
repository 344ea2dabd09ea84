"""Time and memory of ingest, validate and transform by number of rows, each as its own command.

Every stage runs in its own environment and reads what the one before wrote. The rows are made up:
words follow one another as in the default corpus, and one in fifty is a name, a number or a slip of
the pen that hardly anybody else has written, for the words of real feedback never end. Every
twentieth text is a near-duplicate of an earlier one, and a customer writes twice on average.
Growth is that of the CPU seconds, which a busy machine stretches least.
"""

import argparse
import csv
import json
import math
import os
import platform
import random
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from sentiment_pipelines.environments import process_environment, rooms, sync

ROWS, ROWS_IN_FULL = (10_000, 100_000), (10_000, 100_000, 1_000_000)
CORPORA = "amazon,tweets,movies,editorials"
RARE, WORDS = 1 / 50, (6, 28)
"""Share of words hardly ever used, and least and most words of a text."""
NEAR_DUPLICATE, ROWS_OF_A_CUSTOMER = 20, 2
FIRST_DAY, DAYS = date(2024, 1, 1), 730
TEXTS = """
import json, sys
import pyarrow.parquet as pq
json.dump(pq.read_table(sys.argv[1], columns=["text"])["text"].to_pylist(), sys.stdout)
"""
STAGES = {
    "ingest": (
        "--source", "{folder}/feedback.csv", "--rating-column", "stars",
        "--created-at-column", "created", "--group-column", "customer",
        "--out-examples", "{folder}/examples",
    ),
    "validate": (
        "--examples", "{folder}/examples", "--out-statistics", "{folder}/statistics",
        "--out-used-schema", "{folder}/schema", "--out-anomalies", "{folder}/anomalies",
        "--out-report", "{folder}/report.html",
    ),
    "transform": (
        "--examples", "{folder}/examples", "--out-transform-graph", "{folder}/graph",
        "--out-train-features", "{folder}/train",
        "--out-validation-features", "{folder}/validation",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One run of a stage.

    Attributes:
        seconds: By the clock.
        cpu: Seconds of all its processes.
        memory: Highest memory of its largest process, in MB.
        failure: The last line it said, if it failed.
    """

    seconds: float
    cpu: float
    memory: float
    failure: str = ""


def sentences() -> list[str]:
    """Returns texts of the default corpus."""
    ingest = rooms()["ingest"]
    with tempfile.TemporaryDirectory() as folder:
        command = ["sentiment-ingest", "--corpora", CORPORA, "--out-examples", folder + "/known"]
        settings = process_environment(ingest)
        subprocess.run(command, env=settings, capture_output=True, check=True)
        train = f"{folder}/known/train/examples.parquet"
        read = [str(ingest.python), "-c", TEXTS, train]
        listed = subprocess.run(read, capture_output=True, check=True).stdout
    return [str(text) for text in json.loads(listed)]


def chained(known: Sequence[str], draw: random.Random) -> Iterator[str]:
    """Yields texts whose words follow one another as in some sentences."""
    following: dict[str, list[str]] = defaultdict(list)
    for sentence in known:
        for one, other in pairwise(sentence.split()):
            following[one].append(other)
    starts = [sentence.split()[0] for sentence in known if sentence.split()]
    while True:
        word, words = draw.choice(starts), []
        for _ in range(draw.randint(*WORDS)):
            words.append(f"w{int(draw.paretovariate(0.6))}" if draw.random() < RARE else word)
            word = draw.choice(following.get(word, starts))
        yield " ".join(words)


def write_rows(path: Path, known: Sequence[str], count: int, seed: int = 13) -> None:
    """Writes a CSV of made-up feedback: text, stars, day and customer."""
    draw = random.Random(seed)
    texts, last = chained(known, draw), "nothing yet"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("text", "stars", "created", "customer"))
        for number in range(count):
            if number % NEAR_DUPLICATE:
                last = text = next(texts)
            else:
                text = f"{last} indeed"
            day = FIRST_DAY + timedelta(days=draw.randrange(DAYS))
            customer = draw.randrange(1 + count // ROWS_OF_A_CUSTOMER)
            writer.writerow((text, draw.choice((1, 1, 3, 5, 5)), day, f"customer-{customer}"))


def measured(stage: str, folder: Path) -> Measured:
    """Runs a stage on what lies in a folder."""
    flags = (flag.format(folder=folder) for flag in STAGES[stage])
    log = folder / f"{stage}.log"
    begin = time.monotonic()
    with log.open("w") as stream:
        process = subprocess.Popen(
            [f"sentiment-{stage}", *flags], stderr=stream, env=process_environment(rooms()[stage])
        )
        # Of this process and those it waited for: their sum of time, the highest of memory.
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text(errors="replace").strip().split("\n")[-1]
    failure = f"exit {process.returncode}: {said}" if process.returncode else ""
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(seconds, cpu, usage.ru_maxrss / 1024, failure)


def measure_all(count: int, known: Sequence[str]) -> Iterator[tuple[str, Measured]]:
    """Makes rows and yields what each stage took; nothing can follow an ingest that fails."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_rows(folder / "feedback.csv", known, count)
        for stage in STAGES:
            found = measured(stage, folder)
            yield stage, found
            if found.failure and stage == "ingest":
                return


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """Returns the power of the rows that the CPU seconds grow with, fitted by least squares."""
    logs = [(math.log(rows), math.log(cpu)) for rows, cpu in points]
    return statistics.linear_regression(*zip(*logs, strict=True)).slope


def machine() -> str:
    """Returns what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    cores = os.cpu_count()
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GiB of memory, "
        f"Python {platform.python_version()}, load {load:.1f} before the first run"
    )


def main() -> None:
    """Prints a line for each stage and number of rows, then how each stage's time grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million rows as well")
    full = parser.parse_known_args()[0].full
    for stage in STAGES:
        sync(rooms()[stage])
    known = sentences()
    print(f"{machine()}\n")
    print("| rows | stage | seconds | CPU seconds | times as many | peak memory, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    points: dict[str, list[tuple[int, float]]] = {stage: [] for stage in STAGES}
    for count in ROWS_IN_FULL if full else ROWS:
        for stage, found in measure_all(count, known):
            if found.failure:
                print(f"| {count:,} | {stage} | failed | {found.failure} | | |", flush=True)
                continue
            times = f"{found.cpu / points[stage][-1][1]:.1f}" if points[stage] else ""
            points[stage].append((count, found.cpu))
            print(
                f"| {count:,} | {stage} | {found.seconds:.1f} | {found.cpu:.1f} | {times} | "
                f"{found.memory:,.0f} |",
                flush=True,
            )
    print("\n| stage | CPU seconds grow with rows to the power of |\n| --- | --- |")
    for stage, measurements in points.items():
        fitted = f"{exponent(measurements):.2f}" if len(measurements) > 1 else "too few runs"
        print(f"| {stage} | {fitted} |")


if __name__ == "__main__":
    main()
