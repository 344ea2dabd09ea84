import hashlib

import pytest

from sentiment_ingest import corpus
from sentiment_ingest.rows import Columns
from sentiment_ingest.sources import Settings, default_corpus, own_data

ROWS = "text,stars,customer\nGreat product!,5,c1\nGreat product,5,c2\nIt broke,1,c1\n"


def test_without_a_group_column_every_row_is_its_own_group(write):
    examples = own_data(
        str(write("a.csv", ROWS)), Settings(Columns("text", rating="stars"))
    ).examples
    assert [example.group for example in examples] == [example.id for example in examples]


def test_groups_are_those_the_user_names(write):
    columns = Columns("text", rating="stars", group="customer")
    examples = own_data(str(write("a.csv", ROWS)), Settings(columns)).examples
    assert [example.group for example in examples] == ["c1", "c2", "c1"]


@pytest.mark.parametrize("pattern", [False, True])
def test_every_file_that_was_read_is_named_with_its_digest(write, tmp_path, pattern):
    files = [write("a.csv", ROWS), write("b.csv", ROWS.replace("Great", "Awful"))]
    source = str(tmp_path / "*.csv") if pattern else str(files[0])
    found = own_data(source, Settings(Columns("text", rating="stars"))).sources
    expected = files if pattern else files[:1]
    assert [(item.sha256, item.size) for item in found] == [
        (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size) for path in expected
    ]
    assert [item.uri.endswith(path.name) for item, path in zip(found, expected, strict=True)]


def test_the_default_corpus_is_named_by_its_pinned_package():
    (found,) = default_corpus("amazon", None).sources
    assert (found.uri, found.sha256) == (corpus.PACKAGE.requirement, corpus.PACKAGE.sha256)
