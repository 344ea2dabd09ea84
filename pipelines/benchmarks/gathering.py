"""What gathering labelled rows costs: a log of a million answered texts, one in a hundred labelled.

The same labels in a log of a tenth show whether memory follows the log.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_common.request_log.feedback import feedback_fields
from sentiment_pipelines.retraining import rows

LABELS = ("negative", "neutral", "positive")
PROBABILITIES = {"negative": 0.2, "neutral": 0.3, "positive": 0.5}
PROCESSES = 4


def write_log(folder: Path, entries: int, labels: int) -> None:
    """Writes the files of four processes; every so many texts have a label."""
    folder.mkdir()
    every = entries // labels
    for process in range(PROCESSES):
        name = f"20261123T100000.000000Z-{process + 1}-000000.jsonl"
        with (
            (folder / f"requests-{name}").open("wb") as requests,
            (folder / f"feedback-{name}").open("wb") as feedback,
        ):
            for number in range(process, entries, PROCESSES):
                request, moment = f"request-{number:08d}", "2026-11-23T10:00:00.000Z"
                text = (
                    f"The charger number {number} broke after {number % 97} days, I want it back."
                )
                requests.write(entry_line(Entry(
                    number, moment, request, 0, "champion", "sha256:a", "", text, "raw",
                    "negative", PROBABILITIES, 1.5, f"{number % 5_000:016x}",
                )))  # fmt: skip
                if number % every == 0:
                    said = Feedback(moment, request, 0, LABELS[number // every % 3], "customer")
                    feedback.write(to_line(feedback_fields(said)))


def measure(folder: Path) -> None:
    """Gathers twice, and prints seconds, rows and the most memory as JSON; for a new process."""
    begin = time.process_time()
    first = rows.gather(folder, folder / "labels.csv", None, folder / "data")
    seconds = time.process_time() - begin
    begin = time.process_time()
    again = rows.gather(folder, folder / "labels.csv", first.watermark, folder / "data")
    print(json.dumps({
        "rows": first.rows, "seconds": seconds, "again": again.rows,
        "nothing_new": time.process_time() - begin,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000,
    }))  # fmt: skip


def main() -> None:
    """Prints a table, a line for each log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=10_000, help="in each log")
    parser.add_argument("--measure", type=Path, help="measure this log, in this process")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    print("| entries | MB | rows gathered | CPU s | CPU s, nothing new | most memory, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as temporary:
        for entries in (100_000, 1_000_000):
            folder = Path(temporary) / str(entries)
            write_log(folder, entries, options.labels)
            size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
            command = [sys.executable, __file__, "--measure", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            print(
                f"| {entries:,} | {size:,.0f} | {found['rows']:,} | {found['seconds']:.1f} "
                f"| {found['nothing_new']:.2f} | {found['megabytes']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
