import keras
import numpy as np
import pytest

from sentiment_common.tracking import TrackingLog
from sentiment_train_deep.encoders import Design
from sentiment_train_deep.network import Network
from sentiment_train_deep.progress import Epoch, Progress, best_epoch, restore_state, state
from sentiment_train_deep.vocabulary import Tables

EPOCHS = [Epoch(1.0, 0.9, 0.3), Epoch(0.8, 0.7, 0.5), Epoch(0.6, 0.8, 0.6)]
ROWS = np.array([[2, 3, 4], [4, 3, 0]], np.int32)


def progress_of(seed=1, dropout=0.5):
    keras.utils.set_random_seed(seed)
    vectors = np.random.default_rng(seed).normal(size=(9, 4)).astype(np.float32)
    tables = Tables(vectors, np.zeros((9, 2), np.float32))
    network = Network(tables, Design("lstm", 3, 2, dropout))
    optimizer = keras.optimizers.Adam(0.01, name="adam")
    optimizer.build(network.trainable_variables)
    progress = Progress(network, optimizer, np.random.default_rng(seed), TrackingLog())
    return progress, network, optimizer


def advanced(progress, network, optimizer):
    """Takes a step for each of three epochs; returns the network's outputs with dropout."""
    for epoch in EPOCHS:
        network(ROWS, training=True)
        optimizer.apply([np.ones(value.shape, np.float32) for value in network.trainable_variables])
        progress.random.random()
        progress.add(epoch)
    return progress


def test_restored_progress_goes_on_as_the_one_kept():
    kept, network, optimizer = progress_of(seed=1)
    checkpoint = advanced(kept, network, optimizer).checkpoint()
    again, other_network, other_optimizer = progress_of(seed=2)
    again.restore(checkpoint)
    assert again.history == EPOCHS
    assert again.random.random() == kept.random.random()
    np.testing.assert_array_equal(network(ROWS, training=True), other_network(ROWS, training=True))
    for mine, its in zip(optimizer.variables, other_optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine, its)
    kept.take_best()
    again.take_best()
    for mine, its in zip(network.get_weights(), other_network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_every_variable_that_training_changes_is_kept(dropout):
    progress, network, optimizer = progress_of(dropout=dropout)
    state = [name for name in progress.checkpoint().arrays if name.startswith("state/")]
    seeds = 3 if dropout else 0
    assert len(state) == len(network.weights) + seeds + len(optimizer.variables)


def test_the_best_weights_are_those_of_the_best_epoch():
    progress, network, optimizer = progress_of()
    progress.add(EPOCHS[0])
    progress.add(EPOCHS[1])
    best = network.get_weights()
    optimizer.apply([np.ones(value.shape, np.float32) for value in network.trainable_variables])
    progress.add(EPOCHS[2])
    moved = [(now != then).any() for now, then in zip(network.get_weights(), best, strict=True)]
    assert sum(moved) == len(network.trainable_weights)
    progress.take_best()
    for now, then in zip(network.get_weights(), best, strict=True):
        np.testing.assert_array_equal(now, then)


def test_what_was_tracked_is_told_again_with_the_times_it_happened_at():
    kept, network, optimizer = progress_of()
    checkpoint = advanced(kept, network, optimizer).checkpoint()
    again, _, _ = progress_of()
    again.restore(checkpoint)
    *before, continued = again.tracking.events
    assert before == kept.tracking.events
    assert [event["step"] for event in before] == [1, 2, 3]
    assert continued["values"] == {"continued_after_epoch": 3}


def test_it_ends_after_all_epochs_or_when_patience_does():
    progress, _, _ = progress_of()
    ended = [progress.ended(4, 2)]
    for epoch in [*EPOCHS, Epoch(0.5, 0.9, 0.6)]:
        progress.add(epoch)
        ended.append(progress.ended(4, 9))
    assert ended == [False, False, False, False, True]
    assert progress.ended(9, 2)
    assert not progress.ended(9, 3)


def test_a_state_is_taken_up_again_with_its_optimizer_and_dropout():
    progress, network, optimizer = progress_of()
    start = state(network, optimizer)
    outputs = network(ROWS, training=True).numpy()
    advanced(progress, network, optimizer)
    assert np.abs(network(ROWS, training=True).numpy() - outputs).max() > 0
    restore_state(network, optimizer, start)
    assert int(optimizer.iterations) == 0
    np.testing.assert_array_equal(network(ROWS, training=True), outputs)


def test_figures_of_a_fold_bear_its_name_and_lack_those_of_validation():
    _, network, optimizer = progress_of()
    tracking = TrackingLog()
    fold = Progress(network, optimizer, np.random.default_rng(1), tracking, "fold 2")
    fold.add(Epoch(0.5))
    assert tracking.events[0]["values"] == {"fold_2_loss": 0.5}


def test_without_validation_the_last_epoch_is_best():
    assert best_epoch([Epoch(0.5), Epoch(0.4), Epoch(0.6)]) == 2


def test_the_first_of_equal_losses_is_best():
    losses = [0.9, 0.5, 0.5, 0.7]
    assert best_epoch([Epoch(1, loss, 0) for loss in losses]) == 1


def test_work_is_told_apart_by_start_settings_and_data():
    data = [np.array([1, 2]), np.array([3])]
    first, again, other = (progress_of(seed)[0] for seed in (1, 1, 2))
    told = first.work({"epochs": 3}, data)
    assert again.work({"epochs": 3}, data) == told
    others = {
        other.work({"epochs": 3}, data),
        first.work({"epochs": 4}, data),
        first.work({"epochs": 3}, [np.array([1]), np.array([2, 3])]),
        first.work({"epochs": 3}, [np.array([1, 2]), np.array([4])]),
    }
    assert len(others | {told}) == 5
