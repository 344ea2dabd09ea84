"""Command line of train_deep."""

import logging
import os

from sentiment_common.artifacts import FEATURES, MODEL, PREDICTIONS, TRANSFORM_GRAPH
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_train_deep.settings import Settings, checked

STAGE = Stage(
    name="sentiment-train-deep",
    summary="Trains an LSTM or a Transformer on word embeddings and calibrates its probabilities.",
    inputs=(
        Input("train_features", FEATURES, "features of the train split"),
        Input("validation_features", FEATURES, "features of the validation split"),
        Input("transform_graph", TRANSFORM_GRAPH, "the graph that made them"),
    ),
    outputs=(
        Output("model", MODEL, "the trained bundle, its text graph inside"),
        Output("predictions", PREDICTIONS, "cross-fitted probabilities of the train split"),
    ),
    options=(
        Option("architecture", str, "lstm", "what reads the words", ("lstm", "transformer")),
        Option(
            "embeddings",
            str,
            "glove-6b-50d",
            "random, word2vec (trained on the train split), this package, or path or URI of a text "
            "or npz file",
        ),
        Option(
            "lexicon",
            str,
            "auto",
            "valences of words: auto (VADER, Opinion Lexicon), none, or path of word, tab, valence",
        ),
        Option("units", int, 32, "units of an LSTM in each direction, or of the Transformer"),
        Option("layers", int, 1, "LSTMs or Transformer blocks on top of each other"),
        Option("dropout", float, 0.5, "share of channels and features left out"),
        Option("learning_rate", float, 0.003, "learning rate of Adam"),
        Option("label_smoothing", float, 0.1, "share of each target spread over all labels"),
        Option("rating_weight", float, 1.0, "weight of the error in ratings, where there are any"),
        Option("batch_size", int, 128, "rows of a training step"),
        Option("epochs", int, 30, "most passes over the train split"),
        Option("patience", int, 3, "epochs without a better validation loss before it stops"),
        Option("max_length", int, 64, "tokens of a text that are read"),
        Option(
            "class_weight", str, "balanced", "weigh rare labels up, or not", ("balanced", "none")
        ),
        Option("search_trials", int, 0, "trials of a random search; 0 takes the options as given"),
        Option("cross_fit_folds", int, 3, "folds behind the predictions; 0 leaves these empty"),
        Option("seed", int, 13, "seed of weights, dropout, trials, folds and the order of rows"),
    ),
    examples=(
        "sentiment-train-deep --train-features train_features --validation-features "
        "validation_features --transform-graph transform_graph --out-model model "
        "--out-predictions predictions",
    ),
)


def run(task: Task) -> None:
    """Reads, trains, calibrates, saves and checks."""
    settings = checked(Settings(**vars(task.options)))
    graph = task.input("transform_graph")
    # Imported here, so that --help and usage errors wait neither for Arrow nor for TensorFlow.
    from sentiment_train_deep import checkpoints, features, predictions, vocabulary

    if task.checkpoints:
        checkpoints.make(task.checkpoints)
    train = features.read(task.input("train_features"))
    validation = features.read(task.input("validation_features"))
    features.check_labels(train, str(task.input("train_features")))
    for name, split in (("train_features", train), ("validation_features", validation)):
        features.check_texts(task.input(name), split, graph)
    origins = vocabulary.Origins(settings.embeddings, settings.lexicon)
    words = vocabulary.build(origins, graph, train.tokens, settings.seed)
    task.sources.extend(words.sources)
    # oneDNN picks other kernels on other processors, which round differently.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from sentiment_train_deep import export, training, transform_graph

    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    loaded = transform_graph.load(graph)
    splits = train, validation
    trained = training.train(splits, words, settings, task.tracking, task.checkpoints)
    model = export.Model(trained, words, settings.max_length, loaded)
    task.named_digests["model"] = export.save(task.outputs["model"], model)
    export.save_reference(task.outputs["model"], train, model)
    export.check(task.outputs["model"], model, validation.tokens)
    predictions.write(task.outputs["predictions"], train, trained.out_of_fold)
    task.tracking.metrics(trained.metrics, step=len(trained.history))
    task.metadata["model"] = {"backend": "tensorflow", **trained.metrics}


def main() -> None:
    """Runs the stage for this process's command line."""
    STAGE.main(run)
