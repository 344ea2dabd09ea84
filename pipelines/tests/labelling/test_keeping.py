import csv
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import dvc
from sentiment_pipelines.labelling import batches, keeping, store
from sentiment_pipelines.labelling.batches import Ask, Batch


def batch(*texts, made="2026-11-21T00:00:00.000Z"):
    asks = tuple(Ask(f"r{n}", 0, text, "random", "random", False) for n, text in enumerate(texts))
    return Batch(made, "s", "u", 13, 100, asks, ())


@pytest.fixture
def path(tmp_path, kept_batches):
    """All labels; two texts are asked about."""
    batches.keep(batch("fine", "bad"))
    return tmp_path / "data" / "labels.csv"


def returned(folder, *labels):
    file = folder / "labelled.csv"
    with file.open("w", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(["id", "text", "label"])
        asked = zip(("fine", "bad"), labels, strict=True)
        lines.writerows((f"r{n}:0", text, label) for n, (text, label) in enumerate(asked))
    return file


def test_the_same_file_twice_changes_nothing_the_second_time(tmp_path, path):
    file = returned(tmp_path, "positive", "negative")
    first = keeping.take_in(file, "anna", path, replace=False)
    before = path.read_bytes()
    second = keeping.take_in(file, "anna", path, replace=False)
    assert (first.added, second.added, second.known) == (2, 0, 2)
    assert path.read_bytes() == before
    (row, _) = store.read(path)
    assert (row.request_id, row.position, row.by, row.reason) == ("r0", 0, "anna", "random")
    assert row.batch == batches.pick("").id


def test_who_changes_their_mind_has_to_say_so(tmp_path, path):
    keeping.take_in(returned(tmp_path, "positive", ""), "anna", path, replace=False)
    file, before = returned(tmp_path, "neutral", "negative"), path.read_bytes()
    with pytest.raises(InputError, match="has called it positive; correct it, or say that"):
        keeping.take_in(file, "anna", path, replace=False)
    assert path.read_bytes() == before, "not even the label that contradicts nothing"
    done = keeping.take_in(file, "anna", path, replace=True)
    assert (done.added, done.changed) == (1, 1)
    assert [it.label for it in store.read(path)] == ["neutral", "negative"]


def test_another_labeller_may_say_otherwise(tmp_path, path):
    keeping.take_in(returned(tmp_path, "positive", ""), "anna", path, replace=False)
    keeping.take_in(returned(tmp_path, "neutral", ""), "ben", path, replace=False)
    assert len(store.tied(store.read(path))) == 1


def test_a_file_that_is_refused_adds_nothing(tmp_path, path):
    with pytest.raises(InputError, match="unknown label"):
        keeping.take_in(returned(tmp_path, "positive", "good"), "anna", path, replace=False)
    assert not path.exists()


@pytest.mark.parametrize("by", ["", " ", "a" * 41, "an\nna", "=anna", "@anna", "-anna", "a,b"])
def test_a_name_that_is_none_is_refused(by):
    with pytest.raises(InputError, match="is no name"):
        keeping.named(by)


def test_a_phone_that_begins_a_name_with_a_capital_makes_nobody_new():
    assert keeping.named(" Anna ") == keeping.named("anna") == "anna"
    assert keeping.named("Zoe\u0308") == keeping.named("ZOË") == "zoë"


def test_outside_of_a_repository_it_says_what_it_could_not_do(tmp_path, path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    keeping.take_in(returned(tmp_path, "positive", ""), "anna", path, replace=False)
    assert keeping.record(path).startswith("not versioned: ")
    assert "git init" in keeping.record(path)


def test_what_is_labelled_while_dvc_has_the_file_is_not_lost(tmp_path, path, monkeypatch):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    keeping.take_in(returned(tmp_path, "positive", ""), "anna", path, replace=False)
    late = store.Row("r1", 0, "bad", "negative", "ben", store.now(), "b", "random")
    with ThreadPoolExecutor(1) as pool:
        writers = []

        def take_away_and_put_back(top, file):  # as DVC does, where labels are links to its cache
            aside = file.rename(tmp_path / "aside")
            writers.append(pool.submit(store.append, file, lambda known: [late]))
            time.sleep(0.1)
            aside.replace(file)
            return file.with_name("labels.csv.dvc")

        monkeypatch.setattr(dvc, "add", take_away_and_put_back)
        keeping.record(path)
        assert writers[0].result(10) == [late]
    assert [it.text for it in store.read(path)] == ["fine", "bad"]


def test_labels_outside_of_data_are_not_versioned(tmp_path, path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    elsewhere = tmp_path / "labels.csv"
    keeping.take_in(returned(tmp_path, "positive", ""), "anna", elsewhere, replace=False)
    assert "lies outside of" in keeping.record(elsewhere)
