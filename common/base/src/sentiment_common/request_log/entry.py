"""One line of the request log: a text, what was answered, and by which model."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sentiment_common.redaction import redact

SCHEMA_VERSION = 2
LoggedText = Literal["none", "redacted", "raw"]
CALLER_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered, as the service knows it.

    Attributes:
        request_id: The ``X-Request-Id``.
        model: Name the model is picked by.
        digest: Digest of its bundle.
        texts: The texts that were scored.
        labels: The labels, in the order of a row.
        rows: Probabilities, shape (texts, labels).
        seconds: From the request to its answer.
        time: When it was answered, in seconds since 1970.
        variant: Which side of a comparison answered, e.g. ``control``; empty without one.
        caller: The caller's key; only a salted hash of it is written. Empty without one.
        experiment: The experiment that chose the variant; empty without one.
        shadow: Whether nobody was given this answer: a shadow's, for comparison alone.
    """

    request_id: str
    model: str
    digest: str
    texts: Sequence[str]
    labels: Sequence[str]
    rows: Sequence[Sequence[float]]
    seconds: float
    time: float
    variant: str = ""
    caller: str = ""
    experiment: str = ""
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of a request; the fields of a line, in schema 2.

    Attributes:
        seq: Number of the text in its process, from 0 without a gap: a gap is a lost entry.
        time: When it was answered, ISO 8601 in UTC to the millisecond.
        request_id: The ``X-Request-Id``.
        position: Place of the text in its request, from 0.
        model: Name the model is picked by.
        digest: Digest of its bundle.
        variant: Which side of a comparison answered; empty without one.
        text: The text, as ``text_kept`` says; None if it says ``none``.
        text_kept: ``none``, ``redacted`` (see ``sentiment_common.redaction``) or ``raw``.
        label: The answered label.
        probabilities: By label.
        latency_ms: From the request to its answer; of all its texts together.
        caller: Salted hash of the caller's key, the same for all workers; empty without a key.
        experiment: The experiment that chose the variant; empty without one.
        shadow: Whether nobody was given this answer.
    """

    seq: int
    time: str
    request_id: str
    position: int
    model: str
    digest: str
    variant: str
    text: str | None
    text_kept: str
    label: str
    probabilities: Mapping[str, float]
    latency_ms: float
    caller: str
    experiment: str = ""
    shadow: bool = False


FIELDS = tuple(Entry.__dataclass_fields__)
LATER: Mapping[str, Any] = {"experiment": "", "shadow": False}
"""What a line of schema 1 says of the fields that came later."""
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def entries(first: int, answered: Answered, kept: LoggedText, salt: bytes) -> Iterator[Entry]:
    """Returns an entry for each text of a request, numbered from ``first``."""
    moment = datetime.fromtimestamp(answered.time, UTC).isoformat(timespec="milliseconds")
    # Without a salt a hash could be guessed: better no caller than a known one.
    caller = hashed(answered.caller, salt) if answered.caller and salt else ""
    for position, (text, row) in enumerate(zip(answered.texts, answered.rows, strict=True)):
        yield Entry(
            seq=first + position,
            time=moment.replace("+00:00", "Z"),
            request_id=answered.request_id,
            position=position,
            model=answered.model,
            digest=answered.digest,
            variant=answered.variant,
            text=None if kept == "none" else redact(text) if kept == "redacted" else text,
            text_kept=kept,
            label=answered.labels[max(range(len(row)), key=row.__getitem__)],
            probabilities=dict(zip(answered.labels, row, strict=True)),
            latency_ms=round(1_000 * answered.seconds, 3),
            caller=caller,
            experiment=answered.experiment,
            shadow=answered.shadow,
        )


def hashed(caller: str, salt: bytes) -> str:
    """Returns what stands for a caller's key: without the salt the key cannot be guessed."""
    digest = hmac.new(salt, caller.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return digest.hexdigest()[:CALLER_DIGITS]


def to_line(fields: Mapping[str, Any]) -> bytes:
    """Returns one line of JSON; half a surrogate pair becomes its escape."""
    return ENCODE(fields).encode("utf-8", "backslashreplace") + b"\n"


def entry_line(entry: Entry) -> bytes:
    """Returns an entry as a line."""
    # dataclasses.asdict copies all that is in it, which takes ten times as long.
    return to_line({name: getattr(entry, name) for name in FIELDS})


def from_fields(fields: Mapping[str, Any]) -> Entry:
    """Reads the fields of a line; ones of a later version are passed over.

    Raises:
        KeyError: One is missing.
    """
    fields = {**LATER, **fields}
    return Entry(**{name: fields[name] for name in FIELDS})
