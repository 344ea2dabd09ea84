"""The command line of train_ensemble, end to end."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import MODEL, read_intact, read_manifest
from sentiment_models import LABELS, load, reference
from sentiment_models.bundle import read_bundle

TEXTS = ["great, love it", "awful and broken", "a box on tuesday", ""]


@pytest.fixture(scope="module")
def blended(tmp_path_factory, shared, blend):
    out = tmp_path_factory.mktemp("run") / "ensemble"
    done = blend(out, shared["baseline"], shared["deep"], shared["guess"])
    assert done.returncode == 0, done.stderr
    return out, done


def refused(done, message, out):
    assert (done.returncode, done.stderr.count("sentiment-train-ensemble: ")) == (2, 1), done.stderr
    assert message in done.stderr
    assert not out.exists()


def test_members_that_know_different_things_are_kept_and_a_guess_is_dropped(blended):
    out, done = blended
    assert sorted(path.name for path in (out / "members").iterdir()) == ["baseline", "deep"]
    assert "guess is left out: it adds" in done.stderr
    metrics = read_bundle(out).metrics
    assert metrics["gain_of_baseline"] > 0.02 > metrics["gain_of_guess"]
    assert metrics["share_of_baseline"] + metrics["share_of_deep"] == pytest.approx(1)


def test_the_blend_is_better_than_each_member_alone(blended):
    out, _ = blended
    lines = [json.loads(line) for line in (out / "tracking.jsonl").read_text().split("\n") if line]
    alone = [
        line["metrics"]["cross_validated_macro_f1"] for line in lines if line["event"] == "trial"
    ]
    assert len(alone) == 3
    assert read_bundle(out).metrics["cross_validated_macro_f1"] > max(alone) + 0.02


def test_the_bundle_opens_and_blends_its_members(blended):
    out, _ = blended
    predictor = load(out)
    assert [member.name for member in predictor.members] == ["baseline", "deep"]
    got = predictor.predict_proba(TEXTS)
    np.testing.assert_allclose(got.sum(axis=1), 1)
    first, second = (member.predict_proba(TEXTS) for member in predictor.members)
    assert np.all(got <= np.maximum(first, second) + 0.5)


def test_members_keep_their_digests_and_the_ensemble_takes_over_named_ones(blended, shared):
    out, _ = blended
    for name in ("baseline", "deep"):
        copy = read_intact(out / "members" / name, MODEL)
        assert copy.digest == read_manifest(shared[name].model, MODEL).digest
    manifest = read_intact(out, MODEL)
    assert manifest.named == {"members/deep/saved_model": "a" * 64}


def test_what_predictions_cost_is_outside_the_digest(blended, shared, blend, tmp_path):
    out, _ = blended
    measured = json.loads((out / "costs.json").read_text())["milliseconds_per_text"]
    assert set(measured) == {"baseline", "deep", "guess", "ensemble"}
    assert all(value > 0 for value in measured.values())
    again = tmp_path / "again"
    blend(again, shared["baseline"], shared["deep"], shared["guess"])
    assert read_manifest(again, MODEL).digest == read_manifest(out, MODEL).digest


def test_an_ensemble_of_one_has_that_members_probabilities(shared, blend, tmp_path):
    out = tmp_path / "ensemble"
    done = blend(out, shared["baseline"], shared["guess"])
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (out / "members").iterdir()] == ["baseline"]
    alone = load(shared["baseline"].model).predict_proba(TEXTS)
    np.testing.assert_allclose(load(out).predict_proba(TEXTS), alone, atol=3e-6)


def test_a_negative_least_gain_keeps_every_member(shared, blend, tmp_path):
    out = tmp_path / "ensemble"
    blend(out, *shared.values(), options=("--min-gain", "-1", "--method", "stacking"))
    assert len(list((out / "members").iterdir())) == 3


def test_its_reference_has_the_texts_of_a_member_and_scores_of_its_own(
    members, make, blend, tmp_path
):
    given = members["deep"]
    targets, found = make.truth(), make.told(make.truth(), 6, 1.5)
    of_deep = reference.make(["great box"] * make.ROWS, found, targets, make.SPECIFICATION)
    of_deep.write(given.model)
    make.seal(given.model, MODEL, "sentiment-train-deep", {"saved_model": "a" * 64})
    out = tmp_path / "ensemble"
    done = blend(out, members["baseline"], given, options=("--min-gain", "-1"))
    assert done.returncode == 0, done.stderr
    seen = reference.read(out)
    assert (seen.terms, seen.length) == (of_deep.terms, of_deep.length)
    assert seen.labels == of_deep.labels
    right = sum(seen.confusion[label][label] for label in LABELS) / make.ROWS
    assert right == pytest.approx(read_bundle(out).metrics["cross_validated_accuracy"])
    assert seen.confidence != of_deep.confidence


def test_without_a_members_reference_it_has_none_and_says_so(blended):
    out, done = blended
    assert reference.read(out) is None
    assert "no member has a reference" in done.stderr


def test_the_same_model_twice_gets_two_names(shared, blend, tmp_path):
    out = tmp_path / "ensemble"
    blend(out, shared["baseline"], shared["baseline"], options=("--min-gain", "-1"))
    assert sorted(path.name for path in (out / "members").iterdir()) == ["baseline", "baseline.2"]


def change(trained, make, change_table):
    path = trained.predictions / "predictions.parquet"
    pq.write_table(change_table(pq.read_table(path)), path)
    manifest = read_manifest(trained.predictions, make.PREDICTIONS)
    make.seal(trained.predictions, make.PREDICTIONS, manifest.producer)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda table: table.slice(0, 10), "10 rows, 600 in --predictions"),
        (lambda table: table.slice(0, 0), "no rows; let the trainer cross-fit"),
        (lambda table: table.take(list(range(599, -1, -1))), "row 1 has the id 'row-599'"),
        (lambda table: table.drop_columns(["neutral"]), "no column neutral"),
        (
            lambda table: table.set_column(3, "negative", table["positive"]),
            "a row's probabilities do not sum to 1",
        ),
        (
            lambda table: table.set_column(1, "label", table["label"].take([*range(1, 600), 0])),
            "has another label than in --predictions",
        ),
    ],
)
def test_predictions_that_do_not_fit_are_refused(members, make, blend, tmp_path, damage, message):
    change(members["deep"], make, damage)
    out = tmp_path / "ensemble"
    refused(blend(out, members["baseline"], members["deep"]), message, out)


def test_predictions_of_another_model_are_refused(members, make, blend, tmp_path):
    mixed = make.Trained(members["deep"].model, members["guess"].predictions)
    out = tmp_path / "ensemble"
    refused(blend(out, members["baseline"], mixed), "of another training than the model", out)


def test_a_changed_member_is_refused(members, blend, tmp_path):
    path = members["deep"].model / "vocabulary.txt"
    path.write_text(path.read_text() + "more\n")
    out = tmp_path / "ensemble"
    refused(blend(out, members["baseline"], members["deep"]), "its files have the digest", out)


def test_members_of_another_text_specification_are_refused(members, make, blend, tmp_path):
    other = make.write_member(
        tmp_path / "other", "other", make.told(make.truth(), 9, 1.0), dictionary={"cells": "cell"}
    )
    out = tmp_path / "ensemble"
    refused(blend(out, members["baseline"], other), "with the text specification", out)


def test_a_model_without_its_predictions_is_refused(shared, blend, tmp_path):
    out = tmp_path / "ensemble"
    alone = ("--model-3", shared["guess"].model)
    done = blend(out, shared["baseline"], shared["deep"], options=alone)
    refused(done, "--model-3 is given without its predictions; add --predictions-3", out)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--folds", "2"), "--folds: 2 folds are too few; give 3 or more"),
        (("--folds", "400"), "too few for 400 folds"),
        (("--min-gain", "7"), "--min-gain: 7.0 is no difference of macro-F1"),
    ],
)
def test_options_that_cannot_be_used_are_refused(shared, blend, tmp_path, options, message):
    out = tmp_path / "ensemble"
    refused(blend(out, shared["baseline"], shared["deep"], options=options), message, out)
