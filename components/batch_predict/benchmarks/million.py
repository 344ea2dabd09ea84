"""Time and memory of the whole stage by number of rows, from CSV and Parquet to Parquet."""

import argparse
import math
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made import feedback


def main() -> None:
    """Prints a table, a row for each number of rows and format."""
    parser = argparse.ArgumentParser(description=__doc__)
    feedback.add_run(parser)
    parser.add_argument("--model", default="train-baseline", help="the task whose bundle scores")
    parser.add_argument("--full", action="store_true", help="a million rows as well")
    options = parser.parse_args()
    model = feedback.bundles(options.run)[options.model]
    sizes = [10_000, 100_000, *([1_000_000] if options.full else [])]
    print("| rows | from | seconds | rows/s | CPU seconds | exponent | highest memory, MB |")
    print("|---|---|---|---|---|---|---|")
    before: dict[str, float] = {}
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "feedback.csv"
            feedback.write_csv(source, feedback.rows(options.run, count))
            for path in (source, feedback.as_parquet(source)):
                told = feedback.predict(path, model, Path(folder) / "scored")
                form, cpu = path.suffix[1:], told.cpu_seconds
                # Of CPU seconds from ten times fewer rows: 1 is linear.
                exponent = f"{math.log10(cpu / before[form]):.2f}" if form in before else ""
                before[form] = cpu
                print(f"| {count:,} | {form} | {told.seconds:.1f} | {count / told.seconds:,.0f} | "
                      f"{cpu:.1f} | {exponent} | {told.memory_mb:,.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
