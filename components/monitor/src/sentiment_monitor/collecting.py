"""Reads a window of the request log in one pass: a million answers take some 60 MB."""

import hashlib
import heapq
from array import array
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sentiment_common.request_log import Account, Entry, read_feedback, read_log
from sentiment_models.bundle import LABELS
from sentiment_monitor.window import COLUMNS, NO_LABEL, NO_TEXT, Answers, Array, Doubts, Window

DAMAGED = (TypeError, ValueError, AttributeError, OverflowError, KeyError)
"""What a field raises that is JSON, but not what it should be."""
CLOCK_SECONDS = 5.0
"""Answers of one process are logged in order, but for those that are given at the same moment."""
FUTURE_SECONDS = 60.0
"""Clocks of machines in one network agree better than this."""
MTIME_SECONDS = 3_600.0
"""A file is read if it was written at most this long before what is looked for."""
COLUMN = {label: number for number, label in enumerate(LABELS)}
SHOWN_DIGITS = 19
SUM_TOLERANCE = 0.01
"""Probabilities add up to 1; older services logged few digits."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a log.

    Attributes:
        since: Begin of the window, in seconds since 1970.
        until: End of the window, itself outside.
        model: Name of the bundle, if its answers bear no other.
        digest: Digest of the bundle.
        lookback: Quality rests on answers from this time on, at most ``since``.
        texts: How many texts to keep.
        now: Entries later than this are of a clock that is ahead.
    """

    since: float
    until: float
    model: str
    digest: str
    lookback: float
    texts: int
    now: float


def collect(folder: Path, asked: Asked) -> Window:
    """Reads what a model answered in a window, and what was said of it since.

    Args:
        folder: The folder of the log.
        asked: What is asked of it.

    Raises:
        InputError: There is no log, or one of a later version.
    """
    reading, account = _Reading(asked), Account(tolerant=True)
    for entry in read_log(folder, account, since=asked.lookback - MTIME_SECONDS):
        try:
            reading.add(entry)
        except DAMAGED:
            account.damaged += 1
    answers, place = reading.columns()
    joined = _join(answers, folder, account, asked)
    first, last = np.searchsorted(answers.time, (asked.since, asked.until))
    rows, texts = reading.sample(place, int(first))
    doubts = Doubts(
        account.damaged, reading.shadows, reading.models, reading.disordered, reading.future,
        joined.strange, joined.unmatched,
    )  # fmt: skip
    return Window(
        asked.since, asked.until, reading.name, asked.digest, answers.only(slice(first, last)),
        answers.only(slice(0, last)), rows, texts, reading.text_kept, tuple(reading.variants),
        account, doubts, max(asked.until, reading.latest, joined.latest),
    )  # fmt: skip


def key(request_id: str, position: int) -> int:
    """Returns what stands for a text: 64 bits, enough to tell many millions apart."""
    return _hash(f"{position}\0{request_id}")


def seconds(moment: str) -> float:
    """Returns an ISO 8601 time in seconds since 1970; without a zone it is UTC.

    Raises:
        ValueError: It is no such time.
    """
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest)


