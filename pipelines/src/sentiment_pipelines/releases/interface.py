"""What callers of a package rely on, and what a change of it asks of the version."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sentiment_pipelines.releases.semver import Part


@dataclass(frozen=True)
class Port:
    """One thing that callers give or get: an input, output, result or option.

    Attributes:
        type: Its type, e.g. ``int`` or ``examples 1``, an artifact's kind and schema version.
        required: Whether every call must name it. Command lines must name every output.
        default: What an option is if nobody gives it.
        choices: All that it may be; None if that is not limited.
        wired: Whether pipelines reach it too; otherwise the command line alone has it.
    """

    type: str
    required: bool = False
    default: Any = None
    choices: tuple[Any, ...] | None = None
    wired: bool = True


Interface = Mapping[str, Port]
"""Ports by role and name, e.g. ``option seed``."""


@dataclass(frozen=True)
class Change:
    """One difference of two interfaces: what it raises, and itself in words."""

    part: Part
    text: str


def changes(old: Interface, new: Interface) -> list[Change]:
    """Returns in what two interfaces differ; nothing if callers cannot tell them apart."""
    return [change for name in sorted({*old, *new}) for change in _of(name, old, new)]


def needed(found: Iterable[Change]) -> Part:
    """Returns what changes raise together: what the weightiest of them does."""
    return max((change.part for change in found), default=Part.NONE)


def _of(name: str, old: Interface, new: Interface) -> Iterator[Change]:
    before, after = old.get(name), new.get(name)
    if before is None and after is not None:
        text = f"{name} is new{' and must be given' if after.required else ''}"
        yield Change(Part.MAJOR if after.required else Part.MINOR, text)
    elif after is None:
        # A new name is another port: nobody can tell from outside what was meant by the old one.
        yield Change(Part.MAJOR, f"{name} is gone")
    elif before is not None:
        yield from _between(name, before, after)


def _between(name: str, old: Port, new: Port) -> Iterator[Change]:
    if old.type != new.type:
        yield Change(Part.MAJOR, f"{name} is of type {new.type}, was {old.type}")
    if old.required != new.required:
        part = Part.MAJOR if new.required else Part.MINOR
        yield Change(part, f"{name} {'must' if new.required else 'need not'} be given")
    if old.wired != new.wired:
        part = Part.MINOR if new.wired else Part.MAJOR
        yield Change(part, f"{name} is {'now' if new.wired else 'no longer'} in component.yaml")
    # 1, 1.0 and True are equal and not the same default.
    if repr(old.default) != repr(new.default):
        yield Change(Part.MINOR, f"{name} is {new.default!r} by default, was {old.default!r}")
    yield from _choices(name, old.choices, new.choices)


def _choices(
    name: str, old: tuple[Any, ...] | None, new: tuple[Any, ...] | None
) -> Iterator[Change]:
    before, after = set(old or ()), set(new or ())
    if new is not None and (old is None or before - after):
        limit = " or ".join(map(repr, new))
        yield Change(Part.MAJOR, f"{name} takes only {limit}")
    elif old is not None and (new is None or after - before):
        more = " and ".join(repr(it) for it in new or () if it not in before) or "anything"
        yield Change(Part.MINOR, f"{name} takes {more} too")
