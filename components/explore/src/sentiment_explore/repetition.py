"""What is written again and again: forms, templates, the same sentence with another number."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sentiment_explore.reading import LABELS, Dropped, Flags, Integers, Rows, excerpt

PHRASE_WORDS = 4
LEAST_ROWS = 3
SHOWN = 6


@dataclass(frozen=True)
class Phrase:
    """Words that several texts have in common.

    Attributes:
        words: The words, in lower case, without numbers and punctuation.
        rows: How many texts have them.
        labels: The same by label, in the order of ``LABELS``.
    """

    words: str
    rows: int
    labels: list[int]


@dataclass(frozen=True)
class Repetition:
    """What is repeated in the rows that ingest kept, the test split apart, and in those it dropped.

    Attributes:
        forms: Whole texts that differ in numbers, case and punctuation alone.
        openings: First words of longer texts.
        closings: Last words of longer texts.
        alike: Rows whose form another row has.
        dropped: Text of a kept row -> how many rows ingest dropped because they repeat it.
    """

    forms: list[Phrase]
    openings: list[Phrase]
    closings: list[Phrase]
    alike: int
    dropped: list[tuple[str, int]]


def repetition(rows: Rows, dropped: Dropped) -> Repetition:
    """Counts repeated forms, openings and closings."""
    shown = rows.shown
    lowered = pc.utf8_lower(rows.texts.filter(pa.array(shown)))
    forms = pc.utf8_trim(pc.replace_substring_regex(lowered, r"[^\pL]+", " "), " ")
    labels = rows.labels[shown]
    four = r"\S+(?: \S+){" + str(PHRASE_WORDS - 1) + "}"
    whole = _counted(forms, labels)
    return Repetition(
        forms=_phrases(whole),
        openings=_phrases(_counted(_found(forms, rf"^(?P<it>{four}) "), labels)),
        closings=_phrases(_counted(_found(forms, rf" (?P<it>{four})$"), labels)),
        alike=int(whole[1].sum(axis=1)[whole[1].sum(axis=1) > 1].sum()),
        dropped=_texts_of(rows, shown, dropped),
    )


def _found(forms: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    found = pc.extract_regex(forms, pattern)
    return pc.fill_null(pc.struct_field(found, "it"), "")


def _counted(phrases: pa.ChunkedArray, labels: Integers) -> tuple[pa.Array, Integers]:
    """Returns every phrase but the empty one, and its rows by label, [phrases, labels]."""
    encoded = phrases.combine_chunks().dictionary_encode()
    counts = np.zeros([len(encoded.dictionary), len(LABELS)], np.int64)
    np.add.at(counts, (encoded.indices.to_numpy(), labels), 1)
    named = pc.not_equal(encoded.dictionary, "").to_numpy(zero_copy_only=False)
    return encoded.dictionary.filter(pa.array(named)), counts[named]


def _phrases(counted: tuple[pa.Array, Integers]) -> list[Phrase]:
    words, counts = counted
    totals = counts.sum(axis=1)
    places = np.flatnonzero(totals >= LEAST_ROWS)
    named = [(words[int(place)].as_py(), int(place)) for place in places]
    ranked = sorted(named, key=lambda it: (-totals[it[1]], it[0]))[:SHOWN]
    return [Phrase(excerpt(name), int(totals[at]), counts[at].tolist()) for name, at in ranked]


def _texts_of(rows: Rows, shown: Flags, dropped: Dropped) -> list[tuple[str, int]]:
    """Returns the texts that were repeated most, of rows that may be shown."""
    ids = list(dropped.repeats)
    found = pc.index_in(pa.array(ids, pa.large_string()), value_set=rows.ids.combine_chunks())
    places = [
        (place.as_py(), dropped.repeats[name]) for name, place in zip(ids, found, strict=True)
    ]
    kept = [(at, count) for at, count in places if at is not None and shown[at]]
    texts = rows.texts_at(np.array([at for at, _ in kept], np.int64))
    return [(excerpt(text), count) for text, (_, count) in zip(texts, kept, strict=True)][:SHOWN]
