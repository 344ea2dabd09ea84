"""Scaffolds a component: ``make component NAME=summarize``. Standard library alone.

What it writes runs at once: a command line with one input and one output, its typed interface, a
test and a README whose table ``make compile`` fills.
"""

import re
import sys
from pathlib import Path
from string import Template

COMPONENTS = Path(__file__).parent

FILES = {
    "pyproject.toml": """\
[project]
name = "sentiment-$command"
version = "0.1.0"
description = "Describe in one line what $name does"
requires-python = ">=3.11,<3.12"
license = "Apache-2.0"
dependencies = [
  "sentiment-common",
]

[project.scripts]
sentiment-$command = "sentiment_$name.cli:main"

[build-system]
requires = ["uv_build>=0.13,<0.14"]  # bundled in uv: an offline set-up needs no build dependency
build-backend = "uv_build"

[tool.uv.build-backend]
module-name = "sentiment_$name"

[tool.uv.sources]
sentiment-common = { path = "../../common/base", editable = true }

[tool.sentiment.image]
budget = 150  # MB, base included: `make images` holds the image to it
""",
    "src/sentiment_$name/__init__.py": '"""Describe in one line what $name does."""\n',
    "src/sentiment_$name/cli.py": '''\
"""The command line of $name."""

import json

from sentiment_common.artifacts import EVALUATION, EXAMPLES, write_json
from sentiment_common.cli import Input, Option, Output, Stage, Task

STAGE = Stage(
    name="sentiment-$command",
    summary="Describe in one line what $name does.",
    inputs=(Input("examples", EXAMPLES, "labelled feedback"),),
    outputs=(Output("evaluation", EVALUATION, "what was found"),),
    options=(Option("least_rows", int, 1, "fewer rows in the training split are an error"),),
    examples=("sentiment-$command --examples DIR --out-evaluation DIR",),
)


def run(task: Task) -> None:
    """Reads the examples' summary and writes how many rows there are."""
    summary = json.loads((task.input("examples") / "summary.json").read_text())
    write_json(task.outputs["evaluation"] / "evaluation.json", {"rows": summary["rows"]})


def main() -> None:
    """Runs the command line."""
    STAGE.main(run)
''',
    "component.py": '''\
"""The typed interface of $name, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentEvaluation, SentimentExamples, container


@dsl.container_component
def $name(
    examples: dsl.Input[SentimentExamples],
    evaluation: dsl.Output[SentimentEvaluation],
    least_rows: int = 1,
):
    """Describe in one line what $name does."""
    return container(
        "$name",
        examples=examples.path,
        least_rows=least_rows,
        out_evaluation=evaluation.path,
    )
''',
    "tests/test_cli.py": '''\
"""The command line of $name, end to end."""

import json
import shutil
import subprocess

from sentiment_common.artifacts import (
    EXAMPLES,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)

COMMAND = shutil.which("sentiment-$command")


def test_the_number_of_rows_is_written(tmp_path):
    examples, found = tmp_path / "examples", tmp_path / "evaluation"
    write_json(examples / "summary.json", {"rows": {"train": 3}})
    digest = payload_digest(examples)
    write_manifest(examples, Manifest(EXAMPLES.name, EXAMPLES.schema_version, "test", "0", digest))
    command = [COMMAND, "--examples", str(examples), "--out-evaluation", str(found)]
    subprocess.run(command, check=True)
    assert json.loads((found / "evaluation.json").read_text()) == {"rows": {"train": 3}}
''',
    "README.md": """\
# $name

Describe in two sentences what it does.

```
sentiment-$command --examples DIR --out-evaluation DIR
```

## By itself

By plain Docker, with a folder of yours, your user, a read-only root and no network:

```console
$$ docker run --rm --read-only --tmpfs /tmp --network none --user "$$(id -u):$$(id -g)" \\
    --volume "$$PWD:$$PWD" --workdir "$$PWD" sentiment-$command:0.1.0 \\
    sentiment-$command --examples examples --out-evaluation evaluation
```

## Interface

<!-- interface -->
<!-- /interface -->
""",
    "CHANGELOG.md": "# Changelog\n\n## 0.1.0\n\n- First version.\n",
}


def scaffold(name: str, components: Path = COMPONENTS) -> Path:
    """Writes the files of a new component.

    Args:
        name: Snake-case name, which is also the folder's and the package's suffix.
        components: The folder of all components.

    Returns:
        The component's folder.

    Raises:
        ValueError: The name is no snake-case word, or the component is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ValueError(f"NAME={name!r}: give a snake-case name, e.g. NAME=summarize")
    folder = components / name
    if folder.exists():
        raise ValueError(f"components/{name} is there already")
    words = {"name": name, "command": name.replace("_", "-")}
    for path, text in FILES.items():
        target = folder / Template(path).substitute(words)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(text).substitute(words))
    return folder


if __name__ == "__main__":
    try:
        created = scaffold(sys.argv[1])
    except ValueError as error:
        sys.exit(f"component: {error}")
    print(f"{created} is there. Next: make lock ROOMS={created.name} && make compile")
    print(
        "then add the package to the import contracts in pyproject.toml, its image to skaffold.yaml"
    )
