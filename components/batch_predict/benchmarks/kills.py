"""A run that is killed again and again at random moments, and what comes out in the end."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made import feedback

from sentiment_common.artifacts import SCORED, read_intact
from sentiment_common.cli import CHECKPOINTS


def main() -> None:
    """Prints a table, a row for each kill."""
    parser = argparse.ArgumentParser(description=__doc__)
    feedback.add_run(parser)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    model = feedback.bundles(options.run)["train-baseline"]
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "feedback.csv", Path(folder) / "scored"
        feedback.write_csv(source, feedback.rows(options.run, options.rows))
        whole_run = feedback.predict(source, model, out)
        whole = read_intact(out, SCORED).digest
        parts = Path(folder) / "checkpoints"
        os.environ[CHECKPOINTS] = str(parts)
        print("| SIGKILL after, s | parts that are done |\n|---|---|")
        for _ in range(options.kills):
            seconds = draw.uniform(0.3, 0.6) * whole_run.seconds
            kill_after(seconds, source, model, Path(folder) / "killed")
            print(f"| {seconds:.1f} | {len(list(parts.glob('*.parquet')))} |", flush=True)
        last = feedback.predict(source, model, Path(folder) / "killed")
        same = read_intact(Path(folder) / "killed", SCORED).digest == whole
        print(f"\n{options.rows:,} rows: {whole_run.seconds:.1f} s without a kill, "
              f"{last.seconds:.1f} s for the last run; same digest: {same}")  # fmt: skip


def kill_after(seconds: float, source: Path, model: Path, out: Path) -> None:
    """Runs the stage for some seconds and kills it, if it has not ended by then."""
    words = [feedback.COMMAND, "--model", model, "--source", source, "--out-scored", out]
    words += ["--id-column", "ticket", "--keep-columns", "text,stars"]
    with subprocess.Popen([str(word) for word in words], stderr=subprocess.DEVNULL) as process:
        time.sleep(seconds)
        process.kill()


if __name__ == "__main__":
    main()
