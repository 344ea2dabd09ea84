"""Command line of train_baseline."""

from sentiment_common.artifacts import FEATURES, MODEL, TRANSFORM_GRAPH
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_train_baseline import search

STAGE = Stage(
    name="sentiment-train-baseline",
    summary="Trains logistic regression on TF-IDF of n-grams and calibrates its probabilities.",
    inputs=(
        Input("train_features", FEATURES, "features of the train split"),
        Input("transform_graph", TRANSFORM_GRAPH, "the graph that made them"),
    ),
    outputs=(Output("model", MODEL, "the trained bundle, which needs numpy alone to run"),),
    options=(
        Option("c_grid", str, "0.25,0.5,1,2,4,8", "inverse regularization strengths to try"),
        Option("folds", int, 5, "folds of the cross-validation, which keeps groups together"),
        Option(
            "class_weight", str, "balanced", "weigh rare labels up, or not", ("balanced", "none")
        ),
        Option("seed", int, 13, "seed of the assignment to folds"),
    ),
    examples=(
        "sentiment-train-baseline --train-features train_features "
        "--transform-graph transform_graph --out-model model",
    ),
)


def run(task: Task) -> None:
    """Selects, calibrates, trains, saves and checks."""
    options = task.options
    wanted = search.parse(options.c_grid, options.folds, options.class_weight, options.seed)
    # Imported here, so that --help and usage errors do not wait for scikit-learn.
    from sentiment_train_baseline import export, features, training

    data = features.read(task.input("train_features"), task.input("transform_graph"))
    selected = training.select(data, wanted, task.tracking)
    fitted = training.fit(data, wanted, selected)
    export.save(task.outputs["model"], fitted, data.graph)
    export.check(task.outputs["model"], fitted, data)
    task.tracking.metrics(fitted.metrics)
    task.metadata["model"] = {"backend": "linear", **fitted.metrics}


def main() -> None:
    """Runs the stage for this process's command line."""
    STAGE.main(run)
