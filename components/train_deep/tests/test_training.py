from dataclasses import replace

import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_train_deep import features, vocabulary
from sentiment_train_deep.features import Split
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.training import class_weights, set_aside, train
from sentiment_train_deep.vocabulary import FIRST_WORD

SETTINGS = Settings("", 4, 0.2, 0.02, 16, 1, 1, 64, "balanced", 13)


def split_of(groups, targets):
    return Split([["word"]] * len(groups), np.array(targets), np.array(groups))


def test_a_tenth_in_whole_groups_is_set_aside():
    groups = [f"group-{number // 4}" for number in range(400)]
    split = split_of(groups, [number % 3 for number in range(400)])
    fitting, calibration = set_aside(split, np.random.default_rng(1))
    assert sorted([*fitting, *calibration]) == list(range(400))
    assert not set(split.groups[fitting]) & set(split.groups[calibration])
    assert 40 <= len(calibration) <= 44


def test_too_few_groups_to_set_some_aside_are_refused():
    split = split_of(["one"] * 5 + ["two"] * 5, [0] * 5 + [1] * 5)
    with pytest.raises(InputError, match="2 groups of rows are too few"):
        set_aside(split, np.random.default_rng(1))


def test_balanced_weights_give_every_label_the_same_sum():
    targets = np.array([0] * 10 + [1] * 5 + [2] * 25)
    weights = class_weights(targets, "balanced")
    np.testing.assert_allclose(weights * [10, 5, 25], 40 / 3, rtol=1e-6)
    assert class_weights(targets, "none").tolist() == [1, 1, 1]


def test_a_label_without_rows_has_no_weight():
    np.testing.assert_allclose(class_weights(np.array([0, 2, 2, 2]), "balanced"), [2, 0, 2 / 3])


@pytest.fixture(scope="module")
def inputs(shared_folders):
    splits = [features.read(path) for path in (shared_folders.train, shared_folders.validation)]
    return *splits, vocabulary.build(str(shared_folders.vectors), shared_folders.graph, 13)


@pytest.fixture(scope="module")
def network(inputs):
    return train(*inputs, SETTINGS, TrackingLog()).network


def test_only_words_that_were_met_move_from_their_first_vectors(inputs, network):
    *_, words = inputs
    moved = (network.embedding.get_weights()[0] != words.vectors).any(axis=1)
    told = {word: moved[number] for number, word in enumerate(words.words, start=FIRST_WORD)}
    assert [word for word, changed in told.items() if not changed] == ["dreadful", "superb"]


def test_another_seed_gives_other_weights(inputs, network):
    other = train(*inputs, replace(SETTINGS, seed=14), TrackingLog()).network
    for weight, different in zip(network.get_weights(), other.get_weights(), strict=True):
        assert (weight != different).any()
