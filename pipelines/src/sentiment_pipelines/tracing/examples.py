"""The rows of examples: where one lies, and which are nearest to a text."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_pipelines import environments
from sentiment_pipelines.tracing import row_search

ROOM = "ingest"
NEAREST = 5
UNREADABLE = (
    "the rows cannot be read here: the environment of ingest, which reads Parquet, is not on this "
    "machine; `make trace` makes it"
)


class UnreadableError(Exception):
    """The rows cannot be read on this machine."""


@dataclass(frozen=True)
class Near:
    """A training row that is near to a text.

    Attributes:
        id: The row's id.
        label: Its label.
        source: Where it came from.
        text: Its text, redacted if the one it is held against is.
        relation: ``same text``, ``near-duplicate`` or ``similar``.
        similarity: Weighted Jaccard similarity of the words, 0 to 1.
    """

    id: str
    label: str
    source: str
    text: str | None
    relation: str
    similarity: float


@dataclass(frozen=True)
class Placed:
    """A row in an examples artifact.

    Attributes:
        examples: Digest of the artifact.
        id: The row's id.
        split: ``train``, ``validation`` or ``test``; empty if the row was left out.
        label: Its label; empty if it was left out.
        source: Where it came from.
        group: Rows of one group are in one split.
        text: Its text.
        reason: Why it was left out; empty if it was kept.
    """

    examples: str
    id: str
    split: str
    label: str = ""
    source: str = ""
    group: str = ""
    text: str | None = None
    reason: str = ""


def nearest(folder: Path, text: str, *, redacted: bool) -> list[Near]:
    """Returns the training rows nearest to a text.

    Args:
        folder: The examples artifact.
        text: The text.
        redacted: Whether it is redacted: then the rows are held against it likewise.

    Raises:
        UnreadableError: Parquet cannot be read here.
    """
    question = {
        "what": "nearest", "folder": str(folder), "text": text, "redacted": redacted,
        "count": NEAREST,
    }  # fmt: skip
    return [Near(**row) for row in _ask(question)]


def locate(folders: Mapping[str, Path], name: str) -> list[Placed]:
    """Returns where examples artifacts have the row of an id.

    Args:
        folders: The artifacts by digest.
        name: The row's id, or ``FILE:ROW`` of a row that was left out.

    Raises:
        UnreadableError: Parquet cannot be read here.
    """
    if not folders:
        return []
    found = _ask({"what": "locate", "id": name, "folders": [str(it) for it in folders.values()]})
    return [
        _placed(digest, found[str(folder)])
        for digest, folder in folders.items()
        if str(folder) in found
    ]


def _placed(digest: str, row: Mapping[str, Any]) -> Placed:
    reason = ": ".join(filter(None, (row.get("reason"), row.get("detail"))))
    return Placed(
        digest, row["id"], row["split"], row.get("label") or "", row.get("source") or "",
        row.get("group") or "", row.get("text"), reason,
    )  # fmt: skip


def _ask(question: Mapping[str, Any]) -> Any:
    room = environments.rooms()[ROOM]
    if not room.python.is_file():
        raise UnreadableError(UNREADABLE)
    command: Sequence[str | Path] = [room.python, row_search.__file__]
    done = subprocess.run(
        command, input=json.dumps(question), capture_output=True, text=True, check=False,
        env=environments.process_environment(room),
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
