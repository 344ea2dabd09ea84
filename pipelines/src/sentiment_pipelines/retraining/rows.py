"""Rows to train on: texts of live traffic with the labels that have arrived since a watermark.

The request log is read once, from its beginning to its end, and only what has a new label is held:
memory follows the labels, not the traffic.
"""

import contextlib
import csv
import hashlib
import io
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_common.request_log import Account, Entry, read_log
from sentiment_pipelines.retraining import labels as labels_
from sentiment_pipelines.retraining.labels import Said, Text, Watermark

SOURCE = "traffic/"
"""What the source of a row begins with; the day of its file's latest label follows. So evaluate
shows each batch by itself, and apart from all that was there before."""
SURE = 0.8
"""An answer of at least this probability is sure: of those at least so many are right if the model
is calibrated, and most if it has drifted. Labels that deny most of them are doubtful themselves."""
CALLER = "caller "
"""What the name of a labeller begins with who is a caller, and so nobody that is trusted."""
MOST_WAITING = 10_000
"""So many labels at most wait for their request to be written down, each until the next time."""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled text of live traffic; the columns of a file of rows.

    Attributes:
        id: ``REQUEST_ID:POSITION``.
        text: The text, as the request log has kept it.
        label: negative, neutral or positive.
        source: ``traffic/DAY``.
        group: Salted hash of the caller, whose rows stay in one split; empty if nobody knows it.
        created_at: When it was answered, ISO 8601 in UTC to the millisecond.
        labelled_at: When its label arrived, likewise.
        by: Who has labelled it.
    """

    id: str
    text: str
    label: str
    source: str
    group: str
    created_at: str
    labelled_at: str
    by: str


COLUMNS = tuple(Row.__dataclass_fields__)


@dataclass(frozen=True)
class Gathered:
    """What there is to train on.

    Attributes:
        path: The file, named by the SHA-256 of its content.
        rows: How many it has.
        by_label: How many of each label.
        by_labeller: How many of each who gave them, by name or ``caller HASH``; of feedback without
            a caller nobody knows who gave it: that is the empty name.
        watermark: For the next time, once these rows were trained on.
        passed_over: Labels that make no row, by reason.
        early: Rows whose label is older than their text's answer: a clock was moved.
        sure: Rows of feedback on an answer that was sure.
        agreed: Those of them whose label is that answer.
    """

    path: Path
    rows: int
    by_label: Counter[str]
    by_labeller: Counter[str]
    watermark: Mapping[str, Any]
    passed_over: Counter[str]
    early: int = 0
    sure: int = 0
    agreed: int = 0


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A text that was found in the log, its label, and what was answered if that was sure."""

    at: Text
    text: str
    caller: str
    time: str
    said: Said
    sure: str | None

    @property
    def id(self) -> str:
        return f"{self.at[0]}:{self.at[1]}"

    @property
    def labellers(self) -> tuple[str, ...]:
        """What feedback says of itself proves nothing: only its caller counts."""
        if self.said.human:
            return self.said.by
        return (f"{CALLER}{self.caller}" if self.caller else "",)


def gather(log: Path, labels: Path, since: Mapping[str, Any] | None, folder: Path) -> Gathered:
    """Joins texts of the request log with the labels that have arrived since a watermark.

    Of repeated texts (equal after folding white space and case) one is kept, with the label that
    people gave it, else with that of most callers. The log may be written meanwhile.

    Args:
        log: The folder of the request log.
        labels: The file of labels, see ``labelling.store``; it need not be there.
        since: The watermark of what was trained on before; None before the first time.
        folder: Where to write the file of rows. Equal rows give an equal file of an equal name.

    Raises:
        InputError: There are labels and no log, a file of labels is damaged or shorter than it was,
            or the rows cannot be written.
    """
    watermark = labels_.from_json(since)
    new = labels_.since(log, labels, watermark)
    passed_over = new.passed_over
    found = _Found(new.said, new.people)
    account = Account(tolerant=True)
    for entry in read_log(log, account) if new.said else ():
        found.add(entry)
    passed_over.update(found.passed_over)
    passed_over["damaged line"] += account.damaged
    missing = sorted(new.said.keys() - found.seen)
    waiting: tuple[Text, ...] = ()
    if account.pending:
        # What a running process has not written yet is there the next time, or never was.
        waiting = tuple(it for it in missing if it not in watermark.waiting)[-MOST_WAITING:]
    passed_over["unknown request"] += len(missing) - len(waiting)
    kept = sorted(_one_each(found.labelled, passed_over), key=lambda it: (it.time, it.id))
    # People know better than a model; callers are held to it.
    sure = [it for it in kept if it.sure and not it.said.human]
    reached = Watermark(new.watermark.time, new.watermark.read, waiting)
    return Gathered(
        _write(folder, kept),
        len(kept),
        Counter(it.said.label for it in kept),
        Counter(name for it in kept for name in it.labellers),
        reached.as_json(),
        +passed_over,
        sum(it.said.time < it.time for it in kept),
        len(sure),
        sum(it.said.label == it.sure for it in sure),
    )


