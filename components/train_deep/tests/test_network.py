import itertools

import keras
import numpy as np
import pytest

from sentiment_train_deep.batches import padded
from sentiment_train_deep.encoders import ARCHITECTURES, Design
from sentiment_train_deep.network import Network
from sentiment_train_deep.vocabulary import Tables

VECTORS = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
VALENCES = np.array([[0, 0]] * 6 + [[0.8, 0], [-0.5, 0], [0, 1]], np.float32)
GOOD, BAD, NOT = 6, 7, 8


@pytest.fixture(
    scope="module",
    params=itertools.product(ARCHITECTURES, (1, 2), (True, False)),
    ids=lambda given: f"{given[0]}-{given[1]}-{'lexicon' if given[2] else 'none'}",
)
def network(request):
    architecture, layers, told = request.param
    keras.utils.set_random_seed(1)
    tables = Tables(VECTORS, VALENCES if told else VALENCES[:, :0])
    return Network(tables, Design(architecture, 20, layers, 0.5))


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


def test_the_most_words_of_a_row_give_finite_logits(network):
    rows = np.random.default_rng(1).integers(2, 9, (2, 300)).astype(np.int32)
    assert np.isfinite(network.score(rows).numpy()).all()


def test_the_valences_of_words_stay_as_they_were_told(network):
    trained = [weight.path for weight in network.trainable_weights]
    assert not any("valences" in path for path in trained)
    assert network.knows_valences == any("valences" in weight.path for weight in network.weights)


def test_every_weight_has_a_name_of_its_own(network):
    names = [weight.path for weight in network.weights]
    assert len(set(names)) == len(names)


def test_there_is_one_rating_for_each_row(network):
    logits, ratings = network.logits_and_rating(np.array([[2, 3], [4, 0]], np.int32))
    assert (logits.shape, ratings.shape) == ((2, 3), (2,))


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
    assert {"channel_dropout", "feature_dropout"} <= set(before)
    assert len(before) == 2 + len(network.encoder.dropouts)
    assert all((before[name] != after[name]).any() for name in before)
