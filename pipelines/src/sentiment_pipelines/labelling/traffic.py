"""Reads a window of the request log in one pass, and keeps of it what a batch is chosen from.

However long the log, memory is bounded: an even sample of the answers, and the least certain.
"""

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.request_log import Account, Entry, read_feedback, read_log
from sentiment_models.bundle import LABELS

SAMPLE = 20_000
"""Answers of the even sample: enough to know what is common in a window."""
LENGTH = re.compile(r"([1-9][0-9]{0,5})([mhd])")
SECONDS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0}
MTIME_SECONDS = 3_600.0
"""A file is read if it was written at most this long before what is looked for."""
DAMAGED = (TypeError, ValueError, AttributeError, OverflowError, KeyError)
"""What a field raises that is JSON, but not what it should be."""
Key = tuple[str, int]


@dataclass(frozen=True)
class Window:
    """From when to when, in seconds since 1970; the end itself is outside."""

    since: float
    until: float


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """A text of the window and what was answered.

    Attributes:
        chance: Hash of the seed and its name, 0 to 2**64: who is low is drawn.
        key: Request id and position.
        text: The text, as it was kept.
        caller: Hash of who sent it; empty if nobody knows.
        label: The answer.
        digest: Digest of the model's bundle.
        margin: Of the two highest probabilities, their difference.
        open: Whether neither a labeller nor feedback has said anything of it.
    """

    chance: int
    key: Key
    text: str
    caller: str
    label: str
    digest: str
    margin: float
    open: bool


@dataclass(frozen=True)
class Traffic:
    """What is known of a window.

    Attributes:
        population: Answers that could be drawn.
        sample: An even sample of them, the least chance first: every beginning of it is a simple
            random sample without replacement.
        unsure: Of those that are open the smallest margins, the smallest first.
        passed_over: What was left out, by reason.
        account: What the log holds and lacks.
    """

    population: int
    sample: list[Answer]
    unsure: list[Answer]
    passed_over: Counter[str]
    account: Account


def window(length: str, until: str) -> Window:
    """Returns what the options mean.

    Args:
        length: Such as ``24h``, ``90m`` or ``7d``.
        until: ISO time; empty for now.

    Raises:
        InputError: One of them makes no sense.
    """
    match = LENGTH.fullmatch(length)
    if not match:
        raise InputError(f"{length!r} is no length", where="--window", mend="e.g. 24h, 90m or 7d")
    try:
        end = _seconds(until) if until else datetime.now(UTC).timestamp()
    except (ValueError, OverflowError) as error:
        mend = "e.g. 2026-11-30T00:00:00Z"
        raise InputError(f"{until!r} is no time", where="--until", mend=mend) from error
    since = end - int(match[1]) * SECONDS[match[2]]
    if since < 0:
        raise InputError("it begins before 1970", where="--window", mend="a shorter one")
    return Window(since, end)


def collect(folder: Path, span: Window, labelled: Set[str], seed: int, unsure: int) -> Traffic:
    """Reads a window of a log.

    Args:
        folder: The folder of the log.
        span: The window.
        labelled: Texts that people have labelled.
        seed: Of the sample.
        unsure: How many of the least certain to keep.

    Raises:
        InputError: There is no log, or one of a later version.
    """
    account = Account(tolerant=True)
    judged = {(it.request_id, it.position) for it in read_feedback(folder, account)}
    reading = _Reading(span, labelled, judged, seed, unsure)
    for entry in read_log(folder, account, since=span.since - MTIME_SECONDS):
        try:
            reading.add(entry)
        except DAMAGED:
            account.damaged += 1
    sample = sorted((it for *_, it in reading.sample), key=lambda it: (it.chance, it.key))
    least = sorted((it for *_, it in reading.unsure), key=lambda it: (it.margin, it.chance, it.key))
    return Traffic(reading.population, sample, least, reading.passed_over, account)


def chance(seed: int, purpose: str, key: Key) -> int:
    """Returns a number from 0 to 2**64 that is as good as random, and always the same."""
    request_id, position = key
    name = f"{seed}\0{purpose}\0{position}\0{request_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())


Ranked = tuple[float, int, Key, Answer]
"""Comes the later, the more it is wanted."""


class _Reading:
    """Keeps an even sample of the answers, and those with the smallest margins.

    The sample is the answers with the lowest hashes: it depends neither on the order of files nor
    on luck (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
    """

    def __init__(
        self, span: Window, labelled: Set[str], judged: Set[Key], seed: int, unsure: int
    ) -> None:
        self._span, self._labelled, self._judged = span, labelled, judged
        self._seed, self._most_unsure = seed, unsure
        self.population = 0
        self.passed_over: Counter[str] = Counter()
        self.sample: list[Ranked] = []
        self.unsure: list[Ranked] = []

    def add(self, entry: Entry) -> None:
        """Takes an entry up, or counts why not."""
        if not self._span.since <= _seconds(entry.time) < self._span.until:
            return
        if entry.shadow:
            self.passed_over["answers of a shadow, which nobody was given"] += 1
        elif entry.text is None:
            self.passed_over["without their text"] += 1
        elif not entry.text.strip():
            self.passed_over["of white space alone"] += 1
        else:
            self._take(self._answer(entry))

    def _take(self, it: Answer) -> None:
        self.population += 1
        _keep(self.sample, (0.0, -it.chance, it.key, it), SAMPLE)
        if it.open:
            _keep(self.unsure, (-it.margin, -it.chance, it.key, it), self._most_unsure)
        else:
            self.passed_over["judged before: asked about by chance alone, if at all"] += 1

    def _answer(self, entry: Entry) -> Answer:
        row = sorted(float(entry.probabilities[label]) for label in LABELS)
        # A NaN fails the comparison; older services logged few digits.
        if not abs(sum(row) - 1) <= 0.01 or row[0] < 0 or entry.label not in LABELS:
            raise ValueError("no answer")
        # Half a surrogate pair cannot be written to a file.
        text = (entry.text or "").encode("utf-8", "replace").decode()
        key = (str(entry.request_id), int(entry.position))
        # A label costs a person's time, and what feedback has judged has one of sorts.
        unjudged = text not in self._labelled and key not in self._judged
        return Answer(
            chance(self._seed, "draw", key), key, text, entry.caller, entry.label, entry.digest,
            row[-1] - row[-2], unjudged,
        )  # fmt: skip


def _keep(heap: list[Ranked], it: Ranked, most: int) -> None:
    if len(heap) < most:
        heapq.heappush(heap, it)
    elif it > heap[0]:
        heapq.heapreplace(heap, it)


def _seconds(moment: str) -> float:
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
