"""Reads what callers of each package rely on: from code, compiled pipelines, values of charts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sentiment_common.errors import InputError
from sentiment_pipelines.releases import declared
from sentiment_pipelines.releases.interface import Interface, Port

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where there is one: compiled pipelines are long."""
PARAMETERS = {"STRING": "str", "NUMBER_INTEGER": "int", "NUMBER_DOUBLE": "float", "BOOLEAN": "bool"}
TYPES = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
    float: "number", type(None): "null",
}  # fmt: skip


def of_modules(root: Path, modules: Mapping[str, Path]) -> dict[Path, Interface]:
    """Asks the packages of a tree what they take and give.

    One process imports them all, from their sources: they need not be those that are installed.

    Args:
        root: The tree.
        modules: Folder of each package by its module: ``sentiment_ingest.cli`` of a component,
            whose component.yaml says more, ``sentiment_serving`` of the service.

    Returns:
        The interface of each, by folder.

    Raises:
        InputError: One cannot be imported, or its component.yaml is none.
    """
    if not modules:
        return {}
    sources = [*root.glob("common/*/src"), *root.glob("components/*/src"), root / "serving/src"]
    done = subprocess.run(
        [sys.executable, "-P", declared.__file__, *modules], capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources))},
    )  # fmt: skip
    if done.returncode:
        reason = (done.stderr.strip().split("\n") or [""])[-1]
        raise InputError(
            f"one of {', '.join(modules)} cannot say what it takes and gives: {reason}",
            mend="import each to see which",
        )
    found = json.loads(done.stdout)
    return {
        folder: _wired(from_json(found[module]), folder / "component.yaml")
        for module, folder in modules.items()
    }


def from_json(ports: Mapping[str, Mapping[str, Any]]) -> dict[str, Port]:
    """Returns ports from their JSON.

    Raises:
        TypeError: It is none of ports.
    """
    found = {name: Port(**port) for name, port in ports.items()}
    return {
        name: replace(port, choices=None if port.choices is None else tuple(port.choices))
        for name, port in found.items()
    }


def _wired(ports: Mapping[str, Port], component: Path) -> Interface:
    """Marks which ports of a command line pipelines reach, and adds those they alone have."""
    if component.parent.parent.name != "components":
        return ports
    typed: dict[str, Port] = {}
    if component.is_file():
        (definition,) = mapping(component)["components"].values()
        typed = dict(_definitions(definition))
    found = dict(typed)
    for name, port in ports.items():
        reached = typed.get(name)
        required = port.required or (reached is not None and reached.required)
        found[name] = replace(port, wired=reached is not None, required=required)
    return found


def _definitions(definition: Mapping[str, Any]) -> Iterator[tuple[str, Port]]:
    given, made = definition.get("inputDefinitions", {}), definition.get("outputDefinitions", {})
    for name, it in given.get("artifacts", {}).items():
        yield f"input {name}", Port(it["artifactType"]["schemaTitle"], not it.get("isOptional"))
    for name, it in given.get("parameters", {}).items():
        required = not it.get("isOptional")
        yield f"option {name}", Port(_type(it), required, it.get("defaultValue"))
    for name, it in made.get("artifacts", {}).items():
        yield f"output {name}", Port(it["artifactType"]["schemaTitle"])
    for name, it in made.get("parameters", {}).items():
        yield f"result {name}", Port(_type(it))


def _type(parameter: Mapping[str, Any]) -> str:
    """Returns a parameter's type in the words of command lines."""
    kind = str(parameter["parameterType"])
    return PARAMETERS.get(kind, kind)


def of_pipelines(files: Sequence[Path]) -> Interface:
    """Returns what compiled pipelines take and give, e.g. ``training: option seed``."""
    return {
        f"{path.stem}: {name}": port
        for path in files
        for name, port in _definitions(mapping(path)["root"])
    }


def of_values(path: Path) -> Interface:
    """Returns the values of a chart, e.g. ``value image.repository``."""
    values = mapping(path) if path.is_file() else {}
    return {f"value {name}": Port(TYPES[type(it)], default=it) for name, it in _leaves("", values)}


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), inner)
    elif name:
        yield name, value


def mapping(path: Path) -> dict[str, Any]:
    """Reads a YAML file that is a mapping.

    Raises:
        InputError: It is none.
    """
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"no YAML ({error})", where=str(path), mend="restore it") from error
    if not isinstance(found, dict):
        raise InputError("no mapping", where=str(path), mend="restore it")
    return found
