"""Scores a source part by part: reading, scoring and keeping overlap."""

import hashlib
import json
import logging
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_batch_predict.finished import Finished, table
from sentiment_batch_predict.progress import Progress
from sentiment_batch_predict.rows import PART_ROWS, Columns, Part
from sentiment_batch_predict.scoring import Pending, Scorer
from sentiment_common import code

CHANGED = (
    "the source, the model or the code has changed since it was begun: scoring again from row %s on"
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """What is done with the rows of a source.

    Attributes:
        model: Folder of the bundle.
        model_digest: Digest of its payload.
        columns: What is read of each row.
        labels: Labels in the order of the bundle's probabilities.
        batch_size: Texts scored together.
    """

    model: Path
    model_digest: str
    columns: Columns
    labels: Sequence[str]
    batch_size: int

    @property
    def digest(self) -> str:
        """A digest of all but the rows that their scores depend on, to the last bit."""
        facts = [self.model_digest, code.stage_digest("sentiment-batch-predict"), self.batch_size]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def score(
    parts: Iterable[Part], work: Work, workers: int, finished: Finished, progress: Progress
) -> list[Path]:
    """Scores parts and keeps each as it is done.

    Args:
        parts: The rows, in order.
        work: What is done with them.
        workers: Number of processes.
        finished: Where parts are kept; what is there already is not scored again.
        progress: Is told how far it is.

    Returns:
        The parts' files, in order.

    Raises:
        InputError: The source cannot be read, the bundle not be opened, or a process was killed.
    """
    paths: list[Path] = []
    rows, changed = 0, False
    waiting: deque[tuple[Part, Path, Pending]] = deque()

    def keep() -> None:
        part, path, pending = waiting.popleft()
        finished.save(path, table(part, work.columns, work.labels, pending.result()))
        progress.add(sum(reason is not None for reason in part.reasons))

    with Scorer(work.model, workers, work.batch_size) as scorer:
        ahead = 1 + math.ceil(2 * scorer.workers * work.batch_size / PART_ROWS)
        for part in parts:
            path = finished.path(part)
            paths.append(path)
            rows += len(part)
            if finished.holds(path, len(part)):
                progress.found(len(part))
                continue
            if not changed and finished.stale(path):
                changed = True
                logger.warning(CHANGED, f"{rows - len(part) + 1:,}")
            waiting.append((part, path, scorer.submit(scorable(part), progress.add)))
            if len(waiting) > ahead:
                keep()
        while waiting:
            keep()
    return paths


def scorable(part: Part) -> list[str]:
    """Returns the texts of the rows that are not refused."""
    return [text for text, reason in zip(part.texts, part.reasons, strict=True) if reason is None]
