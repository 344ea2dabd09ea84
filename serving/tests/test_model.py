import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sentiment_models
from sentiment_common.errors import InputError
from sentiment_serving.model import INLINE_CHARACTERS, OpenModel, bundle_folder, check, rehearse


@pytest.fixture(scope="module")
def model(tiny_bundle):
    return OpenModel(tiny_bundle)


def test_the_given_folder_goes_before_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("SENTIMENT_MODEL", str(tmp_path / "variable"))
    assert bundle_folder(str(tmp_path / "given")) == tmp_path / "given"
    assert bundle_folder() == tmp_path / "variable"


def test_a_bundle_without_a_manifest_is_known_by_the_digest_of_its_files(tiny_bundle, tmp_path):
    copy = shutil.copytree(tiny_bundle, tmp_path / "copy")
    assert check(copy)[1] == check(tiny_bundle)[1]
    (copy / "vocabulary.txt").write_text("bad\ngood\nparcel\nnot good\n")
    assert check(copy)[1] != check(tiny_bundle)[1]


def test_a_bundle_of_an_unknown_backend_is_refused_before_the_server_starts(tiny_bundle, tmp_path):
    copy = shutil.copytree(tiny_bundle, tmp_path / "copy")
    facts = json.loads((copy / "bundle.json").read_text())
    (copy / "bundle.json").write_text(json.dumps(facts | {"backend": "abacus"}))
    with pytest.raises(InputError, match="abacus"):
        rehearse(copy)


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_the_label_is_the_most_probable_one(model, tiny_bundle, texts):
    answer = model.answer(texts)
    rows = sentiment_models.load(tiny_bundle).predict_proba(texts)
    assert [row.label for row in answer.predictions] == [
        sentiment_models.LABELS[row.argmax()] for row in rows
    ]


def test_only_short_requests_are_scored_where_they_arrive(model):
    assert model.is_instant(["x" * INLINE_CHARACTERS])
    assert not model.is_instant(["x" * INLINE_CHARACTERS, "x"])
