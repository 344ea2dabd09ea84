"""The command line of explore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentiment_common.artifacts import EXAMPLES, EXPLORATION, STATISTICS, write_json
from sentiment_common.cli import Input, Option, Output, Stage, Task

if TYPE_CHECKING:
    from sentiment_explore.exploration import Exploration

STAGE = Stage(
    name="sentiment-explore",
    summary="Shows what is in the feedback before anything is trained on it, as one web page.",
    inputs=(
        Input("examples", EXAMPLES, "labelled feedback in three splits"),
        Input("statistics", STATISTICS, "TFDV statistics of them, to be shown", optional=True),
    ),
    outputs=(
        Output("exploration", EXPLORATION, "all figures, and the rows to look at as CSV"),
        Output("report", None, "the same as a web page"),
    ),
    options=(
        Option("top_terms", int, 20, "words and word pairs to show of each label"),
        Option(
            "sample_rows", int, 60_000,
            "rows to compare terms and doubt labels in; of more, so many are drawn",
        ),
        Option("folds", int, 5, "models that doubt labels, each those of rows it was not given"),
        Option("seed", int, 13, "seed of the sample and of the folds"),
    ),
    examples=(
        "sentiment-explore --examples examples --out-exploration exploration "
        "--out-report exploration.html",
        "sentiment-explore --examples examples --statistics statistics --top-terms 40 "
        "--out-exploration exploration --out-report exploration.html",
    ),
)  # fmt: skip


def run(task: Task) -> None:
    """Reads the examples, explores them and writes figures, suspects and the page."""
    # Imports by cost: a mistaken option is told without scikit-learn's seconds.
    from sentiment_explore import settings

    chosen = settings.from_options(task.options)
    from sentiment_explore import columns, exploration, page, reading, repetition, suspects

    folder, statistics = task.input("examples"), task.inputs["statistics"]
    explored = exploration.explore(
        reading.read_rows(folder),
        reading.read_summary(folder),
        reading.read_dropped(folder, 4 * repetition.SHOWN),
        columns.read_columns(statistics) if statistics else (),
        chosen,
    )
    target = task.outputs["exploration"]
    write_json(target / "exploration.json", exploration.record(explored))
    suspects.write(target / "suspects.csv", [*explored.suspects, *explored.hard])
    task.outputs["report"].write_text(page.render(explored), encoding="utf-8")
    _tell(task, explored)


def _tell(task: Task, explored: Exploration) -> None:
    from sentiment_explore.exploration import labelling, row_counts
    from sentiment_explore.findings import SEVERITIES

    severities = [it.severity for it in explored.found]
    told = {
        **{f"findings_{name}": severities.count(name) for name in SEVERITIES},
        "suspects": len(explored.suspects),
    }
    task.metadata["exploration"] = told
    metrics = {**told, **{f"rows_{name}": n for name, n in row_counts(explored.evidence).items()}}
    if "macro_f1" in (labels := labelling(explored)):
        metrics["macro_f1"] = labels["macro_f1"]
    task.tracking.metrics({f"explore_{name}": float(value) for name, value in metrics.items()})


def main() -> None:
    """Runs the stage."""
    STAGE.main(run)
