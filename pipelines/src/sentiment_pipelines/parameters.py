"""A pipeline's parameters: ``params.yaml``, then what the command line sets."""

import glob
import itertools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sentiment_common.addresses import NAMED, SEPARATOR, refuse_literal
from sentiment_common.errors import InputError
from sentiment_pipelines.graph import LOADER

FOUND = ("champion", "training_examples", "training_statistics", "evaluation")
"""Parameters of the pipeline that nobody gives: they are found before a run."""
SOURCES = ("source", "out_of_domain")
"""Parameters that may name several places, see ``sentiment_sources.parse_sources``."""
FILES = ("schema", "rules", "policy", "alarms", "log", "history")
"""Parameters that may name a file or folder."""
ARTIFACTS = ("previous_examples", "previous_statistics", "model")
"""Parameters that may name an artifact, and are found before a run."""
KEYWORDS = ("default", "auto", "none", "champion")
"""What these may say instead, whatever a folder here is called."""
BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
FORCE = re.compile(r"[^:]*[^:\s][^:]*:\s*\S.*", re.DOTALL)
_TYPES: dict[str, Callable[[Any], Any]] = {
    "STRING": str,
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": lambda text: _boolean(str(text)),
}


def read(file: Path, assignments: Sequence[str], compiled: Path) -> dict[str, Any]:
    """Returns the value of each parameter that is set, in the type the pipeline declares.

    Args:
        file: ``params.yaml``; it is one for all pipelines, so what it says of parameters that this
            one has not is passed over.
        assignments: ``name=value`` from the command line; they win.
        compiled: The compiled pipeline.

    Raises:
        InputError: There is no such parameter, its value is of another type, or holds a secret.
    """
    known = _settable(compiled)
    values = _content(file)
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
    for part in (part for name in SOURCES for part in SEPARATOR.split(str(found.get(name, "")))):
        refuse_literal(part.strip())  # before anything is written down or sent to MLflow
    return found


def _content(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or str(error).replace("\n", " ")
        raise InputError(
            f"cannot be read ({reason})", where=str(file), mend="check --params"
        ) from error
    if not isinstance(content, dict):
        raise InputError("holds no parameters", where=str(file), mend="write NAME: VALUE lines")
    return content


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
    inputs = specification["root"].get("inputDefinitions", {})
    parameters: Mapping[str, Any] = inputs.get("parameters", {})
    return {name: spec["parameterType"] for name, spec in parameters.items()}


def _settable(compiled: Path) -> dict[str, str]:
    return {name: kind for name, kind in declared(compiled).items() if name not in FOUND}


def _typed(name: str, value: Any, kind: str) -> Any:
    if value is None or isinstance(value, list | dict):
        raise InputError(
            f"{value!r} is no single value", where=name, mend="put it in quotes, or take it out"
        )
    try:
        return _TYPES[kind](value)
    except ValueError as error:
        raise InputError(f"{value!r} is no {kind.lower()}", where=name) from error


def _boolean(text: str) -> bool:
    if (known := BOOLEANS.get(text.lower())) is None:
        raise ValueError(text)
    return known


def absolute(name: str, value: Any) -> Any:
    """Makes the paths and patterns in a value absolute: they mean the same in every folder.

    Args:
        name: The parameter; of those that name no files the value stays as it is.
        value: Its value; one that names sources may name several, ``NAME=PATH | PATH``.
    """
    if name not in (*SOURCES, *FILES, *ARTIFACTS) or value in KEYWORDS:
        return value
    if name in ARTIFACTS:
        # The link ``latest`` will lead to another run by the time that it is followed.
        return str(Path(value).resolve()) if _is_there(value) else value
    if name in FILES or _is_there(value):
        return _absolute(value)
    ends = [0, *(end for it in SEPARATOR.finditer(value) for end in it.span()), len(value)]
    parts = [value[begin:end] for begin, end in itertools.pairwise(ends)]
    return "".join(
        part if place % 2 else _absolute_source(part) for place, part in enumerate(parts)
    )


def _absolute_source(part: str) -> str:
    text = part.strip()
    named = None if _is_there(text) else NAMED.fullmatch(text)
    if named:
        return f"{named['name']}={_absolute(named['uri'])}"
    return _absolute(text)


def _absolute(value: str) -> str:
    return str(Path(value).absolute()) if _is_there(value) else value


def _is_there(value: str) -> bool:
    """Tells whether a value is a file's name or matches some."""
    # A policy may be given as TOML itself, which is too long for the name of a file.
    if not value or "://" in value or "\0" in value:
        return False
    return os.path.exists(value) or any(glob.iglob(value, recursive=True))  # noqa: PTH110, PTH207
