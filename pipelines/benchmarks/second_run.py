"""What a run costs when nothing has changed: first, second, third run and the plan."""

import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from sentiment_pipelines.environments import ROOT

REUSED = re.compile(r"^= ", re.MULTILINE)
RAN = re.compile(r"^✓ ", re.MULTILINE)


def make(var: Path, target: str, settings: list[str]) -> tuple[float, str]:
    """Returns the seconds a make target takes, and what it printed."""
    environment = {**os.environ, "SENTIMENT_VAR": str(var)}
    begin = time.monotonic()
    done = subprocess.run(
        ["make", target, *settings],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return time.monotonic() - begin, done.stdout


def main() -> None:
    """Prints a table, a row for each kind of run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="runs after the second")
    parser.add_argument("settings", nargs="*", help="of make, e.g. DATA=reviews.csv")
    options = parser.parse_args()
    print("Whole command `make pipeline-run`, default data unless told otherwise\n")
    print("| run | tasks run | reused | seconds |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "second, nothing changed"):
            seconds, told = make(Path(folder), "pipeline-run", options.settings)
            counts = f"{len(RAN.findall(told))} | {len(REUSED.findall(told))}"
            print(f"| {name} | {counts} | {seconds:.2f} |", flush=True)
        later = [
            make(Path(folder), "pipeline-run", options.settings) for _ in range(options.repeats)
        ]
        told = later[-1][1]
        counts = f"{len(RAN.findall(told))} | {len(REUSED.findall(told))}"
        print(
            f"| later, nothing changed | {counts} | {_range([s for s, _ in later])} |", flush=True
        )
        plans = [make(Path(folder), "pipeline-plan", options.settings)[0] for _ in range(3)]
        print(f"| `make pipeline-plan` | | | {_range(plans)} |")


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
