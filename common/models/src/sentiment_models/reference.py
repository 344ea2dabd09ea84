"""``reference.json``: what a model's training looked like, to hold what it meets later against.

Everything is a count over the train split: no row and no text is in it. The probabilities are
cross-fitted, each row's by a model that had not seen it, for a model is surer of what it has learnt
by heart. Of words, ``terms`` holds those alone that at least ``LEAST_ROWS`` rows have, of as many
groups: no single customer's words get in where groups are customers. Where each row is its own
group nobody knows who wrote it; so what has ``MANY_DIGITS``, as numbers of orders, customers and
telephones do, never gets in.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_common.text.language import language_of
from sentiment_models.bundle import LABELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REFERENCE = "reference.json"
SCHEMA_VERSION = 1
CONFIDENCE_EDGES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
SCORE_EDGES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
LENGTH_EDGES = (10, 20, 30, 45, 65, 95, 140, 200, 300, 450, 650, 1000, 2000, 5000)
UNKNOWN_EDGES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 0.99)
"""The edges belong to the schema: whoever counts by them needs no reference to do so."""
LEAST_ROWS, MOST_TERMS = 5, 2_000
MANY_DIGITS = 5
MOST_BYTES = 16 << 20
"""Of the file; some 30 KB are usual."""
EXAMINED_CHARACTERS = 2_000
"""Of a longer text only the beginning is read for words and language, so that work is bounded."""
RETRAIN = "train the model again, or restore it from its registry"


@dataclass(frozen=True)
class Histogram:
    """Counts of values between edges.

    Attributes:
        edges: Ascending. A value that equals an edge belongs below it, as in Prometheus.
        counts: One more than edges: the first and the last bin are open.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, edges: Sequence[float], values: Iterable[float]) -> "Histogram":
        """Counts values between edges."""
        found = Counter(bisect_left(edges, value) for value in values)
        return cls(tuple(edges), tuple(found[position] for position in range(len(edges) + 1)))

    @property
    def total(self) -> int:
        """Number of the values."""
        return sum(self.counts)


@dataclass(frozen=True)
class Reference:
    """The train split as counts.

    Attributes:
        rows: Rows of the train split.
        text_specification: ``sha256:`` digest of the specification that made the words.
        confusion: By true label, by predicted label the rows.
        confidence: Of the highest probability of each row.
        right: Rows of each bin of ``confidence`` whose predicted label is the true one.
        score: By label, of its probability in each row.
        length: Of the characters of each text.
        unknown: Of the share of each text's words that ``terms`` does not hold, its own row not
            counted: what a text that was not in training would have got.
        languages: Rows of each language, see ``sentiment_common.text.language``.
        terms: By word (a token of the text specification) the rows that have it; at most
            ``MOST_TERMS``, in ``LEAST_ROWS`` rows and groups at least.
        words: Sum over rows of their different words, whether they are in ``terms`` or not.
        schema_version: Version of the file's layout.

    Raises:
        ValueError: The counts are not of the same rows, or are no counts.
    """

    rows: int
    text_specification: str
    confusion: Mapping[str, Mapping[str, int]]
    confidence: Histogram
    right: tuple[int, ...]
    score: Mapping[str, Histogram]
    length: Histogram
    unknown: Histogram
    languages: Mapping[str, int]
    terms: Mapping[str, int]
    words: int
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:  # noqa: D105 (its errors are the class's)
        known = {
            CONFIDENCE_EDGES: [self.confidence], LENGTH_EDGES: [self.length],
            UNKNOWN_EDGES: [self.unknown], SCORE_EDGES: [*self.score.values()],
        }  # fmt: skip
        for edges, parts in known.items():
            if any(part.edges != edges or len(part.counts) != len(edges) + 1 for part in parts):
                raise ValueError("its bins are not those of the schema")
        histograms = [part for parts in known.values() for part in parts]
        if any(type(count) is not int or count < 0 for count in self._all_counts(histograms)):
            raise ValueError("what should be counts are none")
        if len(self.terms) > MOST_TERMS or sum(self.terms.values()) > self.words:
            raise ValueError("it has too many words")
        counted = (self.languages, self.labels, self.predicted)
        totals = {part.total for part in histograms} | {sum(part.values()) for part in counted}
        if totals != {self.rows} or len(self.right) != len(self.confidence.counts):
            raise ValueError("its counts are not of the same rows")

    def _all_counts(self, histograms: Iterable[Histogram]) -> Iterator[int]:
        yield from (self.rows, self.words, *self.right)
        yield from (*self.languages.values(), *self.terms.values())
        yield from (count for row in self.confusion.values() for count in row.values())
        yield from (count for part in histograms for count in part.counts)

    @property
    def labels(self) -> dict[str, int]:
        """Rows of each true label."""
        return {label: sum(row.values()) for label, row in self.confusion.items()}

    @property
    def predicted(self) -> dict[str, int]:
        """Rows of each predicted label."""
        return {label: sum(row[label] for row in self.confusion.values()) for label in LABELS}

    @property
    def reliability(self) -> list[tuple[int, int]]:
        """For each bin of ``confidence`` its rows, and those that were predicted right."""
        return list(zip(self.confidence.counts, self.right, strict=True))

    def write(self, folder: Path) -> None:
        """Writes ``reference.json``; equal references give equal bytes."""
        write_json(folder / REFERENCE, asdict(self))


