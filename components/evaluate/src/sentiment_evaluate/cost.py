"""What a model costs: time for one text, rate in batches, size and memory.

Each model is measured in a process of its own, so that no model's figures depend on which libraries
an earlier one has loaded. This module is that process, too::

    python -m sentiment_evaluate.cost BUNDLE < texts.json
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment_common.artifacts import OUTSIDE_DIGEST
from sentiment_common.errors import InputError

if TYPE_CHECKING:
    from sentiment_models import Predictor

SINGLE_TEXTS, BATCH_TEXTS, WARM_UP = 120, 256, 10
TRIES = 3
"""Of each measurement the quickest try counts: the others were held up by something else."""

SIGNAL_OF_OUT_OF_MEMORY = -9


@dataclass(frozen=True)
class Cost:
    """What a model costs on this machine, as measured.

    Attributes:
        single_ms_p50: Milliseconds of a call with one text, the median of many texts.
        single_ms_p95: Their 95th percentile: long texts take longer.
        texts_per_second: Rate of a call with many texts.
        size_bytes: Bytes of the bundle on disk.
        memory_bytes: Growth of the resident memory by loading the bundle and its libraries and
            predicting.
    """

    single_ms_p50: float
    single_ms_p95: float
    texts_per_second: float
    size_bytes: int
    memory_bytes: int


def measure(folder: Path, texts: Sequence[str]) -> Cost:
    """Measures what a bundle costs.

    Args:
        folder: The bundle.
        texts: Texts like those it will be given; the first few hundred are used, again and again
            if there are fewer.

    Raises:
        InputError: The process was killed, as it is when memory runs out.
    """
    needed = max(SINGLE_TEXTS, BATCH_TEXTS)
    given = (list(texts[:needed]) * (needed // max(len(texts), 1) + 1))[:needed]
    done = subprocess.run(
        [sys.executable, "-m", "sentiment_evaluate.cost", str(folder)],
        input=json.dumps(given), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == SIGNAL_OF_OUT_OF_MEMORY:
        raise InputError(
            "the process that measures its costs was killed",
            where=str(folder),
            mend="give evaluate more memory",
        )
    if done.returncode:
        raise RuntimeError(f"measuring {folder} ended with {done.returncode}:\n{done.stderr}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _measure_here(folder: Path, texts: Sequence[str]) -> Cost:
    before = _resident_bytes()
    from sentiment_models import load

    predictor = load(folder)
    for text in texts[:WARM_UP]:
        predictor.predict_proba([text])
    singles = sorted(_seconds(predictor, [text]) for text in texts[:SINGLE_TEXTS])
    batch = texts[:BATCH_TEXTS]
    seconds = _seconds(predictor, batch)
    return Cost(
        1000 * singles[len(singles) // 2],
        1000 * singles[len(singles) * 95 // 100],
        len(batch) / seconds,
        sum(path.stat().st_size for path in _files(folder)),
        _resident_bytes() - before,
    )


def _files(folder: Path) -> Iterator[Path]:
    """Yields the model's files, without what is written beside them about its training."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in OUTSIDE_DIGEST:
            yield path


def _seconds(predictor: "Predictor", texts: Sequence[str]) -> float:
    tries = []
    for _ in range(TRIES):
        start = time.perf_counter()
        predictor.predict_proba(texts)
        tries.append(time.perf_counter() - start)
    return min(tries)


def _resident_bytes() -> int:
    """Returns the resident memory, or its peak so far where the system has no ``/proc``."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measures the bundle named on the command line with the texts on standard input."""
    cost = _measure_here(Path(sys.argv[1]), json.load(sys.stdin))
    sys.stdout.write(json.dumps(asdict(cost)) + "\n")


if __name__ == "__main__":
    main()
