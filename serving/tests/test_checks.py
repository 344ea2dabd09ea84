import json
import shutil

import numpy as np
import pytest

from sentiment_common.artifacts import MODEL, Manifest, payload_digest, write_manifest
from sentiment_common.errors import InputError
from sentiment_models import load
from sentiment_models.bundle import Bundle, read_bundle, write_bundle
from sentiment_models.ensemble import MEMBERS, Blend, save_blend
from sentiment_serving.checks import backends, check, reference_of, rehearse


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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema_version": 9}, "wanted a reference of schema 1, got 9"),
        ({"words": -1}, "damaged"),
        ({"text_specification": "sha256:0"}, "made with the text specification sha256:0"),
    ],
)
def test_a_reference_that_cannot_be_used_is_refused_with_its_bundle(
    watched_bundle, tmp_path, change, told
):
    own = shutil.copytree(watched_bundle, tmp_path / "own")
    assert reference_of(own, check(own)[0]).rows == 1_400
    stored = json.loads((own / "reference.json").read_text())
    (own / "reference.json").write_text(json.dumps(stored | change))
    with pytest.raises(InputError, match=told):
        check(own)


@pytest.fixture
def ensemble(tiny_bundle, tmp_path):
    """Two members, of which the second is said to be a deep one."""
    folder = tmp_path / "ensemble"
    folder.mkdir()
    save_blend(folder, Blend(("tiny", "deep"), np.tile(np.eye(3) / 2, 2), np.zeros(3)))
    for name in ("tiny", "deep"):
        shutil.copytree(tiny_bundle, folder / MEMBERS / name)
    deep = folder / MEMBERS / "deep" / "bundle.json"
    deep.write_text(json.dumps(json.loads(deep.read_text()) | {"backend": "tensorflow"}))
    digest = read_bundle(tiny_bundle).text_specification
    bundle = Bundle(name="both", backend="ensemble", text_specification=digest)
    write_bundle(folder, bundle, tiny_bundle.parent / "text_spec")
    return folder


def test_an_ensemble_needs_what_its_members_need(ensemble):
    assert backends(ensemble, read_bundle(ensemble)) == {"ensemble", "linear", "tensorflow"}
    with pytest.raises(InputError, match="'both' needs tensorflow, which is not installed"):
        check(ensemble)


def test_a_model_that_answers_no_probabilities_is_refused(own):
    rehearse(load(own), own)
    with np.load(own / "weights.npz") as stored:
        weights = dict(stored)
    np.savez(own / "weights.npz", **(weights | {"intercept": np.array([np.nan, 0.0, 0.0])}))
    with pytest.raises(InputError, match="does not answer with probabilities"):
        rehearse(load(own), own)
