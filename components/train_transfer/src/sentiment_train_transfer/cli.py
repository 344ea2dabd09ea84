"""Command line of train_transfer."""

from sentiment_common.artifacts import FEATURES, MODEL, PREDICTIONS, TRANSFORM_GRAPH
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_train_transfer.settings import parse

STAGE = Stage(
    name="sentiment-train-transfer",
    summary="Trains a head on a frozen sentence encoder and calibrates its probabilities.",
    inputs=(
        Input("train_features", FEATURES, "features of the train split"),
        Input("validation_features", FEATURES, "features of the validation split"),
        Input("transform_graph", TRANSFORM_GRAPH, "the graph that made them"),
    ),
    outputs=(
        Output("model", MODEL, "the trained bundle, its encoder inside"),
        Output("predictions", PREDICTIONS, "cross-fitted probabilities of the train split"),
    ),
    options=(
        Option(
            "encoder", str, "minilm",
            "this package, or path or address of a folder with model.onnx and tokenizer.json",
        ),
        Option(
            "layers", str, "auto",
            "layers whose states are read, or outputs: the model's own; auto: 3,4 of minilm",
        ),
        Option("max_tokens", int, 128, "word pieces of a text that are read"),
        Option(
            "lexicon", str, "auto",
            "auto: VADER and Opinion Lexicon; none; or path of word, tab, valence",
        ),
        Option(
            "rating_noise", float, 0.2,
            "error of a rating in standard deviations: softens labels near the next; 0 for not",
        ),
        Option("c_grid", str, "0.0003,0.001,0.003", "inverse regularization strengths to try"),
        Option("folds", int, 5, "folds of the cross-validation, which keeps groups together"),
        Option(
            "class_weight", str, "balanced", "weigh rare labels up, or not", ("balanced", "none")
        ),
        Option("seed", int, 13, "seed of the assignment to folds"),
    ),
    examples=(
        "sentiment-train-transfer --train-features train_features --validation-features "
        "validation_features --transform-graph transform_graph --out-model model "
        "--out-predictions predictions",
    ),
)  # fmt: skip


def run(task: Task) -> None:
    """Checks the options and runs the stage."""
    settings = parse(**vars(task.options))
    # Imported here, so that --help and usage errors wait for no library.
    from sentiment_train_transfer import stage

    stage.run(task, settings)


def main() -> None:
    """Runs the stage for this process's command line."""
    STAGE.main(run)
