"""Changes to a text that change nothing of what it says; each is decided by a random generator."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from numpy.random import Generator

LETTERS = re.compile(r"[A-Za-z]{5,}")
DIGITS = re.compile(r"[0-9]+")
DAYS, YEARS = range(2, 29), range(2001, 2030)
URLS = (
    "https://t.example/a8Xk2", "http://www.shop.example/item?id=4711", "www.example.org/orders",
    "https://pics.example/p/9f3c.jpg",
)  # fmt: skip

Choice = TypeVar("Choice")


def typos(text: str, generator: Generator) -> str:
    """Swaps two neighbouring letters inside one longer word."""
    found = [match for match in LETTERS.finditer(text) if _swappable(match[0])]
    if not found:
        return text
    word = _one(found, generator)
    at = word.start() + _one(_swappable(word[0]), generator)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _swappable(word: str) -> list[int]:
    """Positions inside a word whose letter differs from the next one, the ends left alone."""
    return [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]


def casing(text: str, generator: Generator) -> str:
    """Writes it all in small letters, in capitals, or Every Word With One."""
    return _one((str.lower, str.upper, str.title), generator)(text)


def urls(text: str, generator: Generator) -> str:
    """Adds an address at the end, or at the beginning."""
    url = _one(URLS, generator)
    return _one((f"{text} {url}", f"{url} {text}"), generator)


def numbers(text: str, generator: Generator) -> str:
    """Replaces every number by another of its kind: day, year, or as many digits."""
    return DIGITS.sub(lambda match: _another(match[0], generator), text)


def _another(number: str, generator: Generator) -> str:
    for kind in (DAYS, YEARS):
        if int(number) in kind:
            at = kind.index(int(number)) + int(generator.integers(1, len(kind)))
            return str(kind[at % len(kind)])
    kept, turned = (number[:1], number[1:]) if len(number) > 1 else ("", number)
    turn = int(generator.integers(1, 10))
    return kept + "".join(str((int(digit) + turn) % 10) for digit in turned)


def punctuation(text: str, generator: Generator) -> str:
    """Drops the final stop, the commas, or both; or doubles the space after each."""
    plain = text.replace(",", "")
    return _one((text.rstrip("."), plain, plain.rstrip("."), text.replace(", ", ",  ")), generator)


def _one(choices: Sequence[Choice], generator: Generator) -> Choice:
    return choices[int(generator.integers(len(choices)))]


PERTURBATIONS: Mapping[str, Callable[[str, Generator], str]] = {
    "casing": casing,
    "numbers": numbers,
    "punctuation": punctuation,
    "typos": typos,
    "urls": urls,
}
