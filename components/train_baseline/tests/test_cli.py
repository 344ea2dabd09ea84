import json
import shutil
import subprocess
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import MODEL, PREDICTIONS, read_manifest
from sentiment_models import LABELS, load, reference
from sentiment_models.bundle import read_bundle
from sentiment_models.reference import Histogram

GRID = ("--c-grid", "1,0.1,4", "--softness-grid", "0")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, shared_folders, train):
    out = tmp_path_factory.mktemp("run") / "model"
    done = train(shared_folders, out, *GRID)
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
    assert read_manifest(model.with_name("predictions"), PREDICTIONS).inputs == manifest.inputs


def test_the_bundle_says_what_its_cross_fitted_train_split_was_like(trained, shared_folders):
    model, _ = trained
    seen = reference.read(model)
    rows = pq.read_table(model.with_name("predictions") / "predictions.parquet").to_pydict()
    assert seen.text_specification == read_bundle(model).text_specification
    assert seen.labels == {label: rows["label"].count(label) for label in LABELS}
    highest = np.max([rows[label] for label in LABELS], axis=0)
    assert seen.confidence == Histogram.of(seen.confidence.edges, highest)


def test_every_strength_is_a_trial_and_the_best_one_is_recorded(trained):
    model, done = trained
    events = [
        json.loads(line) for line in (model / "tracking.jsonl").read_text().split("\n") if line
    ]
    trials = {
        event["parameters"]["c"]: event["metrics"]["macro_f1"]
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
    train(shared_folders, tmp_path / "again", *GRID)
    for name, kind in (("again", MODEL), ("predictions", PREDICTIONS)):
        before = model if kind == MODEL else model.with_name("predictions")
        assert read_manifest(tmp_path / name, kind).digest == read_manifest(before, kind).digest


def test_two_labels_are_enough_and_the_third_gets_no_probability(make_folders, make_rows, train):
    folders = make_folders(make_rows(120, labels=("negative", "positive")))
    out = folders.features.parent / "model"
    done = train(folders, out, "--c-grid", "1", "--balance", "none")
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
    change_column(folders.features / "features.parquet", "tokens", lambda row: row[1:])
    done = train(folders, tmp_path / "model")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "give features and transform graph of one run" in done.stderr


def test_a_missing_part_of_the_graph_is_named(folders, tmp_path, train):
    shutil.rmtree(folders.graph / "text_spec")
    done = train(folders, tmp_path / "model", "--c-grid", "1")
    assert (done.returncode, "text_spec" in done.stderr) == (2, True)
    assert left_behind(tmp_path) == ["train_features", "transform_graph"]


def test_the_inputs_swapped_are_told_apart(shared_folders, tmp_path, train):
    swapped = type(shared_folders)(shared_folders.graph, shared_folders.features)
    done = train(swapped, tmp_path / "model")
    assert done.returncode == 2
    assert "wanted features (schema 2), got transform_graph (schema 1)" in done.stderr


def test_predictions_are_those_of_models_that_did_not_see_the_row(trained, shared_folders):
    model, _ = trained
    rows = pq.read_table(model.with_name("predictions") / "predictions.parquet")
    features = pq.read_table(shared_folders.features / "features.parquet")
    for name in ("id", "label", "group"):
        assert rows[name].equals(features[name])
    held_out = np.column_stack([rows[label].to_numpy() for label in LABELS])
    np.testing.assert_allclose(held_out.sum(axis=1), 1, atol=1e-12)
    served = load(model).predict_proba(features["text"].to_pylist())
    right = np.array([LABELS.index(label) for label in features["label"].to_pylist()])
    share = [np.mean(table.argmax(axis=1) == right) for table in (held_out, served)]
    assert 0.6 < share[0] < share[1]


def test_a_lexicon_tells_words_that_no_row_had(shared_folders, tmp_path, train):
    lexicon = tmp_path / "words.tsv"
    lines = [f"{word}\t2" for word in ("great", "love", "perfect", "happy", "superb")]
    lines += [f"{word}\t-2" for word in ("broken", "awful", "bad", "refund", "dreadful")]
    lexicon.write_text("\n".join(lines))
    done = train(shared_folders, tmp_path / "model", "--c-grid", "1", "--lexicon", lexicon)
    assert done.returncode == 0, done.stderr
    assert "lexicon words: 10 entries, 10 tokens" in done.stderr
    superb, dreadful = load(tmp_path / "model").predict_proba(["superb", "dreadful"])
    assert superb[2] > dreadful[2]
    assert superb[0] < dreadful[0]


@pytest.mark.parametrize("balance", ["oversample", "smote"])
def test_balanced_models_are_trained_too(shared_folders, tmp_path, train, balance):
    options = ("--c-grid", "1", "--balance", balance, "--piece-sizes", "none")
    done = train(shared_folders, tmp_path / "model", *options)
    assert done.returncode == 0, done.stderr
    assert read_bundle(tmp_path / "model").metrics["cross_validated_macro_f1"] > 0.6


def test_a_killed_search_goes_on_to_the_same_digest(trained, shared_folders, tmp_path, train):
    model, _ = trained
    checkpoints = tmp_path / "checkpoints"
    train(shared_folders, tmp_path / "whole", *GRID, checkpoints=checkpoints)
    kept = sorted(checkpoints.iterdir())
    assert len(kept) == 3
    kept[0].unlink()
    kept[1].write_text("{")
    done = train(shared_folders, tmp_path / "model", *GRID, checkpoints=checkpoints)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is damaged") == 1
    assert read_manifest(tmp_path / "model", MODEL).digest == read_manifest(model, MODEL).digest


def test_a_random_search_records_its_trials(shared_folders, tmp_path, train):
    options = ("--search", "random", "--trials", "2", "--c-grid", "0.5,2")
    done = train(shared_folders, tmp_path / "model", *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("(1/2)") == done.stderr.count("(2/2)") == 1


def test_features_without_any_rating_are_enough(folders, tmp_path, train):
    path = folders.features / "features.parquet"
    table = pq.read_table(path)
    column = pa.nulls(len(table), pa.float64())
    pq.write_table(table.set_column(table.schema.get_field_index("rating"), "rating", column), path)
    assert train(folders, tmp_path / "model", "--c-grid", "1").returncode == 0


def test_words_that_occur_once_are_no_vocabulary(make_folders, tmp_path, train):
    rows = [(f"w{n}q", ("negative", "positive")[n % 2], f"g{n}") for n in range(40)]
    done = train(make_folders(rows), tmp_path / "model", "--c-grid", "1")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no word occurs in 2 rows or more; give more examples" in done.stderr
    assert left_behind(tmp_path) == ["train_features", "transform_graph"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lexicon", "missing.tsv"), "missing.tsv: no lexicon can be read"),
        (("--piece-sizes", "5,2"), "--piece-sizes: '5,2' is no pair of sizes from 1 to 8"),
        (("--word-ngrams", "0"), "--word-ngrams: 0 tokens; give 1 to 8"),
        (("--min-rows", "0"), "--min-rows: 0 rows are too few"),
        (("--strength-grid", "2"), "'2' is not a list of numbers from 0 to 1"),
        (("--search", "random", "--trials", "0"), "--trials: 0 trials are too few"),
    ],
)
def test_an_option_out_of_range_is_refused(shared_folders, tmp_path, train, options, message):
    done = train(shared_folders, tmp_path / "model", *options)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr
    assert left_behind(tmp_path) == []


def test_help_does_not_wait_for_scikit_learn():
    command = shutil.which("sentiment-train-baseline")
    start = time.monotonic()
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "--c-grid" in done.stdout
    assert time.monotonic() - start < 1.5
