"""Prints what packages declare, as JSON: a script, so that they may be those of any revision.

``PYTHONPATH`` names the sources. Each argument is a module: one that has a ``STAGE``, or the
service's package.
"""

import dataclasses
import importlib
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, get_args

SERVICE = "sentiment_serving"
REFERENCE = re.compile(r'"#/components/schemas/(\w+)"')
Declared = dict[str, dict[str, Any]]
"""Ports by role and name, in the words of ``interface.Port``."""


def of_stage(stage: Any) -> Declared:
    """Returns the ports of a stage."""
    found: Declared = {}
    for item in stage.inputs:
        found[f"input {item.name}"] = {"type": _kind(item.kind), "required": not item.optional}
    for output in stage.outputs:
        kind = _kind(output.kind) if output.kind else "file"
        found[f"output {output.name}"] = {"type": kind, "required": True}
    for result in stage.results:
        found[f"result {result.name}"] = {"type": result.type.__name__}
    for option in stage.options:
        port = {"type": option.type.__name__, "default": option.default, "choices": option.choices}
        found[f"option {option.name}"] = port
    return found


def _kind(kind: Any) -> str:
    return f"{kind.name} {kind.schema_version}"


def of_settings(settings: Any) -> Declared:
    """Returns the settings of a service, a dataclass with a default for each."""
    found: Declared = {}
    for field in dataclasses.fields(settings):
        kind, choices = field.type, get_args(field.type) or None
        name = kind.__name__ if isinstance(kind, type) else "choice"
        found[f"setting {field.name}"] = {
            "type": name,
            "default": field.default,
            "choices": choices,
        }
    return found


def of_document(document: Mapping[str, Any]) -> Declared:
    """Returns what an OpenAPI document has: operations, and the fields that they take and give."""
    schemas = document["components"]["schemas"]
    found: Declared = {}
    taken: set[str] = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found[f"{method.upper()} {path}"] = {"type": "operation"}
            taken |= set(_reached(operation.get("requestBody", {}), schemas))
            for it in operation.get("parameters", []):
                port = {"type": _type(it["schema"]), "required": it.get("required", False)}
                found[f"{method.upper()} {path} {it['in']} {it['name']}"] = port
    for name, schema in schemas.items():
        for field, it in schema.get("properties", {}).items():
            if name in taken:
                port = {"type": _type(it), "default": it.get("default"), "choices": it.get("enum")}
                required = field in schema.get("required", [])
                found[f"request {name}.{field}"] = {**port, "required": required}
            else:
                # Who reads an answer relies on all that it can be: more choices are another type.
                kind = " | ".join(map(str, it["enum"])) if "enum" in it else _type(it)
                found[f"answer {name}.{field}"] = {"type": kind}
    return found


def _reached(part: Any, schemas: Mapping[str, Any]) -> Iterator[str]:
    for name in REFERENCE.findall(json.dumps(part)):
        yield name
        yield from _reached(schemas[name], schemas)


def _type(schema: Mapping[str, Any]) -> str:
    """Returns the type of a value, e.g. ``array of string`` or ``string | null``."""
    if "anyOf" in schema:
        return " | ".join(map(_type, schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = str(schema.get("type", "any"))
    return f"{kind} of {_type(schema['items'])}" if "items" in schema else kind


def _of_service() -> Declared:
    # Its sources lie here and are not installed: nobody knows their version.
    vars(importlib.metadata)["version"] = lambda name: "0"
    settings = importlib.import_module(f"{SERVICE}.settings").Settings
    document = importlib.import_module(f"{SERVICE}.openapi").document()
    return of_settings(settings) | of_document(json.loads(document))


def _of(name: str) -> Declared:
    return _of_service() if name == SERVICE else of_stage(importlib.import_module(name).STAGE)


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: _of(name) for name in sys.argv[1:]}))
