import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_models import load
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.ensemble import Blend, save_blend

TEXTS = ["I loved the battery", "not bad", "", "bad cables"]


@pytest.fixture
def folder(tmp_path, weights, specification, write_linear_bundle):
    """Two linear members, the second with weights of its own."""
    other = type(weights)(**{**vars(weights), "intercept": weights.intercept[::-1].copy()})
    folder = tmp_path / "model"
    for name, of in (("first", weights), ("second", other)):
        (folder / "members").mkdir(parents=True, exist_ok=True)
        write_linear_bundle(tmp_path / name, of, specification)
        (tmp_path / name).rename(folder / "members" / name)
    save_blend(folder, geometric(0.25, 0.75))
    facts = Bundle("ensemble", "ensemble", specification.digest)
    write_bundle(folder, facts, tmp_path / "text_spec")
    return folder


def geometric(*shares):
    blocks = np.concatenate([share * np.eye(3) for share in shares], axis=1)
    return Blend(("first", "second")[: len(shares)], blocks, np.zeros(3))


def test_weights_are_those_of_the_geometric_mean(folder):
    first, second = (
        load(folder / "members" / name).predict_proba(TEXTS) for name in ("first", "second")
    )
    pooled = first**0.25 * second**0.75
    wanted = pooled / pooled.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(load(folder).predict_proba(TEXTS), wanted, atol=1e-12)


def test_a_text_scores_the_same_alone_and_in_a_batch(folder):
    predictor = load(folder)
    alone = np.concatenate([predictor.predict_proba([text]) for text in TEXTS])
    np.testing.assert_allclose(predictor.predict_proba(TEXTS), alone, atol=1e-12)


def test_no_texts_give_no_rows_and_a_single_string_is_refused(folder):
    assert load(folder).predict_proba([]).shape == (0, 3)
    with pytest.raises(TypeError, match="single string"):
        load(folder).predict_proba("good")


def test_one_member_with_its_whole_weight_is_that_member():
    probabilities = np.random.default_rng(1).dirichlet([1, 1, 1], 50)
    np.testing.assert_allclose(geometric(1.0).combined([probabilities]), probabilities, atol=1e-12)


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=4))
def test_probabilities_sum_to_one_however_sure_the_members_are(rows):
    shares = [np.array([[row[at], 0.0, 1 - row[at]] for row in rows]) for at in (0, 1)]
    got = geometric(0.5, 0.5).combined(shares)
    np.testing.assert_allclose(got.sum(axis=1), 1)
    assert np.all(got[:, 1] == 0)


def test_a_missing_member_is_named(folder):
    (folder / "members" / "second" / "bundle.json").unlink()
    with pytest.raises(InputError, match=r"second: no bundle\.json here"):
        load(folder)


def test_weights_for_other_members_are_refused(folder):
    (folder / "members.json").write_text(json.dumps({"members": ["first"]}))
    with pytest.raises(InputError, match="1 members, weights of shape"):
        load(folder)


@pytest.mark.parametrize("content", ["[]", "{", '{"members": 3}'])
def test_a_damaged_list_of_members_is_refused(folder, content):
    (folder / "members.json").write_text(content)
    with pytest.raises(InputError, match="its blend is damaged"):
        load(folder)


@pytest.mark.parametrize("name", ["..", "first/../..", "/first", ""])
def test_a_member_that_lies_elsewhere_is_refused(folder, name):
    (folder / "members.json").write_text(json.dumps({"members": [name, "second"]}))
    with pytest.raises(InputError, match="is no name of a member"):
        load(folder)


def test_missing_weights_are_named(folder):
    (folder / "weights.npz").unlink()
    with pytest.raises(InputError, match=r"weights\.npz is missing"):
        load(folder)
