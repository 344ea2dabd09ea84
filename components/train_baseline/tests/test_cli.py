import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import MODEL, read_manifest
from sentiment_models import load
from sentiment_models.bundle import read_bundle


@pytest.fixture(scope="module")
def trained(tmp_path_factory, shared_folders, train):
    out = tmp_path_factory.mktemp("run") / "model"
    done = train(shared_folders, out, "--c-grid", "1,0.1,4")
    assert done.returncode == 0, done.stderr
    return out, done


def left_behind(folder, but=()):
    return sorted(path.name for path in folder.iterdir() if path.name not in but)


def test_the_bundle_tells_the_labels_apart(trained):
    model, _ = trained
    texts = ["Awful, I want a refund!!", "It arrived on Tuesday", "Great phone, LOVE it"]
    assert load(model).predict_proba(texts).argmax(axis=1).tolist() == [0, 1, 2]


def test_the_artifact_is_a_model_with_its_inputs_recorded(trained, shared_folders, read_json):
    model, _ = trained
    manifest = read_manifest(model, MODEL)
    recorded = read_json(shared_folders.features / "artifact.json")["digest"]
    assert manifest.inputs["train_features"] == recorded
    assert manifest.parameters["c_grid"] == "1,0.1,4"


def test_every_strength_is_a_trial_and_the_best_one_is_recorded(trained):
    model, done = trained
    events = [
        json.loads(line) for line in (model / "tracking.jsonl").read_text().split("\n") if line
    ]
    trials = {
        event["parameters"]["C"]: event["metrics"]["macro_f1"]
        for event in events
        if event["event"] == "trial"
    }
    metrics = read_bundle(model).metrics
    assert sorted(trials) == [0.1, 1.0, 4.0]
    assert metrics["cross_validated_macro_f1"] == max(trials.values()) > 0.6
    assert trials[metrics["C"]] == max(trials.values())
    assert done.stderr.count("cross-validated macro-F1") == 3


def test_the_same_seed_gives_the_same_digest(trained, tmp_path, shared_folders, train):
    model, _ = trained
    train(shared_folders, tmp_path / "again", "--c-grid", "1,0.1,4")
    digests = {read_manifest(folder, MODEL).digest for folder in (model, tmp_path / "again")}
    assert len(digests) == 1


def test_two_labels_are_enough_and_the_third_gets_no_probability(make_folders, make_rows, train):
    folders = make_folders(make_rows(120, labels=("negative", "positive")))
    out = folders.features.parent / "model"
    done = train(folders, out, "--c-grid", "1", "--class-weight", "none")
    assert done.returncode == 0, done.stderr
    probabilities = load(out).predict_proba(["awful, broken", "perfect, love it"])
    assert probabilities[:, 1].tolist() == [0, 0]
    assert probabilities.argmax(axis=1).tolist() == [0, 2]


def test_one_label_only_is_refused(make_folders, make_rows, train):
    folders = make_folders(make_rows(40, labels=("positive",)))
    done = train(folders, folders.features.parent / "model")
    assert done.returncode == 2
    assert "all 40 rows are positive; train on examples of at least two labels" in done.stderr
    assert left_behind(folders.features.parent) == ["train_features", "transform_graph"]


def test_too_few_groups_for_the_folds_are_refused(make_folders, make_rows, train):
    folders = make_folders(make_rows(12))
    done = train(folders, folders.features.parent / "model", "--folds", "5")
    assert done.returncode == 2
    assert "too few for 5 folds" in done.stderr


def test_features_without_rows_are_refused(folders, tmp_path, train):
    path = folders.features / "features.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    done = train(folders, tmp_path / "model")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "features.parquet: no rows to train on" in done.stderr
    assert left_behind(tmp_path) == ["train_features", "transform_graph"]


def test_a_malformed_grid_is_refused(shared_folders, tmp_path, train):
    done = train(shared_folders, tmp_path / "model", "--c-grid", "1;2")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--c-grid: '1;2' is not a list of positive numbers; e.g. 0.5,1,2" in done.stderr
    assert left_behind(tmp_path) == []


def test_features_of_another_transform_are_refused(folders, tmp_path, train, change_column):
    path = folders.features / "features.parquet"
    change_column(path, "ngram_ids", lambda ids: [number + 5000 for number in ids])
    done = train(folders, tmp_path / "model")
    assert done.returncode == 2
    assert "give features and transform graph of one run" in done.stderr


def test_weights_that_serving_would_not_compute_are_a_bug(folders, tmp_path, train, change_column):
    path = folders.features / "features.parquet"
    change_column(path, "ngram_tfidf", lambda weights: [1.0] * len(weights))
    done = train(folders, tmp_path / "model", "--c-grid", "1")
    assert done.returncode == 1
    assert "RuntimeError: the bundle's probabilities differ from those of training" in done.stderr
    assert left_behind(tmp_path) == ["train_features", "transform_graph"]


def test_a_factor_that_is_missing_in_the_graph_is_refused(folders, tmp_path, train):
    path = folders.graph / "vocabulary" / "ngram_idf.npy"
    np.save(path, np.load(path)[:-1])
    done = train(folders, tmp_path / "model")
    assert (done.returncode, "run transform again" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["vocabulary/ngrams.txt", "text_spec"])
def test_a_missing_part_of_the_graph_is_named(folders, tmp_path, train, name):
    part = folders.graph / name
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    done = train(folders, tmp_path / "model", "--c-grid", "1")
    assert (done.returncode, name in done.stderr) == (2, True)
    assert left_behind(tmp_path) == ["train_features", "transform_graph"]


def test_the_inputs_swapped_are_told_apart(shared_folders, tmp_path, train):
    swapped = type(shared_folders)(shared_folders.graph, shared_folders.features)
    done = train(swapped, tmp_path / "model")
    assert done.returncode == 2
    assert "wanted features (schema 1), got transform_graph (schema 1)" in done.stderr


def test_help_does_not_wait_for_scikit_learn():
    command = Path(sys.executable).with_name("sentiment-train-baseline")
    start = time.monotonic()
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "--c-grid" in done.stdout
    assert time.monotonic() - start < 1.5
