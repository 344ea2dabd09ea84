"""Measures what each part of the network gives: encoder, word vectors, lexicon, ratings.

make bench ROOMS=train_deep takes the latest run's data, one seed and a few variants. For the whole
table: python benchmarks/ablation.py --full --inputs FOLDER..., one folder for each seed, and with
--elsewhere an artifact of examples that no model was trained on.
"""

import argparse
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_train_deep import features, search, vocabulary
from sentiment_train_deep.cli import STAGE
from sentiment_train_deep.fitting import logits, macro_f1
from sentiment_train_deep.network import Network
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.training import prepared, widened
from sentiment_train_deep.vocabulary import Origins, Vocabulary

TRANSFORMER = {"architecture": "transformer", "units": 48, "dropout": 0.3, "learning_rate": 0.001}
FEW: Mapping[str, Mapping[str, Any]] = {
    "as by default": {},
    "no lexicon": {"lexicon": "none"},
    "no ratings": {"rating_weight": 0.0},
}
MORE: Mapping[str, Mapping[str, Any]] = {
    "neither": {"lexicon": "none", "rating_weight": 0.0},
    "random vectors": {"embeddings": "random"},
    "word2vec of the train split": {"embeddings": "word2vec"},
    "random vectors, no lexicon": {"embeddings": "random", "lexicon": "none"},
    "word2vec, no lexicon": {"embeddings": "word2vec", "lexicon": "none"},
    "two LSTMs": {"layers": 2},
    "no label smoothing": {"label_smoothing": 0.0},
    "no class weights": {"class_weight": "none"},
    "Transformer": TRANSFORMER,
    "two Transformer blocks": {**TRANSFORMER, "layers": 2},
    "Transformer, no lexicon": {**TRANSFORMER, "lexicon": "none"},
}


@dataclass(frozen=True)
class Texts:
    """Texts as tokens, and their labels' positions."""

    tokens: Sequence[Sequence[str]]
    targets: NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """Figures of one training."""

    validation_loss: float
    test: float
    elsewhere: float
    seconds: float


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=Path, nargs="+", help="(default: the latest run)")
    parser.add_argument("--elsewhere", type=Path, help="examples of another domain")
    parser.add_argument("--full", action="store_true", help="all variants")
    parser.add_argument("--only", help="variants whose name begins so")
    parser.add_argument("--first-seed", type=int, default=13, help="that of the first folder")
    chosen = parser.parse_args()
    latest = Path(os.environ.get("SENTIMENT_VAR", "var")) / "runs" / "latest"
    folders = chosen.inputs or [latest]
    if not folders[0].is_dir():
        _say(f"no data in {folders[0]}: run the pipeline first, or give --inputs")
        return
    tf.config.experimental.enable_op_determinism()
    variants = {**FEW, **(MORE if chosen.full or chosen.only else {})}
    _say("macro-F1 as min / median / max over the seeds\n")
    _say("| variant | validation loss | test split | elsewhere | seconds |\n|---|---|---|---|---|")
    for name, changes in variants.items():
        if chosen.only and not name.startswith(chosen.only):
            continue
        seeds = enumerate(folders, start=chosen.first_seed)
        outcomes = [measured(changes, folder, seed, chosen.elsewhere) for seed, folder in seeds]
        _say(_row(name, outcomes))


def measured(
    changes: Mapping[str, Any], folder: Path, seed: int, elsewhere: Path | None
) -> Outcome:
    """Trains once with the default options but for some, and scores texts it has never seen."""
    defaults = {option.name: option.default for option in STAGE.options}
    settings = replace(Settings(**defaults), seed=seed, **changes)
    splits = (
        features.read(_in(folder, "train_features")),
        features.read(_in(folder, "validation_features")),
    )
    graph = _in(folder, "transform_graph")
    words = vocabulary.build(
        Origins(settings.embeddings, settings.lexicon), graph, splits[0].tokens, seed
    )
    data = prepared(splits, words, settings.max_length)
    start = time.monotonic()
    material = search.Material(words.tables.take(data.met), data.train.rows, data.validation)
    fitted = search.best(material, settings, TrackingLog(), None)
    seconds = time.monotonic() - start
    network = widened(fitted.trainer, data.met, words)
    tokenizer = Tokenizer(TextSpecification.load(graph / "text_spec"))
    scores = [
        _score(network, words, _texts(examples, tokenizer), settings) if examples else np.nan
        for examples in (_in(folder, "examples"), elsewhere)
    ]
    return Outcome(fitted.best.validation_loss or np.nan, *scores, seconds)


def _in(folder: Path, name: str) -> Path:
    return next(path for path in sorted(folder.resolve().rglob(name)) if path.is_dir())


def _texts(examples: Path, tokenizer: Tokenizer) -> Texts:
    stored = pq.read_table(examples / "test" / "examples.parquet").to_pydict()
    targets = np.array([LABELS.index(label) for label in stored["label"]])
    return Texts([tokenizer.tokens(text) for text in stored["text"]], targets)


def _score(network: Network, words: Vocabulary, texts: Texts, settings: Settings) -> float:
    scored = logits(network, words.identifiers(texts.tokens, settings.max_length))
    return macro_f1(scored.argmax(axis=1), texts.targets)


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    columns = [
        _spread([getattr(outcome, figure) for outcome in outcomes], digits)
        for figure, digits in (("validation_loss", 3), ("test", 3), ("elsewhere", 3))
    ]
    seconds = statistics.median(outcome.seconds for outcome in outcomes)
    return f"| {name} | {' | '.join(columns)} | {seconds:.0f} |"


def _spread(values: Sequence[float], digits: int) -> str:
    figures = (min(values), statistics.median(values), max(values))
    return " / ".join(f"{figure:.{digits}f}" for figure in figures)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
