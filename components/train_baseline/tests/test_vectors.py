import math

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_train_baseline.settings import Settings
from sentiment_train_baseline.vectors import (
    LEXICON_SCALE,
    PIECE_SCALE,
    count,
    fit,
    transform,
)

ROWS = [
    ["good", "phone", "good"],
    ["good", "phone"],
    ["bad", "cable"],
    ["bad", "phone", "goods"],
    ["zebra"],
]
VALENCES = {"good": (2.0,), "bad": (-2.0,)}
ALL = np.arange(len(ROWS))


@pytest.fixture
def counts():
    return count(ROWS, VALENCES, 1, Settings(min_rows=2, piece_sizes=(2, 3)))


def test_words_are_scaled_to_unit_length_and_weighed_by_their_rarity(counts):
    learned = fit(counts, ALL)
    terms = [counts.terms[column] for column in learned.words]
    assert terms == ["bad", "good", "good phone", "phone"]
    row = transform(counts, learned, ALL)[0, :4].toarray()[0]
    idf = {n: 1 + math.log(6 / (1 + n)) for n in (2, 3)}
    values = np.array([0, (1 + math.log(2)) * idf[2], idf[2], idf[3]])
    np.testing.assert_allclose(row, values / np.linalg.norm(values))


def test_a_token_counts_as_its_pieces_at_unit_length(counts):
    learned = fit(counts, ALL)
    begin, end = learned.bounds
    table = transform(counts, learned, ALL)[:, begin:end].toarray()
    names = [counts.pieces[column] for column in learned.pieces]
    assert set(names) >= {" go", "od", "goo"}
    assert not {"ze", "ebr"} & set(names)
    assert np.linalg.norm(table[4]) == 0
    one_token = transform(counts, learned, np.array([2]))[:, begin:end]
    assert one_token.shape == (1, end - begin)
    good = count([["good"], *ROWS], VALENCES, 1, counts.settings)
    alone = transform(good, fit(good, np.arange(1, 6)), np.array([0]))[:, begin:end].toarray()
    assert np.linalg.norm(alone) == pytest.approx(PIECE_SCALE)


def test_nothing_is_learned_from_rows_that_are_held_out():
    train = np.arange(4)
    with_zebra = count(ROWS, VALENCES, 1, Settings())
    without = count([*ROWS[:4], ["gnu", "gnu", "bad"]], VALENCES, 1, Settings())
    one, other = fit(with_zebra, train), fit(without, train)
    matrices = (transform(with_zebra, one, train), transform(without, other, train))
    assert [with_zebra.terms[at] for at in one.words] == [without.terms[at] for at in other.words]
    np.testing.assert_array_equal(matrices[0].toarray(), matrices[1].toarray())


def test_lexicon_features_get_the_same_deviation(counts):
    learned = fit(counts, ALL)
    table = transform(counts, learned, ALL)[:, learned.bounds[1] :].toarray()
    deviations = table.std(axis=0)
    assert {round(value, 12) for value in deviations} == {0, LEXICON_SCALE}


def test_the_most_frequent_columns_stay_where_there_are_too_many():
    counts = count(ROWS, {}, 0, Settings(1, None, 1, most=2))
    learned = fit(counts, ALL)
    assert [counts.terms[column] for column in learned.words] == ["bad", "phone"]
    assert transform(counts, learned, ALL).shape == (5, 2)


def test_rows_without_a_common_word_are_refused():
    counts = count([["one"], ["two"]], {}, 0, Settings())
    with pytest.raises(InputError, match="no word occurs in 2 rows or more"):
        fit(counts, np.arange(2))
