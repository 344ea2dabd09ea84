import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sentiment_models.calibration import softmax
from sentiment_train_transfer import head


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(4)
    features = random.normal(size=(400, 12)) @ random.normal(size=(12, 12)) + 3
    labels = (features[:, 0] + random.normal(size=400) > 3).astype(int) + (features[:, 1] > 4)
    return features, labels


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_probabilities_are_those_of_scikit_learn(rows, balanced, c):
    features, labels = rows
    by = head.scaling(features, 0)
    weights = head.label_weights(labels, 3, balanced=balanced)
    problem = head.Problem(by.apply(features), np.eye(3)[labels], weights)
    found = head.unscaled(problem.solve(c), by, np.ones(3, bool))
    scaled = (features - by.mean) / by.scale
    chosen = "balanced" if balanced else None
    other = LogisticRegression(C=c, class_weight=chosen, tol=1e-8, max_iter=5000)
    expected = other.fit(scaled, labels).predict_proba(scaled)
    np.testing.assert_allclose(softmax(found.logits(features)), expected, atol=2e-3)


def test_a_start_elsewhere_leads_to_the_same_solution(rows):
    features, labels = rows
    by = head.scaling(features, 0)
    problem = head.Problem(by.apply(features), np.eye(3)[labels], np.ones(len(labels)))
    started = problem.solve(0.1, problem.solve(10.0))
    np.testing.assert_allclose(started, problem.solve(0.1), atol=5e-3)


def test_the_lexicons_features_are_scaled_up_and_constant_ones_stay_finite():
    features = np.random.default_rng(1).normal(size=(50, 3))
    features[:, 0] = 7
    plain, raised = (head.scaling(features, count).apply(features) for count in (0, 1))
    np.testing.assert_allclose(raised[:, 2], plain[:, 2] * head.LEXICON_SCALE, rtol=1e-5)
    assert np.all(plain[:, 0] == 0)
