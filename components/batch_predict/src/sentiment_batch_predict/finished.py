"""Finished parts on disk, one Parquet file each, whole or not at all: a killed run goes on.

A part's file is named by its place and by a digest of its rows, the model and the code. Whoever
finds it knows that it holds what scoring these rows again would give, wherever they come from: no
row is scored twice or lost, and a source that was changed in between is noticed row by row.
"""

import logging
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_batch_predict.rows import Columns, Part, spelled
from sentiment_common.cli import CHECKPOINTS
from sentiment_common.errors import InputError

logger = logging.getLogger(__name__)


def table(
    part: Part, columns: Columns, labels: Sequence[str], scored: NDArray[np.float64]
) -> pa.Table:
    """Returns a part with its scores; a refused row has none.

    Args:
        part: The rows.
        columns: What was read of them.
        labels: Labels in the order of the probabilities.
        scored: Probabilities of the rows that are not refused, shape (rows, labels).
    """
    refused = np.array([reason is not None for reason in part.reasons], bool)
    probabilities = np.full((len(part), len(labels)), np.nan)
    probabilities[~refused] = scored
    names = np.array(labels, object)
    best = np.full(len(part), None, object)
    best[~refused] = names[scored.argmax(axis=1)]
    texts = {"id": part.ids, "file": part.files, "reason": part.reasons, "detail": part.details}
    found = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    found["line"] = pa.array(part.lines, pa.int64())
    for name, values in zip(columns.outputs, part.kept, strict=True):
        found[f"kept {name}"] = _column(values)
    found["label"] = pa.array(best, pa.string())
    for at, label in enumerate(labels):
        found[label] = pa.array(probabilities[:, at], mask=refused)
    return pa.table(found)


def _column(values: Sequence[Any]) -> pa.Array:
    """Returns values in their own type, or as text where they are of several kinds."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2 or kinds == {int, float}:
        try:
            return pa.array(values)
        except (pa.ArrowInvalid, OverflowError):
            pass  # whole numbers that no column of numbers holds are told exactly, as text
    texts = [None if value is None else spelled(value) for value in values]
    return pa.array(texts, pa.string())


class Finished:
    """The parts that are done.

    Args:
        folder: Where they are kept.
        work: Digest of what is done with the rows.

    Raises:
        InputError: The folder cannot be made.
    """

    def __init__(self, folder: Path, work: str) -> None:
        self.folder, self._work = folder, work
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"no folder for finished parts can be made ({error.strerror})",
                where=str(folder),
                mend=f"let {CHECKPOINTS} name one, or nothing",
            ) from error

    def path(self, part: Part) -> Path:
        """Returns the file of a part, whether it is done or not."""
        return self.folder / f"part-{part.name}-{part.digest(self._work)[:32]}.parquet"

    def holds(self, path: Path, rows: int) -> bool:
        """Tells whether a part with so many rows is done; a damaged file is not."""
        if not path.is_file():
            return False
        try:
            return pq.read_table(path, page_checksum_verification=True).num_rows == rows
        except (pa.ArrowException, OSError) as error:
            logger.warning("scoring again, as %s is damaged (%s)", path, error)
            return False

    def save(self, path: Path, scored: pa.Table) -> None:
        """Keeps a part, whole or not at all, in the place of what stood there."""
        # A name of its own: Beam may give one part to two workers, and people start a run twice.
        partial = path.with_suffix(f".{uuid.uuid4().hex}.partial")
        pq.write_table(scored, partial, use_dictionary=False, write_page_checksum=True)
        partial.replace(path)
        for other in self.stale(path):
            other.unlink(missing_ok=True)

    def stale(self, path: Path) -> list[Path]:
        """Returns the files of other rows, or other work, in a part's place."""
        place = path.name.rpartition("-")[0]
        return [other for other in self.folder.glob(f"{place}-*.parquet") if other != path]
