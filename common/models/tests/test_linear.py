import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.artifacts import payload_digest
from sentiment_common.errors import InputError
from sentiment_models import lexicon, linear, load
from sentiment_models.calibration import softmax
from sentiment_models.linear import LexiconWeights, SubwordWeights, load_linear, save_linear
from sentiment_models.subwords import pieces

VALENCES = {"love": (3.0, 2.0), "good": (1.5, 0.0), "bad": (-2.5, -2.0), "few": (-0.5, 0.0)}
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


def by_definition(tokens, weights):
    """The three blocks of a model in numpy, from the features that training is given."""
    grams = Counter(tokens + [" ".join(pair) for pair in pairwise(tokens)])
    values = np.array([grams[term] for term in weights.vocabulary], dtype=float)
    values[values > 0] = 1 + np.log(values[values > 0])
    values *= weights.idf
    logits = weights.intercept + weights.coefficients @ values / (np.linalg.norm(values) or 1)
    subwords = weights.subwords
    for token in tokens:
        counts = Counter(pieces(token, subwords.shortest, subwords.longest))
        values = np.array([counts[piece] for piece in subwords.pieces]) * subwords.idf
        sums = subwords.coefficients @ values / (np.linalg.norm(values) or 1)
        logits = logits + sums / np.sqrt(len(tokens))
    sums = lexicon.sums(tokens, weights.lexicon.valences, weights.lexicon.lexicons)
    measured = lexicon.features([sums], weights.lexicon.lexicons)[0]
    return softmax((logits + weights.lexicon.coefficients @ measured)[None])[0]


def rows_of_tokens():
    words = [*VALENCES, "not", "very", "slightly", "but", "!", "?", "battery", "badly", "x", "_é_"]
    return st.lists(st.sampled_from(words), min_size=1, max_size=12)


@settings(max_examples=300)
@given(rows_of_tokens())
def test_words_pieces_and_lexicons_add_up_to_what_training_has(whole, whole_weights, tokens):
    got = whole.predict_proba_of_tokens([tokens])
    np.testing.assert_allclose(got[0], by_definition(tokens, whole_weights), rtol=0, atol=1e-12)


@settings(max_examples=50)
@given(st.lists(rows_of_tokens(), min_size=1, max_size=6))
def test_all_blocks_score_a_text_the_same_alone_and_in_a_batch(whole, rows):
    alone = np.concatenate([whole.predict_proba_of_tokens([tokens]) for tokens in rows])
    np.testing.assert_array_equal(whole.predict_proba_of_tokens(rows), alone)


def test_all_blocks_score_any_text(whole):
    got = whole.predict_proba([*TEXTS, "", "but", "not not", "\u0000", "but " * 3 + "bad"])
    np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-12)
    assert np.isfinite(whole.predict_proba_of_tokens([[]])).all()


def test_sums_of_tokens_are_forgotten_before_they_fill_the_memory(whole, monkeypatch):
    monkeypatch.setattr(linear, "KEPT_TOKENS", 10)
    kept = whole._blocks[0]._kept
    rows = [[f"word{number}", "bad"] for number in range(50)]
    before = whole.predict_proba_of_tokens(rows)
    whole.predict_proba_of_tokens([["bad" * 100]])
    assert len(kept) <= 10
    assert max(map(len, kept)) < 100
    np.testing.assert_array_equal(whole.predict_proba_of_tokens(rows), before)


def test_all_blocks_come_back_as_they_were_saved(tmp_path, whole_weights):
    save_linear(tmp_path, whole_weights)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    loaded = load_linear(tmp_path)
    assert loaded.lexicon.valences == whole_weights.lexicon.valences
    assert loaded.subwords.pieces == whole_weights.subwords.pieces
    save_linear(tmp_path, loaded)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_a_bundle_of_the_first_layout_scores_as_before(bundle_folder, weights):
    got = load(bundle_folder).predict_proba(TEXTS)
    np.savez(
        bundle_folder / "weights.npz",
        idf=weights.idf,
        coefficients=weights.coefficients,
        intercept=weights.intercept,
        ngram_max=np.int64(weights.ngram_max),
    )
    old = load(bundle_folder)
    np.testing.assert_array_equal(old.predict_proba(TEXTS), got)
    rows = [["love", "the", "battery", "not", "not", "love"], ["bad"], ["unknown", "words"]]
    np.testing.assert_allclose(
        old.predict_proba_of_tokens(rows), [expected(row, weights) for row in rows], atol=1e-15
    )


def test_a_newer_layout_is_refused(bundle_folder):
    path = bundle_folder / "weights.npz"
    with np.load(path) as stored:
        arrays = {**stored, "layout": np.int64(3)}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"layout 3 is newer than this version reads \(2\)"):
        load(bundle_folder)


@pytest.mark.parametrize("name", ["pieces.txt", "lexicon.txt"])
def test_word_lists_of_another_model_are_refused(tmp_path, whole_weights, name):
    save_linear(tmp_path, whole_weights)
    (tmp_path / name).write_text("extra\n")
    with pytest.raises(InputError, match=f"1 lines in {name}"):
        load_linear(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=f"{name} is missing"):
        load_linear(tmp_path)


def test_blocks_beside_words_of_the_first_layout_are_refused(weights, whole_weights):
    with pytest.raises(ValueError, match="counted logarithmically"):
        type(weights)(**{**vars(weights), "lexicon": whole_weights.lexicon})


@pytest.fixture(scope="module")
def whole_weights(weights):
    random = np.random.default_rng(11)
    known = ("ba", "bad", "ad ", " b", "tt", "_é")
    names = lexicon.feature_names(2)
    return type(weights)(
        (*weights.vocabulary[:-1], "bad !"),
        2,
        1 + random.random(7),
        random.normal(size=(3, 7)),
        random.normal(size=3),
        logarithmic=True,
        subwords=SubwordWeights(known, 2, 3, 1 + random.random(6), random.normal(size=(3, 6))),
        lexicon=LexiconWeights(VALENCES, 2, random.normal(size=(3, len(names)))),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory, write_linear_bundle, whole_weights, specification):
    folder = tmp_path_factory.mktemp("whole") / "model"
    return load(write_linear_bundle(folder, whole_weights, specification))


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


def test_weights_of_two_labels_are_refused(bundle_folder):
    path = bundle_folder / "weights.npz"
    arrays = dict(np.load(path))
    arrays["word_coefficients"] = arrays["word_coefficients"][:2]
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"coefficients of shape \(2, 7\)"):
        load(bundle_folder)


def test_a_single_array_in_place_of_the_weights_is_refused(bundle_folder):
    with (bundle_folder / "weights.npz").open("wb") as stream:
        np.save(stream, np.ones(3))
    with pytest.raises(InputError, match="damaged"):
        load(bundle_folder)
