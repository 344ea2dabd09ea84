import keras
import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_train_deep.fitting import Rows, fit, logits, macro_f1
from sentiment_train_deep.network import Network
from sentiment_train_deep.progress import best_epoch
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


def network_of(dropout=0.0):
    keras.utils.set_random_seed(3)
    vectors = np.random.default_rng(3).normal(size=(9, 4)).astype(np.float32)
    return Network(vectors, units=4, dropout=dropout)


def fitted(network, settings, train, validation, tracking=None, folder=None):
    random, tracking = np.random.default_rng(1), tracking or TrackingLog()
    return fit(network, train, validation, WEIGHTS, settings, random, tracking, folder)


class InterruptingLog(TrackingLog):
    """Ends a training one epoch, and half of another, after it began or was continued."""

    continued = 0

    def metrics(self, values, step=0):
        self.continued = values.get("continued_after_epoch", self.continued)
        if "loss" in values and step == self.continued + 2:
            raise KeyboardInterrupt
        super().metrics(values, step)


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


def test_macro_f1_is_the_mean_over_labels():
    targets = np.array([0, 0, 1, 1, 2, 2])
    predicted = np.array([0, 0, 1, 2, 2, 2])
    assert macro_f1(predicted, targets) == pytest.approx((1 + 2 / 3 + 4 / 5) / 3)
    assert macro_f1(targets, targets) == 1


def test_a_training_interrupted_in_every_epoch_ends_with_the_same_bits(tmp_path, caplog):
    caplog.set_level("INFO")
    settings = settings_of(epochs=3, patience=3, dropout=0.3)
    rows = noise(60, 1), noise(30, 2)
    whole, pieces = network_of(0.3), network_of(0.3)
    history = fitted(whole, settings, *rows)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            fitted(network_of(0.3), settings, *rows, InterruptingLog(), tmp_path)
    assert fitted(pieces, settings, *rows, folder=tmp_path) == history
    continued = [text for text in caplog.messages if text.startswith("continuing")]
    assert continued == [f"continuing after epoch {epoch} of 3" for epoch in (1, 2)]
    for weight, again in zip(whole.get_weights(), pieces.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, again)


def test_rows_are_renumbered_by_the_words_met():
    rows = Rows([np.array([7, 2], np.int32), np.array([1], np.int32)], np.array([0, 1]))
    found = rows.renumbered(np.array([0, 1, 2, 7]))
    assert [row.tolist() for row in found.identifiers] == [[3, 2], [1]]
    assert found.identifiers[0].dtype == np.int32
