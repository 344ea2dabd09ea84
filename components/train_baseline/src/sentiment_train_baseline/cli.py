"""Command line of train_baseline."""

from sentiment_common import code, lexicon
from sentiment_common.artifacts import (
    FEATURES,
    MODEL,
    PREDICTIONS,
    TRANSFORM_GRAPH,
    read_manifest,
)
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_train_baseline import search, settings, trials

STAGE = Stage(
    name="sentiment-train-baseline",
    summary="Trains logistic regression on n-grams and lexicons and calibrates its probabilities.",
    inputs=(
        Input("train_features", FEATURES, "features of the train split"),
        Input("transform_graph", TRANSFORM_GRAPH, "the graph that made them"),
    ),
    outputs=(
        Output("model", MODEL, "the trained bundle, which needs numpy alone to run"),
        Output("predictions", PREDICTIONS, "cross-fitted probabilities of the train split"),
    ),
    options=(
        Option("search", str, "grid", "try all of the grids, or draw from within", search.SEARCHES),
        Option("trials", int, 20, "trials of a random search"),
        Option("c_grid", str, "0.5,1,2", "inverse regularization strengths to try"),
        Option("softness_grid", str, "0,0.15", "how far ratings soften labels, in their deviation"),
        Option("strength_grid", str, "0.8", "how much of the imbalance is taken away, 0 to 1"),
        Option("balance", str, "class_weight", "how rare labels are brought up", search.BALANCES),
        Option("lexicon", str, "auto", "auto, none, or a file of words and valences"),
        Option("word_ngrams", int, 2, "tokens of the longest word n-gram"),
        Option("piece_sizes", str, "2,5", "characters of the pieces of words, or none"),
        Option("min_rows", int, 2, "rows that an n-gram must occur in"),
        Option("folds", int, 5, "folds of the cross-validation, which keeps groups together"),
        Option("seed", int, 13, "seed of the folds, of sampling and of a random search"),
    ),
    examples=(
        "sentiment-train-baseline --train-features train_features "
        "--transform-graph transform_graph --out-model model --out-predictions predictions",
    ),
)


def run(task: Task) -> None:
    """Selects, calibrates, trains, saves and checks."""
    options = task.options
    wanted = search.parse(options)
    features_wanted = settings.parse(options.word_ngrams, options.piece_sizes, options.min_rows)
    known = lexicon.read(options.lexicon)
    task.sources += [it.source for it in known]
    # Imported here, so that --help and bad input do not wait for scikit-learn.
    from sentiment_train_baseline import features

    data = features.read(task.input("train_features"), task.input("transform_graph"))
    from sentiment_train_baseline import export, predictions, training, vectors

    valences = lexicon.by_token(known, data.tokenizer)
    counts = vectors.count(data.tokens, valences, len(known), features_wanted)
    folds = training.folds_of(data, counts, wanted)
    finished = trials.Finished(task.checkpoints, _work(task, valences))
    selected = training.select(data, folds, wanted, task.tracking, finished)
    fitted = training.fit(data, counts, wanted, selected)
    export.save(task.outputs["model"], fitted, counts, valences, data.text_specification)
    export.save_reference(task.outputs["model"], data, selected)
    export.check(task.outputs["model"], fitted, data, counts)
    predictions.write(task.outputs["predictions"], data, selected.probabilities)
    task.tracking.metrics(fitted.metrics)
    task.metadata["model"] = {"backend": "linear", **fitted.metrics}


def _work(task: Task, valences: dict[str, tuple[float, ...]]) -> dict[str, object]:
    """Returns all that the figures of a trial depend on."""
    kinds = {item.name: item.kind for item in STAGE.inputs}
    return {
        "code": code.stage_digest(STAGE.name),
        "inputs": {
            name: read_manifest(task.input(name), kind).digest for name, kind in kinds.items()
        },
        "options": {
            name: getattr(task.options, name)
            for name in ("balance", "word_ngrams", "piece_sizes", "min_rows", "folds", "seed")
        },
        "valences": valences,
    }


def main() -> None:
    """Runs the stage for this process's command line."""
    STAGE.main(run)
