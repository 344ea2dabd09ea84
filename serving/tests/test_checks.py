import json
import shutil

import numpy as np
import pytest

from sentiment_common.artifacts import MODEL, Manifest, payload_digest, write_manifest
from sentiment_common.errors import InputError
from sentiment_models import load
from sentiment_serving.checks import check, rehearse


@pytest.fixture
def own(tiny_bundle, tmp_path):
    return shutil.copytree(tiny_bundle, tmp_path / "own")


def test_a_bundle_without_a_manifest_is_known_by_the_digest_of_its_files(tiny_bundle, own):
    assert check(own)[1] == check(tiny_bundle)[1]
    (own / "vocabulary.txt").write_text("bad\ngood\nparcel\nnot good\n")
    assert check(own)[1] != check(tiny_bundle)[1]


def test_a_bundle_that_was_changed_after_it_was_made_is_refused(own):
    digest = payload_digest(own)
    write_manifest(own, Manifest(MODEL.name, MODEL.schema_version, "train", "1", digest))
    assert check(own)[1] == digest
    (own / "vocabulary.txt").write_text("bad\ngood\nparcel\nnot good\n")
    with pytest.raises(InputError, match="changed after they were made"):
        check(own)


def test_a_library_that_is_not_here_is_named(own):
    facts = json.loads((own / "bundle.json").read_text())
    (own / "bundle.json").write_text(json.dumps(facts | {"backend": "tensorflow"}))
    with pytest.raises(InputError, match="needs tensorflow, which is not installed"):
        check(own)


def test_a_model_that_answers_no_probabilities_is_refused(own):
    rehearse(load(own), own)
    with np.load(own / "weights.npz") as stored:
        weights = dict(stored)
    np.savez(own / "weights.npz", **(weights | {"intercept": np.array([np.nan, 0.0, 0.0])}))
    with pytest.raises(InputError, match="does not answer with probabilities"):
        rehearse(load(own), own)
