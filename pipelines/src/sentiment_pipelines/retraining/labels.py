"""Labels that have arrived since a watermark: feedback of callers, and what people have labelled.

The watermark says how far each file was read, for all of them are only ever appended to. Times
would not do: processes write files of their own, clocks are moved, and what is late on the disk
must be neither lost nor taken twice.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_common.request_log import Account, Feedback
from sentiment_common.request_log.feedback import FILES, parse_lines
from sentiment_models.bundle import LABELS
from sentiment_pipelines.labelling import store

Text = tuple[str, int]
"""An answered text: its request's id and its place in the request."""


@dataclass(frozen=True)
class Watermark:
    """Up to where labels were read.

    Attributes:
        time: When the latest of them arrived, for people to read; empty if there was none.
        read: Lines of each file of feedback, and rows of the file of labels, that were read.
        waiting: Texts with a label whose requests a running process had not written down yet.
    """

    time: str = ""
    read: Mapping[str, int] = field(default_factory=dict)
    waiting: tuple[Text, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns it as a journal keeps it."""
        return {
            "time": self.time,
            "read": dict(self.read),
            "waiting": list(map(list, self.waiting)),
        }


def from_json(stored: Mapping[str, Any] | None) -> Watermark:
    """Reads a watermark; before the first there is none.

    Raises:
        InputError: It is no watermark.
    """
    if stored is None:
        return Watermark()
    try:
        waiting = tuple((str(request), int(place)) for request, place in stored["waiting"])
        read = {str(name): int(count) for name, count in stored["read"].items()}
        return Watermark(str(stored["time"]), read, waiting)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{stored!r} is no watermark of labels") from error


@dataclass(frozen=True, slots=True)
class Said:
    """What counts of all that was said of a text.

    Attributes:
        label: Its label.
        by: Who says so: labellers by name, or what feedback says of itself.
        time: When the label arrived, ISO 8601 in UTC to the millisecond.
        human: Whether people have labelled it; else it is feedback.
    """

    label: str
    by: tuple[str, ...]
    time: str
    human: bool


@dataclass(frozen=True)
class New:
    """What was said since a watermark.

    Attributes:
        said: What counts, of each text that something new was said of.
        people: What people say of texts, whenever they did.
        watermark: Up to where it was read now; nothing waits yet.
        passed_over: What is no label, by reason.
    """

    said: Mapping[Text, Said]
    people: Mapping[str, Said]
    watermark: Watermark
    passed_over: Counter[str]


def since(log: Path, labels: Path, watermark: Watermark) -> New:
    """Reads what was said since a watermark.

    Of feedback the last counts, what people have labelled wins over it, and of several people most
    have to agree. A label that only confirms the one from before the watermark is none.

    Args:
        log: The folder of the request log, which has the feedback.
        labels: The file of labels; it need not be there.
        watermark: Up to where labels were read.

    Raises:
        InputError: A file is shorter than it was, or the file of labels is damaged.
    """
    account = Account(tolerant=True)
    read: dict[str, int] = {}
    later = _last(_feedback(log, watermark.read, account, read))
    human = _Human(labels, watermark.read.get(labels.name, 0))
    read[labels.name] = human.count
    waiting = set(watermark.waiting)
    touched = later.keys() | human.touched | waiting
    earlier = _last(
        it for it in _earlier(log, watermark.read) if (it.request_id, it.position) in touched
    )
    said: dict[Text, Said] = {}
    passed_over = Counter({"damaged line": account.damaged})
    for text in sorted(touched):
        before = human.before.get(text) or _of_feedback(earlier.get(text))
        # Of two at one time the later line counts.
        now = human.now.get(text) or _of_feedback(later.get(text), earlier.get(text))
        if text in human.tied:
            passed_over["labellers disagree"] += 1
        elif now is None:
            continue  # taken back, and nobody else has said anything
        elif now.label not in LABELS:
            passed_over["unknown label"] += 1
        elif before and before.label == now.label and text not in waiting:
            passed_over["label as before"] += 1
        else:
            said[text] = now
    latest = max([watermark.time, *(it.time for it in said.values())])
    return New(said, human.by_text, Watermark(latest, read), +passed_over)


def _of_feedback(*given: Feedback | None) -> Said | None:
    found = [it for it in given if it]
    if not found:
        return None
    last = max(found, key=lambda it: it.time)
    return Said(last.label, (last.by,) if last.by else (), last.time, human=False)


def _last(found: Iterator[Feedback]) -> dict[Text, Feedback]:
    last: dict[Text, Feedback] = {}
    for it in found:
        text = it.request_id, it.position
        if text not in last or last[text].time <= it.time:
            last[text] = it
    return last


def _feedback(
    log: Path, read: Mapping[str, int], account: Account, reached: dict[str, int]
) -> Iterator[Feedback]:
    """Yields the feedback after what was read, and fills in how far each file goes."""
    for path, lines in _files(log):
        known = read.get(path.name, 0)
        count = sum(1 for _ in itertools.islice(lines, known))
        if count < known:
            raise _shorter(path, count, known)
        new = list(lines)
        reached[path.name] = known + len(new)
        yield from parse_lines(new, path, account)


def _earlier(log: Path, read: Mapping[str, int]) -> Iterator[Feedback]:
    tolerant = Account(tolerant=True)
    for path, lines in _files(log):
        yield from parse_lines(itertools.islice(lines, read.get(path.name, 0)), path, tolerant)


def _files(log: Path) -> Iterator[tuple[Path, Iterator[bytes]]]:
    for path in sorted(log.glob(FILES)):
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            continue  # the oldest are deleted while others are read
        with stream:
            # Of a line that breaks off the rest is still to come, or never will.
            yield path, (line for line in stream if line.endswith(b"\n"))


def _shorter(path: Path, found: int, known: int) -> InputError:
    return InputError(
        f"{found:,} rows, and {known:,} were read before", where=str(path),
        mend="restore it: rows are only ever added to it",
    )  # fmt: skip


class _Human:
    """What people have labelled: now, and as it stood after the rows that were read before.

    People label a text, wherever it was asked about: each of its requests has their one label.
    """

    def __init__(self, path: Path, known: int) -> None:
        rows = store.history(path)
        self.count = len(rows)
        if self.count < known:
            raise _shorter(path, self.count, known)
        standing, new = store.standing(rows), {row.text for row in rows[known:]}
        texts = {(row.request_id, row.position): row.text for row in rows}
        self.by_text = {it.text: _of_people(it) for it in store.settled(standing)}
        earlier = {it.text: _of_people(it) for it in store.settled(store.standing(rows[:known]))}
        tied = {group[0].text for group in store.tied(standing)}
        self.now = {at: self.by_text[it] for at, it in texts.items() if it in self.by_text}
        self.before = {at: earlier[it] for at, it in texts.items() if it in earlier}
        self.tied = {at for at, it in texts.items() if it in tied}
        self.touched = {at for at, it in texts.items() if it in new}


def _of_people(it: store.Settled) -> Said:
    return Said(it.label, it.by, it.labelled_at, human=True)
