"""The command line of train_transfer, end to end."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import MODEL, PREDICTIONS, read_intact, read_manifest
from sentiment_models import LABELS, load, reference
from sentiment_models.bundle import read_bundle
from sentiment_models.reference import Histogram


@pytest.fixture(scope="module")
def trained(tmp_path_factory, shared_folders, train):
    out = tmp_path_factory.mktemp("run")
    done = train(shared_folders, out)
    assert done.returncode == 0, done.stderr
    return out, done


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(done, message, out):
    assert (done.returncode, done.stderr.count("sentiment-train-transfer: ")) == (2, 1), done.stderr
    assert message in done.stderr.strip().rpartition("\n")[2]
    assert left_behind(out) == []


def test_the_bundle_tells_most_rows_apart(trained, shared_folders):
    rows = pq.read_table(shared_folders.validation / "features.parquet").to_pydict()
    found = load(trained[0] / "model").predict_proba(rows["text"]).argmax(axis=1)
    assert (
        np.mean([LABELS[at] == label for at, label in zip(found, rows["label"], strict=True)]) > 0.6
    )


def test_the_artifacts_are_sealed_with_what_they_came_from(trained, shared_folders, read_json):
    for name, kind in (("model", MODEL), ("predictions", PREDICTIONS)):
        manifest = read_intact(trained[0] / name, kind)
        recorded = read_json(shared_folders.train / "artifact.json")["digest"]
        assert manifest.inputs["train_features"] == recorded
        assert {Path(source.uri).name for source in manifest.sources} == {
            "model.onnx", "tokenizer.json", "words.tsv",
        }  # fmt: skip


def test_predictions_are_those_of_the_train_rows_in_their_order(trained, shared_folders):
    predictions = pq.read_table(trained[0] / "predictions" / "predictions.parquet")
    features = pq.read_table(shared_folders.train / "features.parquet")
    assert predictions.schema.names == ["id", "label", "group", *LABELS]
    for name in ("id", "label", "group"):
        assert predictions[name].equals(features[name])
    shares = np.array([predictions[label].to_numpy() for label in LABELS])
    np.testing.assert_allclose(shares.sum(axis=0), 1)


def test_the_bundle_says_what_its_cross_fitted_train_split_was_like(trained, shared_folders):
    out, _ = trained
    seen = reference.read(out / "model")
    rows = pq.read_table(out / "predictions" / "predictions.parquet").to_pydict()
    assert seen.text_specification == read_bundle(out / "model").text_specification
    assert seen.labels == {label: rows["label"].count(label) for label in LABELS}
    highest = np.max([rows[label] for label in LABELS], axis=0)
    assert seen.confidence == Histogram.of(seen.confidence.edges, highest)


def test_held_out_rows_score_worse_than_rows_that_were_fitted(trained, shared_folders):
    rows = pq.read_table(shared_folders.train / "features.parquet")
    stored = pq.read_table(trained[0] / "predictions" / "predictions.parquet")
    labels = np.array([LABELS.index(label) for label in rows["label"].to_pylist()])
    held_out = np.array([stored[label].to_numpy() for label in LABELS]).T
    fitted = load(trained[0] / "model").predict_proba(rows["text"].to_pylist())
    right = np.arange(len(labels)), labels
    assert np.log(held_out[right]).mean() < np.log(fitted[right]).mean()


def test_every_strength_is_a_trial_and_the_best_one_is_recorded(trained, read_json):
    lines = (trained[0] / "model" / "tracking.jsonl").read_text().split("\n")
    assert sum('"trial"' in line for line in lines) == 2
    metrics = read_bundle(trained[0] / "model").metrics
    assert metrics["C"] in (0.01, 0.1)
    assert metrics["cross_validated_macro_f1"] > 0.6
    assert metrics["validation_macro_f1"] > 0.6
    assert trained[1].stderr.count("cross-validated macro-F1") == 2


def test_the_same_seed_gives_the_same_digests_with_and_without_the_cache(
    trained, tmp_path, shared_folders, train
):
    done = train(shared_folders, tmp_path, cache=tmp_path / "cache")
    assert ": 0 are kept" in done.stderr
    again = train(shared_folders, tmp_path / "again", cache=tmp_path / "cache")
    assert ", 0 are new" in again.stderr
    for name, kind in (("model", MODEL), ("predictions", PREDICTIONS)):
        outs = (trained[0], tmp_path, tmp_path / "again")
        assert len({read_manifest(out / name, kind).digest for out in outs}) == 1


def test_hidden_layers_make_a_smaller_bundle_of_wider_vectors(
    trained, tmp_path, shared_folders, train
):
    done = train(shared_folders, tmp_path, "--layers", "0,1", "--lexicon", "none")
    assert "vectors of 32 numbers" in done.stderr
    one, other = (folder / "model" / "encoder.onnx" for folder in (tmp_path, trained[0]))
    assert one.stat().st_size < other.stat().st_size
    assert not (tmp_path / "model" / "lexicon.tsv").exists()
    assert load(tmp_path / "model").predict_proba(["great"]).shape == (1, 3)


def test_rows_without_ratings_are_as_good_as_labels(make_folders, make_rows, train):
    rows = [(text, label, None, group) for text, label, _, group in make_rows(200)]
    folders = make_folders(rows)
    out = folders.train.parent / "out"
    assert train(folders, out).returncode == 0
    hard = train(folders, out / "hard", "--rating-noise", "0")
    assert hard.returncode == 0
    weights = [np.load(path / "model" / "head.npz") for path in (out, out / "hard")]
    np.testing.assert_array_equal(*(stored["coefficients"] for stored in weights))


def test_two_labels_are_enough_and_the_third_gets_no_probability(make_folders, make_rows, train):
    labels = ("negative", "positive")
    folders = make_folders(make_rows(120, labels=labels), make_rows(40, 7, labels))
    done = train(folders, folders.train.parent / "out")
    assert done.returncode == 0, done.stderr
    model = load(folders.train.parent / "out" / "model")
    probabilities = model.predict_proba(
        ["the battery is awful and broken", "the phone is perfect and love", ""]
    )
    assert probabilities[:, 1].tolist() == [0, 0, 0]
    assert probabilities[:2].argmax(axis=1).tolist() == [0, 2]


def test_one_label_only_is_refused(make_folders, make_rows, train, tmp_path):
    folders = make_folders(make_rows(40, labels=("positive",)))
    (tmp_path / "out").mkdir()
    done = train(folders, tmp_path / "out")
    refused(done, "all 40 rows are positive; train on examples of at least two", tmp_path / "out")


def test_too_few_groups_for_the_folds_are_refused(make_folders, make_rows, train, tmp_path):
    folders = make_folders(make_rows(12))
    (tmp_path / "out").mkdir()
    refused(train(folders, tmp_path / "out"), "too few for 5 folds", tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--c-grid", "1;2"), "--c-grid: '1;2' is not a list of positive numbers"),
        (("--layers", "last"), "--layers: 'last' is not a list of layers"),
        (("--layers", "9"), "--layers 9: there is no layer 9: 3 have a LayerNormalization"),
        (("--folds", "1"), "--folds: 1 folds are too few"),
        (("--encoder", "/nowhere"), "--encoder /nowhere: there is no model.onnx"),
        (("--encoder", "s3://bucket/encoder"), "unknown scheme 's3'"),
        (("--lexicon", "/nowhere.tsv"), "no lexicon can be read"),
    ],
)
def test_options_that_cannot_be_used_are_refused(shared_folders, tmp_path, train, options, message):
    refused(train(shared_folders, tmp_path, *options), message, tmp_path)


@pytest.mark.parametrize(
    ("name", "message"), [("model.onnx", "no ONNX model"), ("tokenizer.json", "no tokenizer")]
)
def test_a_cut_encoder_is_refused(folders, tmp_path, train, name, message):
    path = folders.encoder / name
    os.truncate(path, path.stat().st_size // 2)
    (tmp_path / "out").mkdir()
    done = train(folders, tmp_path / "out")
    refused(done, message, tmp_path / "out")
    assert done.stderr.strip().rpartition("\n")[2].startswith(f"sentiment-train-transfer: {path}: ")


def test_tokens_of_another_text_specification_are_refused(folders, tmp_path, train, change_column):
    change_column(folders.validation / "features.parquet", "tokens", lambda row: [*row, "more"])
    (tmp_path / "out").mkdir()
    refused(train(folders, tmp_path / "out"), "the tokens of row 0", tmp_path / "out")


def test_a_lexicon_without_a_single_word_is_refused(shared_folders, tmp_path, train):
    lexicon = tmp_path / "phrases.tsv"
    lexicon.write_text("not good\t-2\n")
    out = tmp_path / "out"
    out.mkdir()
    done = train(shared_folders, out, "--lexicon", lexicon)
    refused(done, "no entry is a single word with a valence", out)


def test_the_inputs_swapped_are_told_apart(folders, tmp_path, train):
    swapped = type(folders)(folders.graph, folders.validation, folders.train, folders.encoder)
    (tmp_path / "out").mkdir()
    done = train(swapped, tmp_path / "out")
    refused(done, "wanted features (schema 2), got transform_graph", tmp_path / "out")


def test_help_does_not_wait_for_scikit_learn():
    command = shutil.which("sentiment-train-transfer")
    start = time.monotonic()
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "--rating-noise" in done.stdout
    assert time.monotonic() - start < 5
