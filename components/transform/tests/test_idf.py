import math

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_transform.idf import check_weights, document_counts, idf


def test_a_factor_falls_with_the_number_of_texts_that_hold_the_ngram():
    factors = idf(np.array([0, 1, 9]), 9)
    assert factors.dtype == np.float32
    expected = [1 + math.log(10), 1 + math.log(5), 1.0]
    assert factors.tolist() == pytest.approx(expected, rel=1e-6)


def test_documents_are_counted_once_for_each_ngram_they_hold(transformed):
    factors = np.load(transformed.graph / "vocabulary" / "ngram_idf.npy")
    features = transformed.train / "features.parquet"
    counts = document_counts(features, len(factors))
    rows = pq.read_table(features)["ngram_ids"].to_pylist()
    assert counts.tolist() == [sum(ngram in row for row in rows) for ngram in range(len(factors))]
    assert np.array_equal(idf(counts, len(rows)), factors)


def test_a_factor_that_is_off_by_its_last_bit_is_noticed(transformed):
    factors = np.load(transformed.graph / "vocabulary" / "ngram_idf.npy")
    features = transformed.train / "features.parquet"
    check_weights(features, factors, 2)
    factors[0] = np.nextafter(factors[0], np.float32(9))
    with pytest.raises(RuntimeError, match="weights differ"):
        check_weights(features, factors, 2)
