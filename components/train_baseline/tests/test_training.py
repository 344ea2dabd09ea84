import numpy as np
import pytest

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models.calibration import fit_temperature, negative_log_likelihood, softmax
from sentiment_train_baseline import vectors
from sentiment_train_baseline.features import read
from sentiment_train_baseline.search import Search, Trial
from sentiment_train_baseline.settings import Settings
from sentiment_train_baseline.training import (
    calibration_error,
    decision,
    fit,
    folds_of,
    held_out_logits,
    select,
)
from sentiment_train_baseline.trials import Finished

TRIALS = tuple(Trial(c, 0.1, 0.8) for c in (0.1, 1.0, 10.0))
SEARCH = Search(TRIALS, 4, "class_weight", 13)


def prepared(folders, search=SEARCH):
    data = read(folders.features, folders.graph)
    counts = vectors.count(data.tokens, {}, 0, Settings())
    return data, counts, folds_of(data, counts, search)


def chosen(data, folds, search=SEARCH):
    return select(data, folds, search, TrackingLog(), Finished(None, {}))


@pytest.fixture(scope="module")
def parts(shared_folders):
    return prepared(shared_folders)


@pytest.fixture(scope="module")
def selected(parts):
    return chosen(parts[0], parts[2])


def matrix_of(data, counts, fitted):
    return vectors.transform(counts, fitted.vectorizer, np.arange(len(data.targets)))


def test_no_group_is_on_both_sides_of_a_fold_and_every_row_is_held_out_once(parts):
    data, _, folds = parts
    held = []
    for fold in folds:
        assert not set(data.groups[fold.train]) & set(data.groups[fold.held_out])
        assert fold.train_matrix.shape[1] == fold.held_out_matrix.shape[1]
        held.extend(fold.held_out.tolist())
    assert sorted(held) == list(range(len(data.targets)))


def test_logits_are_those_of_scikit_learn(parts, selected):
    data, counts, _ = parts
    fitted = fit(data, counts, SEARCH, selected)
    matrix = matrix_of(data, counts, fitted)
    np.testing.assert_allclose(
        softmax(decision(fitted.model, matrix)), fitted.model.predict_proba(matrix), atol=1e-12
    )
    np.testing.assert_allclose(
        fitted.logits(matrix) * selected.temperature, decision(fitted.model, matrix)
    )


def test_logits_of_two_labels_are_those_of_scikit_learn(make_folders, make_rows):
    folders = make_folders(make_rows(80, labels=("neutral", "positive")))
    two, counts, folds = prepared(folders)
    fitted = fit(two, counts, SEARCH, chosen(two, folds))
    matrix = matrix_of(two, counts, fitted)
    probabilities = softmax(decision(fitted.model, matrix))
    assert np.all(probabilities[:, 0] == 0)
    np.testing.assert_allclose(probabilities[:, 1:], fitted.model.predict_proba(matrix), atol=1e-12)


def test_calibration_lowers_the_held_out_log_loss(parts):
    data, _, folds = parts
    trial = Trial(10.0, 0.1, 0.8)
    found = chosen(data, folds, Search((trial,), 4, "class_weight", 13))
    before = negative_log_likelihood(held_out_logits(data, folds, SEARCH, trial), data.targets)
    assert found.temperature > 1
    assert found.metrics["cross_validated_log_loss"] < before
    assert found.metrics["cross_validated_log_loss"] < np.log(3)


def test_a_rows_prediction_does_not_know_the_temperature_of_its_own_fold(parts, selected):
    data, _, folds = parts
    logits = held_out_logits(data, folds, SEARCH, selected.trial)
    for fold in folds:
        own = fit_temperature(logits[fold.train], data.targets[fold.train])
        np.testing.assert_allclose(
            selected.probabilities[fold.held_out], softmax(logits[fold.held_out] / own)
        )


def test_the_best_trial_wins_whether_it_was_done_before_or_now(parts, selected, tmp_path):
    data, _, folds = parts
    finished = Finished(tmp_path, {})
    first = select(data, folds, SEARCH, TrackingLog(), finished)
    tracking = TrackingLog()
    again = select(data, folds, SEARCH, tracking, finished)
    assert first.trial == again.trial == selected.trial
    assert first.metrics == again.metrics
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    scores = [event["metrics"]["macro_f1"] for event in tracking.events]
    assert again.metrics["cross_validated_macro_f1"] == max(scores)
    assert len(set(scores)) > 1


def test_a_label_in_too_few_groups_is_refused(make_folders, make_rows):
    rows = make_rows(60, labels=("negative", "positive"))
    hidden = [("box", "neutral", "one")] * 10 + [("cable", "neutral", "two")]
    with pytest.raises(InputError, match="only 2 groups have the label neutral"):
        prepared(make_folders(rows + hidden))


def test_calibration_error_is_the_gap_between_confidence_and_share_of_right_ones():
    probabilities = np.array([[0.8, 0.1, 0.1]] * 4 + [[0.0, 0.0, 1.0]] * 4)
    targets = np.array([0, 0, 1, 2, 2, 2, 2, 2])
    assert calibration_error(probabilities, targets) == pytest.approx(0.5 * 0.3)
