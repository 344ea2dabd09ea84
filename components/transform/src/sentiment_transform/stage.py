"""The whole stage: analyse the training split, export the graph, write the features."""

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sentiment_common import memory
from sentiment_common.artifacts import file_sha256
from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer, probes
from sentiment_transform.analysis import NGRAMS, TOKENS, analyse, analyse_on
from sentiment_transform.examples import count_rows, read_batches
from sentiment_transform.features import CARRIED, check_engines, load_graph, write_features
from sentiment_transform.idf import check_weights, document_counts, idf
from sentiment_transform.settings import Settings
from sentiment_transform.specification import english

TRANSFORM_FN, TEXT_SPEC, VOCABULARY = "transform_fn", "text_spec", "vocabulary"
NGRAM_IDF = "ngram_idf.npy"
BYTES, BYTES_PER_TEXT = 1_100_000_000, 2_000
"""Peak memory of the analysis, as benchmarks/scale.py measures it, rounded up."""
logger = logging.getLogger(__name__)


def transform(
    examples: Path,
    settings: Settings,
    graph: Path,
    features: Mapping[str, Path],
    runner: Sequence[str] = (),
) -> dict[str, int]:
    """Analyses the training examples and applies the exported graph.

    Args:
        examples: An examples artifact.
        settings: What tokens are, and which of them the vocabularies hold.
        graph: Receives the graph, the text specification and the vocabularies.
        features: Where each split's ``features.parquet`` goes; one of them is ``train``.
        runner: Beam's options for the analysis; empty for this machine's memory.

    Returns:
        The number of rows by split.

    Raises:
        InputError: There are no training texts, or too few for a vocabulary.
        RuntimeError: The two engines of the text specification differ.
    """
    specification = english(lemmas=settings.lemmas, stop_words=settings.stop_words)
    specification.save(graph / TEXT_SPEC)
    lemmas = graph / TEXT_SPEC / "lemmas.tsv"
    count = count_rows(examples, "train")
    if not count:
        raise InputError("no training examples", where=str(examples), mend="ingest more feedback")
    logger.info("analysing %s training texts", f"{count:,}")
    if runner:
        analyse_on(runner, examples, specification, lemmas, settings, graph)
    else:
        needed = BYTES + count * BYTES_PER_TEXT
        memory.check(needed, f"analysing {count:,} texts here", "give a Beam runner: --beam")
        texts = [batch["text"] for batch in read_batches(examples, "train", ("text",))]
        analyse(texts, specification, lemmas, settings, graph)
    exported, tokenizer = load_graph(graph / TRANSFORM_FN), Tokenizer(specification)
    check_engines(probes(specification), exported, tokenizer)
    rows = {}
    for split, path in features.items():
        batches = read_batches(examples, split, tuple(CARRIED.names))
        rows[split] = write_features(batches, exported, tokenizer, path)
        logger.info("%s: features of %s rows", split, f"{rows[split]:,}")
    _write_vocabulary(graph, features["train"], rows["train"], settings)
    return rows


def _write_vocabulary(graph: Path, features: Path, rows: int, settings: Settings) -> None:
    folder = graph / VOCABULARY
    folder.mkdir()
    for name in (TOKENS, NGRAMS):
        shutil.copyfile(graph / TRANSFORM_FN / "assets" / name, folder / f"{name}.txt")
    counts = document_counts(features, len(read_vocabulary(folder / f"{NGRAMS}.txt")))
    if not counts.any():
        raise InputError(
            f"no token occurs {settings.min_count} times in the {rows:,} training texts",
            where="--min-count", mend="lower it or ingest more feedback",
        )  # fmt: skip
    factors = idf(counts, rows)
    check_weights(features, factors, settings.ngram_max)
    np.save(folder / NGRAM_IDF, factors, allow_pickle=False)


def read_vocabulary(path: Path) -> list[str]:
    """Returns the entries of a vocabulary file; the position of an entry is its line number."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def graph_digest(graph: Path, settings: Settings, version: str) -> str:
    """Returns the digest of everything that decides what the exported graph computes.

    It stands for the SavedModel, whose bytes differ from save to save.

    Args:
        graph: The transform graph's folder, finished.
        settings: What it was made with.
        version: Version of this stage, whose code wrote the graph.
    """
    vocabulary = {path.name: file_sha256(path) for path in (graph / VOCABULARY).iterdir()}
    parts = [TextSpecification.load(graph / TEXT_SPEC).digest, vocabulary, settings.ngram_max]
    return hashlib.sha256(json.dumps([*parts, version], sort_keys=True).encode()).hexdigest()
