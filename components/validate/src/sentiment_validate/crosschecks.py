"""Checks that statistics of single columns cannot make: across rows and across splits.

Statistics count values by sketches, so they cannot find the same text twice, and they look at one
split at a time. Every function here looks at the rows themselves.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import pandas as pd

from sentiment_validate import similarity
from sentiment_validate.anomalies import SHOWN_IDS, Anomaly, numbered
from sentiment_validate.examples import fold, is_text
from sentiment_validate.rules import Policy

Frames = Mapping[str, pd.DataFrame]
Twins = Mapping[str, Mapping[int, similarity.Twin]]


def crosschecks(
    frames: Frames, labels: Sequence[str], policy: Policy, twins: Twins
) -> list[Anomaly]:
    """Runs every check of this module.

    Args:
        frames: The rows of each split, by split.
        labels: The classes every split must have; empty where the schema names none.
        policy: The thresholds.
        twins: What ``near_duplicates`` found.

    Returns:
        What was found, in the order of the checks.
    """
    return [
        *too_few_of_class(frames, labels, policy),
        *class_imbalance(frames, labels, policy),
        *repeated_ids(frames, policy),
        *shared(frames, "id", policy),
        *shared(frames, "group", policy),
        *shared(frames, "text", policy),
        *too_near(frames, twins, policy),
    ]


def too_few_of_class(frames: Frames, labels: Sequence[str], policy: Policy) -> Iterator[Anomaly]:
    """Finds classes of which a split with rows has too few to learn or to measure anything."""
    rule = "too_few_of_class"
    for split, counts in class_counts(frames, labels).items():
        least = policy.setting(rule, split)
        for label, number in counts.items():
            if number < least:
                what = (
                    f"{numbered(number, 'row')} of class {label} among {len(frames[split]):,}; at "
                    f"least {least:g} are wanted"
                )
                yield Anomaly(split, "label", what, policy.severity(rule), rule, rule)


def class_imbalance(frames: Frames, labels: Sequence[str], policy: Policy) -> Iterator[Anomaly]:
    """Tells whether the rarest class has too small a share of train."""
    rule = "class_imbalance"
    counts = class_counts(frames, labels).get("train", {})
    if rarest := min(counts, key=counts.__getitem__, default=""):
        share, least = counts[rarest] / len(frames["train"]), policy.setting(rule, "min_share")
        if share < least:
            what = f"{share:.2%} of the rows are of class {rarest}; at least {least:.2%} are wanted"
            yield Anomaly("train", "label", what, policy.severity(rule), rule, rule)


def class_counts(frames: Frames, labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """Counts the rows of each class in every split that has rows and labels."""
    counts = {}
    for split, frame in frames.items():
        if "label" in frame and not frame.empty:
            found = Counter(frame["label"])
            counts[split] = {label: found[label] for label in labels}
    return counts


def repeated_ids(frames: Frames, policy: Policy) -> Iterator[Anomaly]:
    """Finds ids that more than one row of a split has."""
    rule = "repeated_id"
    for split, frame in frames.items():
        if "id" not in frame:
            continue
        ids = frame["id"].dropna()
        twice = sorted(set(ids[ids.duplicated()].astype(str)))
        if twice:
            what = f"{numbered(len(twice), 'id')} of more than one row"
            severity, some = policy.severity(rule), tuple(twice[:SHOWN_IDS])
            yield Anomaly(split, "id", what, severity, rule, rule, some)


def shared(frames: Frames, column: str, policy: Policy) -> Iterator[Anomaly]:
    """Finds values of a column that two splits have in common: leakage.

    Texts are compared but for case and white space. Null and blank values are left out; the schema
    judges them.
    """
    rule = f"shared_{column}"
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
            yield Anomaly(second, column, what, policy.severity(rule), rule, rule, ids)


def near_duplicates(frames: Frames, policy: Policy) -> Twins:
    """Finds texts that nearly are a text of an earlier split, without being one.

    Args:
        frames: The rows of each split.
        policy: Says how alike near-duplicates are.

    Returns:
        By split that has texts, the place of each row found and where its twin stands.
    """
    texts = {
        split: frame["text"].fillna("").tolist()
        for split, frame in frames.items()
        if "text" in frame and is_text(frame["text"])
    }
    found = similarity.twins(texts, policy.setting("near_duplicate", "similarity"))
    known: set[str] = set()
    for split, listed in texts.items():
        folded = [fold(text) for text in listed]
        found[split] = {at: twin for at, twin in found[split].items() if folded[at] not in known}
        known.update(folded)
    return found


def too_near(frames: Frames, twins: Twins, policy: Policy) -> Iterator[Anomaly]:
    """Tells where more texts than tolerated are near-duplicates of an earlier split's."""
    rule = "near_duplicate"
    alike, most = policy.setting(rule, "similarity"), policy.setting(rule, "max_share")
    for split, found in twins.items():
        share = len(found) / len(frames[split]) if found else 0.0
        if share > most:
            places = Counter(twin.split for twin in found.values())
            what = (
                f"{numbered(len(found), 'text')} ({share:.2%}) nearly like one of "
                f"{' or '.join(sorted(places))}: {alike:.0%} of the words or more; "
                f"{most:.2%} are tolerated"
            )
            ids = _ids(frames[split], frames[split].index[sorted(found)])
            yield Anomaly(split, "text", what, policy.severity(rule), rule, rule, ids)


def _values(frame: pd.DataFrame, column: str) -> pd.Series:
    values = frame[column].dropna().astype(str)
    values = values.map(fold) if column == "text" else values
    return values[values.str.strip() != ""]


def _ids(frame: pd.DataFrame, rows: pd.Index) -> tuple[str, ...]:
    if "id" not in frame:
        return ()
    return tuple(frame.loc[rows[:SHOWN_IDS], "id"].astype(str))
