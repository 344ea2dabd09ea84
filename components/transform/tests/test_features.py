import dataclasses
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.text import Tokenizer, current, probes
from sentiment_transform.examples import read_batches
from sentiment_transform.features import (
    CARRIED,
    SCHEMA,
    check_engines,
    featurized,
    load_graph,
    write_features,
)
from sentiment_transform.stage import read_vocabulary


@pytest.fixture(scope="module")
def graph(transformed):
    return load_graph(transformed.graph / "transform_fn")


@pytest.fixture(scope="module")
def train(transformed):
    return pq.read_table(transformed.train / "features.parquet").to_pylist()


def test_every_example_has_its_features_in_the_same_order(train, transformed, rows):
    validation = pq.read_table(transformed.validation / "features.parquet")
    assert validation.schema.equals(SCHEMA)
    for split, features in (("train", train), ("validation", validation.to_pylist())):
        expected = [
            {name: row[name] for name in CARRIED.names} for row in rows if row["split"] == split
        ]
        assert [{name: row[name] for name in CARRIED.names} for row in features] == expected


def test_token_identifiers_are_line_numbers_behind_padding_and_unknown(train, transformed):
    tokens = read_vocabulary(transformed.graph / "vocabulary" / "tokens.txt")
    identifiers = {token: line + 2 for line, token in enumerate(tokens)}
    for row in train:
        assert row["token_ids"] == [identifiers.get(token, 1) for token in row["tokens"]]


def test_weights_follow_from_tokens_vocabulary_and_factors_to_the_last_bit(train, transformed):
    ngrams = read_vocabulary(transformed.graph / "vocabulary" / "ngrams.txt")
    factors = np.load(transformed.graph / "vocabulary" / "ngram_idf.npy", allow_pickle=False)
    identifiers = {ngram: line for line, ngram in enumerate(ngrams)}
    assert factors.dtype == np.float32
    assert len(factors) == len(ngrams)
    for row in train:
        tokens = row["tokens"]
        found = [*tokens, *map(" ".join, pairwise(tokens))]
        known = Counter(identifiers[ngram] for ngram in found if ngram in identifiers)
        assert row["ngram_ids"] == sorted(known)
        for identifier, weight in zip(row["ngram_ids"], row["ngram_tfidf"], strict=True):
            frequency = np.float32(known[identifier] / len(found))
            assert np.float32(weight) == frequency * factors[identifier]


def test_a_row_does_not_depend_on_its_neighbours(graph, examples, train):
    columns = tuple(CARRIED.names)
    batch = next(read_batches(examples, "train", columns))
    alone = [featurized(batch.slice(row, 1), graph).to_pylist()[0] for row in range(20)]
    assert alone == train[:20]


def test_no_rows_give_an_empty_file(graph, tokenizer, tmp_path):
    batch = pa.RecordBatch.from_arrays([pa.array([], it.type) for it in CARRIED], schema=CARRIED)
    for none in ([], [batch]):
        assert write_features(none, graph, tokenizer, tmp_path / "features.parquet") == 0
    assert pq.read_table(tmp_path / "features.parquet").schema.equals(SCHEMA)


def test_a_row_on_which_the_two_engines_differ_stops_the_stage(graph, examples, tmp_path):
    other = Tokenizer(current({"the": "a"}))
    batches = read_batches(examples, "train", tuple(CARRIED.names))
    with pytest.raises(RuntimeError, match="the two engines differ on amazon-"):
        write_features(batches, graph, other, tmp_path / "features.parquet")


def test_a_probe_on_which_the_two_engines_differ_stops_the_stage(graph, specification, tokenizer):
    texts = probes(specification)
    check_engines(texts, graph, tokenizer)
    other = Tokenizer(dataclasses.replace(specification, empty_token="none"))  # noqa: S106
    with pytest.raises(RuntimeError, match="the two engines differ on ''"):
        check_engines(texts, graph, other)


def _carried(row):
    return {name: row[name] for name in CARRIED.names}