class _Reading:
    """Sorts entries into columns, and keeps an even sample of their texts.

    The sample is the texts with the lowest hashes of their names: it depends neither on the order
    of files nor on chance (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC
    2007).
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.time, self.probabilities = array("d"), array("f")
        self.key, self.unit = array("Q"), array("Q")
        self.label, self.length, self.variant = array("b"), array("i"), array("h")
        self.variants: dict[str, int] = {"": 0}
        self.text_kept: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.shadows = self.disordered = self.future = 0
        self._texts: list[tuple[int, int, str]] = []
        self._last = (-1, 0.0)
        self.latest = 0.0

    def add(self, entry: Entry) -> None:
        """Takes an entry up, or counts why not."""
        moment = seconds(entry.time)
        self._look_at_clock(entry.seq, moment)
        if not self.asked.lookback <= moment < self.asked.until:
            return
        inside = moment >= self.asked.since
        if entry.shadow:
            self.shadows += inside
            return
        if entry.digest != self.asked.digest:
            self.models[f"{entry.model} {entry.digest[:SHOWN_DIGITS]}"] += inside
            return
        self._append(entry, moment, inside)

    def _look_at_clock(self, number: int, moment: float) -> None:
        before, at = self._last
        # A number that does not rise is of the next process, which has a clock of its own.
        self.disordered += number > before and moment < at - CLOCK_SECONDS
        self.future += moment > self.asked.now + FUTURE_SECONDS
        self._last = number, moment
        if self.latest < moment <= self.asked.now:
            self.latest = moment

    def _append(self, entry: Entry, moment: float, inside: bool) -> None:
        row = [float(entry.probabilities[label]) for label in LABELS]
        # A NaN fails either comparison.
        if not (min(row) >= 0 and abs(sum(row) - 1) <= SUM_TOLERANCE):
            raise ValueError("no probabilities")
        label, name = COLUMN[entry.label], key(entry.request_id, entry.position)
        caller = f"caller\0{entry.caller}" if entry.caller else f"request\0{entry.request_id}"
        length = NO_TEXT if entry.text is None else len(entry.text)
        variant = self.variants.setdefault(entry.variant, len(self.variants))
        if inside:
            self.text_kept[entry.text_kept] += 1
            if entry.text is not None:
                self._keep(name, len(self.time), entry.text)
        # After all that can fail: the columns stay of one length.
        self.time.append(moment)
        self.probabilities.extend(row)
        self.key.append(name)
        self.unit.append(_hash(caller))
        self.label.append(label)
        self.length.append(length)
        self.variant.append(variant)
        self.names[entry.model] += 1

    def _keep(self, name: int, row: int, text: str) -> None:
        kept = (-name, row, text)
        if len(self._texts) < self.asked.texts:
            heapq.heappush(self._texts, kept)
        elif kept > self._texts[0]:
            heapq.heapreplace(self._texts, kept)

    @property
    def name(self) -> str:
        """What the service calls the model: dashboards know it by no other name."""
        return max(sorted(self.names), key=self.names.__getitem__, default=self.asked.model)

    def columns(self) -> tuple[Answers, Array]:
        """Returns the answers in order of time, and the place of each row among them."""
        rows = len(self.time)
        columns = {
            "time": np.asarray(self.time), "key": np.asarray(self.key),
            "unit": np.asarray(self.unit), "label": np.asarray(self.label),
            "probabilities": np.asarray(self.probabilities).reshape(rows, len(LABELS)),
            "length": np.asarray(self.length), "variant": np.asarray(self.variant),
            "truth": np.full(rows, NO_LABEL, np.int8), "judged": np.full(rows, np.nan),
        }  # fmt: skip
        # What was answered at one moment by several processes is put in an order of its own.
        order = np.lexsort((columns["key"], columns["time"]))
        place = np.empty(rows, np.int64)
        place[order] = np.arange(rows)
        return Answers(**{name: columns[name][order] for name in COLUMNS}), place

    def sample(self, place: Array, first: int) -> tuple[Array, tuple[str, ...]]:
        """Returns rows of the window whose texts were kept, and the texts, in order of time."""
        kept = sorted((int(place[row]) - first, text) for _, row, text in self._texts)
        return np.array([row for row, _ in kept], np.int64), tuple(text for _, text in kept)


@dataclass(frozen=True)
class _Joined:
    """What became of feedback.

    Attributes:
        strange: How much names no label of the model.
        unmatched: How much of what arrived in the window is about no answer that was read.
        latest: When the last of it arrived.
    """

    strange: int
    unmatched: int
    latest: float


def _join(answers: Answers, folder: Path, account: Account, asked: Asked) -> _Joined:
    """Writes feedback to its answers: of several labels of one text the last counts."""
    time, names, labels, strange = array("d"), array("Q"), array("b"), 0
    for said in read_feedback(folder, account):
        try:
            moment, label = seconds(said.time), COLUMN.get(said.label, NO_LABEL)
            name = key(said.request_id, said.position)
        except DAMAGED:
            account.damaged += 1
            continue
        strange += label == NO_LABEL
        if label != NO_LABEL and moment >= asked.lookback - CLOCK_SECONDS:
            time.append(moment)
            names.append(name)
            labels.append(label)
    order = np.lexsort((np.asarray(names), np.asarray(time)))
    when = np.asarray(time)[order]
    row = find(answers.key, np.asarray(names)[order])
    met = row >= 0
    # Assignment keeps the last of several.
    answers.truth[row[met]] = np.asarray(labels)[order][met]
    answers.judged[row[met]] = when[met]
    unmatched = ~met & (when >= asked.since) & (when < asked.until)
    return _Joined(strange, int(unmatched.sum()), float(when[when <= asked.now].max(initial=0.0)))


def find(keys: Array, wanted: Array) -> Array:
    """Returns where each wanted key is among the keys; -1 where it is not."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], wanted, side="right") - 1
    row = order[np.maximum(place, 0)]
    return np.where((place >= 0) & (keys[row] == wanted), row, -1)
