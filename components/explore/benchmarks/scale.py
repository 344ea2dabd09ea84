"""How long does an exploration take, and how much memory, for 10,000 to a million rows?

Every size is a process of its own, written from phrases beforehand. Words are compared and labels
doubted in a sample, so that this part stops growing; everything else is counted in all rows.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))
import planted

COMMAND = Path(sys.executable).with_name("sentiment-explore")
SIZES, FULL = (10_000, 100_000), 1_000_000


def measure(rows: int, folder: Path) -> tuple[float, float, float, int]:
    """Returns seconds, those of CPU, peak memory of all sizes so far in MB, bytes of the page."""
    examples = planted.write(folder / "examples", planted.sound(rows))
    out = folder / "exploration", folder / "report.html"
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [COMMAND, "--examples", examples, "--out-exploration", out[0], "--out-report", out[1]],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, after.ru_maxrss / 1e3, out[1].stat().st_size


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million rows as well")
    sizes = (*SIZES, FULL) if parser.parse_args().full else SIZES
    print("| rows | seconds | of CPU | peak memory, MB | page, kB |\n" + "| --- " * 5 + "|")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            seconds, cpu, peak, page = measure(rows, Path(folder))
        print(
            f"| {rows:,} | {seconds:.1f} | {cpu:.1f} | {peak:,.0f} | {page / 1e3:.0f} |", flush=True
        )


if __name__ == "__main__":
    main()
