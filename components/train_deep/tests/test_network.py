import numpy as np
import pytest

from sentiment_train_deep.batches import padded
from sentiment_train_deep.network import Network

VECTORS = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    return Network(VECTORS, units=3, dropout=0.5)


def test_the_first_vectors_are_those_given(network):
    np.testing.assert_array_equal(network.embedding.get_weights()[0], VECTORS)


def test_padding_does_not_change_logits(network):
    rows = [np.array([2, 3], np.int32), np.array([4, 5, 6, 7, 8], np.int32)]
    together = network.score(padded(rows)).numpy()
    for row, logits in zip(rows, together, strict=True):
        np.testing.assert_allclose(network.score(row[None]).numpy()[0], logits, atol=1e-6)


def test_the_order_of_words_matters(network):
    forth, back = network.score(np.array([[2, 3, 4], [4, 3, 2]], np.int32)).numpy()
    assert np.abs(forth - back).max() > 1e-3


def test_a_row_of_padding_alone_gives_finite_logits(network):
    assert np.isfinite(network.score(np.zeros((1, 4), np.int32)).numpy()).all()


def test_dropout_is_for_training_only(network):
    rows = np.array([[2, 3, 4]], np.int32)
    np.testing.assert_array_equal(network.score(rows), network.score(rows))
    outputs = {float(network(rows, training=True).numpy()[0, 0]) for _ in range(8)}
    assert len(outputs) > 1


def test_each_training_step_moves_the_seeds_of_dropout_on(network):
    rows = np.array([[2, 3, 4]], np.int32)
    before = {name: seed.numpy() for name, seed in network.dropout_seeds.items()}
    network(rows, training=True)
    after = {name: seed.numpy() for name, seed in network.dropout_seeds.items()}
    assert set(before) == {"channel_dropout", "feature_dropout"}
    assert all((before[name] != after[name]).any() for name in before)
