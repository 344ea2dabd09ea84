"""The decision log of retraining: append-only, one JSON object a line, on the disk when it counts.

Whoever decides, begins or ends something writes a line. Each has the digest of the line before it,
so a line that was changed or taken out is noticed. A process may die while it writes: what breaks
off was never decided, and is said.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

SCHEMA = 1
DECISION, START, END, ALERT, NOTE = "decision", "start", "end", "alert", "note"
RETRAIN, WAIT, NOTHING, LOOK, TRIAL = "retrain", "wait", "nothing", "look", "trial"
PUSHED, CHAMPION, REFUSED, FAILED = "pushed", "already-champion", "refused", "failed"
KILLED, CHALLENGER, PROMOTED, STOPPED = "killed", "challenger", "promoted", "stopped"
TAIL = 1 << 20
CHAIN = 16


@dataclass(frozen=True)
class Line:
    """One line; readers take what they know and pass over the rest.

    Attributes:
        kind: ``decision``; ``start`` and ``end`` of a retraining or a trial; ``alert`` that arrived
            and is not decided on yet; ``note`` of a person.
        id: Of the decision that it belongs to.
        time: When, ISO 8601 in UTC to the millisecond.
        decision: ``retrain``, ``wait``, ``nothing``, ``look`` or ``trial``.
        trigger: Ids of what asked for it.
        reasons: Why, in sentences.
        policy: Name and digest of the policy.
        watermark: Labels up to here were trained on, once the line ends a retraining that was
            promoted, or is the note of a person who passes over them.
        rows: What there was to train on: total, by_label, digest of its file.
        run: The pipeline's run.
        outcome: What a run or a trial came to.
        by: Who wrote a note.
        resolved: Ids of alerts that have ended.
        model: Digest of the challenger on trial.
        schema: Version of these fields.
        previous: Beginning of the SHA-256 of the line before.
    """

    kind: str
    id: str
    time: str
    decision: str = ""
    trigger: Sequence[str] = ()
    reasons: Sequence[str] = ()
    policy: str = ""
    watermark: Any = None
    rows: Mapping[str, Any] | None = None
    run: str = ""
    outcome: str = ""
    by: str = ""
    resolved: Sequence[str] = ()
    model: str = ""
    schema: int = SCHEMA
    previous: str = ""

    @property
    def seconds(self) -> float:
        """When, in seconds since 1970."""
        return seconds(self.time)


FIELDS = tuple(field.name for field in fields(Line))
ALWAYS = (
    "schema", "id", "time", "kind", "decision", "trigger", "reasons", "policy", "watermark",
    "rows", "run", "outcome", "previous",
)  # fmt: skip


@dataclass(frozen=True)
class Journal:
    """What was read of the log.

    Attributes:
        lines: The earliest first.
        doubts: What is damaged about it, in sentences.
    """

    lines: Sequence[Line] = ()
    doubts: Sequence[str] = ()


def iso(moment: float) -> str:
    """Returns a time as a line has it."""
    said = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return said.replace("+00:00", "Z")


def seconds(text: str) -> float:
    """Returns the seconds since 1970 of an ISO time; one without a zone is in UTC.

    Raises:
        ValueError: It is none.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def read(path: Path) -> Journal:
    """Reads the log; without a file nothing was ever decided.

    Raises:
        InputError: It cannot be read, or was written by a later version.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Journal()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    if not content:
        return Journal()
    lines: list[Line] = []
    doubts: list[str] = []
    before = b""
    # What splits lines of text would split them at more than their ends.
    for number, raw in enumerate(content.removesuffix(b"\n").split(b"\n"), start=1):
        where = f"{path.name}, line {number}"
        if (line := _parsed(raw, where)) is None:
            doubts.append(f"{where}: it broke off while it was written, and counts for nothing.")
        else:
            if line.previous != _digest(before):
                doubts.append(f"{where}: the line before it was changed or taken out.")
            lines.append(line)
        before = raw
    return Journal(lines, doubts)


def append(path: Path, line: Line) -> Line:
    """Adds a line; when this returns, it is on the disk.

    Raises:
        OSError: There is no space, or no permission; the log is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, TAIL, max(0, size - TAIL))
        whole = not tail or tail.endswith(b"\n")
        chained = replace(line, previous=_digest(tail.rstrip(b"\n").rpartition(b"\n")[2]))
        try:
            _write(descriptor, (b"" if whole else b"\n") + _encoded(chained))
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    return chained


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
    os.fsync(descriptor)


def _encoded(line: Line) -> bytes:
    given = {name: it for name, it in asdict(line).items() if it or name in ALWAYS}
    return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    ) + b"\n"  # fmt: skip


def _parsed(raw: bytes, where: str) -> Line | None:
    try:
        found = json.loads(raw)
        line = Line(**{name: found[name] for name in FIELDS if name in found})
        later = line.schema > SCHEMA
        _ = line.seconds
    except (ValueError, TypeError):
        return None
    if later:
        raise InputError(
            f"wanted schema {SCHEMA}, got {line.schema}", where=where,
            mend="read it with the version that wrote it",
        )  # fmt: skip
    return line


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:CHAIN] if raw else ""
