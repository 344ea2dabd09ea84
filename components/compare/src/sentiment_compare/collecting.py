"""Reads the request log into columns: a million answers take some 50 MB."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sentiment_common.errors import InputError
from sentiment_common.experiment import Experiment
from sentiment_common.request_log import Account, Entry, Feedback, read_feedback, read_log

Array = npt.NDArray[Any]
NO_LABEL = -1
DAMAGED = (TypeError, ValueError, AttributeError, OverflowError)
"""What a field raises that is JSON, but not what it should be."""


@dataclass(frozen=True)
class Answers:
    """Texts that were scored in an experiment, in order of time; arrays of one length.

    Attributes:
        time: When each was answered, in seconds since 1970.
        key: Hash of request id and position, which feedback and shadows name.
        request: Hash of the request id.
        unit: Number of the caller; a request without one is a caller of its own.
        variant: Number of the variant in the experiment's file.
        label: Number of the answered label.
        confidence: Its probability.
        latency: Milliseconds to the answer.
    """

    time: Array
    key: Array
    request: Array
    unit: Array
    variant: Array
    label: Array
    confidence: Array
    latency: Array

    def __len__(self) -> int:
        """Returns how many there are."""
        return len(self.time)

    def only(self, chosen: Array) -> "Answers":
        """Returns some of them."""
        return Answers(*(getattr(self, name)[chosen] for name in COLUMNS))


COLUMNS = tuple(Answers.__dataclass_fields__)


@dataclass(frozen=True)
class Opinions:
    """Feedback in order of time; arrays of one length.

    Attributes:
        time: When it arrived, in seconds since 1970.
        key: Hash of request id and position.
        label: Number of the label; ``NO_LABEL`` for one that no model answers with.
    """

    time: Array
    key: Array
    label: Array


@dataclass
class Collected:
    """What a log says of an experiment.

    Attributes:
        live: What callers were told.
        shadow: What shadows thought, nobody being told.
        opinions: Feedback on any answer of the log.
        labels: Names of the labels, by their numbers.
        account: What the log holds and lacks.
        without_caller: Live answers without a caller.
        elsewhere: Entries of other experiments or of none.
        strangers: Entries of this experiment by a variant that its file does not name.
        digests: Answers by variant and bundle.
    """

    live: Answers
    shadow: Answers
    opinions: Opinions
    labels: tuple[str, ...]
    account: Account
    without_caller: int = 0
    elsewhere: int = 0
    strangers: Counter[str] = field(default_factory=Counter)
    digests: dict[str, Counter[str]] = field(default_factory=dict)


def collect(folder: Path, experiment: Experiment, until: float = float("inf")) -> Collected:
    """Reads the entries of an experiment and all feedback.

    Args:
        folder: The folder of the log.
        experiment: Which entries count.
        until: What is later, in seconds since 1970, is as if it had not happened yet.

    Raises:
        InputError: There is no log, it is damaged, or it holds nothing of this experiment.
    """
    reading = _Reading(experiment, until)
    account = Account()
    for entry in read_log(folder, account):
        try:
            reading.add(entry)
        except DAMAGED as error:
            raise _damaged(folder, entry, error) from error
    if not any(len(rows.time) for rows in reading.rows):
        raise _nothing(folder, reading, account)
    opinions = _opinions(folder, reading.labels, until)
    live, shadow = _numbered(*reading.rows)
    return Collected(
        live, shadow, opinions, tuple(reading.labels), account, reading.without_caller,
        reading.elsewhere, reading.strangers, reading.digests,
    )  # fmt: skip


def _nothing(folder: Path, reading: "_Reading", account: Account) -> InputError:
    if reading.later:
        return InputError(
            f"all {reading.later:,} entries of the experiment {reading.experiment!r} are later",
            where="until", mend="name a later time",
        )  # fmt: skip
    return InputError(
        f"none of {account.entries:,} entries is of the experiment {reading.experiment!r}",
        where=str(folder), mend="name the log of the service that runs it",
    )  # fmt: skip


def _damaged(folder: Path, line: Entry | Feedback, error: Exception) -> InputError:
    kind = "entry" if isinstance(line, Entry) else "feedback"
    return InputError(
        f"{kind} with a field that makes no sense ({error})",
        where=f"{folder}, request {line.request_id!r}, position {line.position!r}",
        mend="restore or delete the line",
    )


def key(request_id: str, position: int) -> int:
    """Returns what stands for a text: 64 bits, enough to tell many millions apart."""
    return _hash(f"{position}\0{request_id}")


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest)


def seconds(moment: str) -> float:
    """Returns an ISO 8601 time in seconds since 1970; without a zone it is UTC.

    Raises:
        ValueError: It is no such time.
    """
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


class _Rows:
    """Columns that grow."""

    def __init__(self) -> None:
        self.time, self.confidence, self.latency = array("d"), array("f"), array("f")
        self.key, self.request, self.unit = array("Q"), array("Q"), array("Q")
        self.variant, self.label = array("h"), array("h")

    def sorted(self) -> Answers:
        """Returns them in order of time; what came first stays first."""
        columns = {name: np.asarray(getattr(self, name)) for name in COLUMNS}
        order = np.argsort(columns["time"], kind="stable")
        return Answers(**{name: values[order] for name, values in columns.items()})


class _Reading:
    """Sorts entries into columns."""

    def __init__(self, experiment: Experiment, until: float) -> None:
        self.experiment, self.until = experiment.name, until
        self.variants = {it.name: number for number, it in enumerate(experiment.variants)}
        self.rows = (_Rows(), _Rows())
        self.labels: dict[str, int] = {}
        self.without_caller = self.elsewhere = self.later = 0
        self.strangers: Counter[str] = Counter()
        self.digests: dict[str, Counter[str]] = {}

    def add(self, entry: Entry) -> None:
        """Takes an entry up, or counts why not."""
        if entry.experiment != self.experiment:
            self.elsewhere += 1
            return
        moment = seconds(entry.time)
        if moment > self.until:
            self.later += 1
            return
        variant = self.variants.get(entry.variant)
        if variant is None:
            self.strangers[entry.variant] += 1
            return
        self.digests.setdefault(entry.variant, Counter())[entry.digest] += 1
        self._append(self.rows[entry.shadow], entry, variant, moment)
        self.without_caller += not (entry.caller or entry.shadow)

    def _append(self, rows: _Rows, entry: Entry, variant: int, moment: float) -> None:
        for label in entry.probabilities:
            self.labels.setdefault(label, len(self.labels))
        request = key(entry.request_id, 0)
        rows.time.append(moment)
        rows.key.append(key(entry.request_id, entry.position) if entry.position else request)
        rows.request.append(request)
        rows.unit.append(_hash(f"caller\0{entry.caller}") if entry.caller else request)
        rows.variant.append(variant)
        rows.label.append(self.labels.setdefault(entry.label, len(self.labels)))
        rows.confidence.append(max(entry.probabilities.values(), default=0.0))
        rows.latency.append(entry.latency_ms)


def _numbered(*rows: _Rows) -> Iterator[Answers]:
    """Yields the columns with callers numbered from 0, over all of them."""
    columns = [it.sorted() for it in rows]
    _, number = np.unique(np.concatenate([it.unit for it in columns]), return_inverse=True)
    begin = 0
    for it in columns:
        unit = number[begin : begin + len(it)].astype(np.int64)
        begin += len(it)
        yield Answers(**{name: getattr(it, name) for name in COLUMNS if name != "unit"}, unit=unit)


def _opinions(folder: Path, labels: dict[str, int], until: float) -> Opinions:
    time, keys, label = array("d"), array("Q"), array("h")
    for it in read_feedback(folder):
        try:
            moment, number = seconds(it.time), labels.get(it.label, NO_LABEL)
        except DAMAGED as error:
            raise _damaged(folder, it, error) from error
        if moment <= until:
            time.append(moment)
            keys.append(key(it.request_id, it.position))
            label.append(number)
    order = np.argsort(np.asarray(time), kind="stable")
    return Opinions(*(np.asarray(it)[order] for it in (time, keys, label)))
