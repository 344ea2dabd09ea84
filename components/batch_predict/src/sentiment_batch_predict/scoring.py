"""Scores texts in processes of their own, each with the bundle in memory once.

Equal texts of a part are scored once, and texts are sorted by length: a backend that pads wastes
nothing, one that batches texts of equal length finds many of them. What is scored together depends
on the part and the batch's size alone, never on the number of processes, so neither do the bytes.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from sentiment_common import cores
from sentiment_common.errors import InputError

if TYPE_CHECKING:
    from sentiment_models import Predictor

ONE_THREAD = (
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"
)  # fmt: skip
"""What TensorFlow, the encoder and its tokenizer are told: a process is to keep one core busy."""


FEW_ROWS = 10_000
"""TensorFlow takes nine seconds of CPU to start, and scores more rows than these in that time."""


@dataclass(frozen=True)
class Batches:
    """Texts in the order in which they are best scored.

    Attributes:
        batches: The distinct texts by length, in equal numbers.
        positions: For each text given, where it stands among the distinct ones.
    """

    batches: Sequence[Sequence[str]]
    positions: NDArray[np.int64]

    def gathered(self, scored: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Returns the probabilities of the texts given, shape (texts, labels)."""
        return np.concatenate(scored)[self.positions] if scored else np.empty((0, 3))


def batches(texts: Sequence[str], size: int) -> Batches:
    """Puts texts into batches of a size, the last one smaller."""
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    place = {text: at for at, text in enumerate(distinct)}
    positions = np.fromiter((place[text] for text in texts), np.int64, len(texts))
    slices = [distinct[at : at + size] for at in range(0, len(distinct), size)]
    return Batches(slices, positions)


def processes(model: Path, rows: int) -> int:
    """Returns how many processes score best: one a core, but only one that starts for few rows.

    Args:
        model: Folder of the bundle.
        rows: About how many rows there are; 0 if nobody knows.
    """
    slow_start = any(model.rglob("saved_model.pb"))
    return 1 if slow_start and 0 < rows < FEW_ROWS else cores.available()


@dataclass(frozen=True)
class Pending:
    """Texts that are being scored."""

    batches: Batches
    futures: Sequence["Future[NDArray[np.float64]]"]

    def result(self) -> NDArray[np.float64]:
        """Waits for the probabilities, shape (texts, labels).

        Raises:
            InputError: The bundle cannot be opened, or a process was killed.
        """
        try:
            return self.batches.gathered([future.result() for future in self.futures])
        except BrokenProcessPool as error:
            raise InputError(
                "a process that scores was killed, most likely for want of memory",
                where="--workers",
                mend="give fewer, or a smaller --batch-size",
            ) from error


class Scorer:
    """Processes that score; a context manager.

    Args:
        model: Folder of the bundle.
        workers: Number of processes, each of which keeps one core busy.
        batch_size: Texts scored together.
    """

    def __init__(self, model: Path, workers: int, batch_size: int) -> None:
        self.workers, self.batch_size = workers, batch_size
        self._model = str(model)
        # Backends start threads of their own, which a fork would not take along.
        context = multiprocessing.get_context("spawn")
        self._processes = ProcessPoolExecutor(self.workers, context, _start)

    def submit(self, texts: Sequence[str], done: Callable[[int], None]) -> Pending:
        """Begins to score texts.

        Args:
            texts: The texts, in any order.
            done: Is told, in another thread, how many more of them are scored.
        """
        prepared = batches(texts, self.batch_size)
        futures = []
        for batch in prepared.batches:
            future = self._processes.submit(_score, self._model, batch)
            future.add_done_callback(partial(_tell, done, len(batch)))
            futures.append(future)
        done(len(texts) - sum(map(len, prepared.batches)))
        return Pending(prepared, futures)

    def __enter__(self) -> Self:
        """Starts nothing yet: processes begin with the first texts."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Ends the processes, what they are at included."""
        self._processes.shutdown(cancel_futures=True)


def _tell(done: Callable[[int], None], rows: int, _: object) -> None:
    done(rows)


def _start() -> None:
    # Ctrl-C reaches the whole group; who started us ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends this process when the one that started it is gone, were it by SIGKILL."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@lru_cache(maxsize=1)
def _opened(model: str) -> "Predictor":
    from sentiment_models import load

    return load(model)


def _score(model: str, texts: Sequence[str]) -> NDArray[np.float64]:
    return _opened(model).predict_proba(texts)
