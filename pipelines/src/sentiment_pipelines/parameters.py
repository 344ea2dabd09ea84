"""A pipeline's parameters: ``params.yaml``, then what the command line sets."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sentiment_common.errors import InputError
from sentiment_pipelines.graph import LOADER

FOUND = ("champion",)
"""Parameters of the pipeline that nobody gives: they are found before a run."""
SOURCES = ("source", "out_of_domain")
"""Parameters that may name several places, see ``sentiment_sources.parse_sources``."""
FORCE = re.compile(r"[^:]*[^:\s][^:]*:\s*\S.*", re.DOTALL)
_TYPES: dict[str, Callable[[Any], Any]] = {
    "STRING": str,
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": lambda text: yaml.safe_load(str(text)) is True,
}


def read(file: Path, assignments: Sequence[str], compiled: Path) -> dict[str, Any]:
    """Returns the value of each parameter that is set, in the type the pipeline declares.

    Args:
        file: ``params.yaml``; it is one for all pipelines, so what it says of parameters that this
            one has not is passed over.
        assignments: ``name=value`` from the command line; they win.
        compiled: The compiled pipeline.

    Raises:
        InputError: There is no such parameter, or its value is of another type.
    """
    known = _settable(compiled)
    values = dict(yaml.safe_load(file.read_text()) or {})
    _check_names(values, set().union(*map(_settable, compiled.parent.glob("*.yaml"))), str(file))
    values = {name: value for name, value in values.items() if name in known}
    given = dict(map(_parted, assignments))
    _check_names(given, set(known), "--set")
    values |= given
    found = {name: _typed(name, value, known[name]) for name, value in values.items()}
    if (force := found.get("force")) and not FORCE.fullmatch(force):
        # evaluate says so too, after everything was trained.
        raise InputError(
            f"{force!r} does not say who and why", where="force", mend="give FORCE='WHO: WHY'"
        )
    return found


def _parted(assignment: str) -> tuple[str, str]:
    name, equals, value = assignment.partition("=")
    if not equals:
        raise InputError(f"{assignment!r} is not name=value", where="--set")
    return name, value


def _check_names(values: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(
            f"the pipeline has no parameter {unknown[0]!r}",
            where=where,
            mend=f"it has {', '.join(sorted(known))}",
        )


def declared(compiled: Path) -> dict[str, str]:
    """Returns the type of each parameter that a pipeline has."""
    specification = next(yaml.load_all(compiled.read_text(), Loader=LOADER))
    parameters: Mapping[str, Any] = specification["root"]["inputDefinitions"]["parameters"]
    return {name: spec["parameterType"] for name, spec in parameters.items()}


def _settable(compiled: Path) -> dict[str, str]:
    return {name: kind for name, kind in declared(compiled).items() if name not in FOUND}


def _typed(name: str, value: Any, kind: str) -> Any:
    try:
        return _TYPES[kind](value)
    except ValueError as error:
        raise InputError(f"{value!r} is no {kind.lower()}", where=name) from error


def absolute(name: str, value: Any) -> Any:
    """Makes the paths and patterns in a value absolute: they mean the same in every folder.

    Args:
        name: The parameter.
        value: Its value; one that names sources may name several, ``NAME=PATH | PATH``.
    """
    if not isinstance(value, str) or not value:
        return value
    if name not in SOURCES:
        return _absolute(value)
    return re.sub(r"[^|\n]*[^|\s][^|\n]*", lambda part: _absolute_source(part[0]), value)


def _absolute_source(part: str) -> str:
    text = part.strip()
    label, equals, path = text.partition("=")
    named = equals and re.fullmatch(r"[\w-]+", label) and not os.path.exists(text)  # noqa: PTH110
    found = f"{label}={_absolute(path)}" if named else _absolute(text)
    return part.replace(text, found)


def _absolute(value: str) -> str:
    if "://" in value:
        return value
    # A policy may be given as TOML itself, which is too long for the name of a file.
    there = os.path.exists(value) or ("*" in value and any(Path().glob(value)))  # noqa: PTH110
    return str(Path(value).absolute()) if there else value
