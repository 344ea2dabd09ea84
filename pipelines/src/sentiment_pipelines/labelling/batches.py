"""A batch: the texts that people are asked about, and the random sample that lies among them.

It stays on this machine, below ``var/labelling/``, for it holds what labellers are not to see: what
the model answered. What comes back from them is held against it.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import VAR

SCHEMA_VERSION = 1
ID_DIGITS = 12
OWNER_ONLY, OWNER_ONLY_FOLDER = 0o600, 0o700
Part = Literal["tie", "uncertain", "drifted", "random"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A text that people are asked about.

    Attributes:
        request_id: The ``X-Request-Id`` of the request that brought it.
        position: Place of the text in its request.
        text: The text, as the request log has kept it.
        part: Which part of the batch it belongs to.
        reason: Why it was chosen, for people.
        shared: Whether everybody is asked: their agreement is measured on these.
    """

    request_id: str
    position: int
    text: str
    part: Part
    reason: str
    shared: bool

    @property
    def id(self) -> str:
        """``REQUEST_ID:POSITION``."""
        return f"{self.request_id}:{self.position}"


@dataclass(frozen=True, slots=True)
class Draw:
    """An answer of the random sample.

    Attributes:
        text: The text, asked about in this batch or labelled before.
        answer: What the model answered.
        digest: Digest of the model's bundle.
    """

    text: str
    answer: str
    digest: str


@dataclass(frozen=True)
class Batch:
    """What one ``label-sample`` has chosen.

    Attributes:
        made: When, ISO 8601 in UTC.
        since: Begin of the window, ISO 8601.
        until: End of the window, itself outside.
        seed: Of all that is random in it.
        population: Answers of the window that could have been drawn.
        asks: The texts, in the order that people meet them.
        draws: The random sample: each answer of the population was as likely to be in it.
    """

    made: str
    since: str
    until: str
    seed: int
    population: int
    asks: tuple[Ask, ...]
    draws: tuple[Draw, ...]

    @property
    def id(self) -> str:
        """Digest of all but the time it was made: the same choice is the same batch."""
        chosen = {name: it for name, it in asdict(self).items() if name != "made"}
        content = json.dumps(chosen, sort_keys=True).encode()
        return hashlib.sha256(content).hexdigest()[:ID_DIGITS]


def folder() -> Path:
    """Returns where batches are kept."""
    return VAR / "labelling"


def keep(batch: Batch) -> Path:
    """Writes a batch, for its owner alone as the request log is; the same one twice is one.

    Returns:
        Its file.

    Raises:
        InputError: It cannot be written.
    """
    path = folder() / f"{batch.id}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY_FOLDER)
        if not path.exists():
            _write(path, json.dumps({"schema": SCHEMA_VERSION, **asdict(batch)}, indent=1))
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(path)) from error
    return path


def read_all() -> list[Batch]:
    """Reads every batch, the earliest first.

    Raises:
        InputError: One is damaged or of another schema.
    """
    found = [_read(path) for path in sorted(folder().glob("*.json"))]
    return sorted(found, key=lambda batch: batch.made)


def pick(id_: str) -> Batch:
    """Returns a batch by the beginning of its id, the latest one if that is empty.

    Raises:
        InputError: There is none, or there are several.
    """
    kept = read_all()
    if not kept:
        raise InputError(
            "nothing to label yet", where=str(folder()), mend="`make label-sample` chooses texts"
        )
    found = [batch for batch in kept if batch.id.startswith(id_)]
    if not found or (id_ and len(found) > 1):
        known = ", ".join(batch.id for batch in kept)
        raise InputError(f"no single batch {id_!r}", where="--batch", mend=f"there are {known}")
    return found[-1]


def _write(path: Path, content: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
    partial.replace(path)


def _read(path: Path) -> Batch:
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if (schema := stored.pop("schema")) != SCHEMA_VERSION:
            raise ValueError(f"wanted schema {SCHEMA_VERSION}, got {schema}")
        asks = tuple(Ask(**it) for it in stored.pop("asks"))
        draws = tuple(Draw(**it) for it in stored.pop("draws"))
        return Batch(**stored, asks=asks, draws=draws)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"no batch of texts to label ({error})", where=str(path), mend="delete the file"
        ) from error
