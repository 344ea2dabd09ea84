"""Checks that statistics of single columns cannot make: across rows and across splits.

Statistics count values by sketches, so they cannot find the same text twice, and they look at one
split at a time. Every function here looks at the rows themselves.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import pandas as pd

from sentiment_validate.anomalies import SHOWN_IDS, Anomaly, numbered
from sentiment_validate.examples import is_text

Frames = Mapping[str, pd.DataFrame]
_ADDRESS = re.compile(r"@\w+|https?://\S+|www\.\S+")
_NO_WORD = re.compile(r"[\W_]+")


def crosschecks(frames: Frames, labels: Sequence[str]) -> list[Anomaly]:
    """Runs every check of this module.

    Args:
        frames: The rows of each split, by split.
        labels: The classes every split must have; empty where the schema names none.

    Returns:
        What was found, in the order of the checks.
    """
    return [
        *missing_classes(frames, labels),
        *duplicated_ids(frames),
        *shared(frames, "id"),
        *shared(frames, "group"),
        *shared(frames, "text"),
        *nearly_shared_texts(frames),
    ]


def missing_classes(frames: Frames, labels: Sequence[str]) -> Iterator[Anomaly]:
    """Finds classes that a split with rows has no row of: nothing can be learnt or measured."""
    for split, frame in frames.items():
        if "label" not in frame or frame.empty:
            continue
        present = set(frame["label"])
        for label in labels:
            if label not in present:
                what = f"no row of class {label} among {len(frame):,}"
                yield Anomaly(split, "label", what, "error", "missing_class")


def duplicated_ids(frames: Frames) -> Iterator[Anomaly]:
    """Finds ids that more than one row of a split has."""
    for split, frame in frames.items():
        if "id" not in frame:
            continue
        ids = frame["id"].dropna()
        twice = sorted(set(ids[ids.duplicated()].astype(str)))
        if twice:
            what = f"{numbered(len(twice), 'id')} of more than one row"
            yield Anomaly(split, "id", what, "error", "duplicated_id", tuple(twice[:SHOWN_IDS]))


def shared(frames: Frames, column: str) -> Iterator[Anomaly]:
    """Finds values of a column that two splits have in common: leakage.

    Null and blank values are left out; the schema judges them.
    """
    keys = {name: _values(frame, column) for name, frame in frames.items() if column in frame}
    for (first, known), (second, keyed) in combinations(keys.items(), 2):
        common = keyed[keyed.isin(set(known))]
        if not common.empty:
            share = len(common) / len(frames[second])
            what = (
                f"{numbered(common.nunique(), column)} also in {first} "
                f"({numbered(len(common), 'row')}, {share:.1%} of {second})"
            )
            ids = _ids(frames[second], common.index)
            yield Anomaly(second, column, what, "error", f"shared_{column}", ids)


def nearly_shared_texts(frames: Frames) -> Iterator[Anomaly]:
    """Finds texts that have the words of a text in an earlier split without being that text."""
    texts = {
        name: frame["text"].dropna()
        for name, frame in frames.items()
        if "text" in frame and is_text(frame["text"])
    }
    for (first, known), (second, mine) in combinations(texts.items(), 2):
        near = _same_words(mine, known)
        if not near.empty:
            what = (
                f"{numbered(len(near), 'text')} with the words of a text in {first}, differing "
                "only in case, punctuation, mentions or addresses"
            )
            ids = _ids(frames[second], near.index)
            yield Anomaly(second, "text", what, "warning", "nearly_shared_text", ids)


def _same_words(mine: pd.Series, known: pd.Series) -> pd.Series:
    unlike = mine[~mine.isin(set(known))].map(words)
    return unlike[unlike.isin(set(known.map(words))) & (unlike != "")]


def words(text: str) -> str:
    """Returns the words of a text, case-folded, parted by one space.

    Mentions and addresses are left out: a tweet of an emoticon to the same person is not the same.
    """
    return _NO_WORD.sub(" ", _ADDRESS.sub(" ", text.casefold())).strip()


def _values(frame: pd.DataFrame, column: str) -> pd.Series:
    values = frame[column].dropna().astype(str)
    return values[values.str.strip() != ""]


def _ids(frame: pd.DataFrame, rows: pd.Index) -> tuple[str, ...]:
    if "id" not in frame:
        return ()
    return tuple(frame.loc[rows[:SHOWN_IDS], "id"].astype(str))
