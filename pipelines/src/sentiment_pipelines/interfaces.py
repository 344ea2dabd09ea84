"""Reads what the components declare: ``component.py``, artifact types, README tables."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kfp import dsl

from sentiment_pipelines.environments import ROOT, Room, process_environment


def _import(name: str) -> Any:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module(name)


def artifact_types() -> dict[str, type[dsl.Artifact]]:
    """Returns the artifact types of the house by class name."""
    types: tuple[type[dsl.Artifact], ...] = _import("components.interface").ARTIFACT_TYPES
    return {kind.__name__: kind for kind in types}


def stages() -> list[str]:
    """Returns the names of all components, in alphabetical order."""
    return [path.parent.name for path in sorted(ROOT.glob("components/*/component.py"))]


def component(stage: str) -> Any:
    """Returns the typed component that a stage's ``component.py`` declares."""
    return getattr(_import(f"components.{stage}.component"), stage)


def command_line(room: Room) -> list[dict[str, Any]]:
    """Asks a stage, in its own environment, which flags its command line has."""
    command = ["sentiment-" + room.name.replace("_", "-"), "--interface"]
    done = subprocess.run(
        command, env=process_environment(room), capture_output=True, text=True, check=True
    )
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def readme_table(rows: Sequence[dict[str, Any]]) -> str:
    """Renders a stage's flags as the Markdown table of its README."""
    lines = ["| flag | role | type | default | meaning |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        role = "optional input" if row["optional"] else row["role"]
        default = f"`{json.dumps(row['default'])}`" if row["role"] == "option" else ""
        meaning = row["help"].replace("|", "\\|")
        lines.append(f"| `{row['flag']}` | {role} | {row['type']} | {default} | {meaning} |")
    return "\n".join(lines)


def port(row: Mapping[str, Any]) -> str:
    """Returns what a flag is called in a pipeline: ``--out-model`` is the output ``model``.

    Args:
        row: What the command line says of the flag; an input may begin with ``out``, too.
    """
    flag = str(row["flag"]).removeprefix("--")
    made = row["role"] in ("output", "result")
    return (flag.removeprefix("out-") if made else flag).replace("-", "_")


def with_table(text: str, table: str) -> str:
    """Returns a README with the table of its interface replaced.

    Raises:
        ValueError: The markers are not there.
    """
    return with_section(text, "interface", table)


def with_section(text: str, name: str, content: str) -> str:
    """Returns a Markdown text with what stands between ``<!-- name -->`` and its end replaced.

    Raises:
        ValueError: The markers are not there.
    """
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"no {start} ... {end} in the text")
    return f"{before}{start}\n{content}\n{end}{after}"


def with_image(text: str, stage: str, version: str) -> str:
    """Returns a README whose commands name the image of a component's present version."""
    name = "sentiment-" + stage.replace("_", "-")
    return re.sub(rf"\b{name}:\d+\.\d+\.\d+", f"{name}:{version}", text)


def readme(stage: str) -> Path:
    """Returns the path of a component's README."""
    return ROOT / "components" / stage / "README.md"
