from dataclasses import replace

import numpy as np
import pytest

from sentiment_common.tracking import TrackingLog
from sentiment_models.calibration import softmax
from sentiment_train_deep import features, vocabulary
from sentiment_train_deep.fitting import logits
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.training import prepared, train
from sentiment_train_deep.vocabulary import FIRST_WORD, Origins

SETTINGS = Settings(
    architecture="lstm", embeddings="", lexicon="", units=4, layers=1, dropout=0.2,
    learning_rate=0.02, label_smoothing=0.0, rating_weight=1.0, batch_size=16,
    epochs=1, patience=1, max_length=64, class_weight="balanced", search_trials=0,
    cross_fit_folds=0, seed=13,
)  # fmt: skip


@pytest.fixture(scope="module")
def splits(shared_folders):
    return tuple(features.read(path) for path in (shared_folders.train, shared_folders.validation))


@pytest.fixture(scope="module")
def words(shared_folders, splits):
    origins = Origins(str(shared_folders.vectors), str(shared_folders.lexicon))
    return vocabulary.build(origins, shared_folders.graph, splits[0].tokens, 13)


@pytest.fixture(scope="module")
def trained(splits, words):
    return train(splits, words, SETTINGS, TrackingLog())


@pytest.fixture(scope="module")
def cross_fitted(splits, words):
    tracking = TrackingLog()
    return train(splits, words, replace(SETTINGS, cross_fit_folds=2), tracking), tracking


def test_only_words_that_were_met_move_from_their_first_vectors(words, trained):
    moved = (trained.network.embedding.get_weights()[0] != words.tables.vectors).any(axis=1)
    told = {word: moved[number] for number, word in enumerate(words.words, start=FIRST_WORD)}
    unmoved = [word for word, changed in told.items() if not changed]
    assert unmoved == ["dreadful", "superb", "horrid", "lovely"]


def test_another_seed_gives_other_weights(splits, words, trained):
    other = train(splits, words, replace(SETTINGS, seed=14), TrackingLog()).network
    pairs = zip(trained.network.trainable_weights, other.trainable_weights, strict=True)
    assert all((weight.numpy() != different.numpy()).any() for weight, different in pairs)


def test_without_folds_there_are_no_predictions(trained):
    assert trained.out_of_fold is None
    assert trained.temperature > 0


def test_every_train_row_gets_probabilities_of_a_network_that_never_saw_it(
    splits, words, cross_fitted
):
    trained, tracking = cross_fitted
    found = trained.out_of_fold
    assert found.shape == (len(splits[0].targets), 3)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    identifiers = words.identifiers(splits[0].tokens, SETTINGS.max_length)
    seen = softmax(logits(trained.network, identifiers) / trained.temperature)
    assert (np.abs(seen - found).max(axis=1) > 1e-6).all()
    names = [set(event["values"]) for event in tracking.events[1:]]
    assert names == [{"fold_1_loss"}, {"fold_2_loss"}]


def test_with_folds_all_rows_are_fitted(trained, cross_fitted):
    first, second = trained.metrics, cross_fitted[0].metrics
    assert set(first) == set(second)
    assert trained.history[0].loss != cross_fitted[0].history[0].loss


def test_ratings_are_brought_to_the_scale_of_the_train_split(splits, words):
    data = prepared(splits, words, 64)
    known = ~np.isnan(splits[0].ratings)
    np.testing.assert_array_equal(np.isnan(data.train.rows.ratings), ~known)
    assert data.train.rows.ratings[known].mean() == pytest.approx(0, abs=1e-6)
    assert data.train.rows.ratings[known].std() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("rating", [np.nan, 4.0])
def test_ratings_that_tell_nothing_are_left_out(splits, words, rating):
    blank = [replace(split, ratings=np.full(len(split.ids), rating)) for split in splits]
    assert np.isnan(prepared(tuple(blank), words, 64).train.rows.ratings).all()
