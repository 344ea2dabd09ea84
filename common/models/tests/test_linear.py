import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.artifacts import payload_digest
from sentiment_common.errors import InputError
from sentiment_models import load

TEXTS = [
    "The batteries!!",
    "I loved the battery, not the cables",
    "not loved, not bad",
    "",
    "👍 zzz",
    "bad " * 500,
]


def expected(tokens, weights):
    """The formula of the contract in plain Python, one term after the other."""
    grams = [
        " ".join(tokens[start : start + n])
        for n in range(1, weights.ngram_max + 1)
        for start in range(len(tokens) - n + 1)
    ]
    column = weights.vocabulary.index
    counts = Counter(gram for gram in grams if gram in weights.vocabulary)
    values = {
        column(gram): float(np.float32(count / len(grams)) * weights.idf[column(gram)])
        for gram, count in counts.items()
    }
    length = math.sqrt(math.fsum(value * value for value in values.values())) or 1.0
    logits = [
        weights.intercept[label]
        + math.fsum(v / length * weights.coefficients[label, i] for i, v in values.items())
        for label in range(3)
    ]
    powers = [math.exp(logit - max(logits)) for logit in logits]
    return [power / math.fsum(powers) for power in powers]


def test_probabilities_follow_the_formula(bundle_folder, weights):
    rows = [["love", "the", "battery", "not", "not", "love"], ["bad"], ["unknown", "words"]]
    got = load(bundle_folder).predict_proba_of_tokens(rows)
    assert got.shape == (3, 3)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, [expected(row, weights) for row in rows], rtol=0, atol=1e-15)


def test_raw_text_is_tokenized_by_the_bundles_own_specification(bundle_folder):
    predictor = load(bundle_folder)
    tokens = [["i", "love", "the", "battery", "not", "the", "cable"]]
    np.testing.assert_array_equal(
        predictor.predict_proba(["I LOVED the batteries, not the cables"]),
        predictor.predict_proba_of_tokens(tokens),
    )


def test_a_text_scores_the_same_alone_and_in_a_batch(bundle_folder):
    predictor = load(bundle_folder)
    alone = np.concatenate([predictor.predict_proba([text]) for text in TEXTS])
    np.testing.assert_array_equal(predictor.predict_proba(TEXTS), alone)


def test_a_text_without_known_terms_gets_the_intercepts_probabilities(bundle_folder, weights):
    powers = np.exp(weights.intercept)
    got = load(bundle_folder).predict_proba(["", "zzz"])
    np.testing.assert_allclose(got, np.tile(powers / powers.sum(), (2, 1)), atol=1e-15)


def test_no_texts_give_no_rows(bundle_folder):
    assert load(bundle_folder).predict_proba([]).shape == (0, 3)


def test_a_single_string_is_no_list_of_texts(bundle_folder):
    with pytest.raises(TypeError, match="single string"):
        load(bundle_folder).predict_proba("good")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=60), max_size=4))
def test_any_text_gets_probabilities(predictor, texts):
    got = predictor.predict_proba(texts)
    assert got.shape == (len(texts), 3)
    assert np.all(got >= 0)
    np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-12)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory, write_linear_bundle, weights, specification):
    folder = tmp_path_factory.mktemp("linear") / "model"
    return load(write_linear_bundle(folder, weights, specification))


def test_a_label_that_training_never_saw_has_probability_zero(
    tmp_path, write_linear_bundle, weights, specification
):
    intercept = weights.intercept.copy()
    intercept[1] = -np.inf
    without = type(weights)(**{**vars(weights), "intercept": intercept})
    got = load(write_linear_bundle(tmp_path / "model", without, specification)).predict_proba(TEXTS)
    assert np.all(got[:, 1] == 0)
    np.testing.assert_allclose(got.sum(axis=1), 1)


def test_equal_weights_give_equal_digests(tmp_path, write_linear_bundle, weights, specification):
    digests = set()
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        folder = write_linear_bundle(tmp_path / name / "model", weights, specification)
        digests.add(payload_digest(folder))
    assert len(digests) == 1


@pytest.mark.parametrize("name", ["vocabulary.txt", "weights.npz"])
def test_a_missing_file_is_named(bundle_folder, name):
    (bundle_folder / name).unlink()
    with pytest.raises(InputError, match=f"{name} is missing"):
        load(bundle_folder)


def test_a_cut_weights_file_is_refused(bundle_folder):
    path = bundle_folder / "weights.npz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="damaged"):
        load(bundle_folder)


def test_vocabulary_and_weights_of_different_models_are_refused(bundle_folder):
    path = bundle_folder / "vocabulary.txt"
    path.write_text(path.read_text() + "extra\n")
    with pytest.raises(InputError, match="8 lines"):
        load(bundle_folder)
