import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models.calibration import negative_log_likelihood, softmax
from sentiment_train_baseline.features import read
from sentiment_train_baseline.search import Search
from sentiment_train_baseline.training import _folds, decision, fit, select

SEARCH = Search((0.1, 1.0, 10.0), 4, "balanced", 13)


@pytest.fixture(scope="module")
def data(shared_folders):
    return read(shared_folders.features, shared_folders.graph)


def test_no_group_is_on_both_sides_of_a_fold_and_every_row_is_held_out_once(data):
    held = []
    for train, held_out in _folds(data, SEARCH):
        assert not set(data.groups[train]) & set(data.groups[held_out])
        held.extend(held_out.tolist())
    assert sorted(held) == list(range(len(data.targets)))


def test_logits_are_those_of_scikit_learn(data):
    fitted = fit(data, SEARCH, select(data, SEARCH, TrackingLog()))
    np.testing.assert_allclose(
        softmax(decision(fitted.model, data.matrix)),
        fitted.model.predict_proba(data.matrix),
        atol=1e-12,
    )


def test_logits_of_two_labels_are_those_of_scikit_learn(make_folders, make_rows):
    folders = make_folders(make_rows(80, labels=("neutral", "positive")))
    two = read(folders.features, folders.graph)
    fitted = fit(two, SEARCH, select(two, SEARCH, TrackingLog()))
    probabilities = softmax(decision(fitted.model, two.matrix))
    assert np.all(probabilities[:, 0] == 0)
    np.testing.assert_allclose(
        probabilities[:, 1:], fitted.model.predict_proba(two.matrix), atol=1e-12
    )


def test_calibration_lowers_the_held_out_log_loss(data):
    selected = select(data, Search((10.0,), 4, "balanced", 13), TrackingLog())
    assert selected.temperature > 1
    fitted = fit(data, SEARCH, selected)
    np.testing.assert_allclose(
        fitted.logits(data.matrix) * selected.temperature, decision(fitted.model, data.matrix)
    )
    assert selected.metrics["cross_validated_log_loss"] < np.log(3)
    assert negative_log_likelihood(fitted.logits(data.matrix), data.targets) < np.log(3)


def test_a_fold_without_a_label_is_refused(make_folders, make_rows):
    rows = make_rows(60, labels=("negative", "positive"))
    hidden = [("box", "neutral", "one")] * 10 + [("cable", "neutral", "two")]
    folders = make_folders(rows + hidden)
    three = read(folders.features, folders.graph)
    with pytest.raises(InputError, match="only 2 groups have the label neutral"):
        select(three, Search((1.0,), 3, None, 13), TrackingLog())
