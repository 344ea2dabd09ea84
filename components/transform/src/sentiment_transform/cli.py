"""``sentiment-transform``: text into features, and the graph that does it."""

import logging
import os

from sentiment_common.artifacts import EXAMPLES, FEATURES, TRANSFORM_GRAPH
from sentiment_common.beam import beam_options
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_transform.settings import Settings

STAGE = Stage(
    name="sentiment-transform",
    summary="Turns text into features with TensorFlow Transform, analysed on the training split.",
    inputs=(Input("examples", EXAMPLES, "labelled feedback in three splits"),),
    outputs=(
        Output("transform_graph", TRANSFORM_GRAPH, "the graph from raw text to features"),
        Output("train_features", FEATURES, "features of the training split"),
        Output("validation_features", FEATURES, "features of the validation split"),
    ),
    options=(
        Option("ngram_max", int, 2, "longest n-gram, in tokens"),
        Option("min_count", int, 2, "occurrences that put an n-gram into the vocabulary"),
        Option("max_ngrams", int, 20_000, "the n-gram vocabulary keeps the most frequent"),
        Option("max_tokens", int, 10_000, "the token vocabulary keeps the most frequent"),
        Option("lemmas", bool, True, "whether inflected forms become their lemma"),
        Option("stop_words", bool, False, "whether function words are left out"),
        Option(
            "beam", str, "",
            "options of a Beam runner that analyses the texts, e.g. --runner=FlinkRunner "
            "--flink_master=flink:8081; empty for this machine",
        ),
    ),
    examples=(
        "sentiment-transform --examples var/examples --out-transform-graph var/transform_graph "
        "--out-train-features var/train_features "
        "--out-validation-features var/validation_features",
        "sentiment-transform ... --beam='--runner=FlinkRunner --flink_master=flink:8081'",
    ),
)  # fmt: skip


def run(task: Task) -> None:
    """Analyses, exports and applies the graph."""
    runner = beam_options(task.options.beam)
    settings = Settings(**{k: v for k, v in vars(task.options).items() if k != "beam"})
    _quiet_libraries()
    from sentiment_transform.stage import graph_digest, transform

    graph = task.outputs["transform_graph"]
    splits = ("train", "validation")
    features = {split: task.outputs[f"{split}_features"] / "features.parquet" for split in splits}
    rows = transform(task.input("examples"), settings, graph, features, runner)
    digest = graph_digest(graph, settings, STAGE.version)
    task.named_digests["transform_graph"] = {"transform_fn": digest}
    task.tracking.metrics({f"{split}_rows": count for split, count in rows.items()})


def _quiet_libraries() -> None:
    """Leaves the libraries' warnings in the log and their hundreds of lines of progress out."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # it announces itself at every import
    for name in ("absl", "apache_beam", "tensorflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("absl").addFilter(_is_of_use)


def _is_of_use(record: logging.LogRecord) -> bool:
    # TFT warns of the keys of its analyzer cache, and this stage keeps no such cache.
    return "cache key varies on repeated tracing" not in record.getMessage()


def main() -> None:
    """Entry point of the console script."""
    STAGE.main(run)
