import numpy as np
import pytest

from sentiment_explore import label_noise, terms
from sentiment_explore.label_noise import CrossFitted, NotFitted

ENGINE = terms.tokenizer()
WORDS = ("awful", "average", "great")


@pytest.fixture(scope="module")
def fitted():
    """Texts whose word says the label, of which every twentieth label is wrong."""
    generator = np.random.default_rng(13)
    truth = generator.integers(0, 3, 600)
    texts = [f"{WORDS[at]} thing {generator.integers(9)}" for at in truth]
    labels = truth.copy()
    labels[::20] = (labels[::20] + 1) % 3
    matrix = terms.count(texts, ENGINE).matrix
    return label_noise.cross_fit(matrix, labels, np.arange(600) // 2, 5, 13), labels


def test_planted_wrong_labels_are_the_suspects(fitted):
    found, labels = fitted
    suspects = {int(it) for it in label_noise.suspects(found.probabilities, labels)}
    assert suspects <= set(range(0, 600, 20))
    assert len(suspects) >= 27


def test_suspects_are_ranked_by_self_confidence(fitted):
    found, labels = fitted
    places = label_noise.suspects(found.probabilities, labels)
    confidence = found.probabilities[places, labels[places]]
    assert (np.diff(confidence) >= 0).all()


def test_the_same_seed_gives_the_same_probabilities(fitted):
    found, labels = fitted
    texts = [f"{WORDS[at]} thing" for at in labels]
    matrix = terms.count(texts, ENGINE).matrix
    groups = np.arange(600)
    one, other = (label_noise.cross_fit(matrix, labels, groups, 3, 7) for _ in range(2))
    assert (one.probabilities == other.probabilities).all()
    assert found.folds == 5


def test_no_row_is_judged_by_a_model_that_saw_its_group():
    """A word that only one group has tells nothing, although all its rows have the label."""
    texts = [f"only{at // 6}" for at in range(120)]
    labels = np.repeat(np.array([0, 1, 2] * 7)[:20], 6)
    matrix = terms.count(texts, ENGINE).matrix
    found = label_noise.cross_fit(matrix, labels, np.arange(120) // 6, 5, 13)
    assert isinstance(found, CrossFitted)
    assert found.macro_f1 < 0.5


def test_folds_shrink_to_the_groups_of_the_rarest_label():
    labels = np.array([0] * 50 + [1] * 50 + [2] * 3)
    matrix = terms.count([WORDS[at] for at in labels], ENGINE).matrix
    assert label_noise.cross_fit(matrix, labels, np.arange(103), 5, 13).folds == 3


def test_a_label_of_one_group_cannot_be_judged():
    labels = np.array([0] * 50 + [1] * 50 + [2] * 3)
    matrix = terms.count([WORDS[at] for at in labels], ENGINE).matrix
    groups = np.minimum(np.arange(103), 100)
    found = label_noise.cross_fit(matrix, labels, groups, 5, 13)
    assert isinstance(found, NotFitted)
    assert "fewer than two groups" in found.reason


def test_hard_rows_have_a_small_margin_and_no_doubtful_label():
    probabilities = np.array([[0.5, 0.45, 0.05], [0.34, 0.33, 0.33], [0.9, 0.05, 0.05]])
    found = CrossFitted(probabilities, 5, 0.5, [0.5] * 3)
    assert label_noise.hard(found, np.array([], np.int64)).tolist() == [1, 0]
    assert label_noise.hard(found, np.array([1])).tolist() == [0]


def test_agreement_is_told_by_star_and_by_bin():
    labels, said = np.array([0, 0, 2, 2]), np.array([0, 2, 2, 2])
    stars = label_noise.by_rating(np.array([1.0, 1.0, 5.0, np.nan]), labels, said)
    assert [(it.low, it.labels, it.agreement) for it in stars] == [
        (1.0, [2, 0, 0], 0.5), (5.0, [0, 0, 1], 1.0),
    ]  # fmt: skip
    many = np.linspace(-4, 4, 400)
    bins = label_noise.by_rating(many, np.zeros(400, np.int64), np.zeros(400, np.int64))
    assert len(bins) == label_noise.MOST_BINS
    assert sum(sum(it.labels) for it in bins) == 400
    assert label_noise.by_rating(np.array([np.nan]), labels[:1], said[:1]) == []
