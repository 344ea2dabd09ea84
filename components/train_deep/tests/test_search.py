from dataclasses import replace

import numpy as np
import pytest

from sentiment_common.tracking import TrackingLog
from sentiment_train_deep.fitting import Rows
from sentiment_train_deep.search import CHOICES, LEARNING_RATES, Material, best, trials, varied
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.vocabulary import Tables

SETTINGS = Settings(
    architecture="lstm", embeddings="", lexicon="", units=4, layers=1, dropout=0.0,
    learning_rate=0.01, label_smoothing=0.0, rating_weight=0.0, batch_size=8,
    epochs=2, patience=2, max_length=9, class_weight="none", search_trials=2, cross_fit_folds=0,
    seed=3,
)  # fmt: skip


def rows_of(count, seed):
    source = np.random.default_rng(seed)
    rows = [source.integers(2, 9, 4).astype(np.int32) for _ in range(count)]
    targets = np.array([row.max() % 3 for row in rows])
    return Rows(rows, targets, np.full(count, np.nan, np.float32))


@pytest.fixture(scope="module")
def material():
    vectors = np.random.default_rng(3).normal(size=(9, 4)).astype(np.float32)
    return Material(Tables(vectors, np.zeros((9, 0), np.float32)), rows_of(60, 1), rows_of(30, 2))


def test_the_first_trial_is_what_was_given_and_the_others_are_drawn():
    found = trials(replace(SETTINGS, search_trials=40))
    assert found[0] == replace(SETTINGS, search_trials=40)
    assert len(found) == 40
    for name, values in CHOICES.items():
        assert {getattr(trial, name) for trial in found[1:]} == set(values)
    rates = [trial.learning_rate for trial in found[1:]]
    assert LEARNING_RATES[0] <= min(rates) < 0.001
    assert 0.003 < max(rates) <= LEARNING_RATES[1]


def test_the_seed_decides_the_trials():
    first, again, other = (
        trials(replace(SETTINGS, search_trials=3, seed=seed))[1:] for seed in (1, 1, 2)
    )
    assert first == again
    assert [varied(trial) for trial in first] != [varied(trial) for trial in other]


def test_the_trial_of_the_lowest_validation_loss_is_kept_and_all_are_told(
    material, tmp_path, caplog
):
    caplog.set_level("INFO")
    tracking = TrackingLog()
    found = best(material, SETTINGS, tracking, tmp_path)
    told = [event for event in tracking.events if event["event"] == "trial"]
    losses = [event["metrics"]["validation_loss"] for event in told]
    assert len(losses) == 2
    assert found.best.validation_loss == min(losses)
    chosen = told[int(np.argmin(losses))]["parameters"]
    assert varied(found.trainer.settings) == chosen
    curve = [event["values"] for event in tracking.events if event["event"] == "metrics"]
    assert curve == [epoch.figures() for epoch in found.history]

    caplog.clear()
    again = best(material, SETTINGS, TrackingLog(), tmp_path)
    assert again.history == found.history
    assert sum("continuing after epoch 2 of 2" in text for text in caplog.messages) == 2
    assert not any(text.startswith("epoch") for text in caplog.messages)


def test_without_trials_the_settings_are_taken_as_they_are(material):
    tracking = TrackingLog()
    settings = replace(SETTINGS, search_trials=0, epochs=1)
    assert best(material, settings, tracking, None).trainer.settings == settings
    assert [event["event"] for event in tracking.events] == ["metrics"]
