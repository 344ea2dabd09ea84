"""The fields of an experiment's file: what each must be."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, cast

from sentiment_common.errors import InputError

LARGEST = 1e9


def made(kind: type[Any], given: Any, where: str) -> Any:
    """Makes a dataclass of a TOML table.

    Raises:
        InputError: A field is unknown, missing, or not what it must be.
    """
    known = {item.name for item in fields(kind)}
    if not isinstance(given, Mapping):
        raise InputError(f"{given!r} is no table", where=where)
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            f"there is no {unknown[0]!r}", where=where, mend=f"there are {', '.join(sorted(known))}"
        )
    for name, value in given.items():
        wanted, fits = KINDS.get(name, ANYTHING)
        if not fits(value):
            raise InputError(f"{name} is no {wanted}", where=where)
    missing = [
        item.name
        for item in fields(kind)
        if item.name not in given and item.default is MISSING and item.default_factory is MISSING
    ]
    if missing:
        raise InputError(f"there is no {missing[0]}", where=where, mend=f"add {missing[0]} = ...")
    return kind(**given)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _is_weight(value: object) -> bool:
    return _is_number(value) and cast(float, value) >= 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < LARGEST


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


def _is_moment(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_weights(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_is_weight, value.values()))


NUMBERS = ("most", "least", "least_effect", "margin", "confidence")
ANYTHING: tuple[str, Callable[[Any], bool]] = ("value", lambda value: True)
KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("name", "model", "salt", "metric"), ("text in quotes", _is_text)),
    **dict.fromkeys(NUMBERS, ("number", _is_number)),
    **dict.fromkeys(("weight", "after_hours"), ("number from 0 on", _is_weight)),
    **dict.fromkeys(("shadow", "relative"), ("true or false", _is_switch)),
    **dict.fromkeys(("start", "stop"), ("time with a zone, e.g. 2026-11-23T00:00:00Z", _is_moment)),
    "least_requests": ("number from 1 on", _is_count),
    "stopped": ("list of names", _are_names),
    "weights": ("table of numbers from 0 on", _are_weights),
}  # fmt: skip
"""What each field must be, and how to tell."""
