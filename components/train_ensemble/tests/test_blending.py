import numpy as np
import pytest

from sentiment_models.calibration import negative_log_likelihood
from sentiment_train_ensemble.blending import fit, shares
from sentiment_train_ensemble.settings import METHODS

NAMES = ("one", "two", "three")


@pytest.fixture(scope="module")
def rows(make):
    targets = make.truth()
    return [
        make.told(targets, seed, knows) for seed, knows in ((5, 2.0), (6, 1.0), (7, 0.0))
    ], targets


def log_loss(probabilities, targets):
    return negative_log_likelihood(np.log(probabilities), targets)


@pytest.mark.parametrize("method", METHODS)
def test_a_blend_is_likelier_than_every_member(rows, method):
    members, targets = rows
    blended = fit(method, NAMES, members, targets).combined(members)
    np.testing.assert_allclose(blended.sum(axis=1), 1)
    assert log_loss(blended, targets) < min(log_loss(member, targets) for member in members) - 0.02


@pytest.mark.parametrize("method", METHODS)
def test_who_knows_more_has_the_larger_share(rows, method):
    found = shares(fit(method, NAMES, *rows))
    assert found["one"] > found["two"] > found["three"]
    assert found["three"] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_a_single_member_stays_as_it_is(rows, method):
    members, targets = rows
    blend = fit(method, ("one",), members[:1], targets)
    np.testing.assert_allclose(blend.combined(members[:1]), members[0], atol=1e-5)


def test_no_weights_near_the_best_are_likelier(rows):
    members, targets = rows
    blend = fit("weights", NAMES, members, targets)
    best = log_loss(blend.combined(members), targets)
    for at in range(len(NAMES)):
        moved = blend.coefficients.copy()
        moved[:, 3 * at : 3 * at + 3] += 0.05 * np.eye(3)
        other = type(blend)(blend.members, moved, blend.intercept)
        assert log_loss(other.combined(members), targets) > best


def test_a_label_nobody_gives_any_probability_keeps_none(rows):
    members, targets = rows
    without = [member * [1, 0, 1] for member in members]
    without = [member / member.sum(axis=1, keepdims=True) for member in without]
    known = targets != 1
    blend = fit("stacking", NAMES, [member[known] for member in without], targets[known])
    assert np.all(blend.combined(without)[:, 1] == 0)
