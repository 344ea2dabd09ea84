import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import MODEL, PREDICTIONS, Source, file_sha256, read_manifest
from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_common.tracking import read_events
from sentiment_models import LABELS, load, reference
from sentiment_models.bundle import read_bundle
from sentiment_models.reference import Histogram


@pytest.fixture(scope="module")
def trained(tmp_path_factory, shared_folders, train):
    out = tmp_path_factory.mktemp("run") / "model"
    done = train(shared_folders, out)
    assert done.returncode == 0, done.stderr
    return out, done


@pytest.fixture(scope="module")
def predictor(trained):
    return load(trained[0])


def cross_fitted(out):
    return out.with_name(f"{out.name}-predictions")


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir())


def epochs_tracked(model):
    return [
        event
        for event in read_events(model)
        if event["event"] == "metrics" and "validation_loss" in event["values"]
    ]


def killed_after(process, folder, epoch):
    """Kills a training once this epoch is kept; returns the last epoch that is, and the log."""
    record, kept = folder / "checkpoint.json", 0
    while kept < epoch and process.poll() is None:
        kept = json.loads(record.read_text())["epoch"] if record.is_file() else 0
        time.sleep(0.002)
    process.kill()
    log = process.communicate()[1]
    assert process.returncode == -signal.SIGKILL, log
    return json.loads(record.read_text())["epoch"], log


def test_the_bundle_tells_the_labels_apart(predictor):
    texts = ["awful refund", "the box arrived", "GREAT phone and I love it"]
    assert predictor.predict_proba(texts).argmax(axis=1).tolist() == [0, 1, 2]


def test_a_word_that_training_never_saw_is_read_by_its_vector(predictor):
    got = predictor.predict_proba(["it is dreadful", "it is superb", "it is qwertyuiop"])
    assert got.argmax(axis=1).tolist()[:2] == [0, 2]
    assert got[1, 2] > got[2, 2]


def test_no_text_is_too_strange_for_probabilities(predictor):
    got = predictor.predict_proba(["", " ", "qwertyuiop", "great " * 500, "\ud83d \0"])
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got.sum(axis=1), 1)


def test_a_word_that_only_the_lexicon_knows_is_read_by_its_valence(predictor):
    got = predictor.predict_proba(["it is horrid", "it is lovely", "it is not lovely"])
    assert got[0, 0] > got[1, 0]
    assert got[1, 2] > got[0, 2]
    assert got[1, 2] > got[2, 2]


def test_words_beyond_the_maximum_length_are_not_read(predictor):
    start = "the phone is great " * 16
    np.testing.assert_array_equal(
        predictor.predict_proba([start]), predictor.predict_proba([start + "awful " * 10])
    )


def test_padding_does_not_change_a_text(predictor):
    alone = predictor.predict_proba(["great"])
    beside = predictor.predict_proba(["great", "the battery is bad " * 10])[:1]
    np.testing.assert_allclose(alone, beside, atol=1e-6)


def test_each_epoch_is_logged_and_tracked(trained):
    model, done = trained
    epochs = epochs_tracked(model)
    assert [event["step"] for event in epochs] == list(range(1, len(epochs) + 1))
    assert done.stderr.count("validation macro-F1") == len(epochs) + 1
    metrics = read_bundle(model).metrics
    best = min(epochs, key=lambda event: event["values"]["validation_loss"])
    assert metrics["best_epoch"] == best["step"]
    assert metrics["validation_macro_f1"] == best["values"]["validation_macro_f1"] > 0.7


def test_the_bundle_tells_the_tokens_that_the_text_specification_gives(trained, predictor):
    tokenizer = Tokenizer(TextSpecification.load(trained[0] / "text_spec"))
    texts = ["GREAT phone", "", " ", "the battery is bad " * 40]
    assert predictor.tokens(texts) == [tokenizer.tokens(text) for text in texts]


def test_the_files_of_embeddings_and_lexicon_are_named_as_sources(trained, shared_folders):
    paths = shared_folders.vectors, shared_folders.lexicon
    sources = [Source(str(path), file_sha256(path), path.stat().st_size) for path in paths]
    assert read_manifest(trained[0], MODEL).sources == tuple(sources)


