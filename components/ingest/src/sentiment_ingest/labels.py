"""Labels: what the values of a label column mean, said by the user or proposed, never guessed."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from sentiment_common.errors import InputError

NEGATIVE, NEUTRAL, POSITIVE = LABELS = ("negative", "neutral", "positive")
DROP = "drop"
"""Stands for a label in a mapping: rows with that value are left out."""

SPELLINGS: Mapping[str, Collection[str]] = {
    NEGATIVE: (
        "negative", "neg", "negativ", "negativo", "négatif", "negatif", "negatief", "bad",
        "unhappy", "sad", "false", "no", "dislike", "down", "thumbs down", "thumbs_down", "👎",
        "--", "-", "very negative", "very_negative", "detractor",
    ),
    NEUTRAL: (
        "neutral", "neu", "neutro", "neutre", "neutraal", "mixed", "passive",
    ),
    POSITIVE: (
        "positive", "pos", "positiv", "positivo", "positif", "positief", "good", "happy",
        "true", "yes", "like", "up", "thumbs up", "thumbs_up", "👍", "++", "+", "very positive",
        "very_positive", "promoter",
    ),
}  # fmt: skip
NUMBERS: tuple[Mapping[str, str], ...] = (
    {"0": NEGATIVE, "1": POSITIVE},
    {"-1": NEGATIVE, "0": NEUTRAL, "1": POSITIVE},
    {"1": NEGATIVE, "2": POSITIVE},  # the polarity sets of Zhang, Zhao & LeCun (NIPS 2015)
    {"0": NEGATIVE, "1": NEUTRAL, "2": POSITIVE},
    {"0": NEGATIVE, "4": POSITIVE},  # Sentiment140
    {"0": NEGATIVE, "2": NEUTRAL, "4": POSITIVE},
    {"label_0": NEGATIVE, "label_1": POSITIVE},
    {"label_0": NEGATIVE, "label_1": NEUTRAL, "label_2": POSITIVE},
)
"""Known numberings, the first that has all values is proposed."""

STARS = frozenset("12345")
SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
NUMBER = re.compile(r"([+-]?)0*(\d+)(?:[.,]0*)?")


def parse_label(value: Any) -> str | None:
    """Returns the label a value names, or None if it names none.

    Only the three words themselves, in any case, with white space or full stop around, are labels
    without being told: all other spellings mean something else to somebody.
    """
    label = str(value).strip(" \t\n\r.").casefold()
    return label if label in LABELS else None


def label_key(value: Any) -> str:
    """Returns what equal spellings of a label have in common: ``1.0`` and ``+1`` are ``1``."""
    key = " ".join(SKIN.sub("", str(value)).casefold().strip().strip(".").split())
    number = NUMBER.fullmatch(key)
    if not number:
        return key
    return ("-" if number[1] == "-" and number[2].strip("0") else "") + number[2]


def parse_mapping(text: str, where: str = "--labels") -> dict[str, str]:
    """Reads ``VALUE=LABEL,VALUE=LABEL``, e.g. ``0=negative,1=positive,spam=drop``.

    Raises:
        InputError: A part is no such pair, names no label, or a value is mapped twice.
    """
    pairs = [part.rpartition("=") for part in text.split(",") if part.strip()]
    if any(not sign for _, sign, _ in pairs):
        raise InputError(
            f"{text!r} is no list of VALUE=LABEL", where=where, mend="e.g. 0=negative,1=positive"
        )
    mapping = check_mapping({value.strip(): label.strip() for value, _, label in pairs}, where)
    if len(mapping) < len(pairs):
        raise InputError(f"{text!r} names a value twice", where=where, mend="name each value once")
    return mapping


def check_mapping(mapping: Mapping[str, str], where: str) -> dict[str, str]:
    """Returns a mapping by key of its values, see ``label_key``.

    Raises:
        InputError: A value is mapped to something that is no label.
    """
    checked: dict[str, str] = {}
    for value, label in mapping.items():
        known = DROP if label.casefold() == DROP else parse_label(label)
        if known is None:
            raise InputError(
                f"{label!r} is no label (for the value {value!r})",
                where=where,
                mend=f"map to {', '.join(LABELS)}, or to {DROP} to leave such rows out",
            )
        checked[label_key(value)] = known
    return checked


def mend_for(values: Collection[str], column: str) -> str:
    """Returns how to tell what values of a label column mean: a known scheme is proposed.

    Args:
        values: The distinct values that are no labels, as they came.
        column: Name of the column.
    """
    proposed = propose(values)
    if proposed:
        pairs = ",".join(f"{value}={label}" for value, label in proposed.items())
        return f"if that is what they mean, give --labels {_quoted(pairs)}"
    keys = {label_key(value) for value in values}
    if keys <= STARS:
        return f"if they are stars, give --rating-column {_quoted(column)}"
    if all(NUMBER.fullmatch(key) for key in keys):
        return f"give --rating-column {_quoted(column)} for ratings, --labels for numbered classes"
    return (
        f"say what each means: --labels {_quoted(next(iter(values)) + '=negative')},... (or =drop)"
    )


def propose(values: Collection[str]) -> dict[str, str]:
    """Returns the label of each value if all are of one known scheme, else nothing."""
    spelt = {label_key(value): value for value in values if parse_label(value) is None}
    if not spelt:
        return {}
    words = {spelling: label for label, known in SPELLINGS.items() for spelling in known}
    if spelt.keys() <= words.keys():
        scheme: Mapping[str, str] = words
    else:
        scheme = next((it for it in NUMBERS if spelt.keys() <= it.keys()), {})
    found = {value: scheme[key] for key, value in spelt.items() if key in scheme}
    return dict(sorted(found.items(), key=lambda item: (LABELS.index(item[1]), item[0])))


def _quoted(argument: str) -> str:
    return f"'{argument}'" if re.search(r"[^\w=,.+-]", argument) else argument
