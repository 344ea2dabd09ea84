"""What the request log has of one answered text, by the request's id."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import from_fields as entry_from
from sentiment_common.request_log.feedback import from_fields as feedback_from
from sentiment_pipelines.tracing import scanning
from sentiment_pipelines.tracing.scanning import Account, Watch, unwatched

MOST = 10
"""So many ids that begin as the wanted one are named."""
_NAME = re.compile(r"(?P<request>[^\s:\"\\]+)(:(?P<position>[0-9]{1,9}))?", re.ASCII)


@dataclass(frozen=True)
class Name:
    """What a person calls an answered text.

    Attributes:
        request: The ``X-Request-Id``, or the beginning of one.
        position: Place of the text in its request; None if nobody said.
    """

    request: str
    position: int | None

    @classmethod
    def parse(cls, text: str) -> "Name":
        """Reads ``ID`` or ``ID:POSITION``.

        Raises:
            InputError: It is neither.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise InputError(
                "no id of a request", where=text or "REQUEST",
                mend="give the answer's X-Request-Id, with :POSITION for one of several texts",
            )  # fmt: skip
        position = match["position"]
        return cls(match["request"], None if position is None else int(position))


@dataclass(frozen=True)
class Answer:
    """An answered text.

    Attributes:
        entry: What the log has of it.
        shadows: What was answered beside it and told nobody.
        earlier: What the same id and position were given to before: the last is meant.
        feedback: What people said of it, the earliest first: the last counts.
    """

    entry: Entry
    shadows: Sequence[Entry] = ()
    earlier: Sequence[Entry] = ()
    feedback: Sequence[Feedback] = ()

    @property
    def id(self) -> str:
        """``REQUEST_ID:POSITION``, which is the row's id if it is trained on one day."""
        return f"{self.entry.request_id}:{self.entry.position}"


@dataclass
class _Found:
    """What a scan has found of a name."""

    entries: list[Entry] = field(default_factory=list)
    near: dict[str, None] = field(default_factory=dict)


def find(log: Path, name: Name, account: Account, watch: Watch = unwatched) -> Answer:
    """Returns the answered text that a name means.

    Args:
        log: Folder of the request log.
        name: The request; its beginning is enough if no other begins so.
        account: Is filled with what could not be read.
        watch: Is told how far it is.

    Raises:
        InputError: There is no log, or no such request in it, or several texts are meant.
    """
    found = _scan(log, name, account, watch)
    if not found.entries and len(found.near) == 1:
        name = Name(next(iter(found.near)), name.position)
        found = _scan(log, name, account, watch)
    if not found.entries:
        raise _unknown(log, name, list(found.near))
    position = _position(found.entries, name)
    ordered = sorted(
        (it for it in found.entries if it.position == position), key=lambda it: it.time
    )
    told = [it for it in ordered if not it.shadow] or ordered
    last = told[-1]
    shadows = [it for it in ordered if it.shadow and it is not last and it.digest != last.digest]
    return Answer(last, shadows, told[:-1], _said(log, name.request, position, account))


def _scan(log: Path, name: Name, account: Account, watch: Watch) -> _Found:
    found = _Found()
    # Without the closing quote: what begins so is found on the way.
    needle = f'"{name.request}'.encode()
    for fields in scanning.holding(scanning.requests(log), needle, account, watch):
        request = str(fields.get("request_id", ""))
        if request == name.request:
            try:
                found.entries.append(entry_from(fields))
            except (KeyError, TypeError):
                account.lines += 1
        elif request.startswith(name.request) and len(found.near) <= MOST:
            found.near[request] = None
    return found


def _position(entries: Sequence[Entry], name: Name) -> int:
    positions = sorted({it.position for it in entries})
    if name.position in positions:
        return name.position
    if name.position is None and len(positions) == 1:
        return positions[0]
    listed = [f"{name.request}:{it}" for it in positions]
    few = ", ".join(listed) if len(listed) <= MOST else f"{listed[0]} to {listed[-1]}"
    what = "the log has several texts of it" if name.position is None else "it has no such text"
    where = name.request if name.position is None else f"{name.request}:{name.position}"
    raise InputError(what, where=where, mend=f"name one: {few}")


def _unknown(log: Path, name: Name, near: Sequence[str]) -> InputError:
    if near:
        more = " and more" if len(near) > MOST else ""
        return InputError(
            "several requests begin so", where=name.request,
            mend=f"it is one of {', '.join(near[:MOST])}{more}",
        )  # fmt: skip
    return InputError(
        "the log has no such request",
        where=f"{name.request} in {log}",
        mend="it may be another service's, or its file was deleted to make room; name a log: LOG=",
    )


def _said(log: Path, request: str, position: int, account: Account) -> list[Feedback]:
    needle = f'"{request}"'.encode()
    found = []
    for fields in scanning.holding(scanning.feedback(log), needle, account):
        try:
            feedback = feedback_from(fields)
        except (KeyError, TypeError):
            account.lines += 1
            continue
        if (feedback.request_id, feedback.position) == (request, position):
            found.append(feedback)
    return sorted(found, key=lambda it: it.time)