def test_the_cross_fitted_predictions_tell_the_train_rows_apart(trained, shared_folders):
    folder = cross_fitted(trained[0])
    read_manifest(folder, PREDICTIONS)
    found = pq.read_table(folder / "predictions.parquet").to_pydict()
    stored = pq.read_table(shared_folders.train / "features.parquet").to_pydict()
    assert all(found[name] == stored[name] for name in ("id", "label", "group"))
    scored = np.stack([found[label] for label in LABELS], axis=1)
    np.testing.assert_allclose(scored.sum(axis=1), 1)
    right = [LABELS[column] for column in scored.argmax(axis=1)]
    assert np.mean(np.array(right) == stored["label"]) > 0.7


def test_the_bundle_says_what_its_cross_fitted_train_split_was_like(trained):
    model, _ = trained
    seen = reference.read(model)
    rows = pq.read_table(cross_fitted(model) / "predictions.parquet").to_pydict()
    assert seen.text_specification == read_bundle(model).text_specification
    assert seen.labels == {label: rows["label"].count(label) for label in LABELS}
    highest = np.max([rows[label] for label in LABELS], axis=0)
    assert seen.confidence == Histogram.of(seen.confidence.edges, highest)


def test_a_training_killed_in_an_epoch_and_in_a_fold_continues_and_gives_the_same_digests(
    trained, tmp_path, shared_folders, start, train
):
    model, checkpoints, whole = tmp_path / "model", tmp_path / "checkpoints", trained[0]
    epochs = epochs_tracked(whole)
    first, log = killed_after(start(shared_folders, model, checkpoints), checkpoints, 2)
    assert "continuing" not in log
    fold = checkpoints / "fold-2"
    second, log = killed_after(start(shared_folders, model, checkpoints), fold, 1)
    assert f": continuing after epoch {first} of 6\n" in log
    assert not model.exists()
    assert not cross_fitted(model).exists()
    done = train(shared_folders, model, checkpoints)
    assert done.returncode == 0, done.stderr
    assert f": continuing after epoch {len(epochs)} of 6\n" in done.stderr
    assert f": fold 2: continuing after epoch {second} of " in done.stderr
    assert "fitting: epoch" not in done.stderr
    assert "fold 1: epoch" not in done.stderr
    for out, kind in ((Path, MODEL), (cross_fitted, PREDICTIONS)):
        assert read_manifest(out(model), kind).digest == read_manifest(out(whole), kind).digest
    told = epochs_tracked(model)
    assert [(event["step"], event["values"]) for event in told] == [
        (event["step"], event["values"]) for event in epochs
    ]
    continued = [event["step"] for event in read_events(model) if "continued" in str(event)]
    assert {first, len(epochs), second} <= set(continued)


def test_a_place_for_checkpoints_that_is_no_folder_is_refused(tmp_path, shared_folders, train):
    (tmp_path / "file").write_text("")
    done = train(shared_folders, tmp_path / "model", tmp_path / "file")
    assert done.returncode == 2
    assert "let SENTIMENT_CHECKPOINTS name one, or nothing" in done.stderr.split("\n")[-2]
    assert left_behind(tmp_path) == ["file"]


def test_the_same_seed_gives_the_same_digest(trained, tmp_path, shared_folders, train):
    assert train(shared_folders, tmp_path / "again").returncode == 0
    outs = trained[0], tmp_path / "again"
    first, second = (read_manifest(path, MODEL) for path in outs)
    assert first.digest == second.digest
    assert set(first.named) == {"saved_model"}
    first, second = (read_manifest(cross_fitted(path), PREDICTIONS) for path in outs)
    assert first.digest == second.digest


