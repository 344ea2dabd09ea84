"""Reads the behavioural suite: templates in TOML, filled in the same way in every run."""

import itertools
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from sentiment_common.errors import InputError
from sentiment_evaluate.behaviour import DIRECTIONS, IS, SAME, Case
from sentiment_evaluate.perturbations import PERTURBATIONS
from sentiment_models import LABELS

AUTO, SHIPPED = "auto", "behaviour.toml"
SEED = 13
MOST_FILLINGS = 5000
SLOT = re.compile(r"\{(\w+)\}")
KEYS = {
    "minimum": {"capability", "texts", "draws", "labels"},
    "invariance": {"capability", "texts", "draws", "swap", "perturbation"},
    "direction": {"capability", "texts", "draws", "label", "goes", "tolerance"},
}
OPTIONAL = {"draws", "tolerance", "swap", "perturbation"}

Words = Mapping[str, Sequence[str]]


def read_suite(given: str = AUTO) -> tuple[Case, ...]:
    """Returns the cases of the shipped suite and of a file that adds to it.

    Args:
        given: ``auto`` for the shipped ones alone, or the path of a TOML file.

    Raises:
        InputError: The file is missing, no TOML, or says something the suite does not know.
    """
    shipped = resources.files(__package__).joinpath(SHIPPED).read_text(encoding="utf-8")
    documents = [(tomllib.loads(shipped), SHIPPED)]
    if given != AUTO:
        documents.append((_parsed(Path(given)), given))
    words: dict[str, list[str]] = {}
    for document, where in documents:
        for name, listed in _table(document, "words", where).items():
            words.setdefault(name, []).extend(_strings(listed, f"{where}, words.{name}"))
    return tuple(
        case
        for document, where in documents
        for kind in KEYS
        for number, entry in enumerate(_listed(document, kind, where), start=1)
        for case in _cases(kind, entry, words, f"{where}, [[{kind}]] {number}")
    )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", where=str(path), mend="give a TOML file, or auto"
        ) from error
    except ValueError as error:
        raise InputError(f"not TOML ({error})", where=str(path)) from error
    _known(document, {"words", *KEYS}, str(path))
    return document


def _cases(kind: str, entry: Any, words: Words, where: str) -> Iterator[Case]:
    if not isinstance(entry, dict):
        raise InputError("not a table", where=where)
    _known(entry, KEYS[kind], where)
    if missing := KEYS[kind] - OPTIONAL - set(entry):
        raise InputError(f"{sorted(missing)[0]!r} is missing", where=where)
    draws = entry.get("draws", 1)
    if not isinstance(draws, int) or draws < 1:
        raise InputError("'draws' is no whole number above 0", where=where)
    name = f"{kind}: {entry['capability']}"
    make = {"minimum": _minimum, "invariance": _invariance, "direction": _direction}[kind]
    if not isinstance(entry["texts"], list):
        raise InputError("'texts' is not a list of texts", where=where)
    for template in entry["texts"]:
        yield from make(name, entry, template, draws, words, where)


def _minimum(
    name: str, entry: Mapping[str, Any], template: Any, draws: int, words: Words, where: str
) -> Iterator[Case]:
    labels = tuple(_label(label, where) for label in _strings(entry["labels"], where))
    for (text,) in _filled((template,), draws, words, where):
        yield Case(name, (text,), IS, labels)


def _invariance(
    name: str, entry: Mapping[str, Any], template: Any, draws: int, words: Words, where: str
) -> Iterator[Case]:
    swap, perturbation = entry.get("swap"), entry.get("perturbation")
    if (swap is None) == (perturbation is None):
        raise InputError("it needs either 'swap' or 'perturbation'", where=where)
    if swap is not None:
        other = SLOT.sub(lambda it: "{other}" if it[1] == swap else it[0], str(template))
        chosen = {**words, "other": words.get(swap, ())}
        for pair in _filled((template, other), draws, chosen, where, {swap, "other"}):
            yield Case(name, pair, SAME)
        return
    if not isinstance(perturbation, str) or perturbation not in PERTURBATIONS:
        raise InputError(
            f"unknown perturbation {perturbation!r}", where=where,
            mend=f"known are {', '.join(PERTURBATIONS)}",
        )  # fmt: skip
    for (text,) in _filled((template,), draws, words, where):
        changed = PERTURBATIONS[perturbation](text, _generator(text))
        yield Case(name, (text, changed), SAME)


def _direction(
    name: str, entry: Mapping[str, Any], template: Any, draws: int, words: Words, where: str
) -> Iterator[Case]:
    label = (_label(entry["label"], where),)
    goes, tolerance = entry["goes"], entry.get("tolerance", 0.0)
    if goes not in DIRECTIONS:
        raise InputError(
            f"{goes!r} is no direction", where=where, mend=f"known are {', '.join(DIRECTIONS)}"
        )
    if not isinstance(tolerance, int | float) or not 0 <= tolerance <= 1:
        raise InputError("'tolerance' is not between 0 and 1", where=where)
    if not isinstance(template, list) or len(template) != 2:
        raise InputError(f"{template!r} is no pair of texts", where=where)
    for pair in _filled(tuple(template), draws, words, where):
        yield Case(name, pair, goes, label, float(tolerance))


def _filled(
    templates: tuple[Any, ...], draws: int, words: Words, where: str,
    different: frozenset[str] | set[str] = frozenset(),
) -> Iterator[tuple[str, ...]]:  # fmt: skip
    """Yields so many fillings of the slots; a slot is filled alike in each template.

    Args:
        templates: Texts with slots.
        draws: How many fillings, fewer where there are not so many.
        words: What may fill each slot.
        where: The place in the file.
        different: Slots that must not be filled with the same word.
    """
    for template in _strings(list(templates), where):
        for slot in SLOT.findall(template):
            if not words.get(slot):
                raise InputError(f"nothing fills {{{slot}}}", where=where, mend="add it to [words]")
    slots = sorted({slot for template in templates for slot in SLOT.findall(template)})
    fillings = [
        dict(zip(slots, chosen, strict=True))
        for chosen in itertools.islice(
            itertools.product(*(words[slot] for slot in slots)), MOST_FILLINGS
        )
    ]
    kept = [it for it in fillings if len({it.get(slot) for slot in different}) == len(different)]
    for position in _generator("".join(templates)).permutation(len(kept))[:draws]:
        yield tuple(_sentence(template.format_map(kept[position])) for template in templates)


def _generator(text: str) -> np.random.Generator:
    """Returns a generator of the text's own: other cases do not change what is drawn for it."""
    return np.random.default_rng([SEED, zlib.crc32(text.encode())])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _label(label: Any, where: str) -> str:
    if label not in LABELS:
        raise InputError(f"label {label!r} is none of {', '.join(LABELS)}", where=where)
    return str(label)


def _table(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise InputError(f"[{name}] is no table", where=where)
    return found


def _listed(document: Mapping[str, Any], kind: str, where: str) -> list[Any]:
    found = document.get(kind, [])
    if not isinstance(found, list):
        raise InputError(f"{kind} is not a list of tables", where=where)
    return found


def _strings(listed: Any, where: str) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(it, str) and it for it in listed):
        raise InputError("wanted a list of texts", where=where)
    return listed


def _known(entry: Mapping[str, Any], keys: set[str], where: str) -> None:
    if unknown := set(entry) - keys:
        raise InputError(
            f"unknown key {sorted(unknown)[0]!r}", where=where,
            mend=f"known are {', '.join(sorted(keys))}",
        )  # fmt: skip
