"""A small stage of its own: counts the words of an examples artifact, or fails as it is told."""

import sys
import time

from sentiment_common.artifacts import EXAMPLES, STATISTICS, write_json
from sentiment_common.cli import Input, Option, Output, Result, Stage, Task
from sentiment_common.errors import InputError

STAGE = Stage(
    name="sentiment-common",  # the version of a stage is that of the distribution of its name
    summary="Counts words.",
    inputs=(
        Input("examples", EXAMPLES, "what to count"),
        Input("more_examples", EXAMPLES, "what to count as well", optional=True),
    ),
    outputs=(
        Output("statistics", STATISTICS, "the counts"),
        Output("report", None, "the counts as HTML"),
    ),
    results=(Result("words", "number of words", int), Result("verdict", "many or few")),
    options=(
        Option("at_least", int, 3, "words that are many"),
        Option("scale", float, 1.0, "factor of the counts"),
        Option("upper", bool, False, "count in upper case"),
        Option("outcome", str, "done", "how it ends", choices=("done", "refuse", "bug", "wait")),
    ),
    examples=("word-count --examples var/examples --out-statistics var/statistics",),
)


def run(task: Task) -> None:
    options = task.options
    paths = [path for path in task.inputs.values() if path is not None]
    words = [word for path in paths for word in (path / "text.txt").read_text().split()]
    write_json(task.outputs["statistics"] / "words.json", sorted(map(shown(options), words)))
    task.outputs["report"].write_text(f"<p>{len(words)}</p>")
    task.tracking.metrics({"words": len(words) * options.scale})
    task.results["words"] = len(words)
    task.results["verdict"] = "many" if len(words) >= options.at_least else "few"
    if options.outcome == "refuse":
        raise InputError("no words of use", where="text.txt, row 1", mend="write some")
    if options.outcome == "bug":
        raise ZeroDivisionError("a bug")
    if options.outcome == "wait":
        sys.stdout.write("waiting\n")
        sys.stdout.flush()
        time.sleep(60)


def shown(options):
    return str.upper if options.upper else str


if __name__ == "__main__":
    STAGE.main(run)
