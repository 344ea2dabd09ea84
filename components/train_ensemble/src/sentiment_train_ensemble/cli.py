"""Command line of train_ensemble."""

from sentiment_common.artifacts import MODEL, PREDICTIONS
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_train_ensemble.settings import AUTO, METHODS, SLOTS, parse

_MEMBERS = tuple(
    item
    for number, slot in enumerate(SLOTS, start=1)
    for item in (
        Input(f"model{slot}", MODEL, "a model to blend", optional=number > 2),
        Input(
            f"predictions{slot}", PREDICTIONS, "its cross-fitted probabilities",
            optional=number > 2,
        ),
    )
)  # fmt: skip

STAGE = Stage(
    name="sentiment-train-ensemble",
    summary="Blends two to four models, and leaves out those that do not pay for their latency.",
    inputs=_MEMBERS,
    outputs=(Output("ensemble", MODEL, "the blend, its members inside"),),
    options=(
        Option(
            "method", str, AUTO,
            "weights: a weighted geometric mean; stacking: a regression; auto: what does better",
            (AUTO, *METHODS),
        ),
        Option(
            "min_gain", float, 0.001, "macro-F1 that a member must add, cross-fitted, to be kept"
        ),
        Option("folds", int, 5, "folds of the cross-validation, which keeps groups together"),
        Option("seed", int, 13, "seed of the assignment to folds"),
    ),
    examples=(
        "sentiment-train-ensemble --model baseline --predictions baseline_predictions "
        "--model-2 transfer --predictions-2 transfer_predictions --out-ensemble ensemble",
    ),
)  # fmt: skip


def run(task: Task) -> None:
    """Checks the options and runs the stage."""
    settings = parse(**vars(task.options))
    # Imported here, so that --help and usage errors wait for no library.
    from sentiment_train_ensemble import stage

    stage.run(task, settings)


def main() -> None:
    """Runs the stage for this process's command line."""
    STAGE.main(run)