class _Found:
    """The texts of a log that have a label."""

    def __init__(self, said: Mapping[Text, Said], people: Mapping[str, Said]) -> None:
        self._said = said
        self._people = {_folded(text): it for text, it in people.items()}
        self._labelled: dict[Text, _Labelled] = {}
        self._reasons: dict[Text, str] = {}

    def add(self, entry: Entry) -> None:
        """Looks at one entry; what only a shadow said was nobody's answer."""
        at = entry.request_id, entry.position
        if entry.shadow or (said := self._said.get(at)) is None:
            return
        if entry.text is None:
            self._reasons.setdefault(at, "text not kept")
        elif not _is_readable(entry.text):
            self._reasons.setdefault(at, "unreadable text")
        elif at not in self._labelled:
            sure = entry.label if entry.probabilities.get(entry.label, 0) >= SURE else None
            said = self._of_people(entry.text, said)
            self._labelled[at] = _Labelled(at, entry.text, entry.caller, entry.time, said, sure)
        elif self._labelled[at].text != entry.text:
            # Callers choose their ids: of two texts nobody knows which one is meant.
            self._reasons[at] = "request id of several texts"

    def _of_people(self, text: str, said: Said) -> Said:
        """Returns what people say of a text; no later feedback takes their label over."""
        people = self._people.get(_folded(text))
        return said if said.human or people is None else replace(people, time=said.time)

    @property
    def labelled(self) -> list[_Labelled]:
        """Those that a row can be made of."""
        return [it for at, it in self._labelled.items() if at not in self._reasons]

    @property
    def seen(self) -> set[Text]:
        """All of them."""
        return {*self._labelled, *self._reasons}

    @property
    def passed_over(self) -> Counter[str]:
        """Why no row can be made of the others."""
        return Counter(self._reasons.values())


def _is_readable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False  # JSON can spell half a surrogate pair, which is no character
    return "\0" not in text and bool(text.strip())


def _one_each(found: Iterable[_Labelled], passed_over: Counter[str]) -> Iterator[_Labelled]:
    texts: dict[str, list[_Labelled]] = defaultdict(list)
    for it in found:
        texts[_folded(it.text)].append(it)
    for group in texts.values():
        group.sort(key=lambda it: (it.time, it.id))
        label = _label(group)
        same = [it for it in group if it.said.label == label]
        passed_over["repeated text"] += max(0, len(same) - 1)
        passed_over["repeated text with another label"] += len(group) - len(same)
        # The row of a person, where there is one, says who has labelled the text.
        yield from sorted(same, key=lambda it: not it.said.human)[:1]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _label(group: Sequence[_Labelled]) -> str | None:
    """Returns the one label of a text; None if as many say another one."""
    if people := [it for it in group if it.said.human]:
        return max(people, key=lambda it: (it.said.time, it.id)).said.label
    # Each caller has one voice, and those whom nobody knows have one together.
    last = {it.labellers: it for it in sorted(group, key=lambda it: (it.said.time, it.id))}
    (label, votes), *others = Counter(it.said.label for it in last.values()).most_common()
    return None if others and others[0][1] == votes else label


def _write(folder: Path, kept: Sequence[_Labelled]) -> Path:
    """Writes the rows whole or not at all, and returns the file."""
    source = SOURCE + max((it.said.time for it in kept), default="")[:10]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for it in kept:
        by = ", ".join(it.said.by) if it.said.human or not it.caller else it.labellers[0]
        writer.writerow(astuple(Row(
            it.id, it.text, it.said.label, source, it.caller, it.time, it.said.time, by
        )))  # fmt: skip
    content = stream.getvalue().encode()
    path = folder / f"{hashlib.sha256(content).hexdigest()}.csv"
    partial = folder / f".{path.name}.{os.getpid()}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise InputError(
            f"the gathered rows cannot be written ({error.strerror})", where=str(folder),
            mend="make room, or let this user write there",
        ) from error  # fmt: skip
    finally:
        with contextlib.suppress(OSError):  # it is in its place, or there is no such folder
            partial.unlink()
    return path
