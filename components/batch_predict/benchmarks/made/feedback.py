"""What the benchmarks share: a run's bundles, rows like its data, and a measured command."""

import argparse
import csv
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[4]
COMMAND = Path(sys.executable).with_name("sentiment-batch-predict")
SHORT = ("Great!", "ok", "👍", "Love it 😍", "meh 😐", "Never again 😡", "Good product.", "👍👍👍")
HEADER = ("ticket", "text", "stars")


def add_run(parser: argparse.ArgumentParser) -> None:
    """Adds the option that names a run's tasks."""
    var = Path(os.environ.get("SENTIMENT_VAR") or ROOT / "var")
    parser.add_argument(
        "--run", type=Path, default=var / "runs" / "latest",
        help="a run of the training pipeline: `make pipeline-run` makes one",
    )  # fmt: skip


def bundles(run: Path) -> dict[str, Path]:
    """Returns the run's bundles by task."""
    found = sorted([*run.glob("tasks/*/train-*/model"), *run.glob("tasks/*/train-*/ensemble")])
    if not found:
        sys.exit(f"{run}: no trained model; run `make pipeline-run` first, or name a run by --run")
    return {path.parent.name: path for path in found}


def rows(run: Path, count: int, seed: int = 13) -> Iterator[tuple[int, str, int]]:
    """Yields made-up feedback: sentences of the run's examples, a tenth short and said often."""
    draw = random.Random(seed)
    paths = sorted(run.glob("tasks/*/ingest/examples/*/examples.parquet"))
    sentences = [text for path in paths for text in pq.read_table(path)["text"].to_pylist()]
    for number in range(count):
        sentence = " ".join(draw.sample(sentences, draw.choice((1, 1, 2))))
        text = draw.choice(SHORT) if number % 10 == 9 else sentence
        yield number, text, draw.choice((1, 1, 3, 5, 5))


def write_csv(path: Path, made: Iterator[tuple[int, str, int]]) -> None:
    """Writes rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(made)


def as_parquet(source: Path) -> Path:
    """Writes a CSV file's rows as Parquet, and returns its path."""
    target = source.with_suffix(".parquet")
    with source.open(encoding="utf-8", newline="") as stream:
        listed = list(csv.reader(stream))[1:]
    pq.write_table(pa.table(dict(zip(HEADER, zip(*listed, strict=True), strict=True))), target)
    return target


@dataclass(frozen=True)
class Measured:
    """A finished command.

    Attributes:
        seconds: From its start to its end.
        cpu_seconds: Of all its processes.
        memory_mb: Highest sum of the memory of its processes, shared pages counted once.
    """

    seconds: float
    cpu_seconds: float
    memory_mb: float


def predict(source: Path, model: Path, out: Path, *options: str) -> Measured:
    """Scores a source and measures it.

    Raises:
        RuntimeError: It failed.
    """
    words = [COMMAND, "--model", model, "--source", source, "--out-scored", out, *options]
    words += ["--id-column", "ticket", "--keep-columns", "text,stars"]
    begin, before = time.monotonic(), _children_seconds()
    process = subprocess.Popen(
        [str(word) for word in words], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    peaks: list[float] = [0.0]
    watch = threading.Thread(target=_watch, args=(process, peaks))
    watch.start()
    log = process.communicate()[1]
    watch.join()
    if process.returncode:
        raise RuntimeError(log)
    return Measured(time.monotonic() - begin, _children_seconds() - before, max(peaks))


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _watch(process: "subprocess.Popen[str]", peaks: list[float]) -> None:
    while process.poll() is None:
        peaks.append(sum(_memory(member) for member in _session(process.pid)) / 1024)
        time.sleep(0.2)


def _session(leader: int) -> Sequence[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == leader:
                found.append(int(folder.name))
        except ProcessLookupError:
            continue
    return found


def _memory(process: int) -> float:
    """Returns kilobytes of a process, its share of what it shares."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().split("\n")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))
