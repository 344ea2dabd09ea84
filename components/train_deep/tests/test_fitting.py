from dataclasses import replace

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_train_deep import fitting
from sentiment_train_deep.fitting import Fold, Rows, Trainer, class_weights, logits, macro_f1
from sentiment_train_deep.progress import best_epoch
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.vocabulary import Tables

SETTINGS = Settings(
    architecture="lstm", embeddings="", lexicon="", units=4, layers=1, dropout=0.0,
    learning_rate=0.05, label_smoothing=0.0, rating_weight=0.0, batch_size=8,
    epochs=12, patience=2, max_length=9, class_weight="none", search_trials=0, cross_fit_folds=0,
    seed=3,
)  # fmt: skip


def noise(count, seed, rated=False):
    """Rows whose labels have nothing to do with their words; every third rating is unknown."""
    source = np.random.default_rng(seed)
    rows = [source.integers(2, 9, 4).astype(np.int32) for _ in range(count)]
    ratings = np.where(np.arange(count) % 3 == 0, np.nan, source.normal(size=count))
    ratings = ratings if rated else np.full(count, np.nan)
    return Rows(rows, source.integers(0, 3, count), ratings.astype(np.float32))


def trainer_of(vectors=None, **settings):
    made = np.random.default_rng(3).normal(size=(9, 4)).astype(np.float32)
    tables = Tables(made if vectors is None else vectors, np.zeros((9, 2), np.float32))
    return Trainer(tables, replace(SETTINGS, **settings))


def fitted(trainer, train, validation, folder=None, name=""):
    fold = Fold(name, train, validation, np.random.default_rng(1), folder)
    return trainer.fit(fold, trainer.settings.epochs, TrackingLog())


@pytest.fixture
def interrupting(monkeypatch):
    """Ends a training one epoch, and half of another, after it began or was continued."""

    class InterruptingLog(TrackingLog):
        continued = 0

        def metrics(self, values, step=0):
            self.continued = values.get("continued_after_epoch", self.continued)
            if "loss" in values and step == self.continued + 2:
                raise KeyboardInterrupt
            super().metrics(values, step)

    with monkeypatch.context() as patch:
        patch.setattr(fitting, "TrackingLog", InterruptingLog)
        yield


def weights_of(trainer):
    return [weight.copy() for weight in trainer.network.get_weights()]


def equal(first, second):
    return all((mine == its).all() for mine, its in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def plain():
    """Weights after two epochs without ratings, weight decay and the like."""
    trainer = trainer_of(epochs=2)
    fitted(trainer, noise(40, 1), noise(20, 2))
    return weights_of(trainer)


def test_it_stops_when_patience_ends_and_keeps_the_best_weights():
    trainer, validation = trainer_of(), noise(30, 2)
    history = fitted(trainer, noise(60, 1), validation)
    assert len(history) == best_epoch(history) + 1 + 2 < 12
    kept = logits(trainer.network, validation.identifiers)
    lost = np.log(np.exp(kept).sum(axis=1)) - kept[np.arange(30), validation.targets]
    assert np.mean(lost) == pytest.approx(history[best_epoch(history)].validation_loss)
    assert kept.shape == (30, 3)


def test_without_validation_rows_it_goes_to_the_last_epoch():
    trainer, rows = trainer_of(epochs=5, patience=1), noise(30, 1)
    history = fitted(trainer, rows, None)
    assert [epoch.validation_loss for epoch in history] == [None] * 5
    assert best_epoch(history) == 4


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_the_loss_of_rows_it_is_fitted_to_falls(architecture):
    train = noise(20, 1)
    settings = {"epochs": 40, "patience": 40, "learning_rate": 0.01, "units": 16}
    history = fitted(trainer_of(architecture=architecture, **settings), train, train)
    assert history[-1].loss < 0.5 * history[0].loss
    assert history[-1].validation_macro_f1 > 0.8


def test_fitting_again_starts_from_the_same_weights():
    trainer, rows = trainer_of(epochs=2, dropout=0.3), noise(40, 1)
    first = fitted(trainer, rows, noise(20, 2))
    fitted(trainer, noise(40, 5), noise(20, 2))
    assert fitted(trainer, rows, noise(20, 2)) == first


def test_ratings_change_what_is_learned_unless_all_are_unknown(plain):
    trainer = trainer_of(epochs=2, rating_weight=1.0)
    fitted(trainer, noise(40, 1), noise(20, 2))
    assert equal(weights_of(trainer), plain)
    history = fitted(trainer, noise(40, 1, rated=True), noise(20, 2))
    assert np.isfinite([epoch.loss for epoch in history]).all()
    assert not equal(weights_of(trainer), plain)


def test_smooth_targets_change_what_is_learned(plain):
    trainer = trainer_of(epochs=2, label_smoothing=0.1)
    fitted(trainer, noise(40, 1), noise(20, 2))
    assert not equal(weights_of(trainer), plain)


@pytest.mark.parametrize(("name", "told"), [("", ""), ("fold 2", "fold 2: ")])
def test_a_loss_that_is_no_number_is_refused(name, told):
    trainer = trainer_of(np.full((9, 4), np.inf, np.float32))
    with pytest.raises(InputError, match=f"--learning-rate: {told}the loss is nan after epoch 1"):
        fitted(trainer, noise(20, 1), noise(20, 2), name=name)


def test_macro_f1_is_the_mean_over_labels():
    targets = np.array([0, 0, 1, 1, 2, 2])
    predicted = np.array([0, 0, 1, 2, 2, 2])
    assert macro_f1(predicted, targets) == pytest.approx((1 + 2 / 3 + 4 / 5) / 3)
    assert macro_f1(targets, targets) == 1


def test_balanced_weights_give_every_label_the_same_sum():
    targets = np.array([0] * 10 + [1] * 5 + [2] * 25)
    weights = class_weights(targets, "balanced")
    np.testing.assert_allclose(weights * [10, 5, 25], 40 / 3, rtol=1e-6)
    assert class_weights(targets, "none").tolist() == [1, 1, 1]


def test_a_label_without_rows_has_no_weight():
    np.testing.assert_allclose(class_weights(np.array([0, 2, 2, 2]), "balanced"), [2, 0, 2 / 3])


@pytest.mark.parametrize("architecture", ["lstm", "transformer"])
def test_a_training_interrupted_in_every_epoch_ends_with_the_same_bits(
    tmp_path, caplog, request, architecture
):
    caplog.set_level("INFO")
    rows = noise(60, 1, rated=True), noise(30, 2)
    trainer = trainer_of(
        architecture=architecture, layers=2, dropout=0.3, rating_weight=0.5,
        epochs=3, patience=3,
    )  # fmt: skip
    history, whole = fitted(trainer, *rows), weights_of(trainer)
    request.getfixturevalue("interrupting")
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            fitted(trainer, *rows, tmp_path)
    assert fitted(trainer, *rows, tmp_path) == history
    continued = [text for text in caplog.messages if text.startswith("continuing")]
    assert continued == [f"continuing after epoch {epoch} of 3" for epoch in (1, 2)]
    assert equal(weights_of(trainer), whole)


def test_rows_are_renumbered_by_the_words_met():
    unrated = np.full(2, np.nan, np.float32)
    rows = Rows([np.array([7, 2], np.int32), np.array([1], np.int32)], np.array([0, 1]), unrated)
    found = rows.renumbered(np.array([0, 1, 2, 7]))
    assert [row.tolist() for row in found.identifiers] == [[3, 2], [1]]
    assert found.identifiers[0].dtype == np.int32
