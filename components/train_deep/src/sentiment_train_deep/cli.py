"""Command line of train_deep."""

import logging
import os

from sentiment_common.artifacts import FEATURES, MODEL, TRANSFORM_GRAPH
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_train_deep.settings import Settings, checked

STAGE = Stage(
    name="sentiment-train-deep",
    summary="Trains a bidirectional LSTM on word embeddings and calibrates its probabilities.",
    inputs=(
        Input("train_features", FEATURES, "features of the train split"),
        Input("validation_features", FEATURES, "features of the validation split"),
        Input("transform_graph", TRANSFORM_GRAPH, "the graph that made them"),
    ),
    outputs=(Output("model", MODEL, "the trained bundle, its text graph inside"),),
    options=(
        Option(
            "embeddings", str, "glove-6b-50d", "this package, or path or URI of a text or npz file"
        ),
        Option("units", int, 64, "units of the LSTM in each direction"),
        Option("dropout", float, 0.4, "share of embedding channels and features left out"),
        Option("learning_rate", float, 0.002, "learning rate of Adam"),
        Option("batch_size", int, 64, "rows of a training step"),
        Option("epochs", int, 20, "most passes over the train split"),
        Option("patience", int, 3, "epochs without a better validation loss before it stops"),
        Option("max_length", int, 64, "tokens of a text that are read"),
        Option(
            "class_weight", str, "balanced", "weigh rare labels up, or not", ("balanced", "none")
        ),
        Option("seed", int, 13, "seed of weights, dropout and the order of rows"),
    ),
    examples=(
        "sentiment-train-deep --train-features train_features --validation-features "
        "validation_features --transform-graph transform_graph --out-model model",
    ),
)


def run(task: Task) -> None:
    """Reads, trains, calibrates, saves and checks."""
    settings = checked(Settings(**vars(task.options)))
    graph = task.input("transform_graph")
    # Imported here, so that --help and usage errors wait neither for Arrow nor for TensorFlow.
    from sentiment_train_deep import checkpoints, features, vocabulary

    if task.checkpoints:
        checkpoints.make(task.checkpoints)
    train = features.read(task.input("train_features"))
    validation = features.read(task.input("validation_features"))
    features.check_labels(train, str(task.input("train_features")))
    words = vocabulary.build(settings.embeddings, graph, settings.seed)
    task.sources.append(words.source)
    # oneDNN picks other kernels on other processors, which round differently.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from sentiment_train_deep import export, training, transform_graph

    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    loaded = transform_graph.load(graph)
    trained = training.train(train, validation, words, settings, task.tracking, task.checkpoints)
    model = export.Model(trained, words, settings.max_length, loaded)
    task.named_digests["model"] = export.save(task.outputs["model"], model)
    export.check(task.outputs["model"], model, validation.tokens)
    task.tracking.metrics(trained.metrics, step=len(trained.history))
    task.metadata["model"] = {"backend": "tensorflow", **trained.metrics}


def main() -> None:
    """Runs the stage for this process's command line."""
    STAGE.main(run)
