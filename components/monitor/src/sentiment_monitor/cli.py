"""The command line of monitor."""

import json

from sentiment_common.artifacts import EVALUATION, EXAMPLES, write_json
from sentiment_common.cli import Input, Option, Output, Stage, Task

STAGE = Stage(
    name="sentiment-monitor",
    summary="Describe in one line what monitor does.",
    inputs=(Input("examples", EXAMPLES, "labelled feedback"),),
    outputs=(Output("evaluation", EVALUATION, "what was found"),),
    options=(Option("least_rows", int, 1, "fewer rows in the training split are an error"),),
    examples=("sentiment-monitor --examples DIR --out-evaluation DIR",),
)


def run(task: Task) -> None:
    """Reads the examples' summary and writes how many rows there are."""
    summary = json.loads((task.input("examples") / "summary.json").read_text())
    write_json(task.outputs["evaluation"] / "evaluation.json", {"rows": summary["rows"]})


def main() -> None:
    """Runs the command line."""
    STAGE.main(run)