@dataclass(frozen=True)
class Examined:
    """What the reference's text signals say of one text.

    Attributes:
        characters: Its length.
        language: One of ``sentiment_common.text.language.LANGUAGES``.
        words: Its different words.
        unknown: Share of these that the reference does not hold; 1 for a text without a word.
    """

    characters: int
    language: str
    words: frozenset[str]
    unknown: float


class Examiner:
    """Examines texts as those of the reference were.

    Args:
        specification: The bundle's text specification.
        terms: The reference's words.
    """

    def __init__(self, specification: TextSpecification, terms: Iterable[str]) -> None:
        self._tokenizer = Tokenizer(specification)
        self._empty = specification.empty_token
        self._terms = frozenset(terms)

    def examine(self, text: str, characters: int | None = None) -> Examined:
        """Examines a text, of a very long one its beginning.

        Args:
            text: The text, or its first ``EXAMINED_CHARACTERS``.
            characters: Its whole length; that of ``text`` if not given.
        """
        length, language, words = _read(self._tokenizer, self._empty, text)
        unknown = share(words - self._terms, words)
        return Examined(length if characters is None else characters, language, words, unknown)


def make(
    texts: Sequence[str],
    probabilities: "NDArray[np.float64]",
    targets: Iterable[int],
    specification: TextSpecification,
    *,
    groups: Iterable[Hashable] | None = None,
) -> Reference:
    """Makes the reference of a model.

    Args:
        texts: Raw texts of the train split.
        probabilities: Calibrated probabilities of each, cross-fitted, shape (rows, labels).
        targets: Position of each row's label in LABELS.
        specification: What the model makes words by.
        groups: Rows of one group are of one origin; each row is its own without them.
    """
    tokenizer, empty = Tokenizer(specification), specification.empty_token
    facts = [_read(tokenizer, empty, text) for text in texts]
    rows = [words for _, _, words in facts]
    terms, least = _terms(rows, range(len(rows)) if groups is None else groups)
    # Its own row not counted, a word is known if the other rows would have made it a term.
    known = {term for term, found in terms.items() if found > least}
    return Reference(
        rows=len(texts),
        text_specification=specification.digest,
        **_of_scores(probabilities, targets),
        length=Histogram.of(LENGTH_EDGES, (characters for characters, _, _ in facts)),
        unknown=Histogram.of(UNKNOWN_EDGES, (share(words - known, words) for words in rows)),
        languages=dict(sorted(Counter(language for _, language, _ in facts).items())),
        terms=dict(sorted(terms.items())),
        words=sum(map(len, rows)),
    )


