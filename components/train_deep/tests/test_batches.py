import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentiment_train_deep.batches import by_length, padded, shuffled

LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=300).map(np.array)


@given(LENGTHS, st.integers(1, 20), st.integers(0, 99))
def test_every_row_is_in_one_shuffled_batch(lengths, size, seed):
    found = list(shuffled(lengths, size, np.random.default_rng(seed)))
    assert sorted(np.concatenate(found).tolist()) == list(range(len(lengths)))
    assert max(map(len, found)) <= size


@given(LENGTHS, st.integers(1, 20))
def test_scoring_batches_go_from_short_to_long(lengths, size):
    order = np.concatenate(list(by_length(lengths, size)))
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert np.all(np.diff(lengths[order]) >= 0)


def test_the_same_seed_gives_the_same_order_and_another_does_not():
    lengths = np.arange(1, 200)
    first, again, other = (
        np.concatenate(list(shuffled(lengths, 8, np.random.default_rng(seed))))
        for seed in (1, 1, 2)
    )
    assert first.tolist() == again.tolist() != other.tolist()


def test_rows_are_padded_to_the_longest():
    rows = [np.array([5, 6, 7], np.int32), np.array([8], np.int32)]
    assert padded(rows).tolist() == [[5, 6, 7], [8, 0, 0]]
