"""Analyses the training texts with TensorFlow Transform and exports the graph.

What the graph gives for a text, with ``n`` its n-grams of 1 to ``ngram_max`` tokens joined by one
space, counted with repetition and whether the vocabulary knows them or not:

* ``tokens``: the tokens of the text specification,
* ``token_ids``: 0 is left for padding, 1 is an unknown token, 2 + line number a known one,
* ``ngram_ids``: the distinct known n-grams, as ascending line numbers of ``ngrams.txt``,
* ``ngram_tfidf``: the weight of each of them as ``tft.tfidf`` computes it (IEEE 754 arithmetic)::

      float32(float64(occurrences) / float64(len(n))) * idf[id]

with ``idf`` in float32, over the training texts: ``1 + log((1 + texts) / (1 + texts with it))``.
Unknown n-grams share one identifier behind the vocabulary while ``tft.tfidf`` runs, so they count
in ``len(n)``; they are left out afterwards.

Vocabularies are ordered by descending count, equal counts by descending bytes.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio.tensor_adapter import TensorAdapterConfig

from sentiment_common.text import TextSpecification
from sentiment_transform.examples import BATCH_ROWS
from sentiment_transform.graph import TextGraph
from sentiment_transform.settings import Settings

TOKENS, NGRAMS = "tokens", "ngrams"
FIRST_TOKEN_ID = 2
TEXT_COLUMN = pa.schema([("text", pa.list_(pa.binary()))])


def analyse(
    texts: Sequence[pa.Array],
    specification: TextSpecification,
    lemmas: Path,
    settings: Settings,
    folder: Path,
) -> None:
    """Finds vocabularies and document frequencies and writes the graph that uses them.

    Args:
        texts: The training texts, in batches of strings.
        specification: Says what the tokens of a text are.
        lemmas: The ``lemmas.tsv`` of the saved specification.
        settings: What the vocabularies hold.
        folder: Receives ``transform_fn/`` and ``transformed_metadata/``.
    """
    # DirectRunner tries Prism first, a binary it fetches from the network; this is what it runs
    # in memory otherwise. Without flags of its own Beam would parse those of the command line.
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([]))
    dataset = pipeline | beam.Create(list(map(_record_batch, texts)), reshuffle=False)
    with tempfile.TemporaryDirectory() as scratch:
        _export(pipeline, dataset, preprocessing(specification, lemmas, settings), folder, scratch)


def analyse_on(
    runner: Sequence[str],
    examples: Path,
    specification: TextSpecification,
    lemmas: Path,
    settings: Settings,
    folder: Path,
) -> None:
    """Does the same on a Beam runner, whose workers read the examples themselves.

    Args:
        runner: Beam's options, e.g. ``--runner=FlinkRunner``.
        examples: The examples artifact, which all workers reach under this path.
        specification: Says what the tokens of a text are.
        lemmas: The ``lemmas.tsv`` of the saved specification.
        settings: What the vocabularies hold.
        folder: Receives ``transform_fn/`` and ``transformed_metadata/``; all workers reach it too.
    """
    pipeline = beam.Pipeline(options=PipelineOptions(list(runner)))
    dataset = (
        pipeline
        | beam.io.ReadFromParquetBatched(str(examples / "train" / "*.parquet"), columns=["text"])
        | beam.FlatMap(lambda table: map(_record_batch, _texts(table)))
    )
    # Beside the output: /tmp is another folder on each machine.
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        _export(pipeline, dataset, preprocessing(specification, lemmas, settings), folder, scratch)


def _texts(table: pa.Table) -> Iterator[pa.Array]:
    return (batch["text"] for batch in table.to_batches(BATCH_ROWS))


def _export(pipeline: Any, dataset: Any, function: Any, folder: Path, scratch: str) -> None:
    with tft_beam.Context(temp_dir=scratch), pipeline:
        transform_fn = (dataset, _text_input()) | "Analyse" >> tft_beam.AnalyzeDataset(function)
        _ = transform_fn | "Export" >> tft_beam.WriteTransformFn(str(folder))


def preprocessing(
    specification: TextSpecification, lemmas: Path, settings: Settings
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, Any]]:
    """Returns the ``preprocessing_fn``: {"text": strings [batch]} to the features of each text."""

    def preprocessing_fn(inputs: Mapping[str, tf.Tensor]) -> dict[str, Any]:
        graph = tft.make_and_track_object(lambda: TextGraph(specification, lemmas), name="text")
        tokens = graph.tokens(inputs["text"])
        known = tft.compute_and_apply_vocabulary(
            tokens,
            top_k=settings.max_tokens,
            frequency_threshold=settings.min_count,
            vocab_filename=TOKENS,
        )
        ids, weights = _tfidf(tokens, settings)
        return {
            "tokens": tokens,
            "token_ids": known.with_flat_values(known.flat_values + FIRST_TOKEN_ID),
            "ngram_ids": ids,
            "ngram_tfidf": weights,
        }

    return preprocessing_fn


def _tfidf(tokens: tf.RaggedTensor, settings: Settings) -> tuple[tf.SparseTensor, tf.SparseTensor]:
    identifiers = tft.compute_and_apply_vocabulary(
        tft.ngrams(tokens.to_sparse(), (1, settings.ngram_max), " "),
        top_k=settings.max_ngrams,
        frequency_threshold=settings.min_count,
        num_oov_buckets=1,
        vocab_filename=NGRAMS,
    )
    unknown = tf.cast(tft.experimental.get_vocabulary_size_by_name(NGRAMS), tf.int64)
    ids, weights = tft.tfidf(identifiers, unknown + 1)
    known = ids.values < unknown
    return tf.sparse.retain(ids, known), tf.sparse.retain(weights, known)


def _record_batch(texts: pa.Array) -> pa.RecordBatch:
    offsets = pa.array(range(len(texts) + 1), pa.int32())
    column = pa.ListArray.from_arrays(offsets, texts.cast(pa.binary()))
    return pa.RecordBatch.from_arrays([column], schema=TEXT_COLUMN)


def _text_input() -> TensorAdapterConfig:
    scalar = schema_pb2.TensorRepresentation(
        dense_tensor={"column_name": "text", "shape": schema_pb2.FixedShape()}
    )
    return TensorAdapterConfig(TEXT_COLUMN, {"text": scalar})
