"""Progress on disk, whole or not at all: arrays in ``epoch-<n>.npz``, named by one JSON file.

The JSON file is replaced last, in one step, so a kill at any moment leaves the epoch before. Its
digests tell what a power cut has torn, and whose work it is.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sentiment_common.artifacts import file_sha256
from sentiment_common.cli import CHECKPOINTS
from sentiment_common.errors import InputError

RECORD = "checkpoint.json"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """Everything that is needed to continue.

    Attributes:
        epoch: Epochs that are done.
        arrays: By name, e.g. weights and the slots of the optimizer.
        facts: The rest, ready for JSON.
    """

    epoch: int
    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]


def make(folder: Path) -> None:
    """Makes the folder that checkpoints go to, if it is not there.

    Raises:
        InputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise InputError(
            f"no folder for checkpoints can be made ({error.strerror})",
            where=str(folder),
            mend=f"let {CHECKPOINTS} name one, or nothing",
        ) from error


def save(folder: Path, work: str, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint in the place of the one before.

    Args:
        folder: Where to.
        work: Digest of the work that it is progress of.
        checkpoint: The progress.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"epoch-{checkpoint.epoch}.npz"
    with _beside(folder / name) as stream:
        np.savez(stream, allow_pickle=False, **checkpoint.arrays)
    record = {
        "work": work,
        "epoch": checkpoint.epoch,
        "arrays": {"name": name, "sha256": file_sha256(folder / name)},
        "facts": checkpoint.facts,
    }
    text = json.dumps({**record, "digest": _digest(record)}, indent=2) + "\n"
    with _beside(folder / RECORD) as stream:
        stream.write(text.encode())
    for stale in {*folder.glob("epoch-*.npz*")} - {folder / name}:
        stale.unlink()


def load(folder: Path, work: str) -> Checkpoint | None:
    """Reads the checkpoint of this work; says in the log why one cannot be used.

    Args:
        folder: Where it may lie.
        work: Digest of the work to continue.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    record = _intact(path)
    if fault := _fault(folder, record, work):
        logger.warning("starting over, as %s is of no use: %s", path, fault)
        return None
    with np.load(folder / record["arrays"]["name"], allow_pickle=False) as stored:
        return Checkpoint(record["epoch"], dict(stored), record["facts"])


@contextmanager
def _beside(path: Path) -> Iterator[IO[bytes]]:
    """Yields a stream to a file that takes the place of ``path`` once it is whole."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _intact(path: Path) -> dict[str, Any]:
    """Reads the JSON file; nothing is in what is returned if it is damaged."""
    try:
        record = json.loads(path.read_bytes())
    except ValueError:
        return {}
    if not isinstance(record, dict) or record.pop("digest", None) != _digest(record):
        return {}
    return record


def _fault(folder: Path, record: Mapping[str, Any], work: str) -> str:
    if not record:
        return "it is damaged"
    if record.get("work") != work:
        return "it is progress of other work"
    arrays = folder / record["arrays"]["name"]
    if not arrays.is_file() or file_sha256(arrays) != record["arrays"]["sha256"]:
        return f"{arrays.name} is missing or damaged"
    return ""


def _digest(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