def rescored(
    reference: Reference, probabilities: "NDArray[np.float64]", targets: Iterable[int]
) -> Reference:
    """Returns the reference of another model of the same rows: an ensemble's from a member's.

    Args:
        reference: The member's.
        probabilities: Calibrated probabilities of the other model, shape (rows, labels).
        targets: Position of each row's label in LABELS.
    """
    return replace(reference, **_of_scores(probabilities, targets))


def read(folder: Path) -> Reference | None:
    """Reads ``reference.json``; None if the bundle has none, as those of older trainers.

    Raises:
        InputError: It is damaged or of another schema version.
    """
    path = folder / REFERENCE
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES >> 20} MB")
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["schema_version"] != SCHEMA_VERSION:
            raise InputError(
                f"wanted a reference of schema {SCHEMA_VERSION}, got {stored['schema_version']}",
                where=str(path),
                mend="use the sentiment-models that came with the stage which made the model",
            )
        return Reference(**{**stored, **_parsed(stored)})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"damaged ({error})", where=str(path), mend=RETRAIN) from error


def share(some: frozenset[str] | set[str], words: frozenset[str]) -> float:
    """Returns the share that some words of a text are of all; 1 if the text has none."""
    return len(some) / len(words) if words else 1.0


def _read(tokenizer: Tokenizer, empty: str, text: str) -> tuple[int, str, frozenset[str]]:
    beginning = text[:EXAMINED_CHARACTERS]
    words = frozenset(tokenizer.tokens(beginning)) - {empty}
    return len(text), language_of(beginning), words


def _terms(
    rows: Sequence[frozenset[str]], groups: Iterable[Hashable]
) -> tuple[dict[str, int], int]:
    """Returns the frequent words with their rows, and the least rows that make a word one."""
    found = Counter(word for words in rows for word in words)
    frequent = {
        word: set[Hashable]()
        for word, count in found.items()
        if count >= LEAST_ROWS and sum(map(str.isdigit, word)) < MANY_DIGITS
    }
    for words, group in zip(rows, groups, strict=True):
        for word in words & frequent.keys():
            frequent[word].add(group)
    common = {word: found[word] for word, of in frequent.items() if len(of) >= LEAST_ROWS}
    ranked = sorted(common.values(), reverse=True)
    # Of words in equally many rows all are left out, or the alphabet would decide.
    least = max(LEAST_ROWS, ranked[MOST_TERMS] + 1 if len(ranked) > MOST_TERMS else 0)
    return {word: count for word, count in common.items() if count >= least}, least


def _of_scores(probabilities: "NDArray[np.float64]", targets: Iterable[int]) -> dict[str, Any]:
    true = [int(target) for target in targets]
    rows: list[list[float]] = probabilities.tolist()
    confidences = [max(row) for row in rows]
    predicted = [row.index(highest) for row, highest in zip(rows, confidences, strict=True)]
    pairs = Counter(zip(true, predicted, strict=True))
    right = (
        confidence
        for confidence, target, found in zip(confidences, true, predicted, strict=True)
        if target == found
    )
    return {
        "confusion": {
            label: {found: pairs[row, column] for column, found in enumerate(LABELS)}
            for row, label in enumerate(LABELS)
        },
        "confidence": Histogram.of(CONFIDENCE_EDGES, confidences),
        "right": Histogram.of(CONFIDENCE_EDGES, right).counts,
        "score": {
            label: Histogram.of(SCORE_EDGES, (row[number] for row in rows))
            for number, label in enumerate(LABELS)
        },
    }


def _parsed(stored: Mapping[str, Any]) -> dict[str, Any]:
    def histogram(given: Mapping[str, Any]) -> Histogram:
        return Histogram(tuple(given["edges"]), tuple(given["counts"]))

    return {
        **{name: histogram(stored[name]) for name in ("confidence", "length", "unknown")},
        "right": tuple(stored["right"]),
        "score": {label: histogram(stored["score"][label]) for label in LABELS},
    }
