"""The pipeline's parameters: ``params.yaml``, then what the command line sets."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sentiment_common.errors import InputError
from sentiment_pipelines.graph import LOADER

FOUND = ("champion",)
"""Parameters of the pipeline that nobody gives: they are found before a run."""
_TYPES: dict[str, Callable[[Any], Any]] = {
    "STRING": str,
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": lambda text: yaml.safe_load(str(text)) is True,
}


def read(file: Path, assignments: Sequence[str], compiled: Path) -> dict[str, Any]:
    """Returns the value of each parameter that is set, in the type the pipeline declares.

    Args:
        file: ``params.yaml``.
        assignments: ``name=value`` from the command line; they win.
        compiled: The compiled pipeline.

    Raises:
        InputError: There is no such parameter, or its value is of another type.
    """
    declared = _declared(compiled)
    values = dict(yaml.safe_load(file.read_text()) or {})
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise InputError(f"{assignment!r} is not name=value", where="--set")
        values[name] = value
    unknown = sorted(set(values) - set(declared))
    if unknown:
        raise InputError(
            f"the pipeline has no parameter {unknown[0]!r}",
            mend=f"it has {', '.join(sorted(declared))}",
        )
    return {name: _typed(name, value, declared[name]) for name, value in values.items()}


def _declared(compiled: Path) -> dict[str, str]:
    specification = next(yaml.load_all(compiled.read_text(), Loader=LOADER))
    parameters: Mapping[str, Any] = specification["root"]["inputDefinitions"]["parameters"]
    return {name: spec["parameterType"] for name, spec in parameters.items() if name not in FOUND}


def _typed(name: str, value: Any, kind: str) -> Any:
    try:
        return _TYPES[kind](value)
    except ValueError as error:
        raise InputError(f"{value!r} is no {kind.lower()}", where=name) from error
