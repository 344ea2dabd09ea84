"""How long does the analysis of a long log take, and how much memory?

The log is written as the service writes it: a million answers, one in ten with feedback, callers
who come back, one file in four still open. The analysis runs through the stage's own command line.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from sentiment_common.request_log import SCHEMA_VERSION
from sentiment_common.request_log.entry import to_line

COMMAND = Path(sys.executable).with_name("sentiment-compare")
LABELS = ("negative", "neutral", "positive")
START, DAYS, PARTS = datetime(2026, 11, 2, tzinfo=UTC), 28, 4
FILE = """
name = "encoder-1"
start = 2026-11-02T00:00:00Z
variants = [
  {name = "control", model = "a", weight = 0.5},
  {name = "challenger", model = "b", weight = 0.5},
]
"""


def write(folder: Path, entries: int, seed: int = 13) -> None:
    """Writes a log, line by line: a child's peak memory is never below its parent's."""
    generator = np.random.default_rng(seed)
    with (folder / "feedback-20261102.jsonl").open("wb") as feedback:
        for number, rows in enumerate(np.array_split(np.arange(entries), PARTS)):
            path = folder / f"requests-20261102T000000.000000Z-7-{number:06d}.jsonl"
            closed = number < PARTS - 1
            with gzip.open(f"{path}.gz", "wb", 1) if closed else path.open("wb") as stream:
                stream.write(to_line({"mark": "open", "schema": SCHEMA_VERSION, "written": 0}))
                for row in rows.tolist():
                    moment = START + timedelta(days=DAYS * row / entries)
                    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                    caller, label, truth = generator.integers(0, (max(2, entries // 20), 3, 3))
                    stream.write(to_line(_answer(row, stamp, int(caller), LABELS[label])))
                    if generator.random() < 0.1:
                        said = LABELS[label if generator.random() < 0.75 else truth]
                        feedback.write(to_line({
                            "time": stamp, "request_id": f"{row:032x}", "position": 0,
                            "label": said, "by": "",
                        }))  # fmt: skip
    (folder / "experiment.toml").write_text(FILE)


def _answer(row: int, stamp: str, caller: int, label: str) -> dict:
    # The last bit of a product with a large odd number would be that of the caller itself.
    side = ("control", "challenger")[caller * 2_654_435_761 % 1_009 % 2]
    return {
        "seq": row, "time": stamp, "request_id": f"{row:032x}", "position": 0,
        "model": side, "digest": f"sha256:{side}", "variant": side,
        "text": "The parcel came late and the box was open, but support was kind.",
        "text_kept": "redacted", "label": label,
        "probabilities": {it: 0.8 if it == label else 0.1 for it in LABELS},
        "latency_ms": 3.2, "caller": f"{caller:016x}", "experiment": "encoder-1", "shadow": False,
    }  # fmt: skip


def analyse(folder: Path) -> tuple[float, float, float, dict]:
    """Returns seconds, seconds of CPU and megabytes of the analysis, and what it found."""
    before, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [
            COMMAND, "--log", folder, "--experiment", folder / "experiment.toml",
            "--out-comparison", folder / "comparison", "--out-report", folder / "report.html",
        ],
        check=True,
    )  # fmt: skip
    seconds, children = time.perf_counter() - before, resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads((folder / "comparison" / "comparison.json").read_text())
    return seconds, children.ru_utime - used, children.ru_maxrss / 1024, found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[100_000, 1_000_000])
    print("| entries | with feedback | callers | seconds | of CPU | peak MB |")
    print("|---|---|---|---|---|---|")
    for entries in parser.parse_args().entries:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), entries)
            seconds, used, peak, found = analyse(Path(folder))
        joined, callers = (
            found["feedback"]["joined"],
            sum(found["sample_ratio"]["callers"].values()),
        )
        print(
            f"| {entries:,} | {joined:,} | {callers:,} | {seconds:.1f} | {used:.1f} | {peak:.0f} |"
        )


if __name__ == "__main__":
    main()