def test_a_transformer_on_vectors_of_its_own_without_folds_is_a_bundle_too(
    shared_folders, tmp_path, train
):
    options = {"architecture": "transformer", "embeddings": "word2vec", "lexicon": "none"}
    done = train(
        shared_folders, tmp_path / "model", **options, search_trials=2, cross_fit_folds=0, epochs=2,
        units=16,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert np.isfinite(load(tmp_path / "model").predict_proba(["great", ""])).all()
    assert len(pq.read_table(tmp_path / "model-predictions" / "predictions.parquet")) == 0
    assert reference.read(tmp_path / "model") is None
    assert "the bundle has no reference" in done.stderr
    trials = [event for event in read_events(tmp_path / "model") if event["event"] == "trial"]
    assert len(trials) == 2


def test_a_loss_that_is_no_number_is_refused_with_its_epoch(shared_folders, tmp_path, train):
    words = np.array(["great", "awful", "box"])
    np.savez(tmp_path / "huge.npz", words=words, vectors=np.full((3, 2), 3e38, np.float32))
    options = {"embeddings": tmp_path / "huge.npz", "architecture": "transformer"}
    done = train(shared_folders, tmp_path / "model", **options)
    assert done.returncode == 2
    assert done.stderr.split("\n")[-2] == (
        "sentiment-train-deep: --learning-rate: the loss is nan after epoch 1; give a lower one, "
        "or embeddings of ordinary size"
    )
    assert left_behind(tmp_path) == ["huge.npz"]


def test_too_few_groups_for_the_folds_are_refused(with_train_rows, tmp_path, train):
    rows = [(["great"], "positive", "one"), (["awful"], "negative", "two")]
    done = train(with_train_rows(rows), tmp_path / "model")
    assert done.returncode == 2
    assert "--cross-fit-folds: 2 groups of rows are too few for 2 folds" in done.stderr
    assert left_behind(tmp_path) == ["other_train_features"]


def test_a_lexicon_that_is_none_is_refused(shared_folders, tmp_path, train):
    done = train(shared_folders, tmp_path / "model", lexicon="no/such.tsv")
    assert done.returncode == 2
    assert "--lexicon no/such.tsv: no lexicon can be read" in done.stderr


def test_a_text_graph_that_breaks_its_own_rules_is_a_bug(reversing_graph, tmp_path, train):
    done = train(reversing_graph, tmp_path / "model", epochs=3)
    assert done.returncode == 1
    assert "RuntimeError: the bundle's probabilities differ" in done.stderr
    assert left_behind(tmp_path) == ["reversing_graph"]


def test_one_label_only_is_refused(with_train_rows, make_rows, tmp_path, train):
    done = train(with_train_rows(make_rows(20, 1, labels=("neutral",))), tmp_path / "model")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "all 20 rows are neutral; train on examples of at least two labels" in done.stderr
    assert left_behind(tmp_path) == ["other_train_features"]


@pytest.mark.parametrize("name", ["train_features", "validation_features"])
def test_features_without_rows_are_refused(folders, tmp_path, train, name):
    path = tmp_path / name / "features.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    done = train(folders, tmp_path / "model")
    assert (done.returncode, f"{name}/features.parquet: no rows" in done.stderr) == (2, True)
    assert "model" not in left_behind(tmp_path)


@pytest.mark.parametrize("name", ["train_features", "validation_features"])
def test_tokens_of_another_text_specification_are_refused(folders, tmp_path, train, name):
    path = tmp_path / name / "features.parquet"
    table = pq.read_table(path)
    tokens = [[*row, "more"] for row in table["tokens"].to_pylist()]
    at = table.schema.get_field_index("tokens")
    pq.write_table(table.set_column(at, "tokens", [tokens]), path)
    done = train(folders, tmp_path / "model")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{name}/features.parquet: the tokens of row 0 are not those" in done.stderr
    assert "model" not in left_behind(tmp_path)


def test_an_option_out_of_range_is_refused_at_once(shared_folders, tmp_path, train):
    done = train(shared_folders, tmp_path / "model", dropout=1.0)
    assert done.returncode == 2
    assert done.stderr == (
        "sentiment-train-deep: --dropout: 1.0 is out of range; give 0 or more and less than 1\n"
    )


def test_embeddings_that_are_not_there_are_refused(shared_folders, tmp_path, train):
    done = train(shared_folders, tmp_path / "model", embeddings="no/such.txt")
    assert done.returncode == 2
    assert "--embeddings no/such.txt: no such file; give a file or glove-6b-50d" in done.stderr


@pytest.mark.parametrize("part", ["transform_fn", "text_spec", "vocabulary"])
def test_a_missing_part_of_the_graph_is_named(folders, tmp_path, train, part):
    shutil.rmtree(folders.graph / part)
    done = train(folders, tmp_path / "model", epochs=1)
    assert (done.returncode, part in done.stderr.split("\n")[-2]) == (2, True)
    assert "model" not in left_behind(tmp_path)


def test_help_does_not_wait_for_tensorflow():
    command = shutil.which("sentiment-train-deep")
    start = time.monotonic()
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "--max-length" in done.stdout
    assert time.monotonic() - start < 1.5
