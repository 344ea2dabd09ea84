import keras
import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_train_deep.fitting import Epoch, Rows, best_epoch, fit, logits, macro_f1
from sentiment_train_deep.network import Network
from sentiment_train_deep.settings import Settings

WEIGHTS = np.ones(3, np.float32)


def settings_of(**values):
    given = {"units": 4, "epochs": 12, "patience": 2, "learning_rate": 0.05, "batch_size": 8}
    return Settings(
        **{"embeddings": "", "dropout": 0.0, "max_length": 9, "class_weight": "none", "seed": 1}
        | given
        | values
    )


def noise(count, seed):
    """Rows whose labels have nothing to do with their words."""
    source = np.random.default_rng(seed)
    rows = [source.integers(2, 9, 4).astype(np.int32) for _ in range(count)]
    return Rows(rows, source.integers(0, 3, count))


def network_of():
    keras.utils.set_random_seed(3)
    vectors = np.random.default_rng(3).normal(size=(9, 4)).astype(np.float32)
    return Network(vectors, units=4, dropout=0.0)


def fitted(network, settings, train, validation):
    random = np.random.default_rng(1)
    return fit(network, train, validation, WEIGHTS, settings, random, TrackingLog())


def test_it_stops_when_patience_ends_and_keeps_the_best_weights():
    network, validation = network_of(), noise(30, 2)
    history = fitted(network, settings_of(), noise(60, 1), validation)
    assert len(history) == best_epoch(history) + 1 + 2 < 12
    kept = logits(network, validation.identifiers)
    lost = np.log(np.exp(kept).sum(axis=1)) - kept[np.arange(30), validation.targets]
    assert np.mean(lost) == pytest.approx(history[best_epoch(history)].validation_loss)
    assert kept.shape == (30, 3)


def test_the_loss_of_rows_it_is_fitted_to_falls():
    train = noise(20, 1)
    history = fitted(network_of(), settings_of(epochs=30, patience=30), train, train)
    assert history[-1].loss < 0.5 * history[0].loss
    assert history[-1].validation_macro_f1 > 0.8


def test_a_loss_that_is_no_number_is_refused():
    network = network_of()
    network.embedding.set_weights([np.full((9, 4), np.inf, np.float32)])
    with pytest.raises(InputError, match="--learning-rate: the loss is nan after epoch 1"):
        fitted(network, settings_of(), noise(20, 1), noise(20, 2))


def test_the_first_of_equal_losses_is_best():
    losses = [0.9, 0.5, 0.5, 0.7]
    assert best_epoch([Epoch(1, loss, 0) for loss in losses]) == 1


def test_macro_f1_is_the_mean_over_labels():
    targets = np.array([0, 0, 1, 1, 2, 2])
    predicted = np.array([0, 0, 1, 2, 2, 2])
    assert macro_f1(predicted, targets) == pytest.approx((1 + 2 / 3 + 4 / 5) / 3)
    assert macro_f1(targets, targets) == 1
