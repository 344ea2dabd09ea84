import dataclasses
import shutil

import pytest

from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification
from sentiment_transform.settings import Settings
from sentiment_transform.stage import graph_digest, read_vocabulary, transform

SETTINGS = Settings(ngram_max=2, min_count=2, max_ngrams=100, max_tokens=100)


def run(examples, settings, folder):
    features = {split: folder / f"{split}.parquet" for split in ("train", "validation")}
    return transform(examples, settings, folder, features)


def test_without_training_examples_the_stage_says_so(write_examples, rows, tmp_path):
    folder = write_examples([row for row in rows if row["split"] != "train"])
    with pytest.raises(InputError, match="no training examples; ingest more feedback"):
        run(folder, SETTINGS, tmp_path)


@pytest.mark.parametrize("chosen", [True, False])
def test_the_settings_decide_about_lemmas_and_stop_words(write_examples, tmp_path, chosen):
    settings = dataclasses.replace(SETTINGS, lemmas=chosen, stop_words=chosen)
    with pytest.raises(InputError, match="no training examples"):  # the specification comes first
        run(write_examples([]), settings, tmp_path)
    specification = TextSpecification.load(tmp_path / "text_spec")
    assert (bool(specification.lemmas), bool(specification.stop_words)) == (chosen, chosen)


def test_texts_without_a_frequent_token_are_refused(write_examples, rows, tmp_path):
    row = next(row for row in rows if row["split"] == "train")
    folder = write_examples([{**row, "text": "first only"}, {**row, "text": "second again"}])
    with pytest.raises(InputError, match="--min-count: no token occurs 2 times in the 2 training"):
        run(folder, SETTINGS, tmp_path)


def test_the_digest_of_the_graph_changes_with_what_decides_its_features(transformed, tmp_path):
    folder = tmp_path / "graph"
    shutil.copytree(transformed.graph, folder)
    digest = graph_digest(folder, SETTINGS, "1")
    assert graph_digest(transformed.graph, SETTINGS, "1") == digest
    longer = Settings(ngram_max=3, min_count=2, max_ngrams=100, max_tokens=100)
    (folder / "vocabulary" / "tokens.txt").write_text("good\n")
    changed = {graph_digest(folder, SETTINGS, "1"), graph_digest(transformed.graph, longer, "1")}
    assert len({digest, *changed, graph_digest(transformed.graph, SETTINGS, "2")}) == 4


def test_only_a_newline_ends_an_entry_of_a_vocabulary(tmp_path):
    (tmp_path / "tokens.txt").write_text("one\ntwo\x85\u2028\n", encoding="utf-8")
    assert read_vocabulary(tmp_path / "tokens.txt") == ["one", "two\x85\u2028"]
