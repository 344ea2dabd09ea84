"""Reads what the components declare: ``component.py``, artifact types, README tables."""

import importlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kfp import dsl

from sentiment_pipelines.environments import ROOT, Room, process_environment

START, END = "<!-- interface -->", "<!-- /interface -->"


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


def with_table(readme: str, table: str) -> str:
    """Returns a README with the table between its interface markers replaced.

    Raises:
        ValueError: The markers are not there.
    """
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"no {START} ... {END} in the README")
    return f"{before}{START}\n{table}\n{END}{after}"


def readme(stage: str) -> Path:
    """Returns the path of a component's README."""
    return ROOT / "components" / stage / "README.md"
