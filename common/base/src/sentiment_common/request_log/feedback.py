"""Labels that arrive late: what people said of an answer, joined to it by the request's id.

They lie in the folder of the request log, in files ``feedback-*.jsonl``, one line each.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_common.request_log.reader import Account


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of one answered text; of several the last counts.

    Attributes:
        time: When it arrived, ISO 8601 in UTC to the millisecond.
        request_id: The ``X-Request-Id`` of the request.
        position: Place of the text in its request, from 0.
        label: The label it should have had: negative, neutral or positive.
        by: Who says so, e.g. ``agent`` or ``customer``; empty if nobody knows.
    """

    time: str
    request_id: str
    position: int
    label: str
    by: str = ""


FILES = "feedback-*.jsonl"
FIELDS = tuple(Feedback.__dataclass_fields__)


def feedback_fields(feedback: Feedback) -> dict[str, Any]:
    """Returns the fields of a line."""
    return {name: getattr(feedback, name) for name in FIELDS}


def from_fields(fields: Mapping[str, Any]) -> Feedback:
    """Reads the fields of a line; ones of a later version are passed over.

    Raises:
        KeyError: One is missing.
    """
    return Feedback(**{name: fields[name] for name in FIELDS})


def read_feedback(folder: Path, account: Account | None = None) -> Iterator[Feedback]:
    """Reads the feedback of a log, file by file; there may be none.

    A last line that breaks off is passed over: its process was killed while it wrote.

    Args:
        folder: The folder of the log.
        account: Counts damaged lines if it is tolerant.

    Raises:
        InputError: A line is damaged and there is no tolerant account.
    """
    for path in sorted(folder.glob(FILES)):
        with path.open("rb") as stream:
            yield from parse_lines((line for line in stream if line.endswith(b"\n")), path, account)


def last_feedback(folder: Path) -> dict[tuple[str, int], Feedback]:
    """Reads what counts: of each text, by request and position, the last that was said.

    Raises:
        InputError: A line is damaged.
    """
    found: dict[tuple[str, int], Feedback] = {}
    # Each process writes files of its own, and somebody may change their mind at another one.
    for feedback in read_feedback(folder):
        text = feedback.request_id, feedback.position
        if text not in found or found[text].time <= feedback.time:
            found[text] = feedback
    return found


def parse_lines(
    lines: Iterable[bytes], path: Path, account: Account | None = None
) -> Iterator[Feedback]:
    """Reads lines of a file, whose name an error tells.

    Raises:
        InputError: A line is damaged and there is no tolerant account.
    """
    for number, line in enumerate(lines, start=1):
        try:
            yield from_fields(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            if account and account.tolerant:
                account.damaged += 1
                continue
            raise InputError(
                f"no line of feedback ({error})", where=f"{path}, line {number}",
                mend="restore or delete the line",
            ) from error  # fmt: skip
